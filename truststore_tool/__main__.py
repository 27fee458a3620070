"""``python -m truststore_tool``, the console script, and both tools' own names when it is called by these."""

import sys


def main() -> int:
    """Run the command line with this process's arguments; returns the exit code."""
    arguments = sys.argv[1:]
    called = sys.argv[0].rpartition("/")[2]
    if called in ("keytool", "openssl"):
        arguments.insert(0, called)
    if arguments[:1] == ["keytool"]:
        from truststore_tool.shims import keytool

        return keytool.run(arguments[1:])
    if arguments[:1] == ["openssl"]:
        from truststore_tool.shims import openssl

        return openssl.run(arguments[1:])
    from truststore_tool.cli import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())

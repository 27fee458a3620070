"""``python -m truststore_tool`` and the console script."""

import sys
from pathlib import Path


def main() -> int:
    """Run the command line with this process's arguments; returns the exit code."""
    arguments = sys.argv[1:]
    if Path(sys.argv[0]).name == "keytool":
        arguments.insert(0, "keytool")
    if arguments[:1] == ["keytool"]:
        from truststore_tool.shims import keytool

        return keytool.run(arguments[1:])
    from truststore_tool.cli import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())

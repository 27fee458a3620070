"""``python -m truststore_tool``, the console script, and both tools' own names when it is called by these."""

import gc
import sys
from typing import Final

# A command lives for moments, and nearly all that it makes lives as long: Python's search for cycles among it, after
# every 700 new objects, takes up to half of the time of a large store.
_GARBAGE_THRESHOLD: Final = 200_000


def main() -> int:
    """Run the command line with this process's arguments; returns the exit code."""
    gc.set_threshold(_GARBAGE_THRESHOLD)
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

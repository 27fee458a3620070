"""``python -m truststore_tool`` and the console script."""

import sys


def main() -> int:
    """Run the command line with this process's arguments; returns the exit code."""
    from truststore_tool.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())

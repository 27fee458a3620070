"""Lines of output: what prints a part of a certificate gives lines, and whoever asked for them indents these."""

from collections.abc import Iterable


def indented(lines: Iterable[bytes], blanks: int) -> bytes:
    """The lines with their ends, each behind so many blanks."""
    return b"".join(b" " * blanks + line + b"\n" for line in lines)

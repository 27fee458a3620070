"""``python -m truststore_tool``, the console script, and both tools' own names when it is called by these."""

import gc
import io
import os
import sys
from collections.abc import Sequence
from typing import Any, Final, NoReturn

# A command lives for moments, and nearly all that it makes lives as long: Python's search for cycles among it, after
# every 700 new objects, takes up to half of the time of a large store.
_GARBAGE_THRESHOLD: Final = 200_000
_INTERRUPTED: Final = 130


def main() -> NoReturn:
    """Run the command line with this process's arguments, and end the process with its exit code."""
    gc.set_threshold(_GARBAGE_THRESHOLD)
    _open_closed_streams()
    _make_streams_tolerant()
    try:
        code = _run(sys.argv[0].rpartition("/")[2], sys.argv[1:])
    except KeyboardInterrupt:  # while modules were loaded: commands see to theirs
        sys.stderr.write("error: interrupted\n")
        code = _INTERRUPTED
    _end(code)


def _open_closed_streams() -> None:
    """Open standard streams that the caller closed on /dev/null, or the next file opened would get their numbers."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.open(os.devnull, os.O_RDWR)  # the kernel gives the lowest number that is free: this one
            setattr(sys, name, open(number, "w" if number else "r"))  # noqa: PTH123, SIM115 -- no path, and for good


class _Talk(io.FileIO):
    """Standard error: what cannot be said there (a full disk, a reader that went away) changes nothing else."""

    def write(self, data: Any, /) -> int:
        try:
            written = super().write(data)
        except OSError:
            written = None
        return len(data) if written is None else written  # None: it would block


def _make_streams_tolerant() -> None:
    """Let standard error take everything, and standard output every character, those it lacks as escapes."""
    talk = io.BufferedWriter(_Talk(sys.stderr.fileno(), "w", closefd=False))
    sys.stderr = io.TextIOWrapper(talk, sys.stderr.encoding, "backslashreplace", line_buffering=True)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _run(called: str, arguments: Sequence[str]) -> int:
    words = [called, *arguments] if called in ("keytool", "openssl") else [*arguments]
    if words[:1] in (["keytool"], ["openssl"]):
        return _run_shim(words[0], words[1:])
    from truststore_tool.cli import run

    return run(words)


def _run_shim(name: str, arguments: list[str]) -> int:
    try:
        if name == "keytool":
            from truststore_tool.shims import keytool

            return keytool.run(arguments)
        from truststore_tool.shims import openssl

        return openssl.run(arguments)
    except ModuleNotFoundError as exc:
        from truststore_tool import extras

        if not extras.is_part(str(exc.name)):
            raise
        package = str(exc.name).partition(".")[0]
        hint = extras.how_to_install(package)
        sys.stderr.write(f"{name}: this needs {package}, which is not installed: {hint}\n")
        return 1


def _end(code: int) -> NoReturn:
    """Leave at once: all files are closed, and to take apart every object takes as long as a small command itself.

    Profilers and coverage want the long way, which TRUSTSTORE_TOOL_DEBUG takes.
    """
    if os.environ.get("TRUSTSTORE_TOOL_DEBUG"):
        sys.exit(code)
    for stream in (sys.stdout, sys.stderr):
        try:  # noqa: SIM105 -- contextlib would be imported for this alone
            stream.flush()
        except OSError:
            pass  # the error was reported where it was written to
    os._exit(code)


if __name__ == "__main__":
    main()

"""Put executables named `keytool` and `openssl` into a directory, so that scripts find ours before the real tools."""

import os
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from truststore_tool import files
from truststore_tool.errors import UsageError
from truststore_tool.nouns import noun
from truststore_tool.shims.openssl import MARK

PROGRAMS: Final = ("keytool", "openssl")
# What every kernel takes behind ``#!`` (BINPRM_BUF_SIZE was 128 before Linux 5.1), without blanks.
_LONGEST_SHEBANG: Final = 127


@noun
class InstallReport:
    """What was put where.

    Attributes:
        directory: the directory, absolute.
        programs: the executables now in it.
        comes_first: whether PATH already finds each of these programs in the directory.
    """

    directory: Path
    programs: tuple[Path, ...]
    comes_first: bool

    @property
    def advice(self) -> str | None:
        """The line for a shell that makes PATH find the programs, or None when it already does."""
        return None if self.comes_first else f'export PATH="{self.directory}:$PATH"'


def install(directory: Path, *, dry_run: bool = False) -> InstallReport:
    """Write the executables, making the directory if need be; ours from before are written anew. With
    `dry_run` nothing is written.

    They name the Python that runs now, and where it finds this package: after either has moved, install again.

    Raises UsageError, and writes nothing, when a file of that name is not ours; WriteError when one cannot be written.
    """
    directory = directory.absolute()
    targets = tuple(directory / name for name in PROGRAMS)
    for target in targets:
        if os.path.lexists(target) and not _is_ours(target):
            raise UsageError(
                f"{target} exists and is not a shim of this tool", hint="name another directory, or move the file away"
            )
    if dry_run:
        there = next(folder for folder in (directory, *directory.parents) if os.path.lexists(folder))
        files.require_place(there / PROGRAMS[0])
        return InstallReport(directory, targets, _comes_first(directory))
    content = _script()
    with files.making_directories(directory):
        for target in targets:
            with files.locked(target):
                files.replace(target, content, mode=0o777)
    return InstallReport(directory, targets, _comes_first(directory))


def _is_ours(target: Path) -> bool:
    try:
        with target.open("rb") as file:
            return MARK in file.read(512)
    except OSError:
        return False


def _script() -> bytes:
    """One script for both programs: it acts by the name it is called by.

    Without `site` (-S) and the user's environment (-I) Python starts in half the time, and nothing on PYTHONPATH or
    beside the script takes the place of a module; so the two places that modules come from are named here.
    """
    compiled = find_spec("cryptography")  # which a distribution may have in a place of its own
    beside = [str(Path(compiled.origin).parents[1])] if compiled and compiled.origin else []
    places = dict.fromkeys(
        [str(Path(__file__).parents[2]), sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *beside]
    )
    lines = [
        *_interpreter(sys.executable),
        f"# {MARK.decode()}: made by `truststore-tool shims install`; run that again after moving Python.",
        "import sys",
        f"sys.path += {list(places)!r}",
        "from truststore_tool.__main__ import main",
        "main()",
        "",
    ]
    return os.fsencode("\n".join(lines))


def _interpreter(python: str) -> list[str]:
    """The first lines: what runs the script. A path that no ``#!`` takes goes through a shell, which Python skips."""
    shebang = f"#!{python} -IS"
    if len(os.fsencode(shebang)) <= _LONGEST_SHEBANG and not any(blank in python for blank in " \t"):
        return [shebang]
    quoted = "'\"'\"'".join(python.split("'"))
    return ["#!/bin/sh", f"'''exec' '{quoted}' -IS \"$0\" \"$@\"", "' '''"]


def _comes_first(directory: Path) -> bool:
    from shutil import which

    found = [which(name) for name in PROGRAMS]
    return all(path is not None and Path(path).absolute().parent == directory for path in found)

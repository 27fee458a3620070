"""JDKs that are named as readers: ``jdk:/path/to/a/jdk``. Their files are read here, and judged in `readers`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from truststore_tool import files
from truststore_tool.errors import UnreadableError, UsageError
from truststore_tool.readers.base import Asked, Jdk

PREFIX: Final = "jdk:"
# Of Java 9 and later, of a JDK 8, and of a JRE 8.
_SECURITY: Final = ("conf/security/java.security", "jre/lib/security/java.security", "lib/security/java.security")
_INSTEAD: Final = "name the folder of a JDK, which has bin and lib in it, or a release, as java17.0.15"


def asked(names: Sequence[str]) -> list[Asked]:
    """The readers as they were named, with the texts of JDKs. Raises as `installed` does."""
    return [installed(name) if name.startswith(PREFIX) else name for name in names]


def installed(name: str) -> Jdk:
    """The JDK called so. Raises UsageError without a path, UnreadableError where there is no JDK."""
    path = name.removeprefix(PREFIX)
    if not path:
        raise UsageError(f"{name} names no folder", hint=_INSTEAD)
    home = Path(path).expanduser()
    if not home.is_dir():
        raise UnreadableError(f"{path}: there is no such folder", hint=_INSTEAD)
    try:
        release = files.read(home / "release")
    except UnreadableError as exc:
        if isinstance(exc.__cause__, FileNotFoundError):
            hint = "name the release itself, as java8u504" if _security(home) else _INSTEAD
            raise UnreadableError(f"{path}: has no file called release, as a JDK has", hint=hint) from exc
        raise
    security = _security(home)
    if security is None:
        raise UnreadableError(f"{path}: has no java.security, as a JDK has in conf/security", hint=_INSTEAD)
    # java.util.Properties.load takes each byte for a character.
    return Jdk(name, release.decode("utf-8", "replace"), files.read(security).decode("latin-1"))


def _security(home: Path) -> Path | None:
    return next((home / place for place in _SECURITY if (home / place).is_file()), None)

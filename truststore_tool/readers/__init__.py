"""How the programs that read a store see it: pure data and rules, each with its evidence.

Readers have names: a release of Java (``java8u252``, ``java17.0.15``) or a line of it (``java17``: its newest update
that is known), and other programs. Nothing is imported before a reader is asked for.
"""

from typing import Final

from truststore_tool.readers.base import Asked, Jdk, Reader, Work

_JAVA_LINES: Final = ("java8", "java11", "java17", "java21", "java25")
# Programs that read with OpenSSL (see openssl.programs), and what other names they go by.
_OPENSSL: Final = (
    "openssl3",
    "openssl3-legacy",
    "openssl3-fips",
    "openssl1.1",
    "libpq",
    "python3",
    "python3.13",
    "node20",
)
_DOCUMENTED: Final = ("bcfips", "android")
_ALIASES: Final = {"openssl": "openssl3", "python": "python3.13", "node": "node20", "psql": "libpq"}
# Each program once, from the reader that knows least to the one that knows most: what "all" stands for.
ALL: Final[tuple[str, ...]] = ("java8u252", *_JAVA_LINES, *_OPENSSL, "pgjdbc", "go", *_DOCUMENTED)
# Every name that is listed here; updates of Java's lines are names, too.
NAMES: Final[tuple[str, ...]] = (*ALL, *_ALIASES)


def named(name: Asked, form: str | None = None, work: Work | None = None) -> Reader:
    """The reader called `name`, or the JDK that it is, told that stores are of the format called `form`.

    Readers that share `work` derive the keys of a store, and parse its certificates, once. Raises UsageError for a
    name that no reader has, with the nearest one as a hint.
    """
    if isinstance(name, Jdk):
        from truststore_tool.readers.java.installed import reader

        return reader(name, _storetype(form), {} if work is None else work)
    known = _ALIASES.get(name, name)
    if known in _OPENSSL:
        from truststore_tool.readers.openssl.programs import PROGRAMS, OpenSslReader

        return OpenSslReader(PROGRAMS[known], {} if work is None else work)
    if known in _DOCUMENTED:
        from truststore_tool.readers.documented import DocumentedReader

        return DocumentedReader(known)
    if known == "go":
        from truststore_tool.readers.go import GoReader

        return GoReader({} if work is None else work)
    if known == "pgjdbc":
        from truststore_tool.readers.pgjdbc import PgjdbcReader

        return PgjdbcReader({} if work is None else work)
    return _java(name, form, {} if work is None else work)


def _java(name: str, form: str | None, work: Work) -> Reader:
    from truststore_tool.errors import UsageError
    from truststore_tool.readers.java.releases import Release

    try:
        release = Release.parse(name)
    except UsageError as exc:
        raise UsageError(exc.message, hint=_hint(name) or exc.hint) from None
    from truststore_tool.readers.java.keystores import JavaReader
    from truststore_tool.readers.java.loading import parser_for

    return JavaReader(release, parser_for(work), _storetype(form), work)


def _storetype(form: str | None) -> str | None:
    """What Java is told of the type of a store: nothing where its default opens it."""
    return "JCEKS" if form == "jceks" else None


def _hint(name: str) -> str:
    """What was meant by a name that no reader has, and which there are."""
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), NAMES, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    return f"{meant}known are {', '.join(ALL)}, and other updates of Java, as java17.0.9; and jdk:PATH"

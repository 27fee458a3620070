"""What keytool says of a key store with a certificate that Java's parser refuses: none of the store can be read."""

from collections.abc import Iterable

from truststore_tool.model import Certificate
from truststore_tool.readers.java.plain import is_plain
from truststore_tool.shims.keytool.errors import KeytoolError


def check(
    certificates: Iterable[Certificate], data: bytes, password: str | None, kind: str, *, jdk: int, frames: int
) -> None:
    """Raise KeytoolError when the release refuses one of the certificates, and with it the store in `data`.

    `kind` is the type that the store is opened as; `frames` says how deep the real tool is in its calls.
    """
    if all(is_plain(certificate.der) for certificate in certificates):
        return
    from truststore_tool.readers.java import keystores
    from truststore_tool.readers.java.loading import parser
    from truststore_tool.readers.java.parsing import why_refused
    from truststore_tool.readers.java.releases import Release

    refused: list[str] = []

    def refusal(der: bytes, line: int) -> str | None:
        found = why_refused(der, line)
        refused.extend([found] if found else [])
        return found

    reading = keystores.read(Release.parse(f"java{jdk}"), data, password, parser(refusal), kind)
    if reading.loads is not False or not refused:
        return
    error, _, words = (reading.error or "").partition(": ")
    if reading.cause and reading.cause not in words:
        raise KeytoolError(words, error, cause=(reading.cause, 6 + frames))  # a part of a PKCS#12 that is encrypted
    raise KeytoolError(words, error, cause=_cause(words, kind.upper(), jdk, frames))


def _cause(words: str, kind: str, jdk: int, frames: int) -> tuple[str, int] | None:
    """The exception that another was made of, and how many calls both have in common; not what is behind that."""
    wrapping, found, inner = words.partition("java.io.IOException: ")
    if not found:
        return None
    depth = 7 if wrapping.startswith("Could not parse") else (8 if wrapping else 10) + (jdk >= 25)
    return found + inner, depth + {"PKCS12": 1, "JCEKS": -1}.get(kind, 0) + frames

"""The stores of this folder (or of another that Writer.java filled), and what BouncyCastle reads in them."""

from collections.abc import Iterable
from pathlib import Path

from truststore_tool.model import Entry

HERE = Path(__file__).resolve().parent
PASSWORD = "changeit"

# Alias, kind, milliseconds since 1970, SHA-256 of each certificate.
Seen = tuple[str, str, int, tuple[str, ...]]


def names() -> list[str]:
    """The files that Writer.java writes."""
    return sorted(path.name for path in HERE.glob("*.store"))


def expected(report: str, name: str) -> list[Seen]:
    """What Writer.java's report says of one file."""
    lines = (line.split() for line in report.splitlines())
    return sorted((a, kind, int(date), tuple(hashes)) for file, a, kind, date, *hashes in lines if file == name)


def seen(entries: Iterable[Entry]) -> list[Seen]:
    """Our reading in the same terms."""
    found = []
    for entry in entries:
        assert entry.created is not None
        milliseconds = round(entry.created.timestamp() * 1000)
        found.append((entry.alias, entry.kind, milliseconds, tuple(c.sha256.hex for c in entry.certificates)))
    return sorted(found)


def store(name: str) -> bytes:
    """The bytes of one of the files here."""
    return (HERE / name).read_bytes()

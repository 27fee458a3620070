"""Add one certificate to every keystore of the corpus, and let a JVM say whether anything else changed."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from tests.corpus_score import print_tally
from tests.realtools import JavaEntry, JavaView, Jdk, Request, compiled_reader, jdk_homes, run
from truststore_tool.errors import TrustStoreError
from truststore_tool.model import Certificate, TrustedEntry
from truststore_tool.nouns import replace
from truststore_tool.stores import open_store, update_store

ADDED: Final = "added-by-us"
ROOT: Final = Path(__file__).resolve().parent.parent / "sample_certs" / "own" / "new-root.pem"
WRITTEN_KINDS: Final = ("JKS", "JCEKS", "PKCS12")

Row = dict[str, Any]


@dataclass(frozen=True)
class Pair:
    """A keystore of the corpus and its copy with one more certificate."""

    row: Row
    before: Request
    after: Request


def score_writing(folder: Path, home: Path | None) -> int:
    """Change every writable keystore, have each JDK (or the one at `home`) compare, print the figures, and return how
    many comparisons are not met."""
    rows = [json.loads(line) for line in (folder / "expected.jsonl").read_text().splitlines()]
    rows = [row for row in rows if row["kind"] in WRITTEN_KINDS and row["status"] == "verified"]
    tally: dict[str, list[bool]] = {}
    with TemporaryDirectory() as scratch:
        homes = jdk_homes()
        classes = compiled_reader(Path(scratch, "classes"), homes)
        pairs = []
        for row in rows:
            try:
                pairs.append(_pair(row, folder / "files", Path(scratch)))
            except TrustStoreError as exc:
                _note(tally, f"{row['kind']} written", row, [f"{type(exc).__name__}: {exc}"])
        for jdk in (Jdk(home, classes) for home in ([home] if home else homes)):
            began = int(time.time() * 1000)
            views = jdk.read(*(request for pair in pairs for request in (pair.before, pair.after)))
            for pair, before, after in zip(pairs, views[::2], views[1::2], strict=True):
                reader = "OpenSSL" if before.error else jdk.home.name
                _note(tally, f"{pair.row['kind']} {reader}", pair.row, list(changes(pair, before, after, began)))
            opened = [
                entry.key is not None for view in views[1::2] for entry in view.entries if entry.kind != "trusted"
            ]
            print(f"{jdk.home.name} opens {sum(opened)} of {len(opened)} keys after the change, each as before")
    return print_tally("one certificate added", tally)


def _note(tally: dict[str, list[bool]], kind: str, row: Row, found: list[str]) -> None:
    tally.setdefault(kind, []).append(not found)
    for change in found:
        print(f"not met: {row['file']} ({kind}, {row['repo']} {row['path']}): {change}")


def _pair(row: Row, files: Path, scratch: Path) -> Pair:
    """Change a copy in place through the library, as a caller would."""
    original, copy, password = files / row["file"], scratch / row["file"], row["password"]
    copy.write_bytes(original.read_bytes())
    added = TrustedEntry(ADDED, _certificate(), datetime.now(UTC))
    update_store(copy, password, lambda store: (store.with_entries((*store.entries, added)), None))
    keys = tuple({e["keypw"] for e in row.get("entries", ()) if e["keypw"] is not None})
    before, after = (Request(row["kind"], path, password, keys) for path in (original, copy))
    return Pair(row, before, after)


@cache
def _certificate() -> Certificate:
    return open_store(ROOT).all_certificates()[0]


def changes(pair: Pair, before: JavaView, after: JavaView, began: int) -> Iterator[str]:
    """Each way in which the JVM (or OpenSSL, where the JVM does not open the original) sees more change than one
    certificate added; none when all is well.

    `began`: a PKCS#12 entry without a date has the time of loading, which is later than that.
    """
    certificates = Counter(open_store(pair.before.path, pair.before.password).all_certificates())
    certificates[_certificate()] += 1
    if certificates != Counter(open_store(pair.after.path, pair.after.password).all_certificates()):
        yield "a certificate of the file, of an entry or loose, is lost"
    if before.error:
        blocks = _openssl(pair.before)
        blocks[ROOT.read_text().strip()] += 1
        if blocks != _openssl(pair.after):
            yield "OpenSSL sees another change than one certificate added"
    elif after.error:
        yield f"the JVM refuses it now: {after.error}"
    else:
        yield from _differences(_comparable(before.entries, began), _comparable(after.entries, began))
        if sorted([*before.trusted, _certificate().sha256.hex]) != sorted(after.trusted):
            yield "a TrustManagerFactory does not trust just the new certificate beside the others"


def _differences(before: list[JavaEntry], after: list[JavaEntry]) -> Iterator[str]:
    added = [(entry.kind, entry.certificates) for entry in after if entry.alias == ADDED]
    kept = [entry for entry in after if entry.alias != ADDED]
    if added != [("trusted", (_certificate().sha256.hex,))]:
        yield f"the new certificate is not seen as one trusted entry: {added}"
    if before != kept:
        lost, new = ([e for e in one if e not in other][:1] for one, other in ((before, kept), (kept, before)))
        yield f"other entries changed, e.g. {lost} is {new}"


def _comparable(entries: Sequence[JavaEntry], began: int) -> list[JavaEntry]:
    """In an order of our own, with the dates left out that are only the time of loading."""
    known = [replace(entry, created=0) if entry.created >= began else entry for entry in entries]
    return sorted(known, key=lambda entry: (entry.alias, entry.kind, entry.certificates))


def _openssl(request: Request) -> Counter[str]:
    """The certificates and decrypted keys that OpenSSL takes out of a PKCS#12 store, as PEM blocks. It is told not to
    check the MAC, for it knows no PBMAC1; our own reader has done so by then."""
    options = ["-nodes", "-legacy", "-nomacver", "-passin", "stdin"]
    printed = run("openssl", "pkcs12", "-in", request.path, *options, stdin=f"{request.password}\n".encode()).decode()
    return Counter(re.findall(r"^-----BEGIN .+?^-----END [^\n]+$", printed, re.DOTALL | re.MULTILINE))

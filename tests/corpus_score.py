"""Score our reading of stores that other programs made against what those programs' own readers see.

``python -m tests.corpus_score FOLDER [--write] [--jdk HOME]``: FOLDER holds `expected.jsonl`, one object a file (its
README describes the keys), and the `files`. Every file is read in a process of its own, with its time and its memory
taken. Prints figures by kind and every miss with its reason; exits 0 only when there is none. With --write, every
keystore that we can write gets one more certificate instead, and a JVM compares it before and after.
"""

import argparse
import json
import multiprocessing
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from truststore_tool.errors import TrustStoreError
from truststore_tool.formats import NAMES, get
from truststore_tool.model import Entry, TrustStore
from truststore_tool.stores import open_store

MAX_SECONDS: Final = 2.0
MAX_MEGABYTES: Final = 200
# A child that hangs is ended after so many seconds; one that grows gets a MemoryError at so many bytes.
HANGS_AFTER: Final = 20
ADDRESS_SPACE: Final = 4 << 30

KEYTOOL_TYPES: Final = {
    "trusted": "trustedCertEntry",
    "private-key": "PrivateKeyEntry",
    "secret-key": "SecretKeyEntry",
    "unknown": "unknown",
}
STORE_KINDS: Final = frozenset({"JKS", "JCEKS", "PKCS12", "BKS", "UBER", "BCFKS"})
# Files that are read otherwise than expected, each with its reason.
EXPLAINED: Final = {
    "7011a5db92988927.out": "the certificate stands in it twice: as such, and in a PKCS7 block that Java leaves unread",
}

Row = dict[str, Any]


@dataclass(frozen=True)
class SeenEntry:
    """An entry in keytool's terms; `created` in milliseconds or None, certificates as SHA-256 in hex."""

    alias: str
    type: str
    certificates: tuple[str, ...]
    created: int | None


@dataclass(frozen=True)
class Reading:
    """What came of reading one file: a store, a TrustStoreError (`refused`), or anything else (`broke`)."""

    seconds: float
    megabytes: float
    refused: str | None = None
    broke: str | None = None
    format: str | None = None
    integrity: str | None = None
    entries: tuple[SeenEntry, ...] = ()
    certificates: tuple[str, ...] = ()


# Reading ---------------------------------------------------------------------------------------------------


def read_apart(path: Path, password: str | None) -> Reading:
    """Read `path` in a process of its own, which may hang, grow or die."""
    fork = multiprocessing.get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)
    process = fork.Process(target=_read, args=(sender, path, password))
    process.start()
    sender.close()
    try:
        reading: Reading = receiver.recv()
    except EOFError:
        process.join()
        return Reading(0, 0, broke=f"the process ended with {process.exitcode}, {-signal.SIGALRM} is a hang")
    process.join()
    return reading


def _read(sender: Connection, path: Path, password: str | None) -> None:
    signal.alarm(HANGS_AFTER)
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    result: Row = {}
    start = time.perf_counter()
    try:
        store = open_store(path, password)
        result = {
            "format": store.format,
            "integrity": store.integrity,
            "certificates": tuple(c.sha256.hex for c in store.all_certificates()),
            "entries": tuple(_seen(entry, store) for entry in store.entries),
        }
    except TrustStoreError as exc:
        result = {"refused": f"{type(exc).__name__}: {exc}"}
    except BaseException as exc:
        result = {"broke": f"{type(exc).__name__}: {exc}"}
    seconds = time.perf_counter() - start
    sender.send(Reading(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, **result))


def _seen(entry: Entry, store: TrustStore) -> SeenEntry:
    """The entry as keytool shows it: the JDK's own readers lower-case the aliases of PKCS#12, and call a JKS key
    that has no chain a secret key."""
    alias = entry.alias.lower() if store.format == "pkcs12" else entry.alias
    chainless = store.format in ("jks", "jceks") and entry.kind == "private-key" and not entry.certificates
    kind = KEYTOOL_TYPES["secret-key" if chainless else entry.kind]
    return SeenEntry(alias, kind, tuple(c.sha256.hex for c in entry.certificates), milliseconds(entry.created))


def milliseconds(moment: datetime | None) -> int | None:
    """The moment in Java's milliseconds, exactly."""
    if moment is None:
        return None
    return (moment - datetime.fromtimestamp(0, moment.tzinfo)) // timedelta(milliseconds=1)


# Judging ---------------------------------------------------------------------------------------------------


def misses(row: Row, reading: Reading, loading_began: int) -> Iterator[str]:
    """Each way in which the reading is not what is expected of the file; none when it is met.

    `loading_began`: dates of PKCS#12 entries from then on, in milliseconds, are when Java loaded the file.
    """
    if reading.broke:
        yield f"broke: {reading.broke}"
        return
    if reading.seconds > MAX_SECONDS:
        yield f"took {reading.seconds:.1f} s"
    if reading.megabytes > MAX_MEGABYTES:
        yield f"took {reading.megabytes:.0f} MB"
    if row.get("mac_must_verify") is False and not reading.refused:
        yield "a MAC that is not valid was accepted"
    # A broken file's broken certificate is carried all the same: the rule is not to judge what is inside.
    if row["status"] == "nocert" and not row["fuzz"] and reading.certificates:
        yield f"{len(reading.certificates)} certificates where there is none"
    if row["status"] in ("verified", "readable") or _lists_without_password(row):
        yield from _differences(row, reading, loading_began)


def _lists_without_password(row: Row) -> bool:
    return row["status"] == "unverified" and row["kind"] in ("JKS", "JCEKS")


def _differences(row: Row, reading: Reading, loading_began: int) -> Iterator[str]:
    if reading.refused:
        yield f"refused: {reading.refused}"
        return
    if row["kind"] in STORE_KINDS and reading.format != row["kind"].lower():
        yield f"read as {reading.format}"
    due = _due_integrity(row)
    if reading.integrity not in due:
        yield f"integrity is {reading.integrity}, due is {' or '.join(due)}"
    yield from _difference("certificates", row["all_certs"], reading.certificates)
    if "entries" in row:
        made_up_from = loading_began if row["kind"] == "PKCS12" else None
        wanted = [_expected(entry, made_up_from) for entry in row["entries"]]
        yield from _difference("entries", wanted + _passed_over(row, wanted, reading), reading.entries)


def _due_integrity(row: Row) -> tuple[str, ...]:
    """What a store opened with its password may say of its integrity; only PKCS#12 leaves it to the file."""
    if row["status"] == "unverified":
        return ("unchecked",)
    if row["kind"] not in STORE_KINDS:
        return ("absent",)
    return ("verified", "absent") if row["kind"] == "PKCS12" and not row.get("mac_must_verify") else ("verified",)


def _passed_over(row: Row, wanted: list[SeenEntry], reading: Reading) -> list[SeenEntry]:
    """The keys that we list and Java does not, if they are as many as the key bags that OpenSSL lists and Java passes
    over: those that are not encrypted (KeyBag of RFC 7292, 4.2.1)."""
    extra = [entry for entry in reading.entries if entry.type == "PrivateKeyEntry" and entry not in wanted]
    bags = sum(bag["kind"] == "key" for bag in row.get("bags", ()))
    passed_over = bags - sum(entry.type == "PrivateKeyEntry" for entry in wanted)
    return extra if len(extra) == passed_over else []


def _expected(entry: Row, made_up_from: int | None) -> SeenEntry:
    made_up = made_up_from is not None and entry["date"] >= made_up_from
    return SeenEntry(entry["alias"], entry["type"], tuple(entry["certs"]), None if made_up else entry["date"])


def _difference(what: str, wanted: Sequence[object], got: Sequence[object]) -> Iterator[str]:
    """Compared as multisets: the order in a file is not what the other readers keep."""
    absent, extra = Counter(wanted) - Counter(got), Counter(got) - Counter(wanted)
    if absent or extra:
        examples = (f"{label} {next(iter(part))}" for label, part in (("absent", absent), ("extra", extra)) if part)
        yield f"{what}: {absent.total()} of {len(wanted)} absent, {extra.total()} extra; {'; '.join(examples)}"


# Printing --------------------------------------------------------------------------------------------------


def score(folder: Path) -> int:
    """Read every file of the corpus, print the figures, and return how many files are not met."""
    rows = [json.loads(line) for line in (folder / "expected.jsonl").read_text().splitlines()]
    loading_began = _loading_began(rows)
    for name in NAMES:  # every codec is imported before the clock runs
        get(name)
    tally: dict[str, list[bool]] = {}
    slowest = largest = 0.0
    for row in rows:
        reading = read_apart(folder / "files" / row["file"], row.get("password"))
        slowest, largest = max(slowest, reading.seconds), max(largest, reading.megabytes)
        found = list(misses(row, reading, loading_began))
        if found and row["file"] in EXPLAINED:
            print(f"explained: {row['file']}: {EXPLAINED[row['file']]}")
            found = []
        kind = "fuzz" if row["fuzz"] else f"{row['kind']} {row['status']}"
        tally.setdefault(kind, []).append(not found)
        for miss in found:
            print(f"not met: {row['file']} ({kind}, {row['repo']} {row['path']}): {miss}")
    print(f"the slowest took {slowest:.2f} s, the largest {largest:.0f} MB with the interpreter and its libraries")
    return print_tally("files", tally)


def _loading_began(rows: Sequence[Row]) -> int:
    """When Java began to load the files, or up to a day before: it gives the present time to every trusted entry of a
    PKCS#12, which has no date."""
    stores = (row.get("entries", ()) for row in rows if row["kind"] == "PKCS12")
    made_up = (e["date"] for entries in stores for e in entries if e["type"] == "trustedCertEntry")
    return min(made_up, default=0) - 24 * 60 * 60 * 1000


def print_tally(what: str, tally: dict[str, list[bool]]) -> int:
    """A table of met and not met by kind; returns how many are not met."""
    print(f"{what:32}{'total':>8}{'met':>8}{'not met':>9}")
    total = [met for kind in tally.values() for met in kind]
    for kind, outcomes in [*sorted(tally.items()), ("all", total)]:
        print(f"{kind:32}{len(outcomes):8}{sum(outcomes):8}{len(outcomes) - sum(outcomes):9}")
    return len(total) - sum(total)


def main(arguments: Sequence[str]) -> int:
    """The command line; the exit code is 1 when anything is not met."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus_score", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true", help="add a certificate to every keystore instead")
    parser.add_argument("--jdk", type=Path, help="home of the JDK that compares (default: all configured)")
    options = parser.parse_args(arguments)
    if options.write:
        from tests.corpus_write import score_writing

        return min(score_writing(options.folder, options.jdk), 1)
    return min(score(options.folder), 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

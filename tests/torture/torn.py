"""kill -9 within the write that overwrites a store: of its octets a random range got out. Then the next run.

Which octets a write of many blocks has put on the disk when the power goes is not known, so the range may begin
anywhere, as blocks are written in any order. Under LD_PRELOAD of faults.c, `main` goes through a format: it prepares a
store, has a command torn in a forked process, one that reads refused, and the next command that writes finish it.
"""

import base64
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from tests import faults, samples
from tests.realtools import find, run
from tests.torture.crashes import SUFFIXES
from truststore_tool import cli
from truststore_tool.formats import pem

PASSWORD: Final = "changeit"
FORMATS: Final = ("jks", "pkcs12", "pem")
KEPT: Final = samples.certificates(samples.amazon("rds-ca-2019-root.pem"))
MANY: Final = [c for c in samples.certificates(samples.amazon("rds-global-bundle.pem")) if c not in KEPT]
_SAMPLE: Final = 5  # of so many stores the real programs are asked about one
_TYPES: Final = {"jks": "JKS", "pkcs12": "PKCS12"}


class Case(NamedTuple):
    """A command that overwrites the store, what certificates it has before, and what afterwards: all with `KEPT`."""

    command: str
    before: int
    after: int


# In the words of the commands: a.pem and b.pem hold KEPT and others.
CASES: Final = {
    "grow": Case("import STORE b.pem --yes", 3, 12),
    "shrink": Case("convert a.pem -o STORE --force", 12, 3),
    "other": Case("convert c.pem -o STORE --force", 3, 5),
}


@dataclass
class Figures:
    """What came of it.

    Attributes:
        kills: within a write.
        half: stores that were neither the old nor the new one then, by format.
        left: what the next run made of all: ``"old"`` or ``"new"``.
        asked: stores about which keytool or openssl were asked afterwards.
        findings: what must not be.
    """

    kills: int = 0
    half: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    findings: list[str] = field(default_factory=list)


def strike(number: int, seed: int = 1) -> Figures:
    """Tear so many writes, of each format as many, and judge what the next run leaves."""
    figures = Figures()
    with tempfile.TemporaryDirectory() as scratch:
        library = faults.compiled(Path(scratch))
        for name in FORMATS:
            folder = Path(scratch, name)
            folder.mkdir(mode=0o755)
            done = subprocess.run(
                [sys.executable, "-m", "tests.torture.torn", name, str(number // len(FORMATS)), str(seed), folder],
                cwd=faults.HERE.parent,
                env={**os.environ, "LD_PRELOAD": str(library), "TRUSTSTORE_PASSWORD": PASSWORD},
                capture_output=True,
                check=False,
            )
            if done.returncode:
                figures.findings.append(f"{name}: {done.stderr.decode()}")
            for turn, line in enumerate(done.stdout.decode().splitlines()):
                _judge(name, turn, json.loads(line), figures, Path(scratch))
    return figures


def _judge(name: str, turn: int, told: dict[str, str], figures: Figures, scratch: Path) -> None:
    where = f"{name} {turn}, {told['case']}, octets {told['range']}"
    old, torn, journal, again = (base64.b64decode(told[each]) for each in ("old", "torn", "journal", "again"))
    figures.kills += told["killed"] == "-9"
    new = journal[-json.loads(journal.split(b"\n")[1])["new_size"] :] if journal else b""
    if told["killed"] != "-9" or not journal or old not in journal:
        figures.findings.append(f"{where}: {told['killed']}, and a journal of {len(journal)} octets")
        return
    half = torn not in (old, new)
    figures.half[name] += half
    held = {old: "old", new: "new"}.get(again)
    if held is None or (half and held != "new") or told["beside"]:
        figures.findings.append(f"{where}: the next run left {held or 'neither'}, and beside it {told['beside']}")
        return
    figures.left[held] += 1
    if (told["read"], told["next"]) != ("3", "0"):
        figures.findings.append(f"{where}: reading ended with {told['read']}, the next run with {told['next']}")
    if turn % _SAMPLE == 0:
        case = CASES[told["case"]]
        store = scratch / f"asked{SUFFIXES[name]}"
        store.write_bytes(again)
        figures.asked += 1
        expected = case.before if held == "old" else case.after
        if (found := _held(name, store)) != expected:
            figures.findings.append(f"{where}: {found} certificates in the {held} store, {expected} expected")


def _held(name: str, store: Path) -> int:
    """How many certificates the real programs find in a store."""
    if name == "pem":
        packed = run(find("openssl"), "crl2pkcs7", "-nocrl", "-certfile", store)
        return run(find("openssl"), "pkcs7", "-print_certs", stdin=packed).count(b"BEGIN CERTIFICATE")
    words = ("-list", "-keystore", store, "-storetype", _TYPES[name], "-storepass", PASSWORD)
    return run(find("keytool"), *words).count(b"trustedCertEntry")


def _run(words: Sequence[str], torn: dict[str, str] | None = None) -> str:
    """How a command ends in a forked process."""
    child = os.fork()
    if child == 0:
        os.environ.update(torn or {})
        silent = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(silent, descriptor)
        os._exit(cli.run(words))
    _, ending = os.waitpid(child, 0)
    return str(os.waitstatus_to_exitcode(ending))


def _prepare(name: str) -> None:
    """The files that commands name, and the stores that cases begin with."""
    for file, certificates in (("a", KEPT + MANY[:2]), ("b", KEPT + MANY[2:11]), ("c", KEPT + MANY[20:24])):
        Path(f"{file}.pem").write_text("".join(map(pem.encode, certificates)))
    Path("kept.pem").write_text("".join(map(pem.encode, KEPT)))
    Path("full.pem").write_text("".join(map(pem.encode, KEPT + MANY[:11])))
    for case, source in (("grow", "a.pem"), ("shrink", "full.pem"), ("other", "a.pem")):
        assert cli.run(["convert", source, "-o", f"{case}{SUFFIXES[name]}", "--quiet"]) == 0


def _torn(name: str, number: int, seed: int) -> Iterator[dict[str, str]]:
    rng = random.Random(seed)  # noqa: S311 -- no secret
    store = Path(f"store{SUFFIXES[name]}")
    journal = Path(f".{store.name}.journal")
    for turn in range(number):
        case = list(CASES)[turn % len(CASES)]
        old = Path(f"{case}{SUFFIXES[name]}").read_bytes()
        store.write_bytes(old)
        ends = sorted(rng.randrange(2 * len(old)) for _ in range(2))
        start, end = ends if rng.random() < 0.5 else (0, ends[1])
        words = CASES[case].command.replace("STORE", str(store)).split()
        killed = _run([*words, "--in-place"], faults.tearing(store, start, end))
        left, written = store.read_bytes(), journal.read_bytes() if journal.exists() else b""
        read = _run(["list", str(store)])
        then = _run(["import", str(store), "kept.pem", "--yes", *rng.choice(([], ["--in-place"]))])
        beside = [path.name for path in Path().iterdir() if path.name.startswith(".")]
        encoded = {"old": old, "torn": left, "journal": written, "again": store.read_bytes()}
        told = {"case": case, "range": f"{start} to {end}", "killed": killed, "read": read, "next": then}
        shown = {each: base64.b64encode(data).decode() for each, data in encoded.items()}
        yield told | shown | {"beside": " ".join(beside)}


def main(name: str, number: int, seed: int, folder: Path) -> None:
    """Go through a format under LD_PRELOAD of the library, and print what `strike` reads."""
    os.chdir(folder)
    _prepare(name)
    for told in _torn(name, number, seed):
        print(json.dumps(told))  # noqa: T201 -- read by strike()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))

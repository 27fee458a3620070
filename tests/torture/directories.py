"""kill -9 at every file-system call of a change in a CApath directory: OpenSSL finds what is in the old and the new."""

import contextlib
import io
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Final, NamedTuple

from tests import faults, samples
from tests.faults import Scenario
from tests.realtools import find
from tests.torture.crashes import ExitError
from truststore_tool import cli
from truststore_tool.stores import open_store

# Two of one subject, so that both are looked up by the same hash, and one of another.
OLD: Final = samples.own("old-root.pem")
TWIN: Final = samples.own("same-subject-root.pem")
RDS: Final = samples.amazon("rds-ca-2019-root.pem")
G1: Final = samples.amazon("rds-ca-rsa2048-g1-us-east-1.pem")
FUTURE: Final = samples.own("future-root.pem")


class Case(NamedTuple):
    """A command on a directory: what it holds before, what is added or removed, and the command's options."""

    before: tuple[Path, ...]
    added: tuple[Path, ...] = ()
    removed: tuple[Path, ...] = ()
    options: tuple[str, ...] = ()

    def prepare(self, folder: Path) -> None:
        """Make the directory, unless there is to be none before."""
        if self.before:
            _run("import", f"{folder / 'certs'}/", *map(str, self.before), "--yes")

    def act(self, folder: Path) -> None:
        """Run the command in this process."""
        certs = f"{folder / 'certs'}/"
        if self.added:
            _run("import", certs, *map(str, self.added), "--yes", *self.options)
        digests = [open_store(path).entries[0].certificates[0].sha256 for path in self.removed]
        if digests:
            held = {entry.certificate.sha256 for entry in open_store(certs).trusted()}
            # A run that was killed is repeated word for word; what it did remove is then said to be not there.
            _run("remove", certs, *map("--fingerprint={}".format, digests), *self.options, code=not held >= {*digests})


CASES: Final = {
    "create": Case((), added=(OLD, TWIN, RDS)),
    "import": Case((OLD, TWIN, RDS), added=(G1, FUTURE)),
    "import of a twin": Case((OLD, RDS), added=(TWIN, G1)),
    "remove the first of a hash": Case((OLD, TWIN, RDS), removed=(OLD,)),
    "remove the last of a hash": Case((OLD, TWIN, RDS), removed=(TWIN,)),
    "remove several": Case((OLD, TWIN, RDS, G1), removed=(OLD, RDS)),
    "remove two of a hash": Case((OLD, TWIN, RDS), removed=(OLD, TWIN)),
    "import with a backup": Case((OLD, TWIN, RDS), added=(G1,), options=("--backup",)),
}


@dataclass
class Figures:
    """Kills, failed calls, how many kills left the old, the new, or a directory between them, and what must not be."""

    kills: int = 0
    errors: int = 0
    left: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)


def run(names: Sequence[str]) -> Figures:
    """Strike these cases; gives the figures."""
    figures = Figures()
    with tempfile.TemporaryDirectory() as scratch:
        for name in names:
            strike(name, Path(scratch), figures)
    return figures


def strike(name: str, scratch: Path, figures: Figures) -> None:
    """Go through one case with a fault at every call, and ask openssl what it finds in what each leaves."""
    case = CASES[name]
    old, new = set(case.before), {*case.before, *case.added} - set(case.removed)
    _, *struck = faults.outcomes(name, scratch, "tests.torture.directories")
    for outcome in struck:
        where = f"{name}: {outcome.fault} at {outcome.call}"
        found = _found(outcome.files, old | new, scratch)
        figures.kills += outcome.status == "killed"
        figures.errors += outcome.status != "killed"
        if outcome.status == "killed":
            names = (name for name, held in (("new", new), ("old", old)) if found == held)
            figures.left[next(names, "between")] += 1
        if not old & new <= found <= old | new:
            figures.findings.append(f"{where}: openssl does not find {sorted(p.name for p in (old & new) - found)}")
        again = _found(outcome.again, old | new, scratch)
        if again != new or any("/." in f"/{path}" for path in outcome.again):
            figures.findings.append(f"{where}: the next run left {sorted(outcome.again)}")


def _found(files: dict[str, bytes], certificates: set[Path], scratch: Path) -> set[Path]:
    """Those of the certificates that openssl finds in the directory."""
    held = frozenset((Path(path).name, data) for path, data in files.items() if path.startswith("certs/"))
    told = _told(held, frozenset(certificates), scratch)
    return {path for path in certificates if f"{path}: OK" in told}


@lru_cache
def _told(held: frozenset[tuple[str, bytes]], certificates: frozenset[Path], scratch: Path) -> frozenset[str]:
    """What openssl says of them, by line. Most faults leave what others left, too."""
    with tempfile.TemporaryDirectory(dir=scratch) as made:
        for name, data in held:
            Path(made, name).write_bytes(data)
        command = [find("openssl"), "verify", "-no-CAfile", "-no-CAstore", "-no_check_time", "-CApath", made]
        done = subprocess.run([*command, *map(str, certificates)], capture_output=True, check=False)
        return frozenset(done.stdout.decode().splitlines())


def _run(*words: str, code: int = 0) -> None:
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        done = cli.run([*words, "--quiet"])
    if done != code:
        raise ExitError(f"{done}\n{said.getvalue()}")


def _scenario(name: str) -> Scenario:
    case = CASES[name]
    return Scenario(partial(Case.prepare, case), partial(Case.act, case))


if __name__ == "__main__":
    faults.main(_scenario(sys.argv[1]), Path(sys.argv[2]))

"""Every system call of a save, failing or being the last one: the driver behind the tests of faults.

`outcomes` compiles faults.c, and runs this file under LD_PRELOAD of it. There, a scenario is prepared in a fresh
directory and acted out in a forked process over and over: with a fault at its first call, at its second, and so on.
"""

import base64
import ctypes
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from tests import samples
from tests.realtools import find, run
from truststore_tool import files
from truststore_tool.errors import TrustStoreError
from truststore_tool.model import TrustedEntry, TrustStore
from truststore_tool.stores import save_store, update_store

HERE: Final = Path(__file__).resolve().parent
# What faults.c understands. Only a write can be falsified.
FALSIFIED: Final = -1
FAULTS: Final = {0: "SIGKILL", errno.EIO: "EIO", errno.ENOSPC: "ENOSPC", FALSIFIED: "falsified"}
# Some thousand times synced: in memory where there is such a file system.
MEMORY: Final = Path("/dev/shm")  # noqa: S108 -- only directories made by tempfile are used in it
OLD: Final = b"old content\n" * 40
NEW: Final = b"new content\n" * 50
PASSWORD: Final = "changeit"
IN_PLACE: Final = files.Manner(in_place="always")
OLD_ROOT: Final = samples.certificates(samples.amazon("rds-ca-2019-root.pem"))[0]
NEW_ROOT: Final = samples.certificates(samples.amazon("rds-ca-rsa2048-g1-us-east-1.pem"))[0]
CREATED: Final = datetime(2024, 8, 22, 17, 8, 50, tzinfo=UTC)


class Scenario(NamedTuple):
    """What is there before, and the operation that faults strike; both are given an empty directory of their own."""

    prepare: Callable[[Path], None]
    act: Callable[[Path], None]


@dataclass(frozen=True)
class Outcome:
    """What one run with one fault left.

    Attributes:
        call: the call that was struck, e.g. ``"fsync 1"`` for the first fsync; empty for the run without a fault.
        fault: ``"SIGKILL"``, the name of an errno, ``"falsified"``, or empty.
        status: ``"done"``, ``"killed"``, the class of the TrustStoreError raised, or a traceback.
        message: of that error.
        files: what was there afterwards, content by path.
        again: the same after the operation was run once more, without a fault.
    """

    call: str
    fault: str
    status: str
    message: str
    files: dict[str, bytes]
    again: dict[str, bytes]


def outcomes(scenario: str, scratch: Path, module: str = "tests.faults") -> list[Outcome]:
    """The run without a fault, then every run with one. `module` is the one that knows the scenario."""
    library = compiled(scratch)
    with tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else scratch) as work:
        done = subprocess.run(
            [sys.executable, "-m", module, scenario, work],
            cwd=HERE.parent,
            env={**os.environ, "LD_PRELOAD": str(library)},
            capture_output=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 0, done.stderr.decode()
    return [_decoded(json.loads(line)) for line in done.stdout.decode().splitlines()]


def compiled(scratch: Path) -> Path:
    """faults.c as a library, made in `scratch`."""
    library = scratch / "faults.so"
    run(find("cc"), "-shared", "-fPIC", "-O1", "-o", library, HERE / "faults.c", "-ldl")
    return library


def tearing(path: Path, start: int, end: int) -> dict[str, str]:
    """The environment in which only these octets of the next write into a file get out, and the process dies."""
    return {"TORN": str(path), "TORN_FROM": str(start), "TORN_TO": str(end)}


def _decoded(line: dict[str, str]) -> Outcome:
    listings = {
        key: {path: base64.b64decode(data) for path, data in json.loads(line[key]).items()}
        for key in ("files", "again")
    }
    return Outcome(line["call"], line["fault"], line["status"], line["message"], **listings)


def _prepare_file(folder: Path) -> None:
    (folder / "store").write_bytes(OLD)


def _replace(folder: Path) -> None:
    target = folder / "store"
    with files.locked(target):
        files.replace(target, NEW)


def _replace_by_pieces(folder: Path) -> None:
    target = folder / "store"
    with files.locked(target):
        files.replace(target, iter([NEW[:10], b"", NEW[10:]]))


def _replace_with_backup(folder: Path) -> None:
    target = folder / "store"
    with files.locked(target):
        if not target.exists() or files.read(target) != NEW:
            files.replace(target, NEW, backup=True)


def _overwrite(folder: Path) -> None:
    target = folder / "store"
    with files.locked(target, IN_PLACE):
        if files.read(target) != NEW:
            files.replace(target, NEW, manner=IN_PLACE)


def _overwrite_with_journal_apart(folder: Path) -> None:
    target, manner = folder / "store", IN_PLACE._replace(journal=folder / "journals")
    with files.locked(target, manner):
        if files.read(target) != NEW:
            files.replace(target, NEW, manner=manner)


def _prepare_file_and_directory(folder: Path) -> None:
    _prepare_file(folder)
    (folder / "journals").mkdir(mode=0o700)


def _prepare_directory(folder: Path) -> None:
    (folder / "certs").mkdir()
    for name in ("00000001.0", "00000002.0"):
        (folder / "certs" / name).write_bytes(OLD)


def _replace_directory(folder: Path) -> None:
    target = folder / "certs"
    with files.locked(target):
        files.update_directory(target, files.read_directory(target), {"00000001.0": NEW, "00000003.0": NEW})


def _make_directory(folder: Path) -> None:
    target = folder / "certs"
    content = {"00000001.0": NEW, "00000003.0": NEW}
    with files.locked(target):
        before = files.read_directory(target) if target.exists() else {}
        files.update_directory(target, before, content)


def _prepare_links(folder: Path) -> None:
    _prepare_directory(folder)
    (folder / "certs" / "link").symlink_to("00000001.0")


def _replace_directory_with_backup(folder: Path) -> None:
    target = folder / "certs"
    with files.locked(target):
        before = files.read_directory(target)
        if before.keys() != {"00000001.0", "00000003.0", "link"}:
            files.update_directory(target, before, {**before, "00000003.0": NEW}, backup=True)
            files.update_directory(
                target, files.read_directory(target), {"00000001.0": OLD, "00000003.0": NEW, "link": OLD}
            )


def _prepare_store(folder: Path, name: str, suffix: str) -> None:
    store = TrustStore((TrustedEntry("old", OLD_ROOT, CREATED),), format=name)
    save_store(store, folder / f"store{suffix}", PASSWORD)


def _import(folder: Path, suffix: str, manner: files.Manner | None = None) -> None:
    def add(store: TrustStore) -> tuple[TrustStore, None]:
        if any(entry.certificate == NEW_ROOT for entry in store.trusted()):
            return store, None
        return store.with_entries((*store.entries, TrustedEntry("new", NEW_ROOT, CREATED))), None

    update_store(folder / f"store{suffix}", PASSWORD, add, manner=manner)


def _overwriting(name: str, suffix: str) -> Scenario:
    return Scenario(
        lambda folder: _prepare_store(folder, name, suffix), lambda folder: _import(folder, suffix, IN_PLACE)
    )


SUFFIXES: Final = {"jks": ".jks", "pkcs12": ".p12", "pem": ".pem"}
SCENARIOS: Final = {
    "replace": Scenario(_prepare_file, _replace),
    "pieces": Scenario(_prepare_file, _replace_by_pieces),
    "create": Scenario(lambda _: None, _replace),
    "backup": Scenario(_prepare_file, _replace_with_backup),
    "directory": Scenario(_prepare_directory, _replace_directory),
    "new directory": Scenario(lambda _: None, _make_directory),
    "directory backup": Scenario(_prepare_links, _replace_directory_with_backup),
    "jks": Scenario(lambda folder: _prepare_store(folder, "jks", ".jks"), lambda folder: _import(folder, ".jks")),
    "pem": Scenario(lambda folder: _prepare_store(folder, "pem", ".pem"), lambda folder: _import(folder, ".pem")),
}

# While a file is overwritten it is neither the old nor the new: what is said of the others does not hold of these.
OVERWRITING: Final = {
    "in place": Scenario(_prepare_file, _overwrite),
    "in place, apart": Scenario(_prepare_file_and_directory, _overwrite_with_journal_apart),
    **{f"in place, {name}": _overwriting(name, suffix) for name, suffix in SUFFIXES.items()},
}


def _listing(folder: Path) -> str:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return json.dumps({str(p.relative_to(folder)): base64.b64encode(p.read_bytes()).decode() for p in found})


class _Run(NamedTuple):
    status: str
    message: str
    trace: list[str]


def _act(scenario: Scenario, folder: Path, at: int, fault: int) -> _Run:
    """Act in a forked process with a fault at call number `at` (0: none); its status, message and calls."""
    library = ctypes.CDLL(None)
    library.fault_disarm.restype = ctypes.c_char_p
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        library.fault_arm(at, fault)
        status, message = "done", ""
        try:
            scenario.act(folder)
        except TrustStoreError as exc:
            status, message = type(exc).__name__, exc.message
        except BaseException:  # what must not happen is to be reported like all else
            status = traceback.format_exc()
        trace = library.fault_disarm().decode()
        os.write(writer, json.dumps([status, message, trace]).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        told = answer.read()
    _, ending = os.waitpid(child, 0)
    if os.WIFSIGNALED(ending) and os.WTERMSIG(ending) == signal.SIGKILL:
        return _Run("killed", "", [])
    status, message, trace = json.loads(told)
    return _Run(status, message, trace.replace("64", "").split())


def main(scenario: Scenario, scratch: Path) -> None:
    """Go through a scenario under LD_PRELOAD of the library, and print what `outcomes` reads."""
    folder = scratch / "folder"

    def report(call: str, at: int, fault: int) -> list[str]:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        scenario.prepare(folder)
        done = _act(scenario, folder, at, fault)
        left = _listing(folder)
        scenario.act(folder)
        told = {"call": call, "fault": FAULTS[fault] if at else "", "status": done.status, "message": done.message}
        print(json.dumps({**told, "files": left, "again": _listing(folder)}))  # noqa: T201 -- read by outcomes()
        return done.trace

    # Everything that is imported on first use is imported by this.
    warm = scratch / "warm"
    warm.mkdir()
    scenario.prepare(warm)
    scenario.act(warm)
    calls = report("", 0, 0)
    for at, call in enumerate(calls, start=1):
        for fault in FAULTS:
            if fault == FALSIFIED and call != "write":
                continue
            report(f"{call} {calls[:at].count(call)}", at, fault)


if __name__ == "__main__":
    main((SCENARIOS | OVERWRITING)[sys.argv[1]], Path(sys.argv[2]))

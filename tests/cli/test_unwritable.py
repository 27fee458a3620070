"""Disks and directories that refuse: exit code 5, a line and a hint, and the store as it was."""

import errno
import io
import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, redirect_stdout
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import truststore_tool
from tests import samples
from tests.cli.harness import Done
from truststore_tool import cli
from truststore_tool.errors import WriteError
from truststore_tool.model import TrustedEntry, TrustStore
from truststore_tool.shims import keytool
from truststore_tool.stores import new_format, open_store, save_store, update_store

PASSWORD = "changeit"
OLD = samples.certificates(samples.amazon("rds-ca-2019-root.pem"))[0]
NEW = samples.own("new-root.pem")
NOBODY = 65534
ROOT = os.geteuid() == 0


@cache
def load_all() -> None:
    """Import all that a command needs now: the user that it becomes may not reach the directory of its modules."""
    for module in walk_packages(truststore_tool.__path__, "truststore_tool."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    with redirect_stdout(io.StringIO()):  # Typer imports parts of itself when a command runs
        assert cli.run(["list", str(NEW)]) == 0


def command(words: list[str], refuse: Callable[[], None], run: Callable[[list[str]], int] = cli.run) -> Done:
    """Run a command line in a forked process in which `refuse` was called first."""
    load_all()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            code = 99
            try:
                os.dup2(out.fileno(), 1)
                os.dup2(err.fileno(), 2)
                import sys

                sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)  # noqa: SIM115
                os.environ["TRUSTSTORE_PASSWORD"] = PASSWORD
                refuse()
                code = run(words)
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
        return Done(os.waitstatus_to_exitcode(status), *texts)


@pytest.fixture
def source() -> Iterator[Path]:
    """A certificate where every user reaches it, which this checkout may not be."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        yield Path(shutil.copy(NEW, place))


@pytest.fixture
def folder() -> Iterator[Path]:
    """A directory that everybody may enter, which pytest's are not, and only its owner may write to."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


# What refuses: each is given the store, and yields what the process is to do to itself first. -------------------


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def nothing() -> None:
    """Nothing."""


def failing(name: str, code: int) -> Callable[[], None]:
    """Let a function of `os` fail with an errno, in this process and for ever."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    return lambda: setattr(os, name, fail)


@contextmanager
def file_size_limit(_: Path) -> Iterator[Callable[[], None]]:
    yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))


@contextmanager
def read_only_directory(store: Path) -> Iterator[Callable[[], None]]:
    store.parent.chmod(0o555)
    try:
        yield (lambda: os.setresuid(NOBODY, NOBODY, NOBODY)) if ROOT else nothing
    finally:
        store.parent.chmod(0o755)


@contextmanager
def unsynced(_: Path) -> Iterator[Callable[[], None]]:
    yield failing("fsync", errno.EIO)


@contextmanager
def other_file_system(_: Path) -> Iterator[Callable[[], None]]:
    yield failing("replace", errno.EXDEV)


@contextmanager
def over_quota(_: Path) -> Iterator[Callable[[], None]]:
    yield failing("fsync", errno.EDQUOT)  # where file systems that write late say so


@contextmanager
def mounted(directory: Path, *words: str) -> Iterator[None]:
    subprocess.run(["mount", *words, directory], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["umount", directory], check=True)


@contextmanager
def full_disk(store: Path) -> Iterator[Callable[[], None]]:
    content = store.read_bytes()
    with mounted(store.parent, "-t", "tmpfs", "-o", "size=64k", "tmpfs"):
        store.write_bytes(content)
        room = os.statvfs(store.parent)
        (store.parent / "filling").write_bytes(bytes(room.f_bfree * room.f_bsize))
        yield nothing


@contextmanager
def read_only_file_system(store: Path) -> Iterator[Callable[[], None]]:
    with mounted(store.parent, "--bind", str(store.parent)):
        subprocess.run(["mount", "-o", "remount,bind,ro", store.parent], check=True)
        yield nothing


@contextmanager
def file_mounted_by_itself(store: Path) -> Iterator[Callable[[], None]]:
    source = store.with_name("elsewhere")
    shutil.copy(store, source)
    with mounted(store, "--bind", str(source)):
        yield nothing


@contextmanager
def immutable(store: Path) -> Iterator[Callable[[], None]]:
    subprocess.run(["chattr", "+i", store], check=True)
    try:
        yield nothing
    finally:
        subprocess.run(["chattr", "-i", store], check=True)


def may(*words: str) -> bool:
    """Whether this user may do so to a directory of its own."""
    with tempfile.TemporaryDirectory() as directory:
        if not ROOT or shutil.which(words[0]) is None:
            return False
        done = subprocess.run([*words, directory], capture_output=True).returncode == 0
        if done:
            undo = ["umount", directory] if words[0] == "mount" else ["chattr", "-i", directory]
            subprocess.run(undo, check=True)
        return done


REFUSALS = [file_size_limit, read_only_directory, unsynced, other_file_system, over_quota]
# Where these cannot be had, the system calls that are made to fail in tests/files/test_faults.py stand for them.
if may("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs"):
    REFUSALS += [full_disk, read_only_file_system, file_mounted_by_itself]
if may("chattr", "+i"):
    REFUSALS += [immutable]


@pytest.mark.parametrize("suffix", [".jks", ".pem", ".p12"])
@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refusal_is_a_line_and_a_hint_and_the_store_is_untouched(
    folder: Path, source: Path, refusal: Callable[[Path], AbstractContextManager[Callable[[], None]]], suffix: str
) -> None:
    store = folder / f"store{suffix}"
    entry = TrustedEntry("" if suffix == ".pem" else "old", OLD)
    save_store(TrustStore((entry,), format=new_format(store)), store, PASSWORD)
    before = store.read_bytes()
    with refusal(store) as refuse:
        names = names_in(folder)
        done = command(["import", str(store), str(source), "--yes"], refuse)
        assert (done.code, done.out) == (5, "")
        first, *rest = [line for line in done.err.splitlines() if not line.startswith("warning:")]
        assert first.startswith(f"error: could not write {store}: ")
        assert [line.partition(" ")[0] for line in rest] == ["hint:"]
        assert store.read_bytes() == before
        assert names_in(folder) == names

        shim = ["-importcert", "-noprompt", "-alias", "new", "-file", str(source), "-keystore", str(store)]
        if suffix != ".pem" and refusal is file_mounted_by_itself:  # which keytool overwrites, and the shim as well
            done = command([*shim, "-storepass", PASSWORD], refuse, keytool.run)
            assert (done.code, done.err) == (0, "Certificate was added to keystore\n")
            assert sorted(entry.alias for entry in open_store(store, PASSWORD).trusted()) == ["new", "old"]
        elif suffix != ".pem":
            done = command([*shim, "-storepass", PASSWORD], refuse, keytool.run)
            assert done.code == 1
            assert "keytool error: java.io" in done.out
            assert done.err == ""  # where the real tool says beforehand that the certificate was added
            assert store.read_bytes() == before
            assert names_in(folder) == names


@pytest.mark.parametrize("suffix", [".jks", ".pem"])
def test_a_directory_that_is_not_there(tmp_path: Path, suffix: str) -> None:
    store = tmp_path / "missing" / f"store{suffix}"
    done = command(["import", str(store), str(NEW), "--yes"], nothing)
    assert (done.code, done.out) == (5, "")
    assert done.err == f"error: could not write {store}: No such file or directory\nhint: create the directory first\n"
    assert not list(tmp_path.iterdir())


def test_a_directory_that_goes_away_in_the_midst_of_it(folder: Path) -> None:
    store = folder / "inner" / "store.jks"
    store.parent.mkdir()
    save_store(TrustStore((TrustedEntry("old", OLD),)), store, PASSWORD)

    def change(present: TrustStore) -> tuple[TrustStore, None]:
        shutil.rmtree(store.parent)
        return present.with_entries(()), None

    with pytest.raises(WriteError, match="No such file"):
        update_store(store, PASSWORD, change)
    assert not list(folder.iterdir())


def test_a_link_to_another_file_system_stays_a_link(folder: Path) -> None:
    elsewhere = Path("/dev/shm")  # noqa: S108 -- only a directory made by tempfile is used in it
    with tempfile.TemporaryDirectory(dir=elsewhere if os.access(elsewhere, os.W_OK) else None) as other:
        store = folder / "store.jks"
        store.symlink_to(Path(other, "real.jks"))
        save_store(TrustStore((TrustedEntry("old", OLD),)), store, PASSWORD)
        done = command(["import", str(store), str(NEW), "--yes", "--quiet"], nothing)
        assert (done.code, done.err) == (0, "")
        assert store.is_symlink()
        assert len(open_store(Path(other, "real.jks"), PASSWORD).entries) == 2
        assert names_in(Path(other)) == ["real.jks"]


NEW_PLACES = {
    "import": ("import", "certs/", str(NEW), "--yes"),
    "convert": ("convert", str(NEW), "-o", "certs/"),
    "shims": ("shims", "install", "a/b/c"),
}


@pytest.mark.parametrize("words", NEW_PLACES.values(), ids=NEW_PLACES)
@pytest.mark.parametrize("call", ["fsync", "mkdir", "rename", "replace"])
def test_a_full_disk_leaves_no_directory_that_was_made(
    folder: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], call: str
) -> None:
    monkeypatch.chdir(folder)
    done = command(list(words), failing(call, errno.ENOSPC))
    if done.code != 0:  # not every command makes every call
        assert done.code == 5
        assert done.err.startswith("error: could not write ")
        assert "\nhint: free some space" in done.err
        assert names_in(folder) == []
    assert (done.code == 0) == (
        (words[0], call) in {("import", "replace"), ("convert", "replace"), ("shims", "rename")}
    )


@pytest.mark.parametrize("words", [*NEW_PLACES.values(), ("import", "new.jks", str(NEW), "--yes")], ids=str)
def test_a_file_system_without_locks_is_said_and_nothing_is_left(
    folder: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    def no_locks() -> None:
        import fcntl

        def fail(*_: object) -> None:
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

        fcntl.flock = fail

    monkeypatch.chdir(folder)
    done = command(list(words), no_locks)
    assert done.code == 5
    assert done.err.splitlines()[1].startswith("hint: the file system grants no locks")
    assert names_in(folder) == []


@pytest.mark.parametrize("length", [228, 229, 251, 255])
def test_every_command_takes_names_as_long_as_the_file_system_does(
    folder: Path, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    monkeypatch.chdir(folder)
    store, chain = ("n" * (length - 4) + suffix for suffix in (".jks", ".pem"))
    certs = "n" * length + "/"
    for words in (
        ("import", store, str(NEW), "--yes"),
        ("import", store, str(samples.own("old-root.pem")), "--yes", "--backup"),
        ("export", store, "--all", "-o", chain),
        ("bundle", str(samples.amazon("rds-ca-2019-root.pem")), "-o", chain, "--backup"),
        ("convert", store, "-o", certs),
        ("import", certs, str(samples.amazon("rds-ca-2019-root.pem")), "--yes", "--backup"),
        ("remove", store, "--expired", "--backup"),
    ):
        done = command(list(words), nothing)
        assert done.code == 0, (words, done.err)
    written = names_in(folder)
    assert len(written) == 6
    assert not [name for name in written if name.startswith(".")]
    assert all(open_store(folder / name, PASSWORD).entries for name in written)

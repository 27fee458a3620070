"""The commands as they run in containers: files mounted alone, nothing writable, no home, no user of that number."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import truststore_tool
from tests.cli.harness import Done, Tool
from tests.realtools import find
from tests.samples import amazon, own
from truststore_tool.stores import open_store

PASSWORD = "changeit"
OLD, NEW = own("future-root.pem"), amazon("rds-ca-2019-root.pem")
SOURCES = Path(truststore_tool.__file__).parent.parent
Contained = Callable[..., Done]


def keytool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([find("keytool"), *map(str, words)], capture_output=True, text=True, timeout=120)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with a JKS of one root that keytool made."""
    tmp_path.chmod(0o755)
    made = keytool("-importcert", "-noprompt", "-alias", "old", "-file", OLD, *into(tmp_path / "outer.jks"))
    assert made.returncode == 0, made.stdout
    return tmp_path


def into(store: Path) -> list[str]:
    return ["-keystore", str(store), "-storetype", "JKS", "-storepass", PASSWORD]


def aliases(store: Path) -> list[str]:
    return sorted(entry.alias for entry in open_store(store, PASSWORD).trusted())


@pytest.fixture(scope="session")
def bwrap() -> str:
    """bubblewrap, where it can make containers."""
    program = find("bwrap")
    tried = subprocess.run([program, "--ro-bind", "/", "/", "true"], capture_output=True, text=True)
    if tried.returncode:
        pytest.skip("bubblewrap that may make containers")
    return program


@pytest.fixture
def contained(bwrap: str, folder: Path) -> Contained:
    """Runs a command line in a container whose root is read-only but for what its options mount."""

    def run(*words: str | Path, mounts: list[str | Path], program: str = "truststore_tool", **env: str) -> Done:
        variables = {"PYTHONPATH": str(SOURCES), "STORE_PASSWORD": PASSWORD, **env}
        alone = ["--unshare-user", "--uid", "4242", "--gid", "4242", "--clearenv", "--new-session", "--die-with-parent"]
        given = [part for name, value in variables.items() for part in ("--setenv", name, value)]
        command = [bwrap, "--ro-bind", "/", "/", "--dev", "/dev", *alone, *given, *mounts, "--chdir", folder]
        python = [sys.executable, "-m", "truststore_tool", *(["keytool"] if program == "keytool" else [])]
        done = subprocess.run([*map(str, [*command, *python, *words])], capture_output=True, timeout=120, umask=0o077)
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


def mounted(folder: Path) -> list[str | Path]:
    """The store mounted by itself, as ``store.jks``, in a directory that can be written."""
    (folder / "store.jks").touch()
    return ["--bind", folder, folder, "--bind", folder / "outer.jks", folder / "store.jks"]


IMPORT = ("import", "store.jks", NEW, "--yes", "--alias", "new", "--password-env", "STORE_PASSWORD")


def test_a_file_mounted_by_itself_is_overwritten_where_that_is_asked_for(contained: Contained, folder: Path) -> None:
    mounts = mounted(folder)
    refused = contained(*IMPORT, mounts=mounts)
    assert (refused.code, refused.out) == (5, "")
    assert "could not write store.jks: Device or resource busy" in refused.err
    assert "mounted by itself" in refused.err
    assert "--in-place" in refused.err
    assert aliases(folder / "outer.jks") == ["old"]
    done = contained(*IMPORT, "--in-place", mounts=mounts)
    assert done.code == 0, done.err
    assert "who reads it at this moment may see half of it" in done.err
    assert sorted(path.name for path in folder.iterdir()) == ["outer.jks", "store.jks"]
    listed = keytool("-list", *into(folder / "outer.jks"))
    assert "Your keystore contains 2 entries" in listed.stdout


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (("remove", "store.jks", "--alias", "old"), []),
        (("rename", "store.jks", "old", "renamed"), ["renamed"]),
        (("passwd", "store.jks", "--new-password-env", "STORE_PASSWORD"), ["old"]),
        (("convert", NEW, "-o", "store.jks", "--force"), ["cn=amazon rds root 2019 ca"]),
    ],
)
def test_each_command_that_writes_a_store_can(
    contained: Contained, folder: Path, words: tuple[str | Path, ...], left: list[str]
) -> None:
    inode = (folder / "outer.jks").stat().st_ino
    done = contained(*words, "--password-env", "STORE_PASSWORD", "--in-place", mounts=mounted(folder))
    assert done.code == 0, done.err
    assert (folder / "outer.jks").stat().st_ino == inode
    found = aliases(folder / "outer.jks")
    assert found == left or (words[0] == "convert" and len(found) == 1)


def test_bundles_and_exports_can(contained: Contained, folder: Path) -> None:
    (folder / "outer.pem").write_bytes(OLD.read_bytes())
    (folder / "store.jks").touch()
    (folder / "chain.pem").touch()
    mounts = [*mounted(folder), "--bind", folder / "outer.pem", folder / "chain.pem"]
    done = contained("bundle", NEW, "-o", "chain.pem", "--in-place", mounts=mounts)
    assert done.code == 0, done.err
    assert (folder / "outer.pem").read_text().count("BEGIN CERTIFICATE") == 2
    done = contained(
        *("export", "store.jks", "--all", "-o", "chain.pem", "--force", "--in-place"),
        *("--password-env", "STORE_PASSWORD"),
        mounts=mounts,
    )
    assert done.code == 0, done.err
    assert open_store(folder / "outer.pem").all_certificates() == open_store(OLD).all_certificates()


def test_in_a_directory_that_cannot_be_written_the_journal_lies_elsewhere(contained: Contained, folder: Path) -> None:
    (folder / "store.jks").touch()
    (folder / "volume").mkdir(mode=0o700)
    mounts = ["--bind", folder / "outer.jks", folder / "store.jks", "--bind", folder / "volume", folder / "volume"]
    refused = contained(*IMPORT, "--in-place", mounts=mounts)
    assert refused.code == 5
    assert "no journal of it can be kept" in refused.err
    assert "--journal" in refused.err
    foretold = contained(*IMPORT, "--in-place", "--dry-run", mounts=mounts)
    assert (foretold.code, foretold.err.splitlines()[-2:]) == (5, refused.err.splitlines()[-2:])
    done = contained(*IMPORT, "--in-place", "--journal", "volume", mounts=mounts)
    assert done.code == 0, done.err
    assert aliases(folder / "outer.jks") == ["new", "old"]
    assert list((folder / "volume").iterdir()) == []


def test_the_keytool_shim_overwrites_by_itself_as_keytool_does(contained: Contained, folder: Path) -> None:
    there = ("-keystore", "store.jks", "-storepass", PASSWORD)
    words = ("-importcert", "-noprompt", "-alias", "new", "-file", NEW, *there)
    done = contained(*words, mounts=mounted(folder), program="keytool")
    assert (done.code, done.out, done.err) == (0, "", "Certificate was added to keystore\n")
    assert aliases(folder / "outer.jks") == ["new", "old"]
    assert "contains 2 entries" in keytool("-list", *into(folder / "outer.jks")).stdout
    alone = ["--bind", folder / "outer.jks", folder / "store.jks"]
    refused = contained("-delete", "-alias", "new", *there, mounts=alone, program="keytool")
    assert (refused.code, refused.err) == (1, "")
    assert "in TRUSTSTORE_TOOL_JOURNAL" in refused.out
    volume = folder / "volume"
    volume.mkdir(mode=0o700)
    alone += ["--bind", volume, volume]
    done = contained(
        "-delete", "-alias", "new", *there, mounts=alone, program="keytool", TRUSTSTORE_TOOL_JOURNAL=str(volume)
    )
    assert (done.code, done.out) == (0, "")
    assert aliases(folder / "outer.jks") == ["old"]


READING = (
    ("list", "outer.jks", "--password-env", "STORE_PASSWORD"),
    ("fingerprint", NEW),
    ("verify", "outer.jks", "--against", OLD, "--password-env", "STORE_PASSWORD"),
    ("diff", "outer.jks", "outer.jks", "--password-env", "STORE_PASSWORD"),
    ("doctor", "outer.jks", "--password-env", "STORE_PASSWORD"),
    ("export", "outer.jks", "--all", "--password-env", "STORE_PASSWORD"),
    ("convert", NEW, "-o", "-", "--to", "pem"),
    ("bundle", NEW, "-o", "-"),
)
WRITING = (
    ("import", "fresh.p12", NEW, "--yes", "--password-env", "STORE_PASSWORD"),
    ("convert", "outer.jks", "-o", "fresh.pem"),
    ("bundle", NEW, OLD, "-o", "chain.pem"),
    ("rename", "outer.jks", "old", "renamed", "--password-env", "STORE_PASSWORD"),
    ("passwd", "outer.jks", "--password-env", "STORE_PASSWORD", "--new-password-env", "STORE_PASSWORD"),
    ("remove", "outer.jks", "--alias", "renamed", "--password-env", "STORE_PASSWORD"),
)
BARE_DEVICES = ["--tmpfs", "/dev"]
for each in ("/dev/null", "/dev/zero", "/dev/urandom"):
    BARE_DEVICES += ["--dev-bind", each, each]


@pytest.mark.parametrize(
    ("around", "env"),
    [
        pytest.param([], {}, id="read-only root, no variables, a number without a name"),
        pytest.param(BARE_DEVICES, {}, id="no /dev/shm and no /dev/pts"),
        pytest.param(
            [], {"HOME": "/nowhere", "TMPDIR": "/nowhere", "LANG": "C"}, id="no home, no place for temporaries"
        ),
        pytest.param(["--tmpfs", "/proc"], {"LC_ALL": "POSIX"}, id="no /proc"),
    ],
)
def test_with_one_volume_that_can_be_written_each_command_works(
    contained: Contained, folder: Path, around: list[str], env: dict[str, str]
) -> None:
    for words in (*READING, *WRITING):
        done = contained(*words, mounts=[*around, "--bind", folder, folder], **env)
        assert (done.code, done.err.count("Traceback")) == (0, 0), (words, done.err)
    assert (folder / "fresh.p12").stat().st_mode & 0o777 == 0o600
    assert not [path.name for path in folder.iterdir() if path.name.startswith(".")]


def test_without_a_volume_what_reads_works_and_the_rest_says_why_not(contained: Contained, folder: Path) -> None:
    words: tuple[str | Path, ...]
    for words in READING:
        assert contained(*words, mounts=[]).code == 0, words
    for words in WRITING[:-1]:
        done = contained(*words, mounts=[])
        assert done.code == 5, (words, done.err)
        assert "Read-only file system" in done.err
    assert aliases(folder / "outer.jks") == ["old"]


def test_a_volume_that_is_full_leaves_the_store(folder: Path, bwrap: str) -> None:
    size = (folder / "outer.jks").stat().st_size
    script = (
        "cp outer.jks /mnt/store.jks && head -c 65536 /bin/sh >/mnt/filler 2>/mnt/filler;"
        f' "{sys.executable}" -m truststore_tool import /mnt/store.jks "{NEW}" --yes --password-env STORE_PASSWORD'
        ' --quiet "$@";'
        " echo $?; wc -c < /mnt/store.jks; ls -A /mnt"
    )
    for more in ([], ["--in-place"]):
        done = subprocess.run(
            [
                *(bwrap, "--ro-bind", "/", "/", "--size", "16384", "--tmpfs", "/mnt", "--chdir", folder),
                *("sh", "-c", script, "sh", *more),
            ],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(SOURCES), "STORE_PASSWORD": PASSWORD},
        )
        assert done.stdout.split() == ["5", str(size), "filler", "store.jks"], done.stderr
        assert "No space left on device" in done.stderr


def test_what_kubernetes_mounts_says_so(contained: Contained, folder: Path) -> None:
    volume = folder / "volume"
    (volume / "..2026_11_26").mkdir(parents=True)
    shutil.copy(folder / "outer.jks", volume / "..2026_11_26" / "store.jks")
    (volume / "..data").symlink_to("..2026_11_26")
    (volume / "store.jks").symlink_to("..data/store.jks")
    words = ("import", "volume/store.jks", *IMPORT[2:])
    refused = contained(*words, mounts=["--bind", folder, folder, "--ro-bind", volume, volume])
    assert refused.code == 5
    assert "it comes from a ConfigMap or Secret" in refused.err
    done = contained(*words, mounts=["--bind", folder, folder])
    assert done.code == 0
    assert str((volume / "store.jks").readlink()) == "..data/store.jks"
    assert str((volume / "..data").readlink()) == "..2026_11_26"
    assert aliases(volume / "..2026_11_26" / "store.jks") == ["new", "old"]


@pytest.mark.parametrize("out", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "-"])
def test_standard_output_has_many_names(tool: Tool, folder: Path, out: str) -> None:
    done = tool("convert", OLD, "-o", out, "--to", "pem")
    assert (done.code, done.out.count("BEGIN CERTIFICATE")) == (0, 1)
    assert tool("bundle", OLD, "-o", out).out.count("BEGIN CERTIFICATE") == 1
    assert tool("export", folder / "outer.jks", "--all", "-o", out, "--default-password").out.count("BEGIN") == 1


@pytest.mark.parametrize(
    "words",
    [
        ("import", "fifo", NEW, "--yes"),
        ("convert", NEW, "-o", "fifo", "--to", "jks"),
        ("convert", NEW, "-o", "fifo", "--to", "jks", "--force"),
        ("bundle", NEW, "-o", "fifo"),
        ("export", "outer.jks", "--all", "-o", "fifo"),
        ("remove", "fifo", "--alias", "x"),
        ("passwd", "fifo"),
        ("rename", "fifo", "a", "b"),
        ("import", "/dev/null", NEW, "--yes"),
    ],
)
def test_what_is_no_file_is_refused_as_a_store_at_once(
    tool: Tool, folder: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str | Path, ...]
) -> None:
    monkeypatch.chdir(folder)
    os.mkfifo("fifo")
    done = tool(*words, "--default-password")
    assert done.code == 5, done.err
    assert "not a regular file" in done.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_leaves_the_old_store_and_nothing_else(folder: Path, number: int) -> None:
    script = (
        "import os, signal, sys, truststore_tool.files.replacing as r\n"
        "real = os.replace\n"
        "def stop(*given, **more):\n"
        f"    os.kill(os.getpid(), {int(number)})\n"
        "    return real(*given, **more)\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "for each in (signal.SIGTERM, signal.SIGHUP): signal.signal(each, signal.SIG_DFL)  # also below nohup\n"
        "os.replace = stop\n"
        "from truststore_tool.__main__ import main\n"
        "main()\n"
    )
    words = ("import", "outer.jks", NEW, "--yes", "--alias", "new", "--default-password")
    before = (folder / "outer.jks").read_bytes()
    done = subprocess.run([sys.executable, "-c", script, *map(str, words)], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 128 + number, done.stderr
    assert "Traceback" not in done.stderr
    assert (folder / "outer.jks").read_bytes() == before
    assert [path.name for path in folder.iterdir()] == ["outer.jks"]


def test_a_wait_is_a_number_of_seconds(tool: Tool, folder: Path) -> None:
    """Not a number is within every bound, and never over."""
    for wrong in ("nan", "-1", "soon"):
        done = tool("import", folder / "outer.jks", NEW, "--yes", "--lock-timeout", wrong)
        assert (done.code, "--lock-timeout" in done.err) == (2, True)


@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_a_capath_is_not_changed_in_place(tool: Tool, folder: Path, more: list[str]) -> None:
    assert tool("import", "certs/", OLD, "--yes", "--to", "capath").code == 0
    before = sorted(path.name for path in (folder / "certs").iterdir())
    done = tool("import", "certs", NEW, "--yes", "--in-place", *more)
    assert (done.code, done.out) == (2, "")
    assert "changed file by file, and not in place" in done.err
    assert sorted(path.name for path in (folder / "certs").iterdir()) == before
    assert not (folder / ".certs.lock").exists()


def test_a_disk_that_is_full_beside_a_journal_elsewhere_leaves_the_store(folder: Path, bwrap: str) -> None:
    script = (
        'cp "$2" /mnt/store.pem; "$0" -m truststore_tool import /mnt/store.pem "$1" --yes --quiet'
        ' --in-place --journal journal; echo $?; cmp /mnt/store.pem "$2" && ls -A /mnt journal'
    )
    (folder / "journal").mkdir(mode=0o700)
    mounts = ("--size", "8192", "--tmpfs", "/mnt", "--bind", folder, folder, "--chdir", folder)
    done = subprocess.run(
        [
            bwrap,
            "--ro-bind",
            "/",
            "/",
            *mounts,
            "sh",
            "-c",
            script,
            sys.executable,
            amazon("rds-global-bundle.pem"),
            OLD,
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
    )
    assert done.stdout.split() == ["5", "/mnt:", "store.pem", "journal:"], done.stderr
    assert "No space left on device" in done.stderr


def test_a_writer_that_waits_says_for_whom(folder: Path) -> None:
    script = (
        "import time\nfrom truststore_tool import files\n"
        "with files.locked('outer.jks'): print(flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=folder, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        words = [*IMPORT, "--lock-timeout", "2.5"]
        words[1] = "outer.jks"
        done = subprocess.run(
            [sys.executable, "-m", "truststore_tool", *map(str, words)],
            cwd=folder,
            capture_output=True,
            text=True,
            env={**os.environ, "STORE_PASSWORD": PASSWORD},
        )
        holder.kill()
    assert done.returncode == 5
    assert f"outer.jks: waiting for another writer, PID {holder.pid}" in done.stderr
    assert f"another process (PID {holder.pid}) has been changing it for 2.5 seconds" in done.stderr
    assert "--lock-timeout" in done.stderr

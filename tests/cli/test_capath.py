"""Directories that OpenSSL looks certificates up in: what becomes trusted there, judged by openssl itself."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.harness import Tool
from tests.realtools import find, run
from tests.samples import amazon, own

RDS, G1 = amazon("rds-ca-2019-root.pem"), amazon("rds-ca-rsa2048-g1-us-east-1.pem")
OLD, TWIN, NEW = own("old-root.pem"), own("same-subject-root.pem"), own("new-root.pem")


def trusts(folder: str, certificate: Path) -> bool:
    """Whether openssl finds a root in the directory."""
    words: list[str | Path] = ["verify", "-no-CAfile", "-no-CAstore", "-no_check_time", "-CApath", folder, certificate]
    return subprocess.run([find("openssl"), *words], capture_output=True).returncode == 0


def test_a_stranger_in_the_directory_does_not_become_trusted(tool: Tool) -> None:
    Path("untrusted-download.pem").write_bytes(NEW.read_bytes())
    before = sorted(Path().iterdir())
    done = tool("import", ".", OLD, "--yes")
    assert done.code == 2
    assert "no CApath" in done.err
    assert sorted(Path().iterdir()) == before
    assert tool("import", ".", OLD, "--yes", "--format", "capath").code == 0
    assert (trusts(".", OLD), trusts(".", NEW)) == (True, False)
    assert tool("import", ".", TWIN, "--yes").code == 0  # now it is one
    assert (trusts(".", OLD), trusts(".", TWIN), trusts(".", NEW)) == (True, True, False)


def test_the_file_that_was_meant_is_named(tool: Tool) -> None:
    Path("security").mkdir()
    Path("security/cacerts").write_bytes(b"")
    for command in [
        ("import", "security", str(OLD), "--yes"),
        ("remove", "security", "--expired"),
        ("bundle", str(OLD), "-o", "security"),
        ("convert", str(OLD), "-o", "security", "--force"),
        ("passwd", "security", "--new-password-env", "TRUSTSTORE_PASSWORD"),
        ("rename", "security", "a", "b"),
        ("list", "security"),
        ("verify", "security", "--against", str(OLD)),
    ]:
        done = tool(*command)
        assert done.code == 2, command
        assert "cacerts" in done.err, command
        assert [path.name for path in Path("security").iterdir()] == ["cacerts"]


@pytest.mark.parametrize(
    "command",
    [
        ("import", "", str(OLD), "--yes"),
        ("import", "ks", "", "--yes"),
        ("remove", "", "--expired"),
        ("bundle", str(OLD), "-o", ""),
        ("bundle", "", "-o", "x.pem"),
        ("convert", "", "-o", "x.pem"),
        ("convert", str(OLD), "-o", ""),
        ("export", "", "--all"),
        ("export", str(OLD), "--all", "-o", ""),
        ("list", ""),
        ("verify", "", "--against", str(OLD)),
        ("verify", str(OLD), "--against", ""),
        ("diff", "", str(OLD)),
        ("diff", str(OLD), ""),
        ("passwd", ""),
        ("passwd", str(OLD), "--new-password-file", ""),
        ("rename", "", "a", "b"),
        ("fingerprint", ""),
        ("list", str(OLD), "--password-file", ""),
        ("shims", "install", ""),
        ("postgres", "probe", "127.0.0.1:1", "--store", ""),
        ("postgres", "probe", "127.0.0.1:1", "--bundle", ""),
        ("postgres", "rotation", "--current", "", "--next", str(OLD), "--store", str(OLD)),
        ("postgres", "rotation", "--current", str(OLD), "--next", "", "--store", str(OLD)),
        ("postgres", "snippet", "psql", "--bundle", ""),
    ],
    ids=" ".join,
)
def test_an_empty_path_is_refused(tool: Tool, command: tuple[str, ...]) -> None:
    done = tool(*command)
    assert done.code == 2
    assert "empty" in done.err
    assert list(Path().iterdir()) == []


def test_a_new_directory_is_made_by_its_slash(tool: Tool) -> None:
    assert tool("import", "new/", OLD, "--yes").code == 0
    assert trusts("new", OLD)
    assert tool("convert", RDS, "-o", "other/").code == 0
    assert trusts("other", RDS)


def test_names_of_others_stay_and_are_stepped_over(tool: Tool) -> None:
    digest = run(find("openssl"), "x509", "-in", OLD, "-noout", "-subject_hash").decode().strip()
    Path("certs").mkdir()
    Path(f"certs/{digest}.0").write_bytes(OLD.read_bytes())
    Path(f"certs/{digest}.1").mkdir()
    Path("certs/deadbeef.0").write_bytes(own("old-root.key").read_bytes())
    Path("certs/deadbeef.1").symlink_to("nowhere")
    Path("certs/both.pem").write_bytes(NEW.read_bytes() + RDS.read_bytes())
    run(find("openssl"), "rehash", "-compat", "certs")
    others = {path.name for path in Path("certs").iterdir()} - {f"{digest}.0"}
    done = tool("import", "certs", TWIN, "--yes")
    assert done.code == 0
    assert f"before {digest}.2" in done.err  # OpenSSL ends at the directory, and it is said
    assert {path.name for path in Path("certs").iterdir()} == others | {f"{digest}.0", f"{digest}.2"}
    assert tool("remove", "certs", "--fingerprint", fingerprint(OLD)).code == 0
    assert {path.name for path in Path("certs").iterdir()} == others | {f"{digest}.0"}
    assert trusts("certs", TWIN)
    assert not trusts("certs", OLD)


def fingerprint(path: Path) -> str:
    """SHA-256 of the certificate in a file, by openssl."""
    return run(find("openssl"), "x509", "-in", path, "-noout", "-fingerprint", "-sha256").decode().split("=")[1].strip()


KILLED = """
import os, sys
left = int(sys.argv[1])
def counted(original):
    def step(*arguments, **options):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), 9)
        return original(*arguments, **options)
    return step
for name in ("link", "rename", "replace", "unlink", "fsync"):
    setattr(os, name, counted(getattr(os, name)))
from truststore_tool.cli import run
sys.exit(run(sys.argv[2:]))
"""


def test_openssl_finds_at_every_moment_what_is_in_the_old_and_in_the_new_store(tool: Tool) -> None:
    """The process is killed before its first step, its second, and so on; each run goes on where that one ended."""
    stays, changes = (TWIN, RDS), [OLD, G1]
    digests = {path: fingerprint(path) for path in changes}
    assert tool("import", "certs/", OLD, TWIN, RDS, "--yes").code == 0
    for command in ("remove", "import") * 2:
        for steps in range(40):
            words = [str(path) for path in changes] if command == "import" else ["--fingerprint", digests[OLD]]
            options = ["--yes"] if command == "import" else []
            done = subprocess.run(
                [sys.executable, "-c", KILLED, str(steps), command, "certs", *words, *options], capture_output=True
            )
            assert all(trusts("certs", path) for path in stays)
            if done.returncode >= 0:
                break
        assert done.returncode == 0 or (command, done.returncode) == ("remove", 1)  # it was gone when it was killed
        assert trusts("certs", OLD) == (command == "import")
    assert not [path for path in Path("certs").iterdir() if path.name.endswith((".tmp", ".lock"))]

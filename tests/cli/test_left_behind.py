"""What a killed run left goes at the next run, whatever its exit code."""

from pathlib import Path

import pytest

from tests import samples
from tests.cli.harness import Tool, process
from truststore_tool import files

ROOT = samples.own("new-root.pem")
OTHER = samples.own("old-root.pem")
PASSWORD = "changeit"


def leave(path: Path) -> list[Path]:
    """What a killed run leaves beside a file."""
    left = [path.with_name(f".{path.name}.lock"), path.with_name(f".{path.name}.0123456789abcdef.tmp")]
    for each in left:
        each.write_bytes(b"half")
    return left


ENDINGS: dict[int, list[tuple[str | Path, ...]]] = {
    0: [
        ("import", "store.jks", ROOT, "--yes"),
        ("bundle", ROOT, "-o", "store.pem"),
        ("convert", ROOT, "-o", "store.pem"),
        ("export", ROOT, "--all", "-o", "store.pem"),
        ("remove", "store.jks", "--expired"),
        ("rename", "store.jks", "rds-root", "rds-root"),
        ("import", "certs", ROOT, "--yes"),
    ],
    1: [
        ("import", "store.jks", OTHER, "--expect", "0" * 40),
        ("import", "certs", OTHER, "--expect", "0" * 40),
        ("bundle", OTHER, "-o", "store.pem", "--expect", "0" * 40),
        ("remove", "store.jks", "--alias", "nosuch"),
        ("rename", "store.jks", "nosuch", "x"),
        ("export", ROOT, "--alias", "nosuch", "-o", "store.pem"),
    ],
    2: [
        ("import", "store.jks", OTHER),
        ("convert", OTHER, "-o", "store.pem"),
        ("export", OTHER, "--all", "-o", "store.pem"),
        ("bundle", OTHER, "-o", "store.jks"),
        ("remove", "store.jks"),
        ("passwd", "store.jks", "--new-password-env", "SHORT"),
    ],
    3: [
        ("import", "store.jks", "nosuch", "--yes"),
        ("import", "certs", "nosuch", "--yes"),
        ("bundle", "nosuch", "-o", "store.pem"),
        ("convert", "nosuch", "-o", "store.pem"),
        ("export", "nosuch", "--all", "-o", "store.pem"),
    ],
    4: [
        ("import", "store.jks", OTHER, "--yes", "--password-env", "WRONG"),
        ("remove", "store.jks", "--expired", "--password-env", "WRONG"),
        ("rename", "store.jks", "rds-root", "x", "--password-env", "WRONG"),
        ("passwd", "store.jks", "--password-env", "WRONG", "--new-password-env", "WRONG"),
    ],
}


@pytest.mark.parametrize(
    ("code", "words"), [(code, words) for code, each in ENDINGS.items() for words in each], ids=str
)
def test_it_goes_at_the_next_run_whatever_its_exit_code(
    tool: Tool, monkeypatch: pytest.MonkeyPatch, code: int, words: tuple[str | Path, ...]
) -> None:
    monkeypatch.setenv("WRONG", "wrong-password")
    monkeypatch.setenv("SHORT", "short")
    assert tool("import", "store.jks", ROOT, "--yes").code == 0
    assert tool("convert", ROOT, "-o", "store.pem").code == 0
    assert tool("import", "certs/", ROOT, "--yes").code == 0
    target = next(Path(word) for word in words if str(word) in ("store.jks", "store.pem", "certs"))
    before = target.read_bytes() if target.is_file() else b""
    left = leave(target)
    if target.is_dir():
        left.append(target / ".00000000.0.0123456789abcdef.tmp")
        left[-1].write_bytes(b"half")
    assert tool(*words).code == code
    assert [path.name for path in left if path.exists()] == []
    assert not target.is_file() or target.read_bytes() == before


@pytest.mark.parametrize(
    "words",
    [
        ("-importcert", "-noprompt", "-alias", "a", "-file", "nosuch"),
        ("-importcert", "-alias", "rds-root", "-file", str(OTHER)),
        ("-delete", "-alias", "nosuch"),
        ("-changealias", "-alias", "nosuch", "-destalias", "x"),
        ("-storepasswd", "-new", "short"),
        ("-exportcert", "-alias", "nosuch", "-file", "out.pem"),
        ("-importcert", "-noprompt", "-alias", "b", "-file", str(OTHER), "-storepass", "wrong-password"),
    ],
    ids=" ".join,
)
def test_so_it_does_with_keytool(tool: Tool, tmp_path: Path, words: tuple[str, ...]) -> None:
    assert tool("import", "store.jks", ROOT, "--yes").code == 0
    left = leave(Path("out.pem" if "-exportcert" in words else "store.jks"))
    options = [] if "-storepass" in words else ["-storepass", PASSWORD]
    assert process("keytool", *words, "-keystore", "store.jks", *options, cwd=tmp_path).code == 1
    assert [path.name for path in left if path.exists()] == []


def test_and_with_openssl(tmp_path: Path) -> None:
    left = leave(tmp_path / "out.pem")
    assert process("openssl", "x509", "-in", "nosuch", "-out", "out.pem", cwd=tmp_path).code == 1
    assert [path.name for path in left if path.exists()] == []


def test_a_dry_run_touches_nothing(tool: Tool) -> None:
    assert tool("import", "store.jks", ROOT, "--yes").code == 0
    left = leave(Path("store.jks"))
    assert tool("import", "store.jks", OTHER, "--dry-run").code == 0
    assert all(path.exists() for path in left)


def test_what_another_process_is_at_work_with_stays(tool: Tool) -> None:
    assert tool("import", "store.jks", ROOT, "--yes").code == 0
    with files.locked(Path("store.jks")):
        left = leave(Path("store.jks"))
        assert tool("import", "store.jks", "nosuch", "--yes").code == 3
        assert all(path.exists() for path in left)

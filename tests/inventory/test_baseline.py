"""What an earlier report knows passes, and nothing else: by rule, level, path, entry and reader."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.cli.harness import Done, process
from tests.inventory.test_readers_of_stores import docker_image
from tests.inventory.trees import every_format, pem
from tests.samples import own

ASKED = ("scan", "stores", "--need", own("new-root.pem"), "--fail-on", "warning")


def scanned(folder: Path, *more: str | Path) -> Done:
    return process(*ASKED, *more, cwd=folder)


def known(folder: Path) -> None:
    assert scanned(folder, "--report", "json=known.json").code == 1


@pytest.mark.parametrize("name", [b"\xff\xfe.pem", b"a\nb.pem", "ü\u202e.pem".encode(), b"a!.pem"])
def test_a_name_of_any_octets_is_known(tmp_path: Path, name: bytes) -> None:
    (tmp_path / "stores").mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path / "stores") + b"/" + name)).write_bytes(pem("expired-root.pem"))
    known(tmp_path)
    assert scanned(tmp_path, "--baseline", "known.json").code == 0


@pytest.mark.parametrize("changed", ["another path", "another name", "another certificate", "a second place"])
def test_what_is_new_about_a_store_is_not_known(tmp_path: Path, changed: str) -> None:
    store = tmp_path / "stores" / "a.pem"
    store.parent.mkdir()
    store.write_bytes(pem("expired-root.pem"))
    known(tmp_path)
    match changed:
        case "another path":
            (tmp_path / "stores" / "b").mkdir()
            store.rename(tmp_path / "stores" / "b" / "a.pem")
        case "another name":
            store.rename(tmp_path / "stores" / "b.pem")
        case "another certificate":  # which is not yet valid: a finding that the other had not
            store.write_bytes(pem("future-root.pem"))
        case _:
            (tmp_path / "stores" / "c.pem").write_bytes(store.read_bytes())
    assert scanned(tmp_path, "--baseline", "known.json").code == 1


def test_other_bytes_of_which_the_same_is_to_be_said_are_known(tmp_path: Path) -> None:
    store = tmp_path / "stores" / "a.pem"
    store.parent.mkdir()
    store.write_bytes(pem())
    known(tmp_path)
    store.write_bytes(b"# a comment\n" + pem() + pem("same-subject-root.pem"))
    assert scanned(tmp_path, "--baseline", "known.json").code == 0


def test_an_image_that_was_built_anew_is_known(tmp_path: Path) -> None:
    """Its layer has another digest; the file in it is the same to whoever runs it. One at another path is not."""
    (tmp_path / "stores").mkdir()
    image = tmp_path / "stores" / "image.tar"
    docker_image(image, {"opt/ca.pem": pem(), "built": b"monday"}, {})
    known(tmp_path)
    docker_image(image, {"opt/ca.pem": pem(), "built": b"tuesday"}, {})
    done = scanned(tmp_path, "--baseline", "known.json", "--report", "sarif")
    assert done.code == 0
    before = process(*ASKED, "--report", "sarif", cwd=tmp_path)
    assert [each["partialFingerprints"] for each in _results(done)] == [
        each["partialFingerprints"] for each in _results(before)
    ]
    docker_image(image, {"opt/other.pem": pem(), "built": b"tuesday"}, {})
    assert scanned(tmp_path, "--baseline", "known.json").code == 1


def _results(done: Done) -> list[Any]:
    found: list[Any] = json.loads(done.out)["runs"][0]["results"]
    return found


def test_a_note_that_became_an_error_is_not_known(tmp_path: Path) -> None:
    """A Java that is older than the algorithms of a store began to read it: of all Javas that was a note before."""
    store = tmp_path / "stores" / "jdk" / "lib" / "security" / "cacerts"
    store.parent.mkdir(parents=True)
    made = process(
        *("convert", own("new-root.pem"), "--out", store, "--to", "pkcs12", "--profile", "modern"),
        env={"TRUSTSTORE_PASSWORD": "changeit"},
    )
    assert made.code == 0
    known(tmp_path)
    assert scanned(tmp_path, "--baseline", "known.json").code == 0
    (tmp_path / "stores" / "jdk" / "release").write_text('JAVA_VERSION="1.8.0_252"\n')
    assert scanned(tmp_path, "--baseline", "known.json").code == 1


def test_a_second_reader_that_cannot_open_a_store_is_not_known(tmp_path: Path) -> None:
    stores = tmp_path / "stores"
    stores.mkdir()
    (stores / "trust.jks").write_bytes(every_format()["jks"])
    (stores / "a.conf").write_text("SSL_CERT_FILE=trust.jks\n")
    known(tmp_path)
    assert scanned(tmp_path, "--baseline", "known.json").code == 0
    (stores / "b.conf").write_text("NODE_EXTRA_CA_CERTS=trust.jks\n")
    assert scanned(tmp_path, "--baseline", "known.json").code == 1


def test_what_is_known_is_marked_and_what_is_new_is_not(tmp_path: Path) -> None:
    stores = tmp_path / "stores"
    stores.mkdir()
    (stores / "a.pem").write_bytes(pem("expired-root.pem"))
    (stores / "x.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(100))
    known(tmp_path)
    (stores / "b.pem").write_bytes(pem("future-root.pem"))
    lines = scanned(tmp_path, "--baseline", "known.json").out.splitlines()
    assert "LACKS (known): stores/a.pem" in lines
    assert "LACKS: stores/b.pem" in lines
    assert sum(line.startswith("  warning (known): expired: ") for line in lines) == 1
    assert sum(line.startswith("  warning: not-yet-valid: ") for line in lines) == 1
    assert sum(line.startswith("  stores/x.7z: ") and line.endswith("(known)") for line in lines) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"stores": [{"paths": ["a"], "findings": [], "missing": []}]},
        {"stores": [{"paths": [1], "findings": [], "missing": ["x"], "locked": False}]},
        {"stores": [], "findings": [{"rule": ["x"], "place": {"path": "a", "entry": None}}]},
        {"stores": [], "findings": [], "skipped": [{"path": "a"}]},
        {"stores": 5},
    ],
)
def test_a_damaged_baseline_is_unreadable(tmp_path: Path, wrong: dict[str, Any]) -> None:
    (tmp_path / "stores").mkdir()
    body = {"schema": 1, "report": "scan", "stores": [], "findings": [], "skipped": [], **wrong}
    (tmp_path / "known.json").write_text(json.dumps(body))
    done = scanned(tmp_path, "--baseline", "known.json")
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("error: known.json: is not the report of a scan in JSON")

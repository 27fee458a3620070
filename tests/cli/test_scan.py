"""The command: its exit codes, its first line, and what it says when it is stopped."""

import gc
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests import realtools
from tests.cli.harness import Tool, at_terminal, process
from tests.inventory.reporting import certificate
from tests.inventory.trees import every_format, pem, tarred, zipped
from tests.samples import own
from truststore_tool import stores
from truststore_tool.model import Certificate, TrustStore

# `openssl x509 -in sample_certs/own/new-root.pem -noout -fingerprint -sha256` and -sha1
NEW = "2C:45:1C:93:53:C0:CC:D2:28:9A:DA:DF:16:F5:F3:10:69:43:6D:A1:70:AC:9E:A2:C9:32:23:AC:06:CD:FA:58"


def _locked(path: Path) -> None:
    store = TrustStore(format="pkcs12").add(Certificate.from_pem(pem()))
    path.write_bytes(stores.encoded(store, "Horse battery", readers=()))


def test_the_first_line_is_the_summary(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_bytes(pem("new-root.pem"))
    (tmp_path / "b.zip").write_bytes(zipped({"x": pem("new-root.pem"), "y": pem()}))
    _locked(tmp_path / "c")
    done = tool("scan", tmp_path, "--need", NEW)
    assert done.out.splitlines()[0] == "4 places, 3 stores: 1 has it, 1 lacks it, 1 locked"
    assert done.code == 1


@pytest.mark.parametrize("need", [NEW, NEW.replace(":", "").lower(), str(own("new-root.pem"))])
def test_a_need_is_a_fingerprint_or_a_file(tool: Tool, tmp_path: Path, need: str) -> None:
    (tmp_path / "a.pem").write_bytes(pem("new-root.pem"))
    assert tool("scan", tmp_path, "--need", need).code == 0
    (tmp_path / "b.pem").write_bytes(pem())
    done = tool("scan", tmp_path, "--need", need, "--json")
    assert done.code == 1
    lacking = {store["paths"][0]: (store["present"], store["missing"]) for store in done.json["stores"]}
    assert lacking == {str(tmp_path / "a.pem"): ([NEW], []), str(tmp_path / "b.pem"): ([], [NEW])}


@pytest.mark.parametrize(
    ("kind", "code", "said"),
    [
        ("der", 0, ""),
        ("jks", 0, "warning: {}: its integrity was not checked, as no password was given"),
        ("pkcs7", 0, ""),
        ("encrypted", 2, "error: {}: its certificates are encrypted and no password was given"),
        ("distrusted", 2, "error: {}: holds only what is distrusted"),
        ("key", 3, "error: {}: this is a private key"),
        ("empty", 3, "error: {}: the file is empty"),
    ],
)
def test_a_file_of_needs_in_any_format_or_why_not(tool: Tool, tmp_path: Path, kind: str, code: int, said: str) -> None:
    need, root = tmp_path / "need", own("new-root.pem")
    openssl = realtools.find("openssl")
    match kind:
        case "der":
            realtools.run(openssl, "x509", "-in", root, "-outform", "DER", "-out", need)
        case "pkcs7":
            realtools.run(openssl, "crl2pkcs7", "-nocrl", "-outform", "DER", "-certfile", root, "-out", need)
        case "jks":
            made = ("convert", root, "--to", "jks", "--out", need)
            assert process(*made, env={"TRUSTSTORE_PASSWORD": "changeit"}).code == 0
        case "encrypted":
            realtools.run(openssl, "pkcs12", "-export", "-nokeys", "-in", root, "-out", need, "-passout", "pass:x")
        case "distrusted":
            realtools.run(openssl, "x509", "-in", root, "-addreject", "serverAuth", "-trustout", "-out", need)
        case _:
            need.write_bytes(own("new-root.key").read_bytes() if kind == "key" else b"")
    (tmp_path / "a.pem").write_bytes(root.read_bytes())
    done = tool("scan", tmp_path / "a.pem", "--need", need)
    assert (done.code, done.err.splitlines()[:1]) == (code, [said.format(need)] if said else [])


def test_what_was_not_looked_at_is_not_cleared(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_bytes(pem("new-root.pem"))
    (tmp_path / "x.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(100))
    assert tool("scan", tmp_path).code == 0
    assert tool("scan", tmp_path, "--need", NEW).code == 1
    assert tool("scan", tmp_path, "--need", NEW, "--exclude", "*.7z").code == 0
    _locked(tmp_path / "c")
    assert tool("scan", tmp_path).code == 0
    assert tool("scan", tmp_path, "--need", NEW, "--exclude", "*.7z").code == 1


def test_what_cannot_be_read_is_code_3_and_what_is_wrong_code_2(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_bytes(pem())
    done = tool("scan", tmp_path, tmp_path / "missing")
    assert (done.code, done.out.splitlines()[0][:8]) == (3, "1 place,")
    assert "missing" in done.err
    for wrong in (("--need", "nosuch"), ("--max-store", "much"), ("--report", "nosuch"), ("--expires-within", "x")):
        assert tool("scan", tmp_path, *wrong).code == 2


def test_findings_count_when_asked(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_bytes(pem("expired-root.pem"))
    assert tool("scan", tmp_path).code == 0
    assert tool("scan", tmp_path, "--fail-on", "error").code == 0
    done = tool("scan", tmp_path, "--fail-on", "warning", "--json")
    assert done.code == 1
    (store,) = done.json["stores"]
    assert (store["expired"], [item["rule"] for item in store["findings"]]) == (1, ["expired"])


@pytest.mark.parametrize(
    ("days", "within", "expired", "expiring"),
    [
        (-1 / 24, "0d", 1, 0),
        (1 / 24, "0d", 0, 0),
        (1 / 24, "1d", 0, 1),
        (1 + 1 / 24, "1d", 0, 0),
        (1 + 1 / 24, "2", 0, 1),
        (3650 - 1 / 24, "3650d", 0, 1),
        (3650 + 1 / 24, "3650d", 0, 0),
        (1_000_000, "99999d", 0, 0),  # in a GeneralizedTime
    ],
)
def test_soon_is_so_many_days_of_24_hours_from_now(
    tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: float, within: str, expired: int, expiring: int
) -> None:
    """Wherever the machine is."""
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    (tmp_path / "a.pem").write_bytes(certificate("root", days=days))
    done = tool("scan", tmp_path, "--expires-within", within, "--json")
    (store,) = done.json["stores"]
    assert (store["expired"], store["expiring"]) == (expired, expiring)
    said = [item["rule"] for item in store["findings"]]
    assert said == ["expired"] * expired + ["expires-soon"] * expiring


def test_passwords_are_tried_and_not_shown(tool: Tool, tmp_path: Path) -> None:
    folder = tmp_path / "stores"
    folder.mkdir()
    _locked(folder / "c")
    (tmp_path / "passwords").write_text("wrong\nHorse battery\n")
    (tmp_path / "passwords").chmod(0o600)
    done = tool("scan", folder, "--passwords-from", tmp_path / "passwords", "--json")
    assert [store["locked"] for store in done.json["stores"]] == [False]
    assert "Horse" not in done.out + done.err
    (folder / "d.jks").write_bytes(every_format()["pkcs12"])
    found = tool("scan", folder / "d.jks", "--no-default-passwords", "--json").json["stores"]
    assert [store["locked"] for store in found] == [True]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"wrong\r\nHorse battery\r\n", 0),
        (b"Horse battery", 0),
        (b"wrong\n\n\nwrong\nHorse battery\n", 0),
        (b"Horse battery \n", 1),  # a password may end in a blank
        (b"\xef\xbb\xbfHorse battery\n", 2),
        ("Horse battery".encode("utf-16"), 2),
        (b"H\xf6rse\n", 2),
        (own("new-root.pem").read_bytes(), 2),
        (b"", 1),
    ],
)
def test_passwords_stand_one_a_line_in_utf_8(tool: Tool, tmp_path: Path, content: bytes, code: int) -> None:
    """What is no such file is said, and nothing of it shown; else a byte order mark would make the first one wrong."""
    store = tmp_path / "store"
    _locked(store)
    (tmp_path / "passwords").write_bytes(content)
    (tmp_path / "passwords").chmod(0o600)
    done = tool("scan", store, "--need", own("old-root.pem"), "--passwords-from", tmp_path / "passwords")
    assert done.code == code
    assert "rse" not in done.out + done.err


def test_a_terminal_shows_how_far_it_is_also_while_one_file_takes_long(tmp_path: Path) -> None:
    """A PKCS#12 of openssl whose key takes 600,000 rounds for each password; in a pipe nothing is shown."""
    store, passwords = tmp_path / "store.p12", tmp_path / "passwords"
    made = ("pkcs12", "-export", "-nokeys", "-in", own("new-root.pem"), "-iter", "600000", "-passout", "pass:x")
    realtools.run(realtools.find("openssl"), *made, "-out", store)
    passwords.write_text("\n".join(map(str, range(10))))
    passwords.chmod(0o600)
    asked = ("scan", store, "--passwords-from", passwords)
    shown = at_terminal(asked, [], tmp_path).out
    assert re.search(r"\r\x1b\[K0 files, 0 a second, 0 stores, \d+ s", shown)
    assert re.search(r"\r\x1b\[K1 place, 1 store: 1 locked", shown)
    assert " a second" not in at_terminal((*asked, "--quiet"), [], tmp_path).out
    assert process(*asked).err == ""


def test_reports_go_to_files_as_well(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_bytes(pem())
    done = tool("scan", tmp_path / "a.pem", "--report", "text", "--report", f"json={tmp_path / 'out.json'}")
    assert done.out.startswith("1 place, 1 store")
    assert json.loads((tmp_path / "out.json").read_text())["places"] == 1
    assert tool("scan", tmp_path, "--report", "text", "--report", "json").code == 2


@pytest.mark.parametrize("given", ["missing/x", "folder", "/dev/full", "file/x"])
def test_a_file_that_cannot_be_written_is_told_before_anything_is_looked_at(
    tool: Tool, tmp_path: Path, given: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    good = tmp_path / "good.json"
    for more in (("--report", f"csv={tmp_path / given}"), ("--cache", tmp_path / given)):
        if given == "folder" and more[0] == "--cache":
            continue  # which cannot be read: code 3
        done = tool("scan", tmp_path / "nowhere", "--report", f"json={good}", *more)
        assert (done.code, done.out, good.exists()) == (5, "", False)


def test_two_things_do_not_go_to_the_same_file(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_bytes(pem())
    (tmp_path / "link").symlink_to(tmp_path / "one")
    for other in ("one", "./one", "../" + tmp_path.name + "/one", "link"):
        for more in (("--report", f"csv={tmp_path}/{other}"), ("--cache", f"{tmp_path}/{other}")):
            done = tool("scan", tmp_path, "--report", f"json={tmp_path / 'one'}", *more)
            assert (done.code, (tmp_path / "one").exists()) == (2, False)


@pytest.mark.parametrize("name", ["-", "/dev/stdout", "/dev/fd/1"])
def test_a_report_to_standard_output_by_name(tool: Tool, tmp_path: Path, name: str) -> None:
    (tmp_path / "a.pem").write_bytes(pem())
    assert json.loads(tool("scan", tmp_path, "--report", f"json={name}").out)["places"] == 1
    assert tool("scan", tmp_path, "--report", "text", "--report", f"json={name}").code == 2


def test_a_report_does_not_take_a_file_from_whoever_writes_to_it(tmp_path: Path) -> None:
    """As by a name in place of the file behind standard error, which then nobody could read any more."""
    (tmp_path / "a.pem").write_bytes(pem())
    with (tmp_path / "log").open("wb") as log:
        scan = [sys.executable, "-m", "truststore_tool", "scan", "a.pem", "--report", "json=/dev/stderr"]
        assert subprocess.run(scan, cwd=tmp_path, stderr=log, timeout=60).returncode == 2
        log.write(b"and more\n")
    assert (tmp_path / "log").read_text().splitlines()[0] == "error: the report json cannot go to /dev/stderr"


def test_a_report_in_the_tree_that_is_scanned_changes_nothing(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_bytes(pem())
    words = [
        word
        for kind in ("json", "csv", "sarif", "junit", "text")
        for word in ("--report", f"{kind}={tmp_path}/r.{kind}")
    ]
    for _ in range(3):
        assert tool("scan", tmp_path, *words, "--cache", tmp_path / "cache").code == 0
    report = json.loads((tmp_path / "r.json").read_text())
    assert (report["places"], report["skipped"], report["findings"]) == (1, [], [])


def test_stopped_it_prints_what_it_found_so_far(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_bytes(pem())
    # Members without an end: whoever stops the scan does so in the middle of them.
    (tmp_path / "b.tar").write_bytes(tarred({str(number): b"" for number in range(400_000)}))
    code = (
        "import os, signal, sys\n"
        "from truststore_tool.inventory import crew\n"
        "real = crew.look\n"
        "def look(*given):\n"
        "    for number, each in enumerate(real(*given)):\n"
        "        yield each\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "crew.look = look\n"
        "from truststore_tool.cli import run\n"
        f"sys.exit(run(['scan', {str(tmp_path)!r}, '--json', '--jobs', '1']))\n"
    )
    signal.signal(signal.SIGINT, signal.default_int_handler)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    report = json.loads(done.stdout)
    assert (done.returncode, report["complete"], report["places"]) == (130, False, 1)
    assert "not all" in done.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_while_processes_look_it_tells_what_they_found_and_leaves_none(
    tmp_path: Path, number: int, code: int
) -> None:
    for each in range(3000):
        (tmp_path / f"{each:04}").write_bytes(pem() if each < 10 else b"text")
    script = (
        "import os, sys\n"
        "from truststore_tool.inventory import crew\n"
        "real = crew.look\n"
        "def look(*given):\n"
        "    for place, each in enumerate(real(*given)):\n"
        "        yield each\n"
        "        if place == 3:\n"
        f"            os.kill(os.getpid(), {int(number)})\n"
        "crew.look = look\n"
        "from truststore_tool.cli import run\n"
        f"sys.exit(run(['scan', {str(tmp_path)!r}, '--json', '--jobs', '2']))\n"
    )
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # It waits for the end of the output, which processes that are left would hold open.
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    report = json.loads(done.stdout)
    assert (done.returncode, report["complete"]) == (code, False)
    assert 500 < report["files"] < 3000
    (line,) = done.stderr.splitlines()
    assert "not all" in line


def test_what_stores_leave_behind_is_looked_for_soon(tool: Tool, tmp_path: Path) -> None:
    """Cycles among 200,000 objects, after which other commands look, are 150 MiB where stores have many authorities."""
    before = gc.get_threshold()
    gc.set_threshold(200_000)
    try:
        assert tool("scan", tmp_path).code == 0
        assert gc.get_threshold()[0] <= 20_000
    finally:
        gc.set_threshold(*before)

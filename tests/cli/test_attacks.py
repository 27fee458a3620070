"""What a stranger may try by way of names, links, directories and fields: refused, shown harmless, or warned of."""

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import samples
from tests.cli.harness import Done, Tool, at_terminal
from tests.cli.test_unwritable import NOBODY, ROOT, command, nothing
from tests.torture.mutation import put_text
from truststore_tool import asn1, strangers
from truststore_tool.errors import WriteError
from truststore_tool.formats import capath, pem
from truststore_tool.model import Certificate, TrustedEntry, TrustStore
from truststore_tool.render.as_json import to_json
from truststore_tool.safe import printable
from truststore_tool.stores import open_store, save_store

PASSWORD = "changeit"
GOOD = samples.certificates(samples.own("new-root.pem"))[0]
# Clear the screen, ring, title of the window, right-to-left override, zero-width space, line and paragraph separator.
EVIL = "a\x1b[2J\x07\x1b]0;t\x07\u202egnp.exe\u200b\u2028\u2029\r\nb\x9b31m"
# Of all characters, these alone may come out of a command as they are.
HARMLESS = re.compile(r"[^\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]*")


@pytest.fixture
def shared() -> Iterator[Path]:
    """A directory like /tmp."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o1777)
        yield Path(folder)


def evil_certificate() -> Certificate:
    """A certificate whose subject and issuer try to command the terminal."""
    return put_text(GOOD, EVIL)


def evil_store(path: Path) -> None:
    save_store(TrustStore((TrustedEntry(EVIL.lower(), evil_certificate()),)), path, PASSWORD)


# Shown ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["list", "evil.jks"],
        ["list", "-v", "evil.jks"],
        ["list", "--json", "evil.jks"],
        ["verify", "evil.jks", "--against", "good.pem"],
        ["verify", "evil.jks", "--against", "evil.pem"],
        ["verify", "--json", "evil.jks", "--against", "evil.pem"],
        ["diff", "evil.jks", "good.pem"],
        ["diff", "--json", "evil.jks", "good.pem"],
        ["fingerprint", "evil.pem"],
        ["fingerprint", "--json", "evil.pem"],
        ["import", "new.jks", "evil.pem", "--yes"],
        ["import", "new.jks", "evil.pem", "--yes", "--json", "--alias", EVIL],
        ["import", "new.jks", "evil.pem", "--expect", "00" * 32],
        ["bundle", "evil.pem", "-o", "chain.pem", "--comments"],
        ["bundle", "evil.pem", "-o", "-", "--comments"],
        ["export", "evil.jks", "--alias", EVIL, "-o", "out.pem"],
        ["convert", "evil.jks", "-o", "out.p12"],
        ["rename", "evil.jks", EVIL, EVIL + "2"],
        ["remove", "evil.jks", "--alias", EVIL],
        ["remove", "evil.jks", "--alias", "no" + EVIL],
        ["list", EVIL],
    ],
    ids=lambda words: " ".join(words).encode("unicode_escape").decode()[:40],
)
def test_no_command_of_a_stranger_reaches_the_terminal(tool: Tool, tmp_path: Path, words: list[str]) -> None:
    evil_store(tmp_path / "evil.jks")
    (tmp_path / "evil.pem").write_text(pem.encode(evil_certificate()))
    (tmp_path / "good.pem").write_text(pem.encode(GOOD))
    done = tool(*words)
    assert done.code in (0, 1, 2, 3), done.err
    shown = done.out + done.err
    assert shown
    assert "Traceback" not in shown
    if "--json" in words:
        assert json.loads(done.out)["schema"] == 1
    assert HARMLESS.fullmatch(shown), repr(shown)
    chain = tmp_path / "chain.pem"
    assert not chain.exists() or HARMLESS.fullmatch(chain.read_text())


def test_json_has_the_same_strings_with_nothing_hidden_in_them() -> None:
    """Of every character but lone surrogates, which no UTF-8 has."""
    every = "".join(chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000)
    text = to_json("k", None, every=every, nested=[EVIL, {"a": EVIL}], path=Path(EVIL))
    assert json.loads(text) == {"schema": 1, "report": "k", "every": every, "nested": [EVIL, {"a": EVIL}], "path": EVIL}
    lines = text.split("\n")
    assert [line for line in lines if printable(line) != line] == []
    assert len(lines) == len(text.splitlines()) == 12
    assert all(char in text for char in "é漢😀")  # what can be read stays so


def test_the_question_at_the_terminal_shows_escapes(tmp_path: Path) -> None:
    (tmp_path / "evil.pem").write_text(pem.encode(evil_certificate()))
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    (tmp_path / "password").chmod(0o600)
    words = ["import", "new.jks", "evil.pem", "--password-file", "password"]
    done = at_terminal(words, [("Trust this certificate in new.jks? [y/N]:", "n")], tmp_path)
    assert done.code == 1
    assert HARMLESS.fullmatch(done.out.replace("\r\n", "\n"))
    assert r"\x1b[2J" in done.out
    assert r"\u202e" in done.out
    assert not (tmp_path / "new.jks").exists()


# Believed ------------------------------------------------------------------------------------------------------


def test_two_certificates_of_one_subject_are_two(tool: Tool) -> None:
    twins = [samples.own("old-root.pem"), samples.own("same-subject-root.pem")]
    assert len({samples.certificates(path)[0].subject_der for path in twins}) == 1
    assert tool("import", "store.jks", *twins, "--yes", "--quiet").code == 0
    entries = tool("list", "store.jks", "--json").json["entries"]
    assert len({entry["alias"] for entry in entries}) == 2
    assert len({entry["certificates"][0]["sha256"] for entry in entries}) == 2
    # The one says nothing about the other.
    assert tool("remove", "store.jks", "--alias", entries[0]["alias"]).code == 0
    assert (
        tool("verify", "store.jks", "--against", twins[0]).code
        + tool("verify", "store.jks", "--against", twins[1]).code
        == 1
    )


def test_a_fingerprint_of_sha1_alone_is_noted(tool: Tool) -> None:
    done = tool("import", "s.jks", samples.amazon("rds-ca-2019-root.pem"), "--expect", samples.RDS_2019_SHA1)
    assert done.code == 0
    assert "SHA-1 can be forged" in done.err


@pytest.mark.parametrize("suffix", [".jks", ".jceks", ".p12"])
def test_a_store_that_was_changed_is_not_opened(tool: Tool, suffix: str) -> None:
    tool("import", f"s{suffix}", samples.own("new-root.pem"), "--yes")
    path = Path(f"s{suffix}")
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    done = tool("import", path, samples.own("old-root.pem"), "--yes")
    assert done.code in (3, 4)
    assert path.read_bytes() == data


def test_a_pkcs12_without_its_mac_is_absent_and_not_verified(tool: Tool) -> None:
    tool("import", "s.p12", samples.own("new-root.pem"), "--yes")
    version, info, _ = asn1.read(Path("s.p12").read_bytes()).children()
    Path("stripped.p12").write_bytes(asn1.sequence(version.raw, info.raw))
    assert open_store("s.p12", PASSWORD).integrity == "verified"
    assert open_store("stripped.p12", PASSWORD).integrity == "absent"
    words = ["--against", samples.own("new-root.pem")]
    assert tool("verify", "stripped.p12", *words).code == 0
    assert tool("verify", "s.p12", *words, "--require-integrity").code == 0
    refused = tool("verify", "stripped.p12", *words, "--require-integrity")
    assert refused.code == 1
    assert "integrity is absent" in refused.err


def test_a_certificate_that_is_no_authority_is_warned_of(tool: Tool) -> None:
    done = tool("import", "s.jks", samples.own("new-server.pem"), "--yes")
    assert done.code == 0
    assert "is no certificate authority" in done.err


# Placed --------------------------------------------------------------------------------------------------------


def test_no_name_leads_out_of_a_directory_of_certificates(
    tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capath, "subject_hash", lambda _: "../outside")
    done = tool("convert", samples.own("new-root.pem"), "-o", "certs", "--to", "capath")
    assert done.code == 5
    assert not (tmp_path / "certs").exists()
    assert not list(tmp_path.glob("outside*"))


@pytest.mark.parametrize(("mode", "warned"), [(0o755, False), (0o775, False), (0o777, True), (0o1777, False)])
def test_a_directory_in_which_anyone_may_replace_the_store_is_warned_of(
    tool: Tool, tmp_path: Path, mode: int, warned: bool
) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(mode)
    (tmp_path / "link.jks").symlink_to("open/s.jks")
    new, old = samples.own("new-root.pem"), samples.own("old-root.pem")
    for words in (
        ("import", "open/s.jks", new, "--yes"),
        ("import", "link.jks", old, "--yes"),
        ("verify", "link.jks", "--against", old),
        ("bundle", new, "-o", "open/chain.pem"),
        ("convert", new, "-o", "open/root.der", "--to", "der"),
        ("export", "link.jks", "--all", "-o", "open/all.pem"),
    ):
        done = tool(*words)
        assert done.code == 0
        assert ("every user may replace it" in done.err) is warned, words
    assert "every user" not in tool("export", "link.jks", "--all").err


def test_a_directory_further_up_counts_too(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "open" / "inner").mkdir(parents=True)
    (tmp_path / "open").chmod(0o777)
    assert "every user may replace it" in tool("import", "open/inner/s.jks", samples.own("new-root.pem"), "--yes").err
    (tmp_path / "open").chmod(0o1777)
    assert "every user" not in tool("import", "open/inner/s.jks", samples.own("old-root.pem"), "--yes").err


# Every option that names a password file, with the mode of the file and whether that is warned of.
SECRET_FILES = [
    ("import s.jks OLD --yes --password-file FILE", 0),
    ("import s.jks OLD --yes --source-password-file FILE", 0),
    ("list s.jks --password-file FILE", 0),
    ("fingerprint s.jks --password-file FILE", 0),
    ("verify s.jks --against NEW --password-file FILE", 0),
    ("convert s.jks -o c.pem --password-file FILE", 0),
    ("bundle s.jks -o b.pem --password-file FILE", 0),
    ("diff s.jks NEW --password-file FILE", 0),
    ("export s.jks --all -o e.pem --password-file FILE", 0),
    ("rename s.jks new-root other --password-file FILE", 0),
    ("remove s.jks --alias new-root --password-file FILE", 0),
    ("passwd s.jks --new-password-file FILE", 0),
    ("passwd s.jks --password-file FILE --new-password-env TRUSTSTORE_PASSWORD", 0),
    ("postgres probe 127.0.0.1:1 --store s.jks --password-file FILE", 3),
    ("postgres rotation --current NEW --next NEW --store s.jks --password-file FILE", 0),
    ("postgres snippet jdbc --store s.jks --password-file FILE", 0),
]


@pytest.mark.parametrize(("line", "code"), SECRET_FILES, ids=[line for line, _ in SECRET_FILES])
def test_a_password_file_that_anyone_may_read_is_warned_of(tool: Tool, tmp_path: Path, line: str, code: int) -> None:
    files = {"NEW": GOOD_FILE, "OLD": samples.own("old-root.pem"), "FILE": tmp_path / "secret"}
    for mode, warned in ((0o644, True), (0o604, True), (0o640, False), (0o600, False)):
        (tmp_path / "s.jks").unlink(missing_ok=True)
        assert tool("import", "s.jks", GOOD_FILE, "--yes", "--alias", "new-root").code == 0
        (tmp_path / "secret").write_text(f"{PASSWORD}\n")
        (tmp_path / "secret").chmod(mode)
        for words in (line.split(), [*line.split(), "--quiet"]):
            done = tool(*(files.get(word, word) for word in words))
            assert done.code == code if words[-1] != "--quiet" else True, done.err
            said = f"warning: {tmp_path / 'secret'}: every user may read this password file (chmod 600)" in done.err
            assert said is (warned and words[-1] != "--quiet"), mode


def test_secrets_where_the_platform_puts_them_are_not_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Docker and the kubelet write them, open to all within the container."""
    monkeypatch.setattr(strangers, "_SECRETS", tmp_path / "run" / "secrets")
    docker = tmp_path / "run" / "secrets" / "store-password"
    now = tmp_path / "volume" / "..2026_11_26_00_00_00.123"
    beside = tmp_path / "volume" / "beside"
    for place in (docker, now / "password", now / "sub" / "password", beside):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(PASSWORD)
        place.chmod(0o644)
    (tmp_path / "volume" / "..data").symlink_to(now.name)
    (tmp_path / "volume" / "password").symlink_to("..data/password")
    (tmp_path / "volume" / "sub").symlink_to("..data/sub")
    (tmp_path / "link").symlink_to(docker)
    for path in (docker, tmp_path / "link", tmp_path / "volume" / "password", tmp_path / "volume" / "sub" / "password"):
        assert not strangers.may_read(path)
    assert strangers.may_read(beside)
    assert not strangers.may_read(tmp_path / "missing")
    assert not strangers.may_read(Path(os.devnull))


def test_a_place_that_is_not_there_may_be_replaced_by_nobody(tmp_path: Path) -> None:
    assert not strangers.may_replace(tmp_path / "no" / "such")


def strange_link(shared: Path, target: Path) -> Path:
    """A link in a shared directory that another user made."""
    link = shared / "store.jks"
    link.symlink_to(target)
    os.lchown(link, NOBODY, NOBODY)
    return link


needs_strangers = pytest.mark.parametrize("links", [1, 2] if ROOT else [])  # only root can make what others own


@needs_strangers
def test_a_link_that_a_stranger_put_into_a_shared_directory_is_not_followed(
    tool: Tool, shared: Path, tmp_path: Path, links: int
) -> None:
    victim = tmp_path / "victim.jks"
    save_store(TrustStore((TrustedEntry("old", GOOD),)), victim, PASSWORD)
    before = victim.read_bytes()
    for target in (victim, tmp_path / "made.jks"):
        link = strange_link(shared, target)
        path = link if links == 1 else tmp_path / "mine.jks"
        if links == 2:
            path.unlink(missing_ok=True)
            path.symlink_to(link)
        done = tool("import", path, samples.own("old-root.pem"), "--yes")
        assert done.code in (3, 5)
        assert "Traceback" not in done.err
        with pytest.raises(WriteError, match="symbolic link of another user"):
            save_store(TrustStore(), path, PASSWORD)
        link.unlink()
    assert victim.read_bytes() == before
    assert not (tmp_path / "made.jks").exists()


def test_ones_own_link_in_a_shared_directory_is_followed(tool: Tool, shared: Path, tmp_path: Path) -> None:
    (shared / "store.jks").symlink_to(tmp_path / "real.jks")
    assert tool("import", shared / "store.jks", GOOD_FILE, "--yes").code == 0
    assert len(open_store(tmp_path / "real.jks", PASSWORD).entries) == 1


GOOD_FILE = samples.own("new-root.pem")


def test_another_name_of_the_same_file_keeps_the_old_content(tool: Tool, tmp_path: Path) -> None:
    tool("import", "s.jks", GOOD_FILE, "--yes")
    (tmp_path / "other").hardlink_to(tmp_path / "s.jks")
    before = (tmp_path / "other").read_bytes()
    assert tool("import", "s.jks", samples.own("old-root.pem"), "--yes").code == 0
    assert (tmp_path / "other").read_bytes() == before
    assert len(open_store("s.jks", PASSWORD).entries) == 2


def test_a_link_in_place_of_the_lock_or_a_temporary_is_not_written_through(tool: Tool, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (tmp_path / ".s.jks.lock").symlink_to(victim)
    done = tool("import", "s.jks", GOOD_FILE, "--yes")
    assert done.code == 5
    (tmp_path / ".s.jks.lock").unlink()
    (tmp_path / ".s.jks.0123456789abcdef.tmp").symlink_to(victim)
    (tmp_path / ".s.jks.fedcba9876543210.tmp").mkdir()
    done = tool("import", "s.jks", GOOD_FILE, "--yes")
    assert done.code == 0
    assert victim.read_bytes() == b"precious"


@pytest.mark.parametrize("kind", ["file", "directory"] if ROOT else [])
def test_what_a_stranger_left_under_the_name_of_a_temporary_keeps_nobody_from_work(shared: Path, kind: str) -> None:
    stray = shared / ".s.jks.0123456789abcdef.tmp"
    stray.touch() if kind == "file" else stray.mkdir()
    source = Path(shutil.copy(GOOD_FILE, shared))
    done: Done = command(
        ["import", str(shared / "s.jks"), str(source), "--yes", "--quiet"],
        lambda: os.setresuid(NOBODY, NOBODY, NOBODY),
    )
    assert (done.code, done.err) == (0, "")
    assert stray.exists()
    assert command(["list", str(shared / "s.jks")], nothing).code == 0

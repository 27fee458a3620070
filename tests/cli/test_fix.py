"""`doctor --fix`, judged by real readers: what a store is was changed, and whom it trusts was not."""

import re
import shutil
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.broken import G1, ONE, STORES, THREE, TWO, make, storetype, trusted
from tests.cli.harness import Done, Tool, at_terminal
from tests.debian import there
from tests.formats import test_jks as jks
from tests.formats import test_pkcs12 as p12
from tests.readers import fips
from tests.readers.jvms import Jvm
from tests.readers.programs import openssl_pkcs12
from tests.realtools import Jdk, Request, find, run
from tests.samples import certificates, own
from truststore_tool import asn1, stores
from truststore_tool.readers import mending
from truststore_tool.readers.mending import Mending

PASSWORD = "changeit"
KEYSTORES = [name for name in STORES if not name.endswith(".pem")]
JAVAS = ("java11.0.10", "java11.0.13", "java17.0.15", "java21.0.8", "java25.0.3")
# Those in which Java trusts less than it could, so that somebody is asked before it trusts more.
ASKING = {"openssl.p12", "rc2.p12", "nomac.p12", "keyed.p12", "alike.p12", "same.jks", "cases.jks", "cases.jceks"}
UNTOUCHED = {"keytool.p12"}


def store_of(done: Done, number: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = done.json["stores"][number]
    return found


def rules(done: Done) -> set[str]:
    return {item["rule"] for item in store_of(done)["findings"]}


def told(tool: Tool, name: str, jvms: dict[str, Jvm]) -> dict[str, int | None]:
    """How many anchors doctor says that each of these Javas finds; None where it does not open the store."""
    done = tool("doctor", name, "--json", *(word for jvm in jvms for word in ("--for", jvm)))
    return {seen["name"]: seen["anchors"] if seen["loads"] else None for seen in store_of(done)["readers"]}


def found(path: Path, jvms: dict[str, Jvm]) -> dict[str, int | None]:
    """How many trusted entries each Java finds; None where it does not open the store."""
    answers = {name: jvm.ask(path.read_bytes(), "changeit", storetype(path.name)) for name, jvm in jvms.items()}
    return {name: len(answer.entries) if answer.loads else None for name, answer in answers.items()}


def accepted(path: Path, jvms: dict[str, Jvm], *, open_it: bool = True) -> dict[str, set[str]]:
    """What each Java trusts, with the password or without one."""
    password = PASSWORD if open_it else None
    answers = {name: jvm.ask(path.read_bytes(), password, storetype(path.name)) for name, jvm in jvms.items()}
    return {name: set(answer.accepted) for name, answer in answers.items()}


def by_openssl(path: Path) -> set[str] | None:
    """SHA-256 of the certificates that `openssl pkcs12` finds in a file, None where it reads none."""
    words = ("pkcs12", "-in", path, "-passin", "pass:changeit", "-nokeys")
    done = subprocess.run([find("openssl"), *words], capture_output=True, text=True)
    if done.returncode:
        return None
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", done.stdout, re.DOTALL)
    prints = (run(find("openssl"), "x509", "-noout", "-fingerprint", "-sha256", stdin=b.encode()) for b in blocks)
    return {line.decode().partition("=")[2].strip().replace(":", "").lower() for line in prints}


@pytest.mark.parametrize("name", KEYSTORES)
def test_the_table_before_and_after_is_what_real_javas_see(
    tool: Tool, jdks: list[Jdk], readers: dict[str, Jvm], name: str
) -> None:
    path = make(name, jdks)
    readers = {java: readers[java] for java in JAVAS}
    before, seen = found(path, readers), accepted(path, readers)
    assert told(tool, name, readers) == before
    done = tool("doctor", name, "--fix", "--yes", "--json")
    after, now = found(path, readers), accepted(path, readers)
    assert told(tool, name, readers) == after
    fixed = store_of(done)["fixed"]
    assert (fixed is None) is (name in UNTOUCHED)
    for row in fixed["readers"] if fixed else ():
        if row["name"] in readers:
            assert row["anchors_before"] == (before[row["name"]] or 0)
            assert row["anchors_after"] == (after[row["name"]] or 0)
    assert all(seen[java] <= now[java] for java in readers)  # nobody lost an anchor
    if name != "sm2.jks":
        assert done.code == 0
        usual = readers.keys() - {"java11.0.10"}
        assert {frozenset(now[java]) for java in usual} == {frozenset(now["java17.0.15"])}
        assert len(now["java17.0.15"]) == len(set(now["java17.0.15"])) > 0


@pytest.mark.parametrize("name", ["openssl.p12", "rc2.p12", "keyed.p12", "alike.p12", "twice.p12", "rc2-keytool.p12"])
def test_openssl_finds_what_it_found(tool: Tool, jdks: list[Jdk], name: str) -> None:
    path = make(name, jdks)
    before = by_openssl(path)
    assert tool("doctor", name, "--fix", "--yes").code == 0
    after = by_openssl(path)
    assert after
    assert before is None or before == after


@pytest.mark.parametrize("name", ["openssl.p12", "keytool.p12", "truncated-prf.p12", "bare.p12", "rc2.p12"])
def test_for_an_old_java_it_is_protected_as_that_reads_it(
    tool: Tool, jdks: list[Jdk], readers: dict[str, Jvm], name: str
) -> None:
    path = make(name, jdks)
    old = readers["java11.0.10"]
    assert bool(old.ask(path.read_bytes(), "changeit").entries) is False
    done = tool("doctor", name, "--fix", "--yes", "--for", "java11.0.10", "--json")
    assert done.code == 0
    assert store_of(done)["fixed"]["profile"] == "compat"
    assert set(old.ask(path.read_bytes(), "changeit").accepted) == trusted(path)
    again = path.stat()
    assert store_of(tool("doctor", name, "--fix", "--for", "java11.0.10", "--json"))["fixed"] is None
    assert path.stat() == again


@pytest.mark.parametrize("name", STORES)
def test_each_finding_that_names_a_command_is_gone_after_it(tool: Tool, jdks: list[Jdk], name: str) -> None:
    path = make(name, jdks)
    original = path.read_bytes()
    asked = [word for java in ("java8u252", "java11.0.10", "java17", "openssl3") for word in ("--for", java)]
    commands: dict[str, set[str]] = {}
    for options in ([], asked):
        for item in store_of(tool("doctor", name, "--json", *options))["findings"]:
            for command in re.findall(r"doctor (--fix(?: --profile \w+)?)", item["fix"] or ""):
                commands.setdefault(command, set()).add(item["rule"])
        for command, promised in commands.items():
            path.write_bytes(original)
            done = tool("doctor", name, *command.split(), "--yes", "--json", *options)
            assert done.code in (0, 1), done.err
            assert not rules(done) & promised, command
            path.write_bytes(original)
    assert {rule for promised in commands.values() for rule in promised} >= MENDED.get(name, set())


MENDED = {
    "openssl.p12": {"not-trusted-entry", "mac-too-new", "pbes2-too-new", "pbes2-no-keylength"},
    "rc2.p12": {"needs-legacy-provider", "not-trusted-entry"},
    "keytool.p12": {"mac-too-new", "pbes2-too-new", "no-password-means-empty"},
    "truncated-prf.p12": {"prf-too-new"},
    "bare.p12": {"mac-nobody-reads"},
    "alike.p12": {"alias-collision"},
    "twice.p12": {"duplicate"},
    "twice.jks": {"duplicate"},
    "cases.jks": {"alias-collision"},
    "same.jks": {"alias-collision"},
    "twice.pem": {"duplicate"},
}


class TestTrust:
    """Nothing becomes trusted in silence."""

    @pytest.mark.parametrize(
        "name", [*sorted(ASKING), "keytool.p12", "bare.p12", "twice.p12", "twice.jks", "twice.pem"]
    )
    def test_somebody_must_be_there_where_trust_would_grow(self, tool: Tool, jdks: list[Jdk], name: str) -> None:
        path = make(name, jdks)
        before = path.read_bytes()
        done = tool("doctor", name, "--fix")
        assert (done.code == 2) is (name in ASKING)
        assert ("--expect" in done.err) is (name in ASKING)
        assert (path.read_bytes() == before) is (name in ASKING | UNTOUCHED)

    def test_a_fingerprint_is_enough_and_must_be_right(self, tool: Tool, jdks: list[Jdk]) -> None:
        path = make("alike.p12", jdks)
        before = path.read_bytes()
        done = tool("doctor", path, "--fix", "--expect", TWO.sha256)
        assert done.code == 1
        assert "not expected" in done.err
        assert path.read_bytes() == before
        assert tool("doctor", path, "--fix", "--expect", ONE.sha256).code == 0
        assert trusted(path) == {ONE.sha256.hex, TWO.sha256.hex, THREE.sha256.hex}

    @pytest.mark.usefixtures("tool")
    def test_a_person_is_asked(self, jdks: list[Jdk], tmp_path: Path) -> None:
        path = make("openssl.p12", jdks)
        (tmp_path / "password").write_text("changeit\n")
        words: list[str | Path] = ["doctor", path, "--fix", "--password-file", tmp_path / "password"]
        before = path.read_bytes()
        refused = at_terminal(words, [("Trust these 2 certificates in openssl.p12? [y/N]:", "")], tmp_path)
        assert refused.code == 1
        assert path.read_bytes() == before
        assert at_terminal(words, [("[y/N]:", "y")], tmp_path).code == 0
        assert trusted(path) == {ONE.sha256.hex, THREE.sha256.hex}

    def test_a_store_is_mended_once(self, tool: Tool, jdks: list[Jdk], monkeypatch: pytest.MonkeyPatch) -> None:
        paths = [make(name, jdks) for name in ("twice.jks", "twice.p12")]
        made: list[bytes] = []
        mend = mending.mend

        def counting(content: bytes, *given: Any) -> Mending:
            made.append(content)
            return mend(content, *given)

        monkeypatch.setattr(mending, "mend", counting)
        before = [path.read_bytes() for path in paths]
        assert tool("doctor", *paths, "--fix").code == 0  # all of them are made before the first is written
        assert made == before
        assert [path.read_bytes() for path in paths] != before

    def test_what_a_key_has_in_its_chain_is_not_trusted(self, tool: Tool, jdks: list[Jdk]) -> None:
        path = make("keyed.p12", jdks)
        done = tool("doctor", path, "--fix", "--yes", "--json")
        assert [item["certificate"]["sha256"] for item in store_of(done)["fixed"]["trusted"]] == [str(ONE.sha256)]
        assert "not-trusted-entry" not in rules(done)


class TestKept:
    """What is not mended stays."""

    def test_the_keys_of_a_pkcs12_open_as_before(self, tool: Tool, jdks: list[Jdk]) -> None:
        path = make("keyed.p12", jdks)
        for options in ([], ["--profile", "compat"], ["--profile", "modern", "--for", "java17"]):
            copy = shutil.copy(path, "copy.p12")
            assert tool("doctor", copy, "--fix", "--yes", *options).code == 0
            request = Request("PKCS12", Path(copy).absolute(), "changeit", ("changeit",))
            old = Request("PKCS12", path.absolute(), "changeit", ("changeit",))
            for jdk in jdks:
                (was, now) = ([e for e in view.entries if e.key] for view in jdk.read(old, request))
                assert [(e.key, e.certificates) for e in now] == [(e.key, e.certificates) for e in was]
                assert len(now) == 1

    def test_a_key_of_a_jks_keeps_its_own_password(self, tool: Tool, jdks: list[Jdk]) -> None:
        words = ["-genkeypair", "-alias", "own", "-keyalg", "EC", "-dname", "CN=own", "-keypass", "another-one"]
        common = ["-keystore", "keyed.jks", "-storetype", "JKS", "-storepass", "changeit", "-noprompt"]
        run(jdks[0].keytool, *words, *common)
        for alias in ("one", "again"):
            run(jdks[0].keytool, "-importcert", "-alias", alias, "-file", G1, *common)
        request = Request("JKS", Path("keyed.jks").absolute(), "changeit", ("another-one",))
        keys = [[entry.key for entry in jdk.read(request)[0].entries if entry.key] for jdk in jdks]
        assert tool("doctor", "keyed.jks", "--fix").code == 0
        assert [[entry.key for entry in jdk.read(request)[0].entries if entry.key] for jdk in jdks] == keys
        assert len(keys[0]) == 1
        assert [len(jdk.read(request)[0].entries) for jdk in jdks] == [2] * len(jdks)

    def test_what_is_not_understood_stays_byte_for_byte(self, tool: Tool) -> None:
        unknown = p12.bag(p12.CRL, asn1.octet_string(b"unknown"), "x", None, p12.ODD, p12.TRUSTED)
        other = p12.bag(p12.CRL, asn1.octet_string(b"another"), "x")
        doubled = [p12.cert_bag(ONE, name, None, p12.TRUSTED, p12.ODD) for name in ("one", "two")]
        Path("odd.p12").write_bytes(p12.pfx(p12.plain_safe(unknown, other, *doubled), mac=p12.pkcs12_mac))
        assert tool("doctor", "odd.p12", "--fix").code == 1  # an entry that is not known stays a finding
        content = Path("odd.p12").read_bytes()
        assert unknown in content
        assert other in content
        assert doubled[0] in content
        assert doubled[1] not in content

    def test_a_part_that_no_password_opens_is_carried_but_not_protected_anew(self, tool: Tool) -> None:
        sealed = p12.encrypted_safe(p12.FAST, p12.cert_bag(THREE), password="another-one")
        doubled = [p12.cert_bag(ONE, name, None, p12.TRUSTED) for name in ("one", "two")]
        made = p12.pfx(p12.plain_safe(*doubled), sealed, mac=p12.pkcs12_mac)
        Path("sealed.p12").write_bytes(made)
        done = tool("doctor", "sealed.p12", "--fix", "--profile", "compat")
        assert done.code == 3
        assert "a part of the store was not opened" in done.err
        assert Path("sealed.p12").read_bytes() == made
        assert tool("doctor", "sealed.p12", "--fix").code == 1
        assert sealed in Path("sealed.p12").read_bytes()
        assert doubled[1] not in Path("sealed.p12").read_bytes()

    @pytest.mark.parametrize("name", ["twice.jks", "twice.p12"])
    def test_bytes_behind_the_end_are_not_lost(self, tool: Tool, jdks: list[Jdk], name: str) -> None:
        path = make(name, jdks)
        path.write_bytes(path.read_bytes() + b"and more")
        before = path.read_bytes()
        done = tool("doctor", name, "--fix")
        assert done.code == 3
        assert "nothing was written" in done.err
        assert path.read_bytes() == before

    def test_dates_of_entries_stay(self, tool: Tool, jdks: list[Jdk]) -> None:
        for name in ("twice.jks", "same.jks", "cases.jks", "utf8.jks"):
            path = make(name, jdks)
            assert tool("doctor", name, "--fix", "--yes").code == 0
            views = [jdk.read(Request("JKS", path.absolute(), "changeit"))[0] for jdk in jdks]
            assert {entry.created for view in views for entry in view.entries} == {jks.MOMENT}

    def test_the_text_of_a_pem_file_stays(self, tool: Tool, jdks: list[Jdk]) -> None:
        path = make("twice.pem", jdks)
        before = path.read_text()
        assert tool("doctor", path, "--fix").code == 0
        block = re.findall(r"-----BEGIN.*?-----END CERTIFICATE-----", before, re.DOTALL)[2]
        assert path.read_text() == "".join(before.rpartition(block)[::2])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(path)
        assert len(context.get_ca_certs()) == 2

    def test_a_directory_is_left_alone(self, tool: Tool) -> None:
        assert tool("import", "ca/", G1, "--yes").code == 0
        before = {path.name: path.read_bytes() for path in Path("ca").iterdir()}
        (name,) = before
        Path("ca", f"{name[:8]}.1").write_bytes(before[name])
        done = tool("doctor", "ca", "--fix")
        assert "nothing to mend" in done.out
        assert len(list(Path("ca").iterdir())) == 2


def test_no_openssl_of_any_kind_opens_less_than_before(tool: Tool, jdks: list[Jdk]) -> None:
    debian = there()
    with fips.running(debian) as in_fips_mode:
        programs = [["openssl"], debian.command("openssl"), in_fips_mode]
        for name in (name for name in STORES if name.endswith(".p12")):
            path = make(name, jdks)
            seen = [openssl_pkcs12(path.read_bytes(), PASSWORD, program=each) for each in programs]
            tool("doctor", path, "--fix", "--yes")
            for program, before in zip(programs, seen, strict=True):
                after = openssl_pkcs12(path.read_bytes(), PASSWORD, program=program)
                assert before.failed or not after.failed, (name, program)
                assert before.out.count(b"BEGIN CERT") <= after.out.count(b"BEGIN CERT") or name == "twice.p12"


class TestRefusals:
    """What would cost a reader an anchor is not done."""

    def test_without_a_password_java_would_find_nothing_any_more(self, tool: Tool, readers: dict[str, Jvm]) -> None:
        assert tool("import", "open.p12", G1, "--yes", "--profile", "passwordless").code == 0
        path = Path("open.p12")
        before = path.read_bytes()
        done = tool("doctor", path, "--fix", "--profile", "modern", "--for", "java17")
        assert done.code == 3
        assert "nothing was written" in done.err
        assert "passwd --profile" in done.err
        assert path.read_bytes() == before
        assert accepted(path, readers, open_it=False)["java17.0.15"] == {ONE.sha256.hex}
        assert tool("passwd", path, "--profile", "modern").code == 0
        assert accepted(path, readers, open_it=False)["java17.0.15"] == set()  # that it is so is what was said

    def test_an_older_java_that_nobody_asked_for(self, tool: Tool, readers: dict[str, Jvm]) -> None:
        assert tool("import", "old.p12", G1, "--yes", "--profile", "compat").code == 0
        path = Path("old.p12")
        before = path.read_bytes()
        done = tool("doctor", path, "--fix", "--profile", "modern", "--for", "java21")
        assert done.code == 3
        assert "java8u252 could not open the store any more" in done.err
        assert path.read_bytes() == before
        assert readers["java11.0.10"].ask(before, "changeit").loads
        assert tool("passwd", path, "--profile", "modern", "--for", "java21").code == 0
        assert not readers["java11.0.10"].ask(path.read_bytes(), "changeit").loads

    @pytest.mark.parametrize("more", [(), ("--for", "java17"), ("--for", "openssl3-fips", "--profile", "modern")])
    def test_a_reader_in_fips_mode_which_opens_no_mac_of_rfc_7292(
        self, tool: Tool, jdks: list[Jdk], more: tuple[str, ...]
    ) -> None:
        debian = there()
        path = Path("pbmac1.p12")
        words = ("pkcs12", "-export", "-nokeys", "-jdktrust", "anyExtendedKeyUsage", "-passout", "pass:changeit")
        path.write_bytes(debian.run("openssl", *words, "-pbmac1_pbkdf2", "-macalg", "sha256", stdin=G1.read_bytes()))
        before = path.read_bytes()
        with fips.running(debian) as openssl:
            assert not openssl_pkcs12(before, PASSWORD, program=openssl).failed
            done = tool("doctor", path, "--fix", *more)
            assert done.code == 3
            assert "openssl3-fips could not open the store any more" in done.err
            assert path.read_bytes() == before
            assert tool("passwd", path, "--profile", "modern").code == 0
            assert openssl_pkcs12(path.read_bytes(), PASSWORD, program=openssl).failed
        assert [len(jdk.read(Request("PKCS12", path.absolute(), PASSWORD))[0].entries) for jdk in jdks] == [1, 1]

    def test_what_such_a_reader_does_not_open_either_is_mended_and_shown(self, tool: Tool, jdks: list[Jdk]) -> None:
        path = make("pbmac1.p12", jdks)  # its bags are sealed in a way of RFC 7292
        with fips.running(there()) as openssl:
            assert openssl_pkcs12(path.read_bytes(), PASSWORD, program=openssl).failed
        done = tool("doctor", path, "--fix", "--for", "java17", "--json")
        shown = {each["name"]: each for each in store_of(done)["fixed"]["readers"]}
        assert (shown["java17.0.15"]["loads_before"], shown["java17.0.15"]["loads_after"]) == (False, True)
        assert (shown["openssl3"]["loads_before"], shown["openssl3"]["loads_after"]) == (None, True)
        assert "openssl3-fips" not in shown  # to which nothing is another

    def test_all_or_none_of_several(self, tool: Tool, jdks: list[Jdk]) -> None:
        first, second = make("twice.jks", jdks), make("twice.p12", jdks)
        second.write_bytes(second.read_bytes() + b"and more")
        before = first.read_bytes()
        assert tool("doctor", first, second, "--fix").code == 3
        assert first.read_bytes() == before
        make("twice.p12", jdks)
        done = tool("doctor", first, second, "no-such.jks", "--fix", "--json")
        assert done.code == 3
        assert [each["fixed"] is not None for each in done.json["stores"]] == [True, True, False]
        assert trusted(first) == trusted(second)

    @pytest.mark.parametrize("name", ["twice.jks", "twice.p12", "bare.p12"])
    def test_a_wrong_password_and_none(
        self, tool: Tool, jdks: list[Jdk], monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        path = make(name, jdks)
        before = path.read_bytes()
        monkeypatch.setenv("TRUSTSTORE_PASSWORD", "wrong-one")
        assert tool("doctor", path, "--fix", "--yes").code == 4
        monkeypatch.delenv("TRUSTSTORE_PASSWORD")
        assert tool("doctor", path, "--fix", "--yes").code == 4
        assert tool("doctor", path, "--fix", "--yes", "--dry-run").code == 4
        assert path.read_bytes() == before

    @pytest.mark.parametrize(
        "words",
        [
            ["twice.jks", "--yes"],
            ["twice.jks", "--dry-run"],
            ["twice.jks", "--fix", "--profile", "compat"],
            ["twice.p12", "--fix", "--profile", "fancy"],
            ["twice.p12", "--fix", "--for", "java17", "--for", "fortran"],
            ["-", "--fix"],
        ],
    )
    def test_what_cannot_be_asked(self, tool: Tool, jdks: list[Jdk], words: list[str]) -> None:
        for name in ("twice.jks", "twice.p12"):
            make(name, jdks)
        before = [Path(name).read_bytes() for name in ("twice.jks", "twice.p12")]
        assert tool("doctor", *words).code == 2
        assert [Path(name).read_bytes() for name in ("twice.jks", "twice.p12")] == before


@pytest.mark.parametrize(
    "name", ["keyed.p12", "keytool.p12", "bare.p12", "alike.p12", "cases.jks", "sm2.jks", "twice.pem"]
)
def test_a_dry_run_says_it_and_changes_nothing(tool: Tool, jdks: list[Jdk], name: str) -> None:
    path = make(name, jdks)
    before, status = path.read_bytes(), path.stat()
    dry = tool("doctor", path, "--fix", "--dry-run", "--json")
    assert (path.read_bytes(), path.stat()) == (before, status)
    assert dry.json["dry_run"] is True
    done = tool("doctor", path, "--fix", "--yes", "--json")
    assert done.json["dry_run"] is False
    assert dry.code == done.code
    assert store_of(dry) == store_of(done)
    # And once more there is nothing left to do, so that the file is not touched.
    status = path.stat()
    again = tool("doctor", path, "--fix", "--json")
    assert store_of(again)["fixed"] is None
    assert path.stat() == status
    assert "nothing to mend" in tool("doctor", path, "--fix").out


def test_the_file_keeps_its_mode_and_a_copy_where_asked(tool: Tool, jdks: list[Jdk]) -> None:
    path = make("twice.jks", jdks)
    before = path.read_bytes()
    path.chmod(0o640)
    assert tool("doctor", path, "--fix", "--backup").code == 0
    assert path.stat().st_mode & 0o777 == 0o640
    assert Path("twice.jks.bak").read_bytes() == before


def test_the_report_says_what_was_done(tool: Tool, jdks: list[Jdk]) -> None:
    make("cases.jks", jdks)
    said = tool("doctor", "cases.jks", "--fix", "--yes").out
    assert f"trusted now: 'one-{TWO.sha256.hex[:8]}': SHA-256 {TWO.sha256}" in said
    assert "renamed: 'THREE' to 'three'" in said
    make("twice.p12", jdks)
    said = tool("doctor", "twice.p12", "--fix").out
    assert f"removed, as it was there twice: 'again': SHA-256 {ONE.sha256}" in said
    assert re.search(r"java17\.0\.15 +3 anchors -> +2 anchors", said)


@pytest.mark.usefixtures("tool")
def test_what_is_locked_is_looked_at_again(jdks: list[Jdk]) -> None:
    path = make("twice.jks", jdks)
    looks: list[bytes] = []

    def remake(content: Any) -> tuple[bytes | None, int]:
        looks.append(content)
        if len(looks) == 1:
            path.write_bytes(b"of somebody else")
        return content + b"!", len(looks)

    assert stores.rewrite_store(path, remake) == 2
    assert path.read_bytes() == b"of somebody else!"


@pytest.mark.usefixtures("tool")
def test_openssl_made_what_the_tests_say(jdks: list[Jdk]) -> None:
    path = make("keyed.p12", jdks)
    assert by_openssl(path) == {c.sha256.hex for c in (ONE, *certificates(own("new-chain.pem")))}

"""--profile: ways of protecting a PKCS#12, judged by who opens the result."""

import subprocess
from pathlib import Path

import pytest

from tests.cli.harness import Tool
from tests.realtools import Jdk, Request, find, run
from tests.samples import amazon, certificates, own
from truststore_tool.nouns import replace
from truststore_tool.stores import open_store, save_store

G1 = amazon("rds-ca-rsa2048-g1-us-east-1.pem")
PROFILES = ["compat", "modern", "passwordless", "LegacyRC2", "LegacyDES", "Modern2023"]


PASSWORD = "changeit"


def seen_by_java(jdks: list[Jdk], path: str, password: str | None = PASSWORD) -> set[tuple[str | None, int]]:
    request = Request("PKCS12", Path(path).absolute(), password)
    views = [jdk.read(request)[0] for jdk in jdks]
    return {(view.error, len(view.trusted)) for view in views}


def by_openssl(path: str, *options: str) -> bool:
    words = ("pkcs12", "-in", path, "-passin", "pass:changeit", "-nokeys", *options)
    done = subprocess.run([find("openssl"), *words], capture_output=True)
    return done.returncode == 0 and b"BEGIN CERTIFICATE" in done.stdout


@pytest.mark.parametrize("profile", PROFILES)
def test_a_new_store_opens_where_the_profile_says(tool: Tool, jdks: list[Jdk], profile: str) -> None:
    made = tool("import", "new.p12", G1, "--yes", "--profile", profile)
    assert made.code == 0
    assert seen_by_java(jdks, "new.p12") == {(None, 1)}
    assert seen_by_java(jdks, "new.p12", None) == {(None, 1 if profile == "passwordless" else 0)}
    assert by_openssl("new.p12") is (profile != "LegacyRC2")
    assert by_openssl("new.p12", "-legacy")
    old = profile not in ("modern", "Modern2023")
    assert (tool("doctor", "new.p12", "--for", "java8u252").code == 0) is old
    assert ("8u301" in made.err) is not old


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("before", ["compat", "modern", "passwordless"])
def test_a_store_changes_its_protection(tool: Tool, jdks: list[Jdk], before: str, profile: str) -> None:
    assert tool("import", "old.p12", G1, "--yes", "--profile", before).code == 0
    assert tool("passwd", "old.p12", "--profile", profile).code == 0
    assert seen_by_java(jdks, "old.p12") == {(None, 1)}
    assert seen_by_java(jdks, "old.p12", None) == {(None, 1 if profile == "passwordless" else 0)}
    assert tool("convert", "old.p12", "-o", "copy.p12", "--profile", before).code == 0
    assert seen_by_java(jdks, "copy.p12", None) == {(None, 1 if before == "passwordless" else 0)}


def test_a_password_and_a_profile_at_once(tool: Tool, jdks: list[Jdk], monkeypatch: pytest.MonkeyPatch) -> None:
    assert tool("import", "old.p12", G1, "--yes").code == 0
    monkeypatch.setenv("NEW", "another-one")
    assert tool("passwd", "old.p12", "--profile", "compat", "--new-password-env", "NEW").code == 0
    assert seen_by_java(jdks, "old.p12", "another-one") == {(None, 1)}
    assert {error is None for error, _ in seen_by_java(jdks, "old.p12")} == {False}


@pytest.mark.parametrize("profile", ["compat", "modern"])
def test_keys_go_along(tool: Tool, jdks: list[Jdk], profile: str) -> None:
    words = ("pkcs12", "-export", "-in", own("old-server.pem"), "-inkey", own("old-server.key"), "-name", "server")
    run(find("openssl"), *words, "-passout", "pass:changeit", "-out", "keyed.p12")
    assert tool("passwd", "keyed.p12", "--profile", profile).code == 0
    keys = {
        entry.key
        for jdk in jdks
        for entry in jdk.read(Request("PKCS12", Path("keyed.p12").absolute(), "changeit", ("changeit",)))[0].entries
    }
    assert len(keys) == 1
    assert None not in keys
    assert by_openssl("keyed.p12")
    done = tool("passwd", "keyed.p12", "--profile", "passwordless")
    assert done.code == 3
    assert "keys" in done.err


def test_what_is_protected_so_already_stays_as_it_is(tool: Tool) -> None:
    words = ("pkcs12", "-export", "-in", own("old-server.pem"), "-inkey", own("old-server.key"), "-name", "server")
    run(find("openssl"), *words, "-passout", "pass:changeit", "-out", "keyed.p12")
    made = Path("keyed.p12").read_bytes()
    for profile in ("compat", "modern", "compat"):
        assert tool("passwd", "keyed.p12", "--profile", profile).code == 0
        changed = Path("keyed.p12").read_bytes()
        assert changed != made
        assert tool("passwd", "keyed.p12", "--profile", profile).code == 0
        assert Path("keyed.p12").read_bytes() == changed
        made = changed


def test_a_key_with_another_password_stays_as_it_is(tool: Tool, jdks: list[Jdk]) -> None:
    # keytool gives keys of a PKCS#12 no password of their own, but Java's own API does.
    words = ("pkcs12", "-export", "-in", own("old-server.pem"), "-inkey", own("old-server.key"), "-name", "server")
    run(find("openssl"), *words, "-passout", "pass:another-one", "-out", "other.p12")
    store = open_store("other.p12", "another-one")
    save_store(replace(store, facts=None), "keyed.p12", "changeit")
    key = Request("PKCS12", Path("keyed.p12").absolute(), "changeit", ("another-one",))
    before = {view.entries[0].key for jdk in jdks for view in jdk.read(key)}
    assert len(before) == 1
    assert None not in before
    assert tool("passwd", "keyed.p12", "--profile", "compat").code == 0
    assert {view.entries[0].key for jdk in jdks for view in jdk.read(key)} == before
    assert by_openssl("keyed.p12")


def test_without_a_password_a_passwordless_store_is_made(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRUSTSTORE_PASSWORD")
    assert tool("import", "new.p12", G1, "--yes", "--profile", "passwordless").code == 0
    assert tool("convert", G1, "-o", "other.p12", "--profile", "passwordless").code == 0
    for name in ("new.p12", "other.p12"):
        assert [entry.certificates for entry in open_store(name).entries] == [tuple(certificates(G1))]


@pytest.mark.parametrize(("name", "profile"), [("new.jks", "compat"), ("new.p12", "fancy"), ("new.pem", "modern")])
def test_what_has_no_such_profile(tool: Tool, name: str, profile: str) -> None:
    assert tool("import", name, G1, "--yes", "--profile", profile).code == 2
    assert tool("convert", G1, "-o", name, "--profile", profile).code == 2
    assert not Path(name).exists()

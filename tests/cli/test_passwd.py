"""passwd: of stores, of single keys, and none; judged by JVMs."""

from pathlib import Path

import pytest

from tests.cli.harness import Tool
from tests.realtools import JavaView, Jdk, Request, run
from tests.samples import own

STORE, NEW, KEY = "changeit", "new-store", "key-secret"


@pytest.fixture(autouse=True)
def _passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEW", NEW)
    monkeypatch.setenv("KEY", KEY)


def seen(jdks: list[Jdk], name: str, kind: str, password: str | None, key: str) -> list[JavaView]:
    return [jdk.read(Request(kind, Path(name).absolute(), password, (key,)))[0] for jdk in jdks]


@pytest.mark.parametrize("kind", ["JKS", "JCEKS"])
def test_keys_keep_their_passwords_are_named_and_changed_one_by_one(tool: Tool, jdks: list[Jdk], kind: str) -> None:
    make: list[str | Path] = [
        jdks[0].keytool,
        "-keystore",
        "store",
        "-storetype",
        kind,
        "-storepass",
        STORE,
        "-keypass",
        STORE,
    ]
    for alias in ("one", "two"):
        run(*make, "-genkeypair", "-alias", alias, "-keyalg", "EC", "-dname", "CN=x")
    before = seen(jdks, "store", kind, STORE, STORE)
    done = tool("passwd", "store", "--new-password-env", "NEW", "--json")
    assert done.code == 0
    named = [f["place"]["entry"] for f in done.json["findings"] if f["rule"] == "other-password"]
    assert sorted(named) == ["one", "two"]
    assert seen(jdks, "store", kind, NEW, STORE) == before
    wrong = tool("passwd", "store", "--password-env", "NEW", "--key-alias", "one", "--new-password-env", "KEY")
    assert (wrong.code, "--key-password-env" in wrong.err) == (4, True)
    words = ("--key-alias", "one", "--key-password-env", "TRUSTSTORE_PASSWORD", "--new-password-env", "KEY")
    done = tool("passwd", "store", "--password-env", "NEW", *words)
    assert (done.code, done.out) == (0, "store: the key 'one' has a new password\n")
    for view, old in zip(seen(jdks, "store", kind, NEW, KEY), before, strict=True):
        keys = {entry.alias: entry.key for entry in view.entries}
        assert keys == {"one": next(e.key for e in old.entries if e.alias == "one"), "two": None}


def test_what_has_no_passwords_of_its_own(tool: Tool) -> None:
    assert tool("import", "a.jks", own("old-root.pem"), "--yes", "--alias", "root").code == 0
    assert tool("import", "a.p12", own("old-root.pem"), "--yes").code == 0
    before = [Path(name).read_bytes() for name in ("a.jks", "a.p12")]
    assert tool("passwd", "a.jks", "--key-alias", "root", "--new-password-env", "NEW").code == 2
    assert tool("passwd", "a.jks", "--key-alias", "nobody", "--new-password-env", "NEW").code == 1
    assert tool("passwd", "a.p12", "--key-alias", "rds-root", "--new-password-env", "NEW").code == 2
    assert tool("passwd", "a.jks", "--no-password").code == 2
    assert tool("passwd", "a.p12", "--no-password", "--new-password-env", "NEW").code == 2
    assert tool("passwd", "a.jks", "--key-password-env", "KEY", "--new-password-env", "NEW").code == 2
    assert [Path(name).read_bytes() for name in ("a.jks", "a.p12")] == before


def test_a_password_is_taken_away_and_given_again(tool: Tool, jdks: list[Jdk]) -> None:
    assert tool("import", "a.p12", own("old-root.pem"), "--yes").code == 0
    assert [view.trusted for view in seen(jdks, "a.p12", "PKCS12", None, "")] == [(), ()]
    done = tool("passwd", "a.p12", "--no-password")
    assert (done.code, "every Java opens it" in done.err) == (0, True)
    assert [len(view.trusted) for view in seen(jdks, "a.p12", "PKCS12", None, "")] == [1, 1]
    assert tool("passwd", "a.p12", "--new-password-env", "NEW").code == 0
    assert [len(view.trusted) for view in seen(jdks, "a.p12", "PKCS12", NEW, "")] == [1, 1]
    assert all(view.error for view in seen(jdks, "a.p12", "PKCS12", STORE, ""))

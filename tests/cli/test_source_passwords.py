"""Sources with passwords of their own, and the chains of keys in them."""

from pathlib import Path

import pytest

from tests.cli.harness import Tool
from tests.realtools import find, run
from tests.samples import certificates, own


@pytest.fixture(autouse=True)
def _sources(monkeypatch: pytest.MonkeyPatch, tool: Tool) -> None:
    """Two stores of certificates and one of a key with its chain, each under another password."""
    for number, name in enumerate(("old-root", "new-root"), 1):
        monkeypatch.setenv(f"P{number}", f"password-{number}")
        assert tool("import", f"{number}.p12", own(f"{name}.pem"), "--yes", "--password-env", f"P{number}").code == 0
    words = ("pkcs12", "-export", "-in", own("new-chain.pem"), "-inkey", own("new-server.key"), "-name", "server")
    run(find("openssl"), *words, "-passout", "pass:password-1", "-out", "key.p12")


def held(tool: Tool, store: str) -> set[str]:
    entries = tool("list", store, "--json").json["entries"]
    return {c["sha256"].replace(":", "").lower() for entry in entries for c in entry["certificates"]}


def digests(*names: str) -> set[str]:
    return {c.sha256.hex.lower() for name in names for c in certificates(own(name))}


def test_each_source_is_opened_by_a_password_of_its_own(tool: Tool) -> None:
    words = ("import", "all.jks", "1.p12", "2.p12", "--yes")
    assert tool(*words, "--source-password-env", "P1").code == 4
    assert not Path("all.jks").exists()
    assert tool(*words, "--source-password-for", "1.p12=P1", "--source-password-for", "2.p12=P2").code == 0
    assert held(tool, "all.jks") == digests("old-root.pem", "new-root.pem")
    assert tool("import", "b.jks", "1.p12", "all.jks", "--yes", "--source-password-env", "P1").code == 0
    assert held(tool, "b.jks") == digests("old-root.pem", "new-root.pem")
    assert (
        tool(
            "bundle", "1.p12", "2.p12", "-o", "c.pem", "--password-env", "P1", "--source-password-for", "2.p12=P2"
        ).code
        == 0
    )
    assert held(tool, "c.pem") == digests("old-root.pem", "new-root.pem")
    assert tool(*words, "--source-password-for", "other.p12=P1").code == 2
    assert tool(*words, "--source-password-for", "1.p12").code == 2
    assert tool(*words, "--source-password-for", "1.p12=P2", "--source-password-for", "2.p12=P2").code == 4


def test_the_chain_of_a_key_is_taken_when_told(tool: Tool) -> None:
    words = ("import", "all.jks", "key.p12", "--yes", "--source-password-env", "P1")
    done = tool(*words)
    assert (done.code, "--include-chains" in done.err, "export --alias" in done.err) == (3, True, True)
    assert tool(*words, "--include-chains").code == 0
    assert held(tool, "all.jks") == digests("new-chain.pem")
    assert {entry["kind"] for entry in tool("list", "all.jks", "--json").json["entries"]} == {"trusted"}

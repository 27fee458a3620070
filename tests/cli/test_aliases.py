"""An alias names one entry, also where the store holds others that Java takes for the same."""

import hashlib
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.harness import Tool
from tests.realtools import find, run
from tests.samples import amazon, own
from truststore_tool.stores import open_store

NAMES = {
    "root": amazon("rds-ca-2019-root.pem"),
    "Root": amazon("rds-ca-rsa2048-g1-us-east-1.pem"),
    "ROOT": amazon("rds-ca-ecc384-g1-us-east-1.pem"),
}


@pytest.fixture
def three(tmp_path: Path) -> Callable[..., Path]:
    """Makes a JKS, as other writers make them, that holds each certificate under the alias given for it."""

    def make(*aliases: str) -> Path:
        # The format that JavaKeyStore.engineLoad reads; Java itself writes lower case only.
        body = struct.pack(">III", 0xFEEDFEED, 2, len(aliases))
        for alias in aliases:
            der = open_store(NAMES[alias]).entries[0].certificates[0].der
            body += struct.pack(">IH", 2, len(alias)) + alias.encode() + struct.pack(">qH", 0, 5) + b"X.509"
            body += struct.pack(">I", len(der)) + der
        digest = hashlib.sha1(
            "changeit".encode("utf-16-be") + b"Mighty Aphrodite" + body, usedforsecurity=False
        ).digest()
        (tmp_path / "ks").write_bytes(body + digest)
        return tmp_path / "ks"

    return make


def aliases(path: Path) -> list[str]:
    return [entry.alias for entry in open_store(path, "changeit").entries]


@pytest.mark.parametrize("alias", NAMES)
def test_the_exact_alias_wins(tool: Tool, three: Callable[..., Path], alias: str) -> None:
    store = three(*NAMES)
    openssl = find("openssl")
    digest = (
        run(openssl, "x509", "-in", NAMES[alias], "-noout", "-fingerprint", "-sha256").decode().split("=")[1].strip()
    )
    assert tool("export", store, "--alias", alias, "-o", "one.pem").code == 0
    assert digest in run(openssl, "x509", "-in", "one.pem", "-noout", "-fingerprint", "-sha256").decode()
    listed = tool("list", store, "--alias", alias, "--json").json["entries"]
    assert [entry["alias"] for entry in listed] == [alias]
    assert tool("rename", store, alias, "other").code == 0
    assert aliases(store) == [name if name != alias else "other" for name in NAMES]
    assert tool("rename", store, "other", alias).code == 1  # the two that are left have it, as Java compares
    assert tool("remove", store, "--alias", "other").code == 0
    assert aliases(store) == [name for name in NAMES if name != alias]


def test_keytool_finds_what_a_removal_leaves(tool: Tool, three: Callable[..., Path]) -> None:
    store = three("root", "Root")
    assert tool("remove", store, "--alias", "Root").code == 0  # which Java lists and cannot reach
    listed = run(find("keytool"), "-list", "-keystore", store, "-storepass", "changeit").decode().upper()
    digest = open_store(NAMES["root"]).entries[0].certificates[0].sha256
    assert "1 ENTRY" in listed
    assert str(digest) in listed


@pytest.mark.parametrize(
    "command",
    [["list", "--alias", "rOOt"], ["export", "-o", "x.pem", "--alias", "rOOt"], ["remove", "--alias", "rOOt"]],
)
def test_an_alias_that_may_mean_several_names_none(tool: Tool, three: Callable[..., Path], command: list[str]) -> None:
    store = three(*NAMES)
    before = store.read_bytes()
    done = tool(command[0], store, *command[1:])
    assert done.code == 1
    assert all(repr(name) in done.err for name in NAMES)
    assert "hint: list the store to see its entries" in done.err
    assert store.read_bytes() == before
    assert not Path("x.pem").exists()
    assert tool("rename", store, "rOOt", "x").code == 1
    assert store.read_bytes() == before


def test_a_folded_alias_counts_where_it_is_the_only_one(tool: Tool, three: Callable[..., Path]) -> None:
    store = three("Root")
    assert tool("list", store, "--alias", "rOOT").code == 0
    assert tool("export", store, "--alias", "rOOT", "-o", "x.pem").code == 0
    assert tool("rename", store, "rooT", "Other").code == 0
    assert aliases(store) == ["other"]
    assert tool("remove", store, "--alias", "OTHER").code == 0
    assert aliases(store) == []


def test_each_of_several_aliases_names_its_own(tool: Tool, three: Callable[..., Path]) -> None:
    store = three(*NAMES)
    assert tool("remove", store, "--alias", "root", "--alias", "ROOT").code == 0
    assert aliases(store) == ["Root"]


@pytest.mark.parametrize("alias", [*NAMES, "rOOt"])
def test_nothing_is_replaced_while_several_have_the_alias(tool: Tool, three: Callable[..., Path], alias: str) -> None:
    store = three(*NAMES)
    before = store.read_bytes()
    done = tool("import", store, own("new-root.pem"), "--alias", alias, "--replace", "--yes")
    assert done.code == 1
    assert "the same to Java" in done.err
    assert store.read_bytes() == before
    assert tool("import", three("Root"), own("new-root.pem"), "--alias", "ROOT", "--replace", "--yes").code == 0
    listed = run(find("keytool"), "-list", "-rfc", "-keystore", store, "-storepass", "changeit").decode()
    assert "1 ENTRY" in listed.upper()
    body = own("new-root.pem").read_text().split("-----BEGIN CERTIFICATE-----")[1].split("-----END")[0]
    assert "".join(body.split()) in "".join(listed.split())


def test_a_pem_file_has_no_aliases_to_rename(tool: Tool) -> None:
    Path("a.pem").write_bytes(NAMES["root"].read_bytes())
    alias = tool("list", "a.pem", "--json").json["entries"][0]["alias"]
    done = tool("rename", "a.pem", alias, "new")
    assert done.code == 1
    assert "no aliases" in done.err

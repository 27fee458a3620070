"""Databases of NSS as its own certutil writes them, and the folders of p11-kit's trust module."""

from pathlib import Path

import pytest

from tests import realtools
from tests.cli.conftest import tool as tool
from tests.cli.harness import Tool
from tests.inventory.test_recall import scanned
from tests.inventory.trees import pem
from tests.samples import own

NEW = own("new-root.pem")


@pytest.mark.parametrize(
    ("flags", "kind"),
    [
        ("CT,C,C", "anchor"),
        ("C,,", "anchor"),
        (",,", "loose"),
        ("P,,", "loose"),
        ("p,,", "distrusted"),
        (",C,C", "loose"),
    ],
)
def test_the_certificates_of_nss_are_what_certutil_made_of_them(
    tmp_path: Path, tool: Tool, flags: str, kind: str
) -> None:
    """Flags of certutil(1): C issues for servers, T for clients, P is a server by itself, p none to be trusted."""
    certutil = realtools.find("certutil")
    realtools.run(certutil, "-N", "-d", f"sql:{tmp_path}", "--empty-password")
    realtools.run(certutil, "-A", "-d", f"sql:{tmp_path}", "-n", "some root", "-t", flags, "-i", NEW)
    listed = realtools.run(certutil, "-L", "-d", f"sql:{tmp_path}").decode()
    assert "some root" in listed
    (store,) = scanned(tmp_path).stores
    assert (store.format, str(store.places[0])) == ("nss", str(tmp_path / "cert9.db"))
    assert [(held.kind, held.alias) for held in store.certificates] == [(kind, "some root")]
    assert tool("scan", tmp_path, "--need", NEW).code == (0 if kind == "anchor" else 1)


def test_a_database_with_many_certificates(tmp_path: Path) -> None:
    certutil = realtools.find("certutil")
    realtools.run(certutil, "-N", "-d", f"sql:{tmp_path}", "--empty-password")
    names = ("new-root.pem", "old-root.pem", "expired-root.pem")
    for name in names:
        realtools.run(certutil, "-A", "-d", f"sql:{tmp_path}", "-n", name, "-t", "C,,", "-i", own(name))
    (store,) = scanned(tmp_path).stores
    assert {held.alias for held in store.anchors} == set(names)


@pytest.mark.parametrize("folder", ["etc/pki/ca-trust/source", "usr/share/pki/ca-trust-source", "etc/pki/trust"])
@pytest.mark.parametrize("below", ["blocklist", "blacklist"])
def test_what_lies_in_a_list_of_what_is_blocked_trusts_nothing(
    tmp_path: Path, tool: Tool, folder: str, below: str
) -> None:
    """p11-kit: certificates in those folders are distrusted, whatever they are (p11-kit manual, trust module)."""
    place = tmp_path / folder / below / "root.pem"
    place.parent.mkdir(parents=True)
    place.write_bytes(pem("new-root.pem"))
    done = tool("scan", tmp_path, "--need", NEW, "--json")
    (store,) = done.json["stores"]
    assert (done.code, store["anchors"], [held["kind"] for held in store["certificates"]]) == (1, 0, ["distrusted"])
    anchors = tmp_path / folder / "anchors"
    anchors.mkdir()
    (anchors / "root.pem").write_bytes(pem("new-root.pem"))
    found = scanned(tmp_path)
    assert sorted((len(store.anchors), len(store.places)) for store in found.stores) == [(0, 1), (1, 1)]

"""``postgres rotation``: the outlook, and that it comes true."""

from pathlib import Path

import pytest

from tests.cli.harness import Tool
from tests.postgres.clients import psql
from tests.postgres.server import Server
from tests.postgres.test_probe import NEW_ROOT, OLD_ROOT
from tests.samples import own

STORES = {
    "old": ("old-root",),
    "new": ("new-root",),
    "both": ("old-root", "new-root"),
    "neither": ("expired-root",),
}
PHASES = {  # before, during, after
    "old": ("only-current", True, False, False),
    "new": ("only-next", False, False, True),
    "both": ("both", True, True, True),
    "neither": ("neither", False, False, False),
}


def make(tool: Tool) -> list[str]:
    """Make each store as keystore and as bundle; returns the options that name them all."""
    options = []
    for name, roots in STORES.items():
        files = [str(own(f"{root}.pem")) for root in roots]
        assert tool("import", f"{name}.jks", *files, "--yes").code == 0
        assert tool("bundle", *files, "-o", f"{name}.pem").code == 0
        options += ["--store", f"{name}.jks", "--bundle", f"{name}.pem"]
    return options


@pytest.mark.parametrize("current", ["server", "old-chain.pem", "old-root.pem", "old-intermediate.pem"])
def test_every_store_before_during_and_after(tool: Tool, server: Server, current: str) -> None:
    options = make(tool)
    place = f"localhost:{server.port}" if current == "server" else own(current)
    done = tool("postgres", "rotation", "--current", place, "--next", own("new-root.pem"), *options, "--json")
    assert done.code == 1
    by_name = {s["name"]: (s["trusts"], s["before"], s["during"], s["after"]) for s in done.json["stores"]}
    for name, expected in PHASES.items():
        assert by_name[f"{name}.jks"] == expected, name
        assert by_name[f"{name}.pem"] == expected, name


def test_the_outlook_comes_true_for_psql(tool: Tool, server: Server, tmp_path: Path) -> None:
    options = make(tool)
    at = f"localhost:{server.port}"
    report = tool("postgres", "rotation", "--current", at, "--next", own("new-root.pem"), *options, "--json").json
    outlook = {s["name"]: s for s in report["stores"] if s["reader"] == "libpq"}
    dsn = f"host=localhost port={server.port} user=reader dbname=postgres sslmode=verify-full sslrootcert={tmp_path}"
    assert {n: psql(f"{dsn}/{n}", tmp_path).code == 0 for n in outlook} == {n: s["before"] for n, s in outlook.items()}
    server.use("new")
    assert {n: psql(f"{dsn}/{n}", tmp_path).code == 0 for n in outlook} == {n: s["after"] for n, s in outlook.items()}


def test_ready_when_every_store_trusts_both(tool: Tool, server: Server) -> None:
    make(tool)
    at = ("postgres", "rotation", "--current", f"localhost:{server.port}", "--next", own("new-root.pem"))
    assert tool(*at, "--store", "both.jks", "--bundle", "both.pem").code == 0
    done = tool(*at, "--store", "both.jks", "--store", "old.jks")
    assert done.code == 1
    assert "old.jks   java  before: connects  during: FAILS     after: FAILS" in done.out
    assert f"unknown-ca: it lacks CN=Sample Root G2,O=Truststore Tool Samples; look for SHA-256 {NEW_ROOT}" in (
        done.out
    )
    assert OLD_ROOT not in done.out


def test_each_of_several_next_authorities_must_be_trusted(tool: Tool) -> None:
    make(tool)
    assert tool("bundle", own("new-root.pem"), own("same-subject-root.pem"), "-o", "next.pem").code == 0
    at = (
        "postgres",
        "rotation",
        "--current",
        own("old-root.pem"),
        "--next",
        "next.pem",
        "--store",
        "both.jks",
        "--json",
    )
    done = tool(*at)
    assert done.code == 1
    (store,) = done.json["stores"]
    assert (store["trusts"], len(store["next"])) == ("only-current", 1)


def test_what_is_asked_wrongly(tool: Tool, server: Server) -> None:
    at = ("postgres", "rotation", "--current", f"localhost:{server.port}", "--next")
    assert tool(*at, own("new-root.pem")).code == 2  # no store
    assert tool(*at, "missing.pem", "--store", own("old-root.pem")).code == 3

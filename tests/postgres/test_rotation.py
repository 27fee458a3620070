"""``postgres rotation``: the outlook, and that it comes true."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from tests.cli.harness import Done, Tool
from tests.postgres.authority import issue, write_pem
from tests.postgres.clients import psql
from tests.postgres.rotation_matrix import write
from tests.postgres.server import Server
from tests.postgres.test_probe import NEW_ROOT, OLD_ROOT
from tests.readers.chain_drafts import draft_of, sign
from tests.readers.chain_neighbours import COMMON
from tests.samples import SAMPLES, own

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


@pytest.mark.parametrize(
    ("current", "message"),
    [
        ("mistyped.pem", "could not read mistyped.pem: No such file or directory"),
        ("folder/mistyped", "could not read folder/mistyped: No such file or directory"),
        ("mistyped.invalid", "there is no file mistyped.invalid; and as a server: could not resolve mistyped.invalid"),
    ],
)
def test_a_mistyped_file_is_no_host(tool: Tool, current: str, message: str) -> None:
    done = tool(
        "postgres", "rotation", "--current", current, "--next", own("new-root.pem"), "--bundle", own("new-root.pem")
    )
    assert done.code == 3
    assert message in done.err


def test_a_host_name_that_the_certificates_are_not_for(tool: Tool, server: Server) -> None:
    make(tool)
    at = ("postgres", "rotation", "--current", f"localhost:{server.port}", "--next", own("new-root.pem"))
    done = tool(*at, "--store", "both.jks", "--host-name", "db.example.com", "--json")
    (store,) = done.json["stores"]
    assert (store["before"], store["after"], done.json["host"]) == (False, False, "db.example.com")
    assert {o["reasons"][0]["code"] for o in (*store["current"], *store["next"])} == {"name-mismatch"}


def test_clients_that_look_at_the_chain_only(tool: Tool, server: Server) -> None:
    make(tool)
    at = ("postgres", "rotation", "--current", f"localhost:{server.port}", "--next", own("new-root.pem"))
    done = tool(*at, "--store", "both.jks", "--host-name", "db.example.com", "--verify", "ca", "--json")
    assert (done.code, done.json["host"]) == (0, None)
    assert tool(*at, "--store", "both.jks", "--host-name", "db.example.com:5432").code == 2


def test_sets_are_judged_whole_but_for_what_has_expired_or_is_of_another_region(tool: Tool, tmp_path: Path) -> None:
    names = (
        "us-east-1 Root CA RSA2048 G1",
        "us-east-1 Root CA ECC384 G1",
        "eu-west-1 Root CA RSA2048 G1",
        "Root 2019 CA",
    )
    roots = {name: issue(f"Amazon RDS {name}") for name in names}
    expired = issue("Amazon RDS us-east-1 2019 CA", years=(2019, 2024))
    beta = issue("Amazon RDS Beta us-east-1 Root CA RSA2048 G1")
    everything = write_pem(tmp_path / "all.pem", *roots.values(), expired, beta)
    one = write_pem(tmp_path / "one.pem", roots[names[0]])
    two = write_pem(tmp_path / "two.pem", roots[names[0]], roots[names[1]])

    def ask(*more: str | Path, current: Path = one) -> Done:
        at = ("postgres", "rotation", "--current", current, "--next", everything, "--bundle", two, "--bundle", one)
        return tool(*at, *more)

    whole = ask("--json").json
    assert (len(whole["next"]), whole["left_out"]["next"]) == (5, {"expired": 1, "elsewhere": 0})
    assert [(s["before"], s["after"], len(s["next"])) for s in whole["stores"]] == [(True, False, 3), (True, False, 4)]
    done = ask("--region", "us-east-1", "--json")
    assert done.json["left_out"]["next"] == {"expired": 1, "elsewhere": 3}
    assert [(s["after"], len(s["next"])) for s in done.json["stores"]] == [(True, 0), (False, 1)]
    text = ask("--region", "us-east-1").out
    assert "next: 2 certificates judged; left out: 1 expired, 3 not of us-east-1" in text
    both = ask("--region", "us-east-1", "--json", current=everything).json
    assert [(len(both["current"]), s["before"]) for s in both["stores"]] == [(2, True), (2, False)]
    wrong = ask("--region", "us-east-9")
    assert wrong.code == 2
    assert "there are Beta us-east-1, eu-west-1, us-east-1" in wrong.err
    alone = write_pem(tmp_path / "expired.pem", expired)
    done = tool("postgres", "rotation", "--current", one, "--next", alone, "--bundle", alone, "--json")
    assert [o["reasons"][0]["code"] for o in done.json["stores"][0]["next"]] == ["expired"]


def test_the_issuer_of_a_server_picks_the_region(tool: Tool, server: Server, tmp_path: Path) -> None:
    here, elsewhere = (issue(f"Amazon RDS {region} Root CA RSA2048 G1") for region in ("us-east-1", "eu-west-1"))
    following = [issue(f"Amazon RDS {region} Root CA RSA4096 G1") for region in ("us-east-1", "eu-west-1")]
    server.use_files(*issue("db", here, ca=False, names=["localhost"]).write(tmp_path))
    known = write_pem(tmp_path / "known.pem", here, following[0])
    at = ("postgres", "rotation", "--current", f"localhost:{server.port}", "--bundle", known, "--json")
    done = tool(*at, "--next", write_pem(tmp_path / "next.pem", *following, elsewhere))
    assert done.code == 0, done.out
    assert (done.json["region"], len(done.json["next"])) == ("us-east-1", 1)
    other = tool(*at, "--next", own("new-root.pem"))
    assert (other.json["region"], other.json["stores"][0]["after"]) == (None, False)


def test_whether_it_may_issue_between_or_for_which_host_is_not_guessed(
    tool: Tool, server: Server, tmp_path: Path
) -> None:
    short = write_pem(tmp_path / "short.pem", issue("Short", path_length=0))
    both = tmp_path / "both.pem"
    both.write_bytes(own("old-root.pem").read_bytes() + short.read_bytes())
    at = ("postgres", "rotation", "--bundle", both, "--next", short)
    done = tool(*at, "--current", f"localhost:{server.port}")  # under an intermediate
    assert done.code == 1
    assert "before: connects  during: NOT JUDGED  after: NOT JUDGED" in done.out
    assert "may refuse next CN=Short" in done.out
    assert "not-judged: it allows 0 authorities below it, and now there are 1" in done.out
    assert tool(*at, "--current", own("old-root.pem")).code == 0
    trees = x509.NameConstraints([x509.DNSName("example.com")], None)
    narrow = write_pem(both, issue("Narrow", more=trees))
    asked = ("postgres", "rotation", "--bundle", both, "--next", narrow, "--current", narrow)
    hosts = ("", "a.example.com", "b.org")
    found = {host: tool(*asked, *(["--host-name", host] if host else []), "--json") for host in hosts}
    assert {host: done.json["stores"][0]["during"] for host, done in found.items()} == {
        "": None,
        "a.example.com": True,
        "b.org": False,
    }
    assert {host: done.code for host, done in found.items()} == {"": 1, "a.example.com": 0, "b.org": 1}


def test_a_server_that_signs_for_itself(tool: Tool, server: Server, tmp_path: Path) -> None:
    now, then = (issue("db", names=["localhost"]) for _ in range(2))
    server.use_files(*now.write(tmp_path))
    both, following = write_pem(tmp_path / "both.pem", now, then), write_pem(tmp_path / "next.pem", then)
    at = ("postgres", "rotation", "--current", f"localhost:{server.port}", "--next", following)
    assert tool(*at, "--bundle", both, "--store", both).code == 0
    done = tool(*at, "--bundle", following, "--json")
    assert done.json["stores"][0]["trusts"] == "only-next"


@pytest.mark.filterwarnings("ignore:Parsed a serial number which")
def test_the_bundle_of_amazon(tool: Tool) -> None:
    bundle = SAMPLES / "amazon" / "rds-global-bundle.pem"
    everything = x509.load_pem_x509_certificates(bundle.read_bytes())
    expired = sum(c.not_valid_after_utc < datetime.now(UTC) for c in everything)
    one = SAMPLES / "amazon" / "rds-ca-rsa2048-g1-us-east-1.pem"
    at = ("postgres", "rotation", "--current", one, "--next", bundle, "--bundle", bundle, "--store", bundle, "--json")
    done = tool(*at)
    assert done.json["left_out"]["next"] == {"expired": expired, "elsewhere": 0}
    assert len(done.json["next"]) == len(everything) - expired
    assert done.code == 0, [store["next"] for store in done.json["stores"]]


def test_what_two_releases_of_java_make_different_things_of_is_not_judged(tool: Tool, tmp_path: Path) -> None:
    """Seed 5039 of the matrix, where Java 17 connects and Java 25 does not."""
    root, middle = (draft_of(name, "Root", authority=True) for name in ("Root", "Middle"))
    middle = COMMON["SHA-224"](middle)
    write(tmp_path / "root.pem", [sign(root, root)])
    write(tmp_path / "middle.pem", [sign(middle, root)])
    at = ("postgres", "rotation", "--current", "root.pem", "--next", "middle.pem", "--store", "root.pem")
    done = tool(*at)
    assert done.code == 1
    assert "before: connects  during: NOT JUDGED  after: NOT JUDGED" in done.out
    assert "release: it depends on the release: Java 25" in done.out


def _directory(common_name: str) -> x509.DirectoryName:
    return x509.DirectoryName(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)]))


@pytest.mark.parametrize(
    ("constraints", "after"),
    [
        (x509.NameConstraints([_directory("leaf")], None), None),
        (x509.NameConstraints(None, [_directory("leaf")]), None),
        (x509.NameConstraints([x509.DNSName("localhost")], None), True),
        (x509.NameConstraints([x509.DNSName("db.example.com")], None), False),
    ],
    ids=["permitted subject", "excluded subject", "permitted host", "another host"],
)
def test_subjects_that_an_authority_may_issue_for_are_not_judged_by_a_made_up_one(
    tool: Tool, tmp_path: Path, constraints: x509.NameConstraints, after: bool | None
) -> None:
    """What its certificate for the server will be called is not known, where it is told by a file of authorities."""
    coming = write_pem(tmp_path / "next.pem", issue("Next", more=constraints))
    tool("bundle", own("old-root.pem"), coming, "-o", "both.pem")
    at = ("postgres", "rotation", "--current", own("old-root.pem"), "--next", coming, "--host-name", "localhost")
    done = tool(*at, "--bundle", "both.pem", "--json")
    (store,) = done.json["stores"]
    assert (store["before"], store["after"]) == (True, after)
    assert done.code == (0 if after else 1)

"""Revocation lists in ``postgres explain``, beside psql and psycopg at servers with and without an intermediate."""

import contextlib
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from ssl import SSLContext
from typing import Final

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from tests.postgres.authority import SERVER, Issued, issue, write_pem
from tests.postgres.clients import psql
from tests.postgres.server import error_response, pretender, tls_server
from tests.realtools import run
from truststore_tool.postgres.explain import Explanation, explain
from truststore_tool.postgres.settings import Surroundings

WELCOME: Final = "come in, but not today"
NOW: Final = datetime.now(UTC)
PEM: Final = serialization.Encoding.PEM

ROOT = issue("Root", sign_lists=True)
NAMESAKE = issue("Root", sign_lists=True)
MIDDLE = issue("Middle", ROOT, sign_lists=True)
LEAVES: Final = {
    "below the intermediate": issue("leaf", MIDDLE, ca=False, names=["localhost"], usages=SERVER),
    "below the root": issue("leaf", ROOT, ca=False, names=["localhost"], usages=SERVER),
}
OTHER = issue("Other", sign_lists=True)
UNFIT = issue("Unfit")


def of(
    issuer: Issued,
    *revoked: Issued,
    days: tuple[int, int] = (-1, 30),
    by: Issued | None = None,
    more: x509.ExtensionType | None = None,
) -> x509.CertificateRevocationList:
    """A revocation list, valid for these days from now, signed with the key of `by`."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject)
    builder = builder.last_update(NOW + timedelta(days[0])).next_update(NOW + timedelta(days[1]))
    for each in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(each.certificate.serial_number)
        builder = builder.add_revoked_certificate(entry.revocation_date(NOW - timedelta(2)).build())
    if more:
        builder = builder.add_extension(more, critical=True)
    return builder.sign((by or issuer).key, hashes.SHA256())


def pem(*items: x509.CertificateRevocationList | x509.Certificate) -> bytes:
    return b"".join(item.public_bytes(PEM) for item in items)


BOTH: Final = pem(of(ROOT), of(MIDDLE))
ONLY_SERVERS: Final = x509.IssuingDistributionPoint(
    None, None, only_contains_user_certs=True, only_contains_ca_certs=False, only_some_reasons=None,
    indirect_crl=False, only_contains_attribute_certs=False,
)  # fmt: skip
# What a file holds; whether it counts for nothing (True), lets nobody in (False), or that is not known (None).
FILES: Final[Mapping[str, tuple[bytes, bool | None]]] = {
    "empty": (b"", True),
    "HTML": (b"<html><body>404</body></html>\n", True),
    "DER": (of(ROOT).public_bytes(serialization.Encoding.DER), True),
    "cut off": (BOTH[:-60], True),
    "of the root": (pem(of(ROOT)), None),
    "of both": (BOTH, None),
    "of both, and a certificate": (pem(OTHER.certificate) + BOTH, None),
    "revokes both servers": (pem(of(ROOT, *LEAVES.values()), of(MIDDLE, *LEAVES.values())), None),
    "revokes the root": (pem(of(ROOT, ROOT), of(MIDDLE)), False),
    "ended": (pem(of(ROOT, days=(-60, -30)), of(MIDDLE)), False),
    "ended, and a valid one": (pem(of(ROOT, days=(-60, -30))) + BOTH, None),
    "not yet": (pem(of(ROOT, days=(10, 30)), of(MIDDLE)), False),
    "of another": (pem(of(OTHER)), False),
    "of the intermediate alone": (pem(of(MIDDLE)), False),
    "of a namesake": (pem(of(ROOT, by=NAMESAKE), of(MIDDLE)), False),
    "a certificate alone": (pem(ROOT.certificate), False),
    "for servers alone": (pem(of(ROOT, more=ONLY_SERVERS), of(MIDDLE)), None),
    "with something critical": (
        pem(of(ROOT, more=x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\5\0")), of(MIDDLE)),
        None,
    ),
}


@dataclass(frozen=True)
class Servers:
    """Servers with each of the chains, on one port.

    Attributes:
        contexts: by the name of the chain.
        current: the one that is shown.
    """

    port: int
    contexts: Mapping[str, SSLContext]
    current: list[str]

    def let_in(self, settings: str, home: Path, environment: Mapping[str, str]) -> dict[str, bool]:
        """By chain whether psql and psycopg come in; they do the same."""
        found = {}
        base = f"hostaddr=127.0.0.1 port={self.port} user=u dbname=d gssencmode=disable connect_timeout=10 {settings}"
        for name in self.contexts:
            self.current[:] = [name]
            newer = "system" in settings  # psql may be older than that
            words = [] if newer else [psql(base, home, environment).err]
            with pytest.raises(psycopg.OperationalError) as refused:
                psycopg.connect(base)
            said = {WELCOME in text for text in (*words, str(refused.value))}
            assert len(said) == 1, (name, settings, words, refused.value)
            found[name] = said.pop()
        return found


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    contexts = {
        name: tls_server(*leaf.write(tmp_path_factory.mktemp("chain"), *([MIDDLE] if "inter" in name else [])))
        for name, leaf in LEAVES.items()
    }
    current = [*contexts][:1]

    def converse(connection: socket.socket) -> None:
        connection.recv(8)
        connection.sendall(b"S")
        with contextlib.suppress(OSError), contexts[current[0]].wrap_socket(connection, server_side=True) as tls:
            tls.recv(1000)
            tls.sendall(error_response(WELCOME))

    with pretender(converse) as port:
        yield Servers(port, contexts, current)


Ask = Callable[..., tuple[Explanation, dict[str, bool]]]


@pytest.fixture
def ask(servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """What is said of settings, and whom psql and psycopg then let in; `roots` are in the root file."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))

    def ask(settings: str, *roots: Issued, **environment: str) -> tuple[Explanation, dict[str, bool]]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        file = write_pem(tmp_path / "roots.pem", *(roots or (ROOT,)))
        dsn = f"host=localhost sslmode=verify-full sslrootcert={file} {settings}"
        said = explain(dsn, Surroundings(environment, str(tmp_path)))
        return said, servers.let_in(dsn, tmp_path, environment)

    return ask


def agrees(found: Explanation, real: dict[str, bool], counts: bool | None) -> bool:
    """Whether that was said, and is so: whoever is cleared comes in, and whoever does not connect does not."""
    said = (found.is_good, found.obstacle is None, found.doubts == ())
    expected = {True: (True, True, True), False: (False, False, True), None: (False, True, False)}
    return said == expected[counts] and (counts is None or {*real.values()} == {counts})


@pytest.mark.parametrize("kind", FILES)
def test_a_file_of_lists(ask: Ask, tmp_path: Path, kind: str) -> None:
    data, counts = FILES[kind]
    file = tmp_path / "lists.pem"
    file.write_bytes(data)
    found, real = ask(f"sslcrl={file}")
    assert agrees(found, real, counts), (found.obstacle, found.doubts, real)
    codes = {rule.code for rule in found.rules}
    assert ("libpq-crl-unread" in codes, "libpq-crl-wanted" in codes) == (counts is True, counts is not True)
    if counts is False:
        assert str(file) in f"{found.change}"


def test_where_lists_come_in_or_not_the_servers_chain_decides(ask: Ask, tmp_path: Path) -> None:
    seen = []
    for kind in ("of the root", "of both", "revokes both servers"):
        (tmp_path / "lists.pem").write_bytes(FILES[kind][0])
        seen.append([*ask(f"sslcrl={tmp_path / 'lists.pem'}")[1].values()])
    assert seen == [[False, True], [True, True], [False, False]]


def test_where_lists_are_looked_for(ask: Ask, tmp_path: Path) -> None:
    own, hashed, bare = tmp_path / ".postgresql", tmp_path / "hashed", tmp_path / "bare"
    for folder in (own, hashed, bare):
        folder.mkdir()
    both, other = tmp_path / "both.pem", own / "root.crl"
    both.write_bytes(BOTH)
    (hashed / "root.pem").write_bytes(pem(of(ROOT)))
    run("openssl", "rehash", hashed)
    assert agrees(*ask(""), counts=True)
    other.write_bytes(pem(of(OTHER)))
    for settings, counts in (
        ("", False),  # the file in the home folder
        ("sslcrl=/nowhere", True),
        (f"sslcrl={bare}", True),  # a directory is no file
        ("sslcrldir=/nowhere", False),  # where libpq looks for lists, and finds none
        (f"sslcrldir={bare}", False),
        (f"sslcrldir={both}", False),
        (f"sslcrldir={hashed}", None),
        (f"sslcrl={both} sslcrldir={bare}", None),
        (f"sslcrl=/nowhere sslcrldir={bare}", True),  # a file that is missing takes the directory with it
        (f"sslcrl={other} sslcrldir={hashed}", None),
    ):
        found, real = ask(settings)
        assert agrees(found, real, counts), (settings, found.obstacle, found.doubts, real)
        missing = {"libpq-crl-missing"} & {rule.code for rule in found.rules}
        assert bool(missing) is ("sslcrl=/nowhere" in settings)
    assert agrees(*ask("", PGSSLCRL="/nowhere"), counts=True)
    assert agrees(*ask("", PGSSLCRL="", PGSSLCRLDIR=str(bare)), counts=False)


def test_every_authority_of_the_root_file_is_asked_for(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "lists.pem"
    file.write_bytes(pem(of(OTHER)))
    assert agrees(*ask(f"sslcrl={file}", ROOT, NAMESAKE), counts=False)
    found, real = ask(f"sslcrl={file}", ROOT, OTHER)  # a server of the other one could be let in
    assert agrees(found, real, counts=None)
    assert not any(real.values())
    file.write_bytes(pem(of(UNFIT)))
    assert agrees(*ask(f"sslcrl={file}", UNFIT), counts=False)  # it may not sign any


def test_lists_in_the_root_file_count_as_well(servers: Servers, tmp_path: Path) -> None:
    roots, other = tmp_path / "roots.pem", tmp_path / "other.crl"
    roots.write_bytes(pem(ROOT.certificate) + BOTH)
    other.write_bytes(pem(of(OTHER)))
    dsn = f"host=localhost sslmode=verify-full sslrootcert={roots} sslcrl={other}"
    real = servers.let_in(dsn, tmp_path, {})
    assert agrees(explain(dsn, Surroundings({}, str(tmp_path))), real, counts=None)
    assert all(real.values())


def test_without_a_root_file_no_list_counts(servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pem(tmp_path / "roots.pem", ROOT)
    (tmp_path / "other.crl").write_bytes(pem(of(OTHER)))
    system = {"SSL_CERT_FILE": str(tmp_path / "roots.pem"), "SSL_CERT_DIR": "/nowhere"}
    for name, value in system.items():
        monkeypatch.setenv(name, value)
    around = Surroundings(system, str(tmp_path))
    for roots in ("sslrootcert=system", "sslmode=require sslrootcert=/nowhere"):
        dsn = f"host=localhost {roots} sslcrl={tmp_path / 'other.crl'}"
        found = explain(dsn, around)
        assert (found.obstacle, found.doubts) == (None, ())
        assert "libpq-crl-unused" in {rule.code for rule in found.rules}
        assert all(servers.let_in(dsn, tmp_path, {}).values())


def test_prefer_goes_on_in_plain_text(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "other.crl").write_bytes(pem(of(OTHER)))
    found, _ = ask(f"sslmode=prefer sslcrl={tmp_path / 'other.crl'}")
    assert (found.obstacle, found.is_good) == (None, False)
    assert "holds no valid revocation list of CN=Root: there is none" in f"{found.hindrance}"

"""JKS and JCEKS against keytool and the JVM of every JDK, and against pyjks as a second reader, in both directions."""

import base64
import struct
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from tests import samples
from tests.realtools import JavaEntry, JavaView, Jdk, Request, missing, run
from truststore_tool.errors import FormatError
from truststore_tool.formats.base import Format
from truststore_tool.formats.java.jks import JCEKS, JKS
from truststore_tool.formats.java.serialized import extent
from truststore_tool.model import Certificate, Entry, OpaqueEntry, TrustedEntry, TrustStore
from truststore_tool.nouns import replace

STORE, KEY = "changeit", "other-password"
CREATED = datetime(2001, 2, 3, 4, 5, 6, 789000, tzinfo=UTC)
ALIASES = ["rds-root", "größe", "\U0001f511 key", "ελλάδα"]

MADE_ALIASES = {"\U0001f511 größe": "rds-ca-2019-root.pem", "G1": "rds-ca-ecc384-g1-us-east-1.pem"}

FORMATS = pytest.mark.parametrize("form", [JKS, JCEKS], ids=["jks", "jceks"])


@pytest.fixture(scope="module")
def roots() -> list[Certificate]:
    bundle = samples.amazon("rds-global-bundle.pem")
    return [*samples.certificates(samples.amazon("rds-ca-2019-root.pem")), *samples.certificates(bundle)[:3]]


def dumps(form: Format, store: TrustStore, password: str = STORE) -> bytes:
    assert form.dumps is not None
    return bytes(form.dumps(store, password))


def server_key() -> bytes:
    pem = samples.own("new-server.key").read_text()
    return base64.b64decode("".join(line for line in pem.splitlines() if "-----" not in line))


def as_java_sees(entry: Entry, key: str | None = None) -> JavaEntry:
    assert entry.created is not None
    fingerprints = tuple(sha256(c.der).hexdigest() for c in entry.certificates)
    return JavaEntry(entry.alias, entry.kind, round(entry.created.timestamp() * 1000), key, fingerprints)


def by_alias(view: JavaView) -> dict[str, JavaEntry]:
    assert view.error is None
    return {entry.alias: entry for entry in view.entries}


# They write, we read ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Made:
    """A store that keytool made, with what its JVM sees in it."""

    form: Format
    data: bytes
    view: JavaView
    jdk: Jdk

    def store(self) -> TrustStore:
        return self.form.loads(self.data, STORE)


def keytool_store(jdk: Jdk, form: Format, folder: Path) -> Made:
    path = folder / f"store.{form.name}"
    common = ("-keystore", path, "-storetype", form.name, "-storepass", STORE)
    for alias, name in MADE_ALIASES.items():
        run(jdk.keytool, "-importcert", "-noprompt", "-alias", alias, "-file", samples.amazon(name), *common)
    key = ("-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=key", "-keypass", KEY)
    run(jdk.keytool, "-genkeypair", "-alias", "Private", *key, *common)
    if form is JCEKS:
        run(
            jdk.keytool, "-genseckey", "-keyalg", "AES", "-keysize", "256", "-alias", "Secret", "-keypass", KEY, *common
        )
    (view,) = jdk.read(Request(form.name, path, STORE, (KEY,)))
    return Made(form, path.read_bytes(), view, jdk)


@pytest.fixture(scope="module")
def made(jdks: list[Jdk], tmp_path_factory: pytest.TempPathFactory) -> list[Made]:
    """A JKS and a JCEKS by the keytool of every JDK."""
    return [keytool_store(jdk, form, tmp_path_factory.mktemp("made")) for jdk in jdks for form in (JKS, JCEKS)]


def test_we_see_in_a_store_of_keytool_what_its_jvm_sees(made: list[Made]) -> None:
    for one in made:
        store = one.store()
        seen = by_alias(one.view)
        assert len(seen) == len(MADE_ALIASES) + (2 if one.form is JCEKS else 1)
        assert {e.alias: as_java_sees(e, seen[e.alias].key) for e in store.entries} == seen
        assert store.notes == ()
        assert dumps(one.form, store) == one.data


def test_we_open_the_private_keys_of_keytool(made: list[Made]) -> None:
    for one in made:
        (entry,) = (e for e in one.store().entries if isinstance(e, OpaqueEntry) and e.kind == "private-key")
        assert one.form.keys is not None
        expected = by_alias(one.view)["private"].key
        assert expected is not None
        assert sha256(one.form.keys.open(entry, KEY)).hexdigest() == expected


def test_the_walker_ends_where_the_jvm_ended(jdks: list[Jdk]) -> None:
    for jdk in jdks:
        lines = run(jdk.home / "bin" / "java", Path(__file__).parent / "ObjectWriter.java").split()
        assert len(lines) == 13
        for stream in map(base64.b64decode, lines):
            assert extent(stream + b"\x70\x79behind", 0).end == len(stream)


# We write, they read ------------------------------------------------------------------------------------


def check_readers(jdks: list[Jdk], requests: list[Request], expected: list[dict[str, JavaEntry]]) -> None:
    for jdk in jdks:
        views = jdk.read(*requests)
        assert [by_alias(view) for view in views] == expected


@FORMATS
def test_the_jvm_reads_what_we_write(form: Format, jdks: list[Jdk], roots: list[Certificate], tmp_path: Path) -> None:
    entries = tuple(TrustedEntry(a, c, CREATED) for a, c in zip(ALIASES, roots, strict=True))
    requests = []
    for number, password in enumerate([STORE, "", "x", "pässwörd", "\U0001f511"]):
        path = tmp_path / str(number)
        path.write_bytes(dumps(form, TrustStore(entries), password))
        requests.append(Request(form.name, path, password))
    expected = {e.alias: as_java_sees(e) for e in entries}
    check_readers(jdks, requests, [expected] * len(requests))
    for jdk in jdks:
        (view, wrong) = jdk.read(requests[0], replace(requests[0], password="wrong!"))
        assert sorted(view.trusted) == sorted(sha256(c.der).hexdigest() for c in roots)
        assert wrong.error is not None


@FORMATS
def test_keytool_works_on_what_we_write(
    form: Format, jdks: list[Jdk], roots: list[Certificate], tmp_path: Path
) -> None:
    for jdk in jdks:
        path = tmp_path / f"{jdk.home.name}.{form.name}"
        path.write_bytes(dumps(form, TrustStore((TrustedEntry("Old-Root", roots[0], CREATED),))))
        common = ("-keystore", path, "-storetype", form.name, "-storepass", STORE)
        assert samples.RDS_2019_SHA256.encode() in run(jdk.keytool, "-list", "-alias", "old-root", *common)
        new = samples.amazon("rds-ca-rsa2048-g1-us-east-1.pem")
        run(jdk.keytool, "-importcert", "-noprompt", "-alias", "new-root", "-file", new, *common)
        run(jdk.keytool, "-storepasswd", "-new", "renewed", *common)
        store = form.loads(path.read_bytes(), "renewed")
        assert {e.alias: e.certificates[0].der for e in store.entries} == {
            "old-root": roots[0].der,
            "new-root": samples.certificates(new)[0].der,
        }
        assert {e.alias: e.created for e in store.entries}["old-root"] == CREATED


def test_adding_a_certificate_leaves_keys_that_still_open(
    made: list[Made], jdks: list[Jdk], roots: list[Certificate], tmp_path: Path
) -> None:
    new = TrustedEntry("added", roots[3], CREATED)
    requests, expected = [], []
    for number, one in enumerate(made):
        store = one.store()
        path = tmp_path / f"{number}.{one.form.name}"
        path.write_bytes(dumps(one.form, store.with_entries((*store.entries, new)), "new-password"))
        requests.append(Request(one.form.name, path, "new-password", (KEY,)))
        before = by_alias(one.view)
        assert all(e.key for e in before.values() if e.kind != "trusted")
        expected.append({**before, "added": as_java_sees(new)})
    check_readers(jdks, requests, expected)


@FORMATS
def test_keys_that_we_seal_open_in_the_jvm(form: Format, jdks: list[Jdk], tmp_path: Path) -> None:
    pkcs8 = server_key()
    chain = tuple(samples.certificates(samples.own("new-chain.pem")))
    assert form.keys is not None
    foreign = OpaqueEntry("server", "private-key", "pkcs12", b"", chain, CREATED)
    passwords = [KEY, "", "a b~"] + (["schlüssel", "\U0001f511"] if form is JKS else [])
    requests, expected = [], []
    for number, password in enumerate(passwords):
        entry = form.keys.seal(foreign, pkcs8, password)
        path = tmp_path / str(number)
        path.write_bytes(dumps(form, TrustStore((entry,))))
        requests.append(Request(form.name, path, STORE, (password,)))
        expected.append({"server": as_java_sees(entry, sha256(pkcs8).hexdigest())})
    check_readers(jdks, requests, expected)


def test_a_jceks_may_hold_a_key_in_the_way_of_jks(made: list[Made], jdks: list[Jdk], tmp_path: Path) -> None:
    requests, expected = [], []
    for number, one in enumerate(made):
        if one.form is JKS:
            path = tmp_path / str(number)
            path.write_bytes(dumps(JCEKS, one.store()))
            requests.append(Request("jceks", path, STORE, (KEY,)))
            expected.append(by_alias(one.view))
    check_readers(jdks, requests, expected)


# What the JVM makes of odd files, which our reading follows ----------------------------------------------


def test_odd_stores_are_seen_as_the_jvm_sees_them(jdks: list[Jdk], roots: list[Certificate], tmp_path: Path) -> None:
    one, two = (TrustedEntry("twice", root, CREATED) for root in roots[:2])
    first, second = (dumps(JKS, TrustStore((entry,)))[12:-20] for entry in (one, two))
    body = struct.pack(">III", 0xFEEDFEED, 2, 2) + first + second
    duplicated = JKS.loads(body + bytes(20), None)
    path = tmp_path / "duplicated.jks"
    path.write_bytes(dumps(JKS, duplicated))  # the same bytes with a digest
    assert path.read_bytes()[:-20] == body
    trailing = tmp_path / "trailing.jks"
    trailing.write_bytes(dumps(JKS, duplicated) + b"trailing")
    assert duplicated.entries == (two,)
    check_readers(jdks, [Request("jks", p, STORE) for p in (path, trailing)], [{"twice": as_java_sees(two)}] * 2)


def test_a_version_1_store_is_seen_as_the_jvm_sees_it(
    jdks: list[Jdk], roots: list[Certificate], tmp_path: Path
) -> None:
    der = roots[0].der
    body = struct.pack(">III", 0xFEEDFEED, 1, 1)
    body += struct.pack(">IH", 2, 3) + b"old" + struct.pack(">qI", 981173106789, len(der)) + der
    store = JKS.loads(body + bytes(20), None)
    path = tmp_path / "old.jks"
    path.write_bytes(dumps(JKS, store))
    assert path.read_bytes()[:-20] == body
    assert store.entries == (TrustedEntry("old", roots[0], CREATED),)
    check_readers(jdks, [Request("jks", path, STORE)], [{"old": as_java_sees(store.entries[0])}])


def test_a_key_without_a_chain_is_a_secret_key_to_the_jvm(jdks: list[Jdk], tmp_path: Path) -> None:
    assert JKS.keys is not None
    key = JKS.keys.seal(OpaqueEntry("bare", "private-key", "jks", b"", (), CREATED), server_key(), KEY)
    path = tmp_path / "bare.jks"
    path.write_bytes(dumps(JKS, TrustStore((key,))))
    (entry,) = JKS.loads(path.read_bytes(), STORE).entries
    assert entry.kind == "secret-key"
    expected = {"bare": as_java_sees(entry, sha256(server_key()).hexdigest())}
    check_readers(jdks, [Request("jks", path, STORE, (KEY,))], [expected])


def test_a_jks_with_a_key_in_the_way_of_jceks_would_be_useless(
    jdks: list[Jdk], roots: list[Certificate], tmp_path: Path
) -> None:
    assert JCEKS.keys is not None
    foreign = OpaqueEntry("key", "private-key", "pkcs12", b"", (roots[0],), CREATED)
    key = JCEKS.keys.seal(foreign, server_key(), KEY)
    path = tmp_path / "mixed.jks"
    path.write_bytes(dumps(JKS, TrustStore((replace(key, format="jks"),))))  # not what the codec lets anyone do
    for jdk in jdks:
        (view,) = jdk.read(Request("jks", path, STORE, (KEY,)))
        assert by_alias(view)["key"].key is None
    with pytest.raises(FormatError):
        dumps(JKS, TrustStore((key,)))


def test_a_store_with_a_plain_utf8_alias_is_refused_by_the_jvm(
    jdks: list[Jdk], roots: list[Certificate], tmp_path: Path
) -> None:
    good = dumps(JKS, TrustStore((TrustedEntry("\U0001f511", roots[0], CREATED),)))
    body = good[:-20].replace(b"\0\x06\xed\xa0\xbd\xed\xb4\x91", b"\0\x04\xf0\x9f\x94\x91")
    path = tmp_path / "plain.jks"
    path.write_bytes(body + bytes(20))
    store = JKS.loads(body + bytes(20), None)
    assert [e.alias for e in store.entries] == ["\U0001f511"]
    assert "Java refuses" in store.notes[0]
    for jdk in jdks:
        (view,) = jdk.read(Request("jks", path, None))
        assert view.error is not None
        assert "UTFDataFormatException" in view.error


# pyjks as the second reader ------------------------------------------------------------------------------


def test_pyjks_reads_what_we_write(made: list[Made], roots: list[Certificate]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own and its dependencies' use of old Python
        try:
            import jks
        except ImportError:
            missing("pyjks (the extra legacy, which a compiler makes)")
    for form in (JKS, JCEKS):
        assert form.keys is not None
        trusted = [TrustedEntry(a, c, CREATED) for a, c in zip(("größe", "rds-root"), roots, strict=False)]
        foreign = OpaqueEntry("private", "private-key", "pkcs12", b"", tuple(roots[2:]), CREATED)
        key = form.keys.seal(foreign, server_key(), KEY)
        secrets = [e for one in made if one.form is form for e in one.store().entries if e.kind == "secret-key"][:1]
        data = dumps(form, TrustStore((*trusted, key, *secrets)), "pässwörd")
        theirs = jks.KeyStore.loads(data, "pässwörd", try_decrypt_keys=False)
        assert theirs.store_type == form.name
        assert {a: (c.timestamp, c.cert) for a, c in theirs.certs.items()} == {
            e.alias: (981173106789, e.certificate.der) for e in trusted
        }
        (private,) = theirs.private_keys.values()
        private.decrypt(KEY)
        assert private.pkey_pkcs8 == server_key()
        assert [der for _, der in private.cert_chain] == [c.der for c in roots[2:]]
        assert len(theirs.secret_keys) == len(secrets) == (1 if form is JCEKS else 0)
        for secret in theirs.secret_keys.values():
            secret.decrypt(KEY)
            expected = next(by_alias(one.view)["secret"].key for one in made if one.form is form)
            assert sha256(secret.key).hexdigest() == expected

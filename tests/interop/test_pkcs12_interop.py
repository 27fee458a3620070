"""PKCS#12 against keytool and the JVM of every JDK and against openssl, in both directions."""

import base64
import binascii
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from tests import samples
from tests.realtools import JavaView, Jdk, Request, find, run
from truststore_tool.errors import FormatError, IntegrityError
from truststore_tool.formats import pkcs12 as door
from truststore_tool.formats.pkcs12 import Encryption, MacAlgorithm, key_codec
from truststore_tool.formats.pkcs12 import codec as pkcs12
from truststore_tool.formats.pkcs12.bare_mac import with_readable_mac
from truststore_tool.model import Certificate, OpaqueEntry, TrustedEntry, TrustStore, fold_alias
from truststore_tool.nouns import replace

PASSWORD = "changeit"
CREATED = datetime(2001, 2, 3, 4, 5, 6, 789000, tzinfo=UTC)
RDS = samples.certificates(samples.amazon("rds-ca-2019-root.pem"))[0]
ROOT, INTERMEDIATE, SERVER, OTHER = (
    samples.certificates(samples.own(name))[0]
    for name in ("new-root.pem", "new-intermediate.pem", "new-server.pem", "old-root.pem")
)
ADDED = TrustedEntry("Added Later", OTHER)
LEGACY = "-J-Dkeystore.pkcs12.legacy"
PLAIN = ("-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE", "-J-Dkeystore.pkcs12.macAlgorithm=NONE")
FAST = ("-J-XX:TieredStopAtLevel=1", "-J-Xshare:auto")

Seen = dict[str, tuple[str, tuple[str, ...], str | None]]


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def server_key() -> bytes:
    pem = samples.own("new-server.key").read_text()
    return base64.b64decode("".join(line for line in pem.splitlines() if "-----" not in line))


def java(view: JavaView) -> Seen:
    """Aliases, kinds, chains and keys as the JVM sees them; it dates trusted certificates with the time of loading."""
    assert view.error is None
    return {e.alias: (e.kind, e.certificates, e.key) for e in view.entries}


def ours(store: TrustStore, keys: dict[str, str | None]) -> Seen:
    """The same as we see it. We do not open secret keys: their digests, and others' keys, are taken from `keys`."""
    seen: Seen = {}
    for entry in store.entries:
        alias = fold_alias(entry.alias)
        key = keys.get(alias)
        if isinstance(entry, OpaqueEntry) and entry.kind == "private-key":
            key = digest(key_codec.open_key(entry, PASSWORD))
        seen[alias] = entry.kind, tuple(digest(c.der) for c in entry.certificates), key
    return seen


def plus(store: TrustStore, entry: TrustedEntry) -> TrustStore:
    return store.with_entries((*store.entries, entry))


# keytool ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Made:
    """A store that keytool made, with what its JVM sees in it."""

    path: Path
    password: str | None
    seen: Seen
    dates: dict[str, int]

    def store(self) -> TrustStore:
        return pkcs12.loads(self.path.read_bytes(), self.password)


def keytool_stores(jdk: Jdk, folder: Path) -> list[Made]:
    """One as the JDK writes it now, one as it wrote it before 2021, one without a password."""
    stores = {"now.p12": (), "legacy.p12": (LEGACY,), "plain.p12": PLAIN}
    for name, options in stores.items():
        words: list[str | Path] = [
            *options,
            *FAST,
            "-keystore",
            folder / name,
            "-storetype",
            "PKCS12",
            "-storepass",
            PASSWORD,
        ]
        rds = samples.amazon("rds-ca-2019-root.pem")
        run(jdk.keytool, "-importcert", "-noprompt", "-alias", "RDS größe", "-file", rds, *words)
        if name != "plain.p12":
            pair = ("-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=key")
            run(jdk.keytool, "-genkeypair", "-alias", "Private", *pair, *words)
        if name == "now.p12":
            run(jdk.keytool, "-genseckey", "-keyalg", "AES", "-keysize", "256", "-alias", "Secret", *words)
    passwords = {name: None if name == "plain.p12" else PASSWORD for name in stores}
    views = jdk.read(*(Request("PKCS12", folder / name, password) for name, password in passwords.items()))
    return [
        Made(folder / name, password, java(view), {e.alias: e.created for e in view.entries})
        for (name, password), view in zip(passwords.items(), views, strict=True)
    ]


@pytest.fixture(scope="module")
def made(jdks: list[Jdk], tmp_path_factory: pytest.TempPathFactory) -> list[Made]:
    return [one for jdk in jdks for one in keytool_stores(jdk, tmp_path_factory.mktemp("made"))]


def test_we_see_in_a_store_of_keytool_what_its_jvm_sees(made: list[Made]) -> None:
    for one in made:
        store = one.store()
        assert ours(store, {alias: key for alias, (_, _, key) in one.seen.items()}) == one.seen
        assert store.integrity == ("absent" if one.password is None else "verified")
        assert store.notes == ()
        for entry in store.entries:
            if entry.created is not None:
                assert round(entry.created.timestamp() * 1000) == one.dates[fold_alias(entry.alias)]
        assert {e.kind for e in store.entries if e.created is not None} == {e.kind for e in store.entries} - {"trusted"}
        assert pkcs12.dumps(store, one.password) == one.path.read_bytes()


def test_a_certificate_added_by_us_is_all_that_changes_for_every_jvm(
    made: list[Made], jdks: list[Jdk], tmp_path: Path
) -> None:
    requests, expected = [], []
    for number, one in enumerate(made):
        path = tmp_path / str(number)
        path.write_bytes(pkcs12.dumps(plus(one.store(), ADDED), one.password))
        requests.append(Request("PKCS12", path, one.password))
        expected.append({**one.seen, "added later": ("trusted", (digest(OTHER.der),), None)})
    for jdk in jdks:
        views = jdk.read(*requests)
        assert [java(view) for view in views] == expected
        for view in views:
            assert set(view.trusted) >= {digest(RDS.der), digest(OTHER.der)}


def test_what_we_remove_and_rename_is_what_every_jvm_sees(made: list[Made], jdks: list[Jdk], tmp_path: Path) -> None:
    requests, expected = [], []
    for number, one in enumerate(made):
        store = one.store()
        kept = [replace(e, alias="New Name") if e.kind == "private-key" else e for e in store.entries]
        kept = [e for e in kept if e.kind != "trusted"]
        path = tmp_path / str(number)
        path.write_bytes(pkcs12.dumps(store.with_entries(tuple(kept)), one.password))
        requests.append(Request("PKCS12", path, one.password))
        names = {"private": "new name", "secret": "secret"}
        expected.append({names[alias]: seen for alias, seen in one.seen.items() if alias in names})
    for jdk in jdks:
        assert [java(view) for view in jdk.read(*requests)] == expected


def test_every_key_of_a_rekeyed_store_opens_under_the_new_password(
    made: list[Made], jdks: list[Jdk], tmp_path: Path
) -> None:
    requests, expected = [], []
    for number, one in enumerate(made):
        if one.password is not None:
            path = tmp_path / str(number)
            moved = key_codec.rekey(one.store(), PASSWORD, "another one")
            path.write_bytes(pkcs12.dumps(moved, "another one"))
            requests.append(Request("PKCS12", path, "another one"))
            expected.append(one.seen)
    for jdk in jdks:
        assert [java(view) for view in jdk.read(*requests)] == expected


def our_store() -> TrustStore:
    """Trusted certificates, and a key that came from another format."""
    foreign = OpaqueEntry("Server", "private-key", "jks", b"", (SERVER, INTERMEDIATE, ROOT), CREATED)
    sealed = key_codec.seal_key(foreign, server_key(), PASSWORD)
    return TrustStore((sealed, TrustedEntry("Größe \U0001f511", RDS), TrustedEntry("root", ROOT)), "pkcs12")


def test_every_jvm_reads_what_we_write(jdks: list[Jdk], tmp_path: Path) -> None:
    store, empty = tmp_path / "store.p12", tmp_path / "empty.p12"
    store.write_bytes(pkcs12.dumps(our_store(), PASSWORD))
    empty.write_bytes(pkcs12.dumps(TrustStore((), "pkcs12"), PASSWORD))
    for jdk in jdks:
        view, nothing = jdk.read(Request("PKCS12", store, PASSWORD), Request("PKCS12", empty, PASSWORD))
        assert java(view) == ours(our_store(), {})
        assert java(nothing) == {}
        dates = {entry.alias: entry.created for entry in view.entries}
        assert dates["server"] == round(CREATED.timestamp() * 1000)
        assert set(view.trusted) >= {digest(RDS.der), digest(ROOT.der)}
        (refused,) = jdk.read(Request("PKCS12", store, "wrong"))
        assert refused.error is not None


def test_keytool_lists_and_changes_what_we_wrote(jdks: list[Jdk], tmp_path: Path) -> None:
    for number, jdk in enumerate(jdks):
        path = tmp_path / f"{number}.p12"
        path.write_bytes(pkcs12.dumps(our_store(), PASSWORD))
        run(jdk.keytool, "-changealias", "-alias", "ROOT", "-destalias", "r", "-keystore", path, "-storepass", PASSWORD)
        listing = run(jdk.keytool, "-list", "-keystore", path, "-storepass", PASSWORD).decode()
        assert "Your keystore contains 3 entries" in listing
        assert ROOT.sha256.digest.hex(":").upper() in listing
        changed = pkcs12.loads(path.read_bytes(), PASSWORD)
        assert {fold_alias(e.alias) for e in changed.entries} == {"server", "größe \U0001f511", "r"}


# openssl ----------------------------------------------------------------------------------------------------

# Options of `openssl pkcs12 -export`; what is written with -legacy is read with it.
EXPORTS = [
    "",
    "-nokeys",
    "-nomac",
    "-legacy",
    "-iter 1",
    "-keypbe NONE -certpbe NONE",
    "-keypbe NONE -certpbe NONE -nomac",
    "-keypbe aes-128-cbc -certpbe aes-192-cbc -macalg sha384",
    "-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-2DES -macalg sha1",
    "-keypbe des-ede3-cbc -certpbe aes-256-cbc -macalg sha512",
    "-legacy -keypbe PBE-SHA1-RC4-128 -certpbe PBE-SHA1-RC4-40 -macalg sha224",
    "-legacy -keypbe PBE-SHA1-RC2-40 -certpbe PBE-SHA1-RC2-128",
    "-legacy -keypbe rc2-cbc -certpbe rc2-cbc",
]
NON_ASCII = "pässwörd \U0001f511"


def pem_blocks(text: bytes, label: str) -> list[bytes]:
    parts = text.decode().split(f"-----BEGIN {label}-----")[1:]
    return [binascii.a2b_base64(part.split("-----END")[0]) for part in parts]


@dataclass(frozen=True)
class OpenSsl:
    """`openssl pkcs12`."""

    program: str

    def export(self, path: Path, password: str, options: str) -> None:
        words: list[str | Path] = [self.program, "pkcs12", "-export", *options.split()]
        words += ["-inkey", samples.own("new-server.key"), "-in", samples.own("new-server.pem")]
        words += ["-certfile", samples.own("new-intermediate.pem"), "-name", "Server"]
        run(*words, "-passout", f"pass:{password}", "-out", path)

    def read(self, path: Path, password: str, *, legacy: bool) -> tuple[set[bytes], set[bytes]]:
        """DER of the certificates and of the keys."""
        options = ("-legacy",) if legacy else ()
        text = run(self.program, "pkcs12", *options, "-in", path, "-passin", f"pass:{password}", "-nodes")
        return set(pem_blocks(text, "CERTIFICATE")), set(pem_blocks(text, "PRIVATE KEY"))


@pytest.fixture
def openssl() -> OpenSsl:
    return OpenSsl(find("openssl"))


@pytest.mark.parametrize("options", EXPORTS)
@pytest.mark.parametrize("password", [PASSWORD, "", NON_ASCII], ids=["ascii", "empty", "non-ascii"])
def test_openssl_and_we_read_each_other(openssl: OpenSsl, options: str, password: str, tmp_path: Path) -> None:
    path = tmp_path / "store.p12"
    openssl.export(path, password, options)
    store = pkcs12.loads(path.read_bytes(), password)
    assert set(store.all_certificates()) == {SERVER, INTERMEDIATE}
    assert store.integrity == ("absent" if "-nomac" in options else "verified")
    keys = set()
    if "-nokeys" not in options:
        (entry,) = store.entries
        assert isinstance(entry, OpaqueEntry)
        assert (entry.alias, entry.kind, entry.certificates) == ("Server", "private-key", (SERVER, INTERMEDIATE))
        keys.add(key_codec.open_key(entry, password))
        assert keys == {server_key()}
    assert pkcs12.dumps(store, password) == path.read_bytes()
    path.write_bytes(pkcs12.dumps(plus(store, ADDED), password))
    certificates, read_keys = openssl.read(path, password, legacy="-legacy" in options)
    assert certificates == {SERVER.der, INTERMEDIATE.der, OTHER.der}
    assert read_keys == keys


@pytest.mark.parametrize("password", [PASSWORD, "", NON_ASCII], ids=["ascii", "empty", "non-ascii"])
def test_openssl_reads_a_new_store_of_ours(openssl: OpenSsl, password: str, tmp_path: Path) -> None:
    path = tmp_path / "store.p12"
    sealed = key_codec.seal_key(OpaqueEntry("k", "private-key", "jks", b"", (SERVER,)), server_key(), password)
    path.write_bytes(pkcs12.dumps(TrustStore((sealed, TrustedEntry("a", RDS)), "pkcs12"), password))
    assert openssl.read(path, password, legacy=False) == ({SERVER.der, RDS.der}, {server_key()})


def test_java_lists_a_store_of_openssl_once_we_imported_into_it(
    openssl: OpenSsl, jdks: list[Jdk], tmp_path: Path
) -> None:
    """A store of certificates by openssl is empty to Java; a loose certificate is imported by marking it as trusted."""
    path = tmp_path / "store.p12"
    openssl.export(path, PASSWORD, "-nokeys")
    store = pkcs12.loads(path.read_bytes(), PASSWORD)
    assert store.entries == ()
    imported: list[Certificate] = [item.certificate for item in store.loose[:1]]
    entries = tuple(TrustedEntry("imported", certificate) for certificate in imported)
    path.write_bytes(pkcs12.dumps(replace(store, entries=entries, loose=store.loose[1:]), PASSWORD))
    for jdk in jdks:
        (view,) = jdk.read(Request("PKCS12", path, PASSWORD))
        assert java(view) == {"imported": ("trusted", (digest(SERVER.der),), None)}
    assert openssl.read(path, PASSWORD, legacy=False)[0] == {SERVER.der, INTERMEDIATE.der}


AES_128, HMAC_SHA512 = "2.16.840.1.101.3.4.1.2", "1.2.840.113549.2.11"
SHA_3DES, SHA384 = "1.2.840.113549.1.12.1.3", "2.16.840.1.101.3.4.2.2"


@pytest.mark.parametrize(
    ("encryption", "mac", "said"),
    [
        (
            Encryption(AES_128, 77, HMAC_SHA512),
            MacAlgorithm(SHA384, 88),
            [
                "MAC: sha384, Iteration 88",
                "MAC length: 48, salt length: 20",
                "PKCS7 Encrypted data: PBES2, PBKDF2, AES-128-CBC, Iteration 77, PRF hmacWithSHA512",
            ],
        ),
        (
            Encryption(SHA_3DES, 77),
            None,
            ["PKCS7 Encrypted data: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 77"],
        ),
        (None, MacAlgorithm(SHA384, 88), ["MAC: sha384, Iteration 88", "PKCS7 Data"]),
    ],
)
def test_a_new_store_is_saved_with_the_algorithms_asked_for(
    encryption: Encryption | None, mac: MacAlgorithm | None, said: list[str], tmp_path: Path
) -> None:
    store = door.new_store(encryption, mac).with_entries((TrustedEntry("root", ROOT),))
    path = tmp_path / "store.p12"
    path.write_bytes(pkcs12.dumps(store, PASSWORD))
    command = [find("openssl"), "pkcs12", "-info", "-noout", "-passin", f"pass:{PASSWORD}", "-in", str(path)]
    written = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    assert [line for line in said if line not in written] == []
    assert ("MAC:" in written) == (mac is not None)
    assert ("Encrypted data" in written) == (encryption is not None)


# What only newer JDKs write ------------------------------------------------------------------


@pytest.mark.parametrize(
    "algorithm",
    ["PBEWithHmacSHA512/256AndAES_256", "PBEWithHmacSHA512/224AndAES_128", "PBEWithHmacSHA512/224AndAES_256"],
)
def test_every_pseudo_random_function_that_a_jdk_writes_is_read(
    jdks: list[Jdk], tmp_path: Path, algorithm: str
) -> None:
    for number, jdk in enumerate(jdks):
        path = tmp_path / f"{number}.p12"
        by_keytool(jdk, path, f"-J-Dkeystore.pkcs12.certProtectionAlgorithm={algorithm}")
        if not path.exists():  # before JDK 21
            continue
        assert [c.der for c in pkcs12.loads(path.read_bytes(), PASSWORD).all_certificates()] == [RDS.der]


def test_a_mac_that_nobody_reads_is_called_that(jdks: list[Jdk], tmp_path: Path) -> None:
    for number, jdk in enumerate(jdks):
        path = tmp_path / f"{number}.p12"
        by_keytool(jdk, path, "-J-Dkeystore.pkcs12.macAlgorithm=PBEWithHmacSHA256")
        if not path.exists():  # before JDK 25
            continue
        listed = subprocess.run(
            [jdk.keytool, *FAST, "-list", "-keystore", path, "-storepass", PASSWORD], capture_output=True, text=True
        )
        assert "Integrity check failed" in listed.stdout
        with pytest.raises(FormatError, match=r"bare HMAC .* which no program reads"):
            pkcs12.loads(path.read_bytes(), PASSWORD)


@pytest.mark.parametrize("digest", ["SHA1", "SHA224", "SHA256", "SHA384", "SHA512", "SHA512/224", "SHA512/256"])
def test_the_mac_that_nobody_reads_proves_a_file_to_us(jdks: list[Jdk], tmp_path: Path, digest: str) -> None:
    made = 0
    for number, jdk in enumerate(jdks):
        path = tmp_path / f"{number}.p12"
        by_keytool(jdk, path, f"-J-Dkeystore.pkcs12.macAlgorithm=PBEWithHmac{digest}")
        if not path.exists():  # before JDK 25
            continue
        made += 1
        data = path.read_bytes()
        path.write_bytes(with_readable_mac(data, PASSWORD))
        views = [each.read(Request("PKCS12", path, PASSWORD))[0] for each in jdks]
        assert [(view.error, len(view.trusted)) for view in views] == [(None, 1)] * len(jdks)
        with pytest.raises(IntegrityError):
            with_readable_mac(data, "another-one")
        changed = bytearray(data)
        changed[len(data) // 2] ^= 1  # in what is encrypted
        with pytest.raises(IntegrityError):
            with_readable_mac(bytes(changed), PASSWORD)
    assert made


def by_keytool(jdk: Jdk, path: Path, option: str) -> None:
    """Make a store of one root with an option of this JDK's, which may not know it and then makes none."""
    root = samples.amazon("rds-ca-2019-root.pem")
    words = ["-importcert", "-noprompt", "-alias", "a", "-file", str(root), "-keystore", str(path)]
    subprocess.run([jdk.keytool, *FAST, option, *words, "-storepass", PASSWORD], capture_output=True)

"""Readers that are JDKs: their security properties, held against real JDKs that are configured so."""

import datetime
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests import debian
from tests.readers import jvms
from tests.readers.jvms import Jvm
from tests.realtools import jdk_homes, missing
from tests.samples import amazon, certificates
from truststore_tool import formats, readers
from truststore_tool.errors import FormatError, UsageError
from truststore_tool.model import Certificate, TrustedEntry, TrustStore
from truststore_tool.readers.base import Jdk
from truststore_tool.readers.java import algorithms, path, security
from truststore_tool.readers.java.keystores import JavaReader
from truststore_tool.readers.java.releases import Release

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
CERTIFICATE = certificates(amazon("rds-ca-rsa2048-g1-us-east-1.pem"))[0]
FORMS = ("jks", "pkcs12", "jceks")
SETTINGS = {
    "as it is": "",
    "jks": "keystore.type=jks\n",
    "not compatible": "keystore.type.compat=false\n",
    "jks, not compatible": "! of old\\\n  keystore.type : J\\u004b\\\n   S\nkeystore.type.compat   FALSE\n",
    "jceks": " \tkeystore.type\\\n= jceks\r\n",
}
DISABLED = (
    "MD5",
    "RSA keySize < 3072",
    "RSA keySize != 2048",
    "RSA keySize >= 3072, MD2",
    "EC keySize < 300",
    "secp256r1",
    "RSA jdkCA & keySize < 3072",
)


def _text(home: Path) -> str:
    return (home / "conf" / "security" / "java.security").read_text("latin-1")


@cache
def _homes() -> dict[str, Path]:
    """The JDKs of this machine by name."""
    return {jvms.name_of(home): home for home in jdk_homes()} or missing("a JDK")


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return jvms.compiled(tmp_path_factory.mktemp("judge"))


@pytest.fixture(params=SETTINGS)
def configured(request: pytest.FixtureRequest, classes: Path, tmp_path: Path) -> Iterator[list[tuple[Jvm, JavaReader]]]:
    """Each JDK with some settings, running, and as a reader."""
    with _Both(SETTINGS[request.param], classes, tmp_path) as both:
        yield both


class _Both:
    """JDKs with settings behind those of their own java.security, running and as readers."""

    def __init__(self, settings: str, classes: Path, folder: Path) -> None:
        (folder / "more.security").write_text(settings)
        self._running = jvms.running(_homes(), classes, f"-Djava.security.properties={folder / 'more.security'}")
        self._settings = settings

    def __enter__(self) -> list[tuple[Jvm, JavaReader]]:
        running = self._running.__enter__()
        return [(running[name], _reader(home, f"\n{self._settings}")) for name, home in _homes().items()]

    def __exit__(self, *exception: object) -> None:
        self._running.__exit__(None, None, None)


def _reader(home: Path, more: str = "", form: str | None = None) -> JavaReader:
    jdk = Jdk(f"jdk:{home}", (home / "release").read_text(), _text(home) + more)
    reader = readers.named(jdk, form)
    assert isinstance(reader, JavaReader)
    return reader


def test_every_java_has_the_properties_that_its_release_is_said_to_have() -> None:
    found, _ = jvms.homes()
    assert len(found) >= 2
    for name, home in found.items():
        assert security.parse(_text(home)) == security.of(Release.parse(name)), name


def test_java_8_of_unstable_has_the_properties_that_its_release_is_said_to_have() -> None:
    there = debian.there()
    text = there.run("cat", "/etc/java-8-openjdk/security/java.security").decode("latin-1")
    assert security.parse(text) == security.of(Release.parse("java8"))


def test_what_a_configured_jdk_opens_is_what_its_reader_says(configured: list[tuple[Jvm, JavaReader]]) -> None:
    store = TrustStore((TrustedEntry("one", CERTIFICATE, datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)),))
    for jvm, reader in configured:
        for form in FORMS:
            dumps = formats.get(form).dumps
            assert dumps
            data = dumps(store, "changeit")
            assert isinstance(data, bytes)
            answer, reading = jvm.ask(data, "changeit", "-"), reader.read(data, "changeit")
            assert reading.loads is answer.loads, (jvm.name, form, answer.error)
            assert len(reading.anchors or ()) == len(answer.anchors), (jvm.name, form)
            assert (reading.error or "").split(":")[0] == "".join(answer.error[:1]).split(":")[0], (jvm.name, form)


def test_of_a_type_of_key_store_that_nobody_looked_at_nothing_is_said() -> None:
    for home in _homes().values():
        for more in ("keystore.type=bcfks\n", "include other.security\n"):
            reading = _reader(home, f"\n{more}").read(b"\xfe\xed\xfe\xed", "changeit")
            assert (reading.loads, reading.anchors) == (None, None)
            assert reading.evidence


def _signed(key: Key, subject: str, below: Key | None = None) -> bytes:
    """A certificate that the root's key signed: its own, or one for the key below."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "root")])
    begin = datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .issuer_name(name)
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .public_key((below or key).public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + datetime.timedelta(days=9000))
    )
    if subject == "root":
        builder = builder.add_extension(x509.BasicConstraints(True, None), True)
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, digest).public_bytes(Encoding.DER)


def test_a_key_that_is_disabled_is_one_to_a_jdk(classes: Path, tmp_path: Path) -> None:
    kinds: dict[str, Key] = {
        "RSA 2048": rsa.generate_private_key(65537, 2048),
        "RSA 3072": rsa.generate_private_key(65537, 3072),
        "P-256": ec.generate_private_key(ec.SECP256R1()),
        "P-384": ec.generate_private_key(ec.SECP384R1()),
    }
    # The key below is of another kind than the anchor's: what is refused, is for the anchor.
    other = ed25519.Ed25519PrivateKey.generate()
    roots = {kind: (_signed(key, "root"), _signed(key, "below", other)) for kind, key in kinds.items()}
    seen: set[bool] = set()
    for items in DISABLED:
        with _Both(f"jdk.certpath.disabledAlgorithms={items}\n", classes, tmp_path) as both:
            for jvm, reader in both:
                for kind, (root, below) in roots.items():
                    refused = jvm.refuses_path(root, below)
                    why = reader.why_disabled(Certificate(root))
                    # A signature by a key of a disabled algorithm is disabled with it: then the word is of that.
                    assert bool(refused) is bool(why), (jvm.name, items, kind, refused)
                    assert why is None or why in items
                    seen.add(bool(why))
    assert seen == {True, False}


@pytest.mark.parametrize("items", ["EdDSA", "Ed25519", "MD5"])
def test_a_key_of_edwards_is_disabled_by_either_name(items: str, classes: Path, tmp_path: Path) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    root, below = _signed(key, "root"), _signed(key, "below", ec.generate_private_key(ec.SECP256R1()))
    with _Both(f"jdk.certpath.disabledAlgorithms={items}\n", classes, tmp_path) as both:
        for jvm, reader in both:
            assert (
                bool(jvm.refuses_path(root, below)) is bool(reader.why_disabled(Certificate(root))) is (items != "MD5")
            )


def test_what_other_rooms_know_of_small_keys_is_what_the_properties_say() -> None:
    for name in ("java17.0.15", "java25.0.3"):
        said = security.of(Release.parse(name))
        for algorithm, smallest in {**path._SMALLEST, **algorithms._SMALLEST_ENABLED}.items():
            if algorithm != "RSASSA-PSS":
                assert said.why_disabled(algorithm, smallest - 1) == f"{algorithm} keySize < {smallest}"
                assert said.why_disabled(algorithm, smallest) is None


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ('JAVA_VERSION="1.8.0_504"\n', (8, 504)),
        ('IMPLEMENTOR="x"\nJAVA_VERSION="17.0.15"\nOS_NAME="Linux"\n', (17, 15)),
        ('JAVA_VERSION="17.0.4.1"', (17, 4)),
        ('JAVA_VERSION="25"\r\n', (25, 0)),
        ('JAVA_VERSION="25.0.3-beta"\n', (25, 3)),
        ("JAVA_VERSION=11.0.5\n", (11, 5)),
    ],
)
def test_the_file_release_names_the_release(text: str, release: tuple[int, int]) -> None:
    assert Release.of_file(text) == release


def test_a_file_that_names_no_known_release_is_an_error() -> None:
    for text in ("", 'JAVA_RUNTIME_VERSION="17"\n', 'JAVA_VERSION="1.8.0"\n', 'JAVA_VERSION="seventeen"\n'):
        with pytest.raises(FormatError, match="names no release of Java"):
            Release.of_file(text)
    with pytest.raises(UsageError, match="nobody has looked at Java 22"):
        Release.of_file('JAVA_VERSION="22.0.1"\n')

"""Stores in which something is not well: made by real programs, or laid out by hand where none makes them."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.cli.test_doctor import keytool_store
from tests.cli.test_gate import raw, unusable
from tests.formats import test_jks as jks
from tests.formats import test_pkcs12 as p12
from tests.realtools import Jdk, find, run
from tests.samples import amazon, certificates, own
from truststore_tool import formats

RDS, G1 = amazon("rds-ca-2019-root.pem"), amazon("rds-ca-rsa2048-g1-us-east-1.pem")
ONE, TWO, THREE = (
    certificates(path)[0] for path in (G1, amazon("rds-ca-rsa4096-g1-us-east-1.pem"), own("new-root.pem"))
)
# Iterations: many are nothing that a test here is about.
FEW = {"keystore_pkcs12_certPbeIterationCount": "1000", "keystore_pkcs12_macIterationCount": "1000"}


def _openssl(*options: str | Path) -> Callable[[str, list[Jdk]], None]:
    def make(name: str, _jdks: list[Jdk]) -> None:
        bundle = Path("two.pem")
        bundle.write_bytes(G1.read_bytes() + own("new-root.pem").read_bytes())
        words = ("pkcs12", "-export", "-passout", "pass:changeit", "-out", name)
        run(find("openssl"), *words, *(options or ("-nokeys",)), *(() if "-in" in options else ("-in", bundle)))

    return make


def _keytool(**settings: str) -> Callable[[str, list[Jdk]], None]:
    def make(name: str, jdks: list[Jdk]) -> None:
        keytool_store(jdks[-1], name, **FEW, **settings)

    return make


def _bytes(make: Callable[[], bytes]) -> Callable[[str, list[Jdk]], None]:
    def written(name: str, _jdks: list[Jdk]) -> None:
        Path(name).write_bytes(make())

    return written


def _bare(name: str, jdks: list[Jdk]) -> None:
    """As keytool 25 makes it, which then cannot read what it made."""
    words = ["-importcert", "-noprompt", "-alias", "one", "-file", str(G1), "-keystore", name, "-storetype", "PKCS12"]
    settings = {**FEW, "keystore_pkcs12_macAlgorithm": "PBEWithHmacSHA256"}
    options = [f"-J-D{key.replace('_', '.')}={value}" for key, value in settings.items()]
    for jdk in jdks:
        subprocess.run([jdk.keytool, *options, *words, "-storepass", "changeit"], capture_output=True)
    assert Path(name).exists()


def _alike_p12() -> bytes:
    """Two trusted certificates under aliases that are the same to Java, which keeps the last."""
    bags = [p12.cert_bag(c, name, None, p12.TRUSTED) for c, name in ((ONE, "one"), (TWO, "ONE"), (THREE, "three"))]
    return p12.pfx(p12.encrypted_safe(p12.FAST, *bags), mac=p12.pkcs12_mac)


def _twice_p12() -> bytes:
    """A trusted certificate under two aliases, and once more without the attribute."""
    bags = [p12.cert_bag(c, name, None, p12.TRUSTED) for c, name in ((ONE, "one"), (TWO, "two"), (ONE, "again"))]
    return p12.pfx(p12.encrypted_safe(p12.FAST, *bags, p12.cert_bag(TWO)), mac=p12.pkcs12_mac)


def _pbmac1() -> bytes:
    bags = [p12.cert_bag(ONE, "one", None, p12.TRUSTED)]
    return p12.pfx(p12.encrypted_safe(p12.FAST, *bags), mac=p12.pbmac1)


def _of_entries(form: str, *entries: bytes) -> Callable[[], bytes]:
    return lambda: jks.file(*entries, form=form)


_TWICE = (jks.trusted(b"one", ONE.der), jks.trusted(b"two", TWO.der), jks.trusted(b"again", ONE.der))
_SAME = (jks.trusted(b"one", ONE.der), jks.trusted(b"one", TWO.der))
_CASES = (
    jks.trusted(b"one", ONE.der),
    jks.trusted(b"One", TWO.der),
    jks.trusted(b"THREE", THREE.der),
)


def _with_sm2() -> bytes:
    bad = certificates(unusable("sm2", Path()))[0]
    return raw("jks", [("a", ONE), ("again", ONE), ("bad", bad)])


def _pem_twice() -> bytes:
    return b"# of Amazon\n" + G1.read_bytes() + b"# ours\n" + own("new-root.pem").read_bytes() + G1.read_bytes()


STORES: dict[str, Callable[[str, list[Jdk]], None]] = {
    "openssl.p12": _openssl(),
    "rc2.p12": _openssl("-nokeys", "-legacy"),
    "nomac.p12": _openssl("-nokeys", "-nomac"),
    "keyed.p12": _openssl("-in", own("new-chain.pem"), "-inkey", own("new-server.key"), "-certfile", G1),
    "keytool.p12": _keytool(),
    "rc2-keytool.p12": _keytool(
        keystore_pkcs12_certProtectionAlgorithm="PBEWithSHA1AndRC2_40", keystore_pkcs12_macAlgorithm="HmacPBESHA1"
    ),
    "bare.p12": _bare,
    "truncated-prf.p12": _keytool(keystore_pkcs12_certProtectionAlgorithm="PBEWithHmacSHA512/256AndAES_256"),
    "alike.p12": _bytes(_alike_p12),
    "twice.p12": _bytes(_twice_p12),
    "pbmac1.p12": _bytes(_pbmac1),
    "twice.jks": _bytes(_of_entries("jks", *_TWICE)),
    "twice.jceks": _bytes(_of_entries("jceks", *_TWICE)),
    "same.jks": _bytes(_of_entries("jks", *_SAME)),
    "cases.jks": _bytes(_of_entries("jks", *_CASES)),
    "cases.jceks": _bytes(_of_entries("jceks", *_CASES)),
    # U+1F512 in UTF-8 of four octets, which Java's readUTF refuses
    "utf8.jks": _bytes(_of_entries("jks", jks.trusted("\U0001f512".encode(), ONE.der), jks.trusted(b"two", TWO.der))),
    "sm2.jks": _bytes(_with_sm2),
    "twice.pem": _bytes(_pem_twice),
}


_MADE: dict[str, bytes] = {}


def make(name: str, jdks: list[Jdk]) -> Path:
    """The store called so, in the current directory; each is made once, as a JVM takes its time."""
    path = Path(name)
    if name not in _MADE:
        STORES[name](name, jdks)
        _MADE[name] = path.read_bytes()
    path.write_bytes(_MADE[name])
    return path


def storetype(name: str) -> str:
    """Java's name of the type."""
    return {"jks": "JKS", "jceks": "JCEKS", "p12": "PKCS12"}[name.rpartition(".")[2]]


def trusted(path: Path) -> set[str]:
    """SHA-256 of what a file trusts, as we read it."""
    opened = formats.loads(path.read_bytes(), "changeit")
    return {entry.certificate.sha256.hex for entry in opened.trusted()}

"""The page of the readers: what each makes of stores as people have them.

``python -m tests.readers.page > docs/readers.md`` makes it anew. The cells are predictions; a test holds those of Java
against the real releases.
"""

import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, NoEncryption, pkcs12

from tests.realtools import find, jdk_homes, run
from tests.samples import amazon, certificates
from truststore_tool import formats, readers, stores
from truststore_tool.model import TrustedEntry, TrustStore
from truststore_tool.readers.base import Reading

ROOT: Final = amazon("rds-ca-rsa2048-g1-us-east-1.pem")
CERTIFICATE: Final = certificates(ROOT)[0]
PASSWORD: Final = "changeit"
HEAD: Final = """# What readers make of a store

One certificate in each store. A cell has how many trust anchors the reader sees with the right password, with a
wrong one, and without any; **x** where it does not open the store, ? where nobody knows. Made by
`python -m tests.readers.page` from the rules in `truststore_tool/readers`, which say how each is known; tests hold
those of Java against eleven real releases, and those of OpenSSL (in FIPS mode, too), libpq, Python and Node against
the programs.
`truststore-tool doctor STORE --for all` says the same of any store.
"""


class Made(NamedTuple):
    """A store: how it was made, and its bytes."""

    how: str
    data: bytes


def every() -> Iterator[Made]:
    """The stores of the page."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield from _ours()
        yield from _keytool(folder)
        yield from _openssl(folder)
    yield from _cryptography()
    yield Made("a PEM file", ROOT.read_bytes())


def _ours() -> Iterator[Made]:
    made = TrustStore((TrustedEntry("rds-root", CERTIFICATE, datetime(2026, 1, 1, tzinfo=UTC)),), "pkcs12")
    for profile in ("compat", "modern", "passwordless"):
        password = None if profile == "passwordless" else PASSWORD
        yield Made(f"truststore-tool, PKCS#12, `--profile {profile}`", stores.encoded(made, password, (), profile))
    for form in ("jks", "jceks"):
        dumps = formats.get(form).dumps
        assert dumps is not None
        yield Made(f"truststore-tool, {form.upper()}", dumps(made, PASSWORD))


def _keytool(folder: Path) -> Iterator[Made]:
    keytool = jdk_homes()[0] / "bin" / "keytool"
    plain = ("-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE", "-J-Dkeystore.pkcs12.macAlgorithm=NONE")
    ways: dict[str, tuple[str, ...]] = {
        "": (),
        ", `-J-Dkeystore.pkcs12.legacy`": ("-J-Dkeystore.pkcs12.legacy",),
        ", nothing encrypted": plain[:1],
        ", nothing encrypted, no MAC": plain,
    }
    for number, (how, options) in enumerate(ways.items()):
        path = folder / f"{number}.p12"
        words = ("-importcert", "-noprompt", "-alias", "one", "-file", str(ROOT), "-keystore", str(path))
        run(keytool, *options, *words, "-storetype", "PKCS12", "-storepass", PASSWORD)
        yield Made(f"keytool 17{how}", path.read_bytes())


def _openssl(folder: Path) -> Iterator[Made]:
    for how in ("", "-legacy", "-nomac", "-certpbe PBE-SHA1-3DES -macalg sha1"):
        path = folder / "openssl.p12"
        words = ("pkcs12", "-export", "-nokeys", "-in", str(ROOT), "-passout", f"pass:{PASSWORD}", *how.split())
        run(find("openssl"), *words, "-out", path)
        yield Made(f"`openssl pkcs12 -export {how}".rstrip() + "`", path.read_bytes())


def _cryptography() -> Iterator[Made]:
    root = pkcs12.PKCS12Certificate(x509.load_der_x509_certificate(CERTIFICATE.der), b"one")
    ways = {"BestAvailableEncryption": BestAvailableEncryption(PASSWORD.encode()), "NoEncryption": NoEncryption()}
    for how, encryption in ways.items():
        yield Made(
            f"cryptography, `serialize_java_truststore`, {how}", pkcs12.serialize_java_truststore([root], encryption)
        )


def cell(reader: str, made: Made) -> str:
    """What a reader makes of a store with the right password, a wrong one, and none."""
    form = formats.detect(made.data).name
    readings = (readers.named(reader, form).read(made.data, password) for password in (PASSWORD, "another-one", None))
    return " ".join(map(_shown, readings))


def _shown(reading: Reading) -> str:
    if reading.loads is None or (reading.loads and reading.anchors is None):
        return "?"
    return str(len(reading.anchors or ())) if reading.loads else "**x**"


def page() -> str:
    """The page, in Markdown."""
    lines = [HEAD, f"| Store | {' | '.join(readers.ALL)} |", f"|---|{'---|' * len(readers.ALL)}"]
    lines += [f"| {made.how} | {' | '.join(cell(name, made) for name in readers.ALL)} |" for made in every()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())

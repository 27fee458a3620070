"""What mutation begins with: small stores of every format, made here or written by others."""

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

from tests import samples
from tests.formats import bouncycastle
from truststore_tool import asn1, formats
from truststore_tool.formats import capath, pem
from truststore_tool.formats.pkcs12.layout import Layout
from truststore_tool.formats.pkcs12.macs import Mac
from truststore_tool.formats.pkcs12.safebags import Safe
from truststore_tool.model import Certificate, OpaqueEntry, TrustedEntry, TrustStore

PASSWORD: Final = "changeit"
_CREATED: Final = datetime(2024, 8, 22, 17, 8, 50, tzinfo=UTC)
# Seeds beyond this say no more and cost time.
_LARGEST: Final = 12 * 1024


@cache
def certificates() -> tuple[Certificate, ...]:
    """Certificates of every make: RSA and EC, roots and leaves, expired, of zero serial number, of one subject."""
    own = ("new-root", "new-server", "old-root", "same-subject-root", "zero-serial-root", "expired-root")
    found = [samples.certificates(samples.own(f"{name}.pem"))[0] for name in own]
    amazon = ("rds-ca-2019-root.pem", "rds-ca-ecc384-g1-us-east-1.pem")
    return (*found, *(samples.certificates(samples.amazon(name))[0] for name in amazon))


@cache
def private_key() -> bytes:
    """A PKCS#8 PrivateKeyInfo."""
    from cryptography.hazmat.primitives import serialization as s

    key = s.load_pem_private_key(samples.own("new-server.key").read_bytes(), None)
    return key.private_bytes(s.Encoding.DER, s.PrivateFormat.PKCS8, s.NoEncryption())


def store(number: int, name: str) -> TrustStore:
    """A store of `number` certificates for the format called `name`."""
    has_aliases = formats.get(name).has_aliases
    return TrustStore(
        tuple(
            TrustedEntry(f"alias {i} \xe9" if has_aliases else "", certificate, _CREATED if has_aliases else None)
            for i, certificate in enumerate(certificates()[:number])
        ),
        format=name,
    )


def with_key(name: str) -> TrustStore:
    keys = formats.get(name).keys
    assert keys is not None
    bare = OpaqueEntry("key", "private-key", name, b"", certificates()[1:2], _CREATED)
    return TrustStore((keys.seal(bare, private_key(), PASSWORD), *store(1, name).entries), format=name)


def of_format(name: str) -> list[bytes]:
    """Encoded stores of one format: empty, of one certificate, of several, with a key."""
    codec = formats.get(name)
    if codec.dumps is None:
        return [bouncycastle.store(file) for file in bouncycastle.names() if file.startswith(name)] + _corpus(name)
    whole = [codec.dumps(store(number, name), PASSWORD) for number in (0, 1, 3)]
    if codec.keys:
        whole.append(codec.dumps(with_key(name), PASSWORD))
    if name == "pkcs12":
        whole = [_cheap_pkcs12(number, sealed) for number in (0, 1, 3) for sealed in (False, True)]
    return [data for data in whole if data] + _corpus(name)


def _cheap_pkcs12(number: int, sealed: bool) -> bytes:
    """A PKCS#12 with a MAC of one iteration, so that many can be tried; or without any protection."""
    mac = Mac("1.3.14.3.2.26", b"saltsalt", 1) if sealed else None
    empty = Safe(asn1.read(asn1.sequence()), scheme=None, bags=())
    start = TrustStore(format="pkcs12", facts=Layout(b"", (empty,), mac, rekeyed=True))
    dumps = formats.get("pkcs12").dumps
    assert dumps is not None
    return bytes(dumps(start.with_entries(store(number, "pkcs12").entries), PASSWORD))


def _corpus(name: str) -> list[bytes]:
    """Small files of that format in the folder TRUSTSTORE_TOOL_CORPUS, where there is one."""
    folder = os.environ.get("TRUSTSTORE_TOOL_CORPUS")
    files: Iterable[Path] = sorted(Path(folder).rglob("*")) if folder else ()
    found = (path.read_bytes() for path in files if path.is_file() and path.stat().st_size <= _LARGEST)
    return [data for data in found if formats.get(name).detect(data)][:60]


def pem_files() -> list[bytes]:
    """PEM with text around, other labels, other line ends."""
    one, two = (pem.encode(certificate) for certificate in certificates()[:2])
    odd = f"subject=x\r\n{one}\r\n# comment\n{two.replace('CERTIFICATE', 'X509 CERTIFICATE')}trailing".encode()
    trusted = one.replace("CERTIFICATE", "TRUSTED CERTIFICATE").encode()
    return [
        *of_format("pem"),
        odd,
        trusted,
        one.replace("\n", "\r\n").encode(),
        samples.own("new-server.key").read_bytes(),
    ]


def certificate_files() -> list[bytes]:
    """DER certificates."""
    return [certificate.der for certificate in certificates()] + _corpus("der")


def directories() -> list[bytes]:
    """Directories as one string of octets: NUL between names and contents, each content in PEM."""
    files = capath.dumps(store(3, "capath"))
    plain = b"\0".join(part for name, data in files.items() for part in (name.encode(), data))
    return [plain, plain.replace(b".0", b".1"), b"../x\0" + plain]


def openssl_lines() -> list[bytes]:
    """Command lines of openssl x509."""
    from truststore_tool.shims.openssl import help as help_text

    lines = [
        "-in cert.pem -noout -text",
        "-in cert.pem -noout -fingerprint -sha256 -subject -issuer -dates -serial -hash",
        "-inform der -in cert.der -outform pem -out other.pem",
        "-in cert.pem -nameopt oneline,utf8,esc_msb -subject -noout -certopt no_sigdump,ext_parse",
        "-in cert.pem -checkend 1000 -noout",
        "-in store.p12 -passin pass:changeit -addtrust serverAuth -addreject 1.2.3 -setalias x -trustout",
        "-in cert.pem -ext basicConstraints,keyUsage -noout -modulus -pubkey -email -ocspid -ocsp_uri -purpose",
    ]
    options = [word.encode() for word in help_text.text().split() if word.startswith("-")]
    return [line.replace(" ", "\0").encode() for line in lines] + [b"-in\0cert.pem\0" + word for word in options]


def keytool_lines() -> list[bytes]:
    """Command lines of keytool."""
    from truststore_tool.shims.keytool import options as keytool_options
    from truststore_tool.shims.keytool import usage as keytool_help

    lines = [
        "-list -keystore store.jks -storepass changeit -v",
        "-list -keystore store.p12 -storepass changeit -rfc -alias alias 0",
        "-importcert -noprompt -trustcacerts -alias new -file cert.pem -keystore store.jks -storepass changeit",
        "-exportcert -alias x -keystore store.jks -storepass changeit -file out.pem -rfc",
        "-delete -alias x -keystore store.p12 -storepass changeit",
        "-changealias -alias x -destalias y -keystore store.jks -storepass:env PASSWORD",
        "-storepasswd -keystore store.jks -storepass changeit -new changeit2",
        "-importkeystore -srckeystore store.jks -destkeystore new.p12 -srcstorepass changeit -deststorepass changeit"
        " -deststoretype pkcs12 -srcalias x -destalias y -noprompt",
        "-printcert -file cert.pem -v",
        "-J-Duser.language=de -list -keystore store.jks -storetype JKS",
    ]
    words = [word for line in keytool_help.general(17).split("\n") for word in line.split() if word.startswith("-")]
    words += [*keytool_options.COMMANDS, "-help", "-version", "-conf", "-providerpath"]
    return [line.replace(" ", "\0").encode() for line in lines] + [word.encode() for word in words]

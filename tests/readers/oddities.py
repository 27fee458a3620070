"""Stores as no program writes them: each with one element that is not as the standard has it, its MAC made anew."""

import hashlib
import hmac
import struct
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from tests import samples
from truststore_tool import asn1
from truststore_tool.errors import FormatError
from truststore_tool.formats import pem
from truststore_tool.formats.crypto import kdf, pbe

PASSWORD: Final = "changeit"
CERTIFICATE: Final = samples.certificates(samples.own("new-root.pem"))[0]
_DATA: Final = asn1.oid("1.2.840.113549.1.7.1")
_ENCRYPTED: Final = asn1.oid("1.2.840.113549.1.7.6")
_CERT_BAG: Final = asn1.oid("1.2.840.113549.1.12.10.1.3")
_X509: Final = asn1.oid("1.2.840.113549.1.9.22.1")
_FRIENDLY_NAME: Final = asn1.oid("1.2.840.113549.1.9.20")
_TRUSTED: Final = asn1.oid("2.16.840.1.113894.746875.1.1")
_PBES2: Final = asn1.oid("1.2.840.113549.1.5.13")
_PBKDF2: Final = asn1.oid("1.2.840.113549.1.5.12")
_SHA1: Final = asn1.oid("1.3.14.3.2.26")
_SALT: Final = b"saltsalt"

Change = Callable[[bytes], bytes]


class Odd(NamedTuple):
    """A store: what is odd about it, its type to Java, its bytes."""

    what: str
    storetype: str
    data: bytes


def _again(make: Callable[[asn1.Element], bytes]) -> Change:
    return lambda data: make(asn1.read(data))


def _with_its_name(data: bytes) -> bytes:
    """PBES2-params with their identifier around them, as Java before 12 wrote them (JDK-8202837)."""
    fields = asn1.read(data).children() if data[:1] == b"\x30" else ()
    is_pbes2 = len(fields) == 2 and fields[0].value.startswith(_PBKDF2)
    return asn1.sequence(_PBES2, data) if is_pbes2 else data


CHANGES: Final[dict[str, Change]] = {
    "one field more": _again(lambda e: asn1.tlv(e.tag, e.value, asn1.null())),
    "two fields more": _again(lambda e: asn1.tlv(e.tag, e.value, asn1.integer(7), asn1.octet_string(b"x"))),
    "an empty set more": _again(lambda e: asn1.tlv(e.tag, e.value, asn1.tlv(asn1.SET))),
    "octets behind": lambda data: data + b"\x05\x00",
    "another before": lambda data: asn1.null() + data,
    "twice": lambda data: data + data,
    "nothing": lambda _data: b"",
    "empty": _again(lambda e: asn1.tlv(e.tag)),
    "as the other structure": _again(lambda e: asn1.tlv({0x30: 0x31, 0x31: 0x30}.get(e.tag, e.tag), e.value)),
    "primitive": _again(lambda e: asn1.tlv(e.tag & ~0x20, e.value)),
    "constructed": _again(lambda e: asn1.tlv(e.tag | 0x20, e.value)),
    "in segments": _again(lambda e: asn1.tlv(e.tag | 0x20, *map(asn1.octet_string, (e.value[:9], e.value[9:])))),
    "of indefinite length": _again(lambda e: bytes((e.tag | 0x20, 0x80)) + e.value + b"\0\0"),
    "of a long length": _again(lambda e: bytes((e.tag, 0x84)) + struct.pack(">I", len(e.value)) + e.value),
    "of another tag": _again(lambda e: asn1.tlv(e.tag ^ 1, e.value)),
    "of a long tag": _again(lambda e: b"\xff\x30" + asn1.tlv(e.tag, e.value)[1:]),
    "of a strange tag": _again(lambda e: asn1.tlv(0x2F, e.value)),
    "with half a character": _again(
        lambda e: asn1.tlv(e.tag, b"\0a\xd8\0\x90\x1d\0b\xdc\0\0c\xd8\x3d\xd8\x3d\xdd\x12")
    ),
    "cut in half": _again(lambda e: asn1.tlv(e.tag, e.value[:-1])),
    "ending with half a character": _again(lambda e: asn1.tlv(e.tag, e.value + b"\xd8\0")),
    "in UTF-8": lambda _data: asn1.tlv(asn1.UTF8_STRING, b"alias"),
    "in PEM": lambda data: pem.encode(CERTIFICATE).encode() if data == CERTIFICATE.der else data,
    "in PEM behind text": lambda d: b"text\n" + pem.encode(CERTIFICATE).encode() if d == CERTIFICATE.der else d,
    "of an sdsiCertificate": lambda data: asn1.oid("1.2.840.113549.1.9.22.2") if data == _X509 else data,
    "of 400 octets": lambda data: asn1.tlv(asn1.OBJECT_IDENTIFIER, b"9" * 400) if data == _X509 else data,
    "of a CRL": lambda data: asn1.oid("1.2.840.113549.1.9.23.1") if data == _X509 else data,
    "with their name again": _with_its_name,
    "of key length 1": lambda data: asn1.integer(1) if data == asn1.integer(16) else data,
    "of key length 0": lambda data: asn1.integer(0) if data == asn1.integer(16) else data,
    "of key length -3": lambda data: asn1.integer(-3) if data == asn1.integer(16) else data,
    "of key length 70000": lambda data: asn1.integer(70_000) if data == asn1.integer(16) else data,
}


def pkcs12(changed: str, change: Change, *, sealed: bool) -> tuple[bytes, list[str]]:
    """A PKCS#12 of one trusted certificate in which the element called `changed` is another; and all their names."""
    names: list[str] = []

    def put(name: str, value: bytes) -> bytes:
        names.append(name)
        return change(value) if name == changed else value

    def explicit(name: str, value: bytes) -> bytes:
        return put(f"{name} [0]", asn1.explicit(0, value))

    def sequence(name: str, *parts: bytes) -> bytes:
        return put(name, asn1.sequence(*parts))

    def attribute(name: str, oid: bytes, value: bytes) -> bytes:
        values = put(f"{name} values", asn1.tlv(asn1.SET, put(f"{name} value", value)))
        return sequence(name, put(f"{name} oid", oid), values)

    octets = put("certificate", asn1.octet_string(put("certificate DER", CERTIFICATE.der)))
    cert_bag = sequence("CertBag", put("certId", _X509), explicit("CertBag", octets))
    named = attribute("friendlyName", _FRIENDLY_NAME, asn1.bmp_string("alias"))
    trusted = attribute("trustedKeyUsage", _TRUSTED, asn1.oid("2.5.29.37.0"))
    attributes = put("attributes", asn1.tlv(asn1.SET, named, trusted))
    bag = sequence("SafeBag", put("bagId", _CERT_BAG), explicit("SafeBag", cert_bag), attributes)
    contents = sequence("SafeContents", bag)
    if sealed:
        prf = sequence("prf", asn1.oid("1.2.840.113549.2.9"), asn1.null())
        derivation = sequence(
            "PBKDF2-params",
            asn1.octet_string(_SALT),
            put("iterations", asn1.integer(3)),
            put("keyLength", asn1.integer(16)),
            prf,
        )
        aes = sequence("encryptionScheme", asn1.oid("2.16.840.1.101.3.4.1.2"), put("iv", asn1.octet_string(bytes(16))))
        function = sequence("keyDerivationFunc", asn1.oid("1.2.840.113549.1.5.12"), derivation)
        algorithm = sequence(
            "AlgorithmIdentifier", asn1.oid("1.2.840.113549.1.5.13"), sequence("PBES2-params", function, aes)
        )
        scheme = pbe.Pbes2(kdf.Pbkdf2(_SALT, 3, 16, "1.2.840.113549.2.9"), "2.16.840.1.101.3.4.1.2", bytes(16))
        secret = scheme.encrypt(contents, kdf.passphrases(PASSWORD)[0])
        encrypted = put("encryptedContent", asn1.tlv(0x80, secret))
        info = sequence("EncryptedContentInfo", put("contentType", _DATA), algorithm, encrypted)
        data = sequence("EncryptedData", put("version of EncryptedData", asn1.integer(0)), info)
        safe = sequence("ContentInfo", put("content type", _ENCRYPTED), explicit("ContentInfo", data))
    else:
        octets = put("content", asn1.octet_string(contents))
        safe = sequence("ContentInfo", put("content type", _DATA), explicit("ContentInfo", octets))
    safes = sequence("AuthenticatedSafe", safe)
    content = put("content of the file", asn1.octet_string(safes))
    whole = explicit("content of the file", content)
    mac = b""
    if sealed:
        key = kdf.pkcs12_kdf("sha1", kdf.MAC, kdf.passphrases(PASSWORD)[0].bmp, _SALT, 1, 20)
        try:
            proven = asn1.read(content).octets()
        except FormatError:
            proven = safes
        value = put("digest", asn1.octet_string(hmac.digest(key, proven, "sha1")))
        digest = sequence("DigestInfo", sequence("digest algorithm", _SHA1, asn1.null()), value)
        mac = sequence("MacData", digest, put("macSalt", asn1.octet_string(_SALT)), put("macs", asn1.integer(1)))
    info = sequence("contents", put("type of the file", _DATA), whole)
    return sequence("PFX", put("version", asn1.integer(3)), info, mac), names


def _same(data: bytes) -> bytes:
    return data


def pkcs12s() -> Iterator[Odd]:
    """Every change of every element, without protection and sealed."""
    for sealed in (False, True):
        whole, names = pkcs12("", _same, sealed=sealed)
        yield Odd(f"whole{', sealed' * sealed}", "PKCS12", whole)
        for name in names:
            for what, change in CHANGES.items():
                try:
                    data = pkcs12(name, change, sealed=sealed)[0]
                except FormatError:
                    continue
                if data != whole or what == "of key length 16":
                    yield Odd(f"{name} {what}{', sealed' * sealed}", "PKCS12", data)


KINDS: Final = (
    *("X.509", "x.509", "X509", "x509", "X.509 ", " X.509", "X-509", "X_509", "x.509v3", "X.509v3", "XX.509", ""),
    *("OID.2.5", "2.5.4.36", "X.500", "PKCS7", "CertificateFactory.X.509", "\u00d7.509", "x.\uff1509"),
)


# Aliases in odd UTF-8: longer than need be, of four bytes, cut short.
_ALIASES: Final = (
    b"al\xc1\xa9as",
    b"\xe0\x81\xa1lias",
    b"\xe0\x80\x80",
    b"\xf0\x9f\x94\x91",
    b"a\xc1",
    b"a\x80",
    b"\xc1a",
)


def java_stores() -> Iterator[Odd]:
    """JKS and JCEKS of one certificate: other names of its type, other encodings of it and of its alias."""
    blocks = {what: change(CERTIFICATE.der) for what, change in CHANGES.items() if what not in ("nothing", "empty")}
    blocks["in PEM, whose label is another"] = pem.encode(CERTIFICATE).replace("CERTIFICATE", "WHATEVER").encode()
    blocks["in PEM and more of it"] = 2 * pem.encode(CERTIFICATE).encode()
    blocks["in PEM of other ends of lines"] = pem.encode(CERTIFICATE).replace("\n", "\r").encode()
    blocks["in PEM, behind hyphens"] = b"x-----\n" + pem.encode(CERTIFICATE).encode()
    blocks["in PEM, in the middle of a line"] = b"xx" + pem.encode(CERTIFICATE).encode()
    blocks["in PEM without a last line end"] = pem.encode(CERTIFICATE).strip().encode()
    for name, magic in (("JKS", b"\xfe\xed\xfe\xed"), ("JCEKS", b"\xce\xce\xce\xce")):
        for kind in KINDS:
            yield Odd(f"type {kind!r}", name, _java_store(magic, kind.encode(), CERTIFICATE.der))
        for alias in _ALIASES:
            yield Odd(f"alias {alias!r}", name, _java_store(magic, b"X.509", CERTIFICATE.der, alias))
        for what, block in blocks.items():
            yield Odd(f"certificate {what}", name, _java_store(magic, b"X.509", block))
            yield Odd(f"certificate {what}, of version 1", name, _java_store(magic, None, block))


def _java_store(magic: bytes, kind: bytes | None, block: bytes, alias: bytes = b"alias") -> bytes:
    """A store of version 2, or of 1 where certificates have no type."""
    head = b"" if kind is None else struct.pack(">H", len(kind)) + kind
    entry = struct.pack(">IH", 2, len(alias)) + alias + bytes(8) + head + struct.pack(">I", len(block)) + block
    body = magic + struct.pack(">II", 1 if kind is None else 2, 1) + entry
    whitened = PASSWORD.encode("utf-16-be") + b"Mighty Aphrodite"
    return body + hashlib.sha1(whitened + body, usedforsecurity=False).digest()

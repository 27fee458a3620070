"""BCFKS: BouncyCastle's FIPS keystore (org.bouncycastle.jcajce.provider.keystore.bcfks.BcFKSKeyStoreSpi), read only.

    ObjectStore ::= SEQUENCE {
        storeData  CHOICE { EncryptedObjectStoreData, ObjectStoreData },
        integrity  CHOICE { PbkdMacIntegrityCheck, [0] SignatureCheck } }
    EncryptedObjectStoreData ::= SEQUENCE { AlgorithmIdentifier, OCTET STRING }
    ObjectStoreData ::= SEQUENCE { version INTEGER, integrityAlgorithm AlgorithmIdentifier,
        created GeneralizedTime, modified GeneralizedTime, SEQUENCE OF ObjectData, comment UTF8String OPTIONAL }
    ObjectData ::= SEQUENCE { type INTEGER, identifier UTF8String,
        created GeneralizedTime, modified GeneralizedTime, OCTET STRING, comment UTF8String OPTIONAL }

What protects it is in bcfks_crypto.
"""

from typing import Final

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError, PasswordRequiredError
from truststore_tool.formats.base import Format
from truststore_tool.formats.bouncycastle import bcfks_crypto
from truststore_tool.model import (
    Certificate,
    Entry,
    Integrity,
    OpaqueEntry,
    OpaqueKind,
    Remark,
    TrustedEntry,
    TrustStore,
)

_CERTIFICATE: Final = 0
# Types 3 and 4 are keys that were given to BouncyCastle already protected.
_KINDS: Final[dict[int, OpaqueKind]] = {1: "private-key", 2: "secret-key", 3: "private-key", 4: "secret-key"}
_WITH_CHAIN: Final = (1, 3)


def detect(data: bytes) -> bool:
    """Whether the bytes are an ObjectStore, encrypted under PBES2 or plain."""
    try:
        if data[:1] != b"\x30":
            return False
        content, check = asn1.read(data).fields(2, 2)
        first, second = content.expect(asn1.SEQUENCE).children()[:2]
        if check.tag not in (asn1.SEQUENCE, asn1.context(0)):
            return False
        if first.tag == asn1.SEQUENCE:
            return second.tag == asn1.OCTET_STRING and first.inner().oid() == oids.PBES2
        return first.tag == asn1.INTEGER and second.tag == asn1.SEQUENCE
    except (FormatError, ValueError):
        return False


def loads(data: bytes, password: str | None) -> TrustStore:
    """Read a store. Dates are those of the last modification, as BouncyCastle's KeyStore gives them.

    Raises FormatError (malformed, or algorithms that BouncyCastle does not write), PasswordRequiredError (the
    content is encrypted) and IntegrityError (wrong password or broken MAC).
    """
    content, check = asn1.read(data).expect(asn1.SEQUENCE).fields(2, 2)
    content.expect(asn1.SEQUENCE)
    encrypted = content.inner().tag == asn1.SEQUENCE
    integrity: Integrity = "unchecked"
    notes: tuple[Remark, ...] = ()
    if check.tag == asn1.context(0):
        algorithm = check.inner().expect(asn1.SEQUENCE).inner()
        password = ""  # BouncyCastle encrypts a signed store under none
        text = "the store is signed; the signature was not checked, as it is not known whose key to trust"
        notes = (Remark("integrity-unchecked", text),)
    else:
        algorithm = check.expect(asn1.SEQUENCE).inner()
        if password is not None:
            bcfks_crypto.verify(check, content.raw, password)
            integrity = "verified"
    if encrypted:
        if password is None:
            raise PasswordRequiredError(
                "a BCFKS keystore is encrypted and shows nothing without its password", hint="give its password"
            )
        content = asn1.read(bcfks_crypto.decrypt(content, password)).expect(asn1.SEQUENCE)
    _, declared, _, _, objects, *_ = content.fields(5, 6)
    if declared.raw != algorithm.raw:
        raise FormatError("the BCFKS keystore was made for another integrity algorithm than the one it bears")
    entries = tuple(_entry(item) for item in objects.expect(asn1.SEQUENCE).children())
    return TrustStore(entries, format="bcfks", integrity=integrity, notes=notes)


def _entry(item: asn1.Element) -> Entry:
    number, identifier, _, modified, content, *_ = item.expect(asn1.SEQUENCE).fields(5, 6)
    kind = number.integer()
    alias = identifier.expect(asn1.UTF8_STRING).value.decode("utf-8", "replace")
    created = modified.time()
    payload = content.octets()
    if kind == _CERTIFICATE:
        return TrustedEntry(alias, Certificate(asn1.read_exactly(payload).expect(asn1.SEQUENCE).raw), created)
    chain = _chain(payload) if kind in _WITH_CHAIN else ()
    return OpaqueEntry(alias, _KINDS.get(kind, "unknown"), "bcfks", payload, chain, created)


def _chain(payload: bytes) -> tuple[Certificate, ...]:
    """EncryptedPrivateKeyData ::= SEQUENCE { EncryptedPrivateKeyInfo, SEQUENCE OF Certificate }."""
    _, chain = asn1.read_exactly(payload).expect(asn1.SEQUENCE).fields(2, 2)
    return tuple(Certificate(item.expect(asn1.SEQUENCE).raw) for item in chain.expect(asn1.SEQUENCE).children())


BCFKS: Final = Format(
    name="bcfks",
    title="BCFKS",
    suffixes=(".bcfks",),
    detect=detect,
    loads=loads,
    dumps=None,
    has_aliases=True,
    has_password=True,
)

"""What a structure in DER or BER is, by the tags of its fields."""

from typing import Final

from truststore_tool import asn1
from truststore_tool.errors import FormatError

_TIMES: Final[tuple[tuple[int, ...], ...]] = ((asn1.UTC_TIME,), (asn1.GENERALIZED_TIME,))
_SIGNED: Final = (asn1.SEQUENCE, asn1.SEQUENCE, asn1.BIT_STRING)
# A BCFKS (BC's ObjectStore): what is encrypted and with what, and what proves it.
_OBJECT_STORE: Final = (asn1.SEQUENCE, asn1.SEQUENCE)
_ENCRYPTED: Final = (asn1.SEQUENCE, asn1.OCTET_STRING)
_ENUMERATED: Final = 0x0A
# The tags that the fields of each form of a private key begin with, and the label that such a key has in PEM.
PRIVATE_KEYS: Final = (
    ((asn1.INTEGER, asn1.SEQUENCE, asn1.OCTET_STRING), b"PRIVATE KEY"),
    ((asn1.SEQUENCE, asn1.OCTET_STRING), b"ENCRYPTED PRIVATE KEY"),
    ((asn1.INTEGER, asn1.OCTET_STRING), b"EC PRIVATE KEY"),
    (9 * (asn1.INTEGER,), b"RSA PRIVATE KEY"),
    (6 * (asn1.INTEGER,), b"DSA PRIVATE KEY"),
)
_SHAPES: Final = (
    ((asn1.SEQUENCE, asn1.BIT_STRING), "public key"),
    ((asn1.INTEGER, asn1.INTEGER), "public key"),  # RSAPublicKey
    ((_ENUMERATED,), "OCSP response"),
    ((asn1.OBJECT_IDENTIFIER,), "PKCS#7"),
    ((asn1.INTEGER, asn1.SEQUENCE), "PKCS#12"),
)


def private_key_label(data: bytes) -> bytes | None:
    """The label in PEM of the one private key that the bytes are, or None."""
    tags = _tags(data, whole=True)
    return next((label for shape, label in PRIVATE_KEYS if tags[: len(shape)] == shape), None)


def kind_of(data: bytes) -> str:
    """The usual name of the structure that the bytes begin with; empty for one that is not known, or malformed."""
    tags = _tags(data)
    if tags == _SIGNED:
        return _signed(_tags(asn1.read(data).inner().raw))
    if any(tags[: len(shape)] == shape for shape, _ in PRIVATE_KEYS):
        return "private key"
    if tags == _OBJECT_STORE and _tags(asn1.read(data).inner().raw) == _ENCRYPTED:
        return "BCFKS"
    return next((name for shape, name in _SHAPES if tags[: len(shape)] == shape), "")


def _signed(fields: tuple[int, ...]) -> str:
    """What is signed, by its fields (RFC 5280, 4.1 and 5.1; RFC 2986, 4.1; RFC 5755, 4.1)."""
    if fields[:1] == (asn1.context(0),):  # the version of a certificate
        fields = fields[1:]
    if fields[:6] == (asn1.INTEGER, *5 * (asn1.SEQUENCE,)):
        return "certificate"
    if fields[:3] == (asn1.INTEGER, asn1.SEQUENCE, asn1.SEQUENCE) and fields[3:] in ((), (asn1.context(0),)):
        return "certificate request"
    behind = fields[1:] if fields[:1] == (asn1.INTEGER,) else fields
    if behind[:2] == (asn1.SEQUENCE, asn1.SEQUENCE) and behind[2:3] in _TIMES:
        return "CRL"
    return "attribute certificate" if fields[:1] == (asn1.INTEGER,) else ""


def _tags(data: bytes, *, whole: bool = False) -> tuple[int, ...]:
    """The tags inside the structure that the bytes are, or begin with; none for anything else."""
    if data[:1] != b"\x30":
        return ()
    try:
        element = asn1.read_exactly(data) if whole else asn1.read(data)
        return tuple(part.tag for part in element.children())
    except FormatError:
        return ()


def announced(data: bytes) -> int | None:
    """How many bytes the header of a structure says that it has, itself included; None where it does not say that."""
    if data[:1] != b"\x30" or len(data) < 2:
        return None
    first = data[1]
    if first < 0x80:
        return first + 2
    count = first - 0x80
    if not 1 <= count <= 4 or len(data) < 2 + count:
        return None
    return 2 + count + int.from_bytes(data[2 : 2 + count], "big")

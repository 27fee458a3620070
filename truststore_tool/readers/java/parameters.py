"""Algorithm parameters as the JDK's AlgorithmParameters read them, wherever an AlgorithmIdentifier stands."""

from typing import Final

from truststore_tool import asn1, oids
from truststore_tool.asn1 import Element
from truststore_tool.readers.java.der import (
    JavaFormatError,
    expect_integer,
    first,
    integer,
    is_context,
    nth,
    octets,
    oid,
    parts,
    sequence,
    value,
)

# PBEWithMD5AndDES, and those of PKCS#12.
_PASSWORD_BASED: Final = {
    "1.2.840.113549.1.5.3",
    *(f"1.2.840.113549.1.12.1.{number}" for number in (1, 2, 3, 5, 6)),
}
_NONCE: Final = 12
_P_SPECIFIED: Final = "1.2.840.113549.1.1.9"
_MGF1: Final = "1.2.840.113549.1.1.8"
# The digests of MGF1 that PSSParameters knows.
_MGF1_DIGESTS: Final = {
    "1.3.14.3.2.26",
    *(f"2.16.840.1.101.3.4.2.{number}" for number in range(1, 11)),
}
# sun.security.util.CurveDB: name, and bits of the order, which is what the JDK calls the key's size.
CURVES: Final = {
    "1.2.840.10045.3.0.5": ("X9.62 c2tnb191v1", 191),
    "1.2.840.10045.3.0.6": ("X9.62 c2tnb191v2", 190),
    "1.2.840.10045.3.0.7": ("X9.62 c2tnb191v3", 189),
    "1.2.840.10045.3.0.11": ("X9.62 c2tnb239v1", 238),
    "1.2.840.10045.3.0.12": ("X9.62 c2tnb239v2", 237),
    "1.2.840.10045.3.0.13": ("X9.62 c2tnb239v3", 236),
    "1.2.840.10045.3.0.18": ("X9.62 c2tnb359v1", 353),
    "1.2.840.10045.3.0.20": ("X9.62 c2tnb431r1", 418),
    "1.2.840.10045.3.1.1": ("secp192r1", 192),
    "1.2.840.10045.3.1.2": ("X9.62 prime192v2", 192),
    "1.2.840.10045.3.1.3": ("X9.62 prime192v3", 192),
    "1.2.840.10045.3.1.4": ("X9.62 prime239v1", 239),
    "1.2.840.10045.3.1.5": ("X9.62 prime239v2", 239),
    "1.2.840.10045.3.1.6": ("X9.62 prime239v3", 239),
    "1.2.840.10045.3.1.7": ("secp256r1", 256),
    "1.3.36.3.3.2.8.1.1.1": ("brainpoolP160r1", 160),
    "1.3.36.3.3.2.8.1.1.3": ("brainpoolP192r1", 192),
    "1.3.36.3.3.2.8.1.1.5": ("brainpoolP224r1", 224),
    "1.3.36.3.3.2.8.1.1.7": ("brainpoolP256r1", 256),
    "1.3.36.3.3.2.8.1.1.9": ("brainpoolP320r1", 320),
    "1.3.36.3.3.2.8.1.1.11": ("brainpoolP384r1", 384),
    "1.3.36.3.3.2.8.1.1.13": ("brainpoolP512r1", 512),
    "1.3.132.0.1": ("sect163k1", 163),
    "1.3.132.0.2": ("sect163r1", 162),
    "1.3.132.0.3": ("sect239k1", 238),
    "1.3.132.0.4": ("sect113r1", 113),
    "1.3.132.0.5": ("sect113r2", 113),
    "1.3.132.0.6": ("secp112r1", 112),
    "1.3.132.0.7": ("secp112r2", 110),
    "1.3.132.0.8": ("secp160r1", 161),
    "1.3.132.0.9": ("secp160k1", 161),
    "1.3.132.0.10": ("secp256k1", 256),
    "1.3.132.0.15": ("sect163r2", 163),
    "1.3.132.0.16": ("sect283k1", 281),
    "1.3.132.0.17": ("sect283r1", 282),
    "1.3.132.0.22": ("sect131r1", 131),
    "1.3.132.0.23": ("sect131r2", 131),
    "1.3.132.0.24": ("sect193r1", 193),
    "1.3.132.0.25": ("sect193r2", 193),
    "1.3.132.0.26": ("sect233k1", 232),
    "1.3.132.0.27": ("sect233r1", 233),
    "1.3.132.0.28": ("secp128r1", 128),
    "1.3.132.0.29": ("secp128r2", 126),
    "1.3.132.0.30": ("secp160r2", 161),
    "1.3.132.0.31": ("secp192k1", 192),
    "1.3.132.0.32": ("secp224k1", 225),
    "1.3.132.0.33": ("secp224r1", 224),
    "1.3.132.0.34": ("secp384r1", 384),
    "1.3.132.0.35": ("secp521r1", 521),
    "1.3.132.0.36": ("sect409k1", 407),
    "1.3.132.0.37": ("sect409r1", 409),
    "1.3.132.0.38": ("sect571k1", 570),
    "1.3.132.0.39": ("sect571r1", 570),
}


def algorithm_identifier(element: Element) -> tuple[str, Element | None]:
    """OID and parameters of an AlgorithmIdentifier; NULL parameters are none. Raises JavaFormatError."""
    fields = sequence(element, "algid parse error, not a sequence")
    identifier = oid(nth(fields, 0))
    parameters = fields[1] if len(fields) > 1 else None
    if parameters is not None and parameters.tag == asn1.NULL:
        if parameters.value:
            raise JavaFormatError("invalid NULL")
        parameters = None
    if len(fields) > 2 or fields[-1].next != element.stop:
        raise JavaFormatError("Invalid AlgorithmIdentifier: extra data")
    if parameters is not None:
        check(identifier, parameters)
    return identifier, parameters


def check(identifier: str, parameters: Element) -> None:
    """Raises JavaFormatError where Java cannot read the parameters of that algorithm; of most it reads none."""
    match identifier:
        case oids.RSA_PSS:
            _pss(parameters)
        case "1.2.840.113549.1.1.7":
            _oaep(parameters)
        case _ if identifier in _PASSWORD_BASED:
            _password_based(parameters)
        case "1.2.840.113549.1.9.16.3.18":
            _chacha20(parameters)
        case oids.DSA | "1.3.14.3.2.12":
            _dsa(parameters)
        case "1.2.840.113549.1.3.1" | oids.X942_DH:
            _diffie_hellman(parameters)
        case oids.EC:
            _elliptic_curve(parameters)


def _oaep(parameters: Element) -> None:
    """RSAES-OAEP-params (com.sun.crypto.provider.OAEPParameters)."""
    fields = sequence(parameters, "Not the correct tag")
    for number in range(3):
        if not fields or not is_context(fields[0], number, constructed=True):
            continue
        inner = first(fields.pop(0), 1)[0]
        if number == 1:
            _mask(inner)
            continue
        identifier, label = algorithm_identifier(inner)
        if number == 2 and (identifier != _P_SPECIFIED or label is None):
            raise JavaFormatError("Wrong OID for pSpecified" if label else "Missing pSpecified label")
        if number == 2 and label is not None:
            octets(label)
    if fields:
        raise JavaFormatError("Extra unused bytes")


def _password_based(parameters: Element) -> None:
    """PBEParameter (com.sun.crypto.provider.PBEParameters)."""
    if parameters.tag != asn1.SEQUENCE:
        raise JavaFormatError("PBE parameter parsing error: not a sequence")
    salt, count = first(parameters, 2)
    if salt.tag != asn1.OCTET_STRING:
        raise JavaFormatError("DER input not an octet string")
    integer(expect_integer(count))
    if count.next != parameters.stop:
        raise JavaFormatError("PBE parameter parsing error: extra data")


def _chacha20(parameters: Element) -> None:
    if len(octets(parameters)) != _NONCE:
        raise JavaFormatError("ChaCha20-Poly1305 nonce must be 12 bytes in length")


def _pss(parameters: Element) -> None:
    """RSASSA-PSS-params (sun.security.rsa.PSSParameters)."""
    for field in sequence(parameters, "Not the correct tag"):
        if field.tag & 0xC0 != 0x80 or field.tag & 0x1F > 3:
            raise JavaFormatError("Invalid encoded PSSParameters")
        inner = first(field, 1)[0]
        match field.tag & 0x1F:
            case 0:
                algorithm_identifier(inner)
            case 1:
                _mask(inner)
            case 2:
                if integer(expect_integer(inner)) < 0:
                    raise JavaFormatError("Negative value for saltLength")
            case _:
                trailer = integer(expect_integer(inner))
                if trailer != 1:
                    raise JavaFormatError(f"Unsupported trailerField value {trailer}")


def _mask(element: Element) -> None:
    identifier, digest = algorithm_identifier(element)
    if identifier != _MGF1:
        raise JavaFormatError("Only MGF1 mgf is supported")
    if digest is None:
        raise JavaFormatError("Missing MGF1 parameters")
    name, _ = algorithm_identifier(value(digest.raw))
    if name not in _MGF1_DIGESTS:
        raise JavaFormatError(f"Unrecognized message digest algorithm {name}")


def _dsa(parameters: Element) -> None:
    """Dss-Parms (sun.security.provider.DSAParameters)."""
    if parameters.tag != asn1.SEQUENCE:
        raise JavaFormatError("DSA params parsing error")
    numbers = first(parameters, 3)
    for number in numbers:
        expect_integer(number)
    left = parameters.stop - numbers[-1].next
    if left:
        raise JavaFormatError(f"encoded params have {left} extra bytes")


def _diffie_hellman(parameters: Element) -> None:
    """DHParameter of PKCS#3, whatever the OID says (com.sun.crypto.provider.DHParameters)."""
    if parameters.tag != asn1.SEQUENCE:
        raise JavaFormatError("DH params parsing error")
    numbers = parts(parameters)
    for number in first(parameters, 2):
        expect_integer(number)
    if len(numbers) > 2:
        integer(expect_integer(numbers[2]))
    if len(numbers) > 3:
        raise JavaFormatError("DH parameter parsing error: Extra data")


def _elliptic_curve(parameters: Element) -> None:
    """A named curve (sun.security.util.ECParameters)."""
    if parameters.tag != asn1.OBJECT_IDENTIFIER:
        raise JavaFormatError("Only named ECParameters supported")
    if oid(parameters) not in CURVES:
        raise JavaFormatError(f"Unknown named curve: {oid(parameters)}")

"""Algorithm parameters as the JDK's AlgorithmParameters read them, wherever an AlgorithmIdentifier stands."""

from typing import Final

from truststore_tool import asn1
from truststore_tool.asn1 import Element
from truststore_tool.readers.java.algorithms import CURVES, algorithm_identifier
from truststore_tool.readers.java.der import (
    JavaFormatError,
    expect_integer,
    first,
    integer,
    is_context,
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


def check(identifier: str, parameters: Element) -> None:
    """Raises JavaFormatError where Java cannot read the parameters of that algorithm; of most it reads none."""
    match identifier:
        case "1.2.840.113549.1.1.10":
            _pss(parameters)
        case "1.2.840.113549.1.1.7":
            _oaep(parameters)
        case _ if identifier in _PASSWORD_BASED:
            _password_based(parameters)
        case "1.2.840.113549.1.9.16.3.18":
            _chacha20(parameters)
        case "1.2.840.10040.4.1" | "1.3.14.3.2.12":
            _dsa(parameters)
        case "1.2.840.113549.1.3.1" | "1.2.840.10046.2.1":
            _diffie_hellman(parameters)
        case "1.2.840.10045.2.1":
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

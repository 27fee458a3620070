"""Certificate extensions as the JDK prints them (the toString of sun.security.x509's extension classes)."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from truststore_tool import asn1
from truststore_tool.asn1 import Element
from truststore_tool.extensions import Extension
from truststore_tool.readers.java import points, times
from truststore_tool.readers.java.der import (
    IO_EXCEPTION,
    PARSING_EXCEPTION,
    JavaFormatError,
    big_integer,
    boolean,
    cut,
    expect_integer,
    first,
    first_of,
    flags_of,
    hex_dump,
    indented,
    integer,
    is_context,
    listed,
    named,
    nth,
    octets,
    oid,
    parts,
    sequence,
    signed,
    value,
)
from truststore_tool.readers.java.names import general_name, general_names

_NO_LIMIT: Final = 2**31 - 1

# sun.security.util.KnownOIDs, as far as they are used as purposes.
PURPOSES: Final = {
    "2.5.29.37.0": "anyExtendedKeyUsage",
    "1.3.6.1.5.5.7.3.1": "serverAuth",
    "1.3.6.1.5.5.7.3.2": "clientAuth",
    "1.3.6.1.5.5.7.3.3": "codeSigning",
    "1.3.6.1.5.5.7.3.4": "emailProtection",
    "1.3.6.1.5.5.7.3.5": "ipsecEndSystem",
    "1.3.6.1.5.5.7.3.6": "ipsecTunnel",
    "1.3.6.1.5.5.7.3.7": "ipsecUser",
    "1.3.6.1.5.5.7.3.8": "timeStamping",
    "1.3.6.1.5.5.7.3.9": "OCSPSigning",
    "2.16.840.1.113730.4.1": "NETSCAPE_ExportApproved",
    "1.3.6.1.4.1.311.10.3.3": "MICROSOFT_ExportApproved",
}
_KEY_USAGES: Final = (
    "DigitalSignature",
    "Non_repudiation",
    "Key_Encipherment",
    "Data_Encipherment",
    "Key_Agreement",
    "Key_CertSign",
    "Crl_Sign",
    "Encipher_Only",
    "Decipher_Only",
)
_NETSCAPE_TYPES: Final = (
    "   SSL client\n",
    "   SSL server\n",
    "   S/MIME\n",
    "   Object Signing\n",
    "",
    "   SSL CA\n",
    "   S/MIME CA\n",
    "   Object Signing CA",  # no line end: so the JDK has it
)


_ENUMERATED: Final = 0x0A
_CRL_REASONS: Final = (
    "UNSPECIFIED",
    "KEY_COMPROMISE",
    "CA_COMPROMISE",
    "AFFILIATION_CHANGED",
    "SUPERSEDED",
    "CESSATION_OF_OPERATION",
    "CERTIFICATE_HOLD",
    "UNUSED",
    "REMOVE_FROM_CRL",
    "PRIVILEGE_WITHDRAWN",
    "AA_COMPROMISE",
)


def _key_identifier(content: bytes) -> str:
    return f"KeyIdentifier [\n{hex_dump(content)}]\n"


def _authority_key_identifier(data: bytes) -> str:
    shown = ["", "", ""]
    seen: set[int] = set()
    for item in sequence(value(data), "Invalid encoding for AuthorityKeyIdentifierExtension."):
        points.once(item, seen, ("KeyIdentifier", "GeneralNames", "SerialNumber"), "AuthorityKeyIdentifier.")
        if is_context(item, 0, constructed=False):
            shown[0] = _key_identifier(item.value)
        elif is_context(item, 1, constructed=True):
            shown[1] = listed(general_names(item)) + "\n"
        elif is_context(item, 2, constructed=False):
            shown[2] = f"SerialNumber: {_hexadecimal(big_integer(item))}\n"
        else:
            raise JavaFormatError("Invalid encoding of AuthorityKeyIdentifierExtension.")
    return f"AuthorityKeyIdentifier [\n{''.join(shown)}]\n"


def _hexadecimal(number: int) -> str:
    """The two's complement octets of a number, in as few as hold it, joined by colons (Debug.toString)."""
    size = (number if number >= 0 else ~number).bit_length() // 8 + 1
    return number.to_bytes(size, "big", signed=True).hex(":")


def _basic_constraints(data: bytes) -> str:
    whole = value(data)
    if whole.tag != asn1.SEQUENCE:
        raise JavaFormatError("Invalid encoding of BasicConstraints")
    is_ca, length = False, -1
    flag = first(whole, 1)[0] if whole.value else None
    if flag is not None and flag.tag == asn1.BOOLEAN:
        is_ca, length = boolean(flag), _NO_LIMIT
        if flag.next < whole.stop:
            limit = cut(whole, flag.next)
            if limit.tag != asn1.INTEGER:
                raise JavaFormatError("Invalid encoding of BasicConstraints")
            length = integer(limit)
    shown = " no limit" if length == _NO_LIMIT else str(length)
    if length < 0:
        shown = " undefined"
    return f"BasicConstraints:[\n  CA:{str(is_ca).lower()}\n  PathLen:{shown}\n]\n"


def _extended_key_usages(data: bytes) -> str:
    usages = [oid(u) for u in sequence(value(data), "Invalid encoding for ExtendedKeyUsageExtension.")]
    shown = "\n".join("  " + PURPOSES.get(usage, usage) for usage in usages)
    return f"ExtendedKeyUsages [\n{shown or '  '}\n]\n"


def _inhibit_any_policy(data: bytes) -> str:
    element = value(data)
    if element.tag != asn1.INTEGER:
        raise JavaFormatError("Invalid encoding of InhibitAnyPolicy: data not integer")
    skip = integer(element)
    if skip < -1:
        raise JavaFormatError("Invalid value for skipCerts")
    return f"InhibitAnyPolicy: {_NO_LIMIT if skip == -1 else skip}\n"


def _alternative_names(title: str) -> Callable[[bytes], str]:
    def shown(data: bytes) -> str:
        element = value(data)
        sequence(element, "Invalid encoding for GeneralNames.")
        return f"{title} [\n{indented(general_names(element))}]\n"

    return shown


def _key_usage(data: bytes) -> str:
    if not data:
        raise JavaFormatError("Index 0 out of bounds for length 0", "java.lang.ArrayIndexOutOfBoundsException")
    inner = octets(value(data)) if data[0] == asn1.OCTET_STRING else data
    flags = flags_of(value(inner))
    return f"KeyUsage [\n{indented(named(_KEY_USAGES, flags))}]\n"


def _name_constraints(data: bytes) -> str:
    shown = ["", ""]
    seen: set[int] = set()
    for item in sequence(value(data), "Invalid encoding for NameConstraintsExtension."):
        points.once(item, seen, ("permitted GeneralSubtrees", "excluded GeneralSubtrees"), "NameConstraintsExtension.")
        if is_context(item, 0, constructed=True):
            shown[0] = f"\n    Permitted:{_subtrees(item)}"
        elif is_context(item, 1, constructed=True):
            shown[1] = f"\n    Excluded:{_subtrees(item)}"
        else:
            raise JavaFormatError("Invalid encoding of NameConstraintsExtension.")
    return f"NameConstraints: [{''.join(shown)}   ]\n"


def _subtrees(item: Element) -> str:
    return f"   GeneralSubtrees:\n{listed([_subtree(tree) for tree in parts(item)])}\n"


def _subtree(tree: Element) -> str:
    fields = sequence(tree, "Invalid encoding for GeneralSubtree.")
    minimum, maximum = 0, -1
    base = general_name(nth(fields, 0), constraint=True)
    for item in fields[1:]:
        if is_context(item, 0, constructed=False):
            minimum = integer(item)
        elif is_context(item, 1, constructed=False):
            maximum = integer(item)
        else:
            raise JavaFormatError("Invalid encoding of GeneralSubtree.")
    limit = "undefined" if maximum == -1 else str(maximum)
    return f"\n   GeneralSubtree: [\n    GeneralName: {base}\n    Minimum: {minimum}\n    Maximum: {limit}    ]\n"


def _netscape_cert_type(data: bytes) -> str:
    flags = flags_of(value(data))
    return f"NetscapeCertType [\n{''.join(named(_NETSCAPE_TYPES, flags))}]\n"


def _policy_constraints(data: bytes) -> str:
    limits: dict[int, int] = {}
    for item in sequence(value(data), "Sequence tag missing for PolicyConstraint."):
        number = item.tag & 0x1F
        if number > 1 or not is_context(item, number, constructed=False):
            raise JavaFormatError("Invalid encoding of PolicyConstraint")
        if number in limits:
            field = "inhibitPolicyMapping" if number else "requireExplicitPolicy"
            raise JavaFormatError(f"Duplicate {field} found in the PolicyConstraintsExtension")
        limits[number] = integer(item)
    require, inhibit = (str(limits[i]) if i in limits else "unspecified" for i in (0, 1))
    return f"PolicyConstraints: [  Require: {require};\tInhibit: {inhibit} ]\n"


def _private_key_usage(data: bytes, dated: Callable[[datetime], str] = str) -> str:
    moments = ["", ""]
    seen: set[int] = set()
    for item in sequence(first_of(data), "Sequence tag error"):
        number = item.tag & 0x1F
        if number > 1 or not is_context(item, number, constructed=False):
            raise JavaFormatError("Invalid encoding of PrivateKeyUsageExtension")
        points.once(item, seen, ("notBefore", "notAfter"), "PrivateKeyUsage.", PARSING_EXCEPTION)
        moment = times.parse(asn1.GENERALIZED_TIME, item.value)
        moments[number] = ("From: ", "To: ")[number] + dated(moment)
    return f"PrivateKeyUsage: [\n{', '.join(filter(None, moments))}]\n"


def _subject_key_identifier(data: bytes) -> str:
    return f"SubjectKeyIdentifier [\n{_key_identifier(octets(value(data)))}]\n"


def _grouped(number: int) -> str:
    """A number's hexadecimal digits, eight a word and eight words a line (Debug.toHexString)."""
    digits = f"{abs(number):x}"
    digits = "0" * (len(digits) % 2) + digits
    lines = [digits[at : at + 64] for at in range(0, len(digits), 64)]
    words = [" ".join(line[at : at + 8] for at in range(0, len(line), 8)) for line in lines]
    return ("   -" if number < 0 else "    ") + "\n    ".join(words)


def _numbered(label: str) -> Callable[[bytes], str]:
    def shown(data: bytes) -> str:
        return f"{label}: {_grouped(big_integer(expect_integer(value(data))))}\n"

    return shown


def _crl_reason(data: bytes) -> str:
    element = value(data)
    if element.tag != _ENUMERATED:
        raise JavaFormatError(f"DerValue.getBigIntegerInternal, not expected {signed(element.tag)}")
    number = integer(element)
    known = 0 < number < len(_CRL_REASONS)
    return f"    Reason Code: {_CRL_REASONS[number if known else 0]}"


def _certificate_issuer(data: bytes) -> str:
    element = value(data)
    sequence(element, "Invalid encoding for GeneralNames.")
    return f"Certificate Issuer [\n{listed(general_names(element))}]\n"


def _nothing(_data: bytes) -> str:
    return ""


# sun.security.x509.OIDMap: what the JDK has a class for, its NAME (the sort key), and how it prints the value.
_KNOWN: Final[dict[str, tuple[str, Callable[[bytes], str]]]] = {
    "1.3.6.1.5.5.7.1.1": ("AuthorityInfoAccess", points.authority_info_access),
    "2.5.29.35": ("AuthorityKeyIdentifier", _authority_key_identifier),
    "2.5.29.19": ("BasicConstraints", _basic_constraints),
    "2.5.29.31": ("CRLDistributionPoints", points.crl_distribution_points),
    "2.5.29.20": ("CRLNumber", _numbered("CRL Number")),
    "2.5.29.21": ("CRLReasonCode", _crl_reason),
    "2.5.29.29": ("CertificateIssuer", _certificate_issuer),
    "2.5.29.27": ("DeltaCRLIndicator", _numbered("Base CRL Number")),
    "2.5.29.32": ("CertificatePolicies", points.certificate_policies),
    "2.5.29.37": ("ExtendedKeyUsage", _extended_key_usages),
    "2.5.29.46": ("FreshestCRL", points.freshest_crl),
    "2.5.29.54": ("InhibitAnyPolicy", _inhibit_any_policy),
    "2.5.29.18": ("IssuerAlternativeName", _alternative_names("IssuerAlternativeName")),
    "2.5.29.28": ("IssuingDistributionPoint", points.issuing_distribution_point),
    "2.5.29.15": ("KeyUsage", _key_usage),
    "2.5.29.30": ("NameConstraints", _name_constraints),
    "2.16.840.1.113730.1.1": ("NetscapeCertType", _netscape_cert_type),
    "1.3.6.1.5.5.7.48.1.5": ("OCSPNoCheck", _nothing),
    "2.5.29.36": ("PolicyConstraints", _policy_constraints),
    "2.5.29.33": ("PolicyMappings", points.policy_mappings),
    "2.5.29.16": ("PrivateKeyUsage", _private_key_usage),
    "2.5.29.17": ("SubjectAlternativeName", _alternative_names("SubjectAlternativeName")),
    "1.3.6.1.5.5.7.1.11": ("SubjectInfoAccess", points.subject_info_access),
    "2.5.29.14": ("SubjectKeyIdentifier", _subject_key_identifier),
}


def describe(extensions: tuple[Extension, ...], dated: Callable[[datetime], str]) -> list[str]:
    """Each extension's text, in the order the JDK prints them: by name, unknown ones by OID, unparseable ones last.

    `dated` writes the dates in them.

    Raises JavaFormatError where the JDK refuses the certificate: a critical extension that cannot be parsed, or
    the same one twice.
    """
    readable: dict[str, str] = {}
    unparseable: dict[str, str] = {}
    for extension in extensions:
        head = f"ObjectId: {extension.oid} Criticality={str(extension.critical).lower()}\n"
        name, printer = _KNOWN.get(extension.oid, (extension.oid, None))
        try:
            if name == "InhibitAnyPolicy" and not extension.critical:
                raise JavaFormatError("Criticality cannot be false for InhibitAnyPolicy")
            if printer is _private_key_usage:
                printer = partial(_private_key_usage, dated=dated)
            text = head + (_unknown(extension.value) if printer is None else printer(extension.value))
        except JavaFormatError as exc:
            if extension.critical and exc.kind == IO_EXCEPTION:
                raise
            if extension.critical:
                raise JavaFormatError(str(exc)) from exc
            reason = f"Unparseable {name} extension due to\n{exc}\n\n{hex_dump(extension.value)}"
            unparseable[extension.oid] = head + reason
            continue
        if name in readable:
            raise JavaFormatError("Duplicate extensions not allowed", IO_EXCEPTION)
        readable[name] = text
    return [readable[name] for name in sorted(readable)] + [unparseable[key] for key in sorted(unparseable)]


def _unknown(data: bytes) -> str:
    return hex_dump(data) + "\n" if data else "(Empty value)\n"


def is_readable(extension: Extension) -> bool:
    """Whether the JDK can parse it; one that is not critical it keeps as unparseable, and does not heed."""
    name, printer = _KNOWN.get(extension.oid, (extension.oid, _nothing))
    try:
        printer(extension.value)
    except JavaFormatError:
        return False
    return extension.critical or name != "InhibitAnyPolicy"

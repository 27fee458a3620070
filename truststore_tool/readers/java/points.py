"""Extensions that point elsewhere (to CRLs, services, policies) as the JDK prints their values.

Each function takes the value of an extension and raises JavaFormatError where the JDK does not understand it.
"""

from typing import Final

from truststore_tool import asn1
from truststore_tool.asn1 import Element
from truststore_tool.readers.java.der import (
    IO_EXCEPTION,
    JavaFormatError,
    bits,
    boolean,
    cut,
    first,
    hex_dump,
    indented,
    is_context,
    listed,
    named,
    oid,
    sequence,
    value,
)
from truststore_tool.readers.java.names import general_name, general_names, relative_name

_ACCESS_METHODS: Final = {
    "1.3.6.1.5.5.7.48.1": "ocsp",
    "1.3.6.1.5.5.7.48.2": "caIssuers",
    "1.3.6.1.5.5.7.48.3": "timeStamping",
    "1.3.6.1.5.5.7.48.5": "caRepository",
}
_POINT_REASONS: Final = (
    "Unknown reason 0",
    "key compromise",
    "CA compromise",
    "affiliation changed",
    "superseded",
    "cessation of operation",
    "certificate hold",
    "privilege withdrawn",
    "AA compromise",
)
_POINT_FIELDS: Final = ("DistributionPointName", "Reasons", "CRLIssuer")
_CRL_REASONS: Final = (
    "Unused",
    "Key Compromise",
    "CA Compromise",
    "Affiliation_Changed",
    "Superseded",
    "Cessation Of Operation",
    "Certificate Hold",
    "Privilege Withdrawn",
    "AA Compromise",
)


def authority_info_access(data: bytes) -> str:
    """The value of AuthorityInfoAccess (RFC 5280, 4.2.2.1)."""
    return f"AuthorityInfoAccess [\n  {_access_descriptions(data, 'AuthorityInfoAccessExtension')}\n]\n"


def subject_info_access(data: bytes) -> str:
    """The value of SubjectInfoAccess (RFC 5280, 4.2.2.2)."""
    return f"SubjectInfoAccess [\n  {_access_descriptions(data, 'SubjectInfoAccessExtension')}\n]\n"


def _access_descriptions(data: bytes, what: str) -> str:
    found = []
    for item in sequence(value(data), f"Invalid encoding for {what}."):
        fields = first(item, 2)
        method = oid(fields[0])
        found.append(
            f"\n   accessMethod: {_ACCESS_METHODS.get(method, method)}\n   accessLocation: {general_name(fields[1])}\n"
        )
    return listed(found)


def crl_distribution_points(data: bytes) -> str:
    """The value of CRLDistributionPoints (RFC 5280, 4.2.1.13)."""
    return f"CRLDistributionPoints [\n  {_distribution_points(data, 'CRLDistributionPoints')}]\n"


def freshest_crl(data: bytes) -> str:
    """The value of FreshestCRL (RFC 5280, 4.2.1.15)."""
    return f"FreshestCRL [\n  {_distribution_points(data, 'FreshestCRL')}]\n"


def _distribution_points(data: bytes, what: str) -> str:
    return listed([_distribution_point(p) for p in sequence(value(data), f"Invalid encoding for {what} extension.")])


def _distribution_point(point: Element) -> str:
    where = reasons = issuer = ""
    seen: set[int] = set()
    for item in sequence(point, "Invalid encoding of DistributionPoint."):
        once(item, seen, _POINT_FIELDS, "DistributionPoint.")
        if is_context(item, 0, constructed=True):
            where = _point_name(item, "Invalid DistributionPointName in DistributionPoint")
        elif is_context(item, 1, constructed=False):
            flags = [i for i, flag in enumerate(bits(item)) if flag]
            names = [_POINT_REASONS[i] if i < len(_POINT_REASONS) else f"Unknown reason {i}" for i in flags]
            reasons = "   ReasonFlags:\n" + "".join(f"    {reason}\n" for reason in names)
        elif is_context(item, 2, constructed=True):
            issuer = f"   CRLIssuer:{listed(general_names(item))}\n"
        else:
            raise JavaFormatError("Invalid encoding of DistributionPoint.")
    if not where and not issuer:
        raise JavaFormatError("One of fullName, relativeName,  and crlIssuer has to be set")
    return f"DistributionPoint:\n     {where}\n{reasons}{issuer}"


def once(item: Element, seen: set[int], fields: tuple[str, ...], what: str, kind: str = IO_EXCEPTION) -> None:
    """Raises JavaFormatError, of that kind, when a field that is tagged by its number comes again."""
    number = item.tag & 0x1F
    if number in seen and number < len(fields):
        raise JavaFormatError(f"Duplicate {fields[number]} in {what}", kind)
    seen.add(number)


def _point_name(item: Element, complaint: str) -> str:
    """A DistributionPointName: a full name, or one relative to the CRL issuer."""
    choice = first(item, 1)[0]
    if is_context(choice, 0, constructed=True):
        return listed(general_names(choice))
    if is_context(choice, 1, constructed=True):
        return relative_name(choice, implicit=True)
    raise JavaFormatError(complaint)


def certificate_policies(data: bytes) -> str:
    """The value of CertificatePolicies (RFC 5280, 4.2.1.4)."""
    complaint = "Invalid encoding for CertificatePoliciesExtension."
    return f"CertificatePolicies [\n{''.join(_policy(p) for p in sequence(value(data), complaint))}]\n"


def _policy(item: Element) -> str:
    if item.tag != asn1.SEQUENCE:
        raise JavaFormatError("Invalid encoding of PolicyInformation")
    head = first(item, 1)[0]
    identifier = oid(head)
    qualifiers = []
    if head.next < item.stop:
        qualifiers = sequence(cut(item, head.next), "Invalid encoding of PolicyInformation")
        if not qualifiers:
            raise JavaFormatError("No data available in policyQualifiers")
    return f"  [{_policy_id(identifier)}{listed([_policy_qualifier(q) for q in qualifiers])}  ]\n"


def _policy_id(identifier: str) -> str:
    return f"CertificatePolicyId: [{identifier}]\n"


def _policy_qualifier(item: Element) -> str:
    if item.tag != asn1.SEQUENCE:
        raise JavaFormatError("Invalid encoding for PolicyQualifierInfo")
    identifier = first(item, 1)[0]
    content = item.data[identifier.next : item.stop]
    return f"PolicyQualifierInfo: [\n  qualifierID: {oid(identifier)}\n  qualifier: {hex_dump(content)}\n]"


def policy_mappings(data: bytes) -> str:
    """The value of PolicyMappings (RFC 5280, 4.2.1.5)."""
    maps = []
    for item in sequence(value(data), "Invalid encoding for PolicyMappingsExtension."):
        if item.tag != asn1.SEQUENCE:
            raise JavaFormatError("Invalid encoding for CertificatePolicyMap")
        issuer, subject = (_policy_id(oid(domain)) for domain in first(item, 2))
        maps.append(f"CertificatePolicyMap: [\nIssuerDomain:{issuer}SubjectDomain:{subject}]\n")
    return f"PolicyMappings [\n{listed(maps)}]\n"


def issuing_distribution_point(data: bytes) -> str:
    """The value of IssuingDistributionPoint (RFC 5280, 5.2.5)."""
    where = reasons = ""
    flags = dict.fromkeys((1, 2, 5, 4), False)
    for item in sequence(value(data), "Invalid encoding for IssuingDistributionPointExtension."):
        number = item.tag & 0x1F
        if is_context(item, 0, constructed=True):
            name = _point_name(item, "Invalid encoding for DistributionPointName")
            where = f"DistributionPointName:\n     {name}\n"
        elif is_context(item, 3, constructed=False):
            reasons = f"Reason Flags [\n{indented(named(_CRL_REASONS, bits(item)))}]\n"
        elif number in flags and is_context(item, number, constructed=False):
            flags[number] = boolean(item)
        else:
            raise JavaFormatError("Invalid encoding of IssuingDistributionPoint")
    user, authority, attribute, indirect = (str(flag).lower() for flag in flags.values())
    return (
        f"IssuingDistributionPoint [\n  {where}{reasons}"
        f"  Only contains user certs: {user}\n  Only contains CA certs: {authority}\n"
        f"  Only contains attribute certs: {attribute}\n  Indirect CRL: {indirect}\n]\n"
    )

"""Sets of certificates that stand for a server's authority, or for those that may follow it."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError, UsageError
from truststore_tool.model import Certificate
from truststore_tool.nouns import noun
from truststore_tool.operations.describe import describe, ends_before
from truststore_tool.readers import chains
from truststore_tool.readers.chains import Search

# How Amazon names the authorities of its regions: "Amazon RDS us-east-1 Root CA RSA2048 G1", "... us-gov-west-1 ...",
# "Amazon RDS Beta us-east-1 2019 CA". Those for all regions bear none: "Amazon RDS Root 2019 CA".
_REGIONAL: Final = re.compile(r"CN=Amazon RDS (?P<region>(?:\w+ )?[a-z]{2}(?:-[a-z]+)+-\d+) ")


@noun
class Picked:
    """The certificates of a set that count.

    Attributes:
        certificates: each once, in the order of the set.
        expired: how many were left out because they have expired.
        elsewhere: how many were left out because they are not of the region that is meant.
    """

    certificates: tuple[Certificate, ...]
    expired: int
    elsewhere: int


def region_of(certificate: Certificate) -> str | None:
    """The region in the name of an authority of Amazon RDS, as in ``us-east-1`` or ``Beta us-east-1``."""
    return _region_in(describe(certificate).subject)


def region_of_issuer(certificate: Certificate) -> str | None:
    """The region in the name of its issuer."""
    return _region_in(describe(certificate).issuer)


def _region_in(name: str | None) -> str | None:
    found = _REGIONAL.search(name or "")
    return found["region"] if found else None


def pick(certificates: Sequence[Certificate], region: str | None, at: datetime) -> Picked:
    """Those of a region that have not expired; all of them have if that leaves none.

    Raises UsageError when there is none of the region.
    """
    whole = tuple(dict.fromkeys(certificates))
    here = whole if region is None else tuple(c for c in whole if region_of(c) == region)
    if not here:
        regions = sorted({found for c in whole if (found := region_of(c))})
        known = f"there are {', '.join(regions)}" if regions else "its authorities name no region"
        raise UsageError(f"no authority of the region {region}", hint=known)
    current = tuple(c for c in here if not ends_before(c, at)) or here
    return Picked(current, len(here) - len(current), len(whole) - len(here))


def names_a_server(certificate: Certificate) -> bool:
    """Whether it says that it is a server's own: it has alternative names, or the purpose of TLS servers."""
    try:
        usage = certificate.extension(oids.EXTENDED_KEY_USAGE)
        purposes = asn1.read_exactly(usage.value).children() if usage else []
        named = certificate.extension(oids.SUBJECT_ALTERNATIVE_NAME) is not None
        return named or any(purpose.oid() == oids.SERVER_AUTH for purpose in purposes)
    except FormatError:
        return False


def path_length(certificate: Certificate) -> int | None:
    """How many authorities may stand below it (RFC 5280, 4.2.1.9); None where nothing is said, or it cannot be read."""
    try:
        constraints = certificate.extension(oids.BASIC_CONSTRAINTS)
        parts = asn1.read_exactly(constraints.value).children() if constraints else []
        return parts[-1].integer() if parts and parts[-1].tag == asn1.INTEGER else None
    except FormatError:
        return None


def above(certificate: Certificate, search: Search) -> tuple[Certificate, ...]:
    """The authorities above it that a server sends along: of those sent in `search` all but self-signed roots."""
    found: list[Certificate] = []
    below = [certificate]
    while below:
        for issuer in search.issuers(below.pop(0), search.sent):
            if issuer not in found and not chains.is_self_issued(issuer):
                found.append(issuer)
                below.append(issuer)
    return tuple(found)

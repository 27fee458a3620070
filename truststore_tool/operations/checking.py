"""What is not well with what a store holds, whoever reads it: what every command says of it, and what doctor adds."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError
from truststore_tool.findings import Finding, Place, finding
from truststore_tool.model import Certificate, Remark, TrustStore, twins
from truststore_tool.operations.describe import describe, identified
from truststore_tool.operations.listing import named

_RSA: Final = (oids.RSA, oids.RSA_PSS)
_WEAK: Final = {
    "1.2.840.113549.1.1.2": "MD2",
    "1.2.840.113549.1.1.4": "MD5",
    "1.2.840.113549.1.1.5": "SHA-1",
    "1.2.840.10040.4.3": "SHA-1",
    "1.2.840.10045.4.1": "SHA-1",
}
_SMALLEST_RSA: Final = 2048
_SMALL_CURVES: Final = {"1.2.840.10045.3.1.1": "P-192"}


def at(path: str, remarks: Iterable[Remark]) -> Iterator[Finding]:
    """Remarks on what is at `path`."""
    return (finding(remark.rule, Place(path), str(remark)) for remark in remarks)


def of_store(store: TrustStore, path: str) -> Iterator[Finding]:
    """What whoever uses the store at `path` should know, without a look into its certificates."""
    here = Place(path)
    yield from at(path, store.notes)
    for part in store.not_understood():
        yield finding("not-understood", here, f"what this trusts is not known: {part}")
    for item in store.distrusted:
        text = f"distrusted: {identified(item.certificate)}: {item.reason}"
        yield finding("distrusted", Place(path, str(item.certificate.sha256)), text)
    if store.others:
        rule = "key-in-truststore" if "private key" in store.others else "other-content"
        yield finding(rule, here, f"holds beside certificates: {named(store.others)}")
    if store.integrity == "unchecked":
        yield finding("integrity-unchecked", here, "integrity was NOT verified: no password was given")
    if store.loose:
        text = (
            f"certificates in the file that are no entries: {len(store.loose)};"
            " Java neither lists nor trusts them until they are imported"
        )
        yield finding("not-trusted-entry", here, text)
    for one, other in twins(entry for entry in store.entries if entry.alias):
        text = f"aliases {one.alias!r} and {other.alias!r} are the same to Java"
        yield finding("alias-collision", Place(path, other.alias), text)


def of_certificate(
    certificate: Certificate, path: str, alias: str, now: datetime, *, within: timedelta | None = None
) -> Iterator[Finding]:
    """What is not well with a certificate that is trusted, or shall be.

    Args:
        path: the store.
        alias: its alias there; empty where it has none, and is told by its subject and fingerprint.
        now: the present moment (aware).
        within: how soon is soon for a certificate that expires; None for never.
    """
    for rule, text in _lasting(certificate):
        yield finding(rule, _place(certificate, path, alias), _called(certificate, alias) + text)
    yield from by_dates(certificate, path, alias, now, within=within)


def by_dates(
    certificate: Certificate, path: str, alias: str, now: datetime, *, within: timedelta | None = None
) -> Iterator[Finding]:
    """Those of `of_certificate` that are otherwise on another day."""
    for rule, text, fix in _dated(certificate, now, within):
        yield finding(rule, _place(certificate, path, alias), _called(certificate, alias) + text, fix=fix)


def check(store: TrustStore, path: str, now: datetime, *, within: timedelta | None = None) -> Iterator[Finding]:
    """All findings of a store at `path`.

    Args:
        now: the present moment (aware).
        within: how soon is soon for certificates that expire; None for never.
    """
    yield from of_store(store, path)
    yield from _of_purpose(store, path)
    seen: set[Certificate] = set()
    for entry in store.trusted():
        if entry.certificate in seen:
            place = Place(path, entry.alias or None)
            yield finding("duplicate", place, f"{identified(entry.certificate)} is there already", fix="remove one")
        seen.add(entry.certificate)
        yield from of_certificate(entry.certificate, path, entry.alias, now, within=within)


def _of_purpose(store: TrustStore, path: str) -> Iterator[Finding]:
    """What a store holds that makes it none to trust by."""
    if not any(True for _ in store.trusted()):
        if not store.sealed and not store.loose:
            yield finding("empty-store", Place(path), "it trusts nothing")
        return
    for entry in store.entries:
        if entry.kind == "private-key":
            text = "a private key in a store that trusts others"
            yield finding("key-in-truststore", Place(path, entry.alias), text, fix="keep keys in a store of their own")


def _place(certificate: Certificate, path: str, alias: str) -> Place:
    return Place(path, alias or str(certificate.sha256))


def _called(certificate: Certificate, alias: str) -> str:
    return "" if alias else f"{identified(certificate)}: "


@lru_cache(maxsize=1024)
def _lasting(certificate: Certificate) -> tuple[tuple[str, str], ...]:
    """What is not well with it at any time: rule and message. The same certificates are in many stores."""
    found = [("unreadable-field", problem) for problem in describe(certificate).problems]
    found += [(rule, text) for rule, look in _CHECKS.items() if (text := _read(look, certificate))]
    return tuple(found)


def _read(look: Callable[[Certificate], str | None], certificate: Certificate) -> str | None:
    """What a look at a certificate shows; nothing where it cannot be read, which others say."""
    try:
        return look(certificate)
    except FormatError:
        return None


def _dated(certificate: Certificate, now: datetime, within: timedelta | None) -> Iterator[tuple[str, str, str | None]]:
    """What its dates fall under: rule, message and remedy."""
    start, end = _dates(certificate)
    if start is not None and start > now:
        yield "not-yet-valid", f"not valid before {start:%Y-%m-%d}", None
    if end is not None and end < now:
        yield "expired", f"expired on {end:%Y-%m-%d}", "add its successor, then remove it"
    elif end is not None and within is not None and end - now < within:
        yield "expires-soon", f"expires on {end:%Y-%m-%d}", "add its successor"


@lru_cache(maxsize=1024)
def _dates(certificate: Certificate) -> tuple[datetime | None, datetime | None]:
    facts = describe(certificate)
    return facts.not_before, facts.not_after


def _no_authority(certificate: Certificate) -> str | None:
    return None if certificate.is_ca else "is no certificate authority (basicConstraints)"


def _weak_signature(certificate: Certificate) -> str | None:
    """Of an anchor that signed itself the signature proves nothing anyway."""
    digest = _WEAK.get(certificate.signature_algorithm_oid)
    return f"is signed with {digest}" if digest and not certificate.is_self_issued else None


def _small_key(certificate: Certificate) -> str | None:
    algorithm, bits = asn1.read_exactly(certificate.public_key_der).expect(asn1.SEQUENCE).fields(2, 2)
    parts = algorithm.children()
    if parts[0].oid() in _RSA:
        size = asn1.read_exactly(bits.bits()).children()[0].integer().bit_length()
        return f"has an RSA key of {size} bits" if size < _SMALLEST_RSA else None
    curve = parts[1].oid() if len(parts) > 1 and parts[1].tag == asn1.OBJECT_IDENTIFIER else None
    return f"has a key on the curve {_SMALL_CURVES[curve]}" if curve in _SMALL_CURVES else None


def _negative_serial(certificate: Certificate) -> str | None:
    return "has a negative serial number" if certificate.serial_number < 0 else None


_CHECKS: Final[dict[str, Callable[[Certificate], str | None]]] = {
    "not-a-ca": _no_authority,
    "weak-signature": _weak_signature,
    "small-key": _small_key,
    "negative-serial": _negative_serial,
}

"""What is not well with what a store holds, whoever reads it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from truststore_tool import asn1
from truststore_tool.errors import FormatError
from truststore_tool.findings import Finding, Place, finding
from truststore_tool.model import Certificate, TrustStore
from truststore_tool.operations.aliases import shown_alias
from truststore_tool.operations.describe import identified
from truststore_tool.operations.listing import named

_RSA: Final = "1.2.840.113549.1.1.1"
_WEAK: Final = {
    "1.2.840.113549.1.1.2": "MD2",
    "1.2.840.113549.1.1.4": "MD5",
    "1.2.840.113549.1.1.5": "SHA-1",
    "1.2.840.10040.4.3": "SHA-1",
    "1.2.840.10045.4.1": "SHA-1",
}
_SMALLEST_RSA: Final = 2048
_SMALL_CURVES: Final = {"1.2.840.10045.3.1.1": "P-192"}


def check(store: TrustStore, path: str, now: datetime, *, within: timedelta | None = None) -> Iterator[Finding]:
    """The findings of a store at `path`.

    Args:
        now: the present moment (aware).
        within: how soon is soon for certificates that expire; None for never.
    """
    yield from _of_store(store, path)
    seen: set[Certificate] = set()
    for entry in store.trusted():
        place = Place(path, shown_alias(entry))
        if entry.certificate in seen:
            yield finding("duplicate", place, f"{identified(entry.certificate)} is there already", fix="remove one")
        seen.add(entry.certificate)
        for rule, look in _CHECKS.items():
            if text := _read(look, entry.certificate):
                yield finding(rule, place, f"{identified(entry.certificate)} {text}")
        yield from _dated(entry.certificate, place, now, within)


def _of_store(store: TrustStore, path: str) -> Iterator[Finding]:
    here = Place(path)
    if not any(True for _ in store.trusted()) and not store.sealed and not store.loose:
        yield finding("empty-store", here, "it trusts nothing")
    for part in store.unread:
        yield finding("not-understood", here, f"not read: {part}")
    for item in store.distrusted:
        place = Place(path, str(item.certificate.sha256))
        yield finding("distrusted", place, f"{identified(item.certificate)}: {item.reason}")
    keys = [entry for entry in store.entries if entry.kind == "private-key"]
    if any(True for _ in store.trusted()):
        for entry in keys:
            text = "a private key in a store that trusts others"
            yield finding("key-in-truststore", Place(path, entry.alias), text, fix="keep keys in a store of their own")
    if store.others and "private key" in store.others:
        text = f"beside certificates it holds {named(store.others)}"
        yield finding("key-in-truststore", here, text, fix="keep keys in a file of their own")


def _read(look: Callable[[Certificate], str | None], certificate: Certificate) -> str | None:
    """What a look at a certificate shows; nothing where it cannot be read, which others say."""
    try:
        return look(certificate)
    except FormatError:
        return None


def _dated(certificate: Certificate, place: Place, now: datetime, within: timedelta | None) -> Iterator[Finding]:
    try:
        end = certificate.not_after
    except FormatError:
        return
    if end < now:
        yield finding("expired", place, f"{identified(certificate)} expired on {end:%Y-%m-%d}", fix="remove it")
    elif within is not None and end - now < within:
        text = f"{identified(certificate)} expires on {end:%Y-%m-%d}"
        yield finding("expires-soon", place, text, fix="add its successor")


def _no_authority(certificate: Certificate) -> str | None:
    return None if certificate.is_ca else "is no certificate authority (basicConstraints)"


def _weak_signature(certificate: Certificate) -> str | None:
    """Of an anchor that signed itself the signature proves nothing anyway."""
    digest = _WEAK.get(certificate.signature_algorithm_oid)
    return f"is signed with {digest}" if digest and not certificate.is_self_issued else None


def _small_key(certificate: Certificate) -> str | None:
    algorithm, bits = asn1.read_exactly(certificate.public_key_der).expect(asn1.SEQUENCE).fields(2, 2)
    parts = algorithm.children()
    if parts[0].oid() == _RSA:
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

"""Private keys and the certificates that belong to them: which is whose, and which issued which."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from truststore_tool import asn1
from truststore_tool.errors import FormatError
from truststore_tool.model import Certificate, Entry, OpaqueEntry, TrustStore
from truststore_tool.nouns import replace

CALLED: Final = "private key"  # in `TrustStore.others`


class OpenedKey(NamedTuple):
    """A key that has no certificate yet: its entry, and the bits of its public key (RFC 5280, 4.1.2.7)."""

    entry: OpaqueEntry
    public_key: bytes


class Paired(NamedTuple):
    """A store with keys and their chains among its entries, and how many keys found no certificate.

    No key is told any more to be beside the certificates of the store.
    """

    store: TrustStore
    alone: int


def pair(store: TrustStore, keys: Iterable[OpenedKey]) -> Paired:
    """`store` with an entry for each certificate that has one of the keys, in the place of its certificates.

    The certificates of a chain are found by names and signatures, whatever their order; what is in no chain stays the
    trusted certificate that it was. A key with two certificates, as after a renewal, gives two entries.
    """
    every = [e.certificate for e in store.trusted()] + [i.certificate for i in store.loose]
    certificates = list(dict.fromkeys(certificate.in_der() for certificate in every))
    bits = {certificate: _public_key(certificate) for certificate in certificates}
    names = {entry.certificate: entry.alias for entry in store.trusted()}
    made: list[Entry] = []
    alone = 0
    for key in {key.public_key: key for key in keys}.values():
        leaves = [certificate for certificate in certificates if bits[certificate] == key.public_key]
        alone += not leaves
        made += (
            replace(key.entry, alias=names.get(leaf, ""), certificates=chain_of(leaf, certificates)) for leaf in leaves
        )
    taken = {certificate for entry in made for certificate in entry.certificates}
    rest = (entry for entry in store.entries if isinstance(entry, OpaqueEntry) or entry.certificate not in taken)
    loose = tuple(item for item in store.loose if item.certificate not in taken)
    others = tuple(name for name in store.others if name != CALLED)
    return Paired(replace(store, entries=(*made, *rest), loose=loose, others=others), alone)


def chain_of(leaf: Certificate, certificates: Sequence[Certificate]) -> tuple[Certificate, ...]:
    """The certificate, the one that issued it, and so on: the shortest way to a root, or as far as they are there.

    Several may have issued one, where authorities are cross-signed: of ways of the same length, the one that comes
    first in the order of the certificates is taken. Where it cannot be told who signed, the issuer's name decides.
    """
    below: dict[Certificate, Certificate | None] = {leaf: None}
    waiting = deque([leaf])
    reached = leaf
    while waiting:
        reached = waiting.popleft()
        if _is_root(reached):
            break
        for issuer in _issuers(reached, [each for each in certificates if each not in below]):
            below[issuer] = reached
            waiting.append(issuer)
    else:  # no way leads to a root: the first of the longest ones
        depths = {certificate: len(_down(certificate, below)) for certificate in below}
        reached = max(depths, key=depths.__getitem__)
    return tuple(reversed(_down(reached, below)))


def _down(certificate: Certificate, below: Mapping[Certificate, Certificate | None]) -> list[Certificate]:
    """The certificates from this one down to the leaf."""
    way = [certificate]
    while (under := below[way[-1]]) is not None:
        way.append(under)
    return way


def _is_root(certificate: Certificate) -> bool:
    """Whether nobody is to be looked for above it: it signed itself, or cannot be read."""
    try:
        return certificate.is_self_issued and certificate.is_signed_by(certificate) is not False
    except FormatError:
        return True


def _issuers(certificate: Certificate, candidates: Sequence[Certificate]) -> list[Certificate]:
    named = [each for each in candidates if _is_named_issuer(certificate, each)]
    signed = [(each, certificate.is_signed_with_key_of(each)) for each in named]
    return [each for each, yes in signed if yes] or [each for each, yes in signed if yes is None]


def _is_named_issuer(certificate: Certificate, other: Certificate) -> bool:
    """Whether the other one bears the name of the issuer; types of strings and case do not count (RFC 5280, 7.1)."""
    try:
        if certificate.issuer_der == other.subject_der:
            return True
        return str(certificate.issuer).casefold() == str(other.subject).casefold()
    except FormatError:
        return False


def _public_key(certificate: Certificate) -> bytes | None:
    try:
        return asn1.read_exactly(certificate.public_key_der).expect(asn1.SEQUENCE).fields(2, 2)[1].bits()
    except FormatError:
        return None

"""Which bags a PKCS#12 file needs in order to hold what a store holds: the reverse of `view`.

Nothing is lost by accident: a bag goes only when the entry or loose certificate that it was read as is gone.
"""

import hashlib
from collections.abc import Callable, Iterable

from truststore_tool.errors import FormatError
from truststore_tool.formats.pkcs12.layout import Layout
from truststore_tool.formats.pkcs12.safebags import Bag, certificate_bag
from truststore_tool.formats.pkcs12.view import Origin, comparable_name, dated_key_id
from truststore_tool.model import (
    Certificate,
    Entry,
    LooseCertificate,
    OpaqueEntry,
    TrustedEntry,
    TrustStore,
    fold_alias,
    noted,
)
from truststore_tool.nouns import field, noun


@noun(frozen=False)
class Plan:
    """What becomes of the bags of a file.

    Attributes:
        replacements: for each bag of the file by its id(): the bag to write for it (itself if unchanged), or None.
        keys: bags of keys and secrets to be added.
        certificates: bags of certificates to be added.
    """

    replacements: dict[int, Bag | None] = field(default_factory=dict)
    keys: list[Bag] = field(default_factory=list)
    certificates: list[Bag] = field(default_factory=list)

    def remaining(self, bags: Iterable[Bag]) -> tuple[Bag, ...]:
        """What remains of these bags of the file."""
        return tuple(kept for bag in bags if (kept := self.replacements[id(bag)]) is not None)


def plan(store: TrustStore, layout: Layout, shroud: Callable[[bytes], bytes]) -> Plan:
    """Plan the bags of `store`.

    Args:
        store: the store to be written.
        layout: the file it was read from; an empty one for a new file.
        shroud: encrypts the payload of a key that would otherwise be written unencrypted.

    Raises FormatError when an entry is of another format.
    """
    return _Planner(store, layout, shroud).run()


class _Planner:
    """The steps of `plan` and what they share."""

    def __init__(self, store: TrustStore, layout: Layout, shroud: Callable[[bytes], bytes]) -> None:
        self.store = store
        self.shroud = shroud
        self.plan = Plan({id(bag): bag for bag in layout.bags()})
        for entry in layout.entries:
            if origin := noted(entry.origin, Origin):
                self.plan.replacements.update((id(bag), None) for bag in (origin.bag, *origin.chain))
        self.plan.replacements.update((id(item.origin), None) for item in layout.loose)
        self.numbers_shift = _numbered_aliases(layout.entries) != _numbered_aliases(store.entries)
        # Java finds the only key of a file without a localKeyId, but not one of several.
        self.more_keys = _keys(layout.entries) == 1 < _keys(store.entries)
        self.issuers: dict[bytes, Certificate] = {}
        self.key_ids = {bag.key_id for bag in layout.bags()}

    def run(self) -> Plan:
        """Certificates of keys first: if one is a trusted entry too, what the trusted entry asks for counts."""
        opaque = [entry for entry in self.store.entries if isinstance(entry, OpaqueEntry)]
        for item in self.store.loose:
            self._keep_loose(item)
        for entry in opaque:
            if entry.format != "pkcs12":
                raise FormatError(
                    f"{entry.kind} {entry.alias!r} is in the form of {entry.format}, which PKCS#12 cannot hold",
                    hint="convert the key with its password, or leave keys behind",
                )
            self._keep_opaque(entry)
        for trusted in self.store.trusted():
            self._keep_trusted(trusted)
        self._add_issuers()
        return self.plan

    def _is_in_file(self, bag: Bag) -> bool:
        return id(bag) in self.plan.replacements

    def _keep_loose(self, item: LooseCertificate) -> None:
        bag = noted(item.origin, Bag)
        if bag and self._is_in_file(bag):
            self.plan.replacements[id(bag)] = _untrusted(bag)
        else:
            self.plan.certificates.append(certificate_bag(item.certificate.der, name=item.alias))

    def _keep_trusted(self, entry: TrustedEntry) -> None:
        origin, loose = noted(entry.origin, Origin), noted(entry.origin, Bag)
        bag = origin.bag if origin else loose  # what was loose becomes an entry where it stands
        if bag and self._is_in_file(bag) and bag.certificate == entry.certificate.der:
            name = self._name(entry, origin) if origin else entry.alias
            self.plan.replacements[id(bag)] = bag.changed(name=name, key_id=bag.key_id, trusted=True)
        else:
            self.plan.certificates.append(certificate_bag(entry.certificate.der, name=entry.alias, trusted=True))

    def _name(self, entry: Entry, origin: Origin) -> str | None:
        """The friendlyName to write: none where none was and the alias, which is Java's count, stays the same."""
        if entry.alias != origin.alias or (self.numbers_shift and entry.kind != "unknown"):
            return entry.alias
        return origin.bag.name

    def _keep_opaque(self, entry: OpaqueEntry) -> None:
        origin = noted(entry.origin, Origin)
        if origin and self._is_in_file(origin.bag):
            bag = origin.bag
            key_id = bag.key_id
            if key_id is None and self.more_keys and entry.kind == "private-key":
                key_id = self._new_key_id(entry)
            trusted = bag.trusted and entry.kind == "unknown"  # of what is not understood, nothing is taken
            self.plan.replacements[id(bag)] = bag.changed(
                name=self._name(entry, origin), key_id=key_id, trusted=trusted, plain=entry.payload
            )
        else:
            kept = origin.bag.attributes if origin else None
            key_id = (origin and origin.bag.key_id) or (None if entry.kind == "unknown" else self._new_key_id(entry))
            payload = self.shroud(entry.payload)
            self.plan.keys.append(Bag.build(payload, kept, entry.alias, key_id, trusted=False))
        self._keep_chain(entry, origin, key_id)

    def _new_key_id(self, entry: OpaqueEntry) -> bytes:
        """A localKeyId to tie a key to its certificate: the key's date, as Java writes it, unless another has that."""
        dated = None if entry.created is None else dated_key_id(entry.created)
        if dated is None or dated in self.key_ids:
            dated = hashlib.sha1(entry.payload, usedforsecurity=False).digest()
        self.key_ids.add(dated)
        return dated

    def _keep_chain(self, entry: OpaqueEntry, origin: Origin | None, key_id: bytes | None) -> None:
        known = {bag.certificate: bag for bag in origin.chain if self._is_in_file(bag)} if origin else {}
        for index, certificate in enumerate(entry.certificates):
            bag = known.get(certificate.der)
            if bag is not None and origin is not None:
                self._keep_chain_certificate(bag, entry, origin, key_id if index == 0 else None)
            elif index == 0:
                self.plan.certificates.append(certificate_bag(certificate.der, name=entry.alias, key_id=key_id))
            else:
                _check_link(entry, index)
                self.issuers[certificate.der] = certificate

    def _add_issuers(self) -> None:
        """The certificates of new chains that are not there anyway, each once and with the name that Java gives it."""
        bags = [*self.plan.replacements.values(), *self.plan.certificates] if self.issuers else []
        present = {bag.certificate for bag in bags if bag is not None}
        missing = (certificate for der, certificate in self.issuers.items() if der not in present)
        self.plan.certificates += [certificate_bag(each.der, name=_subject(each)) for each in missing]
        # Of several certificates of one subject (cross-signed), Java takes the first for the issuer.
        self.plan.certificates.sort(key=lambda bag: bag.trusted and bag.certificate not in self.issuers)

    def _keep_chain_certificate(self, bag: Bag, entry: OpaqueEntry, origin: Origin, key_id: bytes | None) -> None:
        """A certificate of a chain that is in the file: it follows its key's new name and localKeyId, no more."""
        kept = self.plan.replacements[id(bag)] or _untrusted(bag)
        has_key_alias = kept.name is not None and fold_alias(kept.name) == fold_alias(origin.alias)
        renamed = has_key_alias and entry.alias != origin.alias
        self.plan.replacements[id(bag)] = kept.changed(
            name=entry.alias if renamed else kept.name, key_id=kept.key_id or key_id, trusted=False
        )


def _numbered_aliases(entries: Iterable[Entry]) -> list[str]:
    """Aliases that are numbers by which Java counts entries without a friendlyName; without one entry, others shift."""
    return [
        entry.alias
        for entry in entries
        if (origin := noted(entry.origin, Origin))
        and entry.kind != "unknown"
        and origin.bag.name is None
        and entry.alias == origin.alias
    ]


def _keys(entries: Iterable[Entry]) -> int:
    return sum(entry.kind == "private-key" for entry in entries)


def _check_link(entry: OpaqueEntry, index: int) -> None:
    """Refuse a chain that its reader could not put together again: it is found by the names of issuers."""
    below, above = entry.certificates[index - 1 : index + 1]
    try:
        linked = comparable_name(below.issuer) == comparable_name(above.subject)
    except FormatError:
        linked = below.issuer_der == above.subject_der
    if not linked:
        raise FormatError(
            f"certificate {index + 1} behind the key {entry.alias!r} did not issue the one before it;"
            " PKCS#12 holds only chains",
            hint="put its chain in order first, or leave the key behind",
        )


def _untrusted(bag: Bag) -> Bag:
    """The bag of a certificate that is not (or no longer) a trusted entry: without the attribute that makes it one."""
    return bag.changed(name=None if bag.trusted else bag.name, key_id=bag.key_id, trusted=False)


def _subject(certificate: Certificate) -> str | None:
    try:
        return str(certificate.subject) or None
    except FormatError:
        return None

"""What Java sees in the bags of a PKCS#12 file: entries, their aliases, the chains of keys.

OpenJDK's sun.security.pkcs12.PKCS12KeyStore decides (loadSafeContents, findMatchedCertificate, findIssuer), quirks
included; what it does not see is kept as well: keys it skips as entries, certificates as loose ones.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError
from truststore_tool.formats import java_time
from truststore_tool.formats.pkcs12.safebags import Bag
from truststore_tool.model import (
    Certificate,
    Entry,
    LooseCertificate,
    LooseKind,
    Note,
    OpaqueEntry,
    OpaqueKind,
    Remark,
    TrustedEntry,
    fold_alias,
)
from truststore_tool.names import Name
from truststore_tool.nouns import field, noun
from truststore_tool.wording import counted

# PKCS12KeyStore gives this localKeyId to the only key of a file, and to a certificate that comes first, without one.
_ASSUMED_KEY_ID: Final = b"01"
_DATED_KEY_ID: Final = re.compile(rb"Time (-?[0-9]{1,18})")
# Longer chains do not occur; in a hostile file each of many keys could have each of many certificates in its chain.
_MAX_CHAIN: Final = 100
_KINDS: Final[dict[str, OpaqueKind]] = {
    oids.KEY_BAG: "private-key",
    oids.SHROUDED_KEY_BAG: "private-key",
    oids.SECRET_BAG: "secret-key",
}


@noun
class Origin(Note):
    """Where an entry was read from: its alias then, its bag, and the bags of its chain, leaf first."""

    alias: str
    bag: Bag
    chain: tuple[Bag, ...] = ()


class View(NamedTuple):
    """The entries in Java's order, the certificates that are not entries, and notes, one line each."""

    entries: tuple[Entry, ...]
    loose: tuple[LooseCertificate, ...]
    notes: tuple[Remark, ...]


class _Held(NamedTuple):
    """A certificate of the file, with the localKeyId that Java takes it to have."""

    bag: Bag
    certificate: Certificate
    key_id: bytes | None


class _Draft(NamedTuple):
    """An unfinished entry: the alias Java gives it, its bag, its localKeyId; the certificate if it is a trusted one."""

    alias: str
    bag: Bag
    key_id: bytes | None
    held: _Held | None = None


def view(safes: Iterable[tuple[Bag, ...]]) -> View:
    """What Java sees in the bags of the opened safes, in the order of the file."""
    reading = _Reading()
    for bags in safes:
        for index, bag in enumerate(bags):
            reading.take(bag, first=index == 0)
    return reading.finish()


@noun(frozen=False)
class _Reading:
    """The state of PKCS12KeyStore while it walks over the bags."""

    drafts: dict[str | int, _Draft] = field(default_factory=dict)
    hidden: list[_Draft] = field(default_factory=list)
    shadowed: list[_Draft] = field(default_factory=list)
    held: list[_Held] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)
    keys: int = 0
    unnamed: int = 0

    def take(self, bag: Bag, *, first: bool) -> None:
        """The next bag; `first` says whether it is the first in its safe."""
        der = bag.certificate
        if der is not None:
            self._take_certificate(bag, Certificate(der), first)
        elif bag.oid == oids.SECRET_BAG:
            self._put(_Draft(self._alias(bag), bag, bag.key_id))
        elif bag.oid in _KINDS:
            self._take_key(bag)
        else:
            self.drafts[len(self.drafts)] = _Draft(bag.name or "", bag, None)

    def _take_key(self, bag: Bag) -> None:
        self.keys += 1
        if bag.key_id is None and self.keys > 1:
            self.hidden.append(_Draft(bag.name or "", bag, None))
            return
        draft = _Draft(self._alias(bag), bag, _ASSUMED_KEY_ID if bag.key_id is None else bag.key_id)
        if bag.oid == oids.KEY_BAG:
            text = f"private key {draft.alias!r} is not encrypted; Java does not see it"
            self.notes.append(Remark("key-not-seen", text))
        self._put(draft)

    def _take_certificate(self, bag: Bag, certificate: Certificate, first: bool) -> None:
        assumed = bag.key_id is None and self.keys == 1 and first
        held = _Held(bag, certificate, _ASSUMED_KEY_ID if assumed else bag.key_id)
        self.held.append(held)
        if bag.trusted:
            self._put(_Draft(self._alias(bag), bag, None, held))

    def _alias(self, bag: Bag) -> str:
        if bag.name is not None:
            return bag.name
        self.unnamed += 1
        return str(self.unnamed)

    def _put(self, draft: _Draft) -> None:
        """A later entry takes the place of an earlier one of the same alias, as in Java's LinkedHashMap."""
        folded = fold_alias(draft.alias)
        if folded in self.drafts:
            text = f"alias {draft.alias!r} occurs more than once; Java keeps the last"
            self.notes.append(Remark("alias-collision", text))
            self.shadowed.append(self.drafts[folded])
        self.drafts[folded] = draft

    def finish(self) -> View:
        """The entries with their chains, and what is left over."""
        for draft in self.hidden:
            text = f"private key {draft.alias!r} has no localKeyId; Java does not see it"
            self.notes.append(Remark("key-not-seen", text))
            self.drafts.setdefault(fold_alias(draft.alias), draft)
        drafts = self.drafts.values()
        keys = [draft for draft in (*drafts, *self.shadowed) if _KINDS.get(draft.bag.oid) == "private-key"]
        chains = _Chains(self.held) if keys else None
        used = {id(draft.bag) for draft in drafts}
        entries: list[Entry] = []
        for draft in drafts:
            if draft.held is not None:
                certificate = draft.held.certificate
                entries.append(TrustedEntry(draft.alias, certificate, origin=Origin(draft.alias, draft.bag)))
                continue
            kind = _KINDS.get(draft.bag.oid, "unknown")
            chain = chains.of(draft) if chains and kind == "private-key" else ()
            used.update(id(item.bag) for item in chain)
            entries.append(_opaque(draft, kind, chain))
        of_shadowed = {id(item.bag) for draft in self.shadowed if draft in keys and chains for item in chains.of(draft)}
        loose = tuple(
            LooseCertificate(item.certificate, item.bag.name, item.bag, _kind(item.bag, of_shadowed))
            for item in self.held
            if id(item.bag) not in used
        )
        unmarked = sum(item.kind != "shadowed" for item in loose)
        if unmarked:
            these = counted(unmarked, "certificate is", "certificates are")
            text = f"{these} not marked as trusted; Java does not see them, and drops them when it saves"
            self.notes.append(Remark("not-trusted-entry", text))
        return View(tuple(entries), loose, tuple(self.notes))


def _kind(bag: Bag, of_shadowed: set[int]) -> LooseKind:
    """Why a certificate is no entry; `of_shadowed` are the bags in the chains of shadowed keys, by their id()."""
    if bag.trusted:
        return "shadowed"
    return "key" if id(bag) in of_shadowed else "unmarked"


def _opaque(draft: _Draft, kind: OpaqueKind, chain: tuple[_Held, ...]) -> OpaqueEntry:
    return OpaqueEntry(
        alias=draft.alias,
        kind=kind,
        format="pkcs12",
        payload=draft.bag.plain,
        certificates=tuple(item.certificate for item in chain),
        created=_date(draft.key_id),
        origin=Origin(draft.alias, draft.bag, tuple(item.bag for item in chain)),
    )


def _date(key_id: bytes | None) -> datetime | None:
    """The date that Java writes into a localKeyId: "Time " and milliseconds."""
    found = _DATED_KEY_ID.fullmatch(key_id or b"")
    return java_time.from_milliseconds(int(found[1])) if found else None


def dated_key_id(moment: datetime) -> bytes:
    """The localKeyId in which Java keeps the date of a key."""
    return b"Time %d" % java_time.to_milliseconds(moment)


class _Chains:
    """Finds the certificates of keys, each step in constant time."""

    def __init__(self, held: list[_Held]) -> None:
        self._by_key_id: dict[bytes, _Held] = {}
        self._by_alias: dict[str, _Held] = {}
        self._by_both: dict[tuple[bytes | None, str], _Held] = {}
        self._by_name: dict[object, _Held] = {}
        self._by_name_and_key: dict[tuple[object, bytes], _Held] = {}
        self._keyless: dict[object, _Held] = {}
        for item in held:
            if not item.bag.trusted:
                self._index_leaf(item)
            self._index_issuer(item)

    def _index_leaf(self, item: _Held) -> None:
        """As findMatchedCertificate: the first match of both, the last match of one."""
        alias = None if item.bag.name is None else fold_alias(item.bag.name)
        if item.key_id is not None:
            self._by_key_id[item.key_id] = item
        if alias is not None:
            self._by_alias[alias] = item
            self._by_both.setdefault((item.key_id, alias), item)

    def _index_issuer(self, item: _Held) -> None:
        """As findIssuer: the first of a name, the first with the key identifier, the last without one."""
        try:
            name = comparable_name(item.certificate.subject)
        except FormatError:
            return
        self._by_name.setdefault(name, item)
        key = _extension_value(item.certificate, oids.SUBJECT_KEY_IDENTIFIER)
        if key is None:
            self._keyless[name] = item
        else:
            self._by_name_and_key.setdefault((name, key), item)

    def of(self, key: _Draft) -> tuple[_Held, ...]:
        """The chain of a private key, leaf first, as far as the file goes."""
        alias = fold_alias(key.alias)
        item = self._by_both.get((key.key_id, alias))
        if item is None and key.key_id is not None:
            item = self._by_key_id.get(key.key_id)
        if item is None:
            item = self._by_alias.get(alias)
        chain: list[_Held] = []
        seen: set[bytes] = set()
        while item is not None and item.certificate.der not in seen and len(chain) < _MAX_CHAIN:
            chain.append(item)
            seen.add(item.certificate.der)
            item = self._issuer(item)
        return tuple(chain)

    def _issuer(self, item: _Held) -> _Held | None:
        certificate = item.certificate
        try:
            name = comparable_name(certificate.issuer)
            self_issued = name == comparable_name(certificate.subject)
        except FormatError:
            return None
        key = _authority_key(certificate)
        if key is None:
            found = self._by_name.get(name)
        else:
            found = self._by_name_and_key.get((name, key)) or self._keyless.get(name)
        # What cannot be checked is taken for self-signed.
        if self_issued and found is not item and certificate.is_signed_by(certificate) is not False:
            return None
        return found


def comparable_name(name: Name) -> object:
    """A name as X500Principal compares it: printable text without regard to case and runs of blanks."""
    return tuple(frozenset((a.oid, _comparable_value(a.tag, a.value, a.text)) for a in rdn) for rdn in name.rdns)


def _comparable_value(tag: int, value: bytes, text: str) -> object:
    if tag not in (asn1.UTF8_STRING, asn1.PRINTABLE_STRING):
        return tag, value
    return unicodedata.normalize("NFKD", " ".join(text.lower().split()))


def _extension_value(certificate: Certificate, oid: str) -> bytes | None:
    """The value of an extension, or None where there is none or they cannot be read."""
    try:
        extension = certificate.extension(oid)
    except FormatError:
        return None
    return extension.value if extension else None


def _authority_key(certificate: Certificate) -> bytes | None:
    """keyIdentifier of authorityKeyIdentifier (RFC 5280, 4.2.1.1), in the encoding of subjectKeyIdentifier."""
    value = _extension_value(certificate, oids.AUTHORITY_KEY_IDENTIFIER)
    try:
        fields = asn1.read(value).expect(asn1.SEQUENCE).fields(0, 3) if value else []
    except FormatError:
        return None
    wanted = asn1.context(0, constructed=False)
    return next((asn1.octet_string(item.value) for item in fields if item.tag == wanted), None)

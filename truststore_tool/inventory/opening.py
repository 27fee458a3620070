"""What the bytes of a store hold, under the passwords that there are to try, and what readers make of it."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

from truststore_tool import asn1, formats
from truststore_tool.errors import FormatError, IntegrityError, TrustStoreError, UnreadableError
from truststore_tool.findings import Finding
from truststore_tool.inventory import encoded, nss, texts
from truststore_tool.inventory.nouns import Candidates, Held, Integrity, Judged, Kind
from truststore_tool.meant import der
from truststore_tool.model import TrustStore
from truststore_tool.readers import examining, protection
from truststore_tool.readers.examining import Subject

# What depends on the day of the scan is said when it is put together.
DATED: Final = frozenset({"expired", "expires-soon", "not-yet-valid"})

_INTEGRITY: Final[dict[str, Integrity]] = {"verified": "verified", "absent": "none", "unchecked": "unverified"}
# What begins like one of these is one, so that it is said when it cannot be read.
_SURE: Final = frozenset({"jks", "jceks", "pkcs12", "bcfks", "bks"})
_CERTIFICATE_BLOCK: Final = re.compile(
    rb"^[ \t]*-----BEGIN [A-Z0-9 ]*CERTIFICATE-----\s[^-]{0,1000}?\b[A-Za-z0-9+/]{60}", re.MULTILINE
)
# How a certificate (RFC 5280, of version 3), a SignedData (RFC 5652) and a BCFKS under PBES2 begin in DER.
_LENGTH: Final = rb"(?:\x82..|\x83...)"
_CUT: Final = re.compile(
    rb"\x30" + _LENGTH + rb"(?:\x30" + _LENGTH + rb"\xa0\x03\x02\x01\x02|\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
    rb"|\x30" + _LENGTH + rb"\x30.{1,3}\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d)",
    re.DOTALL,
)
_BOUNCY: Final = (b"\0\0\0\1\0\0\0\x14", b"\0\0\0\2\0\0\0\x14")
_DEEPEST: Final = 3  # texts that values of texts are
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_P11_KIT: Final = b"[p11-kit-object-v1]"


def _format(data: bytes) -> str:
    """The name of its format; empty for what is of none. What else it may be is not asked, as of a file in hand."""
    return next((name for name in formats.FILE_NAMES if formats.get(name).detect(data)), "")


def identity(data: bytes) -> str:
    """What `Found.content` is."""
    return sha256(data).hexdigest()


def stores_in(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The stores that a file is, or as a text holds: the key of each, empty for the file itself, and its bytes.

    Whether they are any is known when they are opened. A key inside of what a value was packed in stands behind the
    value's. Raises OverBoundError where values unpack to too much, behind all that were found.
    """
    room = encoded.Room()
    yield from _stores_in(data, room, 0)
    room.close()


def _stores_in(data: bytes, room: encoded.Room, depth: int) -> Iterator[tuple[str, bytes]]:
    data = _as_utf8(data)
    found = _format(data)
    keyed = found == "pem" and texts.is_keyed(data)
    within = False
    if (found and not keyed) or (not found and data[:1] in (b"\x30", b"\0")):
        yield "", data
    if found not in ("", "pem"):
        return
    if keyed or not found:
        for block in texts.blocks(data):
            within = True
            yield block.key, block.data
    for value in encoded.values(data, room) if depth < _DEEPEST else ():
        within = True
        for key, inside in _stores_in(value.data, room, depth + 1):
            yield "!/".join(filter(None, (value.key, key))), inside
    if not (found or within) and encoded.may_be_wrapped(data):
        plain, notes = formats.unwrapped(data)
        if notes and isinstance(plain, bytes):
            yield "", plain


def _as_utf8(data: bytes) -> bytes:
    """A text in UTF-16 that says so, as Windows writes it, in UTF-8; else what is given."""
    if data[:2] not in _UTF16:
        return data
    try:
        return data.decode("utf-16").encode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data


def judge(data: bytes, candidates: Candidates, now: datetime) -> Judged | None:
    """What the bytes of a store hold; None for what is none, such as a private key by itself.

    Raises UnreadableError for what is a store, and damaged or not readable here.
    """
    form = _format(data)
    if not form:
        if _CUT.match(data) and (der.announced(data) or 0) > len(data):
            raise UnreadableError("a certificate or store in DER that is cut short")
        if data.startswith(_BOUNCY):
            raise UnreadableError("a BKS or UBER file that is cut short")
        return None
    try:
        store, password = _opened(data, form, candidates)
    except FormatError as exc:
        if form in _SURE or (form == "pem" and _CERTIFICATE_BLOCK.search(data)):
            raise UnreadableError(f"a damaged {formats.get(form).title} file: {exc.message}") from exc
        return None
    if store is None:
        return Judged(identity(data), form, "unverified", True, findings=_examined(data, None, None, now))
    certificates = tuple(_held(store))
    keys = sum(entry.kind == "private-key" for entry in store.entries) + store.others.count("private key")
    if (not certificates and form not in _SURE) or (form == "pkcs7" and _is_signature(data)):
        return None
    shown = "p11-kit" if form == "pem" and _P11_KIT in data else form
    return Judged(
        identity(data),
        shown,
        _INTEGRITY[store.integrity],
        bool(store.sealed),
        certificates,
        keys,
        _examined(data, store, password, now),
        candidates.own.index(password) if password in candidates.own else None,
    )


def judge_nss(data: bytes) -> Judged | None:
    """What a database of NSS holds; None for one that holds no certificate. Raises UnreadableError."""
    certificates = nss.read(data)
    return Judged(identity(data), "nss", "none", False, certificates) if certificates else None


def _opened(data: bytes, form: str, candidates: Candidates) -> tuple[TrustStore | None, str | None]:
    """The store under the first candidate that proves it, or as far as it opens without one; and that candidate."""
    codec = formats.get(form)
    if form == "pkcs12" and protection.is_unprovable(data):
        return None, None
    tried: Sequence[str | None] = list(candidates.each()) if codec.has_password or form in _SURE | {"uber"} else [None]
    for password in tried:
        try:
            return codec.loads(data, password), password
        except IntegrityError:
            continue
    return None, None


def _held(store: TrustStore) -> Iterator[Held]:
    for entry in store.entries:
        kind: Kind = "anchor" if entry.kind == "trusted" else "chain"
        for certificate in entry.certificates:
            yield Held(certificate, kind, entry.alias)
    for loose in store.loose:
        yield Held(loose.certificate, "loose", loose.alias or "")
    for item in store.distrusted:
        yield Held(item.certificate, "distrusted")


def _examined(data: bytes, store: TrustStore | None, password: str | None, now: datetime) -> tuple[Finding, ...]:
    """What readers make of it; only that it could not be examined, where that is so."""
    try:
        found = examining.examine(Subject("", data, store, password), None, now)
    except TrustStoreError:
        return ()
    return tuple(item for item in found.findings if item.rule not in DATED)


def _is_signature(data: bytes) -> bool:
    """Whether a SignedData (RFC 5652, 5.1) is signed: a signature, as of a jar, and no bundle of certificates."""
    try:
        *_, signers = asn1.read(data).children()[1].inner().children()
        return signers.tag == asn1.SET and bool(signers.children())
    except (FormatError, IndexError):
        return False

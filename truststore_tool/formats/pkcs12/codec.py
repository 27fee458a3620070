"""PKCS#12 (RFC 7292, RFC 9579), read and written bag by bag.

What a file holds beyond trusted certificates (keys, secrets, CRLs, bags and attributes unknown here) is kept, and so
are its algorithms, its iteration counts and its having no password. New files are as JDK 17 writes them.
"""

import re
from collections.abc import Iterator
from typing import Final

from truststore_tool import oids
from truststore_tool.errors import FormatError, PasswordRequiredError
from truststore_tool.formats.base import Format, trailing
from truststore_tool.formats.crypto import kdf, pbe
from truststore_tool.formats.crypto.kdf import Passphrase
from truststore_tool.formats.pkcs12 import macs
from truststore_tool.formats.pkcs12.key_codec import KEYS, with_encrypted_key
from truststore_tool.formats.pkcs12.layout import Layout, Pfx, encode
from truststore_tool.formats.pkcs12.plan import Plan, plan
from truststore_tool.formats.pkcs12.safebags import Bag, Safe, encode_safe
from truststore_tool.formats.pkcs12.view import view
from truststore_tool.model import Integrity, Remark, TrustStore, noted, twins
from truststore_tool.wording import counted

# PFX: a SEQUENCE of version 3 and a ContentInfo of type data or signedData, lengths in any form.
_LENGTH: Final = rb"(?:[\x00-\x80]|\x81.|\x82..|\x83...|\x84....)"
_PFX: Final = re.compile(
    rb"\x30" + _LENGTH + rb"\x02\x01\x03\x30" + _LENGTH + rb"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07[\x01\x02]",
    re.DOTALL,
)


def detect(data: bytes) -> bool:
    """Whether the bytes begin as PKCS#12 does."""
    return _PFX.match(data) is not None


def loads(data: bytes, password: str | None) -> TrustStore:
    """Read a PKCS#12 file.

    Without a password only what is not encrypted is read, and nothing is checked. A file that has neither MAC nor
    encrypted parts opens with any password.

    Raises FormatError when the file is malformed or demands absurd work, IntegrityError when the password is wrong
    or the MAC shows a change.
    """
    pfx = Pfx.parse(data)
    mac, passphrase = (None, None) if password is None else pfx.unlock(password)
    safes = pfx.opened(passphrase)
    found = view(safe.bags for safe in safes if safe.bags is not None)
    unopened = password is None and pfx.needs_password
    layout = Layout(data, safes, mac, found.entries, found.loose, unopened)
    return TrustStore(
        entries=found.entries,
        format="pkcs12",
        integrity=_integrity(pfx, unopened),
        loose=found.loose,
        notes=(*_waiting(safes), *_unreadable_to_java(mac, password, passphrase), *found.notes),
        unread=(*_unopened(safes), *trailing(data, pfx.end, "the end of the store")),
        sealed=_count_waiting(safes),
        facts=layout,
    )


def _integrity(pfx: Pfx, unopened: bool) -> Integrity:
    if unopened:
        return "unchecked"
    return "absent" if pfx.mac is None else "verified"


def _count_waiting(safes: tuple[Safe, ...]) -> int:
    """How many encrypted parts were not opened because there was no password."""
    return sum(safe.bags is None and safe.problem is None for safe in safes)


def _unopened(safes: tuple[Safe, ...]) -> Iterator[str]:
    """The parts that no password would open, one line each."""
    return (f"part {number}: {safe.problem}" for number, safe in enumerate(safes, 1) if safe.problem)


def _waiting(safes: tuple[Safe, ...]) -> Iterator[Remark]:
    """A note on the parts that were not opened because there was no password."""
    if waiting := _count_waiting(safes):
        parts = counted(waiting, "encrypted part")
        text = f"{parts} not opened for want of a password: certificates in there are not shown"
        yield Remark("not-opened", text)


def _unreadable_to_java(
    mac: macs.AnyMac | None, password: str | None, passphrase: Passphrase | None
) -> Iterator[Remark]:
    """What keeps Java from reading the file."""
    if isinstance(mac, macs.Pbmac1):
        yield Remark("mac-too-new", "the MAC is PBMAC1 (RFC 9579), which JDK 25 and earlier do not read")
    if password is not None and passphrase in kdf.old_passphrases(password):
        text = "its password is encoded as OpenSSL before 1.1 did it, which no Java opens; passwd mends that"
        yield Remark("password-not-ascii", text)
    elif mac is not None and password is not None and not password.isascii():
        yield Remark("password-not-ascii", "its password is not ASCII, so Java 17 and earlier cannot open it")


def dumps(store: TrustStore, password: str | None) -> bytes:
    """Write a store as PKCS#12.

    A store read from PKCS#12 keeps its algorithms, iteration counts and all that was not changed, byte for byte
    part by part; one in which nothing was changed is the file it was read from.

    Raises PasswordRequiredError when there is something to encrypt or to prove and no password, or when the file
    was read without its password; IntegrityError when the password is not the file's; FormatError when an entry is
    of another format.
    """
    layout = noted(store.facts, Layout)
    if layout is None:
        passphrase = None if password is None else kdf.passphrases(password)[0]
        return _write(store, Layout(b"", (), macs.modern()), passphrase)
    if not layout.rekeyed and (store.entries, store.loose) == (layout.entries, layout.loose):
        return layout.data
    if layout.unopened:
        raise PasswordRequiredError(
            "the store was opened without its password and cannot be changed", hint="open it with the password"
        )
    if password is None:
        passphrase = None
    elif layout.rekeyed:
        passphrase = kdf.passphrases(password)[0]
    else:
        passphrase = Pfx.parse(layout.data).unlock(password)[1]
    return _write(store, layout, passphrase)


def _write(store: TrustStore, layout: Layout, passphrase: Passphrase | None) -> bytes:
    _check_aliases(store)
    if passphrase is None and not layout.is_passwordless:
        raise PasswordRequiredError("a PKCS#12 store cannot be written without its password")
    todo = plan(store, layout, lambda payload: with_encrypted_key(payload, passphrase))
    if todo.keys:
        _check_chains(store, layout, todo)
    keys_at = _safe_for(layout.safes, (oids.SHROUDED_KEY_BAG, oids.KEY_BAG, oids.SECRET_BAG))
    certificates_at = _safe_for(layout.safes, (oids.CERT_BAG,))
    parts = []
    for index, safe in enumerate(layout.safes):
        added = [*(todo.keys if index == keys_at else ()), *(todo.certificates if index == certificates_at else ())]
        parts.append(_rewritten(safe, todo, added, layout.rekeyed, passphrase))
    if todo.keys and keys_at is None:
        parts.insert(0, encode_safe(tuple(todo.keys), None, None))
    if todo.certificates and certificates_at is None:
        scheme = None if layout.is_passwordless else _scheme_beside(layout)
        parts.append(encode_safe(tuple(todo.certificates), scheme, passphrase))
    return encode(parts, layout.mac, passphrase)


def _check_aliases(store: TrustStore) -> None:
    """Refuse aliases of which Java would see only one. Of bags of unknown kinds it sees none."""
    for one, other in twins(entry for entry in store.entries if entry.kind != "unknown"):
        raise FormatError(
            f"aliases {one.alias!r} and {other.alias!r} are the same in a PKCS#12 store, where Java keeps one of them",
            hint="rename one of the entries first",
        )


def _check_chains(store: TrustStore, layout: Layout, todo: Plan) -> None:
    """Refuse keys for which Java would put another chain together: it goes by names, which several may bear."""
    kept = [bag for safe in layout.safes if safe.bags is not None for bag in todo.remaining(safe.bags)]
    seen = {entry.alias: entry.certificates for entry in view([(*kept, *todo.keys, *todo.certificates)]).entries}
    for entry in store.entries:
        if entry.kind == "private-key" and seen.get(entry.alias, ())[: len(entry.certificates)] != entry.certificates:
            raise FormatError(
                f"in a PKCS#12, Java would put another chain behind the key {entry.alias!r}:"
                " the file has another certificate of a name in it, as of a cross-signed authority",
                hint="leave one of them out, or choose a JKS",
            )


def _scheme_beside(layout: Layout) -> pbe.Scheme:
    """How certificates are encrypted that come into a file without any: so that whoever opens it still can."""
    digest = layout.mac.digest if isinstance(layout.mac, macs.Mac) else oids.SHA1 if layout.mac is None else ""
    knows_pbes2 = digest != oids.SHA1 or any(isinstance(safe.scheme, pbe.Pbes2) for safe in layout.safes)
    return pbe.modern() if knows_pbes2 else pbe.new_pbes1(oids.PBE_SHA1_3DES, pbe.modern().count)


def _rewritten(safe: Safe, todo: Plan, added: list[Bag], rekeyed: bool, passphrase: Passphrase | None) -> bytes:
    """A safe of the file with the bags that remain in it and those that are added; its old bytes if nothing changes."""
    if safe.bags is None:
        return safe.element.raw
    bags = (*todo.remaining(safe.bags), *added)
    moves = rekeyed and safe.scheme is not None
    if _same(bags, safe.bags) and not moves:
        return safe.element.raw
    return encode_safe(bags, safe.scheme, passphrase)


def _same(new: tuple[Bag, ...], old: tuple[Bag, ...]) -> bool:
    return len(new) == len(old) and all(a is b for a, b in zip(new, old, strict=True))


def _safe_for(safes: tuple[Safe, ...], kinds: tuple[str, ...]) -> int | None:
    """Where bags of these kinds are added: the first safe that holds such, or else is empty; None for none."""
    opened = [(index, safe.bags) for index, safe in enumerate(safes) if safe.bags is not None]
    for index, bags in opened:
        if any(bag.oid in kinds for bag in bags):
            return index
    return next((index for index, bags in opened if not bags), None)


def _protect(store: TrustStore, profile: str, password: str | None) -> TrustStore:
    from truststore_tool.formats.pkcs12 import profiles

    return profiles.protect(store, profile, password)


PKCS12: Final = Format(
    name="pkcs12",
    title="PKCS#12",
    suffixes=(".p12", ".pfx", ".pkcs12"),
    needs_ascii=True,
    detect=detect,
    loads=loads,
    dumps=dumps,
    has_aliases=True,
    has_password=True,
    keys=KEYS,
    protect=_protect,
)

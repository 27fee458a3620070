"""Ways of protecting a PKCS#12 that have a name.

``compat`` opens on every Java from 8u252 to 25 and with OpenSSL 3 (measured); ``modern`` is what JDKs write since 16;
``passwordless`` is what the cacerts of JDK 18 and later are, with nothing encrypted and nothing proved. The names that
Kubernetes' trust-manager gives such ways stand for them, too; its LegacyRC2 needs OpenSSL's legacy provider.
"""

from typing import Final

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError, IntegrityError, UsageError
from truststore_tool.formats.crypto import pbe
from truststore_tool.formats.pkcs12 import Encryption, MacAlgorithm, macs, new_store
from truststore_tool.formats.pkcs12.key_codec import resealed, scheme_of
from truststore_tool.formats.pkcs12.layout import Layout
from truststore_tool.formats.pkcs12.safebags import Safe, encode_safe
from truststore_tool.model import Entry, OpaqueEntry, Remark, TrustStore, noted
from truststore_tool.nouns import noun, replace

_ITERATIONS: Final = 10_000  # as JDK 17 and later


@noun
class Profile:
    """How certificates and keys are encrypted, and the MAC; None for neither."""

    encryption: Encryption | None
    key_encryption: Encryption | None
    mac: MacAlgorithm | None


_TRIPLE_DES: Final = Encryption(oids.PBE_SHA1_3DES, _ITERATIONS)
_AES: Final = Encryption(oids.AES256_CBC, _ITERATIONS, oids.HMAC_SHA256)
_SHA1: Final = MacAlgorithm(oids.SHA1, _ITERATIONS)
PROFILES: Final = {
    "compat": Profile(_TRIPLE_DES, _TRIPLE_DES, _SHA1),
    "modern": Profile(_AES, _AES, MacAlgorithm(oids.SHA256, _ITERATIONS)),
    "passwordless": Profile(None, None, None),
    "LegacyRC2": Profile(Encryption(oids.PBE_SHA1_RC2_40, _ITERATIONS), _TRIPLE_DES, _SHA1),
}
_ALIASES: Final = {"LegacyDES": "compat", "Modern2023": "modern"}
NAMES: Final = (*PROFILES, *_ALIASES)


def protect(store: TrustStore, name: str, password: str | None) -> TrustStore:
    """The store as it is to be saved under that profile; what is in it stays.

    Args:
        store: of PKCS#12 format.
        name: one of `NAMES`.
        password: the one that it will be saved with, which opens its keys already; None for ``passwordless``.

    A store that is so already stays as it is, and so does a key that has another password.

    Raises UsageError for an unknown name, FormatError where a part of the store was not opened, or a key would be
    left without a password.
    """
    profile = PROFILES.get(_ALIASES.get(name, name))
    if profile is None:
        raise UsageError(f"no profile is called {name!r}", hint=f"known are {', '.join(NAMES)}")
    if profile.encryption is None and any(entry.kind in ("private-key", "secret-key") for entry in store.entries):
        raise FormatError(
            "a store with keys in it needs a password", hint="leave the keys behind, or choose another profile"
        )
    layout = noted(store.facts, Layout)
    if layout is not None and layout.data and not layout.unopened and _is_under(layout, profile):
        return store
    entries, notes = _entries(store, profile, password)
    store = replace(store, notes=(*store.notes, *notes))
    if layout is None:
        facts = new_store(profile.encryption, profile.mac).facts
        return replace(store, entries=entries, facts=facts)
    if layout.unopened or any(safe.bags is None for safe in layout.safes):
        raise FormatError("a part of the store was not opened, so that it cannot be protected in another way")
    safes = tuple(_safe(safe, profile) for safe in layout.safes)
    mac = None if profile.mac is None else macs.new(*profile.mac)
    return replace(store, entries=entries, facts=replace(layout, safes=safes, mac=mac, rekeyed=True))


def _safe(safe: Safe, profile: Profile) -> Safe:
    """A part with its new encryption. Parts that hold keys alone are plain, as the keys themselves are encrypted."""
    bags = safe.bags or ()
    if safe.scheme is None and not any(bag.oid == oids.CERT_BAG for bag in bags):
        return safe
    if profile.encryption is None:  # as it would stand in the file: what does not change is written as it stood
        plain = asn1.read(encode_safe(bags, None, None))
        return replace(safe, element=plain, scheme=None)
    return replace(safe, scheme=profile.encryption.scheme())


def _entries(store: TrustStore, profile: Profile, password: str | None) -> tuple[tuple[Entry, ...], list[Remark]]:
    """The entries, each key that the password opens encrypted in the profile's way; and a note on each other key."""
    way = profile.key_encryption
    if way is None or password is None:
        return store.entries, []
    entries: list[Entry] = []
    notes: list[Remark] = []
    for entry in store.entries:
        if isinstance(entry, OpaqueEntry) and entry.kind != "unknown":
            try:
                entry = replace(entry, payload=resealed(entry.payload, password, password, way.scheme()))
            except IntegrityError:
                text = f"{entry.kind} {entry.alias!r} has another password and stays as it is"
                notes.append(Remark("other-password", text))
            except FormatError:
                pass
        entries.append(entry)
    return tuple(entries), notes


def _is_under(layout: Layout, profile: Profile) -> bool:
    """Whether a file is protected in just this way already, all its keys included."""
    mac = None if profile.mac is None else macs.new(*profile.mac)
    if any(safe.bags is None for safe in layout.safes) or _unsalted(layout.mac) != _unsalted(mac):
        return False
    ways: list[tuple[pbe.Scheme | None, Encryption | None]] = [
        (safe.scheme, profile.encryption)
        for safe in layout.safes
        if safe.scheme is not None or any(bag.oid == oids.CERT_BAG for bag in safe.bags or ())
    ]
    ways += [(scheme, profile.key_encryption) for bag in layout.bags() if (scheme := scheme_of(bag.plain)) is not None]
    return all(_unsalted(found) == _unsalted(way.scheme() if way else None) for found, way in ways)


def _unsalted(found: pbe.Scheme | macs.AnyMac | None) -> object:
    """What is the same for all that are made in one way."""
    match found:
        case pbe.Pbes2():
            return replace(found, kdf=replace(found.kdf, salt=b""), iv=b"")
        case macs.Pbmac1():
            return replace(found, kdf=replace(found.kdf, salt=b""), value=b"")
        case macs.Mac():
            return replace(found, salt=b"", value=b"")
        case pbe.Pbes1():
            return replace(found, salt=b"")
    return None

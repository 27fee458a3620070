"""The private and secret keys that PKCS#12 holds: opened, encrypted, and moved to another password (see `KeyCodec`)."""

from typing import Final

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError, IntegrityError, PasswordRequiredError
from truststore_tool.formats.base import KeyCodec, SecretKey
from truststore_tool.formats.crypto import encrypted_keys, kdf, pbe
from truststore_tool.formats.crypto.kdf import Passphrase
from truststore_tool.formats.pkcs12 import macs, secret_bags
from truststore_tool.formats.pkcs12.layout import Layout, Pfx
from truststore_tool.formats.pkcs12.safebags import plain_bag
from truststore_tool.formats.pkcs12.view import Origin
from truststore_tool.model import OpaqueEntry, Remark, TrustStore, noted
from truststore_tool.nouns import replace


def with_encrypted_key(payload: bytes, passphrase: Passphrase | None) -> bytes:
    """The payload of a bag that is to be added: an unencrypted key is encrypted first."""
    bag = asn1.read(payload).expect(asn1.SEQUENCE).fields(2, 2)
    if bag[0].oid() != oids.KEY_BAG:
        return payload
    if passphrase is None:
        raise PasswordRequiredError("a private key cannot be stored without a password to encrypt it under")
    return _seal(bag[1].inner().raw, pbe.modern(), passphrase)


def _seal(pkcs8: bytes, scheme: pbe.Scheme, passphrase: Passphrase) -> bytes:
    """The payload of a shrouded key bag: EncryptedPrivateKeyInfo (RFC 5958, section 3)."""
    return plain_bag(oids.SHROUDED_KEY_BAG, encrypted_keys.sealed(pkcs8, scheme, passphrase))


def _seal_secret(inner_oid: bytes, info: bytes, scheme: pbe.Scheme, passphrase: Passphrase) -> bytes:
    """The payload of Java's secret bag: a bag type (DER), and EncryptedPrivateKeyInfo in an OCTET STRING."""
    sealed = encrypted_keys.sealed(info, scheme, passphrase)
    return plain_bag(oids.SECRET_BAG, asn1.sequence(inner_oid, asn1.explicit(0, asn1.octet_string(sealed))))


def _secret_fields(value: asn1.Element) -> tuple[asn1.Element, asn1.Element]:
    """The bag type and the EncryptedPrivateKeyInfo in the value of Java's secret bag."""
    inner_oid, inner = value.expect(asn1.SEQUENCE).fields(2, 2)
    return inner_oid, inner.expect(asn1.context(0)).inner().unwrapped()


def open_key(entry: OpaqueEntry, password: str | None) -> bytes:
    """PKCS#8 PrivateKeyInfo (RFC 5958), DER, of a private-key entry; one that is not encrypted needs no password.

    Raises IntegrityError when the password is wrong or missing, FormatError when the entry is not a private key of
    PKCS#12 or its algorithm is not known.
    """
    if entry.format != "pkcs12" or entry.kind != "private-key":
        raise FormatError(f"entry {entry.alias!r} is no private key in PKCS#12's form")
    oid, wrapper = asn1.read_exactly(entry.payload).expect(asn1.SEQUENCE).fields(2, 2)
    if oid.oid() == oids.KEY_BAG:
        return wrapper.inner().raw
    if password is None:
        raise PasswordRequiredError(f"the key {entry.alias!r} is encrypted and no password was given")
    return encrypted_keys.opened(wrapper.inner(), password)[0]


def seal_key(entry: OpaqueEntry, pkcs8: bytes, password: str | None) -> OpaqueEntry:
    """The entry with its key encrypted as JDK 17 does: PBES2, AES-256, HMAC-SHA256, 10,000 iterations.

    Raises PasswordRequiredError without a password.
    """
    if password is None:
        raise PasswordRequiredError("a private key cannot be stored without a password to encrypt it under")
    return OpaqueEntry(
        alias=entry.alias,
        kind="private-key",
        format="pkcs12",
        payload=_seal(pkcs8, pbe.modern(), kdf.passphrases(password)[0]),
        certificates=entry.certificates,
        created=entry.created,
        origin=noted(entry.origin, Origin),
    )


def open_secret(entry: OpaqueEntry, password: str) -> SecretKey:
    """The key of a secret-key entry.

    Raises IntegrityError when the password is wrong, FormatError when the entry holds no secret key as Java
    writes it or its encryption is not known.
    """
    if entry.format != "pkcs12" or entry.kind != "secret-key":
        raise FormatError(f"entry {entry.alias!r} is no secret key in PKCS#12's form")
    wrapper = asn1.read_exactly(entry.payload).expect(asn1.SEQUENCE).fields(2, 2)[1]
    inner_oid, info = _secret_fields(wrapper.inner())
    if inner_oid.oid() != oids.SHROUDED_KEY_BAG:
        raise FormatError(f"entry {entry.alias!r} is a secret of a kind that is not known ({inner_oid.oid()})")
    return secret_bags.decode(encrypted_keys.opened(info, password)[0])


def seal_secret(entry: OpaqueEntry, secret: SecretKey, password: str) -> OpaqueEntry:
    """The entry with its secret key encrypted as `seal_key` does. Raises FormatError when its algorithm has no OID."""
    info = secret_bags.encode(secret)
    payload = _seal_secret(asn1.oid(oids.SHROUDED_KEY_BAG), info, pbe.modern(), kdf.passphrases(password)[0])
    origin = noted(entry.origin, Origin)
    return OpaqueEntry(entry.alias, "secret-key", "pkcs12", payload, (), entry.created, origin)


def rekey(store: TrustStore, old: str, new: str) -> TrustStore:
    """The store moved from password `old` to `new`, for ``dumps(store, new)``.

    Encrypted parts and every key and secret that opens under `old` move, each with its own algorithm and iteration
    count. What does not open stays as it is and is named in the notes.

    Raises IntegrityError when `old` is not the store's password, PasswordRequiredError when it was read without it.
    """
    notes = []
    facts = noted(store.facts, Layout)
    if facts:
        if facts.unopened:
            raise PasswordRequiredError("the store was opened without its password", hint="open it with the password")
        Pfx.parse(facts.data).unlock(old)
        stuck = sum(safe.problem is not None for safe in facts.safes)
        if stuck:
            text = f"{stuck} encrypted parts could not be opened and keep the old password"
            notes.append(Remark("other-password", text))
        if facts.is_passwordless:  # it gets the protection of a new store
            safes = tuple(replace(safe, scheme=pbe.modern()) for safe in facts.safes)
            facts = replace(facts, safes=safes, mac=macs.modern())
        facts = replace(facts, rekeyed=True)
    entries = []
    for entry in store.entries:
        if isinstance(entry, OpaqueEntry) and entry.format == "pkcs12" and entry.kind != "unknown":
            try:
                entry = replace(entry, payload=resealed(entry.payload, old, new))
            except (FormatError, IntegrityError):
                text = f"{entry.kind} {entry.alias!r} has another password and keeps it"
                notes.append(Remark("other-password", text))
        entries.append(entry)
    return replace(store, entries=tuple(entries), notes=(*store.notes, *notes), facts=facts)


def resealed(payload: bytes, old: str, new: str, instead: pbe.Scheme | None = None) -> bytes:
    """The payload of a key or secret bag under another password; an unencrypted key stays as it is.

    It is encrypted as it was, or in the way of `instead`. Raises FormatError, and IntegrityError where the old password
    does not open it.
    """
    oid, wrapper = asn1.read_exactly(payload).expect(asn1.SEQUENCE).fields(2, 2)
    kind = oid.oid()
    passphrase = kdf.passphrases(new)[0]
    if kind == oids.KEY_BAG:
        return payload
    if kind == oids.SHROUDED_KEY_BAG:
        key, scheme = encrypted_keys.opened(wrapper.inner(), old)
        return _seal(key, (instead or scheme).renewed(), passphrase)
    inner_oid, info = _secret_fields(wrapper.inner())
    key, scheme = encrypted_keys.opened(info, old)
    return _seal_secret(inner_oid.raw, key, (instead or scheme).renewed(), passphrase)


def scheme_of(payload: bytes) -> pbe.Scheme | None:
    """How the key or secret in a bag is encrypted; None for other bags, and where that is not known."""
    oid, wrapper = asn1.read_exactly(payload).expect(asn1.SEQUENCE).fields(2, 2)
    try:
        match oid.oid():
            case oids.SHROUDED_KEY_BAG:
                info = wrapper.inner()
            case oids.SECRET_BAG:
                info = _secret_fields(wrapper.inner())[1]
            case _:
                return None
        return pbe.parse(info.expect(asn1.SEQUENCE).fields(2, 2)[0])
    except FormatError:
        return None


KEYS: Final = KeyCodec(open_key, seal_key, rekey, open_secret, seal_secret)

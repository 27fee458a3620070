"""What JKS and JCEKS offer for the keys they hold (see `KeyCodec`)."""

from typing import Final

from truststore_tool.errors import FormatError, PasswordRequiredError
from truststore_tool.formats.base import KeyCodec, SecretKey
from truststore_tool.formats.java import key_protection
from truststore_tool.model import OpaqueEntry, TrustStore
from truststore_tool.nouns import replace


def _open(entry: OpaqueEntry, password: str | None) -> bytes:
    # Under tag 3 a JCEKS holds a serialized secret key, which has no PKCS#8 form.
    if entry.format not in ("jks", "jceks") or (entry.format == "jceks" and entry.kind == "secret-key"):
        raise FormatError(f"the entry {entry.alias!r} holds no private key in the form of JKS or JCEKS")
    return key_protection.unprotect(entry.payload, _needed(password))


def _seal_jks(entry: OpaqueEntry, pkcs8: bytes, password: str | None) -> OpaqueEntry:
    payload = key_protection.jks_protect(pkcs8, _needed(password))
    return replace(entry, kind="private-key", format="jks", payload=payload)


def _seal_jceks(entry: OpaqueEntry, pkcs8: bytes, password: str | None) -> OpaqueEntry:
    payload = key_protection.jceks_protect(pkcs8, _needed(password))
    return replace(entry, kind="private-key", format="jceks", payload=payload)


def _needed(password: str | None) -> str:
    if password is None:
        raise PasswordRequiredError("the keys of a JKS or JCEKS are encrypted and no password was given")
    return password


def _open_secret(entry: OpaqueEntry, password: str) -> SecretKey:
    from truststore_tool.formats.java import secret_keys

    if entry.format != "jceks" or entry.kind != "secret-key":
        raise FormatError(f"the entry {entry.alias!r} holds no secret key in the form of JCEKS")
    return secret_keys.unseal(entry.payload, password)


def _seal_secret(entry: OpaqueEntry, secret: SecretKey, password: str) -> OpaqueEntry:
    from truststore_tool.formats.java import secret_keys

    sealed = secret_keys.seal(secret, password)
    return replace(entry, kind="secret-key", format="jceks", payload=sealed, certificates=())


def _rekey(store: TrustStore, old: str, new: str) -> TrustStore:  # noqa: ARG001 -- the signature of KeyCodec
    # Keys have passwords of their own here; keytool -storepasswd, too, leaves them alone.
    return store


JKS_KEYS: Final = KeyCodec(open=_open, seal=_seal_jks, rekey=_rekey, own_passwords=True)
JCEKS_KEYS: Final = KeyCodec(_open, _seal_jceks, _rekey, _open_secret, _seal_secret, own_passwords=True)

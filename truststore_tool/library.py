"""What Python developers do with stores: the work behind the methods of `Certificate` and `TrustStore`.

The nouns stand below all that is done with them. Their methods that need what is above come in through this one door,
and load it when they are called.
"""

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from types import NoneType
from typing import TYPE_CHECKING

from truststore_tool import formats, meant, stores
from truststore_tool.errors import FindingError, FormatError, UsageError, require_type
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.model import Certificate, Entry, TrustedEntry, TrustStore
from truststore_tool.nouns import replace
from truststore_tool.operations.aliases import AliasIndex
from truststore_tool.operations.candidates import Candidate
from truststore_tool.operations.changing import remove_entries
from truststore_tool.operations.converting import convert
from truststore_tool.operations.importing import import_certificates
from truststore_tool.operations.pairing import CALLED
from truststore_tool.stores.given import require_certificate, require_moment, require_store
from truststore_tool.wording import counted

if TYPE_CHECKING:
    from ssl import SSLContext

    from truststore_tool.formats.private_keys import KeyBlock


def from_pem(text: str | bytes) -> Certificate:
    """The one certificate in a PEM text. Raises FormatError when it is damaged, or holds none or several."""
    require_type("the PEM text", text, str, bytes)
    data = text.encode() if isinstance(text, str) else text
    found = formats.loads(data, None, "pem").all_certificates()
    if len(found) != 1:
        raise FormatError(
            f"the PEM text holds {len(found)} certificates where one is expected",
            hint="open it as a TrustStore, or load the certificates of its file",
        )
    return found[0]


def to_pem(certificate: Certificate) -> str:
    """A CERTIFICATE block (RFC 7468, section 5) of lines of 64 characters."""
    from truststore_tool.formats.pem import encode

    return encode(certificate)


def load(path: str | os.PathLike[str], password: str | None) -> tuple[Certificate, ...]:
    """The trusted certificates of a file of any format, and those that are no entries; raises as `open_store` does."""
    require_type("the path", path, str, os.PathLike)
    store = stores.open_store(path, password)
    return (*(entry.certificate for entry in store.trusted()), *(item.certificate for item in store.loose))


def keys_of(path: str | os.PathLike[str]) -> "list[KeyBlock]":
    """The private keys in a file, PEM or DER. Raises UnreadableError when there is none."""
    from truststore_tool import files
    from truststore_tool.formats import private_keys

    data, _ = formats.unwrapped(files.read(path))
    assert isinstance(data, bytes)  # noqa: S101 -- it was read from a file
    blocks = private_keys.found(data)
    if not blocks:
        raise _no_key(data).at(path)
    return blocks


def _no_key(data: bytes) -> FormatError:
    """The error for a file that holds no private key."""
    if meant.recognised(data) is None and (form := formats.form_of(data)):
        hint = "give the file of the key beside its certificates"
        if form.keys is not None and not form.keys_beside:
            hint = "convert it by itself: its keys come along"
        return FormatError(f"this is a {form.title} file, and holds no private key that could be read", hint=hint)
    return meant.refusal(data, FormatError("holds no private key", hint="give a key in PEM or DER"))


def with_keys(store: TrustStore, paths: Iterable[str | os.PathLike[str]], password: str | None) -> TrustStore:
    """The store with entries for the keys beside its certificates, and for those in the files."""
    from truststore_tool.formats import private_keys
    from truststore_tool.operations.pairing import OpenedKey, pair

    require_type("the password", password, str, NoneType)
    for path in paths:
        require_type("the path of a key", path, str, os.PathLike)
    blocks = [*private_keys.in_store(store), *(block for path in paths for block in keys_of(path))]
    plain = [private_keys.opened(block, password) for block in blocks]
    # What protects a key is a matter of the store that is written.
    found = pair(
        store, [OpenedKey(private_keys.entry(private_keys.sealed(k, None)), private_keys.public_key(k)) for k in plain]
    )
    if found.alone:
        raise FindingError(
            f"{counted(found.alone, 'private key')} without a certificate of that key",
            hint="add the certificate that was issued for the key first",
        )
    return replace(found.store, facts=None) if blocks else store  # the text around the certificates holds the keys


def add(
    store: TrustStore, certificates: Certificate | Iterable[Certificate], alias: str | None, created: datetime | None
) -> TrustStore:
    """The store with them among its trusted entries, under aliases that the command line would give them."""
    require_type("what is added", certificates, Certificate, Iterable)
    each = [certificates] if isinstance(certificates, Certificate) else list(certificates)
    for certificate in each:
        require_certificate(certificate)
    require_type("the alias", alias, str, NoneType)
    require_moment("created", created)
    changed, _ = import_certificates(
        store,
        [Candidate(certificate, "") for certificate in each],
        created=_now() if created is None else created,
        alias=alias,
        aliased=formats.get(store.format).has_aliases,
    )
    return changed


def remove(store: TrustStore, alias: str) -> TrustStore:
    """The store without the entry of that alias, a key too. Raises FindingError when there is none, or several."""
    require_type("the alias", alias, str)
    changed, _ = remove_entries(store, aliases=[alias], keys=True)
    return changed


def find(store: TrustStore, what: Certificate | Fingerprint | str) -> Entry | None:
    """The entry of a certificate, a fingerprint or an alias. Raises FindingError when an alias may mean several."""
    require_type("what to find", what, Certificate, Fingerprint, str)
    if isinstance(what, str):
        index = AliasIndex(store)
        if index.alike(what):
            return store.entries[index.place_of(what)]
        try:
            what = Fingerprint.parse(what)
        except UsageError:
            return None
    wanted = what.sha256 if isinstance(what, Certificate) else what
    return next((e for e in store.entries if any(wanted.matches(c.der) for c in e.certificates)), None)


def save(
    store: TrustStore,
    path: str | os.PathLike[str],
    password: str | None,
    format: str | None,  # noqa: A002 -- the word that users of the library expect
    *,
    backup: bool,
    profile: str | None,
) -> None:
    """Write the store, in another format where that is asked for by name or by the ending of the path."""
    require_store(store)
    require_type("the password", password, str, NoneType)
    target = stores.new_format(path, format, usual=store.format)
    stores.save_store(
        _as_format(store, target, password), path, password, format=target, backup=backup, profile=profile
    )


def _as_format(store: TrustStore, target: str, password: str | None) -> TrustStore:
    codec = formats.get(target)
    if target != store.format and CALLED in store.others:
        if codec.keys is None:
            hint = "add its certificates to a new TrustStore, and save that"
            raise FormatError(f"a {codec.title} store cannot hold the private key beside the certificates", hint=hint)
        store = with_keys(store, (), password)
    if target != store.format:
        from truststore_tool.formats.carrying import carry_key

        known = () if password is None else (password,)
        carry = (lambda entry: carry_key(entry, target, known, password)) if codec.keys else None
        made, report = convert(store, target, created=_now(), aliased=codec.has_aliases, carry_key=carry)
        if report.left_behind:
            names = ", ".join(map(repr, report.left_behind))
            raise FormatError(f"a {codec.title} store cannot hold {names}", hint="remove these entries first")
        return made
    nameless = [entry for entry in store.trusted() if not entry.alias] if codec.has_aliases else []
    named = store.with_entries(tuple(entry for entry in store.entries if entry not in nameless)) if nameless else store
    return add(named, [entry.certificate for entry in nameless], None, None) if nameless else store


def pem(store: TrustStore) -> str:
    """The trusted certificates as one PEM text, in the order of the store."""
    return "".join(entry.certificate.to_pem() for entry in store.trusted())


def ssl_context(store: TrustStore) -> "SSLContext":
    """A context for TLS clients that trusts what the store trusts, and nothing else.

    It is Python's default context: names are checked, and Python 3.13 is strict about what a root looks like. Raises
    FindingError for a store that trusts nothing, for which Python would take the roots of the operating system, and
    FormatError when OpenSSL does not read one of the certificates.
    """
    import ssl

    text = pem(store)
    if not text:
        raise FindingError("the store trusts nothing", hint="add the certificate of an authority first")
    try:
        return ssl.create_default_context(cadata=text)
    except ssl.SSLError as exc:
        raise FormatError(f"OpenSSL does not read a certificate of the store: {exc.reason or exc}") from exc


def expired(store: TrustStore, at: datetime | None) -> tuple[TrustedEntry, ...]:
    """The trusted entries whose certificates expired before that moment (aware; None for now)."""
    from truststore_tool.operations.describe import ends_before

    require_moment("the moment", at)
    moment = _now() if at is None else at
    return tuple(entry for entry in store.trusted() if ends_before(entry.certificate, moment))


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)

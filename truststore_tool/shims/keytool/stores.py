"""Key stores as the JDK opens them: which type, what is wrong, what the user is told; and how a change is saved."""

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from typing import Final

from truststore_tool import asn1, files, formats
from truststore_tool.errors import (
    ExistsError,
    FormatError,
    IntegrityError,
    PasswordRequiredError,
    TrustStoreError,
    WriteError,
)
from truststore_tool.model import Entry, OpaqueEntry, TrustedEntry, TrustStore, fold_alias
from truststore_tool.nouns import replace
from truststore_tool.shims.keytool.errors import (
    FILE_NOT_FOUND,
    ILLEGAL_ARGUMENT,
    IO_EXCEPTION,
    KEY_STORE,
    KeytoolError,
    NoPlaceError,
    file_error,
)
from truststore_tool.shims.overwriting import manner

PKCS12: Final = "PKCS12"
# Type: its provider, and the formats of ours that are opened under it (keystore.type.compat lets JKS open PKCS12).
_TYPES: Final = {
    "JKS": ("SUN", ("jks", "pkcs12")),
    "PKCS12": ("SUN", ("jks", "pkcs12")),
    "JCEKS": ("SunJCE", ("jceks", "jks")),
}
_PROVIDERS: Final = {
    "SUN": ("JKS", "PKCS12"),
    "SunJCE": ("JCEKS",),
    "SunJSSE": ("PKCS12",),
    **dict.fromkeys(
        ("SunRsaSign", "SunEC", "SunJGSS", "SunSASL", "XMLDSig", "SunPCSC", "JdkLDAP", "JdkSASL", "SunPKCS11"), ()
    ),
}
_MAGICS: Final = {b"\xfe\xed\xfe\xed": "jks", b"\xce\xce\xce\xce": "jceks"}


class Keystore:
    """An opened key store.

    Attributes:
        name: the file's name as the user gave it.
        type: the type as keytool prints it: the one asked for, else the file's own.
        format: our name of the format it is in, and is saved in.
        exists: whether there is a file.
        store: what is in it.
    """

    def __init__(self, name: str, kind: str, store: TrustStore, *, exists: bool) -> None:
        self.name = name
        self.type = kind
        self.store = store
        self.exists = exists

    @property
    def format(self) -> str:
        """The format's name."""
        return self.store.format

    @property
    def is_pkcs12(self) -> bool:
        """Whether keytool takes it for PKCS12: by the type asked for, else by content."""
        return self.type.upper() == PKCS12

    @property
    def is_passwordless(self) -> bool:
        """Whether it is a PKCS#12 file that needs no password."""
        return self.format == "pkcs12" and self.exists and self.store.integrity == "absent"

    @property
    def provider(self) -> str:
        """The JDK's provider of the type."""
        return _TYPES[self.type.upper()][0]

    def holding(self, store: TrustStore) -> "Keystore":
        """The same with other contents."""
        return Keystore(self.name, self.type, store, exists=self.exists)

    def find(self, alias: str) -> Entry | None:
        """The entry that Java finds under the alias: it looks in lower case, and JKS keeps aliases as they are."""
        return self._by_alias.get(fold_alias(alias))

    def alias_of(self, entry: Entry) -> str:
        """The alias under which Java lists an entry."""
        return fold_alias(entry.alias) if self.format == "pkcs12" else entry.alias

    @cached_property
    def _by_alias(self) -> dict[str, Entry]:
        return {self.alias_of(entry): entry for entry in self.store.entries if entry.kind != "unknown"}

    @cached_property
    def _by_certificate(self) -> dict[bytes, Entry]:
        """By the certificate, or the first of the chain; of several entries the first counts."""
        return {e.certificates[0].der: e for e in reversed(self.entries()) if e.certificates}

    def entries(self) -> list[Entry]:
        """The entries in the order in which Java enumerates them."""
        if self.format == "pkcs12":
            return list(self._by_alias.values())
        from truststore_tool.shims.java.hashtable import enumeration_order

        return [self._by_alias[alias] for alias in enumeration_order(self._by_alias)]

    def holder_of(self, der: bytes) -> Entry | None:
        """The first entry with that certificate: trusted, or the first of a key's chain (getCertificateAlias)."""
        return self._by_certificate.get(der)

    def trusts(self, der: bytes) -> bool:
        """Whether that certificate is found as a trusted entry."""
        return isinstance(self.holder_of(der), TrustedEntry)

    def has_keys(self) -> bool:
        """Whether any entry is a key."""
        return any(isinstance(entry, OpaqueEntry) for entry in self.entries())


def exists(name: str) -> bool:
    """Whether there is a readable file of that name. Raises KeytoolError for an empty one."""
    try:
        status = os.stat(name)
    except OSError as exc:
        if exc.errno == errno.ENAMETOOLONG:
            raise
        return False
    if stat.S_ISREG(status.st_mode) and status.st_size == 0:
        raise KeytoolError(f"Keystore file exists, but is empty: {name}")
    return stat.S_ISREG(status.st_mode) and os.access(name, os.R_OK)


def check_providers(names: list[str], classes: list[str]) -> None:
    """Raises KeytoolError for a provider that the JDK would not find: only its own are known here."""
    for name in names:
        if name not in _PROVIDERS:
            raise KeytoolError(f'Provider named "{name}" not found')
    for name in classes:
        if not name.startswith(("sun.security.", "com.sun.")):
            raise KeytoolError(f'Provider "{name}" not found')


def check_type(kind: str, provider: str | None) -> None:
    """Raises KeytoolError unless that is a type of key store, and one of the provider's if one is named."""
    if provider is not None and provider not in _PROVIDERS:
        raise KeytoolError(f"no such provider: {provider}", "java.security.NoSuchProviderException")
    if kind.upper() == "DKS":
        raise KeytoolError(
            "This keystore must be loaded using a DomainLoadStoreParameter", "java.lang.UnsupportedOperationException"
        )
    if kind.upper() not in _TYPES or (provider is not None and kind.upper() not in _PROVIDERS[provider]):
        cause = f"java.security.NoSuchAlgorithmException: {kind} KeyStore not available"
        raise KeytoolError(f"{kind} not found", KEY_STORE, cause=(cause, 3))


def load(name: str, kind: str | None, password: str | None, *, jdk: int, frames: int = 0) -> Keystore:
    """Open the file of that name; `kind` is the type asked for, None finds it out. Raises KeytoolError.

    `jdk` says in whose words (17 or 25); `frames` says how deep the real tool is in its calls here, which its stack
    traces show.
    """
    try:
        data = files.read(name)
    except TrustStoreError as exc:
        raise (_not_found(name) if isinstance(exc.__cause__, OSError) else file_error(name, exc)) from exc
    found = _detect(data)
    if kind is None:
        if found is None:
            raise KeytoolError("Unrecognized keystore format. Please load it with a specified type", KEY_STORE)
        return Keystore(name, found.upper(), _decode(data, found, found, password, frames, jdk), exists=True)
    _, accepted = _TYPES[kind.upper()]
    if found not in accepted:
        raise _wrong_type(kind.upper(), data)
    store = _decode(data, found or "", kind, password, frames, jdk)
    # JceKeyStore reads JKS and writes JCEKS.
    store = replace(store, format="jceks") if kind.upper() == "JCEKS" else store
    return Keystore(name, kind, store, exists=True)


def _decode(data: bytes, name: str, kind: str, password: str | None, frames: int, jdk: int) -> TrustStore:
    """The store in `data`, which is of that format of ours. Raises KeytoolError as the JDK would say it."""
    try:
        try:
            store = formats.get(name).loads(data, password)
        except IntegrityError:
            if name != "pkcs12":  # which proves itself last, when all certificates were read
                _require_taken(formats.get(name).loads(data, None), data, None, kind, frames, jdk)
            raise
        _require_opened(store, data, password, frames, jdk)
        _require_taken(store, data, password, kind, frames, jdk)
        return store
    except IntegrityError as exc:
        raise _wrong_password(name, frames) from exc
    except FormatError as exc:
        if name != "pkcs12" or _is_cut_short(data):
            raise KeytoolError("", "java.io.EOFException") from exc
        raise KeytoolError(exc.message, IO_EXCEPTION) from exc


def _require_taken(store: TrustStore, data: bytes, password: str | None, kind: str, frames: int, jdk: int) -> None:
    """KeytoolError where Java's parser refuses one of the certificates, and with it the store."""
    from truststore_tool.shims.keytool import refused

    refused.check(store.all_certificates(), data, password, kind, jdk=jdk, frames=frames)


def _require_opened(store: TrustStore, data: bytes, password: str | None, frames: int, jdk: int) -> None:
    """Java opens every part of a PKCS#12 file or none of it; KeytoolError where a part was not opened here."""
    if store.format != "pkcs12":  # nor is anything of PKCS#12 loaded for another store
        return
    from truststore_tool.formats.pkcs12 import is_in_old_encoding, unopened

    if password is not None and is_in_old_encoding(data, password):
        raise IntegrityError("the password is in an encoding that Java does not try")
    problems = unopened(store)
    if not problems:
        return
    from truststore_tool.readers.java import keystores
    from truststore_tool.readers.java.parsing import why_refused
    from truststore_tool.readers.java.releases import Release

    release = Release.parse(f"java{jdk}")
    reading = keystores.read(release, data, password, lambda der, _: why_refused(der, jdk), storetype=PKCS12)
    kind, _, words = (reading.error or f"{IO_EXCEPTION}: {'; '.join(problems)}").partition(": ")
    raise KeytoolError(words, kind, cause=None if reading.cause is None else (reading.cause, 6 + frames))


def _is_cut_short(data: bytes) -> bool:
    """Whether the outermost ASN.1 element says that it is longer than the file (IOUtils.readExactlyNBytes)."""
    try:
        asn1.read(data)
    except FormatError:
        return True
    return False


def _wrong_password(name: str, frames: int = 0) -> KeytoolError:
    unrecoverable = "java.security.UnrecoverableKeyException: "
    if name == "pkcs12":
        cause = (
            f"{unrecoverable}failed to decrypt safe contents entry: javax.crypto.BadPaddingException: "
            "Given final block not properly padded. Such issues can arise if a bad key is used during decryption."
        )
        return KeytoolError("keystore password was incorrect", IO_EXCEPTION, cause=(cause, 6 + frames))
    return KeytoolError(
        "Keystore was tampered with, or password was incorrect",
        IO_EXCEPTION,
        cause=(f"{unrecoverable}Password verification failed", 5 + frames),
    )


def _detect(data: bytes) -> str | None:
    name = _MAGICS.get(data[:4], "pkcs12")
    return name if name != "pkcs12" or formats.get(name).detect(data) else None


def _wrong_type(kind: str, data: bytes) -> KeytoolError:
    """What the loader of a type says of bytes that are no such store."""
    if kind != PKCS12:
        return KeytoolError("Invalid keystore format", IO_EXCEPTION)
    if len(data) > 1 and data[1] > 0x84:
        return KeytoolError(f"DerInputStream.getLength(): lengthTag={data[1] & 0x7F}, too big.", IO_EXCEPTION)
    tag = data[0] - 256 if data[0] > 127 else data[0]
    if tag != 0x30:
        return KeytoolError(f"toDerInputStream rejects tag type {tag}", IO_EXCEPTION)
    return KeytoolError("DerValue.getBigIntegerInternal, not expected 48", IO_EXCEPTION)


def _not_found(name: str) -> KeytoolError:
    if os.path.isdir(name):
        reason = "Is a directory"
    else:
        reason = "Permission denied" if os.path.exists(name) else "No such file or directory"
    return KeytoolError(f"{name} ({reason})", FILE_NOT_FOUND)


def save(
    keystore: Keystore,
    password: str | None,
    edit: Callable[[TrustStore], TrustStore],
    *,
    jdk: int,
    new_password: str | None = None,
) -> None:
    """Change the store of that name: load, `edit`, save under its lock, read back.

    `edit` is given what is in the file at that moment, which is what was opened unless another process came
    between, and again when one comes between once more. Raises whatever it raises, and KeytoolError as the JDK would
    say it.
    """
    from truststore_tool import stores

    path = keystore.name
    if keystore.name == "NONE":
        edit(keystore.store)
        reason = 'Cannot invoke "java.io.OutputStream.write(byte[])" because "stream" is null'
        raise KeytoolError(reason, "java.lang.NullPointerException")
    if os.path.isdir(path) or not os.path.isdir(os.path.dirname(path) or "."):
        edit(keystore.store)
        missing = _not_found(keystore.name)
        raise NoPlaceError(missing.message, missing.kind)

    changed: list[TrustStore] = []

    def change(store: TrustStore) -> tuple[TrustStore, None]:
        changed.append(edit(replace(store, format=keystore.format) if keystore.exists else keystore.store))
        _check_password(keystore, password if new_password is None else new_password, jdk)
        return changed[-1], None

    try:
        stores.update_store(
            path, password, change, create=keystore.format, new_password=new_password, readers=(), manner=manner()
        )
        if changed and not os.path.exists(path):  # nothing was changed in a new store: keytool writes the empty one
            with suppress(ExistsError):  # another process has made one meanwhile
                stores.save_store(changed[-1], path, password, format=changed[-1].format, exclusive=True, readers=())
    except IntegrityError as exc:
        if isinstance(exc, PasswordRequiredError):
            raise KeytoolError("password can't be null", ILLEGAL_ARGUMENT) from exc
        raise _wrong_password(keystore.format) from exc
    except WriteError as exc:
        raise file_error(keystore.name, exc) from exc


def _check_password(keystore: Keystore, password: str | None, jdk: int) -> None:
    """Java before 18 cannot encrypt under a password that is not ASCII."""
    if jdk < 25 and keystore.format == "pkcs12" and password is not None and not password.isascii():
        raise KeytoolError("getSecretKey failed: Password is not ASCII", IO_EXCEPTION)

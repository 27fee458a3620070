"""Where certificates come from: files and stores, directories, standard input, certifi, the system's bundle."""

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from truststore_tool import asn1, files, formats
from truststore_tool.errors import (
    SKIP_UNREADABLE,
    TAKE_CHAINS,
    FindingError,
    FormatError,
    IntegrityError,
    PasswordRequiredError,
    TrustStoreError,
    UnreadableError,
    UsageError,
)
from truststore_tool.findings import Finding, Place, finding
from truststore_tool.model import Certificate, OpaqueEntry, Remark, TrustStore
from truststore_tool.nouns import noun
from truststore_tool.operations.checking import at
from truststore_tool.operations.listing import distrusted, named
from truststore_tool.wording import counted

STDIN: Final = "-"
CERTIFI: Final = "certifi"
SYSTEM: Final = "system"

# Where distributions keep the one file that holds all roots.
_BUNDLES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # Fedora, RHEL
    "/etc/pki/tls/certs/ca-bundle.crt",  # older RHEL
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # Alpine, macOS, BSD
)
_SHOWN: Final = 3


@noun
class LeftOut:
    """Something in a source that gave no certificate though it might hold one: which file, and what it is."""

    source: str
    what: Remark


class Distrusted(NamedTuple):
    """A certificate that a source marks as not trusted, and how that is told when it is left out."""

    certificate: Certificate
    left_out: LeftOut


class Gathered(NamedTuple):
    """What one source gave.

    Attributes:
        name: the source as it was named.
        certificates: in the order of the source; one that is there twice is given twice.
        notes: what was passed over or could not be checked.
        left_out: what was left out.
        distrusted: the certificates that the source marks as not trusted; they are not among `certificates`.
    """

    name: str
    certificates: tuple[Certificate, ...]
    notes: tuple[Finding, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    distrusted: tuple[Distrusted, ...] = ()


def gather(
    names: Sequence[str],
    password: str | None = None,
    *,
    stdin: Callable[[], bytes],
    others: Sequence[str] = (),
    own: Mapping[str, str] | None = None,
    given: Mapping[str, bytes] | None = None,
    skip_unreadable: bool = False,
    keep_distrusted: bool = False,
    include_chains: bool = False,
) -> tuple[Gathered, ...]:
    """The certificates of each named source, in order.

    Args:
        names: each the path of a file of any format, the path of a directory (all its regular files count, in the
            order of their names), ``-`` for standard input, ``certifi`` for the bundle of that package, or
            ``system`` for that of the operating system. A file called like one of the words is named ``./certifi``.
        password: opens the sources that are key stores.
        stdin: gives the bytes of standard input; called once for every ``-``.
        others: passwords that are tried where that one does not open a source.
        own: the password of a source by its name, which is the only one that is tried for it.
        given: the bytes of a source by its name, where nothing is to be read under it.
        skip_unreadable: leave out what is malformed, not understood or nothing but distrusted, instead of raising.
        keep_distrusted: leave what a source marks as distrusted (OpenSSL's trust settings, p11-kit) to the caller;
            otherwise it is left out of all sources.
        include_chains: take the certificates in the chains of keys, too.

    Of a store, the trusted entries count and the certificates that are no entries; private keys, and unless told their
    chains, are left out, and a note says so. Raises UnreadableError when a source cannot be read or gives nothing,
    FormatError when it is malformed, FindingError when it holds only what is distrusted, and IntegrityError when the
    password does not open it.
    """
    passwords = tuple(dict.fromkeys([*(() if password is None else (password,)), *others]))
    reader = _Reader(passwords, skip_unreadable, include_chains)
    own = own or {}
    unnamed = [name for name in own if name not in names]
    if unnamed:
        raise UsageError(f"a password was given for {unnamed[0]}, which is no source", hint="name it as the source is")
    readers = {name: reader._replace(passwords=(password,)) for name, password in own.items()}
    found = tuple(_gather(name, readers.get(name, reader), stdin, given or {}) for name in names)
    if not keep_distrusted:
        found = _without_distrusted(found, skip=skip_unreadable)
    if names and not any(source.certificates or (keep_distrusted and source.distrusted) for source in found):
        error = FindingError if any(source.distrusted for source in found) else UnreadableError
        raise error("nothing is left of the sources", hint=_left_out(found))
    return found


def _without_distrusted(found: Sequence[Gathered], *, skip: bool) -> tuple[Gathered, ...]:
    """The sources without what any of them marks as distrusted: that one says no outweighs that another says yes."""
    distrusted = {item.certificate for source in found for item in source.distrusted}
    cleaned = []
    for source in found:
        kept = tuple(certificate for certificate in source.certificates if certificate not in distrusted)
        left_out = (*source.left_out, *(item.left_out for item in source.distrusted))
        cleaned.append(source._replace(certificates=kept, left_out=left_out))
        if not kept and (source.certificates or source.distrusted) and not skip:
            raise FindingError(f"{source.name}: holds only what is distrusted", hint=_left_out(cleaned))
    return tuple(cleaned)


class _Reader(NamedTuple):
    """How sources are read: with which passwords, what is unreadable left out or not, and with the chains of keys."""

    passwords: tuple[str, ...] = ()
    skip: bool = False
    chains: bool = False

    def __repr__(self) -> str:
        return f"_Reader(skip={self.skip})"  # passwords are not shown

    def opened(self, data: bytes) -> TrustStore:
        """The store, under the first password that opens it."""
        *earlier, last = self.passwords or (None,)
        for password in earlier:
            try:
                return formats.read(data, password)
            except IntegrityError:
                continue
        return formats.read(data, last)


def require_whole(store: TrustStore) -> None:
    """Raise FormatError, and name the parts, when the file of `store` was not read whole."""
    if store.unread:
        raise FormatError(
            f"{', '.join(store.unread)}: not read, and may hold certificates",
            hint="give each kind of file by itself",
            remedy=SKIP_UNREADABLE,
        )


def _left_out(found: Iterable[Gathered]) -> str | None:
    return "; ".join(f"{item.source}: {item.what}" for source in found for item in source.left_out) or None


def _gather(name: str, reader: _Reader, stdin: Callable[[], bytes], given: Mapping[str, bytes]) -> Gathered:
    match name:
        case _ if name in given:
            found = _from_bytes(name, given[name], reader)
        case "":  # an unset variable of the shell; as a path it would be the current directory
            raise UnreadableError("could not read a source: its name is empty", hint="check the command line")
        case "-":
            found = _from_bytes("standard input", stdin(), reader)
        case "certifi":
            found = _from_file(place_of(name), reader)
        case "system":
            found = _from_system()
        case _:
            found = _from_path(Path(name), reader)
    if not (found.certificates or found.left_out or found.distrusted):
        raise UnreadableError(
            f"{found.name}: holds no certificate",
            hint="; ".join(note.message for note in found.notes) or None,
            remedy=TAKE_CHAINS if any("key entr" in note.message for note in found.notes) else None,
        )
    return found._replace(name=name)


def _from_path(path: Path, reader: _Reader) -> Gathered:
    return _from_directory(path, reader) if files.is_directory(path) else _from_file(path, reader)


def _from_file(path: Path, reader: _Reader) -> Gathered:
    return _from_bytes(str(path), files.read(path), reader)


def _from_bytes(name: str, data: bytes, reader: _Reader, *, chosen: bool = True) -> Gathered:
    """The certificates in a file that was `chosen` by its name, or lies in a directory, where others lie as well."""
    try:
        store = reader.opened(data)
        if chosen:
            formats.require_certificates(store, data)
        if not (chosen or store.sealed or store.all_certificates()):
            return Gathered(name, ())
        if not reader.skip:
            require_whole(store)
    except FormatError as exc:
        if reader.skip:
            return Gathered(name, (), left_out=(LeftOut(name, Remark("not-understood", exc.message)),))
        raise exc.at(name) from exc
    except TrustStoreError as exc:
        raise exc.at(name) from exc
    if store.sealed:
        raise PasswordRequiredError(
            f"{name}: its certificates are encrypted and no password was given", hint="give the password of this source"
        )
    loose = tuple(item.certificate for item in store.loose)
    taken = store.entries if reader.chains else store.trusted()
    certificates = tuple(each.in_der() for each in (*(c for entry in taken for c in entry.certificates), *loose))
    left_out = tuple(LeftOut(name, Remark("not-understood", part)) for part in store.unread)
    refused = tuple(
        Distrusted(item.certificate, LeftOut(name, Remark("distrusted", f"distrusted: {line}")))
        for item, line in zip(store.distrusted, distrusted(store), strict=True)
    )
    return Gathered(name, certificates, tuple(at(name, _notes(store, chains=reader.chains))), left_out, refused)


def _notes(store: TrustStore, *, chains: bool) -> Iterable[Remark]:
    yield from store.notes
    if store.others:
        yield Remark("other-content", f"holds beside certificates: {named(store.others)}")
    if store.integrity == "unchecked":
        yield Remark("integrity-unchecked", "its integrity was not checked, as no password was given")
    opaque = [entry for entry in store.entries if isinstance(entry, OpaqueEntry)]
    if opaque:
        held = counted(sum(len(entry.certificates) for entry in opaque), "certificate")
        keys = counted(len(opaque), "key entry", "key entries")
        text = f"{keys}; the {held} of their chains are taken" if chains else f"{keys} with {held} in their chains"
        yield Remark("left-out", f"left out: {text}")


def _from_directory(path: Path, reader: _Reader) -> Gathered:
    """The files of a directory one by one; those with the same bytes (as links to each other) count once."""
    certificates: list[Certificate] = []
    notes: list[Finding] = []
    passed: list[Remark] = []
    left_out: list[LeftOut] = []
    refused: list[Distrusted] = []
    without: list[str] = []
    seen: set[bytes] = set()
    repeated = 0
    for name in filter(_is_ordinary, files.names_in(path)):
        data = files.read(path / name)
        digest = hashlib.sha256(data).digest()
        if digest in seen:
            repeated += 1
            continue
        seen.add(digest)
        found = (
            _from_bytes(str(path / name), data, reader, chosen=False) if _is_store(path / name, data, reader) else None
        )
        if found is None or not (found.certificates or found.left_out or found.distrusted):
            without.append(name)
        if found is not None:
            certificates += found.certificates
            left_out += found.left_out
            refused += found.distrusted
            notes += found.notes
    if repeated:
        text = f"passed over: {counted(repeated, 'file')} with the bytes of another, as hash links are"
        passed.append(Remark("passed-over", text))
    if without:
        more = ", ..." if len(without) > _SHOWN else ""
        text = f"no certificate in {counted(len(without), 'file')}: {', '.join(without[:_SHOWN])}{more}"
        passed.append(Remark("passed-over", text))
    inner = sum(child.is_dir() for child in path.iterdir() if _is_ordinary(child.name))
    if inner:
        passed.append(Remark("passed-over", f"not entered: {counted(inner, 'directory', 'directories')} in it"))
    said = (*notes, *at(str(path), passed))
    return Gathered(str(path), tuple(certificates), said, tuple(left_out), tuple(refused))


def _is_ordinary(name: str) -> bool:
    """False for what Kubernetes puts beside the files of a mount, to exchange them at once: ``..data`` and its like."""
    return not name.startswith("..")


def _is_store(path: Path, data: bytes, reader: _Reader) -> bool:
    """Whether the bytes are of any format, as a directory of certificates may hold a README too.

    Raises FormatError for what is called like a store or certificate and is no whole ASN.1 either (as a key is): a
    damaged file, which must not go missing in silence.
    """
    try:
        formats.detect(formats.unwrapped(data)[0])
    except FormatError as exc:
        if path.suffix and formats.by_suffix(path.suffix) and not _is_whole_asn1(data):
            if reader.skip:
                return True  # it is left out by name where it is read
            raise FormatError(exc.message, hint="mend it, or take it out of the directory").at(path) from exc
        return False
    return True


def _is_whole_asn1(data: bytes) -> bool:
    try:
        return asn1.read(data).next == len(data)
    except FormatError:
        return False


def place_of(name: str) -> Path:
    """Where the bundle is that is called ``certifi`` or ``system``; any other name is a path itself.

    The system's is where OpenSSL or the distribution keeps it. Raises UnreadableError when it has none.
    """
    if name == CERTIFI:
        import certifi

        return Path(certifi.where())
    return _system_place() if name == SYSTEM else Path(name)


def _from_system() -> Gathered:
    return _with_place(_from_path(_system_place(), _Reader()))


def _system_place() -> Path:
    # Named by the user: when it cannot be used, other roots in its place would be trusted by accident.
    named = os.environ.get("SSL_CERT_FILE")
    if named:
        return Path(named)
    import ssl

    defaults = ssl.get_default_verify_paths()
    tried = list(dict.fromkeys((defaults.openssl_cafile, *_BUNDLES, defaults.openssl_capath)))
    for place in map(Path, tried):
        if _is_there(place):
            return place
    raise UnreadableError(
        f"system: no bundle of certificates at {', '.join(tried)}",
        hint="install the package ca-certificates, or set SSL_CERT_FILE",
    )


def _is_there(place: Path) -> bool:
    """Whether it is a file, or a directory with files in it; what we may not look at is neither."""
    try:
        return place.is_file() or (place.is_dir() and bool(files.names_in(place)))
    except (OSError, UnreadableError):
        return False


def _with_place(found: Gathered) -> Gathered:
    return found._replace(notes=(finding("read-from", Place(SYSTEM), f"read from {found.name}"), *found.notes))

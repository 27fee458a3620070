"""Where certificates come from: files and stores, directories, standard input, certifi, the system's bundle."""

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from truststore_tool import asn1, files, formats
from truststore_tool.errors import FormatError, PasswordRequiredError, TrustStoreError, UnreadableError
from truststore_tool.model import Certificate, OpaqueEntry, TrustStore

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


class Gathered(NamedTuple):
    """What one source gave.

    Attributes:
        name: the source as it was named.
        certificates: in the order of the source; one that is there twice is given twice.
        notes: what was left out or could not be checked, one line each.
    """

    name: str
    certificates: tuple[Certificate, ...]
    notes: tuple[str, ...] = ()


def gather(names: Sequence[str], password: str | None = None, *, stdin: Callable[[], bytes]) -> tuple[Gathered, ...]:
    """The certificates of each named source, in order.

    Args:
        names: each the path of a file of any format, the path of a directory (all its regular files count, in the
            order of their names), ``-`` for standard input, ``certifi`` for the bundle of that package, or
            ``system`` for that of the operating system. A file called like one of the words is named ``./certifi``.
        password: opens the sources that are key stores.
        stdin: gives the bytes of standard input; called once for every ``-``.

    Of a store, the trusted entries count and the certificates that are no entries; private keys and their chains are
    left out, and a note says so. Raises UnreadableError when a source cannot be read or gives no certificate,
    FormatError when it is malformed, and IntegrityError when the password does not open it.
    """
    return tuple(_gather(name, password, stdin) for name in names)


def _gather(name: str, password: str | None, stdin: Callable[[], bytes]) -> Gathered:
    match name:
        case "":  # an unset variable of the shell; as a path it would be the current directory
            raise UnreadableError("could not read a source: its name is empty", hint="check the command line")
        case "-":
            found = _from_bytes("standard input", stdin(), password)
        case "certifi":
            import certifi

            found = _from_file(Path(certifi.where()), password)
        case "system":
            found = _from_system()
        case _:
            found = _from_path(Path(name), password)
    if not found.certificates:
        raise UnreadableError(f"{found.name}: holds no certificate", hint="; ".join(found.notes) or None)
    return Gathered(name, found.certificates, found.notes)


def _from_path(path: Path, password: str | None) -> Gathered:
    return _from_directory(path, password) if files.is_directory(path) else _from_file(path, password)


def _from_file(path: Path, password: str | None) -> Gathered:
    return _from_bytes(str(path), files.read(path), password)


def _from_bytes(name: str, data: bytes, password: str | None) -> Gathered:
    try:
        store = formats.detect(data).loads(data, password)
    except TrustStoreError as exc:
        raise type(exc)(f"{name}: {exc.message}", hint=exc.hint) from exc
    if store.sealed:
        raise PasswordRequiredError(
            f"{name}: its certificates are encrypted and no password was given", hint="give the password of this source"
        )
    loose = tuple(item.certificate for item in store.loose)
    return Gathered(name, tuple(entry.certificate for entry in store.trusted()) + loose, tuple(_notes(store)))


def _notes(store: TrustStore) -> Iterable[str]:
    yield from store.notes
    if store.integrity == "unchecked":
        yield "its integrity was not checked, as no password was given"
    opaque = [entry for entry in store.entries if isinstance(entry, OpaqueEntry)]
    if opaque:
        chains = _count(sum(len(entry.certificates) for entry in opaque), "certificate")
        yield f"left out: {_count(len(opaque), 'key entry', 'key entries')} with {chains} in their chains"


def _from_directory(path: Path, password: str | None) -> Gathered:
    """The files of a directory one by one; those with the same bytes (as links to each other) count once."""
    certificates: list[Certificate] = []
    notes: list[str] = []
    without: list[str] = []
    seen: set[bytes] = set()
    repeated = 0
    for name in files.names_in(path):
        data = files.read(path / name)
        digest = hashlib.sha256(data).digest()
        if digest in seen:
            repeated += 1
            continue
        seen.add(digest)
        found = _from_bytes(str(path / name), data, password) if _is_store(path / name, data) else None
        if found is None or not found.certificates:
            without.append(name)
        if found is not None:
            certificates += found.certificates
            notes += (f"{name}: {note}" for note in found.notes)
    if repeated:
        notes.append(f"passed over: {_count(repeated, 'file')} with the bytes of another, as hash links are")
    if without:
        more = ", ..." if len(without) > _SHOWN else ""
        notes.append(f"no certificate in {_count(len(without), 'file')}: {', '.join(without[:_SHOWN])}{more}")
    inner = sum(child.is_dir() for child in path.iterdir())
    if inner:
        notes.append(f"not entered: {_count(inner, 'directory', 'directories')} in it")
    return Gathered(str(path), tuple(certificates), tuple(notes))


def _is_store(path: Path, data: bytes) -> bool:
    """Whether the bytes are of any format, as a directory of certificates may hold a README too.

    Raises FormatError for what is called like a store or certificate and is no whole ASN.1 either (as a key is): a
    damaged file, which must not go missing in silence.
    """
    try:
        formats.detect(data)
    except FormatError as exc:
        if path.suffix and formats.by_suffix(path.suffix) and not _is_whole_asn1(data):
            raise FormatError(f"{path}: {exc.message}", hint="mend it, or take it out of the directory") from exc
        return False
    return True


def _is_whole_asn1(data: bytes) -> bool:
    try:
        return asn1.read(data).next == len(data)
    except FormatError:
        return False


def _from_system() -> Gathered:
    """The roots of the operating system, from where OpenSSL or the distribution keeps them."""
    # Named by the user, so it is this or nothing: other roots in its place would be trusted by accident.
    named = os.environ.get("SSL_CERT_FILE")
    if named:
        return _with_place(_from_file(Path(named), None))
    import ssl

    defaults = ssl.get_default_verify_paths()
    tried = list(dict.fromkeys((defaults.openssl_cafile, *_BUNDLES, defaults.openssl_capath)))
    for place in map(Path, tried):
        if _is_there(place):
            return _with_place(_from_path(place, None))
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
    return Gathered(found.name, found.certificates, (f"read from {found.name}", *found.notes))


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"

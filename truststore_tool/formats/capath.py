"""CApath: a directory in which OpenSSL looks certificates up by a hash of their subject.

A file is called ``<hash>.<N>``: eight hex digits, and a number that counts up where subjects share a hash
(OpenSSL's X509_LOOKUP_hash_dir(3) and openssl-rehash(1)). Whatever else lies there is not looked at by OpenSSL.
"""

import re
from collections.abc import Mapping
from itertools import count
from typing import Final

from truststore_tool.errors import FindingError, FormatError
from truststore_tool.formats import der, pem
from truststore_tool.formats.base import Directory, Format
from truststore_tool.model import Certificate, LooseCertificate, Remark, TrustedEntry, TrustStore, noted
from truststore_tool.names import openssl_hash, openssl_hash_old

_HASH_NAME: Final = re.compile(r"(?P<hash>[0-9a-f]{8})\.(?:0|[1-9][0-9]{0,8})", re.ASCII)


def detect(files: Mapping[str, bytes]) -> bool:
    """Whether any file has the name of a hash; a directory is no CApath because it holds certificates."""
    return any(map(_HASH_NAME.fullmatch, files))


def loads(files: Mapping[str, bytes], password: str | None = None) -> TrustStore:  # noqa: ARG001 -- see Format.loads
    """The store that a directory is: names of its files to their content.

    Entries are the certificates in PEM files that are named by their hash; all others in the directory are loose, but
    for those that any of the files marks as distrusted.
    One certificate under several names is given once. Files that hold neither PEM nor DER certificates are skipped.

    Raises FormatError, naming the file, for a certificate that is damaged.
    """
    found: dict[Certificate, TrustedEntry] = {}
    other: dict[Certificate, LooseCertificate] = {}
    stores = {name: _loaded(name, data) for name, data in sorted(files.items())}
    distrusted = {item.certificate: item for store in stores.values() for item in store.distrusted}
    for name, store in stores.items():
        data = files[name]
        for certificate in store.all_certificates():
            if certificate in distrusted:
                continue
            if pem.detect(data) and _is_named_by(name, certificate):
                found.setdefault(certificate, TrustedEntry("", certificate))
            else:
                other.setdefault(certificate, LooseCertificate(certificate))
    loose = tuple(item for certificate, item in other.items() if certificate not in found)
    notes = []
    if loose:
        text = f"certificates that OpenSSL does not find, as no file is named by their hash: {len(loose)}"
        notes.append(Remark("not-found", text))
    if unreachable := [name for name in files if _is_behind_a_gap(name, files)]:
        text = f"OpenSSL stops at a missing number or a file without certificate before {', '.join(unreachable)}"
        notes.append(Remark("not-found", text))
    return TrustStore(
        tuple(found.values()),
        format="capath",
        integrity="absent",
        loose=loose,
        notes=tuple(notes),
        distrusted=tuple(distrusted.values()),
        facts=Directory(files),
    )


def dumps(store: TrustStore, password: str | None = None) -> dict[str, bytes]:  # noqa: ARG001 -- see Format.dumps
    """Every file that the directory is to hold, to its content: those it held are in `TrustStore.facts`.

    A new certificate goes under the next free number of its hash. The number of a removed one is taken by the last of
    its hash, as OpenSSL stops at a gap. Whatever else bears such a name (keys, links of the old hash, directories,
    further certificates of a file), and every other file, stays as it is. Loose certificates are not written.

    Raises FormatError for entries that are no certificate and for subjects that cannot be read; FindingError when a
    certificate that is to go shares its file with a key, or anything else that is no certificate.
    """
    entries = {entry.certificate: entry for entry in reversed(der.trusted_only(store, "CApath"))}
    known = noted(store.facts, Directory)
    files: dict[str, bytes] = dict(known.files) if known else {}
    before = {entry.certificate for entry in loads(files).trusted()}
    for certificate in before - entries.keys():
        _remove(files, certificate)
    for entry in reversed(entries.values()):
        if entry.certificate not in before:
            files[_free_name(files, subject_hash(entry.certificate))] = pem.encode(
                entry.certificate, entry.comment
            ).encode()
    return files


def _remove(files: dict[str, bytes], certificate: Certificate) -> None:
    """Take a certificate out of every file that is named by one of its hashes, and close the gaps in its hash."""
    digest = subject_hash(certificate)
    gaps = []
    for name, data in list(files.items()):
        if not _HASH_NAME.fullmatch(name) or name[:8] not in (digest, subject_hash_old(certificate)):
            continue
        if not pem.detect(data):
            continue
        held = pem.loads(data)
        kept = tuple(entry for entry in held.trusted() if entry.certificate != certificate)
        if len(kept) == len(held.entries):
            continue
        if kept or held.distrusted:
            files[name] = pem.dumps(held.with_entries(kept))
        elif beside := (*held.others, *held.unread):
            raise FindingError(
                f"{name} holds more than the certificate: {', '.join(beside)}; nothing was removed",
                hint="move that into a file of its own first",
            )
        else:
            del files[name]
            gaps += [_number(name)] if name.startswith(digest) else []
    for gap in sorted(gaps):
        last = max((_number(name) for name in files if _is_movable(name, digest, files[name])), default=-1)
        if last > gap:
            files[f"{digest}.{gap}"] = files.pop(f"{digest}.{last}")


def _is_movable(name: str, digest: str, data: bytes) -> bool:
    """Whether a file is there because OpenSSL looks it up by this hash."""
    held = _certificates(name, data) if name.startswith(f"{digest}.") else ()
    return any(_is_named_by(name, certificate) for certificate in held)


def _free_name(files: Mapping[str, bytes], digest: str) -> str:
    return next(name for number in count() if (name := f"{digest}.{number}") not in files)


def _number(name: str) -> int:
    return int(name[9:])


def _is_behind_a_gap(name: str, files: Mapping[str, bytes]) -> bool:
    """Whether OpenSSL, which counts up from 0, ends before it comes to this file (get_cert_by_subject in by_dir.c)."""
    match = _HASH_NAME.fullmatch(name)
    if match is None or not any(_is_named_by(name, certificate) for certificate in _certificates(name, files[name])):
        return False
    before = (files.get(f"{match['hash']}.{number}", b"") for number in range(min(_number(name), len(files) + 1)))
    return any(not (pem.detect(data) and _certificates(name, data)) for data in before)


def subject_hash(certificate: Certificate) -> str:
    """As ``openssl x509 -subject_hash`` prints it. Raises FormatError for a subject that OpenSSL refuses."""
    return openssl_hash(certificate.subject_der)


def subject_hash_old(certificate: Certificate) -> str:
    """The hash of OpenSSL before 1.0 (``-subject_hash_old``). Raises FormatError for an unreadable subject."""
    return openssl_hash_old(certificate.subject_der)


def _certificates(name: str, data: bytes) -> tuple[Certificate, ...]:
    """The certificates in a file of the directory, also those that it marks as distrusted."""
    return _loaded(name, data).all_certificates()


def _loaded(name: str, data: bytes) -> TrustStore:
    """A file of the directory as a store, an empty one where it holds something else than certificates."""
    codec = next((codec for codec in (pem.PEM, der.DER) if codec.detect(data)), None)
    if codec is None:
        return TrustStore()
    try:
        return codec.loads(data, None)
    except FormatError as exc:
        raise exc.at(name) from exc


def _is_named_by(name: str, certificate: Certificate) -> bool:
    """Whether a file of this name is where OpenSSL looks for the certificate."""
    match = _HASH_NAME.fullmatch(name)
    try:
        return match is not None and match["hash"] == subject_hash(certificate)
    except FormatError:
        return False


CAPATH: Final = Format(
    name="capath",
    title="CApath",
    suffixes=(),
    detect=detect,
    loads=loads,
    dumps=dumps,
    has_aliases=False,
    has_password=False,
    has_dates=False,
    is_directory=True,
)

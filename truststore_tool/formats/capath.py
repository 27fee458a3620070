"""CApath: a directory in which OpenSSL looks certificates up by a hash of their subject.

A file is called ``<hash>.<N>``: eight hex digits, and a number that counts up where subjects share a hash
(OpenSSL's X509_LOOKUP_hash_dir(3) and openssl-rehash(1)). Whatever else lies there is not looked at by OpenSSL.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from typing import Final, NamedTuple

from truststore_tool import asn1
from truststore_tool.errors import FormatError
from truststore_tool.formats import der, pem
from truststore_tool.model import Certificate, LooseCertificate, TrustedEntry, TrustStore
from truststore_tool.names import Attribute

_HASH_NAME: Final = re.compile(r"(?P<hash>[0-9a-f]{8})\.\d+")
_WHITESPACE: Final = b" \t\n\v\f\r"
_RUN_OF_WHITESPACE: Final = re.compile(rb"[ \t\n\v\f\r]+")

# What ASN1_STRING_to_UTF8 makes of the string types that OpenSSL canonicalises (ASN1_MASK_CANON in x_name.c).
_CODECS: Final = {
    asn1.BMP_STRING: "utf-16-be",
    asn1.UNIVERSAL_STRING: "utf-32-be",
    asn1.TELETEX_STRING: "latin-1",
    asn1.PRINTABLE_STRING: "latin-1",
    asn1.IA5_STRING: "latin-1",
    asn1.VISIBLE_STRING: "latin-1",
}


class _File(NamedTuple):
    """A file that holds this one certificate and nothing else that counts."""

    certificate: Certificate
    data: bytes


def loads(files: Mapping[str, bytes]) -> TrustStore:
    """The store that a directory is: names of its files to their content.

    Entries are the certificates that OpenSSL finds there, by file name; the others are loose. Where no file at all
    has the name of a hash, as before ``openssl rehash``, every certificate is an entry. One certificate under
    several names is given once. Files that hold neither PEM nor DER certificates are skipped.

    Raises FormatError, naming the file, for a certificate that is damaged.
    """
    found: dict[Certificate, TrustedEntry] = {}
    other: dict[Certificate, TrustedEntry] = {}
    for name, data in sorted(files.items()):
        certificates = _certificates(name, data)
        for certificate in certificates:
            entry = TrustedEntry("", certificate, origin=_File(certificate, data) if len(certificates) == 1 else None)
            (found if _is_found(name, certificate) else other).setdefault(certificate, entry)
    loose = [entry for certificate, entry in other.items() if certificate not in found]
    note = f"certificates that OpenSSL does not find, as no file is named by their hash: {len(loose)}"
    return TrustStore(
        tuple(found.values() or loose),
        format="capath",
        integrity="absent",
        loose=tuple(LooseCertificate(entry.certificate) for entry in loose if found),
        notes=(note,) if loose else (),
    )


def dumps(store: TrustStore) -> dict[str, bytes]:
    """File names to content: each certificate as PEM in a file named as OpenSSL looks it up, N in the store's order.

    A certificate that came from a file of its own keeps that file's content. Loose certificates are not written.
    Raises FormatError for entries that are not certificates and for subjects that cannot be read.
    """
    files: dict[str, bytes] = {}
    used: Counter[str] = Counter()
    written: set[Certificate] = set()
    for entry in der.trusted_only(store, "CApath"):
        if entry.certificate in written:
            continue
        written.add(entry.certificate)
        digest = subject_hash(entry.certificate)
        files[f"{digest}.{used[digest]}"] = _content(entry)
        used[digest] += 1
    return files


def _content(entry: TrustedEntry) -> bytes:
    """The file for an entry: the PEM file it came from, with whatever OpenSSL trust settings that has, or a new one."""
    match entry.origin:
        case _File(certificate, data) if certificate == entry.certificate and pem.detect(data):
            return data
    return pem.encode(entry.certificate, entry.comment).encode()


def subject_hash(certificate: Certificate) -> str:
    """The hash by which OpenSSL 1.0 and later look a subject up, as ``openssl x509 -subject_hash`` prints it.

    SHA-1 over the canonical name (x509_name_canon in OpenSSL's crypto/x509/x_name.c): the SETs without the SEQUENCE
    around them, strings as UTF8String in lower case with single blanks. Raises FormatError for an unreadable subject.
    """
    sets = (asn1.set_of(*map(_canonical, rdn)) for rdn in certificate.subject.rdns if rdn)  # OpenSSL drops empty ones
    return _first_four(hashlib.sha1(b"".join(sets), usedforsecurity=False).digest())


def subject_hash_old(certificate: Certificate) -> str:
    """The hash of OpenSSL before 1.0 (``-subject_hash_old``): MD5 over the encoded name. Raises FormatError."""
    return _first_four(hashlib.md5(certificate.subject_der, usedforsecurity=False).digest())


def _first_four(digest: bytes) -> str:
    return f"{int.from_bytes(digest[:4], 'little'):08x}"


def _canonical(attribute: Attribute) -> bytes:
    """One AttributeTypeAndValue in canonical form."""
    tag, value = attribute.tag, attribute.value
    if tag in _CODECS:
        value = value.decode(_CODECS[tag], "replace").encode("utf-8", "replace")
    if tag in _CODECS or tag == asn1.UTF8_STRING:
        tag = asn1.UTF8_STRING
        value = _RUN_OF_WHITESPACE.sub(b" ", value.strip(_WHITESPACE)).lower()  # of bytes: ASCII only, as OpenSSL does
    return asn1.sequence(asn1.oid(attribute.oid), asn1.tlv(tag, value))


def _certificates(name: str, data: bytes) -> tuple[Certificate, ...]:
    """The certificates in a file of the directory, none where it holds something else."""
    codec = next((codec for codec in (pem.PEM, der.DER) if codec.detect(data)), None)
    if codec is None:
        return ()
    try:
        return codec.loads(data, None).all_certificates()
    except FormatError as exc:
        raise FormatError(f"{name}: {exc.message}", hint=exc.hint) from exc


def _is_found(name: str, certificate: Certificate) -> bool:
    """Whether OpenSSL finds the certificate in a file of this name."""
    match = _HASH_NAME.fullmatch(name)
    try:
        return match is not None and match["hash"] == subject_hash(certificate)
    except FormatError:
        return False

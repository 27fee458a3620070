"""Certificates out of PEM as OpenSSL's functions take them: all of a file, or one block after the other."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import chain
from typing import Final, NamedTuple, Self, TypeVar

from truststore_tool import asn1
from truststore_tool.asn1 import Element
from truststore_tool.errors import FormatError
from truststore_tool.formats.pem import distrust
from truststore_tool.names import openssl_hash
from truststore_tool.readers.base import UnknownError
from truststore_tool.readers.openssl import certificate
from truststore_tool.readers.openssl.blocks import Block, BlockError, blocks
from truststore_tool.readers.openssl.certificate import Fields

T = TypeVar("T")

CERTIFICATE: Final = b"CERTIFICATE"
OLD: Final = b"X509 CERTIFICATE"
TRUSTED: Final = b"TRUSTED CERTIFICATE"
_ANY_LABEL: Final = (CERTIFICATE, OLD, TRUSTED)
_CRL: Final = b"X509 CRL"
_SEALED_KEY: Final = b"ENCRYPTED PRIVATE KEY"
_KEYS: Final = (b"RSA PRIVATE KEY", b"DSA PRIVATE KEY", b"EC PRIVATE KEY", b"PRIVATE KEY")
NOTHING_FOUND: Final = "no certificate or crl found"
_PEM_LIB: Final = "PEM lib"
ASN1_LIB: Final = "ASN1 lib"
# A limit of our own (asn1.read).
_TOO_DEEP: Final = "nested too deeply"
_ENCRYPTED: Final = b"Proc-Type:"
# Compiled where it is needed.
_SEALED: Final = (
    rb"Proc-Type: 4,ENCRYPTED\nDEK-Info: (?:AES-(?:128|192|256)-CBC,[0-9A-F]{32}|DES(?:-EDE3)?-CBC,[0-9A-F]{16})\n"
)
# A header of a key that is longer than this makes it an encrypted one, which is not opened (PEM_X509_INFO_read_bio).
_SHORTEST_HEADER: Final = 10


class RefusedError(Exception):
    """OpenSSL reads nothing. `reasons` is its queue of errors, oldest first; empty for words that are not known."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(*reasons)
        self.reasons = reasons


class Held(NamedTuple):
    """A certificate as OpenSSL holds it, with the settings of a TRUSTED CERTIFICATE block, if it has any."""

    fields: Fields
    settings: Element | None

    @classmethod
    def of(cls, block: Block) -> Self:
        """What is in a block. Raises FormatError where d2i_X509, or d2i_X509_AUX, refuses it; or UnknownError."""
        try:
            fields = certificate.read(block.data)
        except FormatError as exc:
            if exc.message.endswith(_TOO_DEEP):
                raise UnknownError(f"a certificate: {exc.message}") from exc
            if _has_long_tags(block.data):
                raise UnknownError("a certificate with tags of several octets") from exc
            raise
        settings = None
        if block.label == TRUSTED and len(block.data) > len(fields.raw):
            settings = asn1.read(block.data, len(fields.raw))
            distrust.by_openssl(settings)  # which raises for what are no such settings
        return cls(fields, settings)


def _has_long_tags(data: bytes) -> bool:
    """Whether any tag has several octets. OpenSSL takes one that could have fewer for the one that has them."""
    waiting = [asn1.read(data)]
    while waiting:
        element = waiting.pop()
        if element.tag > 0xFF:
            return True
        if element.tag & asn1.CONSTRUCTED:
            with suppress(FormatError):
                waiting += element.children()
    return False


def whole(data: bytes, *, skips_mark: bool = True) -> list[Held]:
    """What X509_load_cert_crl_file takes from a PEM file: all certificates, or none (PEM_X509_INFO_read_bio).

    Raises RefusedError for any block that is damaged, and where there is neither certificate nor CRL; UnknownError
    for keys and CRLs of which OpenSSL alone knows.
    """
    return _whole(data, Held.of, skips_mark=skips_mark)


def uncut(data: bytes | Mapping[str, bytes], *, skips_mark: bool = True) -> list[bytes]:
    """The certificates in a file or directory, which are not taken apart: taken as if there were nothing amiss in them.

    Raises as `whole` for a file.
    """
    if isinstance(data, bytes):
        return _whole(data, _raw, skips_mark=skips_mark)
    each = (_one_by_one(content, _ANY_LABEL, _raw, skips_mark=skips_mark)[0] for content in data.values())
    return list(chain.from_iterable(each))


def _raw(block: Block) -> bytes:
    return asn1.read(block.data).raw


def _whole(data: bytes, take: Callable[[Block], T], *, skips_mark: bool) -> list[T]:
    found: list[T] = []
    others = 0
    try:
        for block in blocks(data, skips_mark=skips_mark):
            if block.label in _ANY_LABEL:
                _check_header(block)
                found.append(take(block))
            elif block.label == _CRL:
                _check_header(block)
                _check_crl(block.data)
                others += 1
            elif block.label in _KEYS:
                _check_key(block)
            elif block.label == _SEALED_KEY and block.header:
                _check_key_header(block)
    except BlockError as exc:
        raise RefusedError(*filter(None, map(str, exc.args)), _PEM_LIB) from exc
    except FormatError as exc:
        raise RefusedError("", ASN1_LIB, _PEM_LIB) from exc
    if not found and not others:
        raise RefusedError(NOTHING_FOUND)
    return found


def one_by_one(data: bytes, labels: tuple[bytes, ...], *, skips_mark: bool = True) -> tuple[list[Held], str | None]:
    """What a loop over PEM_read_bio_X509 takes, to its first failure, and the reason of that.

    None where it comes to the end, empty where OpenSSL gives no reason.
    """
    return _one_by_one(data, labels, Held.of, skips_mark=skips_mark)


def _one_by_one(
    data: bytes, labels: tuple[bytes, ...], take: Callable[[Block], T], *, skips_mark: bool
) -> tuple[list[T], str | None]:
    found: list[T] = []
    try:
        for block in blocks(data, skips_mark=skips_mark):
            if block.label in labels:
                _check_header(block)
                found.append(take(block))
    except BlockError as exc:
        return found, "".join(map(str, exc.args))
    except FormatError:
        return found, ASN1_LIB
    except RefusedError as exc:
        return found, exc.reasons[0]
    return found, None


def looked_up(files: Mapping[str, bytes], *, skips_mark: bool = True) -> Iterator[tuple[Held, str | None]]:
    """The certificates in a directory, and why X509_LOOKUP_hash_dir does not find one; None where it does.

    It counts up from <hash>.0, and stops at the first number that is missing, or whose file is not wholly certificates.
    """
    for name in sorted(files):
        for item in one_by_one(files[name], _ANY_LABEL, skips_mark=skips_mark)[0]:
            digest = openssl_hash(_subject(item.fields))
            stem, _, number = name.partition(".")
            if stem != digest or not number.isdecimal() or str(int(number)) != number:
                yield item, f"its file is not called {digest}.0 or the like, by the hash of its subject"
                continue
            before = (f"{stem}.{k}" for k in range(int(number)))
            gap = next((each for each in before if _ends_search(files, each, skips_mark)), None)
            yield item, None if gap is None else f"OpenSSL's search ends at {gap}, which is missing or no certificate"


def _ends_search(files: Mapping[str, bytes], name: str, skips_mark: bool) -> bool:
    if name not in files:
        return True
    held, failure = one_by_one(files[name], _ANY_LABEL, skips_mark=skips_mark)
    return not held or failure is not None


def _subject(fields: Fields) -> bytes:
    """The encoded subject."""
    body = asn1.read(fields.raw).inner().children()
    return body[5 if body[0].tag == asn1.context(0) else 4].raw


def _check_header(block: Block) -> None:
    """As PEM_get_EVP_CIPHER_INFO: above data stands a header of an encrypted block, or none."""
    if not block.header:
        return
    if not block.header.startswith(_ENCRYPTED):
        raise RefusedError("not proc type", _PEM_LIB)
    raise UnknownError("an encrypted certificate")


def _check_key(block: Block) -> None:
    """A key is read with the certificates. Raises UnknownError for one that may be damaged."""
    if block.header:
        _check_key_header(block)
        return
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    try:
        load_der_private_key(block.data, None)
    except Exception as exc:
        raise UnknownError("a key that may be damaged, which would keep OpenSSL from reading any certificate") from exc


def _check_key_header(block: Block) -> None:
    if not block.header.startswith(_ENCRYPTED):
        raise RefusedError("not proc type", _PEM_LIB)
    if not re.match(_SEALED, block.header):
        raise UnknownError("an encrypted key with a header of its own kind")


def _check_crl(data: bytes) -> None:
    from cryptography import x509

    try:
        x509.load_der_x509_crl(data)
    except Exception as exc:
        raise UnknownError("a CRL that may be damaged, which would keep OpenSSL from reading any certificate") from exc

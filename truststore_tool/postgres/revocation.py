"""Revocation lists as libpq looks for them, and what OpenSSL then makes of every chain.

libpq reads them only with a root file, and passes over what it cannot read. Where it read any, or is given a directory,
OpenSSL wants a valid list of every authority in the chain, the root too (fe-secure-openssl.c, initialize_SSL;
X509_V_FLAG_CRL_CHECK_ALL). What the server's chain is, is not known here: so it may be known that no chain can pass,
and never that one does.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from truststore_tool import asn1, readers
from truststore_tool.model import Certificate
from truststore_tool.names import openssl_canonical
from truststore_tool.nouns import noun
from truststore_tool.postgres import material
from truststore_tool.readers.base import UnknownError
from truststore_tool.readers.openssl import bundles
from truststore_tool.readers.openssl.blocks import BlockError, blocks
from truststore_tool.readers.openssl.facts import facts

if TYPE_CHECKING:
    from cryptography.x509 import CertificateRevocationList

_LIST: Final = b"X509 CRL"
_CRL_SIGN: Final = 0x02  # of the first octet of keyUsage


@noun
class Lists:
    """What is there.

    Attributes:
        place: where it is.
        ignored: why it counts for nothing: it is missing, or cannot be read, or holds nothing, or is damaged.
        trouble: why no server is ever verified with it.
        doubt: what could not be judged.
    """

    place: str
    ignored: Literal["missing", "unread"] | None = None
    trouble: str | None = None
    doubt: str | None = None


def lists(file: str | None, folder: str | None, default: str, roots: str | None) -> Lists | None:
    """What `sslcrl` and `sslcrldir` come to; None where there is nothing.

    Args:
        default: the file that libpq looks for where neither is set.
        roots: the root file; None where there is none that is used with them, so that they are not looked at.
    """
    name = file or ("" if folder else default)
    place = " and ".join(filter(None, (name, folder)))
    if name:
        content, state = material.content_of(name)
        if state is material.MISSING:
            return Lists(place, "missing") if file or folder else None
        if state and state.doubt:
            return Lists(place, doubt=state.doubt)
        try:
            if not (isinstance(content, bytes) and _is_read(content)):
                return Lists(place, "unread")
        except UnknownError as exc:
            return Lists(place, doubt=f"what OpenSSL makes of {name}: {exc}")
    if roots is None:
        return Lists(place)
    try:
        reasons = _reasons((roots, name) if name else (roots,), folder)
    except Exception:  # whatever it is, OpenSSL may do better
        reasons = [None]
    if reasons and all(reasons):
        return Lists(place, trouble=f"{place} holds no valid revocation list of {reasons[0]}")
    about = "holds a valid revocation list of every authority above the server's certificate, and not that certificate"
    return Lists(place, doubt=f"whether {place} {about}")


def _is_read(data: bytes) -> bool:
    """Whether OpenSSL takes anything from such a file: a damaged one it does not take in part. Raises UnknownError."""
    try:
        bundles.whole(data)
    except bundles.RefusedError:
        return False
    return True


def _reasons(files: Sequence[str], folder: str | None) -> list[str | None]:
    """For each authority that may end a chain why its own list lets none pass; None where it may."""
    now = datetime.now(UTC)
    data = [Path(file).read_bytes() for file in files]
    anchors = [anchor for each in data for anchor in readers.named("libpq").read(each, None).anchors or ()]
    for path in folder.split(":") if folder else ():
        with suppress(OSError):
            data += [each.read_bytes() for each in sorted(Path(path).iterdir()) if each.is_file()]
    found = [each for item in data for each in _lists_in(item)]
    return [_reason(anchor, found, now) for anchor in anchors if anchor.not_after > now]


def _lists_in(data: bytes) -> "Iterator[CertificateRevocationList]":
    from cryptography.x509 import load_der_x509_crl

    with suppress(BlockError):
        for block in blocks(data):
            if block.label == _LIST:
                yield load_der_x509_crl(block.data)


def _reason(anchor: Certificate, among: "Sequence[CertificateRevocationList]", now: datetime) -> str | None:
    """Why no list among these is a valid one of this authority that leaves it valid."""
    of_it = [each for each in among if openssl_canonical(_issuer(each)) == openssl_canonical(anchor.subject_der)]
    usage = facts(anchor).key_usage
    if usage is not None and not usage & _CRL_SIGN:
        return f"{anchor.subject}, whose keyUsage does not let it sign any"
    why = [_flaw(each, anchor, now) for each in of_it]
    if None in why:
        return None
    return f"{anchor.subject}: {why[0] if why else 'there is none'}"


def _flaw(it: "CertificateRevocationList", anchor: Certificate, now: datetime) -> str | None:
    if it.next_update_utc is not None and it.next_update_utc <= now:
        return f"it ended on {it.next_update_utc:%Y-%m-%d}"
    if it.last_update_utc > now:
        return f"it begins on {it.last_update_utc:%Y-%m-%d}"
    if not it.is_signature_valid(anchor.x509.public_key()):  # type: ignore[arg-type]
        return "it is not signed with its key"
    if it.get_revoked_certificate_by_serial_number(anchor.serial_number) is not None:
        return "it revokes it"
    return None


def _issuer(it: "CertificateRevocationList") -> bytes:
    """The encoded issuer (RFC 5280, 5.1: it follows a version, which may be missing, and an algorithm)."""
    fields = asn1.read(it.tbs_certlist_bytes).children()
    return fields[2 if fields[0].tag == asn1.INTEGER else 1].raw

"""PKCS#12 (RFC 7292, RFC 9579), read and written bag by bag as OpenJDK's PKCS12KeyStore does.

These functions are for callers that need more than the format itself (`formats.get("pkcs12")`) offers.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from truststore_tool.model import Entry, OpaqueEntry, TrustStore, noted
from truststore_tool.nouns import replace

if TYPE_CHECKING:
    from truststore_tool.formats.crypto.pbe import Scheme

# The codec is imported in the functions: every command that reads some format imports this module.


class Encryption(NamedTuple):
    """How certificates are encrypted.

    Attributes:
        cipher: the OID of a scheme of RFC 7292, appendix C; with `prf`, that of an AES-CBC cipher of PBES2.
        iterations: of the key derivation.
        prf: for PBES2, the OID of the HMAC under PBKDF2 (RFC 8018, B.1).
    """

    cipher: str
    iterations: int
    prf: str | None = None

    def scheme(self) -> "Scheme":
        """The scheme, with a fresh salt."""
        from truststore_tool.formats.crypto import pbe

        if self.prf is not None:
            return pbe.new_pbes2(self.cipher, self.prf, self.iterations)
        return pbe.new_pbes1(self.cipher, self.iterations)


class MacAlgorithm(NamedTuple):
    """The MAC of RFC 7292: the OID of its digest, SHA-1 or one of SHA-2, and the iterations of the key derivation."""

    digest: str
    iterations: int


def new_store(encryption: Encryption | None, mac: MacAlgorithm | None) -> TrustStore:
    """An empty store that is saved with these algorithms; None stands for no encryption, or no MAC."""
    from truststore_tool import asn1
    from truststore_tool.formats.pkcs12 import macs
    from truststore_tool.formats.pkcs12.layout import Layout
    from truststore_tool.formats.pkcs12.safebags import Safe

    scheme = None if encryption is None else encryption.scheme()
    empty = Safe(asn1.read(asn1.sequence()), scheme=scheme, bags=())
    return TrustStore(
        format="pkcs12", facts=Layout(b"", (empty,), None if mac is None else macs.new(*mac), rekeyed=True)
    )


def as_new_entry(entry: Entry) -> Entry:
    """A trusted entry as if it were new, so that it is written after the others. Other entries are not changed.

    Nor is one whose bag has attributes that are not known here: a new bag would not have them.
    """
    from truststore_tool.formats.pkcs12.view import Origin

    origin = noted(entry.origin, Origin)
    if isinstance(entry, OpaqueEntry) or origin is None:
        return entry
    bag = origin.bag
    known = sum((bag.name is not None, bag.key_id is not None, bag.trusted))
    has_more = bag.attributes is not None and len(bag.attributes.children()) > known
    return entry if has_more else replace(entry, origin=None)


def unopened(store: TrustStore) -> tuple[str, ...]:
    """Over what Java would refuse a whole file that was read here: one line each.

    These are parts that no password would open, or that are malformed inside, and CertBags without a certificate.
    """
    from truststore_tool import oids
    from truststore_tool.formats.pkcs12.layout import Layout
    from truststore_tool.formats.pkcs12.view import Origin

    layout = noted(store.facts, Layout)
    found = [safe.problem for safe in layout.safes if safe.problem] if layout else []
    for entry in store.entries:
        origin = noted(entry.origin, Origin)
        if entry.kind == "unknown" and origin is not None and origin.bag.oid == oids.CERT_BAG:
            found.append(f"the CertBag {entry.alias!r} holds no certificate")
    return tuple(found)


def is_in_old_encoding(data: bytes, password: str) -> bool:
    """Whether the password opens a file only as OpenSSL before 1.1 encoded it (see `kdf.old_passphrases`)."""
    from truststore_tool.formats.crypto import kdf
    from truststore_tool.formats.pkcs12.layout import Pfx

    return not password.isascii() and Pfx.parse(data).unlock(password)[1] in kdf.old_passphrases(password)


class CertificateBag(NamedTuple):
    """A certificate as it stands in a file.

    Attributes:
        der: the certificate.
        name: its friendlyName, or None.
        key_id: its localKeyId, or None.
        has_key: whether a private key of the file has the same localKeyId.
    """

    der: bytes
    name: str | None
    key_id: bytes | None
    has_key: bool


def certificate_bags(data: bytes, password: Callable[[], str]) -> list[CertificateBag]:
    """All certificates of a file in its order, also those that Java does not take for entries.

    `password` is asked only when an empty one does not open the file. Raises FormatError and IntegrityError as reading
    the store does.
    """
    from truststore_tool import oids
    from truststore_tool.errors import IntegrityError
    from truststore_tool.formats.pkcs12.layout import Pfx

    pfx = Pfx.parse(data)
    try:
        _, passphrase = pfx.unlock("")
    except IntegrityError:
        _, passphrase = pfx.unlock(password())
    bags = [bag for safe in pfx.opened(passphrase) for bag in safe.bags or ()]
    keys = {bag.key_id for bag in bags if bag.oid in (oids.KEY_BAG, oids.SHROUDED_KEY_BAG) and bag.key_id is not None}
    return [
        CertificateBag(der, bag.name, bag.key_id, bag.key_id in keys)
        for bag in bags
        if (der := bag.certificate) is not None
    ]

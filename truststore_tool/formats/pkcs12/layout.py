"""The outer layers of a PKCS#12 file: PFX, authenticated safe, MAC (RFC 7292, section 4); and who may open it."""

from collections.abc import Iterable
from typing import Final, Self

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError, IntegrityError
from truststore_tool.formats.crypto import kdf
from truststore_tool.formats.crypto.kdf import Passphrase
from truststore_tool.formats.pkcs12 import macs, safebags
from truststore_tool.formats.pkcs12.safebags import Bag, Safe
from truststore_tool.model import Entry, LooseCertificate, Note
from truststore_tool.nouns import noun

_VERSION: Final = 3
# Java accepts this many for each part of a file; here it is the limit for all parts: one or two seconds of work.
MAX_WORK: Final = kdf.MAX_ITERATIONS
WRONG_HINT: Final = "check the password; an empty one and a missing one are different things"


@noun(eq=False)
class Pfx:
    """A file, cut into its layers but not opened.

    Attributes:
        content: the OCTET STRING with the authenticated safe, over which the MAC goes.
        safes: its parts.
        mac: MacData, or None.
        end: where in the file the structure ends.
    """

    content: asn1.Element
    safes: tuple[Safe, ...]
    mac: asn1.Element | None
    end: int

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Cut a file. Raises FormatError when it is malformed or of a kind that is not supported."""
        outer = safebags.structure(asn1.read(data))
        version, info, *mac = outer.first(2, 3)
        if version.integer() != _VERSION:
            raise FormatError("the PKCS#12 file is not of version 3")
        kind, content = safebags.content_info(info)
        if kind != oids.DATA:
            raise FormatError(
                "the PKCS#12 file is protected by public keys, not by a password",
                hint="no Java or OpenSSL tool reads this kind; export it again with a password",
            )
        if content is None:
            raise FormatError("the PKCS#12 file holds nothing")
        safes: list[Safe] = []
        for element in content.unwrapped().expect(asn1.SEQUENCE).items():
            if len(safes) == safebags.MAX_BAGS:
                raise FormatError(f"the store has more than {safebags.MAX_BAGS} parts")
            safes.append(Safe.parse(element))
        return cls(content, tuple(safes), mac[0] if mac else None, outer.next)

    @property
    def needs_password(self) -> bool:
        """Whether there is a MAC to check or a part that is not plain."""
        return self.mac is not None or any(safe.locked for safe in self.safes)

    def unlock(self, password: str) -> tuple[macs.AnyMac | None, Passphrase]:
        """The MAC, checked, and the encoding of the password that is right. Without a MAC, an encrypted part must open.

        Raises IntegrityError when the password is wrong or the file was changed, UnknownAlgorithmError when the
        MAC's algorithm is not known, FormatError when the file asks for too much work.
        """
        mac = None if self.mac is None else macs.parse(self.mac)
        encrypted = [safe for safe in self.safes if safe.scheme is not None]
        counts = [safe.scheme.count for safe in encrypted if safe.scheme]
        if sum(counts) + (mac.count if mac else 0) > MAX_WORK:
            raise FormatError(f"the store asks for more than {MAX_WORK} iterations of key derivation in total")
        candidates = (*kdf.passphrases(password), *kdf.old_passphrases(password))
        if mac is not None:
            content = self.content.view()
            for candidate in candidates:
                if mac.matches(content, candidate):
                    return mac, candidate
            raise IntegrityError("wrong password, or the store was changed since it was written", hint=WRONG_HINT)
        malformed = ""
        for safe in encrypted:
            for candidate in candidates:
                opened = safe.opened(candidate, self._max_bags)
                if opened.bags is not None:
                    return None, candidate
                if opened.problem and safebags.MALFORMED in opened.problem:
                    malformed = f", or {opened.problem}"  # without a MAC nobody can tell which
        if encrypted:
            raise IntegrityError(f"the password does not open the store{malformed}", hint=WRONG_HINT)
        return None, candidates[0]

    @property
    def _max_bags(self) -> int:
        """How many bags are accepted: more than usual if the file is large enough to hold that many certificates."""
        return max(safebags.MAX_BAGS, len(self.content.data) // safebags.OCTETS_A_BAG)

    def opened(self, passphrase: Passphrase | None) -> tuple[Safe, ...]:
        """The safes with their bags, those that open; without a passphrase, the plain ones.

        Raises FormatError when a plain safe is malformed.
        """
        safes = []
        left = self._max_bags
        for safe in self.safes:
            safes.append(safe.opened(passphrase, left))
            left -= len(safes[-1].bags or ())
        return tuple(safes)


def encode(safes: Iterable[bytes], mac: macs.AnyMac | None, passphrase: Passphrase | None) -> bytes:
    """A file of encoded safes, with a MAC made anew where there is one to make."""
    content = asn1.sequence(*safes)
    proof = b""
    if mac is not None and passphrase is not None:
        proof = mac.renewed().encoded(content, passphrase)
    return asn1.sequence(asn1.integer(_VERSION), *safebags.data_content(content), proof)


@noun(eq=False)
class Layout(Note):
    """What saving needs to know of the file a store was read from: `TrustStore.facts` of PKCS#12.

    Attributes:
        data: the file.
        safes: its parts, opened where they could be.
        mac: its MAC, or None.
        entries, loose: what was read, to see what has changed.
        unopened: whether it needs a password and was read without one.
        rekeyed: whether its parts are to move to another password.
    """

    data: bytes
    safes: tuple[Safe, ...]
    mac: macs.AnyMac | None
    entries: tuple[Entry, ...] = ()
    loose: tuple[LooseCertificate, ...] = ()
    unopened: bool = False
    rekeyed: bool = False

    @property
    def is_passwordless(self) -> bool:
        """Whether nothing in it depends on a password, as in the cacerts file of recent JDKs."""
        return self.mac is None and not any(safe.locked for safe in self.safes)

    def bags(self) -> Iterable[Bag]:
        """All bags of the opened safes."""
        return (bag for safe in self.safes for bag in safe.bags or ())

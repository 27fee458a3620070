"""What a Java release makes of a PKCS#12 file: sun.security.pkcs12.PKCS12KeyStore, step by step.

The order of the steps decides which complaint is heard: each part of the file in turn, decrypted and searched for
certificates at once, then the MAC, and keys are matched with their certificates last.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from truststore_tool import asn1, oids
from truststore_tool.asn1 import Element
from truststore_tool.errors import FormatError
from truststore_tool.formats.pkcs12.safebags import bmp_text
from truststore_tool.model import Certificate, fold_alias
from truststore_tool.nouns import field, noun
from truststore_tool.readers.base import Work
from truststore_tool.readers.java import pbe
from truststore_tool.readers.java.loading import Contents, Parser, RefusedError, check_lengths, parsed
from truststore_tool.readers.java.releases import Release

# PKCS12KeyStore gives this localKeyId to the first key of a file, and to a certificate that opens its safe.
_ASSUMED_KEY_ID: Final = b"01"
_NOT_MARKED: Final = f"it lacks the trustedKeyUsage attribute ({oids.TRUSTED_KEY_USAGE})"
_NOT_SUPPORTED: Final = "public key protected PKCS12 not supported"


def load(data: bytes, password: str | None, release: Release, why_refused: Parser, work: Work) -> Contents:
    """What KeyStore.load reads. Raises RefusedError where it throws, UnknownError where that is not known."""
    if len(data) > 2 and 0x81 <= data[1] <= 0x84 and not data[2]:
        raise RefusedError("java.io.IOException", "DerInputStream.getLength(): Redundant length bytes found")
    outer = asn1.read(data)
    if outer.tag not in (asn1.SEQUENCE, asn1.SET):
        raise RefusedError("java.io.IOException")
    fields = outer.items()
    if _integer(_next(fields)) != 3:
        raise RefusedError("java.io.IOException", "PKCS12 keystore not in version 3 format")
    kind, wrapped = _content_info(_next(fields))
    if kind != oids.DATA:
        raise RefusedError("java.io.IOException", _NOT_SUPPORTED)
    content = pbe.octets(wrapped)
    safes = _elements(asn1.read(content), asn1.SEQUENCE)
    bags = _Bags(release, why_refused)
    for safe in safes:
        kind, wrapped = _content_info(safe)
        if kind == oids.DATA:
            bags.take(pbe.octets(wrapped))
        elif kind != oids.ENCRYPTED_DATA:
            raise RefusedError("java.io.IOException", _NOT_SUPPORTED)
        elif password is None:
            bags.contents.locked = True  # passed over in silence: load(stream, null) does not fail without a password
        else:
            _take_encrypted(bags, wrapped, password, release, work)
    mac = None if password is None else next(fields, None)
    if mac is not None and password is not None:
        pbe.check_mac(mac, content, password, release, work)
    check_lengths(data, release)
    check_lengths(content, release)
    return bags.finish()


def _take_encrypted(bags: "_Bags", wrapped: Element, password: str, release: Release, work: Work) -> None:
    """Decrypt EncryptedData (RFC 5652, section 8) and search it; whatever goes wrong is called a wrong password."""
    version, info = _elements(wrapped, asn1.SEQUENCE)[:2]
    _integer(version)
    parts = _elements(info, asn1.SEQUENCE)
    if len(parts) != 3 or parts[2].tag & ~asn1.CONSTRUCTED != asn1.context(0, constructed=False):
        raise RefusedError("java.io.IOException")
    scheme = pbe.parse(parts[1], release)
    data, reason = parts[2].octets(), ""
    try:
        candidates = pbe.passphrases(password, release)
    except RefusedError as exc:
        raise pbe.wrong_password(exc.error) from exc
    for passphrase in candidates:
        try:
            return bags.take(pbe.decrypt(scheme, data, passphrase, work))
        except RefusedError as exc:
            reason = exc.error
        except FormatError:
            reason = "java.io.IOException"
    raise pbe.wrong_password(reason)


@noun(frozen=False)
class _Held:
    """A certificate that is not marked as trusted, or a key: what matching the two needs."""

    key_id: bytes | None
    alias: str | None
    certificate: Certificate | None = None


@noun(frozen=False)
class _Bags:
    """The state of PKCS12KeyStore while it walks over the bags (loadSafeContents)."""

    release: Release
    why_refused: Parser
    contents: Contents = field(default_factory=Contents)
    entries: dict[str, _Held] = field(default_factory=dict)
    keys: list[_Held] = field(default_factory=list)
    unmarked: list[_Held] = field(default_factory=list)
    private_keys: int = 0
    unnamed: int = 0

    def take(self, safe: bytes) -> None:
        """The bags of a safe, decrypted."""
        for index, bag in enumerate(_elements(asn1.read(safe), asn1.SEQUENCE)):
            self._take_bag(bag, first=index == 0)
        check_lengths(safe, self.release)

    def _take_bag(self, bag: Element, *, first: bool) -> None:
        if bag.tag not in (asn1.SEQUENCE, asn1.SET):
            raise RefusedError("java.io.IOException")
        fields = bag.items()
        kind = pbe.oid(_next(fields))
        value = _tagged(_next(fields))
        certificate = None
        if kind == oids.SHROUDED_KEY_BAG:
            self.private_keys += 1
        elif kind == oids.CERT_BAG:
            certificate = self._certificate(value)
        elif kind == oids.SECRET_BAG:
            pbe.octets(_pair(value))
        alias, key_id, trusted = _attributes(fields)
        if kind == oids.SHROUDED_KEY_BAG:
            self._put_key(alias, key_id)
        elif kind == oids.SECRET_BAG:
            self._put(self._named(alias), _Held(key_id, alias))
        elif certificate is not None:
            if key_id is None and self.private_keys == 1 and first:
                key_id = _ASSUMED_KEY_ID
            if trusted:
                self._put(self._named(alias), _Held(key_id, alias, certificate))
            else:
                self.unmarked.append(_Held(key_id, alias, certificate))

    def _certificate(self, bag: Element) -> Certificate:
        """The certificate in a CertBag, whose certId is not looked at. RefusedError where Java's parser refuses it."""
        return parsed(pbe.octets(_pair(bag)), self.release, self.why_refused)

    def _named(self, alias: str | None) -> str:
        if alias is not None:
            return alias
        self.unnamed += 1
        return str(self.unnamed)

    def _put_key(self, alias: str | None, key_id: bytes | None) -> None:
        if key_id is None:
            if self.private_keys != 1:
                return  # not seen at all
            key_id = _ASSUMED_KEY_ID
        key = _Held(key_id, self._named(alias))
        self.keys.append(key)
        self._put(key.alias or "", key)

    def _put(self, alias: str, held: _Held) -> None:
        """A later entry takes the place of an earlier one of the same folded alias."""
        folded = fold_alias(alias)
        shadowed = self.entries.get(folded)
        if shadowed is not None and shadowed.certificate is not None:
            reason = f"a later entry bears its alias {folded!r}"
            self.contents.leave_out(shadowed.certificate, reason, "alias-collision")
        self.entries[folded] = held

    def finish(self) -> Contents:
        """The trusted entries in Java's order, and of each key the certificate that is its own."""
        leaves = {id(key): self._leaf(key) for key in self.keys}
        for held in self.entries.values():
            leaf = leaves.get(id(held))
            if held.certificate is not None:
                self.contents.anchors.append(held.certificate)
            elif leaf is not None:
                self.contents.leaves.append(leaf)
        for held in self.unmarked:
            if held.certificate is not None:
                self.contents.leave_out(held.certificate, _NOT_MARKED, "not-trusted-entry")
        return self.contents

    def _leaf(self, key: _Held) -> Certificate | None:
        """As findMatchedCertificate: the first match of both, else the last one of the key id, else of the alias."""
        by_key_id = by_alias = None
        for held in self.unmarked:
            same_alias = held.alias is not None and key.alias is not None and _same(held.alias, key.alias)
            if held.key_id == key.key_id:
                by_key_id = held
                if same_alias:
                    return held.certificate
            elif same_alias:
                by_alias = held
        found = by_key_id or by_alias
        return found.certificate if found else None


def _same(one: str, other: str) -> bool:
    """As String.equalsIgnoreCase."""
    return one.upper() == other.upper() or one.lower() == other.lower()


class _Attributes(NamedTuple):
    """What the attributes of a bag say: friendlyName, localKeyId, and whether there is a trustedKeyUsage."""

    alias: str | None = None
    key_id: bytes | None = None
    trusted: bool = False


def _attributes(fields: Iterator[Element]) -> _Attributes:
    """The attributes of a bag, the last of a kind. What is there and is no SET counts as none (loadSafeContents)."""
    found = _Attributes()
    try:
        attributes = next(fields, None)
        items = [] if attributes is None or attributes.tag != asn1.SET else _inside(attributes)
    except FormatError:
        return found
    for item in items:
        parts = _elements(item, asn1.SEQUENCE)
        if len(parts) != 2:
            raise RefusedError("java.io.IOException", "Invalid length for Attribute")
        values = _elements(parts[1], asn1.SET)
        kind = pbe.oid(parts[0])
        if not values and kind in (oids.FRIENDLY_NAME, oids.LOCAL_KEY_ID):
            raise RefusedError("java.lang.ArrayIndexOutOfBoundsException")
        if kind == oids.FRIENDLY_NAME:
            alias = bmp_text(values[0].expect(asn1.BMP_STRING).value)
            found = found._replace(alias=alias)
        elif kind == oids.LOCAL_KEY_ID:
            found = found._replace(key_id=pbe.octets(values[0]))
        elif kind == oids.TRUSTED_KEY_USAGE:
            for usage in values:
                pbe.oid(usage)
            found = found._replace(trusted=True)
    return found


def _content_info(element: Element) -> tuple[str, Element]:
    """OID and content of a ContentInfo."""
    parts = _elements(element, asn1.SEQUENCE)
    if not 1 <= len(parts) <= 2:
        raise RefusedError("sun.security.pkcs.ParsingException", "Invalid length for ContentInfo")
    if len(parts) == 1:
        raise RefusedError("java.lang.NullPointerException")
    inner = _inside(parts[1])
    if len(inner) != 1:
        raise RefusedError("java.io.IOException", "ContentInfo encoding error")
    return pbe.oid(parts[0]), inner[0]


def _pair(element: Element) -> Element:
    """What is tagged [0] behind the OID of a CertBag or SecretBag."""
    parts = _elements(element, asn1.SEQUENCE)
    if len(parts) != 2:
        raise RefusedError("java.io.IOException")
    pbe.oid(parts[0])
    return _tagged(parts[1])


def _tagged(element: Element) -> Element:
    """The first element inside [0], whether or not it is marked as constructed."""
    if element.tag & ~asn1.CONSTRUCTED != asn1.context(0, constructed=False):
        raise RefusedError("java.io.IOException")
    return element.inner()


def _integer(element: Element) -> int:
    return element.integer()


def _next(fields: Iterator[Element]) -> Element:
    found = next(fields, None)
    if found is None:
        raise RefusedError("java.io.IOException")
    return found


def _elements(element: Element, tag: int) -> list[Element]:
    """The elements of a SEQUENCE or SET. Java reads no tag numbers above 30."""
    return _inside(element.expect(tag))


def _inside(element: Element) -> list[Element]:
    """What is inside an element, whether or not it is marked as constructed."""
    items = element.inside()
    for item in items:
        if item.tag > 0xFF:
            raise RefusedError("java.io.IOException")
    return items

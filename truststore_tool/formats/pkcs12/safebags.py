"""SafeBags and safes, the two layers inside a PKCS#12 file (RFC 7292, sections 4.1 and 4.2).

A bag keeps the bytes it was read from, and a safe too: what is not changed is written back as it was.
"""

from collections.abc import Iterator
from typing import Final, Self

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError, TrustStoreError
from truststore_tool.formats.crypto import pbe
from truststore_tool.formats.crypto.kdf import Passphrase, UnknownAlgorithmError
from truststore_tool.formats.java_block import certificate_der
from truststore_tool.model import Note
from truststore_tool.nouns import field, noun, replace

# The value that Java gives to its attribute of trusted certificates.
_ANY_USAGE: Final = asn1.oid(oids.ANY_EXTENDED_KEY_USAGE)

MALFORMED: Final = "what the password makes of it is malformed"
# Far beyond any real store: a bag costs some hundred bytes of memory, however few it has in the file.
MAX_BAGS: Final = 100_000
# What the bag of a small certificate takes in the file.
OCTETS_A_BAG: Final = 512


@noun(eq=False)
class Bag(Note):
    """A SafeBag. Two bags are never equal: each stands for its own place in a file.

    Attributes:
        data, start: the SafeBag is what begins there.
        oid: the kind of bag.
        name: friendlyName, or None.
        key_id: localKeyId, or None.
        trusted: whether it has the attribute that makes a certificate trusted to Java.
    """

    data: bytes = field(repr=False)
    start: int
    oid: str
    name: str | None
    key_id: bytes | None
    trusted: bool

    @classmethod
    def parse(cls, element: asn1.Element) -> Self:
        """Read a SafeBag. Raises FormatError when it is malformed."""
        oid, wrapper, attributes = _parts(element)
        name = key_id = None
        trusted = False
        for attribute_oid, values in _attributes(attributes):
            if attribute_oid == oids.TRUSTED_KEY_USAGE:
                trusted = True
            elif attribute_oid == oids.FRIENDLY_NAME and values.content < values.stop:
                name = _text(values.inner())
            elif attribute_oid == oids.LOCAL_KEY_ID and values.content < values.stop:
                key_id = values.inner().octets()
        tagged(wrapper)  # `value`, which must not fail later
        return cls(element.data, element.start, oid.oid(), name, key_id, trusted)

    @classmethod
    def build(
        cls, plain: bytes, attributes: asn1.Element | None, name: str | None, key_id: bytes | None, trusted: bool
    ) -> Self:
        """A new bag: `plain` as in `OpaqueEntry.payload`, with the given attributes.

        Those of `attributes` that this class does not know are kept.
        """
        kept = [] if attributes is None else [item.raw for item in attributes.items() if not _is_known(item)]
        if name is not None:
            kept.append(_attribute(oids.FRIENDLY_NAME, asn1.bmp_string(name)))
        if key_id is not None:
            kept.append(_attribute(oids.LOCAL_KEY_ID, asn1.octet_string(key_id)))
        if trusted:
            kept.append(_attribute(oids.TRUSTED_KEY_USAGE, _ANY_USAGE))
        outer = structure(asn1.read_exactly(plain))
        # Not in the order of DER: Java writes the name first, and files made here are as Java would make them.
        return cls.parse(asn1.read(asn1.sequence(outer.value, asn1.tlv(asn1.SET, *kept) if kept else b"")))

    @property
    def element(self) -> asn1.Element:
        """The SafeBag as it stands in the file. It is read anew each time, as it would take most of a bag's memory."""
        return asn1.read(self.data, self.start)

    @property
    def value(self) -> asn1.Element:
        """The element that the bag holds."""
        return _parts(self.element)[1].inner()

    @property
    def attributes(self) -> asn1.Element | None:
        """The SET of attributes, or None."""
        return _parts(self.element)[2]

    @property
    def plain(self) -> bytes:
        """DER of the bag without its attributes: what an opaque entry calls its payload."""
        oid, wrapper, _ = _parts(self.element)
        return asn1.sequence(oid.raw, wrapper.raw)

    @property
    def certificate(self) -> bytes | None:
        """DER of the certificate in a CertBag; None when there is none, or no structure that could be one.

        Java does not look at certId, which says of what kind it is, so neither does this.
        """
        if self.oid != oids.CERT_BAG:
            return None
        try:
            kind, wrapper = structure(self.value).fields(2, 2)
            kind.expect(asn1.OBJECT_IDENTIFIER)
            octets = tagged(wrapper)
            octets.expect(asn1.OCTET_STRING | (octets.tag & asn1.CONSTRUCTED))
            return asn1.read(certificate_der(octets.octets())).expect(asn1.SEQUENCE).raw
        except FormatError:
            return None

    def changed(self, *, name: str | None, key_id: bytes | None, trusted: bool, plain: bytes | None = None) -> Self:
        """This bag where it has these attributes and content already, else a new one that has them."""
        same = (name, key_id, trusted) == (self.name, self.key_id, self.trusted) and plain in (None, self.plain)
        return self if same else self.build(plain or self.plain, self.attributes, name, key_id, trusted)


def certificate_bag(der: bytes, *, name: str | None, key_id: bytes | None = None, trusted: bool = False) -> Bag:
    """A new CertBag."""
    value = asn1.sequence(asn1.oid(oids.X509_CERTIFICATE), asn1.explicit(0, asn1.octet_string(der)))
    return Bag.build(plain_bag(oids.CERT_BAG, value), None, name, key_id, trusted)


def plain_bag(oid: str, value: bytes) -> bytes:
    """DER of a SafeBag without attributes around the encoded `value`."""
    return asn1.sequence(asn1.oid(oid), asn1.explicit(0, value))


def structure(element: asn1.Element) -> asn1.Element:
    """The element, if it is a SEQUENCE; or a SET, which does not matter to Java (DerValue.toDerInputStream)."""
    return element if element.tag == asn1.SET else element.expect(asn1.SEQUENCE)


def tagged(element: asn1.Element) -> asn1.Element:
    """What is inside [0]. Java does not mind when that is not marked as constructed (DerValue.isContextSpecific)."""
    if element.tag != asn1.context(0, constructed=False):
        element.expect(asn1.context(0))
    return element.inner()


def content_info(element: asn1.Element) -> tuple[str, asn1.Element | None]:
    """OID and content of a ContentInfo (RFC 5652, section 3), whose tag Java does not look at; None for no content."""
    oid, *wrapper = element.expect(asn1.SEQUENCE).fields(1, 2)
    return oid.oid(), wrapper[0].inner() if wrapper else None


def _parts(bag: asn1.Element) -> tuple[asn1.Element, asn1.Element, asn1.Element | None]:
    """OID, wrapped value and attributes of a SafeBag.

    As PKCS12KeyStore.loadSafeContents: what stands in the place of attributes and is no SET, or one that cannot be
    read, counts as none, and what follows is not looked at.
    """
    fields = structure(bag).items()
    oid, wrapper = next(fields, None), next(fields, None)
    if oid is None or wrapper is None:
        raise FormatError(f"the SafeBag at byte {bag.start} has a wrong number of fields")
    try:
        attributes = next(fields, None)
        if attributes is None or attributes.tag != asn1.SET:
            return oid, wrapper, None
        starts = asn1.starts(attributes.data, attributes.content, attributes.stop)
    except FormatError:
        return oid, wrapper, None
    long_tags = any(attributes.data[start] & 0x1F == 0x1F for start in starts[:-1])  # which Java does not read
    return oid, wrapper, None if long_tags else attributes


def _attributes(attributes: asn1.Element | None) -> Iterator[tuple[str, asn1.Element]]:
    """OID and SET of values of each attribute."""
    for item in attributes.items() if attributes else ():
        oid, values = item.expect(asn1.SEQUENCE).fields(2, 2)
        yield oid.oid(), values.expect(asn1.SET)


def _attribute(oid: str, value: bytes) -> bytes:
    return asn1.sequence(asn1.oid(oid), asn1.set_of(value))


def _is_known(attribute: asn1.Element) -> bool:
    return attribute.inner().oid() in (oids.FRIENDLY_NAME, oids.LOCAL_KEY_ID, oids.TRUSTED_KEY_USAGE)


def _text(element: asn1.Element) -> str:
    """A friendlyName: a BMPString, or UTF-8, which some programs write instead."""
    if element.tag == asn1.BMP_STRING:
        return bmp_text(element.value)
    return element.value.decode("utf-8", "replace")


def bmp_text(octets: bytes) -> str:
    """UTF-16 as Java decodes it: half a character and the one behind it are replaced together (UnicodeDecoder)."""
    try:
        return octets.decode("utf-16-be")
    except UnicodeDecodeError:
        pass
    found, at = "", 0
    while at < len(octets):
        size = 4 if octets[at] & 0xFC == 0xD8 else 2
        try:
            found += octets[at : at + size].decode("utf-16-be")
        except UnicodeDecodeError:
            found += "\ufffd"
        at += size
    return found


@noun(eq=False)
class Safe:
    """One ContentInfo of the authenticated safe.

    Attributes:
        element: the ContentInfo as it stands in the file.
        content: the OCTET STRING with the bags, plain or encrypted; None for a kind that is not known.
        scheme: how it is encrypted, or None for plain Data (or an unknown kind).
        problem: why it cannot be opened, where it cannot.
        bags: what it holds, once opened; None before, and where it cannot be opened.
    """

    element: asn1.Element
    content: asn1.Element | None = None
    scheme: pbe.Scheme | None = None
    problem: str | None = None
    bags: tuple[Bag, ...] | None = None

    @classmethod
    def parse(cls, element: asn1.Element) -> Self:
        """Read a ContentInfo (RFC 5652, section 3) without opening it. Raises FormatError when it is malformed."""
        kind, content = content_info(element)
        if kind not in (oids.DATA, oids.ENCRYPTED_DATA) or content is None:
            return cls(element, problem=f"content type {kind} is not known")
        if kind == oids.DATA:
            return cls(element, content)
        _version, info = structure(content).first(2, 2)
        _type, algorithm, encrypted = info.expect(asn1.SEQUENCE).fields(3, 3)
        try:
            return cls(element, encrypted, pbe.parse(algorithm))
        except UnknownAlgorithmError as exc:
            return cls(element, problem=exc.message)

    @property
    def locked(self) -> bool:
        """Whether it needs a password, or could not be opened."""
        return self.scheme is not None or self.problem is not None

    def opened(self, passphrase: Passphrase | None, limit: int = MAX_BAGS) -> Self:
        """With its bags, or with the problem that a wrong password is.

        Without a passphrase only a plain safe is opened. Raises FormatError when a plain safe is malformed or
        holds more than `limit` bags.
        """
        if self.content is None or (self.scheme and passphrase is None):
            return self
        if self.scheme is None or passphrase is None:
            return replace(self, bags=tuple(_bags(self.content.unwrapped(), limit)))
        try:
            plain = self.scheme.decrypt(self.content.view(), passphrase)
        except UnknownAlgorithmError as exc:
            return replace(self, problem=exc.message)
        except TrustStoreError:
            return replace(self, problem="the password does not decrypt it")
        try:
            return replace(self, bags=tuple(_bags(asn1.read(plain), limit)))
        except FormatError as exc:
            return replace(self, problem=f"{MALFORMED}: {exc.message}")


def _bags(contents: asn1.Element, limit: int) -> Iterator[Bag]:
    for number, element in enumerate(contents.expect(asn1.SEQUENCE).items()):
        if number >= limit:
            raise FormatError(f"the store holds more than {MAX_BAGS} bags")
        yield Bag.parse(element)


def encode_safe(bags: tuple[Bag, ...], scheme: pbe.Scheme | None, passphrase: Passphrase | None) -> bytes:
    """A ContentInfo with these bags, encrypted anew as `scheme` says, or plain without one."""
    contents = asn1.sequence(*(bag.element.raw for bag in bags))
    if scheme is None or passphrase is None:
        return b"".join(data_content(contents))
    fresh = scheme.renewed()
    encrypted = asn1.pieces(asn1.context(0, constructed=False), fresh.encrypt(contents, passphrase))
    del contents  # of large stores, each copy counts
    info = asn1.pieces(asn1.SEQUENCE, asn1.oid(oids.DATA), fresh.encoded(), *encrypted)
    data = asn1.pieces(asn1.SEQUENCE, asn1.integer(0), *info)
    return asn1.sequence(asn1.oid(oids.ENCRYPTED_DATA), *asn1.pieces(asn1.context(0), *data))


def data_content(contents: bytes) -> tuple[bytes, ...]:
    """A ContentInfo of type Data around `contents`, in pieces."""
    octets = asn1.pieces(asn1.OCTET_STRING, contents)
    return asn1.pieces(asn1.SEQUENCE, asn1.oid(oids.DATA), *asn1.pieces(asn1.context(0), *octets))

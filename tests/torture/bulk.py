"""Ten megabytes of what is valid or nearly so, made to cost as much time and memory as possible."""

import struct
from collections.abc import Iterator
from typing import Final

from tests.torture import seeds
from truststore_tool import asn1

SIZE: Final = 10_000_000
_TRUSTED: Final = 2
_SECRET: Final = 3


def inputs(target: str) -> Iterator[tuple[str, bytes]]:
    """Large inputs for a target, each with a label."""
    if target in ("jks", "jceks"):
        yield from _java(target)
    elif target == "pem":
        yield "short blocks", _fill(b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n")
        yield "certificates", _fill(seeds.pem_files()[0])
        yield "begin lines", _fill(b"-----BEGIN CERTIFICATE-----\n")
        yield "dashes", _fill(b"-")
        yield "line ends", _fill(b"\n")
        yield "one block", b"-----BEGIN CERTIFICATE-----\n" + _fill(b"A\n") + b"-----END CERTIFICATE-----\n"
    elif target in ("der", "pkcs7", "pkcs12", "pkcs12-bags", "bcfks", "certificate"):
        yield from _der(target)
    elif target in ("bks", "uber"):
        for data in seeds.of_format(target)[:1]:
            yield "repeated", _fill(data)
    elif target == "capath":
        one = seeds.pem_files()[0]
        yield "files", b"\0".join(b"%08x.0\0%s" % (i, one) for i in range(SIZE // len(one)))
        yield "tiny files", b"\0".join(b"%08x.0\0x" % i for i in range(SIZE // 13))
    elif target in ("java-object", "java-value"):
        yield "nested objects", b"\xac\xed\x00\x05" + _fill(b"\x73")
        yield "resets", b"\xac\xed\x00\x05" + _fill(b"\x79")
    elif target.endswith("-print"):
        yield from _der("certificate", 1_000_000)
        yield "short blocks", _fill(b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", 1_000_000)


def _fill(piece: bytes, size: int = SIZE) -> bytes:
    return piece * (size // len(piece))


def _java(name: str) -> Iterator[tuple[str, bytes]]:
    head = {"jks": b"\xfe\xed\xfe\xed", "jceks": b"\xce\xce\xce\xce"}[name] + struct.pack(">I", 2)

    def store(entry: bytes) -> bytes:
        number = SIZE // (len(entry) + 10)
        entries = b"".join(entry.replace(b"ALIAS", b"%08x" % i) for i in range(number))
        return head + struct.pack(">I", number) + entries + bytes(20)

    def entry(tag: int, body: bytes) -> bytes:
        return struct.pack(">I", tag) + b"\0\x08ALIAS" + bytes(8) + body

    tiny = b"\0\x05X.509" + struct.pack(">I", 32) + b"\x30\x1e" + bytes(30)
    yield "tiny certificates", store(entry(_TRUSTED, tiny))
    yield "certificates", store(entry(_TRUSTED, b"\0\x05X.509" + struct.pack(">I", 1000) + bytes(1000)))
    chain = struct.pack(">I", 10) + bytes(10) + struct.pack(">I", 100) + tiny * 100
    yield "chains", store(entry(1, chain))
    if name == "jceks":
        from tests.formats.test_javaobjects import SEALED_KEY

        yield "sealed keys", store(entry(_SECRET, SEALED_KEY))
        yield "least objects", store(entry(_SECRET, b"\xac\xed\x00\x05\x70"))
        # Class with a field, then an annotation of as many nulls as are allowed: one content an octet.
        dense = b"\xac\xed\x00\x05\x73\x72\0\1A" + bytes(8) + b"\x03\0\0\x78\x70" + b"\x70" * 990 + b"\x78"
        yield "dense objects", store(entry(_SECRET, dense))
        strings = b"\xac\xed\x00\x05\x73\x72\0\1A" + bytes(8) + b"\x03\0\0\x78\x70" + b"\x74\0\0" * 990 + b"\x78"
        yield "dense strings", store(entry(_SECRET, strings))


def _der(target: str, size: int = SIZE) -> Iterator[tuple[str, bytes]]:
    tiny = asn1.sequence()
    attribute = asn1.set_of(asn1.sequence(asn1.oid("2.5.4.3"), asn1.tlv(asn1.UTF8_STRING, b"x")))
    name = asn1.sequence(_fill(attribute, size))
    extension = asn1.sequence(asn1.oid("1.2.3"), asn1.octet_string(b""))
    extensions = asn1.explicit(3, asn1.sequence(_fill(extension, size)))
    good = seeds.certificates()[0].der
    fields = asn1.read(good).children()
    parts = [part.raw for part in fields[0].children()]
    names = asn1.sequence(asn1.sequence(*parts[:5], name, *parts[6:]), fields[1].raw, fields[2].raw)
    many = asn1.sequence(asn1.sequence(*parts[:-1], extensions), fields[1].raw, fields[2].raw)
    serial = asn1.sequence(
        asn1.sequence(parts[0], asn1.tlv(2, b"\x7f" * size), *parts[2:]), *(f.raw for f in fields[1:])
    )
    yield "indefinite nesting", _fill(b"\x30\x80", size)
    yield "indefinite length", b"\x30\x80" + _fill(b"\x05\x00", size) + b"\0\0"
    level = b"\x30\x80" + b"\x05\x00" * 99 + b"\0\0"
    yield "indefinite lengths", b"\x30\x80" * 40 + _fill(level, size) + b"\0\0" * 40
    yield "name of a million attributes", names
    yield "a million extensions", many
    yield "serial number of ten megabytes", serial
    yield "object identifier of ten megabytes", asn1.tlv(asn1.OBJECT_IDENTIFIER, b"\xff" * size + b"\x01")
    yield "certificates", _fill(good, size)
    small = asn1.sequence(asn1.sequence(asn1.integer(1), *5 * [tiny]), tiny, asn1.tlv(asn1.BIT_STRING))
    yield "least certificates", _fill(small, size)
    certificates = asn1.tlv(asn1.context(0), _fill(small, size))
    yield "members", _signed_data(certificates)
    yield "empty members", _signed_data(asn1.tlv(asn1.context(0), _fill(tiny, size)))
    data = asn1.oid("1.2.840.113549.1.7.1")
    certificate_bag = asn1.sequence(
        asn1.oid("1.2.840.113549.1.12.10.1.3"),
        asn1.explicit(0, asn1.sequence(asn1.oid("1.2.840.113549.1.9.22.1"), asn1.explicit(0, asn1.octet_string(good)))),
    )
    empty_bag = asn1.sequence(asn1.oid("1.2.3"), asn1.explicit(0, asn1.null()))
    for label, bags in (("bags", certificate_bag), ("empty bags", empty_bag), ("empty sequences", tiny)):
        contents = asn1.sequence(_fill(bags, size))
        if target == "pkcs12-bags":
            yield label, contents
        else:
            safe = asn1.sequence(data, asn1.explicit(0, asn1.octet_string(contents)))
            for each, safes in ((label, safe), (f"safes of {label}", _fill(safe[:0] or asn1.sequence(data), size))):
                yield each, _pfx(asn1.sequence(safes))
    yield "segments", _pfx_around(b"\x24\x80" + _fill(b"\x04\x01x", size) + b"\0\0")
    yield "segments of a known length", _pfx_around(asn1.tlv(0x24, _fill(b"\x04\x01x", size)))


def _signed_data(certificates: bytes) -> bytes:
    content = asn1.sequence(
        asn1.integer(1), asn1.set_of(), asn1.sequence(asn1.oid("1.2.840.113549.1.7.1")), certificates, asn1.set_of()
    )
    return asn1.sequence(asn1.oid("1.2.840.113549.1.7.2"), asn1.explicit(0, content))


def _pfx(authenticated_safe: bytes) -> bytes:
    return _pfx_around(asn1.octet_string(authenticated_safe))


def _pfx_around(octets: bytes) -> bytes:
    data = asn1.oid("1.2.840.113549.1.7.1")
    return asn1.sequence(asn1.integer(3), asn1.sequence(data, asn1.explicit(0, octets)))

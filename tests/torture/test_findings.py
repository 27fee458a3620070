"""Inputs that once crashed a reader, or cost it too much: kept, so that they never do again."""

import struct
import tracemalloc

import pytest

from tests import samples
from tests.formats.test_javaobjects import SEALED_KEY
from tests.work import at_most
from truststore_tool import asn1, formats
from truststore_tool.errors import FormatError
from truststore_tool.model import Certificate
from truststore_tool.names import Name

SIZE = 2_000_000
GOOD = samples.certificates(samples.own("new-root.pem"))[0].der
# Two for each octet: what the most elements that are walked take, and a fifth of what all these would.
STEPS = 2 * SIZE


def refused_cheaply(data: bytes, *names: str) -> None:
    """Every one of these readers refuses the data, with little work and without memory for what is not there."""
    for name in names:
        with pytest.raises(FormatError), at_most(STEPS):
            formats.get(name).loads(data, "changeit")
    tracemalloc.start()
    for name in names:
        with pytest.raises(FormatError):
            formats.get(name).loads(data[: SIZE // 10], "changeit")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * SIZE


BINARY = ("der", "pkcs7", "pkcs12", "bcfks")


def test_many_elements_of_indefinite_length() -> None:
    refused_cheaply(b"\x30\x80" + b"\x05\x00" * (SIZE // 2) + b"\0\0", *BINARY)


def test_indefinite_lengths_within_one_another_are_walked_once_each() -> None:
    level = b"\x30\x80" + b"\x05\x00" * 99 + b"\0\0"
    refused_cheaply(b"\x30\x80" * 40 + level * (SIZE // len(level)) + b"\0\0" * 40, *BINARY)


def test_members_of_a_certificate_set() -> None:
    members = asn1.tlv(asn1.context(0), asn1.sequence() * (SIZE // 2))
    content = asn1.sequence(asn1.integer(1), asn1.set_of(), members)
    refused_cheaply(asn1.sequence(asn1.oid("1.2.840.113549.1.7.2"), asn1.explicit(0, content)), "pkcs7")


def test_segments_of_an_octet_string() -> None:
    for octets in (
        b"\x24\x80" + b"\x04\x01x" * (SIZE // 3) + b"\0\0",
        asn1.tlv(0x24, b"\x04\x01x" * (SIZE // 3)),
    ):
        info = asn1.sequence(asn1.oid("1.2.840.113549.1.7.1"), asn1.explicit(0, octets))
        refused_cheaply(asn1.sequence(asn1.integer(3), info), "pkcs12")


def test_certificates_end_to_end_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asn1, "MAX_ELEMENTS", 300)
    assert len(formats.get("der").loads(GOOD * 300, None).entries) == 300
    with pytest.raises(FormatError, match="more than 300 certificates"):
        formats.get("der").loads(GOOD * 301, None)


@pytest.mark.parametrize(
    "serialized",
    [
        b"\x70",
        b"\x73\x72\0\1A" + bytes(8) + b"\x03\0\0\x78\x70" + b"\x70" * 990 + b"\x78",
        b"\x73\x72\0\1A" + bytes(8) + b"\x03\0\0\x78\x70" + b"\x74\0\0" * 990 + b"\x78",
    ],
    ids=["null", "nulls", "strings"],
)
def test_a_serialized_object_that_is_denser_than_a_sealed_key(serialized: bytes) -> None:
    def store(stream: bytes, number: int) -> bytes:
        entries = b"".join(struct.pack(">IH8sq", 3, 8, b"%08x" % i, 0) + stream for i in range(number))
        return b"\xce\xce\xce\xce" + struct.pack(">II", 2, number) + entries + bytes(20)

    stream = b"\xac\xed\x00\x05" + serialized
    refused_cheaply(store(stream, SIZE // (len(stream) + 22)), "jceks")
    assert len(formats.get("jceks").loads(store(SEALED_KEY, 3), None).entries) == 3


def test_a_name_of_a_million_attributes() -> None:
    attribute = asn1.set_of(asn1.sequence(asn1.oid("2.5.4.3"), asn1.tlv(asn1.UTF8_STRING, b"x")))
    for name in (attribute * (SIZE // 11), asn1.set_of() * (SIZE // 2), asn1.tlv(asn1.SET, attribute[2:] * 100_000)):
        with pytest.raises(FormatError), at_most(10_000):
            Name.parse(asn1.sequence(name))
    assert len(Name.parse(asn1.sequence(attribute * 100)).rdns) == 100


def test_a_certificate_of_a_million_extensions() -> None:
    fields = asn1.read(GOOD).children()
    parts = [part.raw for part in fields[0].children()]
    extension = asn1.sequence(asn1.oid("1.2.3"), asn1.octet_string(b""))
    many = asn1.explicit(3, asn1.sequence(extension * (SIZE // len(extension))))
    certificate = Certificate(asn1.sequence(asn1.sequence(*parts[:-1], many), fields[1].raw, fields[2].raw))
    with pytest.raises(FormatError), at_most(30_000):
        _ = certificate.extensions
    assert certificate.subject == Certificate(GOOD).subject


@pytest.mark.parametrize("version", [1, 10, 34, 127])
def test_a_certificate_of_a_version_that_is_none(version: int) -> None:
    data = GOOD.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01" + bytes((version,)), 1)
    assert data != GOOD
    with pytest.raises(FormatError, match="cannot be parsed"):
        _ = Certificate(data).x509

"""The ASN.1 reader and writer against encodings written out by hand (X.690) and malformed ones."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from truststore_tool import asn1
from truststore_tool.errors import FormatError


def element(text: str) -> asn1.Element:
    return asn1.read_exactly(bytes.fromhex(text))


@pytest.mark.parametrize(
    ("size", "header"),
    [(0, "0400"), (127, "047f"), (128, "048180"), (255, "0481ff"), (256, "04820100"), (65536, "0483010000")],
)
def test_lengths_are_written_in_their_shortest_form(size: int, header: str) -> None:
    der = asn1.octet_string(bytes(size))
    assert der == bytes.fromhex(header) + bytes(size)
    assert asn1.read_exactly(der).value == bytes(size)
    assert b"".join(asn1.pieces(asn1.OCTET_STRING, bytes(size))) == der


@pytest.mark.parametrize(
    ("value", "der"), [(0, "020100"), (127, "02017f"), (128, "02020080"), (-1, "0201ff"), (-128, "020180")]
)
def test_integers(value: int, der: str) -> None:
    assert element(der).integer() == value
    assert asn1.integer(value).hex() == der


@pytest.mark.parametrize(
    ("dotted", "der"),
    [("1.2.840.113549.1.7.1", "06092a864886f70d010701"), ("2.5.29.37.0", "0604551d2500"), ("2.999.3", "0603883703")],
)
def test_object_identifiers(dotted: str, der: str) -> None:
    assert element(der).oid() == dotted
    assert asn1.oid(dotted).hex() == der


def test_indefinite_lengths_end_at_their_own_end_of_contents() -> None:
    outer = element("3080 3080 020101 0000 020102 0000")
    inner, number = outer.children()
    assert inner.children()[0].integer() == 1
    assert number.integer() == 2
    assert inner.raw == bytes.fromhex("30800201010000")


def test_a_constructed_octet_string_is_joined_and_read_into() -> None:
    string = element("2480 0403020101 2404 0402 0500 0000")
    assert string.octets() == bytes.fromhex("0201010500")
    assert string.unwrapped().integer() == 1


@pytest.mark.parametrize(
    ("der", "octets"),
    [("030100", ""), ("030207ff", "80"), ("03030401ff", "01f0"), ("8103000102", "0102")],
)
def test_the_unused_bits_of_a_bit_string_are_zeros(der: str, octets: str) -> None:
    assert element(der).bits().hex() == octets


@pytest.mark.parametrize("der", ["0300", "030101", "03020880"])
def test_a_wrong_number_of_unused_bits_is_refused(der: str) -> None:
    with pytest.raises(FormatError, match="BIT STRING"):
        element(der).bits()


def test_bits_are_counted_from_the_left() -> None:
    # RFC 5280, 4.2.1.3: keyCertSign (5) and cRLSign (6) are 06, an unused bit; decipherOnly (8) a second octet.
    assert [number for number in range(16) if element("03020106").bit(number)] == [5, 6]
    assert [number for number in range(24) if element("0303070080").bit(number)] == [8]
    assert not element("030100").bit(0)


def test_a_primitive_octet_string_is_read_into_where_it_stands() -> None:
    outer = element("0403 020107")
    inner = outer.unwrapped()
    assert inner.integer() == 7
    assert inner.data is outer.data


def test_fields_counts_and_stops_counting() -> None:
    three = element("3006 0500 0500 0500")
    assert len(three.fields(2, 3)) == 3
    for least, most in ((4, 5), (0, 2)):
        with pytest.raises(FormatError, match="wrong number of fields"):
            three.fields(least, most)
    # The fourth field is broken, but two were already too many.
    with pytest.raises(FormatError, match="wrong number of fields"):
        element("3007 0500 0500 0500 ff").fields(1, 1)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "30",
        "3005 0500",
        "30ff",
        "3089 010000000000000000",
        "3084 7fffffff",
        "0480 0000",
        "3080 0500",
        "3080 0500 00",
        "1f",
        "1f8181818181818101 00",
    ],
)
def test_what_does_not_fit_is_refused(data: str) -> None:
    with pytest.raises(FormatError):
        asn1.read(bytes.fromhex(data))


def test_nesting_is_bounded() -> None:
    with pytest.raises(FormatError, match="nested"):
        asn1.read(b"\x30\x80" * 100_000)
    deep = b""
    for _ in range(200):
        deep = asn1.tlv(0x24, deep)
    with pytest.raises(FormatError, match="nested"):
        asn1.read(deep).octets()


@pytest.mark.parametrize(
    ("tag", "text", "moment"),
    [
        (asn1.UTC_TIME, "491231235959Z", datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (asn1.UTC_TIME, "500102030405Z", datetime(1950, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (asn1.GENERALIZED_TIME, "20500102030405Z", datetime(2050, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (asn1.UTC_TIME, "5001010000Z", datetime(1950, 1, 1, tzinfo=UTC)),
        (asn1.UTC_TIME, "200101120000+0130", datetime(2020, 1, 1, 10, 30, tzinfo=UTC)),
        (asn1.GENERALIZED_TIME, "20500101000000.5Z", datetime(2050, 1, 1, 0, 0, 0, 500000, tzinfo=UTC)),
    ],
)
def test_times(tag: int, text: str, moment: datetime) -> None:
    assert asn1.decode_time(tag, text.encode()) == moment


@pytest.mark.parametrize(
    "text", ["", "Z", "2", "20991301000000Z", "20991200000000Z", "20000001000000Z", "é", "99999999999999999999Z"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        asn1.decode_time(asn1.GENERALIZED_TIME, text.encode())


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=64))
def test_any_bytes_give_elements_or_a_format_error(data: bytes) -> None:
    try:
        found = asn1.read(data)
        found.octets()
        found.unwrapped()
    except FormatError:
        return
    assert found.start == 0
    assert found.next <= len(data)


@settings(deadline=None, max_examples=100)
@given(st.integers(), st.lists(st.integers(0, 2**40), max_size=6), st.text(max_size=20))
def test_what_is_written_is_read(number: int, arcs: list[int], text: str) -> None:
    dotted = ".".join(map(str, [2, *(arcs or [5])]))
    items = element(
        asn1.sequence(asn1.integer(number), asn1.oid(dotted), asn1.explicit(1, asn1.bmp_string(text))).hex()
    ).children()
    assert items[0].integer() == number
    assert items[1].oid() == dotted
    assert items[2].inner().value.decode("utf-16-be", "surrogatepass") == text


# Elements with each kind of header: long and short lengths, indefinite ones, tags of several octets; and odd octets.
ELEMENTS = st.recursive(
    st.builds(
        lambda tag, size, cut: (tag + asn1.octet_string(bytes(size))[1:])[: -cut or None],
        st.sampled_from([b"\x02", b"\x30", b"\xa3", b"\x1f\x81\x02", b"\x3f\x22"]),
        st.sampled_from([0, 1, 3, 127, 128, 255, 256, 300]),
        st.sampled_from([0, 0, 0, 1]),
    ),
    lambda inner: st.builds(lambda parts: b"\x30\x80" + b"".join(parts) + b"\0\0", st.lists(inner, max_size=3)),
    max_leaves=6,
)


def outcome(read: Callable[[], object]) -> object:
    """What a reader gives, or the message of its refusal."""
    try:
        return read()
    except FormatError as exc:
        return exc.message


@settings(deadline=None, max_examples=300)
@given(st.lists(st.one_of(ELEMENTS, st.binary(max_size=4)), max_size=6), st.binary(max_size=3))
def test_elements_begin_where_they_are_read(parts: list[bytes], behind: bytes) -> None:
    content = b"".join(parts)
    stop = 2 + len(content)
    data = b"\x05\x00" + content + behind

    def one_by_one() -> list[int]:
        found = [2]
        while found[-1] < stop:
            found.append(asn1.read(data, found[-1], stop).next)
        return found

    assert outcome(lambda: asn1.starts(data, 2, stop)) == outcome(one_by_one)


@settings(deadline=None, max_examples=300)
@given(st.one_of(ELEMENTS, st.binary(max_size=12)), st.binary(max_size=3))
def test_the_common_headers_are_read_as_all_headers_are(element: bytes, behind: bytes) -> None:
    data, limit = element + behind, len(element)
    header = outcome(lambda: asn1._read_header(data, 0, limit))
    found = outcome(lambda: asn1.read(data, 0, limit))
    if isinstance(header, str):
        assert found == header
    elif isinstance(header, tuple) and header[2] is not None:
        tag, content, length = header
        assert found == asn1.Element(data, tag, 0, content, content + length, content + length)


NESTED = st.recursive(
    st.builds(lambda tag, size: (tag, b"\0" * size), st.sampled_from([2, 4, 0x80]), st.integers(0, 300)),
    lambda inner: st.tuples(st.sampled_from([0x30, 0x31, 0xA0]), st.lists(inner, max_size=3)),
    max_leaves=8,
)


def as_written(node: tuple[int, object], longer: Callable[[], int | None]) -> bytes:
    """An element, with so many octets more than its length needs; None for a length that is left open."""
    tag, content = node
    body = b"".join(as_written(part, longer) for part in content) if isinstance(content, list) else content
    assert isinstance(body, bytes)
    more = longer()
    if more is None and tag & asn1.CONSTRUCTED:
        return bytes((tag, 0x80)) + body + b"\0\0"
    if not more:
        return asn1.tlv(tag, body)
    size = len(body).to_bytes(max((len(body).bit_length() + 7) // 8, 1) + more - (len(body) < 0x80), "big")
    return bytes((tag, 0x80 | len(size))) + size + body


@settings(deadline=None, max_examples=300)
@given(NESTED, st.binary(max_size=3), st.data())
def test_whether_all_lengths_are_the_shortest(node: tuple[int, object], behind: bytes, data: st.DataObject) -> None:
    assert asn1.has_shortest_lengths(as_written(node, lambda: 0) + behind)
    chosen: list[int | None] = []

    def longer() -> int | None:
        chosen.append(data.draw(st.sampled_from([0, 0, 0, 1, 2, None])))
        return chosen[-1]

    odd = as_written(node, longer)
    if odd != as_written(node, lambda: 0):
        assert not asn1.has_shortest_lengths(odd + behind)


def test_more_elements_than_any_list_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asn1, "MAX_ELEMENTS", 3)
    assert asn1.starts(b"\x05\x00" * 3, 0, 6) == [0, 2, 4, 6]
    with pytest.raises(FormatError, match="more than 3 elements"):
        asn1.starts(b"\x05\x00" * 4, 0, 8)


@pytest.mark.parametrize("string", ["0403010203", "2480 0401 01 0402 0203 0000"])
def test_octets_are_viewed_as_they_are_read(string: str) -> None:
    outer = element(string)
    assert bytes(outer.view()) == outer.octets() == b"\1\2\3"

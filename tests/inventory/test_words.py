"""What is ruled out by one search holds nothing: with the library as without it, the same is found."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truststore_tool.inventory import encoded, needles, sieve, words

# Pieces of which the signs of texts consist, and what stands around them.
_PIECES = st.lists(
    st.sampled_from(
        [
            *(b"-----", b"BEGIN", b" CERTIFICATE-----\n", b"LS0tLS1CRUdJTi", b"BDRVJUSUZJQ0FURS0tLS0t", b"/u3+7QAAAA"),
            *(b"zs7OzgAAAA", b"H4sI", b"MIIB", b"IBAzCC", b"AAAAAgAAAB", b"YJKoZIhvcNAQcC", b"fe,ed,fe,ed,00,00,00,0"),
            *(b"\nkind: ", b"Secret", b'"', b"binaryData", b"apiVersion: v1", b": ", b"\n", b"A" * 64, b"\0"),
            *(b"\xff\xfe", b"\\n", b" "),
        ]
    )
    | st.binary(max_size=20),
    max_size=12,
).map(b"".join)
_SETTINGS = [needles._OF_AUTHORITIES, *needles._WORDS.values()]


def _told(data: bytes) -> tuple[object, ...]:
    values = list(encoded.values(data, encoded.Room()))
    return sieve.kind_of(data, len(data)), sieve.speaks_of_certificates(data), values


@given(_PIECES)
def test_nothing_is_ruled_out_that_the_searches_themselves_find(data: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        quick = _told(data)
        patch.setattr(sieve, "_perhaps_speaks", words._perhaps)
        patch.setattr(encoded, "_perhaps_signs", words._perhaps)
        patch.setattr(encoded, "_perhaps_says", words._perhaps)
        assert _told(data) == quick


@given(st.binary(max_size=40), st.data(), st.binary(max_size=40))
def test_every_name_of_a_setting_passes(before: bytes, draw: st.DataObject, behind: bytes) -> None:
    name = draw.draw(st.sampled_from(_SETTINGS).flatmap(lambda pattern: st.from_regex(pattern, fullmatch=True)))
    assert needles.may_name("x", before + b"\n" + name.upper() + b"\n" + behind)


def test_without_the_library_nothing_is_ruled_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not words.perhaps_any(b"a word")(b"another")
    monkeypatch.setitem(sys.modules, "ahocorasick_rs", None)
    assert words.perhaps_any(b"a word")(b"another")


def test_so_many_words_are_looked_for_at_the_speed_of_reading_and_no_more() -> None:
    many = [b"%d" % number for number in range(words.MOST + 1)]
    assert words.perhaps_any(*many[1:])(b"a 64 b")
    with pytest.raises(ValueError, match="64"):
        words.perhaps_any(*many)

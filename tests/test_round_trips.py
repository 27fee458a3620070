"""What is written is what is read again, in every format that is written and from each into each other."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.generated import DATED, WRITABLE, stores
from truststore_tool import formats
from truststore_tool.formats import capath
from truststore_tool.formats.base import Format
from truststore_tool.model import TrustedEntry, TrustStore

PASSWORD = "correct horse"
MANY = settings(deadline=None, max_examples=25)


def dumps(codec: Format, store: TrustStore) -> bytes:
    assert codec.dumps is not None
    return bytes(codec.dumps(store, PASSWORD))


@pytest.mark.parametrize("name", WRITABLE)
@MANY
@given(data=st.data())
def test_what_is_written_is_read(name: str, data: st.DataObject) -> None:
    codec = formats.get(name)
    store = data.draw(stores(name))
    written = dumps(codec, store)
    if store.entries or codec.has_aliases:
        assert formats.detect(written) is codec
        again = codec.loads(written, PASSWORD)
        assert again.entries == store.entries
        assert again.loose == ()
        assert dumps(codec, again) == written


@pytest.mark.parametrize("source", WRITABLE)
@pytest.mark.parametrize("target", WRITABLE)
@settings(deadline=None, max_examples=2)
@given(data=st.data())
def test_a_store_of_one_format_is_written_in_every_other(source: str, target: str, data: st.DataObject) -> None:
    read = formats.get(source).loads(
        dumps(formats.get(source), data.draw(stores(source).filter(has_entries))), PASSWORD
    )
    codec = formats.get(target)
    aliased = TrustStore(tuple(TrustedEntry(e.alias or f"a{i}", e.certificate, e.created)
                               for i, e in enumerate(read.trusted())), format=target)  # fmt: skip
    again = codec.loads(dumps(codec, aliased if codec.has_aliases else read), PASSWORD)
    assert [entry.certificate for entry in again.trusted()] == [entry.certificate for entry in read.trusted()]
    if codec.has_aliases:
        assert [entry.alias for entry in again.entries] == [entry.alias for entry in aliased.entries]
    if source in DATED and target in DATED:
        assert [entry.created for entry in again.entries] == [entry.created for entry in read.entries]


def has_entries(store: TrustStore) -> bool:
    return bool(store.entries)


@MANY
@given(store=stores("pem"))
def test_a_directory_holds_each_certificate_once(store: TrustStore) -> None:
    again = capath.loads(capath.dumps(store))
    assert {entry.certificate for entry in again.trusted()} == {entry.certificate for entry in store.trusted()}
    assert len(again.entries) == len({entry.certificate for entry in store.trusted()})
    assert capath.dumps(again) == capath.dumps(capath.loads(capath.dumps(again)))

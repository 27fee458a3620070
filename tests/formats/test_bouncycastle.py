"""BKS and UBER against stores that BouncyCastle wrote, and against what pyjks believes too easily."""

import importlib.util
import struct
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats import bouncycastle as vectors
from tests.realtools import missing
from tests.samples import amazon, certificates
from truststore_tool.errors import FormatError, IntegrityError, PasswordRequiredError, UnreadableError
from truststore_tool.formats.base import Format
from truststore_tool.formats.bouncycastle.bks import BKS, UBER
from truststore_tool.model import OpaqueEntry

REPORT = (vectors.HERE / "expected.txt").read_text()
STORES = [("bks.store", BKS), ("bks-v1.store", BKS), ("bks-empty.store", BKS), ("uber.store", UBER)]
CERTIFICATE = certificates(amazon("rds-ca-2019-root.pem"))[0]


@pytest.fixture(autouse=True)
def pyjks() -> None:
    if importlib.util.find_spec("jks") is None:
        missing("pyjks (the extra legacy, which a compiler makes)")


@pytest.mark.parametrize(("name", "codec"), STORES)
def test_reads_what_bouncycastle_reads(name: str, codec: Format) -> None:
    data = vectors.store(name)
    assert [f.name for f in (BKS, UBER) if f.detect(data)] == [codec.name]
    store = codec.loads(data, vectors.PASSWORD)
    assert vectors.seen(store.entries) == vectors.expected(REPORT, name)
    assert (store.format, store.integrity) == (codec.name, "verified")


@pytest.mark.parametrize(("name", "codec"), STORES)
def test_a_wrong_password_is_told(name: str, codec: Format) -> None:
    with pytest.raises(IntegrityError, match="password is wrong"):
        codec.loads(vectors.store(name), "changed")


@pytest.mark.parametrize("password", [None, ""])
@pytest.mark.parametrize("name", ["bks.store", "bks-v1.store", "bks-empty.store"])
def test_bks_lists_without_a_password_and_says_so(name: str, password: str | None) -> None:
    store = BKS.loads(vectors.store(name), password)
    assert vectors.seen(store.entries) == vectors.expected(REPORT, name)
    assert store.integrity == "unchecked"


def test_uber_shows_nothing_without_a_password() -> None:
    with pytest.raises(PasswordRequiredError):
        UBER.loads(vectors.store("uber.store"), None)


def test_uber_that_would_take_too_long_is_refused() -> None:
    data = vectors.store("uber.store")
    with pytest.raises(FormatError, match="larger than"):
        UBER.loads(data + b"\0" * (4 << 20), "changeit")


def test_opaque_entries_keep_their_protected_bytes() -> None:
    data = vectors.store("bks.store")
    payloads = [entry.payload for entry in BKS.loads(data, None).entries if isinstance(entry, OpaqueEntry)]
    assert [payload in data for payload in payloads] == [True, True]
    assert all(len(payload) > 40 for payload in payloads)


def test_nothing_is_written() -> None:
    assert BKS.dumps is None
    assert UBER.dumps is None


def bks(*entries: bytes, iterations: int = 1024, salt: bytes = b"s" * 20) -> bytes:
    """A version 2 store with a digest that is not true."""
    header = struct.pack(">LL", 2, len(salt)) + salt + struct.pack(">L", iterations)
    return header + b"".join(entries) + b"\0" + b"d" * 20


def trusted(alias: bytes, milliseconds: int = 0) -> bytes:
    text = struct.pack(">BH", 1, len(alias)) + alias + struct.pack(">qL", milliseconds, 0)
    return text + struct.pack(">H5sL", 5, b"X.509", len(CERTIFICATE.der)) + CERTIFICATE.der


@pytest.mark.parametrize(
    ("milliseconds", "created"),
    [(0, datetime(1970, 1, 1, tzinfo=UTC)), (-1000, datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)), (1 << 62, None)],
)
def test_dates_are_signed_and_may_be_beyond_all_years(milliseconds: int, created: datetime | None) -> None:
    assert [entry.created for entry in BKS.loads(bks(trusted(b"a", milliseconds)), None).entries] == [created]


def test_a_cut_store_is_never_listed() -> None:
    data = bks(trusted(b"a"), trusted(b"b"))
    assert len(BKS.loads(data, None).entries) == 2
    for size in range(0, len(data), 7):
        with pytest.raises(FormatError):
            BKS.loads(data[:size], None)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(bks(iterations=65_537), id="too many iterations"),
        pytest.param(bks(iterations=0), id="no iterations"),
        pytest.param(bks(iterations=0xFFFFFFFF), id="an iteration bomb"),
        pytest.param(bks(salt=b"s" * 1_000_000), id="a huge salt"),
        pytest.param(bks(salt=b""), id="no salt"),
        pytest.param(bks(b"\x01\x00\x01a" + b"\0" * 8 + b"\xff\xff\xff\xff"), id="four thousand million certificates"),
        pytest.param(bks(trusted(b"\xff\xfe")), id="an alias that is no UTF-8"),
        pytest.param(bks(trusted(b"a"), trusted(b"a")), id="an alias twice"),
        pytest.param(bks(b"\x05" + trusted(b"a")[1:]), id="an unknown type"),
        pytest.param(
            bks(b"\x02\x00\x01k" + b"\0" * 12 + b"\0\0\x05PKCS8\0\x03RSA\0\0\0\x01x"), id="a key that is none"
        ),
    ],
)
@pytest.mark.parametrize("password", [None, "changeit"])
def test_malformed_stores_are_refused(data: bytes, password: str | None) -> None:
    with pytest.raises(FormatError):
        BKS.loads(data, password)


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 100, b"\0\0\0\1", CERTIFICATE.der, bks(b"\x07"), bks()[:-1], vectors.store("bcfks.store")]
)
def test_other_content_is_not_detected(data: bytes) -> None:
    assert not BKS.detect(data)
    assert not UBER.detect(data)


def test_without_pyjks_the_way_to_get_it_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jks", None)
    with pytest.raises(UnreadableError, match="pyjks") as caught:
        BKS.loads(vectors.store("bks.store"), "changeit")
    assert "[legacy]" in str(caught.value.hint)


def test_without_twofish_only_uber_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "twofish", None)
    with pytest.raises(UnreadableError, match="Twofish"):
        UBER.loads(vectors.store("uber.store"), "changeit")
    assert BKS.loads(vectors.store("bks.store"), "changeit").entries


def test_twofish_is_found_without_leaving_a_module_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("twofish", "imp"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert len(UBER.loads(vectors.store("uber.store"), "changeit").entries) == 3
    assert "imp" not in sys.modules


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(["bks.store", "uber.store"]), st.integers(0, 4130), st.integers(0, 255), st.booleans())
def test_damage_is_always_found_with_a_password(name: str, place: int, octet: int, cut: bool) -> None:
    data = vectors.store(name)
    damaged = data[:place] if cut else data[:place] + bytes([octet]) + data[place + 1 :]
    codec = BKS if name == "bks.store" else UBER
    if damaged == data:
        return
    with pytest.raises((FormatError, IntegrityError)):
        codec.loads(damaged, "changeit")

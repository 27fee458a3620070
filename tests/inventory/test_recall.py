"""Every store is found, wherever it lies and whatever it is called, and none is invented."""

import base64
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import shake_128
from pathlib import Path

import pytest

from tests.inventory.trees import NONE, WRAPPINGS, every_format, pem, tarred, texts, zipped
from truststore_tool.inventory.assembling import Asked
from truststore_tool.inventory.bounds import Bounds
from truststore_tool.inventory.nouns import Candidates, Inventory
from truststore_tool.inventory.scan import Tour, scan
from truststore_tool.inventory.tasks import Orders

STORES = every_format()


def scanned(*paths: Path, bounds: Bounds = Bounds(), own: tuple[str, ...] = (), jobs: int = 1) -> Inventory:  # noqa: B008 -- frozen
    now = datetime.now(UTC)
    orders = Orders(bounds, Candidates(own), now)
    return scan(Tour(tuple(map(str, paths))), orders, Asked((), now), jobs=jobs)


def places(found: Inventory, below: Path) -> dict[str, str]:
    """Each place, from a folder on, to the format of what lies there."""
    return {str(place).removeprefix(f"{below}/"): store.format for store in found.stores for place in store.places}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_every_format_is_found_in_every_wrapping_under_any_name(tmp_path: Path, wrapping: str) -> None:
    names = ["a.dat", "noending", ".hidden", "x.txt", "b.jpg", "c c.bin", "\u00e9.class", "trust", "d.so"]
    expected = {}
    for name, (form, data) in zip(names, STORES.items(), strict=True):
        content, rest = WRAPPINGS[wrapping](data)
        (tmp_path / name).write_bytes(content)
        expected[f"{name}{rest.format(name=name)}"] = form
    found = scanned(tmp_path)
    assert places(found, tmp_path) == expected
    assert found.skipped == ()
    assert found.complete


@pytest.mark.parametrize("kind", texts(b"", b""))
def test_bundles_in_texts_are_found_by_their_keys(tmp_path: Path, kind: str) -> None:
    content, keys = texts(pem(), STORES["jks"])[kind]
    (tmp_path / "file").write_bytes(content)
    found = scanned(tmp_path)
    assert sorted(places(found, tmp_path)) == sorted(f"file!/{key}" for key in keys)
    assert found.skipped == ()


@pytest.mark.parametrize("encode", [base64.b64encode, base64.encodebytes, lambda data: data.decode().encode("utf-16")])
def test_files_that_are_wrapped_as_a_whole_are_found(tmp_path: Path, encode: Callable[[bytes], bytes]) -> None:
    (tmp_path / "file").write_bytes(encode(pem()))
    assert places(scanned(tmp_path), tmp_path) == {"file": "pem"}


def test_nothing_is_invented(tmp_path: Path) -> None:
    for name, data in NONE.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "all.zip").write_bytes(zipped(NONE))
    (tmp_path / "all.tar").write_bytes(tarred(NONE))
    assert scanned(tmp_path).stores == ()


def test_the_same_bytes_are_one_store_with_all_its_places(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(pem())
    (tmp_path / "b.zip").write_bytes(zipped({"c": pem()}))
    found = scanned(tmp_path)
    assert [len(store.places) for store in found.stores] == [2]
    assert found.places == 2


def test_links_are_not_followed_and_hard_links_are_places(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "outside.pem").write_bytes(pem())
    (inside / "link").symlink_to(tmp_path / "outside.pem")
    (inside / "folder").symlink_to(tmp_path)
    assert scanned(inside).stores == ()
    (inside / "one").write_bytes(pem("new-root.pem"))
    (inside / "two").hardlink_to(inside / "one")
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.add(inside / "one", "x/one")
        archive.add(inside / "two", "x/two")
    (inside / "linked.tar").write_bytes(out.getvalue())
    assert set(places(scanned(inside), inside)) == {"one", "two", "linked.tar!/x/one", "linked.tar!/x/two"}


def test_processes_find_what_one_finds(tmp_path: Path) -> None:
    for number in range(900):
        (tmp_path / f"{number}").write_bytes(pem() if number % 90 == 0 else b"text")
    one, two = scanned(tmp_path), scanned(tmp_path, jobs=2)
    assert places(one, tmp_path) == places(two, tmp_path)
    assert len(places(one, tmp_path)) == 10
    assert one.files == two.files == 900


def test_what_is_damaged_encrypted_or_of_another_kind_is_named(tmp_path: Path) -> None:
    whole = STORES["jks"]
    (tmp_path / "cut.jks").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "cut.pem").write_bytes(pem()[:-100])
    (tmp_path / "cut.tar").write_bytes(tarred({"a": whole, "b": bytes(5000)})[:-8000])
    (tmp_path / "x.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(100))
    data = bytearray(zipped({"secret": b"x"}))
    for magic in (b"PK\3\4", b"PK\1\2"):
        data[data.index(magic) + (6 if magic == b"PK\3\4" else 8)] |= 1
    (tmp_path / "locked.zip").write_bytes(data)
    found = {item.path.removeprefix(f"{tmp_path}/"): item.why for item in scanned(tmp_path).skipped}
    assert set(found) == {"cut.jks", "cut.pem", "cut.tar!/b", "x.7z", "locked.zip!/secret"}
    assert found["locked.zip!/secret"] == "is encrypted"
    assert "7z" in found["x.7z"]


def test_locked_stores_are_tried_and_listed(tmp_path: Path) -> None:
    from truststore_tool import stores
    from truststore_tool.model import Certificate, TrustStore

    store = TrustStore(format="pkcs12").add(Certificate.from_pem(pem()))
    (tmp_path / "s.p12").write_bytes(stores.encoded(store, "Horse battery", readers=()))
    (locked,) = scanned(tmp_path).stores
    assert (locked.locked, locked.format, locked.certificates) == (True, "pkcs12", ())
    (opened,) = scanned(tmp_path, own=("wrong one", "Horse battery")).stores
    assert (opened.locked, opened.integrity, len(opened.anchors)) == (False, "verified", 1)
    assert "Horse" not in repr(opened) + repr(Candidates(("Horse battery",)))


def test_a_store_over_the_bound_is_named(tmp_path: Path) -> None:
    (tmp_path / "large.pem").write_bytes(pem() + b"#" * 3_000_000)
    (tmp_path / "large.zip").write_bytes(zipped({"a": pem() + b"#" * 3_000_000}, zipfile.ZIP_STORED))
    found = scanned(tmp_path, bounds=Bounds(store=2 << 20))
    assert found.stores == ()
    assert [item.why for item in found.skipped] == ["is larger than 2 MiB"] * 2


def test_a_small_zip_with_the_records_of_a_large_one_is_read(tmp_path: Path) -> None:
    """As PyTorch writes them: Python reads it."""
    data = zipped({"a": pem()})
    end = data.index(b"PK\5\6")
    count, size, offset = 1, *struct.unpack_from("<2L", data, end + 12)
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, end, 1)
    (tmp_path / "x.zip").write_bytes(data[:end] + record + locator + data[end:])
    assert zipfile.ZipFile(tmp_path / "x.zip").read("a") == pem()
    assert set(places(scanned(tmp_path), tmp_path)) == {"x.zip!/a"}


def test_a_module_of_a_jdk_is_read(tmp_path: Path) -> None:
    """``jmods/java.base.jmod`` begins with four octets before its zip."""
    (tmp_path / "x.jmod").write_bytes(b"JM\1\0" + zipped({"lib/security/cacerts": STORES["jks"]}))
    assert places(scanned(tmp_path), tmp_path) == {"x.jmod!/lib/security/cacerts": "jks"}


def test_lzma_as_it_was_before_xz_is_read(tmp_path: Path) -> None:
    (tmp_path / "x.tar.lzma").write_bytes(lzma.compress(tarred({"a": pem()}), lzma.FORMAT_ALONE))
    assert set(places(scanned(tmp_path), tmp_path)) == {"x.tar.lzma!/a"}


def test_large_zips_in_archives_are_held_only_where_they_can_be_read_in_no_other_way(tmp_path: Path) -> None:
    """In a plain tar, or stored in a zip, one is read where it lies; packed, it is held up to the bound, or named."""
    inner = zipped({"noise": shake_128(b"").digest(3 << 20), "a": pem()})
    (tmp_path / "plain.tar").write_bytes(tarred({"x.jar": inner}))
    (tmp_path / "stored.zip").write_bytes(zipped({"x.jar": inner}, zipfile.ZIP_STORED))
    (tmp_path / "packed.tar.gz").write_bytes(gzip.compress(tarred({"x.jar": inner}), 1))
    (tmp_path / "packed.zip").write_bytes(zipped({"x.jar": inner}))
    found = scanned(tmp_path, bounds=Bounds(held=1 << 20))
    assert set(places(found, tmp_path)) == {"plain.tar!/x.jar!/a", "stored.zip!/x.jar!/a"}
    assert [(item.path.removeprefix(f"{tmp_path}/"), item.why) for item in found.skipped] == [
        ("packed.tar.gz!/x.jar", "is larger than 1 MiB"),
        ("packed.zip!/x.jar", "is larger than 1 MiB"),
    ]
    assert len(places(scanned(tmp_path), tmp_path)) == 4

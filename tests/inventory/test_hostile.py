"""Hostile archives cost at most what the bounds say, and what was not looked at is named; nothing is written."""

import bz2
import gzip
import io
import json
import lzma
import os
import resource
import struct
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import tool as tool
from tests.cli.harness import Tool
from tests.inventory.test_recall import places, scanned
from tests.inventory.trees import packaged, pem, tarred, zipped
from truststore_tool.inventory import layers
from truststore_tool.inventory.bounds import Bounds

SMALL = Bounds(store=1 << 20, nesting=4, members=1000, names=1 << 20, unpacked=64 << 20, ratio=100)


def _bomb() -> bytes:
    """128 MiB of zeros in a tar, packed to a thousandth."""
    packer = zlib.compressobj(1, wbits=31)
    info = tarfile.TarInfo("zeros")
    info.size = 128 << 20
    out = [packer.compress(info.tobuf())]
    out += [packer.compress(bytes(1 << 20)) for _ in range(128)]
    return b"".join(out) + packer.flush()


def _overlapping() -> bytes:
    """A zip whose directory names the same packed octets a thousand times, as Fifield's bomb does."""
    data = zipped({"a": bytes(1 << 20)})
    directory = data.index(b"PK\1\2")
    end = data.index(b"PK\5\6")
    entry = data[directory:end]
    fields = list(struct.unpack("<4s4H2LH", data[end : end + 22]))
    fields[3] = fields[4] = 900
    fields[5] = len(entry) * 900
    return data[:directory] + entry * 900 + struct.pack("<4s4H2LH", *fields)


def _nested(depth: int) -> bytes:
    data = pem()
    for _ in range(depth):
        data = zipped({"x": data})
    return data


def _quine() -> bytes:
    """What unpacks to itself is stood in for by what is nested deeper than anybody looks."""
    data = pem()
    for _ in range(50):
        data = gzip.compress(tarred({"x.tar.gz": data}))
    return data


def _lying_tar(size: int) -> bytes:
    info = tarfile.TarInfo("x")
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT) + pem()


def _summed(data: bytes) -> bytes:
    """A tar whose first header has the checksum of what stands there now."""
    header = data[:148] + b" " * 8 + data[156:512]
    return header[:148] + b"%06o\0 " % sum(header) + data[156:]


def _lying_zip() -> bytes:
    data = bytearray(zipped({"x": pem()}))
    at = data.index(b"PK\1\2")
    data[at + 24 : at + 28] = struct.pack("<L", 0xFFFFFFF0)
    return bytes(data)


def _many() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(3000):
            archive.writestr(f"{number}", b"")
    return out.getvalue()


def _zips_in_zips() -> bytes:
    """Sixteen zips in each of sixteen, and so on, as in 42.zip: at last a gigabyte of zeros in all."""
    data = zipped({"zeros": bytes(1 << 20)})
    for _ in range(3):
        data = zipped({f"{number}.zip": data for number in range(10)})
    return data


def _wide(count: int = 1, size: int | None = None, offset: int | None = None, member: int | None = None) -> bytes:
    """A zip with the records of large ones (APPNOTE 4.3.14), of which some numbers are others."""
    local = b"PK\3\4" + struct.pack("<5H3L2H", 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + b"x"
    extra = b"" if member is None else struct.pack("<2H3Q", 1, 24, member, member, member)
    wide = 0 if member is None else 0xFFFFFFFF
    fields = (20, 45, 0, 0, 0, 0, 0, wide, wide, 1, len(extra), 0, 0, 0, 0, wide)
    entry = b"PK\1\2" + struct.pack("<6H3L5H2L", *fields) + b"x" + extra
    said = (len(entry) if size is None else size, len(local) if offset is None else offset)
    end = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, *said)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(local) + len(entry), 1)
    last = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return local + entry + end + locator + last


def _header(name: str, kind: bytes, data: bytes = b"") -> bytes:
    """A member of a tar, with its octets."""
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, len(data)
    return info.tobuf(tarfile.USTAR_FORMAT) + data + bytes(-len(data) % 512)


def _long_links() -> bytes:
    """Links, each of which has a name of almost a mebibyte."""
    names = (b"%d" % number + b"x" * 900_000 for number in range(8))
    return gzip.compress(b"".join(_header("long", b"L", name) + _header("x", b"2") for name in names))


def _endless_sparse() -> bytes:
    """A sparse file of GNU tar, with a map that always goes on (tar manual, "GNU tar and POSIX tar")."""
    first = bytearray(_header("x", b"S"))
    first[482] = 1
    return _summed(bytes(first)) + (bytes(504) + b"\1" + bytes(7)) * 2000


def _large_dictionary() -> bytes:
    """An xz whose block wants a dictionary of 4 GiB (The .xz File Format, 5.3.1: octet 40)."""
    data = bytearray(lzma.compress(bytes(1000)))
    data[data.index(b"\x21\x01", 12) + 2] = 40
    end = 12 + data[12] * 4
    data[end : end + 4] = struct.pack("<L", zlib.crc32(data[12:end]))
    return bytes(data)


def _sized(field: bytes) -> bytes:
    """A tar whose first member says that of its size."""
    data = tarred({"x": pem()}, tarfile.GNU_FORMAT)
    return _summed(data[:124] + field + data[136:])


def _wide_end() -> bytes:
    data = bytearray(zipped({"x": pem()}))
    end = data.index(b"PK\5\6")
    data[end + 12 : end + 20] = struct.pack("<2L", 0x7FFFFFFF, 0x7FFFFFFF)
    return bytes(data)


def _packages() -> bytes:
    data = pem()
    for _ in range(20):
        data = packaged({"x.deb": data})
    return data


def _lying_package(size: bytes) -> bytes:
    """A package that says that of the size of its data."""
    data = packaged({"x": pem()})
    at = data.index(b"data.tar") + 48
    return data[:at] + size.ljust(10) + data[at + 10 :]


HOSTILE: dict[str, Callable[[], bytes]] = {
    "a bomb of gzip": _bomb,
    "a zip with members that overlap": _overlapping,
    "archives nested 20 deep": lambda: _nested(20),
    "archives nested 50 deep, packed": _quine,
    "a tar that lies about sizes": lambda: _lying_tar(1 << 60),
    "a tar with a negative size": lambda: _summed(tarred({"a": b"x"}).replace(b"00000000001\0", b"-0000000001\0", 1)),
    "a zip with 3000 members": _many,
    "a tar with 3000 members": lambda: tarred({str(number): b"" for number in range(3000)}),
    "a zip whose directory is elsewhere": _wide_end,
    "a zip cut short": lambda: zipped({"x": pem()})[:-5],
    "a gzip cut short": lambda: gzip.compress(tarred({"x": bytes(5 << 20)}))[:-20],
    "a gzip with rubbish in it": lambda: b"\x1f\x8b\x08\0" + bytes(range(256)) * 4,
    "a zip in a zip, many times": _zips_in_zips,
    "zips nested 100 deep": lambda: _nested(100),
    "a zip whose directory has 4 EiB": lambda: _wide(size=1 << 62),
    "a zip whose directory begins beyond 4 EiB": lambda: _wide(offset=1 << 62),
    "a zip with a member of 8 EiB, as far away": lambda: _wide(member=1 << 63),
    "a tar with a negative size of 95 bits": lambda: _sized(b"\xff" * 12),
    "a tar with a size of 95 bits": lambda: _sized(b"\x80" + b"\xff" * 11),
    "a tar with a size of 62 bits": lambda: _sized(b"\x80" + (1 << 61).to_bytes(11, "big")),
    "links with long names": _long_links,
    "a sparse file without end": _endless_sparse,
    "3000 gzips in a row": lambda: gzip.compress(b"", mtime=0) * 3000,
    "3000 bzip2s in a row": lambda: bz2.compress(b"") * 3000,
    "3000 xzs in a row": lambda: lzma.compress(b"") * 3000,
    "an xz with a dictionary of 4 GiB": _large_dictionary,
    "a zstd with a window of 2 GiB": lambda: b"\x28\xb5\x2f\xfd\0" + bytes([(31 - 10) << 3]) + b"\1\0\0",
    "a bomb of bzip2": lambda: bz2.compress(_header("x", b"0", bytes(80 << 20))),
    "a bomb of xz": lambda: lzma.compress(_header("x", b"0", bytes(80 << 20)), preset=0),
    "a bomb of xz in a package": lambda: packaged({"zeros": bytes(80 << 20)}),
    "packages nested 20 deep": _packages,
    "a package with 3000 members": lambda: packaged({"x": b""}, {f"_{number}": b"" for number in range(3000)}),
    "a package that is said to go on for 9 GB": lambda: _lying_package(b"9999999999"),
    "a package with a negative size": lambda: _lying_package(b"-60"),
    "a package with a header that is none": lambda: packaged({"x": pem()}).replace(b"`\n", b"\0\n"),
    "a package that is nothing but its first octets": lambda: b"!<arch>\ndebian-binary",
    "a long name": lambda: tarfile.TarInfo("x" * 5_000_000).tobuf(tarfile.GNU_FORMAT),
}


def _limit_memory(more: int) -> None:
    """So many octets beyond what is taken already."""
    if sys.platform.startswith("linux"):
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + more, resource.getrlimit(resource.RLIMIT_AS)[1]))


@pytest.fixture(autouse=True)
def _little_memory() -> Iterator[None]:
    """No more than half a gigabyte beyond what is taken already."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    _limit_memory(512 << 20)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_named_and_what_stands_beside_it_is_found(tmp_path: Path, name: str) -> None:
    (tmp_path / "hostile").write_bytes(HOSTILE[name]())
    (tmp_path / "z.pem").write_bytes(pem("new-root.pem"))
    before = sorted(tmp_path.iterdir())
    found = scanned(tmp_path, bounds=SMALL)
    assert "z.pem" in places(found, tmp_path)
    assert [item.path.startswith(f"{tmp_path}/hostile") for item in found.skipped] == [True]
    assert sorted(tmp_path.iterdir()) == before


def test_a_lie_about_the_size_of_a_member_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(_lying_zip())
    assert set(places(scanned(tmp_path, bounds=SMALL), tmp_path)) == {"x.zip!/x"}


def test_keys_that_nobody_asks_for_are_not_kept(tmp_path: Path) -> None:
    """Global headers of pax hold for all that follows: here a million keys of them."""
    headers = (b"".join(b"13 %d=v\n" % key for key in range(at, at + 50_000)) for at in range(10**6, 2 * 10**6, 50_000))
    tar = b"".join(_header("x", b"g", header) for header in headers) + tarred({"x.pem": pem()})
    (tmp_path / "x.tar").write_bytes(tar)
    _limit_memory(96 << 20)
    assert set(places(scanned(tmp_path), tmp_path)) == {"x.tar!/x.pem"}


def test_words_that_stand_everywhere_are_not_all_taken_up(tmp_path: Path) -> None:
    """A text with 1.6 million times a word that certificates are looked for behind."""
    (tmp_path / "x.json").write_bytes(b"apiVersion: v1\n" + b'"Secret" ' * 1_600_000 + b"\n" + pem())
    _limit_memory(128 << 20)
    assert set(places(scanned(tmp_path), tmp_path)) == {"x.json"}


def test_a_count_that_is_a_lie_hides_nothing(tmp_path: Path) -> None:
    data = zipped({"x": pem()})
    end = data.index(b"PK\5\6")
    (tmp_path / "none.zip").write_bytes(data[: end + 8] + bytes(4) + data[end + 12 :])
    (tmp_path / "many.zip").write_bytes(data[: end + 8] + b"\xfe" * 4 + data[end + 12 :])
    assert set(places(scanned(tmp_path), tmp_path)) == {"none.zip!/x", "many.zip!/x"}


def test_names_with_anything_in_them_are_shown_harmlessly(tmp_path: Path, tool: Tool) -> None:
    names = {"a\nb\x1b[31m.pem": pem(), "../\u202ec.pem": pem("new-root.pem")}
    (tmp_path / "x.zip").write_bytes(zipped(names))
    (tmp_path / "y.tar").write_bytes(tarred(names))
    (tmp_path / "z.zip").write_bytes(zipped({"AB.pem": pem()}).replace(b"AB.pem", b"A\0.pem"))
    assert set(places(scanned(tmp_path), tmp_path)) == {
        *(f"{x}!/{name}" for x in ("x.zip", "y.tar") for name in names),
        "z.zip!/A\0.pem",
    }
    out = tool("scan", tmp_path).out
    assert not set("\x1b\0\u202e") & set(out)
    assert "\nb" not in out


def test_names_that_lead_out_are_names(tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(tarred({"../../../etc/x.pem": pem(), "/etc/y.pem": pem("new-root.pem")}))
    (tmp_path / "x.zip").write_bytes(zipped({"../../z.pem": pem()}))
    found = places(scanned(tmp_path), tmp_path)
    assert set(found) == {"x.tar!/../../../etc/x.pem", "x.tar!//etc/y.pem", "x.zip!/../../z.pem"}


def test_links_in_archives_lead_nowhere(tmp_path: Path) -> None:
    out = io.BytesIO()
    (tmp_path / "outside.pem").write_bytes(pem())
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, target in {"a": str(tmp_path / "outside.pem"), "b": "b", "c": "../c"}.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
            info = tarfile.TarInfo(f"hard-{name}")
            info.type, info.linkname = tarfile.LNKTYPE, target
            archive.addfile(info)
    (tmp_path / "x.tar").write_bytes(out.getvalue())
    assert set(places(scanned(tmp_path), tmp_path)) == {"outside.pem"}


def test_pipes_and_devices_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "z.pem").write_bytes(pem())
    assert set(places(scanned(tmp_path), tmp_path)) == {"z.pem"}


def test_a_layer_that_an_image_names_time_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time every store below is asked whether it is taken away; what is not put together is named."""
    monkeypatch.setattr(layers, "_MOST", 100_000)
    layer = tarred({f"{number}.pem": pem() for number in range(2000)}, tarfile.USTAR_FORMAT)
    path = tmp_path / "x.tar"
    listed = json.dumps([{"Config": "none.json", "Layers": ["a/layer.tar"] * 100_000}]).encode()
    path.write_bytes(tarred({"a/layer.tar": layer, "manifest.json": listed}))
    found = scanned(path)
    assert len(places(found, tmp_path)) == 2000
    assert "more layers than are put together" in " ".join(item.why for item in found.skipped)

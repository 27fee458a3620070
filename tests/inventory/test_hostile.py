"""Hostile archives cost at most what the bounds say, and what was not looked at is named; nothing is written."""

import gzip
import io
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

from tests.inventory.test_recall import places, scanned
from tests.inventory.trees import pem, tarred, zipped
from truststore_tool.inventory.bounds import Bounds

SMALL = Bounds(store=1 << 20, nesting=4, members=1000, unpacked=64 << 20, ratio=100)


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


def _wide_end() -> bytes:
    data = bytearray(zipped({"x": pem()}))
    end = data.index(b"PK\5\6")
    data[end + 12 : end + 20] = struct.pack("<2L", 0x7FFFFFFF, 0x7FFFFFFF)
    return bytes(data)


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
    "a long name": lambda: tarfile.TarInfo("x" * 5_000_000).tobuf(tarfile.GNU_FORMAT),
}


@pytest.fixture(autouse=True)
def _little_memory() -> Iterator[None]:
    """No more than half a gigabyte beyond what is taken already."""
    if not sys.platform.startswith("linux"):
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + (512 << 20), before[1]))
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

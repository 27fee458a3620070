"""Packages by dpkg-deb and ar: what lies in them is found, in whatever they lie, and what is not read is named."""

import gzip
import lzma
import subprocess
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest

from tests.cli.conftest import tool as tool
from tests.cli.harness import Tool
from tests.inventory.layouts import layout
from tests.inventory.test_recall import places, scanned
from tests.inventory.trees import DEBIAN_BINARY, every_format, packaged, pem, tarred, zipped
from tests.realtools import Jdk, find, run
from tests.samples import own
from truststore_tool.inventory.bounds import Bounds

COMPRESSIONS = {"gzip": ".gz", "xz": ".xz", "zstd": ".zst", "none": ""}
CONTROL = "Package: trust\nVersion: 1.0\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: trust\n"


def built(folder: Path, files: dict[str, bytes], *options: str) -> Path:
    """A package of such files that dpkg-deb made; those below DEBIAN go into control.tar."""
    root = folder / "root"
    for path, data in {"DEBIAN/control": CONTROL.encode(), **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    run(find("dpkg-deb"), "--root-owner-group", *options, "--build", root, folder / "trust.deb")
    return folder / "trust.deb"


@cache
def small() -> bytes:
    """A package with a PEM file in it."""
    return packaged({"usr/ca.pem": pem()})


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_what_lies_in_a_package_of_dpkg_is_found(tmp_path: Path, jdk: Jdk, compression: str) -> None:
    store = tmp_path / "made.jks"
    common = ("-storetype", "jks", "-storepass", "changeit", "-noprompt", "-alias", "old")
    run(jdk.keytool, "-importcert", "-keystore", store, "-file", own("old-root.pem"), *common)
    jks = store.read_bytes()
    where = tmp_path / "packages"
    where.mkdir()
    lies = {"usr/share/app/trust": jks, "etc/ssl/ca.pem": pem(), "DEBIAN/new.pem": pem("new-root.pem")}
    # What is large is not held at once: it stands before the rest.
    package = built(where, {**lies, "etc/0": bytes(3 << 20)}, f"-Z{compression}")
    ending = COMPRESSIONS[compression]
    assert run("ar", "t", package).decode().split() == ["debian-binary", f"control.tar{ending}", f"data.tar{ending}"]
    found = scanned(package)
    assert {str(place): each.content for each in found.stores for place in each.places} == {
        f"{package}!/data.tar{ending}!/usr/share/app/trust": sha256(jks).hexdigest(),
        f"{package}!/data.tar{ending}!/etc/ssl/ca.pem": sha256(pem()).hexdigest(),
        f"{package}!/control.tar{ending}!/new.pem": sha256(pem("new-root.pem")).hexdigest(),
    }
    assert (found.skipped, found.complete) == ((), True)


def test_who_reads_a_store_in_a_package_is_known_by_what_the_package_says(tmp_path: Path) -> None:
    unit = b"[Service]\nEnvironment=SSL_CERT_FILE=/opt/ca.pem\nExecStart=/opt/app\n"
    package = built(tmp_path, {"opt/ca.pem": pem(), "lib/systemd/system/app.service": unit})
    (store,) = scanned(package).stores
    assert [by.because.partition(" in ")[0] for by in store.readers] == ["SSL_CERT_FILE"]


def test_a_package_by_gnu_ar_is_one_too(tmp_path: Path) -> None:
    """It ends names with a slash, which deb(5) lets pass."""
    for name, data in {"debian-binary": DEBIAN_BINARY, "control.tar": tarred({"control": b"x"})}.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "data.tar.lzma").write_bytes(lzma.compress(tarred({"ca.pem": pem()}), lzma.FORMAT_ALONE))
    run(find("ar"), "rc", "x", "debian-binary", "control.tar", "data.tar.lzma", cwd=tmp_path)
    assert b"data.tar.lzma/ " in (tmp_path / "x").read_bytes()
    found = scanned(tmp_path / "x")
    assert (set(places(found, tmp_path)), found.skipped) == ({"x!/data.tar.lzma!/ca.pem"}, ())


AROUND: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "another package": (lambda data: packaged({"opt/a.deb": data}), "!/data.tar.xz!/opt/a.deb"),
    "a tar": (lambda data: tarred({"a.deb": data}), "!/a.deb"),
    "a zip": (lambda data: zipped({"a.deb": data}), "!/a.deb"),
    "a tar.gz": (lambda data: gzip.compress(tarred({"a": data})), "!/a"),
    "a gz": (gzip.compress, "!/file"),
    "a tar.gz in a tar.xz": (
        lambda data: lzma.compress(tarred({"b.tgz": gzip.compress(tarred({"a": data}))})),
        "!/b.tgz!/a",
    ),
}


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("compression", ["", ".xz"])
@pytest.mark.parametrize("large", [0, 3 << 20])
def test_a_package_is_found_in(tmp_path: Path, around: str, compression: str, large: int) -> None:
    """Also where it can be read only once, and is more than what is read at first."""
    compress: Callable[[bytes], bytes] = lzma.compress if compression else bytes
    data = compress(tarred({"0": b"\0" * large, "ca.pem": pem()}))
    wrap, path = AROUND[around]
    (tmp_path / "file").write_bytes(wrap(packaged({}, {f"data.tar{compression}": data})))
    found = scanned(tmp_path)
    assert set(places(found, tmp_path)) == {f"file{path}!/data.tar{compression}!/ca.pem"}
    assert found.skipped == ()


def test_a_package_in_an_image_lies_in_its_layer(tmp_path: Path) -> None:
    layer = tarred({"var/cache/a.deb": small()})
    layout(tmp_path / "image", [[layer]])
    (place,) = places(scanned(tmp_path / "image"), tmp_path)
    assert place == f"image!/sha256:{sha256(layer).hexdigest()}/var/cache/a.deb!/data.tar.xz!/usr/ca.pem"


def test_an_archive_of_object_code_stays_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "code.o").write_bytes(b"\x7fELF" + bytes(100))
    (tmp_path / "trust").write_bytes(every_format()["jks"])
    run(find("ar"), "rc", "code.a", "code.o", "trust", cwd=tmp_path)
    found = scanned(tmp_path / "code.a")
    assert (found.stores, found.skipped) == ((), ())


def test_a_part_of_a_package_is_named(tmp_path: Path) -> None:
    package = built(tmp_path, {"ca.pem": pem(), "noise": bytes(100_000)}, "-Znone")
    run(find("dpkg-split"), "-S", "40", "--split", package, tmp_path / "part")
    parts = sorted(tmp_path.glob("part*"))
    assert len(parts) > 2
    found = scanned(*parts)
    assert [item.path for item in found.skipped] == [str(part) for part in parts]
    assert {item.why for item in found.skipped} == {
        "is an archive of a kind that is not read (a part of a Debian package)"
    }


def test_wherever_a_package_is_cut_short_that_is_named(tmp_path: Path, tool: Tool) -> None:
    """Also where it ends between two members; dpkg-deb takes none of them either."""
    whole, data = small(), small().index(b"data.tar")

    def taken(path: Path) -> bool:
        return not subprocess.run(
            [find("dpkg-deb"), "--fsys-tarfile", path], capture_output=True, check=False
        ).returncode

    (tmp_path / "whole.deb").write_bytes(whole)
    assert taken(tmp_path / "whole.deb")
    cut = tmp_path / "cut.deb"
    for size in (21, 40, 68, 70, 72, 73, 132, 140, data, data + 1, data + 60, len(whole) - 1000, len(whole) - 2):
        cut.write_bytes(whole[:size])
        assert not taken(cut), size
        skipped = scanned(cut).skipped
        assert skipped, size
        assert all("is cut short" in item.why for item in skipped), size
    assert tool("scan", cut, "--need", own("old-root.pem")).code == 1


def _sized(field: bytes) -> bytes:
    at = small().index(b"data.tar.xz") + 48
    return small()[:at] + field.ljust(10) + small()[at + 10 :]


@pytest.mark.parametrize(
    "field", [b"", b"-1", b"0x10", b"1e3", b"+5", b"1_0", b"12 34", b" 12", b"\xd9\xa1", b"9999999999", b"1", b"0"]
)
def test_a_size_that_is_a_lie_is_named(tmp_path: Path, field: bytes) -> None:
    (tmp_path / "x.deb").write_bytes(_sized(field))
    (tmp_path / "z.pem").write_bytes(pem("new-root.pem"))
    found = scanned(tmp_path)
    assert {item.path.partition("!/")[0] for item in found.skipped} == {f"{tmp_path}/x.deb"}
    assert "z.pem" in places(found, tmp_path)


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("data.tar.lzma", lzma.compress(tarred({"a": pem()}), lzma.FORMAT_ALONE, preset=0), "is no tar, or one that"),
        ("data.tar.br", b"\x8b\x05\x80brotli", "is no tar, or one that"),
        ("control.tar.lz4", b"\x04\x22\x4d\x18" + bytes(99), "is no tar, or one that"),
        ("data.tar", b"", "is no tar, or one that"),
        ("_note.7z", b"7z\xbc\xaf\x27\x1c" + bytes(99), "is an archive of a kind that is not read (7z)"),
    ],
)
def test_a_member_that_is_not_understood_is_named(tmp_path: Path, name: str, data: bytes, why: str) -> None:
    """LZMA of another level than is usual begins otherwise. What stands behind it is looked at."""
    (tmp_path / "x.deb").write_bytes(packaged({"ca.pem": pem()}, {name: data}))
    found = scanned(tmp_path)
    (skipped,) = found.skipped
    assert (skipped.path, why in skipped.why) == (f"{tmp_path}/x.deb!/{name}", True)
    assert set(places(found, tmp_path)) == {"x.deb!/data.tar.xz!/ca.pem"}


def test_a_long_name_as_bsd_writes_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.deb").write_bytes(packaged({"ca.pem": pem()}, {"#1/8": b"data.tar" + tarred({"a": pem()})}))
    (skipped,) = scanned(tmp_path).skipped
    assert "long name" in skipped.why


def test_packages_count_among_the_archives_inside_each_other(tmp_path: Path) -> None:
    (tmp_path / "x.deb").write_bytes(packaged({"a.deb": packaged({"b.deb": small()})}))
    (tmp_path / "flat.deb").write_bytes(small())
    found = scanned(tmp_path, bounds=Bounds(nesting=4))
    assert set(places(found, tmp_path)) == {"flat.deb!/data.tar.xz!/usr/ca.pem"}
    assert {item.path.removeprefix(f"{tmp_path}/x.deb!/") for item in found.skipped} == {
        "data.tar.xz!/a.deb!/data.tar.xz!/b.deb"
    }
    assert len(scanned(tmp_path, bounds=Bounds(nesting=6)).stores[0].places) == 2


def test_a_cache_knows_what_lies_in_a_package(tmp_path: Path, tool: Tool) -> None:
    folder = tmp_path / "x"
    folder.mkdir()
    (folder / "x.deb").write_bytes(small())
    first = tool("scan", folder, "--cache", tmp_path / "cache", "--json").json
    again = tool("scan", folder, "--cache", tmp_path / "cache", "--json").json
    assert [store["paths"] for store in again["stores"]] == [[f"{folder}/x.deb!/data.tar.xz!/usr/ca.pem"]]
    assert first["stores"] == again["stores"]

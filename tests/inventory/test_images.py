"""Images by umoci and skopeo: a scan sees in them what umoci unpacks, whatever the layers below hold."""

import gzip
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests import realtools
from tests.inventory.layouts import layout
from tests.inventory.trees import every_format, pem, tarred, zipped
from truststore_tool.inventory import tars
from truststore_tool.inventory.assembling import Asked
from truststore_tool.inventory.bounds import Bounds
from truststore_tool.inventory.nouns import Candidates, Inventory
from truststore_tool.inventory.scan import Tour, scan
from truststore_tool.inventory.tasks import Orders


def scanned(path: Path, *, all_layers: bool = False) -> Inventory:
    now = datetime.now(UTC)
    orders = Orders(Bounds(), Candidates(), now, all_layers)
    return scan(Tour((str(path),)), orders, Asked((), now), jobs=1)


def effective(found: Inventory, image: Path) -> dict[str, set[str]]:
    """The content of each store by its path in the file system of a container."""
    seen: dict[str, set[str]] = {}
    for store in found.stores:
        for place in store.places:
            if not place.deleted:
                digest, _, path = str(place).removeprefix(f"{image}!/").partition("/")
                assert digest == place.layer
                seen.setdefault(path, set()).add(store.content)
    return seen


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an OCI layout of several layers (``layout``), and what umoci unpacks of it (``bundle/rootfs``)."""
    for tool in ("umoci", "skopeo"):
        realtools.find(tool)
    if os.geteuid():
        realtools.absent("umoci as an ordinary user, who may not unpack images")
    folder = tmp_path_factory.mktemp("image")
    stores = every_format()
    realtools.run("umoci", "init", "--layout", "layout", cwd=folder)
    realtools.run("umoci", "new", "--image", "layout:t", cwd=folder)

    def layer(change: Callable[[Path], None]) -> None:
        realtools.run("umoci", "unpack", "--image", "layout:t", "b", cwd=folder)
        change(folder / "b" / "rootfs")
        realtools.run("umoci", "repack", "--image", "layout:t", "b", cwd=folder)
        shutil.rmtree(folder / "b")

    def first(root: Path) -> None:
        for path, data in {
            "etc/ssl/replaced.pem": pem(),
            "etc/ssl/kept.jks": stores["jks"],
            "etc/ssl/deleted.p12": stores["pkcs12"],
            "etc/folder/deleted.der": stores["der"],
            "app/opaque/hidden.pem": pem(),
            "app/opaque/again.pem": pem(),
            "app/becomes-file/lost.bks": stores["bks"],
            "opt/x.war": zipped({"WEB-INF/lib/a.jar": zipped({"trust": stores["jceks"]})}),
            "opt/becomes-folder": pem(),
        }.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)

    def second(root: Path) -> None:
        (root / "etc/ssl/replaced.pem").write_bytes(pem("new-root.pem"))
        (root / "etc/ssl/deleted.p12").unlink()
        shutil.rmtree(root / "etc/folder")
        shutil.rmtree(root / "app/becomes-file")
        (root / "app/becomes-file").write_bytes(stores["pkcs7"])
        (root / "opt/becomes-folder").unlink()
        (root / "opt/becomes-folder").mkdir()
        (root / "opt/becomes-folder/inside.pem").write_bytes(pem("new-root.pem"))
        (root / "opt/one").write_bytes(stores["uber"])
        (root / "opt/two").hardlink_to(root / "opt/one")
        (root / "opt/link").symlink_to("one")

    layer(first)
    layer(second)
    (folder / "fresh").mkdir()
    (folder / "fresh" / "again.pem").write_bytes(pem("new-root.pem"))
    realtools.run("umoci", "insert", "--image", "layout:t", "--opaque", "fresh", "/app/opaque", cwd=folder)
    realtools.run("umoci", "unpack", "--image", "layout:t", "bundle", cwd=folder)
    return folder


def unpacked(folder: Path) -> dict[str, set[str]]:
    """What umoci unpacked, by the bytes that are stores, and the one in a jar in a war."""
    known = {sha256(data).hexdigest() for data in (*every_format().values(), pem("new-root.pem"))}
    root = folder / "bundle" / "rootfs"
    found = {
        str(path.relative_to(root)): {digest}
        for path in root.rglob("*")
        if path.is_file() and not path.is_symlink()
        if (digest := sha256(path.read_bytes()).hexdigest()) in known
    }
    assert (root / "opt/x.war").is_file()
    return found | {"opt/x.war!/WEB-INF/lib/a.jar!/trust": {sha256(every_format()["jceks"]).hexdigest()}}


@cache
def forms(folder: Path) -> dict[str, Path]:
    """The same image as others write it."""
    source = "oci:layout:t"
    realtools.run("skopeo", "copy", "-q", source, "oci-archive:oci.tar:t", cwd=folder)
    realtools.run("skopeo", "copy", "-q", source, "docker-archive:docker.tar:t:t", cwd=folder)
    realtools.run("skopeo", "copy", "-q", "--dest-compress-format", "zstd", source, "oci:zstd:t", cwd=folder)
    with tarfile.open(folder / "docker.tar.gz", "w:gz") as outer, tarfile.open(folder / "docker.tar") as inner:
        for member in inner:
            outer.addfile(member, inner.extractfile(member) if member.isfile() else None)
    return {
        "layout": folder / "layout",
        "oci": folder / "oci.tar",
        "docker": folder / "docker.tar",
        "docker, packed": folder / "docker.tar.gz",
        "zstd": folder / "zstd",
    }


def test_a_scan_sees_what_umoci_unpacks(image: Path) -> None:
    expected = unpacked(image)
    assert len(expected) == 8
    for name, path in forms(image).items():
        found = scanned(path)
        assert effective(found, path) == expected, name
        assert found.skipped == (), name


def test_what_layers_take_away_is_told_when_asked(image: Path) -> None:
    path = image / "layout"
    deleted = {
        str(place).partition("/sha256:")[2].partition("/")[2]
        for store in scanned(path, all_layers=True).stores
        for place in store.places
        if place.deleted
    }
    assert deleted == {
        "etc/ssl/replaced.pem",
        "etc/ssl/deleted.p12",
        "etc/folder/deleted.der",
        "app/opaque/hidden.pem",
        "app/opaque/again.pem",
        "app/becomes-file/lost.bks",
        "opt/becomes-folder",
    }


def rewritten(archive: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """A copy of a tar, or of a folder, of which the bytes of some files are others."""
    copy = archive.with_name(f"changed-{archive.name}")
    if archive.is_dir():
        shutil.copytree(archive, copy)
        for path in filter(Path.is_file, copy.rglob("*")):
            path.write_bytes(change(str(path.relative_to(copy)), path.read_bytes()))
        return copy
    with tarfile.open(archive) as inner, tarfile.open(copy, "w") as outer:
        for member in inner:
            content = inner.extractfile(member) if member.isfile() else None
            data = change(member.name, content.read()) if content else b""
            member.size = len(data)
            outer.addfile(member, io.BytesIO(data))
    return copy


def old_archive(folder: Path) -> Path:
    """The image as Docker before 25 saves it: a folder for each layer, with a layer.tar."""
    with tarfile.open(folder / "docker.tar") as inner, tarfile.open(folder / "old.tar", "w") as outer:
        (listed,) = json.loads(inner.extractfile("manifest.json").read())  # type: ignore[union-attr]
        for number, name in enumerate(listed["Layers"]):
            member = inner.getmember(name)
            content = inner.extractfile(member.linkname if member.issym() else name)
            listed["Layers"][number] = member.name = f"{number:064}/layer.tar"
            assert content is not None
            data = content.read()
            member.size, member.type = len(data), tarfile.REGTYPE
            outer.addfile(member, io.BytesIO(data))
        config = inner.getmember(listed["Config"])
        outer.addfile(config, inner.extractfile(config))
        manifest = tarfile.TarInfo("manifest.json")
        manifest.size = len(data := json.dumps([listed]).encode())
        outer.addfile(manifest, io.BytesIO(data))
    return folder / "old.tar"


def new_archive(folder: Path) -> Path:
    """The image as Docker since 25 saves it: an OCI layout with a manifest.json beside."""
    copy = folder / "new.tar"
    shutil.copy(folder / "oci.tar", copy)
    with tarfile.open(copy) as inner:

        def parsed(name: str) -> Any:
            content = inner.extractfile(name)
            assert content is not None
            return json.loads(content.read())

        def blob(digest: str) -> str:
            return f"blobs/{digest.replace(':', '/')}"

        (listed,) = parsed("index.json")["manifests"]
        manifest = parsed(blob(listed["digest"]))
        layers = [blob(layer["digest"]) for layer in manifest["layers"]]
        entry = {"Config": blob(manifest["config"]["digest"]), "Layers": layers}
    with tarfile.open(copy, "a") as outer:
        named = tarfile.TarInfo("manifest.json")
        named.size = len(data := json.dumps([entry]).encode())
        outer.addfile(named, io.BytesIO(data))
    return copy


@pytest.mark.parametrize("kind", ["layout", "oci", "docker", "old", "new"])
def test_a_layer_with_other_bytes_than_its_digest_is_named(image: Path, kind: str, tmp_path: Path) -> None:
    every = forms(image) | {"old": old_archive(image), "new": new_archive(image)}
    path = every[kind]
    assert set(effective(scanned(path), path)) == set(unpacked(image))
    changed: list[str] = []

    def other_bytes(name: str, data: bytes) -> bytes:
        """One layer, whose last member has no padding after it: the same files, other bytes."""
        plain = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        if changed or not tars.is_tar(plain[: tars.BLOCK]):
            return data
        changed.append(name)
        return gzip.compress(plain + bytes(512)) if plain != data else data + bytes(512)

    copy = rewritten(path, other_bytes)
    assert changed
    if kind in ("layout", "oci", "docker"):
        source = {"layout": "oci", "oci": "oci-archive", "docker": "docker-archive"}[kind]
        command = ["skopeo", "copy", "-q", f"{source}:{copy}", f"dir:{tmp_path / 'copied'}"]
        assert subprocess.run(command, capture_output=True, check=False).returncode, "skopeo takes it"
    found = scanned(copy)
    assert set(effective(found, copy)) == set(unpacked(image))
    (skipped,) = found.skipped
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", skipped.path.removeprefix(f"{copy}!/"))
    assert re.fullmatch(r"its bytes had sha256:[0-9a-f]{64}, and not sha256:[0-9a-f]{64}", skipped.why)


def test_each_platform_of_an_index_counts(tmp_path: Path) -> None:
    below = tarred({"etc/a.pem": pem(), "etc/b.pem": pem("new-root.pem")})
    above = tarred({"etc/.wh.a.pem": b""})
    layout(tmp_path, [[below, above], [tarred({"x.pem": pem()})]])
    assert set(effective(scanned(tmp_path), tmp_path)) == {"etc/b.pem", "x.pem"}


def test_a_layer_that_is_not_there_is_named(tmp_path: Path) -> None:
    layer = tarred({"etc/a.pem": pem()})
    layout(tmp_path, [[layer]])
    digest = sha256(layer).hexdigest()
    (tmp_path / "blobs" / "sha256" / digest).unlink()
    (skipped,) = scanned(tmp_path).skipped
    assert skipped.path == f"{tmp_path}!/sha256:{digest}"


def test_folders_that_are_no_image_are_searched_as_such(tmp_path: Path) -> None:
    layout(tmp_path, [])
    (tmp_path / "blobs" / "sha256" / "x").write_bytes(pem())
    assert [str(place) for store in scanned(tmp_path).stores for place in store.places] == [
        f"{tmp_path}!/blobs/sha256/x"
    ]


def test_a_document_with_other_bytes_than_its_digest_is_named(image: Path) -> None:
    """Where a manifest or a configuration is not what names it, it is not believed in silence."""
    layout = forms(image)["zstd"]  # as skopeo writes it, with nothing of earlier images in it
    documents = [path for path in (layout / "blobs" / "sha256").iterdir() if path.read_bytes()[:1] == b"{"]
    assert len(documents) == 2  # the manifest and the configuration
    for path in documents:
        whole = path.read_bytes()
        name = str(path.relative_to(layout))
        for damage, said in ((whole + b" ", "its bytes had sha256:"), (b"x", "no document")):
            path.write_bytes(damage)
            found = {item.path: item.why for item in scanned(layout).skipped}
            assert said in found[f"{layout}!/{name}"]
        path.write_bytes(whole)
    assert scanned(layout).skipped == ()


def test_a_layer_that_unpacks_to_something_else_is_named(tmp_path: Path) -> None:
    """The digest of a packed layer is right, and that of the configuration is of another tar."""
    layer = tarred({"etc/a.pem": pem()})
    for number, said in enumerate((layer, layer + bytes(512))):
        config = {"rootfs": {"type": "layers", "diff_ids": [f"sha256:{sha256(said).hexdigest()}"]}}
        layout(tmp_path / str(number), [[gzip.compress(layer)]], json.dumps(config).encode())
    assert scanned(tmp_path / "0").skipped == ()
    (skipped,) = scanned(tmp_path / "1").skipped
    assert sha256(layer).hexdigest() in skipped.why
    assert sha256(layer + bytes(512)).hexdigest() in skipped.why


def test_platforms_that_are_not_there_are_none_of_the_image_unless_none_is(tmp_path: Path) -> None:
    layout(tmp_path, [[tarred({"x.pem": pem()})]])
    index = json.loads((tmp_path / "index.json").read_text())
    other = {"digest": f"sha256:{'0' * 64}", "platform": {"os": "linux", "architecture": "s390x"}}
    (tmp_path / "index.json").write_text(json.dumps({**index, "manifests": [*index["manifests"], other]}))
    assert (set(effective(scanned(tmp_path), tmp_path)), scanned(tmp_path).skipped) == ({"x.pem"}, ())
    (tmp_path / "index.json").write_text(json.dumps({**index, "manifests": [other]}))
    assert [item.path for item in scanned(tmp_path).skipped] == [f"{tmp_path}!/index.json"]


def test_an_empty_layer_is_one(tmp_path: Path) -> None:
    layout(tmp_path, [[bytes(1024), tarred({"x.pem": pem()})]])
    assert scanned(tmp_path).skipped == ()

"""Images by umoci and skopeo: a scan sees in them what umoci unpacks, whatever the layers below hold."""

import json
import os
import shutil
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from tests import realtools
from tests.inventory.trees import every_format, pem, tarred, zipped
from truststore_tool.inventory.assembling import Asked
from truststore_tool.inventory.bounds import Bounds
from truststore_tool.inventory.crew import Orders
from truststore_tool.inventory.nouns import Inventory
from truststore_tool.inventory.opening import Candidates
from truststore_tool.inventory.scan import Tour, scan


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


def _layout(folder: Path, images: list[list[bytes]]) -> None:
    """An OCI layout of several images below one index, as those for several platforms are; layers are tars."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def blob(data: bytes) -> str:
        digest = sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return f"sha256:{digest}"

    manifests = []
    for number, layers in enumerate(images):
        listed = [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": blob(layer)} for layer in layers]
        manifest = {"schemaVersion": 2, "config": {"digest": blob(b'{"n":%d}' % number)}, "layers": listed}
        manifests.append({"digest": blob(json.dumps(manifest).encode())})
    inner = blob(json.dumps({"schemaVersion": 2, "manifests": manifests}).encode())
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [{"digest": inner}]}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


def test_each_platform_of_an_index_counts(tmp_path: Path) -> None:
    below = tarred({"etc/a.pem": pem(), "etc/b.pem": pem("new-root.pem")})
    above = tarred({"etc/.wh.a.pem": b""})
    _layout(tmp_path, [[below, above], [tarred({"x.pem": pem()})]])
    assert set(effective(scanned(tmp_path), tmp_path)) == {"etc/b.pem", "x.pem"}


def test_a_layer_that_is_not_there_is_named(tmp_path: Path) -> None:
    layer = tarred({"etc/a.pem": pem()})
    _layout(tmp_path, [[layer]])
    digest = sha256(layer).hexdigest()
    (tmp_path / "blobs" / "sha256" / digest).unlink()
    (skipped,) = scanned(tmp_path).skipped
    assert skipped.path == f"{tmp_path}!/sha256:{digest}"


def test_folders_that_are_no_image_are_searched_as_such(tmp_path: Path) -> None:
    _layout(tmp_path, [])
    (tmp_path / "blobs" / "sha256" / "x").write_bytes(pem())
    assert [str(place) for store in scanned(tmp_path).stores for place in store.places] == [
        f"{tmp_path}!/blobs/sha256/x"
    ]

"""What lies in registries and archives beside plain images: artifacts, attestations, layers of other kinds, links."""

import gzip
import io
import json
import tarfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest

from tests.inventory.layouts import blob
from tests.inventory.test_images import effective, scanned
from tests.inventory.trees import pem, tarred

_TAR: Final = "application/vnd.oci.image.layer.v1.tar"
_IMAGE: Final = "application/vnd.oci.image.config.v1+json"
BELOW, ABOVE = tarred({"etc/a.pem": pem()}), tarred({"etc/b.pem": pem("new-root.pem")})
WHY = "is not in the image, or is no archive"


def manifest(folder: Path, layers: Mapping[bytes, str], config: str = _IMAGE, **more: Any) -> dict[str, Any]:
    """A manifest with layers of those media types; its descriptor."""
    listed = [blob(folder, data, "") | {"mediaType": kind} for data, kind in layers.items()]
    configured = blob(folder, b"{}", "") | {"mediaType": config}
    return blob(
        folder,
        json.dumps({"schemaVersion": 2, "config": configured, "layers": listed} | more).encode(),
        "manifest.v1+json",
    )


def indexed(folder: Path, *descriptors: dict[str, Any]) -> Path:
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": descriptors}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return folder


def test_attestations_are_no_images(tmp_path: Path) -> None:
    """As docker buildx adds them: a manifest for the platform unknown/unknown, with statements instead of layers."""
    image = manifest(tmp_path, {BELOW: _TAR}) | {"platform": {"os": "linux", "architecture": "amd64"}}
    said = manifest(tmp_path, {b'{"_type": "https://in-toto.io/Statement/v0.1"}': "application/vnd.in-toto+json"})
    found = scanned(indexed(tmp_path, image, said | {"platform": {"os": "unknown", "architecture": "unknown"}}))
    assert (set(effective(found, tmp_path)), found.skipped) == ({"etc/a.pem"}, ())


def test_artifacts_are_searched_as_what_they_are(tmp_path: Path) -> None:
    """A chart of Helm, and a PEM as ORAS stores it."""
    chart = {gzip.compress(BELOW): "application/vnd.cncf.helm.chart.content.v1.tar+gzip"}
    file = {pem("expired-root.pem"): "application/x-pem-file"}
    charts = manifest(tmp_path, chart, "application/vnd.cncf.helm.config.v1+json")
    files = manifest(tmp_path, file, "application/vnd.oci.empty.v1+json", artifactType="application/x-pem-file")
    found = scanned(indexed(tmp_path, charts, files))
    assert found.skipped == ()
    assert {store.content for store in found.stores} == {
        sha256(data).hexdigest() for data in (pem(), pem("expired-root.pem"))
    }


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\xe2\xe1\xf5\xe0" * 200, "application/vnd.erofs"),
        (bytes(range(1, 256)) * 4, f"{_TAR}+gzip+encrypted"),
        (b"{}", f"{_TAR}+gzip"),
    ],
)
def test_a_layer_of_a_kind_that_is_not_read_is_named(tmp_path: Path, data: bytes, kind: str) -> None:
    found = scanned(indexed(tmp_path, manifest(tmp_path, {BELOW: _TAR, data: kind})))
    assert set(effective(found, tmp_path)) == {"etc/a.pem"}
    assert [(item.path, item.why) for item in found.skipped] == [
        (f"{tmp_path}!/sha256:{sha256(data).hexdigest()}", WHY)
    ]


@pytest.mark.parametrize("there", [True, False])
def test_foreign_layers_count_and_are_missed(tmp_path: Path, there: bool) -> None:
    """Those that are not to be pushed (image-layer.md, "Non-Distributable Layers"), and mostly are not there."""
    packed = gzip.compress(ABOVE)
    kind = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
    indexed(tmp_path, manifest(tmp_path, {BELOW: _TAR, packed: kind}))
    if not there:
        (tmp_path / "blobs" / "sha256" / sha256(packed).hexdigest()).unlink()
    found = scanned(tmp_path)
    assert set(effective(found, tmp_path)) == ({"etc/a.pem", "etc/b.pem"} if there else {"etc/a.pem"})
    assert [item.why for item in found.skipped] == ([] if there else [WHY])


def test_indexes_in_indexes_lead_to_images(tmp_path: Path) -> None:
    found = manifest(tmp_path, {BELOW: _TAR})
    for _ in range(4):
        found = blob(tmp_path, json.dumps({"schemaVersion": 2, "manifests": [found]}).encode(), "index.v1+json")
    assert set(effective(scanned(indexed(tmp_path, found)), tmp_path)) == {"etc/a.pem"}


def test_layers_without_anything_in_them_are_layers(tmp_path: Path) -> None:
    layers = {b"": _TAR, bytes(1024): _TAR, gzip.compress(bytes(1024)): f"{_TAR}+gzip", BELOW: _TAR}
    found = scanned(indexed(tmp_path, manifest(tmp_path, layers)))
    assert (set(effective(found, tmp_path)), found.skipped) == ({"etc/a.pem"}, ())


@pytest.mark.parametrize("links", ["symbolic", "hard", "symbolic, of one to the other"])
def test_layers_of_an_archive_that_are_links(tmp_path: Path, links: str) -> None:
    """A layer that an image has twice is written once, and a link to it."""
    ids = [f"sha256:{sha256(BELOW).hexdigest()}"] * 2
    config = json.dumps(
        {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": ids}}
    ).encode()
    one, two, three = (f"{letter * 64}/layer.tar" for letter in "abc")
    layers = {"symbolic": [one, two], "hard": [one, two], "symbolic, of one to the other": [two, three]}[links]
    name = f"{sha256(config).hexdigest()}.json"
    listed = json.dumps([{"Config": name, "RepoTags": ["x:t"], "Layers": layers}]).encode()
    path = tmp_path / "image.tar"
    with tarfile.open(path, "w") as archive:
        for member, data in {name: config, one: BELOW, "manifest.json": listed}.items():
            info = tarfile.TarInfo(member)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for member, target in ((two, one), (three, two)):
            info = tarfile.TarInfo(member)
            info.type = tarfile.LNKTYPE if links == "hard" else tarfile.SYMTYPE
            info.linkname = target if links == "hard" else f"../{target}"
            archive.addfile(info)
    found = scanned(path)
    assert (set(effective(found, path)), found.skipped) == ({"etc/a.pem"}, ())


def test_what_docker_export_writes_is_a_tar_and_no_image(tmp_path: Path) -> None:
    """A file system as one tar; a member with the name of a whiteout is just that."""
    path = tmp_path / "x.tar"
    path.write_bytes(tarred({".dockerenv": b"", "etc/.wh.a.pem": b"", "etc/a.pem": pem(), "manifest.json": b"[]"}))
    found = scanned(path)
    assert [str(place) for store in found.stores for place in store.places] == [f"{path}!/etc/a.pem"]
    assert found.skipped == ()

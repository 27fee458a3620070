"""Container images made of tars: OCI layouts (OCI Image Format, image-layout.md)."""

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

_OF_OCI: Final = "application/vnd.oci.image."
_REF: Final = "org.opencontainers.image.ref.name"


def blob(folder: Path, data: bytes, kind: str) -> dict[str, Any]:
    """Put a blob of a layout in place; its descriptor."""
    digest = sha256(data).hexdigest()
    place = folder / "blobs" / "sha256" / digest
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return {"mediaType": _OF_OCI + kind, "digest": f"sha256:{digest}", "size": len(data)}


def layout(folder: Path, images: Sequence[Sequence[bytes]], config: bytes | None = None) -> None:
    """A layout of several images below one index, as those for several platforms are; layers are tars.

    Args:
        config: the configuration of all of them, where it is not one that is right.
    """
    (folder / "blobs" / "sha256").mkdir(parents=True)
    manifests = []
    for number, layers in enumerate(images):
        ids = [f"sha256:{sha256(layer).hexdigest()}" for layer in layers]
        right = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": ids}}
        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{_OF_OCI}manifest.v1+json",
            "config": blob(folder, json.dumps(right).encode() if config is None else config, "config.v1+json"),
            "layers": [blob(folder, layer, "layer.v1.tar") for layer in layers],
            "annotations": {"n": str(number)},
        }
        manifests.append(blob(folder, json.dumps(manifest).encode(), "manifest.v1+json"))
    index = {"schemaVersion": 2, "mediaType": f"{_OF_OCI}index.v1+json", "manifests": manifests}
    inner = blob(folder, json.dumps(index).encode(), "index.v1+json") | {"annotations": {_REF: "t"}}
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [inner]}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')

"""With ``--need`` nothing is cleared that was not looked at to its end: exit code 1, each time with what it is."""

import bz2
import gzip
import json
import lzma
import shutil
import sys
import zipfile
from collections.abc import Callable
from hashlib import sha256, shake_128
from pathlib import Path

import pytest

from tests import realtools
from tests.cli.harness import Tool, process
from tests.inventory.trees import every_format, pem, tarred, zipped
from tests.samples import own
from truststore_tool import stores
from truststore_tool.model import Certificate, TrustStore

NEW = own("new-root.pem")
NOISE = shake_128(b"").digest(3_000_000)  # which nothing makes smaller
NEEDED = pem("new-root.pem")


def _locked() -> bytes:
    store = TrustStore(format="pkcs12").add(Certificate.from_pem(NEEDED))
    return stores.encoded(store, "Horse battery", readers=())


def _zip(at: tuple[int, int], value: int, method: int = zipfile.ZIP_STORED) -> bytes:
    """A zip in whose headers, the member's own and that in the directory, an octet is another."""
    made = bytearray(zipped({"s": NEEDED}, method))
    for magic, offset in zip((b"PK\3\4", b"PK\1\2"), at, strict=True):
        made[made.index(magic) + offset] = value
    return bytes(made)


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def _layer_of_another_digest(folder: Path) -> None:
    blobs = folder / "image" / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    layer = tarred({"x.pem": NEEDED})
    name = sha256(b"another").hexdigest()
    (blobs / name).write_bytes(layer)
    manifest = json.dumps({"layers": [{"digest": f"sha256:{name}"}], "config": {"digest": f"sha256:{name}"}}).encode()
    (blobs / sha256(manifest).hexdigest()).write_bytes(manifest)
    index = {"manifests": [{"digest": f"sha256:{sha256(manifest).hexdigest()}"}]}
    (folder / "image" / "index.json").write_text(json.dumps(index))
    (folder / "image" / "oci-layout").write_text("{}")


UNCLEARED: dict[str, Callable[[], bytes]] = {
    "a locked store": _locked,
    "an encrypted zip": lambda: _zip((6, 8), 1),
    **{
        f"a zip compressed with {number}": lambda number=number: _zip((8, 10), number)  # type: ignore[misc]
        for number in (1, 9, 14, 93, 95, 98, 99)
    },
    "a zip whose member has another checksum": lambda: _zip((14, 16), 1),
    "a packed zip whose member has another checksum": lambda: (
        zipped({"s": NEEDED}).replace(b"PK\1\2", b"PK\1\2")[:-40] + _flipped(zipped({"s": NEEDED})[-40:], 0)
    ),
    "a zip cut short": lambda: zipped({"s": NEEDED})[:-30],
    "a gzip cut short": lambda: gzip.compress(NEEDED + NOISE[:5000])[:-50],
    "a tar.gz cut short": lambda: gzip.compress(tarred({"a": NOISE}))[:-1000],
    "an xz cut short": lambda: lzma.compress(NEEDED)[:-20],
    "a bzip2 cut short": lambda: bz2.compress(NEEDED)[:-20],
    "a gzip with another checksum": lambda: _flipped(gzip.compress(NEEDED), -8),
    "a tar cut short": lambda: tarred({"a": b"x" * 5000})[:3000],
    "a tar with a damaged header": lambda: _flipped(tarred({"a": b"x" * 600, "b": NEEDED}), 1536 + 3),
    **{
        f"a {name} store cut short": lambda data=data: data[:-30]  # type: ignore[misc]
        for name, data in every_format().items()
    },
    "a PEM with another octet": lambda: pem()[:500] + b"!" + pem()[501:],
    **{
        f"what begins with {magic!r}": lambda magic=magic: magic + bytes(3000)  # type: ignore[misc]
        for magic in (
            *(b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\7\0", b"!<arch>\ndebian-binary   ", b"\xed\xab\xee\xdb", b"070701"),
            b"!<arch>\ndebian-split    ",
            *(b"\x04\x22\x4d\x18", b"\x1f\x9d\x90", b"hsqs", b"MSCF\0\0\0\0", b"LZIP\1", b"QFI\xfb", b"KDMV"),
            *(b"vhdxfile", b"\0\x06\x15\x61\0\0\0\2", bytes(1080) + b"\x53\xef", bytes(32769) + b"CD001"),
        )
    },
}


@pytest.mark.parametrize("kind", UNCLEARED)
def test_what_was_not_looked_at_to_its_end_is_not_cleared(tool: Tool, tmp_path: Path, kind: str) -> None:
    (tmp_path / "good.pem").write_bytes(NEEDED)
    assert tool("scan", tmp_path, "--need", NEW).code == 0
    (tmp_path / "other").write_bytes(UNCLEARED[kind]())
    done = tool("scan", tmp_path, "--need", NEW, "--json")
    assert done.code == 1
    locked = [path for store in done.json["stores"] if store["locked"] for path in store["paths"]]
    named = [*locked, *(item["path"] for item in done.json["skipped"])]
    assert named
    assert all(name.startswith(str(tmp_path / "other")) for name in named)
    assert tool("scan", tmp_path).code == 0


def test_layers_that_are_not_what_they_are_called_are_not_cleared(tool: Tool, tmp_path: Path) -> None:
    _layer_of_another_digest(tmp_path)
    done = tool("scan", tmp_path, "--need", NEW)
    assert (done.code, "its bytes had sha256:" in done.out) == (1, True)


@pytest.mark.parametrize(
    "bound", [("--max-store", "1k"), ("--max-unpacked", "1k"), ("--max-members", "1"), ("--max-nesting", "1")]
)
def test_what_is_over_a_bound_is_not_cleared(tool: Tool, tmp_path: Path, bound: tuple[str, str]) -> None:
    inner = tarred({"b": NEEDED, "c": NOISE[:100_000]})
    (tmp_path / "a.tgz").write_bytes(gzip.compress(tarred({"a.tar": inner, "x": NEEDED})))
    (tmp_path / "p.pem").write_bytes(NEEDED)
    assert tool("scan", tmp_path, "--need", NEW).code == 0
    assert tool("scan", tmp_path, "--need", NEW, *bound).code == 1


def test_zstd_without_a_module_for_it_is_not_cleared(
    tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = realtools.run("zstd", "-q", "-c", stdin=tarred({"a": NEEDED}))
    (tmp_path / "a.tar.zst").write_bytes(packed)
    for name in ("zstandard", "compression.zstd", "backports.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    done = tool("scan", tmp_path, "--need", NEW)
    assert (done.code, "compressed with zstd" in done.out) == (1, True)


def test_a_need_of_several_of_any_spelling_that_nobody_has_and_that_is_expired(tool: Tool, tmp_path: Path) -> None:
    """Fingerprints as openssl prints them, and as others spell them."""
    folder = tmp_path / "stores"
    folder.mkdir()
    (folder / "one.pem").write_bytes(NEEDED)
    both = tmp_path / "both.pem"
    both.write_bytes(NEEDED + pem("expired-root.pem"))
    openssl = str(realtools.find("openssl"))
    for algorithm in ("sha256", "sha1"):
        said = realtools.run(openssl, "x509", "-in", NEW, "-noout", "-fingerprint", f"-{algorithm}").decode()
        colons = said.strip().partition("=")[2]
        for spelling in (colons, colons.lower(), colons.replace(":", ""), f"{algorithm}:{colons.replace(':', '')}"):
            assert tool("scan", folder, "--need", spelling).code == 0, spelling
    done = tool("scan", folder, "--need", both, "--json")
    (store,) = done.json["stores"]
    assert (done.code, len(done.json["needs"]), len(store["present"]), len(store["missing"])) == (1, 2, 1, 1)
    (folder / "one.pem").write_bytes(both.read_bytes())
    assert tool("scan", folder, "--need", both).code == 0  # that it is expired is a finding of its own
    assert tool("scan", folder, "--need", both, "--fail-on", "expired").code == 1
    done = tool("scan", folder, "--need", ":".join(["AB"] * 32))
    assert (done.code, "0 have it, 1 lacks it" in done.out) == (1, True)
    shutil.rmtree(folder)
    folder.mkdir()
    assert tool("scan", folder, "--need", both).code == 0  # no store lacks it


def test_findings_count_beside_what_is_needed(tmp_path: Path) -> None:
    """One of the two is enough for exit code 1; a baseline lets what it knows pass of both, at its path only."""
    (tmp_path / "stores").mkdir()
    (tmp_path / "stores" / "a.pem").write_bytes(pem("expired-root.pem"))
    asked = ("scan", "stores", "--need", NEW, "--fail-on", "expired")
    known = process(*asked, "--report", "json=known.json", cwd=tmp_path)
    assert known.code == 1
    assert process(*asked, "--baseline", "known.json", cwd=tmp_path).code == 0
    (tmp_path / "stores" / "copy.pem").write_bytes(pem("expired-root.pem"))
    assert process(*asked, "--baseline", "known.json", cwd=tmp_path).code == 1
    (tmp_path / "stores" / "copy.pem").unlink()
    (tmp_path / "stores" / "x.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(100))
    assert process(*asked, "--baseline", "known.json", cwd=tmp_path).code == 1

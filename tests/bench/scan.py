"""Scans beside the least that reading the same takes: loops that only read or inflate, tar with sha256sum."""

import json
import os
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from itertools import cycle, islice
from pathlib import Path
from typing import Final

from tests.bench.measure import OURS, Case, Command, Figure, compare, run

_FILES: Final = 100_000
_LIMIT, _CACHED = 2.0, 0.2
_MEMORY: Final = 200 << 20
_SYSTEM: Final = "/usr"
_ARCHIVES: Final = (b"\x1f\x8b", b"PK\3\4", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
# What detection needs of each file, and nothing more, in one process.
_READ: Final = """
import os
for line in open("names"):
    path, size = line[:-1].rsplit(" ", 1)
    file = os.open(path, os.O_RDONLY)
    os.read(file, min(int(size), 1 << 20))
    os.close(file)
"""
# The same as most people would write it, who have no list of the files.
_FIND: Final = """
import os
for where, _, names in os.walk("tree"):
    for name in names:
        with open(os.path.join(where, name), "rb") as file:
            file.read(1 << 20)
"""
# Each member once, in one process.
_INFLATE: Final = """
import sys, zipfile, zlib
for path in sys.argv[1:]:
    if path.endswith(".gz"):
        machine = zlib.decompressobj(31)
        with open(path, "rb") as file:
            while piece := file.read(1 << 18):
                machine.decompress(piece)
        continue
    with zipfile.ZipFile(path) as archive, open(path, "rb") as file:
        for member in archive.infolist():
            file.seek(member.header_offset + 26)
            lengths = file.read(4)
            file.seek(int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little"), 1)
            packed = file.read(member.compress_size)
            if member.compress_type == 8:
                zlib.decompress(packed, -15)
"""


def measure(runs: int, folder: Path) -> Iterator[Figure]:
    """A tree of many files, archives, an image, and what has not changed since the last scan."""
    files = list(_linked(folder / "tree"))
    (folder / "names").write_text("".join(f"{path} {path.stat().st_size}\n" for path in files))
    ours = Command((OURS, "scan", "tree", "--report", "json"))
    read = Command((sys.executable, "-c", _READ))
    yield compare("scan", Case(f"tree of {len(files):,} files", ours, read, "reading them", _LIMIT), runs, folder)
    find = Command((sys.executable, "-c", _FIND))
    yield compare("scan", Case("the same", ours, find, "finding and reading them", None), runs, folder)
    yield _peak("tree", ours, folder)
    time.sleep(3)  # what has only just changed is not remembered
    run(Command((*ours.words, "--cache", "cache")), folder)
    again = Command((*ours.words, "--cache", "cache"))
    yield compare("scan", Case("tree: a second scan", again, ours, "the first", _CACHED), runs, folder)
    archives = _archives(folder / "archives", files)
    inflate = Command((sys.executable, "-c", _INFLATE, *map(str, archives)))
    packed = Command((OURS, "scan", "archives", "--report", "json"))
    yield compare("scan", Case("archives", packed, inflate, "inflating them", _LIMIT), runs, folder)
    yield _peak("archives", packed, folder)
    layers = _image(folder / "image", files)
    words = "; ".join(f"tar -xzOf {layer} | sha256sum" for layer in layers)
    image = Command((OURS, "scan", "image", "--report", "json"))
    yield compare(
        "scan", Case("image", image, Command(("sh", "-c", words)), "tar -xzO | sha256sum", _LIMIT), runs, folder
    )
    yield _peak("image", image, folder)


def _peak(name: str, ours: Command, folder: Path) -> Figure:
    """The memory of the largest of its processes, as all of them are waited for."""
    return Figure(
        "scan", f"{name}: peak memory of a process", None, None, "200 MiB", run(ours, folder).peak / _MEMORY, 1
    )


def _linked(folder: Path) -> Iterator[Path]:
    """Files of this system, but for archives, linked or copied into a tree of so many."""
    folder.mkdir()
    every = [path for path in _regular(Path(_SYSTEM)) if _is_plain(path)]
    for number, path in enumerate(islice(cycle(every), _FILES)):
        place = folder / str(number // 500) / f"{number}-{path.name[:100]}"
        place.parent.mkdir(exist_ok=True)
        try:
            place.hardlink_to(path)
        except OSError:
            place.write_bytes(path.read_bytes())
        yield place


def _regular(folder: Path) -> Iterator[Path]:
    for where, _, names in os.walk(folder):
        for name in names:
            path = Path(where, name)
            if path.is_file() and not path.is_symlink() and "\n" not in name and " " not in name:
                yield path


def _is_plain(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            # A zip may have something before it, as the modules of a JDK have.
            return not file.read(6).startswith(_ARCHIVES) and not zipfile.is_zipfile(file)
    except OSError:
        return False


def _archives(folder: Path, files: list[Path]) -> list[Path]:
    """A zip, a jar in which nothing is packed, and a tar packed with gzip."""
    folder.mkdir()
    made = [folder / "a.zip", folder / "b.tar.gz"]
    with zipfile.ZipFile(made[0], "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files[:10_000]:
            archive.write(path, path.name)
    with tarfile.open(made[1], "w:gz", compresslevel=6) as tar:
        for path in files[10_000:20_000]:
            tar.add(path, path.name)
    return made


def _image(folder: Path, files: list[Path]) -> list[Path]:
    """An OCI layout of three layers; returns these."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    layers = []
    for number in range(3):
        with tarfile.open(blobs / "new", "w:gz", compresslevel=6) as tar:
            for path in files[number * 8_000 : (number + 1) * 8_000]:
                tar.add(path, f"usr/{path.name}")
        layers.append((blobs / "new").rename(blobs / sha256((blobs / "new").read_bytes()).hexdigest()))
    manifest = json.dumps({"schemaVersion": 2, "layers": [{"digest": f"sha256:{layer.name}"} for layer in layers]})
    digest = sha256(manifest.encode()).hexdigest()
    (blobs / digest).write_text(manifest)
    (folder / "index.json").write_text(json.dumps({"manifests": [{"digest": f"sha256:{digest}"}]}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return layers

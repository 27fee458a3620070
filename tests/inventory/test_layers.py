"""Layers whose members name each other, come twice or by odd paths: a scan sees in them what umoci unpacks."""

import io
import os
import tarfile
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from tests import realtools
from tests.inventory.layouts import layout
from tests.inventory.test_images import effective, scanned
from tests.inventory.trees import pem, tarred
from truststore_tool.inventory import layers
from truststore_tool.inventory.bounds import Bounds
from truststore_tool.inventory.haul import Passed, Sighting
from truststore_tool.inventory.layers import Layer
from truststore_tool.inventory.looking import Looker
from truststore_tool.inventory.nouns import Candidates
from truststore_tool.inventory.tasks import Orders

OLD, NEW, EXPIRED = pem(), pem("new-root.pem"), pem("expired-root.pem")
# A member: a file by its content, else a folder (None) or a hard link (to that path).
Member = tuple[str, bytes | str | None]
EMPTY = b""
LONG = "d" * 150 + "/" + "e" * 150

STACKS: dict[str, list[list[Member]]] = {
    "a hard link to what the same layer takes away": [
        [("a.pem", OLD)],
        [("b.pem", "a.pem"), (".wh.a.pem", EMPTY)],
    ],
    "a hard link to what the same layer replaces": [
        [("a.pem", OLD)],
        [("b.pem", "a.pem"), ("a.pem", NEW)],
    ],
    "a hard link to what lies in a folder that is emptied": [
        [("d/a.pem", OLD), ("d/x.pem", NEW)],
        [("b.pem", "d/a.pem"), ("d/.wh..wh..opq", EMPTY), ("d/c.pem", "b.pem")],
    ],
    "a hard link that takes the place of a store": [
        [("a.pem", OLD), ("b.pem", NEW)],
        [("b.pem", "a.pem")],
    ],
    "hard links to hard links, over three layers": [
        [("a.pem", OLD)],
        [("b.pem", "a.pem"), ("c.pem", "b.pem")],
        [("d.pem", "c.pem"), (".wh.c.pem", EMPTY), (".wh.a.pem", EMPTY)],
    ],
    "a hard link to nothing of interest": [
        [("a", b"text"), ("b.pem", OLD)],
        [("b.pem", "a")],
    ],
    "hard links to what the same layer has put in the place of a store": [
        [("a.pem", OLD), ("d.pem", NEW), ("e.pem", EXPIRED)],
        [("a.pem", b"text"), ("b.pem", "a.pem"), ("c.pem", "b.pem"), ("d.pem", "c.pem")],
    ],
    "a hard link to what is replaced later in the layer": [
        [("a.pem", OLD), ("b.pem", "a.pem"), ("a.pem", NEW)],
    ],
    "a member that comes twice": [
        [("a.pem", OLD), ("a.pem", NEW), ("b.pem", OLD), ("b.pem", b"text"), ("c.pem", b"text"), ("c.pem", OLD)],
    ],
    "a store that becomes a folder, and a folder that becomes a store, in one layer": [
        [("a", OLD), ("a", None), ("a/x.pem", NEW), ("b/x.pem", OLD), ("b", NEW)],
    ],
    "a folder that comes twice loses nothing": [
        [("d", None), ("d/x.pem", OLD), ("d", None)],
        [("d", None)],
    ],
    "a folder that becomes a store and a folder again": [
        [("d/x.pem", OLD)],
        [("d", NEW)],
        [("d", None), ("d/y.pem", EXPIRED)],
    ],
    "what is taken away comes again": [
        [("a.pem", OLD), ("d/x.pem", OLD), ("d/y.pem", OLD)],
        [(".wh.a.pem", EMPTY), ("d/.wh..wh..opq", EMPTY), ("d/y.pem", NEW)],
        [("a.pem", EXPIRED), ("d/x.pem", EXPIRED)],
    ],
    "odd forms of paths": [
        [("./a.pem", OLD), ("d//x.pem", OLD), ("/e/x.pem", OLD), ("d/../f.pem", OLD), ("../g.pem", OLD)],
        [("./h/i.pem", OLD), ("./.wh.a.pem", EMPTY), ("d//.wh.x.pem", EMPTY), ("../.wh.g.pem", EMPTY)],
        [("/h/./.wh..wh..opq", EMPTY), ("j.pem", "./f.pem")],
    ],
    "long paths": [
        [(f"{LONG}/a.pem", OLD), (f"{LONG}/b.pem", OLD)],
        [(f"{LONG}/c.pem", f"{LONG}/a.pem"), (f"{LONG}/.wh.b.pem", EMPTY)],
    ],
}


def layer(members: Sequence[Member], form: int) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, encoding="latin-1") as archive:
        for path, what in members:
            info = tarfile.TarInfo(path)
            info.uname = info.gname = "J\u00fcrgen"  # of no use, and no UTF-8
            if isinstance(what, bytes):
                info.size = len(what)
            elif what is None:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
            else:
                info.type, info.linkname = tarfile.LNKTYPE, what
            archive.addfile(info, io.BytesIO(what) if isinstance(what, bytes) else None)
    return out.getvalue()


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT], ids=["pax", "gnu"])
@pytest.mark.parametrize("name", STACKS)
def test_a_scan_sees_what_umoci_unpacks(tmp_path: Path, name: str, form: int) -> None:
    umoci = realtools.find("umoci")
    if os.geteuid():
        realtools.absent("umoci as an ordinary user, who may not unpack images")
    image = tmp_path / "layout"
    layout(image, [[layer(members, form) for members in STACKS[name]]])
    realtools.run(umoci, "unpack", "--image", "layout:t", "bundle", cwd=tmp_path)
    root = tmp_path / "bundle" / "rootfs"
    stores = {sha256(data).hexdigest() for data in (OLD, NEW, EXPIRED)}
    expected = {
        str(path.relative_to(root)): {digest}
        for path in root.rglob("*")
        if path.is_file() and (digest := sha256(path.read_bytes()).hexdigest()) in stores
    }
    found = scanned(image)
    assert (effective(found, image), found.skipped) == (expected, ())
    if name != "a hard link to nothing of interest":
        assert expected


def test_of_two_layers_that_are_damaged_both_are_named(tmp_path: Path) -> None:
    whole = tarred({"a.pem": OLD})[: 512 + len(OLD) + -len(OLD) % 512]
    layout(tmp_path, [[whole + b"x" * 512, whole + b"y" * 512]])
    assert len(scanned(tmp_path).skipped) == 2


def test_what_a_layer_puts_there_twice_is_told_when_asked(tmp_path: Path) -> None:
    layout(tmp_path, [[layer([("a.pem", OLD), ("a.pem", NEW)], tarfile.PAX_FORMAT)]])
    found = scanned(tmp_path, all_layers=True)
    assert sorted(place.deleted for store in found.stores for place in store.places) == [False, True]


def test_what_a_layer_holds_is_told_as_far_as_it_was_looked_at(tmp_path: Path) -> None:
    """Very many hard links, as every member, are paid for; a store that came before the last one that was is found."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for number in range(200):
            member = tarfile.TarInfo(f"{number}.pem")
            if number:
                member.type, member.linkname = tarfile.LNKTYPE, "0.pem"
            member.size = 0 if number else len(OLD)
            archive.addfile(member, io.BytesIO(OLD))
    layout(tmp_path / "layout", [[stream.getvalue()]])
    (tmp_path / "image.tar").write_bytes(packed_folder(tmp_path / "layout"))
    looker = Looker(Orders(Bounds(members=50), Candidates(), datetime.now(UTC)))
    haul = looker.file(str(tmp_path / "image.tar"))
    assert haul is not None
    names = {item.place.parts[-1].rpartition("/")[2] for item in haul.items if isinstance(item, Sighting)}
    assert names == {"0.pem"}
    assert [item.why for item in haul.items if isinstance(item, Passed)] == [
        "holds more than 50 members, and was looked at as far"
    ]


def packed_folder(folder: Path) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.add(folder, ".")
    return stream.getvalue()


def test_hard_links_to_what_holds_nothing_are_not_kept() -> None:
    """Of which an image may have hundreds of thousands."""
    layer = Layer()
    layer.files.add("a")
    assert layer.has_nothing_at("a")
    assert not layer.has_nothing_at("b")  # which may be one of a layer below
    layer.tell("a", layer.comes("a", folder=False))
    assert not layer.has_nothing_at("a")


def test_paths_are_asked_for_while_others_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """As each hard link asks: those of a large layer are put in order a few times, not once for each."""
    times: list[int] = []

    def counting(items: Sequence[int]) -> list[int]:
        times.append(len(items))
        return sorted(items)

    monkeypatch.setattr(layers, "sorted", counting, raising=False)
    paths = layers.Paths()
    for number in range(200_000):
        paths.add(f"{number}")
        if number % 100 == 0:
            assert f"{number}" in paths
            assert f"{number // 2}" in paths
            assert f"{number + 1}" not in paths
    assert 0 < len(times) < 10
    again = layers.Paths.load(paths.dump())
    assert all(f"{number}" in again for number in range(0, 200_000, 997))
    assert "x" not in again

"""A second scan reads only what has changed, and says the same."""

import gzip
import json
import os
import stat
import tarfile
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from tests.cli.conftest import tool as tool
from tests.cli.harness import Tool
from tests.inventory.test_recall import places
from tests.inventory.trees import WRAPPINGS, every_format, pem, tarred
from truststore_tool import stores
from truststore_tool.errors import UsageError
from truststore_tool.inventory.assembling import Asked
from truststore_tool.inventory.bounds import Bounds
from truststore_tool.inventory.cache import Cache
from truststore_tool.inventory.haul import Haul
from truststore_tool.inventory.imaging import Gathered
from truststore_tool.inventory.layers import Layer
from truststore_tool.inventory.looking import Looker
from truststore_tool.inventory.nouns import Candidates, Inventory
from truststore_tool.inventory.scan import Tour, scan
from truststore_tool.inventory.tasks import Orders
from truststore_tool.inventory.things import Thing
from truststore_tool.model import Certificate, TrustStore
from truststore_tool.render.scan_json import pieces

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that have only just changed are not remembered: the scans of a test are a minute later."""
    monkeypatch.setattr(f"{__name__}.NOW", datetime.now(UTC) + timedelta(minutes=1))


def scanned(path: Path, data: bytes | None, candidates: Candidates, *bounds: Bounds) -> tuple[Inventory, bytes]:
    orders = Orders(bounds[0] if bounds else Bounds(), candidates, NOW)
    cache = Cache(orders)
    if data is not None:
        cache.load(data)
    found = scan(Tour((str(path),)), orders, Asked((), NOW), jobs=1, cache=cache)
    return found, cache.dump()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, data in every_format().items():
        (tmp_path / name).write_bytes(WRAPPINGS["war"](data)[0])
    (tmp_path / "nothing").write_bytes(b"text")
    (tmp_path / "x.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(100))
    (tmp_path / "link").symlink_to("pem")
    jdk = tmp_path / "jdk"
    (jdk / "lib" / "security").mkdir(parents=True)
    (jdk / "lib" / "security" / "cacerts").write_bytes(every_format()["jks"])
    (jdk / "release").write_text('JAVA_VERSION="17.0.9"\n')
    return tmp_path


def test_it_says_the_same_without_reading(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, data = scanned(tree, None, Candidates())
    assert len(first.stores) > 8
    assert any(store.readers for store in first.stores)
    read: list[str] = []
    looked = Looker.file

    def look(self: Looker, path: str, most: int | None = None) -> Haul | None:
        read.append(path)
        return looked(self, path, most)

    monkeypatch.setattr(Looker, "file", look)
    second, again = scanned(tree, data, Candidates())
    assert read == []
    assert list(pieces(second)) == list(pieces(first))
    assert again == data
    (tree / "nothing").write_bytes(pem("new-root.pem"))
    (tree / "pem").unlink()
    third, _ = scanned(tree, data, Candidates())
    assert read == [str(tree / "nothing")]
    assert set(places(third, tree)) - set(places(first, tree)) == {"nothing"}
    assert set(places(first, tree)) - set(places(third, tree)) == {"pem!/WEB-INF/lib/x.jar!/t"}


def test_a_cache_that_knows_all_is_left_as_it_is(
    tree: Path, tmp_path_factory: pytest.TempPathFactory, tool: Tool
) -> None:
    cache = tmp_path_factory.mktemp("cache") / "file"
    old = datetime.now(UTC).timestamp() - 60
    for path in tree.rglob("*"):
        os.utime(path, (old, old), follow_symlinks=False)
    _, data = scanned(tree, None, Candidates())
    cache.write_bytes(data)
    cache.chmod(0o600)
    before = cache.stat()
    assert tool("scan", tree, "--cache", cache).code == 0
    assert (cache.stat().st_ino, cache.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    (tree / "nothing").unlink()
    assert tool("scan", tree, "--cache", cache).code == 0
    assert cache.stat().st_ino != before.st_ino


def test_what_a_file_says_hangs_on_where_it_is(tmp_path: Path) -> None:
    """Of two names of one file one may be that of settings; and so may a file be in a folder that is called so."""
    (tmp_path / "ca.pem").write_bytes(pem())
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "settings").write_text("SSL_CERT_FILE=../ca.pem\n")
    (tmp_path / "a.txt").write_text("SSL_CERT_FILE=ca.pem\n")
    (tmp_path / "b.conf").hardlink_to(tmp_path / "a.txt")
    first, data = scanned(tmp_path, None, Candidates())
    assert [by.because.partition(f"{tmp_path}/")[2] for by in first.stores[0].readers] == ["b.conf, line 1"]
    assert list(pieces(scanned(tmp_path, data, Candidates())[0])) == list(pieces(first))
    (tmp_path / "plain").rename(tmp_path / "conf.d")
    again, _ = scanned(tmp_path, data, Candidates())
    assert list(pieces(again)) == list(pieces(scanned(tmp_path, None, Candidates())[0]))
    assert len(again.stores[0].readers) == 2


def test_other_bounds_read_all_anew(tree: Path) -> None:
    _, data = scanned(tree, None, Candidates(), Bounds(nesting=1))
    assert scanned(tree, data, Candidates())[0] == scanned(tree, None, Candidates())[0]


def test_passwords_are_tried_on_what_was_locked_and_open_nothing_later(tmp_path: Path) -> None:
    store = TrustStore(format="pkcs12").add(Certificate.from_pem(pem()))
    (tmp_path / "s.p12").write_bytes(stores.encoded(store, "Horse battery", readers=()))
    locked, data = scanned(tmp_path, None, Candidates())
    opened, with_password = scanned(tmp_path, data, Candidates(("Horse battery",)))
    again, _ = scanned(tmp_path, with_password, Candidates())
    assert [found.stores[0].locked for found in (locked, opened, again)] == [True, False, True]
    assert b"Horse" not in with_password


def test_what_has_only_just_changed_is_not_remembered(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"text")
    orders = Orders(Bounds(), Candidates(), datetime.now(UTC))
    cache = Cache(orders)
    scan(Tour((str(tmp_path),)), orders, Asked((), orders.now), jobs=1, cache=cache)
    assert cache.dump().endswith(b"\n")


def test_a_file_of_another_kind_is_not_written_over(tmp_path: Path, tool: Tool) -> None:
    (tmp_path / "words").write_text("words")
    done = tool("scan", tmp_path, "--cache", tmp_path / "words")
    assert (done.code, (tmp_path / "words").read_text()) == (2, "words")
    with pytest.raises(UsageError):
        Cache(Orders(Bounds(), Candidates(), NOW)).load(b"words")


def test_a_damaged_cache_is_none_and_said(tree: Path, tmp_path_factory: pytest.TempPathFactory, tool: Tool) -> None:
    """Cut short, longer, another octet anywhere, or by an older release: it clears nothing."""
    whole, data = scanned(tree, None, Candidates())
    first = data.index(b"\n")
    head = data.index(b"\n", first + 1)
    damaged = [data[: len(data) // 2], data + bytes(40), data[:-40], data[:first], data.replace(b": 3,", b": 2,", 1)]
    for at in (first - 10, first + 5, head - 200, head + 3, len(data) - 1):
        damaged.append(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    for each in damaged:
        assert scanned(tree, each, Candidates())[0] == whole
        file = tmp_path_factory.mktemp("cache") / "file"
        file.write_bytes(each)
        file.chmod(0o600)
        done = tool("scan", tree, "--cache", file)
        assert (done.code, "not used as a cache" in done.err) == (0, True)
        assert "not used" not in tool("scan", tree, "--cache", file).err  # as a whole one was written over it


def test_a_cache_that_others_may_write_is_not_believed(tree: Path, tmp_path: Path, tool: Tool) -> None:
    file = tmp_path / "of-others"
    _, data = scanned(tree, None, Candidates())
    file.write_bytes(data)
    for mode in (0o620, 0o602):
        file.chmod(mode)
        done = tool("scan", tree, "--cache", file)
        assert "others may write it" in done.err
    file.chmod(0o600)
    assert "others" not in tool("scan", tree, "--cache", file).err
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    (folder / "file").write_bytes(data)
    (folder / "file").chmod(0o600)
    assert "others may write it" in tool("scan", tree, "--cache", folder / "file").err


def test_it_is_readable_to_its_owner_only_and_an_empty_file_becomes_one(tree: Path, tool: Tool) -> None:
    new, empty = tree / "new.cache", tree / "empty.cache"
    empty.touch(0o600)
    for file in (new, empty):
        assert tool("scan", tree / "pem", "--cache", file).code == 0
        assert (stat.S_IMODE(file.stat().st_mode), file.read_bytes()[:20]) == (0o600, b'{"truststore-tool sc')


def test_images_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = tmp_path / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    (tmp_path / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}))
    (tmp_path / "index.json").write_text("{}")
    (blobs / ("0" * 64)).write_bytes(tarred({"a": pem()}))
    (tmp_path / "empty" / "blobs").mkdir(parents=True)
    for name in ("oci-layout", "index.json"):
        (tmp_path / "empty" / name).write_text("{}")
    first, data = scanned(tmp_path, None, Candidates())
    assert len(first.stores) == 1
    nothing, of_nothing = scanned(tmp_path / "empty", None, Candidates())
    assert nothing.stores == ()
    monkeypatch.setattr(Looker, "layout", None)
    assert scanned(tmp_path, data, Candidates())[0] == first
    assert scanned(tmp_path / "empty", of_nothing, Candidates())[0] == nothing


def _image(folder: Path, layers: list[bytes]) -> None:
    """An OCI layout with these layers."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def blob(data: bytes) -> str:
        digest = sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return f"sha256:{digest}"

    listed = [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": blob(layer)} for layer in layers]
    manifest = blob(json.dumps({"config": {"digest": blob(b"{}")}, "layers": listed}).encode())
    (folder / "index.json").write_text(json.dumps({"manifests": [{"digest": manifest}]}))
    (folder / "oci-layout").write_text("{}")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The layers that are read, as they are."""
    layers: list[str] = []
    real = Gathered._layer

    def layer(self: Gathered, path: str, thing: Thing) -> Layer:
        layers.append(path.rpartition("/")[2])
        return real(self, path, thing)

    monkeypatch.setattr(Gathered, "_layer", layer)
    return layers


def test_a_layer_is_known_in_another_image_by_what_its_bytes_are(tmp_path: Path, read: list[str]) -> None:
    one = tarred({"etc/a.pem": pem(), "etc/b.jks": every_format()["jks"], "usr/x": b"text", "etc/c.pem": pem()})
    two = gzip.compress(tarred({"etc/.wh.a.pem": b"", "opt/d.p12": every_format()["pkcs12"]}))
    three = tarred({"opt/.wh..wh..opq": b"", "etc/d.pem": pem("new-root.pem")})
    _image(tmp_path / "first", [one, two])
    _, data = scanned(tmp_path / "first", None, Candidates())
    assert len(read) == 2
    read.clear()
    _image(tmp_path / "second", [one, two, three])
    second, more = scanned(tmp_path / "second", data, Candidates())
    assert read == [sha256(three).hexdigest()]
    assert list(pieces(second)) == list(pieces(scanned(tmp_path / "second", None, Candidates())[0]))
    with tarfile.open(tmp_path / "second.tar", "w") as archive:
        archive.add(tmp_path / "second", ".")
    read.clear()
    third, _ = scanned(tmp_path / "second.tar", more, Candidates())
    assert list(pieces(third)) == list(pieces(scanned(tmp_path / "second.tar", None, Candidates())[0]))


def test_a_layer_that_lies_about_its_digest_is_read(tmp_path: Path, read: list[str]) -> None:
    harmless, other = tarred({"etc/a": b"text"}), tarred({"etc/a": pem()})
    _image(tmp_path / "first", [harmless])
    found, data = scanned(tmp_path / "first", None, Candidates())
    assert found.stores == ()
    _image(tmp_path / "second", [harmless])
    name = sha256(harmless).hexdigest()
    (tmp_path / "second" / "blobs" / "sha256" / name).write_bytes(other)
    read.clear()
    lying, more = scanned(tmp_path / "second", data, Candidates())
    assert (read, len(lying.stores), len(lying.skipped)) == ([name], 1, 1)
    _image(tmp_path / "third", [harmless])
    assert scanned(tmp_path / "third", more, Candidates())[0].stores == ()


def test_a_layer_with_something_locked_is_read_again_with_passwords(tmp_path: Path, read: list[str]) -> None:
    store = TrustStore(format="pkcs12").add(Certificate.from_pem(pem()))
    layer = tarred({"etc/a": stores.encoded(store, "Horse battery", readers=())})
    for name in ("first", "second", "third"):
        _image(tmp_path / name, [layer])
    locked, data = scanned(tmp_path / "first", None, Candidates())
    opened, with_password = scanned(tmp_path / "second", data, Candidates(("Horse battery",)))
    again, _ = scanned(tmp_path / "third", with_password, Candidates())
    assert [found.stores[0].locked for found in (locked, opened, again)] == [True, False, True]
    assert b"Horse" not in with_password
    assert len(read) == 3


def test_what_is_installed_later_reads_more(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(Orders(Bounds(), Candidates(), NOW))
    monkeypatch.setattr("truststore_tool.inventory.cache._installed", lambda: ["zstandard 1"])
    assert Cache(Orders(Bounds(), Candidates(), NOW)).load(cache.dump()) is not None

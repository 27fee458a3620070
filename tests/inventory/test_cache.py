"""A second scan reads only what has changed, and says the same."""

import json
from datetime import UTC, datetime, timedelta
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
from truststore_tool.inventory.crew import Orders
from truststore_tool.inventory.haul import Haul
from truststore_tool.inventory.looking import Looker
from truststore_tool.inventory.nouns import Inventory
from truststore_tool.inventory.opening import Candidates
from truststore_tool.inventory.scan import Tour, scan
from truststore_tool.model import Certificate, TrustStore
from truststore_tool.render.scan_json import text

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

    def look(self: Looker, path: str, size: int) -> Haul | None:
        read.append(path)
        return looked(self, path, size)

    monkeypatch.setattr(Looker, "file", look)
    second, again = scanned(tree, data, Candidates())
    assert read == []
    assert text(second) == text(first)
    assert again == data
    (tree / "nothing").write_bytes(pem("new-root.pem"))
    (tree / "pem").unlink()
    third, _ = scanned(tree, data, Candidates())
    assert read == [str(tree / "nothing")]
    assert set(places(third, tree)) - set(places(first, tree)) == {"nothing"}
    assert set(places(first, tree)) - set(places(third, tree)) == {"pem!/WEB-INF/lib/x.jar!/t"}


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


@pytest.mark.parametrize("damage", [b"", b"x", b"]", b"null\n", b"\n" + bytes(39)])
def test_a_damaged_cache_is_none(tree: Path, damage: bytes) -> None:
    whole, data = scanned(tree, None, Candidates())
    half = data[: len(data) // 2] + damage
    assert scanned(tree, half, Candidates())[0] == whole


def test_images_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = tmp_path / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    (tmp_path / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}))
    (tmp_path / "index.json").write_text("{}")
    (blobs / ("0" * 64)).write_bytes(tarred({"a": pem()}))
    first, data = scanned(tmp_path, None, Candidates())
    assert len(first.stores) == 1
    monkeypatch.setattr(Looker, "layout", None)
    assert scanned(tmp_path, data, Candidates())[0] == first

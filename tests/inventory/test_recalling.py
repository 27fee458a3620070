"""Reports in JSON are read back, and those of many machines become one inventory."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.inventory.trees import every_format, pem, zipped
from tests.samples import amazon
from truststore_tool.errors import FormatError, UsageError
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.inventory.assembling import Asked
from truststore_tool.inventory.bounds import Bounds
from truststore_tool.inventory.nouns import Candidates, Inventory, Need
from truststore_tool.inventory.recalling import fleet, recalled
from truststore_tool.inventory.scan import Tour, scan
from truststore_tool.inventory.tasks import Orders
from truststore_tool.nouns import replace
from truststore_tool.render import scan_csv, scan_html, scan_json, scan_junit, scan_sarif, scan_text
from truststore_tool.render.text import Piece

NEED = Need(
    Fingerprint.parse(
        "E4:CE:41:D0:69:F4:BD:CD:B7:14:25:90:58:96:1E:E4:2E:D1:8C:F2:BF:62:7A:3D:64:7A:FF:25:43:7D:4B:68"
    ),
    "the new root",
)


def scanned(folder: Path, host: str = "web1") -> Inventory:
    now = datetime.now(UTC)
    asked = Asked((NEED,), now, timedelta(days=365 * 60))
    return replace(scan(Tour((str(folder),)), Orders(Bounds(), Candidates(), now), asked, jobs=1), host=host)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    for form, data in every_format().items():
        (folder / form).write_bytes(data)
    (folder / "old.pem").write_bytes(amazon("rds-ca-2019-root.pem").read_bytes())
    (folder / "bundle.zip").write_bytes(zipped({"a/b": amazon("rds-global-bundle.pem").read_bytes()}))
    (folder / "cut.jks").write_bytes(every_format()["jks"][:100])
    (folder / "app.properties").write_text("ssl.truststore.location=/nowhere/at/all.jks\n")
    (folder / "release").write_text('JAVA_VERSION="17.0.9"\n')
    return folder


def lines(inventory: Inventory) -> list[Piece]:
    return list(scan_text.pieces(inventory))


@pytest.mark.parametrize("many", [0, 1, 5])
def test_json_is_laid_out_as_a_whole(tree: Path, many: int) -> None:
    """Each store is made into text by itself."""
    found = scanned(tree)
    told = "".join(scan_json.pieces(replace(found, stores=found.stores[:many])))
    assert len(json.loads(told)["stores"]) == many
    assert told == json.dumps(json.loads(told), indent=2, ensure_ascii=False) + "\n"


def test_all_reports_of_what_was_read_back_are_those_of_the_scan(tree: Path) -> None:
    found = scanned(tree)
    assert len(found.stores) > 8
    assert found.skipped
    assert any(store.expiring for store in found.stores)
    back = recalled("".join(scan_json.pieces(found)))
    assert recalled(json.loads("".join(scan_json.pieces(found)))) == back
    at = replace(found, at=back.at)  # a report tells seconds
    for each in (scan_json, scan_csv, scan_html, scan_junit, scan_sarif):
        assert list(each.pieces(back)) == list(each.pieces(at)), each.__name__
    assert lines(back) == lines(at)


@pytest.mark.parametrize("wrong", ["", "[]", "{", '{"schema": 1, "report": "list"}', '{"schema": 1, "report": "scan"}'])
def test_what_is_no_report_is_refused(wrong: str) -> None:
    with pytest.raises(FormatError, match="is not the report of a scan in JSON"):
        recalled(wrong)


def test_a_fleet_is_one_inventory_with_the_machine_before_each_path(tmp_path: Path) -> None:
    for host, names in {"web1": ["old-root.pem"], "web2": ["old-root.pem", "new-root.pem"]}.items():
        (tmp_path / host).mkdir()
        for name in names:
            (tmp_path / host / name).write_bytes(pem(name))
        (tmp_path / host / "cut.jks").write_bytes(every_format()["jks"][:100])
    one, two = (scanned(tmp_path / host, host) for host in ("web1", "web2"))
    whole = fleet([one, two])
    assert [[str(place) for place in store.places] for store in whole.stores] == [
        [f"web1:{tmp_path}/web1/old-root.pem", f"web2:{tmp_path}/web2/old-root.pem"],
        [f"web2:{tmp_path}/web2/new-root.pem"],
    ]
    assert (whole.host, whole.files, whole.needs) == ("2 hosts", 5, (NEED,))
    assert [item.path for item in whole.skipped] == [f"{host}:{tmp_path}/{host}/cut.jks" for host in ("web1", "web2")]
    assert whole.complete
    assert not fleet([one, replace(two, complete=False)]).complete
    for store in whole.stores:
        assert {item.place.path for item in store.findings} <= {str(store.places[0])}
        assert len({(item.rule, item.place.entry, item.message) for item in store.findings}) == len(store.findings)
    page = "".join(scan_html.pieces(whole))
    assert "Trust stores on 2 hosts" in page
    assert f"web1:{tmp_path}/web1/old-root.pem" in page


def test_a_fleet_keeps_apart_what_is_trusted_at_one_place_and_distrusted_at_another(tmp_path: Path) -> None:
    """What lies in a blocklist of p11-kit is distrusted (trust module, paths); the same octets elsewhere are not."""
    need = amazon("rds-ca-rsa2048-g1-us-east-1.pem").read_bytes()
    for name in ("etc/pki/ca-trust/source/blocklist/a.pem", "usr/a.pem"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(need)
    one, two = scanned(tmp_path, "web1"), scanned(tmp_path / "usr", "web2")
    whole = fleet([one, two])
    assert [(len(store.places), store.present, store.missing) for store in whole.stores] == [
        (1, (), (NEED.fingerprint,)),
        (2, (NEED.fingerprint,), ()),
    ]
    assert scan_text.summary(whole) == "3 places, 2 stores: 1 has it, 1 lacks it"


def test_a_fleet_whose_machines_need_different_things_loses_none_of_them(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_bytes(pem())
    one, two = scanned(tmp_path, "web1"), scanned(tmp_path, "web2")
    two = replace(two, needs=(), stores=tuple(replace(store, missing=()) for store in two.stores))
    for order in ([one, two], [two, one]):
        assert [store.missing for store in fleet(order).stores if store.missing] == [(NEED.fingerprint,)]


def test_no_report_is_no_fleet() -> None:
    with pytest.raises(UsageError):
        fleet([])

"""PKCS#12 as `openssl pkcs12` reads it: of this machine, with and without the legacy provider; and a newer one, in
FIPS mode, too."""

import binascii
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests import debian
from tests.readers import fips, grid, programs
from tests.readers.grid import Made
from tests.realtools import find
from truststore_tool import asn1, readers
from truststore_tool.readers.base import Reading

OPTIONS = {"openssl3": (), "openssl3-legacy": ("-legacy",)}


def made(folder: Path) -> Iterator[Made]:
    for store in (*grid.by_openssl(folder), *grid.by_cryptography(), *grid.by_us()):
        if store.storetype == "PKCS12":
            yield store


def without_mac(store: Made) -> Made:
    parts = asn1.read_exactly(store.data).children()
    return store._replace(name=f"{store.name}, no MAC", data=asn1.sequence(*(part.raw for part in parts[:2])))


def problem(printed: programs.Printed, reading: Reading) -> str | None:
    if reading.loads is None:
        return None
    if reading.loads == printed.failed:
        return f"predicted {reading.error or 'loads'}, but {printed.err or 'loads'}"
    if printed.failed:
        return None if (reading.error or "") in printed.err else f"predicted {reading.error}, but {printed.err}"
    blocks = printed.out.split(b"-----BEGIN CERTIFICATE-----")[1:]
    seen = [binascii.a2b_base64(block.split(b"-----END")[0]) for block in blocks]
    ours = [c.der for c in (*(reading.anchors or ()), *(left.certificate for left in reading.left_out))]
    return None if sorted({*seen}) == sorted(ours) else f"predicted {len(ours)} certificates, but {len(seen)}"


@pytest.mark.parametrize("name", OPTIONS)
def test_openssl_makes_of_every_store_what_is_predicted(name: str, tmp_path: Path) -> None:
    find("openssl")
    reader = readers.named(name)
    found: Counter[bool | None] = Counter()
    for number, store in enumerate(made(tmp_path)):
        others = () if number % 5 else ("wrong-one", "")
        for password in (store.password, *others):
            reading = reader.read(store.data, password)
            printed = programs.openssl_pkcs12(store.data, password, OPTIONS[name])
            assert problem(printed, reading) is None, (store.name, password)
            found[reading.loads] += 1
    assert found[None] < found.total() / 5
    assert found[True] > 60


@pytest.mark.parametrize("name", ["openssl3", "openssl3-fips"])
def test_a_newer_openssl_and_that_of_fips_do_as_well(name: str, tmp_path: Path) -> None:
    there, reader = debian.there(), readers.named(name)
    found: Counter[bool | None] = Counter()
    with fips.running(there) if name.endswith("fips") else nullcontext(there.command("openssl")) as openssl:
        for number, store in enumerate([*made(tmp_path)][::6]):  # in FIPS mode each start tests itself for a while
            for each in (store, without_mac(store)):
                for password in (each.password,) if number % 5 else (each.password, "wrong-one"):
                    reading = reader.read(each.data, password)
                    printed = programs.openssl_pkcs12(each.data, password, program=openssl)
                    assert problem(printed, reading) is None, (each.name, password)
                    found[reading.loads] += 1
    assert found[None] < found.total() / 5
    assert found[True] > 7
    assert found[False] > 7

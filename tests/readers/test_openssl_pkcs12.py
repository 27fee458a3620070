"""PKCS#12 as `openssl pkcs12` reads it, with and without the legacy provider."""

import binascii
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.readers import grid, programs
from tests.readers.grid import Made
from tests.realtools import find
from truststore_tool import readers
from truststore_tool.readers.base import Reading

OPTIONS = {"openssl3": (), "openssl3-legacy": ("-legacy",), "openssl3-fips": ("-propquery", "fips=yes")}


def made(folder: Path) -> Iterator[Made]:
    for store in (*grid.by_openssl(folder), *grid.by_cryptography(), *grid.by_us()):
        if store.storetype == "PKCS12":
            yield store


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
    assert (found[True] > 60) == (name != "openssl3-fips")

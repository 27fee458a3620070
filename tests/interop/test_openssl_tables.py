"""The tables of names that the openssl front end carries, held against those of the real openssl."""

import re

import pytest

from tests.realtools import find, run
from truststore_tool.shims.openssl import digests, objects

_NO_DIGESTS = ({"null"}, {"keccak-kmac-128", "keccak-kmac128"}, {"keccak-kmac-256", "keccak-kmac256"})


def _openssl(*arguments: str, data: bytes = b"") -> str:
    return run(find("openssl"), *arguments, stdin=data).decode()


def test_objects_have_the_names_that_openssl_lists() -> None:
    listed = {}
    for line in _openssl("list", "-objects").splitlines():
        if found := re.fullmatch(r"(?P<short>.+?) = (?:(?P<long>.+), )?(?P<dotted>\d[\d.]+)", line):
            short = found["short"]
            listed[found["dotted"]] = (short, found["long"] or short)
    ours = {dotted: (names.short, names.long) for dotted, names in objects.table().items()}
    assert len(ours) > 400
    assert ours == {dotted: listed.get(dotted) for dotted in ours}


def test_digests_have_the_names_that_openssl_lists() -> None:
    provided = _openssl("list", "-digest-algorithms").partition("Provided:")[2]
    listed = [set(line.rpartition(" @ ")[0].lower().strip(" {}").split(", ")) for line in provided.strip().splitlines()]
    ours: dict[str, set[str]] = {}
    for alias, algorithm in digests.NAMES.items():
        ours.setdefault(algorithm, set()).add(alias)
    assert sorted(map(sorted, ours.values())) == sorted(sorted(n) for n in listed if n not in _NO_DIGESTS)


@pytest.mark.parametrize("name", sorted(name for name in digests.NAMES if not name[0].isdigit()))
def test_a_digest_is_the_one_that_openssl_computes(name: str) -> None:
    printed = _openssl("dgst", "-r", f"-{name}", data=b"abc")
    assert digests.digest(name, b"abc") == bytes.fromhex(printed.split()[0])

"""The tables of names that the openssl front end carries, held against those of the real openssl."""

import re

import pytest

from tests.interop import openssl_pair
from tests.realtools import find, run
from truststore_tool.shims.openssl import VERSION_VARIABLE, digests, objects

RELEASES = pytest.mark.parametrize("release", openssl_pair.RELEASES)
# What this openssl has no digest for: in neither release, and in 3.5.
_NO_DIGESTS = ({"null"}, {"keccak-kmac-128", "keccak-kmac128"}, {"keccak-kmac-256", "keccak-kmac256"})
_NO_NEWER_DIGESTS = (
    *({f"keccak-{bits}"} for bits in (224, 256, 384, 512)),
    {"sha-256/192", "sha2-256/192", "sha256-192"},
)


@RELEASES
def test_objects_have_the_names_that_openssl_lists(release: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VERSION_VARIABLE, release)
    listed = {}
    with openssl_pair.installed(release) as openssl:
        lines = openssl.run("list", "-objects").decode().splitlines()
    for line in lines:
        if found := re.fullmatch(r"(?P<short>.+?) = (?:(?P<long>.+), )?(?P<dotted>\d[\d.]+)", line):
            short = found["short"]
            listed[found["dotted"]] = (short, found["long"] or short)
    ours = {dotted: (names.short, names.long) for dotted, names in objects.table().items()}
    assert len(ours) > 400
    assert ours == {dotted: listed.get(dotted) for dotted in ours}


@RELEASES
def test_digests_have_the_names_that_openssl_lists(release: str) -> None:
    with openssl_pair.installed(release) as openssl:
        provided = openssl.run("list", "-digest-algorithms").decode().partition("Provided:")[2]
    listed = [set(line.rpartition(" @ ")[0].lower().strip(" {}").split(", ")) for line in provided.strip().splitlines()]
    ours: dict[str, set[str]] = {}
    for alias, algorithm in digests.NAMES.items():
        ours.setdefault(algorithm, set()).add(alias)
    outside = _NO_DIGESTS + (_NO_NEWER_DIGESTS if release == "3.5" else ())
    assert sorted(map(sorted, ours.values())) == sorted(sorted(n) for n in listed if n not in outside)


@pytest.mark.parametrize("name", sorted(name for name in digests.NAMES if not name[0].isdigit()))
def test_a_digest_is_the_one_that_openssl_computes(name: str) -> None:
    length = ("-xoflen", {"shake_128": "16", "shake_256": "32"}.get(digests.NAMES[name], ""))
    words = length if length[1] else ()
    printed = run(find("openssl"), "dgst", "-r", f"-{name}", *words, stdin=b"abc").decode()
    assert digests.digest(name, b"abc") == bytes.fromhex(printed.split()[0])

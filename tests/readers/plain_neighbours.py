"""Neighbours of certificates by the thousand, of which those that are called plain are put before every JVM.

    python -m tests.readers.plain_neighbours NUMBER [FOLDER]

FOLDER holds more stores, whose certificates are asked about and changed as well.
"""

import random
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from tests import debian
from tests.readers import jvms
from tests.readers.jvms import Jvm
from tests.readers.neighbours import mutate, tree
from tests.samples import amazon, certificates
from tests.shims import odd_certificates
from truststore_tool import formats
from truststore_tool.errors import TrustStoreError
from truststore_tool.model import Certificate, TrustedEntry, TrustStore
from truststore_tool.readers.java.parsing import why_refused
from truststore_tool.readers.java.plain import is_plain

_PASSWORD: Final = "changeit"
_AT_ONCE: Final = 500


def made(seeds: Sequence[bytes], number: int, rng: random.Random) -> list[bytes]:
    """So many neighbours: most with a field changed and lengths that fit, the others with octets changed."""
    donors = [node for der in seeds for node in tree(der).all() if len(node.encode()) < 400]
    return [
        mutate(rng.choice(seeds), rng, donors) if rng.random() < 0.7 else _scratched(rng.choice(seeds), rng)
        for _ in range(number)
    ]


def _scratched(der: bytes, rng: random.Random) -> bytes:
    octets = bytearray(der)
    for _ in range(rng.choice((1, 1, 2, 4))):
        octets[rng.randrange(len(octets))] = rng.choice((rng.randrange(256), 0, 0x7F, 0x80, 0xFF))
    return bytes(octets)


def refusing(asked: Iterable[Jvm], ders: Sequence[bytes]) -> dict[str, list[bytes]]:
    """By the name of each JVM that refuses any of them: those that it refuses."""
    found = {jvm.name: _refused(jvm, ders) for jvm in asked}
    return {name: bad for name, bad in found.items() if bad}


def _refused(jvm: Jvm, ders: Sequence[bytes]) -> list[bytes]:
    """One that is refused keeps a whole store from being read, so halves of it are asked about until it is found."""
    if not ders or jvm.ask(_store(ders), _PASSWORD, "JKS").loads:
        return []
    if len(ders) == 1:
        return list(ders)
    half = len(ders) // 2
    return _refused(jvm, ders[:half]) + _refused(jvm, ders[half:])


def _store(ders: Sequence[bytes]) -> bytes:
    codec = formats.get("jks")
    assert codec.dumps is not None
    entries = tuple(TrustedEntry(f"{number}", Certificate(der)) for number, der in enumerate(ders))
    data = codec.dumps(TrustStore(entries, "jks"), _PASSWORD)
    assert isinstance(data, bytes)
    return data


def _certificates_in(folder: Path) -> Iterable[bytes]:
    for path in sorted(folder.iterdir()):
        try:
            yield from (c.der for c in formats.loads(path.read_bytes(), None).all_certificates())
        except TrustStoreError:
            continue


def main(arguments: Sequence[str]) -> int:
    """The command line; the exit code is 1 when anything that is called plain is refused."""
    number = int(arguments[0])
    real = dict.fromkeys(c.der for c in certificates(amazon("rds-global-bundle.pem")))
    for place in map(Path, arguments[1:]):
        real.update(dict.fromkeys(_certificates_in(place)))
    rng = random.Random(5)  # noqa: S311 -- no secret
    seeds = [der for der in real if is_plain(der)] + list(odd_certificates.all_of_them().values())
    every = dict.fromkeys([*real, *made(seeds, number, rng)])
    plain = [der for der in every if is_plain(der)]
    ours = sum(why_refused(der, jdk) is not None for der in plain for jdk in (17, 25))
    print(f"{len(every)} certificates, {len(real)} of them real; plain {len(plain)}; refused by our parsers {ours}")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        classes = jvms.compiled(Path(folder))
        asked = list(stack.enter_context(jvms.running(jvms.homes()[0], classes)).values())
        there = debian.folder()
        if not isinstance(there, str):
            asked.append(stack.enter_context(jvms.running_8(there, classes)))
        bad = 0
        for jvm in asked:
            refused = [der for at in range(0, len(plain), _AT_ONCE) for der in _refused(jvm, plain[at : at + _AT_ONCE])]
            bad += len(refused)
            print(f"{jvm.name}: {len(refused)} refused", *(der.hex() for der in refused[:3]), flush=True)
    return int(bool(bad or ours))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Damaged PEM files, thousands of them, through OpenSSL and through what is known of it.

python -m tests.readers.pem_mutations NUMBER [SEED]
"""

import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from random import Random
from typing import Final, NamedTuple

from tests.readers import libcrypto, pem_grid
from tests.readers.libcrypto import Loaded
from tests.torture import seeds
from tests.torture.mutation import mutate
from truststore_tool import asn1, readers
from truststore_tool.oids import SERVER_AUTH
from truststore_tool.readers.base import Reading
from truststore_tool.readers.openssl.trust import UNHANDLED

_LABELS: Final = (b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE")


class Outcome(NamedTuple):
    """How many files were asked about, how many of them load, of how many nothing is known; and what differs."""

    asked: int
    loading: int
    unknown: int
    differing: tuple[tuple[bytes, str], ...]


def damaged(number: int, seed: int, *, odd: bool = False) -> Iterator[bytes]:
    """That many damaged files, the same for the same seed: two of three changed as text, the third in its DER.

    Those that only OpenSSL reads are among what is changed where `odd`.
    """
    rng = Random(seed)  # noqa: S311 -- not for secrets
    cases = chain(pem_grid.cases(), pem_grid.odd() if odd else ())
    texts = [*seeds.pem_files(), *(data for _, data in cases if len(data) < 8000)]
    ders = [certificate.der for certificate in seeds.certificates()]
    ders += [der + pem_grid.settings((SERVER_AUTH,), ()) for der in ders]
    for index in range(number):
        yield mutate(rng, texts) if index % 3 else pem_grid.block(mutate(rng, ders), rng.choice(_LABELS))


def difference(loaded: Loaded, reading: Reading) -> str | None:
    """What is not as predicted of whether it loads, of the certificates, of the anchors and of the words."""
    if (reading.loads is True) != (not loaded.reasons):
        return f"predicted {reading.error or 'loads'}, but {loaded.reasons or 'loads'}"
    if loaded.reasons:
        known = [reason for reason in (reading.error, reading.cause) if reason]
        return None if set(known) <= set(loaded.reasons) else f"predicted {known}, but {loaded.reasons}"
    anchors = sorted(_signed_part(certificate.der) for certificate in reading.anchors or ())
    # X509_check_trust does not look for them.
    unhandled = [_signed_part(left.certificate.der) for left in reading.left_out if left.reason == UNHANDLED]
    if sorted(anchors + unhandled) != sorted(_signed_part(der) for der, trusted in loaded.certificates if trusted):
        reasons = [left.reason for left in reading.left_out]
        return f"predicted {len(anchors)} anchors, but {[trusted for _, trusted in loaded.certificates]} ({reasons})"
    seen = {*anchors, *(_signed_part(left.certificate.der) for left in reading.left_out)}
    return None if seen == {_signed_part(der) for der, _ in loaded.certificates} else "predicted other certificates"


def _signed_part(der: bytes) -> bytes:
    """The TBSCertificate: what is around it OpenSSL encodes anew."""
    return asn1.read(der).inner().raw


def compare(number: int, seed: int) -> Outcome:
    """What becomes of that many damaged files."""
    reader = readers.named("openssl3")
    loading = unknown = 0
    differing: list[tuple[bytes, str]] = []
    for data in damaged(number, seed, odd=True):
        # What is no PEM but DER or PKCS#12 this reader takes by another door.
        reading = reader.read(b"\n" + data if data[:1] == b"\x30" else data, None)
        loaded = libcrypto.load_file(data)
        loading += not loaded.reasons
        if reading.loads is None:
            unknown += 1
        elif what := difference(loaded, reading):
            differing.append((data, what))
    return Outcome(number, loading, unknown, tuple(differing))


def main(arguments: Sequence[str]) -> int:
    """The command line; the exit code is 1 when anything differs."""
    outcome = compare(int(arguments[0]), int("".join(arguments[1:]) or "1"))
    print(f"{outcome.asked} files, of which {outcome.loading} load")
    print(f"nothing known of {outcome.unknown}, {len(outcome.differing)} differ")
    for data, what in outcome.differing:
        print(f"{what}: {data[:60]!r}...")
    return int(bool(outcome.differing))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

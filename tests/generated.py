"""Stores of every content that formats can hold, for tests of round trips."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import strategies as st

from tests import samples
from truststore_tool import formats
from truststore_tool.model import Certificate, OpaqueEntry, TrustedEntry, TrustStore, fold_alias

CERTIFICATES: Final = tuple(dict.fromkeys(samples.certificates(samples.amazon("rds-global-bundle.pem"))))
# Java's lower case and Python's differ in a few letters; an alias that neither changes is compared as it stands.
ALIASES: Final = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=24).filter(
    lambda alias: fold_alias(alias) == alias == alias.strip() and not alias[-1].isspace()
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
DATES: Final = st.integers(0, 4_102_444_800_000).map(lambda milliseconds: _EPOCH + timedelta(milliseconds=milliseconds))
WRITABLE: Final = tuple(name for name in formats.FILE_NAMES if formats.get(name).dumps is not None)
# The formats whose trusted entries have a date.
DATED: Final = ("jks", "jceks")


@st.composite
def stores(draw: st.DrawFn, name: str, keys: Sequence[OpaqueEntry] = ()) -> TrustStore:
    """A store of the format called `name`: up to six certificates, the same one more than once, and maybe keys."""
    aliased = formats.get(name).has_aliases
    chosen = draw(st.lists(st.sampled_from(CERTIFICATES), min_size=0 if aliased else 1, max_size=6))
    aliases = draw(st.lists(ALIASES, min_size=len(chosen) + 2, max_size=len(chosen) + 2, unique_by=fold_alias))
    entries = [
        _entry(draw, certificate, alias if aliased else "", dated=name in DATED)
        for certificate, alias in zip(chosen, aliases, strict=False)
    ]
    for key, alias in zip(
        draw(st.lists(st.sampled_from(keys), max_size=1)) if keys else (), aliases[-2:], strict=False
    ):
        entries.append(OpaqueEntry(alias, key.kind, key.format, key.payload, key.certificates, draw(DATES)))
    return TrustStore(tuple(entries), format=name)


def _entry(draw: st.DrawFn, certificate: Certificate, alias: str, *, dated: bool) -> TrustedEntry | OpaqueEntry:
    return TrustedEntry(alias, certificate, draw(DATES) if dated else None)

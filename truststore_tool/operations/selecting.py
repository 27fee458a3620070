"""Picking entries by alias or fingerprint."""

from collections.abc import Sequence

from truststore_tool.errors import FindingError
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.model import Certificate, TrustedEntry, TrustStore, fold_alias
from truststore_tool.operations.aliases import shown_alias


def select(store: TrustStore, *, alias: str | None = None, fingerprints: Sequence[Fingerprint] = ()) -> TrustStore:
    """`store` with only the entries of this alias (as Java compares them) or with a certificate so fingerprinted.

    Raises FindingError when the alias or one of the fingerprints is not there.
    """
    entries = []
    missing = set(fingerprints)
    algorithms = {item.algorithm for item in fingerprints}
    for entry in store.entries:
        digests = {c.fingerprint(name) for c in entry.certificates for name in algorithms} & set(fingerprints)
        missing -= digests
        if digests or (alias is not None and fold_alias(shown_alias(entry)) == fold_alias(alias)):
            entries.append(entry)
    if alias is not None and not entries:
        raise FindingError(f"no entry {alias!r}", hint="list the store to see its aliases")
    if missing:
        raise FindingError(f"no certificate with fingerprint {', '.join(map(str, missing))}")
    return store.with_entries(tuple(entries))


def certificates_of(store: TrustStore, target: str, *, keys: bool) -> TrustStore:
    """A store of format `target` with the certificates of `store`, each once, in file order.

    Args:
        keys: whether the chains of keys count, leaf first.
    """
    found: dict[Certificate, None] = {}
    for entry in store.entries:
        if keys or isinstance(entry, TrustedEntry):
            found.update(dict.fromkeys(entry.certificates))
    return TrustStore(tuple(TrustedEntry("", certificate) for certificate in found), target, "absent")

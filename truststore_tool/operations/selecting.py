"""Picking entries by alias or fingerprint."""

from collections.abc import Sequence

from truststore_tool.errors import FindingError
from truststore_tool.fingerprints import Fingerprint, FingerprintSet
from truststore_tool.model import Certificate, TrustedEntry, TrustStore
from truststore_tool.nouns import replace
from truststore_tool.operations.aliases import LIST_FIRST, AliasIndex


def select(store: TrustStore, *, alias: str | None = None, fingerprints: Sequence[Fingerprint] = ()) -> TrustStore:
    """`store` with only the entry of this alias (see `AliasIndex`) and those with a certificate of these fingerprints.

    Raises FindingError when the alias or one of the fingerprints is not there, or the alias means several entries.
    """
    chosen = None if alias is None else AliasIndex(store).place_of(alias)
    entries = []
    missing = set(fingerprints)
    wanted = FingerprintSet(fingerprints)
    for place, entry in enumerate(store.entries):
        found = {fingerprint for each in entry.certificates for fingerprint in wanted.of_certificate(each.der)}
        missing -= found
        if found or place == chosen:
            entries.append(entry)
    if missing:
        marked = any(missing & wanted.of_certificate(item.certificate.der) for item in store.distrusted)
        hint = "the store marks it as distrusted" if marked else LIST_FIRST
        raise FindingError(f"no certificate with fingerprint {', '.join(map(str, missing))}", hint=hint)
    return replace(store, entries=tuple(entries), distrusted=())


def certificates_of(store: TrustStore, target: str, *, keys: bool) -> TrustStore:
    """A store of format `target` with the certificates of `store`, each once, in file order.

    Args:
        keys: whether the chains of keys count, leaf first.
    """
    found: dict[Certificate, None] = {}
    for entry in store.entries:
        if keys or isinstance(entry, TrustedEntry):
            found.update(dict.fromkeys(entry.certificates))
    return TrustStore(tuple(TrustedEntry("", certificate.in_der()) for certificate in found), target, "absent")

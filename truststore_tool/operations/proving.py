"""The last step of an import: what stands in the finished file, held against what the sources said."""

from collections.abc import Sequence
from datetime import datetime

from truststore_tool.errors import WriteError
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.model import Certificate, EntryKind, TrustStore
from truststore_tool.nouns import noun


@noun
class Proof:
    """One certificate in the source and in the store as it was read back: equal fingerprints, or no Proof.

    Attributes:
        alias, kind, created: of the entry in the store.
        sha1, sha256: the fingerprints in the store, which are those in the source.
    """

    alias: str
    kind: EntryKind
    created: datetime | None
    sha1: Fingerprint
    sha256: Fingerprint


def prove(reread: TrustStore, sources: Sequence[Certificate]) -> tuple[Proof, ...]:
    """Find each source certificate in the store that was read back.

    Raises WriteError when one is not there: the file is not what was meant.
    """
    index = {entry.certificate: entry for entry in reversed(list(reread.trusted()))}
    proofs = []
    for certificate in sources:
        entry = index.get(certificate)
        sha1, sha256 = certificate.fingerprint("sha1"), certificate.sha256
        if entry is None or (entry.certificate.fingerprint("sha1"), entry.certificate.sha256) != (sha1, sha256):
            raise WriteError(f"the store does not hold {sha256} after it was written")
        proofs.append(Proof(entry.alias, entry.kind, entry.created, sha1, sha256))
    return tuple(proofs)

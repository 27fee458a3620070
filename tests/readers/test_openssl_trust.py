"""Which certificates OpenSSL takes for trust anchors: chains below them that are right but for their signature."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from tests import samples
from tests.readers import forged, libcrypto, pem_grid
from truststore_tool import readers
from truststore_tool.model import Certificate
from truststore_tool.readers.openssl import certificate, trust

STRICT, PARTIAL, NO_TIME = 0x20, 0x80000, 0x200000
KEY = ec.generate_private_key(ec.SECP256R1())
# Extensions and whether they are critical; None leaves one out.
CONSTRAINTS = (None, (True, True, None), (True, False, None), (True, True, 1), (False, True, None))
USAGES = (None, (True, True), (True, False))
IDENTIFIERS = (None, False, True)


def roots() -> Iterator[Certificate]:
    """Self-signed certificates with all combinations of the extensions that count."""
    for constraints, usage, subject_key, authority_key in product(CONSTRAINTS, USAGES, IDENTIFIERS, IDENTIFIERS):
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "root")])
        builder = x509.CertificateBuilder(name, name, KEY.public_key(), 1)
        builder = builder.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        builder = builder.not_valid_after(datetime(2045, 1, 1, tzinfo=UTC))
        if constraints is not None:
            ca, critical, length = constraints
            builder = builder.add_extension(x509.BasicConstraints(ca, length), critical)
        if usage is not None:
            flags = [False] * 9
            flags[5 if usage[1] else 0] = True
            builder = builder.add_extension(x509.KeyUsage(*flags), usage[0])
        if subject_key is not None:
            builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(KEY.public_key()), subject_key)
        if authority_key is not None:
            identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(KEY.public_key())
            builder = builder.add_extension(identifier, authority_key)
        yield Certificate(builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.DER))


@pytest.mark.parametrize("name", ["openssl3", "python3.13"])
def test_openssl_trusts_the_roots_that_are_predicted(name: str) -> None:
    reader = readers.named(name)
    flags = STRICT | PARTIAL if name == "python3.13" else 0
    found: Counter[str] = Counter()
    for root in (*roots(), *samples.certificates(samples.amazon("rds-global-bundle.pem"))):
        reading = reader.read(pem_grid.block(root.der), None)
        reason = next((left.reason for left in reading.left_out), None)
        said = libcrypto.verdict(forged.below(root), root.der, flags | NO_TIME)
        if reason is None and said == "invalid CA certificate":
            said = None  # it can end a chain of its own only, and is an anchor for that
            assert not root.is_ca or not _signs(root)
        if reason == trust.NOT_SELF_SIGNED:
            reason = "unable to get issuer certificate"
        assert reason == said
        found[reason or "trusted"] += 1
    assert found["trusted"] > 100 if name == "openssl3" else len(found) > 5


def _signs(root: Certificate) -> bool:
    """Whether its keyUsage lets it sign certificates, as cryptography reads it."""
    usages = [item.value for item in root.x509.extensions if isinstance(item.value, x509.KeyUsage)]
    return all(usage.key_cert_sign for usage in usages)


def test_any_certificate_ends_a_chain_where_partial_ones_are_allowed() -> None:
    fields = certificate.read(pem_grid.INTERMEDIATE)
    assert trust.why_not(fields, None, partial=False, strict=False) == trust.NOT_SELF_SIGNED
    assert trust.why_not(fields, None, partial=True, strict=False) is None
    leaf = forged.below(Certificate(pem_grid.INTERMEDIATE))
    assert libcrypto.verdict(leaf, pem_grid.INTERMEDIATE, PARTIAL | NO_TIME) is None
    assert libcrypto.verdict(leaf, pem_grid.INTERMEDIATE, NO_TIME) is not None

"""RSA signatures without a library, against one."""

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from truststore_tool.shims.keytool import rsa_signature

KEY = rsa.generate_private_key(65537, 2048)
INFO = KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
MESSAGE = b"to be signed"


@pytest.mark.parametrize(
    ("algorithm", "digest"),
    [("SHA1withRSA", hashes.SHA1()), ("SHA256withRSA", hashes.SHA256()), ("SHA512withRSA", hashes.SHA512())],  # noqa: S303 -- old roots bear it
)
def test_a_signature_verifies_and_a_changed_one_does_not(algorithm: str, digest: hashes.HashAlgorithm) -> None:
    signature = KEY.sign(MESSAGE, padding.PKCS1v15(), digest)
    assert rsa_signature.verifies(algorithm, INFO, MESSAGE, signature)
    assert not rsa_signature.verifies(algorithm, INFO, MESSAGE + b"!", signature)
    assert not rsa_signature.verifies(algorithm, INFO, MESSAGE, signature[:-1] + bytes((signature[-1] ^ 1,)))
    assert not rsa_signature.verifies("SHA384withRSA", INFO, MESSAGE, signature)


@pytest.mark.parametrize(
    "info", [b"", b"\x30\x00", INFO[:-1], INFO.replace(b"\x02\x03\x01\x00\x01", b"\x02\x03\x00\x00\x00")]
)
def test_a_damaged_key_verifies_nothing(info: bytes) -> None:
    signature = KEY.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    assert not rsa_signature.verifies("SHA256withRSA", info, MESSAGE, signature)

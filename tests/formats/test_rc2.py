"""RC2 against the vectors of RFC 2268, and against cryptography where it offers RC2 at all (128 bits)."""

import os

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import RC2
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import CBC

from truststore_tool.formats.crypto import rc2

# RFC 2268, section 5: key, effective key bits, plaintext, ciphertext.
VECTORS = [
    ("0000000000000000", 63, "0000000000000000", "ebb773f993278eff"),
    ("ffffffffffffffff", 64, "ffffffffffffffff", "278b27e42e2f0d49"),
    ("3000000000000000", 64, "1000000000000001", "30649edf9be7d2c2"),
    ("88", 64, "0000000000000000", "61a8a244adacccf0"),
    ("88bca90e90875a", 64, "0000000000000000", "6ccf4308974c267f"),
    ("88bca90e90875a7f0f79c384627bafb2", 64, "0000000000000000", "1a807d272bbe5db1"),
    ("88bca90e90875a7f0f79c384627bafb2", 128, "0000000000000000", "2269552ab0f85ca6"),
    (
        "88bca90e90875a7f0f79c384627bafb216f80a6f85920584c42fceb0be255daf1e",
        129,
        "0000000000000000",
        "5b78d3a43dfff1f1",
    ),
]
NO_IV = bytes(8)


@pytest.mark.parametrize(("key", "bits", "plain", "secret"), VECTORS)
def test_vectors_of_the_rfc(key: str, bits: int, plain: str, secret: str) -> None:
    assert rc2.encrypt(bytes.fromhex(key), bits, NO_IV, bytes.fromhex(plain)).hex() == secret
    assert rc2.decrypt(bytes.fromhex(key), bits, NO_IV, bytes.fromhex(secret)).hex() == plain


def test_blocks_are_chained_as_another_implementation_chains_them() -> None:
    key, iv, plain = os.urandom(16), os.urandom(8), os.urandom(80)
    machine = Cipher(RC2(key), CBC(iv)).encryptor()
    secret = machine.update(plain) + machine.finalize()
    assert rc2.encrypt(key, 128, iv, plain) == secret
    assert rc2.decrypt(key, 128, iv, secret) == plain

"""Algorithm names, key descriptions and what the JDK's security properties call weak or disabled."""

import re
from typing import Final, Literal

from truststore_tool import asn1
from truststore_tool.asn1 import Element
from truststore_tool.nouns import noun
from truststore_tool.readers.java.der import (
    JavaFormatError,
    bit_count,
    bit_string,
    expect_integer,
    first_of,
    nth,
    oid_content,
    parts,
    sequence,
    value,
)
from truststore_tool.readers.java.parameters import CURVES, algorithm_identifier

# "signed-jar": disabled, but only for signing JARs after 2019-01-01.
Verdict = Literal["", "weak", "disabled", "signed-jar"]

# sun.security.util.KnownOIDs, as far as certificates are signed with them.
_SIGNATURES: Final = {
    "1.2.840.113549.1.1.2": "MD2withRSA",
    "1.2.840.113549.1.1.4": "MD5withRSA",
    "1.2.840.113549.1.1.5": "SHA1withRSA",
    "1.2.840.113549.1.1.10": "RSASSA-PSS",
    "1.2.840.113549.1.1.11": "SHA256withRSA",
    "1.2.840.113549.1.1.12": "SHA384withRSA",
    "1.2.840.113549.1.1.13": "SHA512withRSA",
    "1.2.840.113549.1.1.14": "SHA224withRSA",
    "1.2.840.113549.1.1.15": "SHA512/224withRSA",
    "1.2.840.113549.1.1.16": "SHA512/256withRSA",
    "1.3.14.3.2.15": "SHA1withRSA",
    "1.3.14.3.2.29": "SHA1withRSA",
    "1.3.14.3.2.13": "SHA1withDSA",
    "1.3.14.3.2.27": "SHA1withDSA",
    "1.2.840.10040.4.3": "SHA1withDSA",
    "2.16.840.1.101.3.4.3.1": "SHA224withDSA",
    "2.16.840.1.101.3.4.3.2": "SHA256withDSA",
    "2.16.840.1.101.3.4.3.3": "SHA384withDSA",
    "2.16.840.1.101.3.4.3.4": "SHA512withDSA",
    "2.16.840.1.101.3.4.3.5": "SHA3-224withDSA",
    "2.16.840.1.101.3.4.3.6": "SHA3-256withDSA",
    "2.16.840.1.101.3.4.3.7": "SHA3-384withDSA",
    "2.16.840.1.101.3.4.3.8": "SHA3-512withDSA",
    "2.16.840.1.101.3.4.3.9": "SHA3-224withECDSA",
    "2.16.840.1.101.3.4.3.10": "SHA3-256withECDSA",
    "2.16.840.1.101.3.4.3.11": "SHA3-384withECDSA",
    "2.16.840.1.101.3.4.3.12": "SHA3-512withECDSA",
    "2.16.840.1.101.3.4.3.13": "SHA3-224withRSA",
    "2.16.840.1.101.3.4.3.14": "SHA3-256withRSA",
    "2.16.840.1.101.3.4.3.15": "SHA3-384withRSA",
    "2.16.840.1.101.3.4.3.16": "SHA3-512withRSA",
    "1.2.840.10045.4.1": "SHA1withECDSA",
    "1.2.840.10045.4.3.1": "SHA224withECDSA",
    "1.2.840.10045.4.3.2": "SHA256withECDSA",
    "1.2.840.10045.4.3.3": "SHA384withECDSA",
    "1.2.840.10045.4.3.4": "SHA512withECDSA",
    "1.3.101.112": "Ed25519",
    "1.3.101.113": "Ed448",
    "1.2.840.10045.4.3": "SpecifiedSHA2withECDSA",
}
# Names that only newer releases know.
_SIGNATURES_25: Final = {
    "2.16.840.1.101.3.4.3.17": "ML-DSA-44",
    "2.16.840.1.101.3.4.3.18": "ML-DSA-65",
    "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
    "1.2.840.113549.1.9.16.3.17": "HSS/LMS",
}
_SPECIFIED_ECDSA: Final = "1.2.840.10045.4.3"
_DIGESTS: Final = {
    "1.3.14.3.2.26": "SHA1",
    "2.16.840.1.101.3.4.2.1": "SHA256",
    "2.16.840.1.101.3.4.2.2": "SHA384",
    "2.16.840.1.101.3.4.2.3": "SHA512",
    "2.16.840.1.101.3.4.2.4": "SHA224",
}
_KEY_ALGORITHMS: Final = {
    "1.2.840.113549.1.1.1": "RSA",
    "1.2.840.113549.1.1": "RSA",
    "2.5.8.1.1": "RSA",
    "1.2.840.113549.1.1.10": "RSASSA-PSS",
    "1.2.840.10046.2.1": "DH",
    "1.2.840.10045.2.1": "EC",
    "1.2.840.10040.4.1": "DSA",
    "1.3.14.3.2.12": "DSA",
    "1.2.840.113549.1.3.1": "DH",
}
_EDWARDS: Final = {"1.3.101.112": ("Ed25519", 255, 32), "1.3.101.113": ("Ed448", 448, 57)}
_MONTGOMERY: Final = {"1.3.101.110": ("X25519", 255, 32), "1.3.101.111": ("X448", 448, 56)}
# ML-DSA and ML-KEM (sun.security.x509.NamedX509Key).
_LATTICES: Final = {
    *(f"2.16.840.1.101.3.4.3.{number}" for number in (17, 18, 19)),
    *(f"2.16.840.1.101.3.4.4.{number}" for number in (1, 2, 3)),
}
_HASH_TREE: Final = "1.2.840.113549.1.9.16.3.17"
_LMS_TYPES: Final = range(5, 10)  # LMS_SHA256_M32_H5 to H25
_HASH_TREE_KEY: Final = 60
_LARGEST_RSA: Final = 16384
# Above this size the exponent is bounded, too (RSAKeyFactory.MAX_MODLEN_RESTRICT_EXP, MAX_RESTRICTED_EXPLEN).
_LARGEST_FREE_RSA: Final = 3072
_LONGEST_EXPONENT: Final = 64


@noun
class PublicKey:
    """A subject public key: the JDK's name of its algorithm, size in bits or None, and curve name or empty."""

    algorithm: str
    size: int | None
    curve: str = ""

    def describe(self, jdk: int) -> str:
        """As keytool prints it, e.g. ``2048-bit RSA key``."""
        shown = f"{self.algorithm} ({self.curve})" if self.curve else self.algorithm
        if self.size is None:
            return f"{shown} key" if jdk >= 25 else f"{shown} key of unknown size"
        return f"{self.size}-bit {shown} key"


def signature_name(identifier: str, parameters: Element | None, jdk: int) -> str:
    """That release's name of a signature algorithm; an unknown one is its OID."""
    if identifier == _SPECIFIED_ECDSA and parameters is not None:
        digest, _ = algorithm_identifier(parameters)
        return f"{_DIGESTS.get(digest, digest)}withECDSA"
    if jdk >= 25 and identifier in _SIGNATURES_25:
        return _SIGNATURES_25[identifier]
    return _SIGNATURES.get(identifier, identifier)


def public_key(element: Element, jdk: int) -> PublicKey:
    """The key of a SubjectPublicKeyInfo. Raises JavaFormatError where the JDK refuses it."""
    fields = sequence(element, "corrupt subject key")
    if len(fields) != 2:
        raise JavaFormatError("excess subject key")
    identifier, parameters = algorithm_identifier(nth(fields, 0))
    content = bit_string(fields[1])
    key_bits = bit_count(fields[1])
    match _KEY_ALGORITHMS.get(identifier):
        case "RSA" | "RSASSA-PSS" as algorithm:
            return PublicKey(algorithm, _rsa_size(content))
        case "EC":
            return _ec_key(parameters, content)
        case "DSA" | "DH" as algorithm:
            if algorithm == "DH" and parameters is None:
                raise _bad_key("Parameters missing")
            expect_integer(first_of(content))
            prime = b"" if parameters is None else nth(parts(parameters), 0).value
            return PublicKey(algorithm, int.from_bytes(prime, "big").bit_length() or None)
    if identifier in _EDWARDS:
        name, bits, octets = _EDWARDS[identifier]
        if key_bits != 8 * octets:
            raise _bad_key(f"key length must be {octets}")
        return PublicKey(name, bits if jdk < 25 else None)
    if identifier in _MONTGOMERY:
        name, bits, octets = _MONTGOMERY[identifier]
        if key_bits != 8 * octets:
            raise _bad_key(f"key length must be {octets}")
        return PublicKey("XDH", bits) if jdk < 25 else PublicKey(name, None)
    if jdk >= 25 and identifier == _HASH_TREE:
        _check_hash_tree(content, parameters)
    if jdk >= 25 and identifier in _LATTICES and parameters is not None:
        raise _bad_key("algorithm identifier has params")
    return PublicKey(_SIGNATURES_25.get(identifier, identifier) if jdk >= 25 else identifier, None)


def _bad_key(words: str) -> JavaFormatError:
    """What X509Key.parse makes of the InvalidKeyException of a key factory."""
    return JavaFormatError(f"subject key, java.security.InvalidKeyException: {words}")


def _check_hash_tree(content: bytes, parameters: Element | None) -> None:
    """An HSS/LMS key (sun.security.provider.HSS): levels, types of tree and one-time signature, identifier, root."""
    if len(content) < 12:
        raise _bad_key("LMS public key is too short")
    if content[0] == asn1.OCTET_STRING and content[1] == len(content) - 2:
        content = content[2:]
    tree = int.from_bytes(content[4:8], "big")
    if tree not in _LMS_TYPES:
        raise _bad_key("Unsupported or bad LMS type")
    if len(content) != _HASH_TREE_KEY or parameters is not None:
        raise _bad_key("X509Key is not an HSS key")


def _rsa_size(content: bytes) -> int:
    """Bits of the modulus, if the JDK takes the key (RSAPublicKeyImpl, RSAKeyFactory.checkKeyLengths)."""
    fields = sequence(value(content), "Sequence tag error")
    if len(fields) != 2:
        raise _bad_key("Invalid RSA public key")
    for field in fields:
        expect_integer(field)
    # Both count as positive, whatever the first bit says (DerValue.getPositiveBigInteger).
    modulus, exponent = (int.from_bytes(field.value, "big") for field in fields)
    size = modulus.bit_length()
    if size < 505:  # it counts whole bytes: 505 bits are 64 of them
        raise _bad_key("RSA keys must be at least 512 bits long")
    if size > _LARGEST_RSA:
        raise _bad_key(f"RSA keys must be no longer than {_LARGEST_RSA} bits")
    if size > _LARGEST_FREE_RSA and exponent.bit_length() > _LONGEST_EXPONENT:
        raise _bad_key(
            f"RSA exponents can be no longer than {_LONGEST_EXPONENT} bits  if modulus is greater than "
            f"{_LARGEST_FREE_RSA} bits"
        )
    if exponent < 3:
        raise _bad_key("exponent is smaller than 3")
    if exponent > modulus:
        raise _bad_key("exponent is larger than modulus")
    return size


def _field_octets(name: str, size: int) -> int:
    """Octets of a coordinate; the field's size is in the curve's name, where it differs from the order's."""
    found = re.search(r"\d{3}", name)
    return ((int(found[0]) if found else size) + 7) // 8


def _ec_key(parameters: Element | None, point: bytes) -> PublicKey:
    if parameters is None:
        raise _bad_key("EC domain parameters must be encoded in the algorithm identifier")
    curve = oid_content(parameters.value) if parameters.tag == asn1.OBJECT_IDENTIFIER else ""
    if curve not in CURVES:
        raise _bad_key(f"Unknown named curve: {curve}")
    if point[:1] != b"\x04":
        raise _bad_key("Invalid EC key")
    name, size = CURVES[curve]
    if (len(point) - 1) // 2 != _field_octets(name, size):
        raise _bad_key("Invalid EC key")
    return PublicKey("EC", size, name)


# jdk.certpath.disabledAlgorithms and jdk.security.legacyAlgorithms of the java.security file of both releases.
_SMALLEST_ENABLED: Final = {"RSA": 1024, "DSA": 1024, "EC": 224}
_SMALLEST_STRONG: Final = {"RSA": 2048, "DSA": 2048}


def signature_verdict(name: str) -> Verdict:
    """What the JDK thinks of a signature algorithm, outside signed JARs."""
    digest = name.partition("with")[0]
    if digest in ("MD2", "MD5"):
        return "disabled"
    return "weak" if digest == "SHA1" else ""


def key_verdict(key: PublicKey) -> Verdict:
    """Whether a key is too small for the JDK: disabled, weak (legacy) or neither."""
    size = _SMALLEST_STRONG.get(key.algorithm, 0) if key.size is None else key.size
    if size < _SMALLEST_ENABLED.get(key.algorithm, 0):
        return "disabled"
    return "weak" if size < _SMALLEST_STRONG.get(key.algorithm, 0) else ""

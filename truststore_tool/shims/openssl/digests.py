"""The digests that OpenSSL's default provider offers by name, as far as hashlib computes them."""

from typing import Final

from truststore_tool import digests

# Every name of a digest in lower case, to what hashlib calls it. Aliases as `openssl list -digest-algorithms` has them.
NAMES: Final = {
    alias: name
    for name, *aliases in (
        line.split()
        for line in """
        md5 md5 ssl3-md5 1.2.840.113549.2.5
        sha1 sha1 sha-1 ssl3-sha1 1.3.14.3.2.26
        md5-sha1 md5-sha1
        sha224 sha224 sha-224 sha2-224 2.16.840.1.101.3.4.2.4
        sha256 sha256 sha-256 sha2-256 2.16.840.1.101.3.4.2.1
        sha384 sha384 sha-384 sha2-384 2.16.840.1.101.3.4.2.2
        sha512 sha512 sha-512 sha2-512 2.16.840.1.101.3.4.2.3
        sha512_224 sha512-224 sha-512/224 sha2-512/224 2.16.840.1.101.3.4.2.5
        sha512_256 sha512-256 sha-512/256 sha2-512/256 2.16.840.1.101.3.4.2.6
        sha3_224 sha3-224 2.16.840.1.101.3.4.2.7
        sha3_256 sha3-256 2.16.840.1.101.3.4.2.8
        sha3_384 sha3-384 2.16.840.1.101.3.4.2.9
        sha3_512 sha3-512 2.16.840.1.101.3.4.2.10
        shake_128 shake128 shake-128 2.16.840.1.101.3.4.2.11
        shake_256 shake256 shake-256 2.16.840.1.101.3.4.2.12
        blake2b blake2b512 blake2b-512 1.3.6.1.4.1.1722.12.2.1.16
        blake2s blake2s256 blake2s-256 1.3.6.1.4.1.1722.12.2.2.8
        ripemd160 ripemd160 ripemd-160 ripemd rmd160 1.3.36.3.2.1
        sm3 sm3 1.2.156.10197.1.401
        """.strip().splitlines()
    )
    for alias in aliases
}
# The extendable ones, which have no length of their own: what OpenSSL 3.0 takes.
_LENGTHS: Final = {"shake_128": 16, "shake_256": 32}
EXTENDABLE: Final = frozenset(alias for alias, name in NAMES.items() if name in _LENGTHS)


def digest(name: str, data: bytes) -> bytes | None:
    """The digest of `data` under one of OpenSSL's names, in any case; None for a name it (or hashlib) does not know."""
    algorithm = NAMES.get(name.lower())
    if algorithm is None:
        return None
    try:
        hashed = digests.new(algorithm, len(data))
    except ValueError:
        return None
    hashed.update(data)
    length = _LENGTHS.get(algorithm)
    return hashed.digest(length) if length else hashed.digest()  # type: ignore[call-arg]  # of the extendable ones

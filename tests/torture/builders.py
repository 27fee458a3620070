"""Mutants of key stores whose digests and MACs are made anew, so that damage is met deep inside and not at the door."""

import hashlib
import hmac
import struct
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from random import Random
from typing import Final, NamedTuple

from tests.readers import oddities
from tests.torture import seeds
from tests.torture.mutation import mutate
from truststore_tool import asn1, formats, oids
from truststore_tool.errors import FormatError
from truststore_tool.formats.crypto import kdf, pbe
from truststore_tool.formats.pkcs12 import safebags
from truststore_tool.formats.pkcs12.layout import Pfx

STORE_TYPES: Final = ("PKCS12", "JKS", "JCEKS")
CERTIFICATE: Final = "X.509"
TYPES: Final = (*STORE_TYPES, CERTIFICATE)
_SALT: Final = b"saltsalt"
_MOST_ITERATIONS: Final = 10
_DATA: Final = asn1.oid(oids.DATA)
_ENCRYPTED: Final = asn1.oid("1.2.840.113549.1.7.6")
_WHITENED: Final = seeds.PASSWORD.encode("utf-16-be") + b"Mighty Aphrodite"
_DIGESTS: Final = {"sha1": oids.SHA1, "sha256": oids.SHA256, "sha512": oids.SHA512}


class Mutant(NamedTuple):
    """A damaged store, or a damaged certificate; its type to Java."""

    storetype: str
    data: bytes


def mutants(seed: int) -> Iterator[Mutant]:
    """Mutants without end, the same for the same seed."""
    rng = Random(seed)  # noqa: S311 -- not for secrets
    while True:
        match rng.randrange(20):
            case 0 | 1:
                yield Mutant(CERTIFICATE, _block(rng))
            case 2 | 3 | 4 | 5 | 6:
                storetype = rng.choice(("JKS", "JCEKS"))
                yield Mutant(storetype, _java_store(rng, storetype))
            case 7:
                yield Mutant("PKCS12", mutate(rng, seeds_of("PKCS12")))
            case 8 | 9 | 10:
                yield Mutant("PKCS12", _odd(rng))
            case _:
                yield Mutant("PKCS12", _pkcs12(rng))


@cache
def seeds_of(storetype: str) -> tuple[bytes, ...]:
    """The whole stores that mutation begins with."""
    return tuple(data for data in seeds.of_format(storetype.lower()) if len(data) < 6000)


@cache
def _certificates() -> tuple[bytes, ...]:
    """The smallest ones, so that damage meets what is around them, too."""
    return tuple(sorted((certificate.der for certificate in seeds.certificates()), key=len)[:4])


def _block(rng: Random) -> bytes:
    """What stands for a certificate in a store: damaged, in PEM, or with something behind it."""
    der = rng.choice(_certificates())
    if rng.random() < 0.3:
        der = rng.choice(list(oddities.CHANGES.values()))(der)
    return mutate(rng, (der,)) if rng.random() < 0.8 else der


# JKS and JCEKS -----------------------------------------------------------------------------------------------

_KINDS: Final = (b"X.509", b"X.509", b"X.509", b"x.509", b"X509", b"x509", b"X.508", b"")
_ALIASES: Final = (b"a", b"b", b"A", b"\xc3\xa9", b"\xc3\x89", b"", b"a" * 300, b"\xc0\x80", b"\xed\xa0\x80", b"\xf0")


def _java_store(rng: Random, storetype: str) -> bytes:
    magic = {"JKS": b"\xfe\xed\xfe\xed", "JCEKS": b"\xce\xce\xce\xce"}[storetype]
    if rng.random() < 0.4:
        body = mutate(rng, [data[:-20] for data in seeds_of(storetype)])
        if rng.random() < 0.8:
            body = magic + body[4:]
    else:
        version = rng.choice((1, 2, 2, 2))
        entries = [_java_entry(rng, version) for _ in range(rng.choice((1, 1, 2, 3)))]
        count = len(entries) if rng.random() < 0.95 else rng.choice((0, len(entries) - 1, 0xFFFFFFFF, 1 << 31))
        body = magic + struct.pack(">II", version, count) + b"".join(entries)
        if rng.random() < 0.3:
            body = mutate(rng, (body,))
    digest = hashlib.sha1(_WHITENED + body, usedforsecurity=False).digest()
    return body + digest + (b"behind" if rng.random() < 0.05 else b"")


def _java_entry(rng: Random, version: int) -> bytes:
    alias, date = rng.choice(_ALIASES), rng.choice((0, 1, -1, 1724346530000, (1 << 63) - 1, -(1 << 63)))
    tag = rng.choice((2, 2, 2, 2, 1))
    head = struct.pack(">IH", tag, len(alias)) + alias + struct.pack(">q", date)
    count = 1
    if tag == 1:
        count = rng.choice((0, 1, 2))
        head += struct.pack(">I", 3) + b"key" + struct.pack(">I", count)
    return head + b"".join(_java_certificate(rng, version) for _ in range(count))


def _java_certificate(rng: Random, version: int) -> bytes:
    kind, block = rng.choice(_KINDS), _block(rng) if rng.random() < 0.5 else rng.choice(_certificates())
    head = struct.pack(">H", len(kind)) + kind if version == 2 else b""
    return head + struct.pack(">I", len(block)) + block


# PKCS#12 -----------------------------------------------------------------------------------------------------


def _odd(rng: Random) -> bytes:
    """One of the odd stores of tests.readers.oddities, with an element that may also be damaged at random."""
    sealed = rng.random() < 0.6
    names = _names(sealed)
    change = rng.choice(list(oddities.CHANGES.values()))
    if rng.random() < 0.4:

        def change(data: bytes) -> bytes:
            return mutate(rng, (data,)) if data else data

    try:
        return oddities.pkcs12(rng.choice(names), change, sealed=sealed)[0]
    except FormatError:
        return b""


@cache
def _names(sealed: bool) -> tuple[str, ...]:
    return tuple(oddities.pkcs12("", bytes, sealed=sealed)[1])


@cache
def _contents() -> tuple[bytes, ...]:
    """SafeContents: trusted certificates, keys with their chains, secrets, bags that nobody knows."""
    codec = formats.get("pkcs12")
    assert codec.dumps is not None
    files = [*seeds.of_format("pkcs12"), codec.dumps(seeds.with_key("pkcs12"), seeds.PASSWORD)]
    found: dict[bytes, None] = {}
    for data in files:
        with suppress(FormatError):
            pfx = Pfx.parse(data)
            for safe in pfx.opened(pfx.unlock(seeds.PASSWORD)[1]):
                found[asn1.sequence(*(bag.element.raw for bag in safe.bags or ()))] = None
    one, other = _certificates()[:2]
    bags = [
        safebags.certificate_bag(der, name=name, key_id=key_id, trusted=trusted).element.raw
        for der, name, key_id, trusted in (
            (one, "a", None, True), (other, "b", b"\x01", True), (one, None, None, True), (other, "A", b"01", False),
            (one, "\xc4", b"", True), (other, "", None, True),
        )
    ]  # fmt: skip
    unknown = safebags.plain_bag("1.2.840.113549.1.12.10.1.4", asn1.null())
    key = safebags.plain_bag(oids.SHROUDED_KEY_BAG, asn1.sequence(asn1.sequence(), asn1.octet_string(b"x")))
    secret = safebags.plain_bag(
        oids.SECRET_BAG, asn1.sequence(asn1.oid("1.2.3"), asn1.explicit(0, asn1.octet_string(b"x")))
    )
    nested = safebags.plain_bag("1.2.840.113549.1.12.10.1.6", asn1.sequence(bags[0]))
    small = [asn1.sequence(*part) for part in (bags[:1], bags[1:2], bags[2:3], [*bags[4:], unknown], [key, *bags[3:5]])]
    return (*small, asn1.sequence(secret, key, nested, bags[0]), *(data for data in found if len(data) < 5000))


def _pkcs12(rng: Random) -> bytes:
    pool = _contents()
    parts = [rng.choice(pool) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
    where = rng.randrange(8)
    if where < 6:
        parts[0] = mutate(rng, parts[:1]) if rng.random() < 0.8 else mutate(rng, pool)
    rng.shuffle(parts)
    safes = asn1.sequence(*(_safe(rng, part) for part in parts))
    if where == 6:
        safes = mutate(rng, (safes,))
    content = asn1.octet_string(safes)
    info = asn1.sequence(_DATA, asn1.explicit(0, content))
    if where == 7:
        info = mutate(rng, (info,))
    mac = _mac(rng, safes) if rng.random() < 0.7 else b""
    return asn1.sequence(asn1.integer(3), info, mac)


def _safe(rng: Random, contents: bytes) -> bytes:
    """A ContentInfo around SafeContents: plain, or encrypted under the password."""
    if rng.random() < 0.5:
        return asn1.sequence(_DATA, asn1.explicit(0, asn1.octet_string(contents)))
    scheme = _scheme(rng.randint(1, _MOST_ITERATIONS), rng.randrange(3))
    algorithm, secret = scheme.encoded(), _encrypted(scheme, contents)
    if rng.random() < 0.1:
        algorithm = mutate(rng, (algorithm,))
    info = asn1.sequence(_DATA, algorithm, asn1.tlv(0x80, secret))
    return asn1.sequence(_ENCRYPTED, asn1.explicit(0, asn1.sequence(asn1.integer(0), info)))


@cache
def _scheme(iterations: int, number: int) -> pbe.Scheme:
    if number == 0:
        return pbe.Pbes1(oids.PBE_SHA1_3DES, _SALT, iterations)
    if number == 1:
        return pbe.Pbes1(oids.PBE_SHA1_RC4_128, _SALT, iterations)
    return pbe.Pbes2(kdf.Pbkdf2(_SALT, iterations, 32, oids.HMAC_SHA1), oids.AES256_CBC, bytes(16))


def _encrypted(scheme: pbe.Scheme, contents: bytes) -> bytes:
    return scheme.encrypt(contents, kdf.passphrases(seeds.PASSWORD)[0])


def _mac(rng: Random, content: bytes) -> bytes:
    name, count = rng.choice(list(_DIGESTS)), rng.randint(1, _MOST_ITERATIONS)
    digest = asn1.sequence(asn1.oid(_DIGESTS[name]), asn1.null())
    value = asn1.octet_string(hmac.digest(_mac_key(name, count), content, name))
    count_field = asn1.integer(count) if count > 1 or rng.random() < 0.5 else b""
    made = asn1.sequence(asn1.sequence(digest, value), asn1.octet_string(_SALT), count_field)
    return mutate(rng, (made,)) if rng.random() < 0.05 else made


@cache
def _mac_key(name: str, count: int) -> bytes:
    size = hashlib.new(name).digest_size
    return kdf.pkcs12_kdf(name, kdf.MAC, kdf.passphrases(seeds.PASSWORD)[0].bmp, _SALT, count, size)

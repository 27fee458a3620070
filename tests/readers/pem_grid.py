"""PEM files as people and programs make them, regular and not."""

import base64
import subprocess
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Final

from tests import samples
from truststore_tool import asn1
from truststore_tool.oids import ANY_EXTENDED_KEY_USAGE, CLIENT_AUTH, SERVER_AUTH

CERTIFICATES: Final = tuple(samples.certificates(samples.amazon("rds-global-bundle.pem")))[:2]
ONE, TWO = (certificate.der for certificate in CERTIFICATES)
INTERMEDIATE: Final = samples.certificates(samples.own("new-intermediate.pem"))[0].der
_LABELS: Final = (b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE")
_REJECT: Final = asn1.context(0)


def block(
    der: bytes, label: bytes = b"CERTIFICATE", *, width: int = 64, end: bytes = b"\n", head: bytes = b""
) -> bytes:
    """A PEM block."""
    text = base64.b64encode(der)
    lines = [text[i : i + width] for i in range(0, len(text), width)]
    return head.join([b"-----BEGIN %b-----" % label + end, b""]) + end.join([*lines, b"-----END %b-----" % label, b""])


def settings(trusted: tuple[str, ...] | None = None, rejected: tuple[str, ...] | None = None) -> bytes:
    """An X509_CERT_AUX."""
    parts = [] if trusted is None else [asn1.sequence(*map(asn1.oid, trusted))]
    parts += [] if rejected is None else [asn1.tlv(_REJECT, *map(asn1.oid, rejected))]
    return asn1.sequence(*parts)


@cache
def keys() -> dict[str, bytes]:
    """Private keys as openssl writes them."""
    rsa = _run("genrsa", "1024")
    ec = _run("ecparam", "-name", "prime256v1", "-genkey", "-noout")
    return {
        "PKCS#8": rsa,
        "RSA": _run("rsa", "-traditional", stdin=rsa),
        "RSA, encrypted": _run("rsa", "-traditional", "-aes128", "-passout", "pass:x", stdin=rsa),
        "EC": ec,
        "EC, encrypted": _run("ec", "-des3", "-passout", "pass:x", stdin=ec),
        "PKCS#8, encrypted": _run("pkcs8", "-topk8", "-passout", "pass:x", stdin=rsa),
    }


def _run(*words: str, stdin: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *words], input=stdin, capture_output=True, check=True).stdout


def cases(first: bytes = ONE, second: bytes = TWO, middle: bytes = INTERMEDIATE) -> Iterator[tuple[str, bytes]]:
    """What each is, and its bytes: of two self-signed certificates, and of one that is not."""
    one, two = block(first), block(second)
    yield "DER", first
    yield "an intermediate", block(middle)
    yield from _shapes(one, two)
    yield from _lines(one, two)
    yield from _others(one)
    for label, width, end, head in product(
        _LABELS,
        (1, 10, 63, 64, 65, 76, 253, 254, 255, 4000),
        (b"\n", b"\r\n", b"\r"),
        (b"", b"\n", b" \n", b"A: b\n\n"),
    ):
        yield f"{label!r} {width} {end!r} {head!r}", block(first, label, width=width, end=end, head=head) + two
    for label, behind in product(_LABELS, (b"\0", b"\0\0\0", b"\x30\x00", b"\x30\x00\xff", b"\x30\x01", b"\x04\x00")):
        yield f"{label!r} and {behind.hex()}", block(first + behind, label) + two
    for trusted, rejected in product(
        (None, (), (SERVER_AUTH,), (CLIENT_AUTH,), (ANY_EXTENDED_KEY_USAGE,), (CLIENT_AUTH, SERVER_AUTH)), repeat=2
    ):
        for der in (first, middle):
            marked = block(der + settings(trusted, rejected), _LABELS[2])
            yield f"trusted {trusted}, rejected {rejected}", marked + two
            yield f"trusted {trusted}, rejected {rejected}, then plain", marked + block(der)
            yield f"plain, then trusted {trusted}, rejected {rejected}", block(der) + marked


def odd(der: bytes = ONE, second: bytes = TWO) -> Iterator[tuple[str, bytes]]:
    """What OpenSSL's parser takes otherwise than others do, and a certificate behind it."""
    return ((name, data + block(second)) for name, data in _odd(der))


def _odd(der: bytes) -> Iterator[tuple[str, bytes]]:
    server = asn1.oid(SERVER_AUTH)
    purposes, long_and_empty = asn1.sequence(server), bytes.fromhex("8400000000")
    for name, auxiliary in {
        "a long length with nothing behind": asn1.sequence(purposes, b"\xa0" + long_and_empty),
        "a long length with something behind": asn1.sequence(b"\x30" + long_and_empty, asn1.tlv(_REJECT, server)),
        "an alias of no letters": asn1.sequence(asn1.tlv(asn1.UTF8_STRING)),
        "an alias of no letters and a long length": asn1.sequence(b"\x0c" + long_and_empty),
        "nothing, and a long length": b"\x30" + long_and_empty,
        "a padded OID": asn1.sequence(asn1.sequence(bytes.fromhex("06082b06000000800301"))),
        "a list not marked as constructed": asn1.sequence(b"\x10" + purposes[1:]),
        "rejected by one not marked as constructed": asn1.sequence(asn1.tlv(_REJECT & ~asn1.CONSTRUCTED, server)),
        "algorithms not marked as constructed": asn1.sequence(asn1.tlv(0x81)),
        "a key of no segments": asn1.sequence(purposes, asn1.tlv(0x24)),
        "a key of segments": asn1.sequence(purposes, asn1.tlv(0x24, asn1.octet_string(b"1"), asn1.integer(1))),
        "a key of broken segments": asn1.sequence(purposes, asn1.tlv(0x24, b"\x04\x09")),
        "an OID that is too long for others": asn1.sequence(asn1.sequence(server, asn1.tlv(6, b"\x2a" * 400))),
        "a cut OID": asn1.sequence(asn1.sequence(server, asn1.tlv(6, b"\x2a\x80"))),
    }.items():
        yield f"settings with {name}", block(der + auxiliary, _LABELS[2])
    signed = asn1.read(asn1.read(der).inner().raw).children()
    names = [signed[3].raw, signed[5].raw]
    for name, (old, new) in {
        "sets": (b"\x31", b"\x11"),
        "pairs": (b"\x30", b"\x10"),
        "values": (b"\x0c", b"\x2c"),
    }.items():
        data = der
        for each in names:
            data = data.replace(each, each[:4] + each[4:].replace(old, new))
        yield f"names with odd {name}", block(data)
    for each in names:
        yield "a name not marked as constructed", block(der.replace(each, b"\x10" + each[1:]))
    for number in (1, 2, 14, 15, 16, 17, 18, 19, 29, 30, 31, 32, 33, 35, 36, 37, 54):
        for extension in (b"\x0e", b"\x0f", b"\x13"):
            yield (
                f"extension {extension.hex()} called {number}",
                block(der.replace(b"\x55\x1d" + extension, b"\x55\x1d" + bytes([number]))),
            )


def _shapes(one: bytes, two: bytes) -> Iterator[tuple[str, bytes]]:
    yield "nothing", b""
    yield "text", b"hello\n"
    yield "one", one
    yield "two", one + two
    yield "twice", one + one
    yield "joined", (one + two).replace(b"-----\n-----BEGIN", b"----------BEGIN")
    yield "cut", one[:-40]
    yield "one and a cut one", one + two[:-40]
    yield "no certificate inside", block(b"xxx") + one
    yield "an empty block", b"-----BEGIN X-----\n-----END X-----\n" + one
    yield "another empty block", b"-----BEGIN X-----\n\n-----END X-----\n" + one
    yield "no name", block(b"xxx", b"") + one
    yield "other labels", one.replace(b"BEGIN CERTIFICATE", b"BEGIN X509 CERTIFICATE")
    yield "END before", b"-----END CERTIFICATE-----\n" + one
    yield "BEGIN twice", b"-----BEGIN CERTIFICATE-----\n" + one
    for name, mark in (("UTF-8", b"\xef\xbb\xbf"), ("UTF-16", b"\xff\xfe"), ("zero", b"\0"), ("blank", b" ")):
        yield f"{name} at the start", mark + one
        yield f"{name} in the middle", one + mark + two
        yield f"{name} before END", one.replace(b"-----END", mark + b"-----END")
        yield f"{name} at the end of BEGIN", one.replace(b"CERTIFICATE-----\n", b"CERTIFICATE-----" + mark + b"\n", 1)
        yield f"{name} at the end of a line", one.replace(b"\n", mark + b"\n", 2)
        yield f"{name} at the end", one + mark


def _lines(one: bytes, two: bytes) -> Iterator[tuple[str, bytes]]:
    lines = one.split(b"\n")
    for place in range(len(lines)):
        for added in (b"", b" ", b"\t", b"#", b"a:b", b"=", b"-", b"x" * 253, b"x" * 254, b"x" * 255, b"\xe4", b"\0"):
            changed = [*lines[:place], added, *lines[place:]]
            yield f"{added[:4]!r} ({len(added)}) as line {place}", b"\n".join(changed) + two
        for behind in (b" ", b"\t ", b"\xa0", b"x", b"=", b"-", b"\v", b"\0"):
            changed = [*lines[:place], lines[place] + behind, *lines[place + 1 :]]
            yield f"{behind!r} at the end of line {place}", b"\n".join(changed) + two
            changed = [*lines[:place], behind + lines[place], *lines[place + 1 :]]
            yield f"{behind!r} at the start of line {place}", b"\n".join(changed) + two
        yield f"without line {place}", b"\n".join([*lines[:place], *lines[place + 1 :]]) + two


def _others(one: bytes) -> Iterator[tuple[str, bytes]]:
    for name, key in keys().items():
        yield f"{name} key before", key + one
        yield f"{name} key behind", one + key
        yield f"{name} key alone", key
        yield f"{name} key with a header", key.replace(b"KEY-----\n", b"KEY-----\nA: bbbbbbbbbbbbbb\n\n", 1) + one
    for label in (b"PKCS7", b"CMS", b"CERTIFICATE REQUEST", b"ENCRYPTED PRIVATE KEY", b"WHATEVER"):
        yield f"{label!r} of nonsense", block(b"xxx", label) + one
        yield f"{label!r} with a header", block(b"xxx", label, head=b"A: b\n\n") + one
        yield f"{label!r} that is no base64", block(b"xxx", label).replace(b"e", b"!") + one

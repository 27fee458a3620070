"""Certificates for servers under all kinds of names, hosts to hold them against, and libpq as a judge of such pairs."""

import contextlib
import ctypes
import ctypes.util
import random
import socket
import ssl
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.name import _ASN1Type as Kind
from cryptography.x509.oid import NameOID

from tests.postgres.server import error_response, pretender
from tests.readers.chain_drafts import NAMES, draft_of, general, sign
from tests.readers.chain_judges import pem
from truststore_tool import asn1
from truststore_tool.model import Certificate

_TEXTS: Final = (
    "db.example.com", "DB.Example.COM", "*.example.com", "*.EXAMPLE.com", "*b.example.com",
    "d*.example.com", "db*.example.com",
    "db.*.com", "*.*.com", "*", "*.", "*.com", "*.example.com.", "db.example.com.", ".example.com", "example.com",
    "*db", "xn--d-xga.example.com", "XN--D-XGA.example.com", "d\xfc.example.com", "D\xdc.example.com",
    "strasse.example.com",
    "db\0.example.com", "db.example.com\0", "127.0.0.1", "127.1", "::1", "0:0:0:0:0:0:0:1", "10.0.0.7", "*.0.0.1",
    "::ffff:127.0.0.1", "localhost", "db", "*.d", "localho\u017ft", "a.db.example.com", "db.example.org",
)  # fmt: skip
_ADDRESSES: Final = (
    "127.0.0.1", "10.0.0.7", "::1", "::ffff:127.0.0.1", "2001:db8:1:2:3:4:5:6", "::127.0.0.1",
)  # fmt: skip
_ODD: Final = (b"\x7f\0\1", b"", b"\x7f\0\0\1\xff\xff\xff\xff", b"\x7f\0\0\1\0")
_OTHERS: Final = (
    (NameOID.COUNTRY_NAME, "DE"), (NameOID.ORGANIZATIONAL_UNIT_NAME, "u"), (NameOID.LOCALITY_NAME, "l"),
    (NameOID.SERIAL_NUMBER, "7"), (NameOID.DOMAIN_COMPONENT, "example"), (NameOID.USER_ID, "me"),
    (NameOID.SURNAME, "s"), (NameOID.STREET_ADDRESS, "road"), (NameOID.STATE_OR_PROVINCE_NAME, "state"),
)  # fmt: skip
HOSTS: Final = (
    "db.example.com", "DB.EXAMPLE.com", "a.db.example.com", "xdb.example.com", "b.example.com", "example.com",
    ".example.com", "db.example.com.", "localhost", "LOCALHOST", "db", "d\xfc.example.com", "D\xdc.example.com",
    "xn--d-xga.example.com", "stra\xdfe.example.com", "d\u3002example\uff0ecom", "127.0.0.1", "127.1", "0x7f.1",
    "0177.0.0.1", "2130706433", "127.0.0.256",
    "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "2001:db8:1:2:3:4:5:6", "2001:DB8:1:2:3:4:5:6", "10.0.0.7", "10.7",
    "db..example.com", "d_b.example.com", "1.2.3.4.5", "127.0.0.1.", "\u0221.example.com", "a" * 64 + ".example.com",
)  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """A certificate, its issuer's, and a host."""

    leaf: Certificate
    root: Certificate
    key: Any
    host: str
    told: str


def pair(seed: int) -> Pair:
    """The pair of that seed."""
    rng = random.Random(seed)  # noqa: S311 -- no secret
    root = draft_of("Root", "Root", authority=True)
    leaf = draft_of("leaf", "Root", authority=False).lacking(NAMES)
    host = rng.choice(HOSTS)
    alternatives, told = [], []
    for _ in range(rng.choice((0, 0, 1, 1, 1, 2, 3))):
        number, content = _alternative(rng, host)
        alternatives.append(general(number, content))
        told.append(f"{number}:{content!r}")
    if alternatives or rng.random() < 0.05:
        leaf = leaf.having(NAMES, asn1.sequence(*alternatives), critical=rng.random() < 0.1)
    commons = [rng.choice((*_TEXTS, host)) for _ in range(rng.choice((0, 1, 1, 1, 2, 3)))]
    rdns = [_rdn(NameOID.ORGANIZATION_NAME, "Neighbours", Kind.UTF8String)] if rng.random() < 0.8 else []
    for text in commons:
        kind: Any = rng.choice((Kind.UTF8String, Kind.UTF8String, Kind.PrintableString, Kind.BMPString, Kind.IA5String))
        more = [rng.choice(_OTHERS)] if rng.random() < 0.1 else []
        if not text.isascii() or not (text.isprintable() and "*" not in text and "_" not in text):
            kind = Kind.UTF8String  # whatever is written here, the others are checked as they are made
        rdns.append(_rdn(NameOID.COMMON_NAME, text, kind, more))
        told.append(f"CN={text!r} {kind.name} {more}")
    if rng.random() < 0.3:
        rdns.reverse()
    leaf = replace(leaf, subject=x509.Name(rdns))
    return Pair(sign(leaf, root), sign(root, root), leaf.key, host, f"{host!r}: {'; '.join(told)}")


def _alternative(rng: random.Random, host: str) -> tuple[int, bytes]:
    match rng.randrange(10):
        case 0 | 1:
            family = socket.AF_INET6 if ":" in (text := rng.choice(_ADDRESSES)) else socket.AF_INET
            return 7, socket.inet_pton(family, text)
        case 2:
            return 7, rng.choice(_ODD)
        case 3:
            return 1, b"dba@example.com"
        case 4:
            return 6, b"http://db.example.com/"
    text = host if rng.random() < 0.3 else rng.choice(_TEXTS)
    return 2, text.encode(rng.choice(("utf-8", "utf-8", "latin-1")), "replace")


def _rdn(oid: x509.ObjectIdentifier, text: str, kind: Any, more: Any = ()) -> x509.RelativeDistinguishedName:
    with warnings.catch_warnings(action="ignore"):  # of what is longer than a standard has it
        attributes = [x509.NameAttribute(oid, text, kind, _validate=False)]
    attributes += [x509.NameAttribute(other, value) for other, value in more]
    return x509.RelativeDistinguishedName(attributes)


def _library() -> Any:
    library = ctypes.CDLL(ctypes.util.find_library("pq"))
    library.PQconnectdb.restype, library.PQconnectdb.argtypes = ctypes.c_void_p, (ctypes.c_char_p,)
    library.PQerrorMessage.restype, library.PQerrorMessage.argtypes = ctypes.c_char_p, (ctypes.c_void_p,)
    library.PQfinish.argtypes = (ctypes.c_void_p,)
    return library


# What libpq says of a name, all else being right.
_REFUSALS: Final = (
    "does not match host name",
    "embedded null",
    "IP address with invalid length",
    "could not get server",
)


@contextmanager
def libpq(folder: Path) -> Iterator[Callable[[Pair], bool]]:
    """libpq, in this process, as a judge: whether it takes the certificate for that of the host (verify-full)."""
    library = _library()
    current: list[ssl.SSLContext] = []

    def converse(connection: socket.socket) -> None:
        connection.recv(8)
        connection.sendall(b"S")
        with contextlib.suppress(OSError), current[-1].wrap_socket(connection, server_side=True) as tls:
            tls.recv(1000)
            tls.sendall(error_response("the name was right"))

    with pretender(converse) as port:

        def says(case: Pair) -> bool:
            chain, root = folder / "chain.pem", folder / "root.pem"
            key = case.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            chain.write_bytes(pem((case.leaf,)) + key)
            root.write_bytes(pem((case.root,)))
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(chain)
            current.append(context)
            words = f"hostaddr=127.0.0.1 port={port} sslmode=verify-full sslrootcert={root} user=u dbname=d sslsni=0"
            dsn = f"host='{case.host}' {words} gssencmode=disable connect_timeout=10"
            connection = library.PQconnectdb(dsn.encode())
            message = library.PQerrorMessage(connection).decode("utf-8", "replace")
            library.PQfinish(connection)
            refused = any(words in message for words in _REFUSALS)
            assert refused or "the name was right" in message, message
            return not refused

        yield says

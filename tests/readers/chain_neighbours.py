"""Chains that are right but for one or two things, in great number: of extensions, names, keys, dates and order.

A case is drawn from a seed: a root, an intermediate and a server's certificate, each strange in its own way or not at
all; what the server sends; and what the client trusts.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose
from cryptography.x509.oid import NameOID

from tests.readers.chain_drafts import (
    AUTHORITY_KEY,
    BASIC,
    CONSTRAINTS,
    NAMES,
    PURPOSES,
    SCHEMES,
    SUBJECT_KEY,
    USAGE,
    Draft,
    address,
    common,
    constraints,
    directory,
    dns,
    draft_of,
    general,
    key_of,
    name_of,
    purposes,
    sign,
    usage,
)
from tests.readers.chain_judges import Neighbour
from truststore_tool import asn1

_MAIL = general(1, b"example.com")
_OTHER = general(0, asn1.oid("1.2.3.4") + asn1.explicit(0, asn1.tlv(asn1.UTF8_STRING, b"x")))
_ORGANIZATION = name_of((NameOID.ORGANIZATION_NAME, "Neighbours"))
_ELSEWHERE = name_of((NameOID.ORGANIZATION_NAME, "Elsewhere"))
_LOUD = name_of((NameOID.ORGANIZATION_NAME, "NEIGHBOURS  "))
_TREES: Final = {
    "com": dns("example.com"),
    "dot com": dns(".example.com"),
    "sub": dns("db.example.com"),
    "org": dns("example.org"),
    "upper": dns("EXAMPLE.com"),
    "ten": address(10, 0, 0, 0, 255, 0, 0, 0),
    "localhost": address(127, 0, 0, 1, 255, 255, 255, 255),
    "crooked": address(10, 1, 0, 0, 255, 0, 0, 0),
    "six": address(*[0] * 15, 1, *[255] * 16),
    "organization": directory(_ORGANIZATION),
    "elsewhere": directory(_ELSEWHERE),
    "loud": directory(_LOUD),
    "mail": _MAIL,
    "other": _OTHER,
}

Change = Callable[[Draft], Draft]


def _with(oid: str, content: bytes, *, critical: bool = False) -> Change:
    return lambda draft: draft.having(oid, content, critical=critical)


def _without(oid: str) -> Change:
    return lambda draft: draft.lacking(oid)


def _called(name: x509.Name) -> Change:
    return lambda draft: replace(draft, subject=name)


def _keyed(kind: str) -> Change:
    return lambda draft: replace(draft, key=key_of(f"{kind}-{draft.name}"))


def _lasting(*days: int) -> Change:
    return lambda draft: replace(draft, days=(days[0], days[1]))


def _twice(oid: str) -> Change:
    return lambda draft: replace(draft, more=((oid, draft.extensions[oid][0]),)) if oid in draft.extensions else draft


def _hashed(digest: str) -> Change:
    """Signed with that digest, if the issuer's key signs digests."""
    return lambda draft: replace(draft, digest=digest)


def _padded(parameters: str) -> Change:
    """Signed by RSASSA-PSS, if the issuer's key is for RSA."""
    return lambda draft: replace(draft, scheme=f"PSS {parameters}")


COMMON: Final[dict[str, Change]] = {
    "expired": _lasting(-100, -1),
    "not yet valid": _lasting(1, 100),
    "no subject key": _without(SUBJECT_KEY),
    "wrong subject key": _with(SUBJECT_KEY, asn1.octet_string(b"wrong")),
    "critical subject key": lambda d: d.having(SUBJECT_KEY, asn1.octet_string(b"k" + d.name.encode()), critical=True),
    "no authority key": _without(AUTHORITY_KEY),
    "wrong authority key": _with(AUTHORITY_KEY, asn1.sequence(general(0, b"w").replace(b"\xa0", b"\x80", 1))),
    "wrong serial": _with(AUTHORITY_KEY, asn1.sequence(asn1.tlv(0x82, b"\x07"))),
    "client only": _with(PURPOSES, purposes(Purpose.CLIENT_AUTH.dotted_string)),
    "any purpose": _with(PURPOSES, purposes("2.5.29.37.0")),
    "server purpose": _with(PURPOSES, purposes(Purpose.SERVER_AUTH.dotted_string), critical=True),
    "gated purpose": _with(PURPOSES, purposes("2.16.840.1.113730.4.1")),
    "no purpose": _with(PURPOSES, asn1.sequence()),
    "no usage": _without(USAGE),
    "empty usage": _with(USAGE, asn1.tlv(asn1.BIT_STRING, b"\0")),
    "all usages": _with(USAGE, usage(0, 2, 4, 5)),
    "unknown critical": _with("1.2.3.4.5", b"\5\0", critical=True),
    "critical points": _with(
        "2.5.29.31",
        asn1.sequence(asn1.sequence(asn1.explicit(0, asn1.explicit(0, general(6, b"http://a.example/"))))),
        critical=True,
    ),
    "critical information": _with("1.3.6.1.5.5.7.1.1", asn1.sequence(), critical=True),
    "Netscape server": _with("2.16.840.1.113730.1.1", asn1.tlv(asn1.BIT_STRING, b"\6\x40")),
    "Netscape client": _with("2.16.840.1.113730.1.1", asn1.tlv(asn1.BIT_STRING, b"\7\x80")),
    "Netscape authority": _with("2.16.840.1.113730.1.1", asn1.tlv(asn1.BIT_STRING, b"\2\x04"), critical=True),
    "malformed usage": _with(USAGE, b"\3\2\x09\x80"),
    "malformed basic": _with(BASIC, asn1.sequence(asn1.integer(-1))),
    "malformed names": _with(NAMES, b"\x30\2\x8c\0"),
    "malformed subject key": _with(SUBJECT_KEY, b"\5\0"),
    "purposes twice": lambda d: _twice(PURPOSES)(_with(PURPOSES, purposes("2.5.29.37.0"))(d)),
    "usage twice": _twice(USAGE),
    "rsa1024": _keyed("rsa1024"),
    "rsa2048": _keyed("rsa2048"),
    "p192": _keyed("p192"),
    "p384": _keyed("p384"),
    "k256": _keyed("k256"),
    "brainpool": _keyed("bp"),
    "p224": _keyed("p224"),
    "p521": _keyed("p521"),
    "edwards": _keyed("ed"),
    "larger edwards": _keyed("ed448"),
    "dsa1024": _keyed("dsa1024"),
    "dsa2048": _keyed("dsa2048"),
    "SHA-1": _hashed("sha1"),
    "SHA-224": _hashed("sha224"),
    "SHA-384": _hashed("sha384"),
    "SHA-512": _hashed("sha512"),
    "RSA-PSS": _padded("sha256 32"),
    "RSA-PSS, short salt": _padded("sha256 20"),
    "RSA-PSS, SHA-1": _padded("sha1 20"),
    "policies": _with("2.5.29.32", asn1.sequence(asn1.sequence(asn1.oid("2.5.29.32.0"))), critical=True),
}
AUTHORITY: Final[dict[str, Change]] = {
    "no basic": _without(BASIC),
    "no basic, no usage": lambda draft: draft.lacking(BASIC).lacking(USAGE),
    "no authority": _with(BASIC, asn1.sequence()),
    "length 0": _with(BASIC, asn1.sequence(b"\1\1\xff", asn1.integer(0)), critical=True),
    "length 1": _with(BASIC, asn1.sequence(b"\1\1\xff", asn1.integer(1)), critical=True),
    "no signing": _with(USAGE, usage(0, 6), critical=True),
    "with a host's name": _with(NAMES, asn1.sequence(dns("ca.example.com"))),
    "with another's name": _with(NAMES, asn1.sequence(dns("ca.example.net"))),
    "empty constraints": _with(CONSTRAINTS, asn1.sequence()),
    "minimum": _with(CONSTRAINTS, asn1.sequence(asn1.explicit(0, asn1.sequence(dns("example.com"), b"\x80\1\1")))),
    "malformed constraints": _with(CONSTRAINTS, b"\x30\2\5\0"),
}
_LEAF: Final[dict[str, Change]] = {
    "agreement only": _with(USAGE, usage(4), critical=True),
    "encipherment only": _with(USAGE, usage(2), critical=True),
    "data only": _with(USAGE, usage(3)),
    "no names": _without(NAMES),
    "address": _with(NAMES, asn1.sequence(address(10, 0, 0, 7))),
    "odd address": _with(NAMES, asn1.sequence(address(10, 0, 7))),
    "six": _with(NAMES, asn1.sequence(address(*[0] * 15, 1))),
    "wildcard": _with(NAMES, asn1.sequence(dns("*.example.com"))),
    "upper": _with(NAMES, asn1.sequence(dns("DB.Example.Com"))),
    "mail": _with(NAMES, asn1.sequence(general(1, b"dba@example.com"))),
    "mail without at": _with(NAMES, asn1.sequence(general(1, b"dba"))),
    "other name": _with(NAMES, asn1.sequence(_OTHER, dns("db.example.com"))),
    "directory": _with(NAMES, asn1.sequence(directory(_ELSEWHERE), dns("db.example.com"))),
    "two names": _with(NAMES, asn1.sequence(dns("db.example.com"), dns("db.example.org"), address(10, 0, 0, 7))),
    "identifier": _with(NAMES, asn1.sequence(general(8, b"\x2a\3"))),
    "host as name": _called(common("db.example.com")),
    "other host as name": lambda d: d.lacking(NAMES) and replace(d.lacking(NAMES), subject=common("db.example.org")),
    "address as name": lambda d: replace(d.lacking(NAMES), subject=common("10.0.0.7")),
    "label as name": lambda d: replace(d.lacking(NAMES), subject=common("db")),
    "underscore as name": lambda d: replace(d.lacking(NAMES), subject=common("d_b.example.org")),
    "mail in name": lambda d: replace(
        d.lacking(NAMES), subject=name_of((NameOID.ORGANIZATION_NAME, "Neighbours"), (NameOID.EMAIL_ADDRESS, "a@b.org"))
    ),
    "authority": _with(BASIC, asn1.sequence(b"\1\1\xff")),
}


def _constrained(rng: random.Random) -> tuple[str, Change]:
    """Name constraints of some trees."""
    permitted, excluded = (rng.sample(sorted(_TREES), rng.choice((0, 1, 1, 2))) for _ in range(2))
    if rng.random() < 0.5:
        excluded = []
    content = constraints([_TREES[t] for t in permitted], [_TREES[t] for t in excluded])
    return f"permits {permitted} excludes {excluded}", _with(CONSTRAINTS, content, critical=rng.random() < 0.5)


def _strange(rng: random.Random, draft: Draft, changes: dict[str, Change]) -> tuple[str, Draft]:
    """The certificate, with nothing, one or two things that are not as usual."""
    told = []
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2))):
        if "no basic" in changes and rng.random() < 0.4:
            name, change = _constrained(rng)
        else:
            name = rng.choice(sorted(changes))
            change = changes[name]
        draft = change(draft)
        told.append(name)
    return f"{draft.name}: {', '.join(told)}" if told else "", draft


def neighbour(seed: int) -> Neighbour:
    """The case of that seed."""
    rng = random.Random(seed)  # noqa: S311 -- no secret
    told_root, root = _strange(rng, draft_of("Root", "Root", authority=True), COMMON | AUTHORITY)
    told_middle, middle = _strange(rng, draft_of("Middle", "Root", authority=True), COMMON | AUTHORITY)
    told_leaf, leaf = _strange(rng, draft_of("leaf", "Middle", authority=False), COMMON | _LEAF)
    if rng.random() < 0.1:  # another spelling of the same name
        loud = name_of((NameOID.ORGANIZATION_NAME, " NEIGHBOURS"), (NameOID.COMMON_NAME, "middle"))
        leaf = replace(leaf, issuer_name=loud)
        told_leaf += " loud issuer"
    other = replace(draft_of("Root", "Root", authority=True), key=key_of("ec-other"))
    signed = {
        "leaf": sign(leaf, middle),
        "middle": sign(middle, root),
        "root": sign(root, root),
        "other": sign(other, other),
        "direct": sign(leaf, root),
        "renewed": sign(draft_of("Middle", "Root", authority=True), root),
        "crossed": sign(draft_of("Root", "Root", authority=True), other),
    }
    sent = rng.choice((
        *["leaf middle"] * 8, "leaf middle root", "leaf root middle", "leaf", *["direct"] * 3, "leaf renewed middle",
        "leaf middle renewed", "leaf middle other", "leaf middle crossed",
    ))  # fmt: skip
    trusted = rng.choice((
        *["root"] * 8, "root middle", "middle", "other root", "root other", "leaf", "middle leaf", "renewed root",
        "other",
    ))  # fmt: skip
    told = "; ".join(filter(None, (told_root, told_middle, told_leaf, f"sent {sent}, trusted {trusted}")))
    ordered, anchors = (tuple(signed[name] for name in names.split()) for names in (sent, trusted))
    return Neighbour(told, ordered, anchors, leaf.key)


def authorities(seed: int) -> Neighbour:
    """A server's certificate that is as usual, below a root and an intermediate that may not be."""
    rng = random.Random(seed)  # noqa: S311 -- no secret
    told_root, root = _strange(rng, draft_of("Root", "Root", authority=True), COMMON | AUTHORITY)
    told_middle, middle = _strange(rng, draft_of("Middle", "Root", authority=True), COMMON | AUTHORITY)
    leaf = draft_of("leaf", "Middle", authority=False).lacking(AUTHORITY_KEY)
    sent = (sign(leaf, middle), sign(middle, root))
    anchors = rng.choice(((root,), (root,), (root, middle), (middle,)))
    trusted = tuple(sent[1] if draft is middle else sign(draft, draft) for draft in anchors)
    return Neighbour("; ".join(filter(None, (told_root, told_middle))), sent, trusted, leaf.key)


def algorithms(seed: int) -> Neighbour:
    """A chain that is as usual but for keys and signatures: of each kind, size and digest."""
    rng = random.Random(seed)  # noqa: S311 -- no secret
    kinds = (
        "rsa1024", "rsa2048", "rsa3072", "ec", "p192", "p224", "p384", "p521", "k256", "bp", "ed", "ed448", "dsa1024",
        "dsa2048",
    )  # fmt: skip
    drafts = {
        "Root": draft_of("Root", "Root", authority=True),
        "Middle": draft_of("Middle", "Root", authority=True),
        "leaf": draft_of("leaf", "Middle", authority=False),
    }
    told = []
    for name, draft in drafts.items():
        kind = "ec" if rng.random() < 0.5 else rng.choice(kinds)
        digest = "sha256" if rng.random() < 0.5 else rng.choice(("sha1", "sha224", "sha384", "sha512"))
        scheme = rng.choice(sorted(SCHEMES)) if rng.random() < 0.2 else ""
        drafts[name] = replace(draft, key=key_of(f"{kind}-{name}"), digest=digest, scheme=scheme)
        told.append(f"{name}: {kind} {digest} {scheme}".strip())
    root, middle, leaf = drafts.values()
    sent = (sign(leaf, middle), sign(middle, root))
    return Neighbour("; ".join(told), sent, (sign(root, root),), leaf.key)

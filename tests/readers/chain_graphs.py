"""Chains with many ways through them, and names under constraints: the kinds of cases that suites for web clients have.

A graph is of authorities that certify each other, in loops and twice, some certificates being no good; the server sends
all of them, and one authority is trusted (RFC 4158, 2.3 and 2.4, draws such graphs). The grid of names is that of a
common name, alternative names, and constraints, each of them not there, right or wrong.
"""

import random
from dataclasses import replace
from typing import Final

from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose
from cryptography.x509.oid import NameOID

from tests.readers.chain_drafts import (
    AUTHORITY_KEY,
    BASIC,
    CONSTRAINTS,
    NAMES,
    PURPOSES,
    SUBJECT_KEY,
    Draft,
    address,
    common,
    constraints,
    dns,
    draft_of,
    key_of,
    name_of,
    purposes,
    sign,
)
from tests.readers.chain_judges import Neighbour
from truststore_tool import asn1
from truststore_tool.model import Certificate

# What makes a certificate of a graph no good.
_FAULTS: Final = (
    "expired", "not yet valid", "constrained", "for mail", "no basic", "no authority", "SHA-1", "length 0", "forged",
    "unknown critical", "mapped", "other constraints",
)  # fmt: skip
# Edges from issuer to subject: T is trusted, E the server.
_SHAPES: Final = (
    "AE TA", "AE TA UA", "AE BA TB", "AE BE TA TB", "BE CB AB CA AC TC TA", "BE AB BA TA", "BE AB BA TB CA",
    "CE BC AB CA TA", "AE TA AT", "AE AA TA", "BE BB AB AA TA", "AE TA UT TU UA", "DE CD BC AB TA",
    "DE CD BD AC AB TA", "AE BA TB UB TU",
    "AE TA TA", "AE AE TA", "AE BA CA TB TC BC CB", "FE DF CD BC AB TA", "GE FG XF CX BC AB TA",
)  # fmt: skip


def graph(seed: int) -> Neighbour:
    """The case of a graph."""
    rng = random.Random(seed)  # noqa: S311 -- no secret
    edges = rng.choice(_SHAPES).split() if rng.random() < 0.6 else _random_edges(rng)
    letters = sorted({letter for edge in edges for letter in edge} | {"T"})
    identified = rng.random() < 0.7  # whether certificates have key identifiers
    far = rng.random() < 0.3  # whether the names of authorities have nothing in common
    drafts = {letter: _authority(letter, far=far, identified=identified) for letter in letters if letter != "E"}
    shared = rng.random() < 0.1
    if shared and len(drafts) > 2:  # two authorities of one name
        one, other = rng.sample(sorted(drafts), 2)
        drafts[one] = replace(drafts[one], subject=drafts[other].subject)
    told: list[str] = []
    leaves: list[Certificate] = []
    others: list[Certificate] = []
    fault = rng.choice(_FAULTS)
    for edge in edges:
        issuer, subject = drafts[edge[0]], drafts.get(edge[1]) or _server(identified=identified)
        draft = subject
        if identified:
            draft = draft.having(AUTHORITY_KEY, asn1.sequence(asn1.tlv(0x80, b"k" + issuer.name.encode())))
        note = ""
        if rng.random() < 0.25:
            note = fault if rng.random() < 0.8 else rng.choice(_FAULTS)
            draft = _faulty(draft, note)
            if note == "forged":
                issuer = replace(issuer, key=key_of("ec-forger"))
        (leaves if edge[1] == "E" else others).append(sign(draft, issuer))
        told.append(f"{edge} {note}".strip())
    if rng.random() < 0.4:
        rng.shuffle(others)
    roots = [sign(drafts["T"], drafts["T"])]
    if rng.random() < 0.2:
        roots += others[:1]
    if rng.random() < 0.1:
        roots += [sign(drafts[letter], drafts[letter]) for letter in drafts if letter != "T"][:1]
    if rng.random() < 0.2:
        others.append(roots[0])
    sent = (leaves or [sign(_server(identified=identified), drafts["T"])])[:1] + (leaves[1:] + others)
    told.append(
        f"{len(roots)} roots{' far' if far else ''}{' shared' if shared else ''}{'' if identified else ' bare'}"
    )
    return Neighbour("; ".join(told), tuple(sent), tuple(roots), key_of("ec-server"))


def _random_edges(rng: random.Random) -> list[str]:
    letters = "TABCD"[: rng.choice((2, 3, 4, 5))]
    edges = [rng.choice(letters[1:]) + "E"]
    edges += [rng.choice(letters) + rng.choice(letters[1:]) for _ in range(rng.choice((1, 2, 3, 4, 6, 8)))]
    return list(dict.fromkeys(edges)) if rng.random() < 0.8 else edges


def _authority(letter: str, *, far: bool, identified: bool) -> Draft:
    draft = draft_of(letter, letter, authority=True)
    if far:
        draft = replace(draft, subject=name_of((NameOID.ORGANIZATION_NAME, letter), (NameOID.COMMON_NAME, letter)))
    return draft if identified else draft.lacking(SUBJECT_KEY).lacking(AUTHORITY_KEY)


def _server(*, identified: bool) -> Draft:
    draft = replace(draft_of("server", "", authority=False), subject=common("server"))
    return draft if identified else draft.lacking(SUBJECT_KEY).lacking(AUTHORITY_KEY)


def _faulty(draft: Draft, fault: str) -> Draft:
    match fault:
        case "expired":
            return replace(draft, days=(-100, -1))
        case "not yet valid":
            return replace(draft, days=(1, 100))
        case "constrained":
            return draft.having(CONSTRAINTS, constraints([dns("bad.example.net")]), critical=True)
        case "other constraints":
            return draft.having(CONSTRAINTS, constraints([asn1.tlv(0xA0, asn1.oid("1.2.3") + b"\xa0\2\5\0")]))
        case "for mail":
            return draft.having(PURPOSES, purposes(Purpose.EMAIL_PROTECTION.dotted_string))
        case "no basic":
            return draft.lacking(BASIC)
        case "no authority":
            return draft.having(BASIC, asn1.sequence(), critical=True)
        case "SHA-1":
            return replace(draft, digest="sha1")
        case "length 0":
            return draft.having(BASIC, asn1.sequence(b"\1\1\xff", asn1.integer(0)), critical=True)
        case "unknown critical":
            return draft.having("1.2.3.4.5", b"\5\0", critical=True)
        case "mapped":
            mapping = asn1.sequence(asn1.sequence(asn1.oid("1.2.3"), asn1.oid("1.2.4")))
            return draft.having("2.5.29.33", mapping)
    return draft


_HOSTS: Final = ("db.local.example", "db.example.net")
_TREES: Final = (dns("local.example"), dns("example.net"))
_ADDRESSES: Final = (address(127, 0, 0, 1), address(1, 1, 1, 1))
_RANGES: Final = (address(127, 0, 0, 0, 255, 255, 255, 0), address(1, 1, 1, 0, 255, 255, 255, 0))
_SIZE: Final = 3**7 * 2


def names(number: int) -> Neighbour:
    """Case `number` of the grid of names, of which there are 4,374."""
    number %= _SIZE
    picks = []
    for size in (2, *[3] * 7):
        number, pick = divmod(number, size)
        picks.append(pick)
    as_address, common_name, host, number_of, *trees = picks

    def chosen(which: int, among: tuple[bytes, ...]) -> list[bytes]:
        return [among[which - 1]] if which else []

    texts = ("127.0.0.1", "1.1.1.1") if as_address else _HOSTS
    permitted = chosen(trees[0], _TREES) + chosen(trees[1], _RANGES)
    excluded = chosen(trees[2], _TREES) + chosen(trees[3], _RANGES)
    root, middle = draft_of("Root", "Root", authority=True), draft_of("Middle", "Root", authority=True)
    if permitted or excluded:
        middle = middle.having(CONSTRAINTS, constraints(permitted, excluded), critical=True)
    leaf = draft_of("leaf", "Middle", authority=False).lacking(NAMES)
    if alternatives := chosen(host, tuple(map(dns, _HOSTS))) + chosen(number_of, _ADDRESSES):
        leaf = leaf.having(NAMES, asn1.sequence(*alternatives))
    attributes = [(NameOID.ORGANIZATION_NAME, "Neighbours")]
    attributes += [(NameOID.COMMON_NAME, texts[common_name - 1])] if common_name else []
    leaf = replace(leaf, subject=name_of(*attributes))
    sent: tuple[Certificate, ...] = (sign(leaf, middle), sign(middle, root), sign(root, root))
    told = f"names {picks}"
    return Neighbour(told, sent, sent[2:], leaf.key)

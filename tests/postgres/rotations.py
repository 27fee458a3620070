"""Generated rotations: authorities of now and to come, a server's certificate, stores, and what the command is told."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose

from tests.readers.chain_drafts import (
    AUTHORITY_KEY,
    CONSTRAINTS,
    NAMES,
    PURPOSES,
    SUBJECT_KEY,
    Draft,
    address,
    common,
    constraints,
    directory,
    dns,
    draft_of,
    key_of,
    purposes,
    sign,
)
from tests.readers.chain_neighbours import AUTHORITY, COMMON
from truststore_tool import asn1
from truststore_tool.model import Certificate

_TREES: Final = (
    dns("localhost"),
    dns("example.com"),
    address(127, 0, 0, 1, 255, 255, 255, 255),
    address(10, 0, 0, 0, 255, 0, 0, 0),
    directory(common("leaf")),
    directory(x509.Name([])),
)


@dataclass(frozen=True)
class Authority:
    """A certificate of an authority, and the authority above it; a root has none."""

    draft: Draft
    above: "Authority | None" = None

    @cached_property
    def certificate(self) -> Certificate:
        return sign(self.draft, self.above.draft if self.above else self.draft)

    def below(self) -> "Authority":
        """An intermediate as usual, below this one."""
        return Authority(draft_of("Between", self.draft.name, authority=True), self)

    def chain(self, leaf: Draft) -> tuple[Certificate, ...]:
        """What a server sends with a certificate that this authority issued: all but the root."""
        extensions = {oid: extension for oid, extension in leaf.extensions.items() if oid != AUTHORITY_KEY}
        if SUBJECT_KEY in self.draft.extensions:
            identifier = self.draft.extensions[SUBJECT_KEY][0]
            extensions[AUTHORITY_KEY] = (asn1.sequence(b"\x80" + identifier[1:]), False)
        between = (self.certificate,) if self.above else ()
        return (sign(replace(leaf, extensions=extensions), self.draft), *between)


@dataclass(frozen=True)
class Rotation:
    """One case.

    Attributes:
        strange: what is not as usual, and what the command is told.
        key: the server's.
        before, after: what servers send, of which each may be meant.
        current: the file for --current; empty where the server itself is named.
        following: the file for --next.
        stores: what is in each.
        modern: whether servers speak TLS 1.3.
    """

    strange: str
    key: Any
    before: Sequence[Sequence[Certificate]]
    after: Sequence[Sequence[Certificate]]
    current: Sequence[Certificate]
    following: Sequence[Certificate]
    stores: Sequence[Sequence[Certificate]]
    modern: bool


def rotation(seed: int) -> Rotation:
    """The case of that seed."""
    rng = random.Random(seed)  # noqa: S311 -- no secret
    told_of = rng.choice(("server", "server", "chain", "authority"))
    leaf = draft_of("leaf", "", authority=False).having(NAMES, asn1.sequence(dns("localhost")))
    told_leaf, leaf = ("", leaf) if told_of == "authority" else _shaped(rng, leaf)
    told_old, old = _authority(rng, "", strange=0.2)
    told_new, new = _authority(rng, "2", strange=0.8)
    asked = [new]
    if new.above:
        asked = rng.choice(([new], [new], [new.above], [new, new.above]))
    after = [authority.chain(leaf) for authority in asked]
    if new.above and asked == [new.above] and old.above:  # one may stand between, as it does now
        after.append(new.above.below().chain(leaf))
    old_root, new_root = (authority.above or authority for authority in (old, new))
    junk = Authority(draft_of("Junk", "Junk", authority=True))
    shuffled = [junk, old_root, new_root]
    rng.shuffle(shuffled)
    stores = [[old_root], [new_root], [old_root, new_root], [old_root, old, new, new_root], shuffled, [old, new]]
    current: Sequence[Certificate] = ()
    if told_of != "server":
        current = old.chain(leaf) if told_of == "chain" else (old.certificate,)
    modern = told_of != "server" or rng.random() < 0.6  # of a file nobody sees that it is shown over TLS 1.2
    told = f"{told_leaf} {told_old} {told_new} told of {told_of}, next {[each.draft.name for each in asked]} {modern}"
    held = [[each.certificate for each in store] for store in stores]
    following = [each.certificate for each in asked]
    return Rotation(told, leaf.key, [old.chain(leaf)], after, current, following, held, modern)


def _shaped(rng: random.Random, leaf: Draft) -> tuple[str, Draft]:
    """A server's certificate of some shape that servers have."""
    kind = rng.choice(("p256", "p384", "rsa2048", "rsa1024", "ed"))
    host = dns("localhost")
    names = rng.choice(((host,), (host, address(127, 0, 0, 1)), (dns("db.example.com"), dns("LOCALHOST"))))
    leaf = replace(leaf, key=key_of(f"{kind}-leaf")).having(NAMES, asn1.sequence(*names))
    if purpose := rng.choice(((), (), (Purpose.SERVER_AUTH,), (Purpose.CLIENT_AUTH,))):
        leaf = leaf.having(PURPOSES, purposes(*(each.dotted_string for each in purpose)))
    if rng.random() < 0.1:
        leaf = replace(leaf.lacking(NAMES), subject=common("localhost"))
    return f"{kind} {len(names)} names {[each.dotted_string for each in purpose]}", leaf


def _authority(rng: random.Random, suffix: str, strange: float) -> tuple[str, Authority]:
    root, middle = f"Root{suffix}", f"Middle{suffix}"
    changed = rng.choice(("root", "middle")) if rng.random() < strange else ""
    told, draft = "", draft_of(root, root, authority=True)
    if changed == "root":
        told, draft = _strange(rng, draft)
    above = Authority(draft)
    if rng.random() < 0.4 and changed != "middle":
        return told, above
    draft = draft_of(middle, root, authority=True)
    if changed == "middle":
        told, draft = _strange(rng, draft)
    return told, Authority(draft, above)


def _strange(rng: random.Random, draft: Draft) -> tuple[str, Draft]:
    """The certificate with something that is not as usual."""
    if rng.random() < 0.3:
        permitted, excluded = (rng.sample(_TREES, rng.choice((0, 1, 1, 2))) for _ in range(2))
        excluded = excluded if rng.random() < 0.5 else []
        changed = draft.having(CONSTRAINTS, constraints(permitted, excluded), critical=rng.random() < 0.5)
        return f"{draft.name}: permits {permitted} excludes {excluded};", changed
    name, change = rng.choice(sorted((COMMON | AUTHORITY).items()))
    return f"{draft.name}: {name};", change(draft)

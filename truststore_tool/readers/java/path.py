"""What the JDK finds wrong with a path to an anchor (sun.security.provider.certpath: the checkers of PKIX)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from truststore_tool import asn1, oids
from truststore_tool.names import COMMON_NAME, EMAIL_ADDRESS, Attribute
from truststore_tool.readers.base import UnknownError
from truststore_tool.readers.chains import Flaw
from truststore_tool.readers.java import blocked, general_names
from truststore_tool.readers.java.constraints import Gathered
from truststore_tool.readers.java.facts import NO_LIMIT, Facts
from truststore_tool.readers.java.general_names import ADDRESS, DNS, GeneralName, JavaNameError
from truststore_tool.readers.java.own_roots import OWN_ROOTS

CERTIFICATE_SIGN: Final = 5  # the bit of the key usage

# What the checkers know of critical extensions (their getSupportedExtensions).
_SUPPORTED: Final = {
    oids.BASIC_CONSTRAINTS, oids.NAME_CONSTRAINTS, oids.CERTIFICATE_POLICIES, oids.POLICY_MAPPINGS,
    oids.POLICY_CONSTRAINTS, oids.INHIBIT_ANY_POLICY, oids.SUBJECT_ALTERNATIVE_NAME, oids.KEY_USAGE,
    oids.EXTENDED_KEY_USAGE,
}  # fmt: skip

_CURVES: Final = {"secp256r1", "secp384r1", "secp521r1"}  # the only ones that SunEC computes with
# jdk.certpath.disabledAlgorithms, the same in all releases from 17 on.
_SMALLEST: Final = {"RSA": 1024, "RSASSA-PSS": 1024, "DSA": 1024}
_KEYS: Final = (*_SMALLEST, "EC", "Ed25519", "Ed448", "EdDSA")
_CODECS: Final = {
    asn1.UTF8_STRING: "utf-8",
    asn1.PRINTABLE_STRING: "ascii",
    asn1.TELETEX_STRING: "latin-1",
    asn1.IA5_STRING: "ascii",
    asn1.BMP_STRING: "utf-16-be",
    asn1.UNIVERSAL_STRING: "utf-32-be",
}


def found(sent: Sequence[Facts], anchor: Facts, at: datetime | None, signatures: frozenset[str]) -> Iterator[Flaw]:
    """What speaks against the path `sent` to `anchor`, and what cannot be judged.

    `at` is None where dates were looked at before; `signatures` are the algorithms that the client offers.
    """
    yield from _unknown(sent, anchor)
    yield from (Flaw("blocked", f.certificate) for f in (*sent, anchor) if f.certificate.sha256.hex in blocked.BLOCKED)
    yield from _weak(sent, anchor, signatures)
    yield from _unfit(sent)
    yield from _constrained(sent)
    for position, fact in enumerate(sent):
        if at is not None and (flaw := date_flaw(fact, at)):
            yield flaw
        yield from unknown_critical(fact)
        above = sent[position + 1] if position + 1 < len(sent) else anchor
        made = fact.certificate.is_signed_with_key_of(above.certificate)
        if made is None:
            yield Flaw("not-judged", fact.certificate, "its signature cannot be checked here")
        elif not made:
            yield Flaw("bad-signature", fact.certificate)


def throws(flaw: Flaw) -> bool:
    """Whether Java throws what is not caught where paths are built, and tries no other."""
    return flaw.code == "name-constraints" and bool(flaw.detail)


def date_flaw(fact: Facts, at: datetime) -> Flaw | None:
    """BasicChecker.verifyValidity."""
    if at < fact.not_before:
        return Flaw("not-yet-valid", fact.certificate)
    return Flaw("expired", fact.certificate) if at > fact.not_after else None


def unknown_critical(fact: Facts) -> list[Flaw]:
    """The critical extensions that no checker knows."""
    return [Flaw("critical-extension", fact.certificate, oid) for oid in sorted(fact.critical - _SUPPORTED)]


def _unknown(sent: Sequence[Facts], anchor: Facts) -> Iterator[Flaw]:
    for position, fact in enumerate(sent):
        if fact.unclear:
            yield Flaw("not-judged", fact.certificate, fact.unclear)
        # PolicyChecker counts from there down; whether the policies then do is not looked at here.
        if fact.wants_policies is not None and fact.wants_policies <= sum(
            not f.is_self_issued for f in sent[:position]
        ):
            yield Flaw("not-judged", fact.certificate, "it demands certificate policies")
    for fact in (*sent, anchor):
        if fact.key.algorithm not in _KEYS:
            yield Flaw("not-judged", fact.certificate, f"its key, {fact.key.algorithm}, is not known here")


def unspoken(fact: Facts) -> Iterator[Flaw]:
    """What makes a key useless to any TLS client in Java."""
    if fact.key.curve and fact.key.curve not in _CURVES:
        yield Flaw("weak-key", fact.certificate, f"no TLS client in Java speaks {fact.key.curve}")


def _weak(sent: Sequence[Facts], anchor: Facts, signatures: frozenset[str]) -> Iterator[Flaw]:
    """AlgorithmChecker: keys, the anchor's too, and signatures, the anchor's not."""
    for fact in (*sent, anchor):
        key = fact.key
        yield from unspoken(fact)
        if key.size is not None and key.size < _SMALLEST.get(key.algorithm, 0):
            yield Flaw("weak-key", fact.certificate, f"{key.size} bits")
    for fact in sent:
        if fact.signature not in signatures:
            yield Flaw("weak-signature", fact.certificate, f"no TLS client in Java offers {fact.signature}")
        elif "SHA1" in fact.signature and anchor.certificate.sha256.digest[:4] in OWN_ROOTS:
            # "SHA1 jdkCA & usage TLSServer"; which roots are its own hangs on who built the JDK.
            yield Flaw("not-judged", fact.certificate, "a JDK that calls the root its own refuses SHA-1 below it")


def _unfit(sent: Sequence[Facts]) -> Iterator[Flaw]:
    """KeyChecker and ConstraintsChecker.checkBasicConstraints, from the top down; the anchor is not asked."""
    left = len(sent)
    for position in reversed(range(1, len(sent))):
        fact = sent[position]
        if fact.key_usage is not None and not fact.key_usage[CERTIFICATE_SIGN]:
            yield Flaw("not-a-ca", fact.certificate)
        length = fact.path_length
        if fact.version < 3:
            length = NO_LIMIT if position == len(sent) - 1 and fact.is_self_issued else -1
        if length == -1:
            yield Flaw("not-a-ca", fact.certificate)
        if not fact.is_self_issued:
            if left <= 0:
                yield Flaw("path-too-long", fact.certificate)
            left -= 1
        left = min(left, length)


def _constrained(sent: Sequence[Facts]) -> Iterator[Flaw]:
    """Name constraints of all below the anchor, from the top down (ConstraintsChecker.verifyNameConstraints)."""
    gathered = Gathered()
    some = False
    for position, fact in reversed(list(enumerate(sent))):
        try:
            if some and (position == 0 or not fact.is_self_issued) and not gathered.allow(_names(fact)):
                yield Flaw("name-constraints", fact.certificate)
                return
            gathered.add(fact.constraints)
        except JavaNameError as exc:
            yield Flaw("name-constraints", fact.certificate, str(exc))
            return
        except UnknownError as exc:
            yield Flaw("not-judged", fact.certificate, str(exc))
            return
        some = some or fact.constraints is not None


def _names(fact: Facts) -> list[GeneralName]:
    """The names that count (NameConstraintsExtension.verify): the subject, the alternative names, without those the
    mailboxes in the subject, and the last common name as an address or host where none of that kind is."""
    attributes = [attribute for rdn in fact.certificate.subject.rdns for attribute in rdn]
    names = [GeneralName(general_names.DIRECTORY, fact.subject)] if fact.subject else []
    others = list(fact.names or ())
    if fact.names is None:
        texts = (_text(attribute) for attribute in attributes if attribute.oid == EMAIL_ADDRESS)
        others += [mail for text in texts if text and (mail := general_names.mailbox(text))]
    common = next((_text(a) for a in reversed(attributes) if a.oid == COMMON_NAME), None)
    if common is not None:
        kinds = {name.kind for name in others}
        host = general_names.address(common)
        if host is not None:
            others += [host] if ADDRESS not in kinds else []
        elif DNS not in kinds and (host := general_names.host_name(common)):
            others.append(host)
    return [*names, *others]


def _text(attribute: Attribute) -> str | None:
    codec = _CODECS.get(attribute.tag)
    return attribute.value.decode(codec, "replace") if codec else None

"""What readers make of a store, and what is not well with it: the examination behind `doctor`."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from truststore_tool import formats, readers
from truststore_tool.findings import MEND, MEND_AS_COMPAT, MEND_AS_PASSWORDLESS, Finding, Level, Place, finding
from truststore_tool.formats.base import Content
from truststore_tool.model import Certificate, TrustStore
from truststore_tool.nouns import field, noun, replace
from truststore_tool.operations.checking import check
from truststore_tool.operations.describe import identified
from truststore_tool.readers import gate, protection
from truststore_tool.readers.base import WRONG, Asked, LeftOut, Reader, Reading
from truststore_tool.readers.java.keystores import JavaReader
from truststore_tool.readers.java.policies import policy_of
from truststore_tool.readers.java.releases import OF_RULES
from truststore_tool.readers.measured import Measured, Unmeasured

# Releases that are still met, by which it shows what older ones cannot read.
_OLDER: Final = ("java8u252", "java11.0.10")
_NEEDS_TYPE: Final = {"jceks": "JCEKS", "bks": "BKS", "uber": "UBER", "bcfks": "BCFKS"}
# What mending does about findings that others than this module make, or that are made in several places.
_MENDED: Final = {
    "not-trusted-entry": f"{MEND} makes it a trusted entry, if that is confirmed",
    "alias-collision": f"{MEND} gives it an alias of its own, if it may be trusted",
    "odd-alias": f"{MEND} spells it in lower case",
    "duplicate": f"{MEND} leaves one",
}
_UNWRAPPED: Final = {"wrapped": "convert makes a file of it that they read"}
_USUAL_PASSWORD: Final = "changeit"  # noqa: S105 -- everybody's
_NO_CIPHERS_OF_FIPS: Final = ("jks", "jceks")


@noun
class Seen:
    """What one reader makes of a store; what is not known is None.

    Attributes:
        name: the reader's.
        loads, error, anchors: with the right password: whether it opens, what it says if not, how many it trusts.
        evidence: how that is known, one line each.
    """

    name: str
    loads: bool | None
    error: str | None
    anchors: int | None
    loads_without_password: bool | None
    anchors_without_password: int | None
    loads_with_wrong_password: bool | None
    anchors_with_wrong_password: int | None
    evidence: tuple[str, ...]


@noun
class Examined:
    """A store, what each reader makes of it, and the findings; and what real programs did, if they were asked."""

    path: str
    format: str | None
    readers: tuple[Seen, ...]
    findings: tuple[Finding, ...]
    measured: tuple[Measured, ...] = ()
    unmeasured: tuple[Unmeasured, ...] = ()


@noun
class Subject:
    """What is examined.

    Attributes:
        path: what it is called.
        content: its bytes, or the files of a directory.
        store: what we read of it; None where that is nothing.
        password: the right one; None where it is not at hand.
    """

    path: str
    content: Content = field(repr=False)
    store: TrustStore | None
    password: str | None = field(repr=False)


def missing(path: str) -> Examined:
    """There is nothing at `path`."""
    text = "there is no such file; Java's default trust manager then takes the JDK's own cacerts, without a word"
    found = finding("missing-file-falls-back", Place(path), text, readers=("java",), fix="make the store, or name it")
    return Examined(path, None, (), (found,))


def examine(
    subject: Subject, asked: Sequence[Asked] | None, now: datetime, *, within: timedelta | None = None
) -> Examined:
    """What readers make of a store, and what is not well with it.

    Args:
        subject: the store.
        asked: names of readers; None for those that stores of its format are usually meant for. What keeps one of
            these from the store is an error. With ``all`` every reader is asked, and it is one for the usual readers.
        now: the present moment (aware).
        within: how soon is soon for certificates that expire; None for never.

    Raises UsageError for a name that no reader has, FormatError for a file that is no store.
    """
    path, content = subject.path, subject.content
    if not content and isinstance(content, bytes):
        return Examined(path, None, (), (finding("empty-file", Place(path), "the file is empty"),))
    form = formats.detect(content).name if subject.store is None else subject.store.format
    every = asked is not None and "all" in asked
    judges = gate.judges_of(form, readers.ALL if every else asked)
    meant = {judge.name for judge in (gate.judges_of(form) if every else judges)}
    readings = {judge.name: _right(judge, subject) for judge in judges}
    asks = formats.get(form).has_password
    seen = tuple(_seen(judge, readings[judge.name], subject, asks_for_password=asks) for judge in judges)
    rules = protection.rules_of(content) if form == "pkcs12" and isinstance(content, bytes) else frozenset[str]()
    found = [
        *_of_readers(subject, form, rules, judges, readings, meant),
        *_of_protection(subject, form, rules, judges, meant),
        *_of_passwords(subject, seen),
        *_of_certificates(subject, judges),
    ]
    unknown = tuple(name for name, reading in readings.items() if reading.loads is None)
    if unknown and not _lacks_password(subject):
        level: Level = "error" if meant.intersection(unknown) else "note"
        text = f"{', '.join(unknown)}: nobody knows what they make of it"
        found.append(finding("not-judged", Place(path), text, readers=unknown, level=level))
    if subject.store is None and "mac-nobody-reads" not in rules:
        text = "it shows nothing without its password: what it holds is not judged"
        found.append(finding("not-opened", Place(path), text))
    if subject.store is not None:
        codec = formats.get(form)
        mended = _UNWRAPPED | (_MENDED if codec.dumps and not codec.is_directory else {})
        # What readers make of it says more than that it is so.
        said = {item.rule for item in found}
        found += [
            replace(item, fix=mended.get(item.rule, item.fix))
            for item in check(subject.store, path, now, within=within)
            if item.rule not in said
        ]
    return Examined(path, form, seen, tuple(_ordered(found)))


def _right(judge: Reader, subject: Subject) -> Reading:
    """What it makes of the store with the right password. Without it at hand, that is known where there is none."""
    if _lacks_password(subject):
        return Reading(None)
    return judge.read(subject.content, subject.password)


def _lacks_password(subject: Subject) -> bool:
    return subject.password is None and has_password(subject)


def has_password(subject: Subject) -> bool:
    """Whether a password opens the store, or proves it."""
    return subject.store is None or subject.store.integrity == "unchecked" or bool(subject.store.sealed)


def _seen(judge: Reader, right: Reading, subject: Subject, *, asks_for_password: bool) -> Seen:
    """What it makes of the store under each password, which makes no difference to formats without one."""
    without = judge.read(subject.content, None) if asks_for_password else right
    wrong = judge.read(subject.content, WRONG) if asks_for_password else right
    return Seen(
        judge.name,
        right.loads,
        right.error,
        right.count,
        without.loads,
        without.count,
        wrong.loads,
        wrong.count,
        tuple(f"{item.kind}: {item.source}" for item in (right.evidence or without.evidence)),
    )


def _of_readers(
    subject: Subject,
    form: str,
    rules: Collection[str],
    judges: Sequence[Reader],
    readings: Mapping[str, Reading],
    meant: set[str],
) -> Iterator[Finding]:
    """What readers do not open, and what they leave out."""
    here = Place(subject.path)
    explained = _too_new(rules, judges)
    blamed = {name for names in explained.values() for name in names}
    unparsed = {judge.name for judge in judges if any(map(judge.refuses, _certificates(subject)))}

    def level_of(names: Iterable[str]) -> Level:
        return "error" if meant.intersection(names) else "note"

    for judge in judges:
        reading = readings[judge.name]
        if reading.loads is False and judge.name not in blamed | unparsed:
            text = f"{judge.name} cannot open it: {reading.error}"
            yield finding("cannot-open", here, text, readers=(judge.name,), level=level_of([judge.name]))
    javas = tuple(judge.name for judge in judges if isinstance(judge, JavaReader))
    if javas and not isinstance(subject.content, bytes):
        text = "it is a directory, for which Java's default trust manager takes the JDK's own cacerts, without a word"
        fix = "make a keystore of it"
        yield finding("missing-file-falls-back", here, text, readers=javas, fix=fix, level=level_of(javas))
    if form in _NEEDS_TYPE:
        text = f"Java opens it only as trustStoreType {_NEEDS_TYPE[form]}"
        fix = f"set javax.net.ssl.trustStoreType={_NEEDS_TYPE[form]}, or convert it to PKCS#12"
        yield finding("needs-storetype", here, text, readers=("java",), fix=fix)
    left: dict[LeftOut, list[str]] = {}
    for judge in judges:
        for item in readings[judge.name].left_out:
            left.setdefault(item, []).append(judge.name)
    of_keys = (
        {c for entry in subject.store.entries if entry.kind != "trusted" for c in entry.certificates}
        if subject.store
        else ()
    )
    for item, names in left.items():
        rule = item.rule
        if rule and not (rule == "not-trusted-entry" and item.certificate in of_keys):
            text = f"{identified(item.certificate)}: {item.reason}"
            place = Place(subject.path, str(item.certificate.sha256))
            yield finding(rule, place, text, readers=tuple(names), fix=_MENDED.get(rule))


def _too_new(rules: Collection[str], judges: Iterable[Reader]) -> dict[str, list[str]]:
    """By rule, of those that the store's protection falls under, the Javas that do not know the algorithm."""
    return {
        rule: names
        for rule, feature in OF_RULES.items()
        if rule in rules
        and (names := [j.name for j in judges if isinstance(j, JavaReader) and feature.known_to(j.release) is False])
    }


_NEWER: Final = {
    "mac-too-new": "the MAC is of a kind that they do not know",
    "pbes2-too-new": "it is encrypted with PBES2, which they do not know",
    "pbes2-no-keylength": "it is encrypted with PBES2 without keyLength, which they do not take",
    "prf-too-new": "keys are derived with an HMAC that they do not know",
}


def _of_protection(
    subject: Subject, form: str, rules: Collection[str], judges: Sequence[Reader], meant: set[str]
) -> Iterator[Finding]:
    here = Place(subject.path)
    if form in _NO_CIPHERS_OF_FIPS:
        text = "its digest and key protection are Sun's own, of SHA-1"
        yield finding("fips-algorithm", here, text, fix="convert it to BCFKS or to a password-less PKCS#12")
    asked = _too_new(rules, judges)
    older = _too_new(rules, gate.judges_of(form, _OLDER))
    for rule, text in _NEWER.items():
        names = asked.get(rule, older.get(rule, []))
        if names:
            level: Level = "error" if meant.intersection(asked.get(rule, ())) else "note"
            fix = f"{MEND_AS_COMPAT} protects it as every Java reads it"
            yield finding(rule, here, f"{', '.join(names)}: {text}", readers=tuple(names), fix=fix, level=level)
    if "mac-nobody-reads" in rules:
        text = "its MAC is a bare HMAC, which no program reads"
        yield finding("mac-nobody-reads", here, text, fix=f"{MEND} proves it, and writes one that all read")
    if "needs-legacy-provider" in rules:
        text = "it is encrypted with RC2 or RC4: OpenSSL 3 reads it only with its legacy provider"
        fix = f"{MEND} protects it in a way that OpenSSL 3 reads"
        yield finding("needs-legacy-provider", here, text, readers=("openssl3",), fix=fix)
    if "fips-algorithm" in rules:
        text = "its MAC, or a part of it, is protected in a way of RFC 7292 that FIPS 140 does not approve"
        yield finding("fips-algorithm", here, text, readers=("openssl3-fips", "bcfips"))


def _of_passwords(subject: Subject, seen: Sequence[Seen]) -> Iterator[Finding]:
    empty = [
        each.name
        for each in seen
        if each.anchors and each.loads_without_password and each.anchors_without_password == 0
    ]
    if empty:
        text = "opened without a password it is empty, without an error: whoever names no password trusts nothing"
        fix = "set javax.net.ssl.trustStorePassword"
        if subject.store and all(entry.kind == "trusted" for entry in subject.store.entries):
            fix += f", or {MEND_AS_PASSWORDLESS} takes the password away"
        yield finding("no-password-means-empty", Place(subject.path), text, readers=tuple(empty), fix=fix)
    if subject.store is not None and subject.store.integrity == "verified" and subject.password == _USUAL_PASSWORD:
        text = "its password is changeit: whoever may write the file may change it unseen"
        yield finding("default-password", Place(subject.path), text)


def _certificates(subject: Subject) -> list[Certificate]:
    return list(dict.fromkeys(subject.store.all_certificates())) if subject.store else []


def _of_certificates(subject: Subject, judges: Sequence[Reader]) -> Iterator[Finding]:
    """Certificates that a reader's parser refuses, and roots that fall under Java's policies."""
    for certificate in _certificates(subject):
        place = Place(subject.path, str(certificate.sha256))
        refusals: dict[str, list[str]] = {}
        for judge in judges:
            if reason := judge.refuses(certificate):
                refusals.setdefault(reason, []).append(judge.name)
        for reason, names in refusals.items():
            text = f"{identified(certificate)}: {', '.join(names)}: {reason}"
            yield finding("unparsable-certificate", place, text, readers=tuple(names), fix="remove it")
        disabled: dict[str, list[str]] = {}
        for judge in judges:
            if isinstance(judge, JavaReader) and (item := judge.why_disabled(certificate)):
                disabled.setdefault(item, []).append(judge.name)
        for item, names in disabled.items():
            text = f"{identified(certificate)}: {', '.join(names)}: its key falls under {item!r}"
            yield finding("disabled-key", place, text, readers=tuple(names), fix="remove it, or ask for a larger key")
        policy = policy_of(certificate)
        if policy is None:
            continue
        concerned = tuple(j.name for j in judges if isinstance(j, JavaReader) and j.applies(policy))
        if concerned:
            text = (
                f"{identified(certificate)}: {policy.name}: servers whose certificates were issued after"
                f" {policy.until:%Y-%m-%d} are not trusted"
            )
            yield finding("distrusted-after", place, text, readers=concerned)


def _ordered(found: Iterable[Finding]) -> list[Finding]:
    """Each once, the worst first."""
    order = {"error": 0, "warning": 1, "note": 2}
    return sorted(dict.fromkeys(found), key=lambda item: order[item.level])

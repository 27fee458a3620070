"""What Java's security properties say of key stores and certificates: by release as data, or by a java.security.

Of the many properties those that decide what a reader makes of a store: keystore.type, keystore.type.compat,
jdk.certpath.disabledAlgorithms and jdk.security.caDistrustPolicies. (jdk.security.legacyAlgorithms only makes keytool
warn, and keystore.pkcs12.* say how Java writes.)
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from truststore_tool.nouns import field, noun
from truststore_tool.readers.base import UnknownError
from truststore_tool.readers.java.releases import Feature, Release, documented, measured

_FILES: Final = measured("java.security of 8u504, 11.0.5 to 25.0.3")
_KEY_SIZE: Final = re.compile(r"keySize\s*(<=|<|==|!=|>=|>)\s*(\d{1,9})")
_EDWARDS: Final = ("Ed25519", "Ed448")  # keys that 17 and later call EdDSA as well
_INCLUDE: Final = "include "
# A property may be broken into lines, the end of which is then escaped.
_CONTINUED: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\(?:\r\n|\n|\r)[ \t\f]*")
_COMMENT: Final = re.compile(r"[ \t\f]*(?:[#!].*)?")
_PAIR: Final = re.compile(r"[ \t\f]*((?:[^\\ \t\f:=]|\\.)*)[ \t\f]*[:=]?[ \t\f]*(.*)", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_ESCAPED: Final = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


@noun
class Disabled:
    """An item of jdk.certpath.disabledAlgorithms.

    Attributes:
        text: the item, as ``RSA keySize < 1024``.
        algorithm: the name of an algorithm, a digest or a curve.
        conditions: all of which must be met, as ``keySize < 1024``, ``jdkCA``, ``usage TLSServer``.
    """

    text: str
    algorithm: str
    conditions: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Disabled":
        """The item that says so."""
        words = " ".join(text.split())
        name, *first = words.split(" ", 1) if not words.startswith("X9.62 ") else (words,)
        conditions = tuple(condition.strip() for condition in "".join(first).split("&") if condition.strip())
        return cls(words, name, conditions)

    def forbids_key(self, algorithm: str, size: int | None, curve: str | None = None) -> bool:
        """Whether it forbids such a key (its size in bits), whoever uses it and whatever for."""
        names = {algorithm, curve or "", "EdDSA" if algorithm in _EDWARDS else ""}
        if self.algorithm.lower() not in {name.lower() for name in names}:
            return False
        return all(_holds(condition, size) for condition in self.conditions)

    def forbids_signature(self, name: str) -> bool:
        """Whether it forbids all signatures by that algorithm, such as MD5withRSA, of whatever size the key is."""
        parts = {part.lower() for part in (name, *re.split(r"with|and", name))}
        return not self.conditions and self.algorithm.lower() in parts


def _holds(condition: str, size: int | None) -> bool:
    """Whether a condition holds of a key of that size; false for what is not about keys alone."""
    match = _KEY_SIZE.fullmatch(condition)
    if match is None or size is None:
        return False
    limit = int(match[2])
    return {
        "<": size < limit,
        "<=": size <= limit,
        "==": size == limit,
        "!=": size != limit,
        ">": size > limit,
        ">=": size >= limit,
    }[match[1]]


@noun
class Item:
    """Items of jdk.certpath.disabledAlgorithms as releases ship them.

    Attributes:
        texts: the items, which came together.
        releases: those that have them.
        until: the first line that has them no more; None where all later ones do.
    """

    texts: tuple[str, ...]
    releases: Feature
    until: int | None = None

    def known_to(self, release: Release) -> bool | None:
        """Whether that release has them; None where that was not measured."""
        if self.until is not None and release.line >= self.until:
            return False
        return self.releases.known_to(release)


# Those of a property of their own, jdk.disabled.namedCurves.
_CURVES: Final = """
    secp112r1 secp112r2 secp128r1 secp128r2 secp160k1 secp160r1 secp160r2 secp192k1 secp192r1 secp224k1 secp224r1
    secp256k1 sect113r1 sect113r2 sect131r1 sect131r2 sect163k1 sect163r1 sect163r2 sect193r1 sect193r2 sect233k1
    sect233r1 sect239k1 sect283k1 sect283r1 sect409k1 sect409r1 sect571k1 sect571r1 brainpoolP256r1 brainpoolP320r1
    brainpoolP384r1 brainpoolP512r1"""
_CURVES_OF_X9_62: Final = """
    c2tnb191v1 c2tnb191v2 c2tnb191v3 c2tnb239v1 c2tnb239v2 c2tnb239v3 c2tnb359v1 c2tnb431r1 prime192v2 prime192v3
    prime239v1 prime239v2 prime239v3"""
_NAMED_CURVES: Final = (*_CURVES.split(), *(f"X9.62 {name}" for name in _CURVES_OF_X9_62.split()))
DISABLED: Final[tuple[Item, ...]] = (
    Item(
        (
            "MD2",
            "MD5",
            "SHA1 jdkCA & usage TLSServer",
            "RSA keySize < 1024",
            "DSA keySize < 1024",
            "EC keySize < 224",
        ),
        Feature(9, (_FILES,), backports={8: 504}),
    ),
    Item(
        ("SHA1 usage SignedJAR & denyAfter 2019-01-01",),
        Feature(18, (documented("JDK-8269039, fixed in 18"), _FILES), backports={8: 504, 17: 9}, lacks={11: 13, 17: 2}),
    ),
    # The SunEC of later lines does not know these curves at all (JDK-8235710, fixed in 16).
    Item(
        _NAMED_CURVES,
        Feature(14, (documented("JDK-8233228, fixed in 14"), _FILES), backports={8: 504, 11: 10}, lacks={11: 5}),
        until=16,
    ),
)


@noun
class Security:
    """What security properties say.

    Attributes:
        keystore_type: the type of key stores for which none is named, in capital letters.
        compat: whether stores of type JKS and PKCS12 open each other.
        policies: the CA distrust policies that are on.
        disabled: the items of jdk.certpath.disabledAlgorithms.
        unclear: what may be on, too, as nobody has looked at that release: names of policies, texts of items.
    """

    keystore_type: str
    compat: bool
    policies: frozenset[str]
    disabled: frozenset[Disabled]
    unclear: frozenset[str] = field(default_factory=frozenset)

    def why_disabled(self, algorithm: str, size: int | None, curve: str | None = None) -> str | None:
        """The item that forbids such a key in every certificate path, an anchor's too; None if there is none."""
        return min((item.text for item in self.disabled if item.forbids_key(algorithm, size, curve)), default=None)


@lru_cache(maxsize=64)
def of(release: Release) -> Security:
    """What the java.security says that a release ships with."""
    from truststore_tool.readers.java.policies import POLICIES

    policies = {policy.name: policy.releases.known_to(release) for policy in POLICIES}
    items = {text: item.known_to(release) for item in DISABLED for text in item.texts}
    return Security(
        "JKS" if release.line < 9 else "PKCS12",  # JEP 229
        True,
        frozenset(name for name, known in policies.items() if known),
        frozenset(Disabled.parse(text) for text, known in items.items() if known),
        frozenset(name for name, known in {**policies, **items}.items() if known is None),
    )


def parse(text: str) -> Security:
    """What a java.security says. Raises UnknownError where another file decides, which it includes (since 24)."""
    properties = dict(_properties(text))
    if "include" in properties:
        raise UnknownError("its java.security includes another file, which nobody has looked at")
    disabled: list[str] = []
    for item in _list(properties, "jdk.certpath.disabledAlgorithms"):
        included = item.startswith(_INCLUDE)
        disabled += _list(properties, item.removeprefix(_INCLUDE).strip()) if included else [item]
    return Security(
        properties.get("keystore.type", "jks").strip().upper(),
        properties.get("keystore.type.compat", "").strip().lower() == "true",
        frozenset(_list(properties, "jdk.security.caDistrustPolicies")),
        frozenset(map(Disabled.parse, disabled)),
    )


def _list(properties: Mapping[str, str], name: str) -> Iterator[str]:
    for item in properties.get(name, "").strip().strip('"').split(","):
        if item.strip():
            yield item.strip()


def _properties(text: str) -> Iterator[tuple[str, str]]:
    """Names and values of properties, as java.util.Properties.load reads them; the last of a name counts."""
    for line in re.split(r"\r\n|\n|\r", _joined(text)):
        pair = None if _COMMENT.fullmatch(line) else _PAIR.fullmatch(line)
        if pair:
            yield _unescaped(pair[1]), _unescaped(pair[2])


def _joined(text: str) -> str:
    """The text without comments, whose last backslash does not continue them, and with its lines made whole."""
    kept: list[str] = []
    whole = True
    for line in re.split(r"\r\n|\n|\r", text):
        if whole and _COMMENT.fullmatch(line):
            continue
        whole = (len(line) - len(line.rstrip("\\"))) % 2 == 0
        kept.append(line)
    return _CONTINUED.sub(r"\1", "\n".join(kept))


def _unescaped(text: str) -> str:
    def meant(match: re.Match[str]) -> str:
        what = match[1]
        return chr(int(what[1:], 16)) if len(what) == 5 else _ESCAPED.get(what, what)

    return _ESCAPE.sub(meant, text)

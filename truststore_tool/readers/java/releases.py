"""Java's releases, and what each can read: data with evidence.

A release is a line (8, 11, 17 ...) and an update of it. Much of what came with a new line was carried back to
updates of older ones, which is why a rule names both.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple, Self

from truststore_tool.errors import FormatError, UsageError
from truststore_tool.nouns import field, noun
from truststore_tool.readers.base import Evidence

# The newest update of each line that was measured: what the name of a line alone stands for.
NEWEST: Final[Mapping[int, int]] = {8: 504, 11: 13, 17: 15, 21: 8, 25: 3}
# In the file `release`: 1.8.0_504, 25, 25.0.3, 17.0.4.1; maybe with a word behind a hyphen.
_VERSION: Final = re.compile(
    r'^JAVA_VERSION="?(?:1\.(8)\.0_(\d{1,4})|(\d{1,3})(?:\.0\.(\d{1,4})(?:\.\d+)*)?)(?:-[^"]*)?"?\s*$', re.MULTILINE
)
_NAME: Final = re.compile(r"java(?:(8)(?:u(\d{1,4}))?|(\d{2,3})(?:\.0\.(\d{1,4}))?)")


class Release(NamedTuple):
    """A release of Java: 8u252 is (8, 252), 17.0.15 is (17, 15)."""

    line: int
    update: int

    @classmethod
    def parse(cls, name: str) -> Self:
        """The release called `java8u252` or `java17.0.15`; `java17` is the newest known. UsageError for others."""
        match = _NAME.fullmatch(name)
        line = int((match[1] or match[3]) if match else 0)
        update = match and (match[2] or match[4])
        if line not in NEWEST:
            raise UsageError(f"no reader is called {name!r}", hint=_known())
        return cls(line, NEWEST[line] if update is None else int(update))

    @classmethod
    def of_file(cls, text: str) -> Self:
        """The release that the file `release` of a JDK names.

        Raises FormatError for a text that names none, UsageError for a line of Java that nobody has looked at.
        """
        match = _VERSION.search(text)
        if match is None:
            raise FormatError("its file release names no release of Java (JAVA_VERSION)", hint=_known())
        line = int(match[1] or match[3])
        if line not in NEWEST:
            raise UsageError(f"nobody has looked at Java {line}", hint=_known())
        return cls(line, int(match[2] or match[4] or 0))

    def __str__(self) -> str:
        return f"java8u{self.update}" if self.line == 8 else f"java{self.line}.0.{self.update}"


def _known() -> str:
    return f"known are {', '.join(f'java{line}' for line in NEWEST)} and their updates"


@noun
class Feature:
    """Something that newer releases of Java can read and older ones cannot.

    Attributes:
        line: the first line that had it from the start.
        backports: the first update of an older line that is known to have it.
        lacks: the last update of an older line that is known to lack it; a line in neither mapping lacks it.
        evidence: how this is known.
    """

    line: int
    evidence: tuple[Evidence, ...]
    backports: Mapping[int, int] = field(default_factory=dict)
    lacks: Mapping[int, int] = field(default_factory=dict)

    def known_to(self, release: Release) -> bool | None:
        """Whether that release has it; None where that was not measured."""
        if release.line >= self.line:
            return True
        if release.update >= self.backports.get(release.line, 1 << 30):
            return True
        if release.update <= self.lacks.get(release.line, -1 if release.line in self.backports else 1 << 30):
            return False
        return None


def measured(*readers: str) -> Evidence:
    """Evidence by real JVMs."""
    return Evidence("measured", ", ".join(readers))


def documented(where: str) -> Evidence:
    """Evidence by what the makers wrote."""
    return Evidence("documented", where)


PBES2: Final = Feature(
    12,
    (documented("JDK-8202837, fixed in 12"), measured("8u252, 8u504, 11.0.5 to 25.0.3")),
    backports={8: 301, 11: 5},
    lacks={8: 252},
)
# Before, what follows the iteration count was taken for a key length, and a PRF in its place was passed over.
PBES2_WITHOUT_KEY_LENGTH: Final = Feature(
    17,
    (measured("8u504, 11.0.5, 11.0.10, 11.0.13, 17.0.2 to 25.0.3"),),
    backports={8: 504, 11: 13},
    lacks={8: 252, 11: 10},
)
HMAC_PBE_SHA2: Final = Feature(
    12,
    (documented("JDK-8267701: 8u301, 11.0.12"), measured("8u252, 8u504, 11.0.5, 11.0.10, 11.0.13, 17.0.2 to 25.0.3")),
    backports={8: 301, 11: 12},
    lacks={8: 300, 11: 11},
)
# PBKDF2 with HMAC-SHA512/224 and HMAC-SHA512/256.
PRF_SHA512_TRUNCATED: Final = Feature(
    21,
    (measured("8u504, 11.0.13, 17.0.15, 21.0.2 to 25.0.3"),),
    lacks={8: 504, 11: 13, 17: 15},
)
PBMAC1: Final = Feature(
    26,
    (documented("JDK-8343232, fixed in 26"), measured("8u504, 11.0.5 to 25.0.3")),
    lacks={8: 504, 11: 13, 17: 15, 21: 8, 25: 3},
)
# Passwords with characters other than those from blank to tilde, wherever a key is made from them.
NON_ASCII_PASSWORDS: Final = Feature(25, (measured("8u504, 11.0.5 to 21.0.8, 25.0.2, 25.0.3"),))
# By the rule that a finding of a PKCS#12 file goes by: what a reader must have to pass over it.
OF_RULES: Final[Mapping[str, Feature]] = {
    "mac-too-new": HMAC_PBE_SHA2,
    "pbes2-too-new": PBES2,
    "pbes2-no-keylength": PBES2_WITHOUT_KEY_LENGTH,
    "prf-too-new": PRF_SHA512_TRUNCATED,
}
FEATURES: Final = (
    PBES2,
    PBES2_WITHOUT_KEY_LENGTH,
    HMAC_PBE_SHA2,
    PRF_SHA512_TRUNCATED,
    PBMAC1,
    NON_ASCII_PASSWORDS,
)


def reads_all_of(newer: Release, older: Release) -> bool:
    """Whether `newer` surely opens every store that `older` opens, certificates aside: it has all that `older` has."""
    return newer.line >= older.line and all(
        feature.known_to(newer) is True or feature.known_to(older) is False for feature in FEATURES
    )

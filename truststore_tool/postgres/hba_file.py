"""The rules of pg_hba.conf: words, rules, and the lines of the file (src/backend/libpq/hba.c)."""

from typing import NamedTuple

from truststore_tool.nouns import noun


class Word(NamedTuple):
    """A word of a rule. Quotes take all meaning but its own from it, except from a regular expression."""

    text: str
    quoted: bool | None = False  # None: not known

    def means(self, keyword: str) -> bool | None:
        """Whether it is that keyword; None where that is not known."""
        if self.text != keyword or self.quoted:
            return False
        return True if self.quoted is False else None


@noun
class Rule:
    """A rule.

    Attributes:
        kind: ``host``, ``hostssl`` and so on.
        databases, users: the words of each list.
        address: an address, a name or a keyword.
        netmask: of an address.
        method: how clients prove who they are.
    """

    kind: str
    databases: tuple[Word, ...]
    users: tuple[Word, ...]
    address: Word
    netmask: str | None
    method: str

    def __str__(self) -> str:
        lists = (",".join(map(_written, words)) for words in (self.databases, self.users))
        words = (self.kind, *lists, _written(self.address), self.netmask, self.method)
        return " ".join(filter(None, words))


def _written(word: Word) -> str:
    return f'"{word.text}"' if word.quoted else word.text


def fields(line: str) -> list[list[Word]]:
    """The fields of a line of the file, each a list of words (next_token and next_field_expand)."""
    found: list[list[Word]] = []
    text, quoted, inside, doubled, started, goes_on = "", False, False, False, False, False
    for char in f"{line} ":
        if not inside and char in " \t\r,#":
            if started:
                if not goes_on:
                    found.append([])
                found[-1].append(Word(text, quoted))
                goes_on = char == ","
            text, quoted, doubled, started = "", False, False, False
            if char == "#":
                break
            continue
        started = True
        if char != '"' or doubled:
            text += char
        doubled = inside and char == '"' and not doubled
        if char == '"':
            inside = not inside
            quoted = quoted or not text
    return found

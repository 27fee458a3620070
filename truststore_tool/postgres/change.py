"""The one change that makes a client verify its server: in words, and such that a program can apply it."""

from collections.abc import Iterator, Mapping
from typing import Final

from truststore_tool.nouns import noun

FILE: Final = "FILE"  # stands for the path of a bundle
NAME: Final = "NAME"  # stands for the name of the server
_BUNDLE: Final = "a bundle of the authorities that may issue the server's certificate"


@noun
class Change:
    """What to set and to drop, all of it together.

    Attributes:
        settings: parameters of the connection to set; `FILE` and `NAME` are to be filled in.
        drop: parameters to leave out.
        put: where a bundle of authorities is to lie.
        mend: something else, in words; for people alone.
        why: what a setting is for, by its name.
    """

    settings: Mapping[str, str]
    drop: tuple[str, ...] = ()
    put: str | None = None
    mend: str | None = None
    why: str | None = None

    def words(self, mode: str | None = None) -> str:
        """One line; `mode` is the sslmode so far."""
        return "; ".join(self._words(mode))

    def _words(self, mode: str | None) -> Iterator[str]:
        if self.drop:
            yield f"drop {' and '.join(self.drop)}"
        if self.settings:
            pairs = " and ".join(f"{key}={value}" for key, value in self.settings.items())
            replaced = f" in place of {mode}" if [*self.settings] == ["sslmode"] and mode and not self.why else ""
            yield f"set {pairs}{replaced}{f', {_BUNDLE}' if FILE in self.settings.values() else ''}"
        if self.why:
            yield self.why
        if self.put:
            yield f"put {_BUNDLE} at {self.put}"
        if self.mend:
            yield self.mend

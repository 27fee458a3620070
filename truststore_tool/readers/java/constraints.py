"""Name constraints as the JDK gathers them along a chain and holds names against them.

(sun.security.x509.NameConstraintsExtension, GeneralSubtrees; ConstraintsChecker.verifyNameConstraints)
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from truststore_tool.readers.java.general_names import DIRECTORY, GeneralName, JavaNameError, relation


class Extension(NamedTuple):
    """Name constraints as they stand in a certificate; None for what is left out.

    Attributes:
        permitted, excluded: the subtrees.
        limited: whether any has a minimum or maximum, which makes Java refuse all names.
    """

    permitted: tuple[GeneralName, ...] | None
    excluded: tuple[GeneralName, ...] | None
    limited: bool


_WIDEST: Final = GeneralName(DIRECTORY, ())


class Gathered:
    """The constraints of the certificates from the top down to one of them."""

    def __init__(self) -> None:
        self._permitted: list[GeneralName] | None = None
        self._excluded: list[GeneralName] | None = None
        self._any = self._limited = False

    def add(self, extension: Extension | None) -> None:
        """Merge those of the next certificate (NameConstraintsExtension.merge). Raises JavaNameError, UnknownError."""
        if extension is None:
            return
        self._limited = self._limited or extension.limited
        if not self._any:
            self._any = True
            self._permitted = None if extension.permitted is None else list(extension.permitted)
            self._excluded = None if extension.excluded is None else list(extension.excluded)
            return
        self._exclude(extension.excluded)
        if extension.permitted is not None:
            if self._permitted is None:
                self._permitted = list(extension.permitted)
            else:
                self._permitted, excluded = _intersection(self._permitted, extension.permitted)
                self._exclude(excluded)
        if self._permitted is not None and self._excluded is not None:
            within = ("match", "narrows")
            self._permitted = [p for p in self._permitted if not any(relation(e, p) in within for e in self._excluded)]

    def _exclude(self, more: Sequence[GeneralName] | None) -> None:
        if more is not None:
            self._excluded = list(more) if self._excluded is None else _minimized([*self._excluded, *more])

    def allow(self, names: Sequence[GeneralName]) -> bool:
        """Whether all names are within them (NameConstraintsExtension.verify). Raises JavaNameError, UnknownError."""
        if self._limited:
            return False
        return all(self._allows(name) for name in names)

    def _allows(self, name: GeneralName) -> bool:
        if any(relation(tree, name) in ("match", "narrows") for tree in self._excluded or ()):
            return False
        asked = False
        for tree in self._permitted or ():
            match relation(tree, name):
                case "match" | "narrows":
                    return True
                case "widens" | "same kind":
                    asked = True
        return not asked


def _minimized(trees: Sequence[GeneralName]) -> list[GeneralName]:
    """Without those that lie within others (GeneralSubtrees.minimize)."""
    kept = list(trees)
    at = 0
    while at < len(kept) - 1:
        for other in kept[at + 1 :]:
            match relation(kept[at], other):
                case "narrows":
                    kept.remove(other)
                case "match" | "widens":
                    del kept[at]
                    break
        else:
            at += 1
    return kept


def _intersection(
    ours: Sequence[GeneralName], theirs: Sequence[GeneralName]
) -> tuple[list[GeneralName], list[GeneralName] | None]:
    """The permitted subtrees that are left, and those to exclude because nothing is (GeneralSubtrees.intersect)."""
    if not ours:
        return _minimized(theirs), None
    kept, others = _minimized(ours), _minimized(theirs)
    added: list[GeneralName] = []
    excluded: list[GeneralName] = []
    at = 0
    while at < len(kept):
        tree = kept[at]
        relations = [relation(tree, other) for other in others]
        first = next((n for n, found in enumerate(relations) if found in ("narrows", "match", "widens")), None)
        if first is not None and relations[first] == "narrows":
            added.append(others[first])
            del kept[at]
        elif first is None and "same kind" in relations:
            if not any(relation(k, o) in ("match", "widens", "narrows") for k in kept for o in others):
                if tree.kind != DIRECTORY:
                    raise JavaNameError("no subtree is left, and Java has no widest one of this kind")
                excluded += [] if _WIDEST in excluded else [_WIDEST]
            del kept[at]
        else:
            at += 1
    if added:
        kept = _minimized([*kept, *added])
    for other in others:
        if kept and all(tree.kind != other.kind for tree in kept):
            kept.append(other)
    return kept, excluded or None

"""What is brought home from looking at one file: what lies where, by place, and what the bytes are, by content."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from truststore_tool.inventory.bounds import BrokenError, OverBoundError, SpentError
from truststore_tool.inventory.nouns import Held, Judged, Mention, Place
from truststore_tool.model import Certificate
from truststore_tool.nouns import noun, replace


@noun
class Sighting:
    """That a store lies somewhere; `content` is the identity of its bytes."""

    place: Place
    content: str


@noun
class Passed:
    """That something was not looked at, and why, one line."""

    place: Place
    why: str


@noun
class Link:
    """A symbolic link, which is not followed, and where it leads."""

    place: Place
    target: str


_MOST: Final = 1000  # of what was passed over in one file
_MOST_LINKS: Final = 100_000
_MOST_SHARED: Final = 10_000  # certificates that are remembered to be shared

Item = Sighting | Passed | Link | Mention


class Haul:
    """Collects what is found.

    Attributes:
        items: what lies where.
        judged: what is known of bytes, by their identity; those that were told of before may be missing.
        files: how many files were looked at.
        layers: the layers of images that were come across, by digests that their bytes have, written down for a cache;
            empty for those that it has.
    """

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.judged: dict[str, Judged] = {}
        self.files = 0
        self.layers: dict[str, str] = {}
        self._passed = 0
        self._links = 0

    def passed(self, place: Place, why: str) -> None:
        """Take note of what was not looked at. Of very many the last note stands for all the others."""
        self._passed += 1
        if self._passed < _MOST:
            self.items.append(Passed(place, why))
        elif self._passed == _MOST:
            self.items.append(Passed(place, f"{why}; and so, or otherwise, with more, which are not named"))

    def link(self, place: Place, target: str) -> None:
        """Take note of a symbolic link."""
        self._links += 1
        if self._links <= _MOST_LINKS:
            self.items.append(Link(place, target))
        elif self._links == _MOST_LINKS + 1:
            self.passed(place, f"is a link, as are others behind {_MOST_LINKS:,} of them: nobody asked where they lead")

    def add(self, other: "Haul") -> None:
        """Take over what another brought."""
        if self._links + other._links <= _MOST_LINKS:
            self.items += other.items
            self._links += other._links
        else:
            for item in other.items:
                if isinstance(item, Link):
                    self.link(item.place, item.target)
                else:
                    self.items.append(item)
        self.judged |= other.judged
        self.files += other.files
        self.layers |= other.layers

    def add_below(self, other: "Haul", place: Place) -> None:
        """Take over what another brought from an archive that lies at `place`; its places begin in there."""
        self.items += (moved(item, Place((*place.parts, *filter(None, item.place.parts)))) for item in other.items)
        self.judged |= other.judged
        self.files += other.files
        self.layers |= other.layers


class Sharing:
    """Has the same certificates once in memory, as most stores have the same authorities.

    Each store that is read, and all that another process brings, has objects of its own.
    """

    def __init__(self) -> None:
        self._certificates: dict[bytes, Certificate] = {}
        self._held: dict[Held, Held] = {}

    def share(self, haul: Haul) -> None:
        """Put those that were there before in the places of those that are the same."""
        for content, each in haul.judged.items():
            haul.judged[content] = self.shared(each)

    def shared(self, judged: Judged) -> Judged:
        """The same with those that were there before."""
        return replace(judged, certificates=tuple(map(self._one, judged.certificates)))

    def _one(self, held: Held) -> Held:
        if len(self._held) >= _MOST_SHARED:
            self._certificates.clear()
            self._held.clear()
        found = self._held.get(held)
        if found is None:
            der = held.certificate.der
            certificate = self._certificates.setdefault(der, held.certificate)
            found = held if certificate is held.certificate else replace(held, certificate=certificate)
            self._held[found] = found
        return found


# Of a file that was looked at and holds nothing; not to be changed.
NOTHING: Final = Haul()
NOTHING.files = 1


def moved(item: Item, place: Place) -> Item:
    """The same at another place."""
    return replace(item, place=place)


@contextmanager
def passing(haul: Haul, place: Place, *also: type[OverBoundError]) -> Iterator[None]:
    """Take note of what cannot be read, or is over a bound of its own, and go on behind it.

    When all is spent, nothing goes on, unless that is among what is taken note of.
    """
    try:
        yield
    except (OverBoundError, BrokenError) as exc:
        if isinstance(exc, SpentError) and SpentError not in also:
            raise
        haul.passed(place, str(exc))
    except OSError as exc:
        haul.passed(place, f"cannot be read: {exc.strerror or exc}")
    except RecursionError:
        haul.passed(place, "is nested too deep")

"""An inventory as one page of HTML that needs no network and no server. The template escapes all that is put in it."""

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import UTC
from importlib.resources import files
from typing import Any, Final, NamedTuple

from truststore_tool.errors import UsageError
from truststore_tool.extras import how_to_install
from truststore_tool.inventory.issues import Issue, beside, of_store
from truststore_tool.inventory.nouns import Found, Inventory, ReadBy, Shown
from truststore_tool.render.scan_text import holdings, of_need, ordered, state, summary
from truststore_tool.render.text import day
from truststore_tool.render.timeline import timeline
from truststore_tool.safe import printable
from truststore_tool.wording import counted

# What `scan_text.state` says in a word, and the class that colours it; in this order on the page.
_STATES: Final = {
    "lacks": ("lacks it", "bad"),
    "locked": ("locked", "closed"),
    "has": ("has it", "good"),
    "": ("opened", "other"),
    "keys": ("keys only", "other"),
}
# The lists on top of the page: of which state, and their headings, where they have one of their own.
_LISTS: Final = {"lacks": "", "locked": "Not known: locked"}
# Of a list on top of the page; the others are folded away, as the page goes on below.
_SHOWN: Final = 25


class Certificate(NamedTuple):
    """A certificate as the page shows it."""

    alias: str
    kind: str
    subject: str
    expires: str
    sha256: str


class Row(NamedTuple):
    """A store as the page shows it."""

    anchor: str
    path: str
    others: tuple[str, ...]
    state: str
    mark: str
    format: str
    level: str
    held: str
    readers: tuple[ReadBy, ...]
    issues: tuple[Issue, ...]
    told: str
    certificates: tuple[Certificate, ...]


class Listed(NamedTuple):
    """A store in a list on top of the page; its readers, and what it lacks of several, in a line each."""

    anchor: str
    path: str
    readers: str
    lacks: str


def pieces(inventory: Inventory) -> Iterator[str]:
    """The page. Raises UsageError where jinja2 is not installed.

    What is shown of a store is made when the page comes to it, and gone behind that: it takes more room than the store.
    """
    stores = ordered(inventory)
    states = {state(store, inventory) for store in stores}
    style, script = _part("scan.css"), _part("scan.js")
    return _rendered(
        scan=inventory,
        summary=summary(inventory),
        moment=f"{inventory.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        needs=tuple((need, of_need(need, inventory)) for need in inventory.needs),
        rows=(_row(number, store, inventory) for number, store in enumerate(stores, 1)),
        count=len(stores),
        shown=_SHOWN,
        lists=[(title, _listed(mark, stores, inventory)) for mark, title in _LISTS.items()],
        beside=beside(inventory),
        timeline=timeline(inventory),
        states=[word for name, (word, _) in _STATES.items() if name in states],
        formats=sorted({store.format for store in stores}),
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none';"
        " form-action 'none'",
    )


def require() -> None:
    """Raise UsageError where jinja2 is not installed: to be asked before there is an inventory."""
    try:
        import jinja2  # noqa: F401 -- only whether it is there
    except ImportError as exc:
        raise UsageError(
            "a page of HTML is made by jinja2, which is not installed", hint=how_to_install("html")
        ) from exc


def _listed(mark: str, stores: Sequence[Found], inventory: Inventory) -> list[Listed]:
    """The stores of one state, by what they are on the page."""
    needs = {need.fingerprint: need for need in inventory.needs}
    return [
        Listed(
            _anchor(number),
            str(store.places[0]),
            ", ".join(dict.fromkeys(reader.name for reader in store.readers)),
            ", ".join(needs[item].name for item in store.missing) if len(needs) > 1 else "",
        )
        for number, store in enumerate(stores, 1)
        if state(store, inventory) == mark
    ]


def _anchor(number: int) -> str:
    return f"store-{number}"


def _rendered(**given: Any) -> Iterator[str]:
    require()
    import jinja2
    import markupsafe

    def shown(value: object) -> object:
        # What would hide or reorder text is shown as an escape, as everywhere; then autoescape does its work.
        return printable(value) if isinstance(value, str) and not isinstance(value, markupsafe.Markup) else value

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=shown
    )
    ours = {name: markupsafe.Markup(given[name]) for name in ("style", "script")}  # noqa: S704 -- files of our own
    yield from environment.from_string(_part("scan.html.j2")).generate({**given, **ours})
    yield "\n"


def _part(name: str) -> str:
    return (files("truststore_tool.render") / "page" / name).read_text("utf-8")


def _hash(source: str) -> str:
    """What a content security policy knows an element by (CSP Level 3, section 2.3.1)."""
    return f"'sha256-{b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


def _row(number: int, store: Found, inventory: Inventory) -> Row:
    path, *others = map(str, store.places)
    word, mark = _STATES[state(store, inventory)]
    found = of_store(store, inventory)
    told = [(level, sum(item.finding.level == level for item in found)) for level in ("error", "warning", "note")]
    return Row(
        _anchor(number),
        path,
        tuple(others),
        word,
        mark,
        store.format,
        found[0].finding.level if found else "",
        holdings(store),
        store.readers,
        found,
        ", ".join(counted(count, level) for level, count in told if count),
        tuple(_certificate(item, inventory) for item in store.certificates),
    )


def _certificate(held: Shown, inventory: Inventory) -> Certificate:
    facts = held.facts
    end = f"{day(facts.not_after)}{' (expired)' if facts.expired(inventory.at) else ''}"
    return Certificate(held.alias, held.kind, facts.subject or "unknown", end, str(facts.sha256))

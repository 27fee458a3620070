"""The action behind the module truststore_scan: what the collector brings from a host is judged here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from truststore_tool.errors import UsageError
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.inventory.assembling import Asked, Machine, assemble
from truststore_tool.inventory.bounds import Bounds
from truststore_tool.inventory.haul import Haul
from truststore_tool.inventory.issues import UNCLEARED, issues, worded
from truststore_tool.inventory.looking import Looker
from truststore_tool.inventory.nouns import Candidates, Inventory, Need, Place
from truststore_tool.inventory.tasks import Orders
from truststore_tool.operations.describe import subject_text
from truststore_tool.render import scan_json, scan_text

from ..brought import Brought, unpacked
from ..files_on_hosts import FileOnHost, HostError, unshown
from ..sources import INLINE, collect
from ..store_action import StoreAction
from ..telling import MENDING

# What the collector is told; all else stays on the controller.
_OF_COLLECTOR = ("paths", "exclude", "all_file_systems", "max_file", "max_total", "max_files", "max_seconds")


class ActionModule(StoreAction):
    """Has the collector bring what may be stores, and says what they are."""

    # Paths are text here: what they mean is found out on the host.
    OPTIONS: ClassVar[dict[str, Any]] = {
        "paths": {"type": "list", "elements": "str", "required": True},
        "exclude": {"type": "list", "elements": "str", "default": []},
        "all_file_systems": {"type": "bool", "default": False},
        "needs": {"type": "list", "elements": "str", "default": []},
        "passwords": {"type": "list", "elements": "str", "default": [], "no_log": True},
        "default_passwords": {"type": "bool", "default": True},
        "expires_within": {"type": "int"},
        "max_file": {"type": "bytes", "default": "16M"},
        "max_total": {"type": "bytes", "default": "64M"},
        "max_files": {"type": "int", "default": 20000},
        "max_seconds": {"type": "int", "default": 600},
    }

    def act(self, options: dict[str, Any], file: FileOnHost, result: dict[str, Any]) -> None:
        """Judge what was brought from the host."""
        if not options["paths"]:
            raise UsageError("no paths are given", hint="name folders or files of the host")
        now = datetime.now(UTC)
        days = options["expires_within"]
        asked = Asked(_needs(options["needs"], self.found()), now, None if days is None else timedelta(days=days))
        passwords = tuple(options["passwords"])
        brought = self._brought(file, {name: options[name] for name in _OF_COLLECTOR})
        haul = _looked(brought, Orders(Bounds(), Candidates(passwords, options["default_passwords"]), now))
        found = worded(self._assembled(file, brought, haul, asked), MENDING)
        result.update(
            summary=scan_text.summary(found),
            cleared=found.complete and not any(item.finding.rule in UNCLEARED for item in issues(found)),
            scan=json.loads("".join(scan_json.pieces(found))),
            opened_by={each.content: each.own for each in haul.judged.values() if each.own is not None},
        )

    def _assembled(self, file: FileOnHost, brought: Brought, haul: Haul, asked: Asked) -> Inventory:
        """The inventory. Which of the stores that configuration names are there, the host is asked in its own turn."""
        host = file.task_vars["inventory_hostname"]
        named: list[str] = []

        def made(exists: Callable[[str], bool]) -> Inventory:
            machine = Machine(host, exists)
            return assemble(haul, brought.roots, brought.unreadable, asked, complete=brought.complete, machine=machine)

        def there(path: str) -> bool:
            named.append(path)
            return True

        found = made(there)
        if not named:
            return found
        bounds = {"exclude": ["*"], "max_file": 0, "max_total": 0, "max_files": 0, "max_seconds": 60}
        gone = self._brought(file, {"paths": sorted(set(named)), "all_file_systems": False, **bounds}).unreadable
        return made(lambda path: path not in gone)

    def _brought(self, file: FileOnHost, options: dict[str, Any]) -> Brought:
        """What the collector found on the host. Raises HostError when it did not run there."""
        with unshown(self):  # these are files of the host
            collected = file.run("truststore.tool.truststore_scan", **options)["collected"]
        return unpacked(collected, options["max_total"])


def _looked(brought: Brought, orders: Orders) -> Haul:
    looker, haul = Looker(orders), Haul()
    for path, content in brought.files:
        haul.add(looker.octets(path, content))
    haul.files += brought.looked_at - len(brought.files)
    for path, why in brought.passed:
        haul.passed(Place((path,)), why)
    for path, target in brought.links:
        haul.link(Place((path,)), target)
    return haul


def _needs(names: Sequence[str], find: Callable[[str], str]) -> tuple[Need, ...]:
    return tuple(dict.fromkeys(need for name in names for need in _needs_of(name, find)))


def _needs_of(name: str, find: Callable[[str], str]) -> Iterator[Need]:
    """What one of the needs asks for. Raises UsageError, and as `collect` does."""
    try:
        fingerprint = Fingerprint.parse(name)
        yield Need(fingerprint, str(fingerprint))
    except UsageError as exc:
        try:
            certificates = [candidate.certificate for candidate in collect([name], find).candidates]
        except HostError:
            raise UsageError(f"{name}: neither a fingerprint nor a file of the controller", hint=exc.hint) from exc
        if not certificates:
            raise UsageError(f"{'the text' if INLINE in name else name}: holds no certificate") from exc
        for each in certificates:
            yield Need(each.sha256, subject_text(each) or str(each.sha256))

"""The page of a fleet: the inventories of all hosts that were looked at, and the hosts that were not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from truststore_tool.inventory.nouns import Inventory, Skipped
from truststore_tool.inventory.recalling import fleet, recalled
from truststore_tool.nouns import replace
from truststore_tool.render import scan_html
from truststore_tool.wording import counted


def page(reports: Iterable[Mapping[str, Any]], failed: Mapping[str, str]) -> str:
    """The page in HTML. Raises FormatError for what is no report, and UsageError where jinja2 is not installed."""
    scanned = [recalled(report) for report in reports]
    whole = fleet(scanned or [Inventory("", (), datetime.now(UTC), ())])
    hosts = counted(len({inventory.host for inventory in scanned} | set(failed)), "host")
    hosts += f", {len(failed)} of them not cleared" if failed else ""
    skipped = tuple(Skipped(str(host), f"the host is not cleared: {why}") for host, why in failed.items())
    return "".join(scan_html.pieces(replace(whole, host=hosts, skipped=(*skipped, *whole.skipped))))

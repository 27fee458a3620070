"""The action behind the module truststore_info: what a store on a host holds, and what is not well with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from truststore_tool import formats
from truststore_tool.errors import PasswordRequiredError
from truststore_tool.files.problems import placed
from truststore_tool.findings import Finding, Place, finding
from truststore_tool.model import TrustStore
from truststore_tool.operations.listing import list_store
from truststore_tool.readers import examining, protection
from truststore_tool.readers.examining import Subject

from .. import telling
from ..files_on_hosts import FileOnHost
from ..library import plain
from ..store_action import STORE_OPTIONS, StoreAction


class ActionModule(StoreAction):
    """Fetches the store, and looks at it here. Nothing changes on the host."""

    OPTIONS: ClassVar[dict[str, Any]] = {
        **STORE_OPTIONS,
        "for": {"type": "list", "elements": "str"},
        "expires_within": {"type": "int"},
    }

    def act(self, options: dict[str, Any], file: FileOnHost, result: dict[str, Any]) -> None:
        """Say what is there."""
        content, password = file.read(), options["password"]
        with placed(file.path):
            store = _opened(content, password) if content else None
        if content is None:
            examined = examining.missing(file.path)
        else:
            days = options["expires_within"]
            within = None if days is None else timedelta(days=days)
            subject = Subject(file.path, content, store, password)
            examined = examining.examine(subject, options["for"] or None, datetime.now(UTC), within=within)
        listed = None if store is None else list_store(store)
        result.update(
            plain(
                path=file.path,
                exists=content is not None,
                opened=store is not None and not store.sealed,
                format=examined.format,
                integrity=listed and listed.integrity,
                entries=listed.entries if listed else (),
                loose=listed.loose if listed else (),
                distrusted=listed.distrusted if listed else (),
                not_understood=store.not_understood() if store else (),
                readers=examined.readers,
            )
        )
        result.update(telling.told_of([*examined.findings, *_of_password(file.path, password, store)]))


def _opened(content: bytes, password: str | None) -> TrustStore | None:
    """What we read of a store; None of one that shows nothing without its password, or whose MAC nobody can check."""
    if protection.is_unprovable(content):
        return None
    try:
        store = formats.read(content, password)
    except PasswordRequiredError:
        return None
    formats.require_certificates(store, content)
    return store


def _of_password(path: str, password: str | None, store: TrustStore | None) -> list[Finding]:
    if store is None or store.integrity != "verified" or password != "changeit":  # noqa: S105 -- the one that all know
        return []
    text = "its password is changeit: whoever may write the file may change it unseen"
    return [finding("default-password", Place(path), text)]

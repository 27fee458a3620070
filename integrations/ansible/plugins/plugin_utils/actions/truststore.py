"""The action behind the module truststore: certificates in a trust store on a host, or out of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, cast

from ansible.module_utils.basic import FILE_COMMON_ARGUMENTS

from truststore_tool import stores
from truststore_tool.errors import FindingError, UsageError
from truststore_tool.files.problems import placed
from truststore_tool.findings import Finding
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.model import TrustStore
from truststore_tool.operations.checking import at, of_certificate, of_store

from .. import changing, telling
from ..changing import Done, Wanted
from ..files_on_hosts import FileOnHost
from ..library import load, plain
from ..sources import Collected, collect
from ..store_action import SOURCE_OPTIONS, STORE_OPTIONS, StoreAction

load()

# How often a store is read anew that others keep changing.
_ATTEMPTS = 5


class ActionModule(StoreAction):
    """Fetches the store, changes it here, and writes it back while it is still what was fetched."""

    OPTIONS: ClassVar[dict[str, Any]] = {
        **STORE_OPTIONS,
        **SOURCE_OPTIONS,
        "state": {"type": "str", "default": "present", "choices": ["present", "absent", "exact"]},
        "trust_unseen": {"type": "bool", "default": False},
        "aliases": {"type": "list", "elements": "str", "aliases": ["alias", "cert_alias"]},
        "create": {"type": "bool", "default": True, "aliases": ["keystore_create"]},
        "format": {"type": "str", "choices": ["jks", "pkcs12", "jceks", "bcfks", "bks", "uber", "pem"]},
        "profile": {"type": "str", "choices": ["compat", "modern", "passwordless"]},
        "for": {"type": "list", "elements": "str"},
        "backup": {"type": "bool", "default": False},
        **FILE_COMMON_ARGUMENTS,
    }
    RULES: ClassVar[dict[str, Any]] = {
        "mutually_exclusive": [["expect", "trust_unseen"]],
        "required_if": [
            ["state", "present", ["certificates"]],
            ["state", "exact", ["certificates"]],
            ["state", "absent", ["certificates", "expect", "aliases"], True],
        ],
    }

    def act(self, options: dict[str, Any], file: FileOnHost, result: dict[str, Any]) -> None:
        """See that the store is as it is wanted."""
        collected = collect(options["certificates"] or [], self.found(), options["source_password"])
        wanted = _wanted(options, collected)
        asked = {name: options[name] for name in FILE_COMMON_ARGUMENTS if name != "unsafe_writes"}
        attributes = {name: value for name, value in asked.items() if value is not None}
        if attributes.get("mode") == "preserve":
            raise UsageError("mode: preserve asks for the mode of a source", hint="leave it out, or name a mode")
        for _attempt in range(_ATTEMPTS):
            present = file.read()
            if not present and wanted.state == "absent":  # a PEM whose last certificate was removed is empty
                result.update(telling.differences(TrustStore(), TrustStore()), created=False)
                return
            new = _new_format(options, file.path) if present is None else options["format"]
            try:
                content, store, done = stores.update_content(
                    present,
                    options["password"],
                    placed(file.path)(lambda store: changing.change(store, wanted)),
                    path=file.path,
                    create=new,
                    readers=options["for"] or None,
                    profile=options["profile"] if present is None else None,
                )
            except FindingError:
                result.update(plain(certificates=wanted.facts))
                raise
            if content is None:
                told = file.adjust(attributes) if attributes and present is not None else {"changed": False}
                break
            how = {name: options[name] for name in ("backup", "unsafe_writes")}
            # No format of the choices above is a directory.
            written = file.replace(cast(bytes, content), present, {**attributes, **how})
            if written is not None:
                told = written
                break
        else:
            raise FindingError(
                f"{file.path} was changed on the host {_ATTEMPTS} times while it was being changed here",
                hint="see who else writes to it, and run again",
            )
        result.update(telling.differences(done.before, store), path=file.path, format=store.format, **told)
        result["created"] = content is not None and present is None
        result.update(telling.warned_of(_findings(file.path, store, done, collected, wanted.now)))
        if self._task.diff and content is not None:
            result["diff"] = telling.difference(file.path, done.before, store)


def _wanted(options: dict[str, Any], collected: Collected) -> Wanted:
    """What the options say. Raises UsageError for what makes no sense together."""
    wanted = Wanted(
        options["state"],
        collected.candidates,
        collected.distrusted,
        [Fingerprint.parse(item) for item in options["expect"] or ()],
        options["trust_unseen"],
        options["aliases"] or [],
        datetime.now(UTC).replace(microsecond=0),
    )
    if wanted.state != "absent" and not wanted.certificates:
        raise UsageError("no certificate is named", hint="name one under certificates")
    if wanted.state != "absent" and len(wanted.aliases) > len(wanted.certificates):
        raise UsageError("there are more aliases than certificates", hint="give one for each certificate, in order")
    return wanted


def _new_format(options: dict[str, Any], path: str) -> str:
    """The format in which a store begins that is not there. Raises UsageError where it had to be there."""
    if not options["create"]:
        raise UsageError(f"{path}: there is no such store on the host", hint="check the path, or say create: true")
    found: str | None = options["format"]
    return stores.named_format(path) if found is None else found


def _findings(path: str, store: TrustStore, done: Done, collected: Collected, now: datetime) -> Sequence[Finding]:
    """What is to be said: of the sources, of the certificates that are trusted now, and of the store."""
    found = [*collected.findings, *at(path, done.remarks)]
    aliases = {entry.certificate: entry.alias for entry in store.trusted()}
    for certificate in done.fresh:
        found += of_certificate(certificate, path, aliases.get(certificate, ""), now)
    return [*found, *of_store(store, path)]

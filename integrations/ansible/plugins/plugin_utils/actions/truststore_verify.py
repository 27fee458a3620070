"""The action behind the module truststore_verify: fails unless a store on a host trusts what it should."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from truststore_tool import formats, readers
from truststore_tool.errors import FindingError, PasswordRequiredError, UnreadableError
from truststore_tool.files.problems import placed
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.model import Certificate, TrustStore
from truststore_tool.operations.checking import of_store
from truststore_tool.operations.describe import identified
from truststore_tool.operations.expecting import VerifyReport, verify
from truststore_tool.readers import gate

from .. import telling
from ..files_on_hosts import FileOnHost
from ..library import plain
from ..sources import collect
from ..store_action import SOURCE_OPTIONS, STORE_OPTIONS, StoreAction

# So many of a kind are named in the message; all are in the result.
_SHOWN = 3


class ActionModule(StoreAction):
    """Fetches the store, and judges it here. Nothing changes on the host."""

    OPTIONS: ClassVar[dict[str, Any]] = {
        **STORE_OPTIONS,
        **SOURCE_OPTIONS,
        "for": {"type": "list", "elements": "str"},
        "exact": {"type": "bool", "default": False},
    }
    RULES: ClassVar[dict[str, Any]] = {
        "required_one_of": [["certificates", "expect", "for"]],
    }

    def act(self, options: dict[str, Any], file: FileOnHost, result: dict[str, Any]) -> None:
        """Fail, and say why, unless all is as it should be. What cannot be judged is not."""
        collected = collect(options["certificates"] or [], self.found(), options["source_password"])
        expected = [Fingerprint.parse(item) for item in options["expect"] or ()]
        content, password = file.read(), options["password"]
        if content is None:
            raise UnreadableError(f"{file.path}: there is no such store on the host", hint="check the path")
        with placed(file.path):
            store = formats.loads(content, password)
            formats.require_certificates(store, content)
            if store.sealed:
                raise PasswordRequiredError("its certificates are encrypted", hint="give the password of the store")
        certificates = list(dict.fromkeys(candidate.certificate for candidate in collected.candidates))
        report = verify(store, [*expected, *certificates])
        needed = [item.certificate.certificate for item in report.present]
        if not (expected or certificates):
            needed = [entry.certificate for entry in store.trusted()]
        judged = _judged(content, store, password, options["for"] or [], needed)
        unknown = [*judged.unknown, *(store.not_understood() if options["exact"] else ())]
        result.update(plain(path=file.path, format=store.format, integrity=store.integrity))
        result.update(plain(present=report.present, missing=report.missing, extra=report.extra))
        result.update(refused=judged.refused, not_judged=unknown)
        result.update(telling.warned_of([*collected.findings, *of_store(store, file.path)]))
        problems = _problems(report, judged.refused, unknown, exact=options["exact"])
        if problems:
            hint = "truststore.tool.truststore adds what is missing; truststore_info says what programs make of it"
            raise FindingError(f"{file.path}: {'; '.join(problems)}", hint=hint)


class _Judged(NamedTuple):
    """What readers do not do that they should, and what is not known of them; a line each."""

    refused: list[str]
    unknown: list[str]


def _judged(
    content: bytes, store: TrustStore, password: str | None, asked: Sequence[str], needed: Sequence[Certificate]
) -> _Judged:
    """What the readers called so make of a store that should have them trust what is needed."""
    found = _Judged([], [])
    for judge in gate.judges_of(store.format, readers.ALL if "all" in asked else asked):
        reading = judge.read(content, password)
        if reading.loads is False:
            found.refused.append(f"{judge.name} cannot open it: {reading.error or 'no reason is known'}")
        elif reading.loads is None or reading.anchors is None:
            how = "; ".join(item.source for item in reading.evidence)
            found.unknown.append(f"{judge.name}: nobody knows what it makes of the store{f' ({how})' if how else ''}")
        else:
            reasons = {item.certificate: item.reason for item in reading.left_out}
            seen = set(reading.anchors)
            for certificate in needed:
                if certificate not in seen:
                    why = reasons.get(certificate, "it does not see it")
                    found.refused.append(f"{judge.name} does not trust {identified(certificate)}: {why}")
    return found


def _problems(report: VerifyReport, refused: Sequence[str], unknown: Sequence[str], *, exact: bool) -> list[str]:
    """Why it is not well, a line for each kind."""
    missing = [
        f"{identified(item.certificate.certificate) if item.certificate else item.expected}"
        f"{f', which is {item.distrusted}' if item.distrusted else ''}"
        for item in report.missing
    ]
    extra = [identified(item.certificate.certificate) for item in report.extra] if exact else []
    kinds = (("it does not trust ", missing), ("it also trusts ", extra), ("", refused), ("not judged: ", unknown))
    return [f"{words}{_some(lines)}" for words, lines in kinds if lines]


def _some(lines: Sequence[str]) -> str:
    more = f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return ", ".join(lines[:_SHOWN]) + more

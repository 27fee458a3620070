"""What the actions about stores on a host have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

from truststore_tool.errors import TrustStoreError

from .files_on_hosts import FileOnHost, HostError
from .library import worded
from .sources import INLINE

# The path is text here: what it means is found out on the host.
STORE_OPTIONS: dict[str, Any] = {
    "path": {"type": "str", "required": True, "aliases": ["keystore_path"]},
    "password": {"type": "str", "no_log": True, "aliases": ["keystore_pass"]},
}
SOURCE_OPTIONS: dict[str, Any] = {
    "certificates": {"type": "list", "elements": "str", "aliases": ["certificate"]},
    "source_password": {"type": "str", "no_log": True},
    "expect": {"type": "list", "elements": "str", "aliases": ["fingerprints"]},
}


class StoreAction(ActionBase):
    """An action on the store at the option `path`, if it has that. What is wrong is a failed task, in one line."""

    OPTIONS: ClassVar[dict[str, Any]]
    RULES: ClassVar[dict[str, Any]] = {}

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The result of the task."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        result["changed"] = False
        file = FileOnHost(self, "", task_vars or {})
        try:
            options = self._validated()
            if "path" in options:
                result["path"] = file.path = options["path"]
            self.act(options, file, result)
        except TrustStoreError as exc:
            result.update(failed=True, msg=worded(exc))
        except HostError as exc:
            result.update(failed=True, msg=str(exc))
        warnings = [*result.get("warnings", ()), *file.said.pop("warnings", ())]
        return {**result, **file.said, **({"warnings": warnings} if warnings else {})}

    def act(self, options: dict[str, Any], file: FileOnHost, result: dict[str, Any]) -> None:
        """Do the work, and put what came of it into `result`. Raises TrustStoreError and HostError."""
        raise NotImplementedError

    def found(self) -> Callable[[str], str]:
        """Finds a file of the controller, where copy would look for its src."""

        def find(name: str) -> str:
            try:
                place: str = self._find_needle("files", name)
            except AnsibleError as exc:
                raise HostError(" ".join(str(exc).split())) from exc
            return place

        return find

    def _validated(self) -> dict[str, Any]:
        """The options as they are declared, as plain values. Raises HostError for what is not."""
        given = dict(self._task.args)
        # Ansible makes a list of a text by splitting it at commas, which the text around a certificate may have.
        for name in ("certificates", "certificate"):
            if isinstance(given.get(name), str) and INLINE in given[name]:
                given[name] = [given[name]]
        checked = ArgumentSpecValidator(self.OPTIONS, **self.RULES).validate(given)
        if checked.error_messages:
            raise HostError("; ".join(checked.error_messages))
        options = {name: _untagged(checked.validated_parameters.get(name)) for name in self.OPTIONS}
        if options.get("path") == "":
            raise HostError("the path of the store is empty (name a file)")
        return options


def _untagged(value: Any) -> Any:
    """A value without what Ansible notes on it, for a library that knows nothing of that."""
    match value:
        case str():
            return str.__str__(value)
        case list():
            return [_untagged(item) for item in value]
        case _:
            return value

"""A file on a host: read whole, and replaced only while it is still what was read; by Ansible's own ways."""

from __future__ import annotations

import base64
import binascii
import hashlib
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible.utils.hashing import checksum_s

# No trust store is larger: its bytes travel as base64, and stand in memory here.
LARGEST = 64 * 1024 * 1024
# A file by the host's own shell, as raw would have it: a module takes ten times as long. Its SHA-256, and its bytes.
_PRINTED = '[ -f {path} ] && [ "$(wc -c < {path})" -le {largest} ] && sha256sum < {path} && base64 < {path}'
# The same looks by the module copy itself, right before it moves the new file to its place.
_UNCHANGED = "sha256sum < \"$1\" | grep -q '^{digest} '"
_MISSING = '[ ! -e "$1" ]'
# What the module copy returns of the file that it wrote.
_TOLD = ("backup_file", "owner", "group", "mode", "uid", "gid", "size", "secontext")
# What stands beside the result of any module.
_BESIDE = ("ansible_facts", "warnings", "deprecations")


class HostError(Exception):
    """A host did not do what was asked of it; the argument says so in one line."""


@contextmanager
def unshown(action: Any) -> Iterator[None]:
    """While it lasts, the connection shows nothing of what it receives, which it else does when asked to be verbose."""
    contexts = (action._play_context, action._connection._play_context)
    before = [context.no_log for context in contexts]
    for context in contexts:
        context.no_log = True
    try:
        yield
    finally:
        for context, told in zip(contexts, before, strict=True):
            context.no_log = told


class FileOnHost:
    """A file that an action works on.

    Args:
        action: the action plugin, on whose connection and with whose privileges all is done.
        path: the file; variables and ``~`` are the host's.
        task_vars: what the action was given.

    `task_vars` is what the action was given; `said` what modules said beside their results, for that of the task:
    warnings, and which Python was found.
    """

    def __init__(self, action: Any, path: str, task_vars: dict[str, Any]) -> None:
        self._action = action
        self.task_vars = task_vars
        self.path = path
        self.said: dict[str, Any] = {}

    def read(self) -> bytes | None:
        """The bytes of the file, None where there is none. Raises HostError for what is no file, or is not read."""
        if (data := self._printed()) is not None:
            return data
        status = self._stat(checksum=False)
        if not status["exists"]:
            return None
        self.path = status.get("path", self.path)
        if status.get("isdir"):
            raise HostError(f"{self.path} is a directory on the host (name the file of a store)")
        if not status.get("isreg"):
            raise HostError(f"{self.path} is no regular file on the host (name the file of a store)")
        if status["size"] > LARGEST:
            raise HostError(f"{self.path} is larger than {LARGEST} bytes, as no trust store is (check the path)")
        with unshown(self._action):
            return base64.b64decode(self.run("ansible.legacy.slurp", src=self.path)["content"])

    def replace(self, data: bytes, present: bytes | None, attributes: dict[str, Any]) -> dict[str, Any] | None:
        """Have the module copy put other bytes in its place, as `attributes`, its own options, say.

        Args:
            data: what the file is to be.
            present: what was read; None for nothing.
            attributes: owner, mode, backup and so on.

        Returns what the module says of the file; None, and nothing was written, when it is no longer as it was read.
        """
        shell = self._action._connection._shell
        if shell.tmpdir is None:
            self._action._make_tmp_path()
        staged = shell.join_path(shell.tmpdir, ".source")
        self._action._transfer_data(staged, data)
        self._action._fixup_perms2((shell.tmpdir, staged))
        kept = self._still(present, attributes)
        if kept is None:
            return None
        try:
            result = self.run(
                "ansible.legacy.copy",
                src=staged,
                dest=self.path,
                follow=True,
                checksum=checksum_s(data),
                **kept,
                **attributes,
            )
        except HostError:
            if "validate" in kept and self._printed() not in (None, present, data):
                return None
            raise
        return _told(result)

    def _still(self, present: bytes | None, attributes: dict[str, Any]) -> dict[str, Any] | None:
        """Which attributes to keep beside those that are wanted; None when the file is no longer as it was read."""
        between_users = self._action._is_become_unprivileged()
        if present is not None and not between_users and self._printed() == present:
            return {"validate": self._check(_UNCHANGED.format(digest=hashlib.sha256(present).hexdigest()))}
        status = self._stat(checksum=True)
        found = status.get("checksum", "") if status["exists"] else None
        if found != (None if present is None else hashlib.sha256(present).hexdigest()):
            return None
        if present is None and not self._means_more():
            return {"validate": self._check(_MISSING)}
        # What Ansible does so that another user may read the new file is not to show in the mode of the store.
        return {"mode": status["mode"]} if present is not None and "mode" not in attributes else {}

    def _check(self, script: str) -> str:
        """A command for the option `validate` of copy: the script, with the file for its argument."""
        words = f"sh -c {shlex.quote(script)} sh {shlex.quote(self.path)}"
        return words.replace("%", "%%") + " %s"

    def _means_more(self) -> bool:
        """Whether there is in the path what means more than itself to the host."""
        return any(mark in self.path for mark in "~$")

    def adjust(self, attributes: dict[str, Any]) -> dict[str, Any]:
        """Have the module file see to owner, mode and so on, and to nothing else; returns what it says."""
        return _told(self.run("ansible.legacy.file", path=self.path, state="file", follow=True, **attributes))

    def _printed(self) -> bytes | None:
        """The bytes of a file that is there, from the host's shell; None where only modules can say how things are."""
        if self._means_more():
            return None
        command = _PRINTED.format(path=shlex.quote(self.path), largest=LARGEST)
        with unshown(self._action):
            words = self._action._low_level_execute_command(command)["stdout"].split()
        try:
            data = base64.b64decode("".join(words[2:]), validate=True)
        except (binascii.Error, ValueError):
            return None
        return data if words[:1] == [hashlib.sha256(data).hexdigest()] else None

    def _stat(self, *, checksum: bool) -> dict[str, Any]:
        """What the module stat says of the file behind all links."""
        options = {"get_checksum": checksum, "get_mime": False, "get_attributes": False}
        found: dict[str, Any] = self.run(
            "ansible.legacy.stat", path=self.path, follow=True, checksum_algorithm="sha256", **options
        )["stat"]
        return found

    def run(self, module: str, **options: Any) -> dict[str, Any]:
        """The result of a module on the host. Raises HostError when it fails."""
        found: dict[str, Any] = self._action._execute_module(
            module_name=module, module_args=options, task_vars=self.task_vars
        )
        self.said.update({name: found[name] for name in _BESIDE if found.get(name)})
        if found.get("failed"):
            said = [str(found[name]) for name in ("msg", "module_stderr", "module_stdout") if found.get(name)]
            shown = " ".join(": ".join(said).split()) or "no reason was given"
            about = f"{self.path}: " if self.path else ""
            raise HostError(f"{about}{shown} (by the module {module.removeprefix('ansible.legacy.')} on the host)")
        return found


def _told(result: dict[str, Any]) -> dict[str, Any]:
    return {"changed": bool(result.get("changed")), **{name: result[name] for name in _TOLD if name in result}}

"""The filter rotation_plan: what of a scan a rotation changes, what it leaves alone, and what nobody knows."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

DOCUMENTATION = r"""
name: rotation_plan
short_description: Which stores of a scan get the new roots
version_added: 0.2.0
description:
  - Sorts the stores that lack something that they need, for the role P(truststore.tool.rds_rotation#role).
options:
  _input:
    description: The result of P(truststore.tool.truststore_scan#module).
    type: dict
    required: true
  recognise:
    description: A regular expression. A store is concerned when it trusts a certificate whose subject it is found in.
    type: str
    required: true
  leave:
    description: Globs of paths that are left alone.
    type: list
    elements: str
    default: []
  everything:
    description: Every store is concerned, and none is left alone for its place or for its private keys.
    type: bool
    default: false
author:
  - The truststore_tool authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: What would be changed
  ansible.builtin.debug:
    msg: "{{ (found | truststore.tool.rotation_plan('OU=Amazon RDS')).change | map(attribute='path') }}"
"""

RETURN = r"""
_value:
  description:
    - In C(change) the stores to change, each with C(path) and C(password), the place of its password among those of the
      scan, or null.
    - In C(left) those that are concerned and left alone, and in C(unknown) what was not opened or not looked at, each
      with C(path), C(why), and both as C(told).
  type: dict
"""

_CHANGEABLE = frozenset(("jks", "pkcs12", "jceks", "bcfks", "bks", "uber", "pem"))
_INSIDE = "!/"


def rotation_plan(
    found: Mapping[str, Any], recognise: str, leave: Sequence[str] = (), everything: bool = False
) -> dict[str, Any]:
    """See the documentation. Raises AnsibleFilterError."""
    try:
        known = re.compile(recognise)
        plan: dict[str, list[dict[str, Any]]] = {"change": [], "left": [], "unknown": []}
        for store in found["scan"]["stores"]:
            concerned = store["missing"] and (everything or concerns(store, known))
            # What a JKS trusts can be read without its password, but not changed.
            if store["locked"] or (concerned and store["integrity"] == "unverified"):
                plan["unknown"] += (_told(path, "no password opens it: give it one") for path in store["paths"])
            elif concerned:
                _sort(store, found["opened_by"], () if everything else leave, everything, plan)
        plan["unknown"] += (_told(item["path"], item["why"]) for item in found["scan"]["skipped"])
    except (KeyError, TypeError) as exc:
        raise AnsibleFilterError("rotation_plan: this is not the result of truststore.tool.truststore_scan") from exc
    except re.error as exc:
        raise AnsibleFilterError(f"rotation_plan: {recognise!r} is no regular expression: {exc}") from exc
    planned: dict[str, Any] = wrap_var(plan)  # names from a host are no templates
    return planned


def concerns(store: Mapping[str, Any], known: re.Pattern[str]) -> bool:
    """Whether a store trusts what the provider signs with."""
    trusted = (held for held in store["certificates"] if held["kind"] in ("anchor", "loose"))
    return any(known.search(held["subject"] or "") for held in trusted)


def _sort(
    store: Mapping[str, Any],
    opened_by: Mapping[str, int],
    leave: Sequence[str],
    keystores: bool,
    plan: dict[str, list[dict[str, Any]]],
) -> None:
    password = opened_by.get(store["content"]) if store["integrity"] == "verified" else None  # else it needs none
    for path in store["paths"]:
        glob = next((each for each in leave if fnmatch.fnmatchcase(path, each)), None)
        if _INSIDE in path:
            why = "lies in an archive or in another text: build that with the new roots"
        elif glob is not None:
            why = f"is left alone for its place ({glob}): see to it where it comes from"
        elif store["private_keys"] and not keystores:
            why = "holds private keys: name it in rds_rotation_stores to have it changed"
        elif store["format"] not in _CHANGEABLE:
            why = f"is of a format that is not changed ({store['format']})"
        else:
            plan["change"].append({"path": path, "password": password})
            continue
        plan["left"].append(_told(path, why))


def _told(path: str, why: str) -> dict[str, str]:
    return {"path": path, "why": why, "told": f"{path} {why}"}


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filter by its name."""
        return {"rotation_plan": rotation_plan}

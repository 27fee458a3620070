"""The filter fleet_page: the scans of many hosts as one page of HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ..plugin_utils.entrance import needed
from .rotation_plan import concerns

DOCUMENTATION = r"""
name: fleet_page
short_description: The scans of many hosts as one page of HTML
version_added: 0.2.0
description:
  - Makes of the reports of P(truststore.tool.truststore_scan#module) the page that truststore-tool makes of one. It
    needs no network and no server. Before each path stands its host.
options:
  _input:
    description: The RV(truststore.tool.truststore_scan#module:scan) of each host.
    type: list
    elements: dict
    required: true
  failed:
    description: Hosts that are not cleared, each with the reason why.
    type: dict
    default: {}
  recognise:
    description: A regular expression. Of the stores that lack something, those alone are shown that trust a
      certificate in whose subject it is found.
    type: str
author:
  - The truststore_tool authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: One page of all hosts
  ansible.builtin.copy:
    content: "{{ ansible_play_hosts | map('extract', hostvars, ['found', 'scan']) | truststore.tool.fleet_page }}"
    dest: "{{ playbook_dir }}/fleet.html"
    mode: "0644"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
_value:
  description: The page.
  type: str
"""


def fleet_page(
    reports: Iterable[Mapping[str, Any]], failed: Mapping[str, str] | None = None, recognise: str | None = None
) -> str:
    """See the documentation. Raises AnsibleFilterError."""
    with needed():
        from truststore_tool.errors import TrustStoreError

        from ..plugin_utils.fleet import page
    try:
        known = re.compile(recognise) if recognise is not None else None
        shown = [_concerned(report, known) if known else report for report in reports]
        made: str = wrap_var(page(shown, failed or {}))
    except (KeyError, TypeError) as exc:
        raise AnsibleFilterError("fleet_page: these are not the scans of truststore.tool.truststore_scan") from exc
    except (TrustStoreError, re.error) as exc:
        raise AnsibleFilterError(f"fleet_page: {exc}") from exc
    return made


def _concerned(report: Mapping[str, Any], known: re.Pattern[str]) -> dict[str, Any]:
    """A report without stores that lack the needed, and trust nothing of the provider either."""
    stores: Sequence[Mapping[str, Any]] = report["stores"]
    kept = [store for store in stores if store["locked"] or store["present"] or concerns(store, known)]
    return {**report, "stores": kept}


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filter by its name."""
        return {"fleet_page": fleet_page}

"""The filter certificates: what stands in certificates, for playbooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ..plugin_utils.entrance import needed

DOCUMENTATION = r"""
name: certificates
short_description: What stands in certificates
version_added: 0.2.0
description:
  - Reads certificates, each of them once, from a text of PEM, or from the base64 of a file of any format, as
    P(ansible.builtin.slurp#module) returns it.
options:
  _input:
    description: A text, or a list of texts.
    type: raw
    required: true
  password:
    description: The password, where one of them is a keystore.
    type: str
author:
  - The truststore_tool authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: When the certificates of a bundle expire
  ansible.builtin.debug:
    msg: "{{ item.subject }} {{ item.not_after }}"
  loop: "{{ lookup('ansible.builtin.file', 'rds-global-bundle.pem') | truststore.tool.certificates }}"
  loop_control:
    label: "{{ item.sha256 }}"
"""

RETURN = r"""
_value:
  description:
    - For each certificate subject, issuer, serial, not_before, not_after, sha256, sha1, is_ca, self_issued, problems
      (why one of these is null) and pem.
  type: list
  elements: dict
"""


def certificates(value: Any, password: str | None = None) -> list[dict[str, Any]]:
    """The facts of the certificates in a text or bytes, or several of these. Raises AnsibleFilterError."""
    with needed():
        from truststore_tool.errors import TrustStoreError
        from truststore_tool.operations.candidates import distinct
        from truststore_tool.operations.describe import describe

        from ..plugin_utils.library import plain, worded
        from ..plugin_utils.sources import collect_data
    each = list(value) if isinstance(value, list | tuple) else [value]
    if not all(isinstance(item, str | bytes) for item in each):
        raise AnsibleFilterError("truststore.tool.certificates: give a text, or a list of texts")
    try:
        found = distinct(collect_data(each, password).candidates)
        facts = plain(certificates=tuple(map(describe, found)))["certificates"]
    except TrustStoreError as exc:
        raise AnsibleFilterError(f"truststore.tool.certificates: {worded(exc)}") from exc
    return [{**fact, "pem": certificate.to_pem()} for fact, certificate in zip(facts, found, strict=True)]


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filter by its name."""
        return {"certificates": certificates}

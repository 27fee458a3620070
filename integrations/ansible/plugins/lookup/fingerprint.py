"""The lookup fingerprint: those of certificates on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fingerprint
short_description: Fingerprints of certificates on the controller
version_added: 0.2.0
description:
  - The fingerprints of certificates, each of them once, in the order in which they stand.
options:
  _terms:
    description:
      - Files of any format that truststore-tool reads, directories, texts in PEM, V(certifi) or V(system), as
        O(truststore.tool.truststore#module:certificates).
    type: list
    elements: str
    required: true
  algorithm:
    description: The digest.
    type: str
    choices: [sha256, sha1, sha384, sha512]
    default: sha256
  password:
    description: The password of those that are keystores.
    type: str
author:
  - The truststore_tool authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Fails unless the store has all of the bundle
  truststore.tool.truststore_verify:
    path: /etc/myapp/truststore.jks
    password: "{{ truststore_password }}"
    expect: "{{ query('truststore.tool.fingerprint', 'rds-global-bundle.pem') }}"
"""

RETURN = r"""
_list:
  description: Upper-case pairs of hex digits, joined by colons.
  type: list
  elements: str
"""

from typing import Any

from ansible.errors import AnsibleError, AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ..plugin_utils.entrance import needed


class LookupModule(LookupBase):
    """What Ansible looks for."""

    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        """The fingerprints. Raises AnsibleError for what cannot be read."""
        with needed():
            from truststore_tool.errors import TrustStoreError
            from truststore_tool.operations.candidates import distinct

            from ..plugin_utils.library import worded
            from ..plugin_utils.sources import collect
        self.set_options(var_options=variables, direct=kwargs)

        def find(name: str) -> str:
            place: str | None = self.find_file_in_search_path(variables, "files", name)
            if place is None:
                raise AnsibleLookupError(f"truststore.tool.fingerprint: there is no file {name} on the controller")
            return place

        try:
            found = collect([str(term) for term in terms], find, self.get_option("password"))
        except TrustStoreError as exc:
            raise AnsibleError(f"truststore.tool.fingerprint: {worded(exc)}") from exc
        algorithm = str(self.get_option("algorithm"))
        return [str(certificate.fingerprint(algorithm)) for certificate in distinct(found.candidates)]

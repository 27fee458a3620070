#!/usr/bin/python
# SPDX-License-Identifier: MIT
"""What a scan does on a host: it collects. The controller judges, see plugins/plugin_utils/actions."""

from __future__ import annotations

DOCUMENTATION = r"""
module: truststore_scan
short_description: The trust stores that there are on hosts, what they lack, and who reads them
version_added: 0.2.0
description:
  - Finds every trust store below some paths by its content, whatever it is called (JKS, PKCS#12, JCEKS, BCFKS, BKS,
    UBER, PEM, NSS; in archives, Kubernetes manifests and other texts too). Says what it trusts, which of the O(needs)
    it lacks, who reads it and because of what, and what is not well with it, as C(truststore-tool scan) does.
  - On the host a small collector walks the paths, with the standard library of any Python that Ansible supports there.
    It brings the files that may hold certificates, or name stores, to the controller, over Ansible's own connection,
    where they are judged in memory. None of it is written to a disk or left in the result.
  - Files that hold private keys alone are not brought. A file with a certificate and its private key is, as is a
    keystore.
  - No link is followed. A folder that is an OCI layout is looked at as a folder. In zip archives (jar, war) the
    collector looks itself whether there is anything to bring; archives are brought as a whole.
  - Nothing is changed on the host.
options:
  paths:
    description: Folders, files and archives on the host.
    type: list
    elements: path
    required: true
  exclude:
    description: Globs of what is left out, by its name or its path.
    type: list
    elements: str
    default: []
  all_file_systems:
    description: Enter other file systems that are mounted below the paths; never those of the kernel.
    type: bool
    default: false
  needs:
    description:
      - What every store should trust. Each is a fingerprint, the text of a certificate in PEM, or a file on the
        controller, of which all certificates are needed.
    type: list
    elements: str
    default: []
  passwords:
    description: Passwords to try on stores that are locked. They do not leave the controller.
    type: list
    elements: str
    default: []
  default_passwords:
    description: Try V(changeit), V(changeme) and the empty password as well.
    type: bool
    default: true
  expires_within:
    description: Say what expires within so many days.
    type: int
  max_file:
    description: No file that is larger is brought from the host. What is not brought is named.
    type: bytes
    default: 16M
  max_total:
    description: Of all files together no more than so is brought from a host. The same content is brought once.
    type: bytes
    default: 64M
  max_files:
    description: No more files are brought from a host.
    type: int
    default: 20000
  max_seconds:
    description: How long the collector may look.
    type: int
    default: 600
attributes:
  check_mode:
    description: Nothing is changed, so there is nothing to hold back.
    support: full
  diff_mode:
    description: Nothing is changed, so there is no difference to show.
    support: none
requirements:
  - truststore-tool in the Python that runs Ansible (Python 3.11 or later); nothing on the hosts
author:
  - The truststore_tool authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Which stores lack the new root
  truststore.tool.truststore_scan:
    paths: [/etc, /opt]
    needs: ["{{ playbook_dir }}/files/new-root.pem"]
  register: found

- name: Say which
  ansible.builtin.debug:
    msg: "{{ found.scan.stores | rejectattr('missing', 'equalto', []) | map(attribute='paths') | flatten }}"

- name: Fail unless every store has it, and all could be looked at
  ansible.builtin.assert:
    that: found.cleared
    fail_msg: "{{ found.summary }}"
"""

RETURN = r"""
summary:
  description: The whole in a line.
  returned: success
  type: str
  sample: "3 places, 2 stores: 1 has it, 1 lacks it, 0 locked"
cleared:
  description:
    - Whether every store trusts all that it needs. False also when a store is locked, or something was not looked at.
  returned: success
  type: bool
scan:
  description:
    - The report of C(truststore-tool scan --json), whose RV(ignore:host) is the name of the host in the inventory.
    - Its keys are an interface, described by the schema scan.json of truststore-tool.
  returned: success
  type: dict
  contains:
    stores:
      description: Each store once, with all its places.
      type: list
      elements: dict
    skipped:
      description: What was not looked at, and why.
      type: list
      elements: dict
    findings:
      description: What files of configuration say of stores that are not there.
      type: list
      elements: dict
opened_by:
  description: For the content of each store that one of the O(passwords) opened, which of them, counted from 0.
  returned: success
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.collecting import Collector


def main() -> None:
    """Collect, and give what was found to the controller."""
    module = AnsibleModule(
        argument_spec={
            "paths": {"type": "list", "elements": "path", "required": True},
            "exclude": {"type": "list", "elements": "str", "default": []},
            "all_file_systems": {"type": "bool", "default": False},
            "needs": {"type": "list", "elements": "str", "default": []},
            "passwords": {"type": "list", "elements": "str", "default": [], "no_log": True},
            "default_passwords": {"type": "bool", "default": True, "no_log": False},
            "expires_within": {"type": "int"},
            "max_file": {"type": "bytes", "default": "16M"},
            "max_total": {"type": "bytes", "default": "64M"},
            "max_files": {"type": "int", "default": 20000},
            "max_seconds": {"type": "int", "default": 600},
        },
        supports_check_mode=True,
    )
    given = module.params
    collector = Collector(given["max_file"], given["max_total"], given["max_files"], given["max_seconds"])
    collector.walk(given["paths"], given["exclude"], given["all_file_systems"])
    module.exit_json(changed=False, collected=collector.packed())


if __name__ == "__main__":
    main()

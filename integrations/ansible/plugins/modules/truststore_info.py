#!/usr/bin/python
# SPDX-License-Identifier: MIT
"""The documentation of an action: all the work is done on the controller, see plugins/action/truststore_info.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: truststore_info
short_description: What a trust store on a host holds, and what is not well with it
version_added: 0.2.0
description:
  - Says what a trust store holds, what the programs that read it make of it, and what is not well with it, as the
    commands C(list) and C(doctor) of truststore-tool do.
  - A store that is not there is no failure, nor is one that shows nothing without its password; a wrong password is
    one.
extends_documentation_fragment:
  - truststore.tool.store
options:
  for:
    description:
      - Programs that the store is meant for, such as V(java8u252), V(java17), V(openssl3); V(all) asks about every
        one that is known.
      - Without it those that such stores are usually meant for.
    type: list
    elements: str
  expires_within:
    description: A certificate that expires within so many days is a finding.
    type: int
attributes:
  diff_mode:
    support: none
    description: Changes nothing.
seealso:
  - module: truststore.tool.truststore
  - module: truststore.tool.truststore_verify
"""

EXAMPLES = r"""
- name: What is in the store
  truststore.tool.truststore_info:
    path: /etc/myapp/truststore.jks
    password: "{{ truststore_password }}"
    expires_within: 90
  register: store

- name: Nothing in it expires soon
  ansible.builtin.assert:
    that: store.findings | selectattr('rule', 'in', ['expired', 'expires-soon']) | list | length == 0
"""

RETURN = r"""
path:
  description: The store, as the host calls it.
  returned: always
  type: str
exists:
  description: Whether there is a file.
  returned: success
  type: bool
opened:
  description: Whether all of it was opened. If not, what it holds is not known.
  returned: success
  type: bool
format:
  description: Its format.
  returned: success
  type: str
  sample: pkcs12
integrity:
  description: Whether a password proved the digest or MAC (verified), there is none (absent), or no password was
    given (unchecked).
  returned: success
  type: str
  sample: verified
entries:
  description: The entries, in their order.
  returned: success
  type: list
  elements: dict
  contains:
    alias:
      description: The alias; one from the subject where the format has none.
      returned: always
      type: str
    kind:
      description: One of trusted, private-key, secret-key and unknown.
      returned: always
      type: str
    created:
      description: When it was put there.
      returned: always
      type: str
    certificates:
      description: The certificate, or the chain of a key, with subject, issuer, serial, not_before, not_after,
        sha256, sha1, is_ca, self_issued and problems (why one of these is null).
      returned: always
      type: list
      elements: dict
loose:
  description: Certificates in the file that are no entries, which Java does not see.
  returned: success
  type: list
  elements: dict
distrusted:
  description: Certificates that the file marks as not trusted, and how.
  returned: success
  type: list
  elements: dict
not_understood:
  description: What of the file may hold trust that is not shown.
  returned: success
  type: list
  elements: str
readers:
  description: What each program makes of the store, with its password, with a wrong one, and without any; and how
    that is known.
  returned: success
  type: list
  elements: dict
findings:
  description: What is not well, the worst first.
  returned: success
  type: list
  elements: dict
  contains:
    rule:
      description: The rule it goes by.
      type: str
      returned: always
      sample: expired
    level:
      description: How bad it is, one of error, warning and note.
      type: str
      returned: always
    place:
      description: The path of the store, and the alias or fingerprint of what is not well in it.
      type: dict
      returned: always
    message:
      description: One line for people.
      type: str
      returned: always
    readers:
      description: The programs it concerns.
      type: list
      elements: str
      returned: always
    fix:
      description: What to do about it.
      type: str
      returned: always
"""

#!/usr/bin/python
# SPDX-License-Identifier: MIT
"""The documentation of an action: all the work is done on the controller, see plugins/action/truststore_verify.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: truststore_verify
short_description: Fails unless a trust store on a host trusts what it should
version_added: 0.2.0
description:
  - Fails when a store does not trust a certificate that is needed, when a program that it is meant for cannot open it
    or does not trust what is needed, and when one of these cannot be judged. The message says which.
  - A store that is not there is a failure, as is one whose password is missing or wrong.
extends_documentation_fragment:
  - truststore.tool.store
  - truststore.tool.store.sources
options:
  expect:
    description:
      - Fingerprints of certificates that the store must trust, beside O(certificates); SHA-256 or SHA-1 (also SHA-384
        and SHA-512), in any spelling.
      - One of O(certificates), O(expect) and O(for) is required.
    type: list
    elements: str
    aliases: [fingerprints]
  for:
    description:
      - Programs that must be able to open the store, and must trust what is needed, or all of the store where nothing
        is named; such as V(java8u252), V(java17), V(openssl3), V(go), V(python3.13), V(node20), or V(all).
      - With the password of the store, where it has one.
    type: list
    elements: str
  exact:
    description: Whether a certificate that the store trusts beyond these is a failure, and whatever in it is not
      understood.
    type: bool
    default: false
attributes:
  diff_mode:
    support: none
    description: Changes nothing.
seealso:
  - module: truststore.tool.truststore
  - module: truststore.tool.truststore_info
"""

EXAMPLES = r"""
- name: Every store trusts the new roots, and Java 8 and 17 can use it
  truststore.tool.truststore_verify:
    path: /etc/myapp/truststore.p12
    password: "{{ truststore_password }}"
    certificates: rds-global-bundle.pem
    for: [java8u252, java17]

- name: The root of the database by its fingerprint
  truststore.tool.truststore_verify:
    path: /etc/ssl/rds.pem
    expect: d40ddb29e3750dffa671c3140bbf5f478d1c8096
    for: libpq
"""

RETURN = r"""
path:
  description: The store, as the host calls it.
  returned: always
  type: str
format:
  description: Its format.
  returned: when the store could be read
  type: str
integrity:
  description: Whether a password proved the digest or MAC (verified), there is none (absent), or no password was
    given (unchecked).
  returned: when the store could be read
  type: str
present:
  description: What is needed and trusted, by its fingerprint (expected), alias and certificate.
  returned: when the store could be read
  type: list
  elements: dict
missing:
  description: What is needed and not trusted, by its fingerprint (expected); with the certificate, where it is known,
    and how the store marks it as distrusted, if it does.
  returned: when the store could be read
  type: list
  elements: dict
extra:
  description: What is trusted and was not named, by alias and certificate.
  returned: when the store could be read
  type: list
  elements: dict
refused:
  description: What programs do not open or trust, a line each.
  returned: when the store could be read
  type: list
  elements: str
not_judged:
  description: What could not be judged, a line each.
  returned: when the store could be read
  type: list
  elements: str
findings:
  description: What is not well with the store beside, as of M(truststore.tool.truststore).
  returned: when the store could be read
  type: list
  elements: dict
"""

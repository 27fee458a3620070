#!/usr/bin/python
# SPDX-License-Identifier: MIT
"""The documentation of an action: all the work is done on the controller, see plugins/action/truststore.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: truststore
short_description: Certificates in a trust store on a host, or out of it
version_added: 0.2.0
description:
  - Sees that a trust store (JKS, PKCS#12, JCEKS, BCFKS, BKS, UBER or PEM) trusts certificates, does not, or trusts
    just these.
  - The store is fetched, changed on the controller, and written back by the module copy, while it is still what was
    fetched (by its SHA-256 on the host; if it was changed meanwhile, all is done again, at most five times). The host
    needs no JDK and no Python package.
  - Whatever the store holds beside stays as it is, byte for byte, private keys and entries of unknown kinds among it.
  - Before anything is written, the new bytes are read back and compared, and the programs that the store is meant for
    must be able to open it, by truststore-tool's rules for them.
extends_documentation_fragment:
  - ansible.builtin.files
  - truststore.tool.store
  - truststore.tool.store.sources
options:
  expect:
    description:
      - Fingerprints, SHA-256 or SHA-1 (also SHA-384 and SHA-512), in any spelling.
      - Every certificate that becomes trusted must have one of these. Without them, and without O(trust_unseen), none
        does.
      - With O(state=absent) what has one of these is removed.
  state:
    description:
      - With V(present) the store trusts the O(certificates), which are required then, and whatever it trusted before.
      - With V(exact) it trusts these, and no other. Private keys, and entries that are not understood, stay; of the
        latter a warning says that what they trust is not known.
      - With V(absent) it trusts none of the O(certificates), nor what has a fingerprint of O(expect), nor what stands
        under one of the O(aliases). What is not there is no error; nor is a store that is not there. An alias of a
        private key is a failure.
    type: str
    choices: [present, absent, exact]
    default: present
  trust_unseen:
    description:
      - Lets O(certificates) become trusted whose fingerprints are not given, as C(--yes) of the command line does.
        Whoever may change the files on the controller then says what hosts trust.
    type: bool
    default: false
  aliases:
    description:
      - Aliases of the O(certificates), in their order. Those without one get it from their subject.
      - A certificate that is there under another alias is renamed. An alias that another entry has stays with that,
        and the certificate stands beside it, under the alias with the first digits of its SHA-256. No entry is ever
        overwritten.
      - Not used for PEM, which has none.
      - With O(state=absent) entries to be removed.
    type: list
    elements: str
    aliases: [alias, cert_alias]
  create:
    description: Whether a store that is not there is made; otherwise that is a failure. Its directory must be there.
    type: bool
    default: true
    aliases: [keystore_create]
  format:
    description:
      - The format of a new store; without it the one that the ending of the file's name asks for, else V(jks).
      - A store that is there keeps its own.
    type: str
    choices: [jks, pkcs12, jceks, bcfks, bks, uber, pem]
  profile:
    description:
      - How a new PKCS#12 is protected, for every Java from 8u252 on (V(compat)), for those from 8u301 on (V(modern)),
        or without a password (V(passwordless)), as C(cacerts) is.
      - A store that is there stays protected as it is.
    type: str
    choices: [compat, modern, passwordless]
  for:
    description:
      - Programs that must be able to use the store, such as V(java8u252), V(java17), V(openssl3), V(go),
        V(python3.13), V(node20).
      - Without it whoever can use the store that is there, and for a new one those that such stores are usually meant
        for.
    type: list
    elements: str
  backup:
    description: Keep a copy of the store as it was, beside it, with a timestamp in its name.
    type: bool
    default: false
attributes:
  diff_mode:
    support: full
    description: Shows the entries before and after, by alias, SHA-256, subject and expiry.
seealso:
  - module: truststore.tool.truststore_info
  - module: truststore.tool.truststore_verify
  - module: community.general.java_cert
"""

EXAMPLES = r"""
- name: The new root beside the old one, in whatever format the store is
  truststore.tool.truststore:
    path: /etc/myapp/truststore.jks
    password: "{{ truststore_password }}"
    certificates: rds-ca-2019-root.pem
    expect: d40ddb29e3750dffa671c3140bbf5f478d1c8096

- name: A bundle that was checked when it was put beside the playbook, for a store that Java 8 reads as well
  truststore.tool.truststore:
    path: ~/app/truststore.p12
    password: "{{ truststore_password }}"
    certificates: rds-global-bundle.pem
    trust_unseen: true
    profile: compat
    mode: "0640"
    backup: true

- name: Just these two, and no certificate beside
  truststore.tool.truststore:
    path: /etc/ssl/private-ca.pem
    state: exact
    certificates:
      - rds-ca-rsa2048-g1-us-east-1.pem
      - "{{ lookup('ansible.builtin.file', 'rds-ca-rsa4096-g1-us-east-1.pem') }}"
    expect: "{{ roots }}"
  vars:
    roots:
      - E4:CE:41:D0:69:F4:BD:CD:B7:14:25:90:58:96:1E:E4:2E:D1:8C:F2:BF:62:7A:3D:64:7A:FF:25:43:7D:4B:68
      - 1C:75:3C:F0:33:4F:F8:2A:47:E0:D3:20:58:39:C8:54:9B:7D:9A:8A:3D:9A:68:5C:CC:EC:C8:0F:82:FE:97:E6

- name: The root that has expired
  truststore.tool.truststore:
    path: /etc/myapp/truststore.jks
    password: "{{ truststore_password }}"
    state: absent
    expect: d40ddb29e3750dffa671c3140bbf5f478d1c8096
"""

RETURN = r"""
path:
  description: The store, as the host calls it.
  returned: always
  type: str
  sample: /etc/myapp/truststore.jks
format:
  description: Its format.
  returned: when there is a store, or would be
  type: str
  sample: jks
created:
  description: Whether it was made.
  returned: success
  type: bool
added:
  description: Entries that were not there before.
  returned: success
  type: list
  elements: dict
  contains: &entry
    alias:
      description: The alias; one from the subject where the format has none.
      type: str
      returned: always
      sample: rds-root
    sha256:
      description: The fingerprint of the certificate; beside it stand sha1, subject, issuer, serial, not_before,
        not_after, is_ca, self_issued and problems (why one of them is null).
      type: str
      returned: always
    not_after:
      description: When the certificate expires.
      type: str
      returned: always
      sample: "2024-08-22T17:08:50Z"
removed:
  description: Entries that are not there any more.
  returned: success
  type: list
  elements: dict
  contains: *entry
renamed:
  description: Entries that have another alias now, and in C(from) the one before.
  returned: success
  type: list
  elements: dict
  contains: *entry
entries_before:
  description: How many entries there were.
  returned: success
  type: int
entries_after:
  description: How many there are.
  returned: success
  type: int
findings:
  description: What is not well with the sources, the certificates that became trusted, or the store.
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
    message:
      description: One line for people.
      type: str
      returned: always
    fix:
      description: What to do about it.
      type: str
      returned: always
backup_file:
  description: The copy of the store as it was.
  returned: when it was changed and O(backup=true)
  type: str
certificates:
  description: The certificates of the sources, with their fingerprints.
  returned: when they may not become trusted
  type: list
  elements: dict
"""

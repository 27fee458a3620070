"""What the documentation of several modules has in common."""

from __future__ import annotations


class ModuleDocFragment:
    """A store on a host; certificates on the controller; what all our modules can do."""

    DOCUMENTATION = r"""
options:
  path:
    description:
      - The trust store on the host, a file. Links are followed.
      - Where it is C(~) or has variables of the environment in it, these are the host's.
    type: path
    required: true
    aliases: [keystore_path]
  password:
    description:
      - The password of the store. It appears in no result, message or log.
      - A store that has a password cannot be changed without it. What is encrypted with it cannot be read without it,
        and is a failure where it matters.
    type: str
    aliases: [keystore_pass]
requirements:
  - truststore-tool, as new as this collection, in the Python 3.11 or later that runs Ansible; nothing on the hosts
author:
  - The truststore_tool authors (!UNKNOWN)
attributes:
  check_mode:
    support: full
    description: Does everything but write, and says just what it would do; also what would fail.
  platform:
    support: full
    description: Hosts that Ansible's own modules C(stat), C(slurp), C(copy) and C(file) run on.
    platforms: posix
"""

    SOURCES = r"""
options:
  certificates:
    description:
      - Certificates, on the controller. Each item is a file of any format that truststore-tool reads (PEM with one
        certificate or many, DER, PKCS#7, JKS, PKCS#12 and others), a directory of such files, a text in PEM,
        V(certifi) for the bundle of that Python package or V(system) for that of the controller's operating system.
      - Files are looked for where P(ansible.builtin.copy#module) looks for its O(ansible.builtin.copy#module:src).
      - All certificates of a file count. Of a keystore the trusted ones count; keys and their chains do not.
      - What a source marks as distrusted never becomes trusted.
    type: list
    elements: str
    aliases: [certificate]
  source_password:
    description: The password of those O(certificates) that are keystores.
    type: str
  expect:
    type: list
    elements: str
    aliases: [fingerprints]
"""

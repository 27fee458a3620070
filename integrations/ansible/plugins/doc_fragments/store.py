"""What the modules about one store have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of a store on a host, and what all our modules can do."""

    DOCUMENTATION = r"""
options:
  path:
    description:
      - The trust store on the host.
      - A link is followed. A directory is refused.
    type: path
    required: true
  password:
    description:
      - The password of the store.
      - It never stands on a command line, in a result or in a log.
    type: str
requirements:
  - truststore-tool in the Python that runs Ansible (Python 3.11 or later); nothing on the hosts
author:
  - The truststore_tool authors
"""

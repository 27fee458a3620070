"""The way to truststore_tool, which the controller has and hosts do not need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ansible.errors import AnsibleError

try:
    import truststore_tool.errors
except ImportError as exc:
    raise AnsibleError(
        "truststore.tool needs the Python package truststore-tool, for the Python that runs Ansible: "
        "pip install truststore-tool (Python 3.11 or later)"
    ) from exc


@contextmanager
def told() -> Iterator[None]:
    """Turn what the library refuses into an error of Ansible's: its message, and what to do about it."""
    try:
        yield
    except truststore_tool.errors.TrustStoreError as exc:
        raise AnsibleError(worded(exc)) from exc


def worded(error: truststore_tool.errors.TrustStoreError) -> str:
    """An error of the library in one line, with its hint."""
    return f"{error.message} ({error.hint})" if error.hint else error.message

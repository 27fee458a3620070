"""Where Ansible comes in: it loads plugins for their documentation too, where our package may not be."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ansible.errors import AnsibleError


@contextmanager
def needed() -> Iterator[None]:
    """Around imports of our package. Raises AnsibleError, which says how to get it, where it is not there."""
    try:
        yield
    except ImportError as exc:
        raise AnsibleError(
            "truststore.tool needs the Python package truststore-tool, as new as itself, for the Python that runs "
            f"Ansible: pip install truststore-tool (Python 3.11 or later). {exc}"
        ) from exc


def entrance(module: str) -> Callable[[str], Any]:
    """What the file of an action offers by its `__getattr__`: the action itself, once it is asked for."""

    def offered(name: str) -> Any:
        if name != "ActionModule":
            raise AttributeError(name)
        with needed():
            return importlib.import_module(f".actions.{module}", __package__).ActionModule

    return offered

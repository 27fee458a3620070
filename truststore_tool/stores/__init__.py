"""From a path to a TrustStore and back: which format, under which lock, and proof before anything is replaced.

A run that only reads imports nothing of how stores are changed and saved.
"""

from typing import TYPE_CHECKING, Final

from truststore_tool.stores.reading import content_of, open_plain, open_store

if TYPE_CHECKING:
    from truststore_tool.stores.changing import rewrite_store, update_content, update_store
    from truststore_tool.stores.naming import named_format, new_format
    from truststore_tool.stores.protecting import check_new_password, require_password
    from truststore_tool.stores.saving import encoded, save_store
    from truststore_tool.stores.targets import Present, present

__all__ = [
    "Present",
    "check_new_password",
    "content_of",
    "encoded",
    "named_format",
    "new_format",
    "open_plain",
    "open_store",
    "present",
    "require_password",
    "rewrite_store",
    "save_store",
    "update_content",
    "update_store",
]

_HOMES: Final = {
    "Present": "targets",
    "check_new_password": "protecting",
    "encoded": "saving",
    "named_format": "naming",
    "new_format": "naming",
    "present": "targets",
    "require_password": "protecting",
    "rewrite_store": "changing",
    "save_store": "saving",
    "update_content": "changing",
    "update_store": "changing",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

"""The action behind the module truststore_scan, which is written in plugin_utils/actions."""

from __future__ import annotations

from ..plugin_utils.entrance import entrance

__getattr__ = entrance("truststore_scan")

"""How the shims write files: over one that cannot be replaced, as the real tools do over any."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from truststore_tool.files import Manner


def manner() -> "Manner":
    """That manner of writing; nothing is said meanwhile, as the real tools say nothing."""
    from truststore_tool.files import Manner

    return Manner("needed")

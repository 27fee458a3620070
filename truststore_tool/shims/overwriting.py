"""How the shims write files: over one that cannot be replaced, as the real tools do over any."""

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from truststore_tool.files import Manner

# The directory for the journal, where none can be kept beside the file: these command lines have no option for it.
JOURNAL_VARIABLE: Final = "TRUSTSTORE_TOOL_JOURNAL"


def manner() -> "Manner":
    """That manner of writing; nothing is said meanwhile, as the real tools say nothing."""
    from truststore_tool.files import Manner

    return Manner("needed", journal=os.environ.get(JOURNAL_VARIABLE) or None)

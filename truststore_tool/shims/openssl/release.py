"""Which release of OpenSSL is spoken: 3.0, or 3.5 where the environment says so."""

import os
from typing import Final

VARIABLE: Final = "TRUSTSTORE_TOOL_OPENSSL_VERSION"


def is_newer() -> bool:
    """Whether it is 3.5, whose words and layout changed here and there since 3.0."""
    return os.environ.get(VARIABLE, "").startswith("3.5")

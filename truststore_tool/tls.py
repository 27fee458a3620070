"""The certificates that a TLS server presents, before anything is verified."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl


def unverified_chain(connection: "ssl.SSLObject | ssl.SSLSocket") -> list[bytes]:
    """The DER of the certificates that the server sent, its own first; none before the handshake.

    The method is public from Python 3.13 on. 3.11 and 3.12 have it under a private name, and receive security fixes
    only, so that it will not change there.
    """
    if sys.version_info >= (3, 13):
        return connection.get_unverified_chain()
    der = 2  # _ssl.ENCODING_DER
    return [item.public_bytes(der) for item in connection._sslobj.get_unverified_chain() or ()]  # type: ignore[union-attr]

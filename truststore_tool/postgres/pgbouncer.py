"""PgBouncer's admin console: a database called pgbouncer that knows how clients are connected to the pooler.

It answers SHOW commands only, with columns that differ from release to release (PgBouncer documentation, usage).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from truststore_tool.postgres.asking import NAME
from truststore_tool.postgres.tally import Row

if TYPE_CHECKING:
    from truststore_tool.postgres.asking import Connection

# How the console's server_version ends, as in "1.18.0/bouncer". Behind a pooler it is the server's own.
MARK: Final = "/bouncer"
_CONSOLE: Final = "pgbouncer"


def sslmode(connection: "Connection") -> str:
    """The setting client_tls_sslmode: from ``disable``, the default, to ``verify-full``. Raises UnreadableError."""
    found = {row.get("key"): row.get("value") for row in connection.ask_named("SHOW CONFIG")}
    return found.get("client_tls_sslmode") or "disable"


def clients(connection: "Connection") -> list[Row]:
    """Who is connected to the pooler but for this program. Raises UnreadableError."""
    try:
        return [_row(client) for client in connection.ask_named("SHOW CLIENTS") if not _is_own(client)]
    except (KeyError, ValueError) as exc:
        raise connection.nonsense() from exc


def _is_own(client: Mapping[str, str | None]) -> bool:
    return client["database"] == _CONSOLE and (client.get("application_name") or "").startswith(NAME)


def _row(client: Mapping[str, str | None]) -> Row:
    """A client from its columns. Raises KeyError and ValueError."""
    user, address, tls = client["user"], client["addr"] or "", client.get("tls")
    if user is None:
        raise ValueError
    local = address.startswith("unix")
    # As in "TLSv1.3/TLS_AES_256_GCM_SHA384/ECDH=X25519"; empty without TLS. Releases before 1.7 have no TLS.
    version, cipher, *_ = [*(tls or "").split("/"), "", ""]
    return Row(
        pid=int(client["ptr"] or "", 16),
        start=client["connect_time"],
        user=user,
        database=client["database"],
        address=None if local else address,
        port=-1 if local else int(client["port"] or ""),
        application=client.get("application_name") or "",
        tls=None if tls is None else bool(tls),
        version=version or None,
        cipher=cipher or None,
        bits=None,
    )

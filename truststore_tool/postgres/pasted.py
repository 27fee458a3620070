"""What a snippet is made of: the server, the file of authorities, and texts with their quoting."""

import json
from typing import Final
from urllib.parse import quote

from truststore_tool.nouns import noun

MODE: Final = "verify-full"


@noun
class Server:
    """Where to connect and as whom; without a password, which has no place in a snippet."""

    host: str = "db.example.com"
    port: int = 5432
    database: str = "app"
    user: str = "app"


@noun
class Roots:
    """A file that holds the authorities.

    Attributes:
        path: absolute.
        format: its format, by our name.
        has_password: whether a JVM sees its certificates only with a password.
    """

    path: str
    format: str
    has_password: bool = False


@noun
class Block:
    """A text to paste, and where it goes."""

    place: str
    text: str


@noun
class Snippet:
    """What to paste for one client, and what to know about it."""

    client: str
    blocks: tuple[Block, ...]
    notes: tuple[str, ...] = ()


def literal(value: str) -> str:
    """A literal of Python or JavaScript; JSON's strings are such, and in double quotes."""
    return json.dumps(value, ensure_ascii=False)


def uri(server: Server, roots: Roots) -> str:
    """A connection URI of libpq (PostgreSQL documentation, Connection URIs)."""
    host = f"[{server.host}]" if ":" in server.host else quote(server.host, safe="")
    address = f"{quote(server.user, safe='')}@{host}:{server.port}/{quote(server.database, safe='')}"
    return f"postgresql://{address}?sslmode={MODE}&sslrootcert={quote(roots.path, safe='')}"

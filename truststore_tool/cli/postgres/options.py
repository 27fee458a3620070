"""Options that the commands about PostgreSQL share, and what they mean."""

from collections.abc import Sequence
from typing import Annotated, Final

import typer

from truststore_tool.cli.opening import reveal
from truststore_tool.cli.options import seconds
from truststore_tool.cli.output import Output
from truststore_tool.cli.secrets import Passwords
from truststore_tool.errors import IntegrityError, UsageError
from truststore_tool.findings import Place, finding
from truststore_tool.postgres.conninfo import Conninfo
from truststore_tool.postgres.wire import DEFAULT_TIMEOUT, Negotiation
from truststore_tool.readers.hostnames import TlsReader
from truststore_tool.readers.source import Source

Stores = Annotated[
    list[str] | None,
    typer.Option("--store", metavar="STORE", help="A keystore, judged as Java reads it; may be given again."),
]
Bundles = Annotated[
    list[str] | None,
    typer.Option(
        "--bundle", metavar="FILE", help="A PEM bundle (or system, certifi), judged as libpq reads it; may be repeated."
    ),
]
Tls = Annotated[bool, typer.Option("--tls", help="Begin with TLS at once, as behind a proxy that ends TLS.")]
Direct = Annotated[bool, typer.Option("--direct", help="Begin with TLS at once and ALPN, as PostgreSQL 17 takes it.")]


Timeout = Annotated[
    float,
    typer.Option("--timeout", metavar="SECONDS", min=0.1, max=3600, callback=seconds, help="For each connection."),
]

TIMEOUT: Final = DEFAULT_TIMEOUT


def negotiation(tls: bool, direct: bool) -> Negotiation:
    """How TLS is to be reached. Raises UsageError when both are asked for."""
    if tls and direct:
        raise UsageError("--tls and --direct exclude each other")
    if tls:
        return "tls"
    return "direct" if direct else "ssl-request"


def open_sources(stores: Sequence[str] | None, bundles: Sequence[str] | None, passwords: Passwords) -> list[Source]:
    """The stores as Java reads them, each with its password, then the bundles as libpq does.

    Raises UnreadableError (missing, not permitted) and IntegrityError (wrong password). A store that cannot be opened
    without a password, or is malformed, is a finding and no error: that is what it is to its clients.
    """
    read = [_opened(name, "java", reveal(passwords.of_store(name))) for name in stores or ()]
    return read + [_opened(name, "libpq") for name in bundles or ()]


def warn_of_sources(output: Output, sources: Sequence[Source]) -> None:
    """Say what opening the stores brought to light."""
    from truststore_tool.operations.checking import of_store

    for source in sources:
        if source.store:
            output.warn(of_store(source.store, source.name))


def warn_of_password(output: Output, given: Conninfo) -> None:
    """Say that a password on a command line is no secret."""
    if given.password:
        text = "the password stands on it, where others can see it"
        output.warn([finding("password-shown", Place("command line"), text, fix="use PGPASSWORD or ~/.pgpass")])


def _opened(name: str, reader: TlsReader, password: str | None = None) -> Source:
    from truststore_tool.sources import place_of
    from truststore_tool.stores import content_of

    path = place_of(name) if reader == "libpq" else name
    try:
        return Source.of(name, reader, content_of(path), password)
    except IntegrityError as exc:
        raise exc.at(name) from exc

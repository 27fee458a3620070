"""``postgres rotation``: which stores keep their clients connected when the authority changes."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from truststore_tool.cli.boundary import FINDING
from truststore_tool.cli.gathering import gather
from truststore_tool.cli.options import Reporting
from truststore_tool.cli.postgres.options import (
    TIMEOUT,
    Bundles,
    Direct,
    Stores,
    Timeout,
    Tls,
    negotiation,
    open_sources,
    warn_of_sources,
)
from truststore_tool.cli.secrets import PasswordFor, Passwords, SourcePassword, StorePassword
from truststore_tool.errors import FindingError, UsageError
from truststore_tool.nouns import replace
from truststore_tool.postgres.target import Target, looks_like_a_file

if TYPE_CHECKING:
    from truststore_tool.postgres.wire import Handshake, Negotiation


def rotation_command(
    current: Annotated[
        str,
        typer.Option("--current", metavar="SERVER|FILE", help="The server, its chain, or the authorities of now."),
    ],
    following: Annotated[
        str, typer.Option("--next", metavar="FILE", help="The authorities that come next; all are judged.")
    ],
    *,
    store: Stores = None,
    bundle: Bundles = None,
    region: Annotated[
        str | None,
        typer.Option(
            "--region",
            metavar="REGION",
            help="Of Amazon's authorities only those of this region; else the region of the server's issuer counts.",
        ),
    ] = None,
    host_name: Annotated[
        str | None,
        typer.Option(
            "--host-name", metavar="NAME", help="The name that clients ask for; that of the server unless given."
        ),
    ] = None,
    verify: Annotated[
        Literal["full", "ca"],
        typer.Option("--verify", metavar="full|ca", help="Whether clients verify the name, too, or only the chain."),
    ] = "full",
    tls: Tls = False,
    direct: Direct = False,
    timeout: Timeout = TIMEOUT,
    store_password: StorePassword,
    source_password: SourcePassword,
    password_for: PasswordFor = None,
    output: Reporting,
) -> None:
    """Before rotating: say for each store whether clients connect before, during and after.

    During means while some servers show the old authority and others the new one. A next authority is judged by the
    certificate that it would issue in place of the current one. Of sets, such as Amazon's global-bundle.pem, all that
    have not expired are judged. Exit code 0 when every store trusts all of both, else 1.

    Examples:

      truststore-tool postgres rotation --current db.example.com --next new-root.pem --store clientkeystore

      truststore-tool postgres rotation --current old-root.pem --next global-bundle.pem --region us-east-1 \
        --bundle chain.pem
    """
    from truststore_tool.postgres.rotation import Clients, outlook
    from truststore_tool.render import postgres_text

    if not store and not bundle:
        raise UsageError("no store is named", hint="give --store STORE or --bundle FILE")
    if host_name is not None and Target.parse(host_name).host != host_name:
        raise UsageError("--host-name is a name without a port", hint="as in --host-name db.example.com")
    how = negotiation(tls, direct)
    names = [*(store or ()), current, following]
    passwords = Passwords.of(password_for, names, store_password.read(output), source_password.read(output))
    sources = open_sources(store, bundle, passwords)
    warn_of_sources(output, sources)
    coming = [candidate.certificate for candidate in gather([following], passwords, output).candidates]
    target = None if _is_file(current) else Target.parse(current)
    clients = Clients(datetime.now(UTC), host_name, verify)
    if target is None:
        now = [candidate.certificate for candidate in gather([current], passwords, output).candidates]
    else:
        target = replace(target, name=host_name)
        seen = _shown_by(target, how, timeout)
        now, clients = [*seen.chain], replace(clients, host=target.known_as, protocol=seen.protocol)
    report = outlook(now, coming, sources, clients, shown=target is not None, region=region)
    output.report("postgres-rotation", report, postgres_text.rotation(report), ready=report.is_ready)
    if not report.is_ready:
        raise typer.Exit(FINDING)


def _is_file(current: str) -> bool:
    """Whether a file is meant, one of `gather`'s words, or a server."""
    return current in ("-", "system", "certifi") or looks_like_a_file(current) or Path(current).exists()


def _shown_by(target: Target, how: "Negotiation", timeout: float) -> "Handshake":
    """What a server shows."""
    from truststore_tool.postgres.link import UnknownHostError
    from truststore_tool.postgres.wire import shake

    try:
        seen = shake(target, how, timeout)
    except UnknownHostError as exc:
        raise exc.at(f"there is no file {target.host}; and as a server") from exc
    if not seen.chain:
        raise FindingError(f"{target}: shows no certificate")
    return seen

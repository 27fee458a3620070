"""``postgres rotation``: which stores keep their clients connected when the authority changes."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from truststore_tool.cli.boundary import FINDING
from truststore_tool.cli.opening import reveal
from truststore_tool.cli.options import (
    DefaultPassword,
    JsonFlag,
    PasswordEnv,
    PasswordFd,
    PasswordFile,
    Quiet,
    store_password,
)
from truststore_tool.cli.output import Output
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
from truststore_tool.errors import UsageError

if TYPE_CHECKING:
    from truststore_tool.model import Certificate
    from truststore_tool.postgres.wire import Negotiation


def rotation_command(
    current: Annotated[
        str, typer.Option("--current", metavar="SERVER|FILE", help="The server, its chain, or the authority of now.")
    ],
    following: Annotated[str, typer.Option("--next", metavar="FILE", help="The authorities that come next.")],
    store: Stores = None,
    bundle: Bundles = None,
    tls: Tls = False,
    direct: Direct = False,
    timeout: Timeout = TIMEOUT,
    password_env: PasswordEnv = None,
    password_file: PasswordFile = None,
    password_fd: PasswordFd = None,
    default_password: DefaultPassword = False,
    json: JsonFlag = False,
    quiet: Quiet = False,
) -> None:
    """Before rotating: say for each store whether clients connect before, during and after.

    During means while some servers show the old authority and others the new one. Exit code 0 when every store
    trusts both, else 1.

    Examples:

      truststore-tool postgres rotation --current db.example.com --next new-root.pem --store clientkeystore
    """
    from truststore_tool import sources as certificate_sources
    from truststore_tool.postgres.rotation import outlook
    from truststore_tool.render import postgres_text

    output = Output(json, quiet)
    if not store and not bundle:
        raise UsageError("no store is named", hint="give --store STORE or --bundle FILE")
    how = negotiation(tls, direct)
    password = reveal(store_password(output, password_env, password_file, password_fd, default_password))
    sources = open_sources(store, bundle, password)
    warn_of_sources(output, sources)
    gathered = certificate_sources.gather([following], password, stdin=sys.stdin.buffer.read)
    coming = [certificate for source in gathered for certificate in source.certificates]
    report = outlook(_chain(current, how, timeout), coming, sources, datetime.now(UTC))
    output.report("postgres-rotation", report, postgres_text.rotation(report), ready=report.is_ready)
    if not report.is_ready:
        raise typer.Exit(FINDING)


def _chain(current: str, how: "Negotiation", timeout: float) -> "tuple[Certificate, ...]":
    """The chain in the file of that name, or else the one that the server of that name shows."""
    if Path(current).exists():
        from truststore_tool.sources import gather

        return gather([current], stdin=bytes)[0].certificates
    from truststore_tool.postgres.target import Target
    from truststore_tool.postgres.wire import shake

    return shake(Target.parse(current), how, timeout).chain

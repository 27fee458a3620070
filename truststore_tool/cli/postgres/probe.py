"""``postgres probe``: what a server shows, and which stores trust it."""

from datetime import UTC, datetime
from typing import Annotated

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


def probe_command(
    server: Annotated[str, typer.Argument(metavar="HOST[:PORT]", help="The server; port 5432 unless given.")],
    store: Stores = None,
    bundle: Bundles = None,
    expect_ca: Annotated[
        list[str] | None,
        typer.Option("--expect-ca", metavar="FINGERPRINT", help="The authority that must have issued the chain."),
    ] = None,
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
    """Show a server's protocol, cipher and certificates, and say for each store whether it trusts the server now.

    No user, password or database is needed: nothing is sent after the TLS handshake. The host name is checked as
    sslmode=verify-full checks it. Exit code 0 when every store trusts the server and every --expect-ca is met, else 1.

    Examples:

      truststore-tool postgres probe db.example.com --store clientkeystore --bundle chain.pem

      truststore-tool postgres probe db.example.com:5433 --expect-ca e4ce41d069f4bdcd...
    """
    from truststore_tool.fingerprints import Fingerprint
    from truststore_tool.postgres.probe import probe
    from truststore_tool.postgres.target import Target
    from truststore_tool.render import postgres_text

    output = Output(json, quiet)
    target = Target.parse(server)
    expected = [Fingerprint.parse(item) for item in expect_ca or ()]
    how = negotiation(tls, direct)
    password = store_password(output, password_env, password_file, password_fd, default_password)
    sources = open_sources(store, bundle, reveal(password))
    warn_of_sources(output, sources)
    now = datetime.now(UTC)
    report = probe(target, sources, now, negotiation=how, expected=expected, timeout=timeout)
    output.report("postgres-probe", report, postgres_text.probed(report, now), good=report.is_good)
    if not report.is_good:
        raise typer.Exit(FINDING)

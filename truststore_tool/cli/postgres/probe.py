"""``postgres probe``: what servers show, and which stores trust them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from truststore_tool.cli.boundary import FINDING, exit_code, way_out
from truststore_tool.cli.opening import reveal
from truststore_tool.cli.options import Reporting, days
from truststore_tool.cli.output import Output
from truststore_tool.cli.postgres import servers
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
from truststore_tool.cli.secrets import KeyPassword, PasswordFor, Passwords, StorePassword
from truststore_tool.errors import TrustStoreError, UsageError
from truststore_tool.nouns import noun
from truststore_tool.passwords import Password
from truststore_tool.postgres.looks import LOOKS, Answer, Inquiry, ProbeReport, ProbesReport
from truststore_tool.postgres.target import Target
from truststore_tool.readers.source import Source

if TYPE_CHECKING:
    from truststore_tool.postgres.credentials import Credentials

# Servers that are looked at at the same time.
_AT_ONCE = 8


def probe_command(
    *,
    server: Annotated[
        list[str] | None, typer.Argument(metavar="HOST[:PORT]...", help="Servers; port 5432 unless given.")
    ] = None,
    from_file: Annotated[
        str | None,
        typer.Option("--from", metavar="FILE", help="A file of further servers, one a line; - is standard input."),
    ] = None,
    store: Stores = None,
    bundle: Bundles = None,
    expect_ca: Annotated[
        list[str] | None,
        typer.Option("--expect-ca", metavar="FINGERPRINT", help="The authority that must have issued the chain."),
    ] = None,
    host_name: Annotated[
        str | None,
        typer.Option("--host-name", metavar="NAME", help="The name to verify and to send, as behind a tunnel."),
    ] = None,
    verify: Annotated[
        str, typer.Option("--verify", metavar="full|ca", help="Verify the chain and the name, or only the chain.")
    ] = "full",
    expires_within: Annotated[
        str | None, typer.Option("--expires-within", metavar="DAYS", help="What expires so soon is a finding: 30d.")
    ] = None,
    all_addresses: Annotated[
        bool, typer.Option("--all-addresses", help="Look at every address behind the name of a server.")
    ] = False,
    looks: Annotated[
        int,
        typer.Option("--looks", metavar="N", min=1, max=100, help="Connections to each: servers may take turns there."),
    ] = LOOKS,
    cert: Annotated[
        str | None, typer.Option("--cert", metavar="FILE", help="A client certificate, for servers that want one.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", metavar="FILE", help="Its key (default: in the file of --cert).")
    ] = None,
    save_chain: Annotated[
        str | None,
        typer.Option("--save-chain", metavar="FILE", help="Write what the server shows, unverified; - is stdout."),
    ] = None,
    tls: Tls = False,
    direct: Direct = False,
    timeout: Timeout = TIMEOUT,
    store_password: StorePassword,
    password_for: PasswordFor = None,
    key_password: KeyPassword,
    output: Reporting,
) -> None:
    """Show a server's protocol, cipher and certificates, and say for each store whether it trusts the server now.

    No user, password or database is needed: nothing is sent after the TLS handshake. The host name is checked as
    sslmode=verify-full checks it. Exit code 0 when every store trusts the server and every --expect-ca is met, else 1;
    of several servers the highest.

    Examples:

      truststore-tool postgres probe db.example.com --store clientkeystore --bundle chain.pem

      truststore-tool postgres probe db.example.com:5433 --expect-ca e4ce41d069f4bdcd...

      truststore-tool postgres probe localhost:6000 --host-name db.example.com --bundle chain.pem

      truststore-tool postgres probe --from servers.txt --store clientkeystore --expires-within 30d
    """
    from truststore_tool.fingerprints import Fingerprint

    if verify not in ("full", "ca"):
        raise UsageError(f"there is no --verify {verify}", hint="give full or ca")
    if host_name is not None and Target.parse(host_name).host != host_name:
        raise UsageError("--host-name is a name without a port", hint="as in --host-name db.example.com")
    targets = [Target(t.host, t.port, host_name) for t in servers.named(server or (), from_file)]
    alone = len(targets) == 1 and from_file is None
    if save_chain is not None and not alone:
        raise UsageError("--save-chain writes what one server shows", hint="name one server")
    if save_chain == "-" and output.json:
        raise UsageError("--json and certificates cannot share standard output", hint="give --save-chain FILE")
    inquiry = Inquiry(
        negotiation=negotiation(tls, direct),
        check="ca" if verify == "ca" else "full",
        expected=tuple(Fingerprint.parse(item) for item in expect_ca or ()),
        within=days(expires_within),
        credentials=_credentials(output, cert, key, key_password.read(output)),
        all_addresses=all_addresses,
        looks=looks,
        timeout=timeout,
    )
    passwords = Passwords.of(password_for, store or (), store_password.read(output))
    sources = open_sources(store, bundle, passwords)
    warn_of_sources(output, sources)
    questions = _Questions(sources, datetime.now(UTC), inquiry)
    code = _one(output, targets[0], questions, save_chain) if alone else _several(output, targets, questions)
    if code:
        raise typer.Exit(code)


@noun
class _Questions:
    """What is asked about each server."""

    sources: Sequence[Source]
    at: datetime
    inquiry: Inquiry


def _one(output: Output, target: Target, asked: _Questions, save_chain: str | None) -> int:
    """Look at one server and report. Raises what keeps it from being looked at."""
    from truststore_tool.postgres.probe import judged, shown
    from truststore_tool.render import postgres_text

    found, unreached = shown(target, asked.inquiry)
    if save_chain is not None:
        servers.save(save_chain, target, [seen.chain for seen in found])
    report = judged(target, found, unreached, asked.sources, asked.at, asked.inquiry)
    if save_chain != "-":
        more = {} if save_chain is None else {"saved": save_chain}
        output.report("postgres-probe", report, postgres_text.probed(report, asked.at), good=report.is_good, **more)
        if save_chain is not None:
            output.talk(f"{save_chain}: what the server shows, unverified; nothing trusts it by that")
    _tell_of_certificate(output, report)
    return 0 if report.is_good else FINDING


def _several(output: Output, targets: Sequence[Target], asked: _Questions) -> int:
    """Look at several servers at once and report on them in their order."""
    from concurrent.futures import ThreadPoolExecutor

    from truststore_tool.render import postgres_text

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = tuple(pool.map(lambda target: _answer(target, asked), targets))
    report = ProbesReport.of(answers)
    output.report("postgres-probes", report, postgres_text.probed_several(report, asked.at))
    for answer in answers:
        if answer.report:
            _tell_of_certificate(output, answer.report)
    return max((answer.exit_code for answer in answers), default=0)


def _answer(target: Target, asked: _Questions) -> Answer:
    from truststore_tool.postgres.probe import probe

    try:
        report = probe(target, asked.sources, asked.at, asked.inquiry)
    except TrustStoreError as exc:
        return Answer(str(target), exit_code(exc), exc.message, way_out(exc), None)
    return Answer(str(target), 0 if report.is_good else FINDING, None, None, report)


def _tell_of_certificate(output: Output, report: ProbeReport) -> None:
    if any(look.client_certificate == "demanded" for look in report.looks):
        output.talk("hint: give a client's certificate with --cert and --key")


def _credentials(output: Output, cert: str | None, key: str | None, password: Password | None) -> "Credentials | None":
    from truststore_tool.postgres.credentials import Credentials

    if cert is None:
        if key is not None or password is not None:
            raise UsageError("--key is of no use without --cert")
        return None
    output.warn_of_key(key or cert)
    return Credentials(cert, key or cert, reveal(password))

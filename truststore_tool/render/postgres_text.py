"""Reports about PostgreSQL as lines of text and tables."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final

from truststore_tool.render.tables import Table
from truststore_tool.render.text import Piece, day, expiry
from truststore_tool.wording import counted

if TYPE_CHECKING:
    from truststore_tool.operations.describe import CertificateFacts
    from truststore_tool.postgres.explain import Explanation
    from truststore_tool.postgres.looks import Look, ProbeReport, ProbesReport
    from truststore_tool.postgres.rotation import LeftOut, RotationReport
    from truststore_tool.postgres.sessions import SessionsReport
    from truststore_tool.postgres.snippets import Snippet
    from truststore_tool.postgres.tally import Client, Pooler
    from truststore_tool.readers.verdict import Verdict

_READERS: Final = {"java": "as Java reads it", "libpq": "as libpq reads it"}
_CLIENTS: Final = {
    "libpq": "libpq (psql, psycopg, pgAdmin, ...)",
    "jdbc": "the PostgreSQL JDBC driver",
    "npgsql": "Npgsql (its documentation alone; it was not tried)",
    "lib-pq": "lib/pq of Go (its documentation alone; it was not tried)",
    "pgx": "pgx of Go (its documentation alone; it was not tried)",
}
_ENCRYPTION: Final = {
    "never": "never",
    "if-demanded": "only if the server refuses to go without",
    "if-offered": "if the server offers it",
    "always": "always",
}
_WAYS: Final = {"ssl-request": "SSLRequest", "direct": "direct TLS", "tls": "plain TLS"}


def probed(report: "ProbeReport", now: datetime) -> Iterator[Piece]:
    """The handshake, the chain, and a paragraph for each store; and so for every other chain that was shown."""
    for number, look in enumerate(report.looks):
        where = f"{report.host} port {report.port}" if number == 0 else "ANOTHER CHAIN is shown there"
        yield (
            f"{where} ({', '.join(look.addresses)}): {look.protocol}, {look.cipher},"
            f" {look.bits} bits, by {_WAYS[report.negotiation]}"
        )
        if report.name not in (None, report.host):
            yield f"  as {report.name}"
        yield from _shown(look, now)
    if not report.speaks_directly:
        yield "NO ALPN: a client with sslnegotiation=direct refuses this server"
    for place in report.unreached:
        yield f"NOT REACHED: {place.error}"


def probed_several(report: "ProbesReport", now: datetime) -> Iterator[Piece]:
    """What is to be said of each server, in their order, and how many of them are good."""
    for answer in report.servers:
        if answer.report is not None:
            yield from probed(answer.report, now)
        else:
            yield f"{'REFUSED' if answer.exit_code == 1 else 'NOT REACHED'}: {answer.error}"
            if answer.hint:
                yield f"  {answer.hint}"
        yield ""
    counts = f"{report.good} good, {report.with_findings} with findings, {report.not_reached} not reached"
    yield f"{counted(len(report.servers), 'server')}: {counts}"


def _shown(look: "Look", now: datetime) -> Iterator[Piece]:
    for number, facts in enumerate(look.chain, 1):
        yield f"  {number}. {_named(facts)}, {expiry(facts, now)}"
        yield f"     issued by {facts.issuer or 'unknown'}"
        yield f"     SHA-256 {facts.sha256}"
    match look.client_certificate:
        case "demanded":
            yield f"THE SERVER DEMANDS A CLIENT CERTIFICATE: {look.complaint}"
        case "refused":
            yield f"THE SERVER REFUSES THE CLIENT CERTIFICATE: {look.complaint}"
    for item in look.expected:
        yield f"{'expected CA' if item.met else 'NOT THE EXPECTED CA'}: {item.fingerprint} {item.text}"
    for verdict in look.verdicts:
        yield from judged(verdict)
    for ending in look.expiring:
        yield f"EXPIRES SOON: {ending.name} on {day(ending.until)}"


def judged(verdict: "Verdict") -> Iterator[str]:
    """Whether a store trusts, by what, until when; or each reason why not."""
    if verdict.trusted and verdict.anchor:
        yield f"TRUSTED by {verdict.name} ({_READERS[verdict.reader]}): {_by(verdict)}, until {day(verdict.until)}"
        return
    word = "NOT TRUSTED" if verdict.is_judged else "NOT JUDGED"
    if verdict.trusted:
        word = "TRUSTED"
    yield f"{word} by {verdict.name} ({_READERS[verdict.reader]})"
    for reason in verdict.reasons:
        yield f"  {reason.code}: {reason.text}"


def rotation(report: "RotationReport") -> Iterator[Piece]:
    """One row a store: whether its clients connect before, during and after; then what was left out, and what is
    missing where."""
    words = {True: "connects", False: "FAILS", None: "NOT JUDGED"}
    yield Table(
        ("Store", "Read by", "Before", "During", "After"),
        tuple(
            (s.name, s.reader, f"before: {words[s.before]}", f"during: {words[s.during]}", f"after: {words[s.after]}")
            for s in report.stores
        ),
    )
    for word, left_out in (("current", report.left_out.current), ("next", report.left_out.next)):
        if left_out.expired or left_out.elsewhere:
            kept = len(report.current if word == "current" else report.next)
            yield f"{word}: {counted(kept, 'certificate')} judged; left out: {_left_out(left_out, report.region)}"
    for store in report.stores:
        for label, obstacles in (("now", store.current), ("next", store.next)):
            for obstacle in obstacles:
                word = "refuses" if obstacle.judged else "may refuse"
                yield f"{store.name} {word} {label} {_named(obstacle.certificate)}"
                yield from (f"  {reason.code}: {reason.text}" for reason in obstacle.reasons)


def _left_out(left_out: "LeftOut", region: str | None) -> str:
    """What was left out of a set and how much of it."""
    elsewhere = f"{left_out.elsewhere} not of {region}" if left_out.elsewhere else ""
    return ", ".join(filter(None, (f"{left_out.expired} expired" if left_out.expired else "", elsewhere)))


def sessions(report: "SessionsReport") -> Iterator[Piece]:
    """What the server insists on, one row a client, and the counts by user and address."""
    if report.client_tls_sslmode is not None:
        offers = "offers TLS" if report.ssl else "DOES NOT OFFER TLS"
        yield f"PgBouncer {report.server_version}: {offers} (client_tls_sslmode={report.client_tls_sslmode})"
    else:
        yield from _insists(report)
    if report.clients:
        headings = ("TLS", "User", "Database", "Address", "Application", "Sessions", "Last seen")
        yield Table(headings, tuple(map(_client_row, report.clients)))
    for item in report.summary:
        hidden = f", {item.hidden} hidden" if item.hidden else ""
        yield f"{item.user} from {item.address or '-'}: {item.tls} with TLS, {item.plain} without{hidden}"
    for pooler in report.poolers:
        yield from _pooler(pooler)
    yield f"{counted(report.looks, 'look')}; {counted(report.plain, 'session')} over the network without TLS"


_SIGNS: Final = {
    "application-name": "application names are those of a pooler, or end in a client's address",
    "discard-all": "idle sessions were reset with DISCARD ALL",
    "own-session": "this session passes it",
    "one-address": "all sessions over the network come from there",
}


def _pooler(pooler: "Pooler") -> Iterator[str]:
    """Where a pooler seems to be, how that shows, and how to look behind it."""
    word = "A POOLER" if pooler.is_likely else "perhaps a pooler"
    yield f"{word} at {pooler.address or 'the Unix socket'}: {'; '.join(_SIGNS[sign] for sign in pooler.signs)}"
    yield "  whether its own clients use TLS is not seen here; PgBouncer's console says it: dbname=pgbouncer"


def _insists(report: "SessionsReport") -> Iterator[str]:
    """What PostgreSQL insists on."""
    yield f"PostgreSQL {report.server_version}: {'offers TLS' if report.ssl else 'DOES NOT OFFER TLS'} (ssl)"
    if report.rds_force_ssl is None:
        yield "rds.force_ssl: not set; it exists on Amazon RDS only"
    else:
        yield f"rds.force_ssl: {'on' if report.rds_force_ssl else 'OFF: clients may connect without TLS'}"
    match report.plain_rules:
        case None:
            yield "pg_hba.conf: this role may not read it"
        case ():
            closed = "NOT JUDGED whether it lets clients" if report.plain_doubts else "lets nobody"
            yield f"pg_hba.conf: {closed} in over the network without TLS"
        case rules:
            yield "pg_hba.conf: may let clients in over the network without TLS:"
            yield from (f"  {rule}" for rule in rules)
    yield from (f"  not known: {doubt}" for doubt in report.plain_doubts)


def _client_row(client: "Client") -> tuple[str, ...]:
    if client.tls:
        tls = f"{client.version or 'TLS'} {client.cipher or ''}".rstrip()
    elif client.tls is None:
        tls = "hidden"
    else:
        tls = "Unix socket" if client.local else "NO TLS"
    seen = f"{client.last_seen:%Y-%m-%d %H:%M:%S}Z"
    address = client.address or "-"
    return tls, client.user, client.database or "-", address, client.application or "-", str(client.sessions), seen


def explained(report: "Explanation") -> Iterator[Piece]:
    """What a client does, what a new authority changes, the one change to make, and why."""
    yield f"Client:           {_CLIENTS.get(report.client, report.client)}"
    yield f"Server:           {report.host or 'not set'} port {report.port or '5432'}"
    yield f"sslmode:          {report.sslmode.value} ({report.sslmode.origin})"
    if report.roots:
        there = {True: "", False: "; it is missing", None: ""}[report.roots_found]
        yield f"Authorities:      {report.roots.value} ({report.roots.origin}{there})"
    else:
        yield "Authorities:      none looked for"
    yield f"TLS:              {_ENCRYPTION[report.encryption]}"
    yield f"Server verified:  {'yes' if report.verifies_server else 'NO'}"
    yield f"Host verified:    {'yes' if report.verifies_host else 'NO'}"
    if report.obstacle:
        yield f"DOES NOT CONNECT: {report.obstacle}"
    if report.hindrance:
        yield f"TLS FAILS:        {report.hindrance}"
    for doubt in report.doubts:
        yield f"NOT JUDGED:       {doubt}"
    yield f"CA changes:       {report.outlook}"
    yield f"The one change:   {report.change or 'none'}"
    yield "Because:"
    yield from (f"  {rule.text} [{rule.source}]" for rule in report.rules)


def snippet(report: "Snippet") -> Iterator[Piece]:
    """The blocks as they are to be pasted; where there are several, each under a comment."""
    for number, block in enumerate(report.blocks):
        if len(report.blocks) > 1:
            if number:
                yield ""
            yield f"# {block.place}"
        yield from block.text.splitlines()


def _by(verdict: "Verdict") -> str:
    assert verdict.anchor is not None  # noqa: S101 -- asked before
    return f"alias {verdict.alias}" if verdict.alias else _named(verdict.anchor)


def _named(facts: "CertificateFacts") -> str:
    return facts.subject or "unknown subject"

"""What a client really does with its settings: whether it uses TLS, whom it verifies, what a new authority changes."""

from typing import Final, Literal

from truststore_tool.errors import UsageError
from truststore_tool.nouns import noun
from truststore_tool.postgres import documented, foreign, jdbc, libpq, node_postgres, python_clients, settings
from truststore_tool.postgres.behaviour import Behaviour, Encryption
from truststore_tool.postgres.change import Change
from truststore_tool.postgres.conninfo import Conninfo, parse_and_check
from truststore_tool.postgres.jdbc_url import JDBC_PREFIX, parse_jdbc
from truststore_tool.postgres.keywords import check_keyword, check_values
from truststore_tool.postgres.rules import Rule
from truststore_tool.postgres.rules_of_drivers import EVERY
from truststore_tool.postgres.settings import Setting, Surroundings

AfterChange = Literal["nothing", "unnoticed", "falls-back", "fails", "depends"]

ENVIRONMENT: Final = "environment"
# Whose settings can be explained; those of the last three by their documentation alone.
CLIENTS: Final = ("libpq", "jdbc", "django", "asyncpg", "pg8000", "node-postgres", "npgsql", "lib-pq", "pgx")


@noun
class Explanation:
    """What a client does, and what to do about it.

    Attributes:
        client, host, port, sslmode, encryption, roots, roots_found, obstacle, hindrance, doubts: as in
            `behaviour.Behaviour`.
        verifies_server: whether the server's chain is verified in every case, so that nobody can pose as the server.
        verifies_host: the same of the host name.
        local: as in `behaviour.Behaviour`.
        after_change: what happens when the server comes with a chain of another authority: ``nothing`` (no TLS anyway),
            it goes ``unnoticed``, the client ``falls-back`` to no TLS, it ``fails``, or it ``depends``.
        outlook: the same in words.
        change: the one change to make, in words; None when there is none.
        remedy: the same for programs.
        rules: why, each with its source.
    """

    client: str
    host: str | None
    port: str | None
    sslmode: Setting
    encryption: Encryption
    roots: Setting | None
    roots_found: bool | None
    verifies_server: bool
    verifies_host: bool
    obstacle: str | None
    hindrance: str | None
    doubts: tuple[str, ...]
    after_change: AfterChange
    outlook: str
    change: str | None
    remedy: Change | None
    rules: tuple[Rule, ...]
    local: bool

    @property
    def is_good(self) -> bool:
        """Whether nobody can pose as the server: it is verified with its name, or no network lies between.

        What could not be judged speaks against it.
        """
        return (self.verifies_host or self.local) and not self.doubts


def explain(text: str, around: Surroundings, client: str | None = None) -> Explanation:
    """Explain the settings of a client, one of `CLIENTS`; None for the one that they show, else libpq.

    ``environment`` (or nothing) stands for what is set around alone. Raises UsageError when the text is malformed, or
    is not for that client; no error shows it.
    """
    meant = client or client_of(text)
    given = read(text, meant)
    options = given.options
    match meant:
        case "libpq" | "django":
            found = libpq.behaviour(settings.for_libpq(given, around), around)
        case "jdbc":
            jvm = settings.for_jvm(around)
            found = jdbc.behaviour(settings.for_jdbc(given, jvm, around), jvm, around)
        case "asyncpg":
            found = python_clients.asyncpg(options, around, by_arguments=foreign.driver_of(text) is not None)
        case "pg8000":
            found = python_clients.pg8000(options, around)
        case "node-postgres":
            found = node_postgres.behaviour(options, around)
        case _:
            found = documented.behaviour(meant, options, around)
    return conclude(found)


def client_of(text: str) -> str:
    """The client that a text shows by itself: a JDBC URL, a driver in the scheme; libpq otherwise."""
    if text.startswith(JDBC_PREFIX):
        return "jdbc"
    driver = foreign.driver_of(text)
    if driver is None:
        return "libpq"
    if text.startswith("postgres+"):
        raise UsageError("SQLAlchemy knows no dialect postgres", hint=f"write postgresql+{driver}://")
    if driver not in foreign.SQLALCHEMY_DRIVERS:
        known = ", ".join(foreign.SQLALCHEMY_DRIVERS)
        raise UsageError(
            "the URL names a driver that is not known here", hint=f"known are those of SQLAlchemy: {known}"
        )
    return driver if driver in CLIENTS else "libpq"


def read(text: str, client: str | None = None) -> Conninfo:
    """The parameters in what `explain` takes. Raises UsageError as it does."""
    client = client or client_of(text)
    empty = text in {"", ENVIRONMENT}
    match client:
        case "jdbc":
            return parse_jdbc(text)
        case "django":
            return _checked(foreign.parse_django(text), "OPTIONS")
        case "npgsql":
            return Conninfo({} if empty else documented.parse_ado(text))
        case "libpq" if foreign.driver_of(text):
            return _checked(foreign.parse_url(text, query_first=True), "the URL")
        case "libpq":
            return parse_and_check("" if empty else text)
        case "lib-pq" | "pgx":
            return parse_and_check("" if empty else text)
        case _:
            if not (empty or "://" in text):
                raise UsageError(f"{client} takes a URL", hint="as in postgresql://user@db.example.com/app")
            if empty:
                return Conninfo({})
            of_query = client == "node-postgres" or foreign.driver_of(text) is not None
            return Conninfo(foreign.parse_url(text, first_at=client == "asyncpg", query_first=of_query))


def _checked(options: dict[str, str], where: str) -> Conninfo:
    """What another program hands to libpq. Raises UsageError for what libpq refuses before it connects."""
    check_values(options)
    for number, keyword in enumerate(options, 1):
        check_keyword(keyword, number, where)
    return Conninfo(options)


def conclude(found: Behaviour) -> Explanation:
    """The explanation of a behaviour."""
    verifies = found.chain == "always" and not (found.obstacle or found.hindrance)
    after, outlook = _after_change(found)
    return Explanation(
        client=found.client,
        host=found.host,
        port=found.port,
        sslmode=found.sslmode,
        encryption=found.encryption,
        roots=found.roots,
        roots_found=found.roots_found,
        verifies_server=verifies,
        verifies_host=verifies and found.host_name,
        obstacle=found.obstacle,
        hindrance=found.hindrance,
        doubts=found.doubts,
        after_change=after,
        outlook=outlook,
        change=found.change.words(found.sslmode.value) if found.change else None,
        remedy=found.change,
        rules=tuple(EVERY[code] for code in found.rules if code in EVERY),
        local=found.local,
    )


def _after_change(found: Behaviour) -> tuple[AfterChange, str]:
    roots = found.roots.value if found.roots else "its trust store"
    until = f"until the new authority is in {roots}"
    if found.obstacle:
        return "fails", f"it does not connect as it is: {found.obstacle}"
    if found.hindrance and found.encryption != "never":
        return "fails", f"where TLS is used, it fails as it is: {found.hindrance}"
    if found.encryption == "never":
        return "nothing", "nothing: it uses no TLS"
    match found.chain:
        case "never":
            return "unnoticed", "nothing: it takes any certificate, that of somebody who poses as the server too"
        case "unless-it-fails":
            return "falls-back", f"it goes on without TLS, unsaid, {until}; where the server demands TLS, it fails"
        case "if-tls":
            return "fails", f"where TLS is used, it fails {until}"
        case "always":
            return "fails", f"it fails {until}; add it there before the server changes"
        case _:
            return "depends", "only the author of that sslfactory knows"

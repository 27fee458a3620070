"""What a client really does with its settings: whether it uses TLS, whom it verifies, what a new authority changes."""

from typing import Final, Literal

from truststore_tool.nouns import noun
from truststore_tool.postgres import jdbc, libpq, settings
from truststore_tool.postgres.behaviour import Behaviour, Encryption
from truststore_tool.postgres.conninfo import Conninfo, parse_and_check
from truststore_tool.postgres.jdbc_url import JDBC_PREFIX, parse_jdbc
from truststore_tool.postgres.rules import RULES, Rule
from truststore_tool.postgres.settings import Setting, Surroundings

AfterChange = Literal["nothing", "unnoticed", "falls-back", "fails", "depends"]

ENVIRONMENT: Final = "environment"


@noun
class Explanation:
    """What a client does, and what to do about it.

    Attributes:
        client, host, port, sslmode, encryption, roots, roots_found, obstacle: as in `behaviour.Behaviour`.
        verifies_server: whether the server's chain is verified in every case, so that nobody can pose as the server.
        verifies_host: the same of the host name.
        after_change: what happens when the server comes with a chain of another authority: ``nothing`` (no TLS anyway),
            it goes ``unnoticed``, the client ``falls-back`` to no TLS, it ``fails``, or it ``depends``.
        outlook: the same in words.
        change: the one change to make; None when there is none.
        rules: why, each with its source.
    """

    client: Literal["libpq", "jdbc"]
    host: str | None
    port: str | None
    sslmode: Setting
    encryption: Encryption
    roots: Setting | None
    roots_found: bool | None
    verifies_server: bool
    verifies_host: bool
    obstacle: str | None
    after_change: AfterChange
    outlook: str
    change: str | None
    rules: tuple[Rule, ...]

    @property
    def is_good(self) -> bool:
        """Whether nobody can pose as the server: it is verified with its name, or no network lies between."""
        return self.verifies_host or any(rule.code == "libpq-socket" for rule in self.rules)


def explain(text: str, around: Surroundings) -> Explanation:
    """Explain a connection string of libpq, a JDBC URL, or ``environment`` (or nothing): what is set around alone.

    Raises UsageError when the text is malformed; no error shows it.
    """
    given = read(text)
    if text.startswith(JDBC_PREFIX):
        return conclude(jdbc.behaviour(given.options, settings.for_jvm(around), around))
    return conclude(libpq.behaviour(settings.for_libpq(given, around), around))


def read(text: str) -> Conninfo:
    """The parameters in what `explain` takes. Raises UsageError as it does."""
    if text.startswith(JDBC_PREFIX):
        return parse_jdbc(text)
    return parse_and_check("" if text == ENVIRONMENT else text)


def conclude(found: Behaviour) -> Explanation:
    """The explanation of a behaviour."""
    verifies = found.chain == "always" and found.obstacle is None
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
        after_change=after,
        outlook=outlook,
        change=_change(found),
        rules=tuple(RULES[code] for code in found.rules if code in RULES),
    )


def _after_change(found: Behaviour) -> tuple[AfterChange, str]:
    roots = found.roots.value if found.roots else "its trust store"
    until = f"until the new authority is in {roots}"
    if found.obstacle:
        return "fails", f"it does not connect as it is: {found.obstacle}"
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


def _change(found: Behaviour) -> str | None:
    """The one change that leads to a verified connection, or nearest to one."""
    if found.client == "libpq" and found.encryption == "never" and found.sslmode.value != "disable":
        return None  # a Unix socket
    file = "a bundle of the authorities that may issue the server's certificate"
    if found.obstacle and found.roots_found is False:
        return f"put {file} at {found.roots.value if found.roots else 'the root file'}"
    if found.client == "libpq" and found.obstacle and "libpq-hostaddr" in found.rules:
        return "set host to the server's name as well; hostaddr then only spares the look-up"
    if found.chain in {"never", "unless-it-fails", "unknown"}:
        factory = "drop that sslfactory, and " if {"jdbc-nonvalidating", "jdbc-custom-factory"} & {*found.rules} else ""
        return f"{factory}set sslmode=verify-full and sslrootcert=FILE, {file}"
    if "libpq-root-system-old" in found.rules and found.sslmode.origin != "the connection string":
        return "set sslmode=verify-full as well: libpq before version 16 then refuses instead of verifying nobody"
    if found.sslmode.value != "verify-full":
        return f"set sslmode=verify-full in place of {found.sslmode.value}"
    return None

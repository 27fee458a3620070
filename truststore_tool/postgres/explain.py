"""What a client really does with its settings: whether it uses TLS, whom it verifies, what a new authority changes."""

from typing import Final, Literal

from truststore_tool.nouns import noun
from truststore_tool.postgres import jdbc, libpq, settings
from truststore_tool.postgres.behaviour import Behaviour, Encryption
from truststore_tool.postgres.change import Change
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


def explain(text: str, around: Surroundings) -> Explanation:
    """Explain a connection string of libpq, a JDBC URL, or ``environment`` (or nothing): what is set around alone.

    Raises UsageError when the text is malformed; no error shows it.
    """
    given = read(text)
    if text.startswith(JDBC_PREFIX):
        jvm = settings.for_jvm(around)
        return conclude(jdbc.behaviour(settings.for_jdbc(given, jvm, around), jvm, around))
    return conclude(libpq.behaviour(settings.for_libpq(given, around), around))


def read(text: str) -> Conninfo:
    """The parameters in what `explain` takes. Raises UsageError as it does."""
    if text.startswith(JDBC_PREFIX):
        return parse_jdbc(text)
    return parse_and_check("" if text == ENVIRONMENT else text)


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
        rules=tuple(RULES[code] for code in found.rules if code in RULES),
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

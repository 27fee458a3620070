"""What the very programs that read a store make of it, beyond what the usual readers do: their releases, their formats.

What the usual readers make of it was found out from its bytes; here only what that says of others is known.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from truststore_tool.errors import UsageError
from truststore_tool.findings import Finding, Place, finding
from truststore_tool.inventory.nouns import ReadBy
from truststore_tool.readers.java.releases import OF_RULES, Release

# Readers whose authorities are PEM, nothing else (SSL_CTX_load_verify_locations(3); Go, CertPool.AppendCertsFromPEM).
_OF_PEM: Final = frozenset(("openssl3", "libpq", "python3", "node20", "go"))
_PEM: Final = frozenset(("pem", "p11-kit", "capath"))
# What java.security.KeyStore opens; settings of Java's default trust manager name nothing else.
_OF_JAVA: Final = frozenset(("jks", "jceks", "pkcs12", "bks", "uber", "bcfks"))
_DEFAULT_MANAGER: Final = ("-Djavax.net.ssl.trustStore", "JAVA_VERSION")


def of_readers(form: str, known: Iterable[Finding], by: Sequence[ReadBy], path: str) -> Iterator[Finding]:
    """Findings for a store at `path`, of a format, of which those `known` are found already."""
    here = Place(path)
    rules = {item.rule for item in known}
    for reader in by:
        if reader.reader in _OF_PEM and form not in _PEM:
            text = f"{reader.name} reads PEM, and this is {form} ({reader.because})"
            fix = "convert it to PEM"
            yield finding("cannot-open", here, text, readers=(reader.reader or "",), fix=fix, level="error")
        if form not in _OF_JAVA and any(word in reader.because for word in _DEFAULT_MANAGER):
            text = f"{reader.name} opens key stores, and this is {form} ({reader.because})"
            yield finding("cannot-open", here, text, readers=("java",), fix="make a key store of it", level="error")
        release = _release(reader)
        if release is None:
            continue
        for rule in sorted(rules & OF_RULES.keys()):
            knows = OF_RULES[rule].known_to(release)
            if knows is None:
                text = f"nobody knows whether {release} opens it: {rule} ({reader.because})"
                yield finding("not-judged", here, text, readers=(str(release),))
            elif not knows:
                text = f"{release} cannot open it, as it is older than its algorithms ({reader.because})"
                yield finding(rule, here, text, readers=(str(release),), level="error")


def _release(reader: ReadBy) -> Release | None:
    try:
        return Release.parse(reader.reader or "")
    except UsageError:
        return None

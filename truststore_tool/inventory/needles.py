"""Whether a file of settings may name a store at all, by searches that are quick: most files are done with by that."""

import re
from typing import Final

# Every name that `known_settings` and `known_values` have, in lower case, has one of the words, and that around it.
_WORDS: Final = {
    b"store": re.compile(rb"(?:trust|key)[-_.]?store"),
    b"cert": re.compile(
        rb"root_?cert|(?:trusted|client|ssl|pip|deno|verify)_cert|sslcert|signing-cert|trust-?cert|trustedcert|certs_file"
        rb"|certificate[-_]auth|certificateauthorities"
    ),
    b"ssl": re.compile(rb"ssl(?:[-_]?ca|\.ca\.|_roots|_verify|proxyca)"),
    b"trusted": re.compile(rb"trusted_?ca"),
    b"tls": re.compile(rb"tls(?:[-_.]?ca|_trust)"),
}
_BEFORE, _BEHIND = 8, 24  # octets around a word that are looked at
_OF_AUTHORITIES: Final = re.compile(
    rb"ca(?:[-_]?(?:file|path|cert|bundle|info|dir|roots)| (?:certificate )?file\s?=|-verify|config|s_file"
    rb"|s[\"']?\s?[=:])"
)
# Files in which words that say little are settings (`known_settings.OF_FILES`), and that name authorities so.
_SPECIAL: Final = re.compile(
    r".*(?:haproxy|pip\.(?:conf|ini)$|condarc$|hosts\.toml$|buildkitd|openvpn|\.ovpn$|dovecot|traefik"
    r"|(?:standalone|domain|host|server)[^/]*\.xml$)"
)


def may_name(path: str, data: bytes) -> bool:
    """Whether a file at that path may name a store; of its octets, as many as are read as settings are given."""
    low = data.lower()
    return (
        any(_has(low, word, around) for word, around in _WORDS.items())
        or _OF_AUTHORITIES.search(low) is not None
        or _SPECIAL.match(path.lower()) is not None
    )


def _has(low: bytes, word: bytes, around: re.Pattern[bytes]) -> bool:
    at = low.find(word)
    while at >= 0:
        if around.search(low, max(0, at - _BEFORE), at + _BEHIND):
            return True
        at = low.find(word, at + len(word))
    return False

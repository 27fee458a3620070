"""Whether a file of settings may name a store at all, by searches that are quick: most files are done with by that."""

import re
from typing import Final

from truststore_tool.inventory.words import perhaps_any

# Every name that `known_settings` and `known_values` have, in lower case, has one of the words, and that around it.
_WORDS: Final = {
    b"store": re.compile(rb"(?:trust|key)[-_.]?store"),
    b"cert": re.compile(
        rb"root_?cert|(?:trusted|client|ssl|pip|deno|verify)_cert|sslcert(?!ificates)|signing-cert|trust-?cert"
        rb"|trustedcert|certs_file|certificate[-_]authorit|certificateauthorities"
    ),
    b"ssl": re.compile(rb"ssl(?:[-_]?ca|\.ca\.|_roots|_verify|proxyca)"),
    b"trusted": re.compile(rb"trusted_?ca"),
    b"tls": re.compile(rb"tls(?:[-_.]?ca|_trust)"),
}
_BEFORE, _BEHIND = 8, 24  # octets around a word that are looked at
_OF_AUTHORITIES: Final = re.compile(
    rb"ca(?:[-_]?(?:file|path|cert|bundle|info|roots)|[-_]dir| (?:certificate )?file\s?=|-verify|(?<!replica)config"
    rb"|s_file|s(?<=rootcas))"
)
# One of these is in whatever one of the two above finds.
_perhaps_names: Final = perhaps_any(
    *(word + sign + b"store" for word in (b"trust", b"key") for sign in (b"", b"-", b"_", b".")),
    *(b"rootcert", b"t_cert", b"ssl_cert", b"pip_cert", b"deno_cert", b"verify_cert", b"sslcert", b"signing-cert"),
    *(b"trustcert", b"trust-cert", b"trustedc", b"trusted_c"),
    *(b"certificate-auth", b"certificate_auth", b"certificateauthorities"),
    *(b"sslca", b"ssl-ca", b"ssl_ca", b"ssl.ca.", b"ssl_verify", b"sslproxyca", b"roots"),
    *(b"tlsca", b"tls-ca", b"tls_ca", b"tls.ca", b"tls_trust"),
    *(b"ca" + sign + word for word in (b"file", b"path", b"cert", b"bundle", b"info") for sign in (b"", b"-", b"_")),
    *(b"ca-dir", b"ca_dir", b"ca file", b"ca certificate file", b"ca-verify", b"caconfig", b"s_file", b"rootcas"),
)
# Files in which words that say little are settings (`known_settings.OF_FILES`), and that name authorities so.
_SPECIAL: Final = re.compile(
    r".*(?:haproxy|pip\.(?:conf|ini)$|condarc$|hosts\.toml$|buildkitd|openvpn|\.ovpn$|dovecot|traefik"
    r"|(?:standalone|domain|host|server)[^/]*\.xml$)"
)


def may_name(path: str, data: bytes) -> bool:
    """Whether a file at that path may name a store; of its octets, as many as are read as settings are given."""
    low = data.lower()
    if _perhaps_names(low) and (
        any(_has(low, word, around) for word, around in _WORDS.items()) or _OF_AUTHORITIES.search(low)
    ):
        return True
    return _SPECIAL.match(path.lower()) is not None


def _has(low: bytes, word: bytes, around: re.Pattern[bytes]) -> bool:
    at = low.find(word)
    while at >= 0:
        if around.search(low, max(0, at - _BEFORE), at + _BEHIND):
            return True
        at = low.find(word, at + len(word))
    return False

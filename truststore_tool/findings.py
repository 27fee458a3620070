"""The one way to say that something is not well: a finding, and the registry of rules that findings go by.

What a command warns of is a finding as well as what `doctor` reports.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from truststore_tool.nouns import noun, replace

# From what ends a command with exit code 1 to what is only worth knowing.
Level = Literal["error", "warning", "note"]
LEVELS: Final[tuple[Level, ...]] = ("error", "warning", "note")
# These stand in a fix for the command that mends a store, as it is or into a profile: the caller finds the words, as it
# knows its own options.
MEND: Final = "{mend}"
MEND_AS_COMPAT: Final = "{mend as compat}"
MEND_AS_PASSWORDLESS: Final = "{mend as passwordless}"


@noun
class Place:
    """Where: the path of a file, and the alias of an entry in it or the SHA-256 fingerprint of a certificate."""

    path: str
    entry: str | None = None


@noun
class Finding:
    """Something that is not well.

    Attributes:
        rule: a name of `RULES`.
        level: how bad it is here; mostly that of the rule.
        place: where.
        message: one line for people.
        readers: names of the readers that it concerns; none where it concerns whoever uses the store.
        fix: what to do about it, one line; None where there is nothing to do.
    """

    rule: str
    level: Level
    place: Place
    message: str
    readers: tuple[str, ...] = ()
    fix: str | None = None


@noun
class Rule:
    """What a rule means.

    Attributes:
        level: how bad it usually is.
        means: what is the case, one line.
        whom: whom it concerns.
        since: from or until when, in releases of the reader; empty where it has always been so.
        documented: where that is written, or what was measured.
    """

    level: Level
    means: str
    whom: str
    since: str
    documented: str


_MEASURED: Final = "measured: Java 8u252 to 25.0.3"
RULES: Final[Mapping[str, Rule]] = {
    "cannot-open": Rule("error", "a reader cannot open the store", "that reader", "", _MEASURED),
    "not-an-anchor": Rule(
        "warning", "a reader sees a certificate, and does not take it for a trust anchor", "that reader", "", ""
    ),
    "not-trusted-entry": Rule(
        "error",
        "a certificate in a PKCS#12 lacks the attribute that makes it a trusted entry, so Java does not see it",
        "Java",
        "8u60",
        "JDK-8037766; sun.security.pkcs12.PKCS12KeyStore",
    ),
    "no-password-means-empty": Rule(
        "warning",
        "the certificates are encrypted: whoever opens the store without a password finds it empty, without an error",
        "Java's default trust manager without javax.net.ssl.trustStorePassword",
        "",
        _MEASURED,
    ),
    "mac-too-new": Rule(
        "error",
        "the MAC is of an algorithm that a reader does not know",
        "Java",
        "before 8u301, 11.0.12",
        "JDK-8267701",
    ),
    "pbes2-too-new": Rule(
        "error",
        "a part is encrypted with PBES2, which a reader does not know",
        "Java",
        "before 8u301, 12",
        "JDK-8202837",
    ),
    "pbes2-no-keylength": Rule(
        "error",
        "a part is encrypted with PBES2 without keyLength, as openssl and cryptography write it",
        "Java",
        "before 8u504, 11.0.13",
        _MEASURED,
    ),
    "prf-too-new": Rule(
        "error",
        "a key is derived with an HMAC that a reader does not know (HMAC-SHA512/224, HMAC-SHA512/256)",
        "Java",
        "before 21",
        _MEASURED,
    ),
    "mac-nobody-reads": Rule(
        "error", "the MAC is a bare HMAC, which no program reads", "all", "", "measured: keytool 25, which writes it"
    ),
    "needs-legacy-provider": Rule(
        "warning",
        "a part is encrypted with RC2 or RC4, which OpenSSL reads with its legacy provider only",
        "OpenSSL",
        "3.0",
        "OSSL_PROVIDER-legacy(7)",
    ),
    "fips-algorithm": Rule(
        "note",
        "the store is protected by algorithms that are not approved by FIPS 140",
        "readers in FIPS mode",
        "",
        "NIST SP 800-132; RFC 7292, appendix B",
    ),
    "needs-storetype": Rule(
        "warning",
        "Java opens the store only where its type is named (javax.net.ssl.trustStoreType)",
        "Java",
        "",
        _MEASURED,
    ),
    "empty-store": Rule("warning", "the store trusts nothing", "all", "", ""),
    "empty-file": Rule("error", "the file is empty, over which readers fail", "all", "", _MEASURED),
    "missing-file-falls-back": Rule(
        "error",
        "there is no such file, for which Java silently takes its own cacerts",
        "Java's default trust manager",
        "",
        _MEASURED,
    ),
    "lacks-needed": Rule(
        "error", "a store does not trust a certificate that every store should", "its readers", "", ""
    ),
    "locked-store": Rule(
        "warning", "no password opens a store, or a part of it, and what it trusts is not known", "its readers", "", ""
    ),
    "not-looked-at": Rule("warning", "a scan passed something over, and what it holds is not known", "all", "", ""),
    "names-no-file": Rule("error", "configuration names a store, and there is no such file", "that program", "", ""),
    "store-not-known": Rule(
        "note", "configuration names a store in a way that does not tell which file it is", "that program", "", ""
    ),
    "unparsable-certificate": Rule(
        "error",
        "a reader's parser refuses a certificate, which makes the whole store unreadable to Java",
        "that reader",
        "",
        "measured: CertificateFactory of 17 and 25, d2i_X509 of OpenSSL 3.0",
    ),
    "alias-collision": Rule(
        "error", "aliases that Java takes for the same: it sees one of the entries", "Java", "", _MEASURED
    ),
    "duplicate": Rule("note", "a certificate is in the store more than once", "all", "", ""),
    "key-in-truststore": Rule(
        "warning", "a trust store holds a private key, which whoever verifies others does not need", "all", "", ""
    ),
    "not-judged": Rule("error", "nobody knows what a reader makes of the store", "that reader", "", ""),
    "not-understood": Rule(
        "error", "a part of the file was not read, and may hold trust that is not shown", "all", "", ""
    ),
    "expired": Rule(
        "warning",
        "a certificate has expired; OpenSSL then trusts nothing below it, Java does not look at an anchor's dates",
        "OpenSSL and all that use it",
        "",
        "openssl-verification-options(1); RFC 5280, 6.1.1 (d)",
    ),
    "expires-soon": Rule("warning", "a certificate expires soon", "OpenSSL and all that use it", "", ""),
    "not-a-ca": Rule(
        "warning",
        "a trusted certificate is no certificate authority (basicConstraints)",
        "all",
        "",
        "RFC 5280, 4.2.1.9",
    ),
    "distrusted": Rule("warning", "the file marks a certificate as not trusted", "OpenSSL, p11-kit", "", ""),
    "distrusted-after": Rule(
        "warning",
        "servers whose certificates were issued below this root after a date are not trusted",
        "Java, browsers",
        "",
        "jdk.security.caDistrustPolicies of java.security",
    ),
    "weak-signature": Rule(
        "warning",
        "an intermediate certificate is signed with MD2, MD5 or SHA-1",
        "all",
        "",
        "jdk.certpath.disabledAlgorithms; SSL_CTX_set_security_level(3)",
    ),
    "small-key": Rule(
        "warning",
        "a key is smaller than readers accept (RSA and DSA below 2048 bits, EC below 224)",
        "OpenSSL at its level 2, Java below 1024",
        "",
        "SSL_CTX_set_security_level(3); jdk.certpath.disabledAlgorithms",
    ),
    "disabled-key": Rule(
        "warning",
        "Java takes no chain with such a key in it, the anchor's too",
        "Java",
        "",
        "jdk.certpath.disabledAlgorithms of java.security",
    ),
    "negative-serial": Rule(
        "warning", "a certificate has a negative serial number", "Go", "1.23", "Go 1.23 release notes, crypto/x509"
    ),
    "strict-refuses": Rule(
        "warning",
        "a root does not pass OpenSSL's strict checks, which Python's default context asks for",
        "Python",
        "3.13",
        "ssl.VERIFY_X509_STRICT; measured",
    ),
    "world-writable": Rule("warning", "every user may replace the file", "all", "", ""),
    "measured-otherwise": Rule(
        "error",
        "a program on this machine does not do what was predicted of it",
        "the authors of this tool, and whoever goes by its predictions",
        "",
        "measured: that program, on this machine",
    ),
    "default-password": Rule("note", "the password is changeit, which proves nothing to anyone", "all", "", ""),
    "not-opened": Rule(
        "error", "a part was not opened for want of its password, and what it holds is not judged", "all", "", ""
    ),
    "integrity-unchecked": Rule(
        "warning", "nothing proved that the file is what its owner wrote (no password, or a signature)", "all", "", ""
    ),
    "password-not-ascii": Rule(
        "warning", "the password of a PKCS#12 has characters beyond ASCII", "Java", "before 18", "JDK-8273553"
    ),
    "other-password": Rule("warning", "a key or a part has another password than the store", "all", "", ""),
    "key-not-seen": Rule("warning", "Java does not see a private key of a PKCS#12", "Java", "", _MEASURED),
    "odd-alias": Rule(
        "error",
        "an alias is not in lower case in a JKS or JCEKS: Java lists it, but does not find its entry, nor trust it",
        "Java",
        "",
        _MEASURED,
    ),
    "odd-date": Rule("note", "an entry's date is beyond the calendar", "all", "", ""),
    "not-found": Rule(
        "warning",
        "a reader does not find a certificate that the file or the directory holds",
        "OpenSSL and all that use it",
        "",
        "PEM_read_bio_X509(3); X509_LOOKUP_hash_dir(3); measured",
    ),
    "lookalike": Rule(
        "warning", "text looks like the beginning of a certificate, and no reader takes it for one", "all", "", ""
    ),
    "trust-settings": Rule(
        "warning",
        "certificates bear OpenSSL's own trust settings, which other formats cannot keep",
        "all but OpenSSL",
        "",
        "openssl-x509(1), TRUST SETTINGS",
    ),
    "wrapped": Rule(
        "error",
        "a file is wrapped in UTF-16 or base64, or its line ends are two characters, which programs do not read",
        "all",
        "",
        _MEASURED,
    ),
    "other-content": Rule("note", "the file holds things beside certificates", "all", "", ""),
    "left-out": Rule("warning", "something was not taken over from a source or a store", "all", "", ""),
    "passed-over": Rule("note", "files of a source were passed over, as they hold nothing new", "all", "", ""),
    "read-from": Rule("note", "which file the bundle of the system is", "all", "", ""),
    "expected-missing": Rule("warning", "an expected fingerprint is that of no certificate", "all", "", ""),
    "sha1-expected": Rule(
        "warning", "only SHA-1 fingerprints were expected, which can be forged", "all", "", "https://shattered.io"
    ),
    "not-yet-valid": Rule("warning", "the validity of a certificate has not begun", "all", "", "RFC 5280, 4.1.2.5"),
    "unreadable-field": Rule("warning", "a field of a certificate cannot be read", "all", "", ""),
    "world-readable": Rule("warning", "every user may read a file with a secret in it", "all", "", ""),
    "password-shown": Rule("warning", "a password stands on the command line", "all", "", ""),
    "sessions-hidden": Rule(
        "warning",
        "the server shows of some sessions not whether they use TLS",
        "postgres sessions",
        "",
        "PostgreSQL, The Statistics Collector, pg_stat_ssl",
    ),
}


def finding(
    rule: str,
    place: Place,
    message: str,
    *,
    readers: tuple[str, ...] = (),
    fix: str | None = None,
    level: Level | None = None,
) -> Finding:
    """A finding of that rule, at the rule's own level unless another is given."""
    return Finding(rule, level or RULES[rule].level, place, message, readers, fix)


def open_to_all(path: str) -> Finding:
    """That every user may replace the file at `path`; whether that is so, `strangers.may_replace` knows."""
    text = "every user may replace it, as its directory is writable for all"
    return finding("world-writable", Place(path), text, fix="chmod o-w the directory")


def counting(named: Iterable[str]) -> frozenset[str]:
    """The levels down to the least that is named, and the rules that are named: what a finding must be one of."""
    names = frozenset(named)
    least = max((LEVELS.index(level) for level in LEVELS if level in names), default=-1)
    return names | frozenset(LEVELS[: least + 1])


def worded(item: Finding, words: Mapping[str, str]) -> Finding:
    """A finding whose fix has the caller's words for `MEND` and its like."""
    fix = item.fix
    for remedy, command in words.items():
        fix = fix and fix.replace(remedy, command)
    return replace(item, fix=fix)

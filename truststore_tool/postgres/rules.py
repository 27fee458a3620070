"""What the clients do, rule by rule, each with its source. A test shows each with the real client.

"libpq" stands for the chapter "libpq - C Library" of the PostgreSQL documentation, "pgJDBC" for the documentation of
the PostgreSQL JDBC driver. Where they are silent, the source file or class that decides is named.
"""

from typing import Final

from truststore_tool.nouns import noun


@noun
class Rule:
    """One rule: a stable code, what the client does, and where that is written."""

    code: str
    text: str
    source: str


_SSL_SUPPORT: Final = "libpq, SSL Support, Client Verification of Server Certificates"
_PROTECTION: Final = "libpq, SSL Support, Protection Provided in Different Modes"
_KEYWORDS: Final = "libpq, Parameter Key Words"
_JDBC_SSL: Final = "pgJDBC, Configuring the Client"
_JDBC_MODES: Final = "pgJDBC, Configuring the Client, sslmode"
_JDBC_FACTORY: Final = "pgJDBC, Custom SSLSocketFactory"

_ALL: Final = (
    Rule("libpq-default", "sslmode is not set, and the default is prefer", f"{_KEYWORDS}, sslmode"),
    Rule("libpq-disable", "sslmode=disable never uses TLS", f"{_KEYWORDS}, sslmode"),
    Rule(
        "libpq-allow",
        "sslmode=allow connects without TLS, and tries TLS only when the server refuses that",
        f"{_KEYWORDS}, sslmode",
    ),
    Rule(
        "libpq-prefer",
        "sslmode=prefer uses TLS when the server offers it and goes on without, unsaid, when it does not or TLS fails;"
        " nobody is verified",
        f"{_KEYWORDS}, sslmode; {_PROTECTION}",
    ),
    Rule(
        "libpq-prefer-root",
        "as a root file is there, sslmode=prefer verifies the server's chain; but when that fails it goes on without"
        " TLS, unsaid",
        "libpq, fe-secure-openssl.c (initialize_SSL) and fe-connect.c (PQconnectPoll)",
    ),
    Rule("libpq-require", "sslmode=require insists on TLS and verifies nobody", _PROTECTION),
    Rule(
        "libpq-require-root",
        "as a root file is there, sslmode=require acts as verify-ca, for compatibility with old releases",
        f"{_KEYWORDS}, sslmode; {_PROTECTION}",
    ),
    Rule("libpq-verify-ca", "sslmode=verify-ca verifies the chain, and takes any host name", _SSL_SUPPORT),
    Rule("libpq-verify-full", "sslmode=verify-full verifies the chain and the host name", _SSL_SUPPORT),
    Rule(
        "libpq-root-default", "the root file is ~/.postgresql/root.crt unless sslrootcert names another", _SSL_SUPPORT
    ),
    Rule(
        "libpq-root-missing",
        "the root file is missing, and sslmode=verify-ca and verify-full do not connect without one",
        _SSL_SUPPORT,
    ),
    Rule(
        "libpq-root-missing-unnoticed",
        "the root file that is named is missing, and modes below verify-ca then verify nobody, without a word",
        "libpq, fe-secure-openssl.c (initialize_SSL)",
    ),
    Rule(
        "libpq-root-system",
        "sslrootcert=system trusts the roots that OpenSSL finds on this system and makes verify-full the default;"
        " weaker modes are refused",
        f"{_KEYWORDS}, sslrootcert (since version 16)",
    ),
    Rule(
        "libpq-root-system-old",
        "libpq before version 16 takes system for the name of a file: without sslmode=verify-full it verifies nobody",
        "PostgreSQL 16, Release Notes, libpq",
    ),
    Rule(
        "libpq-root-system-environment",
        "SSL_CERT_FILE and SSL_CERT_DIR say where OpenSSL finds them",
        "OpenSSL, SSL_CTX_set_default_verify_paths",
    ),
    Rule(
        "libpq-root-unusable",
        "the root file is there, and libpq verifies no server by it: where TLS is used, it fails in every sslmode",
        "libpq, fe-secure-openssl.c (initialize_SSL)",
    ),
    Rule(
        "libpq-no-tls",
        "where TLS fails on the client's own side, sslmode=prefer goes on without, unsaid",
        "libpq, fe-connect.c (PQconnectPoll)",
    ),
    Rule(
        "libpq-crl-missing",
        "the file that sslcrl names is missing, and revoked certificates are then taken, without a word",
        "libpq, fe-secure-openssl.c (initialize_SSL)",
    ),
    Rule(
        "libpq-crl-unread",
        "the file of revocation lists is there and holds none in PEM, or a damaged one, or cannot be read: nothing in"
        " it counts, and revoked certificates are taken, without a word",
        "libpq, fe-secure-openssl.c (initialize_SSL)",
    ),
    Rule(
        "libpq-crl-unused",
        "revocation lists count only beside a root file: with none, and with sslrootcert=system, they are not read",
        "libpq, fe-secure-openssl.c (initialize_SSL)",
    ),
    Rule(
        "libpq-crl-wanted",
        "as revocation lists are there, a valid one of every authority in the chain is wanted, of the root too",
        "libpq, fe-secure-openssl.c (initialize_SSL); OpenSSL, X509_V_FLAG_CRL_CHECK_ALL",
    ),
    Rule(
        "libpq-direct",
        "sslnegotiation=direct begins with TLS at once, which servers before PostgreSQL 17 do not take; libpq before"
        " version 17 does not know the parameter, and passes over PGSSLNEGOTIATION",
        f"{_KEYWORDS}, sslnegotiation (since version 17)",
    ),
    Rule(
        "libpq-channel-binding",
        "channel_binding=require logs in only by TLS and only with SCRAM, which proves the server to know the password",
        f"{_KEYWORDS}, channel_binding",
    ),
    Rule("libpq-socket", "through a Unix socket there is no TLS, and sslmode is ignored", f"{_KEYWORDS}, sslmode"),
    Rule(
        "libpq-hostaddr",
        "with hostaddr alone there is no host name to verify, and sslmode=verify-full does not connect",
        f"{_KEYWORDS}, hostaddr",
    ),
    Rule("jdbc-default", "neither sslmode nor ssl is set, and the default is prefer", _JDBC_MODES),
    Rule("jdbc-ssl", "ssl=true without sslmode means verify-full", f"{_JDBC_SSL}, ssl; org.postgresql.jdbc.SslMode"),
    Rule("jdbc-disable", "sslmode=disable never uses TLS", _JDBC_MODES),
    Rule(
        "jdbc-allow",
        "sslmode=allow connects without TLS, and tries TLS only when the server refuses that",
        _JDBC_MODES,
    ),
    Rule(
        "jdbc-prefer",
        "sslmode=prefer uses TLS when the server offers it, goes on without when it does not, and verifies nobody",
        _JDBC_MODES,
    ),
    Rule(
        "jdbc-require",
        "sslmode=require insists on TLS and verifies nobody; unlike libpq it never looks at a root file",
        "pgJDBC, org.postgresql.ssl.LibPQFactory",
    ),
    Rule("jdbc-verify-ca", "sslmode=verify-ca verifies the chain, and takes any host name", _JDBC_MODES),
    Rule("jdbc-verify-full", "sslmode=verify-full verifies the chain and the host name", _JDBC_MODES),
    Rule(
        "jdbc-root-default",
        "the root file is .postgresql/root.crt in the folder user.home unless sslrootcert names another",
        f"{_JDBC_SSL}, sslrootcert",
    ),
    Rule(
        "jdbc-root-missing",
        "the root file is missing, and sslmode=verify-ca and verify-full do not connect without one",
        "pgJDBC, org.postgresql.ssl.LibPQFactory",
    ),
    Rule(
        "jdbc-jvm-store-unused",
        "the trust store of the JVM (javax.net.ssl.trustStore, cacerts) is not used unless sslfactory asks for it",
        "pgJDBC, org.postgresql.ssl.LibPQFactory",
    ),
    Rule(
        "jdbc-java-factory",
        "DefaultJavaSSLFactory verifies the chain against the JVM's trust store wherever TLS is used, whatever sslmode"
        " says, and ignores sslrootcert",
        _JDBC_FACTORY,
    ),
    Rule(
        "jdbc-java-factory-prefer",
        "when that fails there is no going on without TLS, in sslmode=prefer neither",
        "pgJDBC, org.postgresql.core.v3.ConnectionFactoryImpl",
    ),
    Rule(
        "jdbc-nonvalidating",
        "NonValidatingFactory verifies no chain, whatever sslmode says; verify-full then only compares the host name",
        _JDBC_FACTORY,
    ),
    Rule(
        "jdbc-single",
        "SingleCertValidatingFactory trusts the one certificate that sslfactoryarg names, the first of a file, and what"
        " it issued",
        "pgJDBC, org.postgresql.ssl.SingleCertValidatingFactory",
    ),
    Rule(
        "jdbc-root-unusable",
        "the root file is there, and Java reads no certificate from it: sslmode=verify-ca and verify-full then fail",
        "pgJDBC, org.postgresql.ssl.LibPQFactory",
    ),
    Rule(
        "jdbc-java-store-missing",
        "where javax.net.ssl.trustStore names no file that can be read, a JVM takes its own cacerts, without a word",
        "OpenJDK, sun.security.ssl.TrustStoreManager",
    ),
    Rule(
        "jdbc-no-such-class",
        "where the class that sslfactory names cannot be instantiated, no TLS comes about, and the driver does not go"
        " on without; its own classes are in the package org.postgresql.ssl",
        "pgJDBC, org.postgresql.core.SocketFactoryFactory",
    ),
    Rule(
        "jdbc-ignored",
        "parameters that the driver does not know, as misspelt ones, are ignored without a word",
        "pgJDBC, org.postgresql.Driver",
    ),
    Rule("jdbc-socket-factory", "what a socketFactory does on the way only its author knows", f"{_JDBC_SSL}"),
    Rule("jdbc-custom-factory", "what another sslfactory verifies only its author knows", _JDBC_FACTORY),
    Rule("jdbc-custom-verifier", "what another sslhostnameverifier verifies only its author knows", _JDBC_SSL),
)
RULES: Final = {rule.code: rule for rule in _ALL}

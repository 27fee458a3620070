"""Settings that name trust stores and key stores: what they are called, and by which programs they are read. Data.

The reader is the name under which `truststore_tool.readers` judges, None where nobody does or the release is not known.
"""

import re
from typing import Final, NamedTuple


class Program(NamedTuple):
    """A program as reports name it, and the reader that judges for it."""

    name: str
    reader: str | None = None


JAVA: Final = Program("Java")
SPRING: Final = Program("Spring Boot")
KAFKA: Final = Program("Kafka")
TOMCAT: Final = Program("Tomcat")
LOG4J: Final = Program("Log4j")
_NGINX: Final = Program("nginx", "openssl3")
_APACHE: Final = Program("Apache httpd", "openssl3")
_POSTGRES: Final = Program("PostgreSQL", "openssl3")
_POSTFIX: Final = Program("Postfix", "openssl3")
_LDAP: Final = Program("OpenLDAP")
_REDIS: Final = Program("Redis", "openssl3")
_ETCD: Final = Program("etcd", "go")
_MYSQL: Final = Program("MySQL", "openssl3")
_PGBOUNCER: Final = Program("PgBouncer", "openssl3")
_OPENSSL: Final = Program("OpenSSL", "openssl3")
_PHP: Final = Program("PHP", "openssl3")
_CURL: Final = Program("curl", "openssl3")
_ELASTIC: Final = Program("Elastic")
_LIBRDKAFKA: Final = Program("Kafka (librdkafka)", "openssl3")
LIBPQ: Final = Program("libpq", "libpq")

# Variables of the environment.
VARIABLES: Final[dict[str, Program]] = {
    "SSL_CERT_FILE": Program("OpenSSL, Go and others", "openssl3"),
    "SSL_CERT_DIR": Program("OpenSSL, Go and others", "openssl3"),
    "REQUESTS_CA_BUNDLE": Program("Python (requests)", "python3"),
    "CURL_CA_BUNDLE": Program("curl, Python (requests)", "openssl3"),
    "NODE_EXTRA_CA_CERTS": Program("Node.js", "node20"),
    "PGSSLROOTCERT": LIBPQ,
    "PIP_CERT": Program("pip", "python3"),
    "AWS_CA_BUNDLE": Program("AWS CLI and SDKs"),
    "GIT_SSL_CAINFO": Program("git"),
    "HTTPLIB2_CA_CERTS": Program("Python (httplib2)", "python3"),
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": Program("gRPC"),
    "PERL_LWP_SSL_CA_FILE": Program("Perl (LWP)", "openssl3"),
    "CARGO_HTTP_CAINFO": Program("cargo"),
    "DENO_CERT": Program("Deno"),
    "NIX_SSL_CERT_FILE": Program("Nix"),
    "VAULT_CACERT": Program("Vault", "go"),
    "CONSUL_CACERT": Program("Consul", "go"),
    "ETCD_TRUSTED_CA_FILE": _ETCD,
    "ETCDCTL_CACERT": _ETCD,
    "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE": Program("gcloud", "python3"),
}

# Settings of files, in lower case; the last of the names that lead to them.
NAMED: Final[dict[str, Program]] = {
    **dict.fromkeys(
        (
            "ssl_trusted_certificate",
            "ssl_client_certificate",
            "ssl_certificate",
            "proxy_ssl_trusted_certificate",
            "proxy_ssl_certificate",
            "grpc_ssl_trusted_certificate",
            "uwsgi_ssl_trusted_certificate",
        ),
        _NGINX,
    ),
    **dict.fromkeys(
        (
            "sslcacertificatefile",
            "sslcacertificatepath",
            "sslcertificatechainfile",
            "sslcertificatefile",
            "sslproxycacertificatefile",
            "sslproxycacertificatepath",
        ),
        _APACHE,
    ),
    "sslrootcert": LIBPQ,
    "ssl_ca_file": _POSTGRES,
    "ssl_cert_file": _POSTGRES,
    "server_tls_ca_file": _PGBOUNCER,
    "client_tls_ca_file": _PGBOUNCER,
    "ssl-ca": _MYSQL,
    "ssl_ca": _MYSQL,
    "smtp_tls_cafile": _POSTFIX,
    "smtpd_tls_cafile": _POSTFIX,
    "smtp_tls_capath": _POSTFIX,
    "smtpd_tls_capath": _POSTFIX,
    "tls_cacert": _LDAP,
    "tls_cacertdir": _LDAP,
    "olctlscacertificatefile": _LDAP,
    "tlscacertificatefile": _LDAP,
    "ldap_tls_cacert": Program("SSSD"),
    "tls-ca-cert-file": _REDIS,
    "tls-ca-cert-dir": _REDIS,
    "trusted-ca-file": _ETCD,
    "peer-trusted-ca-file": _ETCD,
    "sslcainfo": Program("git"),
    "openssl.cafile": _PHP,
    "openssl.capath": _PHP,
    "curl.cainfo": _PHP,
    "ssl.ca.location": _LIBRDKAFKA,
    "certificate_authorities": _ELASTIC,
    "certificate-authority": Program("kubectl", "go"),
}
# Settings that many programs have: who reads them is whoever reads the file.
SHARED: Final = frozenset({"ca_file", "cafile", "ca_certs", "capath", "ca_path", "cacert", "ca_certificate", "ca-file"})

# Settings of Java's programs, as whoever relaxes their spelling has them (Spring's relaxed binding): without "-_." and
# in lower case. PEM's are certificates, not stores.
JAVA_STORE: Final = re.compile(
    r".*(?:trust|key)store(?:location|path|file|filename|url|resource|jkspath|p12path)?|.*truststorecertificates?"
    r"|.*ssltrustcertificates?|.*truststorepemcerts|.*cacertificatefile|.*cacertificatepath"
)
RELAXED: Final = re.compile(r"[-_.]")
# Kafka's own names, also behind a prefix (listener.name.internal., KAFKA_ of an environment).
KAFKA_STORE: Final = re.compile(r"(?:.*[._])?ssl[._](?:trust|key)store[._](?:location|filename)", re.IGNORECASE)

# Options on command lines, wherever one is written.
SYSTEM_PROPERTY: Final = re.compile(r"""-D(javax\.net\.ssl\.(?:trustStore|keyStore))=("[^"]*"|'[^']*'|[^\s"',\]]+)""")
# With one hyphen before them or two.
OPTIONS: Final[dict[str, Program]] = {
    "cacert": _CURL,
    "ca-certificate": Program("wget"),
    "CAfile": _OPENSSL,
    "CApath": _OPENSSL,
    "ca-bundle": Program("AWS CLI"),
    "tlsCAFile": Program("MongoDB", "openssl3"),
    "ssl-ca": _MYSQL,
    "client-ca-file": Program("Kubernetes", "go"),
    "root-ca-file": Program("Kubernetes", "go"),
    "etcd-cafile": Program("Kubernetes", "go"),
    "trusted-ca-file": _ETCD,
    "peer-trusted-ca-file": _ETCD,
}
OPTION: Final = re.compile(
    rf"(?<![\w-])--?({'|'.join(OPTIONS)})[=\s]{{1,4}}"
    r"(\"[^\"]*\"|'[^']*'|[^\s\"',;|&\]-][^\s\"',;|&\]]*)"
)
VARIABLE: Final = re.compile(rf"(?<![\w$-])({'|'.join(VARIABLES)})=(\"[^\"]*\"|'[^']*'|[^\s\"',;|&\]]+)")
# In connection strings: of libpq's keywords, of a URL, of JDBC's URL.
DSN: Final = re.compile(r"(?<![\w-])sslrootcert=('[^']*'|[^\s\"'&,;<>\]]+)")
HAPROXY: Final = re.compile(r"\s(ca-file|ca-verify-file|crt)\s+(\S+)")

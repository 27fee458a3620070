"""What names stores inside of values: options, variables, connection strings and URLs. Data."""

import re
from typing import Final

from truststore_tool.inventory import known_programs as by
from truststore_tool.inventory.known_programs import Program
from truststore_tool.inventory.known_settings import VARIABLES

# Options on command lines, wherever one is written.
SYSTEM_PROPERTY: Final = re.compile(
    r"-D((?:[\w\-]{1,40}\.){0,9}(?:trust|key)Store(?:\.location|\.path|\.file|Location|Path|File)?)="
    r"""("[^"]*"|'[^']*'|[^\s"',\]]+)"""
)
# With one hyphen before them or two.
OPTIONS: Final[dict[str, Program]] = {
    "cacert": by.CURL,
    "ca-certificate": Program("wget"),
    "ca-directory": Program("wget"),
    "CAfile": by.OPENSSL,
    "CApath": by.OPENSSL,
    "ca-bundle": Program("AWS CLI"),
    "ca-cert": Program("rclone, Vault and others", "go"),
    "tlscacert": Program("Docker", "go"),
    "ca-file": Program("Helm, Consul and others", "go"),
    "tlsCAFile": by.MONGODB,
    "sslCAFile": by.MONGODB,
    "ssl-ca": by.MYSQL,
    **dict.fromkeys(
        (
            *("client-ca-file", "root-ca-file", "etcd-cafile", "oidc-ca-file", "requestheader-client-ca-file"),
            *("kubelet-certificate-authority", "certificate-authority", "cluster-signing-cert-file", "tls-ca-file"),
        ),
        by.KUBERNETES,
    ),
    "trusted-ca-file": by.ETCD,
    "peer-trusted-ca-file": by.ETCD,
}
OPTION: Final = re.compile(
    rf"(?<![\w-])--?({'|'.join(OPTIONS)})[=\s]{{1,4}}"
    r"(\"[^\"]*\"|'[^']*'|[^\s\"',;|&\]-][^\s\"',;|&\]]*)"
)
VARIABLE: Final = re.compile(rf"(?<![\w$-])({'|'.join(VARIABLES)})=(\"[^\"]*\"|'[^']*'|[^\s\"',;|&\]]+)")
# In connection strings: of libpq's keywords, of a URL, of JDBC's URL.
DSN: Final = re.compile(r"(?<![\w-])sslrootcert=('[^']*'|[^\s\"'&,;<>\]]+)")
# Of the URLs of JDBC's drivers, of ActiveMQ and of MongoDB: behind the sign between two of their properties.
OF_URLS: Final = re.compile(
    r"[?&;:,(]((?:[A-Za-z]{1,30}\.){0,4}[A-Za-z]{0,30}(?:trust|key)store(?:url|path|location|file)?"
    r"|serversslcert|tlscafile|sslcertificateauthorityfile)=([^\s\"'&,;<>)\]]+)",
    re.IGNORECASE,
)
# What else names a store in a line, by what is in each such line: the setting, the path, and the program; None for that
# of the file.
IN_LINES: Final[tuple[tuple[str, re.Pattern[str], Program | None], ...]] = (
    ("cacertfile", re.compile(r"\{\s{0,9}(cacertfile)\s{0,9},\s{0,9}\"([^\"]+)\""), by.RABBITMQ),  # Erlang's terms
    ("ca-", re.compile(r"(?<![\w-])(ca-file|ca-dir)\(\s{0,9}\"([^\"]+)\""), Program("syslog-ng", "openssl3")),
    ("cafile=", re.compile(r"(?<![\w-])((?:tls-)?cafile)=([^\s\"',;]+)"), None),  # Squid
    ("sslCAInfo=", re.compile(r"(?<![\w-])(http\.sslCAInfo)=([^\s\"',;]+)"), by.GIT),
    ("ca file", re.compile(r"^(ca file)\s{0,9}=\s{0,9}(\S+)"), Program("FreeTDS")),
    ("tls cafile", re.compile(r"^(tls cafile)\s{0,9}=\s{0,9}(\S+)"), Program("Samba")),
    (
        "Certificate File",
        re.compile(r"^(TLS CA Certificate File)\s{0,9}=\s{0,9}\"?([^\s\";]+)"),
        Program("Bareos, Bacula", "openssl3"),
    ),
)
# HAProxy's, in its own files.
HAPROXY: Final = re.compile(r"\s(ca-file|ca-verify-file|crt)\s+(\S+)")
# What may be the URL of a database or a broker.
IS_URL: Final = re.compile(r"\b(?:jdbc|mongodb(?:\+srv)?|tcp|ssl|nio\+ssl|failover|amqps?|sqlserver|redis[s]?):")

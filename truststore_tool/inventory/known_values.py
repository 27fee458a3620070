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
    "ca-cert": by.RCLONE,
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
HAPROXY: Final = re.compile(r"\s(ca-file|ca-verify-file|crt)\s+(\S+)")
# Erlang's terms.
ERLANG: Final = re.compile(r"\{\s{0,9}(cacertfile)\s{0,9},\s{0,9}\"([^\"]+)\"")
# What may be the URL of a database or a broker.
IS_URL: Final = re.compile(r"\b(?:jdbc|mongodb(?:\+srv)?|tcp|ssl|nio\+ssl|failover|amqps?|sqlserver|redis[s]?):")

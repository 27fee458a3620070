"""Settings that name trust stores and key stores: what they are called, and by which programs they are read. Data."""

import re
from typing import Final

from truststore_tool.inventory import known_programs as by
from truststore_tool.inventory.known_programs import Program

# Variables of the environment.
VARIABLES: Final[dict[str, Program]] = {
    "SSL_CERT_FILE": Program("OpenSSL, Go and others", "openssl3"),
    "SSL_CERT_DIR": Program("OpenSSL, Go and others", "openssl3"),
    "REQUESTS_CA_BUNDLE": Program("Python (requests)", "python3"),
    "CURL_CA_BUNDLE": Program("curl, Python (requests)", "openssl3"),
    "NODE_EXTRA_CA_CERTS": by.NODE,
    "NPM_CONFIG_CAFILE": Program("npm", "node20"),
    "npm_config_cafile": Program("npm", "node20"),
    "YARN_HTTPS_CA_FILE_PATH": by.YARN,
    "PGSSLROOTCERT": by.LIBPQ,
    "PIP_CERT": by.PIP,
    "CONDA_SSL_VERIFY": by.CONDA,
    "AWS_CA_BUNDLE": Program("AWS CLI and SDKs"),
    "GIT_SSL_CAINFO": by.GIT,
    "GIT_SSL_CAPATH": by.GIT,
    "GIT_PROXY_SSL_CAINFO": by.GIT,
    "HTTPLIB2_CA_CERTS": Program("Python (httplib2)", "python3"),
    "WEBSOCKET_CLIENT_CA_BUNDLE": Program("Python (websocket-client)", "python3"),
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": Program("gRPC"),
    "PERL_LWP_SSL_CA_FILE": Program("Perl (LWP)", "openssl3"),
    "PERL_LWP_SSL_CA_PATH": Program("Perl (LWP)", "openssl3"),
    "CARGO_HTTP_CAINFO": Program("cargo"),
    "DENO_CERT": Program("Deno"),
    "NIX_SSL_CERT_FILE": Program("Nix"),
    "JULIA_SSL_CA_ROOTS_PATH": Program("Julia"),
    "HEX_CACERTS_PATH": Program("Hex (Elixir)"),
    "COMPOSER_CAFILE": by.PHP,
    "BUNDLE_SSL_CA_CERT": by.BUNDLER,
    "MYSQL_ATTR_SSL_CA": by.PHP,
    "OS_CACERT": Program("OpenStack", "python3"),
    "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE": Program("gcloud", "python3"),
    "RCLONE_CA_CERT": by.RCLONE,
    "VAULT_CACERT": by.VAULT,
    "VAULT_CAPATH": by.VAULT,
    "CONSUL_CACERT": by.CONSUL,
    "CONSUL_CAPATH": by.CONSUL,
    "NOMAD_CACERT": by.NOMAD,
    "NOMAD_CAPATH": by.NOMAD,
    "HELM_KUBECAFILE": Program("Helm", "go"),
    "ETCD_TRUSTED_CA_FILE": by.ETCD,
    "ETCD_PEER_TRUSTED_CA_FILE": by.ETCD,
    "ETCDCTL_CACERT": by.ETCD,
}

# Settings of files, in lower case: the last of the names that lead to them, the last two, or all.
NAMED: Final[dict[str, Program]] = {
    **dict.fromkeys(
        (
            *("ssl_trusted_certificate", "ssl_client_certificate", "ssl_certificate"),
            *("proxy_ssl_trusted_certificate", "proxy_ssl_certificate"),
            *("grpc_ssl_trusted_certificate", "uwsgi_ssl_trusted_certificate"),
        ),
        by.NGINX,
    ),
    **dict.fromkeys(
        (
            *("sslcacertificatefile", "sslcacertificatepath", "sslcertificatechainfile", "sslcertificatefile"),
            *("sslproxycacertificatefile", "sslproxycacertificatepath"),
        ),
        by.APACHE,
    ),
    "sslrootcert": by.LIBPQ,
    "ssl_ca_file": by.POSTGRES,
    "ssl_cert_file": by.POSTGRES,
    **dict.fromkeys(("server_tls_ca_file", "client_tls_ca_file"), by.PGBOUNCER),
    **dict.fromkeys(("ssl-ca", "ssl_ca", "ssl-capath", "ssl_capath"), by.MYSQL),
    "sslca": Program("MySQL (ODBC and others)", "openssl3"),
    **dict.fromkeys(
        (
            *("smtp_tls_cafile", "smtpd_tls_cafile", "lmtp_tls_cafile", "tlsproxy_tls_cafile"),
            *("smtp_tls_capath", "smtpd_tls_capath", "lmtp_tls_capath", "tlsproxy_tls_capath"),
        ),
        by.POSTFIX,
    ),
    **dict.fromkeys(("ssl_client_ca_file", "ssl_client_ca_dir", "ssl_server_ca_file"), by.DOVECOT),
    "tls_verify_certificates": Program("Exim"),
    "tls_trust_file": Program("msmtp"),
    "sslcacertfile": Program("OfflineIMAP", "python3"),
    **dict.fromkeys(
        (
            *("tls_cacert", "tls_cacertdir", "tls_cacertfile", "olctlscacertificatefile", "olctlscacertificatepath"),
            *("tlscacertificatefile", "tlscacertificatepath"),
        ),
        by.LDAP,
    ),
    **dict.fromkeys(("ldap_tls_cacert", "ldap_tls_cacertdir"), Program("SSSD")),
    **dict.fromkeys(("tls-ca-cert-file", "tls-ca-cert-dir"), by.REDIS),
    **dict.fromkeys(("trusted-ca-file", "peer-trusted-ca-file"), by.ETCD),
    **dict.fromkeys(("sslcainfo", "sslcapath"), by.GIT),
    **dict.fromkeys(("openssl.cafile", "openssl.capath", "curl.cainfo"), by.PHP),
    "ssl.ca.location": by.LIBRDKAFKA,
    **dict.fromkeys(("certificate_authorities", "ssl_certificate_authorities"), by.ELASTIC),
    **dict.fromkeys(("pemtrustedcas_filepath", "truststore_filepath", "keystore_filepath"), by.OPENSEARCH),
    "certificate-authority": Program("kubectl", "go"),
    "clientcafile": by.KUBERNETES,
    **dict.fromkeys(("httpscafilepath", "https-ca-file-path"), by.YARN),
    "ca_certificates_file": Program("boto", "python3"),
    "custom_ca_certs_file": Program("gcloud", "python3"),
    "bundle_ssl_ca_cert": by.BUNDLER,
    "trusted_ca.filename": by.ENVOY,
    **dict.fromkeys(("trusted_ca_cert_file", "tls_trusted_ca_certs"), by.CADDY),
    "clustercafile": by.MONGODB,
    "bridge_cafile": by.MOSQUITTO,
    "leader_ca_cert_file": by.VAULT,
    "tlscafile": by.ZABBIX,
    "sslcacert": Program("dnf, yum"),
    "caconfig": Program("ClickHouse"),
    "tlscacert": Program("Docker", "go"),
    "tls-ca-file": Program("GitLab Runner", "go"),
    "defaultnetstreamdrivercafile": Program("rsyslog"),
    "trustedcertificatefile": Program("systemd-journal-remote"),
    **dict.fromkeys(("ssl.client.truststore.location", "ssl.server.truststore.location"), by.HADOOP),
    **dict.fromkeys(("nifi.security.truststore", "nifi.security.keystore"), by.NIFI),
    **dict.fromkeys(("solr_ssl_trust_store", "solr_ssl_key_store", "solr_ssl_client_trust_store"), by.SOLR),
    **dict.fromkeys(
        (
            *("customtrustkeystorefilename", "customidentitykeystorefilename"),
            *("custom-trust-key-store-file-name", "custom-identity-key-store-file-name"),
        ),
        by.WEBLOGIC,
    ),
    **dict.fromkeys(("jetty.sslcontext.truststorepath", "jetty.sslcontext.keystorepath"), by.JETTY),
}
# Settings that many programs have, and that may be no paths: who reads them is whoever reads the file.
SHARED: Final = frozenset(
    {
        *("ca_file", "cafile", "ca_certs", "capath", "ca_path", "cacert", "ca_cert", "ca_certificate", "ca-file"),
        *("ca-certificate", "ca-cert", "ca_cert_file", "ca_cert_path", "cacert_file", "tls_ca_file", "tls_ca_path"),
        *("ssl_ca_certificates_file", "ca-cert-file", "client_ca_file", "tls_client_ca_file", "tls_ca", "ssl_ca_cert"),
        *("ca_bundle", "cacertfile", "rootcas", "cafiles", "cacertificates", "certificate_authority"),
        *("certificateauthorities", "ssl_ca_cert_dir", "cainfo"),
    }
)

# Files by the end of their path, who reads them, and what is a setting only there.
OF_FILES: Final[tuple[tuple[re.Pattern[str], Program, frozenset[str]], ...]] = tuple(
    (re.compile(rf"(?:.*/)?(?:{pattern})"), program, frozenset(names))
    for pattern, program, *names in (
        (r"(?:application|bootstrap)(?:-[^/]*)?\.(?:properties|ya?ml)", by.SPRING),
        (r"(?:server|consumer|producer|connect-[a-z]+|kafka[^/]*)\.properties", by.KAFKA),
        (r"elasticsearch\.yml|kibana\.yml|logstash\.yml|[a-z]+beat[^/]*\.yml", by.ELASTIC),
        (r"logstash[^/]*/.+\.conf", by.ELASTIC),
        (r"cassandra\.yaml", Program("Cassandra")),
        (r"scylla\.yaml", Program("Scylla")),
        (r"[^/]*haproxy[^/]*", by.HAPROXY),
        (r"zoo[^/]*\.cfg", by.ZOOKEEPER),
        (r"(?:server|context|tomcat[^/]*)\.xml", by.TOMCAT, "keystore.location"),
        (r"(?:standalone|domain|host)[^/]*\.xml", by.WILDFLY, "file.path"),
        (r"activemq[^/]*\.xml|broker\.xml", Program("ActiveMQ")),
        (r"log4j[^/]*\.(?:xml|properties|ya?ml|json)", by.LOG4J),
        (r"\.?curlrc", by.CURL),
        (r"\.?wgetrc", Program("wget")),
        (r"\.?npmrc", Program("npm", "node20")),
        (r"\.yarnrc(?:\.yml)?", by.YARN),
        (r"pip\.(?:conf|ini)", by.PIP, "cert"),
        (r"\.?condarc", by.CONDA, "ssl_verify"),
        (r"certs\.d/[^/]+/hosts\.toml", by.CONTAINERD, "ca"),
        (r"buildkitd\.toml", Program("BuildKit", "go"), "ca"),
        (r"prometheus[^/]*\.ya?ml", Program("Prometheus", "go")),
        (r"mongo[^/]*\.conf", by.MONGODB),
        (r"(?:openvpn/.*|[^/]*openvpn[^/]*)\.conf|[^/]*\.ovpn", by.OPENVPN, "ca", "extra-certs"),
        (r"stunnel[^/]*/[^/]+\.conf|stunnel[^/]*\.conf", Program("stunnel", "openssl3")),
        (r"dovecot[^/]*/.*\.conf|dovecot[^/]*\.conf", by.DOVECOT, "ssl_ca"),
        (r"mosquitto[^/]*/.*\.conf|mosquitto\.conf", by.MOSQUITTO),
        (r"vault[^/]*/[^/]+\.(?:hcl|json)|vault[^/]*\.(?:hcl|json)", by.VAULT),
        (r"consul[^/]*/[^/]+\.(?:hcl|json)|consul[^/]*\.(?:hcl|json)", by.CONSUL),
        (r"nomad[^/]*/[^/]+\.(?:hcl|json)|nomad[^/]*\.(?:hcl|json)", by.NOMAD),
        (r"fluent[^/]*/.*\.(?:conf|ya?ml)|(?:fluent|td-agent)[^/]*\.(?:conf|ya?ml)", Program("Fluentd, Fluent Bit")),
        (r"traefik[^/]*\.(?:ya?ml|toml)", by.TRAEFIK, "tls.ca"),
        (r"rabbitmq[^/]*\.conf(?:ig)?", by.RABBITMQ),
        (r"wpa_supplicant[^/]*\.conf", Program("wpa_supplicant")),
        (r"NetworkManager/.+|[^/]+\.nmconnection", Program("NetworkManager")),
        (r"nats[^/]*\.conf", Program("NATS", "go")),
        (r"emqx[^/]*\.(?:conf|hocon)", Program("EMQX")),
        (r"pgpool[^/]*\.conf", Program("Pgpool-II", "openssl3")),
        (r"telegraf[^/]*/.*\.conf|telegraf\.conf", Program("Telegraf", "go")),
        (r"otel[^/]*\.ya?ml", Program("OpenTelemetry Collector", "go")),
        (r"apt/apt\.conf(?:\.d/.+)?", Program("apt")),
        (r"squid[^/]*\.conf|squid/.+\.conf", Program("Squid", "openssl3")),
        (r"\.aws/config", Program("AWS CLI and SDKs")),
        (r"(?:open)?stack/clouds\.ya?ml|clouds\.ya?ml", Program("OpenStack", "python3")),
        (r"helm/repositories\.yaml", Program("Helm", "go")),
    )
)

# Settings of Java's programs, as whoever relaxes their spelling has them (Spring's relaxed binding): without "-_." and
# in lower case. PEM's are certificates, not stores.
JAVA_STORE: Final = re.compile(
    r".*(?:trust|key)store(?:location|path|paths|file|filename|filepath|url|resource|jkspath|p12path)?"
    r"|.*truststorecertificates?|.*ssltrustcertificates?|.*truststorepemcerts|.*truststorefilefile"
    r"|.*cacertificatefile|.*cacertificatepath"
)
RELAXED: Final = re.compile(r"[-_.]")
# Kafka's own names, also behind a prefix (listener.name.internal., KAFKA_ of an environment).
KAFKA_STORE: Final = re.compile(r"(?:.*[._])?ssl[._](?:trust|key)store[._](?:location|filename)", re.IGNORECASE)

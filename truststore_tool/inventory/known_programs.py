"""Programs that read stores, as reports name them. Data.

The reader is the name under which `truststore_tool.readers` judges, None where nobody does or the release is not known.
"""

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
NGINX: Final = Program("nginx", "openssl3")
APACHE: Final = Program("Apache httpd", "openssl3")
POSTGRES: Final = Program("PostgreSQL", "openssl3")
POSTFIX: Final = Program("Postfix", "openssl3")
LDAP: Final = Program("OpenLDAP")
REDIS: Final = Program("Redis", "openssl3")
ETCD: Final = Program("etcd", "go")
MYSQL: Final = Program("MySQL", "openssl3")
PGBOUNCER: Final = Program("PgBouncer", "openssl3")
OPENSSL: Final = Program("OpenSSL", "openssl3")
PHP: Final = Program("PHP", "openssl3")
CURL: Final = Program("curl", "openssl3")
ELASTIC: Final = Program("Elastic")
LIBRDKAFKA: Final = Program("Kafka (librdkafka)", "openssl3")
PIP: Final = Program("pip", "python3")
GIT: Final = Program("git")
CONDA: Final = Program("conda", "python3")
YARN: Final = Program("Yarn", "node20")
NODE: Final = Program("Node.js", "node20")
KUBERNETES: Final = Program("Kubernetes", "go")
VAULT: Final = Program("Vault", "go")
CONSUL: Final = Program("Consul", "go")
NOMAD: Final = Program("Nomad", "go")
ENVOY: Final = Program("Envoy")
TRAEFIK: Final = Program("Traefik", "go")
RABBITMQ: Final = Program("RabbitMQ")
MONGODB: Final = Program("MongoDB", "openssl3")
MOSQUITTO: Final = Program("Mosquitto", "openssl3")
HADOOP: Final = Program("Hadoop")
NIFI: Final = Program("NiFi")
SOLR: Final = Program("Solr")
WEBLOGIC: Final = Program("WebLogic")
JETTY: Final = Program("Jetty")
OPENSEARCH: Final = Program("OpenSearch")
DOVECOT: Final = Program("Dovecot", "openssl3")
OPENVPN: Final = Program("OpenVPN", "openssl3")
CONTAINERD: Final = Program("containerd", "go")
RCLONE: Final = Program("rclone", "go")
BUNDLER: Final = Program("Bundler", "openssl3")
CADDY: Final = Program("Caddy", "go")
ZABBIX: Final = Program("Zabbix")
ZOOKEEPER: Final = Program("ZooKeeper")
HAPROXY: Final = Program("HAProxy", "openssl3")
LIBERTY: Final = Program("Liberty")
WILDFLY: Final = Program("WildFly")
LIBPQ: Final = Program("libpq", "libpq")

"""Settings of many programs, each as its manual writes it, and the store that it then opens; and what is none."""

from typing import Final

import pytest

from truststore_tool.inventory import because
from truststore_tool.inventory.configuration import mentions
from truststore_tool.inventory.known_places import by_place
from truststore_tool.inventory.nouns import Place

X: Final = "/etc/x.pem"
J: Final = "/etc/x.jks"
WILDFLY: Final = "/opt/wildfly/standalone/configuration"
# A file, its text, the program; the store is X or J, whichever stands there.
CASES: Final = [
    ("/etc/pip.conf", f"[global]\ntimeout = 9\ncert = {X}\n", "pip"),
    ("/root/.config/pip/pip.ini", f"[install]\ncert={X}\n", "pip"),
    ("/root/.condarc", f"channels:\n  - defaults\nssl_verify: {X}\n", "conda"),
    ("/etc/environment", f"CONDA_SSL_VERIFY={X}\n", "conda"),
    ("/root/.gitconfig", f'[http "https://git.example"]\n\tsslCAInfo = {X}\n', "git"),
    ("/root/.yarnrc.yml", f'httpsCaFilePath: "{X}"\n', "Yarn"),
    ("/root/.npmrc", f"cafile={X}\n", "npm"),
    ("/root/.gradle/gradle.properties", f"systemProp.javax.net.ssl.trustStore={J}\n", "Java"),
    ("/app/.mvn/jvm.config", f"-Xmx1g -Djavax.net.ssl.trustStore={J}\n", "Java"),
    ("/app/.mvn/maven.config", f"-Djavax.net.ssl.trustStore={J}\n", "Java"),
    ("/etc/containerd/certs.d/reg.example/hosts.toml", f'[host."https://reg.example"]\n  ca = "{X}"\n', "containerd"),
    ("/etc/containerd/certs.d/a/hosts.toml", f'[host."https://a.b"]\n  ca = [\n    "{X}", # one\n  ]\n', "containerd"),
    ("/etc/buildkit/buildkitd.toml", f'[registry."r.example"]\n  ca=["{X}"]\n', "BuildKit"),
    ("/etc/docker/daemon.json", f'{{"tlsverify": true, "tlscacert": "{X}"}}', "Docker"),
    ("/root/.kube/config", f"clusters:\n- cluster:\n    certificate-authority: {X}\n", "kubectl"),
    (
        "/k/apiserver.yaml",
        f"spec:\n  containers:\n  - command:\n    - kube-apiserver\n    - --client-ca-file={X}\n",
        "",
    ),
    ("/k/apiserver.yaml", f"spec:\n- command: [kube-apiserver, --etcd-cafile={X}]\n", "Kubernetes"),
    ("/k/apiserver.yaml", f"- --kubelet-certificate-authority={X}\n", "Kubernetes"),
    ("/var/lib/kubelet/config.yaml", f"authentication:\n  x509:\n    clientCAFile: {X}\n", "Kubernetes"),
    ("/etc/mysql/my.cnf", f"[client]\nssl-ca={X}\n", "MySQL"),
    ("/etc/mysql/my.cnf", f"[mysqld]\nssl_ca = {X}\n", "MySQL"),
    ("/etc/mysql/my.cnf", "[mysqld]\nssl_capath = /etc\n", "MySQL"),
    ("/etc/mongod.conf", f"net:\n  tls:\n    mode: requireTLS\n    CAFile: {X}\n", "MongoDB"),
    ("/app/app.yml", f"uri: mongodb://h/?tls=true&tlsCAFile={X}\n", "MongoDB"),
    ("/etc/redis/redis.conf", f"tls-ca-cert-file {X}\n", "Redis"),
    ("/etc/rabbitmq/rabbitmq.conf", f"ssl_options.cacertfile = {X}\n", "RabbitMQ"),
    ("/etc/rabbitmq/advanced.config", f'[{{rabbit, [{{ssl_options, [{{cacertfile, "{X}"}}]}}]}}].\n', "RabbitMQ"),
    ("/etc/postfix/main.cf", f"smtp_tls_CAfile = {X}\n", "Postfix"),
    ("/etc/dovecot/conf.d/10-ssl.conf", f"ssl = yes\nssl_ca = <{X}\n", "Dovecot"),
    ("/etc/dovecot/dovecot.conf", f"ssl_client_ca_file = {X}\n", "Dovecot"),
    ("/etc/ldap/ldap.conf", f"TLS_CACERT\t{X}\n", "OpenLDAP"),
    ("/etc/vault.d/vault.hcl", f'storage "consul" {{\n  tls_ca_file = "{X}"\n}}\n', "Vault"),
    ("/etc/consul.d/consul.hcl", f'tls {{\n  defaults {{\n    ca_file = "{X}"\n  }}\n}}\n', "Consul"),
    ("/etc/nomad.d/nomad.hcl", f'tls {{\n  ca_file   = "{X}"\n}}\n', "Nomad"),
    ("/etc/fluent/fluentd.conf", f"<match **>\n  @type forward\n  ca_file {X}\n</match>\n", "Fluentd, Fluent Bit"),
    ("/etc/fluent-bit/fluent-bit.conf", f"[OUTPUT]\n    tls.ca_file {X}\n", "Fluentd, Fluent Bit"),
    ("/etc/logstash/conf.d/a.conf", f'output {{ elasticsearch {{\n  cacert => "{X}"\n}} }}\n', "Elastic"),
    ("/etc/logstash/conf.d/a.conf", f'  ssl_certificate_authorities => ["{X}"]\n', "Elastic"),
    ("/etc/filebeat/filebeat.yml", f'output.elasticsearch:\n  ssl.certificate_authorities: ["{X}"]\n', "Elastic"),
    ("/etc/filebeat/filebeat.yml", f"ssl.certificate_authorities:\n  - {X}\n", "Elastic"),
    ("/etc/kibana/kibana.yml", f'elasticsearch.ssl.certificateAuthorities: [ "{X}" ]\n', "Elastic"),
    ("/etc/envoy.yaml", f"validation_context:\n  trusted_ca:\n    filename: {X}\n", "Envoy"),
    ("/etc/envoy.yaml", f"validation_context: {{trusted_ca: {{filename: {X}}}}}\n", "Envoy"),
    ("/etc/envoy.json", f'{{"trusted_ca": {{"filename": "{X}"}}}}', "Envoy"),
    ("/etc/traefik/traefik.yml", f"serversTransport:\n  rootCAs:\n    - {X}\n", "Traefik"),
    ("/etc/traefik/traefik.toml", f'[serversTransport]\n  rootCAs = ["{X}"]\n', "Traefik"),
    ("/etc/traefik/traefik.toml", f'[providers.docker.tls]\n  ca = "{X}"\n', "Traefik"),
    ("/etc/haproxy/haproxy.cfg", f"  server a 10.0.0.1:443 ssl verify required ca-file {X}\n", "HAProxy"),
    ("/etc/stunnel/stunnel.conf", f"[a]\nCAfile = {X}\n", "stunnel"),
    ("/etc/openvpn/client.conf", f"remote vpn.example\nca {X}\n", "OpenVPN"),
    (
        "/opt/wildfly/standalone/configuration/standalone.xml",
        f'<truststore path="{J}" keystore-password="x"/>',
        "WildFly",
    ),
    (f"{WILDFLY}/standalone.xml", f'<key-store name="t"><file path="{J}"/></key-store>', ""),
    ("/opt/wlp/usr/servers/a/server.xml", f'<server><keyStore id="t" location="{J}"/></server>', "Liberty"),
    ("/u01/domain/config/config.xml", f"<custom-trust-key-store-file-name>{J}</custom-trust-key-store-file-name>", ""),
    ("/opt/jetty/start.d/ssl.ini", f"jetty.sslContext.trustStorePath={J}\n", "Jetty"),
    ("/opt/activemq/conf/activemq.xml", f'<sslContext keyStore="a" trustStore="file:{J}"/>', "ActiveMQ"),
    ("/opt/artemis/etc/broker.xml", f"<acceptor>tcp://0:61616?sslEnabled=true;trustStorePath={J}</acceptor>", "Java"),
    ("/etc/cassandra/cassandra.yaml", f"client_encryption_options:\n  truststore: {J}\n", "Cassandra"),
    ("/etc/scylla/scylla.yaml", f"client_encryption_options:\n  truststore: {X}\n", "Scylla"),
    (
        "/etc/hadoop/ssl-client.xml",
        f"<property><name>ssl.client.truststore.location</name><value>{J}</value></property>",
        "Hadoop",
    ),
    ("/opt/nifi/conf/nifi.properties", f"nifi.security.truststore={J}\n", "NiFi"),
    ("/etc/schema-registry/sr.properties", f"kafkastore.ssl.truststore.location={J}\n", "Kafka"),
    ("/etc/default/solr.in.sh", f"SOLR_SSL_TRUST_STORE={J}\n", "Solr"),
    ("/opt/zookeeper/conf/zoo.cfg", f"ssl.trustStore.location={J}\n", "ZooKeeper"),
    ("/opt/zookeeper/conf/zookeeper-env.sh", f'SERVER_JVMFLAGS="-Dzookeeper.ssl.trustStore.location={J}"\n', "Java"),
    ("/opt/opensearch/opensearch.yml", f"plugins.security.ssl.http.pemtrustedcas_filepath: {X}\n", "OpenSearch"),
    ("/opt/keycloak/conf/keycloak.conf", f"truststore-paths={X}\n", "Java"),
    ("/root/.config/rclone.env", f"RCLONE_CA_CERT={X}\n", "rclone"),
    ("/root/.aws/config", f"[default]\nca_bundle = {X}\n", "AWS CLI and SDKs"),
    ("/etc/odbc.ini", f"[db]\nDriver = MySQL\nSSLCA = {X}\n", "MySQL (ODBC and others)"),
    ("/root/.pg_service.conf", f"[a]\nsslrootcert={X}\n", "libpq"),
    ("/app/a.properties", f"url=jdbc:mysql://h/d?trustCertificateKeyStoreUrl=file:{J}&a=b\n", "Java"),
    ("/app/a.properties", f"url=jdbc:sqlserver://h;encrypt=true;trustStore={J};trustStorePassword=x\n", "Java"),
    ("/app/a.properties", f"url=jdbc:trino://h:443/c?SSL=true&SSLTrustStorePath={J}\n", "Java"),
    ("/app/a.properties", f"url=jdbc:mariadb://h/d?useSSL=true&serverSslCert={X}\n", "Java"),
    ("/app/a.properties", f"url=jdbc:db2://h:1/d:sslConnection=true;sslTrustStoreLocation={J};\n", "Java"),
    ("/k/pod.yaml", f"env: [{{name: A, value: b}}, {{name: SSL_CERT_FILE, value: {X}}}]\n", "OpenSSL, Go and others"),
    ("/k/pod.yaml", f'env:\n- {{name: JAVA_TOOL_OPTIONS, value: "-Xmx1g -Djavax.net.ssl.trustStore={J}"}}\n', "Java"),
    ("/k/pod.yaml", f"ca: &ca {X}\nenv:\n- name: SSL_CERT_FILE\n  value: *ca\n", "OpenSSL, Go and others"),
    ("/k/pod.yaml", f"env:\n- name: O\n  value: -Xmx1g\n    -Djavax.net.ssl.trustStore={J}\n    -Da=b\n", "Java"),
    ("/k/pod.yaml", f'env:\n- name: O\n  value: "-Xmx1g\n    -Djavax.net.ssl.trustStore={J}\n    -Da=b"\n', "Java"),
    ("/k/pod.yaml", f"options: {{\n  truststore: '{J}',\n  type: JKS\n}}\n", ""),
    ("/etc/NetworkManager/system-connections/a.nmconnection", f"[802-1x]\nca-cert={X}\n", "NetworkManager"),
    ("/etc/apt/apt.conf.d/99ca", f'Acquire::https::repo.example::CaInfo "{X}";\n', "apt"),
    ("/etc/yum.repos.d/a.repo", f"[a]\nsslcacert={X}\n", "dnf, yum"),
    ("/etc/rsyslog.d/a.conf", f"$DefaultNetstreamDriverCAFile {X}\n", "rsyslog"),
    ("/etc/syslog-ng/syslog-ng.conf", f'destination d {{ network("h" tls(ca-file("{X}"))); }};\n', "syslog-ng"),
    ("/etc/squid/squid.conf", f"tls_outgoing_options cafile={X} min-version=1.2\n", "Squid"),
    ("/etc/freetds/freetds.conf", f"[db]\n\tca file = {X}\n", "FreeTDS"),
    ("/etc/samba/smb.conf", f"[global]\n    tls cafile = {X}\n", "Samba"),
    ("/etc/bareos/bareos-fd.d/client/myself.conf", f"  TLS CA Certificate File = {X}\n", "Bareos, Bacula"),
    ("/opt/a/bin/a.sh", f"git -c http.sslCAInfo={X} clone https://git.example/a\n", "git"),
    ("/etc/default/docker", f'DOCKER_OPTS="--tlsverify --tlscacert={X}"\n', "Docker"),
    ("/etc/wpa_supplicant/wpa_supplicant.conf", f'network={{\n\tca_cert="{X}"\n}}\n', "wpa_supplicant"),
]


@pytest.mark.parametrize(("path", "text", "program"), CASES, ids=[case[0].rsplit("/", 1)[-1] for case in CASES])
def test_settings_of_many_programs(path: str, text: str, program: str) -> None:
    assert because.worth_reading(path)
    found = list(because.mentions(Place((path,)), text.encode()))
    (store,) = {item.store for item in found if item.store in (X, J, "/etc")}
    assert store == (X if X in text else J if J in text else "/etc")
    names = {item.by.name for item in found}
    assert not program or names == {program}, names


PLACES: Final = [
    *("/etc/docker/certs.d/registry.example:5000/ca.crt", "/etc/containers/certs.d/registry.example/ca.crt"),
    *("/root/.config/containers/certs.d/a/ca.crt", "etc/containerd/certs.d/a/ca.pem"),
]


@pytest.mark.parametrize("path", PLACES)
def test_places_of_registries(path: str) -> None:
    assert [by.name for by in by_place(path)] == ["Docker, containerd, Podman"]
    assert not list(by_place(path.replace("certs.d", "certs")))


def test_a_template_is_said_as_such() -> None:
    (found,) = mentions(Place(("/a/b.yml",)), 'ssl_certificate: "{{ folder }}/ca.pem"\n')
    assert (found.store, found.doubt) == ("{{ folder }}/ca.pem", "it is filled in elsewhere")


NONE: Final = [
    ("/etc/pip.conf", "[global]\ncert-info = /etc/x.pem\n[install]\nclient-cert = /etc/me.pem\n"),
    ("/app/app.conf", "cert = /etc/x.pem\nca = /etc/x.pem\n"),
    ("/root/.condarc", "ssl_verify: true\n"),
    ("/root/.condarc", "ssl_verify: False\n"),
    ("/etc/openvpn/client.conf", "ca [inline]\n<ca>\n-----BEGIN CERTIFICATE-----\n</ca>\n"),
    ("/app/a.properties", "url=jdbc:sqlserver://h;trustStorePassword=/etc/x.jks;trustStoreType=JKS\n"),
    ("/app/a.properties", "text=a sentence, trustStore=nothing that is named\n"),
    ("/k/pod.yaml", "env: [{name: SSL_CERT_FILE, valueFrom: {secretKeyRef: {name: a, key: b}}}]\n"),
    ("/k/pod.yaml", "env:\n- name: SSL_CERT_FILE\n  value: *elsewhere\n"),
    ("/k/pod.yaml", "rules: [{apiGroups: [a], resources: [truststores]}]\n"),
    ("/k/pod.yaml", "description: 'it is\n  said that --cacert FILE\n  is an option'\n"),
    ("/app/doc.json", '{"shapes": {"TrustStore": {"documentation": "<p>The truststore that a CA has.</p>"}}}'),
    ("/etc/apt/apt.conf.d/99ca", 'Acquire::https::Verify-Peer "true";\nDir::Etc::trusted "/etc/apt/trusted.gpg";\n'),
    ("/etc/samba/smb.conf", "[global]\n    tls cafile =\n    tls keyfile = /etc/key.pem\n"),
    ("/etc/istio.yaml", "trafficPolicy:\n  tls:\n    caCertificates: system\n"),
    ("/etc/traefik/traefik.yml", "rootCAs:\n  - |\n    -----BEGIN CERTIFICATE-----\n    MIIB\n"),
    ("/etc/logstash/conf.d/a.conf", 'filter { mutate { cacert => "%{field}" } }\n'),
    (f"{WILDFLY}/standalone.xml", '<file relative-to="a" path="server.log"/>'),
]


@pytest.mark.parametrize(("path", "text"), NONE)
def test_what_names_no_store(path: str, text: str) -> None:
    assert [item for item in mentions(Place((path,)), text) if item.doubt is None] == []

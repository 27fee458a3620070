"""Who reads a store: each case is a file as its program's manual writes it, and the stores that it then opens."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.realtools import jdk_homes
from truststore_tool.inventory import because
from truststore_tool.inventory.because import Readers, mentions, worth_reading
from truststore_tool.inventory.nouns import Mention, Place
from truststore_tool.readers import NAMES, named

# A file, its text, and of each store that it names: the place, the program, a part of what it is known by.
CASES: list[tuple[str, str, set[tuple[str, str, str]]]] = [
    (
        "/etc/systemd/system/app.service",
        "[Service]\nWorkingDirectory=/srv/app\nEnvironment=STORES=/srv/stores\n"
        "ExecStart=/usr/bin/java \\\n  -Djavax.net.ssl.trustStore=${STORES}/trust.jks -jar app.jar\n",
        {("/srv/stores/trust.jks", "Java", "-Djavax.net.ssl.trustStore in /etc/systemd/system/app.service, line 4")},
    ),
    (
        "/etc/systemd/system/app.service.d/override.conf",
        '[Service]\nEnvironment="SSL_CERT_FILE=/etc/app/ca.pem" "NODE_EXTRA_CA_CERTS=/etc/app/more.pem"\n'
        "WorkingDirectory=/srv/app\nExecStart=/usr/bin/java -Djavax.net.ssl.keyStore=conf/key.p12\n",
        {
            ("/etc/app/ca.pem", "OpenSSL, Go and others", "SSL_CERT_FILE"),
            ("/etc/app/more.pem", "Node.js", "NODE_EXTRA_CA_CERTS"),
            ("/srv/app/conf/key.p12", "Java", "keyStore"),
        },
    ),
    (
        "/opt/app/bin/start.sh",
        "#!/bin/sh\n# JAVA_OPTS=-Djavax.net.ssl.trustStore=/old.jks\nAPP=/opt/app\n"
        'export JAVA_TOOL_OPTIONS="-Xmx1g -Djavax.net.ssl.trustStore=$APP/trust.p12"\n'
        "curl --cacert /opt/app/api.pem https://api\n",
        {
            ("/opt/app/trust.p12", "Java", "-Djavax.net.ssl.trustStore of JAVA_TOOL_OPTIONS"),
            ("/opt/app/api.pem", "curl", "--cacert"),
        },
    ),
    (
        "/srv/app/config/application.properties",
        "server.ssl.trust-store=file:/srv/app/trust.p12\nserver.ssl.trust-store-type=PKCS12\n"
        "server.ssl.key-store: classpath:key.p12\nspring.ssl.bundle.jks.db.truststore.location=file:/srv/app/db.jks\n"
        "spring.datasource.url=jdbc:postgresql://db/x?sslmode=verify-full&sslrootcert=/srv/app/db.pem\n",
        {
            ("/srv/app/trust.p12", "Spring Boot", "server.ssl.trust-store"),
            ("/srv/app/config/key.p12", "Spring Boot", "server.ssl.key-store"),
            ("/srv/app/db.jks", "Spring Boot", "spring.ssl.bundle.jks.db.truststore.location"),
            ("/srv/app/db.pem", "libpq", "sslrootcert"),
        },
    ),
    (
        "/srv/app/application-prod.yml",
        "server:\n  port: 8443\n  ssl:\n    # a comment\n    trust-store: /srv/app/trust.jks # another\n"
        "    trust-store-password: secret\nspring:\n  ssl:\n    bundle:\n      pem:\n"
        "        web:\n          truststore:\n"
        '            certificate: "file:/srv/app/ca.pem"\n',
        {
            ("/srv/app/trust.jks", "Spring Boot", "server.ssl.trust-store in"),
            ("/srv/app/ca.pem", "Spring Boot", "spring.ssl.bundle.pem.web.truststore.certificate"),
        },
    ),
    (
        "/srv/app/.env",
        'SSL_CERT_FILE=/etc/app/ca.pem # of the team\nexport REQUESTS_CA_BUNDLE="/etc/my ca.pem" # quoted\n'
        "BASE=/opt/app\nNODE_EXTRA_CA_CERTS=${BASE}/n.pem\nPGSSLROOTCERT=/etc/pg.crt psql -c 'select 1'\n",
        {
            ("/etc/app/ca.pem", "OpenSSL, Go and others", "SSL_CERT_FILE"),
            ("/etc/my ca.pem", "Python (requests)", "REQUESTS_CA_BUNDLE"),
            ("/opt/app/n.pem", "Node.js", "NODE_EXTRA_CA_CERTS"),
            ("/etc/pg.crt", "libpq", "PGSSLROOTCERT"),
        },
    ),
    (
        "/opt/app/bin/about.sh",
        'echo "use --cacert option, or --ca-certificate instead"\ncurl --cacert "/opt/app/ca 1.pem" https://x\n',
        {("/opt/app/ca 1.pem", "curl", "--cacert")},
    ),
    (
        "/etc/elasticsearch/elasticsearch.yml",
        "a.ssl.certificate_authorities: [ \"/etc/a.crt\" ]\nb.ssl.certificate_authorities: ['/etc/b.crt']\n"
        "c.ssl.certificate_authorities: [/etc/c.crt, ]\n"
        "xpack.security.transport.ssl.truststore.path: !!str /etc/t.p12\n"
        "other: {certificate_authorities: [/etc/d.crt]}\n"
        "certificate_authorities: *elsewhere\n",
        {
            *((f"/etc/{name}.crt", "Elastic", "certificate_authorities") for name in "abcd"),
            ("/etc/t.p12", "Elastic", "xpack.security.transport.ssl.truststore.path"),
        },
    ),
    (
        "/srv/app/log4j2.properties",
        "appender.s.ssl.truststore.location=/etc/log/t.jks\n",
        {("/etc/log/t.jks", "Log4j", "appender.s.ssl.truststore.location")},
    ),
    (
        "/srv/app/config/bootstrap.properties",
        "server.ssl.trust-store=/srv/with #sign.p12\n",
        {("/srv/with #sign.p12", "Spring Boot", "server.ssl.trust-store")},
    ),
    (
        "/opt/kafka/config/server.properties",
        "listener.name.internal.ssl.truststore.location=/var/private/ssl/server.truststore.jks\n"
        "ssl.keystore.location=/var/private/ssl/server.keystore.jks\nssl.truststore.password=test1234\n",
        {
            ("/var/private/ssl/server.truststore.jks", "Kafka", "listener.name.internal.ssl.truststore.location"),
            ("/var/private/ssl/server.keystore.jks", "Kafka", "ssl.keystore.location"),
        },
    ),
    (
        "/opt/tomcat/conf/server.xml",
        '<Server><!-- <Connector truststoreFile="/commented.jks"/> --><Service><Connector port="8443"\n'
        ' SSLEnabled="true"><SSLHostConfig certificateVerification="required"'
        ' truststoreFile="${catalina.base}/conf/trust.jks"'
        ' caCertificateFile="/etc/ca.pem"><Certificate certificateKeystoreFile="conf/key.jks" type="RSA"/>'
        "</SSLHostConfig></Connector></Service></Server>\n",
        {
            ("/opt/tomcat/conf/trust.jks", "Tomcat", "SSLHostConfig.truststoreFile"),
            ("/etc/ca.pem", "Tomcat", "SSLHostConfig.caCertificateFile"),
            ("/opt/tomcat/conf/key.jks", "Tomcat", "Certificate.certificateKeystoreFile"),
        },
    ),
    (
        "/etc/nginx/nginx.conf",
        "http {\n  server {\n    ssl_client_certificate /etc/nginx/clients.pem; # whom we let in\n"
        "    ssl_verify_client on;\n    location / {\n      proxy_ssl_trusted_certificate upstream.pem;\n    }\n"
        "  }\n}\n",
        {
            ("/etc/nginx/clients.pem", "nginx", "ssl_client_certificate in /etc/nginx/nginx.conf, line 3"),
            ("/etc/nginx/upstream.pem", "nginx", "proxy_ssl_trusted_certificate"),
        },
    ),
    (
        "/etc/nginx/conf.d/short.conf",
        "ssl_client_certificate /etc/nginx/clients.pem; proxy_ssl_trusted_certificate upstream.pem;\n",
        {
            ("/etc/nginx/clients.pem", "nginx", "ssl_client_certificate in /etc/nginx/conf.d/short.conf, line 1"),
            ("/etc/nginx/conf.d/upstream.pem", "nginx", "proxy_ssl_trusted_certificate"),
        },
    ),
    (
        "/etc/apache2/sites-enabled/site.conf",
        'SSLCACertificateFile "/etc/apache2/with blank.pem"\nSSLProxyCACertificateFile /etc/apache2/up.pem\n',
        {
            ("/etc/apache2/with blank.pem", "Apache httpd", "SSLCACertificateFile"),
            ("/etc/apache2/up.pem", "Apache httpd", "SSLProxyCACertificateFile"),
        },
    ),
    (
        "/root/.pg_service.conf",
        "[orders]\nhost=db\nsslmode=verify-full\nsslrootcert=/etc/pg/rds.pem\n",
        {("/etc/pg/rds.pem", "libpq", "sslrootcert")},
    ),
    (
        "/etc/app/app.conf",
        "dsn = host=db sslrootcert='/etc/pg/with blank.pem' user=x\nPGSSLROOTCERT=/etc/pg/env.pem\n",
        {("/etc/pg/with blank.pem", "libpq", "sslrootcert"), ("/etc/pg/env.pem", "libpq", "PGSSLROOTCERT")},
    ),
    (
        "/etc/default/app",
        "REQUESTS_CA_BUNDLE=/etc/app/requests.pem\nCURL_CA_BUNDLE='/etc/app/curl.pem'\nSSL_CERT_DIR=/etc/app/certs\n",
        {
            ("/etc/app/requests.pem", "Python (requests)", "REQUESTS_CA_BUNDLE"),
            ("/etc/app/curl.pem", "curl, Python (requests)", "CURL_CA_BUNDLE"),
            ("/etc/app/certs/one.pem", "OpenSSL, Go and others", "SSL_CERT_DIR"),
        },
    ),
    (
        "/etc/hadoop/ssl-server.xml",
        "<configuration><property>"
        "<name>ssl.server.truststore.location</name>"
        "<value>/etc/hadoop/t.jks</value></property></configuration>",
        {("/etc/hadoop/t.jks", "Hadoop", "ssl.server.truststore.location")},
    ),
    (
        "/etc/elasticsearch/elasticsearch.yml",
        "xpack.security.http.ssl.truststore.path: /etc/elasticsearch/http.p12\n"
        "xpack:\n  security:\n    transport:\n      ssl:\n        certificate_authorities: /etc/elasticsearch/ca.crt\n",
        {
            ("/etc/elasticsearch/http.p12", "Elastic", "truststore.path"),
            ("/etc/elasticsearch/ca.crt", "Elastic", "certificate_authorities"),
        },
    ),
    (
        "/etc/app/settings.json",
        '{"db": {"dsn": "postgresql://h/d?sslrootcert=%2Fetc%2Fapp%2Fdb.pem"},'
        '"Env": ["SSL_CERT_FILE=/etc/app/all.pem"]}',
        {("/etc/app/db.pem", "libpq", "sslrootcert"), ("/etc/app/all.pem", "OpenSSL, Go and others", "SSL_CERT_FILE")},
    ),
]


def reached(found: tuple[Mention, ...], path: str) -> list[tuple[str, str]]:
    return [(by.name, by.because) for by in Readers(found).of(Place((path,)))]


@pytest.mark.parametrize(("path", "text", "expected"), CASES, ids=[case[0].rsplit("/", 1)[-1] for case in CASES])
def test_the_stores_that_a_file_names(path: str, text: str, expected: set[tuple[str, str, str]]) -> None:
    assert worth_reading(path)
    found = mentions(Place((path,)), text.encode())
    for store, name, known_by in expected:
        assert any(name == n and known_by in b for n, b in reached(found, store)), (store, found)
    # No reader but these, and no store but these (a relative path may be meant from two folders).
    assert len({item.by for item in found}) == len(expected), found


def test_in_a_jar_a_class_path_is_that_of_the_jar() -> None:
    config = Place(("/srv/app.jar", "BOOT-INF/classes/application.properties"))
    found = mentions(config, b"server.ssl.trust-store=classpath:tls/trust.p12\nserver.ssl.key-store=/srv/key.p12\n")
    inside = Readers(found).of(Place(("/srv/app.jar", "BOOT-INF/classes/tls/trust.p12")))
    assert [by.name for by in inside] == ["Spring Boot"]
    assert [by.name for by in Readers(found).of(Place(("/srv/key.p12",)))] == ["Spring Boot"]
    assert Readers(found).of(Place(("/srv/tls/trust.p12",))) == ()


def test_an_absolute_path_in_an_image_is_one_of_the_image() -> None:
    one, two = ("sha256:" + digit * 64 for digit in "12")
    found = mentions(Place(("i.tar", f"{one}/etc/default/app"), one), b"SSL_CERT_FILE=/opt/ca.pem\n")
    assert Readers(found).of(Place(("i.tar", f"{two}/opt/ca.pem"), two))
    assert not Readers(found).of(Place(("/opt/ca.pem",)))
    assert not Readers(found).of(Place(("i.tar", f"{two}/opt/ca.pem"), two, deleted=True))


def test_a_configuration_map_of_kubernetes_holds_files() -> None:
    text = (
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  application.yml: |\n    server:\n      ssl:\n"
        "        trust-store: /app/trust.jks\n---\nkind: Deployment\nspec:\n  containers:\n    - name: app\n"
        "      env:\n"
        "        - name: JAVA_TOOL_OPTIONS\n          value: -Djavax.net.ssl.trustStore=/app/other.jks\n"
        "        - name: SSL_CERT_FILE\n          value: /app/ca.pem\n"
    )
    found = {item.store: item for item in mentions(Place(("/k/app.yaml",)), text.encode())}
    assert found.keys() == {"/app/trust.jks", "/app/other.jks", "/app/ca.pem"}
    assert {item.doubt for item in found.values()} == {"it is a path inside a container"}
    assert "of JAVA_TOOL_OPTIONS" in found["/app/other.jks"].by.because


def test_what_cannot_be_resolved_is_said_as_such() -> None:
    text = (
        b"JAVA_OPTS=-Djavax.net.ssl.trustStore=${APP_HOME}/trust.jks\nSSL_CERT_FILE={{ ca }}\nCURL_CA_BUNDLE=~/ca.pem\n"
    )
    found = mentions(Place(("/etc/default/app",)), text)
    assert [item.doubt for item in found] == [
        "APP_HOME is not known here",
        "it is filled in elsewhere",
        "whose home that is, is not known here",
    ]
    said = list(Readers(found).unmet([], lambda _: False))
    assert {item.rule for item in said} == {"store-not-known"}
    assert "${APP_HOME}/trust.jks: APP_HOME is not known here" in said[0].message


def test_words_and_certificates_in_a_setting_are_no_paths() -> None:
    text = (
        "sslrootcert=system\nssl.truststore.certificates=-----BEGIN CERTIFICATE-----MIIB\n"
        "javax.net.ssl.trustStore=NONE\nserver.ssl.trust-store-type=JKS\nkeystore=https://vault/x\n"
    )
    assert mentions(Place(("/etc/app.properties",)), text.encode()) == ()


def test_a_walk_from_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = f"[Service]\nExecStart=java -Djavax.net.ssl.trustStore={tmp_path}/app/trust.jks\n"
    readers = Readers(mentions(Place(("units/a.service",)), text.encode()))
    for name in ("app/trust.jks", "./app/trust.jks", f"../{tmp_path.name}/app/trust.jks"):
        assert [by.name for by in readers.of(Place((name,)))] == ["Java"], name
    assert not readers.of(Place(("units/trust.jks",)))


def test_a_store_that_is_not_there() -> None:
    text = b"[Service]\nExecStart=java -Djavax.net.ssl.trustStore=/gone.jks\nEnvironment=SSL_CERT_FILE=/no.pem\n"
    readers = Readers(mentions(Place(("/etc/systemd/system/a.service",)), text))
    said = list(readers.unmet([], lambda _: False))
    # Java's default trust manager goes on with its own roots, without a word; others fail or trust nothing.
    assert [(item.rule, item.level) for item in said] == [
        ("missing-file-falls-back", "error"),
        ("names-no-file", "error"),
    ]
    assert list(readers.unmet([Place(("/gone.jks",)), Place(("/no.pem",))], lambda _: False)) == []
    assert list(readers.unmet([], lambda _: True)) == []


def test_a_system_below_a_folder_has_paths_of_its_own() -> None:
    text = b"SSL_CERT_FILE=/opt/ca.pem\n"
    readers = Readers(mentions(Place(("/mnt/system/etc/default/app",)), text))
    assert [by.name for by in readers.of(Place(("/mnt/system/opt/ca.pem",)))] == ["OpenSSL, Go and others"]
    assert len(list(readers.unmet([], lambda path: path == "/mnt/system/usr"))) == 1
    # It is no system without /usr, but a folder of somebody's configuration that is used who knows where.
    assert list(readers.unmet([], lambda _: False)) == []
    checkout = Readers(mentions(Place(("src/config/app.properties",)), b"ssl.truststore.location=/app/trust.jks\n"))
    assert list(checkout.unmet([], lambda _: False)) == []


def test_links_are_followed_to_the_store() -> None:
    links: dict[tuple[str, ...], str] = {
        ("/usr/lib/jvm/java-17/lib/security/cacerts",): "/etc/ssl/certs/java/cacerts",
        ("/usr/lib/jvm/default",): "java-17",
        ("/etc/ssl/certs/1234abcd.0",): "Root.pem",
        ("/etc/ssl/certs/Root.pem",): "/usr/share/ca-certificates/mozilla/Root.crt",
        ("/a",): "/b",
        ("/b",): "/a",
    }
    release = mentions(Place(("/usr/lib/jvm/default/release",)), b'JAVA_VERSION="17.0.15"\n')
    readers = Readers(release, links)
    assert [by.name for by in readers.of(Place(("/etc/ssl/certs/java/cacerts",)))] == ["Java 17.0.15"]
    names = [by.name for by in readers.of(Place(("/usr/share/ca-certificates/mozilla/Root.crt",)))]
    assert names == ["update-ca-certificates", "OpenSSL"]


@pytest.mark.parametrize("home", jdk_homes(), ids=lambda home: home.name)
def test_the_jdks_of_this_machine(home: Path) -> None:
    found = mentions(Place((f"{home}/release",)), (home / "release").read_bytes())
    release = re.search(r'JAVA_VERSION="([^"]*)"', (home / "release").read_text())
    assert release
    (by,) = Readers(found).of(Place((f"{home}/lib/security/cacerts",)))
    assert by.name == f"Java {release[1]}"
    assert by.reader is not None
    assert named(by.reader).name == by.reader


def test_certifi_tells_its_release() -> None:
    import certifi

    bundle = Path(certifi.where())
    (folder,) = bundle.parent.parent.glob("certifi-*.dist-info")
    found = mentions(Place((f"{folder}/METADATA",)), (folder / "METADATA").read_bytes())
    (first, *_) = Readers(found).of(Place((str(bundle),)))
    assert first.because.endswith(f"certifi {version('certifi')}")


def test_every_reader_that_is_named_is_one() -> None:
    from truststore_tool.inventory import known_places, known_programs, known_settings, known_values

    tables = [*known_settings.VARIABLES.values(), *known_settings.NAMED.values(), *known_values.OPTIONS.values()]
    tables += [program for _, program, _ in known_settings.OF_FILES]
    tables += [item for item in vars(known_programs).values() if isinstance(item, known_programs.Program)]
    names = {item.reader for item in tables} | {known.by.reader for known in known_places._PLACES}
    assert names - {None} <= set(NAMES)


@pytest.mark.parametrize("name", ["a.yml", "a.xml", "a.json", "haproxy.cfg", "release"])
@pytest.mark.parametrize(
    "unit",
    [
        *(
            "<a b='",
            "<name>",
            "a: |\n ",
            "- ",
            '"',
            "\\",
            "${",
            "${a:-",
            " " * 64,
            "--cacert ",
            "[[",
            '{"a":',
            "cert\\\n",
        ),
        *('-Djavax.net.ssl.trustStore="', "a=", "\t:", "%a", "sslrootcert='", "x" * 50 + " = ", "ssl_ca_file=${"),
    ],
)
def test_a_hostile_file_takes_linear_time(name: str, unit: str) -> None:
    """Long files: none raises, and what is quadratic would take hours."""
    data = (b"truststore cert\n" + unit.encode() * (1 << 18))[: 1 << 18]
    assert len(mentions(Place((f"/x/{name}",)), data)) < 10


def test_no_known_name_is_passed_over_unread() -> None:
    """Most files are done with as none of a few needles is in them: whatever is known must have one."""
    from truststore_tool.inventory import configuration, known_settings, known_values, needles

    names = [*known_settings.VARIABLES, *known_settings.NAMED, *known_settings.SHARED, *known_values.OPTIONS]
    for name in names:
        assert needles.may_name("x", f"{name.removesuffix('.filename')}: ".encode()), name
    for name in known_settings.VARIABLES:
        assert any(part in name for part in configuration._OF_VARIABLES), name
    for name in known_values.OPTIONS:
        assert any(part in f"--{name}" for part in configuration._OF_OPTIONS), name
    for _, program, special in known_settings.OF_FILES:
        assert not special or program.name in SPECIAL, program
    for path in SPECIAL.values():
        assert needles.may_name(path, b""), path


# Programs in whose files words that say little are settings, and such a file.
SPECIAL = {
    "Tomcat": "/a/server.xml",
    "WildFly": "/a/standalone-full.xml",
    "pip": "/etc/pip.conf",
    "conda": "/root/.condarc",
    "containerd": "/etc/containerd/certs.d/x/hosts.toml",
    "BuildKit": "/etc/buildkit/buildkitd.toml",
    "OpenVPN": "/etc/openvpn/client.conf",
    "Dovecot": "/etc/dovecot/conf.d/10-ssl.conf",
    "Traefik": "/etc/traefik/traefik.yml",
}


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("/etc/app/x.conf", ""),
        ("/var/lib/machines/one/etc/app/x.conf", "/var/lib/machines/one"),
        ("/home/me/root/usr/lib/jvm/x.conf", "/home/me/root"),
        ("/home/me/project/x.conf", None),  # it may be meant for a machine where it is brought to
        ("/root/x.conf", None),
        ("/var/tmp/x.conf", None),  # noqa: S108 -- no file is made there
    ],
)
def test_the_root_that_settings_are_of(path: str, root: str | None) -> None:
    assert because._root(path) == root

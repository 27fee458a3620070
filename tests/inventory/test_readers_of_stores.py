"""What the very readers of a store make of it, on trees as they are met; beside real programs."""

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.cli.harness import process
from tests.realtools import Jdk, find, run
from tests.samples import own
from truststore_tool.inventory.located import Located, located


def scanned(path: Path) -> dict[str, Any]:
    done = process("scan", path.name, "--json", cwd=path.parent)
    assert done.code == 0, done.err
    return done.json


def rules(store: dict[str, Any], level: str) -> set[tuple[str, tuple[str, ...]]]:
    return {(item["rule"], tuple(item["readers"])) for item in store["findings"] if item["level"] == level}


def converted(store: Path, *options: str) -> None:
    store.parent.mkdir(parents=True, exist_ok=True)
    done = process("convert", own("old-root.pem"), "--out", store, *options, env={"TRUSTSTORE_PASSWORD": "changeit"})
    assert done.code == 0, done.err


def test_a_jdk_that_is_older_than_its_cacerts(tmp_path: Path) -> None:
    """8u252 knows neither HmacPBESHA256 nor PBES2 (measured); 17.0.15 beside it does."""
    root = tmp_path / "jvm"
    for name, version in (("jdk8", "1.8.0_252"), ("jdk17", "17.0.15")):
        converted(root / name / "lib" / "security" / "cacerts", "--to", "pkcs12", "--profile", "modern")
        (root / name / "release").write_text(f'JAVA_VERSION="{version}"\n')
    stores = {store["paths"][0]: store for store in scanned(root)["stores"]}
    assert len(stores) == 2
    eight, seventeen = (stores[f"jvm/{name}/lib/security/cacerts"] for name in ("jdk8", "jdk17"))
    assert {("mac-too-new", ("java8u252",)), ("pbes2-too-new", ("java8u252",))} <= rules(eight, "error")
    assert rules(seventeen, "error") == set()
    assert [reader["name"] for reader in seventeen["readers"]] == ["Java 17.0.15"]


def test_pem_for_java_and_a_key_store_for_openssl(tmp_path: Path, jdk: Jdk) -> None:
    root = tmp_path / "system"
    (root / "usr").mkdir(parents=True)
    (root / "etc" / "default").mkdir(parents=True)
    converted(root / "opt" / "trust.jks")
    pem = root / "opt" / "ca.pem"
    pem.write_bytes(own("new-root.pem").read_bytes())
    lines = "JAVA_OPTS=-Djavax.net.ssl.trustStore=/opt/ca.pem\nSSL_CERT_FILE=/opt/trust.jks\n"
    (root / "etc" / "default" / "app").write_text(lines)
    stores = {store["paths"][0]: store for store in scanned(root)["stores"]}
    assert ("cannot-open", ("java",)) in rules(stores["system/opt/ca.pem"], "error")
    assert ("cannot-open", ("openssl3",)) in rules(stores["system/opt/trust.jks"], "error")
    said = run(jdk.home / "bin" / "keytool", "-list", "-keystore", pem, "-storepass", "changeit", check=False)
    assert b"rror" in said
    openssl = (find("openssl"), "verify", "-no-CApath", "-no-CAstore", "-CAfile")
    assert b"OK" in run(*openssl, pem, pem, check=False)
    assert b"OK" not in run(*openssl, root / "opt" / "trust.jks", pem, check=False)


def docker_image(path: Path, files: dict[str, bytes], config: dict[str, Any]) -> None:
    """What docker save writes (moby, image/spec/v1.2): one layer, a manifest, a configuration."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    digest = f"sha256:{hashlib.sha256(layer.getvalue()).hexdigest()}"
    body = json.dumps({"config": config, "rootfs": {"type": "layers", "diff_ids": [digest]}}).encode()
    called = f"{hashlib.sha256(body).hexdigest()}.json"
    manifest = json.dumps([{"Config": called, "RepoTags": ["app:1"], "Layers": ["a/layer.tar"]}]).encode()
    with tarfile.open(path, "w") as tar:
        for name, data in {"a/layer.tar": layer.getvalue(), called: body, "manifest.json": manifest}.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


@pytest.mark.parametrize(
    ("config", "reader"),
    [
        ({"Env": ["PATH=/bin", "SSL_CERT_FILE=/opt/ca.pem"]}, "OpenSSL, Go and others"),
        ({"Env": ["JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStore=/opt/ca.pem"]}, "Java"),
        ({"Entrypoint": ["java", "-Djavax.net.ssl.trustStore=ca.pem"], "WorkingDir": "/opt"}, "Java"),
        ({"Cmd": ["curl", "--cacert", "/opt/ca.pem", "https://x"]}, "curl"),
        ({"Env": None, "Cmd": "x"}, None),
    ],
)
def test_an_image_says_who_reads_what(tmp_path: Path, config: dict[str, Any], reader: str | None) -> None:
    docker_image(tmp_path / "image.tar", {"opt/ca.pem": own("new-root.pem").read_bytes()}, config)
    (store,) = scanned(tmp_path / "image.tar")["stores"]
    assert [each["name"] for each in store["readers"]] == ([reader] if reader else [])
    assert all("image configuration" in each["because"] for each in store["readers"])


def test_a_link_leads_a_reader_to_its_store(tmp_path: Path) -> None:
    root = tmp_path / "system"
    converted(root / "etc" / "ssl" / "certs" / "java" / "cacerts")
    home = root / "usr" / "lib" / "jvm" / "java-17"
    (home / "lib" / "security").mkdir(parents=True)
    (home / "lib" / "security" / "cacerts").symlink_to("../../../../../../etc/ssl/certs/java/cacerts")
    (home / "release").write_text('JAVA_VERSION="17.0.15"\n')
    (store,) = scanned(root)["stores"]
    assert [each["name"] for each in store["readers"]] == ["Java 17.0.15"]


@pytest.mark.parametrize(
    ("value", "path", "doubt"),
    [
        ("/etc/x.jks", "/etc/x.jks", None),
        ("file:/etc/x.jks", "/etc/x.jks", None),
        ("file:///etc/my%20x.jks", "/etc/my x.jks", None),
        ("file://localhost/etc/x.jks", "/etc/x.jks", None),  # RFC 8089, section 2
        ("FILE:/etc/x.jks", "/etc/x.jks", None),  # a scheme in any case: RFC 3986, section 3.1
        ("file:x.jks", "x.jks", None),
        ("classpath:/c/x.p12", "classpath:c/x.p12", None),
        ("${V}/x.jks", "/v/x.jks", None),
        ("${A:/x}/y.jks", "/x/y.jks", None),  # a default, as Spring has them
        ("${A:-/x}/y.jks", "/x/y.jks", None),  # and as shells do
        ("${A:${B:/x}}/y.jks", "/x/y.jks", None),
        ("${A:${B}}/y.jks", "${A:${B}}/y.jks", "B is not known here"),
        ("${A}/x.jks", "${A}/x.jks", "A is not known here"),
        # Not a default, but where the value comes from: Kafka's FileConfigProvider and EnvVarConfigProvider.
        ("${file:/etc/s.properties:trust}", "${file:/etc/s.properties:trust}", "file is not known here"),
        ("${env:TRUST}/x.jks", "${env:TRUST}/x.jks", "env is not known here"),
        ("#{systemProperties['x']}/x.jks", "#{systemProperties['x']}/x.jks", "it is filled in elsewhere"),
        ("{{ dir }}/x.jks", "{{ dir }}/x.jks", "it is filled in elsewhere"),
        (r"C:\x\y.jks", r"C:\x\y.jks", "it is a path of Windows"),
    ],
)
def test_which_file_a_value_names(value: str, path: str, doubt: str | None) -> None:
    assert located(value, {"V": "/v"}) == Located(path, doubt)


@pytest.mark.parametrize("value", ["https://x/y.pem", "none", "SYSTEM", "", "a\nb", "jar:file:/x.jar!/y", "x" * 5000])
def test_what_names_no_file(value: str) -> None:
    assert located(value, {}) is None


def test_a_setting_far_down_in_a_large_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(own("old-root.pem").read_bytes())
    line = f"spring.ssl.bundle.pem.x.truststore.certificate={tmp_path}/ca.pem\n"
    (tmp_path / "application.properties").write_text("# nothing\n" * 20_000 + line)
    (store,) = process("scan", tmp_path, "--json").json["stores"]
    assert [reader["name"] for reader in store["readers"]] == ["Spring Boot"]


@pytest.mark.parametrize("password", ["Horse battery", "changeit"])
def test_what_is_found_of_a_store_is_what_doctor_says_of_it(tmp_path: Path, jdk: Jdk, password: str) -> None:
    """Wherever it lies, and under any password; but for who may replace the file."""
    folder = tmp_path / "stores"
    folder.mkdir()
    keytool, openssl = jdk.home / "bin" / "keytool", find("openssl")
    root = own("old-root.pem")
    for name in ("a.p12", "b.jks", "c.jceks"):
        kind = {"a.p12": "PKCS12", "b.jks": "JKS", "c.jceks": "JCEKS"}[name]
        run(
            *(keytool, "-importcert", "-noprompt", "-alias", "Root", "-file", root, "-keystore", folder / name),
            *("-storetype", kind, "-storepass", password),
        )
    run(
        *(openssl, "pkcs12", "-export", "-nokeys", "-in", root, "-out", folder / "d.p12"),
        *("-passout", f"pass:{password}"),
    )
    (folder / "e.pem").write_bytes(run(openssl, "x509", "-in", root, "-addreject", "serverAuth", "-trustout"))
    (folder / "f.pem").write_bytes(own("old-server.pem").read_bytes() * 2 + own("old-server.key").read_bytes())
    names = sorted(path.name for path in folder.iterdir())
    docker_image(folder / "image.tar", {f"opt/{name}": (folder / name).read_bytes() for name in names}, {})
    (tmp_path / "passwords").write_text(f"{password}\n")
    (tmp_path / "passwords").chmod(0o600)
    asked = ("scan", folder, "--passwords-from", tmp_path / "passwords", "--expires-within", "90000d", "--json")
    found = {Path(store["paths"][0]).name: store for store in process(*asked).json["stores"]}
    assert sorted(found) == names
    for name in names:
        assert len(found[name]["paths"]) == 2
        told = process(
            *("doctor", folder / name, "--expires-within", "90000d", "--json"),
            env={"TRUSTSTORE_PASSWORD": password},
        ).json["stores"]
        assert sorted(found[name]["findings"], key=str) == sorted(told[0]["findings"], key=str), name
        assert found[name]["findings"], name
    everybodys = [name for name in names if "default-password" in {each["rule"] for each in found[name]["findings"]}]
    assert everybodys == (["a.p12", "b.jks", "c.jceks", "d.p12"] if password == "changeit" else [])


def test_what_mends_a_store_is_told_in_words_of_the_command_line(tmp_path: Path) -> None:
    store = tmp_path / "a.p12"
    run(find("openssl"), "pkcs12", "-export", "-nokeys", "-in", own("old-root.pem"), "-out", store, "-passout", "pass:")
    for kind in ("json", "sarif", "junit", "html", "text"):
        said = process("scan", store, "--report", kind).out
        assert "doctor --fix makes it a trusted entry" in said, kind
        assert "{mend" not in said, kind

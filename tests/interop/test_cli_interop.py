"""What the command line writes, as the real programs read it; what they write, as the command line reads it."""

import base64
from pathlib import Path

import pytest

from tests.cli.harness import process
from tests.realtools import Jdk, Request, find, run
from tests.samples import RDS_2019_SHA1, RDS_2019_SHA256, amazon, certificates, own
from truststore_tool import open_store

RDS = amazon("rds-ca-2019-root.pem")
BUNDLE = amazon("rds-global-bundle.pem")
ENV = {"TRUSTSTORE_PASSWORD": "changeit"}
JAVA_TYPES = {"jks": "JKS", "jceks": "JCEKS", "pkcs12": "PKCS12"}


def tool(folder: Path, *arguments: str | Path) -> str:
    """Standard output of our command in `folder`, which must succeed."""
    done = process(*arguments, cwd=folder, env=ENV)
    assert done.code == 0, done.err
    return done.out


def test_the_documented_steps_give_keytool_and_openssl_the_same_fingerprint(jdks: list[Jdk], tmp_path: Path) -> None:
    tool(tmp_path, "convert", RDS, "-o", "root.der", "--to", "der")
    tool(tmp_path, "import", "clientkeystore", "root.der", "--expect", RDS_2019_SHA1)
    der = run(find("openssl"), "x509", "-outform", "der", "-in", RDS)
    assert (tmp_path / "root.der").read_bytes() == der
    shown = run(find("openssl"), "x509", "-fingerprint", "-in", RDS, "-noout").decode()
    assert shown.strip() == f"SHA1 Fingerprint={RDS_2019_SHA1}"
    for jdk in jdks:
        listing = run(
            jdk.keytool, "-list", "-v", "-keystore", tmp_path / "clientkeystore", "-storepass", "changeit"
        ).decode()
        assert "Alias name: rds-root\n" in listing
        assert "Entry type: trustedCertEntry" in listing
        assert f"SHA1: {RDS_2019_SHA1}" in listing


@pytest.mark.parametrize("file", ["root.pem", "root.der"])
@pytest.mark.parametrize("form", ["indefinite", "long"])
def test_a_certificate_that_is_not_in_der_has_the_fingerprint_that_others_give(
    jdks: list[Jdk], tmp_path: Path, form: str, file: str
) -> None:
    der = certificates(RDS)[0].der
    odd = b"\x30\x80" + der[4:] + b"\0\0" if form == "indefinite" else b"\x30\x83\0" + der[2:]
    text = b"-----BEGIN CERTIFICATE-----\n%b-----END CERTIFICATE-----\n" % base64.encodebytes(odd)
    (tmp_path / file).write_bytes(text if file.endswith("pem") else odd)
    shown = run(find("openssl"), "x509", "-fingerprint", "-in", tmp_path / file, "-noout").decode().strip()
    assert tool(tmp_path, "fingerprint", file, "--algorithm", "sha1").startswith(shown)
    tool(tmp_path, "import", "store.jks", file, "--expect", shown.partition("=")[2])
    for jdk in jdks:
        (view,) = jdk.read(Request("JKS", tmp_path / "store.jks", "changeit"))
        run(jdk.keytool, "-importcert", "-noprompt", "-alias", "a", "-file", tmp_path / file,
            "-keystore", tmp_path / jdk.home.name, "-storetype", "JKS", "-storepass", "changeit")  # fmt: skip
        (theirs,) = jdk.read(Request("JKS", tmp_path / jdk.home.name, "changeit"))
        assert len(view.trusted) == 1
        assert view.trusted == theirs.trusted


@pytest.mark.parametrize("to", JAVA_TYPES)
def test_every_jvm_trusts_every_certificate_of_the_bundle(jdks: list[Jdk], tmp_path: Path, to: str) -> None:
    tool(tmp_path, "import", "store", BUNDLE, "--format", to, "--yes", "-q")
    wanted = sorted(c.sha256.hex for c in set(certificates(BUNDLE)))
    for jdk in jdks:
        (view,) = jdk.read(Request(JAVA_TYPES[to], tmp_path / "store", "changeit"))
        assert view.error is None
        assert sorted(c for e in view.entries for c in e.certificates) == wanted
        assert {e.kind for e in view.entries} == {"trusted"}
        assert sorted(view.trusted) == wanted


@pytest.mark.parametrize("to", JAVA_TYPES)
def test_a_store_with_a_key_made_by_keytool_is_changed_and_the_key_still_opens(
    jdks: list[Jdk], tmp_path: Path, to: str
) -> None:
    for jdk in jdks:
        store = tmp_path / f"{jdk.home.name}.{to}"
        make: list[str | Path] = [jdk.keytool, "-keystore", store, "-storetype", to, "-storepass", "changeit"]
        run(*make, "-genkeypair", "-alias", "server", "-keyalg", "EC", "-dname", "CN=x", "-keypass", "changeit")
        run(*make, "-importcert", "-noprompt", "-alias", "old", "-file", own("old-root.pem"))
        request = Request(JAVA_TYPES[to], store, "changeit")
        (before,) = jdk.read(request)
        tool(tmp_path, "import", store, RDS, "--yes", "--alias", "new")
        tool(tmp_path, "rename", store, "old", "older")
        (after,) = jdk.read(request)
        keys = [[e for e in view.entries if e.alias == "server"] for view in (before, after)]
        assert keys[0][0].key is not None
        assert (keys[1][0].key, keys[1][0].certificates) == (keys[0][0].key, keys[0][0].certificates)
        assert sorted(e.alias for e in after.entries) == ["new", "older", "server"]
        tool(tmp_path, "remove", store, "--alias", "older", "--alias", "new")
        (last,) = jdk.read(request)
        assert [(e.alias, e.key) for e in last.entries] == [("server", keys[0][0].key)]


@pytest.mark.parametrize("source", JAVA_TYPES)
@pytest.mark.parametrize("target", JAVA_TYPES)
def test_keys_are_carried_between_keystores(jdk: Jdk, tmp_path: Path, source: str, target: str) -> None:
    store = tmp_path / "source"
    make: list[str | Path] = [jdk.keytool, "-keystore", store, "-storetype", source, "-storepass", "changeit"]
    run(*make, "-genkeypair", "-alias", "server", "-keyalg", "EC", "-dname", "CN=x", "-keypass", "changeit")
    tool(tmp_path, "convert", store, "-o", "target", "--to", target)
    before, after = jdk.read(
        Request(JAVA_TYPES[source], store, "changeit"), Request(JAVA_TYPES[target], tmp_path / "target", "changeit")
    )
    assert after.error is None
    assert before.entries[0].key is not None
    assert [(e.alias, e.kind, e.key, e.certificates) for e in after.entries] == [
        (e.alias, e.kind, e.key, e.certificates) for e in before.entries
    ]


@pytest.mark.parametrize("to", JAVA_TYPES)
def test_a_new_password_opens_store_and_keys_in_a_jvm(jdk: Jdk, tmp_path: Path, to: str) -> None:
    store = tmp_path / "store"
    make: list[str | Path] = [jdk.keytool, "-keystore", store, "-storetype", to, "-storepass", "changeit"]
    run(*make, "-genkeypair", "-alias", "server", "-keyalg", "EC", "-dname", "CN=x", "-keypass", "changeit")
    (tmp_path / "new").write_text("another-one\n")
    (before,) = jdk.read(Request(JAVA_TYPES[to], store, "changeit"))
    tool(tmp_path, "passwd", store, "--new-password-file", tmp_path / "new")
    # the key of a PKCS#12 follows the store, those of JKS and JCEKS keep their password
    (after,) = jdk.read(Request(JAVA_TYPES[to], store, "another-one", () if to == "pkcs12" else ("changeit",)))
    assert after.entries[0].key is not None
    assert after.entries[0].key == before.entries[0].key


def test_a_pkcs12_made_by_openssl_is_made_visible_to_java(jdk: Jdk, tmp_path: Path) -> None:
    store = tmp_path / "openssl.p12"
    run(find("openssl"), "pkcs12", "-export", "-nokeys", "-in", RDS, "-out", store, "-passout", "pass:changeit")
    (before,) = jdk.read(Request("PKCS12", store, "changeit"))
    assert before.trusted == ()
    listed = process("list", store, env=ENV)
    assert "Java neither lists nor trusts them" in listed.err
    tool(tmp_path, "import", store, RDS, "--yes")
    (after,) = jdk.read(Request("PKCS12", store, "changeit"))
    assert after.trusted == (RDS_2019_SHA256.replace(":", "").lower(),)
    assert len(open_store(store, "changeit").all_certificates()) == 1


def test_openssl_verifies_chains_with_the_bundle_and_with_the_capath(tmp_path: Path) -> None:
    tool(tmp_path, "bundle", own("old-root.pem"), own("new-root.pem"), BUNDLE, "-o", "chain.pem", "--comments")
    tool(tmp_path, "convert", "chain.pem", "-o", "anchors", "--to", "capath")
    for side in ("old", "new"):
        untrusted: list[str | Path] = ["-untrusted", own(f"{side}-intermediate.pem"), own(f"{side}-server.pem")]
        assert b": OK" in run(find("openssl"), "verify", "-CAfile", tmp_path / "chain.pem", *untrusted)
        assert b": OK" in run(find("openssl"), "verify", "-CApath", tmp_path / "anchors", "-no-CAfile", *untrusted)


def test_pkcs7_in_both_directions(tmp_path: Path) -> None:
    run(find("openssl"), "crl2pkcs7", "-nocrl", "-certfile", BUNDLE, "-out", tmp_path / "theirs.p7b")
    assert list(open_store(tmp_path / "theirs.p7b").all_certificates()) == certificates(BUNDLE)
    tool(tmp_path, "convert", BUNDLE, "-o", "ours.p7b", "--to", "pkcs7")
    shown = run(find("openssl"), "pkcs7", "-inform", "der", "-in", tmp_path / "ours.p7b", "-print_certs")
    (tmp_path / "shown.pem").write_bytes(shown)
    assert set(certificates(tmp_path / "shown.pem")) == set(certificates(BUNDLE))

"""`doctor`: what it says of readers, held against real ones."""

import subprocess
from pathlib import Path

import pytest

from tests.cli.harness import Done, Tool
from tests.cli.test_gate import KEYS, raw, unusable
from tests.readers import jvms
from tests.realtools import Jdk, Request, find, run
from tests.samples import amazon, certificates, own
from truststore_tool import asn1
from truststore_tool.findings import LEVELS, RULES

RDS = amazon("rds-ca-2019-root.pem")
G1 = amazon("rds-ca-rsa2048-g1-us-east-1.pem")
PASSWORDS = {"": "changeit", "_with_wrong_password": "another-one", "_without_password": None}
PACKAGE = "sun.security.validator"
HMAC_SHA256 = "1.2.840.113549.2.9"


def keytool_store(jdk: Jdk, name: str, kind: str = "PKCS12", **properties: str) -> None:
    options = [f"-J-D{key.replace('_', '.')}={value}" for key, value in properties.items()]
    words = ["-importcert", "-noprompt", "-alias", "one", "-file", str(G1), "-keystore", name, "-storetype", kind]
    subprocess.run([jdk.keytool, *options, *words, "-storepass", "changeit"], check=True, capture_output=True)


def rules(done: Done, store: int = 0) -> set[str]:
    return {item["rule"] for item in done.json["stores"][store]["findings"]}


def make(tool: Tool, jdk: Jdk, kind: str) -> str:
    """A store of some kind; its name."""
    match kind:
        case "ours.jks" | "ours.p12" | "ours.jceks":
            assert tool("import", kind, G1, "--yes").code == 0
        case "keytool.p12" | "keytool.jks":
            keytool_store(jdk, kind, "JKS" if kind.endswith("jks") else "PKCS12")
        case "legacy.p12":
            keytool_store(jdk, kind, keystore_pkcs12_legacy="true")
        case "plain.p12":
            keytool_store(
                jdk, kind, keystore_pkcs12_certProtectionAlgorithm="NONE", keystore_pkcs12_macAlgorithm="NONE"
            )
        case "openssl.p12":
            words = ("pkcs12", "-export", "-nokeys", "-in", G1, "-passout", "pass:changeit", "-out", kind)
            run(find("openssl"), *words)
        case _:
            Path(kind).write_bytes(
                raw("jks", [("a", certificates(G1)[0]), ("b", certificates(unusable("sm2", Path()))[0])])
            )
    return kind


@pytest.mark.parametrize(
    "kind",
    [
        "ours.jks",
        "ours.p12",
        "ours.jceks",
        "keytool.p12",
        "keytool.jks",
        "legacy.p12",
        "plain.p12",
        "openssl.p12",
        "sm2.jks",
    ],
)
def test_the_table_is_what_real_javas_see(tool: Tool, jdks: list[Jdk], kind: str) -> None:
    name = make(tool, jdks[0], kind)
    storetype = "JCEKS" if kind.endswith("jceks") else "PKCS12"
    for jdk in jdks:
        release = jvms.name_of(jdk.home)
        done = tool("doctor", name, "--for", release, "--json")
        (seen,) = done.json["stores"][0]["readers"]
        assert seen["name"] == release
        assert seen["evidence"]
        views = jdk.read(*(Request(storetype, Path(name).absolute(), password) for password in PASSWORDS.values()))
        for column, view in zip(PASSWORDS, views, strict=True):
            assert seen[f"loads{column}"] is (view.error is None), (release, column, view.error)
            assert (seen[f"anchors{column}"] or 0) == len(view.trusted), (release, column)


def test_without_a_password_what_needs_one_is_unknown(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tool("import", "ours.p12", G1, "--yes").code == 0
    monkeypatch.delenv("TRUSTSTORE_PASSWORD")
    (seen, *_) = tool("doctor", "ours.p12", "--json").json["stores"][0]["readers"]
    assert (seen["loads"], seen["anchors"]) == (None, None)
    assert (seen["loads_without_password"], seen["anchors_without_password"]) == (True, 0)


class TestFindings:
    """Each rule by the store that it is about."""

    def test_a_good_store_is_fine(self, tool: Tool) -> None:
        assert tool("import", "ours.jks", G1, "--yes").code == 0
        done = tool("doctor", "ours.jks", "--json")
        assert done.code == 0
        assert {item["level"] for item in done.json["stores"][0]["findings"]} == {"note"}

    def test_what_openssl_made_is_not_seen_by_java(self, tool: Tool, jdk: Jdk) -> None:
        done = tool("doctor", make(tool, jdk, "openssl.p12"), "--json")
        assert done.code == 1
        assert {"not-trusted-entry", "pbes2-no-keylength", "mac-too-new", "fips-algorithm"} <= rules(done)

    def test_for_an_old_java_it_is_an_error(self, tool: Tool, jdk: Jdk) -> None:
        name = make(tool, jdk, "keytool.p12")
        assert tool("doctor", name).code == 0
        done = tool("doctor", name, "--for", "java8u252", "--json")
        assert done.code == 1
        levels = {item["rule"]: item["level"] for item in done.json["stores"][0]["findings"]}
        assert (levels["mac-too-new"], levels["pbes2-too-new"]) == ("error", "error")
        legacy = tool("doctor", make(tool, jdk, "legacy.p12"), "--for", "java8u252", "--json")
        assert legacy.code == 0
        assert "needs-legacy-provider" in rules(legacy)

    def test_warnings_count_where_asked(self, tool: Tool, jdk: Jdk) -> None:
        name = make(tool, jdk, "keytool.p12")
        done = tool("doctor", name, "--fail-on", "warning", "--json")
        assert done.code == 1
        assert "no-password-means-empty" in rules(done)

    def test_what_goes_by_a_rule_counts_where_asked(self, tool: Tool) -> None:
        root, key = own("new-root.pem"), ("--key", own("new-server.key"))
        assert tool("import", "plain.jks", root, "--yes").code == 0
        assert tool("convert", own("new-chain.pem"), *key, "-o", "mixed.jks").code == 0
        assert tool("import", "mixed.jks", root, "--yes").code == 0
        assert tool("import", "old.jks", own("expired-root.pem"), "--yes").code == 0
        rules = ("--fail-on", "key-in-truststore", "--fail-on", "expired")
        for name, code in (("plain.jks", 0), ("mixed.jks", 1), ("old.jks", 1)):
            assert tool("doctor", name).code == 0
            assert tool("doctor", name, *rules).code == code, name
        assert tool("doctor", "old.jks", "--fail-on", "key-in-truststore").code == 0
        assert tool("doctor", "no.jks", *rules).code == 3

    def test_a_rule_that_is_none_is_no_clearance(self, tool: Tool) -> None:
        done = tool("doctor", own("new-root.pem"), "--fail-on", "expire")
        assert done.code == 2
        assert "did you mean expired?" in done.err

    @pytest.mark.parametrize("kind", KEYS)
    def test_a_certificate_that_java_refuses(self, tool: Tool, tmp_path: Path, kind: str) -> None:
        bad = certificates(unusable(kind, tmp_path))[0]
        Path("bad.jks").write_bytes(raw("jks", [("a", certificates(G1)[0]), ("b", bad)]))
        done = tool("doctor", "bad.jks", "--json")
        assert done.code == 1
        (found,) = [f for f in done.json["stores"][0]["findings"] if f["rule"] == "unparsable-certificate"]
        assert found["place"] == {"path": "bad.jks", "entry": str(bad.sha256)}
        assert "java17.0.15" in found["readers"]

    def test_expiry(self, tool: Tool) -> None:
        assert tool("import", "ours.jks", RDS, G1, "--yes").code == 0
        assert "expired" in rules(tool("doctor", "ours.jks", "--json"))
        assert "expires-soon" not in rules(tool("doctor", "ours.jks", "--json", "--expires-within", "30d"))
        assert "expires-soon" in rules(tool("doctor", "ours.jks", "--json", "--expires-within", "99999"))
        assert tool("doctor", "ours.jks", "--expires-within", "soon").code == 2

    def test_a_server_certificate_is_no_authority(self, tool: Tool) -> None:
        assert tool("import", "ours.jks", own("old-server.pem"), "--yes").code == 0
        assert "not-a-ca" in rules(tool("doctor", "ours.jks", "--json"))

    def test_a_missing_file_and_an_empty_one(self, tool: Tool) -> None:
        Path("empty.jks").touch()
        done = tool("doctor", "no-such.jks", "empty.jks", "--json")
        assert done.code == 3
        assert [rules(done, 0), rules(done, 1)] == [{"missing-file-falls-back"}, {"empty-file"}]
        assert tool("doctor", "empty.jks").code == 1

    def test_a_wrong_password_is_one(self, tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
        assert tool("import", "ours.jks", G1, "--yes").code == 0
        monkeypatch.setenv("TRUSTSTORE_PASSWORD", "wrong-one")
        assert tool("doctor", "ours.jks").code == 4

    def test_a_mac_that_nobody_reads(self, tool: Tool, jdks: list[Jdk]) -> None:
        # As keytool 25 writes it for macAlgorithm=PBEWithHmacSHA256: the OID of the HMAC where that of a digest is due.
        assert tool("import", "ours.p12", G1, "--yes").code == 0
        version, content, mac = asn1.read_exactly(Path("ours.p12").read_bytes()).children()
        info, *rest = mac.children()
        bare = asn1.sequence(asn1.sequence(asn1.oid(HMAC_SHA256), asn1.null()), info.children()[1].raw)
        broken = asn1.sequence(bare, *(part.raw for part in rest))
        Path("bare.p12").write_bytes(asn1.sequence(version.raw, content.raw, broken))
        views = [jdk.read(Request("PKCS12", Path("bare.p12").absolute(), "changeit"))[0] for jdk in jdks]
        assert all(view.error for view in views)
        done = tool("doctor", "bare.p12", "--json")
        assert done.code == 1
        assert "mac-nobody-reads" in rules(done)


@pytest.mark.parametrize("size", [1024, 2048])
@pytest.mark.parametrize("algorithm", ["RSA", "RSA-PSS"])
def test_a_key_is_small_by_its_size(tool: Tool, tmp_path: Path, algorithm: str, size: int) -> None:
    key = tmp_path / "key"
    run("openssl", "genpkey", "-algorithm", algorithm, "-pkeyopt", f"rsa_keygen_bits:{size}", "-out", key)
    run("openssl", "req", "-new", "-x509", "-key", key, "-subj", "/CN=x", "-days", "9", "-out", tmp_path / "x.pem")
    assert ("small-key" in rules(tool("doctor", "x.pem", "--json"))) is (size < 2048)


def test_every_finding_has_a_rule_that_is_explained() -> None:
    for name, rule in RULES.items():
        assert rule.level in LEVELS
        assert len(rule.means) > 10, name
        assert rule.whom, name


def test_policies_are_those_of_the_jdk(jdks: list[Jdk]) -> None:
    import re

    from truststore_tool.readers.java.policies import POLICIES

    javap = next(jdk.home / "bin" / "javap" for jdk in jdks if (jdk.home / "bin" / "javap").exists())
    seen = 0
    for policy in POLICIES:
        name = policy.name.removesuffix("_TLS").capitalize()
        for jdk in jdks:
            words = (
                "--module",
                "java.base",
                "--system",
                jdk.home,
                "-c",
                "-p",
                f"sun.security.validator.{name}TLSPolicy",
            )
            done = subprocess.run([javap, *words], capture_output=True, text=True)
            text = done.stdout.partition("DECEMBER_31_2019:")[0] if name == "Symantec" else done.stdout
            roots = set(re.findall(r"String ([0-9A-F]{64})", text))
            assert {root.lower() for root in roots} <= policy.roots, (policy.name, jdk.home)
            if roots:
                assert f"{policy.until:%B_%-d_%Y}".upper() in done.stdout
                seen += 1
    assert seen >= 3

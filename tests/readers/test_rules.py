"""Every rule by a store that falls under it, judged by a real reader where one is concerned, and by doctor."""

import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from tests.cli.conftest import tool as tool
from tests.cli.harness import Tool
from tests.cli.test_gate import raw
from tests.formats.test_jks import file, trusted
from tests.realtools import HERE, JavaView, Jdk, Request, run
from tests.samples import amazon, certificates, own
from truststore_tool.findings import RULES
from truststore_tool.model import Certificate

G1: Final = amazon("rds-ca-rsa2048-g1-us-east-1.pem")
ROOT: Final = own("new-root.pem")
CHAIN: Final = own("new-chain.pem")
INTERMEDIATE: Final = own("new-intermediate.pem")
SERVER: Final = own("new-server.pem")
PASSWORD: Final = "changeit"
# Rules whose stores are made, and judged by real readers, in other files.
ELSEWHERE: Final = {
    "disabled-key": "cli/test_jdks.py",
    "distrusted-after": "cli/test_jdks.py",
    "fips-algorithm": "cli/test_doctor.py",
    "mac-nobody-reads": "cli/test_doctor.py",
    "measured-otherwise": "cli/test_measuring.py",
    "pbes2-too-new": "cli/test_doctor.py",
    "unparsable-certificate": "cli/test_doctor.py",
    "other-password": "formats/test_pkcs12.py",
    "sessions-hidden": "postgres/test_sessions.py",
    "names-no-file": "inventory/test_because.py",
    "store-not-known": "inventory/test_because.py",
    "lacks-needed": "inventory/test_reports.py",
    "locked-store": "inventory/test_reports.py",
    "not-looked-at": "inventory/test_reports.py",
}


@dataclass(frozen=True)
class Bench:
    """What stores are made and judged with, in the present folder."""

    tool: Tool
    jdks: list[Jdk]

    def java(self, name: str, kind: str = "PKCS12", password: str | None = PASSWORD) -> list[JavaView]:
        """What each JVM makes of a store, the oldest first."""
        request = Request(kind, Path(name).absolute(), password)
        return [jdk.read(request)[0] for jdk in self.jdks]

    def keytool(self, *words: str | Path, newest: bool = False) -> None:
        run(self.jdks[-1 if newest else 0].keytool, *words, "-storepass", PASSWORD, "-noprompt")

    def default_trust(self, store: str, *properties: str) -> list[str]:
        """How many issuers each JVM's default trust manager accepts, or its exception."""
        program = str(HERE / "readers" / "DefaultTrust.java")
        words = (f"-Djavax.net.ssl.trustStore={store}", *properties, program)
        return [run(jdk.home / "bin" / "java", "-XX:TieredStopAtLevel=1", *words).decode().strip() for jdk in self.jdks]


def openssl(*words: str | Path) -> str:
    """What openssl says on both streams, whether or not it fails."""
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, timeout=300)
    return done.stdout + done.stderr


def self_signed(name: str, *words: str) -> Path:
    """A root as `openssl req -x509` makes it."""
    path = Path(f"{name}.pem")
    where = ("-keyout", f"{name}.key", "-subj", f"/CN={name}")
    run("openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", *where, *words, "-out", path)
    return path


def issued(name: str, issuer: str, *words: str | Path) -> None:
    """A certificate by `issuer`, of which certificate and key are in files of its name."""
    request = ("-newkey", "rsa:2048", "-keyout", f"{name}.key", "-subj", f"/CN={name}", "-out", f"{name}.csr")
    run("openssl", "req", "-new", "-nodes", *request)
    by = ("-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-CAcreateserial")
    run("openssl", "x509", "-req", "-in", f"{name}.csr", *by, *words, "-out", f"{name}.pem")


def p12(*words: str | Path, certificate: Path = G1, password: str = PASSWORD) -> None:
    run("openssl", "pkcs12", "-export", "-in", certificate, "-passout", f"pass:{password}", "-out", "s.p12", *words)


Words = tuple[str | Path, ...]
Case = Callable[[Bench], Words]
CASES: dict[str, Case] = {}
_DOCTOR: Final = ("doctor", "s.p12")
_DOCTOR_JKS: Final = ("doctor", "s.jks")
_DOCTOR_PEM: Final = ("doctor", "s.pem")


def case(make: Case) -> Case:
    CASES[make.__name__.replace("_", "-")] = make
    return make


@case
def cannot_open(bench: Bench) -> Words:
    Path("s.jks").write_bytes(file(trusted("\U0001f511".encode())))
    assert all(view.error for view in bench.java("s.jks"))
    return _DOCTOR_JKS


@case
def not_an_anchor(_bench: Bench) -> Words:
    Path("s.pem").write_bytes(INTERMEDIATE.read_bytes())
    assert "unable to get issuer certificate" in openssl("verify", "-CAfile", "s.pem", SERVER)
    return _DOCTOR_PEM


@case
def not_trusted_entry(bench: Bench) -> Words:
    p12("-nokeys")
    assert [view.trusted for view in bench.java("s.p12")] == [()] * len(bench.jdks)
    return _DOCTOR


@case
def no_password_means_empty(bench: Bench) -> Words:
    assert bench.tool("import", "s.p12", G1, "--yes").code == 0
    assert [(view.error, view.trusted) for view in bench.java("s.p12", password=None)] == [(None, ())] * len(bench.jdks)
    assert set(bench.default_trust("s.p12")) == {"0"}
    return _DOCTOR


@case
def mac_too_new(bench: Bench) -> Words:
    # No Java of today reads PBMAC1 (RFC 9579), which openssl writes from 3.4 on; older ones do not read HmacPBESHA256.
    bench.keytool("-importcert", "-alias", "a", "-file", G1, "-keystore", "s.p12", "-storetype", "PKCS12")
    assert "SHA256" in openssl("pkcs12", "-info", "-noout", "-in", "s.p12", "-passin", f"pass:{PASSWORD}").upper()
    return *_DOCTOR, "--for", "java11.0.10"


@case
def pbes2_no_keylength(_bench: Bench) -> Words:
    p12("-nokeys")
    return *_DOCTOR, "--for", "java11.0.10"


@case
def prf_too_new(bench: Bench) -> Words:
    algorithm = "-J-Dkeystore.pkcs12.certProtectionAlgorithm=PBEWithHmacSHA512/256AndAES_256"
    words = ("-importcert", "-alias", "a", "-file", G1, "-keystore", "s.p12", "-storetype", "PKCS12")
    bench.keytool(algorithm, *words, newest=True)
    assert [bool(view.error) for view in bench.java("s.p12")] == [True, False]
    return _DOCTOR


@case
def needs_legacy_provider(bench: Bench) -> Words:
    words = ("-importcert", "-alias", "a", "-file", G1, "-keystore", "s.p12", "-storetype", "PKCS12")
    bench.keytool("-J-Dkeystore.pkcs12.legacy=true", *words)
    look = ("pkcs12", "-in", "s.p12", "-nokeys", "-passin", f"pass:{PASSWORD}")
    assert "unsupported" in openssl(*look)
    assert "BEGIN CERTIFICATE" in openssl(*look, "-legacy")
    return _DOCTOR


@case
def needs_storetype(bench: Bench) -> Words:
    assert bench.tool("import", "s.jceks", G1, "--yes").code == 0
    told = "-Djavax.net.ssl.trustStoreType=JCEKS"
    assert set(bench.default_trust("s.jceks")) == {"java.security.KeyStoreException"}
    assert set(bench.default_trust("s.jceks", told)) == {"1"}
    return "doctor", "s.jceks"


@case
def empty_store(bench: Bench) -> Words:
    bench.keytool("-importcert", "-alias", "a", "-file", G1, "-keystore", "s.jks", "-storetype", "JKS")
    bench.keytool("-delete", "-alias", "a", "-keystore", "s.jks")
    assert [view.entries for view in bench.java("s.jks")] == [()] * len(bench.jdks)
    return _DOCTOR_JKS


@case
def empty_file(bench: Bench) -> Words:
    Path("s.jks").touch()
    assert set(bench.default_trust("s.jks")) == {"java.security.KeyStoreException"}
    return _DOCTOR_JKS


@case
def missing_file_falls_back(bench: Bench) -> Words:
    Path("directory").mkdir()
    own_roots = bench.default_trust("")
    assert all(int(count) > 50 for count in own_roots)
    assert bench.default_trust("no-such.jks") == bench.default_trust("directory") == own_roots
    return "doctor", "no-such.jks"


@case
def alias_collision(bench: Bench) -> Words:
    every = [
        pkcs12.PKCS12Certificate(certificate.x509, name)
        for certificate, name in zip((*certificates(G1), *certificates(ROOT)), (b"one", b"ONE"), strict=True)
    ]
    Path("s.p12").write_bytes(pkcs12.serialize_java_truststore(every, BestAvailableEncryption(PASSWORD.encode())))
    assert [len(view.trusted) for view in bench.java("s.p12")] == [1] * len(bench.jdks)
    return _DOCTOR


@case
def odd_alias(bench: Bench) -> Words:
    Path("s.jks").write_bytes(file(trusted(b"UPPER", certificates(G1)[0].der)))
    assert set(bench.default_trust("s.jks")) == {"0"}
    return _DOCTOR_JKS


@case
def duplicate(bench: Bench) -> Words:
    for alias in "ab":
        bench.keytool("-importcert", "-alias", alias, "-file", G1, "-keystore", "s.jks", "-storetype", "JKS")
    return _DOCTOR_JKS


@case
def key_in_truststore(bench: Bench) -> Words:
    bench.keytool("-genkeypair", "-keyalg", "EC", "-dname", "CN=a", "-alias", "k", "-keystore", "s.p12")
    bench.keytool("-importcert", "-alias", "a", "-file", G1, "-keystore", "s.p12")
    return _DOCTOR


@case
def not_understood(_bench: Bench) -> Words:
    Path("s.pem").write_bytes(ROOT.read_bytes() + b"\0\1\2 what is this?\n")
    return _DOCTOR_PEM


@case
def not_judged(bench: Bench) -> Words:
    assert bench.tool("import", "s.jks", G1, "--yes").code == 0
    return (*_DOCTOR_JKS, "--for", "bcfips")  # of which nothing is known but what is written


@case
def not_opened(bench: Bench) -> Words:
    assert bench.tool("import", "s.p12", G1, "--yes").code == 0
    os.environ.pop("TRUSTSTORE_PASSWORD")
    return _DOCTOR


@case
def integrity_unchecked(bench: Bench) -> Words:
    assert bench.tool("import", "s.jks", G1, "--yes").code == 0
    os.environ.pop("TRUSTSTORE_PASSWORD")
    return _DOCTOR_JKS


@case
def expired(bench: Bench) -> Words:
    Path("s.pem").write_bytes(own("expired-root.pem").read_bytes())
    assert "certificate has expired" in openssl("verify", "-CAfile", "s.pem", "s.pem")
    assert bench.tool("import", "s.jks", "s.pem", "--yes").code == 0
    assert [len(view.trusted) for view in bench.java("s.jks")] == [1] * len(bench.jdks)
    return "doctor", "s.jks", "s.pem"


@case
def expires_soon(_bench: Bench) -> Words:
    self_signed("s", "-days", "9")
    assert "will expire" in openssl("x509", "-in", "s.pem", "-noout", "-checkend", str(10 * 86400))
    return *_DOCTOR_PEM, "--expires-within", "10d"


@case
def not_yet_valid(_bench: Bench) -> Words:
    Path("s.pem").write_bytes(own("future-root.pem").read_bytes())
    assert "certificate is not yet valid" in openssl("verify", "-CAfile", "s.pem", "s.pem")
    return _DOCTOR_PEM


@case
def not_a_ca(bench: Bench) -> Words:
    self_signed("s", "-addext", "basicConstraints=critical,CA:FALSE")
    assert "CA:FALSE" in openssl("x509", "-in", "s.pem", "-noout", "-text")
    assert bench.tool("import", "s.jks", "s.pem", "--yes").code == 0
    return _DOCTOR_JKS


@case
def distrusted(_bench: Bench) -> Words:
    run("openssl", "x509", "-in", ROOT, "-addreject", "serverAuth", "-trustout", "-out", "s.pem")
    answer = openssl("verify", "-purpose", "sslserver", "-CAfile", "s.pem", "-untrusted", INTERMEDIATE, SERVER)
    assert "rejected" in answer
    return _DOCTOR_PEM


@case
def weak_signature(_bench: Bench) -> Words:
    self_signed("root", "-sha1")
    config = Path("ca.ext")
    config.write_text("basicConstraints=critical,CA:TRUE\n")
    issued("middle", "root", "-sha1", "-extfile", config)
    issued("leaf", "middle", "-sha1")
    Path("s.pem").write_bytes(Path("root.pem").read_bytes() + Path("middle.pem").read_bytes())
    answer = openssl("verify", "-auth_level", "2", "-CAfile", "s.pem", "leaf.pem")
    assert "digest algorithm too weak" in answer
    Path("root-only.pem").write_bytes(Path("root.pem").read_bytes())
    assert "OK" in openssl("verify", "-auth_level", "2", "-CAfile", "root-only.pem", "root-only.pem")
    return _DOCTOR_PEM


@case
def small_key(_bench: Bench) -> Words:
    self_signed("s", "-newkey", "rsa:1024")
    assert "key too weak" in openssl("verify", "-auth_level", "2", "-CAfile", "s.pem", "s.pem")
    return _DOCTOR_PEM


@case
def negative_serial(_bench: Bench) -> Words:
    self_signed("s", "-set_serial", "-5")
    assert "serial=-05" in openssl("x509", "-in", "s.pem", "-noout", "-serial")
    return _DOCTOR_PEM


@case
def strict_refuses(_bench: Bench) -> Words:
    Path("c.cnf").write_text("[req]\ndistinguished_name=dn\nx509_extensions=x\n[dn]\n[x]\nbasicConstraints=CA:TRUE\n")
    self_signed("s", "-config", "c.cnf")
    issued("leaf", "s")
    assert "OK" in openssl("verify", "-CAfile", "s.pem", "leaf.pem")
    assert "not marked critical" in openssl("verify", "-x509_strict", "-CAfile", "s.pem", "leaf.pem")
    return *_DOCTOR_PEM, "--for", "python3.13"


@case
def world_writable(bench: Bench) -> Words:
    Path("open").mkdir()
    Path("open").chmod(0o777)
    assert bench.tool("import", "open/s.jks", G1, "--yes").code == 0
    return "doctor", "open/s.jks"


@case
def world_readable(_bench: Bench) -> Words:
    Path("secret").write_text(PASSWORD)
    Path("secret").chmod(0o644)
    os.environ.pop("TRUSTSTORE_PASSWORD")
    return "import", "s.jks", G1, "--yes", "--password-file", "secret"


@case
def default_password(bench: Bench) -> Words:
    assert bench.tool("import", "s.jks", G1, "--yes").code == 0
    return _DOCTOR_JKS


@case
def password_not_ascii(bench: Bench) -> Words:
    p12("-nokeys", password="p\u00e4ssw\u00f6rter")
    os.environ["TRUSTSTORE_PASSWORD"] = "p\u00e4ssw\u00f6rter"
    views = bench.java("s.p12", password="p\u00e4ssw\u00f6rter")
    assert views[0].error
    return _DOCTOR


@case
def key_not_seen(bench: Bench) -> Words:
    p12("-inkey", own("new-root.key"), "-keypbe", "NONE", "-name", "k", certificate=ROOT)
    assert [view.entries for view in bench.java("s.p12")] == [()] * len(bench.jdks)
    return _DOCTOR


@case
def odd_date(bench: Bench) -> Words:
    Path("s.jks").write_bytes(file(trusted(b"a", certificates(G1)[0].der, date=1 << 62)))
    assert [len(view.trusted) for view in bench.java("s.jks")] == [1] * len(bench.jdks)
    return _DOCTOR_JKS


@case
def not_found(_bench: Bench) -> Words:
    Path("roots").mkdir()
    Path("roots/root.pem").write_bytes(ROOT.read_bytes())
    run("openssl", "rehash", "roots")
    Path("roots/another.pem").write_bytes(own("old-root.pem").read_bytes())
    assert "unable to get" in openssl("verify", "-CApath", "roots", "-no-CAfile", own("old-intermediate.pem"))
    assert "OK" in openssl("verify", "-CApath", "roots", "-no-CAfile", INTERMEDIATE)
    return "doctor", "roots"


@case
def lookalike(_bench: Bench) -> Words:
    Path("s.pem").write_bytes(
        ROOT.read_bytes() + own("old-root.pem").read_bytes().replace(b"CERTIFICATE", b"Certificate")
    )
    assert openssl("crl2pkcs7", "-nocrl", "-certfile", "s.pem").startswith("-----BEGIN PKCS7")
    assert "unable to get" in openssl("verify", "-CAfile", "s.pem", own("old-intermediate.pem"))
    return _DOCTOR_PEM


@case
def wrapped(bench: Bench) -> Words:
    run("openssl", "base64", "-in", ROOT, "-out", "s.pem")
    assert "Error loading file" in openssl("verify", "-CAfile", "s.pem", INTERMEDIATE)
    bench.keytool("-importcert", "-alias", "a", "-file", G1, "-keystore", "s.jks", "-storetype", "JKS")
    run("openssl", "base64", "-in", "s.jks", "-out", "s.b64")
    assert all(view.error for view in bench.java("s.b64", "JKS"))
    return "doctor", "s.b64", "s.pem"


@case
def trust_settings(_bench: Bench) -> Words:
    run("openssl", "x509", "-in", ROOT, "-addtrust", "serverAuth", "-trustout", "-out", "s.pem")
    assert "Trusted Uses" in openssl("x509", "-in", "s.pem", "-noout", "-text")
    return _DOCTOR_PEM


@case
def other_content(_bench: Bench) -> Words:
    self_signed("s")
    run("openssl", "req", "-new", "-key", "s.key", "-subj", "/CN=a", "-out", "request.pem")
    Path("s.pem").write_bytes(Path("s.pem").read_bytes() + Path("request.pem").read_bytes())
    return _DOCTOR_PEM


@case
def unreadable_field(bench: Bench) -> Words:
    der = re.sub(rb"\d{12}Z", b"999999999999Z", certificates(G1)[0].der)
    Path("s.jks").write_bytes(raw("jks", [("a", Certificate(der))]))
    assert all(view.error for view in bench.java("s.jks"))
    return _DOCTOR_JKS


@case
def left_out(bench: Bench) -> Words:
    bench.keytool("-genkeypair", "-keyalg", "EC", "-dname", "CN=a", "-alias", "k", "-keystore", "k.p12")
    bench.keytool("-importcert", "-alias", "a", "-file", G1, "-keystore", "k.p12")
    return "import", "s.jks", "k.p12", "--yes"


@case
def passed_over(_bench: Bench) -> Words:
    Path("roots").mkdir()
    Path("roots/root.pem").write_bytes(ROOT.read_bytes())
    Path("roots/README").write_text("what these are")
    return "import", "s.jks", "roots", "--yes"


@case
def read_from(_bench: Bench) -> Words:
    os.environ["SSL_CERT_FILE"] = str(ROOT)
    return "import", "s.jks", "system", "--yes"


def _digest(algorithm: str) -> str:
    return openssl("x509", "-in", ROOT, "-noout", "-fingerprint", f"-{algorithm}").strip().partition("=")[2]


@case
def sha1_expected(_bench: Bench) -> Words:
    return "import", "s.jks", ROOT, "--expect", _digest("sha1")


@case
def expected_missing(_bench: Bench) -> Words:
    return "import", "s.jks", ROOT, "--expect", _digest("sha256"), "--expect", "00" * 32


@case
def password_shown(_bench: Bench) -> Words:
    return "postgres", "explain", "host=db.example.com password=secret"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables that a case sets or takes away are as they were behind it."""
    for name in ("TRUSTSTORE_PASSWORD", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("TRUSTSTORE_PASSWORD", PASSWORD)


@pytest.mark.parametrize("rule", CASES)
@pytest.mark.usefixtures("environment")
def test_a_rule(tool: Tool, jdks: list[Jdk], rule: str) -> None:
    words = CASES[rule](Bench(tool, jdks))
    done = tool(*words, "--json")
    findings = [item for store in done.json.get("stores", ()) for item in store["findings"]] + done.json["findings"]
    found = [item for item in findings if item["rule"] == rule]
    assert found, {item["rule"] for item in findings}
    assert {item["level"] for item in found} <= {RULES[rule].level, "note"}
    if words[0] == "doctor" and RULES[rule].level == "error" and "error" in {item["level"] for item in found}:
        assert done.code in (1, 3)


@cache
def _text(path: str) -> str:
    return (HERE / path).read_text()


def test_a_directory_is_none_to_java_and_a_locked_store_is_not_judged(
    tool: Tool, jdks: list[Jdk], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("roots").mkdir()
    Path("roots/root.pem").write_bytes(ROOT.read_bytes())
    run("openssl", "rehash", "roots")
    bench = Bench(tool, jdks)
    assert bench.default_trust("roots") == bench.default_trust("")
    done = tool("doctor", "roots", "--for", "java17", "--json")
    assert "missing-file-falls-back" in {item["rule"] for item in done.json["stores"][0]["findings"]}
    assert bench.tool("import", "s.p12", G1, "--yes").code == 0
    monkeypatch.delenv("TRUSTSTORE_PASSWORD")
    assert tool("doctor", "s.p12").code == 1


def test_no_rule_is_without_a_test() -> None:
    assert CASES.keys() | ELSEWHERE.keys() == RULES.keys()
    for rule, path in ELSEWHERE.items():
        words = {"other-password": "has another password and keeps it", "sessions-hidden": "hides whether it uses TLS"}
        assert re.search(re.escape(words.get(rule, rule)), _text(path)), rule

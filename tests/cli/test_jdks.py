"""Readers that are named as jdk:/path/to/a/jdk."""

import shutil
from pathlib import Path

import pytest

from tests.cli.harness import Tool
from tests.cli.test_gate import raw, unusable
from tests.realtools import Jdk
from tests.samples import amazon, certificates
from truststore_tool.readers.java.policies import POLICIES

G1 = amazon("rds-ca-rsa2048-g1-us-east-1.pem")


def copied(jdk: Jdk, folder: Path, place: str = "conf", more: str = "") -> Path:
    """The two files of a JDK that are read, in a folder of their own."""
    there = folder / place / "security"
    there.mkdir(parents=True)
    shutil.copy(jdk.home / "release", folder)
    text = (jdk.home / "conf" / "security" / "java.security").read_bytes()
    (there / "java.security").write_bytes(text + more.encode("latin-1"))
    return folder


def test_a_jdk_sees_what_its_release_sees(tool: Tool, jdks: list[Jdk]) -> None:
    assert tool("import", "ours.p12", G1, "--yes").code == 0
    for jdk in jdks:
        name = f"jdk:{jdk.home}"
        release = next(line for line in (jdk.home / "release").read_text().splitlines() if "JAVA_VERSION=" in line)
        done = tool("doctor", "ours.p12", "--for", name, "--for", f"java{release.split(chr(34))[1]}", "--json")
        one, other = done.json["stores"][0]["readers"]
        assert (one.pop("name"), one["anchors"]) == (name, 1)
        other.pop("name")
        assert one == other


@pytest.mark.parametrize("place", ["conf", "jre/lib", "lib"])
def test_what_its_java_security_configures_counts(tool: Tool, jdk: Jdk, tmp_path: Path, place: str) -> None:
    assert tool("import", "ours.jks", G1, "--yes").code == 0
    assert tool("doctor", "ours.jks", "--for", f"jdk:{jdk.home}").code == 0
    more = "\nkeystore.type.compat=no\njdk.certpath.disabledAlgorithms=RSA keySize < 4000\n"
    home = copied(jdk, tmp_path / "jdk", place, more)
    done = tool("doctor", "ours.jks", "--for", f"jdk:{home}", "--json")
    assert done.code == 1
    found = {item["rule"]: item for item in done.json["stores"][0]["findings"]}
    assert found["cannot-open"]["readers"] == [f"jdk:{home}"]
    assert "'RSA keySize < 4000'" in found["disabled-key"]["message"]


def test_policies_are_those_that_are_on(tool: Tool, jdk: Jdk, tmp_path: Path) -> None:
    roots = Path("/etc/ssl/certs/ca-certificates.crt")
    policy = next(policy for policy in POLICIES if policy.name == "ENTRUST_TLS")
    root = next(c for c in certificates(roots) if c.sha256.hex in policy.roots)
    Path("entrust.jks").write_bytes(raw("jks", [("entrust", root)]))

    def concerned(name: str) -> bool:
        findings = tool("doctor", "entrust.jks", "--for", name, "--json").json["stores"][0]["findings"]
        return any(item["rule"] == "distrusted-after" and item["readers"] == [name] for item in findings)

    assert concerned(f"jdk:{copied(jdk, tmp_path / 'as-it-is')}")
    home = copied(jdk, tmp_path / "off", more="\njdk.security.caDistrustPolicies = SYMANTEC_TLS\n")
    assert not concerned(f"jdk:{home}")


def test_the_gate_asks_it(tool: Tool, jdk: Jdk, tmp_path: Path) -> None:
    name = f"jdk:{jdk.home}"
    done = tool("import", "new.jks", unusable("sm2", tmp_path), "--yes", "--for", name)
    assert done.code == 3
    assert name in done.err
    assert not Path("new.jks").exists()
    assert tool("import", "new.jks", G1, "--yes", "--for", name).code == 0
    strict = copied(jdk, tmp_path / "strict", more="\nkeystore.type.compat=false\n")
    before = Path("new.jks").read_bytes()
    done = tool("import", "new.jks", amazon("rds-ca-2019-root.pem"), "--yes", "--for", f"jdk:{strict}")
    assert done.code == 3
    assert Path("new.jks").read_bytes() == before


@pytest.mark.parametrize(
    ("make", "code", "words"),
    [
        (lambda home: shutil.rmtree(home), 3, "there is no such folder"),
        (lambda home: (home / "release").unlink(), 3, "no file called release"),
        (lambda home: (home / "release").write_text("x"), 3, "names no release of Java"),
        (lambda home: (home / "release").write_text('JAVA_VERSION="22.0.1"'), 2, "nobody has looked at Java 22"),
        (lambda home: (home / "conf" / "security" / "java.security").unlink(), 3, "no java.security"),
    ],
)
def test_what_is_no_jdk_is_an_error_with_a_hint(
    tool: Tool, jdk: Jdk, tmp_path: Path, make: object, code: int, words: str
) -> None:
    assert tool("import", "ours.jks", G1, "--yes").code == 0
    home = copied(jdk, tmp_path / "jdk")
    assert callable(make)
    make(home)
    done = tool("doctor", "ours.jks", "--for", f"jdk:{home}")
    assert (done.code, done.out) == (code, "")
    assert words in done.err
    assert "hint:" in done.err
    assert len(done.err.splitlines()) == 2
    assert tool("doctor", "ours.jks", "--for", "jdk:").code == 2

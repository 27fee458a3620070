"""A certificate in DER and in another encoding is one certificate to every command, as to OpenSSL and Java."""

import base64
import subprocess
import sys
from pathlib import Path

import pytest

from tests import encodings
from tests.cli.harness import Tool
from tests.realtools import Jdk, find, run
from tests.samples import certificates, own
from truststore_tool.stores import open_store

ROOT, OTHER = own("old-root.pem"), own("new-root.pem")
DER = certificates(ROOT)[0].der
DIGEST = str(certificates(ROOT)[0].sha256)
SAME = encodings.the_same(DER)
PAIRS = [pair for name in SAME if name != "DER" for pair in (("DER", name), (name, "DER"))]


def rejected(name: str) -> bytes:
    """A block that rejects the root for servers, in that encoding, with openssl's own settings."""
    printed = run(find("openssl"), "x509", "-in", ROOT, "-trustout", "-addreject", "serverAuth")
    marked = base64.b64decode(printed.split(b"-----")[2])
    return encodings.block(SAME[name] + marked.removeprefix(DER), b"TRUSTED CERTIFICATE")


def make_store(kind: str, marked: bytes, plain: bytes) -> tuple[str, str]:
    """A file or directory with both blocks and another root, and the option by which openssl takes it."""
    if kind == "file":
        Path("store.pem").write_bytes(marked + plain + OTHER.read_bytes())
        return "store.pem", "-CAfile"
    Path("store").mkdir()
    for number, data in enumerate((marked, plain)):
        digest = run(find("openssl"), "x509", "-in", ROOT, "-noout", "-subject_hash").decode().strip()
        Path("store", f"{digest}.{number}").write_bytes(data)
    digest = run(find("openssl"), "x509", "-in", OTHER, "-noout", "-subject_hash").decode().strip()
    Path("store", f"{digest}.0").write_bytes(OTHER.read_bytes())
    return "store", "-CApath"


def openssl_trusts(option: str, store: str) -> bool:
    command = [find("openssl"), "verify", "-purpose", "sslserver", "-no_check_time"]
    command += [each for each in ("-no-CAfile", "-no-CApath", "-no-CAstore") if each != f"-no{option}"]
    served = ["-untrusted", str(own("old-chain.pem")), str(own("old-server.pem"))]
    return subprocess.run([*command, option, store, *served], capture_output=True).returncode == 0


@pytest.mark.parametrize("kind", ["file", "directory"])
@pytest.mark.parametrize(("marked", "plain"), PAIRS)
def test_what_is_rejected_in_one_encoding_is_trusted_in_none(tool: Tool, kind: str, marked: str, plain: str) -> None:
    store, option = make_store(kind, rejected(marked), encodings.block(SAME[plain]))
    assert not openssl_trusts(option, store)
    listed = tool("list", store, "--json").json
    assert [len(listed[part]) for part in ("entries", "loose", "distrusted")] == [1, 0, 1]
    [missing] = tool("verify", store, "--expect", DIGEST, "--json").json["missing"]
    assert "rejected" in missing["distrusted"]
    assert "rejected" in tool("verify", store, "--against", ROOT, "--json").json["missing"][0]["distrusted"]
    assert "distrusted" in {item["rule"] for item in tool("doctor", store, "--json").json["stores"][0]["findings"]}
    assert tool("diff", store, OTHER).code == 0
    assert tool("convert", store, "-o", "made.jks").code == 0
    assert tool("bundle", store, "-o", "made.pem").code == 0
    assert tool("export", store, "--all", "-o", "out.pem").code == 0
    assert tool("import", "ks.p12", store, "--yes").code == 0
    for made in ("made.jks", "made.pem", "out.pem", "ks.p12"):
        assert [entry.certificate for entry in open_store(made, "changeit").trusted()] == certificates(OTHER)
    assert tool("import", store, ROOT, "--yes").code == 1


# Not what no Java reads, which is to us no certificate without a frame around it.
@pytest.mark.parametrize("name", [name for name in SAME if name not in ("DER", "a signature of one segment")])
def test_it_is_there_already_in_another_encoding(tool: Tool, name: str) -> None:
    Path("odd.pem").write_bytes(encodings.block(SAME[name]))
    Path("odd.der").write_bytes(SAME[name])
    assert tool("import", "ks", ROOT, "--yes").code == 0
    for odd in ("odd.pem", "odd.der"):
        assert tool("verify", "ks", "--against", odd).code == 0
        assert tool("verify", odd, "--against", "ks", "--exact").code == 0
        assert tool("verify", odd, "--expect", DIGEST).code == 0
        assert tool("diff", "ks", odd).code == 0
        assert tool("scan", odd, "--need", DIGEST).code == 0
        assert "0 added, 1 already there" in tool("import", "ks", odd, "--yes").out
    before = Path("odd.pem").read_bytes()
    done = tool("bundle", ROOT, "odd.der", "-o", "odd.pem", "--json").json
    assert [len(done["added"]), done["present"], done["duplicates"]] == [0, 1, 1]
    assert Path("odd.pem").read_bytes() == before
    Path("both.pem").write_bytes(before + ROOT.read_bytes())
    assert "duplicate" in {item["rule"] for item in tool("doctor", "both.pem", "--json").json["stores"][0]["findings"]}
    assert tool("remove", "both.pem", "--fingerprint", DIGEST).code == 0
    assert Path("both.pem").read_bytes().strip() == b""


@pytest.mark.parametrize("to", ["jks", "pkcs12", "pem", "der", "capath", "pkcs7"])
def test_another_format_has_it_in_der(tool: Tool, jdks: list[Jdk], to: str) -> None:
    for number, name in enumerate(SAME):
        Path("odd.pem").write_bytes(encodings.block(SAME[name]))
        made = f"made{number}.{to}"
        assert tool("convert", "odd.pem", "-o", made, "--to", to).code == 0, name
        [entry] = open_store(made, "changeit").entries
        assert entry.certificates[0].der == DER
        if to in ("jks", "pkcs12"):
            assert DIGEST in run(jdks[0].keytool, "-list", "-keystore", made, "-storepass", "changeit").decode(), name


@pytest.mark.parametrize("name", SAME | encodings.others(DER))
def test_the_shims_print_what_the_real_ones_print(jdks: list[Jdk], tmp_path: Path, name: str) -> None:
    (tmp_path / "c.pem").write_bytes(encodings.block((SAME | encodings.others(DER))[name]))
    lines = (
        (find("openssl"), "openssl", "x509", "-noout", "-fingerprint", "-in", "c.pem"),
        (find("openssl"), "openssl", "x509", "-outform", "DER", "-in", "c.pem"),
        (str(jdks[0].keytool), "keytool", "-printcert", "-file", "c.pem"),
        (str(jdks[0].keytool), "keytool", "-printcert", "-rfc", "-file", "c.pem"),
    )
    for program, shim, *words in lines:
        real, ours = (
            subprocess.run([*command, *words], cwd=tmp_path, capture_output=True)
            for command in ([program], [sys.executable, "-m", "truststore_tool", shim])
        )
        assert (ours.returncode, ours.stdout) == (real.returncode, real.stdout), words

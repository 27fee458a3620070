"""A certificate that its file marks as distrusted is trusted by no command, as OpenSSL does not trust it either."""

import base64
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.harness import Tool, process
from tests.realtools import find, run
from tests.samples import certificates, own
from truststore_tool.stores import open_store

ROOT, OTHER, CHAIN = own("old-root.pem"), own("new-root.pem"), own("old-chain.pem")
DIGEST = str(open_store(ROOT).entries[0].certificates[0].sha256)
PURPOSES = ("serverAuth", "clientAuth", "codeSigning", "emailProtection", "timeStamping", "OCSPSigning")
ANY = "anyExtendedKeyUsage"
SETTINGS = [
    *(("-addreject", purpose) for purpose in (*PURPOSES, ANY)),
    *(("-addtrust", purpose) for purpose in (*PURPOSES, ANY)),
    ("-addtrust", "serverAuth", "-addreject", "serverAuth"),
    ("-addtrust", "serverAuth", "-addreject", "clientAuth"),
    ("-addtrust", "clientAuth", "-addtrust", "serverAuth"),
    ("-addtrust", "clientAuth", "-addtrust", ANY),
    ("-addtrust", "clientAuth", "-addreject", "emailProtection"),
    ("-addtrust", "serverAuth", "-addreject", ANY),
    ("-addreject", "clientAuth", "-addreject", "serverAuth"),
    ("-clrtrust",),
    ("-clrreject",),
    ("-setalias", "root"),
    ("-setalias", "root", "-addreject", "serverAuth"),
    (),
]
# X509_CERT_AUX in hex, made by hand, and how an import ends.
SERVER, CLIENT = "06082b06010505070301", "06082b06010505070302"
ODD_SETTINGS = {
    "3000": 0,  # nothing said
    "30023000": 1,  # a list of trusted purposes, and none in it
    "3002a000": 0,  # no rejected ones
    f"3018300a{SERVER}a00a{CLIENT}": 0,
    f"3018300a{SERVER}a00a{SERVER}": 1,
    f"3018a00a{CLIENT}300a{SERVER}": 3,  # the other way round
    f"300f0c0178a00a{SERVER}": 3,  # behind the alias
    f"300f0c0178300a{SERVER}": 3,
    f"3018300a{CLIENT}300a{SERVER}": 3,  # twice
    f"3018a00a{CLIENT}a00a{SERVER}": 3,
    f"300c310a{SERVER}": 3,  # a SET
    f"300c800a{SERVER}": 1,  # not marked as constructed, for which OpenSSL does not ask
    f"300ca50a{SERVER}": 3,  # an unknown field
    f"300f300a{SERVER}020103": 3,
    "3005300302010a": 3,  # no OID
    "0500": 3,
}
P11_KIT = {
    "x-distrusted: true\n": False,
    "trusted: false\n": False,
    "trusted: true\nx-distrusted: true\n": False,
    "trusted: true\n": True,
    "trusted: true\nx-distrusted: false\n": True,
    "label: trusted: false\n": True,
    "# x-distrusted: true\n": True,
    "  x-distrusted\t:true  \n": False,
    'x-distrusted: "%01"\n': False,
    'trusted: "%01"\nx-distrusted: "%00"\n': True,
    # p11-kit refuses the object, or the whole file.
    "x-distrusted: TRUE\n": False,
    "X-Distrusted: true\n": False,
    "x-distrusted: yes # a comment\n": False,
    "trusted: no\n": False,
}
# Extensions that a p11-kit file attaches to the key of the root, in hex, and whether `trust extract --filter=ca-anchors
# --purpose=server-auth` of p11-kit 0.24.1 then gives it. Rejections, the last two, it only gives to OpenSSL.
EMAIL = "06082b06010505070304"
ATTACHED = {
    f"30130603551d25040c300a{SERVER}": True,
    f"30130603551d25040c300a{EMAIL}": False,
    f"30160603551d250101ff040c300a{EMAIL}": False,  # critical
    f"301d0603551d2504163014{EMAIL}{SERVER}": True,
    "300f0603551d25040830060604551d2500": True,  # any purpose
    "30090603551d2504023000": False,
    f"301a060a2b060104019977060a01040c300a{EMAIL}": True,
    f"301a060a2b060104019977060a01040c300a{SERVER}": False,
}


@pytest.fixture
def marked(tmp_path: Path) -> Callable[..., Path]:
    """Makes a file with the root and these settings of openssl's."""

    def make(*settings: str, name: str = "marked.pem") -> Path:
        run(find("openssl"), "x509", "-in", ROOT, "-trustout", *settings, "-out", tmp_path / name)
        return tmp_path / name

    return make


def openssl_trusts(anchors: Path) -> bool:
    """Whether openssl takes a server's certificate that was issued below these anchors."""
    command = [find("openssl"), "verify", "-purpose", "sslserver", "-no_check_time", "-no-CApath", "-no-CAstore"]
    done = subprocess.run(
        [*command, "-CAfile", anchors, "-untrusted", CHAIN, own("old-server.pem")], capture_output=True
    )
    return done.returncode == 0


@pytest.mark.parametrize("settings", SETTINGS, ids=" ".join)
def test_trust_settings_are_taken_as_openssl_takes_them(
    tool: Tool, marked: Callable[..., Path], settings: tuple[str, ...]
) -> None:
    path = marked(*settings)
    trusted = openssl_trusts(path)
    expected = 0 if trusted else 1
    assert tool("import", "ks", path, "--yes").code == expected
    assert tool("bundle", path, "-o", "chain.pem").code == expected
    assert tool("convert", path, "-o", "made.jks").code == expected
    assert tool("import", "expected", path, "--expect", DIGEST).code == expected
    assert tool("verify", path, "--expect", DIGEST).code == expected
    assert process("bundle", "-", "-o", "-", stdin=path.read_bytes()).code == expected
    assert all(Path(made).exists() == trusted for made in ("ks", "chain.pem", "made.jks", "expected"))
    listed = tool("list", path, "--json")
    assert listed.code == 0
    assert [len(listed.json["entries"]), len(listed.json["distrusted"])] == [trusted, not trusted]


@pytest.mark.parametrize("settings", ODD_SETTINGS)
def test_what_openssl_cannot_read_as_trust_settings_trusts_nobody(tool: Tool, settings: str) -> None:
    der = open_store(ROOT).entries[0].certificates[0].der + bytes.fromhex(settings)
    text = base64.b64encode(der).decode()
    lines = [text[place : place + 64] for place in range(0, len(text), 64)]
    path = Path("odd.pem")
    path.write_text("\n".join(["-----BEGIN TRUSTED CERTIFICATE-----", *lines, "-----END TRUSTED CERTIFICATE-----\n"]))
    done = tool("import", "ks", path, "--yes")
    assert done.code == ODD_SETTINGS[settings]
    assert openssl_trusts(path) == (done.code == 0)
    assert Path("ks").exists() == (done.code == 0)


@pytest.mark.parametrize(("attributes", "trusted"), P11_KIT.items())
@pytest.mark.parametrize("after", [False, True])
def test_attributes_of_p11_kit_count_for_their_object(tool: Tool, attributes: str, trusted: bool, after: bool) -> None:
    head, body = "[p11-kit-object-v1]\n", ROOT.read_text()
    found = head + (body + attributes if after else attributes + body)
    Path("a.p11-kit").write_text(f"{head}class: certificate\ntrusted: true\n{OTHER.read_text()}\n{found}")
    done = tool("import", "ks", "a.p11-kit", "--yes", "--json")
    assert done.code == 0
    assert len(done.json["items"]) == 1 + trusted
    assert len(done.json["left_out"]) == (not trusted)
    assert (DIGEST in done.err) == (not trusted)


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("extension", ATTACHED)
def test_extensions_that_p11_kit_attaches_limit_the_certificates_of_a_key(
    tool: Tool, extension: str, before: bool
) -> None:
    def attached(certificate: Path) -> str:
        key = run(find("openssl"), "x509", "-in", certificate, "-noout", "-pubkey").decode()
        escaped = "".join(f"%{octet:02x}" for octet in bytes.fromhex(extension))
        return f'[p11-kit-object-v1]\nclass: x-certificate-extension\nvalue: "{escaped}"\n{key}'

    root = f"[p11-kit-object-v1]\ntrusted: true\n{ROOT.read_text()}"
    Path("a.p11-kit").write_text(attached(ROOT) + root if before else root + attached(ROOT))
    assert tool("import", "ks", "a.p11-kit", "--yes").code == (0 if ATTACHED[extension] else 1)
    assert Path("ks").exists() == ATTACHED[extension]
    Path("a.p11-kit").write_text(attached(OTHER) + root)
    assert tool("import", "ks", "a.p11-kit", "--yes").code == 0


def test_what_is_left_out_is_named_and_counted(tool: Tool, marked: Callable[..., Path]) -> None:
    path = marked("-addreject", "serverAuth")
    path.write_bytes(path.read_bytes() + OTHER.read_bytes())
    for command in (["import", "ks", str(path), "--yes"], ["bundle", str(path), "-o", "x.pem"]):
        done = tool(*command, "--json")
        assert done.code == 0
        [left] = done.json["left_out"]
        assert DIGEST in left["what"]
        assert DIGEST in done.err
    done = tool("convert", path, "-o", "x.jks", "--json")
    assert done.code == 0
    assert DIGEST in done.json["left_out"][0]
    assert all(DIGEST not in str(e.certificates[0].sha256) for e in open_store("x.jks", "changeit").entries)
    assert "distrusted" in tool("list", path).out
    assert "Distrusted:" in tool("list", "-v", path).out
    other = str(open_store(OTHER).entries[0].certificates[0].sha256)
    assert "distrusted" in tool("verify", path, "--expect", other).out
    assert tool("import", "new", path, "--expect", other).code == 0
    assert tool("import", "new", path, "--expect", other, "--expect", DIGEST).code == 1
    assert tool("bundle", path, "-o", "new.pem", "--expect", other, "--expect", DIGEST).code == 1
    assert not Path("new.pem").exists()


def test_no_other_file_makes_a_distrusted_certificate_trusted(tool: Tool, marked: Callable[..., Path]) -> None:
    Path("folder").mkdir()
    marked("-addreject", "serverAuth", name="folder/a.pem")
    Path("folder/b.pem").write_bytes(ROOT.read_bytes())
    Path("folder/c.pem").write_bytes(OTHER.read_bytes())
    done = tool("import", "ks", "folder", "--yes", "--json")
    assert done.code == 0
    assert [item["certificate"]["sha256"] == DIGEST for item in done.json["items"]] == [False]
    assert tool("import", "new", "folder/a.pem", "folder/c.pem", "folder/b.pem", "--yes").code == 1
    both = Path("both.pem")
    both.write_bytes(Path("folder/a.pem").read_bytes() + ROOT.read_bytes())
    assert tool("import", "new", both, "--yes").code == 1
    assert not Path("new").exists()


def test_distrust_stays_in_a_file_that_is_changed(tool: Tool, marked: Callable[..., Path]) -> None:
    path = marked("-addreject", "serverAuth")
    before = path.read_bytes()
    assert tool("bundle", OTHER, "-o", path).code == 0
    assert path.read_bytes().startswith(before)
    assert not openssl_trusts(path)
    kept = path.read_bytes()
    assert tool("bundle", ROOT, "-o", path).code == 1
    assert tool("import", path, ROOT, "--yes").code == 1
    assert path.read_bytes() == kept


def test_distrust_stays_in_a_directory_that_is_changed(tool: Tool, marked: Callable[..., Path]) -> None:
    Path("roots").mkdir()
    digest = run(find("openssl"), "x509", "-in", ROOT, "-noout", "-subject_hash").decode().strip()
    path = marked("-addreject", "serverAuth", name=f"roots/{digest}.0")
    before = path.read_bytes()
    listed = tool("list", "roots", "--json").json
    assert [len(listed["entries"]), len(listed["loose"]), len(listed["distrusted"])] == [0, 0, 1]
    assert tool("import", "roots", OTHER, "--yes").code == 0
    assert tool("import", "roots", ROOT, "--yes").code == 1
    assert tool("remove", "roots", "--fingerprint", str(open_store(OTHER).entries[0].certificates[0].sha256)).code == 0
    assert path.read_bytes() == before
    assert [each.name for each in Path("roots").iterdir()] == [path.name]
    command = [find("openssl"), "verify", "-purpose", "sslserver", "-no_check_time", "-no-CAfile", "-no-CAstore"]
    served = [*command, "-CApath", "roots", "-untrusted", str(CHAIN), str(own("old-server.pem"))]
    assert subprocess.run(served, capture_output=True).returncode != 0
    path.write_bytes(ROOT.read_bytes())
    assert subprocess.run(served, capture_output=True).returncode == 0


def test_an_expected_certificate_that_is_distrusted_is_missing_for_that_reason(
    tool: Tool, marked: Callable[..., Path]
) -> None:
    path = marked("-addreject", "serverAuth")
    for expected in (("--expect", DIGEST), ("--against", ROOT)):
        done = tool("verify", path, *expected, "--json")
        assert done.code == 1
        [missing] = done.json["missing"]
        assert [missing["expected"], missing["certificate"]["sha256"]] == [DIGEST, DIGEST]
        assert "rejected for server authentication" in missing["distrusted"]
        shown = tool("verify", path, *expected).out
        assert [line.split()[0] for line in shown.splitlines()] == ["MISSING", "0"]
        assert "rejected for server authentication" in shown
    done = tool("verify", OTHER, "--expect", DIGEST, "--json")
    assert [item["distrusted"] for item in done.json["missing"]] == [None]


def test_nothing_distrusted_is_exported(tool: Tool, marked: Callable[..., Path]) -> None:
    path = marked("-addreject", "serverAuth")
    for which in (["--all"], ["--fingerprint", DIGEST]):
        done = tool("export", path, *which, "-o", "out.pem")
        assert done.code == 1
        assert "distrusted" in done.err
        assert not Path("out.pem").exists()
    path.write_bytes(path.read_bytes() + OTHER.read_bytes())
    assert tool("export", path, "--all", "-o", "out.pem").code == 0
    assert run(find("openssl"), "x509", "-in", "out.pem", "-noout", "-fingerprint") == run(
        find("openssl"), "x509", "-in", OTHER, "-noout", "-fingerprint"
    )
    assert Path("out.pem").read_text().count("BEGIN") == 1


def test_a_fingerprint_is_shown_of_what_is_distrusted(tool: Tool, marked: Callable[..., Path]) -> None:
    path = marked("-addreject", "serverAuth")
    path.write_bytes(path.read_bytes() + OTHER.read_bytes())
    done = tool("fingerprint", path, "--json")
    assert done.code == 0
    assert sorted(item["fingerprint"] == DIGEST for item in done.json["fingerprints"]) == [False, True]
    [item] = done.json["distrusted"]
    assert DIGEST in item["what"]
    assert done.json["left_out"] == []
    assert "distrusted" in done.err
    assert tool("fingerprint", marked("-addreject", "serverAuth")).code == 0


def test_a_pipeline_goes_on_without_what_is_distrusted(tool: Tool, marked: Callable[..., Path]) -> None:
    path = marked("-addreject", "serverAuth")
    assert tool("import", "ks", path, OTHER, "--yes").code == 1
    done = tool("import", "ks", path, OTHER, "--yes", "--skip-unreadable", "--json")
    assert done.code == 0
    assert [len(done.json["items"]), len(done.json["left_out"])] == [1, 1]
    assert tool("import", "ks", path, "--yes", "--skip-unreadable").code == 1
    assert tool("verify", "ks", "--against", path, "--skip-unreadable").code == 1


def test_a_new_certificate_is_an_object_of_its_own_in_a_file_of_p11_kit(tool: Tool) -> None:
    path = Path("a.pem")
    path.write_text(f"[p11-kit-object-v1]\nx-distrusted: true\n{ROOT.read_text()}")
    before = path.read_bytes()
    assert tool("bundle", OTHER, "-o", path).code == 0
    added = path.read_bytes().removeprefix(before).decode()
    assert added.startswith("[p11-kit-object-v1]\ntrusted: true\n-----BEGIN CERTIFICATE-----\n")
    listed = tool("list", path, "--json").json
    assert [len(listed["entries"]), len(listed["distrusted"])] == [1, 1]
    assert tool("remove", path, "--fingerprint", listed["entries"][0]["certificates"][0]["sha256"]).code == 0
    assert len(tool("list", path, "--json").json["distrusted"]) == 1


@pytest.mark.parametrize("rejected", ["der", "ber"])
@pytest.mark.parametrize("trusted", ["der", "ber"])
def test_however_the_same_certificate_is_encoded(tmp_path: Path, trusted: str, rejected: str) -> None:
    der = certificates(OTHER)[0].der
    encoded = {"der": der, "ber": b"\x30\x80" + der[4:] + b"\0\0"}
    run(find("openssl"), "x509", "-in", OTHER, "-addreject", "serverAuth", "-trustout",
        "-out", tmp_path / "openssl.pem")  # fmt: skip
    text = (tmp_path / "openssl.pem").read_bytes().split(b"-----")[2]
    settings = base64.b64decode(text).removeprefix(der)
    kept = ROOT.read_bytes()
    (tmp_path / "source.pem").write_bytes(
        kept + block(b"CERTIFICATE", encoded[trusted]) + block(b"TRUSTED CERTIFICATE", encoded[rejected] + settings)
    )
    done = process("import", "store.jks", "source.pem", "--yes", cwd=tmp_path, env={"TRUSTSTORE_PASSWORD": "changeit"})
    assert done.code == 0, done.err
    held = [entry.certificate for entry in open_store(tmp_path / "store.jks", "changeit").trusted()]
    assert held == certificates(ROOT)


def block(label: bytes, data: bytes) -> bytes:
    return b"-----BEGIN %b-----\n%b-----END %b-----\n" % (label, base64.encodebytes(data), label)

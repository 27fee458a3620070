"""What is handed in by mistake gets one line that names it, and the way out; what is only wrapped is read."""

import base64
import json
from pathlib import Path
from typing import Final

import pytest

from tests import inputs, inputs_page
from tests.cli.harness import Tool
from tests.samples import SAMPLES, own
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.stores import open_store

# What each line must say, whatever else it says.
SAYS: Final = {
    "an HTML page: a proxy or a login answered": ("HTML", "Sign in to Artifactory"),
    "an XML answer of an object store": ("XML", "AccessDenied"),
    "a JSON answer of an API": ("JSON", "Not Found"),
    "other JSON": ("JSON", "Certificates"),
    "a pointer of Git LFS": ("Git LFS", "git lfs pull"),
    "a PEM compressed with gzip": ("gzip", "PEM"),
    "a tar archive compressed with gzip": ("tar", "gzip", "certs/root.pem", "certs/issuing.pem"),
    "a tar archive": ("tar", "certs/root.pem", "certs/issuing.pem"),
    "a ZIP archive": ("ZIP", "root.crt", "README.txt"),
    "a PEM compressed with xz": ("xz -d",),
    "a PEM compressed with bzip2": ("bzip2 -d",),
    "a PEM compressed with zstd": ("zstd -d",),
    "a JKS that Maven filtered as a resource": ("U+FFFD", "Maven"),
    "a JKS that was taken for Latin-1": ("Latin-1",),
    "a JKS whose line ends git changed": ("line ends", ".gitattributes"),
    "a truncated JKS": ("cut short", "the file has 300"),
    "a truncated PKCS#12": ("PKCS#12", "cut short", "the file has 500"),
    "a truncated certificate": ("cut short", "says 857 bytes", "the file has 300"),
    "a certificate request": ("certificate request", "authority"),
    "a certificate request in DER": ("certificate request", "authority"),
    "a revocation list": ("CRL",),
    "a revocation list in DER": ("CRL",),
    "a public key": ("public key",),
    "a public key in DER": ("public key",),
    "a private key alone": ("private key",),
    "a private key in DER": ("private key",),
    "a public key of SSH": ("SSH",),
    "a private key of SSH": ("SSH",),
    "a key of PGP": ("PGP",),
    "a Secret of Kubernetes, whole": ("Secret of Kubernetes", "ca.crt", "kubectl"),
    "a kubeconfig": ("kubeconfig", "certificate-authority-data"),
    "the configuration of Docker": ("Docker",),
    "a file encrypted by Ansible Vault": ("Ansible Vault", "ansible-vault view"),
    "what `openssl x509 -text -noout` prints": ("openssl", "-noout"),
    "what `keytool -list` prints": ("keytool", "-rfc"),
    "a shortcut of Windows": ("shortcut",),
    "a serialized store of Windows": (".sst", ".p7b"),
    "the database of NSS (Firefox)": ("NSS", "certutil"),
    "a wallet of Oracle": ("Oracle", "ewallet.p12"),
    "an empty file": ("empty",),
    "any other text": ("no known trust store",),
}
WRONG: Final = {item.what: item for item in inputs.wrong()}
WRAPPED: Final = {item.what: item for item in inputs.wrapped()}
ROOT: Final = own("new-root.pem")
# The commands that read such a file, and what is FILE in each.
READERS: Final = (
    ("import", "new.jks", "FILE", "--yes"),
    ("bundle", "FILE", "-o", "new.pem"),
    ("convert", "FILE", "-o", "new.p12"),
    ("list", "FILE"),
    ("fingerprint", "FILE"),
    ("verify", "FILE", "--expect", 64 * "0"),
    ("verify", str(ROOT), "--against", "FILE"),
    ("diff", str(ROOT), "FILE"),
    ("export", "FILE", "--all"),
)


def placed(item: inputs.Input) -> str:
    """The file, in the present folder."""
    Path(item.name).write_bytes(item.data)
    return item.name


def test_nothing_is_left_out_here() -> None:
    assert SAYS.keys() == WRONG.keys()


@pytest.mark.parametrize("what", WRONG)
def test_every_reader_names_it_in_one_line(tool: Tool, what: str) -> None:
    name = placed(WRONG[what])
    for command in READERS:
        done = tool(*(name if word == "FILE" else word for word in command))
        assert done.code == 3, command
        lines = done.err.splitlines()
        assert [line.split(":")[0] for line in lines] == ["error", "hint"], (command, lines)
        assert name in lines[0]
        assert all(part in done.err for part in SAYS[what]), (command, lines)
    assert sorted(path.name for path in Path().iterdir()) == [name]


@pytest.mark.parametrize("what", WRAPPED)
def test_what_is_wrapped_is_read_with_a_note(tool: Tool, what: str) -> None:
    name = placed(WRAPPED[what])
    done = tool("import", "new.jks", name, "--yes", "--include-chains")
    assert done.code == 0, done.err
    assert "programs do not read" in done.err
    wanted = Fingerprint.of(inputs.DER)
    assert any(wanted.matches(c.der) for c in open_store("new.jks", "changeit").all_certificates())


@pytest.mark.parametrize("what", WRAPPED)
def test_the_gate_holds_for_what_is_wrapped(tool: Tool, what: str) -> None:
    name = placed(WRAPPED[what])
    assert tool("import", "new.jks", name, "--include-chains").code == 2  # nobody is there to say yes
    assert tool("import", "new.jks", name, "--include-chains", "--expect", 64 * "0").code == 1
    assert not Path("new.jks").exists()


@pytest.mark.parametrize("what", WRAPPED)
def test_what_is_wrapped_is_no_target(tool: Tool, what: str) -> None:
    name = placed(WRAPPED[what])
    before = Path(name).read_bytes()
    for command in (
        ("import", name, str(ROOT), "--yes"),
        ("remove", name, "--alias", "rds-root"),
        ("bundle", str(ROOT), "-o", name),
        ("passwd", name, "--no-password"),
        ("doctor", name, "--fix", "--yes"),
    ):
        done = tool(*command)
        assert done.code in (2, 3), (command, done.err)
        assert "convert" in done.err or command[0] == "bundle", (command, done.err)
        assert Path(name).read_bytes() == before
    assert tool("convert", name, "-o", "plain.p12").code == 0
    assert tool("import", "plain.p12", SAMPLES / "own" / "old-root.pem", "--yes").code == 0


def test_a_page_named_pem_is_no_empty_bundle(tool: Tool) -> None:
    name = placed(WRONG["an HTML page: a proxy or a login answered"])
    before = Path(name).read_bytes()
    assert tool("import", name, ROOT, "--yes").code == 3
    assert tool("bundle", ROOT, "-o", name).code == 3
    assert Path(name).read_bytes() == before


def test_a_bomb_is_not_unpacked() -> None:
    """A gigabyte of zeros in a megabyte: only its beginning is looked at."""
    import tracemalloc
    import zlib

    from truststore_tool import meant

    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(1 << 10)) + packer.flush()
    tracemalloc.start()
    found = meant.recognised(bomb)
    assert found is not None
    assert "gzip" in found.what
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def test_the_page_is_not_stale() -> None:
    assert (SAMPLES.parent / "docs" / "inputs.md").read_text() == inputs_page.page()


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (WRAPPED["a PEM in UTF-16, as PowerShell writes it"], "it is text in UTF-16"),
        (WRAPPED["base64 of a certificate, without BEGIN lines"], "it is base64"),
        (WRONG["an HTML page: a proxy or a login answered"], "it is an HTML page"),
        (WRONG["a certificate request"], "it is a certificate request"),
    ],
)
def test_clients_read_nothing_of_it_and_it_is_said_what_it_is(tool: Tool, file: inputs.Input, says: str) -> None:
    path = Path(placed(file)).absolute()
    for settings in (
        f"host=db.example.com sslmode=verify-full sslrootcert={path}",
        f"jdbc:postgresql://db.example.com/app?sslmode=verify-full&sslrootcert={path}",
    ):
        done = tool("postgres", "explain", settings)
        assert done.code == 1
        assert says in done.out
    assert tool("postgres", "snippet", "psql", "--bundle", path).code == 3


@pytest.mark.parametrize("what", WRAPPED)
def test_doctor_finds_that_programs_do_not_read_it(tool: Tool, what: str) -> None:
    """That real programs do not is measured in readers/test_rules.py, and by ``doctor --measure``."""
    done = tool("doctor", placed(WRAPPED[what]), "--for", "all", "--json")
    assert done.code == 1
    (store,) = done.json["stores"]
    assert "wrapped" in {item["rule"] for item in store["findings"]}
    openers = {seen["name"] for seen in store["readers"] if seen["loads"]}
    assert {name for name in openers if not name.startswith("node")} == set()
    assert not any(seen["anchors"] for seen in store["readers"])


def test_a_wrapped_file_is_not_the_same_as_what_is_in_it(tool: Tool) -> None:
    name = placed(WRAPPED["a PEM in UTF-16, as PowerShell writes it"])
    assert tool("convert", ROOT, "-o", name).code == 2
    assert tool("convert", name, "-o", name, "--backup").code == 0
    assert tool("doctor", name).code == 0


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem", "nothing is fetched"),
        ("s3://bucket/root.pem", "nothing is fetched"),
        ("file:///etc/ssl/certs/ca-certificates.crt", "without file:"),
        ("db.example.com:5432", "postgres probe"),
        ("~/root.pem", "not quoted"),
        ("$HOME/root.pem", "single quotes"),
    ],
)
def test_a_name_that_is_no_path_is_explained(tool: Tool, name: str, says: str) -> None:
    for command in (("import", "new.jks", name, "--yes"), ("list", name), ("convert", name, "-o", "new.p12")):
        done = tool(*command)
        assert done.code == 3
        assert says in done.err
        assert [line.split(":")[0] for line in done.err.splitlines()] == ["error", "hint"]


@pytest.mark.parametrize("word", ["system", "certifi"])
def test_roots_that_are_only_read_are_no_target(tool: Tool, word: str) -> None:
    for command in (
        ("import", word, ROOT, "--yes"),
        ("bundle", ROOT, "-o", word),
        ("convert", ROOT, "-o", word),
        ("remove", word, "--expired"),
        ("rename", word, "a", "b"),
        ("doctor", word, "--fix", "--yes"),
    ):
        done = tool(*command)
        assert done.code == 2, command
        assert "only read" in done.err
    assert list(Path().iterdir()) == []
    assert tool("import", Path(word).absolute(), ROOT, "--yes").code == 0
    assert tool("rename", word, "rds-root", "b").code == 0  # it is there: the file is meant


def test_standard_input_is_no_target_and_is_read_once(tool: Tool) -> None:
    for command in (
        ("import", "-", ROOT, "--yes"),
        ("remove", "-", "--expired"),
        ("rename", "-", "a", "b"),
        ("passwd", "-"),
    ):
        done = tool(*command, stdin=ROOT.read_bytes())
        assert done.code == 2, command
        assert "standard input is only read" in done.err
    assert list(Path().iterdir()) == []
    for command in (("diff", "-", "-"), ("verify", "-", "--against", "-")):
        done = tool(*command, stdin=ROOT.read_bytes())
        assert done.code == 3
        assert "can be read once only" in done.err
    assert "standard input is empty" in tool("list", "-").err


def test_a_file_where_a_fingerprint_is_wanted_leads_to_verify(tool: Tool) -> None:
    done = tool("import", "new.jks", ROOT, "--expect", ROOT)
    assert done.code == 2
    assert "--against" in done.err


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("a certificate request", "certificate request"),
        ("a public key", "public key"),
        ("a public key of SSH", "SSH"),
        ("an HTML page: a proxy or a login answered", "HTML"),
        ("a ZIP archive", "ZIP"),
        ("a Secret of Kubernetes, whole", "Secret of Kubernetes"),
    ],
)
def test_what_is_no_key_is_named_where_a_key_is_read(tool: Tool, what: str, says: str) -> None:
    name = placed(WRONG[what])
    done = tool("convert", own("new-server.pem"), "--key", name, "-o", "new.p12")
    assert done.code == 3
    assert says in done.err


def test_a_certificate_or_a_store_is_no_key(tool: Tool) -> None:
    assert tool("import", "trust.p12", ROOT, "--yes").code == 0
    for name, says in ((ROOT, "PEM"), ("trust.p12", "by itself")):
        done = tool("convert", own("new-server.pem"), "--key", name, "-o", "new.p12")
        assert done.code == 3
        assert says in done.err


@pytest.mark.parametrize("encode", ["utf-16", "base64", "escapes", "crlf"])
def test_a_wrapped_key_is_read(tool: Tool, encode: str) -> None:
    text = inputs.KEY.decode()
    Path("key").write_bytes(
        {
            "utf-16": text.encode("utf-16"),
            "base64": base64.b64encode(inputs.KEY),
            "escapes": json.dumps({"key": text}).encode(),
            "crlf": b"\xef\xbb\xbf" + inputs.KEY.replace(b"\n", b"\r\n"),
        }[encode]
    )
    done = tool("convert", own("new-chain.pem"), "--key", "key", "-o", "new.p12")
    assert done.code == 0, done.err
    assert [entry.kind for entry in open_store("new.p12", "changeit").entries] == ["private-key"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"\xff\xfec\0h\0\n\0", "UTF-16"),
        (b"\xef\xbb\xbfchangeit\n", "byte order mark"),
        (b"-----BEGIN CERTIFICATE-----\n", "PEM"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"<!DOCTYPE html>\n", "HTML"),
    ],
)
def test_a_password_file_that_holds_none_is_named(tool: Tool, line: bytes, says: str) -> None:
    Path("password").write_bytes(line)
    Path("password").chmod(0o600)
    done = tool("import", "new.jks", ROOT, "--yes", "--password-file", "password")
    assert done.code == 2
    assert says in done.err
    assert not Path("new.jks").exists()


def test_odd_passwords_stay_passwords(tool: Tool) -> None:
    for password in ("<secret>", '{"a": 1}', "$HOME!", "Q29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZSBDb3JyZWN0"):
        Path("password").write_text(password + "\n")
        Path("password").chmod(0o600)
        assert tool("import", "new.jks", ROOT, "--yes", "--password-file", "password").code == 0
        assert open_store("new.jks", password).integrity == "verified"
        Path("new.jks").unlink()


@pytest.mark.parametrize(
    "data",
    [
        b"x\\n -----BEGIN A-----" + b"A\\n" * (1 << 20),
        b"-----BEGIN A-----" + b"\\" * (1 << 20) + b"-----END A-----",
        b"<html>" + b"<title " * (1 << 17),
        b"QUJD= " * (1 << 17),
        b'{"a":' * (1 << 18),
    ],
    ids=["no end", "backslashes", "titles", "paddings", "nested"],
)
def test_hostile_texts_cost_no_more_than_their_size(data: bytes) -> None:
    """Each of these would take hours, or all memory, if a part of it were gone over again and again."""
    import tracemalloc

    from truststore_tool import formats, meant

    tracemalloc.start()
    meant.recognised(data)
    assert formats.unwrapped(data)[0] == data
    assert tracemalloc.get_traced_memory()[1] < 256 << 20
    tracemalloc.stop()

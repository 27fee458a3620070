"""What a source holds is read, or the command ends; what is found nowhere is no success."""

import gzip
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.harness import Tool
from tests.realtools import find
from tests.samples import RDS_2019_SHA256, amazon, certificates, own
from truststore_tool.stores import open_store, save_store

RDS = amazon("rds-ca-2019-root.pem")
G1 = amazon("rds-ca-rsa2048-g1-us-east-1.pem")
OLD, NEW = certificates(RDS)[0], certificates(G1)[0]
PEM = RDS.read_bytes()
BODY = b"".join(line for line in G1.read_bytes().splitlines(True) if b"-----" not in line)


def openssl(*arguments: str | Path, data: bytes = b"") -> bytes:
    """What openssl makes of its input."""
    return subprocess.run([find("openssl"), *arguments], input=data, capture_output=True, check=True).stdout


def jks(tmp_path: Path) -> bytes:
    """A JKS that holds the new root."""
    save_store(open_store(G1), tmp_path / "made.jks", "changeit", format="jks")
    return (tmp_path / "made.jks").read_bytes()


# Each holds a certificate that a reader of PEM does not see.
HIDDEN: dict[str, Callable[[Path], bytes]] = {
    "der": lambda _: NEW.der,
    "p7b": lambda _: openssl("crl2pkcs7", "-nocrl", "-certfile", G1, "-outform", "DER"),
    "jks": jks,
    "gzip": lambda _: gzip.compress(G1.read_bytes()),
    "utf-16": lambda _: G1.read_text().encode("utf-16"),
    "bare base64": lambda _: BODY,
    "bare base64, CRLF": lambda _: BODY.replace(b"\n", b"\r\n"),
    "bare base64, indented": lambda _: b"".join(b"    " + line for line in BODY.splitlines(True)),
    "base64 on one line": lambda _: BODY.replace(b"\n", b""),
    "four dashes": lambda _: G1.read_bytes().replace(b"-----", b"----"),
    "quoted mail": lambda _: b"\0" + BODY,
}
HARMLESS = {
    "comments": b"# Amazon RDS, fetched on a Monday\n",
    "latin-1": "# Autorité racine\n".encode("latin-1"),
    "a ruler": b"=" * 60 + b"\n" + b"/" * 60 + b"\n" + b"-" * 70 + b"\n",
    "bag attributes": b"Bag Attributes\n    friendlyName: root\nsubject=C = US\n\nissuer=C = US\n",
    "CRLF": b"one\r\ntwo\r\n",
    "a digest": b"f254c7d5e923b5b7510cd79ef7777c1ca7e64a3c972ee40d645478fc70aad008\n",
    "a digest in openssl's text": b"            ca:fe\n        caca62860405f0f59b38d22c3c8c650fc6baa53c\n",
    "an end of file of DOS": b"\n\x1a\n",
}


@pytest.mark.parametrize("form", HIDDEN)
@pytest.mark.parametrize("first", [True, False], ids=["before", "behind"])
@pytest.mark.parametrize(
    "command",
    [
        ("import", "new.jks", "both", "--yes"),
        ("bundle", "both", "-o", "new.pem"),
        ("convert", "both", "-o", "new.p12"),
        ("verify", str(RDS), "--against", "both"),
        ("fingerprint", "both"),
    ],
    ids=lambda words: words[0],
)
def test_a_source_is_read_whole_or_the_command_ends(
    tool: Tool, tmp_path: Path, form: str, first: bool, command: tuple[str, ...]
) -> None:
    hidden = HIDDEN[form](tmp_path)
    Path("both").write_bytes(hidden + PEM if first else PEM + b"\n" + hidden)
    before = sorted(Path().iterdir())
    done = tool(*command)
    assert done.code == 3
    assert "both" in done.err
    assert "Traceback" not in done.err
    assert sorted(Path().iterdir()) == before


@pytest.mark.parametrize("form", [form for form in HIDDEN if form != "quoted mail"])
def test_what_is_not_read_may_be_left_out_and_is_named_and_counted(tool: Tool, tmp_path: Path, form: str) -> None:
    Path("both").write_bytes(PEM + HIDDEN[form](tmp_path))
    done = tool("bundle", "both", "-o", "new.pem", "--skip-unreadable", "--json")
    assert done.code == 0
    assert [item["source"] for item in done.json["left_out"]] == ["both"]
    assert "left out of the sources: 1" in done.err
    assert certificates(Path("new.pem")) == [OLD]


def test_a_file_that_is_damaged_is_left_out_and_the_others_are_taken(tool: Tool) -> None:
    Path("damaged.pem").write_bytes(PEM[:400] + PEM[500:])
    assert tool("import", "ks", "damaged.pem", G1, "--yes").code == 3
    done = tool("import", "ks", "damaged.pem", G1, "--yes", "--skip-unreadable", "--json")
    assert done.code == 0
    assert done.json["left_out"][0]["source"] == "damaged.pem"
    assert [entry.certificate for entry in open_store("ks", "changeit").trusted()] == [NEW]
    done = tool("import", "ks2", "damaged.pem", "--yes", "--skip-unreadable")
    assert done.code == 3
    assert not Path("ks2").exists()


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS.keys())
def test_text_around_blocks_is_no_loss(tool: Tool, text: bytes) -> None:
    Path("with-text.pem").write_bytes(b"\xef\xbb\xbf" + text + PEM + text + G1.read_bytes() + text)
    done = tool("bundle", "with-text.pem", "-o", "new.pem")
    assert done.code == 0
    assert certificates(Path("new.pem")) == [OLD, NEW]


def made_by_openssl(tmp_path: Path) -> dict[str, bytes]:
    """Blocks that are no certificates, by what we call them."""
    key = tmp_path / "key"
    key.write_bytes(openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"))
    aes = ("-aes128", "-passout", "pass:changeit")
    return {
        "private key": key.read_bytes(),
        "encrypted private key": openssl("pkey", "-in", key, *aes),
        "old encrypted private key": openssl("ec", "-in", key, *aes),
        "public key": openssl("pkey", "-in", key, "-pubout"),
        "certificate request": openssl("req", "-new", "-key", key, "-subj", "/CN=x"),
        "set of parameters": openssl("ecparam", "-name", "prime256v1"),
    }


def test_known_blocks_are_named_and_no_error(tool: Tool, tmp_path: Path) -> None:
    for name, block in made_by_openssl(tmp_path).items():
        called = "private key" if name.endswith("private key") else name
        Path("other").write_bytes(block)
        Path("both").write_bytes(block + PEM)
        done = tool("bundle", "both", "-o", "-")
        assert (done.code, f"holds beside certificates: 1 {called}" in done.err) == (0, True), name
        for command in [
            ("convert", "other", "-o", "new.jks"),
            ("convert", "other", "-o", "new.pem"),
            ("import", "new.jks", "other", "--yes"),
            ("bundle", "other", "-o", "new.pem"),
            ("list", "other"),
            ("export", "other", "--all"),
            ("verify", "other", "--against", str(RDS)),
        ]:
            done = tool(*command)
            assert done.code == 3, (name, command)
            assert called in done.err, (name, command)
            assert not list(Path().glob("new*"))


def test_a_store_of_keys_only_gives_no_empty_file(tool: Tool) -> None:
    key, chain = own("new-server.key"), own("new-server.pem")
    openssl("pkcs12", "-export", "-inkey", key, "-in", chain, "-passout", "pass:changeit", "-out", "keys.p12")
    for command in [
        ("convert", "keys.p12", "-o", "new.pem", "--certificates-only"),
        ("convert", "keys.p12", "-o", "new.jks", "--certificates-only"),
        ("export", "keys.p12", "--all", "-o", "new.pem"),
    ]:
        done = tool(*command)
        assert done.code == 3, command
        assert not list(Path().glob("new*"))
    assert tool("convert", "keys.p12", "-o", "new.jks").code == 0


def test_an_empty_store_stays_one(tool: Tool) -> None:
    assert tool("import", "one.jks", RDS, "--yes").code == 0
    assert tool("remove", "one.jks", "--alias", "rds-root").code == 0
    done = tool("convert", "one.jks", "-o", "empty.p12")
    assert done.code == 0
    assert "empty store" in done.err
    assert tool("list", "empty.p12").out == "pkcs12, integrity verified: 0 trusted certificates; 0 expired\n"


@pytest.mark.parametrize("text", [b"", b"# our roots\n"])
def test_a_pem_whose_last_certificate_went_takes_the_next_one(tool: Tool, text: bytes) -> None:
    Path("chain.pem").write_bytes(text + PEM)
    assert tool("remove", "chain.pem", "--fingerprint", RDS_2019_SHA256).code == 0
    assert Path("chain.pem").read_bytes() == text + b"\n"
    assert tool("import", "chain.pem", G1, "--yes").code == 0
    assert Path("chain.pem").read_bytes().startswith(text)
    assert certificates(Path("chain.pem")) == [NEW]
    assert openssl("x509", "-in", "chain.pem", "-outform", "DER") == NEW.der


def test_a_store_or_text_without_that_name_is_no_empty_pem(tool: Tool) -> None:
    for name in ("notes.txt", "clientkeystore", "store.jks"):
        Path(name).write_bytes(b"")
        assert tool("import", name, G1, "--yes").code == 3
        assert Path(name).read_bytes() == b""
    Path("notes.pem").write_bytes(b"\0 no text")
    assert tool("import", "notes.pem", G1, "--yes").code == 3

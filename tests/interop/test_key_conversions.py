"""Keys as people have them into every format that takes keys, each cell of the table tried with the real readers."""

import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.harness import process
from tests.realtools import JavaView, Jdk, Request, find, run
from tests.samples import certificates, own
from truststore_tool.cli import run as command_line

SECRET = "own-secret"
STORE = "changeit"
ISSUERS = [own("new-intermediate.pem"), own("new-root.pem")]
OUTPUTS = {"p12": "PKCS12", "jks": "JKS", "jceks": "JCEKS", "pem": None}
# How each kind of key file is made: words of openssl that write it to {out}, from a key in PKCS#8 at {key}.
_EC = ["ecparam", "-name", "prime256v1", "-genkey"]
_RSA = ["genpkey", "-algorithm", "RSA"]
KINDS = {
    "PKCS#8 of RSA": (_RSA, ["pkey"]),
    "PKCS#8 of RSA in DER": (_RSA, ["pkey", "-outform", "DER"]),
    "PKCS#1": (_RSA, ["rsa", "-traditional"]),
    "PKCS#1 in DER": (_RSA, ["rsa", "-traditional", "-outform", "DER"]),
    "SEC1 with its parameters": (_EC, None),
    "PKCS#8 of EC": (_EC, ["pkey"]),
    "Ed25519": (["genpkey", "-algorithm", "ed25519"], None),
    "DSA": (["dsaparam", "-genkey", "2048"], ["dsa"]),
    "encrypted PKCS#8": (_EC, ["pkcs8", "-topk8", "-v2", "aes-256-cbc"]),
    "encrypted PKCS#8 in DER": (_EC, ["pkcs8", "-topk8", "-outform", "DER"]),
    "encrypted PKCS#8 of 3DES": (_RSA, ["pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES"]),
    "encrypted PKCS#8 of scrypt": (_EC, ["pkcs8", "-topk8", "-scrypt"]),
    "DEK-Info of 3DES": (_RSA, ["rsa", "-traditional", "-des3"]),
    "DEK-Info of AES-192": (_EC, ["ec", "-aes192"]),
    "DEK-Info of AES-256 and DSA": (["dsaparam", "-genkey", "2048"], ["dsa", "-aes256"]),
}
CELLS = [(kind, ending) for kind in KINDS for ending in OUTPUTS]


def openssl(*words: str | Path, stdin: bytes = b"") -> bytes:
    return run(find("openssl"), *words, stdin=stdin)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key and a full chain of each kind, the chain in the wrong order."""
    place = tmp_path_factory.mktemp("keys")
    for number, (first, form) in enumerate(KINDS.values()):
        key, leaf = place / f"{number}.first", place / f"{number}.leaf"
        key.write_bytes(openssl(*first))
        request = openssl("req", "-new", "-key", key, "-subj", f"/CN=Server {number}")
        ca = (
            "-CA",
            ISSUERS[0],
            "-CAkey",
            own("new-intermediate.key"),
            "-CAcreateserial",
            "-CAserial",
            place / "serial",
        )
        leaf.write_bytes(openssl("x509", "-req", *ca, "-days", "3650", stdin=request))
        chain = [ISSUERS[1], leaf, ISSUERS[0]]
        (place / f"{number}.chain.pem").write_bytes(b"".join(part.read_bytes() for part in chain))
        secret = ("-passout", f"pass:{SECRET}") if form else ()
        (place / f"{number}.key").write_bytes(openssl(*form, "-in", key, *secret) if form else key.read_bytes())
    return place


@pytest.fixture(scope="module")
def converted(folder: Path) -> Iterator[dict[tuple[str, str], tuple[Path, int]]]:
    """Each cell: where its file is, and the exit code."""
    with pytest.MonkeyPatch.context() as patch, Path("/dev/null").open() as nothing:
        patch.setenv("TRUSTSTORE_PASSWORD", STORE)
        patch.setenv("KEY_SECRET", SECRET)
        patch.setattr("sys.stdin", nothing)
        made = {}
        for kind, ending in CELLS:
            number = list(KINDS).index(kind)
            out = folder / f"{number}.{ending}"
            words = ["convert", folder / f"{number}.chain.pem", "--key", folder / f"{number}.key", "-o", out]
            words += ["--key-password-env", "KEY_SECRET", "-q"]
            made[kind, ending] = (out, command_line([str(word) for word in words]))
        yield made


@pytest.fixture(scope="module")
def views(jdks: list[Jdk], converted: dict[tuple[str, str], tuple[Path, int]]) -> dict[tuple[str, str], list[JavaView]]:
    """What every JVM sees in the cells that it reads."""
    cells = [cell for cell in CELLS if OUTPUTS[cell[1]]]
    requests = [Request(str(OUTPUTS[cell[1]]), converted[cell][0], STORE, (STORE,)) for cell in cells]
    read = [jdk.read(*requests) for jdk in jdks]
    return {cell: [views[place] for views in read] for place, cell in enumerate(cells)}


@pytest.mark.parametrize(("kind", "ending"), CELLS)
def test_a_key_and_its_chain(
    folder: Path,
    converted: dict[tuple[str, str], tuple[Path, int]],
    views: dict[tuple[str, str], list[JavaView]],
    kind: str,
    ending: str,
) -> None:
    number = list(KINDS).index(kind)
    out, code = converted[kind, ending]
    assert code == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    chain = [certificates(path)[0].sha256.hex for path in (folder / f"{number}.leaf", *ISSUERS)]
    wanted = openssl("pkey", "-in", folder / f"{number}.first", "-pubout")
    for java in views.get((kind, ending), []):
        assert java.error is None
        (entry,) = java.entries
        assert (entry.alias, entry.kind, list(entry.certificates)) == (f"server-{number}", "private-key", chain)
        assert entry.key is not None
    # The same key in every format, to the JVMs; openssl says of two of them that it is the one that went in.
    assert {v.entries[0].key for v in views.get((kind, ending), [])} <= {v.entries[0].key for v in views[kind, "p12"]}
    if ending == "p12":
        inside = openssl("pkcs12", "-in", out, "-passin", f"pass:{STORE}", "-nodes")
        assert inside.count(b"BEGIN CERTIFICATE") == 3
        assert openssl("pkey", "-pubout", stdin=inside) == wanted
    if ending == "pem":
        assert openssl("pkey", "-in", out, "-pubout") == wanted
        assert [certificate.sha256.hex for certificate in certificates(out)] == chain


def test_keytool_shows_the_whole_chain(jdks: list[Jdk], converted: dict[tuple[str, str], tuple[Path, int]]) -> None:
    for jdk in jdks:
        for ending in ("p12", "jks", "jceks"):
            path = converted["PKCS#1", ending][0]
            shown = run(jdk.keytool, "-list", "-v", "-keystore", path, "-storepass", STORE).decode()
            assert "Entry type: PrivateKeyEntry\nCertificate chain length: 3\n" in shown


def test_two_pairs_in_one_file_are_two_entries_and_an_alias_is_taken_by_one(
    jdk: Jdk, folder: Path, tmp_path: Path
) -> None:
    parts = ["4.chain.pem", "6.key", "4.key", "6.leaf"]  # SEC1 with EC PARAMETERS before it, and Ed25519
    both = tmp_path / "both.pem"
    both.write_bytes(b"".join((folder / part).read_bytes() for part in parts))
    env = {"TRUSTSTORE_PASSWORD": STORE}
    done = process("convert", both, "-o", tmp_path / "both.p12", env=env)
    assert done.code == 0, done.err
    (view,) = jdk.read(Request("PKCS12", tmp_path / "both.p12", STORE, (STORE,)))
    assert sorted((e.alias, len(e.certificates), e.key is not None) for e in view.entries) == [
        ("server-4", 3, True),
        ("server-6", 3, True),
    ]
    assert process("convert", both, "-o", tmp_path / "x.p12", "--alias", "one", env=env).code == 2
    words = ("convert", folder / "4.chain.pem", "--key", folder / "4.key", "-o", tmp_path / "one.p12", "--alias", "One")
    assert process(*words, env=env).code == 0
    assert [e.alias for e in jdk.read(Request("PKCS12", tmp_path / "one.p12", STORE))[0].entries] == ["one"]
    again = process(*words, env=env)
    assert (again.code, "holds them already" in again.out) == (0, True)
    listed = process("list", both, "--json")
    assert [(e["alias"], e["kind"], len(e["certificates"])) for e in listed.json["entries"]] == [
        ("server-6", "private-key", 3),
        ("server-4", "private-key", 3),
    ]


def test_what_does_not_fit_is_refused(folder: Path, tmp_path: Path) -> None:
    env = {"TRUSTSTORE_PASSWORD": STORE}
    out = tmp_path / "x.p12"
    other = process("convert", folder / "4.chain.pem", "--key", folder / "5.key", "-o", out, env=env)
    assert (other.code, "without a certificate of that key" in other.err) == (1, True)
    locked = process("convert", folder / "8.chain.pem", "--key", folder / "8.key", "-o", out, env=env)
    assert (locked.code, "--key-password-env" in locked.err) == (4, True)
    no_key = process("convert", folder / "4.chain.pem", "--key", folder / "4.leaf", "-o", out, env=env)
    assert (no_key.code, "holds no private key" in no_key.err) == (3, True)
    bare = process("convert", folder / "4.chain.pem", "--key", folder / "4.key", "-o", tmp_path / "x.p7b", env=env)
    assert bare.code == 2
    assert not out.exists()


def test_the_key_in_a_pem_is_encrypted_if_told_and_stays_behind_where_it_does_not_fit(
    folder: Path, tmp_path: Path
) -> None:
    joined = tmp_path / "joined.pem"
    joined.write_bytes((folder / "5.key").read_bytes() + (folder / "5.chain.pem").read_bytes())
    env = {"TRUSTSTORE_PASSWORD": STORE, "NEW": "new-secret"}
    done = process("convert", joined, "-o", tmp_path / "x.pem", "--new-key-password-env", "NEW", env=env)
    assert done.code == 0, done.err
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in (tmp_path / "x.pem").read_bytes()
    wanted = openssl("pkey", "-in", folder / "5.first", "-pubout")
    assert openssl("pkey", "-in", tmp_path / "x.pem", "-passin", "pass:new-secret", "-pubout") == wanted
    plain = process("convert", joined, "-o", tmp_path / "plain.pem", env=env)
    assert (plain.code, "not encrypted" in plain.err) == (0, True)
    for ending in ("p7b", "pem"):
        out = tmp_path / f"certificates.{ending}"
        left = process("convert", joined, "-o", out, "--certificates-only", env=env)
        assert (left.code, "private key" in left.err) == (0, True)
        assert b"PRIVATE KEY" not in out.read_bytes()
    shown = openssl("pkcs7", "-inform", "DER", "-in", tmp_path / "certificates.p7b", "-print_certs")
    assert shown.count(b"BEGIN CERTIFICATE") == 3
    back = process("convert", tmp_path / "x.pem", "-o", tmp_path / "x.jks", "--key-password-env", "NEW", env=env)
    assert back.code == 0, back.err
    own_key = ("convert", joined, "-o", tmp_path / "own.jks", "--new-key-password-env", "NEW")
    assert process(*own_key, env=env).code == 0
    words: list[str | Path] = ["-importkeystore", "-srckeystore", tmp_path / "own.jks", "-srcstorepass", STORE]
    words += ["-destkeystore", tmp_path / "own.p12", "-deststorepass", STORE, "-noprompt"]
    words += ["-srcalias", "server-5", "-srckeypass"]
    keytool = find("keytool")
    assert subprocess.run([keytool, *words, "new-secret"], capture_output=True).returncode == 0
    assert subprocess.run([keytool, *words, STORE], capture_output=True).returncode == 1


def test_bundle_and_import_take_no_key(folder: Path, tmp_path: Path) -> None:
    joined = tmp_path / "joined.pem"
    joined.write_bytes((folder / "5.key").read_bytes() + (folder / "5.chain.pem").read_bytes())
    env = {"TRUSTSTORE_PASSWORD": STORE}
    for words in (("bundle", joined, "-o", "all.pem"), ("import", "new.jks", joined, "--yes")):
        done = process(*words, env=env, cwd=tmp_path)
        assert (done.code, "private key" in done.err) == (0, True)
    assert b"PRIVATE KEY" not in (tmp_path / "all.pem").read_bytes()
    listed = process("list", "new.jks", "--json", env=env, cwd=tmp_path)
    assert {entry["kind"] for entry in listed.json["entries"]} == {"trusted"}
    assert len(listed.json["entries"]) == 3

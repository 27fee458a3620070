"""`openssl x509` of ours and the real one, word for word, over the same files."""

import base64
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.interop.openssl_maker import Maker
from tests.interop.openssl_pair import RELEASES, OpenSSL, Pair, installed
from tests.samples import amazon, own
from truststore_tool.shims.openssl import VERSION_VARIABLE


@pytest.fixture(scope="module", params=RELEASES)
def real(request: pytest.FixtureRequest) -> Iterator[OpenSSL]:
    """Later versions print some things otherwise, and so does ours for each."""
    with installed(request.param) as found:
        yield found


@pytest.fixture
def pair(real: OpenSSL, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Pair:
    return Pair(real, monkeypatch, capfdbinary)


@pytest.fixture
def folder(real: OpenSSL) -> Iterator[Path]:
    """A folder that the real one sees, too."""
    with tempfile.TemporaryDirectory(dir=real.folder) as name:
        yield Path(name)


@pytest.fixture(scope="module")
def maker(real: OpenSSL) -> Maker:
    return Maker(real)


@pytest.fixture(scope="module")
def made(maker: Maker) -> dict[str, Path]:
    return maker.make_all()


EVERYTHING = (
    "-noout", "-subject", "-issuer", "-serial", "-next_serial", "-dates", "-fingerprint", "-hash",
    "-issuer_hash", "-subject_hash_old", "-issuer_hash_old", "-email", "-ocsp_uri", "-ocspid", "-alias",
    "-modulus", "-pubkey", "-text",
)  # fmt: skip

DIGESTS = (
    "md5", "SHA1", "sha-1", "sha224", "SHA256", "sha2-256", "sha384", "SHA-512", "sha512-224", "SHA-512/256",
    "sha3-256", "shake128", "SHAKE-256", "blake2b512", "BLAKE2S-256", "md5-sha1", "ssl3-sha1",
    "2.16.840.1.101.3.4.2.1", "sha2_256", "md2", "rsa-sha256", "bogus",
)  # fmt: skip

# One value of -nameopt a line.
NAME_OPTIONS = (
    "",
    "RFC2253",
    "oneline",
    "compat",
    "multiline",
    "lname",
    "sname",
    "oid",
    "utf8",
    "ca_default",
    "nofname",
    "esc_2253,show_type",
    "esc_msb,dump_der,dump_all",
    "dump_nostr",
    "align,lname,sep_multiline",
    "use_quote",
    "sep_semi_plus_space,dn_rev,esc_2254",
    "multiline,-align,-space_eq",
    "+sname",
    "-oneline",
    "oneline,-esc_msb",
    "ignore_type,utf8",
    "esc_ctrl,dump_unknown",
    ",utf8",
    "utf8,,sname",
    " UTF8 , dn_rev",
    "oneline,-esc_2253,-utf8",
    "sep_comma_plus",
    "sep_comma_plus_space,esc_2253,use_quote,esc_ctrl,esc_msb",
    "bogus",
    "utf8,bogus",
)

TEXT_OPTIONS = (
    "no_header,no_version,no_serial",
    "no_signame,no_validity,no_subject,no_issuer",
    "no_pubkey,no_sigdump,no_aux",
    "no_extensions,no_attributes",
    "ca_default",
    "compatible",
    "ext_error",
    "ext_dump",
    "no_pubkey,-no_pubkey",
    "bogus",
)

# A command line each; {} is a certificate.
WRONG = (
    "-in",
    "-in {} -outform",
    "-in {} -inform xyz",
    "-in {} -inform p12",
    "-in {} -inform nss",
    "-in {} -inform Nss",
    "-in {} -inform Pem",
    "-in {} -inform d",
    "-in {} -outform p12",
    "-in {} -outform p",
    "-in {} -noout stray",
    "-in {} -noout=1",
    "-in={} -noout -subject",
    "-in {} -noout -",
    "-in {} -noout --",
    "-in {} -noout -- -subject",
    "-in {} -noout -bogus",
    "-in {} -dateopt x",
    "-help",
    "-in nowhere.pem",
    "-in / -noout",
    "-in file:{} -noout -subject",
    "-in {} -addtrust nope",
    "-in {} -passin foo",
    "-in {} -passin foo:bar",
    "-in {} -passin env:NOPE_NOPE",
    "-in {} -passin file:/nope",
    "-in {} -out /nope/x",
    "-in {} -out /",
    "-in nowhere.pem -in {} -subject -noout",
)

TRUST = (
    "",
    "-trustout",
    "-setalias name",
    "-addtrust serverAuth -addreject 1.2.3",
    "-clrtrust",
    "-trustout -clrtrust -clrreject",
    "-trustout -clrtrust -addtrust clientAuth",
    "-trustout -outform der",
    "-noout -alias -text",
    "-setalias x -alias",
)


def test_every_field_of_every_kind_of_certificate(made: dict[str, Path], pair: Pair) -> None:
    for name, path in made.items():
        assert path.exists(), name
        pair.alike("-in", path, *EVERYTHING)


@pytest.mark.parametrize(
    "name", ["rds-ca-2019-root.pem", "rds-ca-ecc384-g1-us-east-1.pem", "rds-ca-rsa4096-g1-us-east-1.pem"]
)
def test_every_field_of_amazons_certificates(name: str, pair: Pair) -> None:
    pair.alike("-in", pair.real.sample(amazon(name)), *EVERYTHING)


def test_options_print_in_their_order_and_then_comes_the_certificate(made: dict[str, Path], pair: Pair) -> None:
    for words in (
        "-subject -dates -subject",
        "-dates -serial -enddate",
        "-hash -subject -subject_hash",
        "-fingerprint",
        "-sha256 -fingerprint",
        "--sha512 --fingerprint --noout",
        "-outform der",
        "-outform DER -fingerprint",
        "-text -nocert",
        "-dates -dateopt iso_8601",
        "",
    ):
        pair.alike("-in", made["rich"], *words.split())


@pytest.mark.parametrize("digest", DIGESTS)
def test_digests(digest: str, pair: Pair) -> None:
    pair.alike("-in", pair.real.sample(own("old-root.pem")), "-noout", "-fingerprint", f"-{digest}")


@pytest.mark.parametrize("options", NAME_OPTIONS)
def test_name_options(options: str, made: dict[str, Path], pair: Pair) -> None:
    for name in ("special", "accents", "several", "unknown"):
        pair.alike("-in", made[name], "-noout", "-subject", "-nameopt", options)


@pytest.mark.parametrize("options", ["compat", "multiline", "RFC2253,-dn_rev", "nofname"])
def test_name_options_in_a_text(options: str, made: dict[str, Path], pair: Pair) -> None:
    for name in ("several", "empty"):
        pair.alike("-in", made[name], "-noout", "-text", "-nameopt", options)


def test_name_options_add_up(made: dict[str, Path], pair: Pair) -> None:
    options = ["-nameopt", "multiline", "-nameopt", "-esc_msb", "-issuer", "-nameopt", "utf8"]
    pair.alike("-in", made["accents"], "-noout", *options)


@pytest.mark.parametrize("options", TEXT_OPTIONS)
def test_text_options(options: str, made: dict[str, Path], pair: Pair) -> None:
    pair.alike("-in", made["rich"], "-noout", "-text", "-certopt", options)


@pytest.mark.parametrize(
    "names",
    ["subjectAltName", "keyUsage,basicConstraints", "crlDistributionPoints,foo", "foo", "", ",", "keyUsagex", "UNDEF"],
)
def test_chosen_extensions(names: str, made: dict[str, Path], pair: Pair) -> None:
    for name in ("rich", "rsa"):
        pair.alike("-in", made[name], "-noout", "-ext", names)


def test_chosen_extensions_restrict_a_text_but_not_the_certificate(made: dict[str, Path], pair: Pair) -> None:
    pair.alike("-in", made["rich"], "-text", "-ext", "keyUsage")


@pytest.mark.parametrize(
    "seconds",
    ["0", "86400", "99999999999", "-5", "0x10", "010", "99999999999999", " 7", "", "x", "09", "0xg", "9" * 30, "7 "],
)
def test_expiry_within(seconds: str, pair: Pair) -> None:
    for path in map(pair.real.sample, (own("expired-root.pem"), own("new-root.pem"), own("future-root.pem"))):
        pair.alike("-in", path, "-checkend", seconds)


@pytest.mark.parametrize("words", WRONG)
def test_what_is_wrong_is_said_in_the_same_words(words: str, pair: Pair) -> None:
    pair.alike(*words.format(pair.real.sample(own("old-root.pem"))).split())


def _rewritten(text: str) -> dict[str, bytes]:
    """A certificate in all the dress that people's files put around and into PEM."""
    head, *body, tail = text.strip().split("\n")
    lines = "\n".join(body)
    return {
        "plain": text.encode(),
        "no newline at the end": text.strip().encode(),
        "carriage returns": text.replace("\n", "\r\n").encode(),
        "only carriage returns": text.replace("\n", "\r").encode(),
        "byte order mark": b"\xef\xbb\xbf" + text.encode(),
        "text before and behind": f"who: me\n{text}bye".encode(),
        "indented": text.replace("\n", "\n  ").encode(),
        "indented body": f"{head}\n  ".encode() + lines.replace("\n", "\n ").encode() + f"\n{tail}\n".encode(),
        "trailing blanks": text.replace("\n", "  \n").encode(),
        "no end": f"{head}\n{lines}\n".encode(),
        "no begin": f"{lines}\n{tail}\n".encode(),
        "one line": f"{head}\n{''.join(body)}\n{tail}\n".encode(),
        "blank line first": f"{head}\n\n{lines}\n{tail}\n".encode(),
        "blank line inside": f"{head}\n{body[0]}\n\n{''.join(body[1:])}\n{tail}\n".encode(),
        "header": f"{head}\nProc-Type: x\n\n{lines}\n{tail}\n".encode(),
        "comment inside": f"{head}\n{body[0]}\n# hm\n{''.join(body[1:])}\n{tail}\n".encode(),
        "dash inside": f"{head}\nMII-\n{lines}\n{tail}\n".encode(),
        "old label": text.replace("CERTIFICATE", "X509 CERTIFICATE").encode(),
        "trusted label": text.replace("CERTIFICATE", "TRUSTED CERTIFICATE").encode(),
        "unknown label": text.replace("CERTIFICATE", "FOO CERTIFICATE").encode(),
        "lower case": text.replace("CERTIFICATE", "certificate").encode(),
        "six dashes": text.replace("-----BEGIN", "------BEGIN").encode(),
        "more behind the begin": text.replace("CERTIFICATE-----", "CERTIFICATE----- x", 1).encode(),
        "other end": f"{head}\n{lines}\n-----END X509 CERTIFICATE-----\n".encode(),
        "broken then good": f"{head}\nAAAA\n{tail}\n{text}".encode(),
        "letters that are none": f"{head}\n!!!!{lines}\n{tail}\n{text}".encode(),
        "behind a long line": b"x" * 254 + text.encode(),
        "behind a longer line": b"x" * 300 + text.encode(),
        "only the body": lines.encode(),
        "empty": b"",
    }


def test_the_same_files_are_read_and_refused(folder: Path, made: dict[str, Path], pair: Pair) -> None:
    first, second = made["rsa"].read_text(), made["ed25519"].read_bytes()
    key = made["rsa"].with_suffix(".key").read_bytes()
    der = pair.real.x509("-in", made["rsa"], "-outform", "der")[1]
    inputs = _rewritten(first) | {
        "two": first.encode() + second,
        "key first": key + second,
        "key only": key,
        "der": der,
        "der with a tail": der + b"tail",
        "der behind something": b"x" + der,
        "der cut short": der[:-1],
    }
    for data in inputs.values():
        path = folder / "input"
        path.write_bytes(data)
        for form in ([], ["-inform", "pem"], ["-inform", "der"]):
            pair.alike("-in", path, "-noout", "-subject", "-fingerprint", *form)


def test_standard_input(made: dict[str, Path], pair: Pair) -> None:
    for data in (made["rsa"].read_bytes(), b"", b"nothing"):
        pair.alike("-noout", "-subject", stdin=data)


def test_certificates_that_no_one_may_read_are_refused(folder: Path, made: dict[str, Path], pair: Pair) -> None:
    der = pair.real.x509("-in", made["accents"], "-outform", "der")[1]
    text = "\u03a9mega".encode()
    damaged = {
        "octets that are no UTF-8": der.replace(text, b"\xff" + text[1:]),
        "a serial number with a needless zero": der.replace(b"\x02\x14", b"\x04\x14", 1),
        "a time that is none": der.replace(b"\x17\x0d", b"\x18\x0d", 1),
        "a time that is a string": der.replace(b"\x17\x0d", b"\x0c\x0d", 1),
        "a version of its own": der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07", 1),
    }
    for what, data in damaged.items():
        assert data != der, what
        path = folder / "input.der"
        path.write_bytes(data)
        pair.alike("-in", path, "-noout", "-subject", "-dates", "-text")


@given(data=st.data())
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_damaged_certificates_are_shown_or_refused_and_nothing_else(
    data: st.DataObject, folder: Path, made: dict[str, Path], pair: Pair
) -> None:
    der = bytearray(base64.b64decode(b"".join(made["rich"].read_bytes().split(b"\n")[1:-2])))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(der) - 1))
        octet = data.draw(st.sampled_from((0, 1, 2, 5, 0x30, 0x80, 0x82, 0xA0, 0xFF)))
        end = place + data.draw(st.sampled_from((0, 1, 1, 1, 2, 7)))
        der[place:end] = bytes([octet])
    path = folder / "damaged.der"
    path.write_bytes(der)
    code, out, err = pair.ours("-in", path, *EVERYTHING)
    assert (code, b"Certificate:" in out) in ((0, True), (1, False)), err


def test_pkcs12(folder: Path, made: dict[str, Path], monkeypatch: pytest.MonkeyPatch, pair: Pair) -> None:
    key, chain = made["rsa"].with_suffix(".key"), pair.real.sample(own("new-chain.pem"))
    keyed, bare, empty, secret = (folder / name for name in ("keyed.p12", "bare.p12", "empty.p12", "secret"))
    export, files = ("pkcs12", "-export"), ("-inkey", key, "-certfile", made["rich"])
    names = ("-name", "my n\u00e4me", "-caname", "other")
    pair.real.run(*export, "-in", made["rsa"], *files, *names, "-passout", "pass:x", "-out", keyed)
    for out, password in ((bare, "x"), (empty, "")):
        pair.real.run(*export, "-nokeys", "-in", chain, "-out", out, "-passout", f"pass:{password}")
    secret.write_text("x\nsecond line\n")
    monkeypatch.setenv("STORE_PASSWORD", "x")
    for store in (keyed, bare, empty):
        for source in ("pass:x", "pass:wrong", "env:STORE_PASSWORD", f"file:{secret}", "file:/dev/null"):
            pair.alike("-in", store, "-passin", source, "-subject", "-alias", "-trustout")


def test_a_password_is_asked_for_where_there_is_no_terminal(folder: Path, made: dict[str, Path], pair: Pair) -> None:
    store = folder / "store.p12"
    pair.real.run("pkcs12", "-export", "-nokeys", "-in", made["rsa"], "-out", store, "-passout", "pass:x")
    words = ("-in", store, "-noout", "-subject")
    done = subprocess.run(
        [sys.executable, "-m", "truststore_tool", "openssl", "x509", *words],
        input=b"x\n",
        capture_output=True,
        start_new_session=True,
        env={**os.environ, VERSION_VARIABLE: pair.real.release},
    )
    subject = {"3.0": b"subject=CN = test\n", "3.5": b"subject=CN=test\n"}[pair.real.release]
    assert (done.returncode, done.stdout) == (0, subject)
    assert (done.returncode, done.stdout, done.stderr) == pair.real.x509(*words, stdin=b"x\n")


@pytest.mark.parametrize("words", TRUST)
def test_trust_settings(words: str, folder: Path, made: dict[str, Path], pair: Pair) -> None:
    trusted = folder / "trusted.pem"
    uses = ["-addtrust", "emailProtection", "-addreject", "codeSigning"]
    pair.real.x509("-in", made["rsa"], "-trustout", "-setalias", "my name", *uses, "-out", trusted)
    der = folder / "trusted.der"
    der.write_bytes(base64.b64decode(b"".join(trusted.read_bytes().split(b"\n")[1:-2])))
    for path in (made["rsa"], trusted, der):
        pair.alike("-in", path, *words.split())


def test_output_goes_where_out_says(folder: Path, made: dict[str, Path], pair: Pair) -> None:
    for words in ("-outform der", "-outform pem -subject", "-noout -subject"):
        targets = folder / "ours", folder / "real"
        for target, ask in zip(targets, (pair.ours, pair.real.x509), strict=True):
            target.write_bytes(b"old content that is longer than nothing")
            target.chmod(0o640)
            assert ask("-in", made["rsa"], *words.split(), "-out", target) == (0, b"", b"")
        assert targets[0].read_bytes() == targets[1].read_bytes()
        assert targets[0].stat().st_mode & 0o777 == 0o640


def test_a_bad_input_leaves_the_old_output_alone(folder: Path, pair: Pair) -> None:
    bad, target = folder / "bad.pem", folder / "out.pem"
    bad.write_text("no certificate")
    for old in (None, b"old"):
        if old is not None:
            target.write_bytes(old)
        pair.alike("-in", bad, "-out", target)
        assert (target.read_bytes() if target.exists() else None) == old
    assert sorted(folder.iterdir()) == [bad, target]


@pytest.mark.parametrize(
    "extension",
    ["extendedKeyUsage=serverAuth", "extendedKeyUsage=critical,timeStamping", "extendedKeyUsage=emailProtection",
     "keyUsage=keyCertSign", "keyUsage=digitalSignature,decipherOnly", "nsCertType=client", "nsCertType=sslCA",
     "subjectAltName=DNS:*.a.example,DNS:f*.b.example,IP:10.1.2.3,IP:2001:db8::1,email:Me@A.example"],
)  # fmt: skip
def test_purposes_and_matching_names(extension: str, maker: Maker, pair: Pair) -> None:
    for section in ("plain", "unused"):
        path = maker.make("use", "-addext", extension, subject="/CN=w.a.example", section=section)
        pair.alike("-in", path, "-purpose")
        for host in (
            "w.a.example",
            "W.A.EXAMPLE",
            "x.w.a.example",
            ".a.example",
            "foo.b.example",
            "xn--f.b.example",
            "",
        ):
            pair.alike("-in", path, "-noout", "-checkhost", host)
        for address in ("10.1.2.3", "2001:DB8::1", "10.1.2.4", "nonsense"):
            pair.alike("-in", path, "-checkip", address, "-checkemail", "Me@a.EXAMPLE", "-noout")
        pair.alike("-in", path, "-noout", "-checkemail", "me@a.example")

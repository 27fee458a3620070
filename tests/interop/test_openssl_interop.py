"""`openssl x509` of ours and the real one, word for word, over the same files."""

import base64
import io
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.interop.openssl_maker import Maker
from tests.realtools import find, missing, run
from tests.samples import amazon, own
from truststore_tool.shims.openssl import x509 as openssl_x509

# Lines of OpenSSL's error stack hold a thread's number and lines of its source.
_STACK = re.compile(rb"(?m)^[0-9A-F]{12,16}:error:.*\n")
Answer = tuple[int, bytes, bytes]
Ask = Callable[..., Answer]


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Ask:
    """Run our x509 in this process: exit code, standard output, standard error."""

    def ask(*arguments: str | Path, stdin: bytes = b"") -> Answer:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capfdbinary.readouterr()
        code = openssl_x509.run([str(word) for word in arguments])
        out, err = capfdbinary.readouterr()
        return code, out, _STACK.sub(b"", err)

    return ask


def real(*arguments: str | Path, stdin: bytes = b"") -> Answer:
    """The same of the real x509. It has no terminal, so that it asks for passwords on standard input."""
    done = subprocess.run(
        [find("openssl"), "x509", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        timeout=60,
        start_new_session=True,
    )
    return done.returncode, done.stdout, _STACK.sub(b"", done.stderr)


def alike(ours: Ask, *arguments: str | Path, stdin: bytes = b"") -> None:
    """Assert that both say the same."""
    assert ours(*arguments, stdin=stdin) == real(*arguments, stdin=stdin), arguments


@pytest.fixture(scope="module", autouse=True)
def _version() -> None:
    """Later versions print some things otherwise; ours prints them as 3.0 does."""
    if not run(find("openssl"), "version").startswith(b"OpenSSL 3.0."):
        missing("OpenSSL 3.0")


@pytest.fixture(scope="module")
def maker(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    return Maker(tmp_path_factory.mktemp("openssl"))


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


def test_every_field_of_every_kind_of_certificate(made: dict[str, Path], ours: Ask) -> None:
    for name, path in made.items():
        assert path.exists(), name
        alike(ours, "-in", path, *EVERYTHING)


@pytest.mark.parametrize(
    "name", ["rds-ca-2019-root.pem", "rds-ca-ecc384-g1-us-east-1.pem", "rds-ca-rsa4096-g1-us-east-1.pem"]
)
def test_every_field_of_amazons_certificates(name: str, ours: Ask) -> None:
    alike(ours, "-in", amazon(name), *EVERYTHING)


def test_options_print_in_their_order_and_then_comes_the_certificate(made: dict[str, Path], ours: Ask) -> None:
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
        alike(ours, "-in", made["rich"], *words.split())


@pytest.mark.parametrize("digest", DIGESTS)
def test_digests(digest: str, ours: Ask) -> None:
    alike(ours, "-in", own("old-root.pem"), "-noout", "-fingerprint", f"-{digest}")


@pytest.mark.parametrize("options", NAME_OPTIONS)
def test_name_options(options: str, made: dict[str, Path], ours: Ask) -> None:
    for name in ("special", "accents", "several", "unknown"):
        alike(ours, "-in", made[name], "-noout", "-subject", "-nameopt", options)


@pytest.mark.parametrize("options", ["compat", "multiline", "RFC2253,-dn_rev", "nofname"])
def test_name_options_in_a_text(options: str, made: dict[str, Path], ours: Ask) -> None:
    for name in ("several", "empty"):
        alike(ours, "-in", made[name], "-noout", "-text", "-nameopt", options)


def test_name_options_add_up(made: dict[str, Path], ours: Ask) -> None:
    options = ["-nameopt", "multiline", "-nameopt", "-esc_msb", "-issuer", "-nameopt", "utf8"]
    alike(ours, "-in", made["accents"], "-noout", *options)


@pytest.mark.parametrize("options", TEXT_OPTIONS)
def test_text_options(options: str, made: dict[str, Path], ours: Ask) -> None:
    alike(ours, "-in", made["rich"], "-noout", "-text", "-certopt", options)


@pytest.mark.parametrize(
    "names",
    ["subjectAltName", "keyUsage,basicConstraints", "crlDistributionPoints,foo", "foo", "", ",", "keyUsagex", "UNDEF"],
)
def test_chosen_extensions(names: str, made: dict[str, Path], ours: Ask) -> None:
    for name in ("rich", "rsa"):
        alike(ours, "-in", made[name], "-noout", "-ext", names)


def test_chosen_extensions_restrict_a_text_but_not_the_certificate(made: dict[str, Path], ours: Ask) -> None:
    alike(ours, "-in", made["rich"], "-text", "-ext", "keyUsage")


@pytest.mark.parametrize(
    "seconds",
    ["0", "86400", "99999999999", "-5", "0x10", "010", "99999999999999", " 7", "", "x", "09", "0xg", "9" * 30, "7 "],
)
def test_expiry_within(seconds: str, ours: Ask) -> None:
    for path in (own("expired-root.pem"), own("new-root.pem"), own("future-root.pem")):
        alike(ours, "-in", path, "-checkend", seconds)


@pytest.mark.parametrize("words", WRONG)
def test_what_is_wrong_is_said_in_the_same_words(words: str, ours: Ask) -> None:
    alike(ours, *words.format(own("old-root.pem")).split())


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


def test_the_same_files_are_read_and_refused(tmp_path: Path, made: dict[str, Path], ours: Ask) -> None:
    first, second = made["rsa"].read_text(), made["ed25519"].read_bytes()
    key = made["rsa"].with_suffix(".key").read_bytes()
    der = real("-in", made["rsa"], "-outform", "der")[1]
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
        path = tmp_path / "input"
        path.write_bytes(data)
        for form in ([], ["-inform", "pem"], ["-inform", "der"]):
            alike(ours, "-in", path, "-noout", "-subject", "-fingerprint", *form)


def test_standard_input(made: dict[str, Path], ours: Ask) -> None:
    for data in (made["rsa"].read_bytes(), b"", b"nothing"):
        alike(ours, "-noout", "-subject", stdin=data)


def test_certificates_that_no_one_may_read_are_refused(tmp_path: Path, made: dict[str, Path], ours: Ask) -> None:
    der = real("-in", made["accents"], "-outform", "der")[1]
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
        path = tmp_path / "input.der"
        path.write_bytes(data)
        alike(ours, "-in", path, "-noout", "-subject", "-dates", "-text")


@given(data=st.data())
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_damaged_certificates_are_shown_or_refused_and_nothing_else(
    data: st.DataObject, tmp_path: Path, made: dict[str, Path], ours: Ask
) -> None:
    der = bytearray(base64.b64decode(b"".join(made["rich"].read_bytes().split(b"\n")[1:-2])))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(der) - 1))
        octet = data.draw(st.sampled_from((0, 1, 2, 5, 0x30, 0x80, 0x82, 0xA0, 0xFF)))
        end = place + data.draw(st.sampled_from((0, 1, 1, 1, 2, 7)))
        der[place:end] = bytes([octet])
    path = tmp_path / "damaged.der"
    path.write_bytes(der)
    code, out, err = ours("-in", path, *EVERYTHING)
    assert (code, b"Certificate:" in out) in ((0, True), (1, False)), err


def test_pkcs12(tmp_path: Path, made: dict[str, Path], monkeypatch: pytest.MonkeyPatch, ours: Ask) -> None:
    openssl, key = find("openssl"), made["rsa"].with_suffix(".key")
    keyed, bare, empty, secret = (tmp_path / name for name in ("keyed.p12", "bare.p12", "empty.p12", "secret"))
    export = [openssl, "pkcs12", "-export"]
    with_key: list[str | Path] = [
        *export,
        "-in",
        made["rsa"],
        "-inkey",
        key,
        "-certfile",
        made["rich"],
        "-passout",
        "pass:x",
    ]
    run(*with_key, "-name", "my n\u00e4me", "-caname", "other", "-out", keyed)
    run(*export, "-nokeys", "-in", own("new-chain.pem"), "-out", bare, "-passout", "pass:x")
    run(*export, "-nokeys", "-in", own("new-chain.pem"), "-out", empty, "-passout", "pass:")
    secret.write_text("x\nsecond line\n")
    monkeypatch.setenv("STORE_PASSWORD", "x")
    for store in (keyed, bare, empty):
        for source in ("pass:x", "pass:wrong", "env:STORE_PASSWORD", f"file:{secret}", "file:/dev/null"):
            alike(ours, "-in", store, "-passin", source, "-subject", "-alias", "-trustout")


def test_a_password_is_asked_for_where_there_is_no_terminal(tmp_path: Path, made: dict[str, Path]) -> None:
    store, openssl = tmp_path / "store.p12", find("openssl")
    run(openssl, "pkcs12", "-export", "-nokeys", "-in", made["rsa"], "-out", store, "-passout", "pass:x")
    answers = []
    for program in ([openssl], [sys.executable, "-m", "truststore_tool", "openssl"]):
        done = subprocess.run(
            [*program, "x509", "-in", str(store), "-noout", "-subject"],
            input=b"x\n",
            capture_output=True,
            start_new_session=True,
        )
        answers.append((done.returncode, done.stdout, done.stderr))
    assert answers[0] == answers[1]
    assert answers[1][:2] == (0, b"subject=CN = test\n")


@pytest.mark.parametrize("words", TRUST)
def test_trust_settings(words: str, tmp_path: Path, made: dict[str, Path], ours: Ask) -> None:
    trusted = tmp_path / "trusted.pem"
    uses = ["-addtrust", "emailProtection", "-addreject", "codeSigning"]
    real("-in", made["rsa"], "-trustout", "-setalias", "my name", *uses, "-out", trusted)
    for path in (made["rsa"], trusted):
        alike(ours, "-in", path, *words.split())


def test_output_goes_where_out_says(tmp_path: Path, made: dict[str, Path], ours: Ask) -> None:
    for words in ("-outform der", "-outform pem -subject", "-noout -subject"):
        targets = tmp_path / "ours", tmp_path / "real"
        for target, ask in zip(targets, (ours, real), strict=True):
            target.write_bytes(b"old content that is longer than nothing")
            target.chmod(0o640)
            assert ask("-in", made["rsa"], *words.split(), "-out", target) == (0, b"", b"")
        assert targets[0].read_bytes() == targets[1].read_bytes()
        assert targets[0].stat().st_mode & 0o777 == 0o640


def test_a_bad_input_leaves_the_old_output_alone(tmp_path: Path, ours: Ask) -> None:
    bad, target = tmp_path / "bad.pem", tmp_path / "out.pem"
    bad.write_text("no certificate")
    for old in (None, b"old"):
        if old is not None:
            target.write_bytes(old)
        alike(ours, "-in", bad, "-out", target)
        assert (target.read_bytes() if target.exists() else None) == old
    assert sorted(tmp_path.iterdir()) == [bad, target]


@pytest.mark.parametrize(
    "extension",
    ["extendedKeyUsage=serverAuth", "extendedKeyUsage=critical,timeStamping", "extendedKeyUsage=emailProtection",
     "keyUsage=keyCertSign", "keyUsage=digitalSignature,decipherOnly", "nsCertType=client", "nsCertType=sslCA",
     "subjectAltName=DNS:*.a.example,DNS:f*.b.example,IP:10.1.2.3,IP:2001:db8::1,email:Me@A.example"],
)  # fmt: skip
def test_purposes_and_matching_names(extension: str, maker: Maker, ours: Ask) -> None:
    for section in ("plain", "unused"):
        path = maker.make("use", "-addext", extension, subject="/CN=w.a.example", section=section)
        alike(ours, "-in", path, "-purpose")
        for host in (
            "w.a.example",
            "W.A.EXAMPLE",
            "x.w.a.example",
            ".a.example",
            "foo.b.example",
            "xn--f.b.example",
            "",
        ):
            alike(ours, "-in", path, "-noout", "-checkhost", host)
        for address in ("10.1.2.3", "2001:DB8::1", "10.1.2.4", "nonsense"):
            alike(ours, "-in", path, "-checkip", address, "-checkemail", "Me@a.EXAMPLE", "-noout")
        alike(ours, "-in", path, "-noout", "-checkemail", "me@a.example")

"""Fingerprints: every spelling that people paste, and nothing else."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.realtools import find, run
from tests.test_sample_certs import AMAZON
from truststore_tool.errors import UsageError
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.model import Certificate

# The SHA-1 fingerprint of rds-ca-2019-root.pem as Amazon's documentation gives it.
COLONS = "D4:0D:DB:29:E3:75:0D:FF:A6:71:C3:14:0B:BF:5F:47:8D:1C:80:96"
PLAIN = "d40ddb29e3750dffa671c3140bbf5f478d1c8096"
SHA256 = "F2:54:C7:D5:E9:23:B5:B7:51:0C:D7:9E:F7:77:7C:1C:A7:E6:4A:3C:97:22:E4:0D:64:54:78:FC:70:AA:D0:08"


@pytest.mark.parametrize(
    "text",
    [
        COLONS,
        COLONS.lower(),
        PLAIN,
        PLAIN.upper(),
        COLONS.replace(":", " "),
        COLONS.replace(":", "-"),
        COLONS.replace(":", "."),
        "D40D DB29 E375 0DFF A671 C314 0BBF 5F47 8D1C 8096",
        f"SHA1 Fingerprint={COLONS}",  # openssl x509 -fingerprint
        f"sha1 Fingerprint={COLONS}",  # openssl x509 -fingerprint -sha1
        f"\t SHA1: {COLONS}",  # keytool -list -v
        f"Certificate fingerprint (SHA1): {COLONS}",  # keytool -list of older JDKs
        f"SHA-1: {COLONS}",
        f"SHA-1 {COLONS}",
        f"SHA-1 fingerprint: {PLAIN}",
        f"Fingerprint (SHA-1): {COLONS}",
        f"sha1:{PLAIN}",
        f"sha1={PLAIN}",
        f"SHA1 {PLAIN}",
        f"  {COLONS}\n",
        f'"{COLONS}"',
        f"'{PLAIN}'",
        f"{COLONS[:30]}\n{COLONS[30:]}",
        f"{COLONS[:29]}:\\\n{COLONS[30:]}".replace("\\", ""),
    ],
)
def test_every_spelling_is_the_same_fingerprint(text: str) -> None:
    parsed = Fingerprint.parse(text)
    assert (parsed.algorithm, parsed.digest) == ("sha1", bytes.fromhex(PLAIN))


@pytest.mark.parametrize(
    "label", ["", "SHA256 Fingerprint=", "sha256:", "\t SHA256: ", "Certificate fingerprint (SHA-256): "]
)
def test_sha256_in_the_spellings_of_keytool_and_openssl(label: str) -> None:
    parsed = Fingerprint.parse(label + SHA256)
    assert (parsed.algorithm, str(parsed)) == ("sha256", SHA256)


@pytest.mark.parametrize(("algorithm", "size"), [("sha1", 20), ("sha256", 32), ("sha384", 48), ("sha512", 64)])
def test_the_length_tells_the_digest(algorithm: str, size: int) -> None:
    assert Fingerprint.parse("ab" * size).algorithm == algorithm


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "abc",
        PLAIN[:-1],
        PLAIN[:-2],
        PLAIN + "00",
        PLAIN.replace("d", "g"),
        f"md5 Fingerprint={'00:' * 15}00",
        "00" * 16,  # the length of MD5
        "00" * 28,  # the length of SHA-224
        "SHA1 Fingerprint=",
        "sha1:",
        f"{COLONS} {COLONS[:5]}",
        "\N{FULLWIDTH DIGIT ZERO}" * 40,
        "rds-ca-2019-root.pem",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not a fingerprint") as caught:
        Fingerprint.parse(text)
    assert caught.value.hint is not None


@pytest.mark.parametrize(
    ("label", "digits"), [("SHA256", PLAIN), ("SHA-1", SHA256), ("sha512", SHA256), ("sha384", PLAIN)]
)
def test_a_label_that_says_otherwise_is_refused(label: str, digits: str) -> None:
    with pytest.raises(UsageError, match="has the length of"):
        Fingerprint.parse(f"{label}: {digits}")


def test_a_long_text_is_cut_in_the_message() -> None:
    with pytest.raises(UsageError) as caught:
        Fingerprint.parse("x" * 100_000)
    assert len(caught.value.message) < 200


@given(st.binary(min_size=32, max_size=32), st.sampled_from([":", " ", "-", ".", "", "\n"]), st.booleans())
@settings(deadline=None, max_examples=50)
def test_what_is_rendered_is_parsed_again(digest: bytes, separator: str, upper: bool) -> None:
    text = digest.hex(separator) if separator else digest.hex()
    assert Fingerprint.parse(text.upper() if upper else text) == Fingerprint("sha256", digest)


@given(st.text(max_size=140))
@settings(deadline=None, max_examples=200)
def test_any_text_parses_or_is_refused_cleanly(text: str) -> None:
    try:
        parsed = Fingerprint.parse(text)
    except UsageError:
        return
    assert parsed.hex in "".join(text.lower().split()).replace(":", "").replace("-", "").replace(".", "")


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha384", "sha512", "md5", "sha3_256"])
def test_of_is_the_digest_of_the_der(algorithm: str) -> None:
    assert Fingerprint.of(b"der", algorithm).digest == hashlib.new(algorithm, b"der").digest()


@pytest.mark.parametrize("algorithm", ["sha0", "", "shake_128", "SHA 1"])
def test_an_unknown_algorithm_is_a_usage_error(algorithm: str) -> None:
    with pytest.raises(UsageError, match="unknown fingerprint algorithm") as caught:
        Fingerprint.of(b"der", algorithm)
    assert "sha256" in str(caught.value.hint)


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha384", "sha512"])
def test_openssl_prints_what_we_render(algorithm: str) -> None:
    pem = AMAZON / "rds-ca-2019-root.pem"
    der = run(find("openssl"), "x509", "-in", pem, "-outform", "der")
    printed = run("openssl", "x509", "-in", pem, "-noout", "-fingerprint", f"-{algorithm}").decode()
    assert f"{algorithm} Fingerprint={Certificate(der).fingerprint(algorithm)}\n" == printed
    assert Fingerprint.parse(printed).matches(der)


def test_equality() -> None:
    one = Fingerprint("sha1", bytes(20))
    assert one == Fingerprint("sha1", bytes(20))
    assert hash(one) == hash(Fingerprint("sha1", bytes(20)))
    assert one != Fingerprint("sha1", bytes(19) + b"\1")
    assert one != Fingerprint("sha256", bytes(20))
    assert one != "00" * 20
    assert not one.matches(b"der")

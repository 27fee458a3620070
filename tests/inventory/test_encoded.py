"""PEM and stores that texts hold encoded, as programs write them that make such texts: all found, none invented.

Python's own modules, PyYAML and openssl make the texts; what is found is compared with the certificates that went in.
"""

import base64
import gzip
import html
import json
import re
import ssl
import textwrap
from datetime import UTC, datetime
from hashlib import sha256, shake_128
from pathlib import Path
from typing import Final
from urllib.parse import quote, quote_plus

import pytest
import yaml

from tests import realtools
from tests.inventory.test_recall import places, scanned
from tests.inventory.trees import every_format, pem
from tests.samples import amazon
from truststore_tool.errors import TrustStoreError
from truststore_tool.inventory import encoded, opening
from truststore_tool.inventory.bounds import OverBoundError
from truststore_tool.inventory.nouns import Candidates

ONE: Final = re.search(r"-----BEGIN.*?-----END CERTIFICATE-----\n", pem().decode(), re.DOTALL)[0]  # type: ignore[index]
ANOTHER: Final = amazon("rds-ca-2019-root.pem").read_text()
TWO: Final = ONE + ANOTHER
# As certifi has it, and as openssl says it.
COMMENTED: Final = f"# Issuer: CN=A\n# Label: \u201cb\u201d\n{ONE}\n# Issuer: CN=C\n{ANOTHER}"


def b64(data: bytes | str) -> str:
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def sha256s(text: str) -> list[str]:
    """The certificates of a PEM, as Python's ssl module decodes them."""
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", text, re.DOTALL)
    return [sha256(ssl.PEM_cert_to_DER_cert(block)).digest().hex(":").upper() for block in blocks]


def found(text: str | bytes) -> dict[str, list[str]]:
    """By key, the certificates of the stores in a text."""
    kept: dict[str, list[str]] = {}
    for key, data in opening.stores_in(text.encode() if isinstance(text, str) else text):
        try:
            judged = opening.judge(data, Candidates(), datetime.now(UTC))
        except TrustStoreError:
            judged = None
        if judged is not None:
            kept.setdefault(key, []).extend(str(held.certificate.sha256) for held in judged.certificates)
    return kept


def flat(text: str) -> str:
    return text.replace("\n", "\\n")


def lines_of(text: str, sign: str) -> str:
    return f"{sign}\n".join(json.dumps(f"{line}\n") for line in text.splitlines())


HELM: Final = {
    "manifest": f"kind: Secret\ndata:\n  ca.crt: {b64(TWO)}\n",
    "chart": {"files": [{"data": b64("x" * 99)}]},
}
CLOUD: Final = f"#cloud-config\nwrite_files:\n- path: /etc/ca.pem\n  content: |\n{textwrap.indent(TWO, '    ')}"

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "a URL": (f"GET /verify?cert={quote(TWO)} HTTP/1.1\n", "cert"),
    "a form": (f"name=x&cert={quote_plus(TWO)}&more=1\n", "cert"),
    "nginx's ssl_client_escaped_cert": (f"X-Client-Cert: {quote(TWO, safe='')}\n", "X-Client-Cert"),
    "XML": (f'<key cert="{html.escape(TWO).replace(chr(10), "&#10;")}"/>', "cert"),
    "XML, of Windows": (f'<key cert="{TWO.replace(chr(10), "&#xD;&#xA;").replace("+", "&#x2B;")}"/>', "cert"),
    "JSON in JSON": (json.dumps({"policy": json.dumps({"ca": TWO})}), "ca"),
    "JSON in JSON in JSON": (json.dumps({"a": json.dumps({"policy": json.dumps({"ca": TWO})})}), "ca"),
    "JSON of PHP": (json.dumps({"ca": TWO}).replace("/", "\\/"), "ca"),
    "JSON of .NET": (json.dumps({"ca": TWO}).replace("+", "\\u002B"), "ca"),
    "JSON in XML": (f'<p v="{html.escape(json.dumps({"ca": TWO}))}"/>', ""),
    "JSON, a list of lines": (json.dumps({"ca": TWO.splitlines()}, indent=1), ""),
    "JSON, a list on one line": (json.dumps({"ca": TWO.splitlines()}), ""),
    "Java": (f"class A {{ String ca =\n{lines_of(TWO, ' +')}; }}", ""),
    "Java, packed": (f"class A {{ String ca = {lines_of(TWO, '+').replace(chr(10), '')}; }}", "ca"),
    "PHP": (f"$ca = {lines_of(TWO, ' .')};\n", "ca"),
    "Python": (f"CA = (\n{lines_of(TWO, '')}\n)\n", ""),
    **{
        f"YAML, {style or 'plain'}, {width} wide": (
            yaml.safe_dump({"ca": TWO}, default_style=style, width=width),
            "ca",
        )
        for style in ("'", '"', ">", "|")
        for width in (20, 28, 72, 80, 200)
    },
    "a Secret": (f"kind: Secret\ndata:\n  ca.crt: {b64(COMMENTED)}\n", "ca.crt"),
    "Secret of Helm": (
        f"kind: Secret\ndata:\n  release: {b64(b64(gzip.compress(json.dumps(HELM).encode())))}\n",
        "release!/ca.crt",
    ),
    "user data": (f'{{"user_data": "{b64(gzip.compress(CLOUD.encode()))}"}}', "user_data!/content"),
    "kubeconfig in a Secret": (
        f"kind: Secret\ndata:\n  value: {b64(f'clusters:{chr(10)}- ca-data: {b64(TWO)}{chr(10)}')}\n",
        "value!/ca-data",
    ),
    "cloud-init": (f"write_files:\n- encoding: gz+b64\n  content: {b64(gzip.compress(TWO.encode()))}\n", "content"),
    "systemd": (f"[Service]\nSetCredential=ca:{b64(COMMENTED)}\n", "ca"),
    "state of Terraform": (json.dumps({"attributes": {"ca_cert_pem": TWO, "content_base64": None}}), "ca_cert_pem"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_what_texts_write_out(name: str) -> None:
    text, key = TEXTS[name]
    assert found(text) == {key: sha256s(TWO)}


@pytest.mark.parametrize("columns", [0, 20, 64, 65, 76, 77])
@pytest.mark.parametrize(
    "form", ["key: {}\n", "key: |\n    {}\nother: 1\n", '{{"key": "{}"}}', "{}\n", "data\n{}\nend x\n"]
)
def test_base64_of_bundles_that_begin_with_something_else(columns: int, form: str) -> None:
    for before in ("", "a\n", "ab\n", "abc\n", "# a comment\n", "Subject: CN=a\n"):
        body = b64(f"{before}{COMMENTED}")
        broken = "\n".join(textwrap.wrap(body, columns)) if columns else body
        if form.startswith("key: |"):
            broken = broken.replace("\n", "\n    ")
        elif form.startswith("{{"):
            broken = flat(broken)
        key = "key" if "key" in form else ""
        assert found(form.format(broken)) == {key: sha256s(TWO)}, before


def test_what_openssl_and_the_shell_make() -> None:
    shown = realtools.run("openssl", "x509", "-text", stdin=ONE.encode())
    text = b"ca: |\n" + realtools.run("openssl", "base64", stdin=shown) + b"\n"
    assert found(text) == {"ca": sha256s(ONE)}


def test_several_values_of_a_text_are_several_bundles() -> None:
    text = f"one: {b64(f'#{chr(10)}{ONE}')}\ntwo: {b64(f'##{chr(10)}{ANOTHER}')}\nthree: {b64(COMMENTED)}\n"
    assert found(text) == {"one": sha256s(ONE), "two": sha256s(ANOTHER), "three": sha256s(TWO)}


def test_hex_of_the_registry_of_windows(tmp_path: Path) -> None:
    store = every_format()["jks"]
    digits = store.hex(",")
    lines = "\\\r\n  ".join(digits[at : at + 75] for at in range(0, len(digits), 75))
    head = "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\A]\r\n"
    text = f'{head}"Trust"=hex:{lines}\r\n"B"=dword:00000001\r\n'
    assert found(text) == found(text.encode("utf-16")) == {"Trust": sha256s(ONE)}
    (tmp_path / "a.reg").write_bytes(text.encode("utf-16"))
    (tmp_path / "b.reg").write_text(text)
    assert set(places(scanned(tmp_path), tmp_path)) == {"a.reg!/Trust", "b.reg!/Trust"}


def test_values_of_texts_in_utf_16() -> None:
    text = json.dumps({"one": ONE, "two": b64(COMMENTED)})
    assert found(text.encode("utf-16")) == {"one": sha256s(ONE), "two": sha256s(TWO)}


def test_stores_behind_gzip() -> None:
    assert found(f"jks: {b64(gzip.compress(every_format()['jks']))}\n") == {"jks": sha256s(ONE)}


VAULT: Final = "$ANSIBLE_VAULT;1.1;AES256\n" + "\n".join(textwrap.wrap(shake_128(b"").hexdigest(1600), 80)) + "\n"
NONE: Final = {
    "Ansible vault": VAULT,
    "base64 of something else": f"kind: Secret\ndata:\n  a: {b64('no certificate here, ' * 9)}\n",
    "base64 that is cut": f"a: {b64(COMMENTED)[:-400]}!\n",
    "base64 from the middle": f"a: {b64(COMMENTED)[1:]}\n",
    "gzip of something else": f"a: {b64(gzip.compress(b'nothing' * 99))}\n",
    "gzip that is damaged": f"a: {b64(gzip.compress(TWO.encode())[:40] + bytes(99))}\n",
    "a word that begins as gzip does": "H4sIs are words, as SDRzSU is, H4sIAAAAAAAAA\n",
    "hex of something else": '"A"=hex:fe,ed,fe,ed,00,00,00,09\n',
    "percent of something else": "a=-----BEGIN%20CERTIFICATE-----%0Anothing%0A-----END%20CERTIFICATE-----\n",
    "ends with another label": f"a: {ONE.replace('END CERTIFICATE', 'END X509 CRL')}",
    "a sentence": "It stands between -----BEGIN CERTIFICATE----- and -----END CERTIFICATE-----.\n",
    "an API's description": json.dumps({"shapes": {"Secret": {"type": "string", "value": "A" * 99}}}),
}


@pytest.mark.parametrize("name", NONE)
def test_what_only_looks_like_one(name: str) -> None:
    assert found(NONE[name]) == {}


def test_what_unpacks_to_too_much_is_said_behind_what_was_found() -> None:
    bomb = b64(gzip.compress(b" " * (40 << 20)))
    text = f"a: {bomb}\nca: {b64(TWO)}\nb: {bomb}\n".encode()
    seen: list[str] = []
    with pytest.raises(OverBoundError, match="unpack to more than 16 MiB"):
        seen.extend(key for key, _ in opening.stores_in(text))
    assert seen == ["ca"]


@pytest.mark.parametrize(
    "unit",
    [
        *("LS0tLS1CRUdJTi", "LS0tLS1CRUdJTi!", "0tLS0tQkVHSU4g\n", "a\nLS0tLS1CRUdJTi", "H4sIAAAA", "a: H4sIAAAA\n"),
        *("kind: Secret\na: MIIBAAAAAAAAAAAA\n", "kind: Secret : ", "binaryData: |\n" + "A" * 64, "\\n", "&#10;"),
        *("fe,ed,fe,ed,00,00,00,0", "hex:fe,ed,fe,ed,00,00,00,0,", f"a: H4sI{'A' * 80}\n", f"{'A' * 64}\n"),
        *("-----BEGIN A-----", "-----BEGIN%20A-----%0A", "-----BEGIN\\\n"),
        *(
            f"-----BEGIN A-----{inside * 200}-----END A-----"
            for inside in ('"', '" +', "\\", "%", "&#0", "- ", "\\u00")
        ),
    ],
)
def test_a_hostile_text_takes_linear_time(unit: str) -> None:
    """What is quadratic would take hours."""
    data = (b"LS0tLS1CRUdJTi\n" + unit.encode() * (1 << 18))[: 1 << 18]
    assert sum(1 for _ in opening.stores_in(data)) < 100_000


def test_signs_are_those_of_every_alignment() -> None:
    """What lets a text in is in base64 of any PEM, whatever stands before it."""
    for before in range(12):
        assert encoded.speaks(b64("x" * before + ONE).encode()), before
    assert not encoded.speaks(b"startLSN of a log; 'Secret': a word")

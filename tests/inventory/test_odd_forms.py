"""Stores as people have them in files: quoted, wrapped, encoded, behind other text; all are found.

They are made with openssl and Python's own modules, and looked for plain, in a zip and in a packed tar.
"""

import base64
import gzip
import json
import subprocess
import zipfile
from pathlib import Path
from typing import Final

import pytest

from tests import realtools
from tests.inventory.test_recall import scanned
from tests.inventory.trees import every_format, pem, tarred, zipped
from truststore_tool import asn1


def openssl(*words: str, given: bytes) -> bytes:
    return subprocess.run([str(realtools.find("openssl")), *words], input=given, capture_output=True, check=True).stdout


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def indented(text: str, by: str = "    ") -> str:
    return "".join(f"{by}{line}\n" for line in text.splitlines())


def indefinite(element: asn1.Element) -> bytes:
    """The same in BER, with indefinite lengths wherever there are elements inside."""
    if not element.tag & 0x20:
        return element.raw
    return bytes([element.tag, 0x80]) + b"".join(map(indefinite, element.children())) + b"\0\0"


def forms() -> dict[str, tuple[bytes, int]]:
    """What a file holds, and how many stores that are."""
    stores = every_format()
    text = pem().decode()
    text = text[text.index("-----BEGIN") : text.index("-----END CERTIFICATE-----") + len("-----END CERTIFICATE-----\n")]
    escaped, plain = text.replace("\n", "\\n"), text.encode()
    pkcs7 = openssl("crl2pkcs7", "-nocrl", "-certfile", "/dev/stdin", given=plain)
    body = encoded(stores["der"])
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    lines = [json.dumps(f"{line}\n") for line in text.splitlines()]
    far = b"# nothing\n" * 150_000
    one = {
        "line ends of Windows": text.replace("\n", "\r\n").encode(),
        "line ends of old Macs": text.replace("\n", "\r").encode(),
        "UTF-16": text.encode("utf-16"),
        "UTF-16, big": b"\xfe\xff" + text.encode("utf-16-be"),
        "UTF-16 without a mark": text.encode("utf-16-le"),
        "UTF-16, big, without a mark": text.encode("utf-16-be"),
        "a mark of UTF-8": b"\xef\xbb\xbf" + plain,
        "another encoding before": "# gr\u00fc\u00dfe\n".encode("latin-1") + plain,
        "trusted": openssl("x509", "-trustout", "-addtrust", "serverAuth", given=plain),
        "PKCS#7": openssl("crl2pkcs7", "-nocrl", "-outform", "DER", "-certfile", "/dev/stdin", given=plain),
        "PKCS#7 in PEM": pkcs7,
        "an old label": text.replace("CERTIFICATE", "X509 CERTIFICATE").encode(),
        "all on one line": f"{begin}{body}{end}".encode(),
        "a long line": f"{begin}\n{body}\n{end}".encode(),
        "short lines": f"{begin}\n{indented(body, '')}{end}".encode(),
        "text before": openssl("x509", "-text", given=plain),
        "indented": indented(text, "\t").encode(),
        "blanks at line ends": text.replace("\n", "  \n").encode(),
        "zeros behind": plain + bytes(1000),
        "in a program": b"\x7fELF" + bytes(range(256)) * 8 + plain + bytes(2000),
        "env": f'A=1\nCA="{escaped}"\nB=2\n'.encode(),
        "env, plain": f"CA={escaped}\n".encode(),
        "env, of Windows": f"CA='{text.replace(chr(10), chr(92) + 'r' + chr(92) + 'n')}'\n".encode(),
        "env, in base64": f"CA={encoded(plain)}\n".encode(),
        "env, export": f"export CA='{encoded(plain)}'\n".encode(),
        "properties, continued": f"ca={text.strip().replace(chr(10), ' ' + chr(92) + chr(10))}\n".encode(),
        "properties, on a line": f"ssl.truststore.certificates={text.replace(chr(10), ' ')}\n".encode(),
        "Java": f"String ca = {' + '.join(lines)};\n".encode(),
        "JavaScript": ("[\n" + ",\n".join(lines) + "]").encode(),
        "C": ("const char *ca =\n" + "\n".join(lines) + ";\n").encode(),
        "Go": f"const ca = `{text}`\n".encode(),
        "shell": f"cat > ca.pem <<EOF\n{text}EOF\n".encode(),
        "Dockerfile": f'RUN echo "{encoded(plain)}" | base64 -d > /ca.pem\n'.encode(),
        "cloud-config": f"write_files:\n- encoding: b64\n  content: {encoded(plain)}\n".encode(),
        "Ignition": json.dumps({"source": f"data:text/plain;base64,{encoded(plain)}"}).encode(),
        "YAML in quotes": f'ca: "{escaped}"\n'.encode(),
        "YAML, folded": ("ca: >\n" + "".join(f"  {line}\n\n" for line in text.splitlines())).encode(),
        "Secret, stringData": f"kind: Secret\nstringData:\n  ca: |-\n{indented(text)}".encode(),
        "Secret in quotes": f'kind: "Secret"\ndata:\n  p: "{encoded(stores["pkcs12"])}"\n'.encode(),
        "Secret, twice encoded": f"kind: Secret\ndata:\n  ca: {encoded(encoded(plain).encode())}\n".encode(),
        "List": json.dumps({"items": [{"kind": "Secret", "data": {"p": encoded(stores["pkcs12"])}}]}).encode(),
        "base64 of base64": encoded(encoded(plain).encode()).encode(),
        "base64 of that": encoded(encoded(encoded(plain).encode()).encode()).encode(),
        "PKCS#12 in BER": indefinite(asn1.read(stores["pkcs12"])),
        "far behind": far + plain,
        "over the edge of what is read at first": b"x" * ((1 << 20) - 8) + b"\n" + plain,
        "env, far behind": far + f'CA="{escaped}"\n'.encode(),
        "YAML, far behind": far + f"ca: {encoded(stores['jks'])}\n".encode(),
        **{f"base64 of {name}": base64.encodebytes(data) for name, data in stores.items()},
        **{f"base64 of {name}, a line": base64.b64encode(data) for name, data in stores.items()},
    }
    values = "".join(f"  key.{name}: {encoded(data)}\n" for name, data in stores.items())
    several = {
        "ConfigMap": f"kind: ConfigMap\nbinaryData:\n{values}".encode(),
        "Secret": f"kind: Secret\ndata:\n{values}".encode(),
        "Secret, pretty": json.dumps(
            {"kind": "Secret", "data": {name: encoded(data) for name, data in stores.items()}}, indent=2
        ).encode(),
    }
    return {name: (data, 1) for name, data in one.items()} | {
        name: (data, len(stores)) for name, data in several.items()
    }


# Values of keys that count in files of settings: of structures only those that are stores, as a certificate is none.
SETTINGS: Final = {"values.yaml": ("pkcs12", "jks", "bcfks", "bks", "pkcs7"), ".env": ("pkcs12", "jks")}


@pytest.mark.parametrize("container", ["folder", "zip", "tar.gz"])
def test_every_form_is_found(tmp_path: Path, container: str) -> None:
    made = forms()
    if container == "folder":
        for name, (data, _) in made.items():
            (tmp_path / name).write_bytes(data)
    else:
        members = {name: data for name, (data, _) in made.items()}
        packed = zipped(members) if container == "zip" else gzip.compress(tarred(members), 1)
        (tmp_path / "packed").write_bytes(packed)
    found = scanned(tmp_path)
    at = 0 if container == "folder" else 1
    counts: dict[str, int] = {}
    for store in found.stores:
        for place in store.places:
            name = place.parts[at].removeprefix(f"{tmp_path}/")
            counts[name] = counts.get(name, 0) + 1
    assert counts == {name: count for name, (_, count) in made.items()}
    assert found.skipped == ()


@pytest.mark.parametrize("name", SETTINGS)
def test_stores_in_base64_are_values_of_settings(tmp_path: Path, name: str) -> None:
    stores = every_format()
    sign = "=" if name == ".env" else ": "
    lines = [f"TRUST_{form}{sign}{encoded(stores[form])}" for form in SETTINGS[name]]
    lines += [f"SAML_CERTIFICATE{sign}{encoded(stores['der'])}", f"PASSWORD{sign}{encoded(b'x' * 100)}"]
    (tmp_path / name).write_text("\n".join(lines) + "\n")
    found = scanned(tmp_path)
    assert sorted(store.format for store in found.stores) == sorted(SETTINGS[name])


def test_a_certificate_that_is_no_base64_is_named(tmp_path: Path) -> None:
    """OpenSSL loads no such file either: `PEM_get_EVP_CIPHER_INFO: not proc type`."""
    (tmp_path / "a.pem").write_bytes(pem().replace(b"CERTIFICATE-----\n", b"CERTIFICATE-----\nComment: x\n\n", 1))
    found = scanned(tmp_path)
    assert (found.stores, len(found.skipped)) == ((), 1)


def test_a_store_in_a_jar_in_a_war_in_a_packed_layer_of_an_image(tmp_path: Path) -> None:
    realtools.find("zstd")
    for name, packed in (("gz", gzip.compress), ("zst", lambda data: realtools.run("zstd", "-q", "-c", stdin=data))):
        war = zipped({"WEB-INF/lib/x.jar": zipped({"odd name.bin": every_format()["jks"]}, zipfile.ZIP_STORED)})
        inner = packed(tarred({"app.war": war}))
        (tmp_path / f"layers.{name}").write_bytes(packed(tarred({"blobs/x": inner})))
    found = scanned(tmp_path)
    (store,) = found.stores
    assert len(store.places) + len(found.skipped) == 2  # zstd is read where a module for it is installed
    assert all(str(place).endswith("app.war!/WEB-INF/lib/x.jar!/odd name.bin") for place in store.places)

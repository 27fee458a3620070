"""Trees of files with stores of every format, at every nesting, under any name: and where the stores lie."""

import base64
import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

from tests.samples import amazon, own
from truststore_tool import stores
from truststore_tool.model import Certificate, TrustStore

BOUNCY: Final = Path(__file__).parents[1] / "formats" / "bouncycastle"
PASSWORD: Final = "changeit"


def pem(name: str = "old-root.pem") -> bytes:
    return own(name).read_bytes()


@cache
def every_format() -> dict[str, bytes]:
    """By format, the bytes of a store that holds what `old-root.pem` does, or what fixtures hold."""
    certificate = Certificate.from_pem(pem())
    made = {
        name: stores.encoded(TrustStore(format=name).add(certificate), PASSWORD, readers=())
        for name in ("jks", "jceks", "pkcs12", "pkcs7", "der")
    }
    found = {"bcfks": BOUNCY / "bcfks.store", "bks": BOUNCY / "bks.store", "uber": BOUNCY / "uber.store"}
    return {**made, "pem": pem(), **{name: path.read_bytes() for name, path in found.items()}}


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(members: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


DEBIAN_BINARY: Final = b"2.0\n"


def packaged(files: dict[str, bytes], more: dict[str, bytes] | None = None) -> bytes:
    """A package of Debian with such files, by deb(5); `more` are members that stand before its data.

    Without files it has no data but those.
    """
    members = {"debian-binary": DEBIAN_BINARY, "control.tar.gz": gzip.compress(tarred({"./control": b"Package: x\n"}))}
    members |= more or {}
    if files:
        members["data.tar.xz"] = lzma.compress(tarred({f"./{name}": data for name, data in files.items()}))
    out = b"!<arch>\n"
    for name, data in members.items():
        header = b"%-16b%-12d%-6d%-6d%-8b%-10d`\n" % (name.encode(), 0, 0, 0, b"100644", len(data))
        out += header + data + b"\n" * (len(data) % 2)
    return out


def _without_end(data: bytes) -> bytes:
    """A tar as umoci 0.4 writes it: without its end blocks, and without the padding of its last member."""
    return tarred({"x/y": data}, tarfile.USTAR_FORMAT)[: 512 + len(data)]


# How a store is wrapped: bytes of the file, and the rest of the path behind the name of the file.
Wrapping = Callable[[bytes], tuple[bytes, str]]
WRAPPINGS: Final[dict[str, Wrapping]] = {
    "plain": lambda data: (data, ""),
    "zip": lambda data: (zipped({"a/b": data}), "!/a/b"),
    "stored": lambda data: (zipped({"a/b": data}, zipfile.ZIP_STORED), "!/a/b"),
    "bzipped": lambda data: (zipped({"a/b": data}, zipfile.ZIP_BZIP2), "!/a/b"),
    "war": lambda data: (zipped({"WEB-INF/lib/x.jar": zipped({"t": data})}), "!/WEB-INF/lib/x.jar!/t"),
    "fat": lambda data: (
        b"#!/bin/sh\nexec java -jar $0\n" + zipped({"BOOT-INF/lib/x.jar": zipped({"t": data})}, zipfile.ZIP_STORED),
        "!/BOOT-INF/lib/x.jar!/t",
    ),
    "tar": lambda data: (tarred({"x/y": data, "z": b"nothing"}), "!/x/y"),
    "ustar": lambda data: (tarred({"d" * 90 + "/" + "e" * 90: data}, tarfile.USTAR_FORMAT), f"!/{'d' * 90}/{'e' * 90}"),
    "gnu": lambda data: (tarred({"d" * 200: data}, tarfile.GNU_FORMAT), f"!/{'d' * 200}"),
    "pax": lambda data: (tarred({"\u00fc" * 200: data}), f"!/{chr(0xFC) * 200}"),
    "endless": lambda data: (_without_end(data), "!/x/y"),
    "tar.gz": lambda data: (gzip.compress(tarred({"x": data})), "!/x"),
    "tar.bz2": lambda data: (bz2.compress(tarred({"x": data})), "!/x"),
    "tar.xz": lambda data: (lzma.compress(tarred({"x": data})), "!/x"),
    "deb": lambda data: (packaged({"usr/x": data}), "!/data.tar.xz!/usr/x"),
    "gz": lambda data: (gzip.compress(data), "!/{name}"),
    "tar in zip in tar.gz": lambda data: (
        gzip.compress(tarred({"a.zip": zipped({"b.tar": tarred({"c": data})})})),
        "!/a.zip!/b.tar!/c",
    ),
}


def texts(data: bytes, binary: bytes) -> dict[str, tuple[bytes, list[str]]]:
    """Texts that hold a PEM bundle, or a binary store in base64: the bytes, and the keys of what is in them."""
    text = data.decode()
    indented = "".join(f"    {line}\n" for line in text.splitlines())
    encoded = base64.b64encode(data).decode()
    escaped = text.replace("\n", "\\n")
    return {
        "config-map": (
            f"apiVersion: v1\nkind: ConfigMap\ndata:\n  ca.crt: |\n{indented}  other: |-\n    text\nbinaryData:\n"
            f"  trust.bin: {base64.b64encode(binary).decode()}\n".encode(),
            ["ca.crt", "trust.bin"],
        ),
        "secret": (f"kind: Secret\ntype: Opaque\ndata:\n  ca: {encoded}\n".encode(), ["ca"]),
        "env": (f'A=1\nexport CA="{escaped}"\n'.encode(), ["CA"]),
        "properties": (f"some.key=x\ntrust.pem={escaped}\n".encode(), ["trust.pem"]),
        "json": (json.dumps({"a": {"ca": text}}).encode(), ["ca"]),
        "kubeconfig": (
            f"clusters:\n- cluster:\n    certificate-authority-data: {encoded}\n".encode(),
            ["certificate-authority-data"],
        ),
        "several": (
            json.dumps({"one": text, "two": amazon("rds-ca-2019-root.pem").read_text()}).encode(),
            ["one", "two"],
        ),
    }


# What looks like a store, and is none.
NONE: Final[dict[str, bytes]] = {
    "key.pem": own("old-root.key").read_bytes(),
    "empty": b"",
    "words": b"-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----\n",
    "code.py": b'assert text.startswith("-----BEGIN CERTIFICATE-----")\n',
    "secrets.py": b"import secrets\nSecret = 'kind: Secret'\n",
    "zeros": bytes(5000),
    "sequence": b"\x30\x82\x01\x00" + bytes(256),
    "numbers": b"0123456789\n" * 100,
    "not.zip": b"PK\3\4",
    "class": b"\xca\xfe\xba\xbe" + b"\0" * 100,
}

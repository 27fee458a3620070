"""The certificates of sample_certs/, for tests."""

import binascii
from pathlib import Path

from truststore_tool.model import Certificate

SAMPLES = Path(__file__).resolve().parent.parent / "sample_certs"

# As the provider publishes it, and as `openssl x509 -fingerprint` prints it.
RDS_2019_SHA1 = "D4:0D:DB:29:E3:75:0D:FF:A6:71:C3:14:0B:BF:5F:47:8D:1C:80:96"
RDS_2019_SHA256 = "F2:54:C7:D5:E9:23:B5:B7:51:0C:D7:9E:F7:77:7C:1C:A7:E6:4A:3C:97:22:E4:0D:64:54:78:FC:70:AA:D0:08"


def amazon(name: str) -> Path:
    """Path of one of Amazon's certificates."""
    return SAMPLES / "amazon" / name


def own(name: str) -> Path:
    """Path of one of our own certificates."""
    return SAMPLES / "own" / name


def certificates(path: Path) -> list[Certificate]:
    """The certificates of a PEM file, cut out without the code under test."""
    text = path.read_text()
    bodies = text.split("-----BEGIN CERTIFICATE-----")[1:]
    return [Certificate(binascii.a2b_base64(body.split("-----END")[0])) for body in bodies]

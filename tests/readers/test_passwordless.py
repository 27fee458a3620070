"""PKCS#12 without a password, however they were made: what real Javas from 8 to 25 make of them, the older ones too."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.cli.conftest import tool as tool
from tests.cli.harness import Tool
from tests.readers.jvms import Jvm
from tests.realtools import find, run
from tests.samples import amazon, certificates

ROOT: Final = amazon("rds-ca-rsa2048-g1-us-east-1.pem")
PASSWORD: Final = "changeit"
DIGEST: Final = certificates(ROOT)[0].sha256.hex
Make = Callable[[Tool], None]


def _new(tool: Tool) -> None:
    assert tool("import", "s.p12", ROOT, "--yes", "--profile", "passwordless").code == 0


def _converted(tool: Tool) -> None:
    assert tool("import", "s.jks", ROOT, "--yes").code == 0
    assert tool("convert", "s.jks", "-o", "s.p12", "--profile", "passwordless").code == 0


def _of_keytool(*settings: str) -> Make:
    def make(tool: Tool) -> None:
        words = ("-alias", "rds-root", "-file", ROOT, "-keystore", "s.p12", "-storetype", "PKCS12", "-noprompt")
        run(find("keytool"), "-importcert", *words, "-storepass", PASSWORD, *settings)
        assert tool("passwd", "s.p12", "--no-password").code == 0

    return make


def _of_openssl(tool: Tool) -> None:
    run(find("openssl"), "pkcs12", "-export", "-nokeys", "-in", ROOT, "-passout", f"pass:{PASSWORD}", "-out", "s.p12")
    assert tool("doctor", "s.p12", "--fix", "--yes").code == 0
    assert tool("passwd", "s.p12", "--no-password").code == 0


MADE: Final[dict[str, Make]] = {
    "new": _new,
    "converted from a JKS": _converted,
    "of keytool": _of_keytool(),
    "of keytool, as it wrote them before 16": _of_keytool("-J-Dkeystore.pkcs12.legacy"),
    "of openssl": _of_openssl,
}


def _made_of(jvm: Jvm, password: str | None) -> list[tuple[bool, list[str]]]:
    """Whether the store loads, and what is trusted then, by its type and as JKS, which stands for both."""
    data = Path("s.p12").read_bytes()
    answers = [jvm.ask(data, password, storetype) for storetype in ("PKCS12", "JKS")]
    return [(answer.loads, [digest.lower().replace(":", "") for digest in answer.anchors]) for answer in answers]


@pytest.mark.parametrize("made", MADE)
def test_every_java_trusts_what_is_in_it_with_any_password_or_none(
    tool: Tool, readers: dict[str, Jvm], made: str
) -> None:
    MADE[made](tool)
    for name, jvm in readers.items():
        for password in (None, PASSWORD, "another-one"):
            assert _made_of(jvm, password) == 2 * [(True, [DIGEST])], (name, password)


def test_a_password_that_is_given_again_counts_for_every_java(tool: Tool, readers: dict[str, Jvm]) -> None:
    _new(tool)
    assert tool("passwd", "s.p12", "--new-password-env", "TRUSTSTORE_PASSWORD", "--profile", "compat").code == 0
    for name, jvm in readers.items():
        assert _made_of(jvm, PASSWORD) == 2 * [(True, [DIGEST])], name
        assert _made_of(jvm, None) == 2 * [(True, [])], name
        assert [loads for loads, _ in _made_of(jvm, "another-one")] == [False, False], name

"""keytool on a store with a certificate that Java's parser refuses: beside the JDK's own tool, command by command."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from tests.interop.keytool_pair import Case, compare
from tests.readers.test_java_parser import refused
from tests.realtools import Jdk
from tests.samples import amazon, certificates
from tests.shims.forge import certificate, common_name, pem
from truststore_tool import save_store
from truststore_tool.model import Certificate, TrustedEntry, TrustStore

S: Final = "-storepass changeit"
SUFFIXES: Final = ("jks", "p12", "jceks")
FORMATS: Final = {"jks": "jks", "p12": "pkcs12", "jceks": "jceks"}
GOOD: Final = certificates(amazon("rds-ca-2019-root.pem"))[0].der
# What differs between the releases of the JDK, and what the tool does not know in all its words.
ALL: Final = {title: der for title, der in refused().items() if title not in ("otherName of an extension's type",)}
SHORT: Final = {"sm2": "SM2", "issuer": "no issuer", "pss": "PSS, trailer field 2", "v2": "version 2 with extensions"}


def write(path: Path, bad: bytes, profile: str | None = None) -> None:
    made = datetime(2020, 1, 1, tzinfo=UTC)
    entries = tuple(TrustedEntry(name, Certificate(der), made) for name, der in (("good", GOOD), ("bad", bad)))
    form = FORMATS[path.suffix[1:]]
    save_store(TrustStore(entries, form), path, "changeit", readers=(), profile=profile)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stores with a certificate that is refused and a good one, and a good store of each format."""
    made = tmp_path_factory.mktemp("refused")
    for number, der in enumerate(ALL.values()):
        write(made / f"r{number}.jks", der)
    for name, title in SHORT.items():
        for suffix in SUFFIXES:
            write(made / f"{name}.{suffix}", refused()[title])
        write(made / f"{name}-open.p12", refused()[title], profile="passwordless")
    (made / "one.pem").write_bytes(pem(certificate(subject=common_name("one"))))
    good = TrustStore((TrustedEntry("fine", Certificate(GOOD), datetime(2020, 1, 1, tzinfo=UTC)),), "jks")
    save_store(good, made / "good.jks", "changeit")
    return made


def commands(store: str) -> list[Case]:
    kind = "jks" if store.endswith("p12") else "pkcs12"
    return [
        Case(f"-list -v -keystore {store} {S}"),
        Case(f"-list -alias good -keystore {store} {S}"),
        Case(f"-list -keystore {store}", "\n"),
        Case(f"-list -keystore {store} -storepass wrongpw"),
        Case(f"-importcert -noprompt -alias one -file one.pem -keystore {store} {S} -v"),
        Case(f"-exportcert -alias good -keystore {store} {S} -file out.der"),
        Case(f"-delete -alias bad -keystore {store} {S}"),
        Case(f"-changealias -alias good -destalias better -keystore {store} {S}"),
        Case(f"-storepasswd -new newpass1 -keystore {store} {S}"),
        Case(
            f"-importkeystore -srckeystore {store} -destkeystore new.{kind} -deststoretype {kind} "
            f"-srcstorepass changeit -deststorepass changeit -v"
        ),
        Case(
            f"-importkeystore -srckeystore good.jks -destkeystore {store} -srcstorepass changeit "
            "-deststorepass changeit -v"
        ),
    ]


def test_every_reason_in_keytools_words(jdks: list[Jdk], folder: Path, tmp_path: Path) -> None:
    for number, jdk in enumerate(jdks):
        scratch = tmp_path / str(number)
        scratch.mkdir()
        cases = [Case(f"-list -keystore r{index}.jks {S}") for index in range(len(ALL))]
        assert compare(jdk, folder, scratch, cases) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_command_is_refused_as_keytool_refuses_it(
    jdks: list[Jdk], folder: Path, tmp_path: Path, suffix: str
) -> None:
    for number, jdk in enumerate(jdks if suffix == "jks" else jdks[:1]):
        scratch = tmp_path / str(number)
        scratch.mkdir()
        assert compare(jdk, folder, scratch, commands(f"sm2.{suffix}")) == []


def test_depths_of_causes(jdks: list[Jdk], folder: Path, tmp_path: Path) -> None:
    stores = [f"{name}.{suffix}" for name in SHORT for suffix in SUFFIXES] + [f"{name}-open.p12" for name in SHORT]
    cases = [Case(f"-list -v -keystore {store} {S}") for store in stores]
    cases += [Case(f"-list -v -keystore pss.{suffix} -storetype {FORMATS[suffix]} {S}") for suffix in SUFFIXES]
    cases += [
        Case(f"-list -v -keystore sm2.jks -storetype pkcs12 {S}"),
        Case(f"-list -v -keystore sm2.p12 -storetype jks {S}"),
    ]
    for number, jdk in enumerate(jdks):
        scratch = tmp_path / str(number)
        scratch.mkdir()
        assert compare(jdk, folder, scratch, cases) == []

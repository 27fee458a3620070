"""Secret keys between JCEKS and PKCS#12, by our keytool and our convert, beside the JDK's own tool and its JVM."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.interop.keytool_pair import Case, compare
from tests.realtools import Jdk, Request, run
from truststore_tool import stores
from truststore_tool.formats.carrying import carry_key
from truststore_tool.model import OpaqueEntry, TrustStore

PASSWORD, OTHER = "changeit", "newpass1"
KEYS = {"AES": "256", "DESede": "168", "HmacSHA256": "256"}
DIRECTIONS = [(source, target) for source in ("jceks", "pkcs12") for target in ("jceks", "pkcs12")]
BOTH = "-srcstorepass changeit -deststorepass newpass1"


def make(jdk: Jdk, folder: Path) -> None:
    """A JCEKS and a PKCS12 with a secret key of each kind, and one JCEKS key under a password of its own."""
    for kind in ("jceks", "pkcs12"):
        common = ("-storetype", kind, "-keystore", folder / f"s.{kind}", "-storepass", PASSWORD)
        for algorithm, size in KEYS.items():
            run(jdk.keytool, "-genseckey", "-alias", algorithm, "-keyalg", algorithm, "-keysize", size,
                "-keypass", PASSWORD, *common)  # fmt: skip
    run(jdk.keytool, "-genseckey", "-alias", "own", "-keyalg", "AES", "-keysize", "128", "-keypass", "keypass",
        "-storetype", "jceks", "-keystore", folder / "own.jceks", "-storepass", PASSWORD)  # fmt: skip


@dataclass(frozen=True)
class Made:
    jdk: Jdk
    folder: Path


@pytest.fixture(scope="module")
def made(jdks: list[Jdk], tmp_path_factory: pytest.TempPathFactory) -> list[Made]:
    """The stores of every JDK."""
    found = [Made(jdk, tmp_path_factory.mktemp("secrets")) for jdk in jdks]
    for one in found:
        make(one.jdk, one.folder)
    return found


def digests(jdk: Jdk, *requests: Request) -> list[dict[str, str | None]]:
    """The digest of each key that the JVM opens, by alias."""
    views = jdk.read(*requests)
    assert [view.error for view in views] == [None] * len(requests)
    return [{entry.alias: entry.key for entry in view.entries if entry.kind == "secret-key"} for view in views]


def test_every_jvm_finds_the_keys_that_we_moved(made: list[Made], jdks: list[Jdk], tmp_path: Path) -> None:
    requests, sources = [], []
    for number, one in enumerate(made):
        for source, target in DIRECTIONS:
            store = stores.open_store(one.folder / f"s.{source}", PASSWORD)
            entries = [carry_key(e, target, (PASSWORD,), OTHER) for e in store.entries if isinstance(e, OpaqueEntry)]
            path = tmp_path / f"{number}-{source}.{target}"
            stores.save_store(TrustStore(tuple(entries), target), path, OTHER)
            requests.append(Request(target, path, OTHER, (OTHER,)))
            sources.append(Request(source, one.folder / f"s.{source}", PASSWORD, (PASSWORD,)))
    for jdk in jdks:
        moved, before = digests(jdk, *requests), digests(jdk, *sources)
        assert moved == before
        for keys in before:
            assert sorted(keys) == ["aes", "desede", "hmacsha256"]
            assert None not in keys.values()


def cases() -> list[Case]:
    whole = [
        Case(
            f"-importkeystore -noprompt -srckeystore s.{source} -destkeystore new -deststoretype {target} {BOTH}",
            varies=source != target,
        )
        for source, target in DIRECTIONS
    ]
    one = "-importkeystore -noprompt -srckeystore own.jceks -destkeystore n.ks -srcalias own"
    return [
        *whole,
        Case(f"-importkeystore -noprompt -srckeystore s.pkcs12 -destkeystore n.jks -deststoretype jks {BOTH}"),
        Case(f"{one} {BOTH} -srckeypass keypass -destalias new"),
        Case(f"{one} {BOTH} -srckeypass nopepass"),
        Case(f"{one} {BOTH}", "keypass\n"),
        Case(f"{one} {BOTH}", "nopepass\n"),
        Case("-importkeystore -srckeystore s.jceks -destkeystore s.jceks -deststoretype pkcs12 -srcstorepass changeit"),
    ]


def test_the_shim_moves_them_as_the_real_tool_does(made: list[Made], tmp_path: Path) -> None:
    for number, one in enumerate(made):
        scratch = tmp_path / str(number)
        scratch.mkdir()
        asked = cases() if number == 0 else [case for case in cases() if case.varies]
        assert compare(one.jdk, one.folder, scratch, asked) == []

"""keytool's commands when another process changes the key store after they opened it: nobody's entry is lost."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.shims.forge import certificate, common_name, pem
from truststore_tool import files
from truststore_tool.model import Certificate, TrustedEntry, TrustStore
from truststore_tool.shims import keytool
from truststore_tool.shims.keytool import stores
from truststore_tool.stores import open_store, save_store

ONE, TWO, THREE = (Certificate(certificate(subject=common_name(name))) for name in ("one", "two", "three"))
SECRET = "changeit"

Meanwhile = Callable[[Callable[[TrustStore], TrustStore]], None]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current directory, with a key store of two entries, another of one, and a certificate."""
    monkeypatch.chdir(tmp_path)
    save_store(TrustStore((TrustedEntry("one", ONE), TrustedEntry("two", TWO))), "ks", SECRET)
    save_store(TrustStore((TrustedEntry("three", THREE),)), "source", SECRET)
    Path("three.pem").write_bytes(pem(THREE.der))


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Let another one change the key store when a command has opened it and is about to save."""

    def arrange(edit: Callable[[TrustStore], TrustStore]) -> None:
        save = stores.save

        def change_it(*given: Any, **more: Any) -> None:
            monkeypatch.setattr(stores, "save", save)
            save_store(edit(open_store("ks", SECRET)), "ks", SECRET)
            save(*given, **more)

        monkeypatch.setattr(stores, "save", change_it)

    return arrange


def without_the_first(store: TrustStore) -> TrustStore:
    return store.with_entries(store.entries[1:])


def with_one_more(store: TrustStore) -> TrustStore:
    return store.with_entries((TrustedEntry("other", THREE), *store.entries))


def aliases() -> list[str]:
    return sorted(entry.alias for entry in open_store("ks", SECRET).entries)


def run(*words: str) -> int:
    return keytool.run([*words, "-keystore", "ks", "-storepass", SECRET])


COMMANDS = {
    "delete": (("-delete", "-alias", "two"), ["one", "other"]),
    "changealias": (("-changealias", "-alias", "two", "-destalias", "new"), ["new", "one", "other"]),
    "importcert": (
        ("-importcert", "-noprompt", "-alias", "new", "-file", "three.pem"),
        ["new", "one", "other", "two"],
    ),
    "storepasswd": (("-storepasswd", "-new", SECRET), ["one", "other", "two"]),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_an_entry_that_came_meanwhile_stays(meanwhile: Meanwhile, name: str) -> None:
    meanwhile(with_one_more)
    words, expected = COMMANDS[name]
    assert run(*words) == 0
    assert aliases() == expected


def test_an_entry_that_came_meanwhile_stays_beside_those_of_another_key_store(meanwhile: Meanwhile) -> None:
    meanwhile(with_one_more)
    words = ("-srckeystore", "source", "-srcstorepass", SECRET, "-destkeystore", "ks", "-deststorepass", SECRET)
    assert keytool.run(["-importkeystore", "-noprompt", *words]) == 0
    assert aliases() == ["one", "other", "three", "two"]


@pytest.mark.parametrize(
    ("edit", "words", "said", "left"),
    [
        pytest.param(
            without_the_first,
            ("-delete", "-alias", "one"),
            "Alias <one> does not exist",
            ["two"],
            id="delete what went",
        ),
        pytest.param(
            without_the_first,
            ("-changealias", "-alias", "one", "-destalias", "new"),
            "Alias <one> does not exist",
            ["two"],
            id="rename what went",
        ),
        pytest.param(
            with_one_more,
            ("-importcert", "-noprompt", "-alias", "other", "-file", "three.pem"),
            "alias <other> already exists",
            ["one", "other", "two"],
            id="import under what came",
        ),
        pytest.param(
            with_one_more,
            ("-changealias", "-alias", "one", "-destalias", "other"),
            "Destination alias <other> already exists",
            ["one", "other", "two"],
            id="rename to what came",
        ),
    ],
)
def test_what_can_no_longer_be_done_is_said_and_nothing_changes(
    meanwhile: Meanwhile,
    capfd: pytest.CaptureFixture[str],
    edit: Callable[[TrustStore], TrustStore],
    words: tuple[str, ...],
    said: str,
    left: list[str],
) -> None:
    meanwhile(edit)
    assert run(*words) == 1
    assert said in capfd.readouterr().out
    assert aliases() == left


def test_nothing_is_said_to_be_added_before_it_is(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The real tool says it before it writes."""
    words = ("-importcert", "-noprompt", "-file", "three.pem", "-storepass", SECRET, "-v", "-keystore")
    said: list[str] = []
    replace = files.replace

    def listening(*given: Any, **more: Any) -> None:
        said.append(capfd.readouterr().err)
        replace(*given, **more)

    monkeypatch.setattr(files, "replace", listening)
    assert keytool.run([*words, "ks"]) == 0
    assert said == [""]
    assert capfd.readouterr().err == "Certificate was added to keystore\n[Storing ks]\n"

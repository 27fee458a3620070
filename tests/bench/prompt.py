"""Small work, where starting up is what takes time."""

import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from tests.bench.material import ROOT
from tests.bench.measure import OURS, STORE_PASSWORD, Case, Command, Figure, compare, run

_SHIMS: Final = "shims"
# Store: its type for keytool, and the most of keytool's time that the shim may take on it.
_STORES: Final = {"small.jks": ("jks", 0.12), "small.p12": ("pkcs12", 0.25)}


def measure(runs: int, folder: Path) -> Iterator[Figure]:
    """The shims beside the programs they stand for, and our own commands beside an import of typer."""
    run(Command((OURS, "shims", "install", _SHIMS)), folder)
    shutil.copyfile(ROOT, folder / "root.pem")
    for store in _STORES:
        run(Command((OURS, "import", _kept(store), "root.pem", "--yes"), {_kept(store): None}), folder)
        shutil.copyfile(folder / _kept(store), folder / store)
    for case in (*_openssl(), *_keytool(), *_native()):
        yield compare("prompt", case, runs, folder)


def _kept(store: str) -> str:
    """The copy of a store from which each run gets its own."""
    return f"kept-{store}"


def _openssl() -> Iterator[Case]:
    words = ("x509", "-noout", "-fingerprint", "-in", "root.pem")
    yield Case("openssl x509 -fingerprint", *_both("openssl", *words), "openssl", 1.2)


def _keytool() -> Iterator[Case]:
    for store, (kind, limit) in _STORES.items():
        place = ("-keystore", store, *STORE_PASSWORD)
        fresh = {store: _kept(store)}
        work = {
            "-list": (),
            "-importcert": ("-noprompt", "-alias", "new", "-file", "root.pem"),
            "-exportcert": ("-alias", "rds-root", "-file", "out.der"),
            "-delete": ("-alias", "rds-root"),
        }
        for verb, words in work.items():
            name = f"keytool {verb}, {kind.upper()}"
            yield Case(name, *_both("keytool", verb, *words, *place, fresh=fresh), "keytool", limit)


def _both(program: str, *words: str, fresh: Mapping[str, str | None] = MappingProxyType({})) -> tuple[Command, Command]:
    return Command((f"{_SHIMS}/{program}", *words), fresh), Command((program, *words), fresh)


def _native() -> Iterator[Case]:
    typer = Command((sys.executable, "-c", "import typer"))
    work = {
        "list": (OURS, "list", "small.jks"),
        "import": (OURS, "import", "small.jks", "root.pem", "--yes"),
        "import into a new store": (OURS, "import", "new.jks", "root.pem", "--yes"),
        "fingerprint": (OURS, "fingerprint", "root.pem"),
    }
    for name, words in work.items():
        yield Case(name, Command(words, {"new.jks": None}), typer, "import typer", 1.3)

"""What shells complete: the values of options and arguments. Whatever fails here, there is just nothing to complete.

Values go through shells as they are: an alias from a store is offered only if no shell sees more in it than a word.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal

import typer

Shell = Literal["bash", "zsh", "fish", "powershell", "pwsh"]
PROFILES: Final = ("compat", "modern", "passwordless", "LegacyRC2", "LegacyDES", "Modern2023")
_PLAIN_WORD: Final = re.compile(r"[\w.@%+=,/-]+")
_BUNDLES: Final = ("certifi", "system")


def prepare() -> None:
    """Make the shells known, where a shell asks."""
    from typer._completion_classes import completion_init

    completion_init()


def show(shell: Shell | None) -> None:
    """Print what that shell is to read (`source`), and end."""
    if shell is None:
        return
    from typer._completion_shared import get_completion_script

    from truststore_tool.cli.app import COMPLETING, NAME

    typer.echo(get_completion_script(prog_name=NAME, complete_var=COMPLETING, shell=shell))
    raise typer.Exit


def install(shell: Shell | None) -> None:
    """Put that where the shell reads it when it starts, and end."""
    if shell is None:
        return
    from typer._completion_shared import install as put

    from truststore_tool.cli.app import COMPLETING, NAME

    _, path = put(shell=shell, prog_name=NAME, complete_var=COMPLETING)
    typer.echo(f"{shell} completion is in {path}; start a new shell to have it")
    raise typer.Exit


def formats() -> list[str]:
    """The formats that are read."""
    from truststore_tool.formats import NAMES

    return list(NAMES)


def new_formats() -> list[str]:
    """The formats that are written."""
    from truststore_tool.formats import writable

    return writable()


def exports() -> list[str]:
    """The formats of certificates alone."""
    return ["pem", "der", "pkcs7"]


def profiles() -> list[str]:
    """The ways in which a PKCS#12 is protected."""
    return list(PROFILES)


def readers() -> list[str]:
    """The programs that read stores, ``all`` of them, and where a JDK's name begins."""
    from truststore_tool.readers import NAMES

    return ["all", *NAMES, "jdk:"]


def rules() -> list[str]:
    """The rules of findings, and the levels."""
    from truststore_tool.findings import LEVELS, RULES

    return [*LEVELS, *RULES]


def kinds() -> list[str]:
    """The kinds of reports on what was found."""
    from truststore_tool.cli.reports import KINDS, TEXT

    return [TEXT, *KINDS]


def algorithms() -> list[str]:
    """The digests of fingerprints."""
    return ["sha256", "sha1", "sha384", "sha512"]


def snippet_clients() -> list[str]:
    """The clients that settings are written for."""
    from truststore_tool.postgres.snippets import CLIENTS

    return list(CLIENTS)


def reports() -> list[str]:
    """The reports that have a schema."""
    from truststore_tool.render import schemas

    return schemas.names()


def sources(incomplete: str) -> list[str]:
    """The words for bundles, where there is no file that begins so; else the shell completes files."""
    folder, name = os.path.split(incomplete)
    if not name or folder or any(each.name.startswith(name) for each in Path().iterdir()):
        return []
    return list(_BUNDLES)


def aliases(ctx: typer.Context) -> list[str]:
    """The aliases of the store that is named before, as far as they show without anybody being asked."""
    return _aliases(ctx, ("trusted", "private-key", "secret-key", "unknown"))


def key_aliases(ctx: typer.Context) -> list[str]:
    """Those of keys."""
    return _aliases(ctx, ("private-key", "secret-key"))


def _aliases(ctx: typer.Context, kinds: Iterable[str]) -> list[str]:
    from truststore_tool.errors import TrustStoreError
    from truststore_tool.operations.aliases import shown_alias
    from truststore_tool.passwords import DEFAULT_VARIABLE
    from truststore_tool.stores import open_store

    # An option that lacks its value yet ends the parsing before arguments become parameters.
    store = ctx.params.get("store") or next(iter(ctx.args), None)
    if not store or str(store) == "-":
        return []
    place = os.path.expanduser(os.path.expandvars(str(store)))  # noqa: PTH111 -- as typed: the shell expands nothing yet
    for password in (os.environ.get(DEFAULT_VARIABLE), None):
        try:
            found = open_store(place, password)
        except (TrustStoreError, OSError):
            continue
        names = (shown_alias(entry) for entry in found.entries if entry.kind in kinds)
        return [name for name in names if _PLAIN_WORD.fullmatch(name)]
    return []

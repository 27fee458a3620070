"""How to install what this package does some of its work with, by how it is installed itself."""

import os
import sys
from typing import Final

# Extra, or name of a module that is imported: what to install. The single file carries nothing that is compiled.
_EXTRAS: Final = {
    "html": "jinja2",
    "legacy": "pyjks",
    "postgres": "'psycopg[binary]'",
    "zstd": "zstandard",
    "fuzz": "atheris",
}
_MODULES: Final = {"cryptography": "'cryptography>=44'", "certifi": "certifi"}


def is_part(module: str) -> bool:
    """Whether the module is one that an installation lacks only as the single file."""
    return module.partition(".")[0] in _MODULES


def how_to_install(extra: str) -> str:
    """The command that installs an extra of this package, or a package that it needs."""
    home = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    package = _EXTRAS.get(extra) or _MODULES[extra]
    if os.path.isfile(home):  # one file, which takes all other modules from the Python that runs it
        return f"{sys.executable} -m pip install {package}, or run it with a Python that has it"
    if os.path.exists(f"{sys.prefix}/pipx_metadata.json"):
        return f"pipx inject truststore-tool {package}"
    if os.path.exists(f"{sys.prefix}/uv-receipt.toml"):  # an environment of uv, in which there is no pip
        return f"uv pip install -p {sys.prefix} {package}"
    if extra in _MODULES:
        return f"{_pip()} install {package}"
    if os.path.exists(f"{home}/pyproject.toml"):
        return f"{_pip()} install '{'.' if home == os.getcwd() else home}[{extra}]'"
    return f"{_pip()} install 'truststore-tool[{extra}]'"


def _pip() -> str:
    """What a person types: of an environment that is not activated, another pip comes first, or none."""
    from shutil import which

    found = which("pip")
    ours = found and os.path.realpath(os.path.dirname(found)) == os.path.realpath(f"{sys.prefix}/bin")
    return "pip" if ours else f"{sys.executable} -m pip"

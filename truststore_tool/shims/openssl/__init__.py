"""The `openssl` that needs no OpenSSL for `x509`, and hands every other subcommand to the real one."""

import os
import sys
from collections.abc import Iterator
from typing import Final

# In the shims that `shims install` writes, and in no openssl.
MARK: Final = b"truststore_tool shim"
VERSION_VARIABLE: Final = "TRUSTSTORE_TOOL_OPENSSL_VERSION"


def is_newer() -> bool:
    """Whether OpenSSL 3.5 is spoken, whose words and layout changed here and there since 3.0, which is spoken else."""
    return os.environ.get(VERSION_VARIABLE, "").startswith("3.5")


def run(arguments: list[str]) -> int:
    """Do what ``openssl`` with these words does; returns the exit code, unless the real one takes this process over."""
    if arguments[:1] == ["x509"]:
        from truststore_tool.shims.openssl import x509

        return x509.run(arguments[1:])
    for program in _candidates():
        try:
            os.execv(program, ["openssl", *arguments])  # noqa: S606 -- the user's own openssl, with the user's own words
        except OSError:
            continue
    what = f"'{arguments[0]}'" if arguments else "its prompt"
    sys.stderr.write(f"openssl: {what} needs the real openssl, which is not on PATH; only x509 works without it\n")
    return 1


def _candidates() -> Iterator[str]:
    """Every openssl on PATH that is not this program: neither one of our shims nor a link to what runs now."""
    ours = os.path.realpath(sys.argv[0])
    for directory in os.get_exec_path():
        program = f"{directory or '.'}/openssl"
        if os.access(program, os.X_OK) and os.path.realpath(program) != ours and not _is_shim(program):
            yield program


def _is_shim(program: str) -> bool:
    try:
        with open(program, "rb") as file:
            return MARK in file.read(512)
    except OSError:
        return True  # nothing to run

"""``fingerprint``: the digests of certificates in files."""

import sys
from typing import Annotated

import typer

from truststore_tool.cli.opening import reveal
from truststore_tool.cli.options import JsonFlag, PasswordEnv, PasswordFd, PasswordFile, Quiet, store_password
from truststore_tool.cli.output import Output
from truststore_tool.operations.fingerprinting import fingerprint
from truststore_tool.operations.importing import Candidate
from truststore_tool.render import text


def fingerprint_command(
    files: Annotated[list[str], typer.Argument(help="Files of any format; also -, certifi and system.")],
    algorithm: Annotated[
        list[str] | None,
        typer.Option("--algorithm", "-a", help="sha256, sha1, sha384 or sha512; may be given again [default: sha256]."),
    ] = None,
    password_env: PasswordEnv = None,
    password_file: PasswordFile = None,
    password_fd: PasswordFd = None,
    json: JsonFlag = False,
    quiet: Quiet = False,
) -> None:
    """Print the fingerprint of every certificate in files.

    Examples:

      truststore-tool fingerprint rds-ca-2019-root.pem --algorithm sha1
    """
    from truststore_tool import sources

    output = Output(json, quiet)
    password = store_password(password_env, password_file, password_fd)
    gathered = sources.gather(files, reveal(password), stdin=sys.stdin.buffer.read)
    for source in gathered:
        output.warn(f"{source.name}: {note}" for note in source.notes)
    candidates = [Candidate(c, source.name) for source in gathered for c in source.certificates]
    report = fingerprint(candidates, algorithm or ["sha256"])
    output.report("fingerprint", report, text.fingerprints(report))

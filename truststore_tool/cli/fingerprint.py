"""``fingerprint``: the digests of certificates in files."""

from typing import Annotated

import typer

from truststore_tool.cli.gathering import gather
from truststore_tool.cli.options import (
    JsonFlag,
    PasswordEnv,
    PasswordFd,
    PasswordFile,
    Quiet,
    SkipUnreadable,
    store_password,
)
from truststore_tool.cli.output import Output
from truststore_tool.operations.fingerprinting import fingerprint
from truststore_tool.render import text


def fingerprint_command(
    files: Annotated[list[str], typer.Argument(help="Files of any format; also -, certifi and system.")],
    algorithm: Annotated[
        list[str] | None,
        typer.Option("--algorithm", "-a", help="sha256, sha1, sha384 or sha512; may be given again (default: sha256)."),
    ] = None,
    password_env: PasswordEnv = None,
    password_file: PasswordFile = None,
    password_fd: PasswordFd = None,
    skip_unreadable: SkipUnreadable = False,
    json: JsonFlag = False,
    quiet: Quiet = False,
) -> None:
    """Print the fingerprint of every certificate in files.

    Examples:

      truststore-tool fingerprint rds-ca-2019-root.pem --algorithm sha1
    """
    output = Output(json, quiet)
    password = store_password(output, password_env, password_file, password_fd)
    collected = gather(files, password, output, skip_unreadable=skip_unreadable, keep_distrusted=True)
    report = fingerprint(collected.candidates, algorithm or ["sha256"])
    output.report(
        "fingerprint",
        report,
        text.fingerprints(report),
        left_out=collected.left_out,
        distrusted=[item.left_out for item in collected.distrusted],
    )

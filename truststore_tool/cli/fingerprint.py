"""``fingerprint``: the digests of certificates in files."""

from typing import Annotated

import typer

from truststore_tool.cli import completing
from truststore_tool.cli.gathering import Selection, gather
from truststore_tool.cli.options import Reporting, SkipUnreadable
from truststore_tool.cli.secrets import PasswordFor, Passwords, StorePassword
from truststore_tool.operations.fingerprinting import fingerprint
from truststore_tool.render import text


def fingerprint_command(
    files: Annotated[
        list[str],
        typer.Argument(help="Files of any format; also -, certifi and system.", autocompletion=completing.sources),
    ],
    *,
    algorithm: Annotated[
        list[str] | None,
        typer.Option(
            "--algorithm",
            "-a",
            help="sha256, sha1, sha384 or sha512; may be given again (default: sha256).",
            autocompletion=completing.algorithms,
        ),
    ] = None,
    skip_unreadable: SkipUnreadable = False,
    store_password: StorePassword,
    password_for: PasswordFor = None,
    output: Reporting,
) -> None:
    """Print the fingerprint of every certificate in files.

    Examples:

      truststore-tool fingerprint rds-ca-2019-root.pem --algorithm sha1
    """
    passwords = Passwords.of(password_for, files, store_password.read(output))
    selection = Selection(skip_unreadable=skip_unreadable)
    collected = gather(files, passwords, output, selection, keep_distrusted=True)
    report = fingerprint(collected.candidates, algorithm or ["sha256"])
    output.report(
        "fingerprint",
        report,
        text.fingerprints(report),
        left_out=collected.left_out,
        distrusted=[item.left_out for item in collected.distrusted],
    )

"""``fingerprint``: the digests of certificates in files."""

from typing import Annotated

import typer

from truststore_tool.cli.gathering import gather
from truststore_tool.cli.options import Reporting, SkipUnreadable, StorePassword
from truststore_tool.operations.fingerprinting import fingerprint
from truststore_tool.render import text


def fingerprint_command(
    files: Annotated[list[str], typer.Argument(help="Files of any format; also -, certifi and system.")],
    *,
    algorithm: Annotated[
        list[str] | None,
        typer.Option("--algorithm", "-a", help="sha256, sha1, sha384 or sha512; may be given again (default: sha256)."),
    ] = None,
    store_password: StorePassword,
    skip_unreadable: SkipUnreadable = False,
    output: Reporting,
) -> None:
    """Print the fingerprint of every certificate in files.

    Examples:

      truststore-tool fingerprint rds-ca-2019-root.pem --algorithm sha1
    """
    password = store_password.read(output)
    collected = gather(files, password, output, skip_unreadable=skip_unreadable, keep_distrusted=True)
    report = fingerprint(collected.candidates, algorithm or ["sha256"])
    output.report(
        "fingerprint",
        report,
        text.fingerprints(report),
        left_out=collected.left_out,
        distrusted=[item.left_out for item in collected.distrusted],
    )

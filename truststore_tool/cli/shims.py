"""``shims``: executables named keytool and openssl, for scripts that call these."""

from pathlib import Path
from typing import Annotated

import typer

from truststore_tool.cli.options import DryRun, Reporting
from truststore_tool.cli.several import spread

app = typer.Typer(
    name="shims", help="Let scripts written for keytool and openssl run without a JDK.", no_args_is_help=True
)


@app.callback()
def main() -> None:
    """Executables named keytool and openssl that speak the real tools' command lines."""


@app.command("install")
@spread
def install_command(
    directory: Annotated[Path, typer.Argument(help="Where to put them; it is made when it does not exist.")],
    *,
    dry_run: DryRun = False,
    output: Reporting,
) -> None:
    """Put executables named keytool and openssl into a directory.

    openssl answers `openssl x509` and hands every other subcommand to the real openssl further down PATH.

    Examples:

      truststore-tool shims install ~/.local/lib/shims
    """
    from truststore_tool.shims.install import install

    report = install(directory, dry_run=dry_run)
    lines = [f"{'would install' if dry_run else 'installed'}: {program}" for program in report.programs]
    if report.advice is not None:
        lines.append(f"put them first on PATH: {report.advice}")
    if dry_run:
        lines.append("nothing was written")
    output.report("shims", report, lines, advice=report.advice, dry_run=dry_run)

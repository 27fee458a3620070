"""``passwd``: another password for a store."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from truststore_tool.cli.opening import ask, reveal, writing_password
from truststore_tool.cli.options import (
    Backup,
    DefaultPassword,
    For,
    JsonFlag,
    PasswordEnv,
    PasswordFd,
    PasswordFile,
    Profile,
    Quiet,
    other_password,
    store_password,
)
from truststore_tool.cli.output import Output
from truststore_tool.errors import UsageError
from truststore_tool.model import TrustStore
from truststore_tool.operations.checking import of_store
from truststore_tool.operations.listing import list_store


def passwd_command(
    store: Annotated[Path, typer.Argument(help="The store to change.")],
    new_password_env: Annotated[
        str | None,
        typer.Option("--new-password-env", metavar="VARIABLE", help="Environment variable with the new password."),
    ] = None,
    new_password_file: Annotated[
        Path | None, typer.Option("--new-password-file", metavar="FILE", help="File whose first line is it.")
    ] = None,
    new_password_fd: Annotated[
        int | None, typer.Option("--new-password-fd", metavar="FD", help="Descriptor whose first line is it.")
    ] = None,
    profile: Profile = None,
    readers: For = None,
    backup: Backup = False,
    password_env: PasswordEnv = None,
    password_file: PasswordFile = None,
    password_fd: PasswordFd = None,
    default_password: DefaultPassword = False,
    json: JsonFlag = False,
    quiet: Quiet = False,
) -> None:
    """Change the password of a store.

    Keys of a PKCS#12 follow, as Java expects; keys of a JKS or JCEKS keep the passwords they have.

    Examples:

      truststore-tool passwd clientkeystore --password-env OLD --new-password-env NEW
    """
    from truststore_tool import stores

    output = Output(json, quiet)
    old = writing_password(store, store_password(output, password_env, password_file, password_fd, default_password))
    new = other_password(output, "--new-password", new_password_env, new_password_file, new_password_fd)
    if new is None and profile is None:
        if not sys.stdin.isatty():
            raise UsageError(
                "no new password", hint="give --new-password-env, --new-password-file or --new-password-fd"
            )
        new = ask(str(store), confirm=True)

    def keep(present: TrustStore) -> tuple[TrustStore, None]:
        return present, None

    reread, _ = stores.update_store(
        store, reveal(old), keep, new_password=reveal(new), backup=backup, readers=readers, profile=profile
    )
    report = list_store(reread)
    output.warn(of_store(reread, str(store)))
    proven = reread.integrity == "verified"
    said = (
        f"{store} has a new password" if proven else f"{store}: its encrypted parts have a new password; it has no MAC"
    )
    if new is None or profile == "passwordless":
        said = f"{store} is protected as {profile}"
    output.report("passwd", report, [said], store=str(store), warnings=output.messages())

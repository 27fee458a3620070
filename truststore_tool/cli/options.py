"""Options that several commands share, and what they mean."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from truststore_tool.cli.output import Output
from truststore_tool.cli.several import Several
from truststore_tool.nouns import noun, replace
from truststore_tool.passwords import DEFAULT_VARIABLE, Password

if TYPE_CHECKING:
    from datetime import timedelta

_OF_CACERTS: Final = "changeit"

JsonFlag = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print no report and no warnings; errors remain.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Trust the certificates without being asked.")]
Backup = Annotated[bool, typer.Option("--backup", help="Keep the present file beside the new one.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done; write nothing.")]
Expect = Annotated[
    list[str] | None,
    typer.Option(
        "--expect",
        metavar="FINGERPRINT",
        help="SHA-1 or SHA-256 fingerprint, in any spelling; may be given again.",
    ),
]
SkipUnreadable = Annotated[
    bool, typer.Option("--skip-unreadable", help="Leave out, name and count what cannot be read, instead of stopping.")
]
SkipUnusable = Annotated[
    bool,
    typer.Option("--skip-unusable", help="Leave out, name and count certificates that keep a reader from the store."),
]


def _asked(names: list[str] | None) -> Sequence[object] | None:
    """The readers (`readers.base.Asked`) that --for names: typer looks at the types, which are not loaded for it."""
    if not names or not any(name.startswith("jdk:") for name in names):
        return names or None
    from truststore_tool.cli import jdks

    return jdks.asked(names)


For = Annotated[
    list[str] | None,
    typer.Option(
        "--for",
        metavar="READER",
        callback=_asked,
        help="Program that must be able to use the store, such as java8u252, java17, jdk:/path/to/a/jdk; may be given"
        " again (default: every usual one).",
    ),
]
Profile = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="PROFILE",
        help="How a PKCS#12 is protected: compat (for Java from 8u252 on), modern, or passwordless (as cacerts is).",
    ),
]
FormatName = Annotated[
    str | None, typer.Option("--format", metavar="FORMAT", help="Format of the store, instead of what its bytes say.")
]
DefaultPassword = Annotated[
    bool, typer.Option("--default-password", help="Use the password of a JDK's own cacerts, changeit.")
]
Reporting = Annotated[Output, Several({"json": (JsonFlag, False), "quiet": (Quiet, False)}, Output)]


@noun
class PasswordOptions:
    """Where a password is, as the options of one prefix say; it is not read yet.

    Attributes:
        prefix: what the names of the options begin with.
        usual: a variable that is taken, if it is set, when nothing is said; None for none.
        env, file, fd: the name of an environment variable, the path of a file, the number of a descriptor.
        default: whether it is that of a JDK's own cacerts.
    """

    prefix: str
    usual: str | None
    env: str | None = None
    file: Path | None = None
    fd: int | None = None
    default: bool = False

    @property
    def are_given(self) -> bool:
        """Whether any was."""
        return self.default or not (self.env is None and self.file is None and self.fd is None)

    def read(self, output: Output) -> Password | None:
        """The password from the one place that was named, else from the usual variable, else None.

        Raises UsageError when several places are named, and what reading them raises.
        """
        from truststore_tool import passwords

        output.warn_of_secret(self.file)
        if not self.default:
            names = (f"{self.prefix}-env", f"{self.prefix}-file", f"{self.prefix}-fd")
            return passwords.resolve(self.env, self.file, self.fd, default=self.usual, names=names)
        if self != replace(self, env=None, file=None, fd=None):
            from truststore_tool.errors import UsageError

            raise UsageError("--default-password and another password source exclude each other")
        return Password(_OF_CACERTS)


def _password(prefix: str, whose: str, usual: str | None = None) -> Several:
    """The options that say where a password is; those of the store's have the one of cacerts among them."""
    name = prefix.strip("-").replace("-", "_")
    variable = f"Environment variable with the password {whose}" + (f" (default: {usual})." if usual else ".")
    options: dict[str, tuple[Any, object]] = {
        f"{name}_env": (
            Annotated[str | None, typer.Option(f"{prefix}-env", metavar="VARIABLE", help=variable)],
            None,
        ),
        f"{name}_file": (
            Annotated[Path | None, typer.Option(f"{prefix}-file", metavar="FILE", help="File whose first line is it.")],
            None,
        ),
        f"{name}_fd": (
            Annotated[
                int | None, typer.Option(f"{prefix}-fd", metavar="FD", help="Descriptor whose first line is it.")
            ],
            None,
        ),
    }
    if usual:
        options["default_password"] = (DefaultPassword, False)
    return Several(options, partial(PasswordOptions, prefix, usual))


StorePassword = Annotated[PasswordOptions, _password("--password", "of the store", DEFAULT_VARIABLE)]
SourcePassword = Annotated[PasswordOptions, _password("--source-password", "that is tried for sources first")]
NewPassword = Annotated[PasswordOptions, _password("--new-password", "that it is to have")]
KeyPassword = Annotated[PasswordOptions, _password("--key-password", "of a key that has its own")]
NewKeyPassword = Annotated[PasswordOptions, _password("--new-key-password", "of keys in the result")]


def days(text: str | None) -> "timedelta | None":
    """A number of days: ``30`` or ``30d``. Raises UsageError for anything else."""
    if text is None:
        return None
    import re
    from datetime import timedelta

    match = re.fullmatch(r"(\d{1,5})d?", text)
    if match is None:
        from truststore_tool.errors import UsageError

        raise UsageError(f"not a number of days: {text!r}", hint="write it as 30d")
    return timedelta(days=int(match[1]))

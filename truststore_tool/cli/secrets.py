"""The options that say where passwords are: the same ones for every command that opens a store or a key."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple, Self

import typer

from truststore_tool.cli.output import Output
from truststore_tool.cli.several import Several
from truststore_tool.nouns import noun, replace
from truststore_tool.passwords import DEFAULT_VARIABLE, Password

PANEL: Final = "Passwords"  # of the help
_FIRST_LINE: Final = "File whose first line is it."
_ALSO_THERE: Final = "Descriptor whose first line is it."
_OF_CACERTS: Final = "changeit"


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


def _option(kind: Any, name: str, metavar: str | None, text: str) -> Any:
    return Annotated[kind, typer.Option(name, metavar=metavar, help=text, rich_help_panel=PANEL)]


def _password(prefix: str, whose: str, usual: str | None = None) -> Several:
    """The options that say where a password is; those of the store's have the one of cacerts among them."""
    name = prefix.strip("-").replace("-", "_")
    variable = f"Environment variable with the password {whose}" + (f" (default: {usual})." if usual else ".")
    ways = ((str, "env", "VARIABLE", variable), (Path, "file", "FILE", _FIRST_LINE), (int, "fd", "FD", _ALSO_THERE))
    options: dict[str, tuple[Any, object]] = {
        f"{name}_{way}": (_option(kind | None, f"{prefix}-{way}", metavar, text), None)
        for kind, way, metavar, text in ways
    }
    if usual:
        cacerts = _option(bool, "--default-password", None, "The password of a JDK's own cacerts, changeit.")
        options["default_password"] = (cacerts, False)
    return Several(options, partial(PasswordOptions, prefix, usual))


StorePassword = Annotated[PasswordOptions, _password("--password", "of the store", DEFAULT_VARIABLE)]
OtherPassword = Annotated[PasswordOptions, _password("--other-password", "of the second store, if another")]
SourcePassword = Annotated[PasswordOptions, _password("--source-password", "that is tried for sources first")]
NewPassword = Annotated[PasswordOptions, _password("--new-password", "of what is written, if another")]
KeyPassword = Annotated[PasswordOptions, _password("--key-password", "of a key that has its own")]
NewKeyPassword = Annotated[PasswordOptions, _password("--new-key-password", "of keys in the result")]

PasswordFor = Annotated[
    list[str] | None,
    typer.Option(
        "--password-for",
        metavar="STORE=VARIABLE",
        help="Environment variable with the password of this one; may be given again.",
        rich_help_panel=PANEL,
    ),
]


class Passwords(NamedTuple):
    """The passwords for several stores.

    Attributes:
        store: that of every store.
        source: one that is tried before it for a source of certificates.
        own: those of single stores and sources by their names.
    """

    store: Password | None
    source: Password | None
    own: Mapping[str, Password]

    @classmethod
    def of(
        cls, words: Sequence[str] | None, names: Sequence[str], store: Password | None, source: Password | None = None
    ) -> Self:
        """With those of the ``STORE=VARIABLE`` words of ``--password-for``, for what is read by these names.

        Raises UsageError for another shape, a name that is none of them, and a variable that is not set.
        """
        from truststore_tool import passwords
        from truststore_tool.errors import UsageError

        own = {}
        for word in words or ():
            name, equals, variable = word.rpartition("=")
            if not (name and equals and variable):
                raise UsageError(f"{word!r} is not STORE=VARIABLE", hint="as in old.p12=OLD_PASSWORD")
            if name not in names:
                raise UsageError(f"a password was given for {name}, which is not read", hint="name it as the store is")
            own[name] = passwords.from_environment(variable)
        return cls(store, source, own)

    def of_store(self, name: str) -> Password | None:
        """The password of the store called so."""
        return self.own.get(name, self.store)

    def of_sources(self) -> list[str]:
        """Those that are tried for sources without one of their own."""
        return [password.reveal() for password in (self.source, self.store) if password is not None]

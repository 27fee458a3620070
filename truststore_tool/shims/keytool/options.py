"""keytool's command line: commands, options, and the order in which it notices what is wrong with them."""

import os
from collections.abc import Iterator, Sequence
from typing import Final

from truststore_tool.shims.keytool.errors import (
    EXCEPTION,
    IllegalOptionError,
    KeytoolError,
)

# Every command of the real tool by its name and its other name; what is not served here is refused with one line.
COMMANDS: Final = {
    "-certreq": "-certreq",
    "-changealias": "-changealias",
    "-delete": "-delete",
    "-exportcert": "-exportcert",
    "-export": "-exportcert",
    "-genkeypair": "-genkeypair",
    "-genkey": "-genkeypair",
    "-genseckey": "-genseckey",
    "-gencert": "-gencert",
    "-importcert": "-importcert",
    "-import": "-importcert",
    "-importpass": "-importpass",
    "-importpassword": "-importpass",
    "-importkeystore": "-importkeystore",
    "-keypasswd": "-keypasswd",
    "-list": "-list",
    "-printcert": "-printcert",
    "-printcertreq": "-printcertreq",
    "-printcrl": "-printcrl",
    "-storepasswd": "-storepasswd",
    "-showinfo": "-showinfo",
    "-version": "-version",
    "-keyclone": "-keyclone",
    "-selfcert": "-selfcert",
    "-gencrl": "-gencrl",
    "-identitydb": "-identitydb",
}
DEFAULT_ALIAS: Final = "mykey"
_HELP: Final = ("--help", "-h", "-?", "-help")

# Option: its argument as the help shows it, the field of Options it sets, and what the help says of it. No argument: a
# flag, <arg> a password, which may come from elsewhere (:env, :file). Where the help says nothing, the real tool has no
# entry in its option table either, and there a missing argument is an array index too far.
# fmt: off
OPTIONS: Final = {
    "-addprovider": ("<name>", "providers", "add security provider by name (e.g. SunPKCS11)"),
    "-alias": ("<alias>", "alias", "alias name of the entry to process"),
    "-cacerts": ("", "cacerts", "access the cacerts keystore"),
    "-conf": ("<url>", "conf", ""),
    "-debug": ("", "debug", ""),
    "-dest": ("<alias>", "dest", ""),
    "-destalias": ("<alias>", "dest", "destination alias"),
    "-destkeypass": ("<arg>", "destkeypass", "destination key password"),
    "-destkeystore": ("<keystore>", "keystore", "destination keystore name"),
    "-destprotected": ("", "protected", "destination keystore password protected"),
    "-destprovidername": ("<name>", "providername", "destination keystore provider name"),
    "-deststorepass": ("<arg>", "storepass", "destination keystore password"),
    "-deststoretype": ("<type>", "storetype", "destination keystore type"),
    "-dname": ("<name>", "ignored", "distinguished name"),
    "-ext": ("<value>", "ignored", "X.509 extension"),
    "-file": ("<file>", "file", "input file name"),
    "-groupname": ("<name>", "ignored", "Group name. For example, an Elliptic Curve name."),
    "-id": ("<id:reason>", "ignored", "Serial ID of cert to revoke"),
    "-infile": ("<file>", "ignored", "input file name"),
    "-jarfile": ("<file>", "jarfile", "signed jar file"),
    "-keyalg": ("<alg>", "ignored", "key algorithm name"),
    "-keypass": ("<arg>", "keypass", "key password"),
    "-keysize": ("<size>", "keysize", "key bit size"),
    "-keystore": ("<keystore>", "keystore", "keystore name"),
    "-new": ("<arg>", "new", "new password"),
    "-noprompt": ("", "noprompt", "do not prompt"),
    "-nowarn": ("", "nowarn", ""),
    "-outfile": ("<file>", "ignored", "output file name"),
    "-protected": ("", "protected", "password through protected mechanism"),
    "-provider": ("<class>", "providerclasses", ""),
    "-providerclass": ("<class>", "providerclasses", "add security provider by fully-qualified class name"),
    "-providername": ("<name>", "providername", "provider name"),
    "-providerpath": ("<list>", "providerpath", "provider classpath"),
    "-rfc": ("", "rfc", "output in RFC style"),
    "-sigalg": ("<alg>", "ignored", "signature algorithm name"),
    "-signer": ("<alias>", "ignored", "signer alias"),
    "-signerkeypass": ("<arg>", "ignored", "signer key password"),
    "-srcalias": ("<alias>", "alias", "source alias"),
    "-srckeypass": ("<arg>", "srckeypass", "source key password"),
    "-srckeystore": ("<keystore>", "srckeystore", "source keystore name"),
    "-srcprotected": ("", "srcprotected", "source keystore password protected"),
    "-srcprovidername": ("<name>", "srcprovidername", "source keystore provider name"),
    "-srcstorepass": ("<arg>", "srcstorepass", "source keystore password"),
    "-srcstoretype": ("<type>", "srcstoretype", "source keystore type"),
    "-sslserver": ("<server[:port]>", "sslserver", "SSL server host and port"),
    "-startdate": ("<date>", "ignored", "certificate validity start date/time"),
    "-storepass": ("<arg>", "storepass", "keystore password"),
    "-storetype": ("<type>", "storetype", "keystore type"),
    "-tls": ("", "tls", "Displays TLS configuration information"),
    "-trustcacerts": ("", "trustcacerts", "trust certificates from cacerts"),
    "-v": ("", "verbose", "verbose output"),
    "-validity": ("<days>", "validity", "validity number of days"),
}
# fmt: on
_PASSWORD: Final = "<arg>"  # noqa: S105 -- a word of the help, not a password
# Fields that are written in capitals, and fields that hold every argument of their option.
_UPPER: Final = ("storetype", "srcstoretype")
_PROVIDERS: Final = ("providers", "providerclasses")
_REPEATABLE: Final = {"-ext", "-id", "-provider", "-addprovider", "-providerclass", "-providerarg"}


class Options:
    """What the command line asks for; None and false where it says nothing.

    `alias` and `dest` also hold -srcalias and -destalias; `keystore`, `storetype`, `storepass`, `providername` and
    `protected` hold the ``-dest...`` options of -importkeystore. No dataclass: making one takes longer than
    reading a small key store. Its representation is the default one, which shows no password.
    """

    def __init__(self, *, help: bool = False) -> None:  # noqa: A002 -- named for the option
        self.command: str | None = None
        self.help = help
        self.alias: str | None = None
        self.dest: str | None = None
        self.file: str | None = None
        self.keystore: str | None = None
        self.srckeystore: str | None = None
        self.storetype: str | None = None
        self.srcstoretype: str | None = None
        self.storepass: str | None = None
        self.srcstorepass: str | None = None
        self.keypass: str | None = None
        self.srckeypass: str | None = None
        self.destkeypass: str | None = None
        self.new: str | None = None
        self.sslserver: str | None = None
        self.jarfile: str | None = None
        self.providername: str | None = None
        self.srcprovidername: str | None = None
        self.providerpath: str | None = None
        self.validity: str | None = None
        self.keysize: str | None = None
        self.conf: str | None = None
        self.ignored: str | None = None
        self.providers: list[str] = []
        self.providerclasses: list[str] = []
        self.verbose = False
        self.debug = False
        self.rfc = False
        self.noprompt = False
        self.trustcacerts = False
        self.protected = False
        self.srcprotected = False
        self.tls = False
        self.cacerts = False
        self.nowarn = False

    @property
    def alias_or_default(self) -> str:
        """The alias, or the one that commands take without; an empty one is an alias too."""
        return DEFAULT_ALIAS if self.alias is None else self.alias


def _plain(flag: str) -> str:
    """A flag as java.text.Collator compares it at primary strength: case and dashes do not count."""
    return "-" + flag.lower().replace("-", "") if flag.startswith("-") else flag


def command_of(word: str, jdk: int) -> str | None:
    """The command that a word names, or None."""
    found = COMMANDS.get(_plain(word))
    return None if found == "-version" and jdk < 25 else found


def repetitions(words: Sequence[str], jdk: int) -> Iterator[str]:
    """The warnings about options given twice, in order. Raises KeytoolError on coming to a second command."""
    seen: set[str] = set()
    command = None
    for word in words:
        if not word.startswith("-"):
            continue
        lower = word.lower()
        found = command_of(word, jdk)
        if lower in seen and lower not in _REPEATABLE and (jdk >= 25 or not found):
            yield f"The {lower} option is specified multiple times. All except the last one will be ignored."
        seen.add(lower)
        if found and command:
            raise KeytoolError(f"Only one command is allowed: both {command} and {found} were specified.")
        command = command or found


class Parser:
    """One walk over the words of a command line.

    `options` is filled as the walk goes, so that after an error the command that was already seen is known: its
    help follows the error.
    """

    def __init__(self, words: Sequence[str], jdk: int) -> None:
        self.words = words
        self.jdk = jdk
        self.options = Options(help=not words)
        self.index = 0

    def parse(self) -> None:
        """Raises IllegalOptionError and KeytoolError."""
        while self.index < len(self.words) and self.words[self.index].startswith("-"):
            self._take(self.words[self.index])
            self.index += 1
        if self.index < len(self.words):
            raise IllegalOptionError(f"Illegal option:  {self.words[self.index]}")
        if self.options.command is None and not self.options.help:
            raise IllegalOptionError("Usage error: no command provided")

    def _take(self, word: str) -> None:
        if self.index == len(self.words) - 1:
            self._check_last(word)
        head, colon, modifier = word.partition(":")
        flag = _plain(head)
        command = command_of(head, self.jdk)
        if command:
            self.options.command = command
        elif head.lower() in _HELP or flag == "-help":
            self.options.help = True
        elif flag in OPTIONS:
            self._set(flag, modifier if colon else None)
        else:
            raise IllegalOptionError(f"Illegal option:  {head}")

    def _set(self, flag: str, modifier: str | None) -> None:
        argument, field, _ = OPTIONS[flag]
        if not argument:
            setattr(self.options, field, True)
        elif argument == _PASSWORD:
            setattr(self.options, field, read_password(modifier, self._argument()))
        elif field in _PROVIDERS:
            getattr(self.options, field).append(self._argument())
            self._take_provider_argument()
        else:
            text = self._argument()
            setattr(self.options, field, text.upper() if field in _UPPER else text)

    def _check_last(self, word: str) -> None:
        argument, _, listed = OPTIONS.get(_plain(word), ("", "", ""))
        if argument and listed:
            raise IllegalOptionError(f"Command option {word} needs an argument.")

    def _argument(self) -> str:
        """The next word, whatever it is."""
        self.index += 1
        if self.index >= len(self.words):
            raise KeytoolError(
                f"Index {self.index} out of bounds for length {len(self.words)}",
                "java.lang.ArrayIndexOutOfBoundsException",
            )
        return self.words[self.index]

    def _take_provider_argument(self) -> None:
        following = self.words[self.index + 1 : self.index + 3]
        if following and _plain(following[0]) == "-providerarg":
            if len(following) == 1:
                raise IllegalOptionError(f"Command option {following[0]} needs an argument.")
            self.index += 2


def read_password(modifier: str | None, argument: str) -> str:
    """A password given as itself, as ``:env NAME`` or as ``:file NAME`` (its first line).

    Raises IllegalOptionError with keytool's words.
    """
    match modifier and modifier.lower():
        case None:
            return argument
        case "env":
            if argument not in os.environ:
                raise IllegalOptionError(f"Cannot find environment variable: {argument}")
            return os.environ[argument]
        case "file":
            path = argument.removeprefix("file:")
            if not os.path.exists(path):
                raise IllegalOptionError(f"Cannot find file: {argument}")
            try:
                with open(path, "rb") as file:
                    lines = file.read().decode("utf-8", "replace").splitlines()
            except OSError as exc:
                reason = exc.strerror or str(exc)
                raise IllegalOptionError(f"java.io.FileNotFoundException: {argument} ({reason})") from exc
            return lines[0] if lines else ""
        case _:
            raise IllegalOptionError(f"Unknown password type: {modifier}")


def check_numbers(options: Options) -> None:
    """The checks of -validity and -keysize, which belong to no command of ours. Raises KeytoolError."""
    for text in (options.keysize, options.validity):
        if text is not None and not text.removeprefix("-").removeprefix("+").isdigit():
            raise KeytoolError(f'For input string: "{text}"', "java.lang.NumberFormatException")
    if options.validity is not None and int(options.validity) <= 0:
        raise KeytoolError("Validity must be greater than zero", EXCEPTION)

"""keytool's trust-store work under keytool's own command line, without a JDK.

`run` takes the words that would follow ``keytool`` and behaves as OpenJDK 17's tool does, or as 25's when the
environment variable TRUSTSTORE_TOOL_KEYTOOL_VERSION says so. What keytool does beyond trust stores (keys, requests,
CRLs, signing) ends in one line and changes nothing.
"""

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from truststore_tool.errors import TrustStoreError, WriteError
from truststore_tool.formats import SHORTEST_NEW_PASSWORD
from truststore_tool.shims.keytool import options as keytool_options
from truststore_tool.shims.keytool.console import Console, java_text
from truststore_tool.shims.keytool.errors import (
    ILLEGAL_ARGUMENT,
    BrokenOutputError,
    GivenUpError,
    IllegalOptionError,
    KeytoolError,
    OutOfScopeError,
    file_error,
)
from truststore_tool.shims.keytool.options import Parser

if TYPE_CHECKING:
    from truststore_tool.shims.keytool.session import Session

VERSION_VARIABLE: Final = "TRUSTSTORE_TOOL_KEYTOOL_VERSION"
_CHANGING: Final = ("-importcert", "-delete", "-changealias", "-keypasswd", "-storepasswd", "-importkeystore")
_WRITING: Final = (*_CHANGING, "-exportcert")
_SUBSET: Final = (
    "-importcert, -list, -exportcert, -delete, -changealias, -keypasswd, -storepasswd, -importkeystore and -printcert"
)


def run(arguments: Sequence[str]) -> int:
    """Run keytool with these arguments (without the program's name); returns its exit code."""
    jdk = 25 if os.environ.get(VERSION_VARIABLE, "").startswith("25") else 17
    properties, words = _split_launcher(arguments)
    console = Console(jdk)
    try:
        code = _run(words, properties, console, jdk)
        console.flush()
    except BrokenOutputError as exc:
        sys.stderr.write(f"keytool: standard output could not be written: {exc}\n")
        return 1
    except BrokenPipeError:
        # The reader is gone; what is still buffered must not raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except KeyboardInterrupt:
        return 130
    return code


def _split_launcher(arguments: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The system properties among the ``-J`` words, which the Java launcher takes, and the other words."""
    properties, words = {}, []
    for argument in arguments:
        if argument.startswith("-J-D"):
            name, _, value = argument[4:].partition("=")
            properties[name] = value
        elif not argument.startswith("-J"):
            words.append(java_text(argument))
    return properties, words


def _run(words: Sequence[str], properties: dict[str, str], console: Console, jdk: int) -> int:
    from truststore_tool.shims.keytool.session import Session

    parser = Parser(words, jdk)
    session = Session(parser.options, console, jdk, properties)
    code, done = 0, False
    try:
        for warning in keytool_options.repetitions(words, jdk):
            session.warnings.append(warning)  # one by one: the last word may be an error
        parser.parse()
        if parser.options.help:
            _print_help(console, parser.options.command, jdk)
        else:
            _execute(session)
        done = True
    except IllegalOptionError as exc:
        console.err(f"{exc.message}\n")
        _print_help(console, parser.options.command, jdk)
        code = 1
    except GivenUpError:
        code = 0
    except OutOfScopeError as exc:
        console.err(f"keytool: {exc.message} ({_SUBSET})\n")
        code = 1
    except KeytoolError as exc:
        console.out(f"keytool error: {exc}\n" + (exc.trace if parser.options.verbose else ""))
        code = 1
    except TrustStoreError as exc:
        console.out(f"keytool error: java.io.IOException: {exc.message}\n")
        code = 1
    except BrokenPipeError:
        raise
    except OSError as exc:  # a path that the system refuses even to look at, as one that is too long
        console.out(f"keytool error: java.io.FileNotFoundException: {exc.filename} ({exc.strerror})\n")
        code = 1
    if not done:
        _tidy(parser.options)
    session.print_warnings()
    return code


def _settle(name: str) -> None:
    """Finish what a killed run began to overwrite."""
    from truststore_tool import files
    from truststore_tool.shims.overwriting import manner

    try:
        files.settle(name, manner())
    except WriteError as exc:
        raise file_error(name, exc) from exc


def _tidy(options: keytool_options.Options) -> None:
    """Remove what a killed run left beside the file that a command wrote nothing to."""
    written = options.file if options.command == "-exportcert" else options.keystore
    if options.command in _WRITING and written is not None:
        from truststore_tool import files

        files.tidy(written)


def _print_help(console: Console, command: str | None, jdk: int) -> None:
    from truststore_tool.shims.keytool import usage

    console.err(usage.of_command(command) if command else usage.general(jdk))


def _command(name: str) -> "Callable[[Session], None]":
    """The function that carries out a command of ours. Raises OutOfScopeError."""
    match name:
        case "-list":
            from truststore_tool.shims.keytool.listing import list_entries as command
        case "-exportcert":
            from truststore_tool.shims.keytool.listing import export_certificate as command
        case "-importcert":
            from truststore_tool.shims.keytool.importcert import import_certificate as command
        case "-delete":
            from truststore_tool.shims.keytool.change import delete_entry as command
        case "-changealias":
            from truststore_tool.shims.keytool.change import change_alias as command
        case "-keypasswd":
            from truststore_tool.shims.keytool.change import change_key_password as command
        case "-storepasswd":
            from truststore_tool.shims.keytool.change import change_password as command
        case "-importkeystore":
            from truststore_tool.shims.keytool.importkeystore import import_keystore as command
        case "-printcert":
            from truststore_tool.shims.keytool.printcert import print_certificates as command
        case _:
            raise OutOfScopeError(f"{name} is outside the trust-store subset")
    return command


def _execute(session: "Session") -> None:
    """Check the options in the real tool's order, open the key store, and carry out the command."""
    from truststore_tool.shims.keytool import stores as keytool_stores

    options = session.options
    name = options.command or ""
    if name == "-version":
        session.console.out("keytool 25.0.3\n")
        return
    command = _command(name)
    if options.conf is not None:
        raise OutOfScopeError("-conf: pre-configured options files are not read")
    _check(session)
    keytool_stores.check_providers(options.providers, options.providerclasses)
    if name == "-list" and options.verbose and options.rfc:
        raise IllegalOptionError("Must not specify both -v and -rfc with 'list' command")
    for password in (options.new, options.destkeypass):
        if password is not None and len(password) < SHORTEST_NEW_PASSWORD:
            raise KeytoolError("New password must be at least 6 characters")
    session.password = options.storepass
    options.keystore = options.keystore or os.path.join(_home(), ".keystore")
    if name in _CHANGING and os.path.lexists(options.keystore):
        _settle(options.keystore)
    if name == "-importkeystore":
        command(session)
        return
    session.open()
    if options.trustcacerts and name in ("-importcert", "-printcert"):
        session.open_cacerts()
    command(session)
    session.warn_jks()


def _check(session: "Session") -> None:
    """What the real tool checks before it looks at any file. Raises KeytoolError."""
    from truststore_tool.shims.keytool.session import cacerts_path, find_cacerts

    options = session.options
    cacerts = find_cacerts() if options.keystore is not None else None
    if cacerts is not None and os.path.realpath(options.keystore or "") == os.path.realpath(cacerts):
        session.console.err("Warning: use -cacerts option to access cacerts keystore\n")
    if options.cacerts:
        if options.keystore is not None or options.storetype is not None:
            raise KeytoolError(
                "The -keystore or -storetype option cannot be used with the -cacerts option", ILLEGAL_ARGUMENT
            )
        options.keystore = str(cacerts_path())
    given = (options.storepass, options.keypass, options.new, options.destkeypass)
    if options.protected and any(password is not None for password in given):
        raise KeytoolError(
            "if -protected is specified, then -storepass, -keypass, and -new must not be specified", ILLEGAL_ARGUMENT
        )
    if options.srcprotected and (options.srcstorepass is not None or options.srckeypass is not None):
        raise KeytoolError(
            "if -srcprotected is specified, then -srcstorepass and -srckeypass must not be specified", ILLEGAL_ARGUMENT
        )
    keytool_options.check_numbers(options)


def _home() -> str:
    """The home of the passwd entry: Java does not look at HOME."""
    import pwd

    return pwd.getpwuid(os.getuid()).pw_dir

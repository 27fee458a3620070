"""keytool's command line, without a JDK."""

from pathlib import Path

import pytest

from truststore_tool.shims.keytool import usage as keytool_help
from truststore_tool.shims.keytool.errors import IllegalOptionError, KeytoolError
from truststore_tool.shims.keytool.options import Options, Parser, repetitions


def parse(*words: str, jdk: int = 17) -> Options:
    parser = Parser(words, jdk)
    parser.parse()
    return parser.options


def test_commands_and_options_in_any_case_and_order() -> None:
    options = parse("-ALIAS", "One", "-KeyStore", "ks", "-Import", "-storePass", "secret", "-noprompt")
    assert (options.command, options.alias, options.keystore, options.storepass) == (
        "-importcert",
        "One",
        "ks",
        "secret",
    )
    assert options.noprompt


def test_the_options_of_importkeystore_name_both_sides() -> None:
    options = parse(
        "-importkeystore", "-srckeystore", "a", "-destkeystore", "b", "-srcalias", "x", "-destalias", "y",
        "-srcstorepass", "p", "-deststorepass", "q", "-deststoretype", "jks",
    )  # fmt: skip
    assert (options.srckeystore, options.keystore, options.alias, options.dest) == ("a", "b", "x", "y")
    assert (options.srcstorepass, options.storepass, options.storetype) == ("p", "q", "JKS")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-list", "-bogus"], "Illegal option:  -bogus"),
        (["-list", "stray"], "Illegal option:  stray"),
        (["list"], "Illegal option:  list"),
        (["-frobnicate"], "Illegal option:  -frobnicate"),
        (["-list", "-alias"], "Command option -alias needs an argument."),
        (["-v"], "Usage error: no command provided"),
        (["-list", "-storepass:env", "NO_SUCH_VARIABLE"], "Cannot find environment variable: NO_SUCH_VARIABLE"),
        (["-list", "-storepass:file", "/nowhere/at/all"], "Cannot find file: /nowhere/at/all"),
        (["-list", "-storepass:foo", "x"], "Unknown password type: foo"),
        (["-list", "-storepass", "-file", "a.pem"], "Illegal option:  a.pem"),
        (["-version"], "Illegal option:  -version"),
    ],
)
def test_usage_errors_in_keytools_words(words: list[str], message: str) -> None:
    with pytest.raises(IllegalOptionError) as caught:
        parse(*words)
    assert caught.value.message == message


def test_a_password_from_a_file_is_its_first_line(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("first\nsecond\n")
    assert parse("-list", "-storepass:file", str(tmp_path / "pw")).storepass == "first"


def test_a_password_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_PASSWORD", "secret")
    assert parse("-storepasswd", "-new:ENV", "THE_PASSWORD").new == "secret"


def test_passwords_stay_out_of_representations() -> None:
    options = parse(
        "-list", "-storepass", "topsecret", "-srcstorepass", "topsecret", "-new", "topsecret", "-keypass", "topsecret"
    )
    assert "topsecret" not in repr(options)


def test_repeated_options_are_warned_of_and_commands_refused() -> None:
    words = ["-list", "-alias", "a", "-alias", "b"]
    warning = "The -alias option is specified multiple times. All except the last one will be ignored."
    assert list(repetitions(words, 17)) == [warning]
    with pytest.raises(KeytoolError, match="both -importcert and -list were specified"):
        list(repetitions(["-import", "-list"], 17))


def test_the_help_of_each_release() -> None:
    assert "-version" not in keytool_help.general(17)
    assert " -version            Prints the program version\n" in keytool_help.general(25)
    assert keytool_help.of_command("-delete") == (
        "keytool -delete [OPTION]...\n\nDeletes an entry\n\nOptions:\n\n"
        " -alias <alias>          alias name of the entry to process\n"
        " -keystore <keystore>    keystore name\n"
        " -cacerts                access the cacerts keystore\n"
        " -storepass <arg>        keystore password\n"
        " -storetype <type>       keystore type\n"
        " -providername <name>    provider name\n"
        " -addprovider <name>     add security provider by name (e.g. SunPKCS11)\n"
        "   [-providerarg <arg>]    configure argument for -addprovider\n"
        " -providerclass <class>  add security provider by fully-qualified class name\n"
        "   [-providerarg <arg>]    configure argument for -providerclass\n"
        " -providerpath <list>    provider classpath\n"
        " -v                      verbose output\n"
        " -protected              password through protected mechanism\n\n"
        'Use "keytool -?, -h, or --help" for this help message\n'
    )

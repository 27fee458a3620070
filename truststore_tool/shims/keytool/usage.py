"""keytool's help texts: the list of commands, and each command's options."""

from typing import Final

from truststore_tool.shims.keytool.options import OPTIONS

_FURTHER: Final = {
    "addprovider": "configure argument for -addprovider",
    "providerclass": "configure argument for -providerclass",
}
_PROVIDERS: Final = "providername addprovider providerclass providerpath"
# Command: what it does, and its options in the order of the help; "file>" is -file where it is written.
_COMMANDS: Final = {
    "-certreq": (
        "Generates a certificate request",
        f"alias sigalg file> keypass keystore dname ext storepass storetype {_PROVIDERS} v protected",
    ),
    "-changealias": (
        "Changes an entry's alias",
        f"alias destalias keypass keystore cacerts storepass storetype {_PROVIDERS} v protected",
    ),
    "-delete": (
        "Deletes an entry",
        f"alias keystore cacerts storepass storetype {_PROVIDERS} v protected",
    ),
    "-exportcert": (
        "Exports certificate",
        f"rfc alias file> keystore cacerts storepass storetype {_PROVIDERS} v protected",
    ),
    "-genkeypair": (
        "Generates a key pair",
        (
            "alias keyalg keysize groupname sigalg dname startdate ext validity "
            f"keypass keystore signer signerkeypass storepass storetype {_PROVIDERS} v protected"
        ),
    ),
    "-genseckey": (
        "Generates a secret key",
        f"alias keypass keyalg keysize keystore storepass storetype {_PROVIDERS} v protected",
    ),
    "-gencert": (
        "Generates certificate from a certificate request",
        (
            "rfc infile outfile alias sigalg dname startdate ext "
            f"validity keypass keystore storepass storetype {_PROVIDERS} v protected"
        ),
    ),
    "-importcert": (
        "Imports a certificate or a certificate chain",
        f"noprompt trustcacerts protected alias file keypass keystore cacerts storepass storetype {_PROVIDERS} v",
    ),
    "-importpass": (
        "Imports a password",
        f"alias keypass keyalg keysize keystore storepass storetype {_PROVIDERS} v protected",
    ),
    "-importkeystore": (
        "Imports one or all entries from another keystore",
        (
            "srckeystore destkeystore srcstoretype deststoretype srcstorepass deststorepass "
            "srcprotected destprotected srcprovidername destprovidername srcalias destalias "
            "srckeypass destkeypass noprompt addprovider providerclass providerpath v"
        ),
    ),
    "-keypasswd": (
        "Changes the key password of an entry",
        f"alias keypass new keystore storepass storetype {_PROVIDERS} v",
    ),
    "-list": (
        "Lists entries in a keystore",
        f"rfc alias keystore cacerts storepass storetype {_PROVIDERS} v protected",
    ),
    "-printcert": (
        "Prints the content of a certificate",
        f"rfc file sslserver jarfile keystore storepass storetype trustcacerts {_PROVIDERS} v protected",
    ),
    "-printcertreq": (
        "Prints the content of a certificate request",
        "file v",
    ),
    "-printcrl": (
        "Prints the content of a CRL file",
        f"file keystore storepass storetype trustcacerts {_PROVIDERS} v protected",
    ),
    "-storepasswd": (
        "Changes the store password of a keystore",
        f"new keystore cacerts storepass storetype {_PROVIDERS} v",
    ),
    "-showinfo": (
        "Displays security-related information",
        "tls v",
    ),
    "-keyclone": (
        "Clones a key entry",
        f"alias destalias keypass new storetype keystore storepass {_PROVIDERS} v",
    ),
    "-selfcert": (
        "Generates a self-signed certificate",
        f"alias sigalg dname startdate ext validity keypass storetype keystore storepass {_PROVIDERS} v",
    ),
    "-gencrl": (
        "Generates CRL",
        f"rfc file> id alias sigalg keypass keystore storepass storetype {_PROVIDERS} v protected",
    ),
    "-identitydb": (
        "Imports entries from a JDK 1.1.x-style identity database",
        f"file storetype keystore storepass {_PROVIDERS} v",
    ),
    "-version": ("Prints the program version", ""),
}
_UNDOCUMENTED: Final = ("-keyclone", "-selfcert", "-gencrl", "-identitydb")
_FOOT: Final = 'Use "keytool -?, -h, or --help" for this help message\n'


def general(jdk: int) -> str:
    """The list of commands."""
    shown = [
        f" {name:<20}{what}\n"
        for name, (what, _) in _COMMANDS.items()
        if name not in _UNDOCUMENTED and (name != "-version" or jdk >= 25)
    ]
    return (
        f"Key and Certificate Management Tool\n\nCommands:\n\n{''.join(shown)}\n{_FOOT}"
        'Use "keytool -command_name --help" for usage of command_name.\n'
        "Use the -conf <url> option to specify a pre-configured options file.\n"
    )


def of_command(name: str) -> str:
    """One command's options; `name` with its dash."""
    what, options = _COMMANDS[name]
    rows: list[tuple[str, str]] = []
    for option in options.split():
        flag = f"-{option.removesuffix('>')}"
        argument, _, text = OPTIONS[flag]
        if option == "file>":
            text = "output file name"
        rows.append((f"{flag} {argument}".rstrip(), text))
        if option in _FURTHER:
            rows.append(("[-providerarg <arg>]", _FURTHER[option]))
    width = max((len(left) for left, _ in rows), default=0)
    shown = [f"{'   ' if left.startswith('[') else ' '}{left:<{width}}  {text}\n" for left, text in rows]
    return f"keytool {name} [OPTION]...\n\n{what}\n\nOptions:\n\n{''.join(shown)}\n{_FOOT}"

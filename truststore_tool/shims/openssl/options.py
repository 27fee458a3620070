"""The command line of `openssl x509`: argv to `Options`, with OpenSSL's own words for what is wrong."""

from collections.abc import Callable
from typing import Final, NoReturn

from truststore_tool.nouns import noun, replace
from truststore_tool.shims.openssl import help as help_text
from truststore_tool.shims.openssl import is_newer

# fmt: off
# Signing, making and checking certificates, and what configures that.
_OUTSIDE: Final = (
    "new", "x509toreq", "req", "copy_extensions", "vfyopt", "key", "signkey", "keyform", "set_serial", "days",
    "preserve_dates", "subj", "force_pubkey", "clrext", "extfile", "extensions", "sigopt", "badsig", "CA",
    "CAform", "CAkey", "CAkeyform", "CAserial", "CAcreateserial",
    "rand", "writerand", "engine", "provider-path", "provider", "propquery", "not_before", "not_after", "set_issuer",
    "set_subject", "provparam",
)
# Options that print something, in the order given; a repeated one prints at its last place.
_ITEMS: Final = (
    "text", "fingerprint", "alias", "serial", "startdate", "enddate", "subject", "issuer", "email",
    "subject_hash", "subject_hash_old", "issuer_hash", "issuer_hash_old", "ocspid", "ocsp_uri", "pubkey",
    "modulus", "next_serial", "ext", "purpose",
)
# fmt: on
# Digests that only 3.5's legacy provider has; and algorithms of signatures, whose names stand for their digests.
_OLD_DIGESTS: Final = ("md4", "whirlpool", "rsa-sha1-2")
_SIGNATURES: Final = (
    *(f"1.2.840.113549.1.1.{arc}" for arc in (3, 4, 5, 11, 12, 13, 14, 15, 16)),
    *(f"2.16.840.1.101.3.4.3.{arc}" for arc in (13, 14, 15, 16)), "1.3.36.3.3.1.2", "1.2.156.10197.1.504",
)  # fmt: skip
_PEM: Final = ("p", "P", "pem", "PEM")
_PKCS12: Final = ("p12", "P12", "pkcs12", "PKCS12")
_PVK: Final = ("pvk", "PVK")
_EVERY_FORMAT: Final = "".join(
    f"\n   {name}" for name in ("PEM/DER", "pkcs12", "smime", "engine", "msblob", "nss", "text", "http", "pvk")
)
_EVERY_NEWER_FORMAT: Final = "  pem der b64 pkcs12 smime engine msblob nss text http pvk"
_LONG_MAX: Final = 2**63 - 1

# Bits of -certopt (<openssl/x509.h>): which parts of a -text are left out, and how unknown extensions show.
NO_HEADER: Final = 1
NO_VERSION: Final = 1 << 1
NO_SERIAL: Final = 1 << 2
NO_SIGNAME: Final = 1 << 3
NO_ISSUER: Final = 1 << 4
NO_VALIDITY: Final = 1 << 5
NO_SUBJECT: Final = 1 << 6
NO_PUBKEY: Final = 1 << 7
NO_EXTENSIONS: Final = 1 << 8
NO_SIGDUMP: Final = 1 << 9
NO_AUX: Final = 1 << 10
NO_ATTRIBUTES: Final = 1 << 11
UNKNOWN_ERROR: Final = 1 << 16
UNKNOWN_PARSE: Final = 2 << 16
UNKNOWN_DUMP: Final = 3 << 16
UNKNOWN_MASK: Final = 0xF << 16
_CA_DEFAULT: Final = NO_ISSUER | NO_PUBKEY | NO_HEADER | NO_VERSION
_CERTIFICATE_OPTIONS: Final = {
    "compatible": (0, 0xFFFFFFFF),
    "ca_default": (_CA_DEFAULT, 0xFFFFFFFF),
    "no_header": (NO_HEADER, 0),
    "no_version": (NO_VERSION, 0),
    "no_serial": (NO_SERIAL, 0),
    "no_signame": (NO_SIGNAME, 0),
    "no_validity": (NO_VALIDITY, 0),
    "no_subject": (NO_SUBJECT, 0),
    "no_issuer": (NO_ISSUER, 0),
    "no_pubkey": (NO_PUBKEY, 0),
    "no_extensions": (NO_EXTENSIONS, 0),
    "no_sigdump": (NO_SIGDUMP, 0),
    "no_aux": (NO_AUX, 0),
    "no_attributes": (NO_ATTRIBUTES, 0),
    "ext_default": (0, UNKNOWN_MASK),
    "ext_error": (UNKNOWN_ERROR, UNKNOWN_MASK),
    "ext_parse": (UNKNOWN_PARSE, UNKNOWN_MASK),
    "ext_dump": (UNKNOWN_DUMP, UNKNOWN_MASK),
}


class StopError(Exception):
    """The command ends here: what to say on standard error, and the exit code."""

    def __init__(self, *lines: str, code: int = 1) -> None:
        super().__init__(*lines)
        self.text = "".join(f"{line}\n" for line in lines)
        self.code = code


@noun
class Options:
    """What the command line asks for. `name_flags` and `text_flags` are the bits of `-nameopt` and `-certopt`."""

    items: tuple[str, ...] = ()
    source: str | None = None
    target: str | None = None
    input_format: str | None = None
    output_format: str = "pem"
    password: str | None = None
    digest: str | None = None
    name_flags: int | None = None
    text_flags: int = 0
    extensions: str | None = None
    iso_dates: bool = False
    quiet: bool = False
    check_end: int | None = None
    check_host: str | None = None
    check_email: str | None = None
    check_ip: str | None = None
    trusted_output: bool = False
    alias: str | None = None
    trusted: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    clear_trusted: bool = False
    clear_rejected: bool = False


def parse(arguments: list[str]) -> Options:
    """Read the words behind ``x509``. Raises StopError for -help and for whatever OpenSSL would not take."""
    takes_value = _takes_value()
    options = Options()
    items: dict[str, None] = {}
    words = iter(arguments)
    for word in words:
        if not word.startswith("-"):
            _surplus(word)
        if word == "--":
            break
        name, equals, attached = word[2 if word.startswith("--") else 1 :].partition("=")
        wanted = takes_value.get(name)
        if wanted is False and equals:
            _usage(f"x509: Option -{name} does not take a value")
        value = next(words, None) if wanted and not equals else attached
        if value is None:
            _usage(f"x509: Option -{name} needs a value")
        if name in _OUTSIDE:
            raise StopError(
                f"x509: -{name} is outside of what this openssl does: it reads, prints and converts certificates, "
                "and signs or makes none"
            )
        for item in _items_of(name):
            items.pop(item, None)
            items[item] = None
        if wanted is None and is_newer() and not _is_digest(name):
            _usage(f"x509: Unknown option or message digest: {name}")
        options = _apply(options, name, value) if wanted is not None else replace(options, digest=name)
    if (rest := next(words, None)) is not None:
        _surplus(rest)
    return replace(options, items=tuple(items))


def _surplus(word: str) -> NoReturn:
    """A word behind the options, of which there may be none."""
    _usage(*((f'x509: Extra option: "{word}"',) if is_newer() else ()))


def _is_digest(name: str) -> bool:
    """Whether 3.5 knows that name, be it of a digest that it then has not."""
    from truststore_tool.shims.openssl import digests, objects

    if digests.digest(name, b"") is not None or name.lower() in _OLD_DIGESTS:
        return True
    return any(name.lower() in (n.short.lower(), n.long.lower()) for n in map(objects.name_of, _SIGNATURES) if n)


def _takes_value() -> dict[str, bool]:
    """Each option of the help text, and whether it takes a value. The nameless one is a digest that is none."""
    table = {"": False}
    for line in help_text.text().splitlines():
        if line.startswith(" -"):
            name, *label = line[2:28].split()
            table[name] = bool(label)
    del table["*"]
    return table


def _items_of(name: str) -> tuple[str, ...]:
    if name == "dates":
        return ("startdate", "enddate")
    name = "subject_hash" if name == "hash" else name
    return (name,) if name in _ITEMS else ()


def _usage(*lines: str) -> NoReturn:
    raise StopError(*lines, "x509: Use -help for summary.")


def _apply(options: Options, name: str, value: str) -> Options:
    """The options with one more, which is known and has the value it needs."""
    setter = _SETTERS.get(name)
    return setter(options, value) if setter else options


def _help(_options: Options, _value: str) -> NoReturn:
    raise StopError(help_text.text().removesuffix("\n"), code=0)


def _input_format(options: Options, value: str) -> Options:
    form = _format("inform", value)
    if form not in ("pem", "der"):
        _usage(f'x509: Bad format "{value}"; must be {"one of:  pem der" if is_newer() else "pem or der"}')
    return replace(options, input_format=form)


def _output_format(options: Options, value: str) -> Options:
    return replace(options, output_format=_format("outform", value))


def _format(option: str, value: str) -> str:
    """``"pem"``, ``"der"`` or ``"other"`` for what OpenSSL knows as the name of a format: often its first letter."""
    initial = value[:1].lower()
    if initial == "n" and value not in ("NSS", "nss"):
        every = _EVERY_NEWER_FORMAT if is_newer() else _EVERY_FORMAT
        _usage(f'x509: Bad format "{value}"; must be one of:{every}', _invalid(option, value))
    if initial == "" or initial not in "dptnsmeh1" or (initial == "p" and value not in _PEM + _PKCS12 + _PVK):
        _usage(f'x509: Bad format "{value}"', _invalid(option, value))
    if initial == "d":
        return "der"
    return "pem" if value in _PEM else "other"


def _invalid(option: str, value: str) -> str:
    return f'x509: Invalid format "{value}" for option -{option}'


def _dates(options: Options, value: str) -> Options:
    if value.lower() not in ("rfc_822", "iso_8601"):
        raise StopError(f"Invalid date format: {value}")
    return replace(options, iso_dates=value.lower() == "iso_8601")


def _names(options: Options, value: str) -> Options:
    from truststore_tool.shims.openssl import name_options

    flags = name_options.parse(value, options.name_flags or 0)
    if flags is None:
        _usage()
    return replace(options, name_flags=flags)


def _text(options: Options, value: str) -> Options:
    from truststore_tool.shims.openssl import name_options

    flags = name_options.apply_words(value, options.text_flags, _CERTIFICATE_OPTIONS)
    if flags is None:
        _usage()
    return replace(options, text_flags=flags)


def _check_end(options: Options, value: str) -> Options:
    """A number of seconds as C's strtoimax takes it: decimal, 0x hexadecimal or 0 octal."""
    digits = value.lstrip(" \t\n\v\f\r").lower()
    plain = digits.lstrip("+-")
    base = 10
    if plain.startswith("0x"):
        base = 16
    elif plain.startswith("0"):
        base = 8
    try:
        seconds = int(digits, base)
    except ValueError:
        seconds = None
    if seconds is None or "_" in value or value[-1:].isspace() or not -_LONG_MAX <= seconds < _LONG_MAX + 1:
        # The message goes by what the word begins with, blanks and sign included.
        kind = "a"
        if value[:2] in ("0x", "0X"):
            kind = "a hexadecimal"
        elif value[:1] == "0":
            kind = "an octal"
        _usage(f'x509: Can\'t parse "{value}" as {kind} number')
    return replace(options, check_end=seconds)


def _trusted(options: Options, value: str) -> Options:
    return replace(options, trusted=(*options.trusted, _use("trust", value)), trusted_output=True)


def _rejected(options: Options, value: str) -> Options:
    return replace(options, rejected=(*options.rejected, _use("reject", value)), trusted_output=True)


def _use(what: str, value: str) -> str:
    from truststore_tool.shims.openssl import objects

    dotted = objects.find(value)
    if dotted is None:
        _usage(f"x509: Invalid {what} object value {value}")
    return dotted


_SETTERS: Final[dict[str, Callable[[Options, str], Options]]] = {
    "help": _help,
    "in": lambda options, value: replace(options, source=value),
    "out": lambda options, value: replace(options, target=value),
    "inform": _input_format,
    "outform": _output_format,
    "passin": lambda options, value: replace(options, password=value),
    "noout": lambda options, _: replace(options, quiet=True),
    "nocert": lambda options, _: replace(options, quiet=True),
    "dateopt": _dates,
    "certopt": _text,
    "nameopt": _names,
    "ext": lambda options, value: replace(options, extensions=value),
    "checkend": _check_end,
    "checkhost": lambda options, value: replace(options, check_host=value),
    "checkemail": lambda options, value: replace(options, check_email=value),
    "checkip": lambda options, value: replace(options, check_ip=value),
    "trustout": lambda options, _: replace(options, trusted_output=True),
    "setalias": lambda options, value: replace(options, alias=value, trusted_output=True),
    "clrtrust": lambda options, _: replace(options, clear_trusted=True),
    "clrreject": lambda options, _: replace(options, clear_rejected=True),
    "addtrust": _trusted,
    "addreject": _rejected,
}

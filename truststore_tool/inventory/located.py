"""Which file a value of a setting names: prefixes, variables, what a relative path is relative to. Pure text."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from truststore_tool.nouns import noun

_LONGEST: Final = 4096  # PATH_MAX of Linux
CLASSPATH: Final = "classpath:"
_VARIABLE: Final = re.compile(r"\$\{([\w.\-]{1,100})(?::-?([^{}]*))?\}|\$([A-Za-z_]\w{0,100})|%([A-Za-z_]\w{0,100})%")
# In the place of a variable's name, these say where its value comes from: Kafka's ConfigProviders, Log4j's lookups,
# OmegaConf's resolvers.
_PROVIDERS: Final = frozenset(("env", "sys", "file", "dir", "directory", "secret", "vault", "oc.env"))
_NESTED: Final = 3  # defaults inside each other that are followed
_TEMPLATE: Final = re.compile(r"\{\{|#\{|\$\(|`|<%|@[\w.]+@|\$\{|%[a-zA-Z](?![a-zA-Z])")
_SCHEME: Final = re.compile(r"[a-z][a-z\d+.\-]+:(?!\\)", re.IGNORECASE)
_WINDOWS: Final = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_PATH: Final = re.compile(r"[^\n<>\"|*?]{1,1000}")
# Known wherever Tomcat's configuration lies: it is CATALINA_BASE/conf.
_TOMCAT: Final = frozenset({"catalina.base", "catalina.home"})
# Words that some settings have in a path's place.
_WORDS: Final = frozenset(("", "none", "system", "true", "false", "null", "nil", "on", "off", "default", "jks"))
_LIKE_A_PATH: Final = re.compile(
    r"/|\.(?:jks|p12|pfx|pkcs12|jceks|bks|bcfks|keystore|truststore|ts|ks|pem|crt|cer|cert|ca|der|db)$", re.IGNORECASE
)


@noun
class Located:
    """A path as it is meant.

    Attributes:
        path: absolute, relative, or behind ``classpath:``.
        doubt: why it is not known which file that is, one line; None where it is.
    """

    path: str
    doubt: str | None = None


def located(value: str, variables: Mapping[str, str], *, surely: bool = True) -> Located | None:
    """The file that a value names; None where it names none: a word, a certificate as it is, a web address.

    Args:
        value: as it is set.
        variables: what is known of the environment where it is used; each value is located already.
        surely: whether the setting is always a path; else the value must look like one.
    """
    text = value.strip()
    if len(text) > _LONGEST:
        return None
    missing: list[str] = []

    def put(found: re.Match[str]) -> str:
        name = str(found[1] or found[3] or found[4])
        if name not in variables and name.lower().replace("_", ".") in _TOMCAT:
            return ".."
        by_provider = found[2] is not None and name.lower() in _PROVIDERS
        known: str | None = None if by_provider else variables.get(name, found[2])
        if known is None:
            missing.append(name)
            return found[0]
        return known

    for _ in range(_NESTED):
        text = _VARIABLE.sub(put, text)
        if missing:
            break
    if missing:
        return (
            Located(text, f"{', '.join(dict.fromkeys(missing))} is not known here") if _PATH.fullmatch(text) else None
        )
    if text[:5].lower() == "file:":
        text = re.sub(r"^//localhost(?=/)", "", text[5:])  # RFC 8089, section 2
        text = unquote("/" + text.lstrip("/")) if text.startswith("/") else text
    elif text.startswith(("classpath:", "classpath*:")):
        return Located(CLASSPATH + text.partition(":")[2].lstrip("/"))
    if text.lower() in _WORDS or not _PATH.fullmatch(text) or (not surely and not _LIKE_A_PATH.search(text)):
        return None
    if _WINDOWS.match(text):
        return Located(text, "it is a path of Windows")
    if _SCHEME.match(text):
        return None
    if _TEMPLATE.search(text):
        return Located(text, "it is filled in elsewhere")
    if text.startswith("~"):
        return Located(text, "whose home that is, is not known here")
    return Located(text)

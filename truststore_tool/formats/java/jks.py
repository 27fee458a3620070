"""JKS and JCEKS, the key stores of Sun's providers, both directions."""

from functools import partial
from typing import Final

from truststore_tool.formats.base import Format
from truststore_tool.formats.java.jks_layout import Name
from truststore_tool.formats.java.jks_reading import detect, loads
from truststore_tool.formats.java.key_codecs import JCEKS_KEYS, JKS_KEYS
from truststore_tool.model import TrustStore


def _dumps(name: Name, store: TrustStore, password: str | None) -> bytes:
    from truststore_tool.formats.java.jks_writing import dumps

    return dumps(name, store, password)


def _format(name: Name, suffixes: tuple[str, ...]) -> Format:
    return Format(
        name=name,
        title=name.upper(),
        suffixes=suffixes,
        detect=partial(detect, name),
        loads=partial(loads, name),
        dumps=partial(_dumps, name),
        has_aliases=True,
        has_password=True,
        keys=JKS_KEYS if name == "jks" else JCEKS_KEYS,
    )


JKS: Final = _format("jks", (".jks", ".ks", ".keystore", ".truststore", ".ts"))
JCEKS: Final = _format("jceks", (".jceks",))

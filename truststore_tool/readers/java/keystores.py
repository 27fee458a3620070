"""What a Java release makes of a key store's bytes: loads or not, in which words, and the trust anchors."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from truststore_tool.errors import FormatError
from truststore_tool.formats.base import Content
from truststore_tool.model import Certificate
from truststore_tool.nouns import field, noun, replace
from truststore_tool.readers.base import Evidence, Reader, Reading, UnknownError, Work
from truststore_tool.readers.java import releases
from truststore_tool.readers.java.loading import Contents, Parser, RefusedError, refuses_none
from truststore_tool.readers.java.releases import Release, measured

if TYPE_CHECKING:
    from truststore_tool.readers.java.policies import Policy
    from truststore_tool.readers.java.security import Security

_Loader = Callable[[bytes, str | None, Release, Parser, Work], Contents]
_NO_DER: Final = "DerInputStream.getLength(): lengthTag="
_UNRECOVERABLE: Final = "java.security.UnrecoverableKeyException"
_LOADING: Final = measured("8u504, 11.0.5, 11.0.10, 11.0.13, 17.0.2, 17.0.9, 17.0.15, 21.0.2, 21.0.8, 25.0.2, 25.0.3")
_LOCKED: Final = "no password was given, and Java passes over what is encrypted"


def _load_jks(data: bytes, password: str | None, release: Release, why_refused: Parser, _work: Work) -> Contents:
    from truststore_tool.readers.java import jks

    return jks.load(data, password, release, why_refused, (jks.JKS,))


def _load_jceks(data: bytes, password: str | None, release: Release, why_refused: Parser, _work: Work) -> Contents:
    from truststore_tool.readers.java import jks

    return jks.load(data, password, release, why_refused, (jks.JCEKS, jks.JKS))


def _load_pkcs12(data: bytes, password: str | None, release: Release, why_refused: Parser, work: Work) -> Contents:
    if len(data) > 1 and data[1] > 0x84:
        raise RefusedError("java.io.IOException", f"{_NO_DER}{data[1] & 0x7F}, too big.")
    from truststore_tool.readers.java import pkcs12

    try:
        return pkcs12.load(data, password, release, why_refused, work)
    except FormatError as exc:
        raise RefusedError("java.io.IOException") from exc


@noun
class JavaReader:
    """A release of Java as a reader of key stores.

    Attributes:
        release: the release.
        why_refused: the releases' certificate parsers.
        storetype: what it is told the type is: JKS, PKCS12 or JCEKS; None leaves it to the default.
        work: what readers of the same file have in common: derived keys, parsed certificates.
        settings: what its security properties say, or why nobody knows that; None for those of the release.
        called: its name, where that is not the release's.
    """

    release: Release
    why_refused: Parser
    storetype: str | None = None
    work: Work = field(default_factory=dict, repr=False, compare=False)
    settings: "Security | str | None" = None
    called: str | None = None

    @property
    def name(self) -> str:
        """The release's name, or its own."""
        return self.called or str(self.release)

    @property
    def told(self) -> str | None:
        """The type of stores that it is told, or that its security properties name; None where nobody knows that."""
        if self.storetype or isinstance(self.settings, str):
            return self.storetype
        return self.settings.keystore_type if self.settings else default_type(self.release)

    @property
    def security(self) -> "Security | None":
        """What its security properties say; None where nobody knows."""
        from truststore_tool.readers.java import security

        settings = security.of(self.release) if self.settings is None else self.settings
        return None if isinstance(settings, str) else settings

    def read(self, data: Content, password: str | None) -> Reading:
        """What this release makes of the store in `data`."""
        if not isinstance(data, bytes):
            return Reading(False, "java.io.IOException: Is a directory", anchors=(), leaves=(), evidence=(_LOADING,))
        if isinstance(self.settings, str):
            return Reading(None, evidence=(Evidence("inferred", self.settings),))
        configured = (self.settings.keystore_type, self.settings.compat) if self.settings else (None, True)
        kind = self.storetype or configured[0]
        return read(self.release, data, password, self.why_refused, kind, compat=configured[1], work=self.work)

    def applies(self, policy: "Policy") -> bool:
        """Whether it is known to go by that policy."""
        if self.settings is None:
            return policy.releases.known_to(self.release) is True
        return not isinstance(self.settings, str) and policy.name in self.settings.policies

    def why_disabled(self, certificate: Certificate) -> str | None:
        """The item of jdk.certpath.disabledAlgorithms by which it takes no path with that key in it, an anchor's too.

        None where there is none, and where it does not read the certificate.
        """
        from truststore_tool.readers.java.parsing import judged

        security = self.security
        key = judged(certificate.der, 25 if self.release.line >= 25 else 17, self.work).key if security else None
        return security.why_disabled(key.algorithm, key.size, key.curve) if security and key else None

    def refuses(self, certificate: Certificate) -> str | None:
        """The exception of this release's certificate parser, or None where it takes it, or that is not known."""
        return self.why_refused(certificate.der, self.release)

    def trusting(self) -> "JavaReader":
        """The same release with a parser that refuses nothing."""
        return replace(self, why_refused=refuses_none)

    def reads_all_of(self, other: Reader) -> bool:
        """As `Reader.reads_all_of`: whether this release has every feature of the other one."""
        return (
            isinstance(other, JavaReader)
            and (other.storetype, other.settings) == (self.storetype, self.settings)
            and releases.reads_all_of(self.release, other.release)
        )


# What a type of key store tries in turn: JKS and PKCS12 open each other (keystore.type.compat of java.security), but
# in 8 only JKS does (JDK-8062552; measured with 8u504).
_TYPES: Final[dict[str, tuple[_Loader, ...]]] = {
    "JKS": (_load_jks, _load_pkcs12),
    "PKCS12": (_load_pkcs12, _load_jks),
    "JCEKS": (_load_jceks,),
}


def default_type(release: Release) -> str:
    """KeyStore.getDefaultType: keystore.type of java.security (JEP 229)."""
    return "JKS" if release.line < 9 else "PKCS12"


def read(
    release: Release,
    data: bytes,
    password: str | None,
    why_refused: Parser,
    storetype: str | None = None,
    *,
    compat: bool = True,
    work: Work | None = None,
) -> Reading:
    """What `release` makes of the store in `data`.

    Args:
        release: the release of Java.
        data: the bytes of the store.
        password: right, wrong or empty; None for none.
        why_refused: the release's certificate parser.
        storetype: JKS, PKCS12 or JCEKS; None for the release's default. Of other types nobody knows.
        compat: keystore.type.compat: whether JKS and PKCS12 open each other.
        work: derived keys, shared between the readings of one file.
    """
    kind = (storetype or default_type(release)).upper()
    if kind not in _TYPES:
        return Reading(None, evidence=(Evidence("inferred", f"nobody has looked at key stores of type {kind}"),))
    loaders = _TYPES[kind][:1] if not compat or (kind == "PKCS12" and release.line < 9) else _TYPES[kind]
    try:
        contents = _load(loaders, data, password, release, why_refused, {} if work is None else work)
    except RefusedError as exc:
        return Reading(False, exc.error, exc.cause, (), (), evidence=(*exc.evidence, _LOADING))
    except UnknownError as exc:
        return Reading(None, evidence=(Evidence("inferred", str(exc)),))
    return Reading(
        True,
        anchors=tuple(contents.anchors),
        leaves=tuple(contents.leaves),
        left_out=tuple(contents.left_out),
        evidence=(_LOADING,),
    )


def _load(
    loaders: tuple[_Loader, ...],
    data: bytes,
    password: str | None,
    release: Release,
    why_refused: Parser,
    work: Work,
) -> Contents:
    """As sun.security.util.KeyStoreDelegator: the first exception counts, unless another is about the password."""
    thrown: list[RefusedError] = []
    for loader in loaders:
        try:
            return loader(data, password, release, why_refused, work)
        except RefusedError as exc:
            if (exc.cause or "").startswith(_UNRECOVERABLE):
                raise
            thrown.append(exc)
    raise thrown[0]

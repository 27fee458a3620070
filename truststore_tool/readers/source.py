"""A store or bundle as its clients open it: what each of them gets out of the file, and what we see in it ourselves.

A client's verdict rests on what *it* reads: our own reading only names what is missing.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from truststore_tool import formats, meant
from truststore_tool.errors import FormatError, PasswordRequiredError
from truststore_tool.formats.base import Content
from truststore_tool.model import Certificate, TrustedEntry, TrustStore
from truststore_tool.nouns import field, noun, replace
from truststore_tool.readers.base import Reading, UnknownError, Work
from truststore_tool.readers.hostnames import TlsReader

_KEYSTORES: Final = ("jks", "jceks", "pkcs12")
_BOUNCY_CASTLE: Final = ("bks", "uber", "bcfks")


@noun
class View:
    """What one client gets out of the file.

    Attributes:
        client: ``"libpq"``, or a release of Java, such as ``"Java 17"``.
        certificates: those that it trusts, or goes through to a root that it trusts; in its order.
        marks: whether a TRUSTED CERTIFICATE block of OpenSSL's trusts one of them as it stands, or rejects it.
        refused: in what words it reads nothing; None where it does.
        unknown: why it is not known what it reads; None where it is.
    """

    client: str
    certificates: tuple[Certificate, ...] = ()
    marks: Mapping[Certificate, bool] = field(default_factory=dict)
    refused: str | None = None
    unknown: str | None = None


@noun
class Source:
    """A store or bundle and who reads it.

    Attributes:
        name: as it was given.
        reader: ``"java"`` (a keystore; or a PEM file, as the JDBC driver reads its sslrootcert) or ``"libpq"``.
        store: what we see in it; None when it cannot be opened without a password and there is none.
        views: what each client of the reader gets out of it.
    """

    name: str
    reader: TlsReader
    store: TrustStore | None
    views: tuple[View, ...]

    @classmethod
    def of(cls, name: str, reader: TlsReader, content: Content, password: str | None = None) -> "Source":
        """The source in these bytes, or files of a directory.

        Raises IntegrityError where the password does not open it. What is malformed is a view that reads nothing.
        """
        try:
            store: TrustStore | None = formats.loads(content, password)
        except PasswordRequiredError:
            store = None
        except FormatError:
            store = TrustStore()
        views = _libpq(content) if reader == "libpq" else tuple(_java(content, password, _form(content)))
        views = tuple(replace(v, refused=f"{v.refused}{named(content)}") if v.refused else v for v in views)
        if store == TrustStore():  # malformed to us; what a client reads in spite of that is what there is
            seen = dict.fromkeys(certificate for view in views for certificate in view.certificates)
            store = TrustStore(tuple(TrustedEntry("", certificate) for certificate in seen), "pem", "absent")
        return cls(name, reader, store, views)

    def alias(self, certificate: Certificate) -> str:
        """Under which alias it is there; empty for formats that have none."""
        entries = self.store.entries if self.store else ()
        return next((entry.alias for entry in entries if certificate in entry.certificates[:1]), "")


def named(content: Content) -> str:
    """What a file is that its reader cannot use, behind the reader's own words; empty where that is not known."""
    found = meant.recognised(content) if isinstance(content, bytes) else None
    return f" (it is {found.what})" if found else ""


def _form(content: Content) -> str:
    """The format of a file, as far as its first bytes tell; empty where they do not."""
    try:
        return formats.detect(content).name
    except FormatError:
        return ""


def _libpq(content: Content) -> tuple[View]:
    """As `readers.named("libpq")`; certificates that lead to a root count as well, and trust settings are kept."""
    from truststore_tool.readers.openssl import bundles, programs, trust

    try:
        held = bundles.whole(content if isinstance(content, bytes) else b"")
    except bundles.RefusedError as exc:
        return (View("libpq", refused=programs.PROGRAMS["libpq"].words(exc.reasons)[0]),)
    except UnknownError as exc:
        return (View("libpq", unknown=str(exc)),)
    marks: dict[Certificate, bool | None] = {}
    for item in held:  # OpenSSL keeps the first of the same certificates
        marks.setdefault(Certificate(item.fields.raw), trust.explicit(item.settings))
    return (View("libpq", tuple(marks), {c: mark for c, mark in marks.items() if mark is not None}),)


def _java(content: Content, password: str | None, form: str) -> Iterator[View]:
    """A keystore as the JVM reads it; any other file as the JDBC driver reads its root certificates."""
    from truststore_tool import readers
    from truststore_tool.readers import pgjdbc
    from truststore_tool.readers.java.pkix import JDKS

    work: Work = {}
    for jdk in JDKS:
        if form in _BOUNCY_CASTLE:
            yield View(f"Java {jdk}", unknown=f"Java reads {form} only with Bouncy Castle's provider")
        elif form in _KEYSTORES:
            yield _view(f"Java {jdk}", "Java", readers.named(f"java{jdk}", form, work).read(content, password))
        else:
            yield _view(f"Java {jdk}", "the JDBC driver", pgjdbc.reading(content, jdk))


def _view(client: str, who: str, reading: Reading) -> View:
    if reading.loads is None:
        return View(client, unknown="; ".join(item.source for item in reading.evidence))
    if not reading.loads:
        said = ": ".join(filter(None, (reading.error, reading.cause)))
        return View(client, refused=f"{who} cannot read it: {said or 'no reason is known'}")
    return View(client, tuple(dict.fromkeys((*(reading.anchors or ()), *(reading.leaves or ())))))

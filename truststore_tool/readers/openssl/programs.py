"""The programs that read certificates with OpenSSL: what each takes for a store, and how it words what goes wrong."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from truststore_tool.errors import FormatError
from truststore_tool.formats import der
from truststore_tool.formats.base import Content
from truststore_tool.model import Certificate
from truststore_tool.nouns import field, noun, replace
from truststore_tool.readers.base import Evidence, LeftOut, Reader, Reading, UnknownError, Work, once
from truststore_tool.readers.openssl import bundles, trust
from truststore_tool.readers.openssl import certificate as parser
from truststore_tool.readers.openssl.bundles import Held, RefusedError

_MEASURED: Final = Evidence("measured", "OpenSSL 3.0.19, its functions and its command line")
_SHADOWED: Final = "the store has it already, from an earlier block with other trust settings"
# What X509_load_cert_crl_file and PEM_read_bio read; and of what files else a program makes something.
_PKCS12: Final = "pkcs12"
_DER: Final = "der"
_CAPATH: Final = "capath"

Words = Callable[[tuple[str, ...]], tuple[str | None, str | None]]


def _as_openssl(reasons: tuple[str, ...]) -> tuple[str | None, str | None]:
    """The first and the last error that the command line prints."""
    return reasons[0] or reasons[-1], reasons[-1] if len(reasons) > 1 else None


def _as_libpq(reasons: tuple[str, ...]) -> tuple[str | None, str | None]:
    """As initialize_SSL of fe-secure-openssl.c: the first error in the queue."""
    text = "could not read root certificate file"
    return f"{text}: {reasons[0]}" if reasons[0] else text, None


def _as_python(reasons: tuple[str, ...]) -> tuple[str | None, str | None]:
    """The exception of load_verify_locations, without the place in _ssl.c: the last error in the queue."""
    name = f": {reasons[-1].upper().replace(' ', '_')}" if reasons[-1] == bundles.NOTHING_FOUND else ""
    return f"ssl.SSLError: [X509{name}] {reasons[-1]}", None


@noun
class Program:
    """A program that uses OpenSSL.

    Attributes:
        name: its name as a reader.
        words: how it words OpenSSL's errors.
        evidence: how this is known.
        reads: what it reads beside PEM.
        partial: whether any certificate may end a chain.
        strict: whether X509_V_FLAG_X509_STRICT is on.
        skips_mark: whether a byte order mark is passed over.
        legacy: whether the ciphers of the legacy provider are there.
        fips: whether only those of the FIPS provider are.
        loops: whether it takes one certificate after the other to the first failure, which it only warns of.
    """

    name: str
    words: Words
    evidence: tuple[Evidence, ...] = (_MEASURED,)
    reads: frozenset[str] = frozenset()
    partial: bool = False
    strict: bool = False
    skips_mark: bool = True
    legacy: bool = False
    fips: bool = False
    loops: bool = False


_EVERYTHING: Final = frozenset({_PKCS12, _DER, _CAPATH})
_PYTHON: Final = Evidence("measured", "ssl.SSLContext.load_verify_locations of CPython 3.11.7 and 3.13.0")
PROGRAMS: Final[Mapping[str, Program]] = {
    program.name: program
    for program in (
        Program("openssl3", _as_openssl, reads=_EVERYTHING),
        Program("openssl3-legacy", _as_openssl, reads=_EVERYTHING, legacy=True),
        Program(
            "openssl3-fips",
            _as_openssl,
            (_MEASURED, Evidence("measured", "openssl pkcs12 of 3.5.9 with its FIPS provider alone")),
            reads=_EVERYTHING,
            fips=True,
        ),
        Program(
            "openssl1.1",
            _as_openssl,
            (Evidence("documented", "the sources of OpenSSL 1.1.1: crypto/pem, crypto/x509, apps/pkcs12.c"),),
            reads=_EVERYTHING,
            skips_mark=False,
            legacy=True,
        ),
        Program("libpq", _as_libpq, (_MEASURED, Evidence("measured", "libpq 15"))),
        Program("python3", _as_python, (_PYTHON,), reads=frozenset({_CAPATH})),
        Program("python3.13", _as_python, (_PYTHON,), reads=frozenset({_CAPATH}), partial=True, strict=True),
        Program("node20", _as_openssl, (Evidence("measured", "NODE_EXTRA_CA_CERTS of Node 20.20.2"),), loops=True),
    )
}


@noun
class OpenSslReader:
    """A program that reads certificates with OpenSSL.

    Attributes:
        program: which one.
        work: what other readers of the same file have worked out.
        taken: whether it has taken the certificates before: those in PEM, also in directories, are not taken apart.
    """

    program: Program
    work: Work = field(default_factory=dict, repr=False, compare=False)
    taken: bool = False

    @property
    def name(self) -> str:
        """The program's name."""
        return self.program.name

    def read(self, data: Content, password: str | None) -> Reading:
        """What the program makes of a file of certificates, or of a directory."""
        try:
            return self._reading(data, password)
        except RefusedError as exc:
            error, cause = self.program.words(exc.reasons)
            return Reading(False, error, cause, (), (), evidence=self.program.evidence)
        except UnknownError as exc:
            return Reading(None, evidence=(Evidence("inferred", f"nobody has looked: {exc}"),))

    def _reading(self, data: Content, password: str | None) -> Reading:
        program = self.program
        mark = program.skips_mark
        if not isinstance(data, bytes):
            if _CAPATH not in program.reads:
                return self._made([]) if program.loops else self._reading(b"", password)
            if self.taken:
                return self._made_of(bundles.uncut(data, skips_mark=mark))
            found = list(bundles.looked_up(data, skips_mark=mark))
            return self._made([held for held, lost in found if lost is None], [(h, r) for h, r in found if r])
        if _PKCS12 in program.reads and _is_pkcs12(data):
            return self._made(self._pkcs12(data, password))
        if _DER in program.reads and der.detect(data):
            try:
                return self._made([Held(parser.read(data), None)])
            except FormatError as exc:
                raise RefusedError("", exc.message) from exc
        if program.loops:
            labels = (bundles.CERTIFICATE, bundles.OLD)
            held, failure = bundles.one_by_one(data, labels, skips_mark=mark)
            reading = self._made(held)
            return reading if failure is None else replace(reading, error=self._ignored(failure))
        if self.taken:
            return self._made_of(bundles.uncut(data, skips_mark=mark))
        return self._made(once(self.work, ("whole", mark, data), lambda: bundles.whole(data, skips_mark=mark)))

    def _pkcs12(self, data: bytes, password: str | None) -> list[Held]:
        from truststore_tool.readers.openssl import pkcs12

        legacy, fips = self.program.legacy, self.program.fips
        key = ("openssl", legacy, fips, data, password)
        return once(self.work, key, lambda: pkcs12.load(data, password, legacy=legacy, fips=fips))

    @staticmethod
    def _ignored(failure: str) -> str | None:
        """What Node warns of. Where OpenSSL gives no reason it says nothing, and takes no more certificates either."""
        if not failure:
            return None
        words = "" if failure == bundles.ASN1_LIB else f": {failure}"
        return f"Warning: Ignoring extra certs, load failed{words}"

    def _made(self, held: Iterable[Held], lost: Iterable[tuple[Held, str]] = ()) -> Reading:
        """The reading of a store of these certificates, each of which it holds once, as it came first."""
        anchors: list[Certificate] = []
        left_out: list[LeftOut] = []
        first: dict[Certificate, bytes | None] = {}
        for item in held:
            certificate, settings = Certificate(item.fields.raw), item.settings.raw if item.settings else None
            if certificate in first:
                if first[certificate] != settings:
                    left_out.append(LeftOut(certificate, _SHADOWED))
                continue
            first[certificate] = settings
            if reason := trust.why_not(item.fields, item.settings, partial=self.program.partial, strict=False):
                left_out.append(LeftOut(certificate, reason))
            elif self.program.strict and (
                reason := trust.why_not(item.fields, item.settings, partial=self.program.partial, strict=True)
            ):
                left_out.append(LeftOut(certificate, reason, "strict-refuses"))
            else:
                anchors.append(certificate)
        left_out += [LeftOut(Certificate(item.fields.raw), reason) for item, reason in lost]
        return Reading(True, None, None, tuple(anchors), (), tuple(left_out), self.program.evidence)

    def _made_of(self, certificates: Iterable[bytes]) -> Reading:
        """The reading of a store to which each of these certificates is an anchor."""
        anchors = tuple(dict.fromkeys(map(Certificate, certificates)))
        return Reading(True, anchors=anchors, leaves=(), evidence=self.program.evidence)

    def refuses(self, certificate: Certificate) -> str | None:
        """What is wrong with a certificate that OpenSSL does not parse; None where it does."""
        return once(self.work, ("openssl", certificate.der), lambda: parser.why_refused(certificate.der))

    def trusting(self) -> "OpenSslReader":
        """The same program, to which every certificate in PEM is an anchor."""
        return replace(self, taken=True)

    def reads_all_of(self, other: Reader) -> bool:
        """Whether this program has all that the other one has, and the same rules for what is an anchor."""
        if not isinstance(other, OpenSslReader):
            return False
        mine, theirs = self.program, other.program
        return (
            mine.reads >= theirs.reads
            and (mine.partial, mine.strict, mine.loops) == (theirs.partial, theirs.strict, theirs.loops)
            and mine.skips_mark >= theirs.skips_mark
            and mine.legacy >= theirs.legacy
            and mine.fips <= theirs.fips
        )


def _is_pkcs12(data: bytes) -> bool:
    from truststore_tool import formats

    return data[:1] == b"\x30" and formats.get("pkcs12").detect(data)

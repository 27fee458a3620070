"""Whether the JDK's default trust manager takes what a server sends (sun.security.validator.PKIXValidator).

Releases 17 and 25, in a TLS 1.3 handshake, without endpoint identification, as the PostgreSQL JDBC driver asks them.
A chain that is in order and leads to an anchor by name is validated as it stands; else Java builds one of what was
sent. Anchors are no part of the path (RFC 5280, 6.1.1 (d)). Revocation is off by default and not looked at.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, Literal

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError
from truststore_tool.model import Certificate
from truststore_tool.nouns import noun
from truststore_tool.readers.chains import RANKS, Chain, Flaw, Judgement
from truststore_tool.readers.java import blocked, path
from truststore_tool.readers.java.canonical import CanonicalName
from truststore_tool.readers.java.facts import Facts, facts
from truststore_tool.readers.java.policies import policy_of

Jdk = Literal[17, 25]
JDKS: Final[tuple[Jdk, ...]] = (17, 25)
Protocol = Literal["TLSv1.2", "TLSv1.3"]

_MOST_CERTIFICATES: Final = 10  # jdk.tls.maxCertificateChainLength
_LONGEST_MESSAGE: Final = 32768  # jdk.tls.maxHandshakeMessageSize
_LONGEST_PATH: Final = 5  # PKIXBuilderParameters.getMaxPathLength
_MOST_STEPS: Final = 2000

# sun.security.ssl.SignatureScheme, as far as the client offers it for certificates. Java 17 offers what is for TLS 1.2
# even where TLS 1.3 is then spoken. Of RSASSA-PSS it looks at no parameters.
_OFFERED: Final = frozenset({
    *(f"SHA{size}with{key}" for size in (1, 256, 384, 512) for key in ("RSA", "ECDSA")), "RSASSA-PSS", "Ed25519",
    "Ed448",
})  # fmt: skip
_OFFERED_12: Final = _OFFERED | {
    "SHA224withRSA", "SHA224withECDSA", *(f"SHA{size}withDSA" for size in (1, 224, 256)),
}  # fmt: skip

_SERVER_PURPOSES: Final = {
    oids.SERVER_AUTH, oids.ANY_EXTENDED_KEY_USAGE, oids.MICROSOFT_GATED, oids.NETSCAPE_GATED,
}  # fmt: skip


def judge(
    sent: Chain,
    anchors: Sequence[Certificate],
    at: datetime,
    jdk: Jdk,
    *,
    protocol: Protocol = "TLSv1.3",
) -> Judgement:
    """What that release makes of what a server sends.

    Args:
        sent: the server's certificate first.
        anchors: the certificates that the trust manager trusts.
        at: the moment (aware).
        protocol: what they speak.
    """
    sent = tuple(map(_alone, sent))
    leaf = sent[:1]
    if len(sent) > _MOST_CERTIFICATES:
        return Judgement(leaf, False, (Flaw("too-long", sent[0], f"{len(sent)} certificates, and Java takes 10"),), ())
    if sum(len(certificate.der) + 5 for certificate in sent) + 4 > _LONGEST_MESSAGE:
        return Judgement(leaf, False, (Flaw("too-long", sent[0], "more than 32 kB of certificates"),), ())
    if malformed := [Flaw("malformed", c) for c in (*sent, *anchors) if _facts(c, jdk) is None]:
        return Judgement(leaf, False, tuple(malformed), ())
    read = [facts(c, jdk) for c in sent]
    trusted = [facts(c, jdk) for c in dict.fromkeys(anchors)]
    if read[0].key.algorithm == "DSA":
        protocol = "TLSv1.2"  # with such a key nobody serves TLS 1.3
    return _Validator(read, trusted, at, jdk, protocol).judgement()


def _alone(certificate: Certificate) -> Certificate:
    """Without what stands behind it (CertificateFactory.generateCertificate of a stream)."""
    try:
        end = asn1.read(certificate.der).next
    except FormatError:
        return certificate
    return certificate if end == len(certificate.der) else Certificate(certificate.der[:end])


@lru_cache(maxsize=1024)
def _facts(certificate: Certificate, jdk: Jdk) -> Facts | None:
    try:
        return facts(certificate, jdk)
    except FormatError:
        return None


@noun(frozen=False)
class _Validator:
    sent: Sequence[Facts]
    anchors: Sequence[Facts]
    at: datetime
    jdk: Jdk
    protocol: Protocol
    _steps: int = 0
    _aborts: bool = False

    def judgement(self) -> Judgement:
        """PKIXValidator.engineValidate."""
        for position, fact in enumerate(self.sent):
            if position and fact.subject != self.sent[position - 1].issuer:
                return self._built()
            if self._trusted(fact, leaf=position == 0):
                if position == 0:
                    return Judgement((fact.certificate,), True, tuple(path.unspoken(fact)))
                return self._validated(self.sent[:position])
        if any(anchor.subject == self.sent[-1].issuer for anchor in self.anchors):
            return self._validated(self.sent)
        return self._built()

    def _trusted(self, fact: Facts, *, leaf: bool) -> Facts | None:
        """The anchor that it is, or whose name and key it has; the server's own must be the very certificate."""
        if fact in self.anchors or leaf:
            return fact if fact in self.anchors else None
        key = fact.certificate.public_key_der
        same = (a for a in self.anchors if a.subject == fact.subject and a.certificate.public_key_der == key)
        return next(same, None)

    def _validated(self, sent: Sequence[Facts]) -> Judgement:
        """PKIXCertPathValidator.validate: the anchors that fit the topmost one, each in its turn."""
        found = None
        for anchor in self.anchors:
            if anchor.subject == sent[-1].issuer and _fits(anchor, sent[-1]):
                found = _better(found, self._judged(sent, anchor, dated=True))
        return found or Judgement(_chain(sent), False, (), ())

    def _judged(self, sent: Sequence[Facts], anchor: Facts, *, dated: bool) -> Judgement:
        found = [*self._found(sent, anchor, dated=dated), *self._afterwards(sent, anchor)]
        return Judgement.of((*_chain(sent), anchor.certificate), found)

    def _found(self, sent: Sequence[Facts], anchor: Facts, *, dated: bool) -> list[Flaw]:
        return list(path.found(sent, anchor, self.at if dated else None, self._offered()))

    def _offered(self) -> frozenset[str]:
        return _OFFERED if self.jdk >= 25 and self.protocol == "TLSv1.3" else _OFFERED_12

    def _afterwards(self, sent: Sequence[Facts], anchor: Facts) -> Iterator[Flaw]:
        """What is looked at when a path was settled on, and no other is tried."""
        flaws = list(_unfit_anchor(anchor))
        yield from flaws
        key = anchor.certificate.public_key_der
        alike = (a for a in self.anchors if a.subject == anchor.subject and a.certificate.public_key_der == key)
        if not flaws and any(any(_unfit_anchor(other)) for other in alike):
            yield Flaw("not-judged", anchor.certificate, "Java may take another of that name and key, which is unfit")
        policy = policy_of(anchor.certificate)
        if policy and sent[0].not_before.date() > policy.until:
            text = f"releases with {policy.name} trust only what it issued until {policy.until}"
            yield Flaw("not-judged", anchor.certificate, text)
        yield from self._unfit_server(sent[0])

    def _unfit_server(self, leaf: Facts) -> Iterator[Flaw]:
        """EndEntityChecker.checkTLSServer, for a server that proves itself by a signature; Java 17 still lets it do so
        by decryption, which a server may choose in TLS 1.2."""
        if leaf.key_usage is not None and not leaf.key_usage[0]:
            decrypts = self.jdk < 25 and self.protocol == "TLSv1.2" and leaf.key.algorithm == "RSA"
            known = not (decrypts and leaf.key_usage[2])
            yield Flaw("not-for-servers" if known else "not-judged", leaf.certificate, "keyUsage")
        if leaf.purposes is not None and not leaf.purposes & _SERVER_PURPOSES:
            yield Flaw("not-for-servers", leaf.certificate, "extendedKeyUsage")
        if not leaf.serves:
            yield Flaw("not-for-servers", leaf.certificate, "Netscape certificate type")

    def _built(self) -> Judgement:
        """SunCertPathBuilder: of the ways from the server's certificate to an anchor, one that holds."""
        leaf = self.sent[0]
        best: Judgement | None = None
        if leaf.is_valid(self.at) and not path.unknown_critical(leaf):
            for sent, anchor in self._ways((leaf,), 0):
                found = self._found(sent, anchor, dated=False)
                chain = (*_chain(sent), anchor.certificate)
                if not found:
                    best = Judgement.of(chain, list(self._afterwards(sent, anchor)))
                    break
                best = _better(best, Judgement.of(chain, found))
                if any(map(path.throws, found)):
                    if len(found) == 1:
                        return best
                    self._aborts = True  # if that comes first
        if best is None:
            best = Judgement(_chain([leaf]), False, (), ())
            wrong = [] if leaf.is_valid(self.at) else [path.date_flaw(leaf, self.at)]
            if flaws := tuple(flaw for flaw in (*wrong, *path.unknown_critical(leaf)) if flaw):
                best = Judgement(best.chain, True, flaws, ()) if self.anchors else best
        if self._steps > _MOST_STEPS or (self._aborts and best.accepted):
            doubt = Flaw("not-judged", leaf.certificate, "there are too many ways through what the server sends")
            return Judgement(best.chain, best.anchored, best.flaws, (*best.doubts, doubt))
        return best

    def _ways(self, sent: tuple[Facts, ...], below: int) -> Iterator[tuple[tuple[Facts, ...], Facts]]:
        """The ways up (depthFirstSearchForward), in Java's order, each with the anchor in which it ends.

        From its second step on Java does look at the dates of anchors, as its selector still holds the moment that it
        was told in the first (ForwardBuilder.getMatchingCACerts). Where one that is self-issued follows another, it
        tries nothing that comes behind in the same step.
        """
        self._steps += 1
        if self._steps > _MOST_STEPS:
            return
        last = sent[-1]
        first = len(sent) == 1
        ends = [
            above
            for above in self.anchors
            if above.subject == last.issuer and _spans(above, last) and (first or above.is_valid(self.at))
        ]
        steps = [above for above in self.sent if above.subject == last.issuer and above not in self.anchors]
        steps = [above for above in dict.fromkeys(steps) if self._may_be_above(above, last, below)]
        stuck = len(sent) > 1 and last.is_self_issued
        for rank in _ranked(last, [*_hashed(steps), *ends], {anchor.subject for anchor in self.anchors}):
            fitting = [above for above in rank.among if not _repeats(sent, above)]
            if stuck and not rank.known:  # what comes behind is not known
                fitting.sort(key=lambda above: above in steps and above.is_self_issued)
            for place, above in enumerate(fitting):
                if above in ends:
                    yield sent, above
                elif stuck and above.is_self_issued:
                    self._aborts = self._aborts or (not rank.known and place > 0)
                    return
                elif _may_sign(above):
                    counts = not above.is_self_issued and above.path_length != -1
                    yield from self._ways((*sent, above), below + counts)

    def _may_be_above(self, above: Facts, last: Facts, below: int) -> bool:
        """ForwardBuilder.getMatchingCACerts."""
        fits = above.is_valid(self.at) and _spans(above, last) and above.path_length >= max(below, 0)
        return below < _LONGEST_PATH and fits


def _may_sign(fact: Facts) -> bool:
    """ForwardBuilder.verifyCert."""
    signs = fact.key_usage is None or fact.key_usage[path.CERTIFICATE_SIGN]
    return signs and not path.unknown_critical(fact) and fact.certificate.sha256.hex not in blocked.BLOCKED


@noun
class _Rank:
    """Certificates that Java tries one after the other; whether it is known in which order."""

    among: Sequence[Facts]
    known: bool


def _ranked(last: Facts, found: Sequence[Facts], trusted: set[CanonicalName]) -> list[_Rank]:
    """ForwardBuilder.PKIXCertComparator: first those of the key that is looked for, then those that a trusted name
    issued; then all others, by a distance of names that is not known here."""
    named = [f for f in found if last.authority_key is not None and f.subject_key == last.authority_key]
    near = [f for f in found if f not in named and f.issuer in trusted]
    others = [f for f in found if f not in named and f not in near]
    return [_Rank(named, True), _Rank(near, True), _Rank(others, len(others) < 2)]


def _hashed(found: list[Facts]) -> list[Facts]:
    """In the order in which a TreeSet that calls none better has them, filled from a HashSet (CollectionCertStore)."""
    if len(found) < 2:
        return found
    return sorted(found, key=lambda fact: _bucket(fact.certificate))[::-1]


@lru_cache(maxsize=256)
def _bucket(certificate: Certificate) -> int:
    """Where in a HashSet of at most twelve a certificate stands (Certificate.hashCode, HashMap.hash)."""
    code = 1
    for octet in certificate.der:
        code = (31 * code + octet - (octet >> 7 << 8)) & 0xFFFFFFFF
    return (code ^ code >> 16) & 15


def _better(one: Judgement | None, other: Judgement) -> Judgement:
    """The one that comes closer to acceptance, as Java is content with any; and rather one of the right key."""

    def rank(judgement: Judgement) -> tuple[int, bool]:
        return RANKS[judgement.accepted], all(flaw.code != "bad-signature" for flaw in judgement.flaws)

    return other if one is None or rank(other) > rank(one) else one


def _chain(sent: Sequence[Facts]) -> Chain:
    return tuple(fact.certificate for fact in sent)


def _fits(anchor: Facts, child: Facts) -> bool:
    """AdaptableX509CertSelector.match: the child's authority key identifier, where the anchor has its own."""
    if child.authority_key is not None and anchor.subject_key not in (None, child.authority_key):
        return False
    serial = child.authority_serial
    return serial is None or anchor.version < 3 or serial == anchor.certificate.serial_number


def _spans(above: Facts, below: Facts) -> bool:
    """Whether a certificate of version 1 or 2 is valid at both ends of the one below it."""
    return above.version > 2 or (above.is_valid(below.not_before) and above.is_valid(below.not_after))


def _repeats(sent: Sequence[Facts], above: Facts) -> bool:
    """Whether name, key and alternative names stand in the path already (SunCertPathBuilder.repeated)."""
    key = above.certificate.public_key_der
    return any(
        f.subject == above.subject and f.certificate.public_key_der == key and f.names == above.names for f in sent
    )


def _unfit_anchor(anchor: Facts) -> Iterator[Flaw]:
    """PKIXValidator.verifyTrustAnchor."""
    if anchor.version < 3:
        return
    signs = anchor.key_usage is None or anchor.key_usage[path.CERTIFICATE_SIGN]
    if anchor.path_length == -1 or not signs:
        yield Flaw("not-a-ca", anchor.certificate)

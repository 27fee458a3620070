"""Whether the JDK's default trust manager takes what a server sends (sun.security.validator.PKIXValidator).

Releases 17 and 25, in a TLS 1.3 handshake, without endpoint identification, as the PostgreSQL JDBC driver asks them.
A chain that is in order and leads to an anchor by name is validated as it stands; else Java builds one of what was
sent. Anchors are no part of the path (RFC 5280, 6.1.1 (d)). Revocation is off by default and not looked at.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, Literal

from truststore_tool import oids
from truststore_tool.errors import FormatError
from truststore_tool.model import Certificate
from truststore_tool.nouns import noun
from truststore_tool.readers.chains import RANKS, Chain, Flaw, Judgement
from truststore_tool.readers.java import path
from truststore_tool.readers.java.facts import Facts, facts
from truststore_tool.readers.java.legacy import LEGACY

Jdk = Literal[17, 25]
JDKS: Final[tuple[Jdk, ...]] = (17, 25)

_MOST_CERTIFICATES: Final = 10  # jdk.tls.maxCertificateChainLength
_LONGEST_MESSAGE: Final = 32768  # jdk.tls.maxHandshakeMessageSize
_LONGEST_PATH: Final = 5  # PKIXBuilderParameters.getMaxPathLength
_MOST_STEPS: Final = 2000

_SERVER_PURPOSES: Final = {
    oids.SERVER_AUTH, oids.ANY_EXTENDED_KEY_USAGE, oids.MICROSOFT_GATED, oids.NETSCAPE_GATED,
}  # fmt: skip


def judge(sent: Chain, anchors: Sequence[Certificate], at: datetime, jdk: Jdk) -> Judgement:
    """What that release makes of what a server sends.

    Args:
        sent: the server's certificate first.
        anchors: the certificates that the trust manager trusts.
        at: the moment (aware).
    """
    leaf = sent[:1]
    if len(sent) > _MOST_CERTIFICATES:
        return Judgement(leaf, False, (Flaw("too-long", sent[0], f"{len(sent)} certificates, and Java takes 10"),), ())
    if sum(len(certificate.der) + 5 for certificate in sent) + 4 > _LONGEST_MESSAGE:
        return Judgement(leaf, False, (Flaw("too-long", sent[0], "more than 32 kB of certificates"),), ())
    if malformed := [Flaw("malformed", c) for c in (*sent, *anchors) if _facts(c, jdk) is None]:
        return Judgement(leaf, False, tuple(malformed), ())
    read = [facts(c, jdk) for c in sent]
    return _Validator(read, [facts(c, jdk) for c in dict.fromkeys(anchors)], at).judgement()


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
    _steps: int = 0
    _aborts: bool = False

    def judgement(self) -> Judgement:
        """PKIXValidator.engineValidate."""
        for position, fact in enumerate(self.sent):
            if position and fact.subject != self.sent[position - 1].issuer:
                return self._built()
            if self._trusted(fact, leaf=position == 0):
                if position == 0:
                    return Judgement((fact.certificate,), True)
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
        found = list(path.found(sent, anchor, self.at if dated else None))
        found += _unfit_anchor(anchor)
        if anchor.certificate.sha256.digest in LEGACY:
            found.append(Flaw("not-judged", anchor.certificate, "the JDK trusts only what it issued before some date"))
        found += _unfit_server(sent[0])
        return Judgement.of((*_chain(sent), anchor.certificate), found)

    def _built(self) -> Judgement:
        """SunCertPathBuilder: of the ways from the server's certificate to an anchor, one that holds."""
        leaf = self.sent[0]
        best: Judgement | None = None
        if leaf.is_valid(self.at) and not path.unknown_critical(leaf):
            for sent, anchor in self._ways((leaf,), 0):
                best = _better(best, self._judged(sent, anchor, dated=False))
                if best.accepted:
                    break
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
        """The ways up (depthFirstSearchForward), each with the anchor in which it ends.

        Java gives the whole search up at some places; whether it comes there first hangs on an order that is not
        known here. From its second step on it does look at the dates of anchors, as its selector still holds the moment
        that it was told in the first (ForwardBuilder.getMatchingCACerts).
        """
        self._steps += 1
        if self._steps > _MOST_STEPS:
            return
        last = sent[-1]
        for above in self.anchors:
            first = len(sent) == 1
            fits = above.subject == last.issuer and _spans(above, last) and not _repeats(sent, above)
            if fits and (first or above.is_valid(self.at)):
                yield sent, above
        for above in self.sent:
            if above.subject != last.issuer or above in self.anchors or not self._may_be_above(above, last, below):
                continue
            if _repeats(sent, above):
                continue
            if len(sent) > 1 and last.is_self_issued and above.is_self_issued:
                self._aborts = True
                return
            yield from self._ways((*sent, above), below + (not above.is_self_issued and above.path_length != -1))

    def _may_be_above(self, above: Facts, last: Facts, below: int) -> bool:
        """ForwardBuilder.getMatchingCACerts and verifyCert."""
        return (
            below < _LONGEST_PATH
            and above.is_valid(self.at)
            and _spans(above, last)
            and above.path_length >= max(below, 0)
            and not path.unknown_critical(above)
            and (above.key_usage is None or above.key_usage[path.CERTIFICATE_SIGN])
        )


def _better(one: Judgement | None, other: Judgement) -> Judgement:
    """The one that comes closer to acceptance: Java is content with any."""
    return other if one is None or RANKS[other.accepted] > RANKS[one.accepted] else one


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


def _unfit_server(leaf: Facts) -> Iterator[Flaw]:
    """EndEntityChecker.checkTLSServer, for a server that proves itself by a signature."""
    if leaf.key_usage is not None and not leaf.key_usage[0]:
        yield Flaw("not-for-servers", leaf.certificate, "keyUsage")
    if leaf.purposes is not None and not leaf.purposes & _SERVER_PURPOSES:
        yield Flaw("not-for-servers", leaf.certificate, "extendedKeyUsage")
    if not leaf.serves:
        yield Flaw("not-for-servers", leaf.certificate, "Netscape certificate type")

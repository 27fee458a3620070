"""Whether OpenSSL 3.0 takes what a server sends, as libpq asks it (crypto/x509/x509_vfy.c, X509_verify_cert).

libpq 15 to 18 leave all to the library (fe-secure-openssl.c): purpose and trust of a TLS server, trusted certificates
first, no partial chains, no strict mode, a hundred certificates. Security level 2 is that of Debian and Ubuntu, and of
OpenSSL from 3.2 on. Revocation is not looked at.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError
from truststore_tool.model import Certificate
from truststore_tool.names import openssl_canonical
from truststore_tool.nouns import noun
from truststore_tool.readers.base import UnknownError
from truststore_tool.readers.chains import Chain, Flaw, Judgement
from truststore_tool.readers.openssl import constraints
from truststore_tool.readers.openssl.certificate import why_refused
from truststore_tool.readers.openssl.facts import Facts, facts, is_surely_malformed

_MOST_CERTIFICATES: Final = 101  # of a chain: depth 100
_LONGEST_MESSAGE: Final = 100 * 1024  # of the certificates in a handshake (SSL_MAX_CERT_LIST_DEFAULT)
_SECURITY: Final = 112  # bits, of level 2

# Bits of the key usage, of the first octet.
_TLS: Final = 0x80 | 0x20 | 0x08  # KU_TLS: digitalSignature, keyEncipherment, keyAgreement
_CERTIFICATE_SIGN: Final = 0x04
# Bits of Netscape's certificate type.
_SSL_SERVER: Final = 0x40
_SSL_AUTHORITY: Final = 0x04
_ANY_AUTHORITY: Final = 0x07
_SERVER_PURPOSES: Final = {oids.SERVER_AUTH, oids.MICROSOFT_GATED, oids.NETSCAPE_GATED}


def judge(
    sent: Chain,
    anchors: Sequence[Certificate],
    at: datetime,
    *,
    marks: Mapping[Certificate, bool] = MappingProxyType({}),
) -> Judgement:
    """What OpenSSL makes of what a server sends.

    Args:
        sent: the server's certificate first.
        anchors: the certificates of the file, in its order.
        at: the moment (aware), of which OpenSSL knows the second.
        marks: whether a TRUSTED CERTIFICATE block trusts an anchor as it stands, or rejects it (`trust.explicit`).
    """
    return _Verification(sent, anchors, at.replace(microsecond=0), marks).judgement()


@noun(frozen=False)
class _Verification:
    sent: Chain
    anchors: Sequence[Certificate]
    at: datetime
    marks: Mapping[Certificate, bool]

    def judgement(self) -> Judgement:
        leaf = self.sent[0]
        if sum(len(certificate.der) + 5 for certificate in self.sent) + 4 > _LONGEST_MESSAGE:
            return Judgement((leaf,), False, (Flaw("too-long", leaf, "more than 100 kB of certificates"),))
        for certificate in self.sent:
            if why := why_refused(certificate.der) or _surplus(certificate):
                return Judgement((leaf,), False, (Flaw("malformed", certificate, why),))
        if _facts(leaf) is None:
            code = "malformed" if is_surely_malformed(leaf) else "not-judged"
            flaws = (Flaw(code, leaf, "an extension in it cannot be read"),)
            return Judgement((leaf,), False, flaws) if code == "malformed" else Judgement((leaf,), False, (), flaws)
        chain, anchored = self._build()
        certificates = tuple(fact.certificate for fact in chain)
        if not anchored:
            return Judgement(certificates, False)
        return Judgement.of(certificates, [*self._found(chain), *self._overlooked(chain)])

    def _build(self) -> tuple[list[Facts], bool]:
        """The chain that it settles on, and whether it ends in a root (build_chain).

        One choice is made at each step, and none is taken back: of the trusted certificates first, and once one of them
        was taken of no others.
        """
        chain = [facts(self.sent[0])]
        untrusted: Sequence[Certificate] = self.sent
        while len(chain) <= _MOST_CERTIFICATES:
            last = chain[-1]
            above = self._best(_readable(self.anchors, last.issuer), last)
            if above is not None and last.is_self_signed:
                return chain, above.certificate == last.certificate
            if above is not None:
                chain.append(above)
                if above.is_self_signed or above.certificate in self.marks:  # check_trust
                    return chain, True
                untrusted = ()
                continue
            if last.is_self_signed:
                break
            above = self._best([fact for fact in _readable(untrusted, last.issuer) if fact not in chain], last)
            if above is None:
                break
            chain.append(above)
        return chain, False

    def _best(self, among: Sequence[Facts], child: Facts) -> Facts | None:
        """The first that may have issued `child` and is valid now; else of the others the one that expires last
        (X509_STORE_CTX_get1_issuer, find_issuer)."""
        fitting = [candidate for candidate in among if candidate.may_have_issued(child)]
        current = next((c for c in fitting if self._date_flaw(c.certificate) is None), None)
        return current or max(fitting, key=lambda c: c.certificate.not_after, default=None)

    def _date_flaw(self, certificate: Certificate) -> str | None:
        """ossl_x509_check_cert_time: refused from the second of notAfter on."""
        if certificate.not_before > self.at:
            return "not-yet-valid"
        return "expired" if certificate.not_after <= self.at else None

    def _overlooked(self, chain: list[Facts]) -> Iterator[Flaw]:
        """Certificates that are malformed here, and that OpenSSL might read and take; or that it might not get past
        in the file (X509_load_cert_crl_file)."""
        names = {fact.issuer for fact in chain}
        for certificate in (*self.sent, *self.anchors):
            if _subject(certificate) in names and _facts(certificate) is None and not is_surely_malformed(certificate):
                yield Flaw("not-judged", certificate, "it has the name of an issuer and is malformed")
        for certificate in self.anchors:
            if why := why_refused(certificate.der):
                yield Flaw("malformed", certificate, why)

    def _found(self, chain: list[Facts]) -> Iterator[Flaw]:
        """What speaks against a chain, in OpenSSL's order, and what cannot be judged."""
        if self.marks.get(chain[-1].certificate) is False:
            yield Flaw("distrusted", chain[-1].certificate)
        yield from _strange(chain)
        yield from _unfit(chain)
        yield from _weak(chain)
        yield from self._signatures(chain)
        yield from _constrained(chain)

    def _signatures(self, chain: list[Facts]) -> Iterator[Flaw]:
        """Signatures and dates from the root down, the root's dates too, its own signature not (internal_verify)."""
        for position in reversed(range(len(chain))):
            certificate = chain[position].certificate
            if position + 1 < len(chain):
                issuer = chain[position + 1]
                if issuer.key_usage is not None and not issuer.key_usage & _CERTIFICATE_SIGN:
                    yield Flaw("not-a-ca", issuer.certificate, "keyUsage")
                made = certificate.is_signed_with_key_of(issuer.certificate)
                if made is None:
                    yield Flaw("not-judged", certificate, "its signature cannot be checked here")
                elif not made or chain[position].fields.inner_algorithm != chain[position].fields.outer_algorithm:
                    yield Flaw("bad-signature", certificate)
            if code := self._date_flaw(certificate):
                yield Flaw(code, certificate)


def _surplus(certificate: Certificate) -> str:
    """What stands behind a certificate that is sent (tls_process_server_certificate: length mismatch)."""
    return "" if asn1.read(certificate.der).next == len(certificate.der) else "there is something behind it"


def _facts(certificate: Certificate) -> Facts | None:
    """What is known of a certificate, or None where it is malformed, so that OpenSSL puts it into no chain."""
    try:
        _ = (certificate.not_before, certificate.not_after, certificate.serial_number, certificate.subject)
        return facts(certificate)
    except FormatError:
        return None


@lru_cache(maxsize=1024)
def _subject(certificate: Certificate) -> bytes | None:
    try:
        return openssl_canonical(certificate.subject_der)
    except FormatError:
        return None


def _readable(certificates: Sequence[Certificate], subject: bytes) -> list[Facts]:
    """Those of that name, each once, that are not malformed; of others nothing but the name is read."""
    named = [certificate for certificate in dict.fromkeys(certificates) if _subject(certificate) == subject]
    return [fact for certificate in named if (fact := _facts(certificate))]


def _strange(chain: list[Facts]) -> Iterator[Flaw]:
    """What is not understood here."""
    for fact in chain:
        try:
            _ = fact.certificate.x509
        except FormatError:
            yield Flaw("not-judged", fact.certificate, "it can be read only in part here")
        if fact.has_resources:
            yield Flaw("not-judged", fact.certificate, "it lists addresses or systems (RFC 3779)")


def _unfit(chain: list[Facts]) -> Iterator[Flaw]:
    """Critical extensions, authorities, purposes and path lengths from the leaf up (check_extensions)."""
    below = 0
    last = len(chain) - 1
    for depth, fact in enumerate(chain):
        certificate = fact.certificate
        if fact.unknown_critical:
            yield Flaw("critical-extension", certificate, fact.unknown_critical)
        if fact.is_proxy:
            yield Flaw("not-for-servers", certificate, "a proxy certificate")
        kind = _authority(fact)
        if depth and (kind == 0 or (depth < last and kind != 1)):
            yield Flaw("not-a-ca", certificate)
        if last and fact.key and fact.key.explicit:
            yield Flaw("weak-key", certificate, "its curve is spelt out instead of named")
        if detail := _wrong_purpose(fact, depth, kind):
            yield Flaw("not-for-servers", certificate, detail)
        if depth > 1 and fact.path_length is not None and below > fact.path_length:
            yield Flaw("path-too-long", certificate)
        below += bool(depth) and not fact.is_self_issued


def _authority(fact: Facts) -> int:
    """How it may issue (check_ca): 0 not; 1 by basic constraints; 3 to 5 by what older certificates have."""
    if fact.key_usage is not None and not fact.key_usage & _CERTIFICATE_SIGN:
        return 0
    if fact.is_ca is not None:
        return int(fact.is_ca)
    if fact.certificate.version == 1 and fact.is_self_signed:
        return 3
    if fact.key_usage is not None:
        return 4
    return 5 if fact.netscape is not None and fact.netscape & _ANY_AUTHORITY else 0


def _wrong_purpose(fact: Facts, depth: int, kind: int) -> str:
    """Why it may not serve, or not issue certificates of servers (check_purpose_ssl_server); every certificate that
    has an extended key usage must have serverAuth in it, and anyExtendedKeyUsage does not do."""
    if fact.purposes is not None and not fact.purposes & _SERVER_PURPOSES:
        return "extendedKeyUsage"
    if depth:
        refused = kind == 5 and not (fact.netscape or 0) & _SSL_AUTHORITY
        return "Netscape certificate type" if refused else ""
    if fact.netscape is not None and not fact.netscape & _SSL_SERVER:
        return "Netscape certificate type"
    return "keyUsage" if fact.key_usage is not None and not fact.key_usage & _TLS else ""


def _weak(chain: list[Facts]) -> Iterator[Flaw]:
    """Keys, the root's too, and signatures, the root's not, below the security level (check_auth_level)."""
    for position, fact in enumerate(chain):
        if fact.key is None:
            yield Flaw("not-judged", fact.certificate, "its key is of a kind that is not known here")
        elif fact.key.explicit and len(chain) == 1:
            yield Flaw("not-judged", fact.certificate, "its curve is spelt out instead of named")
        elif fact.key.security < _SECURITY and not fact.key.explicit:
            yield Flaw("weak-key", fact.certificate)
        if position + 1 == len(chain):
            return
        if fact.signature is None:
            yield Flaw("not-judged", fact.certificate, "it is signed in a way that is not known here")
        elif fact.signature.security < _SECURITY:
            yield Flaw("weak-signature", fact.certificate)


def _constrained(chain: list[Facts]) -> Iterator[Flaw]:
    """Name constraints of each certificate, the root too, on all below it (check_name_constraints)."""
    for position in reversed(range(len(chain))):
        fact = chain[position]
        if position and fact.is_self_issued:
            continue
        for above in chain[:position:-1]:
            if above.constraints is None:
                continue
            try:
                why = constraints.violation(fact, above.constraints, is_leaf=position == 0)
            except UnknownError as exc:
                yield Flaw("not-judged", fact.certificate, str(exc))
                continue
            if why:
                yield Flaw("name-constraints", fact.certificate, why)

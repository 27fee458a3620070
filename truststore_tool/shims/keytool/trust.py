"""Who signed whom: the search for a chain to a self-signed certificate of the store (KeyTool.buildChain)."""

from collections import defaultdict
from typing import Final

from truststore_tool.model import Certificate
from truststore_tool.readers.java.certificate import JavaCertificate, canonical
from truststore_tool.shims.keytool import rsa_signature
from truststore_tool.shims.keytool.session import Session
from truststore_tool.shims.keytool.stores import Keystore

_MOST_TRIED: Final = 100

# A certificate and what it is called in warnings.
Labelled = tuple[str, JavaCertificate]


def signed_by(certificate: JavaCertificate, issuer: JavaCertificate) -> bool:
    """Whether the issuer's key made the certificate's signature."""
    if canonical(certificate.issuer) != canonical(issuer.subject):
        return False
    if rsa_signature.handles(certificate.signature_algorithm):
        if issuer.public_key.algorithm != "RSA":
            return False
        key, signed, signature = issuer.public_key_info, certificate.to_be_signed, certificate.signature
        return rsa_signature.verifies(certificate.signature_algorithm, key, signed, signature)
    return Certificate(certificate.der).is_signed_by(Certificate(issuer.der)) is True


def is_self_signed(certificate: JavaCertificate) -> bool:
    """Whether it names itself as issuer and its own key signed it."""
    return certificate.is_self_issued and signed_by(certificate, certificate)


def chain_to_root(session: Session, certificate: JavaCertificate) -> list[Labelled] | None:
    """The chain from a self-signed certificate of the store (or of cacerts) down to this one, or None."""
    pool: dict[str, list[Labelled]] = defaultdict(list)
    _collect(session, session.keystore, "Issuer <{}>", pool)
    if session.cacerts is not None:
        _collect(session, session.cacerts, "Issuer <{}> in cacerts", pool)
    return _climb(("The input", certificate), pool, set())


def _collect(session: Session, keystore: Keystore, label: str, pool: dict[str, list[Labelled]]) -> None:
    for entry in keystore.entries():
        if entry.certificates:
            found = session.certificate(entry.certificates[0].der)
            pool[canonical(found.subject)].append((label.format(keystore.alias_of(entry)), found))


def _climb(link: Labelled, pool: dict[str, list[Labelled]], tried: set[bytes]) -> list[Labelled] | None:
    """Root first. Every issuer of that name is tried, as several keys may bear it, but no certificate twice."""
    certificate = link[1]
    if is_self_signed(certificate):
        return [link]
    if certificate.der in tried or len(tried) > _MOST_TRIED:
        return None
    tried.add(certificate.der)
    for issuer in pool.get(canonical(certificate.issuer), ()):
        if signed_by(certificate, issuer[1]) and (chain := _climb(issuer, pool, tried)):
            return [*chain, link]
    return None

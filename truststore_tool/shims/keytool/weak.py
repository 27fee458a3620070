"""keytool's warnings about weak and disabled algorithms."""

from typing import Final

from truststore_tool.readers.java.algorithms import Verdict
from truststore_tool.readers.java.certificate import JavaCertificate

_SIGNATURE: Final = "{subject} uses the {what} signature algorithm which is considered a security risk{rest}"
_KEY: Final = "{subject} uses a {what} which is considered a security risk{rest}"


def warnings(
    subject: str, certificate: JavaCertificate, *, blame_signature: bool = True, for_itself: bool = True
) -> list[str]:
    """What keytool has to say of a certificate.

    Args:
        subject: begins the sentences, e.g. ``The input``.
        certificate: the certificate.
        blame_signature: whether its signature algorithm matters; that of a trust anchor does not.
        for_itself: whether what it is for matters; it does not for a CA certificate in a chain.
    """
    jdk = certificate.jdk
    found = []
    if blame_signature and certificate.signature_verdict:
        verdict = certificate.signature_verdict
        rest = _signature_rest("weak" if verdict == "signed-jar" and not for_itself else verdict, jdk)
        found.append(_SIGNATURE.format(subject=subject, what=certificate.signature_algorithm, rest=rest))
    if certificate.key_verdict:
        rest = _key_rest(certificate.key_verdict, jdk)
        found.append(_KEY.format(subject=subject, what=certificate.public_key.describe(jdk), rest=rest))
    return found


def _signature_rest(verdict: Verdict, jdk: int) -> str:
    match verdict:
        case "disabled":
            return " and is disabled."
        case "signed-jar":
            return " and cannot be used to sign JARs after 2019-01-01."
        case _:
            return "." if jdk >= 25 else ". This algorithm will be disabled in a future update."


def _key_rest(verdict: Verdict, jdk: int) -> str:
    if verdict == "disabled":
        return " and is disabled."
    return (
        ". It will be disabled in a future update."
        if jdk >= 25
        else ". This key size will be disabled in a future update."
    )


def numbered(subject: str, index: int, count: int) -> str:
    """The subject of a sentence about the certificate at `index` (from 0) of `count`."""
    return subject if count == 1 else f"{subject} #{index + 1} of {count}"

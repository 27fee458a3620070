"""A certificate as keytool prints it: the block of ``-printcert`` and ``-list -v``."""

from truststore_tool.readers.java.algorithms import Verdict
from truststore_tool.readers.java.certificate import JavaCertificate
from truststore_tool.shims.java import dates


def block(certificate: JavaCertificate, *, trusted: bool) -> str:
    """The text of ``-printcert``; `trusted` ones are not blamed for their signature algorithm."""
    signature = certificate.signature_algorithm + ("" if trusted else _mark(certificate.signature_verdict))
    _ = certificate.purposes  # where 25 gives up on them, it does so before it prints anything
    start, end = (dates.date_string(moment, certificate.jdk) for moment in certificate.validity)
    key = certificate.public_key.describe(certificate.jdk) + _mark(certificate.key_verdict)
    lines = [
        f"Owner: {certificate.subject}",
        f"Issuer: {certificate.issuer}",
        f"Serial number: {certificate.serial:x}",
        f"Valid from: {start} until: {end}",
        "Certificate fingerprints:",
        f"\t SHA1: {certificate.fingerprint('sha1')}",
        f"\t SHA256: {certificate.sha256}",
        f"Signature algorithm name: {signature}",
        f"Subject Public Key Algorithm: {key}",
        f"Version: {certificate.version}",
    ]
    texts = certificate.extension_texts(lambda moment: dates.date_string(moment, 17))
    shown = [f"#{number}: {text}\n" for number, text in enumerate(texts, 1)]
    return "\n".join(lines) + "\n" + ("\nExtensions: \n\n" if shown else "") + "".join(shown)


def _mark(verdict: Verdict) -> str:
    if not verdict:
        return ""
    return " (weak)" if verdict == "weak" else " (disabled)"

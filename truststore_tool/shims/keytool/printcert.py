"""keytool -printcert: certificates from a file, standard input or a TLS server, shown or in PEM."""

from truststore_tool.errors import FormatError
from truststore_tool.readers.java import parsing
from truststore_tool.readers.java.certificate import JavaCertificate
from truststore_tool.shims.keytool import weak
from truststore_tool.shims.keytool.errors import KeytoolError, OutOfScopeError
from truststore_tool.shims.keytool.importcert import read_input
from truststore_tool.shims.keytool.listing import pem
from truststore_tool.shims.keytool.session import Session


def print_certificates(session: Session) -> None:
    """-printcert."""
    if session.options.jarfile is not None:
        raise OutOfScopeError("-jarfile: signed JAR files are outside the trust-store subset")
    if session.options.sslserver is not None:
        _print_server(session, session.options.sslserver)
        return
    try:
        certificates = parsing.all_certificates(read_input(session), session.jdk)
    except FormatError as exc:
        raise KeytoolError("Failed to parse input", cause=(exc.message, 4)) from exc
    if not certificates:
        raise KeytoolError("Empty input")
    count = len(certificates)
    for index, certificate in enumerate(certificates):
        if count > 1:
            session.console.out(f"Certificate[{index + 1}]:\n")
        _print(session, certificate)
        if index < count - 1:
            session.console.out("\n")
        session.blame(weak.numbered("The certificate", index, count), certificate, link=index)


def _print(session: Session, certificate: JavaCertificate) -> None:
    if session.options.rfc:
        session.console.out(pem(certificate.der, session.jdk))
    else:
        session.show(certificate)


def _print_server(session: Session, server: str) -> None:
    from truststore_tool.shims.keytool import tls_chain

    try:
        chain = [JavaCertificate(der, session.jdk).check() for der in tls_chain.fetch(server)]
    except (OSError, FormatError) as exc:
        raise KeytoolError("No certificate from the SSL server") from exc
    for index, certificate in enumerate(chain):
        if session.options.rfc:
            session.console.out(pem(certificate.der, session.jdk))
        else:
            session.console.out(f"Certificate #{index}\n====================================\n")
            session.show(certificate)
            session.console.out("\n")
        session.blame(weak.numbered("The certificate", index, len(chain)), certificate, link=index)

"""keytool -importcert: a certificate becomes a trusted entry, after the questions the real tool would ask."""

import os
from datetime import UTC, datetime
from typing import Final

from truststore_tool import files
from truststore_tool.errors import FormatError, UnreadableError
from truststore_tool.model import Certificate, OpaqueEntry, TrustedEntry, TrustStore
from truststore_tool.nouns import replace
from truststore_tool.readers.java import parsing
from truststore_tool.readers.java.certificate import JavaCertificate
from truststore_tool.shims.keytool.change import refuse_taken, save
from truststore_tool.shims.keytool.errors import FILE_NOT_FOUND, KeytoolError, OutOfScopeError, file_error
from truststore_tool.shims.keytool.session import Session

_REFUSED: Final = "Certificate not imported,"


class _RefusedError(Exception):
    """The user said no: nothing is to be saved."""


def read_input(session: Session) -> bytes:
    """What -file names, or standard input. Raises KeytoolError."""
    name = session.options.file
    if name is None:
        return session.console.read_all()
    if os.path.isdir(name):
        raise KeytoolError(f"{name} (Is a directory)", FILE_NOT_FOUND)
    try:
        return files.read(name)
    except UnreadableError as exc:
        raise file_error(name, exc) from exc


def import_certificate(session: Session) -> None:
    """-importcert."""
    alias = session.options.alias_or_default
    data = read_input(session)
    existing = session.keystore.find(alias)
    if isinstance(existing, OpaqueEntry):
        if existing.kind == "private-key":
            raise OutOfScopeError(
                f"alias <{alias}> holds a private key: installing certificate replies is outside the trust-store subset"
            )
        return

    try:
        certificate = _accepted(session, alias, data)
    except _RefusedError:
        session.console.err("Certificate was not added to keystore\n")
        return
    entry = TrustedEntry(alias, Certificate(certificate.der), datetime.now(UTC))

    def edit(store: TrustStore) -> TrustStore:
        refuse_taken(session.keystore.holding(store), alias, _REFUSED)
        # A certificate that was in the file without being an entry is one now.
        loose = tuple(item for item in store.loose if item.certificate != entry.certificate)
        return replace(store, entries=(*store.entries, entry), loose=loose)

    save(session, edit, done="Certificate was added to keystore\n")


def _accepted(session: Session, alias: str, data: bytes) -> JavaCertificate:
    """The certificate, if it can be read and the user wants it. Raises KeytoolError and _RefusedError."""
    refuse_taken(session.keystore, alias, _REFUSED)
    try:
        certificate = parsing.first_certificate(data, session.jdk)
    except FormatError as exc:
        raise KeytoolError("Input not an X.509 certificate") from exc
    if session.options.noprompt:
        session.blame("The input", certificate)
        return certificate
    question = _question(session, certificate)
    if question is not None and not session.console.agrees(question):
        raise _RefusedError
    return certificate


def _question(session: Session, certificate: JavaCertificate) -> str | None:
    """What to ask before the certificate is trusted, once what it is about was shown; None for nothing."""
    from truststore_tool.shims.keytool import trust

    self_signed = trust.is_self_signed(certificate)
    holder = session.keystore.holder_of(certificate.der)
    if holder is not None:
        known = f"Certificate already exists in keystore under alias <{session.keystore.alias_of(holder)}>\n"
        return _about_known(session, certificate, known, "Do you still want to add it? [no]:  ")
    if self_signed:
        anchor = session.cacerts.holder_of(certificate.der) if session.cacerts else None
        if session.cacerts and anchor:
            known = (
                "Certificate already exists in system-wide CA keystore under alias "
                f"<{session.cacerts.alias_of(anchor)}>\n"
            )
            question = "Do you still want to add it to your own keystore? [no]:  "
            return _about_known(session, certificate, known, question)
    else:
        chain = trust.chain_to_root(session, certificate)
        if chain is not None:
            for label, link in chain:
                session.blame(label, link)
            return None
    session.show(certificate)
    session.blame("The input", certificate)
    session.print_warnings(before_question=True)
    return "Trust this certificate? [no]:  "


def _about_known(session: Session, certificate: JavaCertificate, known: str, question: str) -> str:
    session.console.err(known)
    session.blame("The input", certificate)
    session.print_warnings(before_question=True)
    return question

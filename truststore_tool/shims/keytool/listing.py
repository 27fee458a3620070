"""keytool -list and -exportcert: what is in a store, shown or written out."""

from datetime import UTC, datetime
from typing import Final

from truststore_tool.model import Entry, OpaqueEntry, TrustedEntry
from truststore_tool.readers.java.certificate import JavaCertificate
from truststore_tool.shims.keytool import weak
from truststore_tool.shims.keytool.errors import FILE_NOT_FOUND, KeytoolError, file_error
from truststore_tool.shims.keytool.session import Session, found
from truststore_tool.shims.overwriting import manner

_STARS: Final = "*******************************************\n"


def pem(der: bytes, jdk: int) -> str:
    """A certificate in PEM, 64 columns. 17 ends only the inner Base64 lines with CR LF, 25 every line."""
    from binascii import b2a_base64

    text = b2a_base64(der, newline=False).decode("ascii")
    body = "\r\n".join(text[i : i + 64] for i in range(0, len(text), 64))
    end = "\r\n" if jdk >= 25 else "\n"
    return f"-----BEGIN CERTIFICATE-----{end}{body}{end}-----END CERTIFICATE-----{end}"


def list_entries(session: Session) -> None:
    """-list: one entry, or all of them sorted by alias."""
    if not session.verified:
        session.warn_no_integrity()
    alias = session.options.alias
    keystore = session.keystore
    if alias is not None:
        _print_entry(session, "The certificate", alias)
        return
    entries = sorted(keystore.entries(), key=lambda entry: _utf16(keystore.alias_of(entry)))
    count = "1 entry" if len(entries) == 1 else f"{len(entries):,} entries"
    session.console.out(
        f"Keystore type: {keystore.type}\nKeystore provider: {keystore.provider}\n\nYour keystore contains {count}\n\n"
    )
    for entry in entries:
        shown = keystore.alias_of(entry)
        _print_entry(session, f"<{shown}>", shown)
        if session.options.verbose or session.options.rfc:
            session.console.out(f"\n\n{_STARS}{_STARS}\n\n")


def _utf16(text: str) -> bytes:
    """String.compareTo's order."""
    return text.encode("utf-16-be", "surrogatepass")


def _print_entry(session: Session, label: str, alias: str) -> None:
    from truststore_tool.shims.java.dates import short_date

    entry = found(session.keystore, alias)
    date = short_date(_created(session, entry))
    full = session.options.verbose or session.options.rfc
    kind = {"trusted": "trustedCertEntry", "private-key": "PrivateKeyEntry"}.get(entry.kind, "SecretKeyEntry")
    if full:
        session.console.out(f"Alias name: {alias}\nCreation date: {date}\nEntry type: {kind}\n")
    else:
        session.console.out(f"{alias}, {date}, {kind}, \n")
    if isinstance(entry, TrustedEntry):
        _print_trusted(session, label, entry, full=full)
    elif entry.kind == "private-key":
        _print_chain(session, label, entry, full=full)


def _created(session: Session, entry: Entry) -> datetime:
    """When Java says that the entry was made: PKCS12 has no dates for certificates, so it is always now."""
    undated = session.keystore.format == "pkcs12" and entry.kind == "trusted"
    return datetime.now(UTC) if entry.created is None or undated else entry.created


def _print_trusted(session: Session, label: str, entry: TrustedEntry, *, full: bool) -> None:
    certificate = session.certificate(entry.certificate.der)
    if full:
        session.console.out("\n")
    _print_certificate(session, certificate, full=full)
    session.blame(label, certificate)


def _print_chain(session: Session, label: str, entry: OpaqueEntry, *, full: bool) -> None:
    chain = [session.certificate(certificate.der) for certificate in entry.certificates]
    if full or not chain:
        session.console.out(f"Certificate chain length: {len(chain)}\n")
    for index, certificate in enumerate(chain):
        if full:
            session.console.out(f"Certificate[{index + 1}]:\n")
        if full or index == 0:
            _print_certificate(session, certificate, full=full)
        session.blame(label if full else weak.numbered(label, index, len(chain)), certificate, link=index)


def _print_certificate(session: Session, certificate: JavaCertificate, *, full: bool) -> None:
    if not full:
        session.console.out(f"Certificate fingerprint (SHA-256): {certificate.sha256}\n")
    elif session.options.verbose:
        session.show(certificate)
    else:
        session.console.out(pem(certificate.der, session.jdk))


def export_certificate(session: Session) -> None:
    """-exportcert: the certificate of an entry, DER or PEM, to a file or standard output."""
    name = session.options.file
    if name is None:
        session.console.out_bytes(_exported(session))
        return
    from pathlib import Path

    from truststore_tool import files
    from truststore_tool.errors import WriteError

    path = Path(name)
    if path.is_dir():
        raise KeytoolError(f"{name} (Is a directory)", FILE_NOT_FOUND)
    problem, data = None, b""
    try:
        data = _exported(session)
    except KeytoolError as exc:
        problem = exc
    try:
        if problem is None or (not path.exists() and path.parent.is_dir()):  # the real tool opens the file first
            with files.locked(path, manner()):
                files.replace(path, data, manner=manner())
    except WriteError as exc:
        raise file_error(name, exc) from exc
    if problem is not None:
        raise problem
    session.console.err(f"Certificate stored in file <{name}>\n")


def _exported(session: Session) -> bytes:
    if not session.verified:
        session.warn_no_integrity()
    alias = session.options.alias_or_default
    entry = found(session.keystore, alias)
    if not entry.certificates:
        raise KeytoolError(f"Alias <{alias}> has no certificate")
    certificate = session.certificate(entry.certificates[0].der)
    session.blame("The certificate", certificate)
    return pem(certificate.der, session.jdk).encode("ascii") if session.options.rfc else certificate.der

"""What was meant by a file that is not what it should be: the one recogniser of well-known wrong inputs.

Bytes go in, and a noun comes out: what they are, and the way to what was wanted. It is asked only once a file could
not be read, or turned out to hold nothing of what is looked for; so it may look closely, and never has to be quick.
Of a text, nothing is shown that could be a secret: names of fields and members, and what a server says of an error.
"""

from typing import Final, NamedTuple

from truststore_tool.errors import FormatError

# The ways out, by the name of what was found; the names are those of `TrustStore.others`.
WAYS_OUT: Final = {
    "certificate request": "send it to an authority, and give the certificate that comes back",
    "CRL": "it lists what was revoked; give the certificate of the authority that signed it",
    "public key": "a key alone has no name and no issuer; give the certificate that it is in",
    "private key": "give the certificate that belongs to it; convert takes both, and makes one entry of them",
    "set of parameters": "give the certificate that was made with them",
    "attribute certificate": "it gives rights to a certificate; give the certificate itself",
    "OCSP request": "it asks whether a certificate is revoked; give the certificate itself",
    "OCSP response": "it says whether a certificate is revoked; give the certificate itself",
}


# Labels of blocks in PEM end in these (RFC 7468; OpenSSL's pem.h).
_LABELS: Final = (
    (b"PRIVATE KEY", "private key"),
    (b"PUBLIC KEY", "public key"),
    (b"CERTIFICATE REQUEST", "certificate request"),
    (b"OCSP REQUEST", "OCSP request"),
    (b"OCSP RESPONSE", "OCSP response"),
    (b"CRL", "CRL"),
    (b"PARAMETERS", "set of parameters"),
    (b"ATTRIBUTE CERTIFICATE", "attribute certificate"),
)


class Meant(NamedTuple):
    """What a file is in place of what it should be.

    Attributes:
        what: that with its article, as behind "this is".
        hint: the way to what was wanted, one line.
    """

    what: str
    hint: str

    def refusal(self) -> FormatError:
        """The error where something else was looked for."""
        return FormatError(f"this is {self.what}", hint=self.hint)


def recognised(data: bytes) -> Meant | None:
    """What the bytes are, if that is one of the things that people hand in by mistake; else None.

    What a certificate, a key store or a bundle should be is None, too, unless it is damaged in a way that is known.
    """
    from truststore_tool.meant import archives, binaries, texts, wrapped

    if not data:
        return Meant("an empty file", "fetch it again from its source")
    return archives.recognised(data) or binaries.recognised(data) or wrapped.recognised(data) or texts.recognised(data)


def refusal(data: bytes, otherwise: FormatError) -> FormatError:
    """The error for bytes that are not what is looked for; `otherwise` if nobody knows what they are."""
    found = recognised(data)
    return found.refusal() if found else otherwise


def no_password(line: bytes) -> Meant | None:
    """What a file is whose first line is taken for a password, where nobody would choose such a one."""
    from truststore_tool.meant import texts

    if line.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Meant("text in UTF-16", "save it as UTF-8")
    if line.startswith(b"\xef\xbb\xbf"):
        return Meant("text behind a byte order mark", "save it as UTF-8 without one")
    return texts.no_password(line)


def called(label: bytes) -> str:
    """The usual name of a PEM block by its label; empty for one that is not known."""
    return next((name for ending, name in _LABELS if label.endswith(ending)), "")


def with_article(name: str) -> str:
    """A name of ours as it stands behind "this is"."""
    return f"{'an' if name[:1] in 'aO' else 'a'} {name}"

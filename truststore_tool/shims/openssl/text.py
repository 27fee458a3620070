"""`openssl x509 -text`: the certificate for people to read (X509_print_ex)."""

from truststore_tool import oids
from truststore_tool.errors import FormatError
from truststore_tool.shims.openssl import extensions, keys, name_options, name_printing, names, objects, options
from truststore_tool.shims.openssl.certificate import Algorithm, Certificate, Trust
from truststore_tool.shims.openssl.lines import indented
from truststore_tool.shims.openssl.times import moment


def render(certificate: Certificate, trust: Trust | None, name_flags: int, flags: int) -> bytes:
    """The whole text. `flags` are the bits of `-certopt`, `name_flags` those of `-nameopt`."""
    parts = [
        (options.NO_HEADER, b"Certificate:\n    Data:\n"),
        (options.NO_VERSION, _version(certificate.version)),
        (options.NO_SERIAL, _serial(certificate.serial)),
        (options.NO_SIGNAME, b"    " + _signature_algorithm(certificate.inner_algorithm)),
        (options.NO_ISSUER, _name(b"Issuer", certificate.issuer, name_flags)),
        (options.NO_VALIDITY, _validity(certificate)),
        (options.NO_SUBJECT, _name(b"Subject", certificate.subject, name_flags)),
        (options.NO_PUBKEY, _public_key(certificate)),
        (options.NO_EXTENSIONS, _extensions(certificate, flags)),
        (options.NO_SIGDUMP, _signature(certificate.signature_algorithm, certificate.signature)),
        (options.NO_AUX, _trust(trust)),
    ]
    return b"".join(part for bit, part in parts if not flags & bit)


def _version(version: int) -> bytes:
    known = f"{version + 1} (0x{version:x})" if 0 <= version <= 2 else f"Unknown ({version})"
    return f"        Version: {known}\n".encode()


def _serial(serial: int) -> bytes:
    """Decimal while it fits a C long, else octets in hex on a line of their own."""
    sign, size = ("-" if serial < 0 else ""), abs(serial)
    if size.bit_length() < 64 and serial != -1:
        return f"        Serial Number: {sign}{size} ({sign}0x{size:x})\n".encode()
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return f"        Serial Number:\n            {' (Negative)' if sign else ''}{octets.hex(':')}\n".encode()


def _name(label: bytes, name: names.DistinguishedName, flags: int) -> bytes:
    lines = name_printing.lines(name, flags)
    if name_options.is_multiline(flags):
        return b"        " + label + b":\n" + indented(lines, 12)
    return b"        " + label + b": " + indented(lines, 0)


def _validity(certificate: Certificate) -> bytes:
    start, end = moment(certificate.not_before), moment(certificate.not_after)
    return b"        Validity\n            Not Before: %s\n            Not After : %s\n" % (start, end)


def _public_key(certificate: Certificate) -> bytes:
    kind = objects.long_name(certificate.key_algorithm.oid).encode()
    head = b"        Subject Public Key Info:\n            Public Key Algorithm: " + kind + b"\n"
    try:
        described = keys.describe(certificate)
    except FormatError:
        return head + b"            Unable to load Public Key\n"
    return head + indented(described, 16)


def _extensions(certificate: Certificate, flags: int) -> bytes:
    """The unique identifiers, which have no option of their own here, and the extensions."""
    parts = []
    if certificate.issuer_id is not None:
        parts.append(b"        Issuer Unique ID: " + _identifier(certificate.issuer_id))
    if certificate.subject_id is not None:
        parts.append(b"        Subject Unique ID: " + _identifier(certificate.subject_id))
    if certificate.extensions:
        parts.append(b"        X509v3 extensions:\n")
        parts.append(extensions.render(certificate.extensions, flags, 12))
    return b"".join(parts)


def _identifier(octets: bytes) -> bytes:
    """A unique identifier, which stands behind its label with the indentation of a line of its own."""
    return indented(keys.dump(octets), 12) or b"\n"


def _signature_algorithm(algorithm: Algorithm) -> bytes:
    shown = b"    Signature Algorithm: " + objects.long_name(algorithm.oid).encode()
    return shown + _after_algorithm(algorithm)


def _after_algorithm(algorithm: Algorithm) -> bytes:
    """The end of the line, and for RSA-PSS before it the parameters, the first line with its indentation."""
    return indented(keys.pss_parameters(algorithm), 8) if algorithm.oid == oids.RSA_PSS else b"\n"


def _signature(algorithm: Algorithm, octets: bytes) -> bytes:
    """Algorithm and value; the algorithm's parameters stand behind the label of the value."""
    name = objects.long_name(algorithm.oid).encode()
    shown = b"    Signature Algorithm: " + name + b"\n    Signature Value:" + _after_algorithm(algorithm)
    return shown + (indented(keys.signature(algorithm, octets), 8) or b"\n")


def _trust(trust: Trust | None) -> bytes:
    if trust is None:
        return b""
    parts = [
        _uses("Trusted Uses", trust.trusted),
        _uses("Rejected Uses", trust.rejected),
        b"Alias: " + trust.alias + b"\n" if trust.alias is not None else b"",
        b"Key Id: " + trust.key_id.hex(":").upper().encode() + b"\n" if trust.key_id is not None else b"",
    ]
    return b"".join(parts)


def _uses(label: str, uses: tuple[str, ...] | None) -> bytes:
    if uses is None:
        return f"No {label}.\n".encode()
    return f"{label}:\n  {', '.join(map(objects.long_name, uses))}\n".encode()

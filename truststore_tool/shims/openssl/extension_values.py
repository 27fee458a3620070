"""The values of the extensions that OpenSSL knows, as it prints them (its tables of X509V3_EXT_METHOD)."""

from collections.abc import Callable
from typing import Final

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError
from truststore_tool.shims.openssl import general_names as general
from truststore_tool.shims.openssl import objects
from truststore_tool.shims.openssl.keys import hex_integer

_KEY_USES: Final = (
    b"Digital Signature",
    b"Non Repudiation",
    b"Key Encipherment",
    b"Data Encipherment",
    b"Key Agreement",
    b"Certificate Sign",
    b"CRL Sign",
    b"Encipher Only",
    b"Decipher Only",
)
_NETSCAPE_TYPES: Final = (
    b"SSL Client",
    b"SSL Server",
    b"S/MIME",
    b"Object Signing",
    b"Unused",
    b"SSL CA",
    b"S/MIME CA",
    b"Object Signing CA",
)
_TLS_FEATURES: Final = {5: b"status_request", 17: b"status_request_v2"}
_CPS: Final = "1.3.6.1.5.5.7.2.1"
_USER_NOTICE: Final = "1.3.6.1.5.5.7.2.2"
# With a line end too many.
_EMPTY: Final = b"<EMPTY>\n"

# The lines of a value, without their indentation.
Renderer = Callable[[asn1.Element], list[bytes]]


def _joined(values: list[bytes]) -> list[bytes]:
    """Values on one line."""
    return [b", ".join(values) if values else _EMPTY]


def _stacked(values: list[bytes]) -> list[bytes]:
    """Values on a line each."""
    return values or [_EMPTY]


def _flags(labels: tuple[bytes, ...]) -> Renderer:
    """A renderer for a BIT STRING whose bits have these names."""

    def rendered(value: asn1.Element) -> list[bytes]:
        flags = value.expect(asn1.BIT_STRING)
        return _joined([label for place, label in enumerate(labels) if flags.bit(place)])

    return rendered


def _text(value: asn1.Element) -> list[bytes]:
    return [_cut(value.expect(asn1.IA5_STRING).value)]


def _cut(value: bytes) -> bytes:
    """The value as a C string, which a NUL ends: of a BMPString, mostly nothing."""
    return value.partition(b"\0")[0]


def _octets(value: asn1.Element) -> list[bytes]:
    return [value.expect(asn1.OCTET_STRING).value.hex(":").upper().encode()]


def number(value: int) -> bytes:
    """An INTEGER: decimal below 128 bits, hex above."""
    sign, size = ("-" if value < 0 else ""), abs(value)
    if size.bit_length() < 128:
        return f"{sign}{size}".encode()
    digits = f"{size:X}"
    return f"{sign}0x{digits if len(digits) % 2 == 0 else '0' + digits}".encode()


def _number(value: asn1.Element) -> list[bytes]:
    return [number(value.integer())]


def _basic_constraints(value: asn1.Element) -> list[bytes]:
    fields = {part.tag: part for part in value.expect(asn1.SEQUENCE).children()}
    ca, path_length = fields.get(asn1.BOOLEAN), fields.get(asn1.INTEGER)
    if len(fields) != (ca is not None) + (path_length is not None):
        raise FormatError("unknown field of basic constraints")
    shown = [b"CA:TRUE" if ca and ca.boolean() else b"CA:FALSE"]
    return _joined(shown + ([b"pathlen:" + number(path_length.integer())] if path_length else []))


def _authority_key(value: asn1.Element) -> list[bytes]:
    """AuthorityKeyIdentifier (RFC 5280, 4.2.1.1); the label of the key id only where something follows."""
    fields = {part.tag & 0x1F: part for part in value.expect(asn1.SEQUENCE).children()}
    key_id, issuer, serial = fields.get(0), fields.get(1), fields.get(2)
    shown = []
    if key_id:
        shown.append((b"keyid:" if issuer or serial else b"") + key_id.value.hex(":").upper().encode())
    if issuer:
        shown += [general.pair(name) for name in issuer.children()]
    if serial:
        magnitude = int.from_bytes(serial.value, "big", signed=True)
        octets = abs(magnitude).to_bytes(max(1, (abs(magnitude).bit_length() + 7) // 8), "big")
        shown.append(b"serial:" + octets.hex(":").upper().encode())
    return _stacked(shown)


def _alternative_names(value: asn1.Element) -> list[bytes]:
    return _joined([general.pair(name) for name in value.expect(asn1.SEQUENCE).children()])


def _access(value: asn1.Element) -> list[bytes]:
    """AuthorityInfoAccessSyntax (RFC 5280, 4.2.2.1)."""
    shown = []
    for description in value.expect(asn1.SEQUENCE).children():
        method, location = description.expect(asn1.SEQUENCE).fields(2, 2)
        shown.append(objects.long_name(method.oid()).encode() + b" - " + general.pair(location))
    return _stacked(shown)


def _purposes(value: asn1.Element) -> list[bytes]:
    purposes = [objects.long_name(part.oid()).encode() for part in value.expect(asn1.SEQUENCE).children()]
    return _joined(purposes)


def _policies(value: asn1.Element) -> list[bytes]:
    """CertificatePolicies (RFC 5280, 4.2.1.4)."""
    lines = []
    for policy in value.expect(asn1.SEQUENCE).children():
        identifier = policy.expect(asn1.SEQUENCE).inner()
        lines.append(b"Policy: " + objects.long_name(identifier.oid()).encode())
        for qualifiers in policy.children()[1:]:
            for qualifier in qualifiers.expect(asn1.SEQUENCE).children():
                lines += [b"  " + line for line in _qualifier(qualifier)]
    return lines


def _qualifier(qualifier: asn1.Element) -> list[bytes]:
    kind, value = qualifier.expect(asn1.SEQUENCE).fields(2, 2)
    oid = kind.oid()
    if oid == _CPS:
        return [b"CPS: " + _cut(value.expect(asn1.IA5_STRING).value)]
    if oid != _USER_NOTICE:
        return [b"  Unknown Qualifier: " + objects.long_name(oid).encode()]
    lines = [b"User Notice:"]
    for part in value.expect(asn1.SEQUENCE).children():
        if part.tag == asn1.SEQUENCE:
            organization, numbers = part.fields(2, 2)
            shown = [number(one.integer()) for one in numbers.expect(asn1.SEQUENCE).children()]
            lines.append(b"  Organization: " + _cut(organization.value))
            plural = b"s" if len(shown) > 1 else b""
            lines.append(b"  Number" + plural + b": " + b", ".join(shown))
        else:
            lines.append(b"  Explicit Text: " + _cut(part.value))
    return lines


def _policy_constraints(value: asn1.Element) -> list[bytes]:
    labels = {0: b"Require Explicit Policy:", 1: b"Inhibit Policy Mapping:"}
    fields = {part.tag & 0x1F: int.from_bytes(part.value, "big", signed=True) for part in value.children()}
    return _joined([label + number(fields[tag]) for tag, label in labels.items() if tag in fields])


def _policy_mappings(value: asn1.Element) -> list[bytes]:
    shown = []
    for mapping in value.expect(asn1.SEQUENCE).children():
        issuer, subject = mapping.expect(asn1.SEQUENCE).fields(2, 2)
        shown.append(f"{objects.long_name(issuer.oid())}:{objects.long_name(subject.oid())}".encode())
    return _joined(shown)


def _key_period(value: asn1.Element) -> list[bytes]:
    """PrivateKeyUsagePeriod (RFC 3280, 4.2.1.4)."""
    from truststore_tool.shims.openssl.times import moment

    fields = {part.tag & 0x1F: part._replace(tag=asn1.GENERALIZED_TIME) for part in value.children()}
    labels = {0: b"Not Before: ", 1: b"Not After: "}
    shown = [label + moment(fields[tag]) for tag, label in labels.items() if tag in fields]
    return [b", ".join(shown)]


def _tls_features(value: asn1.Element) -> list[bytes]:
    features = [part.integer() for part in value.expect(asn1.SEQUENCE).children()]
    return _joined([_TLS_FEATURES.get(feature, number(feature)) for feature in features])


def _nothing(_value: asn1.Element) -> list[bytes]:
    return []


def _poison(value: asn1.Element) -> list[bytes]:
    value.expect(asn1.NULL)
    return [b"NULL"]


def _proxy(value: asn1.Element) -> list[bytes]:
    """ProxyCertInfo (RFC 3820, 3.8)."""
    *limits, policy = value.expect(asn1.SEQUENCE).children() or [value]
    limit = hex_integer(limits[0].integer()) if limits else "infinite"
    language = policy.expect(asn1.SEQUENCE).inner()
    lines = [f"Path Length Constraint: {limit}".encode()]
    lines.append(b"Policy Language: " + objects.long_name(language.oid()).encode())
    lines += [b"Policy Text: " + _cut(text.expect(asn1.OCTET_STRING).value) for text in policy.children()[1:]]
    return _stacked(lines)


def _subject_tool(value: asn1.Element) -> list[bytes]:
    return [_cut(value.expect(asn1.UTF8_STRING).value)]


def _issuer_tool(value: asn1.Element) -> list[bytes]:
    """IssuerSignTool, of Russian law."""
    labels = (b"signTool    : ", b"cATool      : ", b"signToolCert: ", b"cAToolCert  : ")
    texts = [part.expect(asn1.UTF8_STRING).value for part in value.expect(asn1.SEQUENCE).children()]
    return _stacked([label + text for label, text in zip(labels, texts, strict=False)])


def _timestamps(value: asn1.Element) -> list[bytes]:
    from truststore_tool.shims.openssl import scts

    return scts.render(value.expect(asn1.OCTET_STRING).value)


def _attributes(value: asn1.Element) -> list[bytes]:
    """SubjectDirectoryAttributes (RFC 5280, 4.2.1.8) of strings and numbers; a blank line ends it."""
    lines = []
    for attribute in value.expect(asn1.SEQUENCE).children():
        kind, values = attribute.expect(asn1.SEQUENCE).fields(2, 2)
        lines.append(objects.long_name(kind.oid()).encode() + b":")
        lines += [b"    " + _attribute(one) for one in values.expect(asn1.SET).children()]
    return [*lines, b""] if lines else [b"<Empty Attributes>", b""]


def _attribute(value: asn1.Element) -> bytes:
    if value.tag == asn1.INTEGER:  # without its sign
        size = abs(value.integer())
        return size.to_bytes(max(1, (size.bit_length() + 7) // 8), "big").hex(":").encode()
    if value.tag not in (asn1.UTF8_STRING, asn1.PRINTABLE_STRING, asn1.IA5_STRING, asn1.GENERALIZED_TIME):
        raise FormatError("an attribute of another type")
    return value.value


# Since 3.5 only.
NEWER: Final[dict[str, Renderer]] = {
    oids.SUBJECT_DIRECTORY_ATTRIBUTES: _attributes,
    **dict.fromkeys(("2.5.29.50", "2.5.29.56", "2.5.29.61", "2.5.29.62", "2.5.29.65", "2.5.29.66"), _poison),
}
RENDERERS: Final[dict[str, Renderer]] = {
    oids.SUBJECT_KEY_IDENTIFIER: _octets,
    oids.KEY_USAGE: _flags(_KEY_USES),
    oids.PRIVATE_KEY_USAGE_PERIOD: _key_period,
    oids.SUBJECT_ALTERNATIVE_NAME: _alternative_names,
    oids.ISSUER_ALTERNATIVE_NAME: _alternative_names,
    oids.BASIC_CONSTRAINTS: _basic_constraints,
    "2.5.29.20": _number,
    "2.5.29.27": _number,
    "2.5.29.29": _alternative_names,
    oids.NAME_CONSTRAINTS: general.name_constraints,
    oids.CERTIFICATE_POLICIES: _policies,
    oids.POLICY_MAPPINGS: _policy_mappings,
    oids.AUTHORITY_KEY_IDENTIFIER: _authority_key,
    oids.POLICY_CONSTRAINTS: _policy_constraints,
    oids.EXTENDED_KEY_USAGE: _purposes,
    oids.INHIBIT_ANY_POLICY: _number,
    oids.AUTHORITY_INFO_ACCESS: _access,
    oids.SUBJECT_INFO_ACCESS: _access,
    "1.3.6.1.5.5.7.1.24": _tls_features,
    oids.OCSP_NO_CHECK: _nothing,
    "1.3.6.1.4.1.11129.2.4.2": _timestamps,
    "1.3.6.1.4.1.11129.2.4.3": _poison,
    oids.PROXY_CERT_INFO: _proxy,
    "1.2.643.100.111": _subject_tool,
    "1.2.643.100.112": _issuer_tool,
    oids.NETSCAPE_CERT_TYPE: _flags(_NETSCAPE_TYPES),
    "2.16.840.1.113730.1.2": _text,
    "2.16.840.1.113730.1.3": _text,
    "2.16.840.1.113730.1.4": _text,
    "2.16.840.1.113730.1.7": _text,
    "2.16.840.1.113730.1.8": _text,
    "2.16.840.1.113730.1.12": _text,
    "2.16.840.1.113730.1.13": _text,
}

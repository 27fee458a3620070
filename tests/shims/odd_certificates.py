"""One certificate for each shape of extension, name, date, algorithm and key that keytool prints in its own way."""

from tests.shims.forge import certificate, common_name, name, number, oid, seq, tlv

CE = "2.5.29."
DNS, MAIL, URI, ADDRESS, RID = 0x82, 0x81, 0x86, 0x87, 0x88


def _full_name(*names: bytes) -> bytes:
    return tlv(0xA0, tlv(0xA0, *names))


def _extensions() -> dict[str, tuple[str, bool, bytes]]:
    directory = tlv(0xA4, common_name("x"))
    point = seq(_full_name(tlv(URI, b"http://a/"), tlv(URI, b"ldap://b/")))
    relative = seq(tlv(0xA0, tlv(0xA1, seq(oid("2.5.4.3"), tlv(0x0C, b"rel")))))
    reasons = seq(_full_name(tlv(URI, b"http://a/")), tlv(0x81, b"\x01\x7e"), tlv(0xA2, directory))
    cps = seq(oid("1.3.6.1.5.5.7.2.1"), tlv(0x16, b"http://cps.example/"))
    notice = seq(oid("1.3.6.1.5.5.7.2.2"), seq(tlv(0x1A, b"a notice of more than sixteen octets")))
    access = [seq(oid(f"1.3.6.1.5.5.7.48.{i}"), tlv(URI, b"http://o/")) for i in range(1, 7)]
    subtree = seq(tlv(DNS, b".a.b"), tlv(0x80, b"\1"), tlv(0x81, b"\5"))
    names = (
        tlv(DNS, b"a.example"), tlv(MAIL, b"a@b"), tlv(URI, b"urn:x:1"), tlv(ADDRESS, b"\1\2\3\4"),
        tlv(ADDRESS, bytes(range(16))), tlv(RID, oid("1.2.3")[2:]), directory,
        tlv(0xA0, oid("1.2.3"), tlv(0xA0, tlv(0x0C, b"x"))),
    )  # fmt: skip
    return {
        "authority info access": ("1.3.6.1.5.5.7.1.1", False, seq(*access)),
        "subject info access": ("1.3.6.1.5.5.7.1.11", False, seq(access[4])),
        "authority key": (CE + "35", False, seq(tlv(0x80, b"abc"), tlv(0xA1, directory), tlv(0x82, b"\0\xff"))),
        "authority key, empty": (CE + "35", False, seq()),
        "subject key": (CE + "14", False, tlv(4, bytes(range(33)))),
        "constraints, authority": (CE + "19", True, seq(tlv(1, b"\xff"))),
        "constraints, length": (CE + "19", True, seq(tlv(1, b"\xff"), number(3))),
        "constraints, none": (CE + "19", False, seq()),
        "distribution points": (CE + "31", False, seq(point, relative, reasons)),
        "freshest": (CE + "46", False, seq(point)),
        "policies": (CE + "32", False, seq(seq(oid("1.2.3"), seq(cps, notice)), seq(oid(CE + "32.0")))),
        "policy mappings": (CE + "33", True, seq(seq(oid("1.2.3"), oid("1.2.4")), seq(oid("1.2.3"), oid("1.2.5")))),
        "policy constraints": (CE + "36", True, seq(tlv(0x80, b"\1"))),
        "inhibit any": (CE + "54", True, number(2)),
        "purposes": (CE + "37", False, seq(*(oid(f"1.3.6.1.5.5.7.3.{i}") for i in range(1, 12)), oid(CE + "37.0"))),
        "usage": (CE + "15", True, tlv(3, b"\x07\xff\x80")),
        "subject names": (CE + "17", False, seq(*names)),
        "issuer names": (CE + "18", False, seq(*names[:2])),
        "name constraints": (CE + "30", True, seq(tlv(0xA0, subtree), tlv(0xA1, seq(tlv(ADDRESS, bytes(8)))))),
        "netscape type": ("2.16.840.1.113730.1.1", False, tlv(3, b"\0\xff")),
        "key usage period": (CE + "16", False, seq(tlv(0x80, b"20200101000000Z"), tlv(0x81, b"20300101000000Z"))),
        "issuing point": (CE + "28", False, seq(_full_name(names[2]), tlv(0x83, b"\x01\x7e"), tlv(0x84, b"\xff"))),
        "no check": ("1.3.6.1.5.5.7.48.1.5", False, tlv(5)),
        "unknown": ("1.2.3.4.5", False, bytes(range(256))),
        "unknown, critical": ("1.2.3.4.5", True, b"abc"),
        "unknown, empty": ("1.2.3.4.5", False, b""),
        # What Java cannot parse it says so, and why.
        "bad constraints": (CE + "19", False, seq(tlv(1, b"\xff"), tlv(4, b"x"))),
        "bad usage": (CE + "15", False, tlv(3, b"\x09\x80")),
        "bad mail": (CE + "17", False, seq(tlv(MAIL, b"a@"))),
        "bad address": (CE + "17", False, seq(tlv(ADDRESS, b"abc"))),
        "uri without scheme": (CE + "17", False, seq(tlv(URI, b"x/y"))),
        "uri with a blank": (CE + "17", False, seq(tlv(URI, b"http://a b/"))),
        "uri with a final dot": (CE + "17", False, seq(tlv(URI, b"http://a.b./"))),
        "bad key identifier": (CE + "14", False, b"abcdef"),
        "inhibit any, not critical": (CE + "54", False, number(2)),
        "trailing octets": (CE + "19", False, seq() + b"xx"),
        "no octets": (CE + "14", False, b""),
        "empty names": (CE + "17", False, seq()),
    }  # fmt: skip


def _subjects() -> dict[str, bytes]:
    texts = ("a,b", "a=b", " lead", "trail ", "two  blanks", 'quo"te', '"quoted"', "back\\slash", "#hash", "tab\tx", "")
    types = ("2.5.4.4", "2.5.4.5", "2.5.4.9", "2.5.4.12", "2.5.4.13", "2.5.4.42", "2.5.4.43", "2.5.4.44", "2.5.4.46",
             "2.5.4.97", "1.2.840.113549.1.9.1", "0.9.2342.19200300.100.1.1", "0.9.2342.19200300.100.1.25")  # fmt: skip
    tags = {"printable": 0x13, "ia5": 0x16, "teletex": 0x14, "numeric": 0x12, "visible": 0x1A}
    return {
        **{f"text {text!r}": common_name(text) for text in texts},
        "types": name(*([(kind, tlv(0x0C, b"v"))] for kind in types)),
        "many values": name(
            [("2.5.4.3", tlv(0x0C, b"a")), ("2.5.4.10", tlv(0x0C, b"b,c"))], [("2.5.4.6", tlv(0x13, b"DE"))]
        ),
        **{f"{kind} string": common_name("x", tag) for kind, tag in tags.items()},
        "bmp string": name([("2.5.4.3", tlv(0x1E, "bm".encode("utf-16-be")))]),
        "no string": name([("2.5.4.3", number(5))]),
    }


def _validities() -> dict[str, bytes]:
    starts = {
        "no seconds": tlv(0x17, b"2001010000Z"),
        "offset": tlv(0x17, b"200101000000+0130"),
        "last century": tlv(0x17, b"500101000000Z"),
        "generalized": tlv(0x18, b"20200101000000Z"),
        "fraction": tlv(0x18, b"20200101000000.5Z"),
        "30 February": tlv(0x17, b"200230000000Z"),
        "end of time": tlv(0x18, b"99991231235959Z"),
    }
    return {title: seq(start, tlv(0x17, b"300101000000Z")) for title, start in starts.items()}


def _algorithms() -> dict[str, str]:
    return {
        "MD2": "1.2.840.113549.1.1.2", "MD5": "1.2.840.113549.1.1.4", "SHA1": "1.2.840.113549.1.1.5",
        "SHA224": "1.2.840.113549.1.1.14", "old SHA1": "1.3.14.3.2.29", "SHA1 DSA": "1.2.840.10040.4.3",
        "SHA256 DSA": "2.16.840.1.101.3.4.3.2", "SHA1 ECDSA": "1.2.840.10045.4.1", "Ed25519": "1.3.101.112",
        "SHA3": "2.16.840.1.101.3.4.3.14", "unknown": "1.2.3.4", "ML-DSA": "2.16.840.1.101.3.4.3.17",
    }  # fmt: skip


def _rsa_key(bits: int) -> bytes:
    modulus = number((1 << (bits - 1)) | 1)
    return seq(seq(oid("1.2.840.113549.1.1.1"), tlv(5)), tlv(3, b"\0", seq(modulus, number(3))))


def _keys() -> dict[str, bytes]:
    point = b"\0\4" + bytes(64)
    curve = seq(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7"))
    return {
        **{f"RSA {bits}": _rsa_key(bits) for bits in (512, 1023, 1024, 2047, 4096)},
        "EC": seq(curve, tlv(3, point)),
        "X25519": seq(seq(oid("1.3.101.110")), tlv(3, b"\0" + bytes(range(32)))),
        "unknown": seq(seq(oid("1.2.3.4")), tlv(3, b"\0key")),
    }


def all_of_them() -> dict[str, bytes]:
    """Title and DER of each."""
    made = {title: certificate(extension) for title, extension in _extensions().items()}
    made |= {f"subject: {title}": certificate(subject=subject) for title, subject in _subjects().items()}
    made |= {f"validity: {title}": certificate(validity=validity) for title, validity in _validities().items()}
    made |= {f"signed: {title}": certificate(signed=kind, parameters=b"") for title, kind in _algorithms().items()}
    made |= {f"key: {title}": certificate(key=key) for title, key in _keys().items()}
    made |= {f"serial {value}": certificate(serial=number(value)) for value in (0, -1, -128, 1 << 159)}
    jar = (CE + "37", False, seq(oid("1.3.6.1.5.5.7.3.3")))
    made["SHA1 for signing code"] = certificate(jar, signed="1.2.840.113549.1.1.5")
    made["all in order"] = certificate(
        *[e for t, e in _extensions().items() if t in ("unknown", "usage", "purposes", "bad mail", "subject key")]
    )
    made["version 1"] = certificate(version=1)
    made["version 2"] = certificate(version=2)
    return made


def refused() -> dict[str, bytes]:
    """Title and DER of certificates that no release of Java takes."""
    twice = (CE + "19", False, seq())
    return {
        "the same extension twice": certificate(twice, twice),
        "a critical extension that cannot be parsed": certificate((CE + "15", True, tlv(3, b"\x09\x80"))),
        "no issuer": certificate(issuer=seq()),
        "no subject, alternative name not critical": certificate(
            (CE + "17", False, seq(tlv(DNS, b"x"))), subject=seq(), issuer=common_name("i")
        ),
        "an extension in version 1": certificate(twice, version=1),
        "an RSA key of 500 bits": certificate(key=_rsa_key(500)),
        "a date without zone": certificate(validity=seq(tlv(0x17, b"200101000000"), tlv(0x17, b"300101000000Z"))),
        "the 13th month": certificate(validity=seq(tlv(0x17, b"201301000000Z"), tlv(0x17, b"300101000000Z"))),
        "cut short": certificate()[:-1],
    }

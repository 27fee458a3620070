"""Certificates that the real openssl makes for the tests of our own: every extension, key and string it can write."""

from pathlib import Path

from tests.interop.openssl_pair import OpenSSL

_CONFIGURATION = """
[req]
distinguished_name = unused
[unused]
[plain]
basicConstraints = critical, CA:true, pathlen:3
[rich]
crlDistributionPoints = point1, point2, URI:http://c.example/
freshestCRL = point2, point3
proxyCertInfo = critical, language:id-ppl-anyLanguage, pathlen:3, policy:text:AB
subjectAltName = @alternatives
issuerAltName = dirName:directory
authorityKeyIdentifier = keyid:always, issuer:always
nameConstraints = @constraints
certificatePolicies = 1.2.3.4, @policy, 2.5.29.32.0
policyMappings = 1.2.3:2.3.4, 1.2.5:1.2.6
policyConstraints = requireExplicitPolicy:0, inhibitPolicyMapping:2
inhibitAnyPolicy = 300
2.5.29.16 = DER:3022800f31393937303130313030303030305A810f31393938303130313030303030305A
tlsfeature = status_request, 99
noCheck = ignored
basicConstraints = CA:false, pathlen:3
keyUsage = digitalSignature, decipherOnly
extendedKeyUsage = critical, 1.2.3, msSGC, OCSPSigning
nsBaseUrl = http://b.example/
nsCertType = objCA, client
nsComment = "a comment"
authorityInfoAccess = OCSP;URI:http://z.example/, OCSP;URI:http://a.example/, caIssuers;URI:http://x.example/
subjectInfoAccess = 1.2.3;URI:http://a.example/, ad_timestamping;dirName:directory
1.3.6.1.4.1.11129.2.4.3 = DER:0500
1.3.6.1.4.1.11129.2.4.2 = DER:0402ffff
2.5.29.20 = DER:02020102
1.3.6.1.4.1.99999.2 = ASN1:UTF8String:what nobody knows
2.5.29.9 = DER:3000
[alternatives]
DNS.1 = a.example
DNS.2 = *.b.example
email.1 = c@c.example
email.2 = a@a.example
URI.1 = http://u.example/
IP.1 = 10.1.2.3
IP.2 = 2001:db8::1
RID.1 = 1.2.840.113549.1.1.1
dirName.1 = directory
otherName.1 = 1.2.3.4;UTF8:some other identifier
otherName.2 = 1.2.3.5;INTEGER:5
otherName.3 = msUPN;UTF8:me@x.example
[constraints]
permitted;IP.1 = 10.0.0.0/255.0.0.0
permitted;email.1 = .x.example
permitted;DNS.1 = x.example
excluded;dirName.1 = directory
excluded;IP.2 = 2001:db8:0:0:0:0:0:0/ffff:ffff:0:0:0:0:0:0
[directory]
C = UK
O = "My, Org"
CN = a
[point1]
fullname = URI:http://a.example/, dirName:directory
CRLissuer = dirName:directory
reasons = keyCompromise, CACompromise
[point2]
relativename = relative
[relative]
CN = relative
[point3]
fullname = URI:http://b.example/
reasons = AACompromise
[policy]
policyIdentifier = 1.3.5.8
CPS.1 = http://my.example/
userNotice.1 = @notice1
userNotice.2 = @notice2
[notice1]
explicitText = UTF8:Explicit text
organization = Organisation name
noticeNumbers = 1, 2, 3
[notice2]
explicitText = BMP:wide
organization = X
noticeNumbers = 1
"""
_KEYS = {
    "rsa": ["rsa:1024"],
    "rsa-pss": ["rsa-pss", "-pkeyopt", "rsa_keygen_bits:1024"],
    "p256": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "p521": ["ec", "-pkeyopt", "ec_paramgen_curve:P-521"],
    "brainpool": ["ec", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"],
    "ed25519": ["ed25519"],
    "ed448": ["ed448"],
}
_NEWER_KEYS = {
    name: [name] for name in ("ML-DSA-44", "ML-DSA-65", "ML-DSA-87", "SLH-DSA-SHA2-128f", "SLH-DSA-SHAKE-192f")
}
# Names with every kind of character that has an escape of its own, several types of string, several values in one.
_SUBJECTS = {
    "special": '/O=Acme, "Quoted" \\+ Plus; <x>/OU= lead and trail /CN=#hash=eq\\\\back\\/slash(star*)',
    "accents": "/C=DE/O=M\u00fcller & S\u00f6hne/CN=\u03a9mega \u65e5\u672c \U0001f512",
    "several": "/OU=one+CN=two/O=three/DC=com/emailAddress=ops@c.example/UID=u/serialNumber=7",
    "unknown": "/1.2.3.4.5=custom/CN=a\tb\x7fc/description=#",
    "empty": "/",
}


class Maker:
    """Makes certificates in the folder of a real openssl."""

    def __init__(self, openssl: OpenSSL) -> None:
        self.openssl = openssl
        self.configuration = openssl.folder / "openssl.cnf"
        self.configuration.write_text(_CONFIGURATION)

    def make(
        self, name: str, *options: str, subject: str = "/CN=test", key: str = "p256", section: str = "plain"
    ) -> Path:
        """A self-signed certificate (and its key, beside it)."""
        target = self.openssl.folder / f"{name}.pem"
        newer = _NEWER_KEYS if self.openssl.release == "3.5" else {}
        self.openssl.run("req", "-x509", "-newkey", *(_KEYS | newer)[key], "-nodes", "-utf8", "-subj", subject,
                         "-config", self.configuration, "-extensions", section, "-multivalue-rdn",
                         "-keyout", target.with_suffix(".key"), "-out", target, *options)  # fmt: skip
        return target

    def make_all(self) -> dict[str, Path]:
        """One certificate of each kind, by name."""
        newer = _NEWER_KEYS if self.openssl.release == "3.5" else {}
        made = {name: self.make(name, key=name) for name in _KEYS | newer}
        made |= {name: self.make(name, subject=subject) for name, subject in _SUBJECTS.items()}
        made["rich"] = self.make("rich", section="rich", subject="/emailAddress=z@z.example/CN=x")
        made["pss-signed"] = self.make("pss-signed", "-sigopt", "rsa_padding_mode:pss", "-sha384", key="rsa")
        for name, serial in {
            "zero": "0",
            "minus": "-77",
            "long": "0x7eabababababababababab",
            "word": "0x8000000000000000",
        }.items():
            made[f"serial-{name}"] = self.make(f"serial-{name}", "-set_serial", serial)
        return made

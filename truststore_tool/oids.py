"""The object identifiers that more than one module knows, in dotted form.

One that a single module needs stays there, as do the tables that only say how a program spells what it prints.
"""

from typing import Final

# Certificate extensions (RFC 5280, 4.2).
SUBJECT_DIRECTORY_ATTRIBUTES: Final = "2.5.29.9"
SUBJECT_KEY_IDENTIFIER: Final = "2.5.29.14"
KEY_USAGE: Final = "2.5.29.15"
PRIVATE_KEY_USAGE_PERIOD: Final = "2.5.29.16"
SUBJECT_ALTERNATIVE_NAME: Final = "2.5.29.17"
ISSUER_ALTERNATIVE_NAME: Final = "2.5.29.18"
BASIC_CONSTRAINTS: Final = "2.5.29.19"
NAME_CONSTRAINTS: Final = "2.5.29.30"
CRL_DISTRIBUTION_POINTS: Final = "2.5.29.31"
CERTIFICATE_POLICIES: Final = "2.5.29.32"
POLICY_MAPPINGS: Final = "2.5.29.33"
AUTHORITY_KEY_IDENTIFIER: Final = "2.5.29.35"
POLICY_CONSTRAINTS: Final = "2.5.29.36"
EXTENDED_KEY_USAGE: Final = "2.5.29.37"
FRESHEST_CRL: Final = "2.5.29.46"
INHIBIT_ANY_POLICY: Final = "2.5.29.54"
AUTHORITY_INFO_ACCESS: Final = "1.3.6.1.5.5.7.1.1"
SUBJECT_INFO_ACCESS: Final = "1.3.6.1.5.5.7.1.11"
PROXY_CERT_INFO: Final = "1.3.6.1.5.5.7.1.14"
OCSP_NO_CHECK: Final = "1.3.6.1.5.5.7.48.1.5"
NETSCAPE_CERT_TYPE: Final = "2.16.840.1.113730.1.1"

# The policy that stands for all (RFC 5280, 4.2.1.4).
ANY_POLICY: Final = "2.5.29.32.0"

# Purposes of an extended key usage (RFC 5280, 4.2.1.12).
ANY_EXTENDED_KEY_USAGE: Final = "2.5.29.37.0"
SERVER_AUTH: Final = "1.3.6.1.5.5.7.3.1"
CLIENT_AUTH: Final = "1.3.6.1.5.5.7.3.2"
CODE_SIGNING: Final = "1.3.6.1.5.5.7.3.3"
TIME_STAMPING: Final = "1.3.6.1.5.5.7.3.8"
# Server gated crypto, which still counts as a purpose of servers.
MICROSOFT_GATED: Final = "1.3.6.1.4.1.311.10.3.3"
NETSCAPE_GATED: Final = "2.16.840.1.113730.4.1"

# Content (RFC 5652, 4 and 8).
DATA: Final = "1.2.840.113549.1.7.1"
ENCRYPTED_DATA: Final = "1.2.840.113549.1.7.6"

# Bags of PKCS#12 (RFC 7292, 4.2), what a CertBag holds, and their attributes; with the last one, Oracle's, Java trusts.
KEY_BAG: Final = "1.2.840.113549.1.12.10.1.1"
SHROUDED_KEY_BAG: Final = "1.2.840.113549.1.12.10.1.2"
CERT_BAG: Final = "1.2.840.113549.1.12.10.1.3"
SECRET_BAG: Final = "1.2.840.113549.1.12.10.1.5"  # noqa: S105 -- the name of a bag, not a secret
X509_CERTIFICATE: Final = "1.2.840.113549.1.9.22.1"
FRIENDLY_NAME: Final = "1.2.840.113549.1.9.20"
LOCAL_KEY_ID: Final = "1.2.840.113549.1.9.21"
TRUSTED_KEY_USAGE: Final = "2.16.840.1.113894.746875.1.1"

# Digests (RFC 8017, B.1).
MD5: Final = "1.2.840.113549.2.5"
SHA1: Final = "1.3.14.3.2.26"
SHA224: Final = "2.16.840.1.101.3.4.2.4"
SHA256: Final = "2.16.840.1.101.3.4.2.1"
SHA384: Final = "2.16.840.1.101.3.4.2.2"
SHA512: Final = "2.16.840.1.101.3.4.2.3"
SHA512_224: Final = "2.16.840.1.101.3.4.2.5"
SHA512_256: Final = "2.16.840.1.101.3.4.2.6"

# HMACs (RFC 8018, B.1.1; NIST's for SHA-3).
HMAC_SHA1: Final = "1.2.840.113549.2.7"
HMAC_SHA224: Final = "1.2.840.113549.2.8"
HMAC_SHA256: Final = "1.2.840.113549.2.9"
HMAC_SHA384: Final = "1.2.840.113549.2.10"
HMAC_SHA512: Final = "1.2.840.113549.2.11"
HMAC_SHA512_224: Final = "1.2.840.113549.2.12"
HMAC_SHA512_256: Final = "1.2.840.113549.2.13"
HMAC_SHA3_512: Final = "2.16.840.1.101.3.4.2.16"

# Encryption under a password (RFC 7292, C; RFC 8018, A.2 and A.4), and the ciphers below PBES2.
PBE_SHA1_RC4_128: Final = "1.2.840.113549.1.12.1.1"
PBE_SHA1_RC4_40: Final = "1.2.840.113549.1.12.1.2"
PBE_SHA1_3DES: Final = "1.2.840.113549.1.12.1.3"
PBE_SHA1_3DES_2KEY: Final = "1.2.840.113549.1.12.1.4"
PBE_SHA1_RC2_128: Final = "1.2.840.113549.1.12.1.5"
PBE_SHA1_RC2_40: Final = "1.2.840.113549.1.12.1.6"
PBKDF2: Final = "1.2.840.113549.1.5.12"
PBES2: Final = "1.2.840.113549.1.5.13"
PBMAC1: Final = "1.2.840.113549.1.5.14"
RC2_CBC: Final = "1.2.840.113549.3.2"
AES128_CBC: Final = "2.16.840.1.101.3.4.1.2"
AES256_CBC: Final = "2.16.840.1.101.3.4.1.42"

# Keys (RFC 3279, 2.3; RFC 4055, 1.2; RFC 8410, 3), and signatures of DSA keys (RFC 3279, 2.2.2; RFC 5758, 3.1).
RSA: Final = "1.2.840.113549.1.1.1"
RSA_PSS: Final = "1.2.840.113549.1.1.10"
DSA: Final = "1.2.840.10040.4.1"
X942_DH: Final = "1.2.840.10046.2.1"
EC: Final = "1.2.840.10045.2.1"
X25519: Final = "1.3.101.110"
X448: Final = "1.3.101.111"
ED25519: Final = "1.3.101.112"
ED448: Final = "1.3.101.113"
DSA_SHA1: Final = "1.2.840.10040.4.3"
DSA_SHA224: Final = "2.16.840.1.101.3.4.3.1"
DSA_SHA256: Final = "2.16.840.1.101.3.4.3.2"
DSA_SHA384: Final = "2.16.840.1.101.3.4.3.3"
DSA_SHA512: Final = "2.16.840.1.101.3.4.3.4"

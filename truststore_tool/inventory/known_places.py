"""Places that programs read without being told: data, each with where that is written."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from truststore_tool.inventory.nouns import ReadBy


class _Known(NamedTuple):
    place: re.Pattern[str]
    by: ReadBy


def _at(pattern: str, name: str, because: str, reader: str | None = None) -> _Known:
    return _Known(re.compile(pattern), ReadBy(name, because, reader))


_GO: Final = "crypto/x509, root_linux.go: the first of its files that is there"
_OPENSSL: Final = "OpenSSL's own directory (OPENSSLDIR)"
_BUNDLES: Final = r"/?etc/(?:ssl/certs/ca-certificates\.crt|pki/tls/certs/ca-bundle\.crt)"
_MORE_OF_GO: Final = (
    r"/?etc/(?:ssl/ca-bundle\.pem|pki/tls/cacert\.pem|pki/ca-trust/extracted/pem/tls-ca-bundle\.pem|ssl/cert\.pem)"
)
_DIRECTORY: Final = r"/?(?:etc/ssl|usr/lib/ssl|etc/pki/tls|usr/local/ssl|usr/local/etc/openssl[@.\d]*)"
_DEBIAN: Final = "it makes the system's bundle of this, where /etc/ca-certificates.conf says so"
_KUBERNETES: Final = r"/?(?:var/)?run/secrets/kubernetes\.io/serviceaccount/.*ca\.crt"
_LIBPQ: Final = "the default of sslrootcert (PostgreSQL documentation, SSL Support)"
_PLACES: Final = (
    _at(r"(?:.*/)?lib/security/cacerts", "Java", "lib/security/cacerts is a JDK's own trust store"),
    _at(r"(?:.*/)?lib/security/jssecacerts", "Java", "lib/security/jssecacerts goes before cacerts (JSSE guide)"),
    _at(r"/?etc/ssl/certs/java/cacerts", "Java", "ca-certificates-java: Debian's JDKs link to it"),
    _at(r"/?etc/pki/(?:ca-trust/extracted/)?java/cacerts", "Java", "ca-certificates: Red Hat's JDKs link to it"),
    _at(rf"{_DIRECTORY}/cert\.pem", "OpenSSL", _OPENSSL, "openssl3"),
    _at(rf"{_DIRECTORY}/certs/[0-9a-f]{{8}}\.\d+", "OpenSSL", f"{_OPENSSL}, by the subject's hash", "openssl3"),
    _at(_BUNDLES, "Go", _GO, "go"),
    _at(_MORE_OF_GO, "Go", _GO, "go"),
    _at(_BUNDLES, "curl, git, GnuTLS", "the system's bundle, for which distributions build them"),
    _at(r"/?usr/(?:local/)?share/ca-certificates/.+", "update-ca-certificates", _DEBIAN),
    _at(
        r"/?(?:etc/pki/ca-trust/source|usr/share/pki/ca-trust-source)/.+",
        "update-ca-trust",
        "it makes the system's bundles of what lies there",
    ),
    _at(r"(?:.*/)?pip/_vendor/certifi/cacert\.pem", "pip", "certifi, as pip brings it along", "python3"),
    _at(r"(?:.*/)?(?:site|dist)-packages/certifi/cacert\.pem", "Python (certifi)", "certifi's own bundle", "python3"),
    _at(r"(?:.*/)?botocore/cacert\.pem", "Python (botocore)", "botocore's own bundle", "python3"),
    _at(r"(?:.*/)?grpc/_cython/_credentials/roots\.pem", "Python (gRPC)", "gRPC's own roots"),
    _at(r"(?:.*/)?composer/ca-bundle/res/cacert\.pem", "PHP (Composer)", "Composer's own bundle"),
    _at(r"(?:.*/)?rubygems/ssl_certs/.+\.pem", "RubyGems", "RubyGems' own roots"),
    _at(r"(?:.*/)?\.postgresql/root\.crt", "libpq", _LIBPQ, "libpq"),
    _at(r"(?:.*/)?\.pki/nssdb/cert9\.db", "Chromium", "the user's shared NSS database"),
    _at(r"/?etc/pki/nssdb/cert9\.db", "programs with NSS", "the machine's shared NSS database"),
    _at(r"(?:.*/)?(?:firefox|thunderbird)[^/]*/.+/cert9\.db", "Firefox, Thunderbird", "a profile's NSS database"),
    _at(
        r"(?:/?etc/(?:docker|containerd|containers)|(?:.*/)?\.config/containers)/certs\.d/[^/]+/.+",
        "Docker, containerd, Podman",
        "certs.d: authorities of a registry",
        "go",
    ),
    _at(_KUBERNETES, "clients of Kubernetes", "the service account's authority"),
)


# Certificates that p11-kit's trust module takes for distrusted, whatever they say of themselves (trust module, paths).
_BLOCKED: Final = re.compile(r"(?:.*/)?pki/(?:ca-trust/source|ca-trust-source|trust)/(?:blocklist|blacklist)/[^/]+")


def is_blocked(path: str) -> bool:
    """Whether what lies at a path is not to be trusted, because it lies there."""
    return _BLOCKED.fullmatch(path) is not None


def by_place(path: str) -> Iterator[ReadBy]:
    """Who reads the file at a path of a file system or an image, because it lies there."""
    return (known.by for known in _PLACES if known.place.fullmatch(path))

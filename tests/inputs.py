"""What people hand in where a certificate, a key or a key store should be: the bytes, made the way they come about."""

import base64
import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)

from tests.samples import certificates, own
from truststore_tool import formats
from truststore_tool.model import TrustedEntry, TrustStore


def _key(name: str) -> EllipticCurvePrivateKey | RSAPrivateKey:
    loaded = load_pem_private_key(own(name).read_bytes(), None)
    assert isinstance(loaded, (EllipticCurvePrivateKey, RSAPrivateKey))
    return loaded


PEM: Final = own("new-root.pem").read_bytes()
DER: Final = certificates(own("new-root.pem"))[0].der
KEY: Final = own("new-server.key").read_bytes()
PASSWORD: Final = "changeit"
_LOADED: Final = _key("new-server.key")
_ISSUER: Final = x509.load_pem_x509_certificate(PEM)
_SIGNER: Final = _key("new-root.key")
_NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)


class Input(NamedTuple):
    """A file as somebody has it: what it is, how it is called, and its bytes."""

    what: str
    name: str
    data: bytes


def jks(*more: str) -> bytes:
    """A JKS with our root, and the certificates of these files; the same in every run."""
    return _dumped("jks", *more)


def _dumped(form: str, *more: str) -> bytes:
    each = [certificate for name in ("new-root.pem", *more) for certificate in certificates(own(name))]
    store = TrustStore(tuple(TrustedEntry(f"root-{n}", certificate, _NOW) for n, certificate in enumerate(each)))
    dumps = formats.get(form).dumps
    assert dumps is not None
    data = dumps(store, PASSWORD)
    assert isinstance(data, bytes)
    return data


def p12() -> bytes:
    """A PKCS#12 with a key and its certificate, as cryptography writes it."""
    own_certificate = x509.load_pem_x509_certificate(own("new-server.pem").read_bytes())
    return pkcs12.serialize_key_and_certificates(
        b"server", _LOADED, own_certificate, [_ISSUER], BestAvailableEncryption(PASSWORD.encode())
    )


def _request() -> x509.CertificateSigningRequest:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "db.example.com")])
    return x509.CertificateSigningRequestBuilder().subject_name(name).sign(_LOADED, SHA256())


def _crl() -> x509.CertificateRevocationList:
    builder = x509.CertificateRevocationListBuilder().issuer_name(_ISSUER.subject)
    return builder.last_update(_NOW).next_update(_NOW + timedelta(30)).sign(_SIGNER, SHA256())


def _public(encoding: Encoding) -> bytes:
    return _LOADED.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)


def _ssh() -> bytes:
    return _LOADED.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH) + b" someone@example.com\n"


def _ssh_private() -> bytes:
    return _LOADED.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("root.crt", "intermediate.crt", "README.txt"):
            archive.writestr(name, PEM)
    return file.getvalue()


def _tar() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in ("certs/root.pem", "certs/issuing.pem"):
            member = tarfile.TarInfo(name)
            member.size = len(PEM)
            archive.addfile(member, io.BytesIO(PEM))
    return file.getvalue()


def _secret(value: bytes) -> bytes:
    text = base64.b64encode(value).decode()
    return f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: db-ca\ntype: Opaque\ndata:\n  ca.crt: {text}\n".encode()


def wrong() -> Iterator[Input]:
    """What holds no certificate that could be read."""
    page = b"<!DOCTYPE html>\n<html><head><title>Sign in to Artifactory</title></head><body>...</body></html>\n"
    yield Input("an HTML page: a proxy or a login answered", "root.pem", page)
    denied = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>\n'
    yield Input("an XML answer of an object store", "root.pem", denied)
    yield Input("a JSON answer of an API", "root.pem", b'{"message": "Not Found", "status": 404}\n')
    yield Input("other JSON", "root.pem", b'{"Version": 1, "Certificates": []}\n')
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
    yield Input("a pointer of Git LFS", "truststore.jks", pointer)
    yield Input("a PEM compressed with gzip", "root.pem.gz", gzip.compress(PEM, mtime=0))
    yield Input("a tar archive compressed with gzip", "certs.tar.gz", gzip.compress(_tar(), mtime=0))
    yield Input("a tar archive", "certs.tar", _tar())
    yield Input("a ZIP archive", "certs.zip", _zip())
    yield Input("a PEM compressed with xz", "root.pem.xz", lzma.compress(PEM))
    yield Input("a PEM compressed with bzip2", "root.pem.bz2", bz2.compress(PEM))
    yield Input("a PEM compressed with zstd", "root.pem.zst", b"\x28\xb5\x2f\xfd\x04\x58" + PEM[:40])
    filtered = jks().decode("utf-8", "replace").encode()
    yield Input("a JKS that Maven filtered as a resource", "truststore.jks", filtered)
    yield Input("a JKS that was taken for Latin-1", "truststore.jks", jks().decode("latin-1").encode())
    yield Input("a JKS whose line ends git changed", "truststore.jks", jks("new-chain.pem").replace(b"\n", b"\r\n"))
    yield Input("a truncated JKS", "truststore.jks", jks()[:300])
    yield Input("a truncated PKCS#12", "truststore.p12", _dumped("pkcs12")[:500])
    yield Input("a truncated certificate", "root.der", DER[:300])
    yield Input("a certificate request", "server.csr", _request().public_bytes(Encoding.PEM))
    yield Input("a certificate request in DER", "server.csr", _request().public_bytes(Encoding.DER))
    yield Input("a revocation list", "ca.crl", _crl().public_bytes(Encoding.PEM))
    yield Input("a revocation list in DER", "ca.crl", _crl().public_bytes(Encoding.DER))
    yield Input("a public key", "server.pub", _public(Encoding.PEM))
    yield Input("a public key in DER", "server.pub", _public(Encoding.DER))
    yield Input("a private key alone", "server.pem", KEY)
    as_der = _LOADED.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    yield Input("a private key in DER", "server.der", as_der)
    yield Input("a public key of SSH", "id.pub", _ssh())
    yield Input("a private key of SSH", "id", _ssh_private())
    pgp = b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEZ\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n"
    yield Input("a key of PGP", "release.asc", pgp)
    yield Input("a Secret of Kubernetes, whole", "secret.yaml", _secret(PEM))
    kubeconfig = b"apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n    certificate-authority-data: LS0tLQ==\n"
    yield Input("a kubeconfig", "config", kubeconfig)
    yield Input(
        "the configuration of Docker", "config.json", b'{"auths": {"registry.example.com": {"auth": "c2VjcmV0"}}}'
    )
    yield Input("a file encrypted by Ansible Vault", "root.pem", b"$ANSIBLE_VAULT;1.1;AES256\n616263\n")
    yield Input(
        "what `openssl x509 -text -noout` prints", "root.pem", b"Certificate:\n    Data:\n        Version: 3 (0x2)\n"
    )
    yield Input("what `keytool -list` prints", "list.txt", b"Keystore type: PKCS12\nKeystore provider: SUN\n")
    yield Input("a shortcut of Windows", "root.lnk", b"L\0\0\0\x01\x14\x02\0" + bytes(68))
    yield Input("a serialized store of Windows", "roots.sst", b"\0\0\0\0CERT" + bytes(24))
    yield Input("the database of NSS (Firefox)", "cert9.db", b"SQLite format 3\0" + bytes(84))
    yield Input("a wallet of Oracle", "cwallet.sso", b"\xa1\xf8\x4e\x36" + bytes(60))
    yield Input("an empty file", "root.pem", b"")
    yield Input("any other text", "notes.txt", b"remember to renew the certificate\n")


def wrapped() -> Iterator[Input]:
    """What is read through its wrapping; each of them holds PEM's certificate, or the pair of the PKCS#12."""
    text = PEM.decode()
    yield Input("a PEM in UTF-16, as PowerShell writes it", "root.pem", b"\xff\xfe" + text.encode("utf-16-le"))
    yield Input("a PEM in UTF-16, high bytes first", "root.pem", b"\xfe\xff" + text.encode("utf-16-be"))
    yield Input("base64 of a certificate, without BEGIN lines", "root.cer", base64.b64encode(DER) + b"\n")
    yield Input("the same in lines", "root.cer", base64.encodebytes(DER).replace(b"\n", b"\r\n"))
    yield Input("base64 of a PEM (a value of a Kubernetes Secret)", "ca.crt", base64.b64encode(PEM))
    yield Input("base64 of a JKS", "truststore.jks.b64", base64.b64encode(jks()))
    yield Input("base64 of a PKCS#12", "server.p12.b64", base64.encodebytes(p12()))
    yield Input("base64 of a PKCS#7", "chain.p7b", base64.b64encode(p7b()))
    yield Input("a PEM with literal \\n, in quotes", "ca.env", b'CA="' + PEM.replace(b"\n", b"\\n") + b'"\n')
    yield Input("a PEM in JSON", "ca.json", json.dumps({"ca": text}).encode())
    yield Input("a PEM with literal \\n and nothing else", "ca.pem", PEM.replace(b"\n", b"\\n"))
    yield Input("a PEM in an env file, in quotes", "ca.env", b'CA="' + PEM.strip() + b'"\n')
    yield Input("a PEM in a variable, its line ends lost", "ca.env", b"CA=" + PEM.replace(b"\n", b" ") + b"\n")
    yield Input("base64 in UTF-16", "ca.b64", b"\xff\xfe" + base64.b64encode(PEM).decode().encode("utf-16-le"))


def p7b() -> bytes:
    """The certificate in a PKCS#7, as cryptography writes it."""
    from cryptography.hazmat.primitives.serialization import pkcs7

    return pkcs7.serialize_certificates([_ISSUER], Encoding.DER)

"""Texts: answers of servers, pointers, secrets of other systems, keys of other programs."""

import json
import re
from typing import Final

from truststore_tool.meant import WAYS_OUT, Meant, called, with_article

_LOOKED_AT: Final = 1024 * 1024
_SHOWN: Final = 60
_SHORTEST: Final = 12  # of what is no password, though it begins with <
_FIELDS_SHOWN: Final = 5
_DOWNLOAD: Final = "fetch it again, and look at what the server says: curl -fSL"
_PEM_LABEL: Final = re.compile(rb"^[ \t]*-----BEGIN (?P<label>[ -,.-~]{1,64})-----", re.MULTILINE)
_CERTIFICATE: Final = re.compile(rb"(?:X509 |TRUSTED )?CERTIFICATE|PKCS7|PKCS #7 SIGNED DATA|CMS")
_SAYING: Final = ("message", "detail", "title", "error")
_SSH_KEY: Final = "it has no certificate; give that of the authority"
# What a text begins with, or a line of it: the name, and the way out.
_KNOWN: Final = (
    (
        rb"version https://git-lfs\.github\.com/",
        "a pointer of Git LFS, in place of the file",
        "fetch the file itself: git lfs pull",
    ),
    (rb"/annex/objects/", "a pointer of git-annex, in place of the file", "fetch the file itself: git annex get"),
    (rb"\$ANSIBLE_VAULT;", "a file encrypted by Ansible Vault", "decrypt it first: ansible-vault view"),
    (rb"age-encryption\.org/", "a file encrypted by age", "decrypt it first: age -d"),
    (rb"PuTTY-User-Key-File-", "a key of PuTTY", "convert a copy: puttygen KEY -O private-openssh-pem"),
    (rb"---- BEGIN SSH2 ", "a key of SSH", _SSH_KEY),
    (rb"(?:\S+ )?(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-\S+|sk-\S+@openssh\.com) AAAA", "a key of SSH", _SSH_KEY),
    (rb"\[InternetShortcut\]", "a shortcut of Windows to an address", "fetch what is there"),
    (rb"Certificate:\s+Data:", "what openssl prints about a certificate, without the certificate", "leave -noout out"),
    (rb"Keystore type: ", "what keytool prints about a key store", "give the key store, or print with -rfc"),
    (
        rb"(?:Owner|Alias name): ",
        "what keytool prints about certificates, without these",
        "print them with -rfc",
    ),
)
_FIELD: Final = re.compile(r"^  +([\w.-]+): +[A-Za-z0-9+/=]{16,}", re.MULTILINE)


def recognised(data: bytes) -> Meant | None:
    """A text that holds no certificate, if it is one that people take for such."""
    text = data[:_LOOKED_AT].removeprefix(b"\xef\xbb\xbf").lstrip()
    for form in (_markup, _pem, _known, _kubernetes, _json):
        if found := form(text):
            return found
    return None


def no_password(line: bytes) -> Meant | None:
    """The same of a line that should be a password, where it cannot be one."""
    if line.startswith(b"-----BEGIN "):
        return Meant("a PEM", "name the file of the password")
    return _markup(line) if line[:2].lower() in (b"<!", b"<h") and len(line) > _SHORTEST else _known(line)


def _markup(text: bytes) -> Meant | None:
    head = text[:4096].lower()
    if head.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        title = re.search(rb"<title[^>]{0,200}>\s*([^<]{1,200})", text, re.IGNORECASE)
        return Meant(f"an HTML page{_quoted(title[1]) if title else ''}", _DOWNLOAD)
    if not re.match(rb"<\?xml|<[A-Za-z][\w:.-]*[\s/>]", text):
        return None
    if b"<html" in head:
        return Meant("an HTML page", _DOWNLOAD)
    code = re.search(rb"<(?:Code|Message)>\s*([^<]{1,200})", text)
    return Meant(f"an XML document{_quoted(code[1]) if code else ''}", _DOWNLOAD)


def _pem(text: bytes) -> Meant | None:
    labels = [match["label"] for match in _PEM_LABEL.finditer(text)]
    if not labels or any(_CERTIFICATE.fullmatch(label) for label in labels):
        return None
    if labels[0].startswith(b"PGP "):
        return Meant(f"a block of PGP ({labels[0].decode()})", "it is for GnuPG; give a certificate of X.509")
    if labels[0].startswith(b"AGE ENCRYPTED"):
        return Meant("a file encrypted by age", "decrypt it first: age -d")
    if labels[0] == b"OPENSSH PRIVATE KEY":
        return Meant("a private key of SSH", _SSH_KEY)
    if labels[0].startswith(b"SSH2 "):
        return Meant("a key of SSH", _SSH_KEY)
    name = called(labels[0])
    return Meant(with_article(name), WAYS_OUT[name]) if name else None


def _known(text: bytes) -> Meant | None:
    return next((Meant(what, hint) for pattern, what, hint in _KNOWN if re.match(pattern, text)), None)


def _kubernetes(data: bytes) -> Meant | None:
    if not re.search(rb"^apiVersion:", data, re.MULTILINE):
        return None
    text = data.decode("utf-8", "replace")
    if re.search(r"^sops:|ENC\[AES256_GCM,", text, re.MULTILINE):
        return Meant("a file encrypted by SOPS", "decrypt it first: sops -d")
    if re.search(r"^kind: *Config\b", text, re.MULTILINE):
        hint = "take out the value of certificate-authority-data: it is read as it is"
        return Meant("a kubeconfig", hint)
    if re.search(r"^kind: *Secret\b", text, re.MULTILINE):
        return _secret(_FIELD.findall(text))
    kind = re.search(r"^kind: *(\w{1,40})", text, re.MULTILINE)
    return Meant(f"an object of Kubernetes{f' ({kind[1]})' if kind else ''}", "take the PEM out of it")


def _secret(names: list[str]) -> Meant:
    shown = f" ({', '.join(names[:_FIELDS_SHOWN])})" if names else ""
    hint = "take out one value, which is read as it is: kubectl get secret NAME -o jsonpath='{.data.ca\\.crt}'"
    return Meant(f"a Secret of Kubernetes{shown}", hint)


def _json(text: bytes) -> Meant | None:
    if text[:1] not in (b"{", b"["):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return Meant("JSON, or what begins like it", _DOWNLOAD) if re.match(rb"[{\[]\s*[\"{\[]", text) else None
    if not isinstance(value, dict):
        return Meant("JSON", _DOWNLOAD)
    if value.get("kind") == "Secret" and isinstance(value.get("data"), dict):
        return _secret([str(name)[:_SHOWN] for name in value["data"]])
    if "sops" in value:
        return Meant("a file encrypted by SOPS", "decrypt it first: sops -d")
    if {"auths", "credHelpers", "credsStore"} & value.keys():
        return Meant("the configuration of Docker", "the certificates of a registry lie in certs.d, beside it")
    if "keys" in value and isinstance(value["keys"], list):
        return Meant("a set of keys for tokens (JWKS)", "it is not for TLS; give the certificate of the authority")
    if said := _said(value) or _said(value.get("errors")):
        return Meant(f"JSON, as a server answers with{_quoted(said.encode('utf-8', 'replace'))}", _DOWNLOAD)
    names = ", ".join(str(name)[:_SHOWN] for name in list(value)[:_FIELDS_SHOWN])
    return Meant(
        f"JSON{f' ({names})' if names else ''}", "take out the value that is the certificate, or fetch it again"
    )


def _said(value: object) -> str:
    """What an answer says went wrong: the words of APIs of the web (RFC 9457, and what is usual beside it)."""
    if isinstance(value, list):
        return _said(value[0]) if value else ""
    if isinstance(value, dict):
        return next((said for name in _SAYING if (said := _said(value.get(name)))), "")
    return value if isinstance(value, str) else ""


def _quoted(said: bytes) -> str:
    text = " ".join(said.decode("utf-8", "replace").split())
    return f" ({text[:_SHOWN]!r})" if text else ""

"""The OpenSSL of this machine as a judge: its own functions, called in this process."""

import ctypes
import ctypes.util
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

_PEM: Final = 1
_SSL_SERVER: Final = 3
_TRUSTED: Final = 1
_SIGNATURE_FAILURE: Final = 7


class Loaded(NamedTuple):
    """What X509_load_cert_crl_file made of a file.

    Attributes:
        reasons: of each error in the queue the reason, oldest first; empty when the file loads.
        certificates: DER of what is in the store, and whether X509_check_trust trusts it for TLS servers.
    """

    reasons: tuple[str, ...]
    certificates: tuple[tuple[bytes, bool], ...] = ()


@cache
def library() -> Any:
    """libcrypto 3."""
    crypto = ctypes.CDLL(ctypes.util.find_library("crypto"))
    pointer, octets, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    signatures: dict[str, tuple[Any, tuple[Any, ...]]] = {
        "X509_STORE_new": (pointer, ()),
        "X509_STORE_free": (None, (pointer,)),
        "X509_STORE_add_lookup": (pointer, (pointer, pointer)),
        "X509_LOOKUP_file": (pointer, ()),
        "X509_load_cert_crl_file": (number, (pointer, octets, number)),
        "X509_STORE_get0_objects": (pointer, (pointer,)),
        "OPENSSL_sk_num": (number, (pointer,)),
        "OPENSSL_sk_value": (pointer, (pointer, number)),
        "X509_OBJECT_get0_X509": (pointer, (pointer,)),
        "X509_check_trust": (number, (pointer, number, number)),
        "X509_free": (None, (pointer,)),
        "d2i_X509": (pointer, (pointer, pointer, ctypes.c_long)),
        "i2d_X509": (number, (pointer, pointer)),
        "ERR_get_error": (ctypes.c_ulong, ()),
        "ERR_clear_error": (None, ()),
        "ERR_reason_error_string": (octets, (ctypes.c_ulong,)),
        "X509_STORE_CTX_new": (pointer, ()),
        "X509_STORE_CTX_free": (None, (pointer,)),
        "X509_STORE_CTX_init": (number, (pointer, pointer, pointer, pointer)),
        "X509_STORE_CTX_set_default": (number, (pointer, octets)),
        "X509_STORE_CTX_get0_param": (pointer, (pointer,)),
        "X509_STORE_CTX_get_error_depth": (number, (pointer,)),
        "X509_VERIFY_PARAM_set_auth_level": (None, (pointer, number)),
        "X509_VERIFY_PARAM_set_time": (None, (pointer, ctypes.c_int64)),
        "OPENSSL_sk_new_null": (pointer, ()),
        "OPENSSL_sk_push": (number, (pointer, pointer)),
        "OPENSSL_sk_free": (None, (pointer,)),
        "X509_STORE_CTX_set_flags": (None, (pointer, ctypes.c_ulong)),
        "X509_STORE_CTX_get_error": (number, (pointer,)),
        "X509_STORE_CTX_get0_chain": (pointer, (pointer,)),
        "X509_STORE_add_cert": (number, (pointer, pointer)),
        "X509_verify_cert": (number, (pointer,)),
        "X509_verify_cert_error_string": (octets, (ctypes.c_long,)),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(crypto, name)
        function.restype, function.argtypes = result, arguments
    return crypto


def load_file(data: bytes) -> Loaded:
    """What SSL_CTX_load_verify_locations and libpq take from a file with these bytes."""
    crypto = library()
    store = crypto.X509_STORE_new()
    try:
        crypto.ERR_clear_error()
        lookup = crypto.X509_STORE_add_lookup(store, crypto.X509_LOOKUP_file())
        with _named(data) as name:
            count = crypto.X509_load_cert_crl_file(lookup, name, _PEM)
        if count <= 0:
            return Loaded(tuple(_reasons()))
        objects = crypto.X509_STORE_get0_objects(store)
        found = []
        for index in range(crypto.OPENSSL_sk_num(objects)):
            certificate = crypto.X509_OBJECT_get0_X509(crypto.OPENSSL_sk_value(objects, index))
            if certificate:
                trusted = crypto.X509_check_trust(certificate, _SSL_SERVER, 0) == _TRUSTED
                found.append((_encoded(certificate), trusted))
        return Loaded((), tuple(sorted(found)))
    finally:
        crypto.X509_STORE_free(store)


def takes(der: bytes) -> bool:
    """Whether d2i_X509 reads a certificate."""
    certificate = _parsed(der)
    library().X509_free(certificate)
    library().ERR_clear_error()
    return certificate is not None


def verdict(leaf: bytes, anchor: bytes, flags: int) -> str | None:
    """Why a chain of a leaf with a forged signature, which only its anchor is asked about, is refused; None if not.

    The signature is looked at last: where it is the first thing wrong, there is nothing wrong with the anchor.
    """
    crypto = library()
    store, context = crypto.X509_STORE_new(), crypto.X509_STORE_CTX_new()
    child, parent = _parsed(leaf), _parsed(anchor)
    try:
        crypto.X509_STORE_add_cert(store, parent)
        crypto.X509_STORE_CTX_init(context, store, child, None)
        crypto.X509_STORE_CTX_set_flags(context, flags)
        crypto.X509_verify_cert(context)
        error = crypto.X509_STORE_CTX_get_error(context)
        if error == _SIGNATURE_FAILURE:
            return None
        return str(crypto.X509_verify_cert_error_string(error).decode())
    finally:
        crypto.X509_STORE_CTX_free(context)
        crypto.X509_STORE_free(store)
        crypto.X509_free(child)
        crypto.X509_free(parent)
        crypto.ERR_clear_error()


def refusal(sent: Sequence[bytes], anchors: bytes, at: datetime, level: int = 2) -> str | None:
    """Why a TLS client refuses a server that sends these certificates, DER; None where it does not.

    Set up as libssl does for libpq (ssl_verify_cert_chain): `anchors` is the file of roots, PEM; `level` the security
    level.
    """
    crypto = library()
    store, context, untrusted = crypto.X509_STORE_new(), crypto.X509_STORE_CTX_new(), crypto.OPENSSL_sk_new_null()
    read = [_parsed(der) for der in sent]
    try:
        if None in read:
            return "a certificate that is sent cannot be read"
        lookup = crypto.X509_STORE_add_lookup(store, crypto.X509_LOOKUP_file())
        with _named(anchors) as name:
            if crypto.X509_load_cert_crl_file(lookup, name, _PEM) <= 0:
                return "the roots cannot be loaded"
        for certificate in read:
            crypto.OPENSSL_sk_push(untrusted, certificate)
        crypto.X509_STORE_CTX_init(context, store, read[0], untrusted)
        crypto.X509_STORE_CTX_set_default(context, b"ssl_server")
        parameters = crypto.X509_STORE_CTX_get0_param(context)
        crypto.X509_VERIFY_PARAM_set_auth_level(parameters, level)
        crypto.X509_VERIFY_PARAM_set_time(parameters, int(at.timestamp()))
        if crypto.X509_verify_cert(context) > 0:
            return None
        error, depth = crypto.X509_STORE_CTX_get_error(context), crypto.X509_STORE_CTX_get_error_depth(context)
        return f"{crypto.X509_verify_cert_error_string(error).decode()} @{depth}"
    finally:
        crypto.X509_STORE_CTX_free(context)
        crypto.X509_STORE_free(store)
        crypto.OPENSSL_sk_free(untrusted)
        for certificate in read:
            crypto.X509_free(certificate)
        crypto.ERR_clear_error()


def _parsed(der: bytes) -> Any:
    buffer = ctypes.create_string_buffer(der, len(der))
    place = ctypes.c_void_p(ctypes.addressof(buffer))
    return library().d2i_X509(None, ctypes.byref(place), len(der))


def _encoded(certificate: Any) -> bytes:
    size = library().i2d_X509(certificate, None)
    buffer = ctypes.create_string_buffer(max(size, 1))
    place = ctypes.c_void_p(ctypes.addressof(buffer))
    library().i2d_X509(certificate, ctypes.byref(place))
    return buffer.raw[: max(size, 0)]


def _reasons() -> Iterator[str]:
    while error := library().ERR_get_error():
        reason = library().ERR_reason_error_string(error)
        yield "" if reason is None else reason.decode()


@contextmanager
def _named(data: bytes) -> Iterator[bytes]:
    """A file in memory, and a name to open it by."""
    descriptor = os.memfd_create("bundle")
    try:
        os.write(descriptor, data)
        yield f"/proc/self/fd/{descriptor}".encode()
    finally:
        os.close(descriptor)

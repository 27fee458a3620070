"""How a JCEKS holds a secret key: serialized, encrypted, and serialized again with the cipher's parameters.

Sources: com.sun.crypto.provider.KeyProtector (seal, unseal) and SealedObjectForKeyProtector; javax.crypto.SealedObject,
javax.crypto.spec.SecretKeySpec and java.security.KeyRep of OpenJDK 17 and 25.
"""

from struct import Struct
from typing import Final

from truststore_tool import asn1
from truststore_tool.errors import FormatError, IntegrityError
from truststore_tool.formats.base import SecretKey
from truststore_tool.formats.java import key_protection, modified_utf8, serialized
from truststore_tool.formats.java.object_stream import STREAM_HEADER
from truststore_tool.formats.java.objects import JavaObject

_ALGORITHM: Final = "PBEWithMD5AndTripleDES"
_SEALED: Final = ("javax.crypto.SealedObject", "com.sun.crypto.provider.SealedObjectForKeyProtector")

# Reading ---------------------------------------------------------------------------------------------------


def unseal(sealed: bytes, password: str) -> SecretKey:
    """The key in a serialized SealedObject.

    Raises IntegrityError when the password is wrong, and FormatError when the bytes are malformed, sealed by another
    algorithm, or hold anything but a SecretKeySpec or a KeyRep of a secret key, as which the JDK writes its other
    secret keys.
    """
    outer = serialized.read(sealed)
    match outer.fields:
        case {"encodedParams": bytes() as parameters, "encryptedContent": bytes() as content, "sealAlg": str() as name}:
            if outer.name not in _SEALED or name != _ALGORITHM:
                raise FormatError("a secret key is not sealed as JCEKS does it")
        case _:
            raise FormatError("a secret key is not sealed as JCEKS does it")
    plain = key_protection.triple_des_decrypt(asn1.read_exactly(parameters), content, password)
    if not plain.startswith(STREAM_HEADER):  # the padding of a wrongly decrypted key is right once in 256 times
        raise IntegrityError(key_protection.NOT_OPENED, hint=key_protection.HINT)
    match serialized.read(plain):
        case JavaObject("javax.crypto.spec.SecretKeySpec", {"algorithm": str() as algorithm, "key": bytes() as key}):
            return SecretKey(algorithm, key)
        case JavaObject(
            "java.security.KeyRep",
            {"type": "SECRET", "format": "RAW", "algorithm": str() as algorithm, "encoded": bytes() as key},
        ):
            return SecretKey(algorithm, key)
    raise FormatError("a secret key is a Java object of a class that JCEKS does not admit")


# Writing ---------------------------------------------------------------------------------------------------

_U16: Final = Struct(">H")
_U32: Final = Struct(">I")


def _text(text: str) -> bytes:
    encoded = modified_utf8.encode(text)
    if len(encoded) > 0xFFFF:
        raise FormatError(f"the algorithm {text[:32]!r}... of a secret key has too long a name")
    return _U16.pack(len(encoded)) + encoded


def _class(name: str, version: int, *fields: bytes) -> bytes:
    """A class descriptor up to its superclass; `version` is the serialVersionUID."""
    head = b"r" + _text(name) + version.to_bytes(8, "big")
    return head + b"\x02" + _U16.pack(len(fields)) + b"".join(fields) + b"x"


def _reference(handle: int) -> bytes:
    return b"q\0\x7e" + _U16.pack(handle)


def _array(described: bytes, content: bytes) -> bytes:
    return b"u" + described + _U32.pack(len(content)) + content


_BYTES: Final = _class("[B", 0xACF317F8060854E0) + b"p"
_STRING_TYPE: Final = b"t" + _text("Ljava/lang/String;")
_BYTES_TYPE: Final = b"t" + _text("[B")

# The numbers of references count classes, texts, objects and arrays in the order in which they begin.
_SEALED_HEAD: Final = b"".join(
    (
        STREAM_HEADER + b"s",
        _class("com.sun.crypto.provider.SealedObjectForKeyProtector", 0xCD57CA59E730BB53),
        _class(
            "javax.crypto.SealedObject",
            0x3E363DA6C3B75470,
            b"[" + _text("encodedParams") + _BYTES_TYPE,
            b"[" + _text("encryptedContent") + _reference(2),
            b"L" + _text("paramsAlg") + _STRING_TYPE,
            b"L" + _text("sealAlg") + _reference(3),
        ),
        b"p",
    )
)
_SPEC_HEAD: Final = b"".join(
    (
        STREAM_HEADER + b"s",
        _class(
            "javax.crypto.spec.SecretKeySpec",
            0x5B470B66E230614D,
            b"L" + _text("algorithm") + _STRING_TYPE,
            b"[" + _text("key") + _BYTES_TYPE,
        ),
        b"p",
    )
)


def seal(secret: SecretKey, password: str) -> bytes:
    """A serialized SealedObjectForKeyProtector around a SecretKeySpec, as the JDK writes it.

    Raises UsageError for a password beyond printable ASCII, which Java could not open the key with.
    """
    plain = b"".join((_SPEC_HEAD, b"t", _text(secret.algorithm), _array(_BYTES, secret.key)))
    parameters, content = key_protection.triple_des_encrypt(plain, password)
    name = b"t" + _text(_ALGORITHM)
    return b"".join((_SEALED_HEAD, _array(_BYTES, parameters), _array(_reference(5), content), name, name))

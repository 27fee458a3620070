"""One run of keytool: its options, its streams, the key store it opened, and the warnings it will end with."""

import os
from collections.abc import Mapping
from typing import Final

from truststore_tool.formats import SHORTEST_NEW_PASSWORD
from truststore_tool.model import Entry
from truststore_tool.readers.java.certificate import JavaCertificate
from truststore_tool.readers.java.plain import is_strong
from truststore_tool.shims.java.printing import block
from truststore_tool.shims.keytool import stores
from truststore_tool.shims.keytool import weak as keytool_weak
from truststore_tool.shims.keytool.console import Console
from truststore_tool.shims.keytool.errors import FILE_NOT_FOUND, GivenUpError, KeytoolError
from truststore_tool.shims.keytool.options import Options
from truststore_tool.shims.keytool.stores import PKCS12, Keystore

_CHANGING: Final = ("-changealias", "-delete", "-importcert", "-importkeystore", "-keypasswd", "-storepasswd")
_MAY_CREATE: Final = ("-importcert", "-importkeystore", "-printcert")
_STARS: Final = "*****************  WARNING WARNING WARNING  *****************\n"
_NO_INTEGRITY: Final = (
    "\n" + _STARS + "* The integrity of the information stored in {0:<15}*\n"
    "* has NOT been verified!  In order to verify its integrity, *\n"
    "* you must provide {1:<41}*\n" + _STARS + "\n"
)
# Of jdk.security.legacyAlgorithms in JDK 25 those that a secret key can be for.
_LEGACY_CIPHERS: Final = ("DES", "DESEDE", "RC2", "ARCFOUR")
# Where distributions keep the bundle that a JDK of theirs would use.
_BUNDLES: Final = ("/etc/ssl/certs/java/cacerts", "/etc/pki/java/cacerts")


def find_cacerts() -> str | None:
    """The cacerts file: JAVA_HOME's, else the distribution's, else None."""
    home = os.environ.get("JAVA_HOME")
    candidates = [os.path.join(home, "lib/security/cacerts")] if home else []
    return next((path for path in (*candidates, *_BUNDLES) if os.path.exists(path)), None)


def cacerts_path() -> str:
    """The cacerts file. Raises KeytoolError when there is none."""
    found = find_cacerts()
    if found is None:
        raise KeytoolError(
            "no cacerts keystore: set JAVA_HOME to a JDK, or install the system's Java certificates", FILE_NOT_FOUND
        )
    return found


class Session:
    """What the commands work with.

    Attributes:
        options: the command line.
        console: the standard streams.
        jdk: 17 or 25, the release whose words are used.
        properties: ``-J-D`` system properties.
        warnings: what will be said at the end, in order.
        password: of the key store, once known.
        keystore: the opened key store (for -importkeystore the destination).
        cacerts: the system's trust anchors, if asked for.
    """

    def __init__(self, options: Options, console: Console, jdk: int, properties: Mapping[str, str]) -> None:
        self.options = options
        self.console = console
        self.jdk = jdk
        self.properties = properties
        self.warnings: list[str] = []
        self.password: str | None = None
        self.cacerts: Keystore | None = None
        self._keystore: Keystore | None = None
        self._certificates: dict[bytes, JavaCertificate] = {}

    @property
    def keystore(self) -> Keystore:
        """The opened key store."""
        assert self._keystore is not None  # noqa: S101 -- commands run after `open`
        return self._keystore

    @property
    def verified(self) -> bool:
        """Whether a password vouches for what the key store holds, or none is needed."""
        return self.password is not None or self.options.protected or self.keystore.is_passwordless

    def certificate(self, der: bytes) -> JavaCertificate:
        """The certificate as the JDK sees it."""
        if der not in self._certificates:
            self._certificates[der] = JavaCertificate(der, self.jdk)
        return self._certificates[der]

    def trusts(self, certificate: JavaCertificate) -> bool:
        """Whether it is a trust anchor already, whose signature algorithm does not matter."""
        if self.cacerts is not None and self.cacerts.holder_of(certificate.der) is not None:
            return True
        return self._keystore is not None and self._keystore.trusts(certificate.der)

    def blame(self, subject: str, certificate: JavaCertificate, *, trusted: bool | None = None, link: int = 0) -> None:
        """Note what is weak about a certificate.

        `trusted` says whether it is a trust anchor, if that is known; `link` where it stands in a chain.
        """
        if is_strong(certificate.der) or not (certificate.key_verdict or certificate.signature_verdict):
            return
        trusted = self.trusts(certificate) if trusted is None else trusted
        for_itself = link == 0 and not certificate.is_authority
        self._warn(*keytool_weak.warnings(subject, certificate, blame_signature=not trusted, for_itself=for_itself))

    def blame_secret(self, subject: str, algorithm: str) -> None:
        """Note what JDK 25 calls a risk about a secret key."""
        if self.jdk >= 25 and algorithm.upper() in _LEGACY_CIPHERS:
            self._warn(f"{subject} uses the {algorithm} algorithm which is considered a security risk.")

    def _warn(self, *warnings: str) -> None:
        self.warnings += [warning for warning in dict.fromkeys(warnings) if warning not in self.warnings]

    def show(self, certificate: JavaCertificate) -> None:
        """The certificate's block on standard output."""
        self.console.out(block(certificate, trusted=self.trusts(certificate)))

    def print_warnings(self, *, before_question: bool = False) -> None:
        """Say what was noted, and forget it."""
        if self.warnings and not self.options.nowarn:
            text = "\nWarning:\n" + "".join(f"{warning}\n" for warning in self.warnings)
            self.console.err(text + ("\n" if before_question else ""))
        self.warnings.clear()

    def warn_no_integrity(self, *, source: bool = False) -> None:
        """Say, in a frame of stars, that no password was given."""
        whose = (
            ("the srckeystore", "the srckeystore password.") if source else ("your keystore", "your keystore password.")
        )
        self.console.err(_NO_INTEGRITY.format(*whose))

    def warn_jks(self) -> None:
        """Recommend PKCS12 where a JKS or JCEKS holds keys (the last thing that KeyTool does)."""
        name = self.options.keystore
        if name in (None, "NONE") or not os.path.isfile(name or ""):
            return
        try:
            new = self.options.new if self.options.command == "-storepasswd" else None
            final = stores.load(name or "", None, new or self.password, jdk=self.jdk)
        except KeytoolError:
            return
        if final.format != "pkcs12" and final.has_keys():
            self.warnings.append(
                f"The {final.format.upper()} keystore uses a proprietary format. It is recommended to migrate to "
                f'PKCS12 which is an industry standard format using "keytool -importkeystore -srckeystore {name} '
                f'-destkeystore {name} -deststoretype pkcs12".'
            )

    # Opening ----------------------------------------------------------------------------------------------

    def open(self, *, in_place: bool = False) -> None:
        """Open the key store, asking for what is missing. Raises KeytoolError and GivenUpError.

        With `in_place` a new store is begun where the file already is, as -importkeystore does into its own source.
        """
        name = self.options.keystore or ""
        memory_only = name == "NONE"
        there = not memory_only and not in_place and stores.exists(name)
        if not there and not memory_only and self.options.command not in _MAY_CREATE:
            raise KeytoolError(f"Keystore file does not exist: {name}")
        new = not there and not memory_only
        self._ask_aliases()
        self._keystore = self._load() if there else self._begin()
        if new and self.password is not None and len(self.password) < SHORTEST_NEW_PASSWORD:
            raise KeytoolError("Keystore password must be at least 6 characters")
        if self._lacks_password():
            self.password = self._ask_password(new=new)
            if there:
                self._keystore = self._load(again=True)
        self._reconcile_passwords()

    def _ask_aliases(self) -> None:
        """Ask for the aliases that -changealias and -delete cannot do without. Raises KeytoolError."""
        options = self.options
        if options.command == "-changealias" and options.dest is None:
            options.dest = self._ask_alias("destination alias")
        if options.command == "-delete" and options.alias is None:
            options.alias = self._ask_alias("alias")
            if options.alias is None:
                raise null_alias()

    def _ask_alias(self, which: str) -> str | None:
        """The alias that the user types; None at the end of the input. Raises KeytoolError for an empty one."""
        alias = self.console.line(f"Enter {which} name:  ")
        if alias == "":
            raise KeytoolError(f"Must specify {which}")
        return alias

    def _load(self, *, again: bool = False) -> Keystore:
        options = self.options
        kind = options.storetype
        if options.providername is not None:
            kind = kind or "pkcs12"
        if kind is not None:
            stores.check_type(kind, options.providername)
        probing = kind is None and not again
        return stores.load(options.keystore or "", kind, self.password, jdk=self.jdk, frames=2 if probing else 0)

    def _begin(self) -> Keystore:
        """A store that is not there yet."""
        from truststore_tool.model import TrustStore

        options = self.options
        kind = options.storetype or "pkcs12"
        stores.check_type(kind, options.providername)
        if kind.upper() == PKCS12:
            from truststore_tool.shims.keytool import pkcs12 as keytool_pkcs12

            return Keystore(options.keystore or "", kind, keytool_pkcs12.new_store(self.properties), exists=False)
        return Keystore(options.keystore or "", kind, TrustStore(format=kind.lower()), exists=False)

    def _lacks_password(self) -> bool:
        """Whether the key store has a password and none was given."""
        if self.password is not None or self.options.protected:
            return False
        if self.keystore.exists:
            return not self.keystore.is_passwordless
        if not self.keystore.is_pkcs12:
            return True
        from truststore_tool.shims.keytool import pkcs12 as keytool_pkcs12

        return not keytool_pkcs12.is_passwordless(self.properties)

    def _ask_password(self, *, new: bool) -> str | None:
        """The password that the user types, twice for a new store. Reading commands do without. Raises GivenUpError."""
        command = self.options.command
        if command not in _CHANGING:
            return None if command == "-printcert" else self.console.password("Enter keystore password:  ")
        which = "destination keystore" if command == "-importkeystore" else "keystore"
        for _ in range(3):
            password = self.console.password(f"Enter {which} password:  ")
            if password is None or len(password) < SHORTEST_NEW_PASSWORD:
                self.console.err("Keystore password is too short - must be at least 6 characters\n")
            elif new and self.console.password("Re-enter new password: ") != password:
                self.console.err("They don't match. Try again\n")
            else:
                return password
        self.console.err("Too many failures - try later\n")
        raise GivenUpError("too many failures")

    def _reconcile_passwords(self) -> None:
        """PKCS12 knows one password only: others are ignored, with a warning."""
        if self.password is None or not self.keystore.is_pkcs12:
            return
        for field in ("keypass", "destkeypass"):
            given = getattr(self.options, field)
            if given is not None and given != self.password:
                self.console.err(
                    "Warning:  Different store and key passwords not supported for PKCS12 KeyStores. "
                    f"Ignoring user-specified -{field} value.\n"
                )
                setattr(self.options, field, self.password)

    def open_cacerts(self) -> None:
        """Open the system's trust anchors."""
        self.cacerts = stores.load(str(cacerts_path()), None, None, jdk=self.jdk)


def null_alias() -> KeytoolError:
    """The exception that the real tool ends with when no alias could be read."""
    return KeytoolError(
        'Cannot invoke "String.toLowerCase(java.util.Locale)" because "alias" is null',
        "java.lang.NullPointerException",
    )


def found(keystore: Keystore, alias: str) -> Entry:
    """The entry under the alias. Raises KeytoolError when there is none."""
    entry = keystore.find(alias)
    if entry is None:
        raise KeytoolError(f"Alias <{alias}> does not exist")
    return entry

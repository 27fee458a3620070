"""A client's own certificate and key, for servers that want one."""

from typing import TYPE_CHECKING

from truststore_tool.errors import KEY_PASSWORD, IntegrityError, PasswordRequiredError, UnreadableError
from truststore_tool.nouns import field, noun

if TYPE_CHECKING:
    import ssl


@noun
class Credentials:
    """Where they are.

    Attributes:
        certificate: path of the client's certificate in PEM, with those above it.
        key: path of its key in PEM.
        password: opens the key.
    """

    certificate: str
    key: str
    password: str | None = field(default=None, repr=False)

    def arm(self, context: "ssl.SSLContext") -> None:
        """Make a context show them.

        Raises UnreadableError where they cannot be read or do not belong together, IntegrityError for a password that
        does not open the key, and PasswordRequiredError where there is none.
        """
        import ssl

        asked = False

        def ask() -> str:
            nonlocal asked
            asked = True
            return self.password or ""

        try:
            context.load_cert_chain(self.certificate, self.key, ask)
        except OSError as exc:
            if asked and self.password is None:
                raise PasswordRequiredError(f"{self.key}: the key is encrypted", remedy=KEY_PASSWORD) from exc
            if asked and isinstance(exc, ssl.SSLError):
                raise IntegrityError(f"{self.key}: the password does not open the key") from exc
            raise UnreadableError(self._trouble(exc)) from exc

    def _trouble(self, error: OSError) -> str:
        import ssl

        if isinstance(error, ssl.SSLError):
            if error.reason == "KEY_VALUES_MISMATCH":
                return f"{self.key}: is not the key of the certificate in {self.certificate}"
            return f"{self.certificate} and {self.key}: OpenSSL cannot read a certificate and its key in them"
        for path in (self.certificate, self.key):
            try:
                with open(path, "rb"):  # noqa: PTH123 -- as OpenSSL does; it does not say which one it is
                    pass
            except OSError as exc:
                return f"could not read {path}: {exc.strerror}"
        return f"could not read {self.certificate} and {self.key}: {error.strerror}"

"""Keys that stand beside certificates: found, opened, and put together with them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from truststore_tool.cli.opening import ask, reveal
from truststore_tool.cli.output import Output
from truststore_tool.errors import (
    LEAVE_KEYS,
    OTHER_KEY,
    FindingError,
    FormatError,
    IntegrityError,
    PasswordRequiredError,
    UnreadableError,
)
from truststore_tool.findings import Place, finding
from truststore_tool.model import TrustStore
from truststore_tool.operations.pairing import CALLED, OpenedKey, pair
from truststore_tool.passwords import Password
from truststore_tool.wording import counted

if TYPE_CHECKING:
    from truststore_tool.formats.private_keys import KeyBlock


class KeyRing:
    """The passwords that may open a key, in the order in which they are tried.

    Attributes:
        tried: the store's password and the key's own, and what a person said when asked.
    """

    def __init__(self, place: str, *passwords: Password | None, ask: bool) -> None:
        self.place = place
        self.tried = [password for password in passwords if password is not None]
        self._may_ask = ask

    @property
    def texts(self) -> tuple[str, ...]:
        """The passwords themselves."""
        return tuple(password.reveal() for password in self.tried)

    def opened(self, block: "KeyBlock") -> OpenedKey:
        """The key; a terminal is asked for its password if need be. Raises IntegrityError and FormatError."""
        from truststore_tool.formats import private_keys

        refusal: IntegrityError | None = None
        for password in self.tried or (None,):
            try:
                plain = private_keys.opened(block, reveal(password))
                break
            except IntegrityError as exc:
                refusal = exc
        else:
            if not self._may_ask:
                raise self._refused(refusal) from refusal
            self.tried.append(ask(f"the key in {self.place}"))
            plain = private_keys.opened(block, self.tried[-1].reveal())
        return OpenedKey(private_keys.entry(block), private_keys.public_key(plain))

    def _refused(self, refusal: IntegrityError | None) -> IntegrityError:
        if isinstance(refusal, PasswordRequiredError):
            return PasswordRequiredError(f"{self.place}: {refusal.message}", remedy=OTHER_KEY)
        return IntegrityError(
            f"{self.place}: a private key is encrypted, and the password does not open it", remedy=OTHER_KEY
        )


def with_keys(store: TrustStore, blocks: "Sequence[KeyBlock]", ring: KeyRing) -> TrustStore:
    """The store with the keys paired with their certificates (see `operations.pairing`).

    Raises PasswordRequiredError or IntegrityError for a key that no password opens, FormatError for one that cannot be
    read, and FindingError for one without its certificate.
    """
    try:
        found = pair(store, [ring.opened(block) for block in blocks])
    except FormatError as exc:
        raise exc.at(ring.place) from exc
    if found.alone:
        raise FindingError(
            f"{ring.place}: {counted(found.alone, 'private key')} without a certificate of that key",
            hint="add the certificate that was issued for the key",
            remedy=LEAVE_KEYS,
        )
    return found.store


def shown_with_keys(store: TrustStore, path: str, password: Password | None, output: Output) -> TrustStore:
    """The same for a listing: what cannot be opened or paired is left as it is, and said."""
    from truststore_tool.formats import private_keys

    if CALLED not in store.others:
        return store
    ring = KeyRing("", password, ask=False)
    opened = []
    locked = 0
    for block in private_keys.in_store(store):
        try:
            opened.append(ring.opened(block))
        except IntegrityError:
            locked += 1
        except UnreadableError as exc:
            output.warn([finding("other-content", Place(path), exc.message)])
    if locked:
        text = f"not shown with their certificates: {counted(locked, 'private key')} under another password"
        output.warn([finding("other-password", Place(path), text)])
    found = pair(store, opened)
    if found.alone:
        text = f"without a certificate of that key: {counted(found.alone, 'private key')}"
        output.warn([finding("other-content", Place(path), text)])
    return found.store

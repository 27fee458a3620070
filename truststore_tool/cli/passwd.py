"""``passwd``: another password for a store."""

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from truststore_tool.cli import completing
from truststore_tool.cli.opening import ask_for_new, reveal, writing_password
from truststore_tool.cli.options import Backup, DryRun, For, Profile, Reporting
from truststore_tool.cli.overwriting import Overwriting
from truststore_tool.cli.secrets import KeyPassword, NewPassword, StorePassword
from truststore_tool.errors import UsageError
from truststore_tool.findings import Finding, Place, finding
from truststore_tool.model import TrustStore
from truststore_tool.operations.checking import of_store
from truststore_tool.operations.listing import list_store
from truststore_tool.operations.rekeying import reseal_key, with_other_passwords
from truststore_tool.passwords import Password
from truststore_tool.render import text


def passwd_command(
    store: Annotated[Path, typer.Argument(help="The store to change.")],
    *,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Take the password away: a PKCS#12 as the cacerts of JDK 18 is.")
    ] = False,
    key_alias: Annotated[
        str | None,
        typer.Option(
            "--key-alias",
            metavar="ALIAS",
            help="Give the new password to this key of a JKS or JCEKS alone.",
            autocompletion=completing.key_aliases,
        ),
    ] = None,
    profile: Profile = None,
    readers: For = None,
    dry_run: DryRun = False,
    backup: Backup = False,
    overwriting: Overwriting,
    store_password: StorePassword,
    new_password: NewPassword,
    key_password: KeyPassword,
    output: Reporting,
) -> None:
    """Change the password of a store, or of one key in it.

    Keys of a PKCS#12 follow, as Java expects. Those of a JKS or JCEKS keep the passwords they have and are named; each
    is changed by --key-alias.

    Examples:

      truststore-tool passwd clientkeystore --password-env OLD --new-password-env NEW

      truststore-tool passwd clientkeystore --key-alias server --key-password-env OLD --new-password-env NEW

      truststore-tool passwd truststore.p12 --no-password
    """
    from truststore_tool import stores

    place = stores.present(store, manner=overwriting.manner(output), dry_run=dry_run)
    if no_password:
        if new_password.are_given or key_alias is not None or profile is not None:
            raise UsageError("--no-password leaves no password to give", hint="leave the other options out")
        if place.format != "pkcs12":
            raise UsageError(f"{store}: only a PKCS#12 can be without a password", hint="convert it first")
        profile = "passwordless"
    if key_alias is None:
        stores.require_password(place.format)
    check = partial(stores.check_new_password, place.format) if key_alias is None else _check_key_password
    old = writing_password(place, store_password.read(output))
    new = new_password.read(output)
    if new is None and profile is None:
        if not sys.stdin.isatty():
            raise UsageError(
                "no new password", hint="give --new-password-env, --new-password-file or --new-password-fd"
            )
        new = ask_for_new(str(store) if key_alias is None else f"the key {key_alias!r} in {store}", check)
    own = key_password.read(output)
    if key_alias is None and own is not None:
        raise UsageError("a key's password was given, and no key", hint="name the key with --key-alias")

    def change(present: TrustStore) -> tuple[TrustStore, None]:
        if key_alias is not None and new is not None:
            return _with_new_key_password(present, key_alias, own or old, new), None
        return present, None

    for_store = None if key_alias is not None else new
    reread, _ = stores.update_store(
        place,
        reveal(old),
        change,
        new_password=reveal(for_store),
        backup=backup,
        dry_run=dry_run,
        readers=readers,
        profile=profile,
    )
    report = list_store(reread)
    output.warn(of_store(reread, str(store)))
    output.warn(_other_keys(reread, str(store), for_store or old))
    if profile == "passwordless":
        output.talk("every Java opens it, with any password or none; nothing proves that it is as it was written")
    kept = profile if new is None or profile == "passwordless" else None
    pieces = text.rekeyed(str(store), key_alias, kept, proven=reread.integrity == "verified", dry_run=dry_run)
    output.report("passwd", report, pieces, store=str(store), dry_run=dry_run, warnings=output.messages())


def _check_key_password(password: str) -> None:
    """Raise UsageError for one that keytool would refuse."""
    from truststore_tool import formats

    if len(password) < formats.SHORTEST_NEW_PASSWORD:
        raise UsageError(
            f"the password of a key must have at least {formats.SHORTEST_NEW_PASSWORD} characters",
            hint="keytool refuses shorter ones; choose a longer password",
        )


def _with_new_key_password(store: TrustStore, alias: str, old: Password | None, new: Password) -> TrustStore:
    """The store with one of its keys under another password."""
    from truststore_tool import formats
    from truststore_tool.formats.carrying import carry_key

    _check_key_password(new.reveal())
    codec = formats.get(store.format)
    if codec.keys is None or not codec.keys.own_passwords:
        raise UsageError(f"the keys of a {codec.title} have no passwords of their own", hint="leave --key-alias out")
    known = () if old is None else (old.reveal(),)
    return reseal_key(store, alias, lambda entry: carry_key(entry, store.format, known, new.reveal()))


def _other_keys(store: TrustStore, path: str, password: Password | None) -> Iterator[Finding]:
    """The keys that the password of the store does not open."""
    from truststore_tool.formats.carrying import opens

    for alias in with_other_passwords(store, lambda entry: opens(entry, reveal(password))):
        text = "this key has another password than the store"
        yield finding("other-password", Place(path, alias), text, fix="passwd --key-alias gives it another one")

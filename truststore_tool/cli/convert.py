"""``convert``: a store or certificate into another format."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from truststore_tool.cli import completing
from truststore_tool.cli.gathering import without_unusable
from truststore_tool.cli.opening import open_for_reading, reveal, writing_password
from truststore_tool.cli.options import (
    Backup,
    DryRun,
    For,
    FormatName,
    Profile,
    Reporting,
    SkipUnreadable,
    SkipUnusable,
)
from truststore_tool.cli.overwriting import Overwriting
from truststore_tool.cli.pairing import (
    KeyRing,
    with_keys,
)
from truststore_tool.cli.secrets import KeyPassword, NewKeyPassword, NewPassword, StorePassword
from truststore_tool.cli.writing import as_stream, tell_of_older_javas, write_new
from truststore_tool.errors import FindingError, FormatError, UnreadableError, UsageError
from truststore_tool.findings import Place, finding
from truststore_tool.operations.checking import of_store
from truststore_tool.operations.converting import KEYS, PRIVATE, convert
from truststore_tool.operations.listing import distrusted
from truststore_tool.operations.pairing import CALLED
from truststore_tool.render import text


def convert_command(
    source: Annotated[str, typer.Argument(help="A file of any format, or a CApath directory; - is standard input.")],
    out: Annotated[
        str, typer.Option("-o", "--out", metavar="FILE", callback=as_stream, help="Where to; - is standard output.")
    ],
    *,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="FORMAT",
            help="der, pem, pkcs7, jks, jceks, pkcs12 or capath (default: by suffix).",
            autocompletion=completing.new_formats,
        ),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="FILE", help="Private key, in PEM or DER, of a certificate in the source."),
    ] = None,
    alias: Annotated[
        str | None, typer.Option("--alias", help="Alias of that key's entry (default: from its certificate's subject).")
    ] = None,
    certificates_only: Annotated[bool, typer.Option("--certificates-only", help="Leave keys behind.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that holds something else.")] = False,
    source_format: FormatName = None,
    skip_unreadable: SkipUnreadable = False,
    skip_unusable: SkipUnusable = False,
    readers: For = None,
    profile: Profile = None,
    dry_run: DryRun = False,
    backup: Backup = False,
    overwriting: Overwriting,
    store_password: StorePassword,
    new_password: NewPassword,
    key_password: KeyPassword,
    new_key_password: NewKeyPassword,
    output: Reporting,
) -> None:
    """Convert certificates and stores; the password is that of the source and, unless told, of the new store.

    Certificates that Java would not see in the source become entries that it sees. A private key in a PEM, or of --key,
    makes an entry with its certificate and the chain above that, in whatever order they are. Keys that are encrypted
    are opened by the store's password or their own; in the result they have the store's, and in PEM none unless told.

    Examples:

      truststore-tool convert rds-ca-2019-root.pem -o rds-ca-2019-root.der --to der

      truststore-tool convert clientkeystore.jks -o clientkeystore.p12 --to pkcs12

      truststore-tool convert fullchain.pem --key privkey.pem -o server.p12 --alias server
    """
    from truststore_tool import formats, sources, stores
    from truststore_tool.formats import private_keys
    from truststore_tool.formats.carrying import carry_key
    from truststore_tool.library import keys_of

    if to is None and out == "-":
        raise UsageError("no format for standard output", hint="give --to FORMAT")
    target = stores.new_format(out, to)
    if output.json and out == "-":
        raise UsageError("--json and a store cannot share standard output", hint="give -o FILE")
    codec = formats.get(target)
    if key is not None and (codec.keys is None or certificates_only):
        raise UsageError(f"a {codec.title} file takes no key", hint="choose a keystore format, or leave --key out")
    password = store_password.read(output)
    new = new_password.read(output)
    own = key_password.read(output)
    new_own = new_key_password.read(output)
    if new_own is not None and target == "pkcs12":
        raise UsageError(
            "the keys of a PKCS#12 have its password, as Java expects", hint="leave --new-key-password out"
        )
    opened = open_for_reading(source, password, source_format)
    if not skip_unreadable:
        try:
            sources.require_whole(opened)
        except FormatError as exc:
            raise exc.at(source) from exc
    carries = codec.keys is not None and not certificates_only
    beside = [] if key is None else keys_of(key)
    if carries:
        beside += private_keys.in_store(opened)
    if not beside:
        output.warn(of_store(opened, source))
    left_out = (*opened.unread, *distrusted(opened))
    if opened.distrusted and not (opened.entries or opened.loose):
        raise FindingError(f"{source}: holds only what is distrusted; nothing was written")
    if skip_unusable:
        opened, refused = without_unusable(opened, source, target, readers, output)
        left_out = (*left_out, *refused)
    written_under = new or password
    manner = overwriting.manner(output)
    if out != "-":
        place = stores.present(out, missing=True, manner=manner, dry_run=dry_run)
        written_under = writing_password(place, written_under, target, profile)
    secret = reveal(written_under)
    ring = KeyRing(str(key or source), password or written_under, own, ask=own is None and sys.stdin.isatty())
    if beside:
        opened = with_keys(opened, beside, ring)
        output.warn(of_store(opened, source))
    key_secret = reveal(new_own) if new_own is not None or not codec.has_password else secret
    now = datetime.now(UTC).replace(microsecond=0)
    made, report = convert(
        opened,
        target,
        created=now,
        aliased=codec.has_aliases,
        carry_key=(lambda entry: carry_key(entry, target, ring.texts, key_secret)) if carries else None,
        kinds=PRIVATE if codec.keys_beside else KEYS,
        alias=alias,
    )
    if CALLED in opened.others and not carries:
        behind = f"left behind, for {target} or --certificates-only does not take it: the private key beside them"
        output.warn([finding("left-out", Place(source), behind)])
    if opened.entries and not made.entries:
        raise UnreadableError(f"{source}: holds no certificate for a {target} store; nothing was written")
    if not made.entries:
        output.warn([finding("empty-store", Place(source), "it is an empty store, and so is the new one")])
    if report.left_behind:
        names = ", ".join(repr(alias) for alias in report.left_behind)
        behind = f"left behind, for {target} or --certificates-only does not take them: {names}"
        output.warn([finding("left-out", Place(source), behind)])
    written = write_new(
        out,
        made,
        secret,
        source=source,
        force=force,
        backup=backup,
        readers=readers,
        profile=profile,
        dry_run=dry_run,
        manner=manner,
    )
    if written and out != "-":
        tell_of_older_javas(output, out, made, secret, profile, dry_run=dry_run)
    output.warn_of_place(out)
    if any(entry.kind != "trusted" for entry in made.entries):
        output.warn_of_key(out)
        if key_secret is None:
            output.talk(f"{out}: the key in it is not encrypted; --new-key-password-env and its like encrypt it")
    pieces = text.converted(report, out, written=written, dry_run=dry_run)
    if out != "-":
        output.report("convert", report, pieces, out=out, written=written, dry_run=dry_run, left_out=left_out)
    elif dry_run:
        output.talk_of(pieces)

"""Writing a store to where the user said: a new file, or standard output."""

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from truststore_tool.cli.output import Output
from truststore_tool.errors import ExistsError, UnreadableError, UsageError
from truststore_tool.findings import Place, finding
from truststore_tool.model import Certificate, TrustStore, fold_alias
from truststore_tool.operations.comparing import compare

if TYPE_CHECKING:
    from truststore_tool.files import Manner

_STANDARD_INPUT: Final = "/dev/stdin"
_STANDARD_OUTPUT: Final = frozenset({"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"})


def as_stream(out: str) -> str:
    """What an --out names, which is ``-`` if it is standard output under whatever name."""
    return "-" if out in _STANDARD_OUTPUT else out


def write_new(
    out: str,
    store: TrustStore,
    password: str | None,
    *,
    source: str,
    force: bool,
    backup: bool = False,
    readers: Sequence[str] | None = None,
    profile: str | None = None,
    dry_run: bool = False,
    manner: "Manner | None" = None,
) -> bool:
    """Write `store`, which was made from `source`, to `out` for `readers`; ``-`` is standard input or output.

    Returns whether anything was written, or with `dry_run` would be: a file that already trusts just these certificates
    is left alone, so that a script can run again. Any other file is replaced only with `force` or `backup`. Raises
    UsageError when neither was given.
    """
    from truststore_tool import files, stores

    if out == "-":
        data = stores.encoded(store, password, readers, profile)
        if not dry_run:
            sys.stdout.buffer.write(data)
        return True
    path = Path(out)
    files.require_file(path, or_directory=True)
    there = os.path.lexists(path)
    replacing = force or backup
    if replacing or not there:
        try:
            stores.save_store(
                store,
                path,
                password,
                format=store.format,
                backup=backup and there,
                exclusive=not replacing,
                sources=made_from([source]),
                readers=readers,
                profile=profile,
                dry_run=dry_run,
                manner=manner,
            )
        except ExistsError:  # another process was quicker: it is judged as if it had been there before
            pass
        else:
            return True
    if not dry_run:
        files.settle(path, manner or files.Manner())
    if not _is_same(path, store, password):
        raise UsageError(
            f"{path} exists and holds something else", hint="--force replaces it; --backup keeps a copy of it as well"
        )
    if not dry_run:
        files.tidy(path)
    return False


def made_from(sources: Iterable[str]) -> list[str]:
    """The paths among sources as they stand on a command line: ``-`` is standard input."""
    return [_STANDARD_INPUT if source == "-" else source for source in sources]


def _is_same(path: Path, store: TrustStore, password: str | None) -> bool:
    from truststore_tool import formats, stores
    from truststore_tool.errors import TrustStoreError

    try:
        present = stores.open_plain(path, password)
    except TrustStoreError:
        return False
    if present.format != store.format or present.loose or not compare(present, store).same:
        return False
    if any(entry.kind != "trusted" for entry in store.entries) and formats.get(store.format).keys_beside:
        return stores.content_of(path) == stores.encoded(store, password, ())
    return _keys(present) == _keys(store)


def _keys(store: TrustStore) -> set[tuple[str, str, tuple[Certificate, ...]]]:
    """What tells keys apart without opening them."""
    return {(fold_alias(e.alias), e.kind, e.certificates) for e in store.entries if e.kind != "trusted"}


def tell_of_older_javas(
    output: Output,
    path: str,
    store: TrustStore,
    password: str | None,
    profile: str | None = None,
    *,
    dry_run: bool = False,
) -> None:
    """Say of a PKCS#12 that was made just now, or would be, that older Javas do not open it, if they do not."""
    from truststore_tool import readers, stores

    if store.format != "pkcs12":
        return
    try:
        content = stores.encoded(store, password, (), profile) if dry_run else stores.content_of(path)
    except UnreadableError:  # it is written, and was proved: only this word about it cannot be said
        return
    if readers.named("java8u252").read(content, password).loads is False:
        text, fix = "Java before 8u301 and 11.0.12 cannot open it", "--profile compat makes one that it can"
        output.warn([finding("cannot-open", Place(path), text, readers=("java8u252",), fix=fix, level="note")])

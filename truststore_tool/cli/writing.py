"""Writing a store to where the user said: a new file, or standard output."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from truststore_tool.errors import UsageError
from truststore_tool.model import TrustStore
from truststore_tool.operations.comparing import compare


def write_new(
    out: str,
    store: TrustStore,
    password: str | None,
    *,
    force: bool,
    backup: bool = False,
    readers: Sequence[str] | None = None,
) -> bool:
    """Write `store` to `out`, ``-`` is standard output, for `readers`. Returns whether anything was written.

    A file that already trusts just these certificates is left alone, so that a script can run again. Any other file
    is replaced only with `force` or `backup`. Raises UsageError when neither was given.
    """
    from truststore_tool import files, stores

    if out == "-":
        sys.stdout.buffer.write(stores.encoded(store, password, readers))
        return True
    path = Path(out)
    if os.path.lexists(path) and not (force or backup):
        if _is_same(path, store, password):
            files.tidy(path)
            return False
        raise UsageError(
            f"{path} exists and holds something else", hint="--force replaces it; --backup keeps a copy of it as well"
        )
    keep = backup and os.path.lexists(path)
    stores.save_store(store, path, password, format=store.format, backup=keep, readers=readers)
    return True


def _is_same(path: Path, store: TrustStore, password: str | None) -> bool:
    from truststore_tool import stores
    from truststore_tool.errors import TrustStoreError

    try:
        present = stores.open_store(path, password)
    except TrustStoreError:
        return False
    return present.format == store.format and not present.loose and compare(present, store).same

"""What lies at a path now, read once, and the store that is to be changed there."""

import os
from pathlib import Path
from typing import Final

from truststore_tool import files, formats, meant
from truststore_tool.errors import UnreadableError, UsageError
from truststore_tool.files.problems import placed
from truststore_tool.formats.base import Content
from truststore_tool.model import TrustStore
from truststore_tool.nouns import noun
from truststore_tool.stores.reading import content_at, path_of

# The words by which `sources` knows the roots of a package, and of the operating system.
_ONLY_READ: Final = {"certifi": "these roots are", "system": "these roots are", "-": "standard input is"}


@noun
class Present:
    """What lies at a path, as it was read once.

    Attributes:
        path: the path.
        content: the bytes of a file or the files of a directory; None where there is nothing.
        manner: how it is to be written.
    """

    path: Path
    content: Content | None
    manner: files.Manner

    @property
    def format(self) -> str:
        """The name of the store's format, by its content. Raises as `open_store` does."""
        with placed(self.path):
            return formats.detect(self.there()).name

    def opened(self, password: str | None = None) -> TrustStore:
        """The store, as `update_store` gives it to its `change`. Raises as `open_store` does."""
        return changeable(self.there(), self.path, password, None)

    def there(self) -> Content:
        """The content. Raises UnreadableError where there is nothing."""
        if self.content is None:
            raise UnreadableError(f"could not read {self.path}: No such file or directory", hint="check the path")
        return self.content


def present(
    path: str | os.PathLike[str],
    *,
    missing: bool = False,
    manner: files.Manner | None = None,
    dry_run: bool = False,
) -> Present:
    """What lies at `path` now, read once, to be changed in that `manner`; with `missing` also where there is nothing.

    What a killed run began to overwrite is finished first, but for a dry run.

    Raises UnreadableError; where a store may be missing, WriteError for a path at which none can be made.
    """
    target = target_of(path)
    manner = manner or files.Manner()
    if not dry_run:
        files.settle(target, manner)
    files.require_file(target, or_directory=True)
    try:
        return Present(target, content_at(target, None), manner)
    except UnreadableError as exc:
        if not missing:
            raise
        if isinstance(exc.__cause__, FileNotFoundError):
            return Present(target, None, manner)
        # A place where nothing can be written says so, and not that it cannot be read.
        files.require_place(target, manner)
        raise


def target_of(path: str | os.PathLike[str]) -> Path:
    """The path of a store that is to be changed: a word for what is only read is none, where no file is so."""
    target = path_of(path)
    if str(target) in _ONLY_READ and not os.path.lexists(target):
        what = _ONLY_READ[str(target)]
        raise UsageError(f"{target}: {what} only read", hint="for a file of that name, give its whole path")
    return target


def content_or_none(path: Path, create: str | None) -> Content | None:
    """The content, or None where there is nothing and a store may be made."""
    try:
        return content_at(path, None)
    except UnreadableError as exc:
        if create is None or not isinstance(exc.__cause__, FileNotFoundError):
            raise
        return None


def mark_of(content: Content | None) -> object:
    """Something that is equal for equal content, and small."""
    if isinstance(content, bytes):
        from hashlib import sha256

        return sha256(content).digest()
    return content


def changeable(content: Content, path: Path, password: str | None, create: str | None) -> TrustStore:
    """The store that is to be changed in place. A PEM file whose last certificate was removed is an empty one."""
    if isinstance(content, bytes) and (create == "pem" or _is_named_pem(path)):
        from truststore_tool.formats import pem

        if not content or not any(formats.get(name).detect(content) for name in formats.FILE_NAMES):
            left = pem.loads(content)
            if not left.unread and (not content or meant.recognised(content) is None):
                return left
    # A directory without hash names becomes a CApath only where that was said in so many words.
    named = not isinstance(content, bytes) and create is not None and formats.get(create).is_directory
    with placed(path):
        return formats.loads(content, password, create if named else None)


def _is_named_pem(path: Path) -> bool:
    found = formats.by_suffix(path.suffix)
    return found is not None and found.name == "pem"

"""Names beside a target: those of its lock, its temporaries, its backups and its journal."""

import os
import re
from typing import Final

# The directory for the journal, where none can be kept beside the file: for command lines that have no option for it,
# and for those that only read, which must know where one may lie.
JOURNAL_VARIABLE: Final = "TRUSTSTORE_TOOL_JOURNAL"
# How a journal begins.
JOURNAL: Final = b"truststore-tool journal 1\n"
# The attribute that a file has while it is overwritten: the path of the journal. Other names of the file, as those that
# it is mounted under into containers, have another directory beside them, and the same attribute.
MARK: Final = "user.truststore-tool.overwritten"

# Compiled by `re` when it is first asked for, as who only reads a file never asks.
_TEMPORARY: Final = r"(?s)\.(?P<stem>.+)\.[0-9a-f]{16}\.tmp"
# With what is put around it, a stem is still a name under eCryptfs, which takes 143 bytes; others take 255.
_LONGEST_STEM: Final = 120
_LONGEST_BACKUP: Final = 255 - len(".bak9999")


def lock_of(name: str) -> str:
    """The name of the lock file of a target."""
    return f".{_stem(name)}.lock"


def backup_of(name: str, number: int) -> str:
    """The name of a backup of a target, by its number from 0."""
    stem = name if len(os.fsencode(name)) <= _LONGEST_BACKUP else _stem(name)
    return f"{stem}.bak{number or ''}"


def journal_of(name: str) -> str:
    """The name of the journal of a target, beside it."""
    return f".{_stem(name)}.journal"


def journal_apart(path: str) -> str:
    """The same in a directory where targets of other directories may have theirs."""
    from hashlib import sha256

    return f".{_stem(os.path.basename(path))}.{sha256(os.fsencode(path)).hexdigest()[:16]}.journal"


def journals_of(path: str) -> list[str]:
    """The paths that the journal of a file may have, as far as is known without being told; the file is no link."""
    beside = os.path.join(os.path.dirname(path), journal_of(os.path.basename(path)))
    apart = os.environ.get(JOURNAL_VARIABLE, "")
    return [beside, os.path.join(apart, journal_apart(os.path.realpath(path)))] if os.path.isabs(apart) else [beside]


def is_temporary(name: str) -> bool:
    """Whether a file of this name is a temporary of some target."""
    return re.fullmatch(_TEMPORARY, name) is not None


def lock_beside(temporary: str) -> str:
    """The name of the lock file of the target that this is a temporary of."""
    match = re.fullmatch(_TEMPORARY, temporary)
    return f".{match['stem'] if match else temporary}.lock"


def is_temporary_of(name: str, target: str) -> bool:
    """Whether it is one of this target."""
    match = re.fullmatch(_TEMPORARY, name)
    return match is not None and match["stem"] == _stem(target)


def temporary_of(name: str) -> str:
    """A name that nobody can guess for a temporary of a target."""
    return f".{_stem(name)}.{os.urandom(8).hex()}.tmp"


def _stem(name: str) -> str:
    """What lock and temporaries of a target are called by: its name, or one made from it that leaves room."""
    if len(os.fsencode(name)) <= _LONGEST_STEM:
        return name
    from hashlib import sha256

    return f"{name[:20]}~{sha256(os.fsencode(name)).hexdigest()[:32]}"

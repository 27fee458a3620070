"""``doctor --fix``: stores are mended, all of them or none as far as that shows before the first is written."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from truststore_tool.cli.approval import Approval
from truststore_tool.cli.opening import reveal, writing_password
from truststore_tool.cli.output import Output
from truststore_tool.cli.progress import working
from truststore_tool.cli.secrets import Passwords
from truststore_tool.errors import UsageError
from truststore_tool.formats.base import Content
from truststore_tool.model import Remark
from truststore_tool.nouns import field, noun
from truststore_tool.operations.checking import at
from truststore_tool.passwords import Password
from truststore_tool.readers import mending
from truststore_tool.readers.base import Asked
from truststore_tool.readers.mending import Fixed, Mending

if TYPE_CHECKING:
    from truststore_tool.files import Manner
    from truststore_tool.stores import Present


@noun
class Treatment:
    """How stores are mended, as the options of ``doctor`` say.

    Attributes:
        approval: what was said of certificates that would become trusted.
        readers: names of readers that the stores are meant for; None for the usual ones.
        profile: how a PKCS#12 is to be protected; None for the least change.
        dry_run, backup, manner: as everywhere.
    """

    approval: Approval
    readers: Sequence[Asked] | None
    profile: str | None
    dry_run: bool
    backup: bool
    manner: "Manner"


@noun
class Outcome:
    """What became of a store.

    Attributes:
        password: the one that opens it.
        fixed: what was mended; None where there was nothing to mend.
        content: what it would be, where nothing was written; None where the file says it.
    """

    password: Password | None
    fixed: Fixed | None
    content: Content | None = field(default=None, repr=False)


def fix(paths: Sequence[str], passwords: Passwords, treatment: Treatment, output: Output) -> dict[str, Outcome]:
    """Mend stores, and say what became of each of them. Of a file that is missing or empty nothing can be made.

    Raises as `mending.mend`, `Approval` and `stores.rewrite_store` do.
    """
    if "-" in paths:
        raise UsageError("standard input cannot be mended", hint="name a file")
    from truststore_tool import stores

    now = datetime.now(UTC).replace(microsecond=0)
    every = {
        path: stores.present(path, missing=True, manner=treatment.manner, dry_run=treatment.dry_run) for path in paths
    }
    places = {path: place for path, place in every.items() if place.content}
    known = {path: writing_password(place, passwords.of_store(path)) for path, place in places.items()}
    made: dict[str, _Made] = {}
    if treatment.approval.asks or len(places) > 1:
        for path, place in places.items():
            made[path] = _mended(place, known[path], treatment, now, write=False)
            found = made[path][0]
            if treatment.approval.asks:
                treatment.approval.ask(found.fresh, path, now)
    outcomes = {}
    for path, place in places.items():
        with working(f"mending {path}", quiet=output.quiet):
            found, remarks = _mended(place, known[path], treatment, now, made.get(path), write=not treatment.dry_run)
        output.warn(at(path, remarks))
        outcomes[path] = Outcome(known[path], found.fixed, found.content if treatment.dry_run else None)
    return outcomes


# How a store is mended, and what to say of the expectations.
_Made = tuple[Mending, tuple[Remark, ...]]


def _mended(
    place: "Present",
    password: Password | None,
    treatment: Treatment,
    now: datetime,
    made: _Made | None = None,
    *,
    write: bool,
) -> _Made:
    """How a store is mended; it is written if `write` says so.

    What was `made` before of the content that was found is not made again, unless the file has changed meanwhile.
    """
    from truststore_tool import stores

    def remake(content: Content) -> tuple[bytes | None, _Made]:
        if made is not None and content is place.content:
            return made[0].content, made
        found = mending.mend(content, reveal(password), treatment.readers, treatment.profile, now)
        remarks: tuple[Remark, ...] = ()
        if found.fresh:
            every = found.store.all_certificates()
            marked = [item.certificate for item in found.store.distrusted]
            remarks = treatment.approval.check(str(place.path), every, found.fresh, marked)
        return found.content, (found, remarks)

    return stores.rewrite_store(place, remake, backup=treatment.backup, dry_run=not write)

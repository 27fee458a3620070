"""`doctor --measure`: the real programs of this machine, asked what they make of a store.

Each runs as a process with an end to its patience. A password is in its environment, and in no argument. The programs
get the path of the store, as they would have it from their users.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from truststore_tool.cli.measuring.base import NoAnswerError, Program, Store
from truststore_tool.cli.measuring.java import javas
from truststore_tool.cli.measuring.openssl import openssls
from truststore_tool.cli.measuring.scripted import nodes, pythons
from truststore_tool.readers.base import Asked
from truststore_tool.readers.examining import Subject, has_password
from truststore_tool.readers.measured import WAYS, Measured, Unmeasured, compared


def measure(subject: Subject, form: str, asked: Sequence[Asked]) -> tuple[tuple[Measured, ...], tuple[Unmeasured, ...]]:
    """What the programs of this machine make of a store of that format, and which could not be asked.

    `asked` may name further JDKs. Where the store has a password that is not at hand, nobody is asked with it.
    """
    found: list[Measured] = []
    lost: list[Unmeasured] = []
    if subject.path == "-":
        return (), (Unmeasured("every program", "standard input is no file that could be given to them"),)
    store = Store(str(Path(subject.path).absolute()), subject.content, form, subject.password)
    needs_password = subject.password is None and has_password(subject)
    for program in _programs(store, asked, lost):
        results = []
        try:
            for way in WAYS:
                if way == WAYS[0] and needs_password:
                    continue
                answer = program.ask(store, way)
                if answer is not None:
                    reading = program.reader.read(store.content, store.secret(way))
                    results.append(compared(way, answer, reading))
        except NoAnswerError as exc:
            lost.append(Unmeasured(program.name, str(exc)))
        else:
            found.append(Measured(program.name, program.reader.name, tuple(results)))
    return tuple(found), tuple(lost)


def _programs(store: Store, asked: Sequence[Asked], lost: list[Unmeasured]) -> Iterator[Program]:
    for kind in (javas(store, asked, lost), openssls(store, lost), pythons(store, lost), nodes(store, lost)):
        yield from kind

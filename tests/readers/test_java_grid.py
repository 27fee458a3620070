"""The grid: every Java makes of every store what is predicted, word for word."""

from collections import Counter
from itertools import permutations
from pathlib import Path

from tests.readers import grid
from tests.readers.cells import disagreement
from tests.readers.jvms import Answer, Jvm
from tests.readers.parsers import takes_all
from truststore_tool import formats
from truststore_tool.readers.base import Work
from truststore_tool.readers.java import keystores
from truststore_tool.readers.java.releases import Release, reads_all_of

# A MAC that keytool makes where it is asked for PBEWith<HMAC>, and that nobody can check, itself neither.
UNCHECKABLE = "PBEWithHmacSHA256"
# One store in so many is also opened with other passwords than its own.
EVERY = 6
WRITERS = ("java11.0.13", "java25.0.3")


def test_every_java_makes_of_every_store_what_is_predicted(readers: dict[str, Jvm], tmp_path: Path) -> None:
    made = grid.every([readers[name] for name in WRITERS if name in readers], tmp_path)
    found: dict[str, list[str]] = {}
    met: Counter[str] = Counter()
    for number, store in enumerate(made):
        work: Work = {}
        others = () if number % EVERY else ("wrong-one", "", None)
        for password in (store.password, *others):
            for jvm in readers.values():
                jvm.begin(store.data, password, store.storetype)
            answers: dict[Release, Answer] = {}
            for name, jvm in readers.items():
                release = Release.parse(name)
                reading = keystores.read(release, store.data, password, takes_all, storetype=store.storetype, work=work)
                answers[release] = jvm.answer()
                problem = disagreement(answers[release], reading)
                met[name] += not problem
                if problem:
                    found.setdefault(f"{store.name}, {password!r}: {problem}", []).append(name)
            for newer, older in permutations(answers, 2):
                if answers[older].loads and reads_all_of(newer, older):
                    assert answers[newer].anchors == answers[older].anchors, (store.name, password, newer, older)
    assert not found
    assert min(met.values()) > 500


def test_we_read_what_java_writes_with_every_algorithm(readers: dict[str, Jvm]) -> None:
    writer = readers[max(readers, key=Release.parse)]
    made = [store for store in grid.by_java(writer) if not store.name.endswith(UNCHECKABLE)]
    assert len(made) > 100
    for store in made:
        if store.storetype == "PKCS12":
            loaded = formats.get("pkcs12").loads(store.data, store.password)
            assert {entry.certificates[0] for entry in loaded.entries} <= set(grid.CERTIFICATES), store.name
            assert len(loaded.entries) >= 2, store.name

"""Many processes find what one finds, whatever lies where, and when one of them ends before its time."""

import os
import pickle
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.inventory.test_recall import places, scanned
from tests.inventory.trees import WRAPPINGS, every_format, pem, tarred
from truststore_tool.inventory import looking, opening
from truststore_tool.inventory import worker as working
from truststore_tool.inventory.bounds import Bounds
from truststore_tool.inventory.haul import Sharing
from truststore_tool.inventory.listing import Exclusion
from truststore_tool.inventory.looking import OPENING, Looker
from truststore_tool.inventory.nouns import Candidates, Judged
from truststore_tool.inventory.tasks import Orders
from truststore_tool.inventory.walk import Walk
from truststore_tool.inventory.worker import Worker


def names(*roots: Path, jobs: int) -> list[str]:
    """The paths of all stores, and of all that was passed over."""
    found = scanned(*roots, jobs=jobs)
    return sorted([*(str(place) for store in found.stores for place in store.places), *(s.path for s in found.skipped)])


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Deep and wide, with large archives, a layout, links, and what cannot be read; 2,000 stores."""
    for number in range(1000):
        folder = tmp_path / str(number % 7) / str(number % 11)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.pem").write_bytes(pem())
        (folder / f"{number}.txt").write_bytes(b"text")
    wide = tmp_path / "wide"
    wide.mkdir()
    for number in range(1000):
        (wide / f"{number}").write_bytes(pem("new-root.pem"))
    for number in range(5):
        (wide / f"{number}.tar").write_bytes(tarred({"x": bytes(3 << 20), **every_format()}))
    (wide / "x.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(100))
    (tmp_path / "link").symlink_to("wide")
    (tmp_path / "pipe").touch()
    (tmp_path / "pipe").unlink()
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


def test_many_find_what_one_finds(tree: Path) -> None:
    one = names(tree, jobs=1)
    assert len(one) == 2001 + 5 * len(every_format())
    assert names(tree, jobs=2) == names(tree, jobs=3) == one


def test_a_path_below_another_is_walked_over_once(tree: Path) -> None:
    assert names(tree, tree / "wide", tree / "3", tree / "wide" / "7", jobs=2) == names(tree, jobs=1)
    assert scanned(tree, tree / "wide").files == scanned(tree).files


@pytest.fixture
def deadly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks at a file of that name ends at once, as one does that takes more memory than there is."""
    real = Looker.file
    parent = os.getpid()

    def file(self: Looker, path: str, most: int | None = None) -> object:
        if path.endswith("deadly") and os.getpid() != parent:
            os._exit(9)
        return real(self, path, most)

    monkeypatch.setattr(Looker, "file", file)


@pytest.mark.usefixtures("deadly")
def test_only_the_file_of_which_a_process_ended_is_not_looked_at(tree: Path) -> None:
    whole = names(tree, jobs=1)
    for place in ("wide/z-deadly", "wide/y-deadly"):
        (tree / place).write_bytes(pem())
    found = scanned(tree, jobs=2)
    assert {(skipped.path, skipped.why.partition(":")[0]) for skipped in found.skipped} >= {
        (str(tree / "wide/z-deadly"), "was not looked at"),
        (str(tree / "wide/y-deadly"), "was not looked at"),
    }
    assert names(tree, jobs=2) == sorted([*whole, str(tree / "wide/z-deadly"), str(tree / "wide/y-deadly")])
    assert set(places(found, tree)) >= {"wide/999", "3/4/983.pem"}


def test_a_batch_is_left_when_enough_is_done(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that no process is at a large folder alone, nor at many archives, while others have nothing to do."""
    monkeypatch.setattr(working, "_BATCH", 10 * OPENING)
    worker = Worker(Orders(Bounds(), Candidates(), datetime.now(UTC)), Exclusion(()))
    walk = Walk([str(tree / "wide")])
    first = worker.do(walk.next(2))
    assert first.haul.files < 10
    walk.take(first)
    assert sum(len(task.names or ()) for task in first.rest) == 1006 - first.haul.files
    alone = [task.names for task in first.rest if task.alone]
    assert alone[0] == ("0.tar",)
    assert [[task.names for task in walk.next(2)] for _ in alone] == [[names] for names in alone]


def test_an_archive_that_is_small_is_no_task_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "x.war").write_bytes(WRAPPINGS["war"](pem())[0])
    brought = Worker(Orders(Bounds(), Candidates(), datetime.now(UTC)), Exclusion(())).do(Walk([str(tmp_path)]).next(2))
    assert (len(brought.haul.judged), brought.rest) == (1, [])


def test_a_process_of_its_own_takes_all_that_it_needs_when_it_cannot_be_forked(tree: Path) -> None:
    """Where there are threads it is started anew, and given everything."""
    script = (
        "import sys, threading\n"
        "from tests.inventory.test_crew import names\n"
        "from pathlib import Path\n"
        "if __name__ == '__main__':\n"
        "    threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
        "    print(len(names(Path(sys.argv[1]), jobs=2)))\n"
    )
    path = tree.parent / "spawning.py"
    path.write_text(script)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, path, tree], capture_output=True, text=True, check=True, timeout=120, env=environment
    )
    assert int(done.stdout) == len(names(tree, jobs=1))


def test_what_the_kernel_shows_of_itself_is_no_file_of_anybody_and_named() -> None:
    """Some of it waits for ever, or changes something, when it is read; by proc_pid_mountinfo(5) it is known."""
    found = scanned(Path("/proc/self"), Path("/sys"))
    assert {skipped.path: "kernel" in skipped.why for skipped in found.skipped} == {"/proc/self": True, "/sys": True}
    assert (found.files, found.unreadable) == (0, ())


def test_the_same_certificates_are_once_in_memory(tmp_path: Path) -> None:
    """Stores that differ, in so many files and processes, hold the very same objects."""
    for number in range(40):
        (tmp_path / f"{number}.pem").write_bytes(pem() + b"\n" * number)
    for jobs in (1, 2):
        found = scanned(tmp_path, jobs=jobs)
        assert len(found.stores) == 40
        assert len({id(held) for store in found.stores for held in store.certificates}) == 1


def test_what_another_process_brings_is_shared(tmp_path: Path) -> None:
    sharing, hauls = Sharing(), []
    (tmp_path / "a.pem").write_bytes(pem())
    (tmp_path / "b.pem").write_bytes(pem() + pem("new-root.pem"))
    for name in ("a.pem", "b.pem"):
        looker = Looker(Orders(Bounds(), Candidates(), datetime.now(UTC)))
        haul = pickle.loads(pickle.dumps(looker.file(str(tmp_path / name))))  # noqa: S301 -- our own
        before = list(haul.judged.values())
        sharing.share(haul)
        assert list(haul.judged.values()) == before
        hauls.append(haul)
    (one,), (other, new) = (next(iter(each.judged.values())).certificates for each in hauls)
    assert one is other
    assert one.certificate is other.certificate is not new.certificate


def test_what_is_remembered_of_stores_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the certificates in them; what is not remembered is judged again."""
    monkeypatch.setattr(looking, "_MOST_REMEMBERED", 10)
    judged: list[bytes] = []
    judge = opening.judge

    def counting(data: bytes, *args: Any) -> Judged | None:
        judged.append(data)
        return judge(data, *args)

    monkeypatch.setattr(opening, "judge", counting)
    looker = Looker(Orders(Bounds(), Candidates(), datetime.now(UTC)))
    for number in (*range(8), 0, 7, 6):
        path = tmp_path / f"{number}.pem"
        path.write_bytes(pem() + b"\n" * number)  # two each: the store, and its certificate
        assert looker.file(str(path)).items  # type: ignore[union-attr]
    sizes = [data.count(b"\n") - judged[0].count(b"\n") for data in judged]
    assert sizes == [*range(8), 0]

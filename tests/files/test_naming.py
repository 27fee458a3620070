"""Names as long as the file system takes: those beside them are shorter."""

import os
from pathlib import Path

import pytest

from tests.files.processes import answer, names, python
from truststore_tool import files
from truststore_tool.errors import WriteError
from truststore_tool.files import naming

LONG = [
    *("n" * length for length in (120, 121, 228, 229, 247, 248, 251, 255)),
    "é" * 127,
    "\U0001f512" * 63,
    "\udcff" * 255,
]


@pytest.mark.parametrize("name", LONG, ids=lambda name: f"{len(os.fsencode(name))} bytes")
def test_a_name_may_be_as_long_as_the_file_system_takes(tmp_path: Path, name: str) -> None:
    store = tmp_path / name
    for number in range(3):
        with files.locked(store):
            assert len(names(tmp_path)) == (number > 0) + max(number - 1, 0) + 1  # the store, backups, the lock
            with pytest.raises(WriteError, match="another process"), files.locked(store, files.Manner(lock_timeout=0)):
                pytest.fail("two held the lock")
            saved = files.replace(store, b"%d" % number, backup=True)
        assert (saved is None) == (number == 0)
        if saved:
            assert saved.read_bytes() == b"%d" % (number - 1)
    assert store.read_bytes() == b"2"
    assert len(names(tmp_path)) == 3


@pytest.mark.parametrize("name", LONG, ids=lambda name: f"{len(os.fsencode(name))} bytes")
def test_so_may_that_of_a_directory(tmp_path: Path, name: str) -> None:
    certs = tmp_path / name
    with files.locked(certs):
        files.update_directory(certs, {}, {name: b"new"})
        files.update_directory(certs, {name: b"new"}, {name: b"newer"}, backup=True)
    assert files.read_directory(certs) == {name: b"newer"}
    assert len(names(tmp_path)) == 2


def test_what_a_killed_run_left_of_a_long_name_goes_and_what_others_left_stays(tmp_path: Path) -> None:
    store, twin = tmp_path / ("n" * 255), tmp_path / ("n" * 254 + "m")
    code = """
        from truststore_tool.files import temporaries
        folder, name = os.open(sys.argv[1], 0), sys.argv[2]
        with files.locked(Path(sys.argv[1], name)), temporaries.temporary(folder, name, b"half", None):
            os._exit(0)
    """
    for path in (store, twin):
        answer(python(code, tmp_path, path.name))
    assert len(names(tmp_path)) == 4
    files.tidy(store)
    assert len(names(tmp_path)) == 2
    with files.locked(twin):
        pass
    assert names(tmp_path) == []


def test_it_is_a_name_under_file_systems_that_take_143_bytes() -> None:
    for name in LONG:
        for made in (naming.lock_of(name), naming.temporary_of(name)):
            assert len(os.fsencode(made)) <= 143

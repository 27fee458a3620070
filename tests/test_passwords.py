"""Where passwords come from, with real files, descriptors and terminals."""

import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.realtools import need_terminals
from truststore_tool import passwords
from truststore_tool.errors import UnreadableError, UsageError
from truststore_tool.passwords import Password, from_descriptor, from_environment, from_file, resolve

SECRET = "geheim-Üß\U0001f511"


@pytest.fixture(autouse=True)
def no_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRUSTSTORE_PASSWORD", raising=False)


def piped(data: bytes) -> int:
    """The read end of a pipe that holds `data`."""
    reader, writer = os.pipe()
    os.write(writer, data)
    os.close(writer)
    return reader


def test_no_representation_shows_it() -> None:
    password = Password(SECRET)
    assert password.reveal() == SECRET
    assert not any(SECRET in text for text in (repr(password), str(password), f"{password!r:>99}", f"{[password]}"))


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE_PASS", SECRET)
    assert from_environment("STORE_PASS").reveal() == SECRET
    monkeypatch.setenv("STORE_PASS", "")
    assert from_environment("STORE_PASS").reveal() == ""
    with pytest.raises(UsageError, match="NO_SUCH_VARIABLE is not set"):
        from_environment("NO_SUCH_VARIABLE")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (SECRET.encode(), SECRET),
        (f"{SECRET}\n".encode(), SECRET),
        (f"{SECRET}\r\nsecond line\n".encode(), SECRET),
        (f"{SECRET}\rsecond line".encode(), SECRET),
        (b" blanks stay \n", " blanks stay "),
        (b"\n", ""),
        (b"\nsecond line", ""),
    ],
)
def test_the_first_line_of_a_file_or_descriptor(tmp_path: Path, content: bytes, expected: str) -> None:
    (tmp_path / "password").write_bytes(content)
    assert from_file(tmp_path / "password").reveal() == expected
    reader = piped(content)
    try:
        assert from_descriptor(reader).reveal() == expected
    finally:
        os.close(reader)


def test_what_follows_the_line_stays_in_the_pipe() -> None:
    reader = piped(b"password\n-----BEGIN CERTIFICATE-----\n")
    try:
        assert from_descriptor(reader).reveal() == "password"
        assert os.read(reader, 100) == b"-----BEGIN CERTIFICATE-----\n"
    finally:
        os.close(reader)


def test_files_that_give_none(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "long").write_bytes(b"x" * 100_000)
    for name, kind, reason in [
        ("missing", UnreadableError, "No such file"),
        (".", UnreadableError, "Is a directory"),
        ("nul\0", UnreadableError, "null"),
        ("empty", UsageError, "is empty"),
        ("long", UsageError, "more than 65536 bytes"),
    ]:
        with pytest.raises(kind, match=reason):
            from_file(tmp_path / name)
    with pytest.raises(UsageError, match="more than 65536 bytes"):
        from_file(Path("/dev/zero"))


@pytest.mark.parametrize("descriptor", [-1, 999, 1 << 70])
def test_a_descriptor_that_is_not_open(descriptor: int) -> None:
    with pytest.raises(UnreadableError, match=f"file descriptor {descriptor}") as caught:
        from_descriptor(descriptor)
    assert caught.value.hint


def test_what_is_not_utf8_is_refused_and_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "password").write_bytes(b"geheim\xff\n")
    monkeypatch.setenv("STORE_PASS", "geheim\udcff")
    sources: list[Callable[[], Password]] = [
        lambda: from_file(tmp_path / "password"),
        lambda: from_environment("STORE_PASS"),
    ]
    for source in sources:
        with pytest.raises(UsageError, match="not UTF-8") as caught:
            source()
        assert "geheim" not in "".join(traceback.format_exception(caught.value, chain=True))
        assert caught.value.__context__ is None
        assert caught.value.__cause__ is None


def test_one_source_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "password").write_text("of the file")
    monkeypatch.setenv("STORE_PASS", "of the variable")
    reader = piped(b"of the descriptor")
    assert resolve(None, None, None) is None
    assert resolve("STORE_PASS", None, None) == Password("of the variable")
    assert resolve(None, tmp_path / "password", None) == Password("of the file")
    for env, file, fd, options in [
        ("STORE_PASS", tmp_path / "password", None, "env and file"),
        ("STORE_PASS", None, reader, "env and fd"),
        (None, tmp_path / "password", 0, "file and fd"),
    ]:
        with pytest.raises(UsageError, match=f"{options} exclude each other"):
            resolve(env, file, fd)
    with pytest.raises(UsageError, match="--new-env and --new-fd"):
        resolve("STORE_PASS", None, reader, names=("--new-env", "--new-file", "--new-fd"))
    assert resolve(None, None, reader) == Password("of the descriptor")
    os.close(reader)


def test_the_default_variable_is_the_last_resort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTSTORE_PASSWORD", "by default")
    (tmp_path / "password").write_text("of the file")
    assert resolve(None, None, None) == Password("by default")
    assert resolve(None, None, None, default=None) is None
    assert resolve(None, tmp_path / "password", None) == Password("of the file")
    with pytest.raises(UsageError, match="NO_SUCH_VARIABLE"):
        resolve("NO_SUCH_VARIABLE", None, None)


ASK = """
import os, sys
os.open(sys.argv[1], os.O_RDWR)  # the first terminal that the leader of a session opens becomes its own
from truststore_tool import errors, passwords
try:
    def check(password):
        if len(password) < 6:
            raise errors.UsageError("too short")
    label = "new password for store"
    twice = sys.argv[2] == "twice"
    got = passwords.prompt_for_new(label, check, lambda said: os.write(2, f"[{said}]".encode()))\
        if twice else passwords.prompt(label)
    print(got.reveal().encode())
except errors.UsageError as exc:
    print("refused:", exc.message)
"""


def ask(answers: list[bytes], times: str) -> tuple[str, bytes]:
    """What `prompt` came to on a terminal on which `answers` were typed, and what the terminal showed."""
    need_terminals()
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", ASK, os.ttyname(theirs), times],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    shown = b""
    for number, line in enumerate(answers, start=1):
        while shown.count(b": ") < number:
            shown += os.read(ours, 1000)
        os.write(ours, line)
    out, _ = process.communicate(timeout=300)
    os.close(theirs)
    os.close(ours)
    return out.decode().strip(), shown


def test_a_terminal_is_asked_without_echo() -> None:
    told, shown = ask([f"{SECRET}\n".encode()], "once")
    assert told == repr(SECRET.encode())
    assert shown.startswith(b"New password for store: ")
    assert SECRET.encode() not in shown


def test_a_new_password_is_asked_for_until_two_agree() -> None:
    told, shown = ask([b"first one\n", b"other one\n", b"the same\n", b"the same\n"], "twice")
    assert told == "b'the same'"
    assert b"again: " in shown
    told, _ = ask([b"number %d\n" % number for number in range(6)], "twice")
    assert told == "refused: new password for store: the two never agreed"


def test_a_new_password_that_will_not_do_is_not_asked_for_again() -> None:
    told, shown = ask([b"short\n", b"the same\n", b"the same\n"], "twice")
    assert (told, shown.count(b"again: ")) == ("b'the same'", 1)
    told, shown = ask([b"1\n", b"2\n", b"3\n"], "twice")
    assert (told, shown.count(b"again: ")) == ("refused: too short", 0)


def test_the_end_of_input_is_no_password() -> None:
    told, _ = ask([b"\x04"], "once")
    assert told == "refused: no new password for store was entered"


def test_no_terminal_is_an_error_even_if_standard_input_has_something() -> None:
    code = ASK.replace("os.open(sys.argv[1], os.O_RDWR)", "")
    done = subprocess.run(
        [sys.executable, "-c", code, "", "once"],
        input=b"password\n",
        capture_output=True,
        start_new_session=True,
        timeout=300,
        check=True,
    )
    assert done.stdout == b"refused: no terminal to ask for the new password for store\n"
    assert done.stderr == b""


def test_the_default_variable_has_the_documented_name() -> None:
    assert passwords.DEFAULT_VARIABLE == "TRUSTSTORE_PASSWORD"

"""What is asked at a terminal, what is said there, and what is said before anything is asked."""

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.harness import Tool, at_terminal, process
from tests.samples import amazon, own

ROOT = own("old-root.pem")
ENV = {"TRUSTSTORE_PASSWORD": "changeit"}


def lines(shown: str) -> list[str]:
    return shown.replace("\r", "").splitlines()


@pytest.mark.parametrize("words", [["import", "new.p12", ROOT, "--yes"], ["convert", ROOT, "-o", "new.p12"]])
def test_a_password_that_is_too_short_is_said_to_be_at_once(tmp_path: Path, words: list[str]) -> None:
    answers = [("New password for new.p12: ", "abc"), ("New password for new.p12: ", "secret1"), ("again: ", "secret1")]
    done = at_terminal(words, answers, tmp_path)
    assert done.code == 0
    assert "at least 6 characters" in done.out
    assert done.out.count("again: ") == 1
    assert process("list", "new.p12", env={"TRUSTSTORE_PASSWORD": "secret1"}, cwd=tmp_path).code == 0


def test_what_java_does_not_take_either(tmp_path: Path) -> None:
    answers = [("New password", "p\u00e4ssw\u00f6rter"), ("New password", "secret1"), ("again: ", "secret1")]
    assert at_terminal(["import", "new.p12", ROOT, "--yes"], answers, tmp_path).code == 0


def test_two_that_differ_are_said_to_and_asked_for_again_three_times(tmp_path: Path) -> None:
    twice = [("New password", "secret1"), ("again: ", "secret2"), ("New password", "secret3"), ("again: ", "secret3")]
    assert at_terminal(["import", "new.jks", ROOT, "--yes"], twice, tmp_path).code == 0
    assert process("list", "new.jks", env={"TRUSTSTORE_PASSWORD": "secret3"}, cwd=tmp_path).code == 0
    thrice = [(prompt, f"secret{n}") for n, prompt in enumerate(["New password", "again: "] * 3)]
    done = at_terminal(["import", "other.jks", ROOT, "--yes"], thrice, tmp_path)
    assert (done.code, done.out.count("the two differ")) == (2, 2)
    assert "the two never agreed" in done.out
    assert not (tmp_path / "other.jks").exists()


def test_passwd_asks_for_a_password_that_will_do(tmp_path: Path) -> None:
    assert process("import", "a.jks", ROOT, "--yes", env=ENV, cwd=tmp_path).code == 0
    answers = [("Password for a.jks: ", "changeit"), ("New password for a.jks: ", "abc")]
    answers += [("New password for a.jks: ", "secret1"), ("again: ", "secret1")]
    assert at_terminal(["passwd", "a.jks"], answers, tmp_path).code == 0
    assert process("list", "a.jks", env={"TRUSTSTORE_PASSWORD": "secret1"}, cwd=tmp_path).code == 0


def test_what_is_not_there_or_has_none_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    done = at_terminal(["passwd", "nosuch.jks"], [], tmp_path)
    assert (done.code, lines(done.out)[0]) == (3, "error: could not read nosuch.jks: No such file or directory")
    (tmp_path / "a.pem").write_bytes(ROOT.read_bytes())
    done = at_terminal(["passwd", "a.pem"], [], tmp_path)
    assert (done.code, "has no password to change" in done.out) == (2, True)
    for words in (["remove", "nosuch.jks", "--alias", "a"], ["rename", "nosuch.jks", "a", "b"], ["list", "nosuch.jks"]):
        done = at_terminal(words, [], tmp_path)
        assert (done.code, "No such file" in done.out) == (3, True)


@pytest.mark.parametrize(
    ("words", "env", "prompt"),
    [
        (["import", "new.jks", ROOT, "--yes"], {}, "New password for new.jks: "),
        (["import", "new.jks", ROOT], ENV, "[y/N]: "),
        (["passwd", "a.jks"], {}, "Password for a.jks: "),
        (["passwd", "a.jks"], ENV, "New password for a.jks: "),
        (["list", "a.p12"], {}, "Password for a.p12: "),
    ],
)
def test_ctrl_c_at_a_prompt(tmp_path: Path, words: list[str | Path], env: dict[str, str], prompt: str) -> None:
    for name in ("a.jks", "a.p12"):
        assert process("import", name, ROOT, "--yes", env=ENV, cwd=tmp_path).code == 0
    done = at_terminal(words, [(prompt, "\x03")], tmp_path, env=env)
    assert done.code == 130
    assert lines(done.out)[-1] == "error: interrupted"
    assert not (tmp_path / "new.jks").exists()


ENTRIES = {
    "no such alias to list": ("list", "a.jks", "--alias", "nosuch"),
    "no such alias to export": ("export", "a.jks", "--alias", "nosuch"),
    "no such alias to remove": ("remove", "a.jks", "--alias", "nosuch"),
    "one of two to remove": ("remove", "a.jks", "--alias", "b", "--alias", "nosuch"),
    "no such alias to rename": ("rename", "a.jks", "nosuch", "c"),
    "a new alias that is taken": ("rename", "a.jks", "b", "c"),
    "no such key": ("passwd", "a.jks", "--key-alias", "nosuch", "--new-password-env", "TRUSTSTORE_PASSWORD"),
    "no key": ("passwd", "a.jks", "--key-alias", "b", "--new-password-env", "TRUSTSTORE_PASSWORD"),
    "no such fingerprint to export": ("export", "a.jks", "--fingerprint", "00" * 32),
    "no such fingerprint to remove": ("remove", "a.jks", "--fingerprint", "00" * 32),
    "a key to remove": ("remove", "keys.jks", "--alias", "server"),
    "a key in the way": ("import", "keys.jks", ROOT, "--alias", "server", "--replace", "--yes"),
    "no aliases": ("rename", "a.pem", "old-root", "c"),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_every_error_about_an_entry_says_to_list_the_store(tool: Tool, name: str) -> None:
    for alias, source in (("b", ROOT), ("c", own("new-root.pem"))):
        assert tool("import", "a.jks", source, "--alias", alias, "--yes").code == 0
    words = ("-o", "keys.jks", "--alias", "server")
    assert tool("convert", own("new-chain.pem"), "--key", own("new-server.key"), *words).code == 0
    Path("a.pem").write_bytes(ROOT.read_bytes())
    done = tool(*ENTRIES[name])
    assert done.code in (1, 2), done.err
    assert "hint: list the store to see its entries" in done.err


def test_a_snippet_for_what_there_is_none(tool: Tool) -> None:
    for more in ((), ("--bundle", "nosuch.pem"), ("--bundle", str(amazon("rds-ca-2019-root.pem")))):
        done = tool("postgres", "snippet", "kafka", *more)
        assert (done.code, done.err.splitlines()[0]) == (2, "error: no snippet for 'kafka'")
        assert all(name in done.err for name in ("psql", "jdbc", "pgbouncer", "django", "node-postgres"))


@pytest.fixture(params=["OpenSSL", "a proxy that closes"])
def tls_at_once(request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of a server that begins with TLS at once."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own("new-chain.pem"), own("new-server.key"))

    def answer(client: socket.socket) -> None:
        with client:
            try:
                if request.param == "OpenSSL" or client.recv(1, socket.MSG_PEEK) == b"\x16":
                    with context.wrap_socket(client, server_side=True) as tls:
                        tls.recv(1)
            except OSError:
                pass

    def serve() -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(client,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]


def test_a_server_that_begins_with_tls_at_once(tool: Tool, tls_at_once: int) -> None:
    done = tool("postgres", "probe", f"127.0.0.1:{tls_at_once}")
    assert done.code == 3
    assert "give --direct or --tls" in done.err
    assert tool("postgres", "probe", f"127.0.0.1:{tls_at_once}", "--tls").code == 0
    words = ("--next", own("new-root.pem"), "--bundle", own("new-root.pem"))
    assert "--tls" in tool("postgres", "rotation", "--current", f"127.0.0.1:{tls_at_once}", *words).err
    dsn = f"host=127.0.0.1 port={tls_at_once} user=a dbname=b sslmode=require"
    done = tool("postgres", "sessions", dsn)
    assert (done.code, "sslnegotiation=direct" in done.err) == (3, True)
    assert "ask the server behind it" in tool("postgres", "sessions", f"{dsn} sslnegotiation=direct").err

"""A password stands in a connection string, where it belongs or anywhere else: nothing that comes out shows it."""

import random
import re
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from tests.cli.harness import Tool
from tests.samples import own
from truststore_tool.errors import TrustStoreError
from truststore_tool.postgres import explain
from truststore_tool.postgres.settings import Surroundings

HEAD, TAIL = "xyzzy", "Q7plugh"  # words of no message; what stands between them is what breaks a connection string
SECRETS = [f"{HEAD}{between}{TAIL}" for between in ("", *"@/;:=?#&,+%'\"\\ []{}", "@@", "%40", "%zz", "\n")]
# S stands for the password.
STRINGS = """
host=h password=S
host=h password = S sslmode=require
host=h password='S'
host=h password='S
host=h 'password=S'
host=h password='S' more
host=h sslpassword=S sslkey=/k sslmode=require
host=h passwrod=S
host=h pwd=S
host=h PASSWORD=S
host=h;password=S
host=h,password=S
host=h&password=S
host=h\\ password=S
host="h" password="S"
password=S;host=h
password=S,host=h
Host=h;Port=5432;Password=S;Database=d
Server=h;User Id=u;Password=S
Driver={PostgreSQL};Server=h;Uid=u;Pwd=S
host=h sslmode=require;password=S
host=h sslmode= password=S
host=h sslmode=require,password=S
host=h port=5432;password=S
host=h port= password=S
host=h user=u:S@h2
host=u:S@h
hostaddr=u:S@127.0.0.1
service=postgresql://u:S@h
service=x;password=S
host=h sslrootcert=/r;password=S
host=h sslrootcert=/r?password=S
host=h sslrootcert= password=S
host=h channel_binding= password=S
host=h connect_timeout= password=S
password S host=h
password: S
postgresql://u:S@h/d
postgres://u:S@h:1/d?sslmode=verify-full
postgresql://:S@h
postgresql://u:S@h:x/d
postgresql://u:S@h:99999/d
postgresql://u:S@h/d?x
postgresql://u:S@h/d?x=y=z
postgresql://u:S@h/d?sslmode=maybe
postgresql://u:S@[::1/d
postgresql://u:S@h,h2:1/d
postgresql://u:S@h%zz/d
postgresql://u:S@
postgresql://h/d?password=S
postgresql://h/d?user=u&password=S&sslmode
postgresql://h/d?user=u;password=S
postgresql://h/d?sslmode=require;password=S
postgresql://h/d?sslrootcert=/r;password=S
postgresql://h/d?sslrootcert=/r%3Bpassword%3DS
postgresql://h;password=S/d
postgresql://h:5432;password=S/d
postgresql:/u:S@h/d
postgresql:u:S@h/d
postgresql+psycopg://u:S@h/d
PostgreSQL://u:S@h/d
pgsql://u:S@h/d
http://u:S@h/d
//u:S@h/d
u:S@h
u:S@h/d
u:S@h:5432/d
jdbc:postgresql://u:S@h/d
jdbc:postgresql://h/d?user=u&password=S
jdbc:postgresql://h/d?ssl=true&user=u&password=S
jdbc:postgresql://h/d?user=u;password=S
jdbc:postgresql://h/d;password=S
jdbc:postgresql://h;password=S/d
jdbc:postgresql://h:5432;password=S/d
jdbc:postgresql://h:5432,password=S/d
jdbc:postgresql:u:S@h
jdbc:postgresql:d;password=S
jdbc:postgresql://h/d?sslmode=verify-full;password=S
jdbc:postgresql://h/d?ssl=true&sslrootcert=/r;password=S
jdbc:postgresql://h/d?ssl=true&sslkey=/k&sslpassword=S
jdbc:postgresql://h/d?password%3DS
jdbc:postgresql://h/d?ssl=true&trustStorePassword=S
jdbc:postgresql://h/d?sslmode=require&sslfactory=org.postgresql.ssl.SingleCertValidatingFactory&sslfactoryarg=password=S
JDBC:postgresql://u:S@h/d
jdbc:mysql://u:S@h/d
postgresql+asyncpg://u:S@h/d?ssl=require
postgresql+asyncpg://u:S@h/d?sslmode=require
postgresql+asyncpg://h/d?ssl=S
postgresql+pg8000://u:S@h/d
postgresql+pg8000://u:p?S=x@h/d
postgresql+psycopg2://u:S@h/d?sslmode=require&password=S
postgresql+S://h/d
postgres://u:S@h/d?ssl=S&sslmode=S
postgres://u:S@h/d?sslrootcert=S;S
Host=h;SSL Mode=S;Password=S
Host=S;Port=S;SSL Mode=Require
{"ENGINE": "django.db.backends.postgresql", "NAME": "d", "HOST": "h", "PASSWORD": "S"}
{'ENGINE': 'django.db.backends.postgresql', 'NAME': 'd', 'OPTIONS': {'sslmode': 'S', 'password': 'S'}}
{'ENGINE': 'django.db.backends.postgresql', 'NAME': 'd', 'OPTIONS': {'sslmode': 'require', 'S': 'x'}}
""".strip().split("\n")
# Where no password stands: only what explains them reads these as more than a path or a word.
MISPLACED = {"Host=S;Port=S;SSL Mode=Require", "postgresql+S://h/d", STRINGS[-1]}
STRUCTURE = ":/@?&=;,'\"\\%[] "
NEW = str(own("new-root.pem"))
COMMANDS = [
    "explain DSN",
    "explain DSN --json",
    "probe DSN --timeout 1",
    "probe 127.0.0.1:1 --store DSN",
    "probe 127.0.0.1:1 --bundle DSN",
    "probe 127.0.0.1:1 --expect-ca DSN",
    "rotation --current DSN --next NEW --bundle NEW --timeout 1",
    "rotation --current NEW --next DSN --bundle NEW",
    "rotation --current NEW --next NEW --store DSN",
    "snippet DSN --bundle NEW",
    "snippet psql --bundle DSN",
    "snippet jdbc --store DSN",
    "snippet psql --bundle NEW --host DSN",
    "snippet libpq --bundle NEW --user DSN",
    "snippet env --bundle NEW --dbname DSN --json",
    "snippet env --bundle NEW --port DSN",
]


def clean(text: str, about: object) -> None:
    shown = re.findall(f"{HEAD}|{TAIL}", text, re.IGNORECASE)
    assert not shown, (about, text)


def mutants(count: int, seed: int) -> list[str]:
    """Connection strings of all kinds with a character more, less or twice, and passwords of all kinds in them."""
    chance = random.Random(seed)  # noqa: S311 -- the same ones each time
    found = []
    for _ in range(count):
        text = chance.choice(STRINGS)
        for _ in range(chance.randrange(3)):
            place = chance.randrange(len(text) + 1)
            if "S" not in text[place : place + 1]:
                text = (
                    text[:place] + chance.choice(["", chance.choice(STRUCTURE)]) + text[place + chance.randrange(2) :]
                )
        if chance.random() < 0.1:
            text = f"{text} {chance.choice(STRINGS)}"
        found.append(filled(text, chance.choice([*SECRETS, quote(SECRETS[1]), quote_plus(SECRETS[2], safe="")])))
    return found


def filled(text: str, secret: str) -> str:
    """With the password where S stands for it, which is no letter of a word."""
    return re.sub(r"(?<![A-Za-z])S(?![A-Za-z])", lambda _: secret, text)


@pytest.mark.parametrize("number", range(len(COMMANDS)), ids=COMMANDS)
def test_no_command_shows_it(tool: Tool, number: int) -> None:
    misplaced = set() if COMMANDS[number].startswith("explain") else MISPLACED
    for turn, string in enumerate(string for string in STRINGS if string not in misplaced):
        dsn = filled(string, SECRETS[(turn + number) % 5])
        done = tool("postgres", *({"DSN": dsn, "NEW": NEW}.get(word, word) for word in COMMANDS[number].split()))
        assert done.code in (0, 1, 2, 3, 4), done.err
        clean(done.out + done.err, dsn)


@pytest.mark.parametrize("string", STRINGS[::6])
def test_sessions_shows_it_as_little(tool: Tool, string: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "2")
    done = tool("postgres", "sessions", filled(string, SECRETS[1]), "--timeout", "0.5")
    assert done.code in (2, 3), done.err
    clean(done.out + done.err, string)


@pytest.mark.parametrize("seed", range(8))
def test_no_mutant_of_a_connection_string_makes_explain_show_it(seed: int, tool: Tool, tmp_path: Path) -> None:
    around = Surroundings({}, str(tmp_path))
    chance = random.Random(seed)  # noqa: S311
    for dsn in mutants(800, seed):
        try:
            report = explain.explain(dsn, around)
        except TrustStoreError as error:
            clean(f"{error.message} {error.hint} {error!r}", dsn)
        else:
            clean(repr(report), dsn)
            clean(repr(explain.read(dsn)), dsn)
        client = chance.choice(explain.CLIENTS)
        try:
            clean(repr(explain.explain(dsn, around, client)), (client, dsn))
        except TrustStoreError as error:
            clean(f"{error.message} {error.hint} {error!r}", (client, dsn))
    for dsn in mutants(15, seed):
        for words in (["explain", dsn], ["explain", *dsn.split()], ["probe", dsn, "--timeout", "0.2"]):
            done = tool("postgres", *filter(None, words))
            assert done.code in (0, 1, 2, 3), done.err
            clean(done.out + done.err, dsn)


@pytest.mark.parametrize("string", STRINGS[::3])
@pytest.mark.parametrize("variable", ["PGHOST", "PGPORT", "PGSERVICE", "PGSSLMODE", "PGSSLROOTCERT", "PGSERVICEFILE"])
def test_nothing_in_the_environment_makes_explain_show_it(
    tool: Tool, variable: str, string: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, filled(string, SECRETS[0]))
    for words in (["host=h"] if variable != "PGHOST" else [], ["service=x"], ["service=x", "--json"]):
        done = tool("postgres", "explain", *words)
        assert done.code in (0, 1, 2), done.err
        if ":" in string or ";" in string or "=" in string:  # or it may be a word like any other
            clean(done.out + done.err, string)


def test_nor_does_a_service_file_or_the_options_of_a_jvm(
    tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    for line in (f"password={SECRETS[0]}", f"passwrod={SECRETS[0]}", SECRETS[0], f"host=h;password={SECRETS[0]}"):
        (tmp_path / "services").write_text(f"[x]\nhost=h\n{line}\n")
        done = tool("postgres", "explain", "service=x")
        assert done.code in (1, 2)
        clean(done.out + done.err, line)
    for parting in (" ", ",", ";", "' "):
        options = f"-Djavax.net.ssl.trustStore=/x{parting}-Djavax.net.ssl.trustStorePassword={SECRETS[0]}"
        monkeypatch.setenv("JAVA_TOOL_OPTIONS", options)
        url = "jdbc:postgresql://h/d?sslmode=require&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory"
        done = tool("postgres", "explain", url)
        assert done.code in (1, 2)
        clean(done.out + done.err, options)

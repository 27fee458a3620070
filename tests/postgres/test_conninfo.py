"""Connection strings beside libpq's own parser."""

import random

import psycopg
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from tests.postgres.clients import Jvm
from truststore_tool.errors import UsageError
from truststore_tool.postgres.conninfo import parse, parse_and_check
from truststore_tool.postgres.jdbc_url import parse_jdbc

STRINGS = (
    "",
    "host=h user=u password=p",
    "  host = h   user= u  ",
    r"host='a b' password='it\'s \\ x' dbname=d",
    r"password=it\'s\ mine host=h",
    "password=a=b host=h",
    "host=h password=''",
    "host=a,b port=1,2",
    "postgresql://",
    "postgres://h",
    "postgresql://u:p@h:1/d?sslmode=require",
    "postgresql://u@h/d?application_name=a%20b&sslmode=verify-full",
    "postgresql://u:p%40%3A%2F@h/d",
    "postgresql://u:p:q@h/d",
    "postgresql://h1:1,h2:2/d?target_session_attrs=any",
    "postgresql://[::1]:5433/d",
    "postgresql://[::1],[fe80::1]/d",
    "postgresql:///d?host=/var/run",
    "postgresql://%2Fvar%2Frun/d",
    "postgresql://h/d?ssl=true",
    "postgresql://h?sslmode=disable",
    "postgresql://u@/d",
)


def theirs(text: str) -> dict[str, str] | None:
    """What libpq makes of it; None when it refuses."""
    try:
        return {key: str(value) for key, value in conninfo_to_dict(text).items()}
    except (psycopg.ProgrammingError, UnicodeDecodeError):
        return None


@pytest.mark.parametrize("text", STRINGS)
def test_read_as_libpq_reads_them(text: str) -> None:
    expected = theirs(text)
    assert expected is not None
    assert dict(parse(text).options) == expected


KEYS = st.sampled_from(["host", "user", "password", "dbname", "sslmode", "sslrootcert", "port"])
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=12)


@settings(deadline=None, max_examples=80)
@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4), st.booleans())
@example({"password": "\\"}, True)
def test_quoted_or_escaped_values_come_back(options: dict[str, str], quoted: bool) -> None:
    def write(value: str) -> str:
        if quoted:
            return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
        return "".join(f"\\{char}" for char in value)

    text = " ".join(f"{key}={write(value)}" for key, value in options.items())
    assert dict(parse(text).options) == options == theirs(text)


@settings(deadline=None, max_examples=200)
@given(st.text("ab=' \\:/@?&%[],0", max_size=14))
def test_whatever_libpq_takes_is_read_the_same(tail: str) -> None:
    # Blanks in URIs mean different things to different releases of libpq.
    for text in (f"user={tail}", f"postgresql://{tail.replace(' ', '')}"):
        expected = theirs(text)
        if expected is None:
            continue
        try:
            assert dict(parse(text).options) == expected, text
        except UsageError:
            assert "postgresql://" in text


@pytest.mark.parametrize(
    "text",
    [
        "s3cret",
        "host='s3cret",
        "host",
        "postgresql://u:s3%zzcret@h",
        "postgresql://u:x@h:s3cret/d",
        "postgresql://h?s3cret",
    ],
)
def test_no_error_shows_what_was_written(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_and_check(text)
    assert "s3" not in f"{caught.value.message} {caught.value.hint}"


def test_no_repr_shows_the_password() -> None:
    given_ = parse("postgresql://u:s3cret@h/d")
    assert given_.password == "s3cret"
    assert "s3cret" not in repr(given_)


PARTS = (
    "//", "/", "h", "h:1", "[::1]", "[::1]:5", "a,b", "a:1,b:2", ":", "::1", "d", "?", "?", "&", "=", "ssl=true", "ssl",
    "sslmode=require", "sslmode=", "host=x", "port=7", "PGHOST=y", "dbname=e", "user=u", "%20", "%", "+", "#", "@",
    "a:x", "h:99999", "h:0", ",", "SSLMODE=allow",
)  # fmt: skip


def driver_says(answer: str) -> dict[str, str] | None:
    """What the driver made of a URL, without its defaults and as our names are."""
    if answer == "null" or answer.startswith("error:"):
        return None
    found = dict(pair.partition("=")[::2] for pair in answer.split("|") if pair)
    host, port = found.pop("PGHOST", "localhost"), found.pop("PGPORT", "5432")
    found["host"] = ",".join(each or "localhost" for each in host.replace("[", "").replace("]", "").split(","))
    found["port"] = ",".join(each or "5432" for each in port.split(","))
    if "PGDBNAME" in found:
        found["dbname"] = found.pop("PGDBNAME")
    return {name: value for name, value in found.items() if value or name not in {"dbname", "user"}}


def ours(url: str) -> dict[str, str] | None:
    """The same by our reader."""
    try:
        found = dict(parse_jdbc(url).options)
    except UsageError:
        return None
    hosts = found.get("host", "localhost").replace("[", "").replace("]", "")
    found["host"] = ",".join(name or "localhost" for name in hosts.split(","))
    ports = found.get("port", "").split(",")
    found["port"] = ",".join(port or "5432" for port in ports + [""] * (found["host"].count(",") + 1 - len(ports)))
    return {name: value for name, value in found.items() if value or name not in {"dbname", "user"}}


def test_jdbc_urls_are_read_as_by_the_driver(java: Jvm) -> None:
    chance = random.Random(5)  # noqa: S311
    urls = ["jdbc:postgresql:" + "".join(chance.choices(PARTS, k=chance.randint(0, 7))) for _ in range(1500)]
    urls += ["jdbc:postgresql://" + "".join(chance.choices(PARTS, k=chance.randint(1, 8))) for _ in range(1500)]
    accepted = 0
    for url, answer in zip(urls, java.ask(*(("parse", url) for url in urls)), strict=True):
        theirs = driver_says(answer)
        mine = ours(url)
        assert mine is None or mine == theirs, (url, answer)
        accepted += mine is not None
    assert accepted > 200


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("jdbc:postgresql://h/d", {"host": "h", "dbname": "d"}),
        ("jdbc:postgresql://h:5433/d?ssl=true", {"host": "h", "port": "5433", "dbname": "d", "ssl": "true"}),
        ("jdbc:postgresql:d?ssl", {"dbname": "d", "ssl": ""}),
        ("jdbc:postgresql://a:1,b:2/d?user=u&password=p%26q", {"host": "a,b", "port": "1,2", "dbname": "d"}
         | {"user": "u", "password": "p&q"}),
        ("jdbc:postgresql://[::1]:5433/d?sslmode=verify-ca", {"host": "::1", "port": "5433", "dbname": "d"}
         | {"sslmode": "verify-ca"}),
    ],
)  # fmt: skip
def test_jdbc_urls(url: str, options: dict[str, str]) -> None:
    assert dict(parse_jdbc(url).options) == options

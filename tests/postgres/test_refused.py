"""What libpq refuses before it connects, beside libpq itself."""

import random
from pathlib import Path
from urllib.parse import quote

import pytest
from psycopg.pq import ConnStatus, PGconn

from truststore_tool.errors import UsageError
from truststore_tool.postgres.conninfo import parse_and_check
from truststore_tool.postgres.settings import Surroundings, for_libpq

# Keywords with values that libpq takes, and that it does not; host and port keep it from connecting to anything.
KNOWN = {
    "sslmode": [
        "disable",
        "allow",
        "prefer",
        "require",
        "verify-ca",
        "verify-full",
        "",
        "REQUIRE",
        "maybe",
        " require",
    ],
    "channel_binding": ["disable", "prefer", "require", "", "maybe"],
    "gssencmode": ["disable", "prefer", "", "maybe"],
    "sslnegotiation": ["postgres", "direct", "", "maybe"],
    "sslcertmode": ["disable", "allow", "require", "", "maybe"],
    "ssl_min_protocol_version": ["TLSv1", "tlsv1.2", "TLSv1.3", "", "TLSv2", "SSLv3"],
    "ssl_max_protocol_version": ["TLSv1", "TLSv1.1", "TLSv1.2", "tlsv1.3", "", "1.3"],
    "target_session_attrs": ["any", "read-write", "standby", "", "maybe"],
    "load_balance_hosts": ["disable", "random", "", "maybe"],
    "min_protocol_version": ["3.0", "3.2", "latest", "4"],
    "sslrootcert": ["system", "", "/nowhere"],
    "requiressl": ["0", "1", "x"],
    "port": ["1", "0", "99999", "65535", "-1", "x", "1,2", "1,2,3", ",", "", " 1 ", "+1", "0x1", "1x"],
    "hostaddr": ["", "127.0.0.1", "127.0.0.1,127.0.0.2", "localhost"],
    "sslmod": ["require"],
    "SSLMODE": ["require"],
    "ssl": ["1", "true"],
    "sslcrl": ["/nowhere"],
    "keepalives_idle": ["1"],
}


def refuses(dsn: str) -> bool:
    """Whether libpq does not even begin: it names no server in its error."""
    connection = PGconn.connect_start(dsn.encode())
    try:
        if connection.status != ConnStatus.BAD:
            connection.connect_poll()
        return connection.status == ConnStatus.BAD and b"connection to server" not in connection.error_message
    finally:
        connection.finish()


def test_what_libpq_refuses_is_refused() -> None:
    chance = random.Random(14)  # noqa: S311 -- the same ones each time
    counts = [0, 0]
    for _ in range(1500):
        keywords = chance.sample(sorted(KNOWN), chance.choice([1, 1, 2, 3]))
        pairs = {"host": chance.choice(["127.0.0.1", "127.0.0.1,127.0.0.2"]), "port": "1"}
        pairs |= {keyword: chance.choice(KNOWN[keyword]) for keyword in keywords}
        if chance.random() < 0.7:
            dsn = " ".join(f"{key}='{value}'" for key, value in pairs.items())
        else:
            dsn = "postgresql:///d?" + "&".join(f"{key}={quote(value, safe='')}" for key, value in pairs.items())
        expected = refuses(dsn)
        counts[expected] += 1
        try:
            for_libpq(parse_and_check(dsn), Surroundings({}, "/nowhere"))
        except UsageError:
            assert expected, dsn
        else:
            assert not expected, dsn
    assert min(counts) > 300


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("host=h sslmod=require", "did you mean sslmode?"),
        ("host=h sslmode2=require", "did you mean sslmode?"),
        ("host=h SSLMODE=require", "did you mean sslmode?"),
        ("host=h sslmode=verify_full", "did you mean verify-full?"),
        ("host=h sslmode=verifyfull", "did you mean verify-full?"),
        ("host=h sslmode=Require", "did you mean require?"),
        ("host=h sslaccept=strict", None),
        ("host=h ssl=1", "sslmode=require"),
        ("Host=h;Port=5432;Database=d;Username=u;Password=p;SSL Mode=VerifyFull", "libpq's is like"),
        ("Driver={PostgreSQL Unicode};Server=h;Uid=u;Pwd=p", "libpq's is like"),
        ("postgresql+psycopg://u:p@h/d", "name no driver"),
        ("postgresql://u:p@ss@h/d", "%40"),
        ("postgresql://u:p/ss@h/d", "%"),
    ],
)
def test_the_nearest_real_one_is_named(text: str, hint: str | None) -> None:
    with pytest.raises(UsageError) as caught:
        parse_and_check(text)
    assert hint is None or hint in str(caught.value.hint)


def test_a_service_file_is_read_as_libpq_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "services"
    monkeypatch.setenv("PGSERVICEFILE", str(place))
    around = Surroundings({"PGSERVICEFILE": str(place), "PGSYSCONFDIR": str(tmp_path)}, str(tmp_path))
    monkeypatch.setenv("PGSYSCONFDIR", str(tmp_path))
    for text in (
        "sslmode=require",
        "sslmode =require",
        "sslmode= require",
        " sslmode=require ",
        "#sslmode=x",
        "sslmode",
        "sslmode=require\nsslmode=maybe",
        "sslmode=maybe\nsslmode=require",
        "service=y",
        "requiressl=1",
        "ssl=1",
        "\n\nsslmode=require",
        "sslmode=require\r",
        "sslmode='require'",
        "[y]\nnonsense",
        "SSLMODE=require",
        "=x",
    ):
        for head in ("[x]", "[x] more", " [x]", "[ x]", "[x", "[xx]", "x]"):
            place.write_text(f"{head}\n{text}\n")
            dsn = "host=127.0.0.1 port=1 service=x"
            expected = refuses(dsn)
            try:
                for_libpq(parse_and_check(dsn), around)
            except UsageError:
                assert expected, (head, text)
            else:
                assert not expected, (head, text)
    place.unlink()
    assert refuses("host=127.0.0.1 port=1 service=x")
    with pytest.raises(UsageError, match="cannot be read"):
        for_libpq(parse_and_check("host=127.0.0.1 service=x"), around)

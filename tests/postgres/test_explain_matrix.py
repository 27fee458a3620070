"""A sample of the matrix: nothing is otherwise than foretold or cleared falsely, and the one change helps."""

from pathlib import Path

from tests.postgres.explain_matrix import AFTERWARDS, ROOT, Case, mend, play, sample, summed_up, unmended
from tests.postgres.server import Server
from tests.samples import own
from truststore_tool.postgres.explain import explain
from truststore_tool.postgres.settings import Surroundings


def test_a_sample_comes_true_and_the_one_change_helps(server: Server, tmp_path: Path) -> None:
    for name in ("before", "changing", "after"):
        (tmp_path / name).mkdir()
    cases = sample(tmp_path, 36, 20261126)
    counts, wrong = summed_up(play(server, cases, tmp_path / "before"))
    assert not wrong, "\n".join(map(str, wrong))
    assert counts["false all-clears"] == 0
    assert counts["agree"] > 240
    changed = mend(cases, tmp_path / "changing")
    assert len(changed) > 15
    useless = unmended(play(server, changed, tmp_path / "after", AFTERWARDS))
    assert not useless, "\n".join(useless)


def test_the_one_change_leaves_nothing_that_undoes_it(server: Server, tmp_path: Path) -> None:
    """Another name of a parameter, a default that goes with another value, what was not looked at so far."""
    for name in ("changing", "after"):
        (tmp_path / name).mkdir()
    old = frozenset({"old"})
    nothing = {"SSL_CERT_FILE": "/nowhere", "SSL_CERT_DIR": "/nowhere"}
    cases = [
        Case("libpq", {"sslmode": "verify-full", "requiressl": "1", "sslrootcert": ROOT}, old),
        Case("libpq", {"requiressl": "0"}, frozenset()),
        Case("libpq", {"sslrootcert": "system"}, frozenset(), environment=nothing),
    ]
    changed = mend(cases, tmp_path / "changing")
    assert len(changed) == len(cases)
    useless = unmended(play(server, changed, tmp_path / "after", AFTERWARDS))
    assert not useless, "\n".join(useless)


def test_what_else_is_to_be_seen_to_is_said_before(tmp_path: Path) -> None:
    (tmp_path / ".postgresql").mkdir()
    (tmp_path / ".postgresql" / "postgresql.crt").write_bytes(own("old-server.pem").read_bytes())
    around = Surroundings({}, str(tmp_path))
    for mode in ("disable", "prefer", "verify-full"):
        assert "its key" in f"{explain(f'host=h sslmode={mode} sslrootcert={ROOT}', around).change}"
    (tmp_path / ".postgresql" / "postgresql.crt").unlink()
    for settings in ("sslmode=disable", f"sslmode=disable sslrootcert={ROOT}", "sslmode=require"):
        assert "revocation lists" in f"{explain(f'host=h {settings} sslcrldir=/nowhere', around).change}", settings
    (tmp_path / "empty.jks").write_bytes(b"")
    broken = {"JAVA_TOOL_OPTIONS": f"-Djavax.net.ssl.trustStore={tmp_path / 'empty.jks'}"}
    url = "jdbc:postgresql://h/d?sslmode=disable&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory"
    jdbc = explain(url, Surroundings(broken, str(tmp_path)))
    assert jdbc.remedy is not None
    assert (jdbc.remedy.drop, [*jdbc.remedy.settings]) == (("sslfactory",), ["sslmode", "sslrootcert"])
    uri = explain("postgresql://h/d?sslmode=verify-full&ssl=true", around)
    assert (uri.sslmode.value, uri.remedy and uri.remedy.drop) == ("require", ("ssl",))

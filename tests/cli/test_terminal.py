"""What reports look like on terminals of some width, and in colour."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.harness import at_terminal, process
from tests.samples import amazon, certificates

BUNDLE = amazon("rds-global-bundle.pem")
OLD = amazon("rds-ca-2019-root.pem")
OLD_SHA1 = "D4:0D:DB:29:E3:75:0D:FF:A6:71:C3:14:0B:BF:5F:47:8D:1C:80:96"
ENV = {"TRUSTSTORE_PASSWORD": "changeit"}
RED, YELLOW, NONE = "\x1b[31m", "\x1b[33m", "\x1b[0m"


def shown(*arguments: str | Path, columns: int, env: Mapping[str, str] | None = None) -> list[str]:
    """The lines that a command prints on a terminal of so many columns, as they are sent there."""
    done = at_terminal(arguments, (), Path.cwd(), columns=columns, env=ENV | dict(env or {}))
    return done.out.replace("\r", "").splitlines()


def without_colour(lines: list[str]) -> list[str]:
    return [re.sub("\x1b\\[[0-9;]*m", "", line) for line in lines]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "store.jks"
    assert process("import", path, BUNDLE, "--yes", env=ENV).code == 0
    return path


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("command", ["list", "verify"])
def test_an_entry_is_a_line(store: Path, command: str, columns: int) -> None:
    words: list[str | Path] = ["list", store] if command == "list" else ["verify", store, "--against", BUNDLE]
    heading, *rows, summary = without_colour(shown(*words, columns=columns))
    assert heading.split()[0] == "Alias"
    assert len(rows) == len(certificates(BUNDLE)) == 120
    assert "120" in summary
    assert max(map(len, rows)) <= columns
    aliases = re.findall(r"^(\S+)", process("list", store, env=ENV).out, re.MULTILINE)[:-1]
    assert all(alias in row.split() for alias, row in zip(aliases, rows, strict=True))


def test_fingerprints_are_their_first_eight_bytes_in_lists_and_whole_elsewhere(store: Path) -> None:
    [sha256] = [str(c.sha256) for c in certificates(OLD)]
    rows = without_colour(shown("list", store, columns=200))
    assert sum(f"{sha256[:23]}\N{HORIZONTAL ELLIPSIS} " in row for row in rows) == 1
    for command, *words in (("list", store, "-v"), ("verify", store, "--expect", sha256), ("fingerprint", OLD)):
        assert any(sha256 in row for row in shown(str(command), *words, columns=80))
    assert sha256 in process("list", store, env=ENV).out
    assert any(OLD_SHA1 in row for row in shown("verify", store, "--expect", OLD_SHA1, columns=80))


def test_where_there_is_room_nothing_is_left_out(store: Path) -> None:
    rows = without_colour(shown("list", store, columns=120))
    assert rows[0].split() == ["Alias", "Created", "Kind", "SHA-256", "Validity"]
    assert all(re.search(r"20\d\d-\d\d-\d\d  trusted  .*expire[sd] 2\d{3}-\d\d-\d\d$", row) for row in rows[1:-1])


def test_what_has_expired_is_red_and_marked(store: Path) -> None:
    rows = shown("list", store, columns=80)[1:-1]
    expired = [row for row in rows if row.startswith(RED)]
    assert len(expired) == 28  # openssl x509 -checkend 0 over the bundle
    assert all(row.endswith(f"!{NONE}") for row in expired)
    assert not any("!" in row or "\x1b" in row for row in rows if row not in expired)


def test_colour_is_for_terminals_and_for_who_asks_for_it(store: Path) -> None:
    assert not any("\x1b" in row for row in shown("list", store, columns=80, env={"NO_COLOR": "1"}))
    assert not any("\x1b" in row for row in shown("list", store, columns=80, env={"TERM": "dumb"}))
    assert any("\x1b" in row for row in shown("list", store, columns=80, env={"TERM": "dumb", "FORCE_COLOR": "1"}))
    assert "\x1b" not in process("list", store, env=ENV).out
    coloured = process("list", store, env={**ENV, "FORCE_COLOR": "1"}).out
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured) == process("list", store, env=ENV).out
    assert coloured.count(RED) == 28
    missing = process("verify", OLD, "--against", BUNDLE, env={"FORCE_COLOR": "1"})
    assert missing.out.count(f"{RED}MISSING") == 119
    assert missing.err.startswith(f"{YELLOW}warning:{NONE}") or not missing.err


def test_wide_and_combined_characters_are_counted_as_they_are_drawn(tmp_path: Path) -> None:
    path = tmp_path / "wide.jks"
    for alias in ("\u6771\u4eac", "e\u0301t\u00e9", "plain-alias"):
        source = {"plain-alias": OLD}.get(alias, amazon("rds-ca-rsa2048-g1-us-east-1.pem"))
        process("import", path, source, "--alias", alias, "--yes", "-q", env=ENV)
    first, second = without_colour(shown("list", path, columns=120))[1:3]
    # Two characters of two columns each take four; "plain-alias" has eleven: seven more blanks than letters missing.
    assert {first.index("20"), second.index("20")} == {13, 11}


def test_an_import_of_many_ends_with_a_summary(tmp_path: Path) -> None:
    done = process("import", tmp_path / "many.jks", BUNDLE, "--yes", env=ENV)
    lines = done.out.splitlines()
    assert len(lines) == 122
    assert lines[-2] == "120 added, 0 already there"
    assert lines[-1].startswith("120 read back from ")
    [expired] = [line for line in done.err.splitlines() if "expired" in line]
    assert "and 27 more such, which --verbose shows" in expired
    whole = process("import", tmp_path / "whole.jks", BUNDLE, "--yes", "--verbose", env=ENV)
    assert whole.out.count(" = source") == 240
    assert whole.err.count(": expired on ") == 28


ALIASES = (
    "a-root-of-an-authority-with-an-alias-that-is-longer-than-most-terminals-are-wide-by-far-and-ends-here-2026",
    "a-root-whose-alias-leaves-a-fingerprint-no-room-in-a-line",
    "\u6771\u4eac\u8a3c\u660e\u66f8\u8a8d\u8a3c\u5c40" * 5,
    "\U0001f510\U0001f3f3\ufe0f emoji \U0001f1e9\U0001f1ea",
    "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd",
    "\u0939\u093f\u0928\u094d\u0926\u0940 \u1112\u1161\u11ab",
)


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_no_alias_breaks_a_row(tmp_path: Path, columns: int) -> None:
    """A terminal would break it anywhere, in the middle of a fingerprint, too."""
    path = tmp_path / "odd.jks"
    for alias, certificate in zip(ALIASES, certificates(BUNDLE)[4:], strict=False):
        assert process("import", path, "-", "--alias", alias, "--yes", "-q", stdin=certificate.der, env=ENV).code == 0
    # What stands before the alias in each row takes so many columns.
    for before, words in (
        (0, ("list", path)),
        (9, ("verify", path, "--against", OLD, "--exact")),
        (3, ("diff", path, OLD)),
    ):
        lines = without_colour(shown(*words, columns=columns))
        rows = [line for line in lines if not line.startswith(("MISSING", "+"))][1:-1]
        assert len(rows) == len(ALIASES)
        assert [row for row in rows if drawn_columns(row) > columns] == []
        for alias, row in zip(ALIASES, rows, strict=True):
            assert (alias in row) == (drawn_columns(alias) <= columns - before)
        assert rows[0].endswith("ends-here-2026")
        assert re.search("([0-9A-F]{2}:){7}[0-9A-F]{2}\N{HORIZONTAL ELLIPSIS}", rows[4])


def drawn_columns(text: str) -> int:
    """As xterm and tmux draw these aliases; a mark goes on the letter before it."""
    text = re.sub("[\u05c1\u05b8\u05b9\u094d\ufe0f]", "", text.replace("\u1112\u1161\u11ab", "\ud55c"))
    return sum(2 if "\u4e00" <= char <= "\ud7a3" or char == "\U0001f510" else 1 for char in text)


def test_an_import_of_many_is_a_line_for_each_on_a_terminal(tmp_path: Path) -> None:
    words = ("import", tmp_path / "many.jks", BUNDLE, "--yes")
    lines = without_colour(shown(*words, columns=80))
    rows = [line for line in lines if line.startswith("added ")]
    assert len(rows) == 120
    assert max(map(len, rows)) <= 80
    assert sum("\N{HORIZONTAL ELLIPSIS}" in row for row in rows) >= 119
    assert lines[-2] == "120 added, 0 already there"


def test_headings_stay_in_a_line_where_all_rows_are_longer() -> None:
    assert shown("fingerprint", OLD, columns=80, env={"NO_COLOR": "1"})[0] == "Fingerprint  File"


def test_a_width_that_is_not_known_is_no_width() -> None:
    assert "Commands" in process("--help", env={"COLUMNS": "0"}).out

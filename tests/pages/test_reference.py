"""What the pages of the reference say, held against the program and this system."""

import os
import re
import tomllib
from pathlib import Path

import pytest

from tests.pages import ROOT
from tests.realtools import HERE, absent
from truststore_tool import sources
from truststore_tool.cli import boundary
from truststore_tool.formats import NAMES, by_suffix, get, writable
from truststore_tool.shims.keytool import session

ENVIRONMENT = (ROOT / "docs" / "environment.md").read_text()
# Where the environment is read; a name in a loop stands in the line before or in it.
_READ = re.compile(r'^.*environ.*$|^.*"(?:TRUSTSTORE|_TRUSTSTORE)_.*$|^.*\("[A-Z]+(?:_[A-Z]+)*",.*$', re.MULTILINE)
_NO_VARIABLES = {"CERTIFICATE", "PKCS", "HTTP"}


def _variables(folder: Path, name: str) -> set[str]:
    text = "\n".join(path.read_text() for path in folder.rglob("*.py"))
    return {found for line in _READ.findall(text) for found in re.findall(name, line)}


def test_every_variable_that_the_program_reads_is_on_the_page() -> None:
    known = r"[\"'](_?TRUSTSTORE_[A-Z_]+|PG[A-Z]+|SSL_[A-Z_]+|JAVA_HOME|J[A-Z]+_JAVA_OPTIONS|[A-Z]+_TOOL_OPTIONS)[\"']"
    other = r"environ(?:ment)?(?:\.get\(|\[|\.pop\()[\"']([A-Z_]+)[\"']"
    package = ROOT / "truststore_tool"
    read = _variables(package, known) | _variables(package, other)
    read |= set(re.findall(r'"(PG[A-Z]+)"', (package / "postgres" / "keywords.py").read_text()))
    assert {"TRUSTSTORE_PASSWORD", "TRUSTSTORE_TOOL_DEBUG", "JAVA_HOME", "NO_COLOR", "TZ", "PGSSLMODE"} <= read
    assert [name for name in sorted(read) if f"`{name}`" not in ENVIRONMENT] == []


def test_no_variable_on_the_page_is_unknown_to_the_program() -> None:
    text = "\n".join(path.read_text() for path in (ROOT / "truststore_tool").rglob("*.py"))
    named = re.findall(r"`(_?[A-Z]{2,}(?:_[A-Z]+)*)`", ENVIRONMENT)
    # Click names the one of completion after the program; the shell looks for programs in PATH.
    assert [name for name in named if name not in text and name != "PATH"] == []


def test_every_variable_of_the_tests_is_told_to_contributors() -> None:
    page = (ROOT / ".github" / "CONTRIBUTING.md").read_text()
    text = "\n".join(path.read_text() for path in HERE.rglob("*.py"))
    read = set(re.findall(r"environ(?:\.get\(|\[)\"(TRUSTSTORE_TOOL_[A-Z_]+)\"", text)) - {"TRUSTSTORE_TOOL_DEBUG"}
    assert "TRUSTSTORE_TOOL_JDKS" in read
    assert [name for name in sorted(read) if f"`{name}`" not in page] == []


def test_the_exit_codes_are_those_of_the_program() -> None:
    page = (ROOT / "docs" / "exit-codes.md").read_text()
    rows = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    named = {value for name, value in vars(boundary).items() if name.isupper() and isinstance(value, int)}
    assert named <= rows
    assert rows == {0, 1, 2, 3, 4, 5, 70, 130}


def test_every_format_has_a_row() -> None:
    page = (ROOT / "docs" / "formats.md").read_text().lower().replace("pkcs#", "pkcs")
    rows = " ".join(re.findall(r"^\| ([^|]*) \|", page, re.MULTILINE))
    assert [name for name in NAMES if name not in rows] == []


def test_the_endings_are_those_of_the_program() -> None:
    page = (ROOT / "docs" / "formats.md").read_text()
    said = {}
    for names, endings in re.findall(r"^\| (`[a-z`, 0-9]+) \| (`\.[^|]*) \|", page, re.MULTILINE):
        for ending in re.findall(r"`(\.[\w-]+)`", endings):
            said[ending] = set(re.findall(r"`(\w+)`", names))
    assert set(said) == {ending for name in NAMES for ending in get(name).suffixes}
    for ending, names in said.items():
        found = by_suffix(ending)
        assert found, ending
        assert found.name in names, ending
    read_only = set(NAMES) - set(writable())
    assert all((names <= read_only) == bool(names & read_only) for names in said.values())


def test_the_places_of_bundles_and_cacerts_are_those_of_the_program() -> None:
    page = (ROOT / "docs" / "cacerts.md").read_text()
    places = (*sources._BUNDLES, *session._BUNDLES)
    assert [place for place in places if f"`{place}`" not in page] == []


def test_the_cacerts_of_debian_are_where_the_page_says() -> None:
    if not Path("/var/lib/dpkg/info/ca-certificates-java.list").exists():
        absent("a Debian with ca-certificates-java")
    homes = [home for home in Path("/usr/lib/jvm").glob("java-*-openjdk-*") if home.is_dir()]
    cacerts = {os.path.realpath(home / "lib" / "security" / "cacerts") for home in homes}
    assert cacerts == {"/etc/ssl/certs/java/cacerts"}


@pytest.mark.parametrize("page", ["findings.md", "readers.md", "commands.md"])
def test_pages_that_are_made_say_how(page: str) -> None:
    assert re.search(r"Made by\s+`python -m ", (ROOT / "docs" / page).read_text())


def test_the_version_is_the_newest_of_the_changelog() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest
    assert project["version"] == newest[1]
    pages = " ".join((ROOT / "docs" / name).read_text() for name in ("pipelines.md", "kubernetes.md"))
    assert set(re.findall(r"truststore-tool:([\d.]+)|(?:verify@|rev: )v([\d.]+)", pages)) == {
        (newest[1], ""),
        ("", newest[1]),
    }

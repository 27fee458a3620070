"""What holds for every page: its links lead somewhere, and nothing in it is left untried."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tests.pages import PAGES, README, ROOT, blocks
from tests.pages.commands_page import program
from truststore_tool.cli.app import COMMANDS

# Languages of blocks, and where their contents are tried.
_TRIED = {
    "console": "tests/pages/test_transcripts.py",
    "sh-session": "tests/postgres/test_pages.py",
    "shell-session": "tests/packaging/test_image.py",
    "sh": "tests/pages/test_snippets.py",
    "text": "tests/pages/test_commands_page.py",
    "python": "tests/test_library.py",
    "dockerfile": "tests/pages/dockerfiles.py",
    "yaml": "tests/pages/pipelines.py",
    "properties": "tests/pages/test_snippets.py",
    "xml": "tests/pages/test_snippets.py",
}


def _anchors(page: Path) -> set[str]:
    """The anchors of the headings, as they are made where Markdown is shown."""
    prose = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    found: list[str] = []
    for heading in re.findall(r"^#+ (.*)$", prose, re.MULTILINE):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        base = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        found.append(f"{base}-{found.count(base)}" if base in found else base)
    return set(found)


def _links(page: Path) -> list[str]:
    prose = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "code", prose))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_to_what_is_there(page: Path) -> None:
    for link in _links(page):
        if link.startswith("https://"):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name}: {link}"
        assert target.is_relative_to(ROOT), f"{page.name}: {link}"
        assert not anchor or anchor in _anchors(target), f"{page.name}: {link}"


def test_the_index_names_every_page() -> None:
    index = ROOT / "docs" / "README.md"
    named = {(index.parent / link).resolve() for link in _links(index)}
    assert [page.name for page in PAGES if page != index and page not in named] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_is_of_a_language_that_is_tried(page: Path) -> None:
    assert {block.language for block in blocks(page.read_text())} <= set(_TRIED)


def test_what_tries_them_is_there() -> None:
    assert [place for place in _TRIED.values() if not (ROOT / place).exists()] == []


def test_the_readme_has_a_row_for_every_command_and_is_short() -> None:
    text = README.read_text()
    assert set(re.findall(r"^\| `([a-z]+)[ `]", text, re.MULTILINE)) == set(COMMANDS)
    assert len(text.splitlines()) <= 150


def _ours(group: Any, path: str = "") -> dict[str, set[str]]:
    """The options of each command, by its words."""
    found = {path: {name for each in group.params for name in (*each.opts, *each.secondary_opts)}}
    for name, each in getattr(group, "commands", {}).items():
        found |= _ours(each, f"{path} {name}".strip())
    return found


OPTIONS = _ours(program())
# Of pip, mypy, Ansible, docker, kubectl, kafka, Keycloak, aws, make and our own scripts, which stand on the pages, too.
_OF_OTHERS = {
    "--no-cache-dir",
    "--read-only",
    "--rm",
    "--from",
    "--from-file",
    "--mount",
    "--query",
    "--truststore-paths",
    "--db-instance-identifier",
    "--ca-certificate-identifier",
    "--apply-immediately",
    "--only",
    "--offline",
    "--check",
    "--diff",
    "--strict",
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_option_on_a_page_is_one_of_the_program(page: Path) -> None:
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*[a-z0-9]", page.read_text()))
    every = {option for options in OPTIONS.values() for option in options} | {"--help"}
    assert named - every - _OF_OTHERS == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_on_a_page_has_the_options_it_is_shown_with(page: Path) -> None:
    for line in re.findall(r"truststore-tool ((?:postgres |shims )?[a-z]+ [^`|&\n]*)", page.read_text()):
        words = line.split()
        command = " ".join(words[: 2 if words[0] in ("postgres", "shims") else 1])
        if command in OPTIONS:
            shown = {word.partition("=")[0] for word in words if re.match(r"--[a-z]", word)}
            assert shown <= OPTIONS[command] | {"--help"}, line

"""The pages whose transcripts need a server print what they show. What goes by the rotation's is tested beside it."""

from pathlib import Path

import pytest

from tests.pages import PAGES, steps
from tests.postgres.server import Server
from tests.postgres.test_end_to_end import PORT, TRANSCRIPT, follow, surroundings


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page != TRANSCRIPT and steps(page.read_text(), "sh-session")],
    ids=lambda page: page.stem,
)
def test_the_commands_print_what_the_page_shows(server: Server, tmp_path: Path, page: Path) -> None:
    follow(page.read_text().replace(PORT, str(server.port)), tmp_path, surroundings(tmp_path, server), server)

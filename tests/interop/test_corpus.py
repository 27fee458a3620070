"""Stores that other programs made, when a folder of them is given: TRUSTSTORE_TOOL_CORPUS (see tests.corpus_score)."""

import os
from pathlib import Path

import pytest

# pytest-xdist's workers have a second thread, which from Python 3.12 on makes every fork a warning.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

CORPUS = os.environ.get("TRUSTSTORE_TOOL_CORPUS")

if CORPUS:
    FOLDER = Path(CORPUS)

    def test_every_file_reads_as_its_own_programs_read_it(capsys: pytest.CaptureFixture[str]) -> None:
        from tests.corpus_score import score

        assert score(FOLDER) == 0, capsys.readouterr().out

    def test_adding_a_certificate_changes_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
        from tests.corpus_write import score_writing

        assert score_writing(FOLDER, None) == 0, capsys.readouterr().out

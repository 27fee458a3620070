"""Readers by name."""

import subprocess
import sys

import pytest

from truststore_tool import readers
from truststore_tool.errors import UsageError


@pytest.mark.parametrize("name", readers.NAMES)
def test_every_name_has_a_reader_that_answers(name: str) -> None:
    reader = readers.named(name)
    reading = reader.read(b"", None)
    assert reading.evidence
    # What is not known says so in all of its parts.
    assert (reading.loads is None) == (reading.anchors is None)


def test_readers_call_themselves_as_they_are_called_but_for_lines_and_aliases() -> None:
    for name in readers.ALL:
        assert readers.named(name).name.startswith(name)
    assert readers.named("java17").name == "java17.0.15"
    assert readers.named("java17.0.9").name == "java17.0.9"
    assert readers.named("node").name == "node20"


@pytest.mark.parametrize(
    ("name", "meant"), [("libqp", "libpq"), ("opensll3", "openssl3"), ("java12", "java"), ("Python3.13", "python3.13")]
)
def test_a_name_that_no_reader_has_is_an_error_that_says_what_may_be_meant(name: str, meant: str) -> None:
    with pytest.raises(UsageError, match=f"no reader is called '{name}'") as caught:
        readers.named(name)
    assert f"did you mean {meant}" in (caught.value.hint or "")


def test_asking_for_names_imports_no_reader() -> None:
    script = "import sys; from truststore_tool import readers; readers.ALL; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True).stdout.split()
    assert not [name for name in loaded if name.startswith("truststore_tool.readers.") and not name.endswith(".base")]
    assert "cryptography" not in loaded

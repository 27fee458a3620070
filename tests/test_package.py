"""What `import truststore_tool` offers, and what it costs."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import truststore_tool
from tests.test_sample_certs import SAMPLES

HEAVY = {"cryptography", "typer", "rich", "certifi", "subprocess", "ssl", "jks", "hashlib", "dataclasses"}


def modules_after(code: str) -> set[str]:
    """Top-level names of the modules that a fresh interpreter has loaded after `code`."""
    report = "import json, sys; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    done = subprocess.run([sys.executable, "-I", "-c", f"{code}\n{report}"], check=True, capture_output=True)
    return set(json.loads(done.stdout))


def test_importing_costs_nothing() -> None:
    assert modules_after("import truststore_tool") - modules_after("") <= {"truststore_tool", "typing"} | modules_after(
        "import typing"
    )
    assert not modules_after("import truststore_tool") & HEAVY


@pytest.mark.parametrize("name", truststore_tool.__all__)
def test_every_name_resolves(name: str) -> None:
    found = getattr(truststore_tool, name)
    assert found.__name__ == name
    assert found.__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = truststore_tool.nonsense


def test_dir_lists_what_is_offered() -> None:
    assert set(truststore_tool.__all__) < set(dir(truststore_tool))
    assert "__version__" in dir(truststore_tool)


def test_the_version_is_that_of_the_distribution() -> None:
    from importlib.metadata import version

    assert truststore_tool.__version__ == version("truststore-tool")


def test_the_package_is_typed() -> None:
    from importlib.resources import files

    assert files("truststore_tool").joinpath("py.typed").is_file()


@pytest.mark.parametrize("suffix", ["pem", "der", "jks"])
def test_reading_trust_stores_imports_no_cryptography(suffix: str, tmp_path: object) -> None:
    code = f"""
import truststore_tool as t
store = t.open_store({str(SAMPLES / "amazon" / "rds-ca-2019-root.pem")!r})
t.save_store(store, {f"{tmp_path}/store.{suffix}"!r}, "changeit", format={suffix!r})
again = t.open_store({f"{tmp_path}/store.{suffix}"!r}, "changeit")
assert [c.der for c in again.all_certificates()] == [c.der for c in store.all_certificates()]
assert again.all_certificates()[0].subject and again.all_certificates()[0].not_after
"""
    assert not modules_after(code) & {"cryptography", "typer", "rich", "certifi", "subprocess", "ssl", "jks"}


def test_every_format_is_registered_under_its_own_name() -> None:
    from truststore_tool.formats import FILE_NAMES, get
    from truststore_tool.formats.base import Format

    for name in FILE_NAMES:
        found = get(name)
        assert isinstance(found, Format)
        assert found.name == name
        assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in found.suffixes)


def test_no_pattern_repeats_a_group_possessively() -> None:
    # Python before 3.11.5 can miss a match of such a pattern (CPython's gh-106052); Debian 12 has 3.11.2.
    sources = Path(truststore_tool.__file__).parent.rglob("*.py")
    assert [path.name for path in sources if re.search(r"\)[*+?]\+|\(\?>", path.read_text())] == []

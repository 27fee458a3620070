import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.harness import Tool, process
from tests.samples import amazon
from truststore_tool import errors
from truststore_tool.cli import boundary
from truststore_tool.cli.boundary import exit_code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.FindingError, 1),
        (errors.UsageError, 2),
        (errors.UnreadableError, 3),
        (errors.FormatError, 3),
        (errors.IntegrityError, 4),
        (errors.PasswordRequiredError, 4),
        (errors.WriteError, 5),
        (errors.TrustStoreError, 70),
    ],
)
def test_each_error_has_its_documented_exit_code(error: type[errors.TrustStoreError], code: int) -> None:
    assert exit_code(error("x")) == code


@pytest.mark.parametrize(
    "arguments", [["nosuch"], ["list"], ["list", "x", "--nosuch"], ["import", "x", "y", "--expect", "zz"]]
)
def test_usage_errors_exit_2_in_one_line_with_a_hint(tool: Tool, arguments: list[str]) -> None:
    done = tool(*arguments)
    assert done.code == 2
    assert done.err.startswith("error: ")
    assert "hint: " in done.err
    assert done.out == ""


def test_a_missing_file_exits_3(tool: Tool) -> None:
    done = tool("list", "nosuch")
    assert (done.code, done.err.splitlines()[0]) == (3, "error: could not read nosuch: No such file or directory")


def test_a_bug_is_one_line_with_exit_70(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr("truststore_tool.stores.open_store", broken)
    done = tool("list", "x")
    assert done.code == 70
    assert "ZeroDivisionError; this is a bug" in done.err
    assert "Traceback" not in done.err


def test_ctrl_c_exits_130(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr("truststore_tool.stores.open_store", interrupted)
    assert tool("list", "x").code == 130


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    bundle = amazon("rds-global-bundle.pem")
    pipe = f"{sys.executable} -m truststore_tool list -v {bundle} | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", pipe], capture_output=True, timeout=30, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")


def test_version_and_help() -> None:
    assert process("--version").out == "truststore-tool 0.1.0\n"
    done = process("--help")
    assert done.code == 0
    assert "Exit codes: 0 done" in done.out.replace("\n", " ")


@pytest.mark.parametrize(
    "command",
    ["import", "list", "fingerprint", "verify", "convert", "bundle", "diff", "export", "remove", "rename", "passwd"],
)
def test_every_command_has_help_with_an_example(tool: Tool, command: str) -> None:
    done = tool(command, "--help")
    assert done.code == 0
    assert f"truststore-tool {command}" in done.out
    assert "Example" in done.out


def test_starting_the_command_line_imports_neither_cryptography_nor_rich_tables() -> None:
    program = "import sys; from truststore_tool.cli.app import build; build(['list']); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"cryptography", "rich.table", "certifi", "ssl"} & set(loaded)


def test_every_remedy_has_words_on_the_command_line_and_only_there() -> None:
    named = {value for name, value in vars(errors).items() if name.isupper()}
    assert named == set(boundary._REMEDIES)
    package = Path(errors.__file__).parent
    for path in package.rglob("*.py"):
        if path.relative_to(package).parts[0] in {"cli", "shims", "__main__.py"}:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not re.search(r"(^|[\s(])--[a-z]", node.value), f"{path}: {node.value}"


def test_a_value_that_ends_in_an_equals_sign_is_not_empty(tool: Tool) -> None:
    assert tool("import", "ks", amazon("rds-ca-2019-root.pem"), "--yes", "--alias=root=").code == 0
    assert tool("export", "ks", "--alias=root=").code == 0
    assert tool("import", "ks", amazon("rds-ca-2019-root.pem"), "--yes", "--format=").code == 2

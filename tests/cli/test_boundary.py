import ast
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.harness import Tool, at_terminal, process
from tests.samples import amazon, own
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
    done = subprocess.run(["bash", "-c", pipe], capture_output=True, timeout=300, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")


def test_version_and_help() -> None:
    assert process("--version").out == "truststore-tool 0.2.0\n"
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


# What is typed by those who come from other tools ------------------------------------------------------------


@pytest.mark.parametrize("arguments", [[], ["postgres"], ["shims"]])
def test_without_a_command_there_is_help_and_no_error(arguments: list[str]) -> None:
    done = process(*arguments)
    assert (done.code, done.err) == (2, "")
    assert "Usage: truststore-tool" in done.out


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["help"], "Usage: truststore-tool [OPTIONS]"),
        (["help", "import"], "Usage: truststore-tool import"),
        (["help", "postgres", "probe"], "Usage: truststore-tool postgres probe"),
        (["version"], "truststore-tool 0."),
        (["-V"], "truststore-tool 0."),
        (["--help"], "openssl"),
    ],
)
def test_help_and_version_by_their_other_names(arguments: list[str], shown: str) -> None:
    done = process(*arguments)
    assert (done.code, done.err) == (0, "")
    assert shown in done.out


def test_words_in_another_order(tool: Tool, tmp_path: Path) -> None:
    store = tmp_path / "my store.pem"
    store.write_bytes(own("new-root.pem").read_bytes())
    assert tool("list", "--version").out == tool("--version").out
    assert tool("--help", "list").out == tool("list", "--help").out
    for words, says in (
        (("--json", "list", store), "hint: truststore-tool list --json ...\n"),
        ((store, "list"), f"hint: truststore-tool list '{store}' ...\n"),
        ((store,), f"hint: see what is in it: truststore-tool list '{store}'\n"),
    ):
        done = tool(*words)
        assert done.code == 2
        assert done.err.endswith(says)
    assert "secret1" not in "".join(map(str, (hidden := tool("--password=secret1", "list")).__dict__.values()))
    assert "TRUSTSTORE_PASSWORD" in hidden.err


@pytest.mark.parametrize(
    ("verb", "ours"),
    [("add", "import"), ("delete", "remove"), ("show", "list"), ("ls", "list"), ("probe", "postgres probe")],
)
def test_commands_of_other_tools_lead_to_ours(tool: Tool, verb: str, ours: str) -> None:
    done = tool(verb, "store.jks")
    assert done.code == 2
    assert done.err.endswith(f"hint: see: truststore-tool {ours} --help\n")
    assert process(*ours.split(), "--help").code == 0


@pytest.mark.parametrize("option", ["--password", "--storepass", "-storepass", "--storepass=s3cret"])
def test_a_password_on_the_command_line_is_refused_and_not_repeated(tool: Tool, option: str) -> None:
    done = tool("list", "store.jks", option, "s3cret")
    assert done.code == 2
    assert "TRUSTSTORE_PASSWORD" in done.err
    assert "s3cret" not in done.err


def test_the_bundles_of_certifi_and_of_the_system_are_listed(tool: Tool, tmp_path: Path) -> None:
    import certifi

    [count] = re.findall(r"(\d+) trusted certificates", tool("list", "certifi").out)
    assert int(count) == Path(certifi.where()).read_text().count("BEGIN CERTIFICATE")
    assert "trusted certificate" in tool("list", "system").out
    # A store of that name comes first.
    (tmp_path / "certifi").write_bytes(amazon("rds-ca-2019-root.pem").read_bytes())
    assert "1 trusted certificate;" in process("list", "certifi", cwd=tmp_path).out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["list", "nosuch"], 3),
        (["list", "--nosuch"], 2),
        (["verify", amazon("rds-ca-2019-root.pem"), "--expect", "zz"], 2),
        (["remove", amazon("rds-ca-2019-root.pem"), "--alias", "nobody", "--dry-run"], 1),
    ],
)
def test_under_json_an_error_is_a_report(arguments: list[str | Path], code: int) -> None:
    done = process(*arguments, "--json")
    assert done.code == code
    error, hint = re.fullmatch(r"error: (.*)\n(?:hint: (.*)\n)?", done.err).groups()  # type: ignore[union-attr]
    assert done.json == {"schema": 1, "report": "error", "code": code, "message": error, "hint": hint}


def test_ctrl_c_at_a_prompt_is_a_line_of_its_own(tmp_path: Path) -> None:
    done = at_terminal(["import", "new.jks", amazon("rds-ca-2019-root.pem"), "--yes"], [("password", "\x03")], tmp_path)
    assert done.code == 130
    assert done.out.replace("\r", "").endswith("\nerror: interrupted\n")
    assert list(tmp_path.iterdir()) == []


def test_stopped_while_modules_are_loaded_it_says_so_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    done = process("scan", tmp_path, env={"PYTHONPATH": path})
    assert (done.code, done.out, done.err) == (130, "", "error: interrupted\n")

"""The page of the commands is that of the program, and the examples in it run."""

import shutil
from pathlib import Path

import pytest

from tests.pages import ROOT, Sandbox, blocks, commands_page, sandbox
from tests.samples import amazon, own

PAGE = ROOT / "docs" / "commands.md"
EXAMPLES = [line for block in blocks(PAGE.read_text()) if block.language == "text" for line in block.text.splitlines()]
# Who has no server called db.example.com, or no pooler, gets to know that it was not reached; and a psql does, too.
_SERVERS = ("postgres probe", "--current db.", "postgres sessions", 'psql "')
# What there is in the folder does what these examples are there for.
_FINDINGS = {
    "truststore-tool verify clientkeystore --against global-bundle.pem": 1,
    "truststore-tool diff clientkeystore.jks global-bundle.pem": 1,
    'truststore-tool postgres explain "host=db.example.com dbname=app user=app sslmode=require"': 1,
    'truststore-tool postgres explain --client node-postgres "postgres://db.example.com/app?sslmode=no-verify"': 1,
    "truststore-tool scan . --need new-root.pem": 1,
    'truststore-tool postgres explain "jdbc:postgresql://db.example.com/app?ssl=true"': 1,
    "truststore-tool postgres rotation --current old-root.pem --next global-bundle.pem --region us-east-1"
    " --bundle chain.pem": 1,
}


def test_the_page_is_what_the_program_shows() -> None:
    assert PAGE.read_text() == commands_page.page(), "run python -m tests.pages.commands_page > docs/commands.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """The files that the examples name, and the passwords that they are protected with."""
    around = sandbox(tmp_path_factory.mktemp("examples"))
    around.env.update(TRUSTSTORE_PASSWORD="changeit", OLD="changeit", NEW="changeit2")
    for name, copied in (
        ("rds-ca-2019-root.pem", amazon("rds-ca-2019-root.pem")),
        ("global-bundle.pem", amazon("rds-global-bundle.pem")),
        ("old-root.pem", own("old-root.pem")),
        ("new-root.pem", own("new-root.pem")),
        ("fullchain.pem", own("new-chain.pem")),
        ("privkey.pem", own("new-server.key")),
        ("chain.pem", own("new-root.pem")),
    ):
        shutil.copy(copied, around.folder / name)
    for made in (
        "import clientkeystore rds-ca-2019-root.pem",
        "import clientkeystore.jks rds-ca-2019-root.pem",
        "import clientkeystore.p12 rds-ca-2019-root.pem",
        "import truststore.p12 old-root.pem",
        "import cacerts old-root.pem",
    ):
        assert around.run(f"truststore-tool {made} --yes --quiet").returncode == 0
    keys = "convert fullchain.pem --key privkey.pem -o keys.jks --alias server"
    assert around.run(f"truststore-tool {keys}").returncode == 0
    return around


@pytest.mark.parametrize("example", [line for line in EXAMPLES if not any(word in line for word in _SERVERS)])
def test_the_examples_run(folder: Sandbox, tmp_path: Path, example: str) -> None:
    shutil.copytree(folder.folder, tmp_path, dirs_exist_ok=True, symlinks=True)
    if "--key-alias" in example:
        shutil.copy(tmp_path / "keys.jks", tmp_path / "clientkeystore")
    here = folder._replace(folder=tmp_path, env={**folder.env, "HOME": str(tmp_path)})
    done = here.run(example)
    assert done.returncode == _FINDINGS.get(example, 0), done.stdout


@pytest.mark.parametrize(
    "example", [line for line in EXAMPLES if any(word in line for word in _SERVERS) and "..." not in line]
)
def test_the_examples_of_servers_are_understood(folder: Sandbox, example: str) -> None:
    """They fail at the server, which nobody has, and not at what they ask for."""
    (folder.folder / "servers.txt").write_text("localhost:1\n")
    done = folder.run(example.replace("db.example.com", "localhost").replace("pooler.example.com", "localhost"))
    assert done.returncode in (2, 3), done.stdout
    assert "onnect" in done.stdout or "refused" in done.stdout, done.stdout

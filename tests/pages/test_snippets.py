"""What the pages give to be pasted has the syntax that it should have, and the commands in it run."""

import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from tests.pages import PAGES, README, ROOT, Sandbox, blocks, dockerfiles, pipelines, program, sandbox, steps
from tests.realtools import Jdk, Request
from tests.samples import own
from truststore_tool import Certificate, TrustStore

NEW_ROOT = own("new-root.pem")
[NEW] = Certificate.load(NEW_ROOT)
OLD_ROOT = own("old-root.pem")


def _of(page: str, language: str) -> list[str]:
    found = [block.text for block in blocks((ROOT / "docs" / page).read_text()) if block.language == language]
    assert found
    return found


def _with(language: str) -> list[Path]:
    return [page for page in PAGES if any(block.language == language for block in blocks(page.read_text()))]


def _made(folder: Path, page: str) -> Sandbox:
    """A sandbox in which the transcripts of a page were typed, and pip has nothing to do but to get our package."""
    around = sandbox(folder)
    program(
        folder / "bin" / "pip",
        'test "$*" = "install truststore-tool" -o "$*" = "install --no-cache-dir truststore-tool"',
    )
    for command, _ in steps((ROOT / "docs" / page).read_text(), "console"):
        if command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            around.env[name] = value
        else:
            assert around.run(command).returncode == 0, command
    around.env.pop("TRUSTSTORE_PASSWORD", None)
    return around


@pytest.mark.parametrize("page", _with("sh"), ids=lambda page: page.stem)
def test_shell(tmp_path: Path, page: Path) -> None:
    around = sandbox(tmp_path)
    for block in blocks(page.read_text()):
        if block.language == "sh":
            done = around.run(f"set -euo pipefail\n{block.text}\ncommand -v keytool openssl")
            assert done.returncode == 0, done.stdout
            if "shims install" in block.text:
                found = [Path(line).parent for line in done.stdout.splitlines()[-2:]]
                assert found == [tmp_path / ".local" / "lib" / "shims"] * 2, "others come before them"


def test_the_python_of_the_readme(tmp_path: Path) -> None:
    around = sandbox(tmp_path)
    (text,) = [block.text for block in blocks(README.read_text()) if block.language == "python"]
    (tmp_path / "page.py").write_text(text)
    around.env["TRUSTSTORE_PASSWORD"] = "changeit"
    for command in (
        "truststore-tool import clientkeystore sample_certs/own/old-root.pem --yes --quiet",
        "truststore-tool bundle sample_certs/own/new-root.pem -o new-roots.pem --quiet",
        f"{sys.executable} page.py",
        "truststore-tool verify clientkeystore.p12 --against sample_certs/own/old-root.pem --against new-roots.pem"
        " --exact",
    ):
        done = around.run(command)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("number", range(len(_of("docker.md", "dockerfile"))))
def test_dockerfiles_make_what_they_name(tmp_path: Path, number: int) -> None:
    around = _made(tmp_path, "docker.md")
    (tmp_path / "context" / "ca").mkdir(parents=True)
    shutil.copy(NEW_ROOT, tmp_path / "context" / "ca")
    (tmp_path / "context" / "app.jar").touch()
    java = tmp_path / "cacerts"
    TrustStore().add(Certificate.load(OLD_ROOT)).save(java, "changeit")
    text = _of("docker.md", "dockerfile")[number]
    final = dockerfiles.build(around, text, tmp_path / "context", java)
    named = [
        final.root / path.lstrip("/")
        for value in final.env.values()
        for path in re.findall(r"(/etc/app/[\w.]+)", value)
    ]
    stores = named or [*final.root.glob("opt/java/openjdk/lib/security/cacerts")]
    assert stores or "ENTRYPOINT" in text
    for store in stores:
        trusts = {entry.certificate.sha256 for entry in TrustStore.open(store, "changeit").trusted()}
        assert NEW.sha256 in trusts, store
    if "security/cacerts" in text:
        assert len(trusts) == 2, "what was there is lost"


def test_containers_of_kubernetes(tmp_path: Path) -> None:
    seen = {}
    for number, text in enumerate(_of("kubernetes.md", "yaml")):
        folder = tmp_path / str(number)
        (folder / "ca").mkdir(parents=True)
        (folder / "store").mkdir()
        shutil.copy(NEW_ROOT, folder / "ca")
        TrustStore().add(NEW).save(folder / "store" / "truststore.p12", "changeit")
        mounted = {"company-ca": folder / "ca", "truststore": folder / "store"}
        around = sandbox(folder)
        for name, done in pipelines.pods(around, yaml.safe_load(text), mounted):
            assert done.returncode == 0, done.stdout
            seen[name] = around
    assert set(seen) == {"truststore", "doctor"}
    made = TrustStore.open(seen["truststore"].folder / "volumes" / "trust" / "truststore.p12", "changeit")
    assert [entry.certificate for entry in made.trusted()] == [NEW]


def test_pipelines(tmp_path: Path) -> None:
    documents = [yaml.safe_load(text) for text in _of("pipelines.md", "yaml")]
    around = _made(tmp_path, "pipelines.md")
    done = []
    for document in documents:
        if "jobs" in document:
            done += pipelines.workflow(around, document)
        elif "repos" not in document:
            done += pipelines.gitlab(around, document)
    assert [each.stdout for each in done if each.returncode] == []
    assert len(done) == 3 + 2 + 2 + 3
    # They say no where they should.
    shutil.copy(OLD_ROOT, tmp_path / "ca")
    assert pipelines.workflow(around, documents[0])[1].returncode == 1
    assert pipelines.workflow(around, documents[1])[-1].returncode == 1
    assert pipelines.gitlab(around, documents[3])[0].returncode == 1


def _flat(document: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The settings of a document by dotted names."""
    if isinstance(document, Mapping):
        for name, value in document.items():
            yield from _flat(value, f"{path}.{name}" if path else str(name))
    elif isinstance(document, list):
        for value in document:
            yield from _flat(value, path)
    else:
        yield path, str(document)


def _settings() -> Iterator[dict[str, str]]:
    """The settings of each snippet of the page about programs in Java."""
    for text in _of("java-programs.md", "properties"):
        yield dict(line.split("=", 1) for line in text.splitlines() if line)
    for text in _of("java-programs.md", "yaml"):
        yield dict(_flat(yaml.safe_load(text)))
    for text in _of("java-programs.md", "xml"):
        for element in ElementTree.fromstring(text).iter("SSLHostConfig"):  # noqa: S314 -- our own
            yield {f"SSLHostConfig.{name}": value for name, value in element.items()}


def test_a_jvm_opens_what_the_settings_of_java_programs_name(tmp_path: Path, jdks: list[Jdk]) -> None:
    around = _made(tmp_path, "java-programs.md")
    requests = []
    pem = 0
    for settings in _settings():
        names = [name for name in settings if re.search(r"(location|path|paths|File|certificate|authorities)$", name)]
        assert names, settings
        (name,) = names
        file = around.folder / Path(settings[name]).name
        assert file.exists(), f"{name} names a file that the page does not make"
        if file.suffix == ".pem":
            pem += 1
            assert [entry.certificate for entry in TrustStore.open(file).trusted()] == [NEW]
            continue
        about = {key.removesuffix("word").lower(): value for key, value in settings.items()}
        kind = next((value for key, value in about.items() if key.endswith("type")), "PKCS12")
        told = next((value for key, value in about.items() if key.endswith("pass")), None)
        secure = name.startswith("xpack")  # its password is kept elsewhere
        requests.append(Request(kind, file, "changeit" if secure or (told or "").startswith("${") else told))
    assert (len(requests), pem) == (5, 3)
    for jdk in jdks:
        for request, view in zip(requests, jdk.read(*requests), strict=True):
            assert len(view.trusted) == 1, (request, view)

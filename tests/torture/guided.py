"""Coverage-guided fuzzing of every decoder and parser with atheris, which is the extra `fuzz` of pyproject.toml.

    python -m tests.torture.guided SECONDS [TARGET...]

The targets, and what counts as a finding, are those of `hostile`. Each has a process of its own, in which our code
tells libFuzzer which of its branches an input took; what takes a new one is kept and changed further.
"""

import importlib.util
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

# Nothing of ours is imported here: in the process of a target that happens under the eyes of atheris.

FINDINGS: Final = Path("torture-findings")
_COVERAGE: Final = re.compile(r"\bcov: (\d+)")
_LONGEST: Final = 16 * 1024
_EVERY: Final = 0.5  # seconds between two reports of a target's process, which libFuzzer ends as it likes


@dataclass
class Figures:
    """What came of one target: inputs tried, those that were read, branches and edges met, findings with an example."""

    target: str
    executions: int = 0
    accepted: int = 0
    coverage: int = 0
    findings: dict[str, str] = field(default_factory=dict)


def available() -> bool:
    """Whether atheris can be imported."""
    return importlib.util.find_spec("atheris") is not None


def attack(name: str, seconds: float, findings: Path) -> Figures:
    """Let libFuzzer look for new ways through a target for so many seconds."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder, "answer.json")
        command = [sys.executable, "-m", "tests.torture.guided", "--worker", name, str(seconds), folder]
        with subprocess.Popen(
            [*command, str(findings.resolve())], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process:
            said = process.communicate()[1]
        figures = Figures(name)
        with suppress(FileNotFoundError):
            figures = Figures(name, **json.loads(answer.read_text()))
        figures.coverage = max((int(number) for number in _COVERAGE.findall(said)), default=0)
        if process.returncode not in (0, -signal.SIGTERM):
            figures.findings[f"the process ended with {process.returncode}"] = said[-400:]
        return figures


def _work(name: str, seconds: float, folder: Path, findings: Path) -> NoReturn:
    import atheris

    # Its hook would wrap every module that a mutant makes us import; those of other projects are not looked at.
    with atheris.instrument_imports(include=["truststore_tool"]):
        from tests.torture import hostile, targets

    target = targets.targets()[name]
    corpus = folder / "corpus"
    corpus.mkdir()
    findings.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        (corpus / str(number)).write_bytes(seed)
    hostile.isolate(folder / "work")
    session = hostile.Session(hostile.Figures(name), findings)
    reported = 0.0

    def one(data: bytes) -> None:
        nonlocal reported
        session.one(data)
        figures = session.figures
        if figures.executions % 1000 == 0:
            targets.restore()
        if time.monotonic() - reported > _EVERY or figures.executions < 3:
            reported = time.monotonic()
            kept: dict[str, Any] = {
                "executions": figures.executions, "accepted": figures.accepted, "findings": figures.findings,
            }  # fmt: skip
            (folder / "answer.tmp").write_text(json.dumps(kept))
            (folder / "answer.tmp").rename(folder / "answer.json")

    limits = [f"-max_total_time={max(1, round(seconds))}", f"-max_len={_LONGEST}", "-timeout=300", "-rss_limit_mb=2000"]
    atheris.Setup([name, *limits, f"-artifact_prefix={findings}/", str(corpus)], one)
    atheris.Fuzz()
    sys.exit(0)


def run(seconds: float, names: Sequence[str] = ()) -> list[Figures]:
    """All targets, or the named ones, one after the other; prints the figures of each."""
    if not names:
        listed = "from tests.torture import targets; print(*targets.targets())"
        names = subprocess.run(
            [sys.executable, "-c", listed], check=True, capture_output=True, text=True
        ).stdout.split()
    found = []
    for name in names:
        figures = attack(name, seconds / len(names), FINDINGS)
        sys.stdout.write(
            f"guided: {name:14} {figures.executions:9,} executions, {figures.accepted:7,} read; coverage"
            f" {figures.coverage:,}; {len(figures.findings)} findings\n"
        )
        sys.stdout.flush()
        found.append(figures)
    return found


def main(arguments: Sequence[str]) -> int:
    """The command line; the exit code is 1 when anything was found."""
    if arguments[0] == "--worker":
        name, seconds, folder, findings = arguments[1:]
        _work(name, float(seconds), Path(folder), Path(findings))
    found = run(float(arguments[0]), arguments[1:])
    for figures in found:
        for what, example in figures.findings.items():
            sys.stdout.write(f"finding: {figures.target}: {what}: {example}\n")
    return int(any(figures.findings for figures in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

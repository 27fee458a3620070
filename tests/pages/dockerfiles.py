"""Dockerfiles, whose RUN and COPY lines are carried out with a folder for each stage."""

import re
import shlex
import shutil
from pathlib import Path
from typing import NamedTuple

from tests.pages import Sandbox


class Stage(NamedTuple):
    """A stage: the folder that is its file system, and its environment."""

    root: Path
    env: dict[str, str]


def build(around: Sandbox, text: str, context: Path, java: Path) -> Stage:
    """Carry out a Dockerfile; the last stage is returned.

    Args:
        around: where the stages' folders go.
        text: the Dockerfile.
        context: what COPY takes from.
        java: a cacerts, which lies where images with Java have it.
    """
    stages: dict[str, Stage] = {}
    stage = Stage(Path(), {})
    where = "/"
    for line in re.sub(r"\\\n", " ", text).splitlines():
        word, _, rest = line.partition(" ")
        if word == "FROM":
            image, _, name = rest.partition(" AS ")
            stage = Stage(around.folder / f"stage{len(stages)}", {})
            stage.root.mkdir()
            where = "/"
            stages[name or str(len(stages))] = stage
            if "temurin" in image:
                place = stage.root / "opt/java/openjdk/lib/security/cacerts"
                place.parent.mkdir(parents=True)
                shutil.copy(java, place)
        elif word == "WORKDIR":
            where = rest
            (stage.root / where.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif word == "ENV":
            stage.env.update({name: value for name, _, value in (each.partition("=") for each in shlex.split(rest))})
        elif word == "COPY":
            _copy(shlex.split(rest), stages, context, stage.root / where.lstrip("/"))
        elif word == "RUN":
            inside = around._replace(folder=stage.root / where.lstrip("/"))
            done = inside.run(rest, stage.env)
            assert done.returncode == 0, f"{rest}: {done.stdout}"
        else:
            assert word in {"", "USER", "CMD", "ENTRYPOINT"}, line
    return stage


def _copy(words: list[str], stages: dict[str, Stage], context: Path, where: Path) -> None:
    source = context
    if words[0].startswith("--from="):
        source = stages[words.pop(0).removeprefix("--from=")].root
    *taken, target = words
    root = next(stage.root for stage in stages.values() if where.is_relative_to(stage.root))
    place = root / target.lstrip("/") if target.startswith("/") else where / target
    for each in taken:
        found = source / each.lstrip("/")
        if found.is_dir():
            shutil.copytree(found, place, dirs_exist_ok=True)
            continue
        goal = place / found.name if target.endswith("/") else place
        goal.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(found, goal)

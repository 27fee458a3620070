"""Playbooks run by a real ansible-playbook, and what came of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.ansible.environment import Ansible
from tests.ansible.hosts import Variables

Task = Mapping[str, Any]


@dataclass(frozen=True)
class Run:
    """What a run of ansible-playbook left.

    Attributes:
        rc: its exit code.
        stdout, stderr: what it printed.
        results: what each task returned, in the order of the tasks, by host; loops are in `results` of that.
        stats: `ok`, `changed`, `failures`, `unreachable` ... of each host.
    """

    rc: int
    stdout: str
    stderr: str
    results: list[dict[str, dict[str, Any]]] = field(default_factory=list)
    stats: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """All that it printed."""
        return self.stdout + self.stderr

    def of(self, host: str) -> list[dict[str, Any]]:
        """What the tasks returned for a host."""
        return [task[host] for task in self.results if host in task]

    def total(self, what: str) -> int:
        """A number of the recap, of all hosts together."""
        return sum(each[what] for each in self.stats.values())


@dataclass(frozen=True)
class Controller:
    """A place from which plays are run.

    Attributes:
        ansible: the release.
        collections: where ours is installed.
        folder: a folder for playbooks, with a home of its own: temporary files of the controller are all below.
    """

    ansible: Ansible
    collections: Path
    folder: Path

    def environment(self) -> dict[str, str]:
        """Variables for its programs."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        return {
            **self.ansible.environment(self.collections),
            "HOME": str(home),
            "ANSIBLE_HOME": str(home / ".ansible"),
            "TMPDIR": str(self._made("tmp")),
            "ANSIBLE_GATHERING": "explicit",
            "ANSIBLE_DEPRECATION_WARNINGS": "0",
            "ANSIBLE_INTERPRETER_PYTHON": "auto_silent",
        }

    def play(
        self,
        tasks: Sequence[Task],
        hosts: Mapping[str, Variables],
        *words: str,
        env: Mapping[str, str] | None = None,
        **keywords: Any,
    ) -> Run:
        """Run one play of these tasks on these hosts; `words` are for ansible-playbook, `keywords` for the play."""
        playbook = self.folder / "play.json"
        playbook.write_text(json.dumps([{"name": "Play", "hosts": "all", **keywords, "tasks": list(tasks)}], indent=1))
        return self.playbook(playbook, hosts, *words, env=env)

    def playbook(
        self, playbook: Path, hosts: Mapping[str, Variables], *words: str, env: Mapping[str, str] | None = None
    ) -> Run:
        """Run a playbook; what it returns is read from the output unless `env` names another callback."""
        inventory = self.inventory(hosts)
        settings = {**self.environment(), "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json", **(env or {})}
        done = self.ansible.run(
            "ansible-playbook", "-i", inventory, playbook, *words, env=settings, cwd=self.folder, timeout=600
        )
        if not settings["ANSIBLE_STDOUT_CALLBACK"].endswith("json"):
            return Run(done.returncode, done.stdout, done.stderr)
        start = done.stdout.find("{\n")
        assert start >= 0, done.stdout + done.stderr
        document = json.loads(done.stdout[start:])
        results = [task["hosts"] for play in document["plays"] for task in play["tasks"]]
        return Run(done.returncode, done.stdout, done.stderr, results, document["stats"])

    def inventory(self, hosts: Mapping[str, Variables]) -> Path:
        """An inventory of these hosts."""
        place = self.folder / "inventory.json"
        place.write_text(json.dumps({"all": {"hosts": {name: dict(about) for name, about in hosts.items()}}}, indent=1))
        return place

    def _made(self, name: str) -> Path:
        place = self.folder / name
        place.mkdir(exist_ok=True)
        return place

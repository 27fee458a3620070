"""The table of docs/image.md: what adding a certificate comes to, by the real keytool and by this tool, each measured.

A row holds what was seen of both: how the program ended, and what keytool lists in the store afterwards.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests import faults
from tests.cli.test_contained import BARE_DEVICES, NEW, OLD, PASSWORD, SOURCES
from tests.cli.test_contained import bwrap as bwrap
from tests.pages import ROOT
from tests.realtools import Jdk, absent

NEVER: Final = 20.0  # seconds after which it is said that a program does not end


class Program(NamedTuple):
    """One of both."""

    words: tuple[str, ...]
    of_jdk: bool

    def importing(self, store: str, alias: str = "new", *more: str) -> list[str]:
        """The command that adds a certificate."""
        if self.of_jdk:
            given = ["-noprompt", "-alias", alias, "-file", str(NEW), "-storepass", PASSWORD, "-keystore", store]
            return [*self.words, "-importcert", *given]
        options = ("--yes", "--alias", alias, "--password-env", "STORE_PASSWORD", "--quiet", *more)
        return [*self.words, "import", store, str(NEW), *options]

    def listing(self, store: str) -> list[str]:
        """The command that lists."""
        if self.of_jdk:
            return [*self.words, "-list", "-v", "-keystore", store, "-storepass", PASSWORD]
        return [*self.words, "list", "-v", store, "--password-env", "STORE_PASSWORD"]

    def exporting(self, store: str) -> list[str]:
        """The command that writes a certificate to standard output by its path."""
        if self.of_jdk:
            given = ["-rfc", "-alias", "old", "-file", "/dev/stdout", "-keystore", store, "-storepass", PASSWORD]
            return [*self.words, "-exportcert", *given]
        return [*self.words, "export", store, "--alias", "old", "-o", "/dev/stdout", "--password-env", "STORE_PASSWORD"]


class Scene(NamedTuple):
    """Where a program is run: a folder with a store, a container around it, and who asks keytool about stores."""

    folder: Path
    bwrap: str
    keytool: str

    def run(
        self, words: Sequence[str | Path], mounts: Sequence[str | Path] = (), env: dict[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str] | None":
        """Run it as a user without a name, in a container of which only the folder can be written; None: no end."""
        variables = {"PYTHONPATH": str(SOURCES), "STORE_PASSWORD": PASSWORD, **(env or {})}
        given = [part for name, value in variables.items() for part in ("--setenv", name, value)]
        alone = ["--unshare-user", "--uid", "4242", "--gid", "4242", "--clearenv", "--die-with-parent"]
        places = mounts or ["--bind", self.folder, self.folder]
        command = [self.bwrap, "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", *alone, *given, *places]
        try:
            return subprocess.run(
                [*map(str, command), "--chdir", str(self.folder), *map(str, words)],
                capture_output=True,
                text=True,
                errors="replace",
                stdin=subprocess.DEVNULL,
                timeout=NEVER,
            )
        except subprocess.TimeoutExpired:
            return None

    def aliases(self, store: str) -> list[str] | None:
        """What keytool lists; None where it cannot read the store."""
        done = subprocess.run(
            [self.keytool, "-list", "-keystore", self.folder / store, "-storepass", PASSWORD],
            capture_output=True,
            text=True,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        listed = [line for line in done.stdout.splitlines() if "," in line]
        return None if done.returncode else sorted(line.split(",")[0] for line in listed)

    def told(self, done: "subprocess.CompletedProcess[str] | None", store: str = "store.jks") -> str:
        """The words of the table for how it ended and what is in the store."""
        held = {"None": "the store cannot be read any more", "old": "the store is as it was", "new old": "added"}
        aliases = self.aliases(store)
        left = held["None" if aliases is None else " ".join(aliases)]
        if done is None:
            return f"waits for ever; {left}"
        return left if (done.returncode, left) == (0, "added") else f"exit code {done.returncode}; {left}"


def _alone(scene: Scene) -> list[str | Path]:
    (scene.folder / "mounted.jks").touch()
    return ["--bind", scene.folder, scene.folder, "--bind", scene.folder / "store.jks", scene.folder / "mounted.jks"]


def mounted(scene: Scene, program: Program) -> str:
    told = scene.told(scene.run(program.importing("mounted.jks"), _alone(scene)))
    if not program.of_jdk:
        again = scene.told(scene.run(program.importing("mounted.jks", "new", "--in-place"), _alone(scene)))
        told += f". With `--in-place`: {again}"
    return told


def read_only(scene: Scene, program: Program) -> str:
    return scene.told(scene.run(program.importing("store.jks"), ["--ro-bind", scene.folder, scene.folder]))


def bare(scene: Scene, program: Program) -> str:
    mounts: list[str | Path] = [*BARE_DEVICES, "--bind", scene.folder, scene.folder]
    return scene.told(scene.run(program.importing("store.jks"), mounts))


def homeless(scene: Scene, program: Program) -> str:
    return scene.told(scene.run(program.importing("store.jks")))


def full(scene: Scene, program: Program) -> str:
    words = " ".join(f'"{word}"' for word in program.importing("/mnt/store.jks", "n" * 4096))  # more than a block
    script = f"cp store.jks /mnt; head -c 65536 /bin/sh >/mnt/filler; {words}; code=$?; cp /mnt/store.jks .; exit $code"
    sized: list[str | Path] = ["--size", "8192", "--tmpfs", "/mnt", "--bind", scene.folder, scene.folder]
    return scene.told(scene.run(["sh", "-c", script], sized))


def fifo(scene: Scene, program: Program) -> str:
    os.mkfifo(scene.folder / "fifo")
    done = scene.run(program.importing("fifo"))
    return "waits for ever" if done is None else f"exit code {done.returncode}, at once"


def stdout(scene: Scene, program: Program) -> str:
    done = scene.run(program.exporting("store.jks"))
    return "written" if done and (done.returncode, done.stdout.count("-----BEGIN")) == (0, 1) else f"{done}"


def config_map(scene: Scene, program: Program) -> str:
    (scene.folder / "..1").mkdir()
    (scene.folder / "store.jks").rename(scene.folder / "..1" / "store.jks")
    (scene.folder / "..data").symlink_to("..1")
    (scene.folder / "store.jks").symlink_to("..data/store.jks")
    told = scene.told(scene.run(program.importing("store.jks")))
    kept = (scene.folder / "store.jks").is_symlink() and (scene.folder / "..data").is_symlink()
    return f"{told}, where the links lead" if kept else f"{told}, in the place of a link"


def ascii_only(scene: Scene, program: Program) -> str:
    scene.run(program.importing("store.jks", "caf\u00e9"), env={"LC_ALL": "C"})
    (alias,) = set(scene.aliases("store.jks") or ()) - {"old"}
    return f"its alias is `{alias}`"


def umask(scene: Scene, program: Program) -> str:
    words = " ".join(f'"{word}"' for word in program.importing("fresh.jks"))
    done = scene.run(["sh", "-c", f"umask 077; {words}"])
    assert done
    assert done.returncode == 0, done
    return f"mode {(scene.folder / 'fresh.jks').stat().st_mode & 0o777:o}"


def head(scene: Scene, program: Program) -> str:
    words = " ".join(f'"{word}"' for word in program.listing("store.jks"))
    done = scene.run(["bash", "-c", f"{words} | true; echo ${{PIPESTATUS[0]}}"])
    assert done
    assert "Traceback" not in done.stderr
    return f"exit code {done.stdout.strip()}"


def killed(scene: Scene, program: Program) -> str:
    torn = faults.tearing(scene.folder / "store.jks", 0, 400)
    preload = str(faults.compiled(scene.folder))
    subprocess.run(["cp", scene.folder / "store.jks", scene.folder / "before.jks"], check=True)
    done = scene.run(program.importing("store.jks"), env={"LD_PRELOAD": preload, **torn})
    assert done
    if done.returncode == 0:  # it never wrote into the store
        told = f"{scene.told(done)}: nothing is written into the store that is there"
        subprocess.run(["cp", scene.folder / "before.jks", scene.folder / "store.jks"], check=True)
        done = scene.run(program.importing("store.jks", "new", "--in-place"), env={"LD_PRELOAD": preload, **torn})
        assert done
        assert done.returncode == 128 + signal.SIGKILL
        scene.run(program.importing("store.jks", "another"))
        return f"{told}. With `--in-place`, when the next run has come: {scene.told(None).partition('; ')[2]}"
    assert done.returncode == 128 + signal.SIGKILL
    return scene.told(done).partition("; ")[2]


def two(scene: Scene, program: Program) -> str:
    """The first has read the store, and asks whether to trust; the second comes and goes meanwhile."""
    words = program.words if program.of_jdk else (*program.words, "keytool")
    asking = ("-importcert", "-alias", "new", "-file", str(OLD), "-storepass", PASSWORD, "-keystore", "store.jks")
    env = {**os.environ, "PYTHONPATH": str(SOURCES), "STORE_PASSWORD": PASSWORD}
    with subprocess.Popen(
        [*words, *asking], cwd=scene.folder, env=env, stdin=-1, stdout=-1, stderr=subprocess.STDOUT, text=True
    ) as first:
        assert first.stdin
        assert first.stdout
        shown = ""
        while "[no]:" not in shown:
            shown += first.stdout.read(1)
        subprocess.run(program.importing("store.jks", "second"), cwd=scene.folder, env=env, check=True)
        first.stdin.write("yes\n")
        first.stdin.close()
        first.stdout.read()
    lost = {"old", "new", "second"} - set(scene.aliases("store.jks") or ())
    return f"what `{', '.join(sorted(lost))}` added is lost" if lost else "both added"


ROWS: Final[dict[str, Callable[[Scene, Program], str]]] = {
    "the store is mounted by itself": mounted,
    "its folder is read-only": read_only,
    "no `/dev/shm`, no terminal": bare,
    "no variables, no home, a user without a name": homeless,
    "the disk is full": full,
    "the store is a FIFO": fifo,
    "a certificate goes to `/dev/stdout`": stdout,
    "the store is a link by way of `..data`": config_map,
    "`LC_ALL=C`, and the alias is `caf\u00e9`": ascii_only,
    "`umask 077`, and the store is new": umask,
    "a listing goes to a pipe that nobody reads any more": head,
    "it is killed within a write into the store": killed,
    "another one adds to it meanwhile": two,
}


@pytest.mark.parametrize("name", ROWS)
def test_the_row_of_the_page(name: str, bwrap: str, jdks: list[Jdk], tmp_path: Path) -> None:
    homes = [jdk for jdk in jdks if 'JAVA_VERSION="17' in (jdk.home / "release").read_text()]
    keytool = str(homes[0].keytool) if homes else absent("keytool of JDK 17")
    told = []
    for program in (Program((keytool,), True), Program((sys.executable, "-m", "truststore_tool"), False)):
        folder = tmp_path / ("jdk" if program.of_jdk else "ours")
        folder.mkdir(mode=0o755)
        made = ("-importcert", "-noprompt", "-alias", "old", "-file", OLD, "-storepass", PASSWORD, "-storetype", "JKS")
        subprocess.run([keytool, *made, "-keystore", folder / "store.jks"], capture_output=True, check=True)
        told.append(ROWS[name](Scene(folder, bwrap, keytool), program))
    row = f"| {name} | {told[0]} | {told[1]} |"
    assert row in (ROOT / "docs" / "image.md").read_text()

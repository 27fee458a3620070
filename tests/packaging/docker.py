"""What stands for `docker` where the tests run its command lines: buildah, and a root of its own for each container.

``python -m tests.packaging.docker PLACE build|run ...``: PLACE is the folder of the storage. A container has the image
for its root, which what is asked for is mounted into, and runs as the user that was asked for.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

# As root in a mount namespace of its own: $1 is the root, $2 what it is mounted as.
_MOUNTING: Final = """
set -e
root=$1 how=$2 who=$3; shift 3
mount --make-rprivate /
mount --bind "$root" "$root"
while [ "$1" != -- ]; do
  mount --bind "$1" "$root$2"
  mount -o "remount,bind,$3" "$root$2"
  shift 3
done
shift
mount -o "remount,bind,$how" "$root"
exec chroot --userspec="$who" --groups= "$root" env -i "$@"
"""


class Storage:
    """Images in a folder."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def buildah(self, *words: str | Path, cwd: Path | None = None) -> str:
        """What buildah prints."""
        where = ("--root", self.place / "root", "--runroot", self.place / "run", "--storage-driver", "vfs")
        command = ["buildah", *map(str, (*where, *words))]
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
        return done.stdout.strip()

    def base(self, name: str, files: Path, env: dict[str, str]) -> None:
        """Make an image of what is in a folder."""
        container = self.buildah("from", "scratch")
        subprocess.run(["cp", "-a", f"{files}/.", self.buildah("mount", container)], check=True)
        given = [f"--env={variable}={value}" for variable, value in env.items()]
        self.buildah("config", *given, container)
        self.buildah("commit", "-q", "--rm", container, name)

    def build(self, name: str, context: Path) -> None:
        """Carry out the Dockerfile of a folder."""
        self.buildah("bud", "--isolation", "chroot", "--layers=false", "-t", name, ".", cwd=context)

    def image(self, name: str) -> Any:
        """What there is to know of an image, as OCI has it."""
        return json.loads(self.buildah("inspect", "--type", "image", name))["OCIv1"]

    def root(self, name: str) -> Path:
        """The files of an image, for all containers of it."""
        known = self.place / f"{name}.root"
        if not known.exists():
            known.write_text(self.buildah("mount", self.buildah("from", name)))
        return Path(known.read_text())

    def command(self, name: str, asked: argparse.Namespace) -> list[str]:
        """How to run a container."""
        config, root = self.image(name)["config"], self.root(name)
        mounts: list[str] = []
        for source, target, *how in (each.split(":") for each in asked.volume):
            place = root / target.lstrip("/")
            if Path(source).is_dir():
                place.mkdir(exist_ok=True)
            else:
                place.touch()
            mounts += [str(Path(source).resolve()), target, *(how or ["rw"])]
        env = [*config["Env"], *(f"{each}={os.environ[each]}" for each in asked.env)]
        program = [*mounts, "--", *env, *config["Entrypoint"], *asked.words]
        how, who = "ro" if asked.read_only else "rw", asked.user or config["User"]
        return ["unshare", "--mount", "sh", "-c", _MOUNTING, "sh", str(root), how, who, *program]


def main(place: str, *words: str) -> int:
    """Exit code of the container."""
    parser = argparse.ArgumentParser(prog="docker")
    verbs = parser.add_subparsers(dest="verb", required=True)
    build, run = verbs.add_parser("build"), verbs.add_parser("run")
    build.add_argument("-q", action="store_true")
    build.add_argument("-t", required=True)
    build.add_argument("context")
    for option in ("--rm", "-i", "--read-only"):
        run.add_argument(option, action="store_true")
    run.add_argument("--user", default="")
    run.add_argument("-v", dest="volume", action="append", default=[])
    run.add_argument("-e", dest="env", action="append", default=[])
    run.add_argument("image")
    run.add_argument("words", nargs=argparse.REMAINDER)
    asked = parser.parse_args(words)
    storage = Storage(Path(place))
    if asked.verb == "build":
        storage.build(asked.t, Path(asked.context))
        return 0
    silent = None if asked.i else subprocess.DEVNULL
    return subprocess.run(storage.command(asked.image, asked), stdin=silent, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""A Debian of programs newer (and older) than this machine's, in a folder: made once, by root, with debootstrap.

The folder is a small trixie under the tests' cache, with PACKAGES, and the newest openjdk-8 of unstable. Use::

    debian = there()                     # the folder, made if it has to be; a skip that the run's end tells of if not
    debian.run("openssl", "version")     # standard output; a failure fails the test, as with realtools.run
    debian.command("psql", "-V")         # what to start with subprocess, for servers and long-lived processes;
                                         # user="postgres" for those that refuse to be root's
    with debian.shared() as (outside, inside):    # a folder for files: a Path here, and its path to the programs
        (outside / "a.pem").write_bytes(pem)
        debian.run("openssl", "x509", "-in", f"{inside}/a.pem", "-noout")
    debian.java("-cp", inside, "StoreJudge")      # its Java 8, as command does

Programs see the machine's network (127.0.0.1 too) and processes' ids, and of files those of the folder only.
`python -m tests.debian` makes the folder beforehand, and says where it lies and how long that took.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from tests.realtools import CACHE, absent, run

SUITE: Final = "trixie"
PACKAGES: Final = ("openssl", "openssl-provider-fips", "python3", "golang-go", "postgresql-17")
UNPACKED: Final = ("openjdk-8-jre-headless",)  # from unstable; to be installed, it asks for a /proc
FOLDER: Final = CACHE / "debian"
_DONE: Final = "made-of"  # names the packages; written last
# Without a /proc, Go does not find itself.
_SETTINGS: Final = ("HOME=/tmp", "LC_ALL=C.UTF-8", "GOROOT=/usr/lib/go", "GOTOOLCHAIN=local", "GOTELEMETRY=off")
_MAKING: Final = 900  # seconds
# Nothing of it is for people to read, and a folder that power cuts off is made again.
_DPKG: Final = """force-unsafe-io
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/locale/*
"""
# A database of its own would be made and started while PostgreSQL is installed.
_NO_CLUSTER: Final = "create_main_cluster = false\n"
# A mirror that lags behind is signed all the same.
_OPTIONS: Final = ("Dpkg::Use-Pty=0", "APT::Sandbox::User=root", "Acquire::Check-Valid-Until=false")
_APT: Final = ("apt-get", "-qq", *(word for option in _OPTIONS for word in ("-o", option)))


@dataclass(frozen=True)
class Debian:
    """The folder.

    Attributes:
        root: where it lies.
    """

    root: Path

    def command(self, *words: str | Path, user: str | None = None) -> list[str]:
        """How to start a program of the folder, as root or as `user`."""
        who = () if user is None else (f"--userspec={user}:{user}",)
        return ["chroot", *who, str(self.root), "env", *_SETTINGS, *map(str, words)]

    def run(self, *words: str | Path, stdin: bytes = b"", check: bool = True, user: str | None = None) -> bytes:
        """Standard output of a program; a non-zero exit fails the test with what it printed."""
        return run(*self.command(*words, user=user), stdin=stdin, check=check)

    @contextmanager
    def shared(self) -> Iterator[tuple[Path, str]]:
        """A new folder that any user may write, as the machine and as the programs call it."""
        with tempfile.TemporaryDirectory(dir=self.root / "tmp") as name:
            outside = Path(name)
            outside.chmod(0o777)
            yield outside, f"/tmp/{outside.name}"  # noqa: S108 -- in the folder

    def java(self, *words: str) -> list[str]:
        """How to start its Java 8, which without a /proc does not find its libraries."""
        home = next((self.root / "usr" / "lib" / "jvm").glob("java-8-openjdk-*")).relative_to(self.root)
        libraries = next((self.root / home / "jre" / "lib").glob("*/jli")).parent.relative_to(self.root)
        path = ":".join(f"/{libraries}/{folder}" for folder in ("jli", "server", "."))
        return self.command(f"LD_LIBRARY_PATH={path}", f"/{home}/jre/bin/java", *words)


def there() -> Debian:
    """The folder; a skip where it cannot be made, which the end of the run tells."""
    made = folder()
    return absent(f"the Debian of the tests ({made})") if isinstance(made, str) else made


@cache
def folder() -> Debian | str:
    """The folder, made if it is not there; or why it cannot be."""
    return made_once(FOLDER, " ".join((SUITE, *PACKAGES, *UNPACKED)), _make) or Debian(FOLDER)


def made_once(place: Path, of: str, make: Callable[[], None]) -> str | None:
    """Have `make` make the folder at `place`, unless one is there that is made of the same; or why it cannot be."""
    if os.geteuid() != 0:
        return "only root can use it"
    place.parent.mkdir(parents=True, exist_ok=True)
    with (place.parent / f"{place.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = place / _DONE
        if done.exists() and done.read_text() == of:
            return None
        if shutil.which("debootstrap") is None:
            return "debootstrap is not installed"
        try:
            shutil.rmtree(place, ignore_errors=True)
            make()
        except (subprocess.SubprocessError, OSError) as exc:
            said = getattr(exc, "stderr", None) or getattr(exc, "stdout", None) or b""
            last = (said.decode(errors="replace").strip().splitlines() or [type(exc).__name__])[-1]
            return f"it could not be made: {last}"
        done.write_text(of)
    return None


def bootstrap(place: Path, suite: str, *options: str) -> None:
    """Make the smallest Debian of a suite at `place`."""
    packages = place.parent / "debs"
    packages.mkdir(exist_ok=True)
    quietly("debootstrap", "--variant=minbase", f"--cache-dir={packages}", *options, suite, place)


def _make() -> None:
    bootstrap(FOLDER, SUITE)
    etc = FOLDER / "etc"
    (etc / "dpkg" / "dpkg.cfg.d" / "tests").write_text(_DPKG)
    (etc / "postgresql-common").mkdir()
    (etc / "postgresql-common" / "createcluster.conf").write_text(_NO_CLUSTER)
    mirror = (etc / "apt" / "sources.list").read_text().split()[1]  # debootstrap's own choice
    (etc / "apt" / "sources.list.d" / "unstable.list").write_text(f"deb {mirror} unstable main\n")
    (etc / "apt" / "preferences.d" / "unstable").write_text("Package: *\nPin: release a=unstable\nPin-Priority: 100\n")
    inside = Debian(FOLDER)
    quietly(*inside.command(*_APT, "update"))
    install = ("install", "-y", "--no-install-recommends", *PACKAGES)
    quietly(*inside.command("DEBIAN_FRONTEND=noninteractive", *_APT, *install))
    quietly(*inside.command(*_APT, "clean"))
    for package in UNPACKED:
        quietly(*inside.command(*_APT, "install", "-y", "--download-only", f"{package}/unstable"))
        (archive,) = (FOLDER / "var" / "cache" / "apt" / "archives").glob(f"{package}_*.deb")
        quietly(*inside.command("dpkg", "--extract", f"/var/cache/apt/archives/{archive.name}", "/"))
    quietly(*inside.command(*_APT, "clean"))


def quietly(*command: str | Path) -> None:
    """Run a command; CalledProcessError for a non-zero exit, with what it printed."""
    subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=_MAKING)


if __name__ == "__main__":
    began = time.monotonic()
    made = folder()
    where = made if isinstance(made, str) else made.root
    sys.stdout.write(f"the Debian of the tests: {where} ({time.monotonic() - began:.0f} s)\n")

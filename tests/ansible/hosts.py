"""Hosts to play against: directories of this machine, a folder with another Python, and users behind an sshd."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.debian import Debian
from tests.realtools import absent, find, run

Variables = Mapping[str, Any]
# Discovery asks each host what Pythons it has, which is Ansible's own affair.
LOCAL: Final[Variables] = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}


def inside(debian: Debian) -> Variables:
    """A folder of a Debian as a host, which only root can use: no /proc, and a Python that the machine has not."""
    return {
        "ansible_connection": "community.general.chroot",
        "ansible_host": str(debian.root),
        "ansible_python_interpreter": "/usr/bin/python3",
    }


# Users of the machine that sshd shows, by number. `ops` may become everybody, and shares a group with `app`.
OPS, APP, GUEST = "ops", "app", "guest"
_USERS: Final = {OPS: 64001, APP: 64002, GUEST: 64003}
SHARED: Final = "deploy"
_SHARED_NUMBER: Final = 64000

# In namespaces of its own: the machine's list of users is left alone, and nothing outlives its first process.
_ALONE: Final = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private")
_START: Final = """
set -e
for name in passwd group shadow sudoers; do mount --bind "$1/etc/$name" "/etc/$name"; done
mount -t tmpfs tmpfs /run
mkdir -m 755 /run/sshd
exec "$2" -D -e -f "$1/etc/sshd_config"
"""
_CONFIG: Final = """
ListenAddress 127.0.0.1:{port}
HostKey {folder}/etc/host_key
AuthorizedKeysFile {folder}/etc/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PidFile none
MaxStartups 100
Subsystem sftp internal-sftp
"""


@dataclass(frozen=True)
class Sshd:
    """A running sshd.

    Attributes:
        folder: its files; `home/USER` of each user, seen by them under the same path.
        port: on 127.0.0.1.
        control: where ssh keeps its sockets.
    """

    folder: Path
    port: int
    control: Path

    def user(self, name: str, port: int | None = None) -> Variables:
        """A user of it as a host."""
        options = {
            "UserKnownHostsFile": self.folder / "known_hosts",
            "GlobalKnownHostsFile": os.devnull,
            "StrictHostKeyChecking": "yes",
            "IdentitiesOnly": "yes",
        }
        return {
            "ansible_connection": "ssh",
            "ansible_host": "127.0.0.1",
            "ansible_port": port or self.port,
            "ansible_user": name,
            "ansible_ssh_private_key_file": str(self.folder / "key"),
            "ansible_ssh_common_args": shlex.join(["-F", os.devnull, *(f"-o{k}={v}" for k, v in options.items())]),
            "ansible_control_path_dir": str(self.control),
            "ansible_python_interpreter": "/usr/bin/python3",
        }

    def home(self, name: str) -> Path:
        """The home of a user."""
        return self.folder / "home" / name

    def own(self, path: Path, name: str) -> Path:
        """Give a file to a user."""
        os.chown(path, _USERS[name], _USERS[name])
        return path

    def owner(self, path: Path) -> str:
        """Whose a file is."""
        return {number: name for name, number in _USERS.items()}.get(path.stat().st_uid, str(path.stat().st_uid))


@contextmanager
def sshd() -> Iterator[Sshd]:
    """A new sshd with users of its own, which is gone afterwards with all that they started."""
    if os.geteuid() != 0:
        absent("users behind an sshd (only root can start it)")
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin") or find("sshd")
    find("sudo")
    with tempfile.TemporaryDirectory(prefix="sshd") as name:
        folder = Path(name)
        folder.chmod(0o755)  # every user's homes are below
        port = free_port()
        _lay_out(folder, port)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen([*_ALONE, "sh", "-c", _START, "sh", folder, program], stdout=log, stderr=log)
        try:
            if not _answers(port, process):
                absent(f"users behind an sshd ({_last(folder / 'log')})")
            yield Sshd(folder, port, folder / "control")
        finally:
            # Its first process, and with that all others; unshare, which waits for it, ends then.
            for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
                os.kill(int(child), signal.SIGKILL)
            process.wait()


def free_port() -> int:
    """A port of the loopback on which nothing listens now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _lay_out(folder: Path, port: int) -> None:
    etc = folder / "etc"
    etc.mkdir()
    (folder / "control").mkdir(mode=0o700)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key")
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", etc / "host_key")
    public = " ".join((etc / "host_key.pub").read_text().split()[:2])
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {public}\n")
    shutil.copy(folder / "key.pub", etc / "authorized_keys")
    (etc / "sshd_config").write_text(_CONFIG.format(port=port, folder=folder))
    (folder / "home").mkdir()
    passwd, group, shadow = (Path("/etc", name).read_text() for name in ("passwd", "group", "shadow"))
    for user, number in _USERS.items():
        home = folder / "home" / user
        home.mkdir(mode=0o700)
        os.chown(home, number, number)
        passwd += f"{user}:x:{number}:{number}::{home}:/bin/sh\n"
        group += f"{user}:x:{number}:\n"
        shadow += f"{user}:*:20000:0:99999:7:::\n"
    group += f"{SHARED}:x:{_SHARED_NUMBER}:{OPS},{APP}\n"
    for file, text, mode in (
        ("passwd", passwd, 0o644),
        ("group", group, 0o644),
        ("shadow", shadow, 0o600),
        ("sudoers", f"root ALL=(ALL:ALL) ALL\n{OPS} ALL=(ALL:ALL) NOPASSWD: ALL\n", 0o440),
    ):
        (etc / file).write_text(text)
        (etc / file).chmod(mode)


def _answers(port: int, process: "subprocess.Popen[bytes]") -> bool:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if process.poll() is not None:
                return False
            time.sleep(0.05)
        else:
            return True
    return False


def _last(log: Path) -> str:
    return (log.read_text(errors="replace").strip().splitlines() or ["it says nothing"])[-1]

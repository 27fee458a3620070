"""The JDK's keytool and ours side by side: the same command lines on copies of the same folder."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.realtools import JavaView, Jdk, Request, run
from tests.samples import own
from tests.shims.forge import certificate, common_name, pem

PASSWORD = "changeit"
_FRAME = re.compile(rb"^\tat .*\n", re.MULTILINE)
_QUICK = ("-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC")


@dataclass(frozen=True)
class Case:
    """Command lines to run one after the other, what they read on standard input, and further environment.

    `varies` says that the releases of the JDK answer differently, so that each of them is asked.
    """

    commands: str
    stdin: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    varies: bool = False


@dataclass
class Outcome:
    """What a case printed and left: exit codes, both streams, the files that changed, and the stores among them."""

    printed: list[tuple[int, str, str]]
    changed: list[str]
    contents: dict[str, bytes]
    stores: dict[str, JavaView]


def release(jdk: Jdk) -> str:
    """``"17"`` or ``"25"``."""
    return "25" if 'JAVA_VERSION="25' in (jdk.home / "release").read_text() else "17"


def make_folder(folder: Path, jdk: Jdk) -> None:
    """Certificates of every kind, and a JKS, a PKCS12 and a JCEKS store, each also with keys."""
    made = {
        "one.pem": pem(certificate(subject=common_name("one"))),
        "two.pem": pem(certificate(subject=common_name("two"))),
        "three.pem": pem(certificate(subject=common_name("three"))),
        "root.pem": own("new-root.pem").read_bytes(),
        "intermediate.pem": own("new-intermediate.pem").read_bytes(),
        "leaf.pem": own("new-server.pem").read_bytes(),
        "sha1.pem": pem(certificate(subject=common_name("sha1"), signed="1.2.840.113549.1.1.5")),
        "md5.pem": pem(certificate(subject=common_name("md5"), signed="1.2.840.113549.1.1.4")),
        "garbage.pem": b"garbage\n",
        "empty": b"",
        "password": PASSWORD.encode() + b"\nsecond line\n",
    }
    for name, content in made.items():
        (folder / name).write_bytes(content)
    (folder / "folder").mkdir()
    (folder / "one.der").write_bytes(certificate(subject=common_name("one")))
    (folder / "both.pem").write_bytes(made["one.pem"] + b"between\n" + made["two.pem"])

    def keytool(*words: str) -> None:
        run(jdk.keytool, *_QUICK, *words, "-storepass", PASSWORD, cwd=folder)

    for kind in ("jks", "pkcs12", "jceks"):
        store = f"s.{kind}"
        for alias in ("one", "two"):
            keytool("-importcert", "-noprompt", "-alias", alias, "-file", f"{alias}.pem", "-keystore", store,
                    "-storetype", kind)  # fmt: skip
        shutil.copyfile(folder / store, folder / f"k.{kind}")
        keytool("-genkeypair", "-alias", "key", "-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=key",
                "-keypass", PASSWORD, "-keystore", f"k.{kind}")  # fmt: skip


def run_case(
    program: list[str], case: Case, folder: Path, environment: Mapping[str, str]
) -> list[tuple[int, str, str]]:
    """Exit code and both streams of each command; the frames of Java's stack traces are left out."""
    printed = []
    for line in case.commands.split(" && "):
        done = subprocess.run(
            [*program, *shlex.split(line)], input=case.stdin.encode(), capture_output=True, cwd=folder, timeout=300,
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC", **environment, **case.environment},
        )  # fmt: skip
        out, err = (
            _FRAME.sub(b"", stream).decode("utf-8", "backslashreplace") for stream in (done.stdout, done.stderr)
        )
        printed.append((done.returncode, out, err))
    return printed


def compare(jdk: Jdk, base: Path, scratch: Path, cases: list[Case]) -> list[tuple[Case, Outcome, Outcome]]:
    """Each case with what the JDK's keytool and ours made of it, where they differ."""
    programs = {
        "real": [str(jdk.keytool), *_QUICK],
        "ours": [sys.executable, "-m", "truststore_tool", "keytool"],
    }
    environment = {"TRUSTSTORE_TOOL_KEYTOOL_VERSION": release(jdk)}
    keys = [(who, number) for who in programs for number in range(len(cases))]

    def run_one(key: tuple[str, int]) -> Outcome:
        who, number = key
        folder = scratch / f"{who}-{number}"
        shutil.copytree(base, folder)
        printed = run_case(programs[who], cases[number], folder, environment)
        return Outcome(printed, _changed(base, folder), {}, {})

    with ThreadPoolExecutor(2) as pool:
        outcomes = dict(zip(keys, pool.map(run_one, keys), strict=True))
    requests: list[tuple[str, int, str, Request]] = []
    for (who, number), outcome in outcomes.items():
        for name in outcome.changed:
            path = scratch / f"{who}-{number}" / name
            kind = _store_type(path)
            if kind:
                requests.append((who, number, name, Request(kind, path, _password(cases[number]), (PASSWORD,))))
            elif path.exists():
                outcome.contents[name] = path.read_bytes()
    views = jdk.read(*(request for *_, request in requests)) if requests else []
    for (who, number, name, _), view in zip(requests, views, strict=True):
        outcomes[who, number].stores[name] = _dateless(view)
    pairs = [(case, outcomes["real", number], outcomes["ours", number]) for number, case in enumerate(cases)]
    return [pair for pair in pairs if pair[1] != pair[2]]


def _changed(base: Path, folder: Path) -> list[str]:
    before = {path.name: path.read_bytes() for path in base.iterdir() if path.is_file()}
    after = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    return sorted(name for name in before | after if before.get(name) != after.get(name))


def _store_type(path: Path) -> str | None:
    head = path.read_bytes()[:4] if path.exists() else b""
    if head == b"\xfe\xed\xfe\xed":
        return "JKS"
    if head == b"\xce\xce\xce\xce":
        return "JCEKS"
    return "PKCS12" if head[:1] == b"0" and path.suffix != ".der" else None


def _password(case: Case) -> str:
    """The password of what a case leaves: the new one, where it sets one."""
    return "newpass1" if "newpass1" in case.commands + case.stdin else PASSWORD


def _dateless(view: JavaView) -> JavaView:
    """The view without dates of today, which the two tools made at different moments, and in one order."""
    entries = tuple(sorted((e.__class__(e.alias, e.kind, 0, e.key, e.certificates) for e in view.entries), key=str))
    return JavaView(view.error, entries, tuple(sorted(view.trusted)))

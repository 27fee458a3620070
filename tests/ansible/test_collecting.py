"""The collector of truststore_scan brings from a host all that a scan there would find, with any Python of a host."""

import base64
import io
import json
import os
import shutil
import subprocess
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from integrations.ansible.plugins.module_utils import collecting
from integrations.ansible.plugins.module_utils.collecting import Collector
from tests.inventory.test_recall import scanned
from tests.inventory.trees import NONE, WRAPPINGS, every_format, packaged, pem, tarred, texts, zipped
from tests.realtools import absent
from tests.samples import own
from truststore_tool.inventory import because, needles, sieve, walk
from truststore_tool.inventory.assembling import Asked, assemble
from truststore_tool.inventory.bounds import Bounds
from truststore_tool.inventory.haul import Haul
from truststore_tool.inventory.looking import Looker
from truststore_tool.inventory.nouns import Candidates, Inventory, Place
from truststore_tool.inventory.tasks import Orders
from truststore_tool.nouns import replace
from truststore_tool.render import scan_json

STORES = every_format()
BOUNDS = (1 << 24, 1 << 26, 10_000, 600)


def brought(*roots: Path, bounds: tuple[int, int, int, int] = BOUNDS, **keywords: Any) -> dict[str, Any]:
    """What a collector tells, with the content of each file in place of its number."""
    collector = Collector(*bounds)
    collector.walk([str(root) for root in roots], **keywords)
    return unpacked(collector.packed())


def unpacked(packed: str) -> dict[str, Any]:
    head, _, rest = zlib.decompress(base64.b64decode(packed)).partition(b"\n")
    told: dict[str, Any] = json.loads(head)
    stream = io.BytesIO(rest)
    contents = [stream.read(size) for size in told.pop("sizes")]
    assert not stream.read()
    told["files"] = {path: contents[number] for path, number in told["files"]}
    return told


def judged(told: dict[str, Any]) -> Inventory:
    """The inventory of what was brought."""
    now = datetime.now(UTC)
    looker, haul = Looker(Orders(Bounds(), Candidates(), now)), Haul()
    for path, content in told["files"].items():
        haul.add(looker.octets(path, content))
    for path, why in told["passed"]:
        haul.passed(Place((path,)), why)
    for path, target in told["links"]:
        haul.link(Place((path,)), target)
    return assemble(haul, told["roots"], told["unreadable"], Asked((), now), complete=told["complete"])


def report(found: Inventory) -> dict[str, Any]:
    """The report in JSON, without what two scans never have in common, nor how many files were opened."""
    told = "".join(scan_json.pieces(replace(found, at=datetime(2030, 1, 1, tzinfo=UTC), files=0)))
    body: dict[str, Any] = json.loads(told)
    return body


def same(root: Path) -> Inventory:
    """What a scan finds, once it is proved that what is brought is judged alike."""
    found = scanned(root)
    assert report(judged(brought(root))) == report(found)
    return found


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_every_format_is_brought_in_every_wrapping_under_any_name(tmp_path: Path, wrapping: str) -> None:
    names = ["a.dat", "noending", ".hidden", "x.txt", "b.jpg", "c c.bin", "\u00e9.class", "trust", "d.so"]
    for name, data in zip(names, STORES.values(), strict=True):
        (tmp_path / name).write_bytes(WRAPPINGS[wrapping](data)[0])
    assert len(same(tmp_path).stores) == len(names)


@pytest.mark.parametrize("kind", texts(b"", b""))
def test_texts_that_hold_bundles_are_brought(tmp_path: Path, kind: str) -> None:
    content, keys = texts(pem(), STORES["jks"])[kind]
    (tmp_path / "file").write_bytes(content)
    (tmp_path / "late").write_bytes(b"#" * 3_000_000 + b"\n" + content)
    (tmp_path / "x.zip").write_bytes(zipped({"a/b": content}))
    assert same(tmp_path).places == 3 * len(keys)


@pytest.mark.parametrize("encode", [base64.b64encode, base64.encodebytes, lambda data: data.decode().encode("utf-16")])
def test_files_that_are_wrapped_as_a_whole_are_brought(tmp_path: Path, encode: Callable[[bytes], bytes]) -> None:
    (tmp_path / "file").write_bytes(encode(pem()))
    assert same(tmp_path).places == 1


def test_what_is_damaged_encrypted_or_of_another_kind_is_named_alike(tmp_path: Path) -> None:
    whole = STORES["jks"]
    (tmp_path / "cut.jks").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "cut.pem").write_bytes(pem()[:-100])
    (tmp_path / "cut.tar").write_bytes(tarred({"a": whole, "b": bytes(5000)})[:-8000])
    (tmp_path / "cut.zip").write_bytes(zipped({"a": whole, "b": bytes(5000)})[:-40])
    (tmp_path / "cut.gz").write_bytes(WRAPPINGS["gz"](whole)[0][:-40])
    (tmp_path / "cut.deb").write_bytes(WRAPPINGS["deb"](whole)[0][:-40])
    (tmp_path / "part.deb").write_bytes(b"!<arch>\ndebian-split    " + bytes(100_000))
    (tmp_path / "x.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(100_000))
    (tmp_path / "disk").write_bytes(bytes(32769) + b"CD001" + bytes(100_000))
    data = bytearray(zipped({"secret": b"x"}))
    for magic in (b"PK\3\4", b"PK\1\2"):
        data[data.index(magic) + (6 if magic == b"PK\3\4" else 8)] |= 1
    (tmp_path / "locked.zip").write_bytes(data)
    assert len(same(tmp_path).skipped) >= 9
    for name in ("x.7z", "disk", "part.deb"):
        assert len(brought(tmp_path)["files"][str(tmp_path / name)]) < 70_000


def test_a_package_is_brought_whole_or_named(tmp_path: Path) -> None:
    data = tarred({"0": bytes(200_000), "ca.pem": pem()})
    (tmp_path / "x.deb").write_bytes(packaged({}, {"data.tar": data}))
    assert same(tmp_path).places == 1
    told = brought(tmp_path, bounds=(100_000, 1 << 20, 9, 600))
    assert told["passed"] == [[str(tmp_path / "x.deb"), "was not brought from the host: is larger than 100000 octets"]]


def test_who_reads_a_store_is_known_by_what_is_brought(tmp_path: Path) -> None:
    jdk = tmp_path / "usr" / "lib" / "jvm"
    (jdk / "lib" / "security").mkdir(parents=True)
    (jdk / "lib" / "security" / "cacerts").write_bytes(STORES["jks"])
    (jdk / "release").write_text('JAVA_VERSION="17.0.9"\n')
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "kafka.properties").write_text("ssl.truststore.location=/etc/trust.jks\n")
    (tmp_path / "etc" / "gone.properties").write_text("ssl.truststore.location=/etc/gone.jks\n")
    (tmp_path / "etc" / "trust.jks").symlink_to("real.jks")
    (tmp_path / "etc" / "real.jks").write_bytes(STORES["jceks"])
    (tmp_path / "etc" / "boot.jar").write_bytes(
        zipped({"BOOT-INF/classes/application.properties": b"ssl.trust-store=classpath:t", "BOOT-INF/classes/t": pem()})
    )
    found = same(tmp_path)
    assert all(store.readers for store in found.stores)
    assert [item.rule for item in found.findings] == ["names-no-file"]


def test_only_what_may_hold_something_is_brought(tmp_path: Path) -> None:
    for name, data in NONE.items():
        (tmp_path / name).write_bytes(data)
    for name in ("old-root.key", "old-server.key"):
        (tmp_path / name).write_bytes(own(name).read_bytes())
    key = base64.b64decode(b"".join(own("old-root.key").read_bytes().splitlines()[1:-1]))
    (tmp_path / "key.der").write_bytes(key)
    (tmp_path / "library.so").write_bytes(b"\x7fELF\0\0-----BEGIN CERTIFICATE-----\0-----END CERTIFICATE-----\0" * 9)
    (tmp_path / "nothing.jar").write_bytes(zipped({f"{n}.class": b"\xca\xfe\xba\xbe\0" * 99 for n in range(50)}))
    (tmp_path / "page.1.gz").write_bytes(WRAPPINGS["gz"](b"text of a manual")[0])
    (tmp_path / "app.conf").write_text("listen 80\n")
    same(tmp_path)
    assert {Path(path).name for path in brought(tmp_path)["files"]} <= {
        "words",
        "code.py",
        "secrets.py",
        "not.zip",
        "sequence",
    }


def test_links_are_told_and_not_followed_and_globs_leave_out(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    (inside / "sub").mkdir(parents=True)
    (tmp_path / "outside.pem").write_bytes(pem())
    (inside / "link").symlink_to(tmp_path / "outside.pem")
    (inside / "sub" / "loop").symlink_to(inside)
    (inside / "sub" / "a.pem").write_bytes(pem())
    (inside / "b.pem").write_bytes(pem("new-root.pem"))
    os.mkfifo(inside / "pipe")
    told = brought(inside)
    assert set(told["files"]) == {str(inside / "sub" / "a.pem"), str(inside / "b.pem")}
    assert told["links"] == [
        [str(inside / "link"), str(tmp_path / "outside.pem")],
        [str(inside / "sub" / "loop"), str(inside)],
    ]
    (inside / "gone").symlink_to("nothing")
    (inside / "device").symlink_to("/dev/null")
    (inside / "twice").symlink_to("link")
    assert {Path(item.path).name for item in same(inside).skipped} == {"link"}
    for glob in ("sub", "sub/*", f"{inside}/sub*"):
        assert set(brought(inside, exclude=[glob])["files"]) == {str(inside / "b.pem")}


def test_another_file_system_is_not_entered_and_that_of_the_kernel_never() -> None:
    told = brought(Path("/"), exclude=[each.name for each in Path("/").iterdir() if each.name != "proc"])
    assert (told["files"], told["passed"], told["looked_at"]) == ({}, [], 0)


def test_what_is_over_a_bound_is_named(tmp_path: Path) -> None:
    for number, name in enumerate(("old-root.pem", "new-root.pem", "old-server.pem")):
        (tmp_path / f"{number}.pem").write_bytes(pem(name))
    (tmp_path / "3.pem").write_bytes(pem())
    size = len(pem())
    paths = [str(tmp_path / f"{number}.pem") for number in range(4)]
    whole = brought(tmp_path, bounds=(10_000, 10_000, 9, 600))
    assert list(whole["files"]) == paths
    same_twice = brought(tmp_path, bounds=(10_000, size, 9, 600))  # the fourth is the first once more
    assert list(same_twice["files"]) == [paths[0], paths[3]]
    assert [path for path, _ in same_twice["passed"]] == paths[1:3]
    two = brought(tmp_path, bounds=(10_000, 10_000, 2, 600))
    assert [path for path, _ in two["passed"]] == paths[2:]
    none = brought(tmp_path, bounds=(100, 10_000, 9, 600))
    assert [path for path, why in none["passed"] if "is larger than 100 octets" in why] == paths
    late = brought(tmp_path, bounds=(10_000, 10_000, 9, -1))
    assert not late["complete"]
    assert [path for path, _ in late["passed"]] == [str(tmp_path)]


def test_a_root_that_is_not_there_or_no_file_is_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    told = brought(tmp_path / "gone", tmp_path / "pipe")
    assert told["unreadable"] == [str(tmp_path / "gone"), str(tmp_path / "pipe")]
    assert [why for _, why in told["passed"]] == [
        "cannot be read: No such file or directory",
        "is neither a file nor a folder",
    ]


def test_a_bomb_ends_with_the_time(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(400):
            archive.writestr(f"{number}", b"a" * (60 << 20) if number < 1 else b"a" * (8 << 20))
    (tmp_path / "bomb.zip").write_bytes(out.getvalue())
    (tmp_path / "z.pem").write_bytes(pem())
    told = brought(tmp_path, bounds=(1 << 24, 1 << 24, 9, 0))
    assert not told["complete"]


def test_names_of_any_octets_are_brought(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\n\xc3\xa9.pem")
    (tmp_path / name).write_bytes(pem())
    assert list(brought(tmp_path)["files"]) == [str(tmp_path / name)]
    assert same(tmp_path).places == 1


def _octets(value: object) -> Iterator[bytes]:
    """All octets that stand in a table."""
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, dict | tuple | frozenset):
        for each in (*value, *(value.values() if isinstance(value, dict) else ())):
            yield from _octets(each)


def test_whatever_the_sieve_of_a_scan_lets_pass_is_brought() -> None:
    passed = set()
    for mark in {each for value in vars(sieve).values() for each in _octets(value)}:
        for head in (mark, b"text " + mark, mark + b"\0\1" * 300):
            # What is text in a program is brought only where it is more than a name; see above.
            binary = b"\0" in head and sieve.kind_of(head, len(head)) == "text"
            if not binary and (sieve.kind_of(head, len(head)) or (b"\0" not in head and sieve.may_be_encoded(head))):
                passed.add(mark)
                whole = head + (b"nssPublic" if head.startswith(b"SQLite") else b"")
                name = "x" if sieve.kind_of(head, len(head)) else "x.yaml"
                assert collecting.may_hold(name, io.BytesIO(whole), lambda: None), head
    assert len(passed) > 35


def test_its_tables_are_those_of_the_scan() -> None:
    assert collecting._FILE_SYSTEMS == sieve._FILE_SYSTEMS
    assert (collecting._SUFFIXES, collecting._NAMES) == (because._SUFFIXES, because._NAMES)
    assert (collecting._FOLDERS, collecting._NEEDLES) == (because._FOLDERS, needles._WORDS)
    assert (collecting._OF_AUTHORITIES, collecting._SPECIAL) == (needles._OF_AUTHORITIES, needles._SPECIAL)
    assert (collecting._BEFORE, collecting._BEHIND) == (needles._BEFORE, needles._BEHIND)
    assert collecting._OF_THE_KERNEL == walk._OF_THE_KERNEL


# The oldest that ansible-core 2.17 takes on hosts is 3.7.
PYTHONS = ("3.7", "3.8", "3.9", "3.10", "3.12", "3.13", "3.14")


@pytest.mark.parametrize("version", PYTHONS)
def test_it_collects_alike_with_every_python_of_hosts(tmp_path: Path, version: str) -> None:
    python = _python(version) or absent(f"Python {version}")
    for name, wrap in WRAPPINGS.items():
        for form, data in STORES.items():
            (tmp_path / f"{name}-{form}").write_bytes(wrap(data)[0])
    for name, data in NONE.items():
        (tmp_path / name).write_bytes(data)
    folder = str(Path(collecting.__file__).parent)
    script = f"""
import sys
sys.path.insert(0, {folder!r})
import collecting
collector = collecting.Collector(1 << 24, 1 << 26, 10000, 600)
collector.walk(sys.argv[1:])
print(collector.packed())
"""
    done = subprocess.run(
        [python, "-B", "-c", script, tmp_path],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert unpacked(done.stdout) == brought(tmp_path)


def _python(version: str) -> str | None:
    """An interpreter of that version: on the path, or one of pyenv's."""
    beside = sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob(f"versions/{version}.*/bin/python"))
    return str(beside[-1]) if beside else shutil.which(f"python{version}")

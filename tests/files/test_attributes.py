"""Who may read what is written: a replaced file as before, a new one no more than what it is made from."""

import errno
import os
import stat
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.realtools import missing
from truststore_tool import files

pytestmark = pytest.mark.usefixtures("umask")

ACL, DEFAULT, LABEL = "system.posix_acl_access", "system.posix_acl_default", "security.selinux"
# Tags of entries in an access control list (linux/posix_acl.h); those of no one in particular have this id.
USER_OBJ, USER, GROUP_OBJ, MASK, OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
NO_ID = 0xFFFFFFFF


def acl(*entries: tuple[int, int, int]) -> bytes:
    """Entries of tag, permissions and id as the kernel stores them (linux/posix_acl_xattr.h)."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


# user 1234 may read, the group may not: the mode says 0640.
READABLE_BY_1234 = acl(
    (USER_OBJ, 6, NO_ID), (USER, 4, 1234), (GROUP_OBJ, 0, NO_ID), (MASK, 4, NO_ID), (OTHER, 0, NO_ID)
)


def set_attribute(path: Path, name: str, value: bytes) -> None:
    try:
        os.setxattr(path, name, value)
    except OSError as exc:
        if exc.errno not in {errno.EOPNOTSUPP, errno.EPERM}:
            raise
        missing(f"a file system with {name}, and the right to set it,")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def make(path: Path, bits: int, content: bytes = b"old") -> Path:
    path.write_bytes(content)
    path.chmod(bits)
    return path


# What is replaced -----------------------------------------------------------------------------------------------


def test_a_label_stays(tmp_path: Path) -> None:
    store = make(tmp_path / "store", 0o644)
    set_attribute(store, LABEL, b"system_u:object_r:cert_t:s0\0")
    files.replace(store, b"new", backup=True)
    assert store.read_bytes() == b"new"
    for path in (store, tmp_path / "store.bak"):
        assert os.getxattr(path, LABEL) == b"system_u:object_r:cert_t:s0\0"


@contextmanager
def refusing(monkeypatch: pytest.MonkeyPatch, name: str, code: int, attribute: str = "") -> Iterator[None]:
    """Let a function of `os` that handles extended attributes fail, for one attribute or all."""
    real = getattr(os, name)

    def fail(path: object, *rest: object, **options: object) -> object:
        if not attribute or rest[:1] == (attribute,):
            raise OSError(code, os.strerror(code))
        return real(path, *rest, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, name, fail)
        yield


def test_a_label_that_may_not_be_set_goes_in_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = make(tmp_path / "store", 0o600)
    set_attribute(store, LABEL, b"system_u:object_r:cert_t:s0\0")
    for code in (errno.EPERM, errno.EACCES, errno.EOPNOTSUPP, errno.EINVAL):
        with refusing(monkeypatch, "setxattr", code, LABEL):
            files.replace(store, b"new %d" % code)
        assert (store.read_bytes(), mode(store)) == (b"new %d" % code, 0o600)


@pytest.mark.parametrize("code", [errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_attributes_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    store, source = make(tmp_path / "store", 0o640), make(tmp_path / "source", 0o600)
    with refusing(monkeypatch, "listxattr", code):
        files.replace(store, b"new", backup=True)
        files.replace(tmp_path / "made", b"new", sources=[source])
    assert (store.read_bytes(), mode(store), mode(tmp_path / "made")) == (b"new", 0o640, 0o600)


def test_no_list_comes_from_the_directory(tmp_path: Path) -> None:
    """The old file had none: with the directory's default list a user would read the new one who could not before."""
    store = make(tmp_path / "store", 0o640)
    set_attribute(tmp_path, DEFAULT, READABLE_BY_1234)
    files.replace(store, b"new", backup=True)
    for path in (store, tmp_path / "store.bak"):
        assert (ACL in os.listxattr(path), mode(path)) == (False, 0o640)


# What is new ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sources", "wanted"),
    [
        ((), 0o644),
        ((0o644,), 0o644),
        ((0o666,), 0o644),
        ((0o755,), 0o644),
        ((0o600,), 0o600),
        ((0o400,), 0o400),
        ((0o640,), 0o640),
        ((0o604,), 0o604),
        ((0o644, 0o640, 0o600), 0o600),
    ],
)
def test_a_new_file_is_no_more_open_than_what_it_is_made_from(
    tmp_path: Path, sources: Sequence[int], wanted: int
) -> None:
    paths = [make(tmp_path / f"source{number}", bits) for number, bits in enumerate(sources)]
    files.replace(tmp_path / "new", b"new", sources=paths)
    assert mode(tmp_path / "new") == wanted
    made = tmp_path / "certs"
    files.update_directory(made, {}, {"00000000.0": b"new"}, sources=paths)
    assert mode(made / "00000000.0") == wanted
    assert mode(made) == 0o755


def test_the_other_things_that_sources_are_say_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo", 0o600)
    files.replace(tmp_path / "new", b"new", sources=[tmp_path / "fifo", tmp_path / "missing", "nul\0", "/dev/stdin"])
    assert mode(tmp_path / "new") == 0o644


@pytest.mark.parametrize(
    ("folder", "inner", "wanted"), [(0o700, 0o644, 0o600), (0o755, 0o600, 0o600), (0o755, 0o644, 0o644)]
)
def test_a_directory_is_as_private_as_it_or_any_file_in_it_is(
    tmp_path: Path, folder: int, inner: int, wanted: int
) -> None:
    (tmp_path / "source").mkdir()
    make(tmp_path / "source" / "a", inner)
    make(tmp_path / "source" / "b", 0o644)
    (tmp_path / "source").chmod(folder)
    files.replace(tmp_path / "new", b"new", sources=[tmp_path / "source"])
    assert mode(tmp_path / "new") == wanted


def test_what_one_group_may_read_another_may_not(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        missing("root, who alone can give files away,")
    source = make(tmp_path / "source", 0o640)
    os.chown(source, 0, 4321)
    files.replace(tmp_path / "new", b"new", sources=[source])
    assert mode(tmp_path / "new") == 0o600
    os.chown(tmp_path, 0, 4321)  # new files get the group of this directory
    tmp_path.chmod(0o2755)
    make(source, 0o640)
    os.chown(source, 0, os.getegid())
    files.replace(tmp_path / "other", b"new", sources=[source])
    assert ((tmp_path / "other").stat().st_gid, mode(tmp_path / "other")) == (4321, 0o600)


def test_a_list_of_a_source_opens_nothing_to_the_group(tmp_path: Path) -> None:
    source = make(tmp_path / "source", 0o600)
    set_attribute(source, ACL, READABLE_BY_1234)
    assert mode(source) == 0o640  # though its group may not read it
    files.replace(tmp_path / "new", b"new", sources=[source])
    assert mode(tmp_path / "new") == 0o600


def test_the_directorys_default_list_opens_no_private_file(tmp_path: Path) -> None:
    source = make(tmp_path / "source", 0o640)
    (tmp_path / "folder").mkdir()
    set_attribute(tmp_path / "folder", DEFAULT, READABLE_BY_1234)
    files.replace(tmp_path / "folder" / "private", b"new", sources=[source])
    files.replace(tmp_path / "folder" / "key", b"new", mode=0o600)
    files.replace(tmp_path / "folder" / "public", b"new")
    for name, listed, bits in [("private", False, 0o640), ("key", False, 0o600), ("public", True, 0o640)]:
        path = tmp_path / "folder" / name
        assert (ACL in os.listxattr(path), mode(path)) == (listed, bits), name


def test_umask_takes_more(tmp_path: Path) -> None:
    os.umask(0o077)
    files.replace(tmp_path / "new", b"new", sources=[make(tmp_path / "source", 0o644)])
    assert mode(tmp_path / "new") == 0o600


def test_it_is_never_more_open_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens a temporary before its mode is narrowed reads what is written later."""
    source = make(tmp_path / "source", 0o600)
    seen = []
    real = os.open

    def watched(path: str, flags: int, bits: int = 0o777, **options: int) -> int:
        descriptor = real(path, flags, bits, **options)
        if flags & os.O_CREAT:
            seen.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        return descriptor

    monkeypatch.setattr(os, "open", watched)
    files.replace(tmp_path / "new", b"new", sources=[source])
    files.replace(tmp_path / "key", b"new", mode=0o600)
    files.replace(source, b"newer", backup=True)
    certs = tmp_path / "certs"
    files.update_directory(certs, {}, {"00000000.0": b"new"}, sources=[source])
    make(certs / "server.key", 0o600)
    files.update_directory(certs, {}, {}, backup=True)
    assert seen
    assert not any(bits & 0o077 for bits in seen)


def test_what_takes_the_place_of_a_link_is_no_more_open_than_what_it_led_to(tmp_path: Path) -> None:
    make(tmp_path / "both.pem", 0o600, b"a key and two certificates")
    (tmp_path / "00000000.0").symlink_to("both.pem")
    before = {"00000000.0": b"a key and two certificates", "both.pem": b"a key and two certificates"}
    files.update_directory(tmp_path, before, {**before, "00000000.0": b"a key and one certificate"})
    assert not (tmp_path / "00000000.0").is_symlink()
    assert mode(tmp_path / "00000000.0") == 0o600
    assert (tmp_path / "both.pem").read_bytes() == b"a key and two certificates"


# Copies of directories ------------------------------------------------------------------------------------------


def test_the_copy_of_a_directory_is_no_more_open(tmp_path: Path) -> None:
    certs = tmp_path / "certs"
    (certs / "inner").mkdir(parents=True)
    make(certs / "server.key", 0o600)
    make(certs / "00000000.0", 0o644)
    make(certs / "inner" / "deep", 0o640)
    os.utime(certs / "server.key", (1, 2))
    (certs / "inner").chmod(0o750)
    certs.chmod(0o700)
    files.update_directory(certs, {}, {}, backup=True)
    copy = tmp_path / "certs.bak"
    for name in ("server.key", "00000000.0", "inner/deep", "inner", "."):
        assert mode(copy / name) == mode(certs / name), name
    assert (copy / "server.key").stat().st_mtime == 2
    assert (copy / "inner" / "deep").read_bytes() == b"old"


def test_what_cannot_be_given_away_is_copied_for_its_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() != 0:
        missing("root, who alone can give files away,")
    certs = tmp_path / "certs"
    certs.mkdir()
    os.chown(make(certs / "a", 0o640), 1234, 4321)
    os.chown(make(certs / "b", 0o644), 1234, 4321)

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "fchown", refuse)
    files.update_directory(certs, {}, {}, backup=True)
    assert (mode(tmp_path / "certs.bak" / "a"), mode(tmp_path / "certs.bak" / "b")) == (0o600, 0o644)

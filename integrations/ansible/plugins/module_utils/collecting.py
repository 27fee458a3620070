"""Collects the files of a host that may be trust stores, or say who reads them, for the controller to judge.

The standard library alone, as any Python that Ansible supports on hosts has it. What may hold certificates is told by
its content, as truststore_tool.inventory.sieve does; nothing is parsed, and what is in doubt is brought.
"""

from __future__ import annotations

import base64
import errno
import fnmatch
import gzip
import hashlib
import io
import json
import os
import re
import stat
import time
import zipfile
import zlib
from typing import IO, Any, BinaryIO, Callable, Iterator, Pattern, Sequence

Stream = IO[bytes]
Tick = Callable[[], None]  # raises when the time is up

_HEAD = 1 << 20
_LONGEST = 64 << 20  # octets in which a text is searched
_DEEPEST = 8  # archives inside each other that are looked into here
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

_NOTHING = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ELOOP))  # behind a link

_STORES = (b"\0\0\0\1\0\0\0\x14", b"\0\0\0\2\0\0\0\x14", b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")
# Archives of kinds that are not read: the controller says so, by their first octets.
_UNREAD = (
    *(b"\x1f\x9d", b"MSCF\0\0\0\0", b"Rar!\x1a\7", b"!<arch>\ndebian-split", b"070701", b"070702"),
    *(b"\0\x06\x15\x61\0\0\0", b"QFI\xfb", b"KDMV", b"vhdxfile"),
    *(b"7z\xbc\xaf\x27\x1c", b"\x04\x22\x4d\x18", b"LZIP\1", b"hsqs", b"\xed\xab\xee\xdb"),
)
_FILE_SYSTEMS = ((1080, b"\x53\xef"), (32769, b"CD001"))  # where their number stands: ext2 and later, ISO 9660
_KIND = 64 << 10  # octets by which such a kind is told
_ZIP = (b"PK\3\4", b"PK\5\6", b"JM\1\0PK\3\4")
_PACKAGE = b"!<arch>\ndebian-binary"  # of Debian, with tars in it
_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x5d\0\0\x80\0")
_BEGIN = b"-----BEGIN"
# PEM in UTF-16; and base64 of stores, and of PEM twice, at the beginning of a file.
_TEXTS = (
    *(b"\0-\0-\0-\0-\0-\0B", b"-\0-\0-\0-\0-\0B\0", b"MII", b"MIA", b"zs7Ozg", b"AAAAAQAAAB", b"AAAAAgAAAB"),
    *(b"TFMwdExTMUNSVWRKVG", b"VEZNd2RFeFRNVU5TVldSS1ZH"),
)
# Base64 of PEM and of stores anywhere in a text, and what says that values are in base64.
_ENCODED = (
    *(b"LS0tLS1CRUdJTi", b"/u3+7Q", b"binaryData", b"kind: Secret", b'Secret"'),
    *(b"IBAzCC", b"MIACAQMwg", b"TFMwdExTMUNSVWRKVG", b"zs7Ozg", b"AAAAAQAAAB", b"AAAAAgAAAB"),
)
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_IS_BASE64 = bytes(bytearray(1 if octet in bytearray(_ALPHABET) else 0 for octet in range(256)))
_LINE = b"\1" * 60
_IN_HEX = (b"fe,ed,fe,ed", b"ce,ce,ce,ce")
_SIGNS_UTF16 = (b"B\0E\0G\0I\0N", *(sign.decode().encode("utf-16-le")[:-1] for sign in _IN_HEX))
_LABEL = re.compile(_BEGIN + b" ([A-Z0-9 #]{1,40})-----")
# In a program, where such a line is mostly the name of something: a block, whose first octet is that of a SEQUENCE.
_BLOCK = re.compile(_LABEL.pattern + rb"(?:[^A-Za-z0-9+/\\]|\\[nrtu0-9a-dA-D]*){0,40}M")
_OPENERS: dict[bytes, Callable[[Any], Any]] = {b"\x1f": gzip.open}
try:
    import bz2
    import lzma

    _OPENERS.update({b"B": bz2.open, b"\xfd": lzma.open, b"\x5d": lzma.open})
except ImportError:
    pass  # a Python that was built without them
_PACKED = re.compile(r"\.(?:gz|bz2|xz)\Z")

# Files that may name stores or say who reads those beside them, and what stands in each that does.
_SUFFIXES = frozenset(
    (
        *("service", "conf", "cnf", "cfg", "ini", "properties", "yml", "yaml", "xml", "json", "toml", "config"),
        *("sh", "bash", "bat", "cmd", "env", "envrc", "environment", "options", "vmoptions", "rc", "default", "reg"),
        *("cf", "hcl", "hocon", "tf", "tfvars", "tfstate", "repo", "nmconnection", "ovpn", "condarc"),
    )
)
_NAMES = frozenset(
    (
        *("release", "environment", "profile", "setenv", "makefile", "procfile", "crontab", "pg_service", "kubeconfig"),
        "user-data",
        *(".env", ".curlrc", ".wgetrc", ".npmrc", ".gitconfig", "gitconfig", ".profile", ".bashrc", ".bash_profile"),
    )
)
_FOLDERS = (
    *("/default/", "/sysconfig/", "/init.d/", "/bin/", "/sbin/", "/conf.d/", "/sites-enabled/", "/apt.conf.d/"),
    *("/.kube/", "/.aws/"),
)
# Every setting that names stores has, in lower case, one of the words, and that around it.
_NEEDLES = {
    b"store": re.compile(rb"(?:trust|key)[-_.]?store"),
    b"cert": re.compile(
        rb"root_?cert|(?:trusted|client|ssl|pip|deno|verify)_cert|sslcert(?!ificates)|signing-cert|trust-?cert"
        rb"|trustedcert|certs_file|certificate[-_]authorit|certificateauthorities"
    ),
    b"ssl": re.compile(rb"ssl(?:[-_]?ca|\.ca\.|_roots|_verify|proxyca)"),
    b"trusted": re.compile(rb"trusted_?ca"),
    b"tls": re.compile(rb"tls(?:[-_.]?ca|_trust)"),
}
_BEFORE, _BEHIND = 8, 24  # octets around a word that are looked at
_OF_AUTHORITIES = re.compile(
    rb"ca(?:[-_]?(?:file|path|cert|bundle|info|roots)|[-_]dir| (?:certificate )?file\s?=|-verify|(?<!replica)config"
    rb"|s_file|s(?<=rootcas))"
)
# Files in which words that say little are settings.
_SPECIAL = re.compile(
    r".*(?:haproxy|pip\.(?:conf|ini)$|condarc$|hosts\.toml$|buildkitd|openvpn|\.ovpn$|dovecot|traefik"
    r"|(?:standalone|domain|host|server)[^/]*\.xml$)"
)
_CONFIGURATION = 64 << 10

_OF_THE_KERNEL = frozenset(
    (
        *("autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "efivarfs"),
        *("fusectl", "hugetlbfs", "mqueue", "nsfs", "proc", "pstore", "rpc_pipefs", "securityfs", "selinuxfs", "sysfs"),
        "tracefs",
    )
)


class Collector:
    """Walks over paths, and holds what it found until it is `packed`.

    Args:
        max_file: octets of a file that is brought.
        max_total: octets of all files together; the same content counts once.
        max_files: how many files are brought.
        max_seconds: how long the walk may take.
    """

    def __init__(self, max_file: int, max_total: int, max_files: int, max_seconds: int) -> None:
        self._max_file = max_file
        self._left = max_total
        self._files_left = max_files
        self._seconds = max_seconds
        self._until = time.monotonic() + max_seconds
        self._entered: set[tuple[int, int]] = set()
        self._contents: dict[bytes, tuple[int, bytes]] = {}  # by their digest: their number, and their octets
        self._told: dict[str, Any] = {"roots": [], "files": [], "passed": [], "links": [], "unreadable": []}
        self._told.update(looked_at=0, complete=True)

    def walk(self, roots: Sequence[str], exclude: Sequence[str] = (), everywhere: bool = False) -> None:
        """Look at all files below `roots`, but for what a glob of `exclude` matches by its name or path.

        No link is followed, and no other file system is entered, unless `everywhere`; never those of the kernel.
        """
        self._told["roots"] = list(dict.fromkeys(root.rstrip("/") or "/" for root in roots))
        pattern = re.compile("|".join(map(fnmatch.translate, exclude))) if exclude else None
        kernel = frozenset(_devices_of_the_kernel())
        try:
            for root in self._told["roots"]:
                self._root(root, pattern, kernel, everywhere)
            self._name_links_out(kernel)
        except _TimeIsUpError:
            self._told["complete"] = False
            self._pass(root, f"was not looked at as a whole: the time was up after {self._seconds} seconds")

    def packed(self) -> str:
        """All that was found, as text: what was told, in JSON, and behind it the contents, compressed, in base64."""
        contents = [content for _number, content in self._contents.values()]
        told = dict(self._told, sizes=[len(content) for content in contents])
        data = b"\n".join((json.dumps(told).encode("ascii"), b"".join(contents)))
        return base64.b64encode(zlib.compress(data, 1)).decode("ascii")

    def _pass(self, path: str, why: str) -> None:
        self._told["passed"].append([path, why])

    def _root(self, root: str, pattern: Pattern[str] | None, kernel: frozenset[int], everywhere: bool) -> None:
        try:
            status = os.stat(root)
        except (OSError, ValueError) as exc:
            self._told["unreadable"].append(root)
            self._pass(root, f"cannot be read: {getattr(exc, 'strerror', None) or exc}")
            return
        if stat.S_ISDIR(status.st_mode):
            self._below(root, status, pattern, kernel, everywhere)
        elif stat.S_ISREG(status.st_mode):
            self._look(os.path.realpath(root) if os.path.islink(root) else root)
        else:
            self._told["unreadable"].append(root)
            self._pass(root, "is neither a file nor a folder")

    def _below(
        self,
        root: str,
        status: os.stat_result,
        pattern: Pattern[str] | None,
        kernel: frozenset[int],
        everywhere: bool,
    ) -> None:
        self._entered.add((status.st_dev, status.st_ino))
        waiting = [root]
        while waiting:
            folder = waiting.pop()
            try:
                with os.scandir(folder) as listing:
                    entries = sorted(listing, key=lambda entry: entry.name)
            except OSError as exc:
                if folder == root:
                    self._told["unreadable"].append(root)
                if not isinstance(exc, FileNotFoundError):
                    self._pass(folder, f"cannot be read: {exc.strerror}")
                continue
            folders = []
            for entry in entries:
                if pattern and any(map(pattern.match, (entry.name, os.path.relpath(entry.path, root), entry.path))):
                    continue
                try:
                    if entry.is_symlink():
                        self._told["links"].append([entry.path, os.readlink(entry.path)])
                    elif entry.is_file(follow_symlinks=False):
                        self._look(entry.path)
                    elif entry.is_dir(follow_symlinks=False):
                        there = entry.stat(follow_symlinks=False)
                        if self._enters(entry.path, there, status.st_dev, kernel, everywhere):
                            folders.append(entry.path)
                except FileNotFoundError:
                    continue  # gone since
                except OSError as exc:
                    self._pass(entry.path, f"cannot be read: {exc.strerror}")
            waiting += reversed(folders)

    def _enters(self, path: str, status: os.stat_result, device: int, kernel: frozenset[int], everywhere: bool) -> bool:
        place = (status.st_dev, status.st_ino)
        if place in self._entered or (status.st_dev != device and status.st_dev in kernel):
            return False
        self._entered.add(place)
        if status.st_dev != device and not everywhere:
            self._pass(path, "lies on another file system, which was not entered")
            return False
        return True

    def _name_links_out(self, kernel: frozenset[int]) -> None:
        """Name the links that lead to a file or folder which lies below none of the roots."""
        roots = self._told["roots"]
        below = tuple(each.rstrip("/") + "/" for root in roots for each in (root, os.path.realpath(root)))
        for path, target in self._told["links"]:
            self._tick()
            first = os.path.normpath(os.path.join(os.path.dirname(path), target))
            if ".." not in target.lstrip("./").split("/") and (first + "/").startswith(below):
                continue  # what it leads to was walked over; another link says of itself where that leads
            try:
                status = os.stat(path)
            except OSError as exc:
                if exc.errno not in _NOTHING:
                    self._pass(
                        path, f"is a link out of what is scanned, to {target}, which cannot be read: {exc.strerror}"
                    )
                continue
            end = os.path.realpath(path)
            named = status.st_dev not in kernel and (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode))
            if named and not (end + "/").startswith(below):
                self._pass(path, f"is a link out of what is scanned, to {end}")

    def _tick(self) -> None:
        if time.monotonic() > self._until:
            raise _TimeIsUpError

    def _look(self, path: str) -> None:
        self._tick()
        try:
            descriptor = os.open(path, _READ)
        except FileNotFoundError:
            return
        except OSError as exc:
            self._pass(path, f"cannot be read: {exc.strerror}")
            return
        try:
            with os.fdopen(descriptor, "rb") as file:
                if stat.S_ISREG(os.fstat(descriptor).st_mode):
                    self._told["looked_at"] += 1
                    self._bring(path, file)
        except OSError as exc:
            self._pass(path, f"cannot be read: {exc.strerror}")
        except _TooLongError:
            self._pass(path, f"is a text of more than {_LONGEST >> 20} MiB, and was looked at as far")

    def _bring(self, path: str, file: BinaryIO) -> None:
        """Take the content of a file that may hold something, or name it when it is over a bound."""
        if not may_hold(path, file, self._tick):
            return
        file.seek(0)
        content = file.read(self._max_file + 1)
        if _is_unread(content):
            content = content[:_KIND]
        if len(content) > self._max_file:
            self._pass(path, f"was not brought from the host: is larger than {_size(self._max_file)}")
            return
        digest = hashlib.sha256(content).digest()
        new = 0 if digest in self._contents else len(content)
        if self._files_left < 1 or new > self._left:
            what = "files" if self._files_left < 1 else "octets"
            self._pass(path, f"was not brought from the host: the {what} that may be brought are spent")
            return
        self._left -= new
        self._files_left -= 1
        number, _content = self._contents.setdefault(digest, (len(self._contents), content))
        self._told["files"].append([path, number])


class _TimeIsUpError(Exception):
    """Nothing more is looked at."""


class _TooLongError(Exception):
    """A text is not searched to its end."""


def may_hold(path: str, stream: Stream, tick: Tick, depth: int = 0) -> bool:
    """Whether a stream of octets, called `path`, may hold certificates, or name stores. True also where in doubt.

    `tick` is called now and then, and may raise; `depth` is how many archives it lies in.
    """
    tick()
    head = stream.read(_HEAD)
    return _names_stores(path, head) or _may_be_store(path, head, stream, tick, depth)


def _may_be_store(path: str, head: bytes, stream: Stream, tick: Tick, depth: int) -> bool:
    if len(head) < 2:
        return False
    if head.startswith(_STORES + _TEXTS) or _is_unread(head):
        return True
    if head.startswith((*_ZIP, b"MZ", b"#!")):
        if depth:  # what is unpacked is read from its beginning again for each step back
            stream = io.BytesIO(head + stream.read(_LONGEST))
        if head.startswith(_ZIP) or _ends_as_zip(stream):
            return depth >= _DEEPEST or _zip_may_hold(stream, tick, depth)
    if head.startswith(_COMPRESSED):
        return depth >= _DEEPEST or _unpacked_may_hold(path, head, stream, tick, depth)
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return True  # zstd, which Python unpacks only from 3.14 on
    if head.startswith(b"SQLite format 3\0"):
        return b"nssPublic" in head
    if head[0] == 0x30 and head[1] >= 0x80:
        return not _is_key(head)
    if _is_tar(head) or head.startswith(_PACKAGE):
        return True
    if b"\0" in head:
        return bool(_BLOCK.search(head)) or (
            head[:2] in (b"\xff\xfe", b"\xfe\xff") and any(sign in head for sign in _SIGNS_UTF16)
        )
    return _text_may_hold(head, stream, tick)


def _text_may_hold(head: bytes, stream: Stream, tick: Tick) -> bool:
    """Whether a text has something that looks like a certificate. Raises _TooLongError."""
    if _BEGIN in head and not _says_encoded(head):
        labels = set(_LABEL.findall(head))
        keys = labels and all(label.endswith(b"PRIVATE KEY") for label in labels)
        return not keys or len(head) == _HEAD  # what holds private keys alone stays where it is
    if _says_encoded(head):
        return True
    size, last, piece = len(head), head[-20:], head
    while len(piece) == _HEAD:
        tick()
        piece = stream.read(_HEAD)
        if b"\0" in piece:
            return False
        if _BEGIN in last + piece or _says_encoded(last + piece):
            return True
        size, last = size + len(piece), piece[-20:]
        if size > _LONGEST:
            raise _TooLongError
    return False


def _says_encoded(piece: bytes) -> bool:
    return any(mark in piece for mark in _ENCODED)


def _is_unread(head: bytes) -> bool:
    """Whether it is an archive, or a disk, of a kind that is not read."""
    return head.startswith(_UNREAD) or any(head.startswith(mark, at) for at, mark in _FILE_SYSTEMS)


def _is_key(head: bytes) -> bool:
    """Whether a SEQUENCE begins with the version of a private key: PKCS#1, PKCS#8 (RFC 5958) and RFC 5915 have 0 or 1.

    PKCS#12 has 3, and certificates and PKCS#7 begin otherwise.
    """
    behind = 2 + (head[1] & 0x7F)
    return head[behind : behind + 3] in (b"\2\1\0", b"\2\1\1")


def _is_tar(head: bytes) -> bool:
    """Whether the checksum of the header of a member is right (POSIX.1-2001, pax)."""
    block = head[:512]
    if len(block) < 512 or block[0] == 0:
        return False
    try:
        said = int(block[148:156].strip(b" \0") or b"x", 8)
    except ValueError:
        return False
    return said == sum(block) - sum(block[148:156]) + 8 * 0x20


def _ends_as_zip(stream: Stream) -> bool:
    """Whether a script or program has a zip behind it."""
    try:
        return zipfile.is_zipfile(stream)
    finally:
        stream.seek(_HEAD)


def _zip_may_hold(stream: Stream, tick: Tick, depth: int) -> bool:
    try:
        with zipfile.ZipFile(stream) as archive:
            for member in archive.infolist():
                if member.flag_bits & 1:
                    return True
                with archive.open(member) as inner:
                    if may_hold("/" + member.filename, inner, tick, depth + 1):
                        return True
    except Exception:  # whatever a damaged archive makes of it: the controller says what that is
        return True
    return False


def _unpacked_may_hold(path: str, head: bytes, stream: Stream, tick: Tick, depth: int) -> bool:
    """What a compressed file holds, by its beginning: an archive in it is not looked into."""
    if head[:1] not in _OPENERS:
        return True
    try:
        stream.seek(0)
        with _OPENERS[head[:1]](stream) as inner:
            return may_hold(_PACKED.sub("", path), inner, tick, depth + 1)
    except Exception:  # as above
        return True


def _names_stores(path: str, head: bytes) -> bool:
    """Whether a file may name stores, have one in base64, or be the release of a JDK or of certifi."""
    name = path[path.rfind("/") + 1 :]
    stem, dot, suffix = name.rpartition(".")
    suffix, low = suffix.lower(), name.lower()
    if low == "release":
        return b"JAVA_VERSION" in head
    if suffix in ("metadata", "pkg-info") and "certifi-" in path:
        return True
    named = (dot and suffix in _SUFFIXES) or low in _NAMES or low.startswith(("dockerfile", "containerfile"))
    if not (named or (not stem and any(folder in path for folder in _FOLDERS))) or b"\0" in head[:512]:
        return False
    text = head[:_CONFIGURATION].lower()
    return (
        any(_has(text, word, around) for word, around in _NEEDLES.items())
        or _OF_AUTHORITIES.search(text) is not None
        or _SPECIAL.match(path.lower()) is not None
        or _LINE in head.translate(_IS_BASE64)
        or any(sign in head for sign in _IN_HEX)
    )


def _has(low: bytes, word: bytes, around: Pattern[bytes]) -> bool:
    at = low.find(word)
    while at >= 0:
        if around.search(low, max(0, at - _BEFORE), at + _BEHIND):
            return True
        at = low.find(word, at + len(word))
    return False


def _devices_of_the_kernel() -> Iterator[int]:
    """The devices of file systems in which the kernel shows itself, by proc_pid_mountinfo(5)."""
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return
    for line in lines:
        before, _dash, behind = line.partition(" - ")
        if behind.split(" ", 1)[0] in _OF_THE_KERNEL:
            major, _colon, minor = before.split(" ")[2].partition(":")
            yield os.makedev(int(major), int(minor))


def _size(octets: int) -> str:
    return f"{octets >> 20} MiB" if octets >= 1 << 20 else f"{octets} octets"

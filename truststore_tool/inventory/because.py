"""Who reads a store, and because of what: files of configuration that name it, and places that programs know."""

import os
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from truststore_tool.findings import Finding, finding
from truststore_tool.findings import Place as Where
from truststore_tool.inventory import needles
from truststore_tool.inventory.known_places import by_place
from truststore_tool.inventory.nouns import Mention, Place, ReadBy

_JAVA_VERSION: Final = re.compile(rb'^JAVA_VERSION="?([0-9._]{1,40})[^"\n]*"?', re.MULTILINE)
_SUFFIXES: Final = frozenset(
    (
        *("service", "conf", "cnf", "cfg", "ini", "properties", "yml", "yaml", "xml", "json", "toml", "config"),
        *("sh", "bash", "bat", "cmd", "env", "envrc", "environment", "options", "vmoptions", "rc", "default", "reg"),
        *("cf", "hcl", "hocon", "tf", "tfvars", "tfstate", "repo", "nmconnection", "ovpn", "condarc"),
    )
)
_NAMES: Final = frozenset(
    (
        *("release", "environment", "profile", "setenv", "makefile", "procfile", "crontab", "pg_service", "kubeconfig"),
        "user-data",
        *(".env", ".curlrc", ".wgetrc", ".npmrc", ".gitconfig", "gitconfig", ".profile", ".bashrc", ".bash_profile"),
    )
)
_FOLDERS: Final = (
    *("/default/", "/sysconfig/", "/init.d/", "/bin/", "/sbin/", "/conf.d/", "/sites-enabled/", "/apt.conf.d/"),
    *("/.kube/", "/.aws/"),
)
_CERTIFI: Final = re.compile(r"(?:.*/)?certifi-[^/]*\.(?:dist-info/METADATA|egg-info/PKG-INFO)")
_VERSION: Final = re.compile(rb"^Version: *([\w.+!-]{1,40})", re.MULTILINE)
_CLASSES: Final = ("", "BOOT-INF/classes/", "WEB-INF/classes/")
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}/")
_CONFIGURATION: Final = "image configuration"
_HASHED: Final = 64 + len(".json")
_LINKS: Final = 40  # that are followed for one path, as Linux does
# Not /home, /root and /var: what lies there is of other systems as often, as projects and unpacked roots are.
_OF_SYSTEMS: Final = ("/etc/", "/usr/", "/opt/", "/srv/")
_MEANT_FOR_JAVA: Final = "-Djavax.net.ssl.trustStore"


def worth_reading(path: str) -> bool:
    """Whether a file of that path may name stores or say who reads those beside it; asked of every file, so cheap."""
    name = path[path.rfind("/") + 1 :]
    dot = name.rfind(".")
    low = name[dot + 1 :].lower()
    if dot >= 0 and low in _SUFFIXES:
        return len(name) != _HASHED  # an image's configuration is read by `of_image`
    if dot > 0 and name[0] not in "CDcd":
        return False  # of those below, none has a dot within its name
    if name.lower() in _NAMES:
        return True
    if low in ("metadata", "pkg-info"):
        return "certifi-" in path
    if name.lower().startswith(("dockerfile", "containerfile")):
        return True
    return dot <= 0 and any(folder in path for folder in _FOLDERS)


def may_mention(path: str, data: bytes) -> bool:
    """Whether a file of which `worth_reading` said yes may name stores; of most that is known without reading it."""
    if _is_of_jdk(path) or _CERTIFI.fullmatch(path):
        return True
    return b"\0" not in data[:1024] and needles.may_name(path, data)


def mentions(place: Place, data: bytes) -> tuple[Mention, ...]:
    """The stores that a file names, of which `worth_reading` said yes; only its first 256 KiB are given.

    A path that is not absolute is meant from the folder of the file: the ``release`` of a JDK names
    ``lib/security/cacerts``, the METADATA of certifi ``../certifi/cacert.pem``. Never raises for what is in the file.
    """
    path = place.parts[-1]
    if not may_mention(path, data):
        return ()
    if _is_of_jdk(path):
        return _of_jdk(place, data)
    if _CERTIFI.fullmatch(path):
        version = _VERSION.search(data)
        release = version[1].decode() if version else "of an unknown release"
        by = ReadBy("Python (certifi)", f"{place}: certifi {release}", "python3")
        return tuple(Mention(place, store, by) for store in ("../certifi/cacert.pem",))
    from truststore_tool.inventory import configuration

    return tuple(configuration.mentions(place, data.decode("utf-8", "replace")))


def _is_of_jdk(path: str) -> bool:
    return path.endswith("/release") or path == "release"


def of_image(config: object) -> tuple[Mention, ...]:
    """The stores that an image's configuration names (OCI Image Format, config.md): environment, command.

    Their place is ``image configuration``. Nothing of what is none.
    """
    inside = config.get("config") if isinstance(config, dict) else None
    if not isinstance(inside, dict):
        return ()
    lists = {name: inside[name] for name in ("Env", "Entrypoint", "Cmd") if isinstance(inside.get(name), list)}
    words = [str(word) for name in ("Entrypoint", "Cmd") for word in lists.get(name, ())]
    lines = [f"WorkingDirectory={inside.get('WorkingDir') or '/'}", *map(str, lists.get("Env", ())), " ".join(words)]
    text = "\n".join(line.replace("\n", " ") for line in lines)
    return mentions(Place((_CONFIGURATION,)), text.encode("utf-8", "surrogatepass"))


def _of_jdk(place: Place, data: bytes) -> tuple[Mention, ...]:
    found = _JAVA_VERSION.search(data)
    if found is None:
        return ()
    from truststore_tool.errors import TrustStoreError
    from truststore_tool.readers.java.releases import Release

    version = found[1].decode()
    try:
        reader = str(Release.of_file(found[0].decode()))
    except TrustStoreError:
        reader = None
    by = ReadBy(f"Java {version}", f"{place}: JAVA_VERSION {version}", reader)
    stores = (f"{folder}lib/security/{name}" for folder in ("", "jre/") for name in ("cacerts", "jssecacerts"))
    return tuple(Mention(place, store, by) for store in stores)


# A file by the archives it lies in, and its path there without the digest of a layer.
_Key = tuple[tuple[str, ...], str]


class Readers:
    """Who reads what, from all mentions of a scan."""

    def __init__(self, mentioned: Iterable[Mention], links: Mapping[tuple[str, ...], str] | None = None) -> None:
        """`links`: for the parts of the place of each symbolic link, what it points to, as it is written there."""
        self._links = {_key(Place(parts)): target for parts, target in (links or {}).items()}
        self._mentioned = tuple(mentioned)
        self._by: dict[_Key, list[ReadBy]] = {}
        for item in self._mentioned:
            for key in _meant(item):
                self._by.setdefault(self._end(key), []).append(item.by)
        self._called: dict[_Key, list[Place]] = {}  # by what other paths a file is reached
        for parts in links or {}:
            self._called.setdefault(self._end(_key(Place(parts))), []).append(Place(parts))

    def of(self, place: Place) -> tuple[ReadBy, ...]:
        """Who reads the store at that place, each once: by mention in the same archive or image, or by the path itself.

        Absolute paths are those of the image that the place lies in, or else of the machine.
        """
        if place.deleted:
            return ()
        around, path = key = _key(place)
        named = [*self._by.get(key, ()), *self._by.get((around, posixpath.dirname(path)), ())]
        spoken = {by.name.split(" ")[0] for by in named}
        for called in (path, *(_key(link)[1] for link in self.links(place))):
            # A release that is known says more than that it is a JDK's place.
            named += [by for by in by_place(called) if by.name != "Java" or "Java" not in spoken]
        return tuple(dict.fromkeys(named))

    def links(self, place: Place) -> Sequence[Place]:
        """The symbolic links that lead to the file at that place."""
        return self._called.get(_key(place), ())

    def unmet(self, found: Iterable[Place], exists: Callable[[str], bool]) -> Iterator[Finding]:
        """What is to be said of mentions of which no store was found.

        Args:
            found: the places of all stores.
            exists: whether anything is at a path of the machine. Of images and archives it is not asked.
        """
        there = {_key(place) for place in found}
        there |= {(around, posixpath.dirname(path)) for around, path in there}
        met = {item.by for item in self._mentioned if any(self._end(key) in there for key in _meant(item))}
        for item in dict.fromkeys(self._mentioned):
            where = Where(str(item.place))
            if item.by in met:
                continue
            if item.doubt is not None:
                text = f"{item.by.name} reads {item.store}: {item.doubt}, so that is not judged ({item.by.because})"
                yield finding("store-not-known", where, text)
            elif _is_gone(item, exists):
                text = f"{item.by.name} is to read {item.store}, and there is no such file ({item.by.because})"
                falls_back = _MEANT_FOR_JAVA in item.by.because
                rule = "missing-file-falls-back" if falls_back else "names-no-file"
                readers = ("java",) if falls_back else ()
                yield finding(rule, where, text, readers=readers, fix="make the store, or name it")

    def _end(self, key: _Key) -> _Key:
        """Where a path leads over links; itself where there is none on its way, or they lead in a circle."""
        around, path = key
        for _ in range(_LINKS):
            link = next((each for each in _above(path) if (around, each) in self._links), None)
            if link is None:
                return around, path
            target = posixpath.join(posixpath.dirname(link), self._links[around, link])
            path = posixpath.normpath(target + path[len(link) :])
            path = path.lstrip("/") if around else path
        return key


def _above(path: str) -> Iterator[str]:
    """A path and the folders above it, from the outermost."""
    start = 1
    while (slash := path.find("/", start)) > 0:
        yield path[:slash]
        start = slash + 1
    yield path


def _key(place: Place) -> _Key:
    *around, path = place.parts
    return _at(tuple(around), path)


def _at(around: tuple[str, ...], path: str) -> _Key:
    path = _DIGEST.sub("", path, count=1) if path.startswith("sha256:") else path
    # What is no member of an archive is on a machine, where settings name it from the root on.
    return (around, posixpath.normpath(path).lstrip("/")) if around else (around, os.path.abspath(path))


def _is_gone(item: Mention, exists: Callable[[str], bool]) -> bool:
    """Whether a path of a system that is looked at leads nowhere; False where it may be meant of another system."""
    if len(item.place.parts) > 1 or not item.store.startswith("/"):
        return False
    root = _root(os.path.abspath(item.place.parts[0]))
    return root is not None and not exists(root + item.store) and (not root or exists(f"{root}/usr"))


def _root(path: str) -> str | None:
    """The folder below which a file of configuration has its place in a system: empty for the machine's own root."""
    places = [at for name in _OF_SYSTEMS if (at := path.find(name)) >= 0]
    return path[: min(places)] if places else None


def _meant(item: Mention) -> Iterator[_Key]:
    """The files that a mention can mean. A path of the machine may be meant below a root that lies in a folder."""
    *outer, path = item.place.parts
    around = tuple(outer)
    folder = posixpath.dirname(_at(around, path)[1])
    if item.store.startswith("classpath:"):
        name = item.store.removeprefix("classpath:")
        for classes in _CLASSES:
            yield _at(around, classes + name if around else posixpath.join(folder, name))
        yield _at(around, posixpath.join(folder, name))
    elif not item.store.startswith("/"):
        yield _at(around, posixpath.join(folder, item.store))
    else:
        # The file system that it is a path of: of the image, of the archive, or the machine's.
        for depth in range(len(around), -1, -1):
            yield _at(around[:depth], item.store)
            if depth and _DIGEST.match(item.place.parts[depth]):
                return
        if not around and (root := _root(os.path.abspath(path))):
            yield _at((), root + item.store)

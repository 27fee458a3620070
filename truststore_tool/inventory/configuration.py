"""The stores that a file of configuration names, for which program: settings, variables, options on command lines.

The table of what is known is `known_settings`; a file's language is read by `written`.
"""

import posixpath
import re
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from truststore_tool.inventory import known_settings as known
from truststore_tool.inventory.known_settings import Program
from truststore_tool.inventory.located import located
from truststore_tool.inventory.nouns import Mention, Place, ReadBy
from truststore_tool.inventory.written import Setting, settings, unquoted

# What is looked at of a value, and how many stores are taken from it: more is no configuration.
_LONGEST: Final = 100_000
_MOST: Final = 100
_NEAR: Final = 1000
_OPTIONS_OF: Final = re.compile(r"([A-Z_]{0,40}(?:OPTS|OPTIONS|ARGS))\b")
_ASSIGNED: Final = re.compile(r"[A-Za-z_]\w*")
_SET: Final = re.compile(r"(?<![\w$])([A-Za-z_]\w{0,100})=([^\s\"']*)")
# Their paths are those of a container that is made elsewhere.
_OF_CONTAINERS: Final = re.compile(
    r"(?:.*/)?(?:[^/]*(?:docker|container)file[^/]*|[^/]*compose[^/]*\.ya?ml)", re.IGNORECASE
)
_KUBERNETES: Final = re.compile(r"^(?:apiVersion|kind):", re.MULTILINE)
_OF_FILES: Final = (
    (re.compile(r"(?:application|bootstrap)(?:-[^/]*)?\.(?:properties|ya?ml)"), known.SPRING),
    (re.compile(r"(?:server|consumer|producer|connect-[a-z]+|kafka[^/]*)\.properties"), known.KAFKA),
    (re.compile(r"elasticsearch\.yml|kibana\.yml|logstash\.yml"), Program("Elastic")),
    (re.compile(r"cassandra\.yaml"), Program("Cassandra")),
    (re.compile(r"zoo[^/]*\.cfg"), Program("ZooKeeper")),
    (re.compile(r"(?:server|context|tomcat[^/]*)\.xml"), known.TOMCAT),
    (re.compile(r"log4j[^/]*\.(?:xml|properties|ya?ml|json)"), known.LOG4J),
    (re.compile(r"\.?curlrc"), Program("curl", "openssl3")),
    (re.compile(r"\.?wgetrc"), Program("wget")),
    (re.compile(r"\.?npmrc"), Program("npm", "node20")),
    (re.compile(r"prometheus[^/]*\.ya?ml"), Program("Prometheus", "go")),
    (re.compile(r"mongo[^/]*\.conf"), Program("MongoDB", "openssl3")),
)


class _Named(NamedTuple):
    """A value that names a store: who reads it, what the setting is called, and whether it is surely a path."""

    program: Program
    setting: str
    value: str
    surely: bool = True


def mentions(place: Place, text: str) -> Iterator[Mention]:
    """The stores that a file names, in the order of their settings; each once for each setting."""
    path = place.parts[-1]
    name = path.rsplit("/", 1)[-1]
    elsewhere = _OF_CONTAINERS.fullmatch(path) is not None or (
        name.endswith((".yml", ".yaml")) and _KUBERNETES.search(text) is not None
    )
    variables: dict[str, str] = {}
    working: str | None = None
    seen: set[tuple[str, str]] = set()
    named: set[tuple[int, str]] = set()
    for item in settings(path, text):
        if item.name in ("WorkingDirectory", "Service.WorkingDirectory"):
            working = item.value
        for found in _named(item, name):
            file = located(found.value, variables, surely=found.surely)
            # A line of the form NAME=value is given as a setting first, and then whole.
            if (
                file is None
                or (file.path, found.setting) in seen
                or (not item.name and (item.line, found.setting) in named)
            ):
                continue
            seen.add((file.path, found.setting))
            named.add((item.line, found.setting))
            line = f", line {item.line}" if item.line else ""
            because = f"{found.setting} in {place}{line}"
            by = ReadBy(found.program.name, because, found.program.reader)
            doubt = file.doubt
            if doubt is None and elsewhere and file.path.startswith("/"):
                doubt = "it is a path inside a container"
            for target in _targets(file.path, name, working) if file.doubt is None else (file.path,):
                yield Mention(place, target, by, doubt)
        _assign(item, variables)


def _targets(path: str, name: str, working: str | None) -> tuple[str, ...]:
    """Where a path may be meant from: absolute, or relative to the folder of the file."""
    if path.startswith(("/", "classpath:")) or name == "server.xml":
        # Tomcat takes relative paths from CATALINA_BASE (Tomcat, SSLHostConfig).
        return (path if path.startswith(("/", "classpath:", "..")) else f"../{path}",)
    if working:
        return (posixpath.join(working, path),)
    # Nobody says from where a program was started; mostly from beside its configuration, or above it.
    return (path, f"../{path}")


def _assign(item: Setting, variables: dict[str, str]) -> None:
    """Take up the variables that a line sets: of a script, an env file, Environment= of a unit, ENV of a Dockerfile."""
    if item.name.rpartition(".")[2].upper() in ("ENVIRONMENT", "ENV"):
        given = [(found[1], found[2]) for found in _each(_SET, item.value[:_LONGEST])]
    else:
        given = [] if "." in item.name else [(item.name, item.value)]
    for name, value in given:
        if _ASSIGNED.fullmatch(name):
            whole = located(value, variables)
            if whole is not None and whole.doubt is None:
                variables[name] = whole.path
            else:
                variables.pop(name, None)


def _named(item: Setting, file: str) -> Iterator[_Named]:
    """The values of a setting that name stores, by its name and by what stands in its value."""
    last = item.name.rpartition(".")[2]
    low = last.lower()
    if last in known.VARIABLES:
        yield _Named(known.VARIABLES[last], last, item.value)
    elif low in known.NAMED or item.name.lower() in known.NAMED:
        program = known.NAMED.get(item.name.lower()) or known.NAMED[low]
        for value in [item.value] if item.quoted else map(_first, item.value.split(",")):
            yield _Named(program, last if low in known.NAMED else item.name, value)
    elif low in known.SHARED:
        yield _Named(_of_file(file), item.name, item.value if item.quoted else _first(item.value), surely=False)
    elif known.KAFKA_STORE.fullmatch(item.name) and not item.name.lower().startswith("spring"):
        yield _Named(known.LOG4J if file.startswith("log4j") else known.KAFKA, item.name, item.value)
    elif known.JAVA_STORE.fullmatch(known.RELAXED.sub("", item.name).lower()):
        yield _Named(_of_file(file, known.JAVA), item.name, item.value, surely=False)
    yield from _in_value(item, file)


def _in_value(item: Setting, file: str) -> Iterator[_Named]:
    """Options, variables and connection strings in a value."""
    value = item.value[:_LONGEST]
    if "=" not in value and "-" not in value:
        return
    for found in _each(known.SYSTEM_PROPERTY, value):
        before = value[max(0, found.start() - _NEAR) : found.start()]
        around = _OPTIONS_OF.search(item.name) or _OPTIONS_OF.search(before)
        where = f" of {around[1]}" if around else ""
        yield _Named(known.JAVA, f"-D{found[1]}{where}", unquoted(found[2]))
    for found in _each(known.VARIABLE, value):
        if found[1] != item.name:
            yield _Named(known.VARIABLES[found[1]], found[1], unquoted(found[2]))
    for found in _each(known.DSN, value):
        from urllib.parse import unquote

        yield _Named(known.LIBPQ, "sslrootcert", unquote(unquoted(found[1])) if "://" in value else unquoted(found[1]))
    for found in _each(known.OPTION, value):
        option = value[found.start() : found.end(1)]
        yield _Named(known.OPTIONS[found[1]], option, unquoted(found[2]), surely=False)  # it may be spoken of
    if "haproxy" in file:
        for found in _each(known.HAPROXY, value):
            yield _Named(Program("HAProxy", "openssl3"), found[1], found[2])


def _each(pattern: re.Pattern[str], value: str) -> Iterator[re.Match[str]]:
    return islice(pattern.finditer(value), _MOST)


def _of_file(file: str, otherwise: Program | None = None) -> Program:
    """The program whose configuration has such a name."""
    for pattern, program in _OF_FILES:
        if pattern.fullmatch(file):
            return program
    return otherwise or Program(f"who reads {file}")


def _first(value: str) -> str:
    """The first word of a value, or what is in quotes: nginx and others let more follow."""
    value = value.strip()
    return unquoted(value) if value[:1] in ("'", '"') else value.split(" ", 1)[0].rstrip(";")

"""The stores that a file of configuration names, for which program: settings, variables, options on command lines.

The table of what is known is `known_settings`; a file's language is read by `written`.
"""

import posixpath
import re
from collections.abc import Container, Iterator
from itertools import chain, islice
from typing import Final, NamedTuple

from truststore_tool.inventory import known_programs as by
from truststore_tool.inventory import known_settings as known
from truststore_tool.inventory import known_values
from truststore_tool.inventory.known_programs import Program
from truststore_tool.inventory.located import located
from truststore_tool.inventory.nouns import Mention, Place, ReadBy
from truststore_tool.inventory.setting import Setting, unquoted
from truststore_tool.inventory.written import settings

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
_UNKNOWN: Final = "who reads "
_LIBERTYS: Final = "keystore.location"  # of the server.xml of Liberty, not of Tomcat's
# One of these is in every value in which a pattern of `known_settings` finds anything.
_OF_OPTIONS: Final = ("-ca", "-CA", "CAFile", "-file", "-cafile", "-authority", "-bundle", "-dir", "-tlsca")
_OF_VARIABLES: Final = ("CERT", "_CA", "CA_", "CAFILE", "CAINFO", "_FILE", "cafile", "_VERIFY")
# Settings whose values set variables, as those of units and Dockerfiles do.
_ENVIRONMENTS: Final = ("ENVIRONMENT", "Environment", "environment", "ENV", "Env", "env")
# The last part of every name that it lists, in lower case.
_LAST: Final = frozenset(
    name.lower().rpartition(".")[2]
    for name in chain(known.VARIABLES, known.NAMED, known.SHARED, *(special for _, _, special in known.OF_FILES))
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
    file_of, special = _file(path)
    sets = "$" in text or "%" in text  # else no value asks for a variable
    for item in settings(path, text):
        if item.name in ("WorkingDirectory", "Service.WorkingDirectory"):
            working = item.value
        for found in _named(item, file_of, special) if _may_name(item) else ():
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
            reader = ReadBy(found.program.name, because, found.program.reader)
            doubt = file.doubt
            if doubt is None and elsewhere and file.path.startswith("/"):
                doubt = "it is a path inside a container"
            for target in _targets(file.path, found.program, working) if file.doubt is None else (file.path,):
                yield Mention(place, target, reader, doubt)
        if sets and item.name and ("." not in item.name or item.name.endswith(_ENVIRONMENTS)):
            _assign(item, variables)


def _targets(path: str, program: Program, working: str | None) -> tuple[str, ...]:
    """Where a path may be meant from: absolute, or relative to the folder of the file."""
    if path.startswith(("/", "classpath:")):
        return (path,)
    if program == by.TOMCAT:
        # Tomcat takes relative paths from CATALINA_BASE (Tomcat, SSLHostConfig).
        return (path if path.startswith("..") else f"../{path}",)
    if program == by.LIBERTY:  # from ${server.output.dir}/resources/security (Liberty, keyStore)
        return (path if path.startswith(".") else f"resources/security/{path}",)
    if working:
        return (posixpath.join(working, path),)
    # Nobody says from where a program was started; mostly from beside its configuration, or above it.
    return (path, f"../{path}")


def _assign(item: Setting, variables: dict[str, str]) -> None:
    """Take up the variables that a line sets: of a script, an env file, Environment= of a unit, ENV of a Dockerfile."""
    if item.name.endswith(_ENVIRONMENTS):
        given = [(found[1], found[2]) for found in _each(_SET, item.value[:_LONGEST])]
    else:
        given = [(item.name, item.value)]
    for name, value in given:
        if _ASSIGNED.fullmatch(name):
            whole = located(value, variables)
            if whole is not None and whole.doubt is None:
                variables[name] = whole.path
            else:
                variables.pop(name, None)


def _may_name(item: Setting) -> bool:
    """Whether anything can come of it; of most settings that is known without more."""
    whole, value = item.name.lower(), item.value
    low = whole[whole.rfind(".") + 1 :]
    return low in _LAST or "store" in whole or "cert" in low or "=" in value or "{" in value or _may_have_option(value)


def _may_have_option(value: str) -> bool:
    return "-" in value and any(part in value for part in _OF_OPTIONS)


def _named(item: Setting, file: Program, special: Container[str]) -> Iterator[_Named]:
    """The values of a setting that name stores, by its name and by what stands in its value.

    Args:
        item: the setting.
        file: the program that reads the file.
        special: what are settings only there.
    """
    yield from _by_name(item, item.name.lower(), file, special)
    yield from _in_value(item, item.value[:_LONGEST], file)


def _by_name(item: Setting, whole: str, file: Program, special: Container[str]) -> Iterator[_Named]:
    above, _, low = whole.rpartition(".")
    last = item.name[-len(low) :]
    two = f"{above.rpartition('.')[2]}.{low}"
    if program := known.VARIABLES.get(last):
        yield _Named(program, last, item.value)
    elif low in special or two in special:
        program = by.LIBERTY if two == _LIBERTYS else file
        yield _Named(program, item.name, _first(item.value.lstrip("<")), surely=False)
    elif program := known.NAMED.get(whole) or known.NAMED.get(two) or known.NAMED.get(low):
        for value in [item.value] if item.quoted else map(_first, item.value.split(",")):
            yield _Named(program, last if low in known.NAMED else item.name, value)
    elif low in known.SHARED:
        yield _Named(file, item.name, item.value if item.quoted else _first(item.value), surely=False)
    elif known.KAFKA_STORE.fullmatch(item.name) and not whole.startswith("spring"):
        yield _Named(file if file in (by.LOG4J, by.ZOOKEEPER) else by.KAFKA, item.name, item.value)
    elif known.JAVA_STORE.fullmatch(known.RELAXED.sub("", whole)):
        yield _Named(by.JAVA if file.name.startswith(_UNKNOWN) else file, item.name, item.value, surely=False)


def _in_value(item: Setting, value: str, file: Program) -> Iterator[_Named]:
    """Options, variables and connection strings in a value."""
    if "Store" in value and "-D" in value:
        for found in _each(known_values.SYSTEM_PROPERTY, value):
            before = value[max(0, found.start() - _NEAR) : found.start()]
            around = _OPTIONS_OF.search(item.name) or _OPTIONS_OF.search(before)
            where = f" of {around[1]}" if around else ""
            yield _Named(by.JAVA, f"-D{found[1]}{where}", unquoted(found[2]))
    if "=" in value and any(part in value for part in _OF_VARIABLES):
        for found in _each(known_values.VARIABLE, value):
            if found[1] != item.name:
                yield _Named(known.VARIABLES[found[1]], found[1], unquoted(found[2]))
    if "sslrootcert=" in value:
        from urllib.parse import unquote

        for found in _each(known_values.DSN, value):
            given = unquoted(found[1])
            yield _Named(by.LIBPQ, "sslrootcert", unquote(given) if "://" in value else given)
    if _may_have_option(value):
        for found in _each(known_values.OPTION, value):
            # It may be spoken of.
            option = value[found.start() : found.end(1)]
            yield _Named(
                known_values.OPTIONS[found[1]], option, unquoted(found[2]), surely=False
            )  # it may be spoken of
    if ":" in value and "=" in value and known_values.IS_URL.search(value):
        yield from _in_url(value)
    for hint, pattern, program in known_values.IN_LINES:
        if hint in value:
            yield from (_Named(program or file, found[1], found[2], surely=False) for found in _each(pattern, value))
    if file == by.HAPROXY:
        yield from (_Named(file, found[1], found[2]) for found in _each(known_values.HAPROXY, value))


def _in_url(value: str) -> Iterator[_Named]:
    from urllib.parse import unquote

    for found in _each(known_values.OF_URLS, value):
        program = by.MONGODB if value.startswith("mongodb") else by.JAVA
        yield _Named(program, found[1], unquote(found[2]), surely=False)


def _each(pattern: re.Pattern[str], value: str) -> Iterator[re.Match[str]]:
    return islice(pattern.finditer(value), _MOST)


def _file(path: str) -> tuple[Program, Container[str]]:
    """The program whose configuration has such a path, and what are settings only there."""
    for pattern, program, special in known.OF_FILES:
        if pattern.fullmatch(path):
            return program, special
    return Program(f"{_UNKNOWN}{path.rsplit('/', 1)[-1]}"), ()


def _first(value: str) -> str:
    """The first word of a value, or what is in quotes: nginx and others let more follow."""
    value = value.strip()
    if value.startswith("{{"):  # a template, of which nothing is the first word
        return value
    return unquoted(value) if value[:1] in ("'", '"') else value.split(" ", 1)[0].rstrip(";")

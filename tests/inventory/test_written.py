"""Files of settings, as PyYAML reads them."""

import random
from collections.abc import Iterator
from typing import Any, Final

import pytest
import yaml

from truststore_tool.inventory.written import settings

WORDS: Final = (
    "/etc/ca.pem",
    "-Xmx1g -Da=/b c.jks",
    "true or not",
    "it's",
    'say "so"',
    "a: b",
    "# no",
    "back\\slash",
    "-",
    "x",
)
KEYS: Final = ("name", "value", "ssl.ca", "trust-store", "a b", "env", "x")


def made(random: random.Random, depth: int) -> Any:
    kind = random.randrange(4 if depth else 1)
    if kind < 2:
        return random.choice(WORDS) + random.choice(("", " " + " ".join(["word"] * random.randrange(20))))
    if kind == 2:
        return [made(random, depth - 1) for _ in range(random.randrange(1, 4))]
    return {key: made(random, depth - 1) for key in random.sample(KEYS, random.randrange(1, 4))}


def strings(body: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """The strings and the names that lead to them; a mapping with a name and a value is a setting of that name."""
    match body:
        case dict():
            for key, value in body.items():
                yield from strings(value, (*above, key))
        case list():
            for value in body:
                yield from strings(value, above)
        case str():
            yield ".".join(above), body


@pytest.mark.parametrize("style", [None, True, False], ids=["mixed", "flow", "block"])
@pytest.mark.parametrize("quotes", [None, "'", '"'])
@pytest.mark.parametrize("width", [20, 80, 1000])
def test_yaml_as_pyyaml_has_it(style: bool | None, quotes: str | None, width: int) -> None:
    chance = random.Random(1)  # noqa: S311 -- for examples
    for _ in range(60):
        body = {key: made(chance, 4) for key in chance.sample(KEYS, 3)}
        text = yaml.safe_dump(body, default_flow_style=style, default_style=quotes, width=width)
        assert yaml.safe_load(text) == body
        found = [(item.name, item.value) for item in settings("a.yml", text)]
        missing = [pair for pair in strings(body) if pair not in found and not pair[0].endswith("value")]
        assert not missing, (text, missing, found)


@pytest.mark.parametrize(
    "unit",
    [
        *("a: {", "a: {\n", "a: [\n", "a: [{", "a: '\n", 'a: "\n', "a: ''\n", "'a' 'b", "- a: {b}\n", "a: {b: c, "),
        *("a: &x ", "a: *x\n", "a: &x b\nc: *x\n", "a: b\n  c\n", "- - ", "a: b #", '["a", ', "a => ['", "a: {]}\n"),
    ],
)
@pytest.mark.parametrize("name", ["a.yml", "a.toml", "a.conf"])
def test_a_hostile_file_takes_linear_time(name: str, unit: str) -> None:
    """What is quadratic would take minutes."""
    for _ in settings(name, (unit * (1 << 17))[: 1 << 17]):
        pass


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "ssl_certificate a.pem; ssl_trusted_certificate b.pem;",
            ["ssl_certificate a.pem", "ssl_trusted_certificate b.pem"],
        ),
        (
            "server { listen 443 ssl; ssl_client_certificate 'a;{b.pem'; }",
            ["listen 443 ssl", "ssl_client_certificate a;{b.pem"],
        ),
        ("ssl_certificate a.pem;", ["ssl_certificate a.pem"]),
        ("export A=b;", ["A b;"]),
        ("ssl_certificate 'a; b c;", ["ssl_certificate 'a; b c"]),
    ],
)
def test_statements_on_one_line_are_settings_each(line: str, expected: list[str]) -> None:
    """As nginx has them: a directive ends with a semicolon, quoted ones apart (ngx_conf_file.c)."""
    found = [item for item in settings("nginx.conf", f"\n{line}\n") if item.name]
    told = [f"{item.name} {item.value}" for item in found if not item.value.startswith("{") and item.value]
    assert told == expected
    assert {item.line for item in found} == {2}

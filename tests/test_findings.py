"""The registry of rules, and that nothing is warned of but by a finding."""

import re
from pathlib import Path

import truststore_tool
from truststore_tool.findings import LEVELS, RULES

ROOM = Path(truststore_tool.__file__).parent
CODE = {path: path.read_text() for path in sorted(ROOM.rglob("*.py"))}


def test_every_rule_says_what_it_means_and_for_whom() -> None:
    for name, rule in RULES.items():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
        assert rule.level in LEVELS
        assert rule.means, name
        assert rule.whom, name


def test_every_remark_is_of_a_rule() -> None:
    named = {rule for text in CODE.values() for rule in re.findall(r'Remark\(\s*"([^"]*)"', text)}
    assert named
    assert named <= RULES.keys()


def test_there_is_one_way_to_warn() -> None:
    """`Output.warn` takes findings; nobody else writes the word."""
    (where,) = {path.relative_to(ROOM).as_posix() for path, text in CODE.items() if re.search(r"[\"']warning:", text)}
    assert where == "cli/output.py"

"""The page of the rules: what each finding means.

``python -m tests.readers.rules_page > docs/findings.md`` makes it anew; a test holds it against the registry.
"""

import sys
from typing import Final

from truststore_tool.findings import LEVELS, RULES, Level

HEAD: Final = """# What is found

Whatever is not well is a finding, in the text of every command as in the `findings` of its `--json`, and goes by one of
these rules. `truststore-tool doctor` looks for all of them; other commands say what they come upon. The level is the
usual one: what keeps only readers from a store for which it is not meant is a note. `doctor --fail-on RULE` makes what
goes by that rule exit code 1, too, whatever its level. Made by `python -m tests.readers.rules_page`.
"""
_TITLES: Final[dict[Level, str]] = {
    "error": "Errors: doctor ends with exit code 1",
    "warning": "Warnings: doctor ends with exit code 1 where `--fail-on warning` is given",
    "note": "Notes",
}


def page() -> str:
    """The page, in Markdown."""
    lines = [HEAD]
    for level in LEVELS:
        lines += [
            f"## {_TITLES[level]}",
            "",
            "| Rule | Means | Concerns | Releases | Known by |",
            "|---|---|---|---|---|",
        ]
        for name, rule in sorted(RULES.items()):
            if rule.level == level:
                cells = (f"`{name}`", rule.means, rule.whom, rule.since or "-", rule.documented or "-")
                lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(page())

"""How many commands of each page the tests run: ``python -m tests.pages``."""

import re
import sys

from tests.pages import PAGES, ROOT, blocks

_COMMAND = {
    "console": r"^\$ ",
    "sh-session": r"^\$ ",
    "text": r"^\S",
    "sh": r"^\S",
    "dockerfile": r"truststore-tool (?=[a-z-])(?!&&)",
    "yaml": r"truststore-tool [a-z]+ |^ +args:$|actions/verify@|^ +- id: ",
}


def main() -> None:
    """A line for each page with commands, and their sum."""
    everything = 0
    for page in PAGES:
        text = page.read_text()
        found = [re.findall(_COMMAND.get(each.language, r"\Z\A"), each.text, re.MULTILINE) for each in blocks(text)]
        number = sum(map(len, found)) + 2 * len(re.findall(r"^\| `keytool .*\| `truststore-tool ", text, re.MULTILINE))
        everything += number
        if number:
            sys.stdout.write(f"{number:5}  {page.relative_to(ROOT)}\n")
    sys.stdout.write(f"{everything:5}  in all\n")


if __name__ == "__main__":
    main()

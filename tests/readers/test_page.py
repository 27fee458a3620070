"""The page of the readers is what the rules say now, and what real Javas make of the same stores."""

from pathlib import Path

from tests.readers import page, rules_page
from tests.readers.jvms import Jvm
from tests.realtools import HERE, jdk_homes, missing
from truststore_tool import formats

PAGE = HERE.parent / "docs" / "readers.md"


def test_the_page_is_up_to_date() -> None:
    if not jdk_homes():
        missing("a JDK")
    assert PAGE.read_text() == page.page()


def test_the_page_of_the_rules_is_up_to_date() -> None:
    assert (HERE.parent / "docs" / "findings.md").read_text() == rules_page.page()


def test_real_javas_make_the_same_of_these_stores(readers: dict[str, Jvm], tmp_path: Path) -> None:
    assert tmp_path
    seen = 0
    for made in page.every():
        form = formats.detect(made.data).name
        if form == "pem":
            continue
        for name, jvm in readers.items():
            storetype = "JCEKS" if form == "jceks" else "JKS" if name.startswith("java8") else "PKCS12"
            answers = [jvm.ask(made.data, password, storetype) for password in (page.PASSWORD, "another-one", None)]
            measured = " ".join(str(len(answer.anchors)) if answer.loads else "**x**" for answer in answers)
            assert page.cell(name, made) == measured, (name, made.how)
            seen += 1
    assert seen > 100

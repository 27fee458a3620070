"""The page of a scan, in Chromium without a network: what it shows, filters and prints; judged by html-validate."""

from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.inventory.reporting import FORMULA, HOSTILE, Reported, certificate, make, report
from tests.realtools import find, missing, node_package, run
from tests.samples import own


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Reported:
    root = tmp_path_factory.mktemp("page") / "stores"
    make(root)
    return report(root)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = which("chromium") or which("chromium-browser") or missing("chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def browser_page(reported: Reported, browser: Browser) -> Iterator[Page]:
    """The page as it opens from disk; what it complains about, or asks a network for, fails the test."""
    said: list[str] = []
    page = browser.new_page(viewport={"width": 1100, "height": 900})
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith("file:") else said.append(request.url))
    page.goto(reported.path("html").as_uri())
    yield page
    page.close()
    assert said == []


def shown(page: Page) -> list[str]:
    # Not the text as drawn: what is off the screen is not.
    return page.locator(".store:not([hidden]) h3 .path").all_text_contents()


def test_html_validates(reported: Reported) -> None:
    judge = node_package("html-validate") / "bin" / "html-validate.mjs"
    assert b"error" not in run(find("node"), judge, reported.path("html"))


def test_the_judge_of_html_finds_fault_with_what_is_wrong(tmp_path: Path, reported: Reported) -> None:
    wrong = tmp_path / "wrong.html"
    wrong.write_text(reported.reports["html"].replace("</main>", "", 1))
    judge = node_package("html-validate") / "bin" / "html-validate.mjs"
    assert b"error" in run(find("node"), judge, wrong, check=False)


def test_what_lacks_the_root_stands_on_top(browser_page: Page) -> None:
    assert browser_page.title().startswith("Trust stores on ")
    assert browser_page.locator("main h2").first.inner_text() == "What lacks it"
    paths = browser_page.locator("section[aria-labelledby=lacking] > ul").first.locator("a").all_inner_texts()
    assert "stores/aliases.jks" in paths
    assert "stores/copy.pem" not in paths
    browser_page.get_by_role("link", name="stores/aliases.jks").click()
    target = browser_page.url.rpartition("#")[2]
    assert browser_page.locator(f"#{target} .path").first.inner_text() == "stores/aliases.jks"


def test_no_text_of_a_file_becomes_more_than_text(browser_page: Page, reported: Reported) -> None:
    assert browser_page.title() != "owned"
    assert browser_page.locator("img").count() == 0
    assert browser_page.locator("script").count() == 1
    assert browser_page.locator("style").count() == 1
    assert browser_page.locator("[onfocus], [onerror]").count() == 0
    assert "\u202e" not in reported.reports["html"]
    browser_page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    text = browser_page.locator("main").text_content() or ""
    for number, name in enumerate(HOSTILE):  # as the file is called: nothing of it is lost
        assert f"{number}-{name.replace('/', '|')}.pem".replace("\u202e", "\\u202e") in text
    assert FORMULA.lower() in text
    assert r"CN=\<script\>" in text


def test_search_and_filters_need_no_server(browser_page: Page) -> None:
    everything = shown(browser_page)
    assert len(everything) == 10
    browser_page.get_by_label("Search").fill("aliases JKS")
    assert shown(browser_page) == ["stores/aliases.jks"]
    assert browser_page.locator("#count").inner_text() == "1 of 10 stores"
    browser_page.get_by_role("button", name="Show all").click()
    browser_page.get_by_label("State").select_option("locked")
    assert shown(browser_page) == ["stores/locked.p12"]
    browser_page.get_by_label("State").select_option("has it")
    assert shown(browser_page) == ["stores/copy.pem"]
    browser_page.get_by_role("button", name="Show all").click()
    browser_page.get_by_label("Format").select_option("pkcs12")
    assert shown(browser_page) == ["stores/locked.p12"]
    browser_page.get_by_label("Format").select_option("")
    browser_page.get_by_label("Search").fill("no such thing")
    assert shown(browser_page) == []
    # A link to a store that is filtered out shows it all the same.
    browser_page.get_by_role("link", name="stores/subjects.pem").click()
    browser_page.wait_for_function("document.getElementById('words').value === ''")
    assert shown(browser_page) == everything


def test_the_timeline_counts_certificates_by_quarter(browser_page: Page) -> None:
    drawing = browser_page.get_by_role(
        "img", name="Certificates that stores trust, by the quarter in which they expire"
    )
    assert drawing.count() == 1
    numbers = [int(text) for text in drawing.locator(".number").all_text_contents()]
    # Six subjects, six files of one, four aliases (of certificates of their own), the new root.
    assert sum(numbers) == 6 + 6 + 4 + 1
    assert "expired: 1 certificate" in (drawing.locator("desc").text_content() or "")


def test_the_keyboard_reaches_everything(browser_page: Page) -> None:
    browser_page.keyboard.press("Tab")
    assert browser_page.evaluate("document.activeElement.className") == "skip"
    browser_page.keyboard.press("Enter")
    assert browser_page.evaluate("document.activeElement.id") == "stores"
    browser_page.keyboard.press("Tab")
    assert browser_page.evaluate("document.activeElement.id") == "words"
    # Whatever can be asked for has a name that a screen reader says.
    for control in browser_page.locator("input, select, button, section, article, svg").all():
        named = control.evaluate(
            "(each) => each.ariaLabel || each.getAttribute('aria-labelledby')"
            " || each.labels?.length || each.textContent.trim()"
        )
        assert named


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast(browser_page: Page, scheme: str) -> None:
    """At least 4.5 to 1, as WCAG 2.2 wants (1.4.3), in both schemes."""
    browser_page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    worst = browser_page.evaluate(
        """() => {
          const rgb = (text) => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
          const light = (text) => rgb(text).map((c) => c / 255)
            .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
            .reduce((sum, c, place) => sum + c * [0.2126, 0.7152, 0.0722][place], 0);
          const behind = (each) => { for (; each; each = each.parentElement) {
            const colour = getComputedStyle(each).backgroundColor;
            if (!colour.endsWith(", 0)")) return colour; } return "rgb(255, 255, 255)"; };
          return Math.min(...[...document.querySelectorAll("body *")].filter((each) => each.checkVisibility()
            && [...each.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())).map((each) => {
              const [one, two] = [light(getComputedStyle(each).color), light(behind(each))].sort((a, b) => b - a);
              return (one + 0.05) / (two + 0.05); }));
        }"""
    )
    assert worst >= 4.5


def test_it_fits_a_phone(browser_page: Page) -> None:
    browser_page.set_viewport_size({"width": 360, "height": 740})
    assert browser_page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    browser_page.set_viewport_size({"width": 1100, "height": 900})


def test_print_shows_what_is_folded(browser_page: Page) -> None:
    browser_page.emulate_media(media="print")
    row = browser_page.locator("article td").first
    assert row.is_visible()
    assert not browser_page.get_by_label("Search").is_visible()
    browser_page.emulate_media(media="screen")
    assert not row.is_visible()


def test_what_is_off_the_screen_is_drawn_when_it_is_come_to(browser_page: Page) -> None:
    """Or two thousand stores would take seconds to open; on paper all of them are."""
    drawn = """[...document.querySelectorAll(".store h3")].filter((each) =>
        each.checkVisibility({contentVisibilityAuto: true})).length"""
    browser_page.set_viewport_size({"width": 1100, "height": 300})
    browser_page.wait_for_function(f"{drawn} < 10")
    browser_page.emulate_media(media="print")
    browser_page.wait_for_function(f"{drawn} === 10")


def test_of_several_needs_each_is_counted_and_each_store_says_which_it_lacks(tmp_path: Path, browser: Browser) -> None:
    root = tmp_path / "stores"
    root.mkdir()
    (root / "a.pem").write_bytes(own("new-root.pem").read_bytes())
    (root / "b.pem").write_bytes(own("new-root.pem").read_bytes() + own("old-root.pem").read_bytes())
    page = browser.new_page()
    page.goto(report(root, "--need", str(own("old-root.pem"))).path("html").as_uri())
    assert page.locator("main h2").first.inner_text() == "What lacks some of it"
    assert page.locator("header li .quiet").all_inner_texts() == ["2 have it, 0 lack it", "1 has it, 1 lacks it"]
    (line,) = page.locator("section[aria-labelledby=lacking] > ul li").all_inner_texts()
    assert line == "stores/a.pem lacks CN=Sample Root 2020,O=Truststore Tool Samples"
    page.close()


def test_without_scripts_all_is_there(reported: Reported, browser: Browser) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(reported.path("html").as_uri())
    assert page.locator(".store").count() == 10
    assert not page.locator("search").is_visible()
    page.close()


def test_of_a_long_list_what_is_read_stands_on_top_and_the_rest_is_folded(tmp_path: Path, browser: Browser) -> None:
    root = tmp_path / "stores"
    root.mkdir()
    for number in range(30):
        (root / f"{number:02}.pem").write_bytes(certificate(f"root {number}"))
        (root / f"{number:02}.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(100))
    (root / ".curlrc").write_text("cacert = 29.pem\n")
    page = browser.new_page()
    page.goto(report(root).path("html").as_uri())
    lacking = page.locator("section[aria-labelledby=lacking] li:visible a")
    expect(lacking.first).to_have_text("stores/29.pem")
    seen = lacking.all_inner_texts()
    assert len(seen) < 30
    page.get_by_role("region", name="What lacks it").get_by_text(f"{30 - len(seen)} more").click()
    expect(lacking).to_have_count(30)
    passed_over = page.locator("section[aria-labelledby=beside]")
    assert passed_over.locator("li:visible").count() < 30
    passed_over.locator("summary").click()
    expect(passed_over.locator("li:visible")).to_have_count(30)
    page.close()

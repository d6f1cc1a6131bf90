"""A person with a keyboard: a real command, a real browser, and kills."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

from schemas.review import reviews_of
from tests.browser import browser_page, in_browser, overflow
from tests.commands import start

pytestmark = [pytest.mark.long, in_browser]


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser_page(390, 800) as page:
        yield page


@contextmanager
def reviewing(root: Path, dataset: Path, number: int) -> Iterator[str]:
    """The address of the page, whose command then ends by the signal."""
    process = start("review", dataset, "--root", root, "--reviewer", "ada", "--items", "4")
    assert process.stderr
    try:
        yield process.stderr.readline().split()[0]
    finally:
        os.kill(process.pid, number)
        process.wait(20)


def press(page: Page, key: str, state: str) -> None:
    page.keyboard.press(key)
    page.wait_for_selector(f"#dots [aria-current=true].{state}")


def test_reviews_by_keys_alone_survive_a_kill(page, drawn_dataset, tmp_path):
    # Its card is written anew.
    dataset = shutil.copytree(drawn_dataset, tmp_path / "datasets" / "drawn" / drawn_dataset.name)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text))
    with reviewing(tmp_path, dataset, signal.SIGKILL) as address:
        page.goto(address)
        page.wait_for_selector("#choices button")
        assert page.locator("#open").is_hidden()
        press(page, "a", "answered")
        assert page.locator("#choices .label small").inner_text().endswith("label")
        assert f" --root {tmp_path} " in page.locator("#command").inner_text()
        assert page.locator("#choices .chosen small").inner_text().startswith("your answer")
        page.keyboard.press("c")
        page.keyboard.type("rwmu")
        page.keyboard.press("Escape")
        press(page, "w", "new")
        press(page, "x", "answered")
        chosen = page.locator("#choices .chosen").inner_text()
        assert "cannot tell" in chosen and chosen.endswith("your answer")
    found = reviews_of(tmp_path, "drawn")
    assert found.select("verdict", "comment").rows() == [("wrong", "rwmu")]
    with reviewing(tmp_path, dataset, signal.SIGINT) as address:
        page.goto(address)
        page.wait_for_selector("#dots .wrong")
        assert page.locator("#dots [aria-current=true].answered").count() == 1
        press(page, "m", "new")
        press(page, "k", "ambiguous")
        press(page, "z", "answered")
        press(page, "r", "new")
        for _ in range(2):
            press(page, "b", "answered")
            page.keyboard.press("u")
            page.wait_for_timeout(300)
        assert page.locator("#done").is_visible()
        assert page.locator("#progress").inner_text() == "4 of 4 reviewed"
        assert overflow(page) == 0
    verdicts = sorted(reviews_of(tmp_path, "drawn")["verdict"])
    assert verdicts == ["right", "unanswerable", "unanswerable", "wrong"]
    page.keyboard.press("j")
    page.wait_for_selector("#trouble:not([hidden])")
    assert "run it again" in page.locator("#trouble").inner_text()
    assert not [problem for problem in problems if "ERR_CONNECTION_REFUSED" not in problem]


def test_what_another_tab_has_answered_is_shown_as_answered(page, drawn_dataset, tmp_path):
    dataset = shutil.copytree(drawn_dataset, tmp_path / "datasets" / "drawn" / drawn_dataset.name)
    with reviewing(tmp_path, dataset, signal.SIGINT) as address:
        page.goto(address)
        page.wait_for_selector("#choices button")
        with page.context.browser.new_page() as other:
            other.goto(address)
            other.wait_for_selector("#choices button")
            press(page, "a", "answered")
            other.keyboard.press("b")
            other.wait_for_selector("#trouble:not([hidden])")
            assert "answered already" in other.locator("#trouble").inner_text()
            assert other.locator("#choices .chosen kbd").inner_text() == "a"
            press(other, "r", "new")
    assert reviews_of(tmp_path, "drawn")["verdict"].to_list() == ["right"]


@pytest.mark.parametrize("leave", ["reload", "jk", "z"])
def test_a_comment_waits_for_its_verdict(leave, page, drawn_dataset, tmp_path):
    dataset = shutil.copytree(drawn_dataset, tmp_path / "datasets" / "drawn" / drawn_dataset.name)
    with reviewing(tmp_path, dataset, signal.SIGINT) as address:
        page.goto(address)
        page.wait_for_selector("#choices button")
        press(page, "a", "answered")
        for typed in ("c", "half hidden", "Escape"):
            page.keyboard.type(typed) if " " in typed else page.keyboard.press(typed)
        if leave == "reload":
            page.reload()
        else:
            press(page, leave[0], "new")
            press(page, "k" if leave == "jk" else "a", "answered")
        page.wait_for_selector("#dots [aria-current=true].answered")
        assert page.locator("#comment").input_value() == "half hidden"
        press(page, "w", "new")
        press(page, "k", "wrong")
        assert page.locator("#comment").input_value() == "half hidden"
        press(page, "j", "new")
        press(page, "a", "answered")
        assert page.locator("#comment").input_value() == ""
    assert reviews_of(tmp_path, "drawn")["comment"].to_list() == ["half hidden"]


def test_a_browser_that_keeps_nothing_can_review(page, drawn_dataset, tmp_path):
    dataset = shutil.copytree(drawn_dataset, tmp_path / "datasets" / "drawn" / drawn_dataset.name)
    blocked = "Object.defineProperty(window, 'sessionStorage', {get() { throw new Error('no'); }})"
    with (
        reviewing(tmp_path, dataset, signal.SIGINT) as address,
        page.context.browser.new_page() as other,
    ):
        other.add_init_script(blocked)
        other.goto(address)
        other.wait_for_selector("#choices button")
        press(other, "a", "answered")
        other.keyboard.press("c")
        other.keyboard.type("half hidden")
        other.keyboard.press("Escape")
        press(other, "w", "new")
    assert reviews_of(tmp_path, "drawn")["comment"].to_list() == ["half hidden"]


FILL = """for (let n = 1 << 22; n >= 1; n /= 2) {
  try { sessionStorage[`f${n}`] = 'x'.repeat(n); } catch {}
}"""


def test_a_full_browser_and_a_verdict_under_way_lose_no_word(page, drawn_dataset, tmp_path):
    dataset = shutil.copytree(drawn_dataset, tmp_path / "datasets" / "drawn" / drawn_dataset.name)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    with (
        reviewing(tmp_path, dataset, signal.SIGINT) as address,
        page.context.browser.new_page() as other,
    ):
        other.add_init_script(FILL)
        other.route("**/verdict", hold)
        other.goto(address)
        other.wait_for_selector("#choices button")
        press(other, "a", "answered")
        other.locator("#comment").fill("half")
        other.keyboard.press("Escape")
        press(other, "j", "new")
        press(other, "k", "answered")
        assert other.locator("#comment").input_value() == "half"
        other.keyboard.press("w")
        other.locator("#comment").fill("half hidden")
        while not held:
            other.wait_for_timeout(20)
        held[0].continue_()
        other.wait_for_selector("#dots [aria-current=true].new")
        press(other, "k", "wrong")
        assert other.locator("#comment").input_value() == "half hidden"

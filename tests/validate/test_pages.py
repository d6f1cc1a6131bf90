"""Pages in a real browser, without a network."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from playwright.sync_api import Page

from schemas.config.dataset import QuotaConfig, SelectConfig
from tasks.validate.stage import validate_samples
from tests.browser import browser_page, in_browser
from tests.validate.test_validate import (
    JUDGE,
    REJECTED,
    always_left,
    judged_questions,
    sound_samples,
)

pytestmark = [pytest.mark.long, in_browser]
HOSTILE = "<script>document.title = 'owned'</script><img src=x onerror=alert(1)>?"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser_page(390, 800) as opened:
        yield opened


def open_report(page: Page, samples: pl.DataFrame, folder: Path, **judged: Any) -> list[str]:
    """Show the validation page of the samples; returns the addresses that it asked for."""
    folder.mkdir()
    quota = QuotaConfig(num_samples=samples.height)
    validate_samples(samples.lazy(), quota, SelectConfig(), folder, **judged)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((folder / "validation.html").as_uri())
    return asked


def test_a_sound_dataset_is_said_to_be_sound_on_a_phone(page, tmp_path):
    asked = open_report(page, sound_samples(), tmp_path / "sound")
    title = page.get_by_role("heading", level=1).inner_text()
    assert title.startswith("This data set may be published")
    assert all(address.startswith("file:") for address in asked)
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 0


def test_failing_rows_are_shown_as_text(page, tmp_path):
    samples = sound_samples().with_columns(
        question_only=pl.when(pl.int_range(pl.len()) == 0)
        .then(pl.lit(HOSTILE))
        .otherwise("question_only")
    )
    open_report(page, samples, tmp_path / "hostile")
    assert "not" in page.get_by_role("heading", level=1).inner_text()
    assert page.title() != "owned"
    assert page.locator("img").count() == 0
    assert page.get_by_text("<script>").count() > 0


def test_what_the_judge_said_is_shown_on_a_phone(page, tmp_path):
    paths = judged_questions(tmp_path, {}, *[REJECTED] * 12)
    asked = open_report(page, sound_samples(), tmp_path / "report", judged_paths=paths, judge=JUDGE)
    assert all(address.startswith("file:") for address in asked)
    assert page.get_by_role("heading", name="What the judge said").is_visible()
    assert page.get_by_role("table", name="Would a guesser have done as well?").is_visible()
    rejected = page.locator("details", has_text="answers that the judge rejected")
    assert not rejected.get_by_text("a dog & a cat").first.is_visible()
    rejected.locator("summary").click()
    assert rejected.get_by_text("a dog & a cat").first.is_visible()
    assert page.locator("img").count() == 0
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 0


def test_shortcuts_are_shown_with_what_gives_them_away(page, tmp_path):
    open_report(page, always_left(), tmp_path / "shortcut")
    assert page.get_by_text("shortcut", exact=True).count() == 2
    given_away = page.locator("details", has_text="what gives the answer away")
    given_away.locator("summary").click()
    assert given_away.get_by_role("listitem").first.is_visible()

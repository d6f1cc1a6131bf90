"""Pages in a real browser, without a network."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Page, sync_playwright

from schemas.config import QuotaConfig, SelectConfig
from tasks.validate import validate_frame
from tests.test_validate import sound_samples

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
HOSTILE = "<script>document.title = 'owned'</script><img src=x onerror=alert(1)>?"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield browser.new_page(viewport={"width": 390, "height": 800})
        browser.close()


def open_report(page: Page, samples: pl.DataFrame, folder: Path) -> list[str]:
    """Show the validation page of the samples; returns the addresses that it asked for."""
    folder.mkdir()
    quota = QuotaConfig(num_samples=samples.height)
    validate_frame(samples, quota, SelectConfig(), folder)
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

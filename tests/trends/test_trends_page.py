"""The page of trends in a real browser."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from schemas.dataset_folder import builds_below
from tasks.trends.figures import Figures, figures_of_builds
from tasks.trends.page import render_trends, write_trends
from tests.browser import browser_page, in_browser, overflow, watching

pytestmark = [pytest.mark.long, in_browser]
HOSTILE = "</style><img src=x onerror=alert(1)><script>document.title='owned'</script>"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser_page(1280, 900) as opened:
        yield opened


@pytest.fixture
def root(two_builds, tmp_path) -> Path:
    return shutil.copytree(two_builds[0].parents[2], tmp_path / "root", symlinks=True)


def test_a_digest_leads_to_the_report_of_its_build(page, root):
    file = write_trends("drawn", figures_of_builds("drawn", root), root / "trends" / "drawn.html")
    names = [folder.name for folder in builds_below(root, "drawn")]
    with watching(page) as wrong:
        page.goto(file.as_uri())
        assert page.locator("svg circle").count() >= 2 * len(names)
        assert page.locator("table a").all_inner_texts() == names[::-1]
        page.get_by_role("link", name=names[0]).click()
        assert page.url == (root / "datasets" / "drawn" / names[0] / "report.html").as_uri()
        assert names[0] in page.locator(".about").inner_text()
    assert wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_and_its_points_are_in_their_charts(page, root, scheme, width):
    file = write_trends("drawn", figures_of_builds("drawn", root), root / "trends" / "drawn.html")
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.goto(file.as_uri())
    assert overflow(page) == 0
    for chart in page.locator("svg:has(circle)").all():
        outer = chart.bounding_box()
        for point in chart.locator("circle").all():
            inner = point.bounding_box()
            assert outer["x"] - 1 <= inner["x"] <= outer["x"] + outer["width"] + 1
            assert outer["y"] - 1 <= inner["y"] <= outer["y"] + outer["height"] + 1


def test_hostile_words_stay_text(page, tmp_path):
    builds = [
        Figures(name, Path("drawn") / name, samples=number, losses={("plan", HOSTILE): 1})
        for number, name in enumerate(("a", HOSTILE), 1)
    ]
    file = tmp_path / "trends.html"
    file.write_text(render_trends(HOSTILE, builds, tmp_path), encoding="utf-8")
    with watching(page) as wrong:
        page.goto(file.as_uri())
        assert page.locator("script, img").count() == 0
        assert page.title() != "owned"
        assert HOSTILE in page.locator("h1").inner_text()
    assert wrong == []

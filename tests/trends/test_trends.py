"""The page of trends says what the builds, their validation and their reviewers have recorded."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.dataset_folder import builds_below
from schemas.review import ReviewVerdict
from tasks.review.book import open_book
from tasks.review.items import reviewable
from tasks.trends.figures import Figures, figures_of_builds
from tasks.trends.page import HEIGHT, WIDTH, charts_of, render_trends
from tests.builds import manifest_of
from tests.commands import call

HOSTILE = '<script>alert("x")</script>'


@pytest.fixture
def root(two_builds, tmp_path) -> Path:
    return shutil.copytree(two_builds[0].parents[2], tmp_path / "root", symlinks=True)


def figures(name: str, samples: int | None = None, **more: object) -> Figures:
    return Figures(name, Path("drawn") / name, samples=samples, **more)  # type: ignore[arg-type]


def test_figures_are_those_of_the_builds_the_oldest_first(root):
    newest = builds_below(root, "drawn")[0]
    review(root, newest, ReviewVerdict.RIGHT, ReviewVerdict.RIGHT, ReviewVerdict.WRONG)
    found = figures_of_builds("drawn", root)
    assert [one.folder for one in found] == builds_below(root, "drawn")[::-1]
    for one in found:
        manifest = manifest_of(one.folder)
        assert (one.samples, one.images) == (manifest["num_samples"], manifest["num_images"])
        lost = [row for row in manifest["funnel"] if row["outcome"] == "lost"]
        assert sum(one.losses.values()) == sum(row["rows"] for row in lost) > 0
        assert {reason for _, reason in one.losses} == {row["reason"] for row in lost}
        assert one.cost == 0.0
    assert found[-1].precision
    assert (found[-1].precision.right, found[-1].precision.reviewed) == (2, 3)


def review(root: Path, dataset: Path, *verdicts: ReviewVerdict) -> None:
    with open_book(root, "drawn", "ada") as book:
        for item, verdict in zip(reviewable(dataset).to_dicts(), verdicts, strict=False):
            book.add(item | {"dataset": f"drawn/{dataset.name}"}, None, verdict)


def test_the_command_writes_a_page_with_every_build(root):
    done = call("trends", "drawn", "--root", root)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{root}/trends/drawn.html\n", "")
    page = (root / "trends" / "drawn.html").read_text(encoding="utf-8")
    for folder in builds_below(root, "drawn"):
        assert f'<a href="../datasets/drawn/{folder.name}/report.html">{folder.name}</a>' in page
        assert (root / "trends" / f"../datasets/drawn/{folder.name}/report.html").exists()
    assert "beyond-quota" in page
    assert "http" not in page.replace("http-equiv", "")


def test_a_damaged_build_is_a_row_and_not_an_error(root):
    oldest = builds_below(root, "drawn")[-1]
    (oldest / "manifest.json").write_text("{")
    found = figures_of_builds("drawn", root)
    (damaged,) = (one for one in found if one.problem)
    assert damaged.folder == oldest
    page = render_trends("drawn", found, root)
    assert f"{oldest.name}" in page and "cannot be read: " in page


def test_a_name_without_builds_is_one_line(root):
    done = call("trends", "other", "--root", root)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"no dataset other below {root}/datasets" in done.stderr.splitlines()[-1]


def test_a_gap_parts_a_line_and_what_nobody_knows_has_no_chart():
    builds = [figures("a", 10), figures("b", problem="gone"), figures("c", 30), figures("d", 20)]
    by_title = {chart.title: chart for chart in charts_of(builds)}
    lines = by_title["samples"].lines
    assert [[point.told for point in line] for line in lines] == [
        ["a: 10"],
        ["c: 30", "d: 20"],
    ]
    assert [point.y for line in lines for point in line] == [82.0, 8.0, 45.0]
    assert "labels found right" not in by_title


@pytest.mark.parametrize(
    ("values", "heights"),
    [((7, 7), [45.0, 45.0]), ((100, 101), [48.66, 41.34]), ((0, 0), [45.0, 45.0])],
)
def test_what_hardly_differs_hardly_rises(values, heights):
    builds = [figures(str(place), value) for place, value in enumerate(values)]
    (line,) = next(chart for chart in charts_of(builds) if chart.title == "samples").lines
    assert [point.y for point in line] == heights


@given(st.lists(st.none() | st.integers(0, 10**9), min_size=1))
def test_points_are_in_the_chart_from_left_to_right(values):
    builds = [figures(str(place), value) for place, value in enumerate(values)]
    charts = [chart for chart in charts_of(builds) if chart.title == "samples"]
    points = [point for chart in charts for line in chart.lines for point in line]
    assert len(points) == sum(value is not None for value in values)
    assert [point.x for point in points] == sorted(point.x for point in points)
    assert all(0 < point.x < WIDTH and 0 < point.y < HEIGHT for point in points)


def test_words_of_a_record_stay_text():
    builds = [figures("a", 1, commit=HOSTILE, losses={("plan", HOSTILE): 1}), figures(HOSTILE, 2)]
    page = render_trends(HOSTILE, builds, Path())
    assert HOSTILE not in page and "&lt;script&gt;" in page

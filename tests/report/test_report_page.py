"""The report's page in a real browser."""

import io
import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from time import perf_counter
from typing import Any

import polars as pl
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Locator, Page, expect

from tasks.diff.record import Record
from tasks.pages.boxes import place_of_box
from tasks.pages.shown_photographs import data_address, shrunk
from tasks.report.gallery import MAX_ROWS, Picture, pairs_of, pictures_of
from tasks.report.overview import overview_of
from tasks.report.questions import published_of, question_parts
from tasks.report.report import REPORT, gallery_of, link_to, photographs_of, write_page
from tests.browser import browser_page, contrast, in_browser, overflow, watching

pytestmark = [pytest.mark.long, in_browser]


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser_page(1280, 900) as opened:
        yield opened


@pytest.fixture
def wrong(page: Page) -> Iterator[list[str]]:
    with watching(page) as found:
        yield found


@pytest.fixture(scope="module")
def record(drawn_dataset: Path) -> Record:
    return Record(drawn_dataset, drawn_dataset.parents[2])


@pytest.fixture(scope="module")
def questions(record: Record) -> pl.DataFrame:
    return pl.concat(question_parts(record))


def write(
    folder: Path,
    record: Record,
    questions: pl.DataFrame,
    pictures: Mapping[str, Picture] | None = None,
) -> Path:
    """A page of other questions than the dataset's; without `pictures` with its photographs."""
    if pictures is None:
        pictures = pictures_of(questions, record, photographs_of(record), 1)
    overview = overview_of(record, published_of(record))
    pairs = pairs_of([questions], [REPORT])
    write_page(folder / REPORT, overview, gallery_of(questions, pairs, pictures, "drawn/d1g"))
    return folder / REPORT


def expect_shown(page: Page, number: int) -> None:
    """That so many questions are shown, once the page has heeded what was done."""
    expect(page.locator("#shown")).to_have_text(re.compile(rf"^\s*{number:,}\b"))


def test_filters_filter(page, wrong, record, questions):
    page.goto((record.folder / REPORT).as_uri())
    expect_shown(page, questions.height)
    wanted = {
        "category": ("relation", pl.col("category") == "relation"),
        "level": ("easy", pl.col("level") == "easy"),
        "fate": ("lost in plan", pl.col("stage") == "plan"),
        "evidence": ("proved", pl.col("evidence") == "proved"),
        "reason": ("beyond-quota", pl.col("reason") == "beyond-quota"),
        "writer": ("template", pl.col("writer") == "template"),
        "predicate": ("left of", pl.col("predicate") == "left of"),
        "pairs": ("yes", pl.col("pair_id").is_not_null() & pl.col("split").is_not_null()),
    }
    for name, (value, is_wanted) in wanted.items():
        number = questions.filter(is_wanted).height
        assert 0 < number < questions.height
        page.get_by_label(name, exact=True).select_option(value)
        expect_shown(page, number)
        page.get_by_role("button", name="clear").click()
    page.get_by_label("fate").select_option("published")
    page.get_by_label("category").select_option("relation")
    both = questions.filter(pl.col("split").is_not_null(), pl.col("category") == "relation")
    expect_shown(page, both.height)
    text = both["question"][0]
    page.get_by_label("words").fill(text.upper())
    expect_shown(page, both.filter(pl.col("question") == text).height)
    page.get_by_label("words").fill("no question says this")
    assert page.locator("#nothing").is_visible() and page.locator(".item").count() == 0
    assert wrong == []


def test_a_link_leads_to_its_question_and_a_figure_to_those_it_counts(
    page, wrong, record, questions
):
    key = questions.filter(pl.col("split").is_not_null())["question_id"][-1]
    page.goto("about:blank")
    page.goto(link_to(record.folder, key))
    assert page.locator(f"[id='{key}'] .question").is_visible()
    assert page.locator(f"[id='{key}']").get_by_text(f"why --dataset drawn/{record.folder.name}")
    page.get_by_label("words").fill("no question says this")
    page.goto(link_to(record.folder, questions["question_id"][0]))
    expect_shown(page, questions.height)
    page.locator(".flow a", has_text="near-duplicate").click()
    expect_shown(page, questions.filter(reason="near-duplicate").height)
    assert page.url.endswith("#?reason=near-duplicate")
    page.locator("#quotas + p + .card a").first.click()
    expect(page.get_by_label("level")).to_have_value("easy")
    expect(page.locator("#shown")).to_have_text(re.compile(r"^\s*[1-9]"))
    page.get_by_label("level").select_option("hard")
    assert page.url.endswith("level=hard") or "level=hard&" in page.url
    assert wrong == []


def test_hidden_characters_are_seen_and_typed_as_a_shell_takes_them(
    page, wrong, record, questions, tmp_path
):
    key = "a\u202eb's"
    one = questions.head(1).with_columns(question_id=pl.lit(key))
    page.goto(write(tmp_path, record, one, {}).as_uri())
    page.locator(".item summary").click()
    page.get_by_text("a\\u202eb's", exact=True).wait_for()
    page.get_by_text("why --dataset drawn/d1g $'a\\u202eb\\'s'").wait_for()
    assert wrong == []


def test_keys_lead_through_the_questions(page, wrong, record, questions):
    page.goto("about:blank")
    page.goto((record.folder / REPORT).as_uri())
    focused = "document.activeElement.closest('.item')?.id"
    ids = questions["question_id"]
    for key, place in (("j", 0), ("j", 1), ("k", 0), ("k", 0)):
        page.keyboard.press(key)
        assert page.evaluate(focused) == ids[place]
    for _ in range(60):
        page.keyboard.press("j")
    assert page.evaluate(focused) == ids[60]
    page.keyboard.press("Enter")
    page.locator(f"[id='{ids[60]}'] .history").wait_for(timeout=5_000)  # opened by an event
    page.keyboard.press("/")
    page.keyboard.type("jk")
    assert page.get_by_label("words").input_value() == "jk"
    assert wrong == []


def test_a_question_shows_what_proves_it_and_its_counterpart_beside_it(
    page, wrong, record, questions
):
    row = questions.filter(
        pl.col("pair_id").is_not_null(), pl.col("split").is_not_null(), category="relation"
    ).row(0, named=True)
    page.goto("about:blank")
    page.goto(link_to(record.folder, row["question_id"]))
    card = page.locator(f"[id='{row['question_id']}']")
    sides = card.locator(".sides > div")
    assert sides.count() == 2
    one, other = (side.bounding_box() for side in sides.all())
    assert one["y"] == other["y"] and one["x"] + one["width"] <= other["x"]
    right = sides.first.locator("li.gold-option")
    assert right.inner_text().startswith(f"({'ABCD'[row['answer']]}) ")
    assert row["evidence"] in right.inner_text() and row["detail"] in right.inner_text()
    assert sides.first.locator("li .badge.bad").count() == len(row["options"]) - 1
    assert sides.first.locator("rect.box.answer").count() == 2
    assert sides.first.locator("text.predicate").first.text_content() == row["predicate"]
    name = right.locator("button.name").first
    name.focus()
    lit = sides.first.locator("rect.box.lit")
    assert lit.count() == 1 and name.inner_text() in lit.locator("title").text_content()
    assert wrong == []


def red_photograph(box: tuple[int, int, int, int], size: tuple[int, int]) -> Picture:
    """White, but for what is in the box."""
    image = Image.new("RGB", size, "white")
    x1, y1, x2, y2 = box
    ImageDraw.Draw(image).rectangle((x1, y1, x2 - 1, y2 - 1), fill="red")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    made = shrunk(buffer.getvalue(), 60_000)
    assert made
    return Picture(data_address(made[0]), *made[1])


def red_pixels(drawing: Locator) -> tuple[float, ...]:
    """Edges of what is red in the picture of a drawing, in pixels of the screen."""
    drawing.evaluate(
        "svg => svg.querySelectorAll('.box, text, .link, .arrow').forEach(e => e.remove())"
    )
    image = Image.open(io.BytesIO(drawing.screenshot())).convert("RGB")
    red, green, _ = image.split()
    mask = Image.eval(green, lambda value: 255 * (value < 128))
    assert red.getpixel((0, 0)) > 200
    return mask.getbbox()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(
    ("box", "size"),
    [
        ((120, 60, 300, 150), (400, 300)),
        ((10, 500, 90, 620), (300, 700)),
        ((0, 0, 900, 40), (900, 200)),
    ],
)
def test_boxes_line_up_with_pixels(page, wrong, record, questions, tmp_path, box, size, width):
    one = questions.filter(pl.col("split").is_not_null(), category="size").head(1)
    place = place_of_box(box, *size)
    boxes = [{"object_id": 7, "label": "red", "place": place}]
    one = one.with_columns(
        boxes=pl.Series([boxes], dtype=questions.schema["boxes"]),
        links=pl.Series([[]], dtype=questions.schema["links"]),
        pair_id=pl.lit(None, pl.String),
    )
    picture = red_photograph(box, size)
    file = write(tmp_path, record, one, {one["image_id"][0]: picture})
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{file.as_uri()}#{one['question_id'][0]}")
    drawing = page.locator("svg.drawing")
    outer, drawn = drawing.bounding_box(), drawing.locator("rect.box").bounding_box()
    found = red_pixels(drawing)
    page.set_viewport_size({"width": 1280, "height": 900})
    edges = (drawn["x"], drawn["y"], drawn["x"] + drawn["width"], drawn["y"] + drawn["height"])
    offsets = (outer["x"], outer["y"]) * 2
    stroke = 2  # of the outline, and what pixels round
    for edge, offset, seen in zip(edges, offsets, found, strict=True):
        assert abs(edge - offset - seen) <= stroke + 1
    assert wrong == []


HOSTILE = (
    "</script><script>document.title = 'owned'</script><img src=x onerror=alert(1)>"
    '" onmouseover="alert(2)" x=\' {{ 7 * 7 }} ]]> --> \u202ereversed \u05d0\u05d1 &amp; \x00'
)


def test_relationships_of_the_same_two_things_have_lines_of_their_own(page, wrong, record):
    page.goto((record.folder / REPORT).as_uri())
    labels = page.evaluate(
        """() => {
            const svg = drawnElement("svg", { viewBox: "0 0 1000 700" });
            document.body.append(svg);
            const places = new Map([["a", [0, 0, 100, 100]], ["b", [500, 500, 100, 100]]]);
            drawLinks(svg, [["a", "behind", "b"], ["b", "in front of", "a"]], places);
            const label = (text) => [text.textContent, Number(text.getAttribute("y"))];
            return [...svg.querySelectorAll("text")].map(label);
        }"""
    )
    (first, below), (second, above) = labels
    assert (first, second) == ("behind", "\u2190 in front of")
    assert below - above > 30
    assert wrong == []


@pytest.mark.parametrize(
    ("places", "links"),
    [
        (  # four of two things at the upper edge
            {"a": [0, 0, 60, 40], "b": [300, 0, 80, 60]},
            [["a", "next to", "b"], ["b", "beside", "a"], ["a", "behind", "b"], ["b", "near", "a"]],
        ),
        (  # two couples with one middle
            {"a": [100, 100, 50, 50], "b": [700, 700, 50, 50], "c": [700, 100, 50, 50],
             "d": [100, 700, 50, 50]},
            [["a", "looking at", "b"], ["c", "in front of", "d"]],
        ),
        (  # things that cover each other in the corners
            {"a": [0, 0, 20, 20], "b": [0, 0, 40, 40], "c": [960, 950, 40, 50],
             "d": [970, 960, 30, 30]},
            [["a", "at the back of", "b"], ["c", "in the middle of", "d"], ["d", "on", "c"]],
        ),
    ],
)  # fmt: skip
def test_labels_of_relationships_lie_in_the_drawing_and_not_on_each_other(
    page, record, places, links
):
    page.goto((record.folder / REPORT).as_uri())
    boxes = page.evaluate(
        """([places, links]) => {
            const svg = drawnElement("svg", { viewBox: "0 0 1000 700", width: 1000 });
            const drawing = document.createElement("div");
            drawing.className = "drawing";
            drawing.append(svg);
            document.body.append(drawing);
            drawLinks(svg, links, new Map(Object.entries(places)));
            const boxes = [...svg.querySelectorAll("text")].map((text) => text.getBBox());
            return boxes.map((box) => [box.x, box.y, box.width, box.height]);
        }""",
        [places, links],
    )
    assert len(boxes) == len(links)
    for x, y, width, height in boxes:
        assert width > 0 and x >= 0 and y >= 0 and x + width <= 1000 and y + height <= 700
    for one, other in combinations(boxes, 2):
        is_beside = one[0] + one[2] <= other[0] or other[0] + other[2] <= one[0]
        assert is_beside or abs(one[1] - other[1]) > 30, (one, other)


def test_hostile_text_stays_text(page, wrong, record, questions, tmp_path):
    lost = pl.col("stage").is_not_null()
    texts = ("question", "detail", "reason_detail", "reason", "writer", "predicate", "judge")
    some = pl.concat([questions.filter(~lost).head(3), questions.filter(lost).head(2)])
    label = pl.lit(HOSTILE[:40]).alias("label")
    some = some.with_columns(
        *(pl.lit(HOSTILE).alias(name) for name in texts),
        options=pl.lit([HOSTILE, "plain"]),
        votes=pl.lit([HOSTILE, None]),
        vote_reasons=pl.lit([HOSTILE, HOSTILE]),
        verdict=pl.lit("keep"),
        boxes=pl.col("boxes").list.eval(pl.element().struct.with_fields(label)),
        links=pl.col("links").list.eval(
            pl.element().struct.with_fields(pl.lit(HOSTILE).alias("predicate"))
        ),
        option_claims=pl.lit([HOSTILE, '{"category":"size","largest":"<img src=x>"}']),
    )
    file = write(tmp_path, record, some)
    page.goto(file.as_uri())
    for summary in page.locator(".item > summary").all():
        summary.click()
    assert re.match(r"drawn: \d+ samples", page.title())
    assert page.locator("script").count() == 2
    assert page.locator("img:not(.thumb)").count() == 0
    assert page.locator("[onmouseover], [onload], [onerror]").count() == 0
    assert page.locator(".question").first.inner_text().startswith("</script><script>")
    page.get_by_label("words").fill("document.title = 'owned'")
    expect_shown(page, 5)
    page.get_by_label("writer").select_option(index=1)
    page.get_by_label("reason").select_option(index=1)
    expect_shown(page, 5)
    assert overflow(page) == 0
    assert wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_and_can_be_read(page, wrong, record, questions, scheme, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    page.goto("about:blank")
    page.goto(link_to(record.folder, questions["question_id"][0]))
    assert overflow(page) == 0
    assert contrast(page, ".item .question") > 7
    for selector in (".item .facts", ".item .claim", ".history b", ".flow .soft"):
        assert contrast(page, selector) > 4.5, selector
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")
    assert wrong == []


def test_the_overview_needs_no_script(page, record):
    plain = page.context.browser.new_context(java_script_enabled=False).new_page()
    plain.goto((record.folder / REPORT).as_uri())
    assert plain.get_by_role("heading", name="Funnel").is_visible()
    assert plain.get_by_text("The gallery needs its script").is_visible()
    assert not plain.locator("#filters").is_visible()
    plain.context.close()


def test_ten_thousand_rows_stay_quick(page, wrong, record, questions, tmp_path):
    many = pl.concat(
        [
            questions.with_columns(question_id=pl.format("{}-{}", pl.lit(number), "question_id"))
            for number in range(-(-MAX_ROWS // questions.height))
        ]
    ).head(MAX_ROWS)
    file = write(tmp_path, record, many)
    started = perf_counter()
    page.goto(f"{file.as_uri()}#{many['question_id'][9000]}")
    assert page.locator(f"[id='{many['question_id'][9000]}'] .question").is_visible()
    assert perf_counter() - started < 5.0
    took: Any = page.evaluate(
        """() => {
          const words = document.querySelector("[data-filter=words]");
          const category = document.querySelector("[data-filter=category]");
          const steps = [[category, "relation"], [words, "the"], [words, "the "], [category, ""]];
          return steps.map(([field, value]) => {
            const start = performance.now();
            field.value = value;
            field.dispatchEvent(new Event("input"));
            document.body.offsetHeight;
            return performance.now() - start;
          });
        }"""
    )
    assert max(took) < 1000, took
    assert page.locator(".item").count() <= 200
    assert wrong == []

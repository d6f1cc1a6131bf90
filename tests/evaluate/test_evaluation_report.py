"""The report of an evaluation: its tables, its choice of items, and its page in a real browser."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from playwright.sync_api import Page

from evaluation.benchmarks.registry import BENCHMARKS
from evaluation.photographs import PhotographStore
from evaluation.scoring import SCORE
from schemas.code_version import code_version
from schemas.columns import frame_of
from schemas.config.evaluation import EvaluatedModel
from tasks.evaluate.about import About, AboutModel, about_model
from tasks.evaluate.boxes import boxes_of, gold_boxes
from tasks.evaluate.browser import browse, choose_items, outcome_of
from tasks.evaluate.outcomes import Failed, Outcome
from tasks.evaluate.report import (
    markdown_cell,
    read_tables,
    report_evaluation,
    report_folder,
    write_report,
)
from tasks.evaluate.view import comparison, mean_row, reading_rows, with_published
from tests.browser import browser_page, contrast, in_browser, watching
from tests.evaluations import (
    CAT,
    DOG,
    PERFECT,
    SOFA,
    completion,
    item,
    outcome,
    photograph,
    reply,
    scene,
)

Row = dict[str, Any]
FILES = {
    "report.html", "report.md", "scores.parquet", "items.parquet", "grounding.parquet",
    "differences.parquet", "audit.parquet", "pairs.parquet", "evaluation.json",
}  # fmt: skip
ABOUT = About(
    "test",
    "c0ff1g",
    (
        AboutModel(
            "spatialthinker-7b", "models/st/a1", "d2", "st/a1", "grpo", "mine/b2 | <b>", "direct"
        ),
    ),
    {"stvqa_val": "mine/b2"},
    {"stvqa_val": "mine/b2"},
)
GUESS = completion(scene({"dog.1": [90, 40, 190, 90]}), "(B) right")
MMSTAR = {"l2_category": "x"}


def two_models(root: Path) -> list[Outcome]:
    """`spatialthinker-7b` is right on all of our own split, `other` on every second item, and has
    an item that cannot be read and one without a reply."""
    images = [photograph(root), photograph(root, "gold")]
    own = [item(number, [images[number % 2]]) for number in range(6)]
    star = [item(number, images[:1], "mmstar", facts=MMSTAR) for number in range(4)]
    mixed = [reply(one, PERFECT if number % 2 else GUESS) for number, one in enumerate(own)]
    mixed[0] = reply(own[0], None)
    mixed[2] = reply(own[2], "I cannot tell", finish_reason="length")
    return [
        outcome(root, "spatialthinker-7b", own, [reply(one, PERFECT) for one in own]),
        outcome(root, "other", own, mixed),
        outcome(root, "spatialthinker-7b", star, [reply(one, "A") for one in star]),
        outcome(root, "other", star, [reply(one, "B") for one in star]),
    ]


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Outcome]]:
    root = tmp_path_factory.mktemp("evaluated")
    return root, two_models(root)


def write(folder: Path, root: Path, outcomes: list[Outcome], *failures: Failed) -> Path:
    folder.mkdir()
    write_report(folder, ABOUT, "d1g", outcomes, failures, root)
    return folder


def test_programs_find_every_reply_score_and_scene(evaluated, tmp_path):
    root, outcomes = evaluated
    folder = write(tmp_path / "report", root, outcomes)
    assert {path.name for path in folder.iterdir()} == FILES
    items, scores, grounding = (
        pl.read_parquet(folder / f"{name}.parquet") for name in ("items", "scores", "grounding")
    )
    right = items.group_by("model", "benchmark").agg(pl.col("is_right").sum()).sort("model")
    assert {row[:2]: row[2] for row in right.rows()} == {
        ("spatialthinker-7b", "stvqa_val"): 6,
        ("spatialthinker-7b", "mmstar"): 4,
        ("other", "stvqa_val"): 3,
        ("other", "mmstar"): 0,
    }
    assert items["prompt"].str.starts_with("Look closely.").all()
    assert scores.filter("is_main").height == 2 * sum(
        2 + len(BENCHMARKS[name].parsers) for name in ("stvqa_val", "mmstar")
    )
    assert grounding.group_by("model").agg(pl.col("total").sum()).sort("model").rows() == [
        ("other", pytest.approx(3 + 0.1 + 0.2 * 0.7 * 0.5)),
        ("spatialthinker-7b", 6.0),
    ]


def test_same_results_same_bytes(evaluated, tmp_path):
    root, outcomes = evaluated
    failed = Failed("other", "mmvp", "out of memory")
    one, two = (write(tmp_path / name, root, outcomes, failed) for name in ("one", "two"))
    for name in FILES:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("evaluation.json", lambda path: os.truncate(path, 50)),
        ("evaluation.json", lambda path: path.write_text('{"files": 3}')),
        ("report.html", Path.unlink),
        ("scores.parquet", lambda path: os.truncate(path, 300)),
    ],
)
def test_a_damaged_report_is_set_aside_and_made_again(name, damage, evaluated, tmp_path):
    root = shutil.copytree(evaluated[0], tmp_path / "root")
    folder = report_evaluation.fn(ABOUT, evaluated[1], [], root)
    before = (folder / name).read_bytes()
    damage(folder / name)
    assert report_evaluation.fn(ABOUT, evaluated[1], [], root) == folder
    assert (folder / name).read_bytes() == before
    assert (root / "damaged" / folder.name).is_dir()
    (folder / "notes.txt").write_text("of a user")
    assert report_evaluation.fn(ABOUT, evaluated[1], [], root).data == folder


def test_the_task_writes_a_report_once(evaluated):
    root, outcomes = evaluated
    folder = report_evaluation.fn(ABOUT, outcomes, [], root)
    assert folder == report_folder(ABOUT, outcomes, [], root)
    assert folder.parent == root / "evaluations" / "test"
    before = (folder / "report.html").stat().st_mtime_ns
    again = report_evaluation.fn(ABOUT, outcomes, [], root)
    assert (again.name, again.data) == ("Cached", folder)
    assert (folder / "report.html").stat().st_mtime_ns == before
    others = [
        report_folder(ABOUT, outcomes[:3], [], root),
        report_folder(ABOUT._replace(configuration="an0ther"), outcomes, [], root),
        report_folder(ABOUT, outcomes, [Failed("other", "mmvp", "why")], root),
        *(
            report_folder(ABOUT, [outcomes[0]._replace(**change), *outcomes[1:]], [], root)
            for change in ({"benchmark": "GQA"}, {"replies": outcomes[1].replies})
        ),
    ]
    assert len({folder, *others}) == 6


# Scores.


def scored(model: str, benchmark: str, value: float, error: float | None, **changes: Any) -> Row:
    return (
        dict.fromkeys(("model", *SCORE))
        | {
            "model": model,
            "benchmark": benchmark,
            "rule": "official",
            "metric": "accuracy",
            "is_main": True,
            "value": value,
            "standard_error": error,
            "num_items": 10,
            "constant_baseline": 25.0,
        }
        | changes
    )


def score_table(*rows: Row) -> pl.DataFrame:
    return frame_of(rows, pl.Schema({"model": pl.String, **SCORE}))


def test_models_stand_side_by_side_and_failures_say_why():
    table = score_table(
        scored("a", "mmvp", 50.0, 3.0),
        scored("b", "mmvp", 60.0, 4.0),
        scored("a", "cv_bench", 70.0, 4.0),
        scored("a", "cv_bench", 71.0, 4.0, is_main=False, subset="2D"),
        scored("a", "cv_bench", 99.0, 1.0, is_main=False, category="Depth"),
        scored("a", "cv_bench", 99.0, 1.0, rule="paper_compatible"),
    )
    failures = [
        {"model": "b", "benchmark": "cv_bench", "message": "no memory"},
        {"model": "every model", "benchmark": "blink", "message": "gated"},
    ]
    rows = comparison(table, "official", ["a", "b"], failures)
    told = [
        (row["benchmark"], row["subset"], row["best"], [_told(cell) for cell in row["cells"]])
        for row in rows
    ]
    assert told == [
        ("cv_bench", None, None, [70.0, "no memory"]),
        ("cv_bench", "2D", None, [71.0, None]),
        ("blink", None, None, ["gated", "gated"]),
        ("mmvp", None, 60.0, [50.0, 60.0]),
    ]


def _told(cell: Row | None) -> Any:
    return cell and cell.get("value", cell.get("failed"))


def test_the_mean_is_of_what_every_model_was_measured_on():
    """(50 + 70) / 2 and (60 + 90) / 2; sqrt(3^2 + 4^2) / 2 and sqrt(6^2 + 8^2) / 2."""
    table = score_table(
        scored("a", "mmvp", 50.0, 3.0),
        scored("b", "mmvp", 60.0, 6.0),
        scored("a", "blink", 70.0, 4.0),
        scored("b", "blink", 90.0, 8.0),
        scored("a", "cv_bench", 0.0, 1.0),
        scored("a", "stvqa_val", 0.0, 1.0),
        scored("b", "stvqa_val", 0.0, 1.0),
    )
    mean = mean_row(comparison(table, "official", ["a", "b"], []), 2)
    assert mean and mean["num"] == 2
    assert [cell["value"] for cell in mean["cells"]] == [60.0, 75.0]
    assert [cell["standard_error"] for cell in mean["cells"]] == [2.5, 5.0]
    assert mean_row(comparison(table.head(2), "official", ["a", "b"], []), 2) is None


@pytest.mark.parametrize(
    ("changes", "published", "apart"),
    [
        ({"subset": "2D"}, 77.7, -1.35),  # (75 - 77.7) / 2
        ({"subset": "2D", "standard_error": 0.0}, 77.7, None),
        ({"category": "Depth"}, None, None),
        ({"model": "nobody"}, None, None),
    ],
)
def test_differences_are_in_standard_errors(changes, published, apart):
    row = scored("my-spatialthinker-7b", "cv_bench", 75.0, 2.0) | changes
    found = with_published(row)
    assert (found["published"], found["apart"]) == (published, apart and pytest.approx(apart))


def test_what_could_be_read_is_told_per_model(evaluated):
    _, outcomes = evaluated
    tables = read_tables(ABOUT, outcomes)
    rows = {
        (row["benchmark"], row["model"]): row for row in reading_rows(tables.scores, tables.answers)
    }
    other = rows["stvqa_val", "other"]
    names = ("num_items", "unparsed_share", "truncated_share", "error_share", "mean_tokens", "cost")
    assert [other[name] for name in names] == [6, *[pytest.approx(1 / 6)] * 3, 5.0, None]


# Items.


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"is_right": True}, "right"),
        ({"is_right": False}, "wrong"),
        ({"is_right": False, "is_unparsed": True}, "unread"),
        ({"is_right": False, "is_error": True, "text": None}, "error"),
    ],
)
def test_outcomes(row, expected):
    assert outcome_of({"text": "A", "is_unparsed": False, "is_error": False} | row) == expected


def answers_of(counts: dict[str, tuple[int, int]]) -> pl.DataFrame:
    """So many wrong and right items by benchmark."""
    rows = [
        (name, f"{number}", number >= wrong)
        for name, (wrong, right) in counts.items()
        for number in range(wrong + right)
    ]
    return pl.DataFrame(rows, schema=["benchmark", "item_id", "is_right"], orient="row")


def test_items_are_taken_evenly_and_three_of_four_wrong_ones():
    answers = answers_of({"big": (500, 500), "small": (6, 2)})
    taken = list(choose_items(answers))
    assert len(taken) == len(set(taken)) == answers.height
    right = {row[:2] for row in answers.filter("is_right").rows()}
    first = taken[:16]
    assert [key in right for key in first] == [False, False, False, True] * 4
    wrong_small = [key for key in first if key[0] == "small" and key not in right]
    assert len(wrong_small) == 6
    assert taken == list(choose_items(answers.reverse()))


def test_an_item_that_one_model_got_wrong_counts_as_wrong():
    answers = pl.concat([answers_of({"a": (0, 2)}), answers_of({"a": (1, 1)})])
    assert [key for _, key in choose_items(answers)] == ["0", "1"]


def test_a_page_has_room_for_so_much(evaluated):
    root, outcomes = evaluated
    tables = read_tables(ABOUT, outcomes)
    whole = browse(tables.answers, tables.grounding, PhotographStore(root), {})
    assert (len(whole.items), whole.num_items, len(whole.images)) == (10, 10, 2)
    some = browse(tables.answers, tables.grounding, PhotographStore(root), {}, room=4_000)
    assert 0 < len(some.items) < 10 and some.num_items == 10


def test_a_photograph_that_is_gone_is_told_and_shown_as_such(tmp_path):
    lost = item(1, ["0" * 64])
    outcomes = [outcome(tmp_path, "a", [lost], [reply(lost, GUESS)])]
    folder = write(tmp_path / "report", tmp_path, outcomes)
    assert "the picture cannot be shown" in (folder / "report.html").read_text(encoding="utf-8")


def test_boxes_say_what_became_of_them():
    said = completion(
        scene({"dog.1": DOG, "cat.1": DOG, "sofa.1": SOFA, "tree.1": CAT, "x.1": [5, 5, 1, 1]}), "A"
    )
    row = item(1, []) | reply(item(1, []), said)
    found, problem = boxes_of(row)
    assert problem is None and found is not None
    kinds = {box["label"]: box["kind"] for box in found}
    assert kinds == {
        "dog.1": "found",
        "cat.1": "misplaced",
        "sofa.1": "elsewhere",
        "tree.1": "astray",
    }
    dog = next(box for box in found if box["label"] == "dog.1")
    assert dog == {"label": "dog.1", "kind": "found", "place": [0, 0, 500, 500]}
    assert [box["kind"] for box in gold_boxes(row)] == ["gold", "gold"]
    assert boxes_of(row | {"text": "(A)"}) == (None, "no <scene>")


def test_boxes_are_read_in_the_frame_of_the_reply_and_stay_near_the_image():
    other = item(1, [], "mmstar", facts=MMSTAR)
    said = completion(scene({"dog.1": [100, 100, 1e11, 200]}), "A")
    found, _ = boxes_of(other | reply(other, said, frame_width=400, frame_height=400))
    assert found == [{"label": "dog.1", "kind": "said", "place": [250, 250, 770, 250]}]


def test_our_own_splits_stand_side_by_side_under_their_names(tmp_path):
    own = [item(number, [photograph(tmp_path)]) for number in range(2)]
    outcomes = [
        outcome(tmp_path, "a", own, [reply(one, text) for one in own], label)
        for label, text in (("stvqa_val", PERFECT), ("stvqa_val on GQA", GUESS))
    ]
    folder = write(tmp_path / "report", tmp_path, outcomes)
    found = pl.read_parquet(folder / "grounding.parquet")
    means = found.group_by("benchmark", maintain_order=True).agg(pl.col("is_graph_right").mean())
    assert means.rows() == [("stvqa_val", 1.0), ("stvqa_val on GQA", 0.0)]
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page.count("<h3>STVQA validation</h3>") == page.count("<h3>stvqa_val on GQA</h3>") == 1
    assert page.count("spatialthinker why --dataset mine/b2 q1") == 1


# Markdown.


def test_markdown_says_the_same(evaluated, tmp_path):
    root, outcomes = evaluated
    failed = Failed("other", "mmvp", "no | memory\nleft <b>")
    folder = write(tmp_path / "report", root, outcomes, failed)
    lines = (folder / "report.md").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# test"
    assert "- **other on MMVP failed**: no \\| memory left &lt;b>" in lines
    assert "| MMStar | accuracy | 4 | 100.0 | 100.0 ± 0.0 | 0.0 ± 0.0 |" in lines
    assert "| MMVP |  |  |  |  | failed |" in lines
    assert "- report: test/d1g" in lines and "- configuration: c0ff1g" in lines
    assert f"- code: {code_version()}" in lines
    assert (
        "| spatialthinker-7b | models/st/a1 | d2 | direct | st/a1, grpo on mine/b2 \\| &lt;b> |"
        in lines
    )
    assert "| STVQA validation | mine/b2 |" in lines
    assert "| STVQA validation | other | 6 | 16.7 | 16.7 | 16.7 | 5 |" in lines
    tables = [line for line in lines if line.startswith("|")]
    assert all(line.endswith("|") for line in tables)
    # What a blank line parts from its table is no row of one.
    firsts = [k for k, line in enumerate(lines) if line.startswith("|") and not lines[k - 1]]
    assert len(firsts) >= 7 and all(lines[k + 1].startswith("|--") for k in firsts)


def test_a_cell_of_markdown_stays_one_cell():
    assert markdown_cell("a|b\n<i> & c") == "a\\|b &lt;i> &amp; c"


# The page.


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser_page(1200, 900) as opened:
        yield opened


@pytest.fixture
def opened(page: Page) -> Iterator[list[str]]:
    with watching(page) as wrong:
        yield wrong


def shown(page: Page) -> list[str]:
    return page.locator(".item:not([hidden])").evaluate_all(
        "items => items.map(item => item.querySelector('.facts code').textContent)"
    )


@in_browser
@pytest.mark.long
def test_items_are_filtered(page, opened, evaluated, tmp_path):
    root, outcomes = evaluated
    folder = write(tmp_path / "report", root, outcomes)
    page.goto((folder / "report.html").as_uri())
    assert len(shown(page)) == 10
    page.get_by_label("outcome").select_option("unread")
    assert shown(page) == ["stvqa_val-2"]
    page.get_by_label("model").select_option("spatialthinker-7b")
    assert shown(page) == [] and page.locator("#nothing").is_visible()
    page.get_by_label("outcome").select_option("right")
    assert len(shown(page)) == 10
    page.get_by_role("button", name="clear").click()
    page.get_by_label("outcome").select_option("wrong")
    assert sorted(shown(page)) == [*(f"mmstar-{number}" for number in range(4)), "stvqa_val-4"]
    page.get_by_label("outcome").select_option("split")
    assert sorted(shown(page)) == [
        *(f"mmstar-{number}" for number in range(4)), "stvqa_val-0", "stvqa_val-2", "stvqa_val-4"
    ]  # fmt: skip
    page.get_by_label("benchmark").select_option("stvqa_val")
    page.get_by_label("category").select_option("size")
    assert len(shown(page)) == 3
    page.get_by_label("words").fill("NUMBER 4?")
    assert shown(page) == ["stvqa_val-4"]
    assert page.locator("#shown").inner_text() == "1 of 10 items"
    page.get_by_role("button", name="clear").click()
    assert len(shown(page)) == 10
    assert opened == []


@in_browser
@pytest.mark.long
def test_a_figure_leads_to_what_the_model_did_not_get_right(page, opened, evaluated, tmp_path):
    root, outcomes = evaluated
    folder = write(tmp_path / "report", root, outcomes)
    page.goto((folder / "report.html").as_uri())
    page.locator(
        "#scores ~ .card a[href='#?model=other&benchmark=stvqa_val&outcome=missed']"
    ).click()
    assert sorted(shown(page)) == ["stvqa_val-0", "stvqa_val-2", "stvqa_val-4"]
    assert page.locator(".chip:visible").count() == 3
    assert opened == []


@in_browser
@pytest.mark.long
def test_an_item_shows_everything_about_it(page, opened, evaluated, tmp_path):
    root, outcomes = evaluated
    folder = write(tmp_path / "report", root, outcomes)
    page.goto((folder / "report.html").as_uri())
    about = page.locator("dl.about").inner_text()
    assert "test/d1g" in about and "c0ff1g" in about and str(code_version()) in about
    assert not page.get_by_text("models/st/a1", exact=True).is_visible()
    page.locator("#asked summary").click()
    assert page.get_by_text("models/st/a1", exact=True).is_visible()
    assert page.get_by_text("mine/b2 | <b>").first.is_visible()
    item_ = page.locator(".item", has=page.get_by_text("stvqa_val-4", exact=True))
    assert not item_.get_by_text("its history").is_visible()
    item_.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert item_.get_by_text("spatialthinker why --dataset mine/b2 q4").is_visible()
    assert item_.locator("li.gold-option").inner_text().startswith("(A) left")
    drawn = item_.locator(".reply[data-model=other] svg.drawing")
    assert drawn.locator("rect.misplaced").count() == 1
    assert drawn.locator("rect.gold").first.is_visible()
    assert item_.locator(".reply[data-model=other]").get_by_text("read B as a letter").is_visible()
    clean = item_.locator(".shown rect.gold").first
    assert not clean.is_visible()
    item_.get_by_label("show the objects").check()
    assert clean.is_visible()
    assert not item_.get_by_text("Look closely.").first.is_visible()
    item_.get_by_text("the whole prompt").first.click()
    assert item_.get_by_text("Look closely.").first.is_visible()
    whole = page.locator("#p" + photograph(root))
    assert whole.get_attribute("href").startswith("data:image/webp;base64,")
    assert opened == []


@in_browser
@pytest.mark.long
def test_keys_lead_through_the_items(page, opened, evaluated, tmp_path):
    root, outcomes = evaluated
    folder = write(tmp_path / "report", root, outcomes)
    page.goto((folder / "report.html").as_uri())
    focused = "document.activeElement.closest('.item')?.id"
    for key, place in (("j", "item-0"), ("j", "item-1"), ("k", "item-0"), ("k", "item-0")):
        page.keyboard.press(key)
        assert page.evaluate(focused) == place
    page.keyboard.press("/")
    page.keyboard.type("jk")
    assert page.get_by_label("words").input_value() == "jk"
    page.goto((folder / "report.html").as_uri() + "#item-3")
    assert page.locator("#item-3 .question").is_visible()
    assert opened == []


@in_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1200])
@pytest.mark.long
def test_the_page_fits_and_can_be_read(page, opened, evaluated, tmp_path, scheme, width):
    root, outcomes = evaluated
    folder = write(tmp_path / "report", root, outcomes, Failed("other", "mmvp", "x" * 300))
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    page.goto((folder / "report.html").as_uri())
    page.locator(".item summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert contrast(page, ".item .question") > 7
    assert contrast(page, ".reply .facts") > 4.5
    page.set_viewport_size({"width": 1200, "height": 900})
    assert opened == []


@in_browser
@pytest.mark.long
def test_tables_and_items_need_no_script(page, evaluated, tmp_path):
    root, outcomes = evaluated
    folder = write(tmp_path / "report", root, outcomes)
    plain = page.context.browser.new_context(java_script_enabled=False).new_page()
    plain.goto((folder / "report.html").as_uri())
    assert plain.get_by_role("cell", name="100.0 ± 0.0").first.is_visible()
    assert not plain.locator("#filters").is_visible()
    plain.locator(".item summary").first.click()
    assert plain.locator(".item .question").first.is_visible()
    plain.context.close()


HOSTILE = (
    "</script><script>document.title = 'owned'</script><img src=x onerror=alert(1)>"
    '" onmouseover="alert(2)" x=\' {{ 7 * 7 }} ]]> --> \u202ereversed \u05d0\u05d1 &amp; \x00'
)


def hostile_outcomes(root: Path) -> list[Outcome]:
    changes: Row = {
        "item_id": f"1{HOSTILE}",
        "question": HOSTILE,
        "category": HOSTILE,
        "subset": HOSTILE,
        "options": [{"letter": "A", "text": HOSTILE}, {"letter": "B", "text": "plain"}],
        "image_sources": [HOSTILE],
    }
    own = [item(1, [photograph(root)], **changes), item(2, [photograph(root)])]
    label = "</title><script>document.title = 'owned'</script>\\ud800\\\" onload=\\\"alert(3).1"
    text = completion(scene({"LABEL": [0, 0, 50, 50]}).replace("LABEL", label), HOSTILE)
    long = f"<think>{'very long ' * 100_000}</think>{HOSTILE}"
    replies = [reply(own[0], text, prompt=HOSTILE), reply(own[1], long, prompt="p" * 100_000)]
    return [outcome(root, HOSTILE, own, replies)]


@in_browser
@pytest.mark.long
def test_hostile_text_is_shown_as_text(page, opened, tmp_path):
    outcomes = hostile_outcomes(tmp_path)
    failed = Failed(HOSTILE, HOSTILE, HOSTILE)
    folder = write(tmp_path / "report", tmp_path, outcomes, failed)
    page.goto((folder / "report.html").as_uri())
    assert page.title() == "Evaluation: test"
    assert page.locator("script").count() == 1
    assert page.locator("img").count() == 0
    assert page.locator("[onmouseover], [onload], [onerror]").count() == 0
    assert page.locator("#shown").inner_text() == "2 of 2 items"
    for summary in page.locator(".item > summary").all():
        summary.click()
    drawn = page.locator(".reply .astray title")
    assert drawn.first.text_content().startswith("astray: </title><script>")
    assert page.get_by_text("more characters in").count() == 2
    assert page.locator(".question").first.inner_text().startswith("</script><script>")
    page.get_by_label("words").fill("document.title = 'owned'")
    assert page.locator("#shown").inner_text() == "2 of 2 items"
    page.get_by_label("model").select_option(index=1)
    page.get_by_label("category").select_option(index=1)
    assert page.locator("#shown").inner_text() == "1 of 2 items"
    assert "{{ 7 * 7 }}" in page.locator(".question").first.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert opened == []
    assert (folder / "report.html").stat().st_size < 500_000


@in_browser
@pytest.mark.long
def test_what_failed_is_shown_with_its_reason_and_nothing_is_no_error(page, opened, tmp_path):
    failures = [
        Failed("a", "mmvp", "out of memory: lower batch_size"),
        Failed("every model", "blink", "gated: accept its terms"),
    ]
    folder = write(tmp_path / "report", tmp_path, [], *failures)
    page.goto((folder / "report.html").as_uri())
    assert page.get_by_text("out of memory: lower batch_size").is_visible()
    assert page.get_by_text("gated: accept its terms").is_visible()
    assert page.get_by_role("columnheader", name="every model").count() == 0
    assert page.get_by_text("failed", exact=True).count() == 4
    assert page.get_by_text("There are none.").is_visible()
    assert pl.read_parquet(folder / "items.parquet").is_empty()
    assert opened == []


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({}, "prompt spatial_thinker, as qwen2.5-vl"),
        ({"template": "published", "family": "qwen3-vl"}, "prompt published, as qwen3-vl"),
        ({"template": "direct", "frame": "paper_compatible", "blind": True},
         "prompt direct, pixels of the files, no pictures"),
    ],
)  # fmt: skip
def test_what_is_said_of_a_model_tells_how_it_is_asked(settings, asked, tmp_path):
    model = EvaluatedModel.model_validate({"name": "m", "chat": {"model": "gpt"}} | settings)
    assert about_model(model, tmp_path) == AboutModel("m", "gpt, at an endpoint", asked=asked)

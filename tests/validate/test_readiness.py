"""Readiness: what the rewards pay for a data set's own gold, for junk and for damage."""

import json
from random import Random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.completion.publish import PublishedScene, render_completion
from schemas.sample import SAMPLE
from tasks.validate.readiness import MAX_TESTED, completion_of, fuzzed
from tests.validate.test_validate import QUOTA, ROWS, SELECT, SOUND
from tests.validate.views import check_view, readiness_of
from training.rewards import Rewards, score_completion

ROW = ROWS[0]
NAMES = ("right answer, junk scene", "right answer, empty scene", "wrong answer, perfect scene")


def view_of(*changes: dict[str, object]) -> pl.DataFrame:
    rows = [ROW | {"question_id": f"q{i:06}"} | change for i, change in enumerate(changes)]
    return check_view(pl.DataFrame(rows, SAMPLE))


def with_boxes(*boxes: tuple[int, ...], **more: object) -> dict[str, object]:
    """A gold scene of dogs, without relationships."""
    objects = [{"id": f"dog.{i}", "bbox": box} for i, box in enumerate(boxes, start=1)]
    text = render_completion(PublishedScene(objects=objects, relationships=[]), "(A) left")  # type: ignore[arg-type]
    return {"answer_option_text": text, **more}


def test_sound_samples_are_ready():
    readiness = readiness_of(check_view(SOUND))
    assert readiness.findings.null_count().row(0) == (64, 64, 64)
    totals = readiness.totals
    assert (totals["num_samples"], totals["num_tested"], totals["num_paid"]) == (64, 64, 64)
    assert totals["num_fuzzed"] == 3 * 64


def test_the_junk_floor_is_measured():
    # 200 x 100, gold boxes far from the corner of 20 x 10. Junk: 0.1 + 0.2 + 0.5 + 0.2 c; strict
    # 0.8. Empty: 0.1 + 0.5, count and spatial 0. Wrong answer: 0.1 + 0.2; strict 0.1.
    change = with_boxes((100, 50, 200, 100), (100, 0, 200, 50), width=200, height=100)
    junk = {row["name"]: row for row in readiness_of(view_of(change)).totals["junk"]}
    assert tuple(junk) == NAMES
    floor, empty, wrong = (junk[name] for name in NAMES)
    assert 0.8 < floor["mean"] == floor["highest"] < 0.9
    assert floor["strict_mean"] == pytest.approx(0.8)
    assert (empty["mean"], empty["strict_mean"]) == (pytest.approx(0.6), pytest.approx(0.6))
    assert (wrong["mean"], wrong["strict_mean"]) == (pytest.approx(0.3), pytest.approx(0.1))


def test_without_objects_writing_nothing_is_right():
    totals = readiness_of(view_of(with_boxes(), with_boxes((0, 0, 9, 9)))).totals
    assert totals["num_without_objects"] == 1
    empty = next(row for row in totals["junk"] if row["name"] == "right answer, empty scene")
    assert (empty["mean"], empty["highest"]) == (pytest.approx((1.0 + 0.6) / 2), 1.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answer_option_text": None}, "broken gold ''"),
        ({"answer_option_text": "<scene>[]</scene>\n<answer>(A)</answer>"}, "not a JSON object"),
        ({"width": None}, "no image has a size of 0 x 100"),
        (with_boxes((9, 9, 0, 0)), "the box of dog.1 is empty"),
        (
            {
                "answer_option_text": '<scene>{"objects":[{"id":"\\ud800.1","bbox":[1,1,0,0]}]}'
                "</scene><answer>(A) left</answer>"
            },
            r"the box of \ud800.1 is empty",
        ),
    ],
)
def test_a_gold_that_cannot_be_paid_is_found(change, message):
    readiness = readiness_of(view_of({}, change))
    unpaid, raised, astray = readiness.findings.row(1)
    assert message in unpaid
    assert raised is astray is None
    assert readiness.findings.row(0) == (None, None, None)
    assert readiness.totals["num_paid"] == 1


def test_a_gold_that_earns_less_is_found():
    def stingy(*arguments: object, **more: object) -> Rewards:
        return Rewards(format=1.0, count=1.0, accuracy=1.0, spatial=0.5, total=0.9)

    readiness = readiness_of(view_of({}), score=stingy)
    assert "the gold completion earns Rewards(" in readiness.findings.row(0)[0]
    assert readiness.totals["num_paid"] == 0


def test_a_reward_that_raises_is_found():
    def brittle(completion: str, *arguments: object, **more: object) -> Rewards:
        parts = completion.split("<scene>")[-1].split("</scene>")[0]
        json.loads(parts)
        return score_completion(completion, *arguments, **more)  # type: ignore[arg-type]

    found = readiness_of(view_of(*[{}] * 20), score=brittle).findings["rewards_raise"].drop_nulls()
    assert len(found) > 5
    assert found.str.starts_with("JSONDecodeError: ").all()


def test_a_reward_out_of_range_is_found():
    def generous(*arguments: object, **more: object) -> Rewards:
        return Rewards(total=1.5)

    assert "total=1.5" in readiness_of(view_of({}), score=generous).findings["rewards_raise"][0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (with_boxes((100, 10, 260, 90)), "dog.1 is [364, 36, 946, 328] in 728 x 364"),
        (with_boxes((-5, 10, 60, 90)), "dog.1 is ["),
        (with_boxes((0, 0, 9, 9), width=3, height=900), "takes no image of 3 x 900 pixels"),
        # A pixel of 8000 x 6000 is a third of one in the model's image.
        (with_boxes((1, 1, 2, 2), width=8_000, height=6_000), "in 2352 x 1764, IoU 0.0"),
    ],
)
def test_boxes_that_leave_the_resized_image_are_found(change, message):
    unpaid, raised, astray = readiness_of(view_of(change)).findings.row(0)
    assert unpaid is raised is None
    assert message in astray


@pytest.mark.long
def test_of_many_samples_some_are_tested_evenly_and_always_the_same():
    num_samples = 2 * MAX_TESTED + 1
    broken = ~pl.col("question_id").str.ends_with("3")
    view = pl.concat([view_of({})] * num_samples).with_columns(
        question_id=pl.format("q{}", pl.int_range(num_samples)),
    )
    view = view.with_columns(
        answer_option_text=pl.when(broken).then(pl.lit("")).otherwise("answer_option_text")
    )
    readiness = readiness_of(view)
    assert readiness.totals["num_tested"] == num_samples // 3
    found = readiness.findings.with_row_index().filter(pl.col("gold_unpaid").is_not_null())
    assert found["index"].to_list() == [i for i in range(0, num_samples, 3) if i % 10 != 3]
    assert readiness_of(view).findings.equals(readiness.findings)


def test_no_samples_are_no_finding():
    readiness = readiness_of(check_view(SOUND.clear()))
    assert readiness.findings.height == 0
    assert (readiness.totals["num_tested"], readiness.totals["junk"]) == (0, [])


@given(st.integers(0, 10_000))
def test_damage_is_the_same_for_the_same_seed_and_never_raises(seed):
    gold = str(ROW["answer_option_text"])
    perfect = completion_of(gold.split("</scene>")[0].removeprefix("<scene>"), "(A) left")
    text = fuzzed(perfect, Random(seed))
    assert text == fuzzed(perfect, Random(seed))
    assert 0 <= score_completion(text, gold, 200, 100).total <= 1


def test_damage_is_of_every_kind():
    perfect = completion_of('{"objects":[]}', "(A) left")
    texts = {fuzzed(perfect, Random(seed)) for seed in range(200)}
    assert len(texts) > 150
    assert any(perfect.startswith(text) for text in texts)
    assert any(len(text) > len(perfect) for text in texts)
    assert any("\ud800" in text for text in texts)


def test_the_page_tells_the_floor_and_how_many_were_tested(tmp_path):
    from tasks.validate.stage import validate_samples

    validate_samples(SOUND.lazy(), QUOTA, SELECT, tmp_path)
    page = (tmp_path / "validation.html").read_text(encoding="utf-8")
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert "What junk earns" in page
    assert "64 of 64 gold completions earn 1; 192 damaged ones were scored." in page
    assert "evenly chosen" not in page
    floor = next(row for row in results["readiness"]["junk"] if row["name"] == NAMES[2])
    assert (floor["mean"], floor["strict_mean"]) == (pytest.approx(0.3), pytest.approx(0.1))

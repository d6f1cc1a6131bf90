"""What a report says of variants when some models or benchmarks have none."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from evaluation.photographs import PhotographStore
from evaluation.verdicts import read_replies
from schemas.benchmark import REPLY
from schemas.columns import frame_of
from schemas.config.evaluation import EvaluateConfig, RobustnessConfig, Variant
from tasks.evaluate.about import About
from tasks.evaluate.outcomes import Failed, Outcome, VariantsOutcome
from tasks.evaluate.robustness_view import (
    Robustness,
    changed_answers,
    robustness_of,
    robustness_view,
)
from tasks.evaluate.variants.stage import make_variants, name_of_variants
from tests.evaluate.test_evaluate import TINY, tree_of
from tests.evaluations import item, outcome, photograph, reply

ASKED = RobustnessConfig(variants=(Variant.ROTATION, Variant.JPEG))
ABOUT = About("n", "c", (), {}, {}, num_bootstrap=20, robustness=ASKED.model_dump(mode="json"))
TITLE = "stvqa_val"


@pytest.fixture
def answered(tmp_path: Path) -> tuple[Outcome, VariantsOutcome]:
    """Two items of model `a`, one of which cannot be turned, and their variants of model `b`."""
    order = [{"letter": "A", "text": "left"}, {"letter": "B", "text": "none of the above"}]
    image = photograph(tmp_path)
    rows = [item(1, [image]), item(2, [image], options=order)]
    known = outcome(tmp_path, "a", rows, [reply(row, "<answer>(A)</answer>") for row in rows])
    variants = make_variants(pl.read_parquet(known.items), ASKED, 1, PhotographStore(tmp_path))
    replies = frame_of([reply(row, "(A)") for row in variants.iter_rows(named=True)], REPLY)
    places = []
    for name, table in (
        ("variants", variants),
        ("replies", replies),
        ("parsed", read_replies(variants, replies)),
    ):
        table.write_parquet(tmp_path / f"{name}.parquet")
        places.append(tmp_path / f"{name}.parquet")
    return known, VariantsOutcome("b", TITLE, *places)


def view_of(
    outcomes: list[Outcome], variants: list[VariantsOutcome], *failed: str
) -> tuple[Robustness, Any]:
    found = robustness_of(ABOUT, outcomes, variants)
    failures = [Failed("b", name, "why") for name in failed]
    return found, robustness_view(found, ABOUT, outcomes, failures)


def left_out(view: Any) -> list[tuple[str, int]]:
    return [(entry["variant"], entry["number"]) for entry in view["left_out"]]


def test_variants_of_a_model_whose_items_failed_are_counted_as_made(answered):
    known, varied = answered
    found, view = view_of([known], [varied], TITLE)
    assert found.compared.is_empty() and view["rows"] == []
    assert left_out(view) == [("rotation", 1)]


def test_what_was_left_out_is_told_where_another_model_failed_at_the_variants(answered):
    known, varied = answered
    _, view = view_of([known], [varied._replace(model="a")], name_of_variants(TITLE))
    assert left_out(view) == [("rotation", 1)]
    assert [row["variant"] for row in view["rows"]] == ["rotation", "jpeg", "all"]


def test_where_every_model_failed_at_the_variants_nothing_is_told(answered):
    _, view = view_of([answered[0]], [], name_of_variants(TITLE))
    assert left_out(view) == []


def test_only_answers_that_were_read_are_shown_as_changed():
    options = [{"letter": "A", "text": "left"}, {"letter": "B", "text": "right"}]
    compared = pl.DataFrame(
        {
            "is_consistent": [False, False, False, True],
            "said": ["A", "A", None, "B"],
            "said_here": ["B", None, "B", "B"],
        }
    ).with_columns(
        benchmark=pl.lit(TITLE), model=pl.lit("a"), variant=pl.lit("jpeg"),
        options=pl.Series([options] * 4), options_here=pl.Series([options] * 4),
    )  # fmt: skip
    (shown,) = changed_answers(compared)
    assert [shown["said"], shown["said_here"]] == ["A", "B"]
    assert "left" in shown["answer"] and "right" in shown["answer_here"]


def test_variants_that_no_model_can_be_asked_are_refused():
    theirs = {"name": "theirs", "files": {"mmvp": "replies.xlsx"}}
    robustness = {"variants": ["jpeg"]}
    tree = tree_of(models=[theirs], robustness=robustness)
    with pytest.raises(ValueError, match="no model can be asked anew: leave robustness out"):
        EvaluateConfig.model_validate(tree)
    EvaluateConfig.model_validate(tree | {"models": [theirs, TINY]})

"""What reviewers did not find right leaves the next build, which says so."""

import shutil

import polars as pl
import pytest

from flows.graph import stages_of
from schemas.config.build import PipelineConfig
from schemas.config.gates import GatesConfig
from schemas.dataset_folder import builds_below, name_of_dataset
from schemas.review import ReviewVerdict, question_key
from tasks.catalogue.tagging import tag_dataset
from tasks.review.book import open_book
from tasks.review.items import reviewable
from tasks.review.precision import precisions, reviewed_of
from tasks.select import stage as select
from tasks.select.reviewed import faults, leave_out
from tasks.stage import Build, BuildFailedError
from tests.builds import build, manifest_of
from tests.conftest import DRAWN
from tests.stages import after

WRONG = "reviewed-wrong"
CONFIG = PipelineConfig.model_validate(DRAWN)


@pytest.fixture
def root(drawn_dataset, tmp_path):
    """A copy of the root of the drawn build."""
    return shutil.copytree(drawn_dataset.parents[2], tmp_path / "root", symlinks=True)


def review(root, dataset, **verdicts: ReviewVerdict) -> pl.DataFrame:
    """The first samples of the dataset, one reviewed by each verdict's name as reviewer."""
    items = reviewable(dataset).head(len(verdicts))
    name = name_of_dataset(manifest_of(dataset))
    for (reviewer, verdict), item in zip(verdicts.items(), items.to_dicts(), strict=True):
        with open_book(root, "drawn", reviewer) as book:
            book.add(item | {"dataset": name}, None, verdict)
    return items


@pytest.mark.long
def test_a_question_at_fault_leaves_the_next_build(drawn_dataset, root):
    items = review(
        root,
        drawn_dataset,
        ada=ReviewVerdict.WRONG,
        bob=ReviewVerdict.RIGHT,
        eve=ReviewVerdict.AMBIGUOUS,
    )
    rebuilt = build(CONFIG, root)
    assert rebuilt.name != drawn_dataset.name
    keys = set(reviewable(rebuilt)["key"])
    assert [key in keys for key in items["key"]] == [False, True, False]
    ledger = pl.read_parquet(rebuilt / "ledger.parquet").filter(
        pl.col("reason").str.starts_with("reviewed-")
    )
    found = ledger.select("stage", "item", "reason").sort("item").rows()
    ids = items["question_id"]
    assert found == sorted(
        [("select", ids[0], "reviewed-wrong"), ("select", ids[2], "reviewed-ambiguous")]
    )
    all_of_them = precisions(reviewed_of(rebuilt, root, "drawn"))[0]
    assert (all_of_them.reviewed, all_of_them.valid, all_of_them.right) == (3, 2, 1)
    with open_book(root, "drawn", "ada") as book:
        book.add(items.row(0, named=True) | {"dataset": "drawn/x"}, None, None)
    with open_book(root, "drawn", "eve") as book:
        book.add(items.row(2, named=True) | {"dataset": "drawn/x"}, None, ReviewVerdict.RIGHT)
    assert build(CONFIG, root).name == drawn_dataset.name


def test_what_is_right_changes_no_build(drawn_dataset, tmp_path):
    review(tmp_path, drawn_dataset, ada=ReviewVerdict.RIGHT)
    assert faults(tmp_path, "drawn").is_empty()


QUESTIONS = pl.DataFrame(
    {
        "question_id": ["1-a", "1-b", "2-a"],
        "image_id": ["1", "1", "2"],
        "pair_id": [None, None, None],
        "question": ["Which?", None, "Which?"],
        "options": [["dog", "cat"], None, ["dog", "cat"]],
        "answer": [1, None, 0],
        "reason": [None, "no-reply", None],
        "reason_detail": [None, "timeout", None],
    },
    schema_overrides={"answer": pl.Int32, "pair_id": pl.String},
)


@pytest.mark.parametrize(
    ("digests", "known", "reasons"),
    [
        ({"1": "sha"}, ("sha", "Which?", ["cat", "dog"], "cat"), [WRONG, "no-reply", None]),
        ({}, ("image 1", "Which?", ["cat", "dog"], "cat"), [WRONG, "no-reply", None]),
        ({"1": "sha"}, ("image 1", "Which?", ["cat", "dog"], "cat"), [None, "no-reply", None]),
        ({"1": "sha"}, ("sha", "Which?", ["cat", "dog"], "dog"), [None, "no-reply", None]),
        ({}, ("image 2", "Which?", ["dog", "cat"], "dog"), [None, "no-reply", WRONG]),
    ],
)  # fmt: skip
def test_a_fault_is_of_a_photograph_words_and_label(digests, known, reasons):
    found = pl.DataFrame({"key": [question_key(*known)], "outcome": ["wrong"]})
    marked = leave_out(QUESTIONS, digests, found)
    assert marked["reason"].to_list() == reasons
    assert marked["reason_detail"][1] == "timeout"
    for place, reason in enumerate(reasons):
        if reason == WRONG:
            assert question_key(*known) in marked["reason_detail"][place]


@pytest.mark.parametrize(
    ("image", "label", "reasons"),
    [
        # Both have one annotation and one proof.
        ("1-mirrored", "right", [WRONG, WRONG, None]),
        ("1", "left", [WRONG, None, None]),
        ("2", "right", [None, None, WRONG]),
    ],
)
def test_a_fault_of_a_mirror_image_is_one_of_its_photograph(image, label, reasons):
    images, sides = ["1", "1-mirrored", "2"], ["left", "right"]
    rows = QUESTIONS.with_columns(
        image_id=pl.Series(images),
        pair_id=pl.Series(["p", "p", "q"]),
        question=pl.lit("Where?"),
        options=pl.Series([sides] * 3),
        answer=pl.Series([0, 1, 1], dtype=pl.Int32),
        reason=pl.lit(None, pl.String),
    )
    key = question_key(f"image {image}", "Where?", sides, label)
    found = pl.DataFrame({"key": [key], "outcome": ["wrong"]})
    marked = leave_out(rows, {}, found)
    assert marked["image_id"].to_list() == images
    assert marked["reason"].to_list() == reasons


def test_reviews_that_change_while_a_build_runs_stop_it(root):
    stages = stages_of(CONFIG)
    names = [stage.name for stage in stages]
    before = after(Build(CONFIG, root), *stages[: names.index("select")])
    (dataset,) = builds_below(root)
    (job,) = select.STAGE.jobs(before)
    review(root, dataset, ada=ReviewVerdict.WRONG)
    with pytest.raises(ValueError, match="have changed while it was built"):
        select.select(job)


@pytest.mark.long
def test_a_build_that_reviews_show_to_be_wrong_is_not_published(root):
    """Of seven reviewed labels two are right: at most 64 % with 95 % confidence."""
    (dataset,) = builds_below(root)
    verdicts = [ReviewVerdict.RIGHT] * 2 + [ReviewVerdict.WRONG] * 5
    reviewers = {f"r{number}": verdict for number, verdict in enumerate(verdicts)}
    review(root, dataset, **reviewers)
    strict = CONFIG.model_copy(update={"gates": GatesConfig(min_precision=0.65)})
    with pytest.raises(BuildFailedError, match="reviews_find_enough_labels_right") as error:
        build(strict, root)
    assert "all: 2 of 7 right (8 to 64 % at 95 %), 7 valid, 65 % wanted" in str(error.value)
    loose = CONFIG.model_copy(update={"gates": GatesConfig(min_precision=0.6)})
    published = build(loose, root)
    with pytest.raises(ValueError, match="is not shown to have 60 % right labels"):
        tag_dataset(f"drawn/{published.name}", "approved", root)
    tag_dataset(f"drawn/{published.name}", "candidate", root)

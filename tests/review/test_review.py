"""Reviews: what is kept, what it says of a dataset, and what other programs read."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.columns import frame_of
from schemas.dataset_folder import check_dataset, name_of_dataset
from schemas.review import (
    DISPUTED,
    REVIEW,
    Exchange,
    ReviewVerdict,
    outcomes,
    question_key,
    read_reviews,
    reviews_of,
)
from tasks.catalogue.tagging import check_precision
from tasks.diff.record import Record
from tasks.report.overview import overview_of
from tasks.report.questions import published_of
from tasks.review.book import Book, State, open_book
from tasks.review.card import write_reviews
from tasks.review.exchange import export_reviews, import_reviews, user_of
from tasks.review.items import choose_items, in_order_of, reviewable
from tasks.review.precision import agreements, precisions, reviewed_of, wilson
from tasks.review.server import CANNOT_TELL, Review, is_loopback, token_for
from tests.builds import manifest_of
from tests.commands import call

ITEM = {
    "key": "k1", "dataset": "made/1", "question_id": "1-size-a", "image_id": "1",
    "category": "size", "evidence": "proved", "question": "Which is larger?",
    "options": ["dog", "cat"], "label": "dog",
}  # fmt: skip


def said(*rows: tuple[str, str, ReviewVerdict | None]) -> pl.DataFrame:
    """Reviews of reviewer, key and verdict."""
    found = [
        {**ITEM, "number": number, "reviewer": reviewer, "key": key,
         "verdict": verdict and verdict.value}
        for number, (reviewer, key, verdict) in enumerate(rows, 1)
    ]  # fmt: skip
    return frame_of(found, REVIEW)


@pytest.fixture(scope="module")
def samples(drawn_dataset: Path) -> pl.DataFrame:
    return reviewable(drawn_dataset)


@pytest.fixture
def review(drawn_dataset: Path, samples: pl.DataFrame, tmp_path: Path) -> Review:
    return Review(drawn_dataset, "drawn/1", samples.head(3), Book(tmp_path / "ada.parquet", "ada"))


# Keys


@given(st.permutations(["dog", "cat", "sheep"]))
def test_a_key_does_not_know_the_order_of_options(options):
    one = question_key("sha", "Which?", ["cat", "dog", "sheep"], "dog")
    assert question_key("sha", "Which?", options, "dog") == one


@pytest.mark.parametrize(
    "other",
    [
        ("other", "Which?", ["dog", "cat"], "dog"),
        ("sha", "Which one?", ["dog", "cat"], "dog"),
        ("sha", "Which?", ["dog", "sheep"], "dog"),
        ("sha", "Which?", ["dog", "cat"], "cat"),
        ("sha", "Which?", ["dog", "cat", "cat"], "dog"),
    ],
)
def test_another_photograph_wording_option_or_label_is_another_question(other):
    assert question_key(*other) != question_key("sha", "Which?", ["dog", "cat"], "dog")


def test_keys_of_a_dataset_are_unique_and_hold_in_another_build(two_builds, samples):
    assert samples["key"].is_unique().all()
    newer = reviewable(two_builds[1]).select("key", "question_id")
    shared = samples.join(newer, on="key")
    assert shared.height > samples.height / 2
    assert (shared["question_id"] == shared["question_id_right"]).all()


# Books


def test_steps_are_on_disk_and_the_last_one_counts(tmp_path):
    with open_book(tmp_path, "made", "ada") as book:
        assert book.state("k1") == State()
        book.add(ITEM, "cat", None)
        book.add(ITEM, "cat", ReviewVerdict.WRONG, "it is a cat")
        assert read_reviews(book.path).height == 2
    with open_book(tmp_path, "made", "ada") as book:
        assert book.state("k1") == State("cat", ReviewVerdict.WRONG, "it is a cat")
        book.add(ITEM, "cat", None)
        assert book.state("k1") == State("cat")
    assert reviews_of(tmp_path, "made").is_empty()


def test_a_reviewer_has_one_page_at_a_time(tmp_path):
    with (
        open_book(tmp_path, "made", "ada"),
        open_book(tmp_path, "made", "bob"),
        pytest.raises(ValueError, match="ada is reviewing made already"),
        open_book(tmp_path, "made", "ada"),
    ):
        pass


@pytest.mark.parametrize("name", ["", "Ada", "../ada", "a/b", ".ada", "a" * 65])
def test_a_reviewer_has_a_name_for_a_file(name, tmp_path):
    with (
        pytest.raises(ValueError, match="cannot be a reviewer's name"),
        open_book(tmp_path, "made", name),
    ):
        pass


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "cannot be read as reviews"),
        (b"PAR1 cut", "cannot be read as reviews"),
        (pl.DataFrame({"key": ["k"]}), "has other columns"),
        (
            said(("ada", "k1", ReviewVerdict.RIGHT)).with_columns(verdict=pl.lit("fine")),
            "known are right",
        ),
        (
            said(("ada", "k1", ReviewVerdict.RIGHT)).with_columns(category=pl.lit(None, pl.String)),
            "has a row without category",
        ),
    ],
)
def test_a_damaged_file_is_named(content, problem, tmp_path):
    path = tmp_path / "reviews" / "made" / "ada.parquet"
    path.parent.mkdir(parents=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        content.write_parquet(path)
    with pytest.raises(ValueError, match=problem) as error:
        reviews_of(tmp_path, "made")
    assert str(path) in str(error.value)


# Items


def test_strata_are_even_and_small_ones_leave_their_share(samples):
    chosen = choose_items(samples, 20, seed=1)
    assert chosen.height == 20
    sizes = dict(chosen.group_by("category", "evidence").len().select(
        pl.concat_str("category", "evidence"), "len").iter_rows())  # fmt: skip
    whole = dict(samples.group_by("category", "evidence").len().select(
        pl.concat_str("category", "evidence"), "len").iter_rows())  # fmt: skip
    most = max(sizes.values())
    assert all(size in (most, most - 1) or size == whole[stratum]
               for stratum, size in sizes.items())  # fmt: skip
    assert set(sizes) == set(whole)


def test_all_reviewers_have_the_same_questions_each_in_an_own_order(samples):
    chosen = choose_items(samples, 20, seed=1)
    assert chosen.equals(choose_items(samples.reverse(), 20, seed=1))
    assert not chosen.equals(choose_items(samples, 20, seed=2))
    orders = [in_order_of(chosen, name, 1)["key"].to_list() for name in ("ada", "bob", "ada")]
    assert orders[0] == orders[2] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1]) == sorted(chosen["key"])


def test_more_than_there_is_is_all(samples):
    assert choose_items(samples, 10_000, seed=1).height == samples.height


# What reviews say


@pytest.mark.parametrize(
    ("verdicts", "outcome"),
    [
        ([ReviewVerdict.RIGHT], "right"),
        ([ReviewVerdict.RIGHT, ReviewVerdict.RIGHT], "right"),
        ([ReviewVerdict.RIGHT, ReviewVerdict.WRONG], DISPUTED),
        ([ReviewVerdict.AMBIGUOUS, ReviewVerdict.AMBIGUOUS], "ambiguous"),
        ([ReviewVerdict.AMBIGUOUS, ReviewVerdict.UNANSWERABLE], DISPUTED),
    ],
)
def test_reviewers_who_differ_dispute(verdicts, outcome):
    rows = said(*((f"r{place}", "k1", verdict) for place, verdict in enumerate(verdicts)))
    assert outcomes(rows).rows() == [("k1", outcome)]


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [(0, 0, 0.0, 1.0), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (289, 317, 0.8754, 0.9382)],
)
def test_bounds_are_wilson_s(right, total, low, high):
    """289 of 317 right labels are what GRAID reports."""
    assert wilson(right, total) == pytest.approx((low, high), abs=1e-4)


def test_precision_is_of_labels_and_validity_of_questions():
    rows = pl.DataFrame(
        {
            "category": ["size"] * 4 + ["count"],
            "outcome": ["right", "right", "wrong", "ambiguous", "disputed"],
        }
    )
    found = [(one.category, one.reviewed, one.valid, one.right) for one in precisions(rows)]
    assert found == [("all", 5, 3, 2), ("count", 1, 0, 0), ("size", 4, 3, 2)]


@pytest.mark.parametrize(
    ("one", "other", "same", "kappa"),
    [
        ("rrww", "rrww", 4, 1.0),
        ("rrww", "wwrr", 0, -1.0),
        ("rrww", "rwrw", 2, 0.0),
        ("rrrw", "rrrr", 3, 0.0),
        ("rrrr", "rrrr", 4, None),
    ],
)
def test_agreement_is_cohen_s(one, other, same, kappa):
    verdict = {"r": ReviewVerdict.RIGHT, "w": ReviewVerdict.WRONG}
    rows = said(
        *(("ada", f"k{place}", verdict[sign]) for place, sign in enumerate(one)),
        *(("bob", f"k{place}", verdict[sign]) for place, sign in enumerate(other)),
        ("ada", "k9", ReviewVerdict.RIGHT),
    )
    (found,) = agreements(rows)
    assert (found.both, found.same) == (4, same)
    assert found.kappa == (kappa if kappa is None else pytest.approx(kappa))


# Blind first


def test_the_label_is_not_told_before_the_answer(review):
    label = review.items[0]["label"]
    before = review.shown(0)
    assert before["state"] == "new"
    assert not {"label", "boxes", "why", "verdict", "answered"} & before.keys()
    assert sorted(before["options"]) == sorted(review.items[0]["options"])
    review.answer(0, CANNOT_TELL)
    after = review.shown(0)
    assert (after["state"], after["answered"], after["label"]) == ("answered", "", label)
    assert len(after["boxes"]) == len(review.items[0]["scene_objects"])


def test_steps_out_of_order_are_refused(review):
    with pytest.raises(ValueError, match="answer before"):
        review.judge(0, ReviewVerdict.RIGHT, "")
    with pytest.raises(ValueError, match="no such option"):
        review.answer(0, "none of these")
    review.answer(0, review.items[0]["options"][0])
    with pytest.raises(ValueError, match="answered already"):
        review.answer(0, review.items[0]["options"][1])
    with pytest.raises(ValueError, match="at most 2,000"):
        review.judge(0, ReviewVerdict.RIGHT, "x" * 2001)
    assert review.book.rows.height == 1


def test_what_is_taken_back_is_one_step(review):
    option = review.items[1]["options"][0]
    review.answer(1, option)
    review.judge(1, ReviewVerdict.AMBIGUOUS, " two dogs ")
    assert review.shown(1)["comment"] == "two dogs"
    review.undo(1)
    assert (review.state(1), review.shown(1)["answered"]) == ("answered", option)
    review.undo(1)
    assert review.state(1) == "new" and "label" not in review.shown(1)
    review.undo(1)
    assert review.state(1) == "new"


# Others


@pytest.mark.parametrize(
    ("host", "is_own"),
    [
        ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True),
        ("0.0.0.0", False), ("192.168.1.2", False), ("localhost.example", False), ("", False),
    ],
)  # fmt: skip
def test_loopback_needs_no_token(host, is_own, monkeypatch):
    assert is_loopback(host) is is_own
    monkeypatch.delenv("SPATIALTHINKER_REVIEW_TOKEN", raising=False)
    if is_own:
        assert token_for(host) is None
    else:
        with pytest.raises(ValueError, match="can be reached by others"):
            token_for(host)
        monkeypatch.setenv("SPATIALTHINKER_REVIEW_TOKEN", "0123456789abcdef")
        assert token_for(host) == "0123456789abcdef"


@pytest.mark.parametrize("exchange", Exchange)
def test_what_is_exported_comes_back(exchange, drawn_dataset, samples, tmp_path):
    items = samples.head(4)
    name = name_of_dataset(manifest_of(drawn_dataset))
    verdicts = [ReviewVerdict.RIGHT, ReviewVerdict.WRONG, ReviewVerdict.AMBIGUOUS]
    with open_book(tmp_path / "one", "drawn", "ada") as book:
        for item, verdict in zip(items.to_dicts(), verdicts, strict=False):
            book.add(item | {"dataset": name}, None, verdict, f"so: {verdict}")
    text = export_reviews(
        items, reviews_of(tmp_path / "one", "drawn"), drawn_dataset, name, exchange
    )
    file = tmp_path / "exported.json"
    file.write_text(text)
    records = json.loads(text)
    assert len(records) == 4
    place = "fields" if exchange is Exchange.ARGILLA else "data"
    assert records[0][place]["photograph"].startswith("data:image/jpeg;base64,/9j/")
    told = import_reviews(file, samples, tmp_path / "two", "drawn", name)
    assert told.startswith("3 verdicts of 1 reviewers added, 0 known already, 0 of questions")
    found = reviews_of(tmp_path / "two", "drawn").select("key", "verdict", "comment")
    known = reviews_of(tmp_path / "one", "drawn").select("key", "verdict", "comment")
    assert found.sort("key").equals(known.sort("key"))
    told = import_reviews(file, samples, tmp_path / "two", "drawn", name)
    assert told.startswith("0 verdicts of 1 reviewers added, 3 known already")
    told = import_reviews(file, samples.tail(2), tmp_path / "two", "drawn", name)
    assert "3 of questions that" in told


def test_argilla_s_users_are_reviewers_again(tmp_path):
    with open_book(tmp_path, "made", "ada") as book:
        book.add(ITEM, None, ReviewVerdict.RIGHT)
    stranger = "11111111-2222-3333-4444-555555555555"
    record = {"id": "k1", "responses": {"verdict": [
        {"value": "wrong", "user_id": user_of("ada")},
        {"value": "right", "user_id": stranger},
    ]}}  # fmt: skip
    file = tmp_path / "records.json"
    file.write_text(json.dumps([record]))
    import_reviews(file, frame_of([ITEM], REVIEW), tmp_path, "made", "made/1")
    found = reviews_of(tmp_path, "made").select("reviewer", "verdict").rows()
    assert sorted(found) == [("ada", "wrong"), ("argilla-11111111", "right")]


RIGHT = json.dumps(
    {
        "completed_by": 7,
        "result": [
            {"from_name": "verdict", "value": {"choices": ["right"]}},
            {"from_name": "comment", "value": {"text": ["so"]}},
        ],
    }
)
"""An annotation of Label Studio."""


@pytest.mark.parametrize(
    ("completed_by", "reviewer"),
    [
        (7, "label-studio-7"),
        ({"id": 7}, "label-studio-7"),
        ({"id": 7, "email": "ada"}, "ada"),
        ({"id": 7, "email": "Ada.L@x.org"}, "ada-l-480fae"),
        ({"id": 7, "email": "ada.l@X.org"}, "ada-l-480fae"),
        ({"id": 7, "email": "ada-l@x.org"}, "ada-l-d49fbb"),
        ({"id": 7, "email": "ada.l@y.org"}, "ada-l-0acfdc"),
        ({"id": 7, "email": "../../ada"}, "ada-c175b1"),
        ({"id": 7, "email": "<>"}, "somebody-24295a"),
        ("", "somebody-e3b0c4"),
        (None, "label-studio"),
    ],
)
def test_label_studio_s_annotators_are_reviewers(completed_by, reviewer, tmp_path):
    result = [{"from_name": "verdict", "type": "choices", "value": {"choices": ["right"]}}]
    annotation = {"completed_by": completed_by, "result": result}
    cancelled = {"was_cancelled": True, "result": result, "completed_by": 9}
    file = tmp_path / "tasks.json"
    file.write_text(json.dumps([{"data": {"key": "k1"}, "annotations": [annotation, cancelled]}]))
    import_reviews(file, frame_of([ITEM], REVIEW), tmp_path, "made", "made/1")
    assert reviews_of(tmp_path, "made")["reviewer"].to_list() == [reviewer]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "cannot be read as JSON"),
        ("{}", "is no list of records"),
        ('[{"id": "k1"}]', "record 0 of"),
        (
            '[{"id": "k", "responses": {"verdict": [{"value": "fine", "user_id": "7"}]}}]',
            "record 0",
        ),
        ('[{"data": {"key": "k"}, "annotations": [{"result": 3}]}]', "record 0 of"),
        ("[3]", "record 0 of"),
        (
            f'[{{"data": {{"key": "k1"}}, "annotations": [{RIGHT}]}}, {{"data": {{"key": "k1"}}, '
            '"annotations": [' + RIGHT.replace("so", "\\ud800") + "]}]",
            "record 1 of",
        ),
    ],
)
def test_what_no_program_exports_is_refused(text, problem, tmp_path):
    file = tmp_path / "records.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=problem):
        import_reviews(file, frame_of([ITEM], REVIEW), tmp_path, "made", "made/1")
    assert not (tmp_path / "reviews").exists()


@pytest.fixture
def root(two_builds: tuple[Path, Path], tmp_path: Path) -> Path:
    """A root that holds copies of the datasets of two builds, and reviews of its own."""
    shutil.copytree(two_builds[0].parents[1], tmp_path / "datasets")
    return tmp_path


def judge(root: Path, dataset: Path, *verdicts: ReviewVerdict, reviewer: str = "ada") -> None:
    """Review the first samples of a dataset."""
    items = reviewable(dataset).head(len(verdicts)).to_dicts()
    name = name_of_dataset(manifest_of(dataset))
    with open_book(root, "drawn", reviewer) as book:
        for item, verdict in zip(items, verdicts, strict=True):
            book.add(item | {"dataset": name}, None, verdict)


def test_the_command_says_what_was_found(root, two_builds):
    name = f"drawn/{two_builds[0].name}"
    asked = call("reviews", name, "--root", root)
    assert asked.returncode == 2
    assert asked.stderr.count("\n") == 1 and "nobody has reviewed" in asked.stderr
    judge(
        root,
        two_builds[0],
        ReviewVerdict.RIGHT,
        ReviewVerdict.WRONG,
        ReviewVerdict.AMBIGUOUS,
        ReviewVerdict.RIGHT,
    )
    judge(root, two_builds[0], ReviewVerdict.RIGHT, ReviewVerdict.WRONG, reviewer="bob")
    asked = call("reviews", name, "--root", root)
    first, *_, last = asked.stdout.splitlines()
    assert first == "all: 2 of 4 right (15 to 85 % at 95 %), 3 valid"
    assert last == "ada and bob: 2 of 2 verdicts are the same (Cohen's kappa 1.00)"
    file = root / "tasks.json"
    asked = call(
        "reviews", name, "--root", root, "--export", file, "--format", "label-studio",
        "--items", "1000",
    )  # fmt: skip
    assert asked.stdout == f"{file}\n"
    other = root / "other"
    other.mkdir()
    (other / "datasets").symlink_to(root / "datasets")
    asked = call("reviews", name, "--root", other, "--import", file)
    assert asked.stderr.startswith("6 verdicts of 2 reviewers added")
    assert asked.stdout.splitlines()[0] == first
    (listed,) = [
        one
        for one in json.loads(call("list", "--root", root, "--format", "json").stdout)["datasets"]
        if one["name"] == name
    ]
    assert listed["reviews"] == "2 of 4 (15-85 %)"


@pytest.mark.parametrize(
    ("least", "verdicts", "problem"),
    [
        (None, [], ""),
        (0.6, [], "nobody has reviewed it"),
        (0.6, [ReviewVerdict.RIGHT] * 5, "all: 5 of 5 right (57 to 100 % at 95 %)"),
        (0.6, [ReviewVerdict.RIGHT] * 6, ""),
        (0.6, [*[ReviewVerdict.RIGHT] * 9, ReviewVerdict.WRONG], "all: 9 of 10 right (60 to 98"),
        (0.59, [*[ReviewVerdict.RIGHT] * 9, ReviewVerdict.WRONG], ""),
    ],
)
def test_approval_needs_what_reviews_show(least, verdicts, problem, root, two_builds):
    """Wilson's lower bound: 0.5655 of 5 in 5, 0.6097 of 6 in 6, 0.5958 of 9 in 10."""
    judge(root, two_builds[0], *verdicts)
    manifest = {"name": "drawn", "digest": "d", "config": {"gates": {"min_precision": least}}}
    if not problem:
        check_precision(two_builds[0], manifest, root)
        return
    with pytest.raises(ValueError, match="is not shown to have") as error:
        check_precision(two_builds[0], manifest, root)
    assert problem in str(error.value)


def test_the_card_says_what_reviewers_found(drawn_dataset, tmp_path):
    dataset = tmp_path / "datasets" / "drawn" / drawn_dataset.name
    shutil.copytree(drawn_dataset, dataset)
    before = (dataset / "README.md").read_text()
    judge(tmp_path, dataset, ReviewVerdict.RIGHT, ReviewVerdict.WRONG)
    reviews = reviews_of(tmp_path, "drawn")
    for _ in range(2):
        found = precisions(reviewed_of(dataset, tmp_path, "drawn"))
        write_reviews(dataset, found, agreements(reviews))
        text = (dataset / "README.md").read_text()
        assert text.count("## What reviewers found") == 1
        assert "| all | 2 | 2 | 1 | 50.0 % | 9.5 % to 90.5 % |\n" in text
        assert text.count("## ") == before.count("## ") + 1
    write_reviews(dataset, [], [])
    assert (dataset / "README.md").read_text() == before
    assert check_dataset(dataset)
    (dataset / "README.md").unlink()
    write_reviews(dataset, found, agreements(reviews))
    assert not (dataset / "README.md").exists()


def test_the_report_says_what_reviewers_found(root, two_builds, tmp_path):
    judge(root, two_builds[0], ReviewVerdict.RIGHT, ReviewVerdict.WRONG)
    judge(root, two_builds[0], ReviewVerdict.RIGHT, ReviewVerdict.RIGHT, reviewer="bob")
    record = Record(two_builds[0], root)
    overview = overview_of(record, published_of(record))
    whole = overview["reviews"][0]
    assert (whole.category, whole.reviewed, whole.right) == ("all", 2, 1)
    (pair,) = overview["agreements"]
    assert (pair.one, pair.other, pair.both, pair.same) == ("ada", "bob", 2, 1)


def test_reviews_hold_in_a_newer_build(two_builds, samples, tmp_path):
    older = manifest_of(two_builds[0])
    with open_book(tmp_path, "drawn", "ada") as book:
        for item in samples.to_dicts():
            book.add(item | {"dataset": name_of_dataset(older)}, None, ReviewVerdict.RIGHT)
    found = reviewed_of(two_builds[1], tmp_path, "drawn")
    shared = set(samples["key"]) & set(reviewable(two_builds[1])["key"])
    assert set(found["key"]) == shared

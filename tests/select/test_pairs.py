"""What becomes of a pair where one of its questions is lost."""

from functools import cache
from typing import Any

import polars as pl
import pytest

from schemas.config.dataset import QuotaConfig, SelectConfig
from schemas.question import JUDGED
from tasks.select.pairs import pairs_in_one_split, parted, sound_pairs
from tasks.select.stage import choose_samples
from tasks.select.weighed import weighed
from tests.select.test_select import FACTS, verified

QUOTA = QuotaConfig(num_samples=320)
TRAIN = SelectConfig(val_share=0.0)
AB, BA, AC = ["a", "b"], ["b", "a"], ["a", "c"]
SAME_ANSWER = "the answer of the first"


@cache
def first() -> dict[str, Any]:
    """The first question of a pair, as it was verified."""
    sound = pl.col("reason").is_null()
    rows = verified(num_scenes=1).filter(sound, category="depth", asks="nearer")
    return rows.row(0, named=True) | {"pair_id": "p"}


def second() -> dict[str, Any]:
    """Its counterpart, of which the other option is right."""
    answer = 1 - first()["answer"]
    known = {"question_id": "04-depth-mate", "image_id": "04"}
    return first() | known | {"answer": answer, "claim": first()["option_claims"][answer]}


def chosen(*changes):
    """The samples and what was lost, of a pair of which the second question is changed."""
    rows = [first(), *(second() | change for change in changes)]
    questions = weighed(pl.DataFrame(rows, schema=verified(num_scenes=1).schema))
    samples, lost = choose_samples(questions, FACTS, QUOTA, TRAIN, 7)
    reasons = dict(lost.select("question_id", "reason").iter_rows())
    return samples, parted(samples, questions, reasons)


def test_a_whole_pair_stays_one_under_two_letters():
    samples, ledger = chosen({})
    assert samples["pair_id"].to_list() == ["p", "p"]
    letters = [
        order.index(answer) for order, answer in samples.select("order", "answer").iter_rows()
    ]
    assert sorted(letters) == [0, 1]
    assert ledger.is_empty()


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ([{"reason": "ambiguous"}], "04-depth-mate: ambiguous"),
        ([{"question": "Which one is it?"}],
         "04-depth-mate: it says something else, or is in the other split"),
        # The same option is right: words alone give it away.
        ([SAME_ANSWER],
         "04-depth-mate: it says something else, or is in the other split"),
        ([], "its counterpart: it says something else, or is in the other split"),
    ],
)  # fmt: skip
def test_where_one_is_lost_the_other_stays_alone_and_the_ledger_says_why(changes, detail):
    same = {name: first()[name] for name in ("answer", "claim")}
    samples, ledger = chosen(*(same if change == SAME_ANSWER else change for change in changes))
    kept = samples.filter(question_id=first()["question_id"])
    assert kept["pair_id"].to_list() == [None]
    row = ledger.filter(item=first()["question_id"]).row(0, named=True)
    assert (row["stage"], row["image_id"], row["reason"], row["detail"]) == (
        "select", "00", "pair-parted", detail,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("p", "q?", AB, 0), ("p", "q?", BA, 0)], ["p", "p"]),
        ([("p", "q?", AB, 0), ("p", "q?", BA, 1)], [None, None]),
        ([("p", "q?", AB, 0), ("p", "r?", AB, 1)], [None, None]),
        ([("p", "q?", AB, 0), ("p", "q?", AC, 1)], [None, None]),
        ([("p", "q?", AB, 0)], [None]),
        (
            [("p", "q?", AB, 0), ("p", "q?", AB, 1), ("p", "q?", AB, 1)],
            [None] * 3,
        ),
        ([(None, "q?", AB, 0), (None, "q?", AB, 1)], [None, None]),
    ],
)
def test_a_pair_says_the_same_with_different_answers(rows, expected):
    names = ("pair_id", "question", "options", "answer")
    known = {**dict.fromkeys(JUDGED), "reason": "not looked at"}
    frame = pl.DataFrame([known | dict(zip(names, row, strict=True)) for row in rows], JUDGED)
    assert sound_pairs(weighed(frame)).to_list() == expected


def test_a_pair_is_in_one_split():
    frame = pl.DataFrame({
        "pair_id": ["p", "q", "p", "q", None], "split": ["val", "val", "val", "train", "val"],
    })  # fmt: skip
    assert pairs_in_one_split(frame).to_list() == ["p", None, "p", None, None]

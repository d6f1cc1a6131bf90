"""The audit: what parsers read differently, items nobody gets, wrong labels, ranks."""

from typing import Any

import polars as pl

from evaluation.audit import differences, item_audit, label_problems, rank_changes
from evaluation.baselines import constant_baselines
from evaluation.benchmarks.blink_whole import REFLECTANCE
from evaluation.scoring import score
from evaluation.verdicts import read_replies
from schemas.benchmark import ITEM, REPLY
from schemas.columns import frame_of
from tests.evaluation.test_scoring import item


def answers_of(items: list[dict[str, Any]], replies: dict[str, dict[str, str | None]]):
    """One row per model and item, and the scores with the model."""
    table = frame_of([{name: row.get(name) for name in ITEM} for row in items], ITEM)
    answers, scores = [], []
    for model, texts in replies.items():
        said = frame_of(
            [
                dict.fromkeys(REPLY) | {"benchmark": items[0]["benchmark"], "item_id": k, "text": t}
                for k, t in texts.items()
            ],
            REPLY,
        )
        parsed = read_replies(table, said)
        scored = score(table, parsed, constant_baselines(table), seed=1, num_bootstrap=10)
        scores.append(scored.with_columns(model=pl.lit(model)))
        found = table.with_columns(model=pl.lit(model), source_benchmark="benchmark")
        for part in (said, parsed):
            found = found.join(part.drop("benchmark"), on="item_id", how="left")
        answers.append(found)
    return pl.concat(answers), pl.concat(scores)


ITEMS = [item("omnispatial", name, answer) for name, answer in (("x", "A"), ("y", "B"), ("z", "B"))]


def test_replies_that_parsers_read_differently_are_there_with_what_each_read():
    answers, _ = answers_of(
        ITEMS, {"m": {"x": "I cannot tell.", "y": "Answer: B", "z": "<answer>no</answer>"}}
    )
    found = differences(answers).filter(pl.col("parser") != "paper_compatible")
    rows = found.select("item_id", "parser", "ours", "theirs", "credit", "their_credit").rows()
    assert rows == [
        ("x", "official_parser", None, "A", 0.0, 1.0),
        ("z", "official_parser", "B", "A", 1.0, 0.0),
        ("z", "easi", "B", None, 1.0, 0.0),
    ]
    assert found["text"].to_list() == ["I cannot tell.", *["<answer>no</answer>"] * 2]


def test_an_item_without_a_reply_is_no_difference():
    answers, _ = answers_of(ITEMS, {"m": {}})
    assert differences(answers).is_empty()


def test_items_that_nobody_and_that_a_blind_model_gets():
    says = {name: f"<answer>{letter}</answer>" for name, letter in zip("xyz", "AAB", strict=True)}
    replies = {"one": says, "two": {**says, "z": None}, "blind": {"y": "B", "z": "A", "x": "A"}}
    answers, _ = answers_of(ITEMS, replies)
    found = item_audit(answers, ["blind"])
    assert found.select("item_id", "num_models", "num_right", "is_blind_right").rows() == [
        ("x", 2, 2, True), ("y", 2, 0, True), ("z", 2, 1, False)
    ]  # fmt: skip
    assert item_audit(answers, [])["num_models"].to_list() == [3, 3, 3]
    assert item_audit(answers, [])["is_blind_right"].to_list() == [None] * 3


def test_labels_that_are_known_to_be_wrong_are_marked():
    items = [item("mmvp", name, facts={"pair": "1"}) for name in ("98", "99")]
    answers, _ = answers_of(items, {"m": {"98": "A"}})
    assert item_audit(answers, [])["is_label_wrong"].to_list() == [False, True]
    blink = [item("blink_whole", f"val_{REFLECTANCE}_1", subset=REFLECTANCE)]
    answers, _ = answers_of(blink, {"m": {}})
    assert label_problems(answers) == {}


def test_a_rule_that_turns_two_models_round_is_told():
    values = {
        "official": (60.0, 40.0, 40.0),
        "official_parser": (30.0, 35.0, 30.0),
        "paper_compatible": (60.0, 60.0, 70.0),
    }
    rows = [
        {"benchmark": "b", "rule": rule, "metric": "accuracy", "is_main": True, "value": value,
         "model": model}
        for rule, found in values.items()
        for model, value in zip(("one", "two", "three"), found, strict=True)
    ]  # fmt: skip
    scores = pl.DataFrame(rows)
    assert rank_changes(scores).rows() == [
        ("b", "official_parser", "one", "two", 20.0, -5.0),
        ("b", "paper_compatible", "one", "three", 20.0, -10.0),
    ]
    assert rank_changes(scores.filter(pl.col("rule") == "official")).is_empty()


def test_tags_that_a_parser_does_not_know_turn_two_models_round():
    """OmniSpatial's own parser takes A from every reply in tags."""
    tags = {"x": "<answer>B</answer>", "y": "<answer>B</answer>", "z": "<answer>B</answer>"}
    plain = {"x": "Answer: B", "y": "Answer: B", "z": "Answer: A"}
    _, scores = answers_of(ITEMS, {"tags": tags, "plain": plain})
    main = {
        (row["model"], row["rule"]): row["value"] for row in scores.filter("is_main").to_dicts()
    }
    assert main["tags", "official"] > main["plain", "official"]
    # Item x is A, which it takes for right: one of three for both.
    assert main["tags", "official_parser"] == main["plain", "official_parser"]

"""Replayed replies: every verdict and total is that of the official code.

A file of tests/evaluation/replays holds replies of our own making. Its first line says by which
code they were judged (repository and commit) and what that code made of all of them; every other
line is an item, a reply, and what each parser read (`?` where the code does not say) and gave for
it. `ours` is what our parser reads, where others misread or take what is not stated.
"""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from evaluation.baselines import constant_baselines
from evaluation.benchmarks.benchmark import Part
from evaluation.benchmarks.registry import BENCHMARKS
from evaluation.items import item_rows
from evaluation.scoring import score
from evaluation.verdicts import read_replies
from schemas.benchmark import ITEM, LETTERS, REPLY
from schemas.columns import frame_of

FOLDER = Path(__file__).parent / "replays"
FILES = sorted(FOLDER.glob("*.jsonl"))


def read(file: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    about, *rows = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return about, rows


def items_of(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    if "row" in rows[0]:
        benchmark = BENCHMARKS[name]
        read = [benchmark.read(row["row"], Part(""), number) for number, row in enumerate(rows)]
        items = benchmark.arrange(read)
        nothing = type("Photograph", (), {"digest": "", "width": 1, "height": 1})
        return item_rows(benchmark, items, [[nothing]] * len(items), corrected=False)
    found = []
    for number, row in enumerate(rows):
        facts = {"item": str(number), "turn": "0"} | row.get("facts", {})
        options = zip(LETTERS, row["options"], strict=False)
        known = {key: row.get(key) for key in ("kind", "answer", "category", "subset")}
        found.append(
            dict.fromkeys(ITEM)
            | known
            | {
                "benchmark": name,
                "item_id": f"{number:03d}",
                "question": "Which?",
                "options": [{"letter": letter, "text": text} for letter, text in options],
                "images": [],
                "facts": [{"name": key, "value": value} for key, value in facts.items()],
            }
        )
    return frame_of(found, ITEM)


def replies_to(items: pl.DataFrame, rows: list[dict[str, Any]]) -> pl.DataFrame:
    said = zip(items.select("benchmark", "item_id").to_dicts(), rows, strict=True)
    return frame_of(
        [dict.fromkeys(REPLY) | key | {"text": row["reply"]} for key, row in said], REPLY
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_verdict_is_that_of_the_official_code(file):
    about, rows = read(file)
    items = items_of(file.stem, rows)
    parsed = read_replies(items, replies_to(items, rows))
    assert len(rows) >= 20
    for row, found in zip(rows, parsed.iter_rows(named=True), strict=True):
        readings = {one["parser"]: one for one in found["readings"]}
        assert readings.keys() == row["expected"].keys()
        for parser, (letter, credit) in row["expected"].items():
            assert readings[parser]["credit"] == pytest.approx(credit, abs=1e-12), row
            assert letter in ("?", readings[parser]["parsed"]), row
        assert [found["parsed"], found["credit"]] == [row["ours"][0], pytest.approx(row["ours"][1])]
    scores = score(items, parsed, constant_baselines(items), seed=1, num_bootstrap=20)
    for rule, totals in about["totals"].items():
        assert totals
        for name, value in totals.items():
            assert total(scores, rule, name) == pytest.approx(value, abs=1e-5), (rule, name)


def total(scores: pl.DataFrame, rule: str, name: str) -> float:
    """`metric@subset|category` of a rule, in percent."""
    name, _, category = name.partition("|")
    metric, _, subset = name.partition("@")
    keys = {"rule": rule, "metric": metric, "subset": subset or None, "category": category or None}
    found = scores.filter(*(pl.col(key).eq_missing(pl.lit(known)) for key, known in keys.items()))
    assert found.height == 1, (keys, scores)
    return float(found["value"][0])


def test_every_parser_of_others_has_replayed_replies():
    known = {file.stem for file in FILES}
    assert {name for name, one in BENCHMARKS.items() if one.parsers} <= known
    for file in FILES:
        about, rows = read(file)
        assert all("@" in code for code in about["code"].values())
        assert set(BENCHMARKS[file.stem].parsers) <= about["code"].keys() | {"official"}
        if BENCHMARKS[file.stem].parsers:
            assert {one["expected"][parser][1] for one in rows for parser in one["expected"]} >= {
                0,
                1,
            }


def test_the_faults_that_are_told_are_there():
    """Where authors' parsers misread: the pages on evaluation name these three."""
    _, omni = read(FOLDER / "omnispatial.jsonl")
    nothing = [row for row in omni if row["reply"] == "I cannot tell."]
    assert nothing
    assert [row["expected"]["official_parser"][0] for row in nothing] == ["A"] * len(nothing)
    _, spar = read(FOLDER / "spar_bench_tiny.jsonl")
    empty = [row for row in spar if not row["reply"] and row["kind"] == "choice"]
    assert [row["expected"]["official_parser"][1] for row in empty] == [1.0]
    _, cube = read(FOLDER / "mindcube_tiny.jsonl")
    thought = [row for row in cube if "A. is far away" in row["reply"]]
    assert [row["expected"]["official_parser"][0] for row in thought] != [
        row["ours"][0] for row in thought
    ]

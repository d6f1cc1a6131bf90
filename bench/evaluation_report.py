"""The report of an evaluation at the size of a leaderboard: how long it takes, and how large it is.

    python -m bench.evaluation_report ROOT [NUM_ITEMS] [NUM_MODELS]

Every benchmark of the table is filled up to its part of NUM_ITEMS (15,000) by repeating the items
of its miniature, below ROOT. Each of NUM_MODELS (10) replies to all of them, right as often as its
number says; what a reply says is read once for each item of a miniature and taken over, and the
scores are those of the first items. The figures are of the report alone, without reading and
scoring.
"""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import polars as pl

from evaluation.baselines import constant_baselines
from evaluation.benchmarks.registry import BENCHMARKS
from evaluation.photographs import PhotographStore
from evaluation.scoring import score
from evaluation.verdicts import PARSED, read_replies
from schemas.benchmark import REPLY, AnswerKind
from schemas.columns import frame_of
from schemas.config.evaluation import BenchmarkConfig
from tasks.evaluate.about import About, AboutModel
from tasks.evaluate.benchmark import write_items
from tasks.evaluate.outcomes import Outcome
from tasks.evaluate.report import write_report

NUM_ITEMS, NUM_MODELS = 15_000, 10
NUM_BOOTSTRAP = 200
THOUGHT = "The picture shows several things, and the question is about two of them. " * 12
"""About 900 characters: replies that reason are as long."""
SEED = 5


def replies_to(items: pl.DataFrame, *, right: bool) -> pl.DataFrame:
    """One reply to every item of a miniature."""
    return frame_of([_reply(item, right) for item in items.iter_rows(named=True)], REPLY)


def _reply(item: Mapping[str, Any], right: bool) -> dict[str, Any]:
    kind, said = AnswerKind(item["kind"]), item["answer"]
    letters = [option["letter"] for option in item["options"]]
    if kind is AnswerKind.POINT:
        said = "(0.5, 0.5)" if right else "(0.01, 0.01)"
    elif not right:
        said = next(letter for letter in letters if letter != said) if letters else "nothing"
    return {
        "benchmark": item["benchmark"],
        "item_id": item["item_id"],
        "text": f"<think>{THOUGHT}</think>\n<answer>{said}</answer>",
        "finish_reason": "stop",
        "input_tokens": 800,
        "output_tokens": 220,
        "cost": None,
        "prompt": f"{item['question']}\nThink, then answer.",
        "frame_width": item["width"],
        "frame_height": item["height"],
        "error": None,
    }


def repeated(rows: pl.DataFrame, number: int) -> pl.DataFrame:
    """So many rows, each time of other items in other groups."""
    rounds = -(-number // rows.height)
    suffix = pl.lit("#") + pl.col("round").cast(pl.String)
    whole = pl.concat([rows.with_columns(round=pl.lit(n)) for n in range(rounds)])
    ids = [name for name in ("item_id", "group") if name in rows.columns]
    return whole.with_columns(pl.col(ids) + suffix).drop("round").head(number)


def outcomes_of(root: Path, num_items: int, num_models: int) -> list[Outcome]:
    """Below `root`, as an evaluation would leave them."""
    found = []
    each = -(-num_items // len(BENCHMARKS))
    store = PhotographStore(root)
    for name in BENCHMARKS:
        few = pl.read_parquet(write_items(BenchmarkConfig(name=name, path="miniature"), root))
        items = repeated(few, each)
        known = {}
        some = few.head(items.height)
        baselines = constant_baselines(some)
        for right in (True, False):
            replies = replies_to(few, right=right)
            parsed = read_replies(few, replies, read_mask=store.read)
            known[right] = repeated(replies, each), repeated(parsed, each)
        for number in range(num_models):
            random = Random(f"{SEED}:{name}:{number}")
            share = (number + 1) / (num_models + 1)
            drawn = pl.Series([random.random() < share for _ in range(items.height)])
            replies, parsed = (
                _mixed(known[True][part], known[False][part], drawn, schema)
                for part, schema in ((0, REPLY), (1, PARSED))
            )
            first = parsed.head(some.height).with_columns(item_id=some["item_id"])
            scores = score(some, first, baselines, seed=SEED, num_bootstrap=NUM_BOOTSTRAP)
            place = root / "outcomes" / f"{name}-{number}"
            place.mkdir(parents=True, exist_ok=True)
            tables = {"items": items, "replies": replies, "parsed": parsed, "scores": scores}
            for kind, table in tables.items():
                table.write_parquet(place / f"{kind}.parquet")
            paths = [place / f"{kind}.parquet" for kind in tables]
            found.append(Outcome(f"model-{number}", name, *paths))
    return found


def _mixed(
    right: pl.DataFrame, wrong: pl.DataFrame, is_right: pl.Series, schema: pl.Schema
) -> pl.DataFrame:
    """Row by row from one of two frames."""
    order = pl.concat(
        [right.with_row_index().filter(is_right), wrong.with_row_index().filter(~is_right)]
    )
    return order.sort("index").select(schema.names())


def measure(root: Path, num_items: int, num_models: int) -> dict[str, float]:
    """What was filled up, items of each model; seconds, and megabytes of the page and of all
    files."""
    outcomes = outcomes_of(root, num_items, num_models)
    models = tuple(AboutModel(f"model-{number}", "nowhere") for number in range(num_models))
    about = About("bench", "bench", models, {}, {}, seed=SEED, num_bootstrap=NUM_BOOTSTRAP)
    folder = root / "report"
    folder.mkdir(exist_ok=True)
    start = time.perf_counter()
    write_report(folder, about, "bench", outcomes, [], root)
    seconds = time.perf_counter() - start
    sizes = {path.name: path.stat().st_size / 1e6 for path in folder.iterdir()}
    return {
        "items": pl.read_parquet(folder / "items.parquet", columns=["model"]).height // num_models,
        "models": num_models,
        "benchmarks": len(BENCHMARKS),
        "seconds": round(seconds, 1),
        "page_mb": round(sizes["report.html"], 2),
        "all_mb": round(sum(sizes.values()), 1),
    }


def main(arguments: Sequence[str]) -> None:
    numbers = [int(word) for word in arguments[1:]]
    num_items, num_models = numbers + [NUM_ITEMS, NUM_MODELS][len(numbers) :]
    print(json.dumps(measure(Path(arguments[0]), num_items, num_models)))


if __name__ == "__main__":
    main(sys.argv[1:])

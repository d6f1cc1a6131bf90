"""SpatialBench (of SpatialBot): existence, reach, size, positional and counting questions.

The first source is the paper's copy, since the original is gated. Two questions in a row of
existence, reach and size are a pair, as in the authors' script (bunny/eval/eval_spatialbench.py).
Where a row repeats a letter, its options are read by their place, and the fact `repaired` says so.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import dist
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.published import TOTAL, figures
from evaluation.benchmarks.texts import (
    YES_NO,
    cut_options,
    first_of,
    gold_of,
    name_in,
    text_of,
    yes_or_no,
)
from evaluation.constants import letters, texts, words
from evaluation.metrics import ALL, Combine, Means, Metric, accuracy, parts, units, whole
from evaluation.miniatures.files import embedded, write_parquet
from evaluation.miniatures.questions import (
    DIRECTLY,
    Asked,
    absent,
    bracketed,
    how_many,
    laid,
    leftmost,
    present,
)
from evaluation.miniatures.scenes import Scenes, Seen, View
from evaluation.reading.option_texts import holds_text, same_text
from evaluation.readings import OFFICIAL_PARSER, Reading
from schemas.benchmark import AnswerKind, fact
from schemas.columns import formatted

CATEGORIES = ("existence", "reach", "size", "positional", "counting")  # all of the benchmark
PAIRED = ("existence", "reach", "size")
"""Categories whose questions come in pairs, in the order of rows."""
COUNTING = "counting"  # the category whose answers are numbers, scored by their error
WRITTEN = "written_answer"
"""The fact that holds the answer as it is written, which the authors look for in a reply."""
MAX_ERROR = 1e6
"""Relative error of one count: keeps sums finite where a reply names an enormous number."""
TWO = pl.lit(2)  # questions in a pair
MIN_METRES = 2.0
"""Between two things of the miniature: more than an arm is long."""
Both = tuple[Asked, Asked]


def read(row: Row, part: Part, number: int) -> Item:
    """The original has a file per category, `question` in place of `text`, and no `question_id`."""
    category = part.subset or text_of(row, "category")
    if category not in CATEGORIES:
        raise ValueError(f"the category {category[:40]!r} is not one of {', '.join(CATEGORIES)}")
    text = str(first_of(row, "text", "question"))
    question, options = cut_options(text)
    facts = {}
    if not options:
        question, options = cut_options(text, by_place=True)
        facts = {"repaired": "letters"} if options else {}
    answer, kind = name_in(row, "answer"), AnswerKind.CHOICE
    facts[WRITTEN] = answer
    if options:
        answer = gold_of(answer, options)
    elif answer.lower().rstrip(".") in ("yes", "no"):
        options, answer = YES_NO, yes_or_no(answer)
    else:
        kind = AnswerKind.TEXT
    place = name_in(row, "question_id") if "question_id" in row else str(number)
    return Item(
        item_id=f"{category}-{place}",
        question=question,
        options=options,
        answer=answer,
        images=(row["image"],),
        kind=kind,
        category=category,
        facts={"question_id": place, **facts},
    )


def says(said: str, gold: str) -> bool:
    """Whether both say the same, or the gold words are among those of the answer: the authors look
    for them in the reply."""
    return same_text(said, gold) or holds_text(said, gold)


def official_parser(reply: str, item: Row) -> Reading:
    """As BAAI-DCAI/SpatialBot at 2d84503e (bunny/eval/eval_spatialbench.py): right where the answer
    as it is written occurs in the reply, even in a word; a count is the whole reply. The authors'
    script stops at a count that is no whole number: here, nothing is read."""
    written = fact(item["facts"], WRITTEN) or item["answer"]
    if item["category"] != COUNTING:
        return Reading(item["answer"] if written in reply else None, float(written in reply))
    try:
        number, gold = int(reply), int(written)
    except ValueError:
        return Reading(None, 0.0)
    return Reading(str(number), float(number == gold))


def arrange(items: Sequence[Item]) -> list[Item]:
    """With pairs: the first and second question of a category, the third and fourth ..."""
    places: Counter[str | None] = Counter()
    found = []
    for item in items:
        if item.category not in PAIRED:
            found.append(item)
            continue
        pair = f"{item.category}-{places[item.category] // 2}"
        places[item.category] += 1
        found.append(replace(item, group=pair, facts={**item.facts, "pair": pair}))
    return found


def official(table: pl.DataFrame) -> list[Metric]:
    """A rule per category (BAAI-DCAI/SpatialBot, bunny/eval/eval_spatialbench.py).

    Existence: pairs with both questions right. Reach and size: of each pair one point for every
    right answer and one more where both are right, over 3. Positional: items. Counting: 1 - the
    mean relative error, which may be below 0; an answer that is not a number has an error of 1. The
    mean of categories is ours, with no category below 0: the authors give none."""
    found = [_category(category, part) for category, part in parts(table, "category")]
    strata = [
        one.units.with_columns(stratum=formatted("{}/{}", pl.lit(one.category), "stratum"))
        for one in found
    ]
    combine = _mean_of(found)
    return [Metric("mean of categories", pl.concat(strata), table, combine, is_main=True), *found]


def _category(category: str, part: pl.DataFrame) -> Metric:
    if category == COUNTING:
        return Metric("relative error", counted(part), part, category=category)
    pairs = whole(part.filter(pl.col("pair").is_not_null()), ["pair"], TWO, pl.lit("pairs"))
    if pairs.height and category == "existence":
        return Metric("pairs", pairs, part, category=category)
    if pairs.height and category in ("reach", "size"):
        in_pairs = part.filter(pl.len().over("pair") == 2, pl.col("pair").is_not_null())
        # A unit of pairs counts its items already.
        items = units(in_pairs, pl.lit("items")).with_columns(size=pl.lit(0, pl.UInt32))
        both = pl.concat([items, pairs])
        return Metric("items and pairs", both, part, _thirds, category=category)
    return accuracy(part, category=category)


def _thirds(means: Means) -> Means:
    """Strata: items, pairs."""
    return (2.0 * means[..., 0] + means[..., 1]) / 3.0


def _mean_of(found: list[Metric]) -> Combine:
    sizes = [len(metric.strata) for metric in found]
    stops = np.cumsum(sizes)

    def combine(means: Means) -> Means:
        values = [
            metric.combine(means[..., stop - size : stop])
            for metric, size, stop in zip(found, sizes, stops, strict=True)
        ]
        return np.asarray(np.mean(np.maximum(values, 0.0), axis=0))

    return combine


def counted(table: pl.DataFrame) -> pl.DataFrame:
    """1 - |said - true| / true of every item, which is negative for numbers that are far off."""
    true = pl.max_horizontal(pl.col("true_number"), pl.lit(1.0))
    error = ((pl.col("said_number") - pl.col("true_number")).abs() / true).fill_null(1.0)
    return units(table, ALL, 1.0 - error.clip(0.0, MAX_ERROR))


def draw(scenes: Scenes, folder: Path) -> None:
    rows = []
    for category, ask_both in (
        ("existence", lambda view: (present(view), absent(view))),
        ("reach", _reached),
        ("size", _compared),
    ):
        both = [(view, one) for view, pair in scenes.pick(ask_both, 2, start=181) for one in pair]
        rows += [_spatial(category, k, view, asked) for k, (view, asked) in enumerate(both)]
    for category, ask in (("positional", leftmost), ("counting", how_many)):
        alone = scenes.pick(ask, 3, start=191)
        rows += [_spatial(category, k, view, asked) for k, (view, asked) in enumerate(alone)]
    write_parquet(folder / "data" / "train-00000-of-00001.parquet", rows, ["image"])


def _spatial(category: str, number: int, view: View, asked: Asked) -> dict[str, Any]:
    text, answer = f"{asked.text} Answer with yes or no.", asked.right.capitalize()
    if category == "counting":
        text, answer = f"{asked.text} Answer with a number.", asked.right
    elif category in ("positional", "size"):
        options, answer = laid(asked, number)
        text = f"{asked.text} {bracketed(options, ' ')} {DIRECTLY}"
    return {
        "image": embedded(view.data),
        "answer": answer,
        "category": category,
        "text": text,
        "question_id": number,
    }


def _reached(view: View) -> Both | None:
    """Somebody who holds something has reached it, but not a thing that is metres away."""
    held = next((link for link in view.relationships if link[1] == "holding"), None)
    if not held:
        return None
    by_label = {thing.label: thing for thing in view.things}
    holder, thing = by_label[held[0]], by_label[held[2]]
    others = [one for one in view.unique if one not in (holder, thing)]
    far = max(others, key=lambda one: _metres(one, holder), default=None)
    if far is None or _metres(far, holder) < MIN_METRES:
        return None
    return (
        Asked(f"Has the {holder.name} reached the {thing.name}?", "yes", ("no",)),
        Asked(f"Has the {holder.name} reached the {far.name}?", "no", ("yes",)),
    )


def _metres(one: Seen, other: Seen) -> float:
    return dist((one.x, one.z), (other.x, other.z))


def _compared(view: View) -> Both | None:
    """About the tallest and the shortest thing in the picture, if one is twice as tall as the
    other."""
    ordered = sorted(view.unique, key=lambda one: one.box[3] - one.box[1])
    if len(ordered) < 2:
        return None
    short, tall = ordered[0], ordered[-1]
    if tall.box[3] - tall.box[1] < 2 * (short.box[3] - short.box[1]):
        return None
    names = f"the {tall.name} or the {short.name}?"
    return (
        Asked(f"Which appears taller in the image, {names}", tall.name, (short.name,)),
        Asked(f"Which appears shorter in the image, {names}", short.name, (tall.name,)),
    )


BENCHMARK = Benchmark(
    name="spatialbench",
    title="SpatialBench",
    licence="CC-BY-4.0",
    sources=(
        Source("hunarbatra/SpatialBench", (Part("train"),)),
        Source(
            "RussRobin/SpatialBench",
            tuple(
                Part("train", None, name, tables=f"{name}.json", files=(f"{name}/*",))
                for name in CATEGORIES
            ),
            "dcfdaec5ed04aaee1ff57eef44fe25d8b530fae5",
        ),
    ),
    read=read,
    counts={
        "existence": (40,),
        "reach": (40,),
        "size": (40,),
        "positional": (34,),
        "counting": (20,),
    },
    arrange=arrange,
    official=official,
    facts=("pair",),
    parsers={OFFICIAL_PARSER: official_parser},
    passes_options=False,
    numeric=frozenset({COUNTING}),
    credit=says,
    constants=(letters, texts, words),
    draw=draw,
    published={
        TOTAL: figures("62.6 67.0 60.9 63.2 49.9 62.5 68.1 56.3 56.9 61.5 63.5 64.2 66.4 69.5"),
    },
)

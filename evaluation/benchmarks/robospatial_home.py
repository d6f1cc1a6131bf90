"""RoboSpatial-Home: configuration and compatibility by yes or no, context by a point.

The pictures are those in colour; depth is not shown. Of context, `mask` is the picture of where a
point may lie, beside the polygon that the authors score by.
"""

import json
import re

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source, with_ids
from evaluation.benchmarks.texts import (
    YES_NO,
    first_of,
    is_given,
    literal,
    text_of,
    without_instruction,
    yes_or_no,
)
from schemas.benchmark import AnswerKind

SUBSETS = ("configuration", "compatibility", "context")
FORMAT = re.compile(r"\s*Your answer should be formatted as a list of tuples.*\Z", re.DOTALL)


def read(row: Row, part: Part, number: int) -> Item:
    subset = part.subset or text_of(row, "category")
    if subset not in SUBSETS:
        raise ValueError(f"the category {subset[:40]!r} is none of {', '.join(SUBSETS)}")
    is_point = subset == "context"
    question = FORMAT.sub("", str(first_of(row, "question", "prompt")))
    return Item(
        item_id="",
        question=without_instruction(question),
        options=() if is_point else YES_NO,
        answer=polygon(text_of(row, "answer")) if is_point else yes_or_no(row["answer"]),
        images=(first_of(row, "img", "image"),),
        kind=AnswerKind.POINT if is_point else AnswerKind.CHOICE,
        subset=subset,
        category=subset,
        pictures={"mask": row["mask"]} if is_point and is_given(row.get("mask")) else {},
    )


def polygon(text: str) -> str:
    """As JSON; ValueError where it is no polygon in shares of the picture."""
    try:
        found = [[float(x), float(y)] for x, y in literal(text)]
    except (TypeError, ValueError):
        raise ValueError(f"the answer {text[:40]!r} is no list of points") from None
    if len(found) < 3 or not all(0 <= value <= 1 for point in found for value in point):
        raise ValueError(f"the answer {text[:40]!r} is no polygon in shares of the picture")
    return json.dumps(found)


BENCHMARK = Benchmark(
    name="robospatial_home",
    title="RoboSpatial-Home",
    licence="Apache-2.0",
    sources=(
        Source("chanhee-luke/RoboSpatial-Home", tuple(Part(name, None, name) for name in SUBSETS)),
        Source("hunarbatra/RoboSpatial-Home", (Part("train"),), lacks=("context",)),
    ),
    read=read,
    arrange=with_ids,
    counts={"configuration": (123,), "compatibility": (105,), "context": (122,)},
)

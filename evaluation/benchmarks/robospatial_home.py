"""RoboSpatial-Home: configuration and compatibility by yes or no, context by a point."""

import ast
import json
import re

from evaluation.benchmarks.spec import Benchmark, Item, Part, Row
from evaluation.benchmarks.texts import YES_NO, yes_or_no
from schemas.benchmark import AnswerKind

FORMAT = re.compile(r"\s*Your answer should be formatted as a list of tuples.*$", re.DOTALL)
MAX_POLYGON = 20_000


def read(row: Row, part: Part, number: int) -> Item:
    subset = part.subset or str(row["category"])
    is_point = subset == "context"
    question = FORMAT.sub("", str(row["question"])).strip()
    return Item(
        item_id=f"{subset}-{number}",
        question=question,
        options=() if is_point else YES_NO,
        answer=_polygon(str(row["answer"])) if is_point else yes_or_no(row["answer"]),
        images=(row["img"],),
        kind=AnswerKind.POINT if is_point else AnswerKind.CHOICE,
        subset=subset,
        category=subset,
    )


def _polygon(text: str) -> str:
    """As JSON. ValueError where it is no polygon in shares of the picture."""
    try:
        points = ast.literal_eval(text[:MAX_POLYGON])
        found = [[float(x), float(y)] for x, y in points]
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise ValueError(f"the answer {text[:40]!r} is no polygon") from None
    if len(found) < 3 or not all(0 <= value <= 1 for point in found for value in point):
        raise ValueError(f"the polygon {text[:40]!r} is not one of shares from 0 to 1")
    return json.dumps(found)


SPEC = Benchmark(
    name="robospatial_home",
    title="RoboSpatial-Home",
    repository="chanhee-luke/RoboSpatial-Home",
    licence="Apache-2.0",
    parts=(
        Part("configuration", None, "configuration", 123),
        Part("compatibility", None, "compatibility", 105),
        Part("context", None, "context", 122),
    ),
    columns=("question", "answer", "img"),
    read=read,
)

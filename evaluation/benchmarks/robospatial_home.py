"""RoboSpatial-Home: configuration and compatibility by yes or no, context by a point.

Images are in colour; depth is not shown. The rows of context have a `mask`, which is white where a
point may lie, and the polygon that the authors score by.
"""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
from PIL import Image, ImageDraw

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source, with_ids
from evaluation.benchmarks.published import TOTAL, figures
from evaluation.benchmarks.texts import (
    YES_NO,
    first_of,
    is_given,
    literal,
    text_of,
    without_instruction,
    yes_or_no,
)
from evaluation.literals import python_literal
from evaluation.metrics import Metric, accuracy, by, units
from evaluation.miniatures.files import embedded, write_parquet
from evaluation.miniatures.questions import is_left
from evaluation.miniatures.scenes import Corners, Scenes, Seen, View, encoded, recoded
from evaluation.points import Point, is_inside, read_polygon
from evaluation.readings import OFFICIAL_PARSER, Reading
from evaluation.rules import plain
from schemas.benchmark import MASK, AnswerKind

SUBSETS = ("configuration", "compatibility", "context")  # all of the benchmark
FORMAT = re.compile(r"\s*Your answer should be formatted as a list of tuples.*\Z", re.DOTALL)
"""The authors' words for the form of an answer, cut off: our prompt states its own."""
PAIRS = tuple(
    re.compile(rf"\{opens}\s*(\d+\.?\d*)\s*,\s*(\d+\.?\d*)\s*\{closes}")
    for opens, closes in ("()", "[]")
)
"""`(x, y)`, then `[x, y]`, as the authors' parser looks for them."""
LISTED = re.compile(r"\[(.*?)\]", re.DOTALL)
MIN_SIDE = 24
"""Pixels, in a miniature of 400 x 300: a vacant place this wide and high is easy to point at."""
FARTHEST = 30.0
"""Metres at which a miniature's depth image is black: beyond every drawn thing."""
ASK_FOR_POINTS = (
    " Your answer should be formatted as a list of tuples, i.e. [(x1, y1), (x2, y2), ...], where "
    "each tuple contains the x and y coordinates of a point satisfying the conditions above. The "
    "coordinates should be between 0 and 1, indicating the normalized pixel locations of the "
    "points in the image."
)
"""The authors' words, which the miniature's questions end with, too."""


def read(row: Row, part: Part, number: int) -> Item:
    subset = part.subset or text_of(row, "category")
    if subset not in SUBSETS:
        raise ValueError(f"the category {subset[:40]!r} is not one of {', '.join(SUBSETS)}")
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
        photographs={MASK: row["mask"]} if is_point and is_given(row.get("mask")) else {},
    )


def polygon(text: str) -> str:
    """As JSON; ValueError where it is not a polygon in shares of the image."""
    try:
        found = [[float(x), float(y)] for x, y in literal(text)]
    except (TypeError, ValueError):
        raise ValueError(f"the answer {text[:40]!r} is not a list of points") from None
    if len(found) < 3 or not all(0 <= value <= 1 for point in found for value in point):
        raise ValueError(f"the answer {text[:40]!r} is not a polygon in shares of the image")
    return json.dumps(found)


def official(table: pl.DataFrame) -> list[Metric]:
    """Every split, those with yes or no averaged, and all together (chanhee-luke/RoboSpatial)."""
    asked = table.filter(pl.col("subset") != "context")
    yes_no = Metric("mean of yes/no", units(asked, pl.col("subset")), asked)
    return [accuracy(table, "total", is_main=True), yes_no, *by(table, "subset")]


def official_parser(reply: str, item: Row) -> Reading:
    """As chanhee-luke/RoboSpatial-Eval at 19f04a5d (evaluation.py): what a reply starts with, even
    "nothing", or the first point, in shares of the image, wherever it stands."""
    if item["kind"] == AnswerKind.POINT:
        point = official_point(reply)
        shown = f"({point[0]:.4f}, {point[1]:.4f})" if point else None
        return Reading(shown, float(bool(point and is_inside(point, read_polygon(item["answer"])))))
    text = reply.strip().lower()
    letter = next((x for x, said in (("A", "yes"), ("B", "no")) if text.startswith(said)), None)
    return Reading(letter, float(letter == item["answer"]))


def official_point(reply: str) -> Point | None:
    """The first pair in round brackets, else in square ones, of numbers without a sign; else the
    first element of the first list, which may have one."""
    found = [pair for pair in (form.search(reply) for form in PAIRS) if pair]
    if found:
        return float(found[0][1]), float(found[0][2])
    if not (listed := LISTED.search(reply)):
        return None
    inside = re.sub(r",(\S)", r", \1", listed[1]).strip().removesuffix(",")
    try:
        values = python_literal(f"[{inside}]")
    except ValueError:
        return None
    is_point = len(values) == 2 and all(isinstance(value, int | float) for value in values)
    point = values if is_point else values[0] if values else None
    if not isinstance(point, list | tuple) or len(point) != 2:
        return None
    try:
        return float(point[0]), float(point[1])
    except (TypeError, ValueError, OverflowError):
        return None


def yes_no_alone(table: pl.DataFrame) -> list[Metric]:
    """The paper's copy has no points."""
    return plain(table.filter(pl.col("subset") != "context"))


class Vacant(NamedTuple):
    thing: Seen
    box: Corners


def vacant(view: View) -> Vacant | None:
    """A thing and the space on its left that no other thing's box reaches into."""
    for thing in view.unique:
        left, top, _, bottom = thing.box
        ends = [one.box[2] for one in view.things if one.box[2] <= left and _level(one, thing)]
        start = max([0, *ends]) + 2
        is_crossed = any(
            one is not thing and one.box[0] < left < one.box[2] and _level(one, thing)
            for one in view.things
        )
        if not is_crossed and left - start >= MIN_SIDE and bottom - top >= MIN_SIDE:
            return Vacant(thing, (start, top, left - 1, bottom))
    return None


def _level(one: Seen, other: Seen) -> bool:
    """Whether two boxes share rows of pixels."""
    return one.box[1] < other.box[3] and other.box[1] < one.box[3]


def draw(scenes: Scenes, folder: Path) -> None:
    for subset, start in (("configuration", 221), ("compatibility", 226)):
        rows = []
        for k, (view, said) in enumerate(scenes.pick(is_left, 4, start=start)):
            left, right = said.about
            text, answer = said.text, "yes"
            if k % 2:
                text, answer = f"Is the {right.name} to the left of the {left.name}?", "no"
            if subset == "compatibility":
                text, answer = _fits(left, k)
            rows.append(_place(subset, view, f"{text} Answer yes or no.", answer, None))
        _write(folder, subset, rows)
    rows = []
    for view, (thing, box) in scenes.pick(vacant, 4, start=231):
        text = (
            f"In the image, there is a {thing.name}. Pinpoint several points within the vacant "
            f"space situated to the left of the {thing.name}.{ASK_FOR_POINTS}"
        )
        rows.append(_place("context", view, text, repr(_polygon(view, box)), box))
    _write(folder, "context", rows)


def _fits(thing: Seen, number: int) -> tuple[str, str]:
    """A coin fits in front of anything that is drawn; nothing that is drawn fits inside a coin."""
    if number % 2:
        return f"Can the {thing.name} fit inside a coin?", "no"
    return f"Can a coin fit in front of the {thing.name}?", "yes"


def _polygon(view: View, box: Corners) -> list[tuple[float, float]]:
    x1, y1, x2, y2 = box
    corners = ((x1, y1), (x2, y1), (x2, y2), (x1, y2))
    return [(round(x / view.width, 3), round(y / view.height, 3)) for x, y in corners]


def _place(
    subset: str, view: View, question: str, answer: str, box: Corners | None
) -> dict[str, Any]:
    return {
        "category": subset,
        "question": question,
        "answer": answer,
        "img": embedded(recoded(view.data, "PNG")),
        "depth_image": embedded(_depth(view)),
        "mask": embedded(_filled(view, box)) if box else None,
    }


def _write(folder: Path, subset: str, rows: list[dict[str, Any]]) -> None:
    path = folder / "data" / f"{subset}-00000-of-00001.parquet"
    write_parquet(path, rows, ["img", "depth_image", "mask"])


def _depth(view: View) -> bytes:
    """Nearer things are brighter."""
    image = Image.new("L", (view.width, view.height))
    pen = ImageDraw.Draw(image)
    for thing in sorted(view.things, key=lambda one: -one.z):
        pen.rectangle(thing.box, fill=round(255 * max(0.0, 1.0 - thing.z / FARTHEST)))
    return encoded(image, "PNG")


def _filled(view: View, box: Corners) -> bytes:
    image = Image.new("L", (view.width, view.height))
    ImageDraw.Draw(image).rectangle(box, fill=255)
    return encoded(image, "PNG")


BENCHMARK = Benchmark(
    name="robospatial_home",
    title="RoboSpatial-Home",
    aliases=("RoboSpatialHome",),
    licence="Apache-2.0",
    sources=(
        Source("chanhee-luke/RoboSpatial-Home", tuple(Part(name, None, name) for name in SUBSETS)),
        Source("hunarbatra/RoboSpatial-Home", (Part("train"),), lacks=("context",)),
    ),
    read=read,
    arrange=with_ids,
    counts={"configuration": (123,), "compatibility": (105,), "context": (122,)},
    official=official,
    parsers={OFFICIAL_PARSER: official_parser},
    paper_compatible=yes_no_alone,
    draw=draw,
    published={
        TOTAL: figures("71.5 68.4 69.7 57.0 58.7 70.6 53.1 69.8 64.0 70.6 72.4 76.2 76.3 78.1"),
    },
)

"""3DSRBench: base rows by address, or the TSV with mirrored pictures and turned options.

The first 8 characters of `qid` name an item, `-flip` its mirror image, and a number behind both a
turn of its options (VLMEvalKit's class _3DSRBench); rows without any are the base order.
"""

import re

import polars as pl

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.texts import (
    coco_of,
    cut_options,
    first_of,
    gold_of,
    in_columns,
    is_given,
    letter_of,
    listed,
    text_of,
)
from schemas.benchmark import fact

TYPES = ("height", "location", "orientation", "multi_object")
QID = re.compile(r"(.{8})(-flip)?(?:-(\d))?")


def read(row: Row, part: Part, number: int) -> Item:
    if "prompt" in row:
        return _paper_item(row, number)
    name = str(first_of(row, "qid", "index"))
    match = QID.fullmatch(name)
    if not match:
        raise ValueError(f"{name[:40]!r} names no item, mirror image and turn of 3DSRBench")
    qid, flip, turn = match[1], int(bool(match[2])), int(match[3] or 0)
    category, address = text_of(row, "category"), row.get("image_url")
    return Item(
        item_id=f"{qid}-{flip}-{turn}",
        question=text_of(row, "question"),
        options=in_columns(row),
        answer=letter_of(row["answer"]),
        images=(first_of(row, "image_url") if not is_given(row.get("image")) else row["image"],),
        category=category,
        group=qid,
        facts={"qid": qid, "flip": str(flip), "variant": str(turn), "type": type_of(category)},
        image_sources=coco_of(address) or coco_of(row.get("image_source")),
    )


def _paper_item(row: Row, number: int) -> Item:
    """A row of the paper's copy, which has base rows alone and no ids."""
    question, options = cut_options(text_of(row, "prompt"))
    category = text_of(row, "task")
    options = listed(row["choices"]) if is_given(row.get("choices")) else options
    return Item(
        item_id=f"{number:08d}-0-0",
        question=question,
        options=options,
        answer=gold_of(row["answer"], options),
        images=(row["image"],),
        category=category,
        facts={"qid": f"{number:08d}", "flip": "0", "variant": "0", "type": type_of(category)},
    )


def type_of(category: str) -> str:
    kind = next((kind for kind in TYPES if category.startswith(kind)), None)
    if kind is None:
        raise ValueError(f"the category {category[:40]!r} is of none of {', '.join(TYPES)}")
    return kind


def check(items: pl.DataFrame) -> str | None:
    """Where there are turns, every item has as many as options, and where there are mirror images,
    each is that of an item."""
    rows = [
        (fact(facts, "qid"), fact(facts, "flip"), fact(facts, "variant"), len(options))
        for facts, options in items.select("facts", "options").iter_rows()
    ]
    table = pl.DataFrame(rows, ["qid", "flip", "variant", "options"], orient="row")
    if table["variant"].n_unique() > 1:
        turns = table.group_by("qid", "flip").agg(pl.len(), pl.col("options").max())
        short = turns.filter(pl.col("len") != pl.col("options")).sort("qid", "flip")
        if not short.is_empty():
            qid, _, size, options = short.row(0)
            return f"item {qid} has {size} turns of its {options} options"
    plain = table.filter(pl.col("flip") == "0")
    alone = table.filter(pl.col("flip") == "1").join(plain, on="qid", how="anti").sort("qid")
    return None if alone.is_empty() else f"the mirror image {alone['qid'][0]} is of no item"


BENCHMARK = Benchmark(
    name="3dsrbench",
    title="3DSRBench",
    licence="CC-BY-4.0",
    sources=(
        Source(
            "ccvl/3DSRBench",
            (Part("test", "benchmark"),),
            "5c90e422b68d0484d50a3ff06b3096ea7d288026",
        ),
        Source("hunarbatra/3DSRBench", (Part("test"),)),
    ),
    read=read,
    counts={"": (5157, 11686, 2625)},
    check=check,
)

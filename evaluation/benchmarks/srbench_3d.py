"""3DSRBench: base rows by address, or the TSV with mirrored pictures and turned options.

In the TSV the first 8 characters of `qid` name an item, `-flip` its mirror image, and rows that
share both are turns of its options.
"""

import polars as pl

from evaluation.benchmarks.spec import Benchmark, Item, Part, Row
from evaluation.benchmarks.texts import coco_of, in_columns, letter_of

TYPES = ("height", "location", "orientation", "multi_object")
BASE = 8


def read(row: Row, part: Part, number: int) -> Item:
    category = str(row["category"])
    kind = next((kind for kind in TYPES if category.startswith(kind)), None)
    if kind is None:
        raise ValueError(f"category {category} is of none of the types {', '.join(TYPES)}")
    name = str(row.get("qid") or row["index"])
    index = str(row["index"])
    is_flipped = "-flip" in name or "-flip" in index
    options = in_columns(row)
    turn = _turn(row, options)
    source = row.get("image_url") or row.get("image_source")
    return Item(
        item_id=f"{name[:BASE]}-{int(is_flipped)}-{turn}",
        question=str(row["question"]).strip(),
        options=options,
        answer=letter_of(row["answer"]),
        images=(row.get("image") or row["image_url"],),
        category=category,
        group=name[:BASE],
        facts={
            "qid": name[:BASE],
            "flip": str(int(is_flipped)),
            "variant": str(turn),
            "type": kind,
        },
        image_sources=coco_of(source),
    )


def _turn(row: Row, options: tuple[str, ...]) -> int:
    """How far the options are turned: `qid`, or `index`, ends in the number of the turn where a
    copy has turns, and in none elsewhere."""
    for column in ("qid", "index"):
        name = str(row.get(column) or "")[BASE:]
        ending = name.removeprefix("-flip").removeprefix("-")
        if ending.isdecimal() and int(ending) < len(options):
            return int(ending)
    return 0


def check(items: pl.DataFrame) -> str | None:
    facts = items["item_id"].str.split("-")
    turns = pl.DataFrame({"key": facts.list.head(2).list.join("-"), "turn": facts.list.get(2)})
    sizes = (
        turns.group_by("key")
        .len()
        .join(
            pl.DataFrame({"key": turns["key"], "options": items["options"].list.len()}).unique(
                "key"
            ),
            on="key",
        )
    )
    if turns["turn"].n_unique() == 1:
        return None
    short = sizes.filter(pl.col("len") != pl.col("options")).sort("key")
    if short.is_empty():
        return None
    name, size, options = short.row(0)
    return f"item {name} has {size} turns of its {options} options"


SPEC = Benchmark(
    name="3dsrbench",
    title="3DSRBench",
    repository="ccvl/3DSRBench",
    licence="CC-BY-4.0",
    parts=(Part("test", "benchmark", None, 5157),),
    columns=("index", "question", "A", "B", "answer", "category"),
    read=read,
    revision="5c90e422b68d0484d50a3ff06b3096ea7d288026",
    check=check,
)

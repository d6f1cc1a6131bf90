"""MMSI-Bench: questions that only several pictures together answer.

VLMEvalKit's circular file asks every item once per option, its options turned; the index of the
k-th turn is that of the item and k million.
"""

import re
from pathlib import Path
from typing import Any

import polars as pl

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.published import EASI_CHECK, SENSENOVA, Reported
from evaluation.benchmarks.texts import (
    cut_options,
    first_of,
    in_columns,
    is_given,
    letter_of,
    number_of,
    text_of,
    without_instruction,
)
from evaluation.easi import EASI, easi
from evaluation.metrics import Metric, accuracy, by, whole
from evaluation.miniatures.files import write_parquet
from evaluation.miniatures.questions import laid, which_of_two
from evaluation.miniatures.scenes import Scenes, mirrored
from evaluation.readings import OFFICIAL_PARSER, by_letter
from schemas.benchmark import LETTERS

TURN = 1_000_000
"""What the index of an item's next turn has more."""
TYPES = {
    "Positional Relationship (Cam.-Cam.)": 93,
    "Positional Relationship (Cam.-Obj.)": 86,
    "Positional Relationship (Cam.-Reg.)": 83,
    "Positional Relationship (Obj.-Obj.)": 94,
    "Positional Relationship (Obj.-Reg.)": 85,
    "Positional Relationship (Reg.-Reg.)": 81,
    "Motion (Cam.)": 74,
    "Motion (Obj.)": 76,
    "Attribute (Meas.)": 64,
    "Attribute (Appr.)": 66,
    "MSR": 198,
}
"""How many items each type has. Copies write the dash between two kinds in different ways."""
DASHES = str.maketrans("\u2010\u2011\u2013\u2014", "----")
ENCLOSED = (r"``([^`]*)``", r"`([^`]*)`", r"\{([^}]*)\}")
"""What the authors' parser looks into, one after another."""


def read(row: Row, part: Part, number: int) -> Item:
    index = number_of(row, "id" if is_given(row.get("id")) else "index")
    turn, item = divmod(number_of(row, "index"), TURN) if is_given(row.get("index")) else (0, index)
    question, options = cut_options(text_of(row, "question"))
    if is_given(row.get("A")):
        question, options = without_instruction(text_of(row, "question")), in_columns(row)
    images = first_of(row, "images", "image", "image_path")
    return Item(
        item_id=f"{item}-{turn}" if turn else str(item),
        question=question,
        options=options,
        answer=letter_of(row["answer"]),
        images=(images,),
        category=str(first_of(row, "question_type", "category")).translate(DASHES),
        facts={"item": str(item), "turn": str(turn)},
    )


def check(items: pl.DataFrame) -> str | None:
    """What is wrong with the turns of a circular copy: an item without one for each option."""
    base = pl.col("item_id").str.split("-").list.first()
    turns = items.group_by(item=base).agg(pl.len(), pl.col("options").list.len().max())
    short = turns.filter(pl.col("len") != pl.col("options")).sort("item")
    if turns["len"].max() == 1 or short.is_empty():
        return None
    name, size, options = short.row(0)
    return f"item {name} has {size} turns of its {options} options"


def official(table: pl.DataFrame) -> list[Metric]:
    """The accuracy over all rows and that of every type; of a circular copy, the share of items
    that are right in all turns, too (the leaderboard of OpenCompass)."""
    is_circular = table["turn"].n_unique() > 1
    turns = whole(table, ["item"], pl.col("num_options"))
    circular = [Metric("circular", turns, table, is_main=True)] if is_circular else []
    return [*circular, accuracy(table, is_main=not is_circular), *by(table, "category")]


def official_letter(reply: str) -> str | None:
    """As OpenRobotLab/MMSI-Bench at 4e28bfff (README.md): the first capital letter from A to D that
    no word follows, in the first text in double backquotes, in it in the first in single ones, in
    it in the first in braces, each where there is one. Where it finds none it asks a model: here,
    nothing is read."""
    for pattern in ENCLOSED:
        if found := re.search(pattern, reply):
            reply = found[1]
    found = re.search(r"\b[A-D]\b(?!\s[a-zA-Z])", reply)
    return found[0] if found else None


def draw(scenes: Scenes, folder: Path) -> None:
    rows: list[dict[str, Any]] = []
    for start, kind in enumerate(TYPES):
        ((view, said),) = scenes.pick(which_of_two, 1, start=371 + 3 * start)
        options, letter = laid(said, start)
        texts = [f"{one}: {text}" for one, text in zip(LETTERS, options, strict=False)]
        rows.append(
            {
                "id": start,
                "images": [view.data, mirrored(view).data],
                "question_type": kind.replace(".-", ".\u2013"),
                "question": f"{said.text}\nOptions: {', '.join(texts)}",
                "answer": letter,
                "thought": "",
            }
        )
    write_parquet(folder / "MMSI_Bench.parquet", rows, [])


BENCHMARK = Benchmark(
    name="mmsi_bench",
    title="MMSI-Bench",
    aliases=("MMSIBench_wo_circular", "MMSIBench_circular"),
    licence="CC-BY-NC-4.0 (its repository), CC-BY-4.0 (its card)",
    terms="its licence is stated in two ways, and the stricter one (CC BY-NC 4.0) forbids "
    "commercial use",
    sources=(Source("RunsenXu/MMSI-Bench", (Part("test", tables="MMSI_Bench.parquet"),)),),
    read=read,
    counts={"": (1000, 4000)},
    check=check,
    official=official,
    facts=("item", "turn"),
    parsers={OFFICIAL_PARSER: by_letter(official_letter), EASI: easi},
    draw=draw,
    reported=(
        Reported("its README", {"gpt-4o": 30.3, "qwen2.5-vl-7b": 25.9, "o3": 41.0}),
        Reported(EASI_CHECK, {"qwen2.5-vl-7b": 26.8}),
        Reported(
            SENSENOVA,
            {
                "qwen3-vl-8b": 31.1,
                "gpt-5": 41.8,
                "gemini-2.5-pro": 38.0,
                "internvl3-8b": 28.0,
                "spacer-7b": 27.4,
            },
        ),
    ),
)

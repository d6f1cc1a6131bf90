"""MMVP: 150 pairs of pictures that look alike to CLIP, one question for both.

Rows 2k - 1 and 2k are a pair. The Hub rows are those of the copy that holds the pictures; the
original (MMVP/MMVP: Questions.csv beside "MMVP Images") is read from a folder. The labels of rows
99, 100, 279 and 280 are known to be wrong (issues 14 and 30 of tsb0601/MMVP) and are put right only
where `corrected` asks for it.
"""

import polars as pl

from evaluation.benchmarks.spec import Benchmark, Item, Part, Row
from evaluation.benchmarks.texts import cut_options, letter_of

WRONG = (99, 100, 279, 280)


def read(row: Row, part: Part, number: int) -> Item:
    index = int(row["Index"])
    _, options = cut_options(str(row["Options"]))
    return Item(
        item_id=str(index),
        question=str(row["Question"]).strip(),
        options=options,
        answer=letter_of(row["Correct Answer"]),
        images=(row.get("image") or f"MMVP Images/{index}.jpg",),
        group=str((index + 1) // 2),
        facts={"pair": str((index + 1) // 2)},
    )


def check(items: pl.DataFrame) -> str | None:
    alone = items.group_by("group").len().filter(pl.col("len") != 2).sort("group")
    return None if alone.is_empty() else f"pair {alone['group'][0]} has {alone['len'][0]} rows"


SPEC = Benchmark(
    name="mmvp",
    title="MMVP",
    repository="lmms-lab-eval/MMVP",
    licence="MIT",
    parts=(Part("train", None, None, 300),),
    columns=("Index", "Question", "Options", "Correct Answer"),
    read=read,
    check=check,
    flipped=frozenset(map(str, WRONG)),
)

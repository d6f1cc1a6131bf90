"""MMVP: 150 pairs of images that look alike to CLIP, one question for both.

Rows 2k - 1 and 2k are a pair. The labels of rows 99, 100, 279 and 280 are known to be wrong (issues
14 and 30 of tsb0601/MMVP) and are corrected only where `corrected` is set.
"""

import re
from pathlib import Path
from typing import Any

import polars as pl

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.published import TOTAL, figures
from evaluation.benchmarks.texts import (
    cut_options,
    first_of,
    gold_of,
    in_columns,
    is_given,
    number_of,
    text_of,
    without_instruction,
)
from evaluation.lmms_eval import LMMS_EVAL
from evaluation.metrics import Metric, accuracy, whole
from evaluation.miniatures.files import write_separated
from evaluation.miniatures.questions import laid, leftmost
from evaluation.miniatures.scenes import Scenes, mirrored
from evaluation.readings import by_letter
from evaluation.vlmevalkit import VLMEVALKIT, vlmevalkit

WRONG = (99, 100, 279, 280)
"""Rows with a wrong label (issues 14 and 30 of tsb0601/MMVP)."""
LMMS_EVAL_FORMS = (
    *(r"^\s*\(?([AB])\)?\.?\s*$", r"^\s*\(?([AB])\)?[\.\s]", r"answer\s+is\s+\(?([AB])\)?"),
    *(r"option\s+\(?([AB])\)?", r"\(?([AB])\)?(?:\s|$)", r"^([AB])"),
)
"""What lmms-eval looks for, in any case; the first that occurs decides."""


def read(row: Row, part: Part, number: int) -> Item:
    """`Index` is 1 to 300; copies without it are in its order."""
    index = number_of(row, "Index") if "Index" in row else number + 1
    if "text" in row:
        question, options = cut_options(text_of(row, "text"))
    else:
        question = without_instruction(str(first_of(row, "Question", "question")))
        options = in_columns(row) if "A" in row else cut_options(text_of(row, "Options"))[1]
    pair = str((index + 1) // 2)
    image = row.get("image")
    return Item(
        item_id=str(index),
        question=question,
        options=options,
        answer=gold_of(first_of(row, "Correct Answer", "answer", "label"), options),
        images=(image if is_given(image) else f"MMVP Images/{index}.jpg",),
        group=pair,
        facts={"pair": pair},
    )


def check(items: pl.DataFrame) -> str | None:
    alone = items.group_by("group").len().filter(pl.col("len") != 2).sort("group")
    return None if alone.is_empty() else f"pair {alone['group'][0]} has {alone['len'][0]} rows"


def official(table: pl.DataFrame) -> list[Metric]:
    """A pair counts where both its items are answered right (tsb0601/MMVP)."""
    both = whole(table, ["pair"], pl.lit(2))
    is_paired = both.height > 0
    single = accuracy(table, "single", is_main=not is_paired)
    return [Metric("pairs", both, table, is_main=is_paired), single]


def lmms_eval_letter(reply: str) -> str | None:
    """As EvolvingLMMs-Lab/lmms-eval at 75571cfe (tasks/mmvp/utils.py): even the last letter of a
    word ("a sofa")."""
    found = (re.search(form, reply.strip(), re.IGNORECASE) for form in LMMS_EVAL_FORMS)
    return next((one[1].upper() for one in found if one), None)


def draw(scenes: Scenes, folder: Path) -> None:
    rows: list[dict[str, Any]] = []
    (folder / "MMVP Images").mkdir(parents=True)
    for k, (view, said) in enumerate(scenes.pick(leftmost, 3, start=161)):
        options = laid(said, k).options
        for shown, right in ((view, said.right), (mirrored(view), said.wrong[0])):
            index = len(rows) + 1
            (folder / "MMVP Images" / f"{index}.jpg").write_bytes(shown.data)
            rows.append(
                {
                    "Index": index,
                    "Question": said.text,
                    "Options": f"(a) {options[0]} (b) {options[1]}",
                    "Correct Answer": f"({'ab'[options.index(right)]})",
                }
            )
    write_separated(folder / "Questions.csv", rows, ",")


BENCHMARK = Benchmark(
    name="mmvp",
    title="MMVP",
    licence="MIT",
    sources=(
        Source(
            "MMVP/MMVP",
            (Part("train", tables="Questions.csv", files=("MMVP Images/*",)),),
            "37eafecab8a3940c50c2ade5b36de69dbc99a8cf",
        ),
        Source("lmms-lab-eval/MMVP", (Part("train"),)),
        Source("hunarbatra/MMVP", (Part("train"),)),
    ),
    read=read,
    counts={"": (300,)},
    check=check,
    flipped=frozenset(map(str, WRONG)),
    official=official,
    facts=("pair",),
    parsers={LMMS_EVAL: by_letter(lmms_eval_letter), VLMEVALKIT: vlmevalkit},
    passes_options=False,
    draw=draw,
    published={
        TOTAL: figures("61.7 70.7 71.3 71.3 67.0 72.3 77.9 62.7 68.3 69.0 68.3 74.3 78.0 79.7"),
    },
)

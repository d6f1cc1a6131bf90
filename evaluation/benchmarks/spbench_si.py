"""SPBench-SI: distances, sizes and counts of things in single pictures of ScanNet.

Its own rows are read as EASI's file has them, whose pictures lie in archives beside the original.
"""

from pathlib import Path
from typing import Any

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.published import EASI_CHECK, Reported
from evaluation.benchmarks.texts import first_of, letter_of, listed, name_in, text_of
from evaluation.constants import letters_and_numbers
from evaluation.easi import EASI, easi
from evaluation.miniatures.files import write_separated
from evaluation.miniatures.questions import depth, how_many, laid, leftmost, nearer
from evaluation.miniatures.scenes import Scenes
from evaluation.rules import task_mean
from schemas.benchmark import LETTERS, AnswerKind

CHOICES = ("object_rel_direction", "object_rel_distance")
NUMBERS = ("object_counting", "object_abs_distance", "object_size_estimation")
"""Counts, metres, centimetres."""


def read(row: Row, part: Part, number: int) -> Item:
    task = text_of(row, "question_type")
    if task not in (*CHOICES, *NUMBERS):
        raise ValueError(f"the type {task[:40]!r} is none of {', '.join((*CHOICES, *NUMBERS))}")
    is_choice = task in CHOICES
    answer = str(first_of(row, "answer", "ground_truth")).strip()
    return Item(
        item_id=next((name_in(row, name) for name in ("id", "index") if name in row), str(number)),
        question=text_of(row, "question"),
        answer=letter_of(answer) if is_choice else answer,
        images=(first_of(row, "image", "images", "image_path"),),
        options=listed(first_of(row, "candidates", "options")) if is_choice else (),
        kind=AnswerKind.CHOICE if is_choice else AnswerKind.NUMBER,
        category=task,
    )


def draw(scenes: Scenes, folder: Path) -> None:
    (folder / "photographs").mkdir()
    rows: list[dict[str, Any]] = []
    for task, ask, start in (
        ("object_rel_direction", leftmost, 511),
        ("object_rel_distance", nearer, 516),
        ("object_counting", how_many, 521),
        ("object_abs_distance", depth, 526),
    ):
        for k, (view, said) in enumerate(scenes.pick(ask, 3, start=start)):
            options, letter = laid(said, k)
            texts = [f"{one}. {text}" for one, text in zip(LETTERS, options, strict=False)]
            name = f"photographs/{len(rows)}.jpg"
            (folder / name).write_bytes(view.data)
            rows.append(
                {
                    "index": len(rows),
                    "question_type": task,
                    "question": said.text,
                    "candidates": texts if task in CHOICES else "",
                    "answer": letter if task in CHOICES else said.right,
                    "image_path": [name],
                }
            )
    write_separated(folder / "SPBench-SI.tsv", rows, "\t")


BENCHMARK = Benchmark(
    name="spbench_si",
    title="SPBench-SI",
    aliases=("SPBench-SI_CoT",),
    licence="Apache-2.0",
    sources=(Source("hongxingli/SPBench", (Part("test", "SPBench-SI", files=("*.zip",)),)),),
    read=read,
    counts={"": (1009,)},
    official=task_mean,
    constants=(letters_and_numbers,),
    parsers={EASI: easi},
    draw=draw,
    reported=(Reported(EASI_CHECK, {"qwen2.5-vl-7b": 48.1}),),
)

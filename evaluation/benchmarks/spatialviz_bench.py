"""SpatialViz-Bench: drawn puzzles of rotation, folding, sections and motion."""

import re
from pathlib import Path
from typing import Any

import polars as pl

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.published import EASI_CHECK, Reported
from evaluation.benchmarks.texts import (
    first_of,
    letter_of,
    name_in,
    options_in,
    text_of,
)
from evaluation.easi import EASI, easi
from evaluation.metrics import Metric, by
from evaluation.miniatures.files import write_parquet
from evaluation.miniatures.questions import color, how_many, laid
from evaluation.miniatures.scenes import Scenes, recoded
from evaluation.readings import OFFICIAL_PARSER, by_letter
from evaluation.rules import plain

PLACES = ("Category", "Task", "Level", "Image_id")
"""The columns of which a photograph's name is made, and an item's id."""
TAGS = ("think", "answer")
SAYS_ANSWER = (
    "<answer>",
    "Answer:",
    "Final answer",
    "final answer",
    "Final Answer",
    "the answer is",
    "The answer is",
    "correct answer",
    "Correct answer",
    "Correct Answer",
    "答案correct path",
)
"""Behind the first of these that a reply has, at its last place, the authors' parser looks for
letters. A comma is missing between the last two."""


def read(row: Row, part: Part, number: int) -> Item:
    parts = [str(first_of(row, name, name.lower())) for name in PLACES]
    options = options_in(row, "Choices")
    return Item(
        item_id="-".join(parts),
        question=text_of(row, "Question" if "Question" in row else "question"),
        options=options,
        answer=letter_of(first_of(row, "Answer", "answer")),
        images=(f"{'/'.join(parts)}.png",),
        subset=parts[0],
        category=parts[1],
        facts={"level": name_in({"level": parts[2]}, "level")},
    )


def official(table: pl.DataFrame) -> list[Metric]:
    """The accuracy over all items, for every category, task and level of a task
    (evaluation/evaluate.py)."""
    levels = table.with_columns(category=pl.concat_str("category", "level", separator=", "))
    return [*plain(table), *by(table, "subset"), *by(levels, "category")]


def official_letter(reply: str) -> str | None:
    """As wangst0181/Spatial-Visualization-Benchmark at 5ecbc1ec (evaluation/evaluate.py): the only
    capital letter from A to D up to the first full stop, those of words included; several are as
    wrong as none. In the first `<answer>`, where there is a whole one and a whole thought, else
    behind words like "the answer is"."""
    thought, answer = (re.search(rf"<{tag}>(.*?)</{tag}>", reply, re.S) for tag in TAGS)
    if thought and answer:
        text = answer[1].strip().split(".")[0]
    elif len(reply) == 1:
        text = reply
    else:
        mark = next((mark for mark in SAYS_ANSWER if mark in reply), None)
        text = reply.split(mark)[-1].strip().split(".")[0] if mark else ""
    found = set(re.findall("[A-D]", text))
    return found.pop() if len(found) == 1 else None


def draw(scenes: Scenes, folder: Path) -> None:
    rows: list[dict[str, Any]] = []
    for category, task, ask in (
        ("MentalRotation", "2DRotation", color),
        ("SpatialPerception", "WaterLevel", how_many),
    ):
        for k, (view, said) in enumerate(scenes.pick(ask, 4, start=471)):
            options, letter = laid(said._replace(wrong=said.wrong[:3]), k)
            place = (category, task, f"Level{k % 2}", str(k))
            path = folder / f"{'/'.join(place)}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(recoded(view.data, "PNG"))
            rows.append(
                {
                    **dict(zip(PLACES, place, strict=True)),
                    "Question": said.text,
                    "Choices": list(options),
                    "Answer": letter,
                    "Explanation": "",
                }
            )
    write_parquet(folder / "data" / "test-00000-of-00001.parquet", rows, [])


BENCHMARK = Benchmark(
    name="spatialviz_bench",
    title="SpatialViz-Bench",
    aliases=("SpatialVizBench", "SpatialVizBench_CoT", "spatialviz"),
    licence="MIT",
    sources=(
        Source("PLM-Team/Spatial-Visualization-Benchmark", (Part("test", files=("images.zip",)),)),
    ),
    read=read,
    counts={"": (1180,)},
    official=official,
    facts=("level",),
    parsers={OFFICIAL_PARSER: by_letter(official_letter), EASI: easi},
    draw=draw,
    reported=(
        Reported("its own paper, without and with thoughts", {"qwen2.5-vl-7b": 30.76}),
        Reported(EASI_CHECK, {"qwen2.5-vl-7b": 31.02}),
    ),
)

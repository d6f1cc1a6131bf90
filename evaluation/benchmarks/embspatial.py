"""EmbSpatial-Bench: relations of things in rooms, from scans and simulators.

Its authors publish no code that reads replies; lmms-eval's parser is the one in use.
"""

from pathlib import Path
from typing import Any

import polars as pl

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.published import SENSENOVA, Reported
from evaluation.benchmarks.texts import (
    first_of,
    is_given,
    letter_or_place,
    name_in,
    options_in,
    text_of,
)
from evaluation.easi import EASI, easi
from evaluation.lmms_eval import LMMS_EVAL, lmms_eval_letter
from evaluation.metrics import Metric, by
from evaluation.miniatures.files import embedded, write_parquet
from evaluation.miniatures.questions import laid, leftmost, nearer
from evaluation.miniatures.scenes import Scenes
from evaluation.readings import by_letter
from evaluation.rules import plain


def read(row: Row, part: Part, number: int) -> Item:
    options = options_in(row, "answer_options", "options")
    return Item(
        item_id=name_in(row, "question_id") if is_given(row.get("question_id")) else str(number),
        question=text_of(row, "question"),
        options=options,
        answer=letter_or_place(row["answer"], options),
        images=(first_of(row, "image", "image_path"),),
        subset=text_of(row, "data_source"),
        category=str(first_of(row, "relation", "category")),
    )


def official(table: pl.DataFrame) -> list[Metric]:
    """The accuracy over all items, for every source and for every relation."""
    return [*plain(table), *by(table, "subset")]


def draw(scenes: Scenes, folder: Path) -> None:
    rows: list[dict[str, Any]] = []
    for relation, ask in (("left", leftmost), ("close", nearer)):
        for k, (view, said) in enumerate(scenes.pick(ask, 4, start=361)):
            others = tuple(thing.name for thing in view.unique if thing not in said.about)
            options, letter = laid(said._replace(wrong=(*said.wrong, *others)[:3]), k)
            rows.append(
                {
                    "data_source": ("ai2thor", "mp3d", "scannet")[k % 3],
                    "question_id": f"{relation}_{k}",
                    "question": said.text,
                    "relation": relation,
                    "image": embedded(view.data),
                    "answer_options": list(options),
                    "answer": "ABCD".index(letter),
                }
            )
    write_parquet(folder / "data" / "test-00000-of-00001.parquet", rows, ["image"])


BENCHMARK = Benchmark(
    name="embspatial",
    title="EmbSpatial-Bench",
    aliases=("EmbSpatialBench",),
    licence="CC-BY-4.0",
    sources=(
        Source(
            "FlagEval/EmbSpatial-Bench",
            (Part("test"),),
            "3c0e6b34b632de666a51091727c0128d07a54a6a",
        ),
        Source("Phineas476/EmbSpatial-Bench", (Part("test", tables="embspatial_bench.json"),)),
    ),
    read=read,
    counts={"": (3640,)},
    official=official,
    parsers={LMMS_EVAL: by_letter(lmms_eval_letter), EASI: easi},
    draw=draw,
    reported=(
        Reported(
            SENSENOVA,
            {
                "qwen3-vl-8b": 77.7,
                "gpt-5": 81.6,
                "gemini-2.5-pro": 78.9,
                "internvl3-8b": 76.4,
                "spacer-7b": 66.9,
            },
        ),
        Reported("Qwen3-VL's report", {"qwen3-vl-8b": 78.5}),
    ),
)

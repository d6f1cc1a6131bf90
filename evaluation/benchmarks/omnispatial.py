"""OmniSpatial: dynamics, interaction, logic and perspectives, in single pictures.

The original is one archive: unpack OmniSpatial-test.zip and name the folder with data.json. Its
authors report the mean of five runs; one greedy run stands for them here. In Complex_Logic the
options are often bare letters, because the real ones are in the picture.
"""

import re
from pathlib import Path
from typing import Any

import polars as pl

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source, with_ids
from evaluation.benchmarks.published import EASI_CHECK, Reported
from evaluation.benchmarks.texts import (
    first_of,
    is_given,
    letter_or_place,
    name_in,
    options_in,
    text_of,
)
from evaluation.easi import EASI, easi
from evaluation.metrics import Metric, by
from evaluation.miniatures.files import write_json
from evaluation.miniatures.questions import closer_pair, faces, laid, leftmost, nearer
from evaluation.miniatures.scenes import Scenes
from evaluation.readings import OFFICIAL_PARSER, by_letter
from evaluation.rules import plain

ANSWER = re.compile(r"(?i)Answer\s*:\s*([A-D])\b")
DEFAULT = "A"
"""What the authors' parser reads where it finds nothing."""


def read(row: Row, part: Part, number: int) -> Item:
    options = options_in(row, "options")
    task = text_of(row, "task_type").replace(" ", "_")
    name = name_in(row, "id") if is_given(row.get("id")) else ""
    answer: Any = row["gt"] if is_given(row.get("gt")) else row["answer"]
    photograph = f"{task}/{name.split('_')[0]}.png"
    is_named = any(is_given(row.get(column)) for column in ("image", "image_path"))
    return Item(
        item_id=f"{task}-{name}" if name else "",
        question=text_of(row, "question"),
        options=options,
        answer=letter_or_place(answer, options),
        images=(first_of(row, "image", "image_path") if is_named else photograph,),
        subset=task,
        category=text_of(row, "sub_task_type").replace(" ", "_"),
    )


def official(table: pl.DataFrame) -> list[Metric]:
    """The accuracy over all items, and for every task and sub-task (api_eval.py)."""
    return [*plain(table), *by(table, "subset")]


def official_letter(reply: str) -> str:
    """As qizekun/OmniSpatial at 208bac25 (api_eval.py, `re`, by which its tables are made) and
    lmms-eval: the letter behind the last "Answer:", and A where there is none."""
    found = ANSWER.findall(reply)
    return str(found[-1]) if found else DEFAULT


def draw(scenes: Scenes, folder: Path) -> None:
    rows: list[dict[str, Any]] = []
    for task, sub_task, ask in (
        ("Dynamic_Reasoning", "Motion_Analysis", faces),
        ("Spatial_Interaction", "Localization", nearer),
        ("Complex_Logic", "Geometric_Reasoning", closer_pair),
        ("Perspective_Taking", "Egocentric", leftmost),
    ):
        (folder / task).mkdir(parents=True)
        for k, (view, said) in enumerate(scenes.pick(ask, 2, start=461)):
            others = tuple(thing.name for thing in view.unique if thing not in said.about)
            options, letter = laid(said._replace(wrong=(*said.wrong, *others)[: 1 + 2 * k]), k)
            (folder / task / f"{k}.png").write_bytes(view.data)
            rows.append(
                {
                    "id": f"{k}_0",
                    "question": said.text,
                    "options": list(options),
                    "answer": "ABCD".index(letter),
                    "task_type": task,
                    "sub_task_type": sub_task,
                }
            )
    write_json(folder / "data.json", rows)


BENCHMARK = Benchmark(
    name="omnispatial",
    title="OmniSpatial",
    aliases=(
        "OmniSpatialBench",
        "OmniSpatialBench_default",
        "OmniSpatialBench_zeroshot_cot",
        "OmniSpatialBench_manual_cot",
        "omnispatial_test",
    ),
    licence="CC-BY-NC-4.0 (its repository), Apache-2.0 (its card)",
    terms="its licence is stated in two ways, and the stricter one (CC BY-NC 4.0) forbids "
    "commercial use",
    sources=(Source("nv-njb/OmniSpatial-Test", (Part("test"),)),),
    read=read,
    arrange=with_ids,
    counts={"": (1533,)},
    official=official,
    parsers={OFFICIAL_PARSER: by_letter(official_letter), EASI: easi},
    draw=draw,
    reported=(
        Reported("its own paper, mean of five runs", {"o3": 56.3, "qwen2.5-vl-7b": 40.3}),
        Reported(f"{EASI_CHECK}, with its manual thoughts", {"qwen2.5-vl-7b": 39.18}),
    ),
)

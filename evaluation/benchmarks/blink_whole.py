"""BLINK whole: the validation rows of all fourteen tasks.

About nine in ten labels of Relative_Reflectance were wrong until the Hub's fix of 2025-09-03 (issue
13 of zeyofu/BLINK_Benchmark), in VLMEvalKit's file until May 2026. `corrected` refuses a copy with
the old labels; scores without that task are reported beside the others.
"""

from collections.abc import Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source, with_ids
from evaluation.benchmarks.published import SENSENOVA, Reported
from evaluation.benchmarks.texts import (
    first_of,
    is_given,
    letter_of,
    name_in,
    options_in,
    text_of,
    without_instruction,
)
from evaluation.lmms_eval import LMMS_EVAL, lmms_eval_letter
from evaluation.metrics import Metric, accuracy, by, units
from evaluation.miniatures.files import embedded, write_parquet
from evaluation.miniatures.questions import bracketed, how_many, is_left, laid, which_of_two
from evaluation.miniatures.scenes import Scenes, mirrored
from evaluation.readings import OFFICIAL_PARSER, Reading, by_letter

REFLECTANCE = "Relative_Reflectance"
TASKS = {
    "Art_Style": 117,
    "Counting": 120,
    "Forensic_Detection": 132,
    "Functional_Correspondence": 130,
    "IQ_Test": 150,
    "Jigsaw": 150,
    "Multi-view_Reasoning": 133,
    "Object_Localization": 122,
    "Relative_Depth": 124,
    REFLECTANCE: 134,
    "Semantic_Correspondence": 139,
    "Spatial_Relation": 143,
    "Visual_Correspondence": 172,
    "Visual_Similarity": 135,
}
"""How many items each task has."""
OLD_LABELS = "4fb892cf7d48028086ee5b7e9a04ce46f0ae71ed35888278e47b9b783841e25c"
"""SHA-256 of the answers of Relative_Reflectance before the fix, as one text in the order of their
numbers (eval/val_answers.json of zeyofu/BLINK_Benchmark at 2d6a779b)."""


def read(row: Row, part: Part, number: int) -> Item:
    task = part.subset or str(first_of(row, "sub_task", "category")).replace(" ", "_")
    if task not in TASKS:
        raise ValueError(f"the task {task[:40]!r} is not one of {', '.join(TASKS)}")
    named = [row.get(f"image_{place}") for place in range(1, 5)]
    return Item(
        item_id=name_in(row, "idx") if "idx" in row else "",
        question=without_instruction(text_of(row, "question")),
        options=options_in(row, "choices"),
        answer=letter_of(row["answer"]),
        images=tuple(filter(is_given, named)) or (first_of(row, "image", "image_path"),),
        subset=task,
        category=task,
    )


def official(table: pl.DataFrame) -> list[Metric]:
    """The mean of the tasks, equally weighted (eval/evaluate.py); the same without
    Relative_Reflectance, whose labels changed; and the accuracy over all items, as lmms-eval,
    VLMEvalKit and EASI have it."""
    known = table.filter(pl.col("subset") != REFLECTANCE)
    of_13 = Metric("mean of tasks with labels that stayed", units(known, pl.col("subset")), known)
    of_14 = Metric("mean of tasks", units(table, pl.col("subset")), table, is_main=True)
    return [of_14, of_13, accuracy(table), *by(table, "subset")]


def check_corrected(items: pl.DataFrame) -> str | None:
    """Whether the labels of Relative_Reflectance are the old ones."""
    if label_digest(items) != OLD_LABELS:
        return None
    return (
        f"its labels of {REFLECTANCE} are those from before 2025-09-03, most of which are wrong, "
        "and corrected is set"
    )


def label_digest(items: pl.DataFrame) -> str:
    """That of the answers of Relative_Reflectance, in the order of the items' numbers."""
    place = pl.col("item_id").str.extract(r"(\d+)$").cast(pl.Int64)
    asked = items.filter(pl.col("subset") == REFLECTANCE).sort(place)
    return sha256("".join(asked["answer"]).encode()).hexdigest()


def official_parser(reply: str, item: Mapping[str, Any]) -> Reading:
    """As zeyofu/BLINK_Benchmark at 2d6a779b (eval/test_benchmark.py): a bare letter, or the only
    letter in brackets that spaces surround, of the last paragraph where that has one. Where it
    finds none it asks GPT-3.5: here, nothing is read."""
    options = {f"({option['letter']})" for option in item["options"]}
    found, last = (options.intersection(t.split()) for t in (reply, reply.split("\n\n")[-1]))
    letter = None
    if reply in ("A", "B", "C", "D", "E"):
        letter = reply
    elif len(last) == 1 or len(found) == 1:
        letter = (last if len(last) == 1 else found).pop()[1]
    return Reading(letter, float(letter == item["answer"]))


def draw(scenes: Scenes, folder: Path) -> None:
    """One item for each task, two with two images; two, three or four options."""
    images = [f"image_{place}" for place in range(1, 5)]
    for k, task in enumerate(TASKS):
        ask = which_of_two if k % 7 == 5 else how_many if k % 2 else is_left
        ((view, said),) = scenes.pick(ask, 1, start=411 + 3 * k)
        options, letter = laid(said._replace(wrong=said.wrong[: 1 + k % 3]), k)
        name = f"val_{task}_1"
        shown = (view, mirrored(view)) if ask is which_of_two else (view,)
        photographs = [embedded(one.data, f"{name}_{n}.jpg") for n, one in enumerate(shown, 1)]
        row: dict[str, Any] = {
            "idx": name,
            "question": said.text,
            "sub_task": task,
            **dict.fromkeys(images),
            **dict(zip(images, photographs, strict=False)),
            "choices": list(options),
            "answer": f"({letter})",
            "prompt": f"{said.text}\nSelect from the following choices.\n{bracketed(options)}",
            "explanation": "",
        }
        write_parquet(folder / task / "val-00000-of-00001.parquet", [row], images)


BENCHMARK = Benchmark(
    name="blink_whole",
    title="BLINK, all tasks",
    aliases=("BLINK",),
    licence="Apache-2.0",
    sources=(Source("BLINK-Benchmark/BLINK", tuple(Part("val", name, name) for name in TASKS)),),
    read=read,
    counts={name: (number,) for name, number in TASKS.items()},
    check_corrected=check_corrected,
    arrange=partial(with_ids, form="val_{subset}_{number}", first=1),
    official=official,
    parsers={
        OFFICIAL_PARSER: official_parser,
        LMMS_EVAL: by_letter(lmms_eval_letter),
    },
    draw=draw,
    reported=(
        Reported("its repository, mean of tasks", {"gpt-4o": 60.0}),
        Reported(
            f"{SENSENOVA}, accuracy over all items",
            {
                "qwen3-vl-8b": 66.7,
                "gpt-5": 68.0,
                "gemini-2.5-pro": 73.5,
                "internvl3-8b": 53.5,
                "spacer-7b": 49.6,
            },
        ),
        Reported("Qwen3-VL's report", {"qwen3-vl-8b": 69.1}),
    ),
)

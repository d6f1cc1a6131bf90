"""SPAR-Bench-Tiny: depths and distances in metres, how the camera moved, and relations.

Fifty items for each of twenty tasks. SPAR-Bench has the same columns: name it in `source`, with
`max_items`.
"""

import re
from pathlib import Path
from typing import Any

import polars as pl

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.published import Reported
from evaluation.benchmarks.texts import (
    cut_options,
    first_of,
    letter_of,
    name_in,
    text_of,
    without_instruction,
)
from evaluation.constants import letters_and_numbers, texts, words
from evaluation.easi import EASI, easi
from evaluation.metrics import Metric, units
from evaluation.miniatures.files import embedded, write_parquet
from evaluation.miniatures.questions import depth, laid, leftmost, which_of_two
from evaluation.miniatures.scenes import Scenes, mirrored
from evaluation.numbers import mean_relative_accuracy
from evaluation.readings import OFFICIAL_PARSER, Reading
from evaluation.rules import task_mean
from schemas.benchmark import LETTERS, AnswerKind

VIEW_CHANGE = "view_change_infer"
LOW = tuple(
    f"{what}_prediction_{of}"
    for what in ("depth", "distance")
    for of in ("oc", "oo", "oc_mv", "oo_mv")
)
"""The tasks that ask for a number, which is always in metres."""
MIDDLE = ("position_matching", "camera_motion_infer", VIEW_CHANGE)
HIGH = (
    "distance_infer_center_oo",
    "distance_infer_center_oo_mv",
    *(f"obj_spatial_relation_{of}" for of in ("oc_mv", "oo", "oo_mv")),
    *(f"spatial_imagination_{of}" for of in ("oc", "oc_mv", "oo", "oo_mv")),
)
LEVELS = {"Low": LOW, "Middle": MIDDLE, "High": HIGH}
TASKS = (*LOW, *MIDDLE, *HIGH)
AXES = (
    ("move_right", "move_left"),
    ("move_up", "move_down"),
    ("move_forward", "move_backward"),
    ("rotate_right", "rotate_left"),
    ("rotate_up", "rotate_down"),
)
"""How a camera moves (metres) and turns (degrees): an answer names some, as in
"move_right:0.3,rotate_up:12"."""
MOVE = re.compile(
    r"(?i)\b(move|rotate)[_\s]*(right|left|up|down|forward|backward)\s*[:=]?\s*(-?\d+(?:\.\d+)?)"
)
"""A movement and how much of it, its underline lost where a reply was freed of markup."""


def read(row: Row, part: Part, number: int) -> Item:
    task = text_of(row, "task")
    if task not in TASKS:
        raise ValueError(f"the task {task[:40]!r} is not one of {', '.join(TASKS)}")
    question = without_instruction(text_of(row, "question"))
    options: tuple[str, ...] = ()
    kind, answer = AnswerKind.NUMBER, str(row["answer"]).strip()
    if task == VIEW_CHANGE:
        kind = AnswerKind.TEXT
        if not MOVE.search(answer):
            raise ValueError(f"the answer {answer[:40]!r} names no movement such as move_up:0.1")
    elif task not in LOW:
        kind, answer = AnswerKind.CHOICE, letter_of(answer)
        question, options = cut_options(question)
    return Item(
        item_id=name_in(row, "id" if "id" in row else "index"),
        question=question,
        answer=answer,
        images=(first_of(row, "image", "image_path"),),
        options=options,
        kind=kind,
        category=task,
    )


def official(table: pl.DataFrame) -> list[Metric]:
    """The mean of the tasks, equally weighted, and those of the tasks of every level
    (sparbench/utils.py). A number is worth its mean relative accuracy, a change of view the mean of
    that over five axes."""
    main, *by_task = task_mean(table)
    levels = []
    for name, tasks in LEVELS.items():
        of_level = table.filter(pl.col("category").is_in(tasks))
        counted = units(of_level, pl.col("category"), pl.col("credit"))
        levels.append(Metric("mean of tasks", counted, of_level, subset=name))
    return [main, *levels, *by_task]


def moved(text: str) -> list[float]:
    """Along and about every axis; 0 for what is not named."""
    found = MOVE.findall(text)
    return _axes({f"{how}_{where}".lower(): float(amount) for how, where, amount in found})


def view_change_credit(said: str, gold: str) -> float:
    """The mean relative accuracy over the axes; none for a text that names no movement."""
    if not MOVE.search(said):
        return 0.0
    pairs = list(zip(moved(said), moved(gold), strict=True))
    return sum(mean_relative_accuracy(one, true) for one, true in pairs) / len(pairs)


def official_parser(reply: str, item: Row) -> Reading:
    """As fudan-zvg/spar at 16798858 (sparbench/utils.py), faults included. A letter: any reply that
    is a part of it, even an empty one, and any text that begins with it. A number: the first one,
    that of several pictures the last one. A change of view: what is said and what is true are
    taken for each other."""
    gold = item["answer"]
    if item["kind"] == AnswerKind.CHOICE.value:
        said = reply.lower()
        return Reading(reply[:1] or None, float(said in gold.lower() or said[:1] == gold.lower()))
    if item["kind"] == AnswerKind.NUMBER.value:
        numbers = re.findall(r"(?<!\^)\d+\.\d+|(?<!\^)\d+", reply)
        if item["category"].endswith("_mv"):
            numbers = [*numbers[-1:], "-1"]
        if not numbers:
            return Reading(None, 0.0)
        return Reading(numbers[0], mean_relative_accuracy(float(numbers[0]), float(gold)))
    said_moves = _moves(reply)
    if said_moves is None:
        return Reading(None, 0.0)
    pairs = list(zip(_axes(said_moves), moved(gold), strict=True))
    credit = sum(mean_relative_accuracy(true, one) for one, true in pairs) / len(pairs)
    return Reading(reply[:40], credit)


def _moves(reply: str) -> dict[str, float] | None:
    """None where a part of the reply between commas is not a name, a colon and a number."""
    try:
        return {name: float(amount) for name, amount in (p.split(":") for p in reply.split(","))}
    except ValueError:
        return None


def _axes(moves: dict[str, float]) -> list[float]:
    return [moves.get(there, 0.0) - moves.get(back, 0.0) for there, back in AXES]


def easi_parser(reply: str, item: Row) -> Reading:
    """As EASI does (vlmeval/dataset/sparbench.py): a change of view by the parts of the reply that
    are a name, a colon and a number; what it does not name is 0, even where it names nothing."""
    if item["kind"] != AnswerKind.TEXT.value:
        return easi(reply, item)
    moves: dict[str, float] = {}
    for part in reply.split(","):
        name, _, amount = part.partition(":")
        moves |= _moves(f"{name.strip()}:{amount.strip()}") or {}
    pairs = list(zip(_axes(moves), moved(item["answer"]), strict=True))
    credit = sum(mean_relative_accuracy(one, true) for one, true in pairs) / len(pairs)
    return Reading(reply[:40] or None, credit)


def draw(scenes: Scenes, folder: Path) -> None:
    rows: list[dict[str, Any]] = []
    for task, ask, start in (
        ("depth_prediction_oc", depth, 481),
        ("depth_prediction_oc_mv", depth, 486),
        ("obj_spatial_relation_oo", leftmost, 491),
        ("spatial_imagination_oo_mv", which_of_two, 496),
        (VIEW_CHANGE, which_of_two, 501),
    ):
        for k, (view, said) in enumerate(scenes.pick(ask, 2, start=start)):
            question, answer = said.text, said.right
            if said.wrong:
                options, answer = laid(said, k)
                lettered = zip(LETTERS, options, strict=False)
                question += "".join(f"\n{letter}. {text}" for letter, text in lettered)
            if task == VIEW_CHANGE:
                question, answer = "Both images were taken from the same place.", "move_up:0.0"
            many = task.endswith("_mv") or task == VIEW_CHANGE
            shown = (view, mirrored(view), view) if many else (view,)
            rows.append(
                {
                    "id": len(rows),
                    "img_type": "multi_view" if many else "single_view",
                    "format_type": "select" if said.wrong else "fill",
                    "task": task,
                    "source": "drawn",
                    "image": [embedded(one.data) for one in shown],
                    "question": question,
                    "answer": answer,
                }
            )
    write_parquet(folder / "data" / "test-00000-of-00001.parquet", rows, ["image"])


BENCHMARK = Benchmark(
    name="spar_bench_tiny",
    title="SPAR-Bench-Tiny",
    aliases=("SparBench_tiny",),
    licence="not stated (SPAR-7M: MIT)",
    terms="no licence is stated on its card: ask its authors before you use it for more than "
    "measuring",
    sources=(Source("jasonzhango/SPAR-Bench-Tiny", (Part("test"),)),),
    read=read,
    counts={"": (1000,), **dict.fromkeys(TASKS, (50,))},
    official=official,
    credit=view_change_credit,
    constants=(letters_and_numbers, texts, words),
    parsers={OFFICIAL_PARSER: official_parser, EASI: easi_parser},
    draw=draw,
    reported=(Reported("its own paper", {"qwen2.5-vl-72b": 39.4}),),
)

"""MME-RealWorld-Lite: five options, of which the last says that the image does not show it."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.published import TOTAL, figures
from evaluation.benchmarks.texts import (
    first_of,
    is_given,
    letter_of,
    name_in,
    options_in,
    text_of,
    without_instruction,
)
from evaluation.lmms_eval import LMMS_EVAL
from evaluation.metrics import Metric, accuracy, by
from evaluation.miniatures.files import base64, write_parquet
from evaluation.miniatures.questions import bracketed, color, how_many, laid
from evaluation.miniatures.scenes import Scenes
from evaluation.readings import OFFICIAL_PARSER, Reading, by_letter
from evaluation.vlmevalkit import VLMEVALKIT

NO_ANSWER = "The image does not feature the object."  # the last option of the miniature's items


PREFIXES = ("The best answer is", "The correct answer is", "The answer is", "The answer")
AUTHORS_PREFIXES = (
    *PREFIXES,
    "The best option isThe correct option is",
    "Best answer:Best option:",
)
"""What the authors' parser cuts out; two commas are missing in its list, so that "Best answer: C"
is B, the letter of "Best"."""
ALL_PREFIXES = (
    *PREFIXES,
    *("The best option is", "The correct option is", "Best answer:", "Best option:"),
)
MARKS = ("(A)", "(B)", "(C)", "(D)", "(E)")
MAX_WORDS = 10
"""A longer reply without a letter is not compared with the options."""
TAGGED = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)


def read(row: Row, part: Part, number: int) -> Item:
    finer = row.get("l2-category")
    return Item(
        item_id=name_in(row, "index"),
        question=without_instruction(text_of(row, "question")),
        options=options_in(row, "multi-choice options"),
        answer=letter_of(row["answer"]),
        images=(first_of(row, "bytes", "image"),),
        category=text_of(row, "category"),
        facts={"l2_category": str(finer)} if is_given(finer) else {},
    )


def official(table: pl.DataFrame) -> list[Metric]:
    """Overall, Perception and Reasoning, and each domain."""
    table = table.with_columns(ability=pl.col("category").str.split("/").list.first())
    return [accuracy(table, is_main=True), *by(table, "ability"), *by(table, "category")]


def letter_in(reply: str, prefixes: Sequence[str], options: Sequence[str]) -> str | None:
    """The first of the letters A to E in capitals, even that of a word; without one that of the
    first of the options, `(A) text`, that holds the reply, as A holds the empty one. For
    extract_characters_regex of the authors and of others."""
    text = reply.strip()
    for prefix in prefixes:
        text = text.replace(prefix, "")
    if found := re.search("[ABCDE]", text):
        return found[0]
    if len(text.split()) > MAX_WORDS:
        return None
    return next((one[1] for one in options if text.lower() in one.lower()), None)


def official_parser(reply: str, item: Row) -> Reading:
    """As yfzhang114/MME-RealWorld at 87096fcf (evaluation/eval_your_results.py)."""
    options = [f"({option['letter']}) {option['text']}" for option in item["options"]]
    letter = letter_in(reply, AUTHORS_PREFIXES, options)
    return Reading(letter, float(letter == item["answer"]))


def lmms_eval_letter(reply: str) -> str | None:
    """As EvolvingLMMs-Lab/lmms-eval at 75571cfe (tasks/mme_realworld/utils.py)."""
    return letter_in(reply, ALL_PREFIXES, MARKS)


def vlmevalkit_letter(reply: str) -> str | None:
    """As open-compass/VLMEvalKit at e8e78f05 (class MMERealWorld), which reads the first
    `<answer>`, in capitals, where there is one."""
    found = TAGGED.search(reply)
    return letter_in(found[1].strip().upper() if found else reply, ALL_PREFIXES, MARKS)


def draw(scenes: Scenes, folder: Path) -> None:
    rows: list[dict[str, Any]] = []
    for category, ask in (("Perception/Monitoring", how_many), ("Reasoning/Monitoring", color)):
        for k, (view, said) in enumerate(scenes.pick(ask, 4, start=121)):
            options, letter = laid(said._replace(wrong=said.wrong[:3]), k)
            options = (*options, NO_ANSWER)
            rows.append(
                {
                    "index": len(rows),
                    "bytes": base64(view.data),
                    "question": said.text,
                    "multi-choice options": bracketed(options).split("\n"),
                    "answer": letter,
                    "category": category,
                    "l2-category": ask.__name__,
                }
            )
    write_parquet(folder / "data" / "train-00000-of-00001.parquet", rows, [])


BENCHMARK = Benchmark(
    name="mme_realworld_lite",
    title="MME-RealWorld-Lite",
    aliases=("MME-RealWorld-Lite",),
    licence="Apache-2.0 (full set)",
    sources=(
        Source("yifanzhang114/MME-RealWorld-lite-lmms-eval", (Part("train"),)),
        Source(
            "yifanzhang114/MME-RealWorld-Base64", (Part("test", tables="mme_realworld_lite.tsv"),)
        ),
    ),
    read=read,
    counts={"": (1919,)},
    official=official,
    parsers={
        OFFICIAL_PARSER: official_parser,
        LMMS_EVAL: by_letter(lmms_eval_letter),
        VLMEVALKIT: by_letter(vlmevalkit_letter),
    },
    draw=draw,
    published={
        TOTAL: figures("57.0 51.6 46.9 45.2 41.9 44.1 45.8 43.0 46.7 46.5 47.4 46.3 48.3 49.2"),
    },
)

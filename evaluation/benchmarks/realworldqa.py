"""RealWorldQA: questions with options in their text, or for a word or a number."""

import re

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.texts import (
    cut_options,
    in_columns,
    letter_of,
    name_in,
    text_of,
    without_instruction,
)
from schemas.benchmark import AnswerKind


def read(row: Row, part: Part, number: int) -> Item:
    text, answer = text_of(row, "question"), name_in(row, "answer")
    question, options = (without_instruction(text), in_columns(row)) if "A" in row else ("", ())
    if not options:
        question, options = cut_options(text)
    is_choice = bool(options) and re.fullmatch(r"\(?[A-Ha-h]\)?\.?", answer) is not None
    return Item(
        item_id=str(number),
        question=question if is_choice else without_instruction(text),
        options=options if is_choice else (),
        answer=letter_of(answer) if is_choice else answer,
        images=(row["image"],),
        kind=AnswerKind.CHOICE if is_choice else AnswerKind.TEXT,
        category="choice" if is_choice else "short answer",
    )


BENCHMARK = Benchmark(
    name="realworldqa",
    title="RealWorldQA",
    licence="CC-BY-ND-4.0",
    sources=(
        Source("xai-org/RealworldQA", (Part("test"),), "17e7f75e092e47169732462ea3cdfebe911105dd"),
        Source("visheratin/realworldqa", (Part("test"),)),
        Source("lmms-lab-encoder/RealWorldQA", (Part("test"),)),
    ),
    read=read,
    counts={"": (765,)},
)

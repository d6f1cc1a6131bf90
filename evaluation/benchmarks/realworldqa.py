"""RealWorldQA: questions with options in their text, or for a word or a number."""

import re

from evaluation.benchmarks.spec import Benchmark, Item, Part, Row
from evaluation.benchmarks.texts import cut_options, letter_of
from schemas.benchmark import AnswerKind


def read(row: Row, part: Part, number: int) -> Item:
    question, options = cut_options(str(row["question"]))
    answer = str(row["answer"]).strip()
    is_choice = bool(options) and re.fullmatch(r"[A-Ha-h]\.?", answer) is not None
    return Item(
        item_id=str(row.get("index", number)),
        question=question,
        options=options if is_choice else (),
        answer=letter_of(answer) if is_choice else answer,
        images=(row["image"],),
        kind=AnswerKind.CHOICE if is_choice else AnswerKind.TEXT,
        category="choice" if is_choice else "short answer",
    )


SPEC = Benchmark(
    name="realworldqa",
    title="RealWorldQA",
    repository="xai-org/RealworldQA",
    licence="CC-BY-ND-4.0",
    parts=(Part("test", None, None, 765),),
    columns=("image", "question", "answer"),
    read=read,
    revision="17e7f75e092e47169732462ea3cdfebe911105dd",
)

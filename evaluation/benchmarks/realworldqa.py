"""RealWorldQA: questions with options in their text, or for a word or a number."""

import re
from pathlib import Path
from typing import Any

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.published import TOTAL, figures
from evaluation.benchmarks.texts import (
    cut_options,
    in_columns,
    letter_of,
    name_in,
    text_of,
    without_instruction,
)
from evaluation.constants import letters, texts, words
from evaluation.lmms_eval import LMMS_EVAL, lmms_eval_marked_letter
from evaluation.miniatures.files import embedded, write_parquet
from evaluation.miniatures.questions import how_many, laid, leftmost
from evaluation.miniatures.scenes import Scenes, recoded
from evaluation.readings import Reading
from evaluation.rules import plain
from schemas.benchmark import LETTERS, AnswerKind

LONGEST = 200
"""Characters of what was read that are kept, for people to look at."""


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


def lmms_eval(reply: str, item: Row) -> Reading:
    """As EvolvingLMMs-Lab/lmms-eval at 75571cfe (tasks/realworldqa/utils.py): a marked letter where
    the answer is one, else the whole reply in lower case, without full stops at its end."""
    gold = item["answer"]
    if gold.upper() in ("A", "B", "C", "D"):
        said, gold = lmms_eval_marked_letter(reply), gold.upper()
    else:
        said, gold = reply.lower().strip().rstrip("."), gold.lower()
    return Reading((said or "")[:LONGEST] or None, float(said == gold))


def draw(scenes: Scenes, folder: Path) -> None:
    rows = []
    for k, (view, said) in enumerate(scenes.pick(leftmost, 4, start=61)):
        options, letter = laid(said, k)
        lines = "\n".join(f"{x}. {text}" for x, text in zip(LETTERS, options, strict=False))
        text = (
            f"{said.text}\n\n{lines}\nPlease answer directly with only the letter of the correct "
            "option and nothing else."
        )
        rows.append(_real(view.data, text, letter, k))
    for k, (view, said) in enumerate(scenes.pick(how_many, 4, start=71)):
        text = f"{said.text}\nPlease answer directly with a single word or number."
        rows.append(_real(view.data, text, said.right, 4 + k))
    write_parquet(folder / "data" / "test-00000-of-00001.parquet", rows, ["image"])


def _real(data: bytes, question: str, answer: str, number: int) -> dict[str, Any]:
    image = embedded(recoded(data, "WEBP"), f"{number}.webp")
    return {"image": image, "question": question, "answer": answer}


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
    official=plain,
    passes_options=False,
    parsers={LMMS_EVAL: lmms_eval},
    constants=(letters, texts, words),
    draw=draw,
    published={
        TOTAL: figures("78.7 75.4 64.0 60.1 58.2 68.4 64.8 64.8 64.4 66.3 65.4 66.6 69.2 74.9"),
    },
)

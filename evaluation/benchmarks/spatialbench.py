"""SpatialBench (of SpatialBot): existence, reach, size, positional and counting questions.

The rows are those of the paper's copy, hunarbatra/SpatialBench; the original (gated) has the same
questions in one JSON file per category. Two questions in a row of existence, reach and size with
one picture are a pair.
"""

from evaluation.benchmarks.spec import Benchmark, Item, Part, Row
from evaluation.benchmarks.texts import YES_NO, cut_options, letter_of, yes_or_no
from schemas.benchmark import AnswerKind

PAIRED = ("existence", "reach", "size")


def read(row: Row, part: Part, number: int) -> Item:
    category, answer = str(row["category"]), str(row["answer"]).strip()
    question, options = cut_options(str(row["text"]))
    kind = AnswerKind.CHOICE
    if options:
        answer = letter_of(answer)
    elif answer.lower().rstrip(".") in ("yes", "no"):
        options, answer = YES_NO, yes_or_no(answer)
    else:
        kind = AnswerKind.TEXT
    place = int(row["question_id"])
    facts = {"question_id": str(place)}
    if category in PAIRED:
        facts["pair"] = f"{category}-{place // 2}"
    return Item(
        item_id=f"{category}-{place}",
        question=question,
        options=options,
        answer=answer,
        images=(row["image"],),
        kind=kind,
        category=category,
        group=facts.get("pair"),
        facts=facts,
    )


SPEC = Benchmark(
    name="spatialbench",
    title="SpatialBench",
    repository="hunarbatra/SpatialBench",
    licence="CC-BY-4.0",
    parts=(Part("train", None, None, 174),),
    columns=("image", "answer", "category", "text", "question_id"),
    read=read,
)

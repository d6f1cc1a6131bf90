"""SpatialBench (of SpatialBot): existence, reach, size, positional and counting questions.

The first source is the paper's copy, since the original is gated. Two questions in a row of
existence, reach and size are a pair, as in the authors' script (bunny/eval/eval_spatialbench.py).
Letters of options that a row repeats are read by their place, and the fact `repaired` says so.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.texts import (
    YES_NO,
    cut_options,
    first_of,
    gold_of,
    name_in,
    text_of,
    yes_or_no,
)
from schemas.benchmark import AnswerKind

CATEGORIES = ("existence", "reach", "size", "positional", "counting")
PAIRED = ("existence", "reach", "size")


def read(row: Row, part: Part, number: int) -> Item:
    """The original has a file per category, `question` in place of `text`, and `id` at best."""
    category = part.subset or text_of(row, "category")
    if category not in CATEGORIES:
        raise ValueError(f"the category {category[:40]!r} is none of {', '.join(CATEGORIES)}")
    text = str(first_of(row, "text", "question"))
    question, options = cut_options(text)
    facts = {}
    if not options:
        question, options = cut_options(text, by_place=True)
        facts = {"repaired": "letters"} if options else {}
    answer, kind = name_in(row, "answer"), AnswerKind.CHOICE
    if options:
        answer = gold_of(answer, options)
    elif answer.lower().rstrip(".") in ("yes", "no"):
        options, answer = YES_NO, yes_or_no(answer)
    else:
        kind = AnswerKind.TEXT
    place = name_in(row, "question_id") if "question_id" in row else str(number)
    return Item(
        item_id=f"{category}-{place}",
        question=question,
        options=options,
        answer=answer,
        images=(row["image"],),
        kind=kind,
        category=category,
        facts={"question_id": place, **facts},
    )


def arrange(items: Sequence[Item]) -> list[Item]:
    """With pairs: the first and second question of a category, the third and fourth ..."""
    places: Counter[str | None] = Counter()
    found = []
    for item in items:
        if item.category not in PAIRED:
            found.append(item)
            continue
        pair = f"{item.category}-{places[item.category] // 2}"
        places[item.category] += 1
        found.append(replace(item, group=pair, facts={**item.facts, "pair": pair}))
    return found


BENCHMARK = Benchmark(
    name="spatialbench",
    title="SpatialBench",
    licence="CC-BY-4.0",
    sources=(
        Source("hunarbatra/SpatialBench", (Part("train"),)),
        Source(
            "RussRobin/SpatialBench",
            tuple(
                Part("train", None, name, tables=f"{name}.json", files=(f"{name}/*",))
                for name in CATEGORIES
            ),
            "dcfdaec5ed04aaee1ff57eef44fe25d8b530fae5",
        ),
    ),
    read=read,
    counts={
        "existence": (40,),
        "reach": (40,),
        "size": (40,),
        "positional": (34,),
        "counting": (20,),
    },
    arrange=arrange,
)

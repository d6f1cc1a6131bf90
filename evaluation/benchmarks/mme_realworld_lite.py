"""MME-RealWorld-Lite: five options, of which the last says that the picture does not tell."""

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.texts import (
    first_of,
    in_columns,
    is_given,
    letter_of,
    listed,
    name_in,
    text_of,
    without_instruction,
)


def read(row: Row, part: Part, number: int) -> Item:
    options = row.get("multi-choice options")
    finer = row.get("l2-category")
    return Item(
        item_id=name_in(row, "index"),
        question=without_instruction(text_of(row, "question")),
        options=listed(options) if is_given(options) else in_columns(row),
        answer=letter_of(row["answer"]),
        images=(first_of(row, "bytes", "image"),),
        category=text_of(row, "category"),
        facts={"l2_category": str(finer)} if is_given(finer) else {},
    )


BENCHMARK = Benchmark(
    name="mme_realworld_lite",
    title="MME-RealWorld-Lite",
    licence="Apache-2.0 (full set)",
    sources=(
        Source("yifanzhang114/MME-RealWorld-lite-lmms-eval", (Part("train"),)),
        Source(
            "yifanzhang114/MME-RealWorld-Base64", (Part("test", tables="mme_realworld_lite.tsv"),)
        ),
    ),
    read=read,
    counts={"": (1919,)},
)

"""MMStar: six abilities of 250 questions each, the options inside the question."""

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.texts import (
    coco_of,
    cut_options,
    in_columns,
    is_given,
    letter_of,
    name_in,
    text_of,
)

CATEGORIES = (
    "coarse perception",
    "fine-grained perception",
    "instance reasoning",
    "logical reasoning",
    "math",
    "science & technology",
)


def read(row: Row, part: Part, number: int) -> Item:
    question, options = cut_options(text_of(row, "question"))
    about = row.get("meta_info")
    about = about if isinstance(about, dict) else {}
    facts = {"l2_category": row.get("l2_category"), "origin": about.get("source")}
    return Item(
        item_id=name_in(row, "index"),
        question=question,
        options=in_columns(row) if "A" in row else options,
        answer=letter_of(row["answer"]),
        images=(row["image"],),
        category=text_of(row, "category"),
        facts={name: str(value) for name, value in facts.items() if is_given(value)},
        image_sources=coco_of(about.get("image_path")),
    )


BENCHMARK = Benchmark(
    name="mmstar",
    title="MMStar",
    licence="not stated",
    sources=(Source("Lin-Chen/MMStar", (Part("val", "val"),)),),
    read=read,
    counts=dict.fromkeys(CATEGORIES, (250,)),
)

"""MMStar: six abilities of 250 questions each, the options inside the question."""

from evaluation.benchmarks.spec import Benchmark, Item, Part, Row
from evaluation.benchmarks.texts import cut_options, letter_of


def read(row: Row, part: Part, number: int) -> Item:
    question, options = cut_options(str(row["question"]))
    about = row.get("meta_info") or {}
    return Item(
        item_id=str(row["index"]),
        question=question,
        options=options,
        answer=letter_of(row["answer"]),
        images=(row["image"],),
        category=str(row["category"]),
        facts={
            "l2_category": str(row.get("l2_category") or ""),
            "origin": str(about.get("source") or "") if isinstance(about, dict) else "",
        },
    )


SPEC = Benchmark(
    name="mmstar",
    title="MMStar",
    repository="Lin-Chen/MMStar",
    licence="not stated",
    parts=(Part("val", "val", None, 1500),),
    columns=("index", "question", "image", "answer", "category"),
    read=read,
)

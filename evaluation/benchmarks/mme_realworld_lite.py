"""MME-RealWorld-Lite: five options, of which the last says that the picture does not tell."""

from evaluation.benchmarks.spec import Benchmark, Item, Part, Row
from evaluation.benchmarks.texts import letter_of, listed


def read(row: Row, part: Part, number: int) -> Item:
    return Item(
        item_id=str(row["index"]),
        question=str(row["question"]).strip(),
        options=listed(row["multi-choice options"]),
        answer=letter_of(row["answer"]),
        images=(row["bytes"],),
        category=str(row["category"]),
        facts={"l2_category": str(row.get("l2-category") or "")},
    )


SPEC = Benchmark(
    name="mme_realworld_lite",
    title="MME-RealWorld-Lite",
    repository="yifanzhang114/MME-RealWorld-lite-lmms-eval",
    licence="Apache-2.0 (full set)",
    parts=(Part("train", None, None, 1919),),
    columns=("index", "bytes", "question", "multi-choice options", "answer", "category"),
    read=read,
)

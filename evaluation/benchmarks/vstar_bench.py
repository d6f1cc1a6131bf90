"""V*Bench: small things in large pictures of SA-1B.

The Hub rows are those of the copy that holds the pictures; the original (craigwu/vstar_bench, with
the pictures beside it) is read from a folder.
"""

from pathlib import PurePosixPath

from evaluation.benchmarks.spec import Benchmark, Item, Part, Row
from evaluation.benchmarks.texts import cut_options, letter_of


def read(row: Row, part: Part, number: int) -> Item:
    question, options = cut_options(str(row["text"]))
    picture = row["image"]
    name = picture if isinstance(picture, str) else (picture or {}).get("path")
    stem = PurePosixPath(str(name or "")).name
    return Item(
        item_id=f"{row['category']}-{row['question_id']}",
        question=question,
        options=options,
        answer=letter_of(row["label"]),
        images=(picture,),
        category=str(row["category"]),
        image_sources=(f"sa-1b:{stem}",) if stem.startswith("sa_") else (),
    )


SPEC = Benchmark(
    name="vstar_bench",
    title="V*Bench",
    repository="lmms-lab/vstar-bench",
    licence="not stated (code: MIT)",
    parts=(Part("test", None, None, 191),),
    columns=("image", "text", "category", "label", "question_id"),
    read=read,
)

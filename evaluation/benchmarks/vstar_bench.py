"""V*Bench: small things in large pictures of SA-1B."""

from pathlib import PurePosixPath

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.texts import (
    cut_options,
    first_of,
    in_columns,
    letter_of,
    name_in,
    text_of,
)

CATEGORIES = ("direct_attributes", "relative_position")
LONGEST_NAME = 255


def read(row: Row, part: Part, number: int) -> Item:
    question, options = cut_options(str(first_of(row, "text", "question")))
    category, picture = text_of(row, "category"), row["image"]
    place = name_in(row, "question_id") if "question_id" in row else str(number)
    name = picture.get("path") if isinstance(picture, dict) else picture
    name = name if isinstance(name, str) and len(name) <= LONGEST_NAME else ""
    stem = PurePosixPath(name).name
    return Item(
        item_id=f"{category}-{place}",
        question=question,
        options=options or in_columns(row),
        answer=letter_of(first_of(row, "label", "answer")),
        images=(picture,),
        category=category,
        image_sources=(f"sa-1b:{stem}",) if stem.startswith("sa_") else (),
    )


BENCHMARK = Benchmark(
    name="vstar_bench",
    title="V*Bench",
    licence="not stated (code: MIT)",
    sources=(
        Source(
            "craigwu/vstar_bench",
            (
                Part(
                    "test",
                    tables="test_questions.jsonl",
                    files=tuple(f"{name}/*" for name in CATEGORIES),
                ),
            ),
        ),
        Source("lmms-lab/vstar-bench", (Part("test"),)),
        Source(
            "xjtupanda/VStar_Bench",
            (Part("test", tables="VStarBench.tsv"),),
            "b1312e6fbf89ace5a50cc5b0214010aeb0f69bdc",
        ),
    ),
    read=read,
    counts={"direct_attributes": (115,), "relative_position": (76,)},
)

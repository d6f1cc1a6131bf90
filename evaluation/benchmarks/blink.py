"""BLINK: the validation rows of Spatial_Relation and Relative_Depth."""

from evaluation.benchmarks.spec import Benchmark, Item, Part, Row
from evaluation.benchmarks.texts import letter_of, listed


def read(row: Row, part: Part, number: int) -> Item:
    pictures = (row.get(f"image_{place}") for place in range(1, 5))
    return Item(
        item_id=str(row["idx"]),
        question=str(row["question"]).strip(),
        options=listed(row["choices"]),
        answer=letter_of(row["answer"]),
        images=tuple(picture for picture in pictures if picture is not None),
        subset=part.subset,
        category=str(row.get("sub_task") or part.subset),
    )


SPEC = Benchmark(
    name="blink",
    title="BLINK",
    repository="BLINK-Benchmark/BLINK",
    licence="Apache-2.0",
    parts=(
        Part("val", "Spatial_Relation", "Spatial_Relation", 143),
        Part("val", "Relative_Depth", "Relative_Depth", 124),
    ),
    columns=("idx", "question", "choices", "answer", "image_1"),
    read=read,
)

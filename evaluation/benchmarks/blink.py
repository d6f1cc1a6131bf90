"""BLINK: the validation rows of Spatial_Relation and Relative_Depth."""

from functools import partial

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source, with_ids
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

SUBSETS = ("Spatial_Relation", "Relative_Depth")


def read(row: Row, part: Part, number: int) -> Item | None:
    """None for a row of BLINK's other tasks, which VLMEvalKit's TSV holds in one file."""
    subset = part.subset or str(first_of(row, "sub_task", "category")).replace(" ", "_")
    if subset not in SUBSETS:
        return None
    pictures = [row.get(f"image_{place}") for place in range(1, 5)] if "image_1" in row else []
    images = tuple(picture for picture in pictures if is_given(picture))
    return Item(
        item_id=name_in(row, "idx") if "idx" in row else "",
        question=without_instruction(text_of(row, "question")),
        options=listed(row["choices"]) if "choices" in row else in_columns(row),
        answer=letter_of(row["answer"]),
        images=images or (first_of(row, "image_1", "image"),),
        subset=subset,
        category=subset,
    )


BENCHMARK = Benchmark(
    name="blink",
    title="BLINK",
    licence="Apache-2.0",
    sources=(Source("BLINK-Benchmark/BLINK", tuple(Part("val", name, name) for name in SUBSETS)),),
    read=read,
    counts={"Spatial_Relation": (143,), "Relative_Depth": (124,)},
    arrange=partial(with_ids, form="val_{subset}_{number}", first=1),
)

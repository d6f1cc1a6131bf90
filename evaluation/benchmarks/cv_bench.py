"""CV-Bench: 2D (count, relation) and 3D (depth, distance), up to six options."""

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source, with_ids
from evaluation.benchmarks.texts import (
    coco_of,
    first_of,
    in_columns,
    is_given,
    letter_of,
    listed,
    name_in,
    text_of,
    without_instruction,
)

SOURCES = {"2D": ("ADE20K", "COCO"), "3D": ("Omni3D",)}


def read(row: Row, part: Part, number: int) -> Item:
    subset, source = str(row.get("type") or part.subset), text_of(row, "source")
    if source not in SOURCES.get(subset, ()):
        raise ValueError(f"the subset {subset} has no source {source}")
    name = row.get("source_filename")
    sources = coco_of(name) if source == "COCO" else ()
    if source == "ADE20K" and is_given(name):
        sources = (f"ade20k:{name}",)
    return Item(
        item_id=f"{subset}-{name_in(row, 'idx')}" if "idx" in row else "",
        question=without_instruction(text_of(row, "question")),
        options=listed(row["choices"]) if "choices" in row else in_columns(row),
        answer=letter_of(row["answer"]),
        images=(row["image"],),
        subset=subset,
        category=str(first_of(row, "task", "category")),
        group=f"{source}:{name}" if is_given(name) else None,
        facts={"source": source},
        image_sources=sources,
    )


BENCHMARK = Benchmark(
    name="cv_bench",
    title="CV-Bench",
    licence="Apache-2.0",
    sources=(Source("nyu-visionx/CV-Bench", (Part("test", "2D", "2D"), Part("test", "3D", "3D"))),),
    read=read,
    arrange=with_ids,
    counts={
        "2D": (1438,),
        "3D": (1200,),
        "Count": (788,),
        "Relation": (650,),
        "Depth": (600,),
        "Distance": (600,),
    },
)

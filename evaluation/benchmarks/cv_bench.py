"""CV-Bench: 2D (count, relation) and 3D (depth, distance), up to six options."""

from evaluation.benchmarks.spec import Benchmark, Item, Part, Row
from evaluation.benchmarks.texts import coco_of, in_columns, letter_of, listed

SOURCES = {"2D": ("ADE20K", "COCO"), "3D": ("Omni3D",)}


def read(row: Row, part: Part, number: int) -> Item:
    subset, source = str(row.get("type") or part.subset), str(row["source"])
    if source not in SOURCES.get(subset, ()):
        raise ValueError(f"{subset} has no source {source}")
    name = row.get("source_filename")
    sources = coco_of(name) if source == "COCO" else ()
    if source == "ADE20K" and name:
        sources = (f"ade20k:{name}",)
    return Item(
        item_id=f"{subset}-{row.get('idx', row.get('index', number))}",
        question=str(row["question"]).strip(),
        options=listed(row["choices"]) if "choices" in row else in_columns(row),
        answer=letter_of(row["answer"]),
        images=(row["image"],),
        subset=subset,
        category=str(row["task"]),
        group=f"{source}:{name}" if name else None,
        facts={"source": source},
        image_sources=sources,
    )


SPEC = Benchmark(
    name="cv_bench",
    title="CV-Bench",
    repository="nyu-visionx/CV-Bench",
    licence="Apache-2.0",
    parts=(Part("test", "2D", "2D", 1438), Part("test", "3D", "3D", 1200)),
    columns=("question", "answer", "image", "source", "task"),
    read=read,
)

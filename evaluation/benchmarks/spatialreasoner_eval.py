"""SpatialReasonerEval: depth and distance, two options each.

By number and file name these are the 1,200 items of CV-Bench 3D, which so enter a mean over
benchmarks twice. The first source is the paper's copy; the original is a TSV in VLMEvalKit's form.
"""

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.texts import cut_options, first_of, gold_of, in_columns, listed


def read(row: Row, part: Part, number: int) -> Item:
    question, options = cut_options(str(first_of(row, "prompt", "question")))
    if "choices" in row:
        options = listed(row["choices"])
    elif "A" in row:
        options = in_columns(row)
    return Item(
        item_id=str(number),
        question=question,
        options=options,
        answer=gold_of(row["answer"], options),
        images=(row["image"],),
        category=str(first_of(row, "task", "category")),
    )


BENCHMARK = Benchmark(
    name="spatialreasoner_eval",
    title="SpatialReasonerEval",
    licence="not stated",
    sources=(
        Source("hunarbatra/SpatialReasonerEval", (Part("train"),)),
        Source("ccvl/SpatialReasonerEval", (Part("test", tables="CV-Bench-3D.tsv"),)),
    ),
    read=read,
    counts={"Depth": (600,), "Distance": (600,)},
)

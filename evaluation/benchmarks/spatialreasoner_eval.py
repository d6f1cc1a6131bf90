"""SpatialReasonerEval: depth and distance, two options each.

By number and file name these are the 1,200 items of CV-Bench 3D, which so enter a mean over
benchmarks twice.
"""

from evaluation.benchmarks.spec import Benchmark, Item, Part, Row
from evaluation.benchmarks.texts import cut_options, letter_of, listed


def read(row: Row, part: Part, number: int) -> Item:
    question, _ = cut_options(str(row["prompt"]))
    return Item(
        item_id=str(number),
        question=question,
        options=listed(row["choices"]),
        answer=letter_of(row["answer"]),
        images=(row["image"],),
        category=str(row["task"]),
    )


SPEC = Benchmark(
    name="spatialreasoner_eval",
    title="SpatialReasonerEval",
    repository="hunarbatra/SpatialReasonerEval",
    licence="not stated",
    parts=(Part("train", None, None, 1200),),
    columns=("image", "prompt", "answer", "choices", "task"),
    read=read,
)

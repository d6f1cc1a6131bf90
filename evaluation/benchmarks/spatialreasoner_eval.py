"""SpatialReasonerEval: depth and distance, two options each.

By number and file name these are the 1,200 items of CV-Bench 3D, which a mean over benchmarks
therefore counts twice. The first source is the paper's copy; the original is a TSV of VLMEvalKit.
"""

from pathlib import Path

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.published import TOTAL, figures
from evaluation.benchmarks.texts import cut_options, first_of, gold_of, in_columns, listed
from evaluation.miniatures.files import embedded, write_parquet
from evaluation.miniatures.questions import bracketed, closer_pair, laid, nearer
from evaluation.miniatures.scenes import Scenes
from evaluation.rules import plain
from evaluation.vlmevalkit import VLMEVALKIT, vlmevalkit


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


def draw(scenes: Scenes, folder: Path) -> None:
    rows = []
    for task, ask in (("Depth", nearer), ("Distance", closer_pair)):
        for k, (view, said) in enumerate(scenes.pick(ask, 4, start=41)):
            options, letter = laid(said, k)
            rows.append(
                {
                    "image": embedded(view.data),
                    "prompt": f"{said.text} Select from the following choices.\n"
                    + bracketed(options),
                    "answer": f"({letter})",
                    "choices": repr(list(options)),
                    "task": task,
                }
            )
    write_parquet(folder / "data" / "train-00000-of-00001.parquet", rows, ["image"])


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
    official=plain,
    parsers={VLMEVALKIT: vlmevalkit},
    draw=draw,
    published={
        TOTAL: figures("90.5 85.8 85.7 84.1 68.0 70.6 88.2 67.5 69.3 76.5 70.8 79.6 82.7 92.6"),
    },
)

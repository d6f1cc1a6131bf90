"""BLINK: the validation rows of Spatial_Relation and Relative_Depth."""

from functools import partial
from pathlib import Path

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source, with_ids
from evaluation.benchmarks.blink_whole import official_parser
from evaluation.benchmarks.published import TOTAL, figures
from evaluation.benchmarks.texts import (
    first_of,
    is_given,
    letter_of,
    name_in,
    options_in,
    text_of,
    without_instruction,
)
from evaluation.lmms_eval import LMMS_EVAL, lmms_eval_letter
from evaluation.miniatures.files import embedded, write_parquet
from evaluation.miniatures.questions import bracketed, is_left, laid, nearer
from evaluation.miniatures.scenes import Scenes
from evaluation.readings import OFFICIAL_PARSER, by_letter
from evaluation.rules import subset_mean
from evaluation.vlmevalkit import VLMEVALKIT, vlmevalkit

SUBSETS = ("Spatial_Relation", "Relative_Depth")  # those that the paper evaluates


def read(row: Row, part: Part, number: int) -> Item | None:
    """None for a row of BLINK's other tasks, which VLMEvalKit's TSV holds in one file."""
    subset = part.subset or str(first_of(row, "sub_task", "category")).replace(" ", "_")
    if subset not in SUBSETS:
        return None
    photographs = [row.get(f"image_{place}") for place in range(1, 5)] if "image_1" in row else []
    images = tuple(photograph for photograph in photographs if is_given(photograph))
    return Item(
        item_id=name_in(row, "idx") if "idx" in row else "",
        question=without_instruction(text_of(row, "question")),
        options=options_in(row, "choices"),
        answer=letter_of(row["answer"]),
        images=images or (first_of(row, "image_1", "image"),),
        subset=subset,
        category=subset,
    )


def draw(scenes: Scenes, folder: Path) -> None:
    for subset, ask in (("Spatial_Relation", is_left), ("Relative_Depth", nearer)):
        rows = []
        for k, (view, said) in enumerate(scenes.pick(ask, 6, start=21)):
            options, letter = laid(said, k)
            prompt = f"{said.text}\nSelect from the following choices.\n{bracketed(options)}"
            rows.append(
                {
                    "idx": f"val_{subset}_{k + 1}",
                    "question": said.text,
                    "sub_task": subset,
                    "image_1": embedded(view.data, f"val_{subset}_{k + 1}_1.jpg"),
                    "image_2": None,
                    "image_3": None,
                    "image_4": None,
                    "choices": list(options),
                    "answer": f"({letter})",
                    "prompt": prompt,
                    "explanation": "",
                }
            )
        images = [f"image_{place}" for place in range(1, 5)]
        write_parquet(folder / subset / "val-00000-of-00001.parquet", rows, images)


BENCHMARK = Benchmark(
    name="blink",
    title="BLINK",
    licence="Apache-2.0",
    sources=(Source("BLINK-Benchmark/BLINK", tuple(Part("val", name, name) for name in SUBSETS)),),
    read=read,
    counts={"Spatial_Relation": (143,), "Relative_Depth": (124,)},
    arrange=partial(with_ids, form="val_{subset}_{number}", first=1),
    official=subset_mean,
    paper_compatible=subset_mean,
    parsers={
        OFFICIAL_PARSER: official_parser,
        LMMS_EVAL: by_letter(lmms_eval_letter),
        VLMEVALKIT: vlmevalkit,
    },
    draw=draw,
    published={
        "Spatial_Relation": figures(
            "90.9 82.5 79.0 58.7 66.4 84.0 86.0 65.0 73.4 81.8 75.5 80.4 86.0 88.1"
        ),
        "Relative_Depth": figures(
            "81.4 78.2 78.2 67.7 54.0 52.4 75.8 66.9 55.6 66.9 64.5 75.0 72.6 79.8"
        ),
        TOTAL: figures("86.1 80.4 78.6 63.2 60.2 68.2 80.9 66.0 64.5 74.4 70.0 77.7 79.3 84.0"),
    },
)

"""HallusionBench: the part with images; yes or no."""

from pathlib import Path

import polars as pl

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.published import TOTAL, figures
from evaluation.benchmarks.texts import (
    YES_NO,
    first_of,
    is_given,
    name_in,
    text_of,
    without_instruction,
    yes_or_no,
)
from evaluation.metrics import Metric, accuracy, parts, whole
from evaluation.miniatures.files import embedded, write_parquet
from evaluation.miniatures.questions import is_left
from evaluation.miniatures.scenes import Scenes, mirrored
from evaluation.vlmevalkit import VLMEVALKIT, vlmevalkit_yes_no

KEYS = ("subcategory", "set_id", "figure_id", "question_id", "visual_input")
"""The first four make up the id of an item."""


def read(row: Row, part: Part, number: int) -> Item | None:
    """None for a question without an image, which HallusionBench.json has, too."""
    if name_in(row, "visual_input") == "0" and not is_given(row.get("image")):
        return None
    facts = {key: name_in(row, key) for key in KEYS}
    category = text_of(row, "category")
    return Item(
        item_id="-".join([category, *(facts[key] for key in KEYS[:4])]),
        question=without_instruction(text_of(row, "question")),
        options=YES_NO,
        answer=yes_or_no(row["gt_answer"]),
        images=(first_of(row, "image", "filename"),),
        category=category,
        group=f"{category}-{facts['subcategory']}-{facts['set_id']}",
        facts=facts,
    )


def official(table: pl.DataFrame) -> list[Metric]:
    """aAcc: all questions; fAcc: all questions of a figure, without figure 0 of VS; qAcc: a
    question on all its figures. Figure 0 of VS is a question without a figure: there, a reply that
    does not decide is right (tianyi-lab/HallusionBench, utils.py). No column says how many
    questions a figure has: those that were asked count as all."""
    is_bare = (pl.col("category") == "VS") & (pl.col("figure_id") == "0")
    table = table.with_columns(right=pl.col("right") | (is_bare & pl.col("is_uncertain")))
    metrics = _over_figures(table, table.filter(~is_bare))
    for category, part in parts(table, "category"):
        metrics += _over_figures(part, part.filter(~is_bare), category)
    return metrics


def _over_figures(
    table: pl.DataFrame, figures: pl.DataFrame, category: str | None = None
) -> list[Metric]:
    keys = ["category", "subcategory", "set_id"]
    found = [accuracy(table, "aAcc", category=category, is_main=category is None)]
    for name, part, key in (("fAcc", figures, "figure_id"), ("qAcc", table, "question_id")):
        together = whole(part, [*keys, key], pl.len().over(*keys, key))
        found.append(Metric(name, together, part, category=category))
    return found


def draw(scenes: Scenes, folder: Path) -> None:
    """Figures 1 of every set are as drawn, figures 2 (`visual_input` 2) are edited: mirrored."""
    rows = []
    for category in ("VD", "VS"):
        for number, (view, said) in enumerate(scenes.pick(is_left, 2, start=201)):
            for figure, shown in ((1, view), (2, mirrored(view))):
                left, right = said.about
                questions = (
                    (said.text, figure == 1),
                    (f"Is the {right.name} to the left of the {left.name}?", figure == 2),
                )
                for place, (text, is_true) in enumerate(questions):
                    rows.append(
                        {
                            "category": category,
                            "subcategory": "figure",
                            "visual_input": str(figure),
                            "set_id": str(number),
                            "figure_id": str(figure),
                            "sample_note": "rendered",
                            "question_id": str(place),
                            "question": text,
                            "gt_answer_details": "",
                            "gt_answer": str(int(is_true)),
                            "filename": f"./{category}/figure/{number}_{figure}.png",
                            "image": embedded(shown.data),
                        }
                    )
    write_parquet(folder / "data" / "image-00000-of-00001.parquet", rows, ["image"])


BENCHMARK = Benchmark(
    name="hallusionbench",
    title="HallusionBench",
    aliases=("hallusion_bench_image",),
    licence="BSD-3-Clause",
    sources=(Source("lmms-lab/HallusionBench", (Part("image"),)),),
    read=read,
    counts={"VD": (591,), "VS": (360,)},
    official=official,
    facts=("subcategory", "set_id", "figure_id", "question_id"),
    parsers={VLMEVALKIT: vlmevalkit_yes_no},
    draw=draw,
    published={
        TOTAL: figures("73.8 55.0 71.2 55.5 46.3 52.9 61.5 58.9 59.0 62.5 66.2 60.7 66.4 75.2"),
    },
)

"""HallusionBench: the part with pictures; yes or no."""

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.texts import (
    YES_NO,
    first_of,
    is_given,
    name_in,
    text_of,
    without_instruction,
    yes_or_no,
)

KEYS = ("subcategory", "set_id", "figure_id", "question_id", "visual_input")


def read(row: Row, part: Part, number: int) -> Item | None:
    """None for a question without a picture, which HallusionBench.json has, too."""
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


BENCHMARK = Benchmark(
    name="hallusionbench",
    title="HallusionBench",
    licence="BSD-3-Clause",
    sources=(Source("lmms-lab/HallusionBench", (Part("image"),)),),
    read=read,
    counts={"VD": (591,), "VS": (360,)},
)

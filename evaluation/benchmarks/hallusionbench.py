"""HallusionBench: the part with pictures; yes or no."""

from evaluation.benchmarks.spec import Benchmark, Item, Part, Row
from evaluation.benchmarks.texts import YES_NO, yes_or_no

KEYS = ("subcategory", "set_id", "figure_id", "question_id", "visual_input")


def read(row: Row, part: Part, number: int) -> Item:
    facts = {key: str(row[key]) for key in KEYS}
    place = "-".join([str(row["category"]), *(facts[key] for key in KEYS[:4])])
    return Item(
        item_id=place,
        question=str(row["question"]).strip(),
        options=YES_NO,
        answer=yes_or_no(row["gt_answer"]),
        images=(row["image"] if "image" in row else row["filename"],),
        category=str(row["category"]),
        group=f"{row['category']}-{facts['subcategory']}-{facts['set_id']}",
        facts=facts,
    )


SPEC = Benchmark(
    name="hallusionbench",
    title="HallusionBench",
    repository="lmms-lab/HallusionBench",
    licence="BSD-3-Clause",
    parts=(Part("image", None, None, 951),),
    columns=("category", *KEYS, "question", "gt_answer"),
    read=read,
)

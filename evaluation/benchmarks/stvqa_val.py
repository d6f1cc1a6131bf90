"""The validation split of a dataset of ours, or of one with the columns of STVQA-7K.

`scene_objects` and `scene_relationships` hold the photograph's whole scene: published ids, boxes in
pixels of the photograph.
"""

import json
from typing import Any

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.texts import is_given, letter_of, listed, text_of

TOLD = ("width", "height", "evidence")


def read(row: Row, part: Part, number: int) -> Item:
    question_id = str(row["question_id"]) if is_given(row.get("question_id")) else str(number)
    pictures = row["images"] if isinstance(row["images"], list) else [row["images"]]
    facts = {"level": text_of(row, "level"), "question_id": question_id}
    facts |= {name: str(row[name]) for name in TOLD if is_given(row.get(name))}
    if is_given(row.get("answer_option_text")):
        facts["gold"] = text_of(row, "answer_option_text")
    if row.get("scene_objects") is not None:
        scene = {"objects": row["scene_objects"], "relationships": row["scene_relationships"] or []}
        facts["full_scene"] = json.dumps(scene)
    coco_id: Any = row.get("coco_id")
    return Item(
        item_id=question_id,
        question=text_of(row, "question_only"),
        options=listed(row["options"]),
        answer=letter_of(row["answer_only"]),
        images=tuple(pictures),
        category=text_of(row, "category"),
        group=next((str(row[name]) for name in ("group_id", "image_id") if row.get(name)), None),
        facts=facts,
        image_sources=(f"coco:{int(coco_id):012d}",) if is_given(coco_id) else (),
    )


BENCHMARK = Benchmark(
    name="stvqa_val",
    title="STVQA validation",
    licence="Apache-2.0",
    sources=(
        Source("hunarbatra/STVQA-7K", (Part("val"),), counts={"": (692,)}),
        Source("OX-PIXL/STVQA-7K", (Part("val"),), counts={"": (692,)}),
    ),
    read=read,
)

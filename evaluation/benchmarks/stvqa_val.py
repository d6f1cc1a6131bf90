"""The validation split of a dataset of ours, or of one with the columns of STVQA-7K."""

import json

from evaluation.benchmarks.spec import Benchmark, Item, Part, Row
from evaluation.benchmarks.texts import letter_of, listed


def read(row: Row, part: Part, number: int) -> Item:
    question_id = str(row.get("question_id") or number)
    pictures = row["images"] if isinstance(row["images"], list) else [row["images"]]
    facts = {"level": str(row["level"]), "question_id": question_id}
    if row.get("answer_option_text"):
        facts["gold"] = str(row["answer_option_text"])
    for name in ("width", "height", "evidence"):
        if row.get(name) is not None:
            facts[name] = str(row[name])
    if row.get("scene_objects"):
        facts["full_scene"] = json.dumps(
            {"objects": row["scene_objects"], "relationships": row["scene_relationships"]}
        )
    coco_id = row.get("coco_id")
    return Item(
        item_id=question_id,
        question=str(row["question_only"]).strip(),
        options=listed(row["options"]),
        answer=letter_of(row["answer_only"]),
        images=tuple(pictures),
        category=str(row["category"]),
        group=str(row.get("group_id") or row.get("image_id") or question_id),
        facts=facts,
        image_sources=(f"coco:{int(coco_id):012d}",) if coco_id is not None else (),
    )


SPEC = Benchmark(
    name="stvqa_val",
    title="STVQA validation",
    repository="hunarbatra/STVQA-7K",
    licence="Apache-2.0",
    parts=(Part("val"),),
    columns=("images", "question_only", "options", "answer_only", "category", "level"),
    read=read,
)

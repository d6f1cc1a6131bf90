"""The validation split of a dataset of ours, or of one with the columns of STVQA-7K.

`scene_objects` and `scene_relationships` hold the photograph's whole scene graph: published ids,
and boxes in pixels of the photograph.
"""

import json
from pathlib import Path
from typing import Any

import polars as pl

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.published import TOTAL, figures
from evaluation.benchmarks.texts import coco_source, is_given, letter_of, listed, text_of
from evaluation.metrics import Metric, by, whole
from evaluation.miniatures.files import embedded, write_parquet
from evaluation.miniatures.questions import Asked, beside, how_many, laid, leftmost, nearer
from evaluation.miniatures.scenes import Corners, Scenes, View
from evaluation.rules import plain
from schemas.completion.publish import (
    PublishedScene,
    option_text,
    render_completion,
    render_problem,
)
from schemas.proof.own_scene import COLUMNS, encode_program, program_of
from schemas.question import LEVELS

TOLD = ("width", "height", "evidence", "pair_id")
"""Columns that become facts: the frame of the gold boxes in pixels, how sure the answer is, and
which other item has the same words and another answer."""


def read(row: Row, part: Part, number: int) -> Item:
    question_id = str(row["question_id"]) if is_given(row.get("question_id")) else str(number)
    photographs = row["images"] if isinstance(row["images"], list) else [row["images"]]
    facts = {"level": text_of(row, "level"), "question_id": question_id}
    facts |= {name: str(row[name]) for name in TOLD if is_given(row.get(name))}
    if is_given(row.get("answer_option_text")):
        facts["gold"] = text_of(row, "answer_option_text")
    if row.get("scene_objects") is not None:
        scene = {"objects": row["scene_objects"], "relationships": row["scene_relationships"] or []}
        facts["full_scene"] = json.dumps(scene)
    if all(is_given(row.get(name)) for name in COLUMNS):
        facts["program"] = encode_program(program_of(row))
    coco_id: Any = row.get("coco_id")
    return Item(
        item_id=question_id,
        question=text_of(row, "question_only"),
        options=listed(row["options"]),
        answer=letter_of(row["answer_only"]),
        images=tuple(photographs),
        category=text_of(row, "category"),
        group=next((str(row[name]) for name in ("group_id", "image_id") if row.get(name)), None),
        facts=facts,
        image_sources=(coco_source(int(coco_id)),) if is_given(coco_id) else (),
    )


def official(table: pl.DataFrame) -> list[Metric]:
    return [*plain(table), *by(table, "level"), *pairs(table)]


def pairs(table: pl.DataFrame) -> list[Metric]:
    """The share of pairs of which both items are right: who reads only the words gets none."""
    asked = table.filter(pl.col("pair_id").is_not_null())
    units = whole(asked, ["pair_id"], pl.lit(2, pl.UInt32))
    return [Metric("pair accuracy", units, asked, subset="pairs")]


def paper_compatible(table: pl.DataFrame) -> list[Metric]:
    return [*plain(table), *by(table, "level")]


def draw(scenes: Scenes, folder: Path) -> None:
    rows = []
    for category, ask, evidence in (
        ("relation", leftmost, "proved"),
        ("depth", nearer, "asserted"),
        ("count", how_many, "proved"),
    ):
        for k, (view, said) in enumerate(scenes.pick(ask, 3, start=241)):
            rows.append(_sample(category, k, view, said, evidence))
    write_parquet(folder / "val-00000-of-00001.parquet", rows, ["images"])


def _sample(category: str, k: int, view: View, asked: Asked, evidence: str) -> dict[str, Any]:
    options, letter = laid(asked._replace(wrong=asked.wrong[:3]), k)
    place = options.index(asked.right)
    lines = [option_text(number, text) for number, text in enumerate(options)]
    question = "\n".join([asked.text, *lines])
    found = beside(view) if category == "relation" else None
    links = [(found[0].label, "left of", found[1].label)] if found else []
    gold = _scene([(one.label, one.box) for one in asked.about], links)
    whole = _scene(
        [*view.grounds, *((one.label, one.box) for one in view.things)],
        list(dict.fromkeys([*view.relationships, *links])),
    )
    return {
        "image_id": str(view.number),
        "images": [embedded(view.data, f"{view.number}.jpg")],
        "problem": render_problem(question, view.width, view.height),
        "question_only": asked.text,
        "question_with_options": question,
        "options": list(options),
        "answer": render_completion(gold, letter),
        "answer_only": letter,
        "answer_text": render_completion(gold, options[place]),
        "answer_text_only": options[place],
        "answer_option_text": render_completion(gold, lines[place]),
        "answer_option_text_only": lines[place],
        "category": category,
        "level": LEVELS[k % len(LEVELS)],
        "rating": 8,
        "question_id": f"{view.number}-{category}",
        "group_id": str(view.number),
        "evidence": evidence,
        "width": view.width,
        "height": view.height,
        "scene_objects": whole.objects,
        "scene_relationships": whole.relationships,
        "coco_id": None,
    }


def _scene(objects: list[tuple[str, Corners]], links: list[tuple[str, str, str]]) -> PublishedScene:
    return PublishedScene(
        objects=[{"id": label, "bbox": tuple(box)} for label, box in objects],
        relationships=[
            {"subject": subject, "predicate": predicate, "object": target}
            for subject, predicate, target in links
        ],
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
    official=official,
    paper_compatible=paper_compatible,
    facts=("level", "pair_id"),
    is_own=True,
    draw=draw,
    published={
        TOTAL: figures("89.7 77.0 80.5 - 74.3 77.5 83.7 85.6 86.7 92.5 84.5 87.1 92.8 93.0"),
    },
)

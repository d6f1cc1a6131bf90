"""Samples: the rows that chosen questions become, in the order in which they are published.

A million samples are more than memory should hold: they are made some scenes at a time, lie on the
disk meanwhile, and are read again by ranges of their image.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl

from schemas.claim import decode_claim, objects_of
from schemas.columns import frame_of
from schemas.completion.publish import (
    LETTERS,
    option_text,
    publish_scene,
    published_ids,
    render_completion,
    render_problem,
)
from schemas.question import as_judged
from schemas.sample import WITNESSED_SAMPLE
from schemas.scene_graph import Scene, scenes_of
from tasks.language.forms.table import form_of
from tasks.processes import map_batches
from training.demonstrations import demonstration

Answered = Callable[[str], str]
"""A completion with the gold scene and the answer that is given."""
SCENES_AT_ONCE = 4_000
"""Scenes whose samples are made together: a worker takes 500 of them at a time."""
ROWS_AT_ONCE = 40_000
"""Samples that are read again at once: some 120 MB."""
ROW_GROUP = 4_000
"""Samples of a file that are read again together."""
ORDER = ("image_id", "question_id")
ADDED = ("split", "group_id", "pair_id", "order", "coco_id", "photograph")
"""What the choice adds to a question."""


def samples_in_order(
    chosen: pl.DataFrame,
    question_paths: Sequence[Path],
    scene_paths: Sequence[Path],
    schema: pl.Schema,
    folder: Path,
    num_workers: int = 1,
) -> Iterator[pl.DataFrame]:
    """The samples of the chosen questions, sorted by image and question, some thousands at a time.
    `chosen` says in which `file` of the questions each is; `folder` is empty and takes some 3 KB
    for each."""
    number = count()
    for path in scene_paths:
        for scenes in pl.read_parquet(path).iter_slices(SCENES_AT_ONCE):
            made = _samples_of(chosen, question_paths, scenes, schema, num_workers)
            made.write_parquet(folder / f"{next(number)}.parquet", row_group_size=ROW_GROUP)
    made_in_all = pl.scan_parquet(folder / "*.parquet")
    for first, last in _ranges(chosen["image_id"]):
        part = made_in_all.filter(pl.col("image_id").is_between(pl.lit(first), pl.lit(last)))
        yield part.collect().sort(ORDER)


def _ranges(image_ids: pl.Series) -> Iterator[tuple[str, str]]:
    """The first and last image of parts that follow one another, with ROWS_AT_ONCE rows or more."""
    counts = image_ids.value_counts(name="number").sort("image_id")
    place = (counts["number"].cum_sum() - counts["number"]) // ROWS_AT_ONCE
    for part in counts.with_columns(place=place).partition_by("place", maintain_order=True):
        yield part["image_id"][0], part["image_id"][-1]


def _samples_of(
    chosen: pl.DataFrame,
    question_paths: Sequence[Path],
    scenes: pl.DataFrame,
    schema: pl.Schema,
    num_workers: int,
) -> pl.DataFrame:
    """Those of some scenes, sorted."""
    mine = chosen.join(scenes.select("image_id"), on="image_id", how="semi")
    added = mine.select("question_id", *ADDED)
    questions = [
        as_judged(
            pl.scan_parquet(question_paths[file])
            .filter(pl.col("question_id").is_in(added["question_id"].implode()))
            .collect()
        )
        .drop("pair_id")
        .join(added, on="question_id")
        for file in mine["file"].unique().sort()
    ]
    empty = pl.DataFrame(schema=schema)
    if not questions:
        return empty
    rows = pl.concat(questions)
    asked = rows.group_by("image_id").agg(questions=pl.struct(rows.columns))
    work = partial(_batch, schema=schema)
    asked_scenes = scenes.join(asked, on="image_id", maintain_order="left")
    return pl.concat([empty, *map_batches(work, asked_scenes, num_workers)]).sort(ORDER)


def _batch(asked_scenes: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    questions = asked_scenes.select(pl.col("questions").explode()).unnest("questions")
    return frame_of(list(sample_rows(questions, asked_scenes.drop("questions"))), schema)


def sample_rows(questions: pl.DataFrame, scenes: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Rows of WITNESSED_SAMPLE for questions that carry split, group_id, order, coco_id and
    photograph."""
    by_image: dict[str, list[dict[str, Any]]] = {}
    of_scenes = pl.col("image_id").is_in(scenes["image_id"].implode())
    for row in questions.filter(of_scenes).iter_rows(named=True):
        by_image.setdefault(row["image_id"], []).append(row)
    for scene in scenes_of(scenes.filter(pl.col("image_id").is_in(list(by_image)))):
        ids = published_ids(scene)
        links = {entry.relationship_id: entry for entry in scene.relationships}
        annotated = [
            (entry.subject, entry.predicate, entry.object) for entry in scene.relationships
        ]
        for row in by_image[scene.image_id]:
            claim = decode_claim(row["claim"])
            asked = list(form_of(claim).relationships(claim))
            objects = _asked_about(row)
            near = [links[key] for key in row["relationships"]]
            triplets = [
                (entry.subject, entry.predicate, entry.object)
                for entry in near
                if entry.subject in objects and entry.object in objects
            ]
            gold = publish_scene(scene, ids, objects, dict.fromkeys(triplets + asked))
            whole = publish_scene(
                scene, ids, sorted(scene.objects), dict.fromkeys(annotated + asked)
            )
            yield {
                **_texts(
                    row, scene, partial(render_completion, gold), partial(demonstration, gold)
                ),
                "width": scene.width,
                "height": scene.height,
                "scene_objects": whole.objects,
                "scene_relationships": whole.relationships,
            }


def _asked_about(row: Mapping[str, Any]) -> list[int]:
    """Of the objects of a question those that it or its options name, or all where its claims are
    about classes."""
    named = {key for text in row["option_claims"] for key in objects_of(decode_claim(text))}
    return [key for key in row["objects"] if key in named or not named]


def _texts(
    row: Mapping[str, Any], scene: Scene, render: Answered, show: Answered
) -> dict[str, Any]:
    place = row["order"].index(row["answer"])
    options = [row["options"][number] for number in row["order"]]
    lines = [option_text(number, option) for number, option in enumerate(options)]
    question = "\n".join([row["question"], *lines])
    kept = {name: row[name] for name in WITNESSED_SAMPLE.names() if name in row}
    return kept | {
        "problem": render_problem(question, scene.width, scene.height),
        "question_only": row["question"],
        "question_with_options": question,
        "options": options,
        "option_claims": [row["option_claims"][number] for number in row["order"]],
        "answer": render(LETTERS[place]),
        "answer_only": LETTERS[place],
        "answer_text": render(options[place]),
        "answer_text_only": options[place],
        "answer_option_text": render(lines[place]),
        "answer_option_text_only": lines[place],
        "demonstration": show(lines[place]),
    }

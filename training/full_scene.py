"""Full scenes: supervision by all that is annotated of a photograph, in place of the objects and
relationships that its question needs (data.scene).

A sample holds both: its gold completion, and the whole scene as columns. A whole scene may be
longer than a completion can be. Then the objects of the question stay, of the others the largest,
and the relationships between those that stay.
"""

import logging
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from schemas.completion.publish import PublishedScene, parse_completion, render_completion
from training.demonstrations import demonstration

SCENE_COLUMNS = ("scene_objects", "scene_relationships")
"""Of a sample, its whole scene graph: published ids, boxes in pixels of the photograph."""
NUM_OBJECTS = "num_objects"
"""The column of training rows that says how many objects of the whole scene the gold has. A row
without it has the gold of its question."""
Row = Mapping[str, Any]
Fits = Callable[[Row], bool]
"""Whether a training row with NUM_OBJECTS is short enough."""

logger = logging.getLogger(__name__)


def gold_of(row: Row) -> str:
    """The gold completion that is trained on, in pixels of the photograph."""
    gold: str = row["answer_option_text"]
    if NUM_OBJECTS not in row:
        return gold
    asked, answer = parse_completion(gold)
    kept = set(ranked(row, asked)[: row[NUM_OBJECTS]])
    scene = PublishedScene(
        objects=[
            {"id": entry["id"], "bbox": tuple(entry["bbox"])}
            for entry in row["scene_objects"]
            if entry["id"] in kept
        ],
        relationships=[
            {name: link[name] for name in ("subject", "predicate", "object")}  # type: ignore[misc]
            for link in row["scene_relationships"]
            if {link["subject"], link["object"]} <= kept
        ],
    )
    return render_completion(scene, answer)


def demonstration_of(row: Row, gold: str) -> str:
    """The demonstration with a row's gold, in whatever frame that is: it observes what stands in
    the gold, and thinks of what the question needs."""
    scene, answer = parse_completion(gold)
    asked = parse_completion(row["answer_option_text"])[0]
    return demonstration(scene, answer, asked.relationships)


def ranked(row: Row, asked: PublishedScene) -> list[str]:
    """Ids of the whole scene in the order in which they are kept: those of the question, then the
    larger ones first; of equal ones, in the scene's order. ValueError where the whole scene lacks
    one of the question."""
    first = [entry["id"] for entry in asked.objects]
    areas = {entry["id"]: _area(entry["bbox"]) for entry in row["scene_objects"]}
    if missing := sorted(set(first) - areas.keys()):
        raise ValueError(
            f"{missing[0]} of sample {row['question_id']} is not in the photograph's whole scene: "
            "build the dataset again"
        )
    others = [name for name in areas if name not in first]
    return first + sorted(others, key=lambda name: -areas[name])


def _area(box: Any) -> int:
    """Square pixels of a box, xyxy."""
    area: int = (box[2] - box[0]) * (box[3] - box[1])
    return area


def objects_that_fit(row: Row, fits: Fits | None) -> int:
    """How many objects of the whole scene its gold has: the most with which the row fits, and at
    least those of the question; all of them where nothing bounds it."""
    every = len(row["scene_objects"])
    if fits is None or fits({**row, NUM_OBJECTS: every}):
        return every
    least = len(parse_completion(row["answer_option_text"])[0].objects)
    # More objects make a longer text: what fits comes first.
    is_long = partial(_is_long, row, fits)
    return least + bisect_right(range(least + 1, every), False, key=is_long)


def _is_long(row: Row, fits: Fits, number: int) -> bool:
    return not fits({**row, NUM_OBJECTS: number})


def count_objects(rows: Iterable[Row], fits: Fits | None) -> list[int]:
    """`objects_that_fit` of each row; reports how many scenes were cut."""
    found: list[int] = []
    num_cut = num_objects = 0
    for row in rows:
        found.append(objects_that_fit(row, fits))
        every = len(row["scene_objects"])
        num_objects += every
        num_cut += found[-1] < every
    if num_cut:
        logger.warning(
            "%d of %d full scenes are longer than a completion may be and are cut: %d of %d "
            "objects stay, those of the question and the largest",
            num_cut,
            len(found),
            sum(found),
            num_objects,
        )
    return found

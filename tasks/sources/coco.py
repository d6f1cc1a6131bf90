"""COCO's format as a source of its own: boxes, of people or of a detector, and nothing else.

The files are instances, panoptic segments, or detection results beside the images and categories
that they belong to. A detection below MIN_SCORE, and a crowd, are named so that questions about
their class know of them, and ask nothing about themselves.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from schemas.ledger import ledger_of, lost
from schemas.vocabulary.classes import load_vocabulary
from schemas.vocabulary.coco import boxed_class, coco_digest
from tasks.sources.coco_files import boxes_of, file_path, find_boxes, num_homeless, open_files
from tasks.sources.reader import PHOTOGRAPHS, Reader, Rights
from tasks.sources.tables import IMAGES, RELATIONSHIPS, SCORED_OBJECTS, RawScenes

MIN_SCORE = 0.5
"""Of a detection that counts as a thing."""
DOUBT_SCORE = 0.1
"""Detections below this are not there; between both, there may be one."""


def index_images(files: Sequence[Path]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every image of the files, also one without any box; and a ledger of what belongs to none."""
    opened = open_files(files)
    ledger = list(opened.ledger)
    if number := num_homeless(opened):
        item = f"annotations ({number:,})"
        ledger.append(lost("", item, "image-unknown", "of no image in the files"))
    return opened.images.select(image_id="key").sort("image_id"), ledger_of(ledger)


def read_scenes(index: pl.DataFrame, files: Sequence[Path]) -> RawScenes:
    """The flat tables of the images in `index`, in its order."""
    opened = open_files(files)
    boxes = boxes_of(opened, set(index["image_id"]))
    images = index.join(
        opened.images, left_on="image_id", right_on="key", how="left", maintain_order="left"
    ).with_columns(
        photograph=pl.col("file_name").map_elements(file_path, return_dtype=pl.String),
        is_exhaustive=pl.lit(False),
        boxes_from_ends=pl.lit(False),
    )
    numbers: dict[str, int] = {}
    rows: list[tuple[Any, ...]] = []
    for key, category, x1, y1, x2, y2, is_crowd, score in boxes.table.iter_rows():
        if score is not None and score < DOUBT_SCORE:
            continue
        numbers[key] = numbers.get(key, 0) + 1
        names = _called(opened.names[category], is_crowd, score)
        rows.append((key, numbers[key], names, x1, y1, x2, y2, [], None, None, score))
    ledger = [
        lost(key, f"annotations ({number:,})", reason, detail)
        for reason, detail, counts in (
            ("box-unreadable", "its box, category or score cannot be read", boxes.problems),
            ("category-unknown", "of no category in the files", boxes.unknown),
        )
        for key, number in sorted(counts.items())
    ]
    objects = pl.DataFrame(rows, schema=SCORED_OBJECTS, orient="row")
    return RawScenes(
        images=images.select(IMAGES.names()).cast(IMAGES),
        objects=objects if boxes.has_scores else objects.drop("score"),
        relationships=pl.DataFrame(schema=RELATIONSHIPS),
        ledger=ledger_of(ledger),
    )


def _called(name: str, is_crowd: bool, score: float | None) -> list[str]:
    """Names that our vocabulary resolves to the class of a category, to several of it, or, where
    it is not sure, to nothing that is certain."""
    boxed = boxed_class(name)
    called = [name] if boxed is None else list(boxed.classes[: None if boxed.is_mixed else 1])
    if is_crowd:
        known = load_vocabulary().classes
        return [f"several {known[one].plural if one in known else one}" for one in called]
    is_sure = score is None or score >= MIN_SCORE
    return called if is_sure else [f"perhaps {one}" for one in called]


READER = Reader(
    find=lambda path, root: {"boxes": find_boxes(path)},
    index=lambda files, num_workers: index_images(files["boxes"]),
    read=lambda index, files: read_scenes(index, files["boxes"]),
    tables=lambda: {"coco names": coco_digest()},
    rights=Rights(
        "other",
        "Annotations: files in COCO's format, under the terms of whoever made them (those of COCO "
        "itself: Lin et al. 2014, CC BY 4.0).",
        PHOTOGRAPHS,
    ),
)

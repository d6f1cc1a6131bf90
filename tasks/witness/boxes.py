"""Boxes: what a witness in COCO's format says about each photograph that it knows."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from schemas.box import Box
from schemas.config.witness import WitnessConfig
from schemas.scene_graph import Scene, SceneObject, scenes_of
from schemas.testimony import Sighting
from schemas.vocabulary.classes import load_vocabulary
from schemas.vocabulary.coco import BoxedClass, boxed_class
from tasks.sources.coco_files import boxes_of, open_files
from tasks.witness.joining import join_images, same_shape
from tasks.witness.matching import match, overlaps
from tasks.witness.report import Report

MAX_BOXES = 1000
"""Of one photograph: COCO has at most 93, detectors ask for 300. More are noise or an attack, and
comparing each with each object would take long."""


@dataclass(frozen=True, slots=True)
class Category:
    """`is_exhaustive`: the witness has boxed all things of it wherever it looked."""

    name: str
    boxed: BoxedClass
    is_exhaustive: bool


def categories_of(
    names: Mapping[int, str], config: WitnessConfig, has_scores: bool
) -> dict[int, Category]:
    """The categories of our vocabulary by id; ValueError where the configuration names one that
    the files lack."""
    declared = config.exhaustive
    if declared is None:
        declared = "none" if has_scores else "all"
    if isinstance(declared, tuple):
        unknown = sorted(set(declared) - set(names.values()))
        if unknown:
            raise ValueError(
                f"witness {config.name}: exhaustive names {unknown[0]!r}, which is none of its "
                f"categories ({', '.join(sorted(set(names.values()))[:5])}, ...)"
            )
    found = {}
    for key, name in names.items():
        boxed = boxed_class(name)
        if boxed:
            is_exhaustive = declared == "all" or (declared != "none" and name in declared)
            found[key] = Category(name, boxed, is_exhaustive)
    return found


def hear(
    scenes: pl.DataFrame, files: Sequence[Path], config: WitnessConfig, report: Report
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Image id, and what the witness says there: `sightings`, `complete` and `disputed` as in
    TESTIMONY."""
    opened = open_files(files)
    joined = join_images(scenes, opened.images, config.joined_by, report)
    shaped = joined.filter(same_shape(joined))
    for row in joined.filter(~same_shape(joined)).iter_rows(named=True):
        frames = f"{row['own_width']} x {row['own_height']} for {row['width']} x {row['height']}"
        report.note(row["image_id"], "image", "frame-differs", frames)
    boxes = boxes_of(opened, set(shaped["key"]))
    categories = categories_of(opened.names, config, boxes.has_scores)
    of_image = boxes.table.partition_by("key", as_dict=True)
    scales = {row["image_id"]: row for row in shaped.iter_rows(named=True)}
    known = scenes.filter(pl.col("image_id").is_in(list(scales)))
    for scene in scenes_of(known):
        scale = scales[scene.image_id]
        rows = of_image.get((scale["key"],), boxes.table.clear())
        if rows.height > MAX_BOXES:
            report.note(scene.image_id, "image", "boxes-too-many", f"{rows.height:,} boxes")
            continue
        unreadable = boxes.problems.get(scale["key"], 0)
        if unreadable:
            report.note(scene.image_id, "image", "boxes-unreadable", f"{unreadable:,} boxes")
        seen = list(_seen(rows, scale, scene, categories, config))
        yield scene.image_id, _compare(scene, seen, categories, config, report, unreadable > 0)


def _seen(
    rows: pl.DataFrame,
    scale: Mapping[str, Any],
    scene: Scene,
    categories: Mapping[int, Category],
    config: WitnessConfig,
) -> Iterator[tuple[Category, Box, bool]]:
    """Category, box in whole pixels of the scene's frame, and whether it is surely one thing."""
    across, down = scene.width / scale["own_width"], scene.height / scale["own_height"]
    for _, key, x1, y1, x2, y2, is_crowd, score in rows.iter_rows():
        category = categories.get(key)
        if category is None or (score is not None and score < config.doubt_score):
            continue
        box = Box(
            max(round(x1 * across), 0),
            max(round(y1 * down), 0),
            min(round(x2 * across), scene.width),
            min(round(y2 * down), scene.height),
        )
        if box.width > 0 and box.height > 0:
            yield category, box, not is_crowd and (score is None or score >= config.min_score)


def _compare(
    scene: Scene,
    seen: Sequence[tuple[Category, Box, bool]],
    categories: Mapping[int, Category],
    config: WitnessConfig,
    report: Report,
    is_damaged: bool,
) -> dict[str, Any]:
    vocabulary = load_vocabulary()
    things = [thing for thing in scene.objects.values() if not thing.is_plural]
    sure = [place for place, (*_, is_sure) in enumerate(seen) if is_sure]
    pairs = match(
        things,
        [(seen[place][0].boxed.classes, seen[place][1]) for place in sure],
        vocabulary,
        config.match_iou,
    )
    matched = {sure[place]: things[number].object_id for place, number in pairs.items()}
    sightings = [
        Sighting(config.name, category.boxed.classes, box, is_sure, matched.get(place))
        for place, (category, box, is_sure) in enumerate(seen)
    ]
    complete = [] if is_damaged else sorted(_complete(seen, categories))
    found = set(matched.values())
    disputed = {
        thing.object_id: _against(thing, sightings, config)
        for thing in things
        if thing.class_name
        and thing.object_id not in found
        and not set(vocabulary.lineage(thing.class_name)).isdisjoint(complete)
    }
    for key, against in disputed.items():
        detail = f"annotated as {scene.objects[key].name!r}, against {against}"
        report.note(scene.image_id, f"object {key}", "witness-disagrees", detail)
    missed = Counter(
        category.name
        for place, (category, _, is_sure) in enumerate(seen)
        if is_sure and place not in matched
    )
    for name, number in sorted(missed.items()):
        report.note(scene.image_id, f"class {name}", "not-annotated", f"{number} more are seen")
    whole = [{"class_name": name, "witness": config.name} for name in complete]
    told = [{"object_id": key, "detail": detail} for key, detail in disputed.items()]
    return {"sightings": sightings, "complete": whole, "disputed": told}


def _complete(
    seen: Sequence[tuple[Category, Box, bool]], categories: Mapping[int, Category]
) -> set[str]:
    """Our classes of which every thing is among what was seen, each as one sure box."""
    open_ones = {
        category.name for category, _, is_sure in seen if category.boxed.is_heaped or not is_sure
    }
    return {
        name
        for category in categories.values()
        if category.is_exhaustive and category.name not in open_ones
        for name in category.boxed.whole
    }


def _against(thing: SceneObject, sightings: Sequence[Sighting], config: WitnessConfig) -> str:
    """What the witness says where an annotated thing is that it did not see as such."""
    if sightings:
        shares = overlaps(np.array([one.box for one in sightings], dtype=float), thing.box)
        best = int(shares.argmax())
        if shares[best] >= config.match_iou:
            return f"{config.name}: {' or '.join(sightings[best].class_names)}"
    return f"{config.name}: none there"

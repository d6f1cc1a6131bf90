"""Depths: how far each thing of a photograph is by a depth map, where that can be told.

A thing's depth is the median inside the middle of its box, where it hides its background; its
spread is half of the distance between the quartiles there. A thing whose middle is mostly covered
by others, or that is thin, sparse or hardly measured, has none.
"""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from schemas.box import Box
from schemas.config.witness import DepthConfig, DepthScale, Join, WitnessConfig
from schemas.proof.witnesses import degree_of
from schemas.scene_graph import Scene, SceneObject, scenes_of
from schemas.testimony import Reading
from schemas.vocabulary.classes import load_vocabulary
from schemas.vocabulary.kinds import Kind, Trait
from schemas.vocabulary.predicates import load_predicates
from tasks.witness.depth_maps import Map, farness, read_map
from tasks.witness.joining import MAX_STRETCH, own_stem
from tasks.witness.report import Report

MARGIN = 0.2
"""Share of a box's side that is left out at each edge: there, the background shows."""
MIN_SIDE = 6
"""Pixels of the map that the middle of a box has at least: edges of maps are blurred by as many."""
MIN_KNOWN = 0.5
"""Share of the middle that is measured at least."""
MAX_COVERED = 0.35
"""Share of the middle that boxes of others may cover: a median still is the thing's own."""
BACKGROUND = 4
"""Area of a box over that of a thing from which on it is behind rather than before it."""
BELONGING = frozenset({Kind.CLOTHING, Kind.PART, Kind.STUFF, Kind.ABSTRACT})
"""Kinds that cover nothing: they are of the thing, or behind it."""
GRID = 16
"""Cells to a side on which it is counted what covers a thing."""
Heard = tuple[str, Mapping[str, Any]]


def hear(
    scenes: pl.DataFrame, maps: Mapping[str, Path], config: WitnessConfig, report: Report
) -> Iterator[Heard]:
    """Image id, and the `depths` of its things, for each photograph that has a map; `maps` are by
    the names of their files, without endings."""
    depth = config.depth
    assert depth
    by = map_name if config.model else str
    keys = {
        image_id: None if key is None else by(key)
        for image_id, key in scenes.select("image_id", _key(config.joined_by)).iter_rows()
    }
    for scene in scenes_of(scenes):
        path = maps.get(keys[scene.image_id] or "")
        if path is None:
            continue
        values = _values(path, scene, depth, report)
        if values is None:
            continue
        readings = {
            thing.object_id: reading
            for thing in scene.objects.values()
            if (reading := _reading(thing, scene, values, config.name, depth))
        }
        _note_conflicts(scene, readings, report)
        below = _is_near_below(values)
        depths = [{"object_id": key, **_fields(one)} for key, one in sorted(readings.items())]
        yield scene.image_id, {"depths": depths, "is_near_below": [] if below is None else [below]}


def map_name(image_id: str) -> str:
    """The name of the map that a model makes: an image id may hold what no file name may."""
    return sha256(image_id.encode()).hexdigest()[:32]


def _key(join: Join) -> pl.Expr:
    """The name of a photograph's map, without its ending."""
    match join:
        case Join.FILE_NAME:
            return own_stem()
        case Join.COCO_ID:
            return pl.col("coco_id").cast(pl.String)
        case Join.IMAGE_ID:
            return pl.col("image_id").alias("key")


def _values(path: Path, scene: Scene, depth: DepthConfig, report: Report) -> Map | None:
    try:
        values = read_map(path)
    except ValueError as error:
        report.note(scene.image_id, "image", "map-unreadable", f"{path.name}: {error}")
        return None
    height, width = values.shape
    if not scene.has_frame or abs(width * scene.height / (height * scene.width) - 1) > MAX_STRETCH:
        frames = f"{width} x {height} for {scene.width} x {scene.height}"
        report.note(scene.image_id, "image", "frame-differs", frames)
        return None
    found = farness(
        values,
        is_metric=depth.scale is DepthScale.METRIC,
        near_is_large=depth.near == "large",
        unit=depth.unit,
    )
    known = found[~np.isnan(found)]
    if not known.size or np.ptp(known) == 0.0:
        report.note(scene.image_id, "image", "map-unreadable", f"{path.name}: it shows no depths")
        return None
    return found


def _reading(
    thing: SceneObject, scene: Scene, values: Map, witness: str, depth: DepthConfig
) -> Reading | None:
    is_sparse = thing.class_name and load_vocabulary().has(thing.class_name, Trait.SPARSE)
    if thing.is_plural or is_sparse or _covered(thing, scene) > MAX_COVERED:
        return None
    part = _middle(thing.box, scene, values)
    known = part[~np.isnan(part)]
    if min(part.shape) < MIN_SIDE or known.size < MIN_KNOWN * part.size:
        return None
    low, median, high = (float(value) for value in np.percentile(known, (25, 50, 75)))
    is_metric = depth.scale is DepthScale.METRIC
    if is_metric:
        step = log(depth.min_ratio)
    else:
        # The errors of estimators grow with the number that they return.
        value = 1.0 - median if depth.near == "large" else median
        step = max(depth.min_gap, (1.0 - 1.0 / depth.min_ratio) * value)
    return Reading(witness, median, (high - low) / 2, step, is_metric)


def _middle(box: Box, scene: Scene, values: Map) -> Map:
    height, width = values.shape
    across, down = width / scene.width, height / scene.height
    inset_x, inset_y = MARGIN * box.width, MARGIN * box.height
    x1, x2 = (round(edge * across) for edge in (box.x1 + inset_x, box.x2 - inset_x))
    y1, y2 = (round(edge * down) for edge in (box.y1 + inset_y, box.y2 - inset_y))
    return values[y1:y2, x1:x2]


def _covered(thing: SceneObject, scene: Scene) -> float:
    """Share of the middle of a thing's box that boxes of other things cover, which may hide it."""
    classes, box = load_vocabulary().classes, thing.box
    xs = box.x1 + box.width * np.linspace(MARGIN, 1 - MARGIN, GRID)
    ys = box.y1 + box.height * np.linspace(MARGIN, 1 - MARGIN, GRID)
    hidden = np.zeros((GRID, GRID), dtype=bool)
    for other in scene.objects.values():
        cover = other.box
        if (
            other is thing
            or cover.x1 >= box.x2
            or cover.x2 <= box.x1
            or cover.y1 >= box.y2
            or cover.y2 <= box.y1
            or cover.area >= BACKGROUND * box.area
            or (other.class_name and classes[other.class_name].kind in BELONGING)
        ):
            continue
        inside_x = (xs >= cover.x1) & (xs <= cover.x2)
        hidden |= np.outer((ys >= cover.y1) & (ys <= cover.y2), inside_x)
    return float(hidden.mean())


def _fields(reading: Reading) -> dict[str, Any]:
    return {name: getattr(reading, name) for name in Reading.__slots__}


def _is_near_below(values: Map) -> bool | None:
    """Whether the lower third of a photograph is nearer than the upper one; None where it is not
    known."""
    third = max(len(values) // 3, 1)
    parts = [part[~np.isnan(part)] for part in (values[:third], values[-third:])]
    if not all(part.size for part in parts):
        return None
    upper, lower = (float(np.median(part)) for part in parts)
    return None if upper == lower else lower < upper


def _note_conflicts(scene: Scene, readings: Mapping[int, Reading], report: Report) -> None:
    """A ledger row for each annotated "in front of" or "behind" that the depths clearly refute."""
    predicates = load_predicates()
    for link in scene.relationships:
        needs = predicates[link.predicate].needs if link.is_canonical else None
        ends = [readings.get(key) for key in (link.subject, link.object)]
        if needs not in ("front", "back") or not all(ends):
            continue
        near, far = ends if needs == "front" else ends[::-1]
        if near and far and degree_of(near, far) <= -1.0:
            said = f"{link.subject} {link.predicate} {link.object}"
            item = f"relationship {link.relationship_id}"
            report.note(scene.image_id, item, "depth-disagrees", f"annotated as {said}")

"""Other scenes: what another annotation of the same photographs says, read by the reader of its
kind and cleaned like a source."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from schemas.box import Box
from schemas.config.margins import IngestConfig
from schemas.config.source import SourceConfig
from schemas.config.witness import Join, WitnessConfig
from schemas.scene_graph import Scene, scenes_of
from schemas.testimony import Sighting
from schemas.vocabulary.classes import load_vocabulary
from schemas.vocabulary.predicates import load_predicates
from tasks.ingest.scenes import clean_scenes
from tasks.sources.readers import reader_of
from tasks.sources.shard import find_source, index_source
from tasks.witness.joining import MAX_STRETCH, note_several, own_stem, stem
from tasks.witness.matching import match
from tasks.witness.report import Report

Heard = tuple[str, Mapping[str, Any]]


def source_of(config: WitnessConfig) -> SourceConfig:
    assert config.scenes and config.path
    return SourceConfig(kind=config.scenes, path=config.path)


def is_related(config: WitnessConfig, source: SourceConfig) -> bool:
    """Whether both annotations go back to the same people: those of Visual Genome's images do."""
    collection = reader_of(source.kind, source.own_licence).collection
    return collection is not None and collection == reader_of(source_of(config).kind).collection


def hear(
    scenes: pl.DataFrame, config: WitnessConfig, ingest: IngestConfig, root: Path, report: Report
) -> Iterator[Heard]:
    """Image id, and `sightings` and `links` of the other annotation."""
    source = source_of(config)
    files = find_source(source, root)
    index, _ = index_source(source, files, 1)
    if config.joined_by is Join.IMAGE_ID:
        ids = pl.col("image_id").cast(pl.String).is_in(scenes["image_id"].to_list())
        index = index.filter(ids)
    others, _ = clean_scenes(reader_of(source.kind).read(index, files), ingest)
    by = _key(config.joined_by)
    own = own_stem() if config.joined_by is Join.FILE_NAME else by
    mine = scenes.select(own_id="image_id", by=own).filter(pl.col("by").is_not_null())
    named = others.with_columns(by=by)
    note_several(mine.rename({"own_id": "image_id"}), named["by"].drop_nulls(), report)
    joined = named.unique("by", keep="none", maintain_order=True)
    pairs = dict(mine.join(joined, on="by").select("own_id", "image_id").iter_rows())
    known = {other.image_id: other for other in scenes_of(joined)}
    for scene in scenes_of(scenes.filter(pl.col("image_id").is_in(list(pairs)))):
        other = _scaled(known[pairs[scene.image_id]], scene)
        if other is None:
            report.note(scene.image_id, "image", "frame-differs", "its sides are of another ratio")
        else:
            yield scene.image_id, _compare(scene, other, config, report)


def _key(join: Join) -> pl.Expr:
    match join:
        case Join.FILE_NAME:
            return stem("photograph")
        case Join.COCO_ID:
            return pl.col("coco_id")
        case Join.IMAGE_ID:
            return pl.col("image_id")


def _scaled(other: Scene, scene: Scene) -> Scene | None:
    """The other scene in the frame of the first; None where their shapes differ. A frame that is
    only the extent of boxes is taken as it is."""
    if not (other.has_frame and scene.has_frame):
        return other
    across, down = scene.width / other.width, scene.height / other.height
    if abs(across / down - 1.0) > MAX_STRETCH:
        return None
    if across == down == 1.0:
        return other
    moved = {
        key: replace(
            thing,
            box=Box(
                round(thing.box.x1 * across),
                round(thing.box.y1 * down),
                round(thing.box.x2 * across),
                round(thing.box.y2 * down),
            ),
        )
        for key, thing in other.objects.items()
    }
    return replace(other, objects=moved)


def _compare(scene: Scene, other: Scene, config: WitnessConfig, report: Report) -> dict[str, Any]:
    things = [thing for thing in scene.objects.values() if not thing.is_plural]
    named = [thing for thing in other.objects.values() if thing.class_name and not thing.is_plural]
    seen = [((str(thing.class_name), *thing.blocks), thing.box) for thing in named]
    pairs = match(things, seen, load_vocabulary(), config.match_iou)
    ours = {named[place].object_id: things[number].object_id for place, number in pairs.items()}
    sightings = [
        Sighting(config.name, names, box, not thing.is_doubtful, ours.get(thing.object_id))
        for thing, (names, box) in zip(named, seen, strict=True)
    ]
    links = [
        {
            "witness": config.name,
            "subject": ours[link.subject],
            "predicate": link.predicate,
            "object": ours[link.object],
        }
        for link in other.relationships
        if link.is_canonical and link.subject in ours and link.object in ours
    ]
    _note_conflicts(scene, links, report)
    return {"sightings": sightings, "links": links}


def _note_conflicts(scene: Scene, links: list[dict[str, Any]], report: Report) -> None:
    """A ledger row for each annotated relationship that the other annotation contradicts."""
    predicates = load_predicates()
    said: dict[tuple[int, int], dict[str, tuple[str, str]]] = defaultdict(dict)
    for link in links:
        predicate = predicates[link["predicate"]]
        for axis, value in predicate.axes:
            said[link["subject"], link["object"]][axis] = value, link["predicate"]
        for axis, value in predicate.reversed_axes:
            said[link["object"], link["subject"]][axis] = value, f"{link['predicate']}, reversed"
    for own in scene.relationships:
        axes = predicates[own.predicate].axes if own.is_canonical else ()
        for axis, value in axes:
            other, name = said[own.subject, own.object].get(axis, (value, ""))
            if other != value:
                detail = f"annotated as {own.subject} {own.predicate} {own.object}, against {name}"
                item = f"relationship {own.relationship_id}"
                report.note(scene.image_id, item, "relationship-disagrees", detail)
                break

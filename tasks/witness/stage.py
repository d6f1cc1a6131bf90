"""Witness: what further files say about the same photographs, compared with their annotation.

Reads scenes and the files of every witness; writes testimony (schemas.testimony.TESTIMONY) on the
photographs that some witness knows, and a ledger of doubts:

witness-disagrees   an annotated object of a class that the witness has looked for, and not seen
not-annotated       a witness saw things that nobody annotated
several-images      several of its images have the name of the photograph
frame-differs       the witness's photograph has another shape
boxes-unreadable    some of its boxes there cannot be read: it has not looked for all of anything
boxes-too-many      more boxes than a photograph can hold: all of them are left out
map-unreadable      its depth map is broken, of another kind, too large, or without any depth
depth-disagrees     an annotated "in front of" or "behind" is against the depths
relationship-disagrees   another annotation says the opposite of an annotated relationship
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import BaseModel

from schemas.columns import frame_of
from schemas.config.build import PipelineConfig
from schemas.config.source import SourceConfig
from schemas.config.witness import Join, WitnessConfig, WitnessKind
from schemas.file_digests import digest_store
from schemas.ledger import LEDGER, ledger_of
from schemas.mirror import IS_MIRRORED, MARK, mirrored_predicate
from schemas.printable import printable
from schemas.testimony import TESTIMONY, Sighting, with_testimony
from schemas.vocabulary.coco import coco_digest
from tasks.artifact import ledger_path_of
from tasks.sources.coco_files import find_boxes
from tasks.sources.files import digest_files
from tasks.sources.shard import source_digest
from tasks.stage import Build, Job, Settings, Stage
from tasks.witness import boxes, depths, other_scenes
from tasks.witness.depth_maps import find_maps
from tasks.witness.joining import refuse_shared_names
from tasks.witness.repeats import files_of, refuse_repeats
from tasks.witness.report import Report
from tasks.writing import write_artifact

VERSION = 10
MIN_MAPS = 10
"""Depth maps from which on it can be told whether they are read upside down."""
logger = logging.getLogger(__name__)


PARTS = [name for name in TESTIMONY.names() if name != "image_id"]


def gather_testimony(
    scenes: pl.DataFrame,
    config: PipelineConfig,
    root: Path,
    looked: Path | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """TESTIMONY and LEDGER of all witnesses on all scenes, sorted by image id; `looked` is the
    folder that models have written. What they say of a photograph, they say of its mirror image."""
    images = scenes.filter(IS_MIRRORED)
    scenes = scenes.filter(~IS_MIRRORED)
    said: dict[str, dict[str, list[Any]]] = {}
    notes = []
    for one in config.witness:
        report = Report(one.name)
        num_known = 0
        for image_id, heard in _hear(scenes, one, config, root, report, looked):
            num_known += 1
            row = said.setdefault(image_id, {name: [] for name in PARTS})
            for name, values in heard.items():
                row[name] += map(_sighting, values) if name == "sightings" else values
            row["dependent"] += [] if is_independent(one, config.source) else [one.name]
        logger.info("witness %s: %d of %d photographs", one.name, num_known, scenes.height)
        notes += report.rows
    for image_id, width in images.select("image_id", "width").iter_rows():
        if (original := image_id.removesuffix(MARK)) in said:
            said[image_id] = mirrored_testimony(said[original], width)
    rows = [{"image_id": image_id, **said[image_id]} for image_id in sorted(said)]
    ledger = ledger_of(notes, "witness").cast(LEDGER).sort("image_id", "item", "reason", "detail")
    return frame_of(rows, TESTIMONY), ledger


def mirrored_testimony(said: Mapping[str, Sequence[Any]], width: int) -> dict[str, list[Any]]:
    """PARTS of the mirror image of a photograph with these; its depth map is no further one."""
    sightings = [
        one | {"x1": width - one["x2"], "x2": width - one["x1"]} for one in said["sightings"]
    ]
    links = [one | {"predicate": mirrored_predicate(one["predicate"])} for one in said["links"]]
    changed = {"sightings": sightings, "links": links, "is_near_below": []}
    return {name: list(said[name]) for name in PARTS} | changed


def _hear(
    scenes: pl.DataFrame,
    one: WitnessConfig,
    config: PipelineConfig,
    root: Path,
    report: Report,
    looked: Path | None,
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    place = str(looked / one.name) if one.model and looked else str(one.path)
    match one.kind:
        case WitnessKind.BOXES:
            return boxes.hear(scenes, find_boxes(place), one, report)
        case WitnessKind.DEPTH:
            is_empty = one.model is not None and not any(Path(place).iterdir())
            maps = {} if is_empty else find_maps(place)
            return depths.hear(scenes, maps, one, report)
        case WitnessKind.SCENES:
            plain = config.ingest.model_copy(update={"mirror": False})
            return other_scenes.hear(scenes, one, plain, root, report)


def is_independent(one: WitnessConfig, source: SourceConfig) -> bool:
    """Whether it is a second source, by the configuration or else by where it comes from."""
    if one.independent is not None:
        return one.independent
    return one.kind is not WitnessKind.SCENES or not other_scenes.is_related(one, source)


def _sighting(one: Sighting) -> dict[str, Any]:
    return {
        "witness": one.witness,
        "class_names": list(one.class_names),
        **one.box._asdict(),
        "is_sure": one.is_sure,
        "object_id": one.object_id,
    }


def known_scenes(job: Job) -> pl.DataFrame:
    """The scenes that a job reads, with the testimony on them where there are witnesses."""
    scenes = pl.read_parquet(job.path("ingest"))
    for path in job.paths("witness"):
        scenes = with_testimony(scenes, pl.read_parquet(path))
    return scenes


def witness(job: Job) -> Path:
    scenes = pl.read_parquet(job.path("ingest"))
    looked = next(iter(job.paths("look")), None)
    testimony, ledger = gather_testimony(scenes, job.config, job.root, looked)
    return write_artifact(testimony, job.artifact, ledger)


def settings(config: PipelineConfig) -> Settings:
    found: dict[str, BaseModel | str | int] = {}
    for number, one in enumerate(config.witness):
        found[f"witness {number}"] = one
        found[f"independent {number}"] = is_independent(one, config.source)
    return {**found, "ingest": config.ingest}


def files(build: Build) -> dict[str, str]:
    refuse_repeats(build)
    return {
        "coco names": coco_digest(),
        **{
            f"files {number}": witness_digest(one, build.root)
            for number, one in enumerate(build.config.witness)
            if not one.model
        },
    }


def witness_digest(one: WitnessConfig, root: Path) -> str:
    """Of the contents of all its files."""
    if one.kind is WitnessKind.SCENES:
        return source_digest(other_scenes.source_of(one), root)
    paths = files_of(one, root)
    return digest_files(paths, paths[0].parent, digest_store(root))


def check(build: Build) -> None:
    """ValueError where a witness knows no photograph at all, so is joined by the wrong name, where
    it may know one photograph as two, or where depth maps have most of the ground farther than the
    sky, so are read upside down."""
    for one in build.config.witness:
        if one.joined_by is Join.FILE_NAME:
            refuse_shared_names(build.made["ingest"], one.name)
    testimony = pl.scan_parquet(list(build.made["witness"]))
    if not testimony.head(1).collect().height:
        names = ", ".join(f"{one.name} (by {one.joined_by})" for one in build.config.witness)
        raise ValueError(
            f"no photograph of the source is known to {names}: {_reasons(build.made['witness'])}"
            "correct witness.join (coco_id, file_name or image_id) or witness.path"
        )
    below = testimony.select(pl.col("is_near_below").explode()).collect().to_series().drop_nulls()
    if below.len() >= MIN_MAPS and below.mean() < 0.5:  # type: ignore[operator]
        raise ValueError(
            f"in {below.len() - below.sum():,} of {below.len():,} depth maps what is lower in the "
            "picture is farther: correct witness.depth.near"
        )


def _reasons(made: Sequence[Path]) -> str:
    """The commonest reason for which a photograph was left out, with its first example."""
    paths = [path for one in made if (path := ledger_path_of(one)).exists()]
    notes = pl.concat([pl.read_parquet(path) for path in paths]) if paths else pl.DataFrame()
    if notes.is_empty():
        return ""
    counts = notes["reason"].value_counts(name="number")
    reason, number = counts.sort("number", "reason", descending=[True, False]).row(0)
    detail = notes.filter(reason=reason)["detail"][0]
    return f"{number:,} left out ({reason}, {printable(detail)}); "


STAGE = Stage(
    name="witness",
    version=VERSION,
    unit="photographs",
    work=witness,
    reads=("ingest", "look"),
    settings=settings,
    files=files,
    places=lambda config: [one.path for one in config.witness if one.path],
    is_sharded=True,
    uses_vocabulary=True,
    applies=lambda config: bool(config.witness),
    check=check,
)

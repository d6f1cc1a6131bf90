"""Witness: what further files say about the same photographs, compared with their annotation.

Reads scenes and the files of every witness; writes testimony (schemas.testimony.TESTIMONY) on the
photographs that some witness knows, and a ledger of doubts:

witness-disagrees   an annotated object of a class that the witness has looked for, and not seen
not-annotated       a witness saw things that nobody annotated
frame-differs       the witness's photograph has another shape
boxes-unreadable    some of its boxes there cannot be read: it has not looked for all of anything
boxes-too-many      more boxes than a photograph can hold: all of them are left out
"""

import logging
from pathlib import Path
from typing import Any

import polars as pl

from schemas.config.build import PipelineConfig
from schemas.config.witness import WitnessConfig
from schemas.ledger import LEDGER, ledger_of
from schemas.testimony import TESTIMONY, with_testimony
from schemas.vocabulary.coco import coco_digest
from tasks.artifact import write_artifact
from tasks.file_digests import digest_store
from tasks.sources.coco_files import find_boxes
from tasks.sources.files import digest_files
from tasks.stage import Build, Job, Settings, Stage
from tasks.witness.boxes import hear
from tasks.witness.report import Report

VERSION = 1
logger = logging.getLogger(__name__)


def gather_testimony(
    scenes: pl.DataFrame, witnesses: tuple[WitnessConfig, ...]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """TESTIMONY and LEDGER of all witnesses on all scenes, sorted by image id."""
    said: dict[str, dict[str, list[Any]]] = {}
    notes = []
    for config in witnesses:
        report = Report(config.name)
        num_known = 0
        for image_id, heard in hear(scenes, find_boxes(config.path), config, report):
            num_known += 1
            row = said.setdefault(image_id, {"sightings": [], "complete": [], "disputed": []})
            row["sightings"] += [_sighting(one) for one in heard["sightings"]]
            row["complete"] += [
                {"class_name": name, "witness": config.name} for name in heard["complete"]
            ]
            row["disputed"] += heard["disputed"]
        logger.info("witness %s: %d of %d photographs", config.name, num_known, scenes.height)
        notes += report.rows
    rows = [{"image_id": image_id, **said[image_id]} for image_id in sorted(said)]
    ledger = ledger_of(notes, "witness").cast(LEDGER).sort("image_id", "item", "reason", "detail")
    return pl.DataFrame(rows, schema=TESTIMONY), ledger


def _sighting(one: Any) -> dict[str, Any]:
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
    testimony, ledger = gather_testimony(scenes, job.config.witness)
    return write_artifact(testimony, job.artifact, ledger)


def settings(config: PipelineConfig) -> Settings:
    return {f"witness {number}": one for number, one in enumerate(config.witness)}


def files(build: Build) -> dict[str, str]:
    store = digest_store(build.root)
    found = {"coco names": coco_digest()}
    for number, one in enumerate(build.config.witness):
        paths = find_boxes(one.path)
        found[f"files {number}"] = digest_files(paths, paths[0].parent, store)
    return found


def check(build: Build) -> None:
    """ValueError where no witness knows a single photograph: they are joined by the wrong name."""
    if not pl.scan_parquet(list(build.made["witness"])).head(1).collect().height:
        names = ", ".join(f"{one.name} (by {one.join})" for one in build.config.witness)
        raise ValueError(
            f"no photograph of the source is known to {names}: correct witness.join (coco_id, "
            "file_name or image_id) or witness.path"
        )


STAGE = Stage(
    name="witness",
    version=VERSION,
    unit="photographs",
    work=witness,
    reads=("ingest",),
    settings=settings,
    files=files,
    is_sharded=True,
    uses_vocabulary=True,
    applies=lambda config: bool(config.witness),
    check=check,
)

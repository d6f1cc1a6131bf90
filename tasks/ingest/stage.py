"""Ingest: one clean scene graph per image, whatever the source.

Reads the source's files at the places that the index names; writes scenes
(schemas.scene_graph.SCENE) and a ledger with one row per repair or drop. The rules, in the order
they are applied:

id-reserved            an image is dropped whose id ends as those of mirror images do
field-unreadable       a record stays without a field that it can do without (coco_id, url ...)
frame-inferred         no width and height: the extent of the boxes is used, and marked
relationship-renumbered   no id, or that of an earlier one: a number above the image's others
object-without-name    dropped; object-without-id, box-unreadable, box-empty, box-outside likewise
box-clipped            a box that leaves the frame is cut at its edge
duplicate-object-id    only the first object of an id stays
object-restored        a relationship's end that the object list lacks is added with its own box
box-from-relationship  Visual Genome v1.4: the better box, that at the relationship's end, is used
sentence-name, several-names   the object stays, without a class where its names disagree
duplicate-object       one thing boxed twice becomes one object (`merge_duplicates` says when)
predicate-spelling     predicates are canonical: case, blanks, synonyms of the 84
predicate-empty, dangling-end, end-name-differs, self-loop, duplicate-relationship   dropped
no-objects             an image without any object is dropped
category-unknown       boxes of a category that COCO's file does not list readably are dropped

With `ingest.mirror`, each scene of a photograph without letters has a second one behind it, that of
its mirror image (tasks.ingest.mirror_images).
"""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from tasks.artifact import ledger_path_of
from tasks.ingest.shard import write_scenes
from tasks.processes import run_apart
from tasks.sources.readers import reader_of
from tasks.sources.shard import source_digest
from tasks.stage import Build, Job, Stage

VERSION = 19


def check_losses(
    index: Path, scenes: Sequence[Path], num_images: int, max_bad_share: float
) -> None:
    """ValueError where more than `max_bad_share` of the images could not be used."""
    ledgers = [ledger_path_of(path) for path in (index, *scenes)]
    ledger = pl.scan_parquet(ledgers).filter(pl.col("action") == "drop").collect()
    read = pl.scan_parquet(list(scenes)).select("image_id").collect()
    bad = ledger.filter(
        pl.col("item").str.contains(r"^(image|objects|relationships|attributes)(\[|$)"),
        pl.col("reason").is_in(["no-annotation", "duplicate-image"]).not_(),
    ).join(read, on="image_id", how="anti")
    named = bad.filter(pl.col("image_id") != "")
    num_nameless = bad.height - named.height
    num_bad = named["image_id"].n_unique() + num_nameless
    num_all = num_images + num_nameless
    share = num_bad / max(num_all, 1)
    if share > max_bad_share:
        worst = bad.group_by("reason").len().sort("len", "reason", descending=[True, False])
        example = bad.filter(pl.col("reason") == worst["reason"][0]).row(0, named=True)
        raise ValueError(
            f"{share:.0%} of {num_all:,} images cannot be used (most often "
            f"{worst['reason'][0]}; first {example['image_id'] or 'without id'}: "
            f"{example['detail']}), more than ingest.max_bad_share = {max_bad_share:.0%}: correct "
            "the source or raise it"
        )


def ingest(job: Job) -> Path:
    start, stop = job.shard.split("-")
    return run_apart(
        write_scenes,
        int(stop) - int(start),
        job.num_workers,
        job.artifact,
        job.path("index"),
        job.shard,
        job.source,
        job.config.ingest,
        job.root,
    )


def files(build: Build) -> dict[str, str]:
    tables = reader_of(build.source.kind).tables()
    return {"source": source_digest(build.source, build.root), **tables}


def check(build: Build) -> None:
    max_bad_share = build.config.ingest.max_bad_share
    check_losses(build.made["index"][0], build.made["ingest"], build.num_images, max_bad_share)


STAGE = Stage(
    name="ingest",
    version=VERSION,
    unit="scenes",
    work=ingest,
    reads=("index",),
    settings=lambda config: {"ingest": config.ingest},
    files=files,
    is_sharded=True,
    uses_vocabulary=True,
    check=check,
)

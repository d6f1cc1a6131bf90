"""Scenes: raw annotations cleaned, in the order of the rules, and one row per image again."""

import polars as pl

from schemas.config.margins import IngestConfig
from schemas.mirror import MARK
from schemas.scene_graph import OBJECT, RELATIONSHIP, SCENE, SCORED_OBJECT, SCORED_SCENE
from tasks.ingest.boxes import clean_boxes, with_frames
from tasks.ingest.classes import with_classes
from tasks.ingest.duplicates import merge_duplicates, redirect
from tasks.ingest.ends import with_end_boxes, with_restored
from tasks.ingest.ledger import Ledger
from tasks.ingest.mirror_images import with_mirror_images
from tasks.ingest.names import clean_names
from tasks.ingest.object_columns import KEY
from tasks.ingest.relationships import clean_relationships, clean_texts
from tasks.sources.tables import RawScenes


def clean_scenes(raw: RawScenes, config: IngestConfig) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Scenes sorted by image id, and the ledger of what was repaired or dropped on the way."""
    ledger = Ledger(raw.ledger)
    images, objects, relationships = _with_enum_ids(raw.images, raw.objects, raw.relationships)
    images = ledger.drop(
        images,
        ~pl.col("image_id").cast(pl.String).str.ends_with(MARK),
        "image",
        "image_id",
        "id-reserved",
        pl.lit(f"ids of mirror images end in {MARK}"),
    )
    annotated = clean_texts(relationships, ledger)
    objects = with_restored(clean_names(objects, ledger), annotated, ledger)
    objects = with_end_boxes(objects, annotated, images, ledger)
    named = objects
    images = with_frames(images, objects, ledger)
    objects = clean_boxes(objects, images, ledger)
    objects = with_classes(objects, ledger)
    relationships = clean_relationships(annotated, objects, ledger)
    objects, same = merge_duplicates(objects, images, config, ledger)
    relationships = redirect(relationships, same, ledger)
    if config.mirror:
        images, objects, relationships = with_mirror_images(images, objects, relationships, named)
    return _assemble(images, objects, relationships, ledger), ledger.collect()


def _with_enum_ids(*tables: pl.DataFrame) -> list[pl.DataFrame]:
    """The tables with image ids as categories: they sort as texts do, but as fast as numbers."""
    ids = pl.Enum(pl.concat([table["image_id"] for table in tables]).unique().drop_nulls().sort())
    return [table.with_columns(pl.col("image_id").cast(ids)) for table in tables]


def _assemble(
    images: pl.DataFrame, objects: pl.DataFrame, relationships: pl.DataFrame, ledger: Ledger
) -> pl.DataFrame:
    is_scored = "score" in objects.columns
    fields = [field.name for field in (SCORED_OBJECT if is_scored else OBJECT).fields]
    columns = SCORED_SCENE if is_scored else SCENE
    things = (
        objects.select("image_id", *fields)
        .sort(KEY)
        .group_by("image_id", maintain_order=True)
        .agg(objects=pl.struct(fields))
    )
    links = (
        relationships.sort("image_id", "relationship_id")
        .group_by("image_id", maintain_order=True)
        .agg(relationships=pl.struct(field.name for field in RELATIONSHIP.fields))
    )
    scenes = images.join(things, on="image_id", how="left").join(links, on="image_id", how="left")
    if scenes["objects"].has_nulls():
        losses = ledger.losses_of_objects().with_columns(
            pl.col("image_id").cast(scenes["image_id"].dtype, strict=False)
        )
        scenes = scenes.join(losses, on="image_id", how="left", maintain_order="left")
        told = pl.concat_str(
            pl.lit("no object with a name and a box is left"), pl.col("losses").fill_null("")
        )
        is_left = pl.col("objects").is_not_null()
        scenes = ledger.drop(scenes, is_left, "image", "image_id", "no-objects", told)
    return (
        scenes.with_columns(pl.col("relationships").fill_null([]))
        .select(columns.names())
        .cast(columns)
        .sort("image_id")
    )

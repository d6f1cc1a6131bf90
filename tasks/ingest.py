"""Ingest: one clean scene graph per image, whatever the source.

Reads the source's files at the places that the index names; writes scenes
(schemas.scene_graph.SCENE) and a ledger with one row per repair or drop. The rules, in the order
they are applied:

frame-inferred         no width and height: the extent of the boxes stands in, and is marked
relationship-renumbered   no id, or that of an earlier one: a number above the image's others
object-without-name    dropped; object-without-id, box-unreadable, box-empty, box-outside likewise
box-clipped            a box that leaves the frame is cut at its edge
duplicate-object-id    only the first object of an id stays
object-restored        a relationship's end that the object list lacks joins it with its own box
box-from-relationship  Visual Genome v1.4: the box at the relationship's end is the better one
sentence-name, several-names   the object stays, without a class where its names disagree
duplicate-object       one thing boxed twice becomes one object (`_merge_duplicates` says when)
predicate-spelling     predicates are canonical: case, blanks, synonyms of the 84
predicate-empty, dangling-end, end-name-differs, self-loop, duplicate-relationship   dropped
no-objects             an image without any object is dropped
"""

import logging
from collections.abc import Callable, Sequence
from functools import cache
from math import log
from pathlib import Path

import numpy as np
import polars as pl
from prefect import State, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from schemas.columns import columns
from schemas.config import IngestConfig, SourceConfig
from schemas.predicate import canonical_predicate, clean_predicate
from schemas.scene_graph import OBJECT, RELATIONSHIP, SCENE
from schemas.vocabulary import load_vocabulary
from tasks.artifact import Artifact, inputs_of, plan_artifact, write_artifact
from tasks.index import read_shard
from tasks.processes import run_apart
from tasks.sources.tables import LEDGER, RawScenes

VERSION = 2
logger = logging.getLogger(__name__)
KEY = ["image_id", "object_id"]
BOX = ["x1", "y1", "x2", "y2"]
SEPARATOR = "\x1f"
CLASSES = columns(
    class_name=pl.String, is_plural=pl.Boolean, blocks=pl.String, name=pl.String, odd=pl.String
)
"""What names say: `name` is the published one, `odd` what is odd about them; `blocks` are joined by
SEPARATOR, null where there are none."""
MAX_PIXEL = 1e6
MAX_SIDE = 100_000


class Ledger:
    """Rows that cleaning lost or repaired."""

    def __init__(self, first: pl.DataFrame) -> None:
        self.parts = [first]

    def note(
        self,
        rows: pl.DataFrame,
        item: str,
        id_column: str,
        action: str,
        reason: str,
        detail: pl.Expr,
    ) -> None:
        number = pl.col(id_column).cast(pl.String).fill_null("without id")
        self.parts.append(
            rows.select(
                stage=pl.lit("ingest"),
                image_id="image_id",
                item=pl.lit(f"{item} ") + number if item != "image" else pl.lit(item),
                action=pl.lit(action),
                reason=pl.lit(reason),
                detail=detail.cast(pl.String),
            ).cast(LEDGER)
        )

    def drop(
        self,
        rows: pl.DataFrame,
        keep: pl.Expr,
        item: str,
        id_column: str,
        reason: str,
        detail: pl.Expr,
    ) -> pl.DataFrame:
        """The rows where `keep` holds; the others are noted."""
        marked = rows.with_columns(_keep=keep.fill_null(False))
        self.note(marked.filter(~pl.col("_keep")), item, id_column, "drop", reason, detail)
        return marked.filter("_keep").drop("_keep")

    def collect(self) -> pl.DataFrame:
        return pl.concat(self.parts).sort("image_id", "item", "reason", "detail")


def clean_scenes(raw: RawScenes, config: IngestConfig) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Scenes sorted by image id, and the ledger of what was repaired or dropped on the way."""
    ledger = Ledger(raw.ledger)
    annotated = _clean_texts(raw.relationships, ledger)
    objects = _with_restored(_clean_names(raw.objects, ledger), annotated, ledger)
    objects = _with_end_boxes(objects, annotated, raw.images, ledger)
    images = _with_frames(raw.images, objects, ledger)
    objects = _clean_boxes(objects, images, ledger)
    objects = _with_classes(objects, ledger)
    relationships = _clean_relationships(annotated, objects, ledger)
    objects, same = _merge_duplicates(objects, images, config, ledger)
    relationships = _redirect(relationships, same, ledger)
    return _assemble(images, objects, relationships, ledger), ledger.collect()


def _clean_name(name: pl.Expr) -> pl.Expr:
    """Lower case, one blank between words, no quotes around them; null where nothing is left."""
    clean = name.str.replace_all(r"[\s\p{C}]+", " ").str.to_lowercase().str.strip_chars(" \"'")
    return pl.when(clean.str.len_chars() > 0).then(clean)


def _clean_names(objects: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    names = (
        pl.col("names")
        .list.eval(_clean_name(pl.element()))
        .list.drop_nulls()
        .list.unique(maintain_order=True)
    )
    objects = objects.with_columns(names=names)
    objects = ledger.drop(
        objects,
        pl.col("object_id").is_not_null(),
        "object",
        "object_id",
        "object-without-id",
        pl.col("names").list.join(" | "),
    )
    objects = ledger.drop(
        objects,
        pl.col("names").list.len() > 0,
        "object",
        "object_id",
        "object-without-name",
        pl.lit("no name"),
    )
    return ledger.drop(
        objects,
        pl.struct(KEY).is_first_distinct(),
        "object",
        "object_id",
        "duplicate-object-id",
        pl.lit("an earlier object has this id"),
    )


def _clean_texts(relationships: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """Relationships with an id each, clean names at their ends and no control characters in
    predicates."""
    number = pl.col("relationship_id")
    is_first = number.is_not_null() & pl.struct("image_id", "relationship_id").is_first_distinct()
    above = number.max().fill_null(0) + (~pl.col("_first")).cum_sum()
    numbered = relationships.with_columns(_first=is_first).with_columns(
        _number=pl.when("_first").then(number).otherwise(above.over("image_id"))
    )
    ledger.note(
        numbered.filter(~pl.col("_first")),
        "relationship",
        "_number",
        "repair",
        "relationship-renumbered",
        pl.format("found as {}", number.cast(pl.String).fill_null("without id")),
    )
    return numbered.with_columns(
        relationship_id="_number",
        subject_name=_clean_name(pl.col("subject_name")),
        object_name=_clean_name(pl.col("object_name")),
    ).drop("_first", "_number")


def _ends(relationships: pl.DataFrame) -> pl.DataFrame:
    """One row per relationship end: image_id, relationship_id, object_id, name, box."""
    sides = [
        relationships.select(
            "image_id",
            "relationship_id",
            object_id=f"{side}_id",
            name=f"{side}_name",
            box=f"{side}_box",
        )
        for side in ("subject", "object")
    ]
    return pl.concat(sides)


def _with_restored(
    objects: pl.DataFrame, relationships: pl.DataFrame, ledger: Ledger
) -> pl.DataFrame:
    restored = (
        _ends(relationships)
        .filter(
            pl.col("object_id").is_not_null(),
            pl.col("box").is_not_null(),
            pl.col("name").is_not_null(),
        )
        .join(objects, on=KEY, how="anti")
        .unique(KEY, keep="first", maintain_order=True)
    )
    ledger.note(
        restored,
        "object",
        "object_id",
        "repair",
        "object-restored",
        pl.format("taken from relationship {}", "relationship_id"),
    )
    boxes = [pl.col("box").list.get(place).alias(edge) for place, edge in enumerate(BOX)]
    rows = restored.select(*KEY, *boxes, names=pl.concat_list("name"))
    return pl.concat([objects, rows], how="diagonal")


def _with_end_boxes(
    objects: pl.DataFrame, relationships: pl.DataFrame, images: pl.DataFrame, ledger: Ledger
) -> pl.DataFrame:
    if not images["boxes_from_ends"].any():
        return objects
    x1, y1, x2, y2 = (pl.col("box").list.get(place) for place in range(4))
    ends = (
        _ends(relationships.join(images.filter("boxes_from_ends"), on="image_id", how="semi"))
        .filter(_is_readable(x1, y1, x2, y2), x2 > x1, y2 > y1)
        .unique(KEY, keep="first", maintain_order=True)
        .select(*KEY, "relationship_id", "box")
    )
    joined = objects.join(ends, on=KEY, how="left", maintain_order="left")
    own = pl.concat_list(BOX)
    differs = pl.col("box").is_not_null() & (pl.col("box") != own)
    ledger.note(
        joined.filter(differs),
        "object",
        "object_id",
        "repair",
        "box-from-relationship",
        pl.format("taken from relationship {}", "relationship_id"),
    )
    return joined.with_columns(
        pl.coalesce(pl.col("box").list.get(place), edge).alias(edge)
        for place, edge in enumerate(BOX)
    ).drop("relationship_id", "box")


def _is_readable(*edges: pl.Expr) -> pl.Expr:
    return pl.all_horizontal(
        (edge.is_finite() & (edge.abs() < MAX_PIXEL)).fill_null(False) for edge in edges
    )


def _with_frames(images: pl.DataFrame, objects: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    readable = objects.filter(_is_readable(*map(pl.col, BOX)))
    extent = readable.group_by("image_id").agg(
        right=pl.col("x2").max().ceil().cast(pl.Int64),
        bottom=pl.col("y2").max().ceil().cast(pl.Int64),
    )
    sides = pl.col("width", "height")
    joined = images.join(extent, on="image_id", how="left", maintain_order="left").with_columns(
        has_frame=pl.all_horizontal(((sides > 0) & (sides < MAX_SIDE)).fill_null(False))
    )
    inferred = joined.filter(~pl.col("has_frame"), pl.col("right") > 0, pl.col("bottom") > 0)
    ledger.note(
        inferred,
        "image",
        "image_id",
        "repair",
        "frame-inferred",
        pl.format("boxes reach {} x {}", "right", "bottom"),
    )
    return joined.with_columns(
        width=pl.when("has_frame").then("width").otherwise("right"),
        height=pl.when("has_frame").then("height").otherwise("bottom"),
    ).drop("right", "bottom")


def _clean_boxes(objects: pl.DataFrame, images: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    frames = images.select("image_id", "width", "height")
    objects = objects.join(frames, on="image_id", how="left", maintain_order="left")
    box = pl.format(
        "{}, {}, {}, {}", *(pl.col(edge).cast(pl.String).fill_null("?") for edge in BOX)
    )

    def drop(rows: pl.DataFrame, keep: pl.Expr, reason: str) -> pl.DataFrame:
        return ledger.drop(rows, keep, "object", "object_id", reason, box)

    readable = _is_readable(*map(pl.col, BOX)) & pl.col("width").is_not_null()
    objects = drop(objects, readable, "box-unreadable")
    objects = objects.with_columns(pl.col(BOX).round().cast(pl.Int64))
    not_empty = (pl.col("x2") > pl.col("x1")) & (pl.col("y2") > pl.col("y1"))
    objects = drop(objects, not_empty, "box-empty")
    clipped = objects.with_columns(
        cx1=pl.col("x1").clip(0, "width"),
        cy1=pl.col("y1").clip(0, "height"),
        cx2=pl.col("x2").clip(0, "width"),
        cy2=pl.col("y2").clip(0, "height"),
    )
    inside = (pl.col("cx2") > pl.col("cx1")) & (pl.col("cy2") > pl.col("cy1"))
    clipped = drop(clipped, inside, "box-outside")
    cut = pl.any_horizontal(pl.col(edge) != pl.col(f"c{edge}") for edge in BOX)
    ledger.note(clipped.filter(cut), "object", "object_id", "repair", "box-clipped", box)
    return clipped.with_columns(pl.col(f"c{edge}").alias(edge) for edge in BOX).drop(
        *(f"c{edge}" for edge in BOX), "width", "height"
    )


@cache
def _classes_of(key: str) -> tuple[str | None, bool, str | None, str, str | None]:
    """A row of CLASSES, from names joined by SEPARATOR."""
    vocabulary = load_vocabulary()
    names = key.split(SEPARATOR)
    resolved = [vocabulary.resolve(name) for name in names]
    classes = {entry.class_name for entry in resolved}
    mentions = set[str]().union(*(entry.mentions for entry in resolved))
    class_name = _agreed_class(classes)
    odd = None
    if class_name is None and len(names) > 1 and len(classes) > 1:
        odd = "several-names"
    elif class_name is None and len(names[0].split()) > 3:
        odd = "sentence-name"
    named = {entry for entry in classes if entry}
    blocks = sorted((mentions | named) - {class_name})
    is_plural = any(entry.is_plural for entry in resolved)
    is_asked = class_name is not None and vocabulary.classes[class_name].is_askable
    name = class_name if class_name and is_asked and not is_plural else names[0]
    return class_name, is_plural, SEPARATOR.join(blocks) or None, name, odd


def _agreed_class(classes: set[str | None]) -> str | None:
    """The most specific class, where every other one is a more general word for it."""
    vocabulary = load_vocabulary()
    named = sorted(entry for entry in classes if entry)
    if len(named) < len(classes):
        return None
    return next((name for name in named if classes.issubset(vocabulary.lineage(name))), None)


def _mapped(
    keys: pl.Series, function: Callable[[str], object], dtype: pl.DataType | type[pl.DataType]
) -> pl.DataFrame:
    """The distinct keys with what `function` makes of each, to be joined back."""
    distinct = keys.unique().drop_nulls().sort()
    return pl.DataFrame(
        {"key": distinct, "value": [function(key) for key in distinct]},
        schema={"key": pl.String, "value": dtype},
    )


def _classify(objects: pl.DataFrame) -> pl.DataFrame:
    """Objects with what their names say: key, class_name, is_plural, blocks, name and odd."""
    objects = objects.with_columns(key=pl.col("names").list.join(SEPARATOR))
    keys = objects["key"].unique().drop_nulls().sort()
    rows = [_classes_of(key) for key in keys]
    classes = pl.DataFrame(rows, schema=CLASSES, orient="row").with_columns(
        key=keys, blocks=pl.col("blocks").str.split(SEPARATOR).fill_null([])
    )
    return objects.join(classes, on="key", how="left", maintain_order="left")


def _with_classes(objects: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    objects = _classify(objects)
    for odd in ("several-names", "sentence-name"):
        ledger.note(
            objects.filter(pl.col("odd") == odd),
            "object",
            "object_id",
            "repair",
            odd,
            pl.lit("kept without a class: ") + pl.col("names").list.join(" | "),
        )
    return objects.drop("odd").with_columns(is_doubtful=pl.lit(False))


@cache
def _names_agree(pair: str) -> bool:
    """Whether a relationship end's name may denote an object of the given names."""
    vocabulary = load_vocabulary()
    end, *names = pair.split(SEPARATOR)
    end_class = vocabulary.resolve(end).class_name
    for name in names:
        class_name = vocabulary.resolve(name).class_name
        if end_class and class_name and vocabulary.may_be_same(end_class, class_name):
            return True
        if set(end.split()) & set(name.split()):
            return True
    return False


def _clean_relationships(
    relationships: pl.DataFrame, objects: pl.DataFrame, ledger: Ledger
) -> pl.DataFrame:
    def drop(rows: pl.DataFrame, keep: pl.Expr, reason: str, detail: pl.Expr) -> pl.DataFrame:
        return ledger.drop(rows, keep, "relationship", "relationship_id", reason, detail)

    # As in names, control characters are blanks; `clean_predicate` sees to the rest.
    plain = pl.col("predicate").str.replace_all(r"[\s\p{C}]+", " ")
    relationships = relationships.with_columns(plain=plain)
    spelled = _mapped(
        relationships["plain"],
        lambda text: {"canonical": canonical_predicate(text), "cleaned": clean_predicate(text)},
        pl.Struct({"canonical": pl.String, "cleaned": pl.String}),
    ).unnest("value")
    rows = relationships.join(
        spelled, left_on="plain", right_on="key", how="left", maintain_order="left"
    ).with_columns(
        is_canonical=pl.col("canonical").is_not_null(),
        spelling=pl.col("predicate"),
        predicate=pl.coalesce("canonical", "cleaned"),
    )
    rows = drop(
        rows, pl.col("predicate").str.len_chars() > 0, "predicate-empty", pl.lit("no predicate")
    )
    names = objects.select(*KEY, "key")
    for side in ("subject", "object"):
        rows = rows.join(
            names.rename({"object_id": f"{side}_id", "key": f"{side}_key"}),
            on=["image_id", f"{side}_id"],
            how="left",
            maintain_order="left",
        )
    triplet = pl.format(
        "{} {} {}",
        *(
            pl.coalesce(pl.col(column).cast(pl.String), pl.lit("?"))
            for column in ("subject_id", "predicate", "object_id")
        ),
    )
    found = pl.col("subject_key").is_not_null() & pl.col("object_key").is_not_null()
    rows = drop(rows, found, "dangling-end", triplet)
    for side in ("subject", "object"):
        name = pl.col(f"{side}_name")
        rows = rows.with_columns(pair=name + SEPARATOR + pl.col(f"{side}_key"))
        differs = ~pl.col("pair").str.starts_with(pl.col(f"{side}_key") + SEPARATOR)
        agree = _mapped(rows.filter(differs)["pair"], _names_agree, pl.Boolean)
        rows = rows.join(agree, left_on="pair", right_on="key", how="left", maintain_order="left")
        detail = pl.format("{} is called {} here", f"{side}_id", name.fill_null("?"))
        keep = pl.col("value").fill_null(True)
        rows = drop(rows, keep, "end-name-differs", detail).drop("value", "pair")
    ledger.note(
        rows.filter(pl.col("spelling") != pl.col("predicate")),
        "relationship",
        "relationship_id",
        "repair",
        "predicate-spelling",
        pl.format("{} → {}", "spelling", "predicate"),
    )
    return rows.select(
        "image_id",
        "relationship_id",
        "predicate",
        "is_canonical",
        subject="subject_id",
        object="object_id",
    )


@cache
def _class_roots() -> pl.DataFrame:
    """class_name and root, its most general class."""
    vocabulary = load_vocabulary()
    names = list(vocabulary.classes)
    roots = [vocabulary.lineage(name)[-1] for name in names]
    return pl.DataFrame({"class_name": names, "root": roots})


@cache
def _agreement(label: str, other: str) -> str | None:
    """Whether one thing may be annotated as both: `kin` where one class is a more general word for
    the other, `alike` where they are mixed up at times; names without a class must be equal."""
    vocabulary = load_vocabulary()
    if label == other:
        return "kin"
    if label not in vocabulary.classes or other not in vocabulary.classes:
        return None
    if vocabulary.is_kind_of(label, other) or vocabulary.is_kind_of(other, label):
        return "kin"
    return "alike" if vocabulary.may_be_same(label, other) else None


def _agreements(pairs: pl.DataFrame) -> pl.DataFrame:
    """label, label_b and agreement of the distinct pairs of labels."""
    labels = pairs.select("label", "label_b").unique().sort("label", "label_b")
    found = [_agreement(label, other) for label, other in labels.iter_rows()]
    return labels.with_columns(agreement=pl.Series(found, dtype=pl.String))


def _overlaps(sides: pl.DataFrame, others: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """row, row_b, labels, iou and nested (share of the smaller box) of pairs that overlap."""
    wide = pl.min_horizontal("x2", "x2_b") - pl.max_horizontal("x1", "x1_b")
    high = pl.min_horizontal("y2", "y2_b") - pl.max_horizontal("y1", "y1_b")
    return (
        sides.lazy()
        .join(others.lazy(), on=on, suffix="_b")
        .filter(
            pl.col("row") < pl.col("row_b"),
            pl.col("x1") < pl.col("x2_b"),
            pl.col("x1_b") < pl.col("x2"),
            pl.col("y1") < pl.col("y2_b"),
            pl.col("y1_b") < pl.col("y2"),
        )
        .with_columns(shared=wide * high)
        .select(
            "row",
            "row_b",
            "label",
            "label_b",
            iou=pl.col("shared") / (pl.col("area") + pl.col("area_b") - pl.col("shared")),
            nested=pl.col("shared") / pl.min_horizontal("area", "area_b"),
        )
        .collect()
    )


def _same_things(sides: pl.DataFrame, config: IngestConfig) -> pl.DataFrame:
    """row, row_b and iou of all pairs of boxes that are one thing; see `_merge_duplicates`."""
    # Joins on numbers are several times as fast as joins on text.
    sides = sides.with_columns(pl.col("image_id", "root").rank("dense")).with_columns(
        pl.col(BOX).cast(pl.Float64)
    )
    agreeing = _overlaps(sides, sides, ["image_id", "root"]).filter(
        (pl.col("iou") > config.merge_iou) | (pl.col("nested") > config.nested_share)
    )
    # Boxes whose IoU is above t have areas within a factor of t, so that their logarithms, cut
    # into steps of -log t, lie in one step or the next.
    step = -log(min(max(config.same_box_iou, 1e-20), 0.99))
    stepped = sides.with_columns(step=(pl.col("area").log() / step).floor().cast(pl.Int32))
    nearby = pl.concat(stepped.with_columns(step=pl.col("step") + shift) for shift in (-1, 0, 1))
    alike = _overlaps(stepped, nearby, ["image_id", "step"]).filter(
        pl.col("iou") > config.same_box_iou
    )
    found = pl.concat(
        [
            agreeing.with_columns(must_be_kin=pl.lit(True)),
            alike.with_columns(must_be_kin=pl.lit(False)),
        ]
    )
    agreement = pl.col("agreement")
    return (
        found.join(_agreements(found), on=["label", "label_b"])
        .filter((agreement == "kin") | ((agreement == "alike") & ~pl.col("must_be_kin")))
        .select("row", "row_b", "iou")
        .unique(["row", "row_b"])
        .sort("row", "row_b")
    )


def _merge_duplicates(
    objects: pl.DataFrame, images: pl.DataFrame, config: IngestConfig, ledger: Ledger
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Objects with each thing once, and (image_id, object_id, kept_id) of the merged ones.

    Two boxes are one thing where their classes may be the same and they are nearly equal, or where
    one class is a more general word for the other and they overlap much or nest. Names without a
    class must be equal. Scenes known to be exhaustive are left as they are. Of one thing's boxes
    the largest stays.
    """
    rows = (
        objects.join(_class_roots(), on="class_name", how="left", maintain_order="left")
        .with_columns(
            label=pl.coalesce("class_name", "key"),
            root=pl.coalesce("root", "key"),
            area=(pl.col("x2") - pl.col("x1")) * (pl.col("y2") - pl.col("y1")),
        )
        .with_row_index("row")
    )
    open_world = images.filter(~pl.col("is_exhaustive"))
    sides = rows.join(open_world, on="image_id", how="semi").select(
        "row", "image_id", "label", "root", *BOX, "area"
    )
    pairs = _same_things(sides, config)
    edges = coo_array(
        (np.ones(pairs.height), (pairs["row"].to_numpy(), pairs["row_b"].to_numpy())),
        shape=(rows.height, rows.height),
    )
    things = connected_components(edges, directed=False)[1] if rows.height else np.empty(0)
    loose = pairs.filter(pl.col("iou") < (1 + config.merge_iou) / 2)
    doubtful = pl.concat([loose["row"], loose["row_b"]]).unique()
    rows = rows.with_columns(
        thing=pl.Series(things, dtype=pl.Int64),
        is_doubtful=pl.col("row").is_in(doubtful.implode()),
    ).sort("thing", "area", "object_id", descending=[False, True, False])
    crowded = rows.filter(pl.len().over("thing") > 1)
    if crowded.is_empty():
        empty = pl.DataFrame(
            schema={**{key: objects.schema[key] for key in KEY}, "kept_id": pl.Int64}
        )
        return objects, empty
    merged = crowded.group_by("thing", maintain_order=True).agg(
        names=pl.col("names").list.explode().unique(maintain_order=True),
        kept_id=pl.col("object_id").first(),
        is_doubtful=pl.col("is_doubtful").any(),
        attributes=pl.col("attributes")
        .list.explode(empty_as_null=False)
        .drop_nulls()
        .unique(maintain_order=True),
    )
    same = crowded.join(merged.select("thing", "kept_id"), on="thing").select(*KEY, "kept_id")
    gone = same.filter(pl.col("object_id") != pl.col("kept_id"))
    ledger.note(
        gone,
        "object",
        "object_id",
        "repair",
        "duplicate-object",
        pl.format("the same thing as object {}", "kept_id"),
    )
    kept = crowded.unique("thing", keep="first", maintain_order=True).select(
        *KEY, *BOX, "depth", "facing", "thing"
    )
    kept = _classify(kept.join(merged, on="thing", maintain_order="left"))
    alone = rows.filter(pl.len().over("thing") == 1)
    every = pl.concat([alone.select(objects.columns), kept.select(objects.columns)])
    return every, gone


def _redirect(relationships: pl.DataFrame, same: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    for side in ("subject", "object"):
        relationships = (
            relationships.join(
                same.rename({"object_id": side}),
                on=["image_id", side],
                how="left",
                maintain_order="left",
            )
            .with_columns(pl.coalesce("kept_id", side).alias(side))
            .drop("kept_id")
        )
    triplet = pl.format("{} {} {}", "subject", "predicate", "object")
    name = "relationship"
    relationships = ledger.drop(
        relationships,
        pl.col("subject") != pl.col("object"),
        name,
        "relationship_id",
        "self-loop",
        triplet,
    )
    return ledger.drop(
        relationships,
        pl.struct("image_id", "subject", "predicate", "object").is_first_distinct(),
        name,
        "relationship_id",
        "duplicate-relationship",
        triplet,
    )


def _assemble(
    images: pl.DataFrame, objects: pl.DataFrame, relationships: pl.DataFrame, ledger: Ledger
) -> pl.DataFrame:
    fields = [field.name for field in OBJECT.fields]
    things = (
        objects.sort(KEY).group_by("image_id", maintain_order=True).agg(objects=pl.struct(fields))
    )
    links = (
        relationships.sort("image_id", "relationship_id")
        .group_by("image_id", maintain_order=True)
        .agg(relationships=pl.struct(field.name for field in RELATIONSHIP.fields))
    )
    scenes = images.join(things, on="image_id", how="left").join(links, on="image_id", how="left")
    scenes = ledger.drop(
        scenes,
        pl.col("objects").is_not_null(),
        "image",
        "image_id",
        "no-objects",
        pl.lit("no object with a name and a box is left"),
    )
    return (
        scenes.with_columns(pl.col("relationships").fill_null([]))
        .select(SCENE.names())
        .cast(SCENE)
        .sort("image_id")
    )


def check_losses(
    index: Path, scenes: Sequence[Path], num_images: int, max_bad_share: float
) -> None:
    """ValueError where more than `max_bad_share` of the images could not be used."""
    ledgers = [path.with_suffix(".ledger.parquet") for path in (index, *scenes)]
    ledger = pl.scan_parquet(ledgers).filter(pl.col("action") == "drop").collect()
    read = pl.scan_parquet(list(scenes)).select("image_id").collect()
    bad = ledger.filter(
        pl.col("item").str.contains(r"^(image|objects|relationships|attributes)(\[|$)"),
        pl.col("reason").is_in(["no-annotation", "duplicate-image"]).not_(),
    ).join(read, on="image_id", how="anti")
    named = bad.filter(pl.col("image_id") != "")
    num_nameless = bad.height - named.height
    num_bad = named["image_id"].n_unique() + num_nameless
    share = num_bad / max(num_images + num_nameless, 1)
    if share > max_bad_share:
        worst = bad.group_by("reason").len().sort("len", "reason", descending=[True, False])
        example = bad.row(0, named=True)
        raise ValueError(
            f"{share:.0%} of {num_images:,} images cannot be used (most often "
            f"{worst['reason'][0]}; first {example['image_id'] or 'without id'}: "
            f"{example['detail']}), more than ingest.max_bad_share = {max_bad_share:.0%}: mend the "
            "source or raise it"
        )


def scenes_artifact(index_path: Path, shard: str, config: IngestConfig, root: Path) -> Artifact:
    return plan_artifact(
        root,
        "ingest",
        version=VERSION,
        config={"ingest": config},
        inputs=inputs_of(index=index_path),
        shard=shard,
    )


def write_scenes(
    index_path: Path, shard: str, source: SourceConfig, config: IngestConfig, root: Path
) -> Path:
    """Read, clean and write one shard."""
    scenes, ledger = clean_scenes(read_shard(index_path, shard, source, root), config)
    artifact = scenes_artifact(index_path, shard, config, root)
    logger.info("ingest %s: %d scenes, %d ledger rows", shard, scenes.height, ledger.height)
    return write_artifact(scenes, artifact, ledger)


@task(cache_policy=NO_CACHE, task_run_name="ingest-{shard}")
def ingest_shard(
    index_path: Path,
    shard: str,
    source: SourceConfig,
    config: IngestConfig,
    num_workers: int,
    root: Path,
) -> Path | State[Path]:
    artifact = scenes_artifact(index_path, shard, config, root)
    if artifact.path.exists():
        return Completed(name="Cached", data=artifact.path)
    start, stop = shard.split("-")
    num_images = int(stop) - int(start)
    return run_apart(write_scenes, num_images, num_workers, index_path, shard, source, config, root)

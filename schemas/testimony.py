"""Testimony: what witnesses say about one photograph, already compared with its annotation."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import exp
from typing import Any

import polars as pl

from schemas.box import Box
from schemas.columns import columns


@dataclass(frozen=True, slots=True)
class Sighting:
    """One thing that a witness saw: one of `class_names`. `is_sure` is False where there may be
    none or several (a crowd, a weak detection). `object_id` is the annotated object that it is,
    None where nobody annotated it."""

    witness: str
    class_names: tuple[str, ...]
    box: Box
    is_sure: bool
    object_id: int | None


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a thing is by a witness of depth: the logarithm of metres, or a share of the
    photograph's range. `spread` is the half of what its parts differ by, `step` the least
    difference that counts, both in the same unit."""

    witness: str
    farness: float
    spread: float
    step: float
    is_metric: bool

    def told(self) -> str:
        return f"{exp(self.farness):.1f} m" if self.is_metric else f"{self.farness:.0%} of the way"


@dataclass(frozen=True, slots=True)
class Link:
    """A relationship that another annotation has between two annotated objects."""

    witness: str
    subject: int
    predicate: str
    object: int


@dataclass(frozen=True, slots=True)
class Testimony:
    """`complete` maps each class whose every visible thing is among the sightings of a witness to
    the witnesses of which that is true: also classes of which there is none. `disputed` maps
    annotated objects to what a witness says against them, `depths` to readings. `links` are
    relationships of other annotations. `dependent` are
    witnesses that were made from the annotation itself."""

    sightings: tuple[Sighting, ...] = ()
    complete: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    disputed: Mapping[int, str] = field(default_factory=dict)
    depths: Mapping[int, tuple[Reading, ...]] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    dependent: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.sightings or self.complete or self.disputed or self.depths or self.links)


SILENT = Testimony()
"""That of a photograph without any witness."""
SIGHTING = pl.Struct(
    {
        "witness": pl.String,
        "class_names": pl.List(pl.String),
        "x1": pl.Int32,
        "y1": pl.Int32,
        "x2": pl.Int32,
        "y2": pl.Int32,
        "is_sure": pl.Boolean,
        "object_id": pl.Int64,
    }
)
READING = pl.Struct(
    {
        "object_id": pl.Int64,
        "witness": pl.String,
        "farness": pl.Float64,
        "spread": pl.Float64,
        "step": pl.Float64,
        "is_metric": pl.Boolean,
    }
)
LINK = pl.Struct(
    {
        "witness": pl.String,
        "subject": pl.Int64,
        "predicate": pl.String,
        "object": pl.Int64,
    }
)
TESTIMONY = columns(
    image_id=pl.String,
    sightings=pl.List(SIGHTING),
    complete=pl.List(pl.Struct({"class_name": pl.String, "witness": pl.String})),
    disputed=pl.List(pl.Struct({"object_id": pl.Int64, "detail": pl.String})),
    depths=pl.List(READING),
    links=pl.List(LINK),
    dependent=pl.List(pl.String),
    is_near_below=pl.List(pl.Boolean),
)
"""`is_near_below` has a value for each depth map: whether what is lower in the picture is nearer on
the whole."""
SAID = [name for name in TESTIMONY.names() if name not in ("image_id", "is_near_below")]
"""The columns that testimony adds to those of a scene."""


def with_testimony(scenes: pl.DataFrame, testimony: pl.DataFrame) -> pl.DataFrame:
    """Scenes with the columns of SAID, null for photographs without a witness."""
    return scenes.join(testimony, on="image_id", how="left", maintain_order="left")


def testimonies_of(frame: pl.DataFrame) -> Iterator[Testimony]:
    """One per row, in order; SILENT ones where the frame lacks the columns of SAID."""
    if not set(SAID) <= set(frame.columns):
        for _ in range(frame.height):
            yield SILENT
        return
    for row in frame.select(SAID).iter_rows(named=True):
        yield _testimony(row)


def _testimony(row: Mapping[str, Any]) -> Testimony:
    complete: dict[str, tuple[str, ...]] = {}
    for one in row["complete"] or ():
        complete[one["class_name"]] = (*complete.get(one["class_name"], ()), one["witness"])
    depths: dict[int, tuple[Reading, ...]] = {}
    for one in row["depths"] or ():
        reading = Reading(**{name: one[name] for name in Reading.__slots__})
        depths[one["object_id"]] = (*depths.get(one["object_id"], ()), reading)
    return Testimony(
        sightings=tuple(
            Sighting(
                one["witness"],
                tuple(one["class_names"]),
                Box(one["x1"], one["y1"], one["x2"], one["y2"]),
                one["is_sure"],
                one["object_id"],
            )
            for one in row["sightings"] or ()
        ),
        complete=complete,
        disputed={one["object_id"]: one["detail"] for one in row["disputed"] or ()},
        depths=depths,
        links=tuple(Link(**one) for one in row["links"] or ()),
        dependent=frozenset(row["dependent"] or ()),
    )

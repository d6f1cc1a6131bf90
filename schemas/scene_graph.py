"""Scene graphs: the objects, attributes and relationships of one image."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum, auto
from math import hypot
from typing import Any

import polars as pl

from schemas.box import Box
from schemas.columns import columns


class Facing(StrEnum):
    """Where an object's front points, as the viewer sees it."""

    LEFT = auto()
    RIGHT = auto()
    VIEWER = auto()
    AWAY = auto()


@dataclass(frozen=True, slots=True)
class SceneObject:
    """One thing in one image.

    `name` is what it is called in samples; `class_name` its class in the vocabulary, None when it
    has none or several; `is_doubtful` says that it was merged from boxes that agree only roughly;
    `blocks` are further classes that its name may stand for, which are then not unique in the
    image. `depth` (metres from the camera) and `facing` are None unless the source knows them:
    Visual Genome does not.
    """

    object_id: int
    name: str
    class_name: str | None
    is_plural: bool
    is_doubtful: bool
    blocks: tuple[str, ...]
    box: Box
    attributes: tuple[str, ...] = ()
    depth: float | None = None
    facing: Facing | None = None


@dataclass(frozen=True, slots=True)
class Relationship:
    """`is_canonical` is False for a predicate that is not one of the 84, kept as it was found."""

    relationship_id: int
    subject: int
    predicate: str
    object: int
    is_canonical: bool


@dataclass(frozen=True, slots=True)
class Scene:
    """`has_frame` is False where width and height are only the extent of the boxes;
    `is_exhaustive` is True where every visible thing is known to be annotated."""

    image_id: str
    width: int
    height: int
    has_frame: bool
    is_exhaustive: bool
    objects: dict[int, SceneObject]
    relationships: tuple[Relationship, ...]

    @property
    def diagonal(self) -> float:
        return hypot(self.width, self.height)

    @property
    def area(self) -> int:
        return self.width * self.height


OBJECT = pl.Struct(
    {
        "object_id": pl.Int64,
        "name": pl.String,
        "class_name": pl.String,
        "is_plural": pl.Boolean,
        "is_doubtful": pl.Boolean,
        "blocks": pl.List(pl.String),
        "x1": pl.Int32,
        "y1": pl.Int32,
        "x2": pl.Int32,
        "y2": pl.Int32,
        "attributes": pl.List(pl.String),
        "depth": pl.Float64,
        "facing": pl.String,
    }
)
RELATIONSHIP = pl.Struct(
    {
        "relationship_id": pl.Int64,
        "subject": pl.Int64,
        "predicate": pl.String,
        "object": pl.Int64,
        "is_canonical": pl.Boolean,
    }
)
SCENE = columns(
    image_id=pl.String,
    width=pl.Int32,
    height=pl.Int32,
    has_frame=pl.Boolean,
    is_exhaustive=pl.Boolean,
    coco_id=pl.Int64,
    photograph=pl.String,
    objects=pl.List(OBJECT),
    relationships=pl.List(RELATIONSHIP),
)


def scenes_of(frame: pl.DataFrame) -> Iterator[Scene]:
    """One `Scene` per row of a frame that has the columns of SCENE, in the frame's order."""
    columns = ("image_id", "width", "height", "has_frame", "is_exhaustive")
    for row in frame.select(*columns, "objects", "relationships").iter_rows():
        image_id, width, height, has_frame, is_exhaustive, objects, relationships = row
        yield Scene(
            image_id=image_id,
            width=width,
            height=height,
            has_frame=has_frame,
            is_exhaustive=is_exhaustive,
            objects={entry["object_id"]: _object(entry) for entry in objects},
            relationships=tuple(Relationship(**entry) for entry in relationships),
        )


def _object(entry: dict[str, Any]) -> SceneObject:
    x1, y1, x2, y2 = (entry.pop(edge) for edge in ("x1", "y1", "x2", "y2"))
    blocks, attributes, facing = (entry.pop(key) for key in ("blocks", "attributes", "facing"))
    return SceneObject(
        box=Box(x1, y1, x2, y2),
        blocks=tuple(blocks or ()),
        attributes=tuple(attributes or ()),
        facing=Facing(facing) if facing else None,
        **entry,
    )

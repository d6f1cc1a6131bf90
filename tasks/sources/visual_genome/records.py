"""The records of Visual Genome's JSON files: a field that not all versions have may be None."""

from collections.abc import Mapping
from typing import Annotated, Any

import polars as pl
import pyarrow as pa
from msgspec import Meta, Struct

ROLES = ("image_data", "objects", "attributes", "relationships")
"""What a file holds of each image."""
Id = Annotated[int, Meta(ge=-(2**62), le=2**62)]
"""A larger id would not fit into the 64-bit columns of the tables, with room for new ids."""
Pixels = Annotated[float, Meta(ge=-1e6, le=1e6)]
"""A coordinate beyond a million pixels is a broken number: no image is so large."""


DISPENSABLE = frozenset(
    {"coco_id", "url", "exhaustive", "merged_object_ids", "attributes", "depth", "facing"}
)
"""Fields without which a record says less and speaks of the same thing: one that cannot be read is
left out, where any other field costs the record."""


class Key(Struct, gc=False):
    image_id: Id | None = None
    id: Id | None = None


class ImageData(Struct, gc=False):
    width: Annotated[int, Meta(gt=0, lt=100_000)]
    height: Annotated[int, Meta(gt=0, lt=100_000)]
    url: str | None = None
    coco_id: Annotated[int, Meta(gt=0, le=2**62)] | None = None  # 0 and -1 fill gaps: no image
    exhaustive: bool | None = None


class Object(Struct, omit_defaults=True):
    x: Pixels
    y: Pixels
    w: Pixels
    h: Pixels
    object_id: Id | None = None
    id: Id | None = None
    name: str | None = None
    names: list[str | None] | None = None
    merged_object_ids: list[Id] | None = None
    attributes: list[str | None] | None = None
    depth: Annotated[float, Meta(gt=0, le=1e6)] | None = None
    facing: str | None = None


class Attributes(Struct, omit_defaults=True):
    object_id: Id | None = None
    id: Id | None = None
    attributes: list[str | None] | None = None


class End(Struct, omit_defaults=True):
    object_id: Id | None = None
    id: Id | None = None
    name: str | None = None
    names: list[str | None] | None = None
    merged_object_ids: list[Id] | None = None
    x: Pixels | None = None
    y: Pixels | None = None
    w: Pixels | None = None
    h: Pixels | None = None


ABSENT: Any = None
"""An end, which may not be null, until its id makes it one."""


class Relationship(Struct, omit_defaults=True):
    """Its ends, or in scene graphs their ids alone."""

    predicate: str | None
    subject: End = ABSENT
    object: End = ABSENT
    subject_id: Id | None = None
    object_id: Id | None = None
    relationship_id: Id | None = None
    id: Id | None = None

    def __post_init__(self) -> None:
        if self.subject is ABSENT:
            self.subject = _end("subject", self.subject_id)
        if self.object is ABSENT:
            self.object = _end("object", self.object_id)


def _end(side: str, number: Id | None) -> End:
    if number is None:
        raise ValueError(f"Object missing required field `{side}`")
    return End(number)


class Objects(Struct, gc=False):
    objects: list[Object]


class AttributeLists(Struct, gc=False):
    attributes: list[Attributes]


class Relationships(Struct, gc=False):
    relationships: list[Relationship]


SHAPES: Mapping[str, tuple[type[Struct], type[Struct]]] = {
    "objects": (Objects, Object),
    "attributes": (AttributeLists, Attributes),
    "relationships": (Relationships, Relationship),
}


FIELDS: Mapping[str, type[pl.DataType]] = {
    **dict.fromkeys(("object_id", "relationship_id", "id"), pl.Int64),
    **dict.fromkeys(("x", "y", "w", "h", "depth"), pl.Float64),
    **dict.fromkeys(("name", "predicate", "facing"), pl.String),
}
LISTS = {
    "names": pa.list_(pa.string()),
    "attributes": pa.list_(pa.string()),
}

"""Witnesses: further files about the same photographs, which vouch for annotations or contradict
them."""

from enum import StrEnum
from typing import Literal

from pydantic import Field, model_validator

from schemas.config.section import Section, Share


class WitnessKind(StrEnum):
    BOXES = "boxes"


class Join(StrEnum):
    """By what a photograph of the witness is one of the source's: its id in COCO, its file name, or
    the source's own image id."""

    COCO_ID = "coco_id"
    FILE_NAME = "file_name"
    IMAGE_ID = "image_id"


class WitnessConfig(Section):
    """One witness. `name` is what evidence calls it."""

    kind: WitnessKind
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,31}$")
    path: str = Field(exclude=True, description="a file, a folder or a glob")
    join: Join = Join.COCO_ID
    exhaustive: Literal["all", "none"] | tuple[str, ...] | None = Field(
        default=None,
        description="names of its categories of which it has every single thing; default: all of "
        "its categories, none where boxes have scores",
    )
    min_score: Share = Field(
        default=0.5, description="of a box that counts; a weaker one is doubt: there may be one"
    )
    doubt_score: Share = Field(default=0.1, description="boxes below this count for nothing")
    match_iou: Share = Field(default=0.5, gt=0.0, description="of two boxes of one thing, at least")

    @model_validator(mode="after")
    def _ordered(self) -> "WitnessConfig":
        if self.doubt_score > self.min_score:
            raise ValueError("doubt_score is larger than min_score")
        return self

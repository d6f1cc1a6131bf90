"""Witnesses: further files about the same photographs, which vouch for annotations or contradict
them."""

from enum import StrEnum
from typing import Literal

from pydantic import Field, model_validator

from schemas.config.names import WitnessName
from schemas.config.pinned_model import PinnedModel
from schemas.config.section import Section, Share, Texts
from schemas.config.source_kind import SourceKind


class WitnessKind(StrEnum):
    BOXES = "boxes"
    DEPTH = "depth"
    SCENES = "scenes"


class Join(StrEnum):
    """By what a photograph of the witness is one of the source's: its id in COCO, its file name, or
    the source's own image id."""

    COCO_ID = "coco_id"
    FILE_NAME = "file_name"
    IMAGE_ID = "image_id"


class DepthScale(StrEnum):
    """METRIC: metres, or `unit` metres a step. RELATIVE: only the order within a photograph
    counts."""

    METRIC = "metric"
    RELATIVE = "relative"


class DepthConfig(Section):
    """What the numbers of depth maps mean."""

    scale: DepthScale
    near: Literal["small", "large"] = Field(
        description="whether what is near has small numbers (distance) or large ones (disparity)"
    )
    unit: float = Field(
        default=1.0, gt=0.0, description="metres of one step; 0.001 for millimetres"
    )
    min_ratio: float = Field(
        default=1.25,
        gt=1.0,
        description="of two depths that count as different: of metres, or of the numbers of a "
        "relative map",
    )
    min_gap: Share = Field(
        default=0.1,
        gt=0.0,
        description="of relative depths that count as different, of the photograph's whole range",
    )

    @model_validator(mode="after")
    def _metres_grow(self) -> "DepthConfig":
        if self.scale is DepthScale.METRIC and self.near == "large":
            raise ValueError('metres grow with distance: near = "large" needs scale = "relative"')
        return self


class ModelConfig(PinnedModel):
    """A model of `transformers` that looks at the photographs: a zero-shot detector for boxes, a
    depth estimator for depth."""

    classes: Texts = Field(
        default=(), description="what a detector looks for; default: the 80 classes of COCO"
    )


class WitnessConfig(Section):
    """One witness. `name` is what evidence calls it."""

    kind: WitnessKind
    name: WitnessName
    path: str | None = Field(
        default=None, exclude=True, description="a file, a folder or a glob; not with a model"
    )
    model: ModelConfig | None = Field(
        default=None, description="makes the files; for boxes and depth"
    )
    join: Join = Join.COCO_ID
    independent: bool | None = Field(
        default=None,
        description="false for what was made from the source's own annotation: it may contradict, "
        "and where it agrees it is not a second source; default: true, but for scenes of the "
        "source's own collection",
    )
    scenes: SourceKind | None = Field(
        default=None, description='with kind = "scenes": the kind of source that it would be'
    )
    depth: DepthConfig | None = Field(default=None, description='with kind = "depth"')
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
        if (self.path is None) is (self.model is None):
            raise ValueError("a witness has either a path or a model that makes its files")
        if self.model and self.kind is WitnessKind.SCENES:
            raise ValueError("no model makes scenes: set path")
        if (self.kind is WitnessKind.DEPTH) is (self.depth is None):
            raise ValueError('kind = "depth" and a section witness.depth go together')
        if (self.kind is WitnessKind.SCENES) is (self.scenes is None):
            raise ValueError('kind = "scenes" and witness.scenes go together')
        return self

    @property
    def joined_by(self) -> Join:
        """Files that a model makes here know photographs by the source's own ids."""
        return Join.IMAGE_ID if self.model else self.join

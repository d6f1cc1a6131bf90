"""Frames: in which pixels a model sees an image, gets its size and states boxes."""

from typing import Literal

from pydantic import Field, model_validator

from schemas.completion.families import SIGHTS, FamilyName, Sight
from schemas.completion.frames import MAX_PIXELS, MIN_PIXELS, Size
from schemas.config.section import Section


class FrameConfig(Section):
    """`frame`: MODEL resizes photographs to the size at which models of the family see them, and
    has boxes and the stated size in the family's frame; PAPER_COMPATIBLE leaves all three in the
    pixels of the file."""

    family: FamilyName = FamilyName.QWEN2_5_VL
    frame: Literal["model", "paper_compatible"] = "model"
    min_pixels: int = Field(default=MIN_PIXELS, gt=0)
    max_pixels: int = Field(default=MAX_PIXELS, gt=0)

    @model_validator(mode="after")
    def _can_be_resized(self) -> "FrameConfig":
        if self.sight.side and {"min_pixels", "max_pixels"} & self.model_fields_set:
            side = self.sight.side
            raise ValueError(
                f"{self.family} sees every image at {side} x {side}: leave min_pixels and "
                "max_pixels out"
            )
        if self.min_pixels > self.max_pixels:
            raise ValueError("min_pixels is greater than max_pixels")
        return self

    @property
    def sight(self) -> Sight:
        return SIGHTS[self.family]

    def seen_size(self, size: Size) -> Size:
        """Width and height to which the model's processor resizes a photograph of that size."""
        return self.sight.seen_size(size, self.min_pixels, self.max_pixels)

    def shown_size(self, size: Size) -> Size:
        """Width and height in which a photograph of that size is handed to the processor."""
        return size if self.frame == "paper_compatible" else self.seen_size(size)

    def frame_of(self, size: Size) -> Size:
        """Width and height of the frame of boxes and of the stated size, for a photograph of that
        size."""
        if self.frame == "paper_compatible":
            return size
        return self.sight.frame_of(self.seen_size(size))

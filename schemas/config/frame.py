"""Frames: in which pixels a model sees an image, gets its size and states boxes."""

from typing import Literal

from pydantic import Field

from schemas.completion.frames import MAX_PIXELS, MIN_PIXELS, Size, smart_resize
from schemas.config.section import Section


class FrameConfig(Section):
    """`frame`: MODEL resizes photographs to the size at which Qwen2.5-VL sees them, and has boxes
    and the stated size in its pixels; PAPER_COMPATIBLE leaves all three in the pixels of the file.
    """

    frame: Literal["model", "paper_compatible"] = "model"
    min_pixels: int = Field(default=MIN_PIXELS, gt=0)
    max_pixels: int = Field(default=MAX_PIXELS, gt=0)

    def seen_size(self, size: Size) -> Size:
        """Width and height to which the model's processor resizes a photograph of that size."""
        return smart_resize(*size, min_pixels=self.min_pixels, max_pixels=self.max_pixels)

    def frame_of(self, size: Size) -> Size:
        """Width and height of the frame for a photograph of that size: its image, the stated size
        and boxes."""
        return size if self.frame == "paper_compatible" else self.seen_size(size)

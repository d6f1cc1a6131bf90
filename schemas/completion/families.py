"""Families: how the models of a family see an image, and in which numbers they state boxes.

Qwen2.5-VL states boxes in pixels of the image as it is resized for the model. Qwen3-VL and Qwen3.5
state them in thousandths of its sides, whatever its size. Gemma 3 has no convention of its own; it
sees every image as one square, so that thousandths suit it, too.
"""

from dataclasses import dataclass
from enum import StrEnum

from schemas.completion.frames import Size, smart_resize

THOUSANDTHS = 1000


class FamilyName(StrEnum):
    QWEN2_5_VL = "qwen2.5-vl"
    QWEN3_VL = "qwen3-vl"
    QWEN3_5 = "qwen3.5"
    GEMMA_3 = "gemma-3"


@dataclass(frozen=True, slots=True)
class Sight:
    """`factor`: sides of a resized image are multiples of it, and each square of that side is one
    token. `side`: of the square to which every image is resized, None where the shape stays.
    `grid`: boxes are in parts of the image's sides, of which a side has so many; None where they
    are in pixels of the resized image."""

    factor: int
    grid: int | None = None
    side: int | None = None

    def seen_size(self, size: Size, min_pixels: int, max_pixels: int) -> Size:
        """Width and height to which a photograph of that size is resized. ValueError where the
        family's processor takes no such image."""
        if self.side:
            return self.side, self.side
        return smart_resize(*size, min_pixels=min_pixels, max_pixels=max_pixels, factor=self.factor)

    def frame_of(self, seen: Size) -> Size:
        """Width and height of the frame in which boxes are stated, for an image seen in that
        size."""
        return (self.grid, self.grid) if self.grid else seen

    def num_tokens(self, seen: Size) -> int:
        """Tokens that stand for an image of that size."""
        return (seen[0] // self.factor) * (seen[1] // self.factor)


SIGHTS = {
    # A patch of 14 pixels, two by two merged into one token.
    FamilyName.QWEN2_5_VL: Sight(factor=28),
    # Patches of 16 pixels.
    FamilyName.QWEN3_VL: Sight(factor=32, grid=THOUSANDTHS),
    FamilyName.QWEN3_5: Sight(factor=32, grid=THOUSANDTHS),
    # Patches of 14 pixels, four by four averaged into one token: 256 for every image.
    FamilyName.GEMMA_3: Sight(factor=56, grid=THOUSANDTHS, side=896),
}

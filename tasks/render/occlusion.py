"""Occlusion: which parts of things others hide, and whether enough of each is visible."""

import numpy as np
from numpy.typing import NDArray

from schemas.box import Corners
from tasks.render.camera import Camera, PixelBox
from tasks.render.placing import MIN_SIDE
from tasks.render.scene import Thing
from tasks.render.silhouette import MASK_SIDE

Mask = NDArray[np.bool_]
MIN_VISIBLE_SHARE = 0.62
"""Share of a thing's filled cells that no other thing covers, so that it can be recognised."""
MIN_VISIBLE_FOOT = 0.6
"""The same for its lowest cells, which show where it stands."""
FOOT_CELLS = MASK_SIDE // 10
"""Rows of the grid that count as a thing's foot: a tenth of its height."""
CENTRES = (np.arange(MASK_SIDE) + 0.5) / MASK_SIDE
"""Middles of a grid's rows or columns, in shares of a side."""


def uncovered(far: Thing, near: Thing) -> Mask:
    """The cells of the grid over `far` that the drawing of `near` does not cover."""
    left, top, right, bottom = far.extent
    near_left, near_top, near_right, near_bottom = near.extent
    columns = (left + CENTRES * (right - left) - near_left) / (near_right - near_left)
    rows = (top + CENTRES * (bottom - top) - near_top) / (near_bottom - near_top)
    cells_x = np.minimum(np.maximum(columns * MASK_SIDE + 1, 0), MASK_SIDE + 1).astype(np.intp)
    cells_y = np.minimum(np.maximum(rows * MASK_SIDE + 1, 0), MASK_SIDE + 1).astype(np.intp)
    return ~near.shape.padded[cells_y[:, None], cells_x]


def enough_seen(
    thing: Thing,
    seen: Mask,
    min_visible_share: float = MIN_VISIBLE_SHARE,
    min_side: int = MIN_SIDE,
) -> bool:
    """Whether enough of a thing is visible and, on the ground, also of its foot: without it, a ball
    behind a bench looks like a ball on it.
    """
    whole, num_seen = thing.shape, int(np.count_nonzero(seen))
    if num_seen < min_visible_share * whole.num_cells:
        return False
    if num_seen < whole.num_cells and thing.y == 0:
        foot, whole_foot = seen[-FOOT_CELLS:], whole.mask[-FOOT_CELLS:]
        if np.count_nonzero(foot) < min(MIN_VISIBLE_FOOT, min_visible_share) * np.count_nonzero(
            whole_foot
        ):
            return False
    left, top, right, bottom = visible_part(thing, seen)
    return min(right - left, bottom - top) >= min_side + 1


def visible_part(thing: Thing, seen: Mask) -> Corners:
    """The part of `thing.extent` that the visible cells span, before the frame cuts it."""
    left, top, right, bottom = thing.extent
    whole = thing.shape.mask
    if int(np.count_nonzero(seen)) == thing.shape.num_cells:
        return thing.extent
    columns, rows = np.flatnonzero(seen.any(axis=0)), np.flatnonzero(seen.any(axis=1))
    full_columns, full_rows = np.flatnonzero(whole.any(axis=0)), np.flatnonzero(whole.any(axis=1))
    wide, high = (right - left) / MASK_SIDE, (bottom - top) / MASK_SIDE
    return (
        left if columns[0] == full_columns[0] else left + wide * float(columns[0]),
        top if rows[0] == full_rows[0] else top + high * float(rows[0]),
        right if columns[-1] == full_columns[-1] else left + wide * float(columns[-1] + 1),
        bottom if rows[-1] == full_rows[-1] else top + high * float(rows[-1] + 1),
    )


def visible_box(thing: Thing, seen: Mask, camera: Camera) -> PixelBox:
    left, top, right, bottom = visible_part(thing, seen)
    return (
        max(0, round(left)),
        max(0, round(top)),
        min(camera.width, round(right)),
        min(camera.height, round(bottom)),
    )

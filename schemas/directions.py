"""Directions from one box to another: in the picture plane, and for somebody in the picture."""

from math import atan2, degrees

from schemas.box import Box, horizontal_gap, vertical_gap
from schemas.claim import Direction
from schemas.scene_graph import Facing

STEPS = {
    # direction: the signs of x and y on the way there; y grows downwards
    Direction.RIGHT: (1, 0),
    Direction.ABOVE_RIGHT: (1, -1),
    Direction.ABOVE: (0, -1),
    Direction.ABOVE_LEFT: (-1, -1),
    Direction.LEFT: (-1, 0),
    Direction.BELOW_LEFT: (-1, 1),
    Direction.BELOW: (0, 1),
    Direction.BELOW_RIGHT: (1, 1),
}
OWN = (Direction.LEFT, Direction.RIGHT, Direction.AHEAD, Direction.BACK)
OWN_DIRECTIONS = {
    # (facing, whether the target is on the picture's right): the direction as the object has it
    (Facing.VIEWER, True): Direction.LEFT,
    (Facing.VIEWER, False): Direction.RIGHT,
    (Facing.AWAY, True): Direction.RIGHT,
    (Facing.AWAY, False): Direction.LEFT,
    (Facing.LEFT, True): Direction.BACK,
    (Facing.LEFT, False): Direction.AHEAD,
    (Facing.RIGHT, True): Direction.AHEAD,
    (Facing.RIGHT, False): Direction.BACK,
}


def degrees_off(direction: Direction, reference: Box, target: Box) -> float:
    """The angle between a direction of STEPS and the way from centre to centre, in [0, 180]."""
    right, down = STEPS[direction]
    (ax, ay), (bx, by) = reference.center, target.center
    angle = degrees(atan2(by - ay, bx - ax) - atan2(down, right))
    return abs((angle + 180.0) % 360.0 - 180.0)


def spans_agree(direction: Direction, reference: Box, target: Box) -> bool:
    """Whether the target lies beyond the reference on each axis that the direction names, and
    shares 0.3 of the smaller span on the other."""
    right, down = STEPS[direction]
    (ax, ay), (bx, by) = reference.center, target.center
    across, along = horizontal_gap(reference, target), vertical_gap(reference, target)
    if right:
        is_right = across >= 0 and (bx - ax) * right > 0
    else:
        is_right = -across >= 0.3 * min(reference.width, target.width)
    if down:
        return is_right and along >= 0 and (by - ay) * down > 0
    return is_right and -along >= 0.3 * min(reference.height, target.height)

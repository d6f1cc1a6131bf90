"""Claims: whether what a question's option says is true of a drawn scene.

The judge of questions, not the pipeline's prover: it reads the true scene, with tolerances of what
people see.
"""

from collections.abc import Callable
from math import atan2, degrees, hypot

from bench.laboratory.relations import nearness, pixels_apart, stands
from bench.laboratory.truths import FALSE, TRUE, UNCLEAR, Truth, between, least, most
from bench.laboratory.words import CLASSES_OF
from bench.laboratory.world import TrueScene, TrueThing
from schemas.claim import (
    Cell,
    Claim,
    CountClaim,
    DepthClaim,
    Dimension,
    Direction,
    DistanceClaim,
    ExistenceClaim,
    LocationClaim,
    OrientationClaim,
    ReachClaim,
    RelationClaim,
    SizeClaim,
)

LENGTH_STEP, AREA_STEP, DISTANCE_STEP = 1.05, 1.1, 1.1
"""Ratios below which two lengths, areas or distances look equal."""
MOST, LITTLE = 0.5, 0.15
"""Share of a thing's visible box: what holds more than the first is where it is; what holds less
than the second is not."""
SURE_DEGREES, OTHER_DEGREES = 27.5, 50.0
"""Angles between a direction and the way to a thing: up to the first the direction is right (the
eight are 45 degrees apart), from the second it is wrong."""
SURE_VIEW, OTHER_VIEW = 40.0, 55.0
"""The same for the four directions of somebody's own view."""
MIN_SEEN_PIXELS, MIN_SEEN_SIDE = 60, 10
"""A thing that shows fewer pixels, or is smaller, may not be recognised: no name means it, and a
count may leave it out. Ten pixels are 1.6 % of the picture's width."""
Things = Callable[[int], TrueThing]
STEPS = {
    Direction.RIGHT: 0, Direction.BELOW_RIGHT: 45, Direction.BELOW: 90, Direction.BELOW_LEFT: 135,
    Direction.LEFT: 180, Direction.ABOVE_LEFT: 225, Direction.ABOVE: 270,
    Direction.ABOVE_RIGHT: 315,
}  # fmt: skip
"""Degrees clockwise from the right, as the viewer sees them."""
HEADINGS = {"right": 0, "viewer": 90, "left": 180, "away": 270}
"""Degrees clockwise from the right, seen from above."""
OWN = {Direction.AHEAD: 0, Direction.RIGHT: 90, Direction.BACK: 180, Direction.LEFT: 270}
"""Degrees clockwise from where somebody faces, seen from above."""


def is_recognisable(thing: TrueThing) -> bool:
    return thing.area >= MIN_SEEN_PIXELS and min(thing.width, thing.tall) >= MIN_SEEN_SIDE


def fitting(scene: TrueScene, word: str) -> list[TrueThing]:
    """The visible things that a word fits."""
    classes = CLASSES_OF.get(word, frozenset())
    return [thing for thing in scene.things if thing.name in classes and thing.area > 0]


def truth_of(claim: Claim, scene: TrueScene, things: Things) -> Truth:
    """`things` gives the true thing that an object id of the annotation stands for."""
    match claim:
        case RelationClaim() | ReachClaim():
            truth = stands(scene, things(claim.subject), claim.predicate, things(claim.object))
            return truth if claim.holds else truth.reversed
        case SizeClaim():
            largest = things(claim.largest)
            return least([_larger(claim.dimension, largest, things(o)) for o in claim.others])
        case OrientationClaim():
            return _direction(claim, things)
        case LocationClaim():
            return _location(things(claim.object), claim.cell, scene)
        case DepthClaim():
            return nearness(things(claim.nearer), things(claim.farther))
        case DistanceClaim():
            reference, nearest = things(claim.reference), things(claim.nearest)
            return least([_closer(reference, nearest, things(o)) for o in claim.others])
        case CountClaim():
            return _count(claim, scene)
        case ExistenceClaim():
            truth = _exists(claim, scene)
            return truth if claim.present else truth.reversed


def _larger(dimension: Dimension, one: TrueThing, other: TrueThing) -> Truth:
    if dimension is Dimension.TALLER:
        return _by_ratio(one.tall, other.tall, LENGTH_STEP)
    if dimension is Dimension.WIDER:
        return _by_ratio(one.width, other.width, LENGTH_STEP)
    box = _by_ratio(one.width * one.tall, other.width * other.tall, AREA_STEP)
    seen = _by_ratio(one.area, other.area, AREA_STEP)
    return box if box is seen else UNCLEAR


def _by_ratio(one: float, other: float, step: float) -> Truth:
    return between((one + 1) / (other + 1), 1 / step, step)


def _closer(reference: TrueThing, one: TrueThing, other: TrueThing) -> Truth:
    """In the picture, both between edges and between centres."""
    edges = _by_ratio(pixels_apart(reference, other), pixels_apart(reference, one), DISTANCE_STEP)
    centres = _by_ratio(
        _centres_apart(reference, other), _centres_apart(reference, one), DISTANCE_STEP
    )
    return edges if edges is centres else UNCLEAR


def _centres_apart(a: TrueThing, b: TrueThing) -> float:
    return hypot(a.center[0] - b.center[0], a.center[1] - b.center[1])


def _direction(claim: OrientationClaim, things: Things) -> Truth:
    reference, target = things(claim.reference), things(claim.target)
    if claim.viewpoint is None:
        (ax, ay), (bx, by) = reference.center, target.center
        off = _degrees_off(degrees(atan2(by - ay, bx - ax)), STEPS.get(claim.direction))
        return UNCLEAR if off is None else between(off, OTHER_DEGREES, SURE_DEGREES)
    if reference.facing not in HEADINGS or claim.direction not in OWN:
        return UNCLEAR
    way = degrees(atan2(reference.z - target.z, target.x - reference.x))
    heading = HEADINGS[reference.facing] + OWN[claim.direction]
    off = _degrees_off(way, heading)
    return UNCLEAR if off is None else between(off, OTHER_VIEW, SURE_VIEW)


def _degrees_off(way: float, wanted: float | None) -> float | None:
    return None if wanted is None else abs((way - wanted + 180.0) % 360.0 - 180.0)


def _location(thing: TrueThing, cell: Cell, scene: TrueScene) -> Truth:
    row, column = divmod(list(Cell).index(cell), 3)
    third_x, third_y = scene.width / 3, scene.height / 3
    left, top, right, bottom = thing.box
    across = min(right, (column + 1) * third_x) - max(left, column * third_x)
    down = min(bottom, (row + 1) * third_y) - max(top, row * third_y)
    share = max(across, 0.0) * max(down, 0.0) / max(thing.width * thing.tall, 1.0)
    return between(share, LITTLE, MOST)


def _count(claim: CountClaim, scene: TrueScene) -> Truth:
    found = fitting(scene, claim.class_name)
    if any(thing.is_several for thing in found):
        return FALSE if claim.number < len(found) else UNCLEAR
    sure = sum(map(is_recognisable, found))
    if not sure <= claim.number <= len(found):
        return FALSE
    return TRUE if sure == len(found) else UNCLEAR


def _exists(claim: ExistenceClaim, scene: TrueScene) -> Truth:
    found = fitting(scene, claim.class_name)
    if claim.predicate and claim.other_class:
        pairs = [
            stands(scene, one, claim.predicate, other)
            for one in found
            for other in fitting(scene, claim.other_class)
            if one.number != other.number
        ]
        return most(pairs) if pairs else FALSE
    if not found:
        return FALSE
    return TRUE if any(map(is_recognisable, found)) else UNCLEAR

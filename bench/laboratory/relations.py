"""Relations: whether one true thing stands in a relationship to another.

Three answers: true, false, or unclear, where reasonable people would differ. Sides, heights and
contact in the picture are of visible boxes, all else is of metres. None of this is the pipeline's
proof: the numbers are what a person who stands there would accept.
"""

from collections.abc import Callable, Mapping
from math import hypot

from bench.laboratory.truths import FALSE, TRUE, UNCLEAR, Truth, between
from bench.laboratory.words import WORN
from bench.laboratory.world import LIVING, PLANTS, VEHICLES, TrueScene, TrueThing

CLOSE, AWAY = 0.5, 1.0
"""Metres between two things, times `size_of`: up to the first they are next to each other, from the
second they are not."""
REACH = 1.0
"""Metres: nobody reaches farther, or is under what is farther in front or behind."""
NEAR, NOT_NEAR = 2.0, 5.0
"""Metres: up to the first things are near each other and not far, from the second they are not
near; both times `size_of`."""
FAR = 8.0
"""Metres, times `size_of`, from which on two things are far from each other."""
DEPTH_STEP = 1.07
"""Depths whose ratio is smaller look equal: on flat ground the feet of a thing 5 m away then stand
7 % of the distance to the horizon apart."""
MIN_SHARED = 0.3
"""Share of the narrower of two things that both cover from side to side, so that one is in front of
the other, or above it."""
STEEP = 2.0
"""Pixels down for each pixel across; nobody calls a steeper way left or right without doubt."""
SLACK = 0.25
"""Share of the lower thing's height by which the upper one may begin below its top."""
LEVEL = 0.02
"""Share of the picture's height: centres nearer than this are on one level."""
MEANINGS = {
    "over": "above", "beneath": "under", "beside": "next to", "alongside": "next to",
    "close": "near", "in": "inside", "left": "left of", "right": "right of", "far": "far from",
    "far away": "far from", "on top of": "on", "laying on": "lying on",
    "against": "leaning against", "wears": "wearing", "facing towards": "facing",
    "watching": "looking at",
}  # fmt: skip
"""Predicates that say the same."""
Relation = Callable[[TrueScene, TrueThing, TrueThing], Truth]


def shared_across(a: TrueThing, b: TrueThing) -> float:
    """Pixels that both cover from side to side, over those of the narrower; negative apart."""
    shared = min(a.box[2], b.box[2]) - max(a.box[0], b.box[0])
    return shared / max(min(a.width, b.width), 1.0)


def pixels_apart(a: TrueThing, b: TrueThing) -> float:
    across = max(a.box[0], b.box[0]) - min(a.box[2], b.box[2])
    down = max(a.box[1], b.box[1]) - min(a.box[3], b.box[3])
    return hypot(max(across, 0.0), max(down, 0.0))


def metres_apart(a: TrueThing, b: TrueThing) -> float:
    """Between the nearest points of two upright things."""
    across = abs(a.x - b.x) - a.half_width - b.half_width
    up = max(a.y, b.y) - min(a.top, b.top)
    return hypot(max(across, 0.0), max(up, 0.0), a.z - b.z)


def size_of(a: TrueThing, b: TrueThing) -> float:
    """By which nearness is measured: metres of the longer side of the larger one, 1 to 2."""
    side = max(a.height, b.height, 2 * a.half_width, 2 * b.half_width)
    return min(max(side, 1.0), 2.0)


def nearness(a: TrueThing, b: TrueThing) -> Truth:
    """Whether `a` is nearer to the viewer than `b`."""
    if a.is_ground or b.is_ground:
        return UNCLEAR
    return between(b.z / a.z, 1 / DEPTH_STEP, DEPTH_STEP)


def tied(a: TrueThing, b: TrueThing) -> str:
    """The bond by which `b` carries `a`, or "part" where it is a part of it."""
    if a.carrier == b.number:
        return a.bond
    return "part" if a.owner == b.number else ""


def is_standing(thing: TrueThing) -> bool:
    return thing.name in LIVING and thing.pose in ("", "standing", "holding")


def is_on(scene: TrueScene, a: TrueThing, b: TrueThing) -> Truth:
    if tied(a, b) in ("on", "sitting on", "riding", "part"):
        return TRUE
    if b.is_ground:
        if scene.ground_below(a) == b.number:
            return TRUE
        return UNCLEAR if a.is_part or a.carrier is not None else FALSE
    return UNCLEAR if a.is_part and b.is_part and a.owner == b.owner else FALSE


def posture(verb: str) -> Relation:
    """Standing, sitting or lying on something, walking on it, parked or growing there."""

    def holds(scene: TrueScene, a: TrueThing, b: TrueThing) -> Truth:
        if is_on(scene, a, b) is not TRUE:
            return is_on(scene, a, b)
        bond = tied(a, b)
        if verb == "sitting on":
            if a.name in LIVING:
                return (
                    TRUE if bond in ("sitting on", "riding") else FALSE if bond == "" else UNCLEAR
                )
            return UNCLEAR
        if verb == "parked on":
            return TRUE if a.name in VEHICLES else FALSE
        if verb == "growing on":
            return TRUE if a.name in PLANTS else FALSE
        if verb == "walking on":
            return UNCLEAR if is_standing(a) else FALSE
        if a.name not in LIVING:
            return UNCLEAR
        if verb == "standing on":
            return TRUE if bond == "" and is_standing(a) else UNCLEAR if bond == "on" else FALSE
        return UNCLEAR if bond == "on" else FALSE

    return holds


def by_bond(*bonds: str, otherwise: Truth = FALSE) -> Relation:
    return lambda scene, a, b: TRUE if tied(a, b) in bonds else otherwise


def holding(scene: TrueScene, a: TrueThing, b: TrueThing) -> Truth:
    return TRUE if tied(b, a) == "holding" else FALSE


def carrying(scene: TrueScene, a: TrueThing, b: TrueThing) -> Truth:
    if tied(b, a) == "riding":
        return UNCLEAR
    return holding(scene, a, b)


def using(scene: TrueScene, a: TrueThing, b: TrueThing) -> Truth:
    return UNCLEAR if tied(a, b) or tied(b, a) else FALSE


def touching(scene: TrueScene, a: TrueThing, b: TrueThing) -> Truth:
    if (tied(a, b) or tied(b, a)) not in ("", "under"):
        return TRUE
    if a.is_ground or b.is_ground:
        return UNCLEAR
    return FALSE if pixels_apart(a, b) > 2 or metres_apart(a, b) > 0.5 else UNCLEAR


def leaning(scene: TrueScene, a: TrueThing, b: TrueThing) -> Truth:
    return FALSE if touching(scene, a, b) is FALSE or tied(a, b) or tied(b, a) else UNCLEAR


def reaching(scene: TrueScene, a: TrueThing, b: TrueThing) -> Truth:
    if a.name not in LIVING or a.is_part:
        return FALSE
    return FALSE if metres_apart(a, b) > REACH else UNCLEAR


def wearing(scene: TrueScene, a: TrueThing, b: TrueThing) -> Truth:
    return TRUE if b.owner == a.number and b.name in WORN else FALSE


def hanging(scene: TrueScene, a: TrueThing, b: TrueThing) -> Truth:
    if b.is_ground and scene.ground_below(a) == b.number and a.is_on_wall:
        return TRUE
    return UNCLEAR if tied(a, b) == "part" or tied(a, b) == "holding" else FALSE


def flying_in(scene: TrueScene, a: TrueThing, b: TrueThing) -> Truth:
    return TRUE if a.is_flying and b.name == "sky" else FALSE


def inside(scene: TrueScene, a: TrueThing, b: TrueThing) -> Truth:
    if b.is_ground:
        if b.name == "sky" and (a.is_flying or a.name == "kite"):
            return TRUE
        return UNCLEAR if scene.ground_below(a) == b.number or a.carrier is not None else FALSE
    if tied(a, b) or tied(b, a) == "holding":
        return UNCLEAR
    return UNCLEAR if a.is_part or b.is_part else FALSE


def reverse_of(relation: Relation) -> Relation:
    return lambda scene, a, b: relation(scene, b, a)


def above(scene: TrueScene, a: TrueThing, b: TrueThing) -> Truth:
    lift = b.center[1] - a.center[1]
    if lift <= LEVEL * scene.height:
        return FALSE
    if a.is_ground or b.is_ground:
        return UNCLEAR
    if tied(b, a) == "under":
        return TRUE
    if shared_across(a, b) >= MIN_SHARED and a.y >= b.top - SLACK * b.height:
        return TRUE
    return UNCLEAR


def under(scene: TrueScene, a: TrueThing, b: TrueThing) -> Truth:
    if tied(a, b) == "under" or (tied(b, a) in ("on", "sitting on", "riding") and not a.is_part):
        return TRUE
    if a.is_ground or b.is_ground:
        return UNCLEAR if b.name == "sky" or a.is_ground else FALSE
    if shared_across(a, b) <= 0 or a.center[1] - b.center[1] <= LEVEL * scene.height:
        return FALSE
    if b.y >= a.top - SLACK * a.height:  # a kite or an umbrella over somebody
        return TRUE if abs(a.z - b.z) < REACH else UNCLEAR
    return FALSE if a.y == b.y == 0 else UNCLEAR


def left_of(scene: TrueScene, a: TrueThing, b: TrueThing) -> Truth:
    if a.is_ground or b.is_ground:
        return UNCLEAR
    across, down = b.center[0] - a.center[0], b.center[1] - a.center[1]
    if across <= 0.02 * scene.width:
        return FALSE
    is_beside = a.center[0] <= b.box[0] and b.center[0] >= a.box[2]
    return TRUE if is_beside and abs(down) <= STEEP * across else UNCLEAR


def in_front(scene: TrueScene, a: TrueThing, b: TrueThing) -> Truth:
    if a.is_ground or b.is_ground:
        backdrops = ("wall", "sky")
        if b.name in backdrops:
            return FALSE if a.is_ground or a.is_on_wall else TRUE
        return FALSE if a.name in backdrops else UNCLEAR
    if (tied(a, b) or tied(b, a)) in ("on", "sitting on", "riding", "holding", "part"):
        return UNCLEAR
    order = nearness(a, b)
    if order is TRUE:
        return TRUE if shared_across(a, b) >= MIN_SHARED else UNCLEAR
    return order


def next_to(scene: TrueScene, a: TrueThing, b: TrueThing) -> Truth:
    bond = tied(a, b) or tied(b, a)
    if a.is_ground or b.is_ground or bond:
        return FALSE if bond in ("on", "sitting on", "riding", "under") else UNCLEAR
    return between(metres_apart(a, b) / size_of(a, b), AWAY, CLOSE)


def near(scene: TrueScene, a: TrueThing, b: TrueThing) -> Truth:
    if tied(a, b) or tied(b, a):
        return TRUE
    if a.is_ground or b.is_ground:
        return UNCLEAR
    return between(metres_apart(a, b) / size_of(a, b), NOT_NEAR, NEAR)


def far_from(scene: TrueScene, a: TrueThing, b: TrueThing) -> Truth:
    if a.is_ground or b.is_ground:
        return UNCLEAR
    return between(metres_apart(a, b) / size_of(a, b), NEAR, FAR)


def facing(scene: TrueScene, a: TrueThing, b: TrueThing) -> Truth:
    headings = {"left": (-1, 0), "right": (1, 0), "viewer": (0, -1), "away": (0, 1)}
    if a.facing not in headings or b.is_ground:
        return UNCLEAR
    right, ahead = headings[a.facing]
    along = (b.x - a.x) * right + (b.z - a.z) * ahead
    apart = hypot(b.x - a.x, b.z - a.z)
    if apart == 0:
        return UNCLEAR
    return between(along / apart, 0.0, 0.85)  # the cosines of 90 and 32 degrees


RELATIONS: Mapping[str, Relation] = {
    "on": is_on,
    **{
        verb: posture(verb)
        for verb in (
            "sitting on", "standing on", "lying on", "walking on", "parked on", "growing on",
        )
    },
    "riding": by_bond("riding"),
    "on back of": by_bond("riding"),
    "holding": holding,
    "carrying": carrying,
    "using": using,
    "eating": lambda scene, a, b: FALSE,
    "painted on": lambda scene, a, b: FALSE,
    "touching": touching,
    "leaning against": leaning,
    "reached": reaching,
    "wearing": wearing,
    "hanging from": hanging,
    "mounted on": hanging,
    "attached to": by_bond("part", otherwise=UNCLEAR),
    "flying in": flying_in,
    "inside": inside,
    "contain": reverse_of(inside),
    "above": above,
    "below": reverse_of(above),
    "under": under,
    "left of": left_of,
    "right of": reverse_of(left_of),
    "in front of": in_front,
    "behind": reverse_of(in_front),
    "next to": next_to,
    "near": near,
    "far from": far_from,
    "facing": facing,
    "looking at": facing,
}  # fmt: skip


def stands(scene: TrueScene, a: TrueThing, predicate: str, b: TrueThing) -> Truth:
    """Whether `a` stands in a relationship to `b`; unclear for predicates that no drawing shows."""
    relation = RELATIONS.get(MEANINGS.get(predicate, predicate))
    return relation(scene, a, b) if relation and a.number != b.number else UNCLEAR

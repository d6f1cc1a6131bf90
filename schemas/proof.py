"""Proof: whether a claim holds in a scene, from boxes and annotations alone.

Annotation is open-world: what nobody annotated is not thereby false. So a claim is

PROVED    when the boxes (or true depth and facing) show it, with the margin that they clear
ASSERTED  when an annotation says so and nothing contradicts it
REFUTED   when an annotation excludes it or the boxes fail a condition that it needs
UNKNOWN   otherwise
"""

from collections import defaultdict
from enum import StrEnum, auto
from functools import cached_property
from itertools import combinations
from math import atan2, degrees, hypot, log
from typing import NamedTuple, assert_never

from schemas.box import (
    Box,
    center_distance,
    gap,
    horizontal_gap,
    intersection_area,
    iou,
    vertical_gap,
)
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
    objects_of,
)
from schemas.config import ProofConfig
from schemas.predicate import CONDITIONS, Frame, Predicate, load_predicates
from schemas.scene_graph import Facing, Scene, SceneObject
from schemas.vocabulary import Kind, load_vocabulary

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
REFUTED_DEGREES = 60.0
REFUTED_CELL_SHARE = 0.1
SAME_PLACE_IOU = 0.3
DISPUTED = "disputed"
"""What an annotation says on an axis if the boxes are against it."""
COUNTED = {Kind.ANIMAL, Kind.VEHICLE, Kind.SPORT, Kind.APPLIANCE}
"""Of these kinds annotators box each one, if the class is a landmark."""
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


class Standing(StrEnum):
    PROVED = auto()
    ASSERTED = auto()
    REFUTED = auto()
    UNKNOWN = auto()


class Evidence(NamedTuple):
    """`margin` is how far the facts clear (1 = just) or miss (-1 = just) what the claim needs;
    None where an annotation speaks. `detail` says it in words."""

    standing: Standing
    margin: float | None
    detail: str

    @property
    def supports(self) -> bool:
        return self.standing in (Standing.PROVED, Standing.ASSERTED)

    @property
    def refutes(self) -> bool:
        return self.standing is Standing.REFUTED


def _by_degree(degree: float, detail: str) -> Evidence:
    """Proved at a degree of at least 1, refuted at -1 or less."""
    if degree >= 1.0:
        return Evidence(Standing.PROVED, degree, detail)
    if degree <= -1.0:
        return Evidence(Standing.REFUTED, degree, detail)
    return Evidence(Standing.UNKNOWN, degree, f"{detail}: too close to call")


def _by_ratio(ratio: float, needed: float, detail: str) -> Evidence:
    """Proved where the ratio reaches what is needed, refuted where its inverse does."""
    if ratio >= needed:
        return Evidence(Standing.PROVED, ratio / needed, detail)
    if ratio <= 1.0 / needed:
        return Evidence(Standing.REFUTED, -1.0 / (ratio * needed), detail)
    return Evidence(Standing.UNKNOWN, None, f"{detail}: too close to call")


def cell_boxes(width: int, height: int) -> dict[Cell, Box]:
    """The nine cells of a picture, edges rounded to whole pixels."""
    xs = [round(width * third / 3) for third in range(4)]
    ys = [round(height * third / 3) for third in range(4)]
    return {
        cell: Box(xs[place % 3], ys[place // 3], xs[place % 3 + 1], ys[place // 3 + 1])
        for place, cell in enumerate(Cell)
    }


def unknown(detail: str) -> Evidence:
    return Evidence(Standing.UNKNOWN, None, detail)


class Facts:
    """One scene with all that is known of it; `holds` is the only judge of claims."""

    def __init__(self, scene: Scene, config: ProofConfig) -> None:
        self.scene = scene
        self.config = config
        self.objects = scene.objects
        self.frame = Frame(
            scene.width, scene.height, scene.diagonal, config.touch, config.size_ratio
        )
        self.predicates = load_predicates()
        self.vocabulary = load_vocabulary()
        self._doubts: dict[str, SceneObject | None] = {}
        self._distances: dict[tuple[Box, Box], tuple[float, float]] = {}

    @cached_property
    def annotated(self) -> dict[tuple[int, int], list[Predicate]]:
        """The canonical predicates annotated from one object to another."""
        found: dict[tuple[int, int], list[Predicate]] = defaultdict(list)
        for relationship in self.scene.relationships:
            if relationship.is_canonical:
                predicate = self.predicates[relationship.predicate]
                found[relationship.subject, relationship.object].append(predicate)
        return found

    @cached_property
    def members(self) -> dict[str, list[SceneObject]]:
        """The objects of each class and of its more general classes."""
        found: dict[str, list[SceneObject]] = defaultdict(list)
        for thing in self.objects.values():
            if thing.class_name:
                for name in self.vocabulary.lineage(thing.class_name):
                    found[name].append(thing)
        return found

    def axes(self, subject: int, target: int) -> dict[str, set[str]]:
        """What annotations say on each axis of an ordered pair, or DISPUTED."""
        forward = self.annotated.get((subject, target), ())
        backward = self.annotated.get((target, subject), ())
        known: dict[str, set[str]] = defaultdict(set)
        for predicate in forward:
            degree = self._degree(predicate, subject, target)
            for axis, value in predicate.axes:
                known[axis].add(DISPUTED if _fails(degree) else value)
        for predicate in backward:
            degree = self._degree(predicate, target, subject)
            for axis, value in predicate.reversed_axes:
                known[axis].add(DISPUTED if _fails(degree) else value)
        return known

    def _degree(self, predicate: Predicate, subject: int, target: int) -> float | None:
        """How clearly the pair meets what the predicate needs; None where nothing can tell."""
        one, other = self.objects[subject], self.objects[target]
        if predicate.needs is None:
            return None
        if predicate.needs in ("front", "back") and one.depth and other.depth:
            ratio = log(other.depth / one.depth) / log(self.config.depth_ratio)
            # To be nearer is not yet to be in front of it.
            return min(ratio if predicate.needs == "front" else -ratio, 0.9)
        return CONDITIONS[predicate.needs](one.box, other.box, self.frame)

    def is_boundless(self, object_id: int) -> bool:
        """Whether it may reach beyond its box: annotators box a part of the grass or the wall."""
        name = self.objects[object_id].class_name
        if self.scene.is_exhaustive or name is None:
            return False
        return self.vocabulary.classes[name].kind is Kind.STUFF

    @cached_property
    def mentioned(self) -> frozenset[str | None]:
        """Every class that the words for an object stand for or may stand for."""
        return frozenset(
            name for thing in self.objects.values() for name in (thing.class_name, *thing.blocks)
        )

    def doubtful(self, class_name: str) -> SceneObject | None:
        """An object that may or may not be one of the class: named by a more general or a plural
        word, or by words that also mean something else."""
        if self.vocabulary.kin(class_name).isdisjoint(self.mentioned):
            return None
        if class_name not in self._doubts:
            found = (thing for thing in self.objects.values() if self._may_be(thing, class_name))
            self._doubts[class_name] = next(found, None)
        return self._doubts[class_name]

    def _may_be(self, thing: SceneObject, class_name: str) -> bool:
        is_kind_of = self.vocabulary.is_kind_of
        if thing.class_name:
            is_one = is_kind_of(thing.class_name, class_name)
            is_loose = thing.is_plural or thing.is_doubtful
            if is_one and is_loose:
                return True
            if is_kind_of(class_name, thing.class_name) and (not is_one or is_loose):
                return True
        return any(
            is_kind_of(name, class_name) or is_kind_of(class_name, name) for name in thing.blocks
        )

    def lookalike(self, class_name: str) -> SceneObject | None:
        """An object of another class that annotators mix up with this one."""
        if self.vocabulary.rivals(class_name).isdisjoint(self.mentioned):
            return None
        things = self.objects.values()
        return next((thing for thing in things if self._looks(thing, class_name)), None)

    def _looks(self, thing: SceneObject, class_name: str) -> bool:
        rivals = self.vocabulary.rivals(class_name)
        return thing.class_name in rivals or not rivals.isdisjoint(thing.blocks)

    def is_unique(self, object_id: int) -> bool:
        """Whether "the <class>" picks out this object and no other.

        People go by many words ("man", "skier"), so in photographs anybody who may be meant
        counts; of other things those do that lie on much the same place ("monitor", "computer").
        """
        thing = self.objects[object_id]
        name = thing.class_name
        if name is None or len(self.members[name]) > 1 or self.doubtful(name):
            return False
        if self.scene.is_exhaustive:
            return True
        if self.vocabulary.classes[name].kind is Kind.PERSON:
            return self.lookalike(name) is None
        return not any(
            other is not thing
            and other.class_name
            and self.vocabulary.may_be_same(other.class_name, name)
            and iou(thing.box, other.box) > SAME_PLACE_IOU
            for other in self.objects.values()
        )

    def flaw(self, claim: Claim) -> str | None:
        """Why a claim says nothing of this scene, whatever it shows; None where it may hold."""
        named = objects_of(claim)
        for key in named:
            if key not in self.objects:
                return f"the scene has no object {key}"
        if len(named) > 1 and len(set(named)) < len(named):
            return f"it names an object twice: {named}"
        match claim:
            case RelationClaim() | ReachClaim() if claim.predicate not in self.predicates:
                return f"no such predicate: {claim.predicate!r}"
            case SizeClaim(others=()) | DistanceClaim(others=()):
                return "it compares with nothing"
            case OrientationClaim() if claim.viewpoint not in (None, claim.reference):
                return "its viewpoint is not its reference"
            case CountClaim() if claim.class_name not in self.vocabulary.classes:
                return f"no such class: {claim.class_name!r}"
            case ExistenceClaim():
                return self._existence_flaw(claim)
        return None

    def _existence_flaw(self, claim: ExistenceClaim) -> str | None:
        if (claim.predicate is None) != (claim.other_class is None):
            return "a predicate and another class go together"
        if claim.predicate is not None and claim.predicate not in self.predicates:
            return f"no such predicate: {claim.predicate!r}"
        for name in (claim.class_name, claim.other_class):
            if name is not None and name not in self.vocabulary.classes:
                return f"no such class: {name!r}"
        return None

    def holds(self, claim: Claim) -> Evidence:
        """What speaks for or against a claim; a claim with a flaw is unknown."""
        flaw = self.flaw(claim)
        if flaw:
            return unknown(flaw)
        match claim:
            case RelationClaim() | ReachClaim():
                return self._relation(claim.subject, claim.predicate, claim.object)
            case DepthClaim():
                return self._depth(claim)
            case CountClaim():
                return self._count(claim)
            case ExistenceClaim():
                return self._related(claim) if claim.predicate else self._existence(claim)
        if not self.scene.is_exhaustive and any(map(self.is_boundless, objects_of(claim))):
            return unknown("one of them may reach beyond its box")
        match claim:
            case SizeClaim():
                return self._size(claim)
            case OrientationClaim(viewpoint=None):
                return self._direction(claim)
            case OrientationClaim():
                return self._own_direction(claim)
            case LocationClaim():
                return self._location(claim)
            case DistanceClaim():
                return self._distance(claim)
            case _:
                assert_never(claim)

    def _relation(self, subject: int, name: str, target: int) -> Evidence:
        predicate = self.predicates[name]
        degree = self._degree(predicate, subject, target)
        said = self.axes(subject, target)
        against = [axis for axis, value in predicate.axes if said.get(axis, {value}) != {value}]
        if self._is_annotated(subject, predicate, target):
            if against or _fails(degree):
                other = against[0] if against else f"the boxes ({predicate.needs})"
                return unknown(f"annotated as {name!r}, against {other}")
            if not predicate.proved:
                return Evidence(Standing.ASSERTED, None, f"annotated as {name!r}")
        for axis in against:
            if said[axis].isdisjoint({dict(predicate.axes)[axis], DISPUTED}):
                return Evidence(Standing.REFUTED, None, f"annotation excludes it ({axis})")
        if against:
            return unknown(f"annotations contradict each other or the boxes ({against[0]})")
        if degree is None or (degree >= 1.0 and not predicate.proved):
            return unknown(f"nobody annotated {name!r}, and boxes cannot tell")
        if self.is_boundless(subject) or self.is_boundless(target):
            return unknown("one of them may reach beyond its box")
        return _by_degree(degree, f"boxes: {predicate.needs}")

    def _is_annotated(self, subject: int, predicate: Predicate, target: int) -> bool:
        forward = self.annotated.get((subject, target), ())
        backward = self.annotated.get((target, subject), ())
        if any(other.means == predicate.means for other in forward):
            return True
        return any(
            (other.symmetric and other.means == predicate.means) or other.inverse == predicate.means
            for other in backward
        )

    def _size(self, claim: SizeClaim) -> Evidence:
        def measure(object_id: int) -> int:
            box = self.objects[object_id].box
            return {
                Dimension.LARGER: box.area,
                Dimension.TALLER: box.height,
                Dimension.WIDER: box.width,
            }[claim.dimension]

        rival = max(measure(other) for other in claim.others)
        if claim.dimension is Dimension.LARGER and not self._dominates(claim):
            return unknown("its box is larger only along one side")
        return _by_ratio(
            measure(claim.largest) / rival,
            self.config.size_ratio,
            f"{claim.dimension}: {measure(claim.largest):,} against {rival:,} pixels",
        )

    def _dominates(self, claim: SizeClaim) -> bool:
        """Whether the largest box is at least as wide and as high as every other one, or one of
        these is so above it: the area of a long thin box says little of the thing's own."""
        first, *others = (self.objects[key].box for key in (claim.largest, *claim.others))
        top = max((first, *others), key=lambda box: box.area)
        return all(top.width >= box.width and top.height >= box.height for box in (first, *others))

    def _direction(self, claim: OrientationClaim) -> Evidence:
        a, b = self.objects[claim.reference].box, self.objects[claim.target].box
        if claim.direction not in STEPS:
            return unknown("the viewer has no such direction in the picture plane")
        far_enough = self.config.direction_share * self.scene.diagonal
        if intersection_area(a, b) or center_distance(a, b) < far_enough:
            return unknown("the boxes overlap or are too close together")
        right, down = STEPS[claim.direction]
        (ax, ay), (bx, by) = a.center, b.center
        angle = degrees(atan2(by - ay, bx - ax) - atan2(down, right))
        off = abs((angle + 180.0) % 360.0 - 180.0)
        detail = f"{off:.0f} degrees off {claim.direction.replace('_', ' ')}"
        agree = _spans_agree(claim.direction, a, b)
        if off >= REFUTED_DEGREES and not agree:
            return Evidence(Standing.REFUTED, -off / REFUTED_DEGREES, detail)
        if off <= self.config.direction_degrees and agree:
            margin = 1.0 + (self.config.direction_degrees - off) / self.config.direction_degrees
            return Evidence(Standing.PROVED, margin, detail)
        return unknown(f"{detail}: too close to call")

    def _own_direction(self, claim: OrientationClaim) -> Evidence:
        one, other = self.objects[claim.reference], self.objects[claim.target]
        if not one.facing:
            return unknown("nobody knows which way it faces")
        if not one.depth or not other.depth:
            return unknown("nobody knows how far away they are")
        if claim.direction not in OWN:
            return unknown("no direction of its own")
        (ax, ay), (bx, by) = one.box.center, other.box.center
        far_enough = self.config.direction_share * self.scene.diagonal
        is_apart = horizontal_gap(one.box, other.box) >= 0 and hypot(bx - ax, by - ay) >= far_enough
        # With a lens as long as the picture is wide, this is at least how far it lies to the side.
        sideways = abs(bx - ax) / self.scene.width * min(one.depth, other.depth)
        is_level = abs(by - ay) <= abs(bx - ax) and abs(other.depth - one.depth) <= sideways / 2
        if not is_apart or not is_level:
            return unknown("they are not clearly side by side")
        true = OWN_DIRECTIONS[one.facing, bx > ax]
        detail = f"it faces {one.facing}: for it the other lies {true}"
        if claim.direction is true:
            return Evidence(Standing.PROVED, 1.0, detail)
        return Evidence(Standing.REFUTED, -1.0, detail)

    @cached_property
    def cells(self) -> dict[Cell, Box]:
        return cell_boxes(self.scene.width, self.scene.height)

    def _location(self, claim: LocationClaim) -> Evidence:
        if not self.scene.has_frame:
            return unknown("the size of the picture is not annotated")
        box = self.objects[claim.object].box
        cell = self.cells[claim.cell]
        share = intersection_area(box, cell) / box.area
        detail = f"{share:.0%} of it lies there"
        if share >= self.config.cell_share:
            return Evidence(Standing.PROVED, share / self.config.cell_share, detail)
        if share <= REFUTED_CELL_SHARE:
            return Evidence(Standing.REFUTED, -1.0, detail)
        return unknown(detail)

    def _depth(self, claim: DepthClaim) -> Evidence:
        near, far = self.objects[claim.nearer], self.objects[claim.farther]
        if near.depth and far.depth:
            detail = f"{near.depth:.1f} m against {far.depth:.1f} m from the viewer"
            return _by_ratio(far.depth / near.depth, self.config.depth_ratio, detail)
        known = self.axes(claim.nearer, claim.farther).get("depth")
        if known not in ({"front"}, {"back"}):
            return unknown("depth is not annotated, or against the boxes")
        standing = Standing.ASSERTED if known == {"front"} else Standing.REFUTED
        return Evidence(standing, None, "annotated as in front of or behind")

    def _distance(self, claim: DistanceClaim) -> Evidence:
        reference = self.objects[claim.reference].box
        near = self.objects[claim.nearest].box
        ratios = [self.nearness(reference, near, self.objects[other].box) for other in claim.others]
        worst = min(ratios)
        detail = f"{worst:.1f} times as near in the picture"
        return _by_ratio(worst, self.config.distance_ratio, detail)

    def nearness(self, reference: Box, one: Box, other: Box) -> float:
        """How many times nearer `one` is than `other`, by edges and by centres alike; 1 where the
        two measures disagree or hardly differ."""
        least = self.config.distance_share * self.frame.diagonal
        ratios = []
        for mine, theirs in zip(
            self._apart(reference, one), self._apart(reference, other), strict=True
        ):
            if abs(theirs - mine) < least:
                return 1.0
            ratios.append((theirs + 1.0) / (mine + 1.0))
        if min(ratios) > 1.0:
            return min(ratios)
        return max(ratios) if max(ratios) < 1.0 else 1.0

    def _apart(self, one: Box, other: Box) -> tuple[float, float]:
        """Pixels between the edges of two boxes and between their centres."""
        key = one, other
        if key not in self._distances:
            self._distances[key] = gap(one, other), center_distance(one, other)
        return self._distances[key]

    def _count(self, claim: CountClaim) -> Evidence:
        found = self.members.get(claim.class_name, [])
        doubt = self.doubtful(claim.class_name)
        if doubt:
            return unknown(f"object {doubt.object_id} ({doubt.name}) may be one or more of them")
        if len(found) > self.config.max_count:
            return unknown(f"more than {self.config.max_count}: a crowd")
        if not self.scene.is_exhaustive:
            rival = self.lookalike(claim.class_name)
            if rival:
                return unknown(f"object {rival.object_id} ({rival.name}) looks like one of them")
            entry = self.vocabulary.classes[claim.class_name]
            if not entry.is_landmark or entry.kind not in COUNTED:
                return unknown("annotators often leave some of such things out")
            if any(iou(a.box, b.box) > 0.2 for a, b in combinations(found, 2)):
                return unknown("two of them overlap and may be one")
        detail = f"{len(found)} annotated"
        if claim.number != len(found):
            return Evidence(Standing.REFUTED, None, detail)
        standing = Standing.PROVED if self.scene.is_exhaustive else Standing.ASSERTED
        return Evidence(standing, None, detail)

    def _existence(self, claim: ExistenceClaim) -> Evidence:
        exhaustive = self.scene.is_exhaustive
        found = [
            thing
            for thing in self.members.get(claim.class_name, ())
            if not thing.is_plural or thing.class_name == claim.class_name
        ]
        if found:
            detail = f"object {found[0].object_id} is one"
            supported = Standing.PROVED if exhaustive else Standing.ASSERTED
            return Evidence(supported if claim.present else Standing.REFUTED, None, detail)
        rival = self.doubtful(claim.class_name) or self.lookalike(claim.class_name)
        if rival:
            return unknown(f"object {rival.object_id} ({rival.name}) may be one")
        doubt = self._left_out(claim.class_name)
        if doubt:
            return unknown(doubt)
        if claim.present:
            return Evidence(Standing.REFUTED, None, "nothing annotated is or may be one")
        standing = Standing.PROVED if exhaustive else Standing.ASSERTED
        return Evidence(standing, None, f"none among {len(self.objects)} annotated objects")

    def _related(self, claim: ExistenceClaim) -> Evidence:
        pairs = [
            (self._relation(one.object_id, str(claim.predicate), other.object_id), one, other)
            for one in self._possible(claim.class_name)
            for other in self._possible(str(claim.other_class))
            if one is not other
        ]
        sure = self.members.get(claim.class_name, ()), self.members.get(str(claim.other_class), ())
        for verdict, one, other in pairs:
            if verdict.supports and one in sure[0] and other in sure[1]:
                if claim.present:
                    return verdict
                return Evidence(Standing.REFUTED, verdict.margin, verdict.detail)
        if not pairs or not all(verdict.refutes for verdict, *_ in pairs):
            return unknown("some pair of them may be so related")
        doubt = self._left_out(claim.class_name) or self._left_out(str(claim.other_class))
        if doubt:
            return unknown(doubt)
        detail = "every pair of them is refuted"
        if claim.present:
            return Evidence(Standing.REFUTED, None, detail)
        standing = Standing.PROVED if self.scene.is_exhaustive else Standing.ASSERTED
        return Evidence(standing, None, detail)

    def _possible(self, class_name: str) -> list[SceneObject]:
        """Every object that is or may be one of the class."""
        sure = self.members.get(class_name, ())
        return [
            thing
            for thing in self.objects.values()
            if thing in sure or self._may_be(thing, class_name) or self._looks(thing, class_name)
        ]

    def _left_out(self, class_name: str) -> str | None:
        """Why there may be one that nobody annotated; None where there is not."""
        if self.scene.is_exhaustive:
            return None
        if not self.vocabulary.classes[class_name].is_landmark:
            return "annotators often leave such things out"
        if len(self.objects) < self.config.min_annotated:
            return "too little of the picture is annotated"
        return None


def _fails(degree: float | None) -> bool:
    return degree is not None and degree <= 0.0


def _spans_agree(direction: Direction, reference: Box, target: Box) -> bool:
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

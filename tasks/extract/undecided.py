"""Undecided questions: a person who looks at the picture can answer them; a source without depth,
facing or complete annotation cannot.

Each proposal holds all of its possible answers; which of them is right is for the model that looks
at the picture. Boxes and annotations only show where the question is fair: where things are large
and clear and stand apart, and no annotation gives the answer away.
"""

from collections.abc import Iterator
from itertools import combinations, permutations

from schemas.box import Box, gap, horizontal_gap, nested_share
from schemas.claim import (
    CountClaim,
    DepthClaim,
    ExistenceClaim,
    OrientationClaim,
    ReachClaim,
    RelationClaim,
)
from schemas.proof.measures import OWN, may_be_one
from schemas.question import UNDECIDED
from schemas.scene_graph import SceneObject
from schemas.vocabulary.kinds import LIVING, Kind, Trait
from tasks.extract.existences import likely_classes
from tasks.extract.places import CAN_BEAR
from tasks.extract.proposal import Proposal
from tasks.extract.view import View

# Kinds that stand on the ground; that do not move; whose members can be counted one by one.
STANDING = {Kind.PERSON, Kind.ANIMAL, Kind.VEHICLE}
FIXED = {Kind.STRUCTURE, Kind.PLANT}
COUNTABLE = {
    Kind.PERSON, Kind.ANIMAL, Kind.VEHICLE, Kind.FURNITURE, Kind.APPLIANCE, Kind.ELECTRONICS,
    Kind.TABLEWARE, Kind.CONTAINER, Kind.SPORT, Kind.TOY,
}  # fmt: skip
MAX_AREA_RATIO = 16.0
"""Area of the larger of two boxes over that of the smaller, at most: four times its height."""
MAX_AREA_SHARE = 0.4
"""Share of the picture that a thing covers at most: a larger one is not at one place."""
MAX_OVERLAP = 0.25
"""Share of the smaller of two boxes that may lie in the other if a question asks which is nearer.
Where more does, one may be part of the other."""
MIN_OVERLAP = 0.15
"""Share of the smaller of two boxes that lies in the other at least where they may touch."""
STEP = 0.08
"""Share of the picture's height by which the lower edges of two things differ at least, so that
the eye sees on level ground which is nearer."""
LEVEL = 0.12
"""Share of the picture's height by which the lower edges of two things side by side may differ."""
ASIDE = 0.02
"""Share of the picture's width that lies at least between two things side by side."""
SLOPE = 0.4
"""Vertical over horizontal distance of the centers of two things side by side, at most: a slope of
22 degrees."""
BEARABLE = 1.5
"""Area of somebody over that of a thing that may bear or hide them, at most: whoever is nearer to
the camera looks larger."""
MAX_COUNT = 5
"""Things of a class at most: annotators and judges count more of them wrongly."""
MANY = 4
"""Number of things from which on a count is harder: up to three are seen without counting."""


def propose_depths(view: View) -> Iterator[Proposal]:
    """Which of two is nearer: two that stand on the ground, on different levels of the picture.
    With lower edges STEP apart, the eye sees it; on one level, they may be equally far."""
    height = view.scene.height
    for one, other in combinations(_clear(view), 2):
        if one.depth is not None and other.depth is not None:
            continue
        if abs(one.box.y2 - other.box.y2) < STEP * height or not _comparable(one.box, other.box):
            continue
        if nested_share(one.box, other.box) > MAX_OVERLAP or not _stand_apart(view, one, other):
            continue
        if _related(view, one, other) or _share_support(view, one, other):
            continue
        claims = [DepthClaim(*pair) for pair in permutations((one.object_id, other.object_id))]
        asks = view.shuffled(("nearer", "farther"), one.object_id, other.object_id)[0]
        yield Proposal(asks, claims[0], claims[1:], f"{UNDECIDED}{asks}", int(asks == "farther"))


def propose_own_directions(view: View) -> Iterator[Proposal]:
    """Where something is for somebody whose facing is unknown: both are side by side on one ground,
    so that only this facing decides between left, right, ahead and behind."""
    diagonal = view.scene.diagonal
    for reference, target in permutations(_clear(view), 2):
        if reference.facing or view.kind(reference) not in LIVING:
            continue
        one, other = reference.box, target.box
        across = abs(one.center[0] - other.center[0])
        is_beside = (
            horizontal_gap(one, other) > ASIDE * view.scene.width
            and across >= view.facts.config.direction_share * diagonal
            and abs(one.center[1] - other.center[1]) <= SLOPE * across
            and abs(one.y2 - other.y2) <= LEVEL * view.scene.height
        )
        if is_beside and _comparable(one, other) and not _related(view, reference, target):
            key = reference.object_id
            claims = [OrientationClaim(key, key, target.object_id, to) for to in OWN]
            yield Proposal("direction", claims[0], claims[1:], f"{UNDECIDED}own", hardness=2)


def propose_places(view: View) -> Iterator[Proposal]:
    """Where somebody is relative to a thing that could bear, shelter or hide them."""
    for subject, target in permutations(view.things, 2):
        kind = view.kind(target)
        if view.kind(subject) not in LIVING or kind not in CAN_BEAR - {Kind.CONTAINER}:
            continue
        if view.has(target, Trait.RIDDEN, Trait.BEARS_NOTHING) or not _meet(view, subject, target):
            continue
        if subject.box.area > BEARABLE * target.box.area:
            continue
        if kind is Kind.VEHICLE and not view.has(target, Trait.ENCLOSED):
            continue
        hidden = "inside" if kind is Kind.VEHICLE else "under"
        claims = [
            RelationClaim(subject.object_id, name, target.object_id)
            for name in ("on", "in front of", "behind", hidden)
        ]
        yield Proposal("predicate", claims[0], claims[1:], f"{UNDECIDED}place", hardness=1)


def propose_reaches(view: View) -> Iterator[Proposal]:
    """What somebody does with a thing that can be ridden."""
    for subject, target in permutations(view.things, 2):
        if view.kind(subject) is not Kind.PERSON or not view.has(target, Trait.RIDDEN):
            continue
        if _meet(view, subject, target):
            held = "carrying" if view.has(target, Trait.CARRIED) else "holding"
            claims = [
                ReachClaim(subject.object_id, name, target.object_id)
                for name in ("riding", held, "leaning against", "reached")
            ]
            yield Proposal("predicate", claims[0], claims[1:], f"{UNDECIDED}reach", hardness=1)


def propose_counts(view: View) -> Iterator[Proposal]:
    """How many there are of a class that annotators sometimes leave out: several, each apart from
    the others, and no thing that may be one of them or several."""
    facts = view.facts
    too_general = facts.vocabulary.traits[Trait.NOT_COUNTED]
    for class_name, members in sorted(facts.members.items()):
        number = len(members)
        if not 2 <= number <= MAX_COUNT or not view.is_nameable(class_name):
            continue
        if view.classes[class_name].kind not in COUNTABLE or class_name in too_general:
            continue
        if facts.doubtful(class_name) or facts.lookalike(class_name):
            continue
        smallest = min(member.box.area for member in members)
        if smallest < view.config.min_area_share * view.scene.area:
            continue
        if may_be_one([member.box for member in members]):
            continue
        # The picture may show more than was annotated, but hardly ever fewer.
        first = view.shuffled((number - 1, number), class_name)[0]
        claims = [CountClaim(class_name, shown) for shown in range(first, first + 4)]
        hardness = 1 + (number >= MANY)
        yield Proposal("number", claims[0], claims[1:], f"{UNDECIDED}number", hardness)


def propose_existences(view: View) -> Iterator[Proposal]:
    """Whether there is a thing that is likely in the picture's setting and that nobody
    annotated."""
    for class_name in likely_classes(view):
        if not (view.facts.doubtful(class_name) or view.facts.lookalike(class_name)):
            claims = [ExistenceClaim(class_name, is_present) for is_present in (True, False)]
            yield Proposal("present", claims[0], claims[1:], f"{UNDECIDED}present", hardness=1)


def _clear(view: View) -> list[SceneObject]:
    """Large, uncovered things that stand on the ground."""
    found = []
    for thing in view.things:
        stands = view.kind(thing) in STANDING or view.has(thing, Trait.STANDS)
        share = thing.box.area / view.scene.area
        is_clear = view.config.small_share <= share <= MAX_AREA_SHARE
        if stands and is_clear and not view.has(thing, Trait.FLIES):
            found.append(thing)
    return [thing for thing in found if thing.object_id not in view.blocked]


def _comparable(one: Box, other: Box) -> bool:
    return max(one.area, other.area) <= MAX_AREA_RATIO * min(one.area, other.area)


def _stand_apart(view: View, one: SceneObject, other: SceneObject) -> bool:
    """Whether neither can bear the other: their boxes do not touch, or, because of their kinds, one
    stands before the other where they do."""
    touch = view.facts.config.touch * view.scene.diagonal
    if gap(one.box, other.box) > touch:
        return True
    kinds = {view.kind(one), view.kind(other)}
    return kinds in ({Kind.PERSON}, {Kind.VEHICLE}) or (
        len(kinds & FIXED) == 1 and len(kinds & STANDING) == 1
    )


def _meet(view: View, subject: SceneObject, target: SceneObject) -> bool:
    """Whether two clear things overlap, and no annotation says how."""
    smaller = min(subject.box.area, target.box.area)
    return (
        smaller >= view.config.small_share * view.scene.area
        and nested_share(subject.box, target.box) >= MIN_OVERLAP
        and not _related(view, subject, target)
    )


def _related(view: View, one: SceneObject, other: SceneObject) -> bool:
    """Whether an annotation says more about the pair than which is on the left."""
    pair = {one.object_id, other.object_id}
    return any(
        {link.subject, link.object} == pair
        and not (
            link.is_canonical
            and {axis for axis, _ in view.facts.predicates[link.predicate].axes} == {"side"}
        )
        for link in view.scene.relationships
    )


def _share_support(view: View, one: SceneObject, other: SceneObject) -> bool:
    """Whether both are on, in or at the same thing, other than the ground."""
    bearers: dict[int, set[int]] = {one.object_id: set(), other.object_id: set()}
    for link in view.scene.relationships:
        target = view.facts.objects.get(link.object)
        if link.subject in bearers and target and view.kind(target) not in (None, Kind.STUFF):
            bearers[link.subject].add(link.object)
    return not bearers[one.object_id].isdisjoint(bearers[other.object_id])

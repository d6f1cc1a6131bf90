"""Candidate questions of one scene, category by category.

Every generator proposes claims that are worth asking about; `propose` keeps those that the scene
supports and for which enough other answers are refuted.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from itertools import islice, permutations
from math import atan2, degrees, hypot, log
from random import Random
from typing import TypeVar

from msgspec import structs

from schemas.box import gap, horizontal_gap, inside_share
from schemas.claim import (
    Category,
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
    encode_claim,
    objects_of,
)
from schemas.config import ExtractConfig
from schemas.predicate import Predicate
from schemas.proof import OWN, OWN_DIRECTIONS, STEPS, Evidence, Facts
from schemas.scene_graph import SceneObject
from schemas.vocabulary import LIVING, Kind, load_vocabulary

PROMINENCE = {Kind.PERSON: 1.0, Kind.ANIMAL: 1.0, Kind.VEHICLE: 0.95, Kind.SPORT: 0.85}
CAN_HOLD_INSIDE = {Kind.VEHICLE, Kind.CONTAINER}
HOLDERS = {"building", "house", "tent", "refrigerator", "oven", "sink", "bathtub", "bowl", "cup"}
CAN_BEAR = {Kind.FURNITURE, Kind.VEHICLE, Kind.CONTAINER, Kind.APPLIANCE}
TOO_SMALL = {Kind.ELECTRONICS, Kind.TABLEWARE, Kind.FOOD, Kind.TOOL}  # to bear a living thing
NOT_BEARING = {"lamp", "lantern", "light bulb", "chandelier", "divider", "rack"}
# Place to predicate: by something that can bear or shelter things, and by anything else.
PLACES = {
    "over": ("on", "above"),
    "under": ("under", "below"),
    "inside": ("inside", "inside"),
    "left": ("left of", "left of"),
    "right": ("right of", "right of"),
    "front": ("in front of", "in front of"),
    "back": ("behind", "behind"),
    "beside": ("next to", "next to"),
    "far": ("far from", "far from"),
}
CLOCKWISE = (
    Direction.RIGHT,
    Direction.BELOW_RIGHT,
    Direction.BELOW,
    Direction.BELOW_LEFT,
    Direction.LEFT,
    Direction.ABOVE_LEFT,
    Direction.ABOVE,
    Direction.ABOVE_RIGHT,
)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question to be: `asks` names the part of the claim that it asks for; `alternatives` are
    refuted claims that differ in that part, the most plausible first; `facet` is what else the
    plan keeps balanced within a category."""

    category: Category
    asks: str
    claim: Claim
    alternatives: tuple[Claim, ...]
    evidence: Evidence
    facet: str
    salience: float
    hardness: int

    @property
    def objects(self) -> tuple[int, ...]:
        """The objects that the question or any of its options names, the claim's own first."""
        named = [*objects_of(self.claim)]
        for alternative in self.alternatives:
            named += [key for key in objects_of(alternative) if key not in named]
        return tuple(named)


@dataclass(frozen=True, slots=True)
class Proposal:
    asks: str
    claim: Claim
    alternatives: Iterable[Claim]
    facet: str = ""
    hardness: int = 0


class View:
    """What can be asked about in one scene."""

    def __init__(self, facts: Facts, config: ExtractConfig) -> None:
        self.facts = facts
        self.config = config
        self.scene = facts.scene
        self.classes = facts.vocabulary.classes
        self.things = [
            thing
            for thing in sorted(facts.objects.values(), key=lambda thing: thing.object_id)
            if self._is_askable(thing) and facts.is_unique(thing.object_id)
        ]
        self.supports = [
            thing
            for thing in facts.objects.values()
            if self.kind(thing) is Kind.STUFF
            and not self.classes[str(thing.class_name)].is_ambiguous
            and facts.is_unique(thing.object_id)
        ]
        self.by_id = {thing.object_id: thing for thing in self.things}
        self.importance = {thing.object_id: self.salience(thing) for thing in self.things}
        self.blocked = self._covered()
        self._saliences: dict[tuple[int, ...], float] = {}

    def shuffled(self, entries: Iterable[T], *key: object) -> list[T]:
        """The entries in an order drawn by the image and the key alone."""
        drawn = list(entries)
        Random(":".join(map(str, (self.scene.image_id, *key)))).shuffle(drawn)
        return drawn

    def subjects_of(self, claim: Claim) -> Sequence[int]:
        """Ids of the things that a claim is about: those it names, or all of the class it names."""
        if isinstance(claim, CountClaim | ExistenceClaim):
            return [thing.object_id for thing in self.facts.members.get(claim.class_name, ())]
        return objects_of(claim)

    def salience_of(self, claim: Claim) -> float:
        """The mean salience of the things that a claim is about; 0.6 where there are none."""
        subjects = tuple(self.subjects_of(claim))
        if subjects not in self._saliences:
            found = [self.importance[key] for key in subjects if key in self.importance]
            self._saliences[subjects] = sum(found) / len(found) if found else 0.6
        return self._saliences[subjects]

    def kind(self, thing: SceneObject) -> Kind | None:
        return self.classes[thing.class_name].kind if thing.class_name else None

    def is_nameable(self, class_name: str) -> bool:
        """Whether questions may name or count it; "the scissors" would need verbs of its own."""
        entry = self.classes[class_name]
        return entry.is_askable and not (entry.plural == entry.name and entry.name.endswith("s"))

    def _is_askable(self, thing: SceneObject) -> bool:
        if not thing.class_name or thing.is_plural or thing.is_doubtful:
            return False
        share = thing.box.area / self.scene.area
        return (
            self.is_nameable(thing.class_name)
            and min(thing.box.width, thing.box.height) >= self.config.min_side
            and self.config.min_area_share <= share <= self.config.max_area_share
        )

    def salience(self, thing: SceneObject) -> float:
        """In [0, 1]: how large, how central and of what kind a thing is."""
        share = thing.box.area / self.scene.area
        size = min(max(1.0 + log(share / 0.15) / log(0.15 / self.config.min_area_share), 0.0), 1.0)
        x, y = thing.box.center
        off = hypot(x / self.scene.width - 0.5, y / self.scene.height - 0.5) / hypot(0.5, 0.5)
        prominence = PROMINENCE.get(self.classes[str(thing.class_name)].kind, 0.6)
        return 0.4 * size + 0.3 * (1.0 - off) + 0.3 * prominence

    def _covered(self) -> set[int]:
        """Things that others cover by a good part and that are hard to make out."""
        return {
            thing.object_id
            for thing in self.things
            if any(
                inside_share(thing.box, other.box) > self.config.occluded_share
                and other.box.area < 4 * thing.box.area
                for other in self.things
                if other is not thing
            )
        }

    def most_alike(self, one: SceneObject, others: Iterable[SceneObject]) -> list[SceneObject]:
        """The others, those first that might well stand in its place: of its kind, living if it
        lives, about as large."""
        kind, area = self.kind(one), one.box.area

        def unlikeness(other: SceneObject) -> tuple[bool, bool, float, int]:
            is_living = (self.kind(other) in LIVING) is (kind in LIVING)
            size = abs(log(other.box.area / area))
            return self.kind(other) is not kind, not is_living, round(size, 3), other.object_id

        return sorted(others, key=unlikeness)

    def of_kind(self, one: SceneObject, partner: SceneObject) -> list[SceneObject]:
        """Up to three things of the same kind as one, neither itself nor its partner."""
        rest = [
            other
            for other in self.things
            if other not in (one, partner) and self.kind(other) is self.kind(one)
        ]
        return self.most_alike(one, rest)[:3]

    def is_sensible(self, subject: SceneObject, predicate: Predicate, target: SceneObject) -> bool:
        """Whether an annotation can be taken at its word: "man on phone" is about a call, and what
        is in front of a screen may be behind it for the viewer."""
        kind = self.kind(target)
        if predicate.needs in ("front", "back"):
            has_depth = subject.depth is not None and target.depth is not None
            return has_depth or kind is not Kind.ELECTRONICS
        is_over = ("support", "over") in predicate.axes
        return not (is_over and self.kind(subject) in LIVING and kind in TOO_SMALL)


def _interactions(view: View, category: Category) -> Iterator[tuple[SceneObject, str, SceneObject]]:
    """Annotated relationships that serve a category, one of each meaning and pair."""
    seen = set()
    things = view.by_id | {thing.object_id: thing for thing in view.supports}
    for relationship in view.scene.relationships:
        subject, target = things.get(relationship.subject), things.get(relationship.object)
        predicate = view.facts.predicates.get(relationship.predicate)
        if not subject or not target or not predicate or not predicate.asks:
            continue
        is_reach = predicate.category is Category.REACH
        if is_reach != (category is Category.REACH):
            continue
        if not view.is_sensible(subject, predicate, target):
            continue
        key = subject.object_id, predicate.means, target.object_id
        if key not in seen and subject.object_id in view.by_id:
            seen.add(key)
            yield subject, relationship.predicate, target


def _trivial(view: View, subject: SceneObject, target: SceneObject) -> bool:
    """Pairs whose relationship goes without saying: a thing and what it is always part of or on."""
    return inside_share(subject.box, target.box) > 0.95 and target.box.area > 0.6 * view.scene.area


def _relations(view: View) -> Iterator[Proposal]:
    for subject, name, target in _interactions(view, Category.RELATION):
        predicate = view.facts.predicates[name]
        if _trivial(view, subject, target):
            continue
        claim = RelationClaim(subject.object_id, name, target.object_id)
        if "predicate" in predicate.asks and target.object_id in view.by_id:
            yield Proposal(
                "predicate", claim, _other_places(view, claim, target), facet="predicate"
            )
        yield from _ends(view, RelationClaim, subject, name, target)
    yield from _side_by_side(view)


def _side_by_side(view: View) -> Iterator[Proposal]:
    """Left and right of things that no annotation relates."""
    for subject, target in permutations(view.things, 2):
        if view.facts.axes(subject.object_id, target.object_id):
            continue
        name = "left of" if subject.box.center[0] < target.box.center[0] else "right of"
        if horizontal_gap(subject.box, target.box) >= 0:
            claim = RelationClaim(subject.object_id, name, target.object_id)
            yield Proposal("predicate", claim, _other_places(view, claim, target), facet="side")


def _other_places(view: View, claim: RelationClaim, target: SceneObject) -> Iterator[RelationClaim]:
    """Other places that the subject might have by the target, one predicate for each; those that
    say the opposite come first."""
    predicates = view.facts.predicates
    own, kind = predicates[claim.predicate], view.kind(target)
    own_axes = dict(own.axes)
    lineage = set(view.facts.vocabulary.lineage(str(target.class_name)))
    fits = view.facts.objects[claim.subject].box.area < target.box.area
    can_bear = fits and kind in CAN_BEAR and not lineage & NOT_BEARING
    names = {place: bearing if can_bear else other for place, (bearing, other) in PLACES.items()}
    if not fits or (kind not in CAN_HOLD_INSIDE and not lineage & HOLDERS):
        del names["inside"]
    same = {
        place
        for place, pair in PLACES.items()
        if any(predicates[name].means == own.means for name in pair)
    }

    def is_near_opposite(name: str) -> bool:
        return any(own_axes.get(axis, value) != value for axis, value in predicates[name].axes)

    chosen = [name for place, name in names.items() if place not in same]
    for name in sorted(chosen, key=is_near_opposite, reverse=True):
        yield RelationClaim(claim.subject, name, claim.object)


def _reaches(view: View) -> Iterator[Proposal]:
    for subject, name, target in _interactions(view, Category.REACH):
        if target.object_id in view.by_id:
            yield from _ends(view, ReachClaim, subject, name, target)


def _ends(
    view: View,
    form: type[RelationClaim] | type[ReachClaim],
    subject: SceneObject,
    name: str,
    target: SceneObject,
) -> Iterator[Proposal]:
    """Questions for the object and for the subject of a relationship. Who does something is only
    asked where somebody else might do it."""
    asks = view.facts.predicates[name].asks
    claim = form(subject.object_id, name, target.object_id)
    rest = [thing for thing in view.things if thing not in (subject, target)]
    if "object" in asks and target.object_id in view.by_id:
        alike = view.most_alike(target, rest)
        if form is ReachClaim:
            # What one could hold comes before what is too large for it.
            alike.sort(key=lambda other: 2 * other.box.area > subject.box.area)
        others = [form(subject.object_id, name, other.object_id) for other in alike]
        yield Proposal("object", claim, others, facet="object", hardness=int(form is RelationClaim))
    if "subject" in asks:
        rivals = {
            other.object_id: form(other.object_id, name, target.object_id)
            for other in view.most_alike(subject, rest)
        }
        is_living = view.kind(subject) in LIVING
        if not is_living or any(
            view.kind(view.by_id[key]) in LIVING and view.facts.holds(other).refutes
            for key, other in rivals.items()
        ):
            others = list(rivals.values())
            yield Proposal("subject", claim, others, facet="subject", hardness=1)


def _sizes(view: View, num_options: int) -> Iterator[Proposal]:
    measures: Mapping[Dimension, Callable[[SceneObject], int]] = {
        Dimension.LARGER: lambda thing: thing.box.area,
        Dimension.TALLER: lambda thing: thing.box.height,
        Dimension.WIDER: lambda thing: thing.box.width,
    }
    ratio = view.facts.config.size_ratio
    for dimension, measure in measures.items():
        ordered = sorted(view.things, key=lambda thing: (-measure(thing), thing.object_id))
        for place, largest in enumerate(ordered):
            rivals = [
                other
                for other in ordered[place + 1 :]
                if measure(largest) >= ratio * measure(other)
            ]
            rivals = rivals[: num_options - 1]
            if len(rivals) < num_options - 1:
                continue
            group = [largest.object_id, *(rival.object_id for rival in rivals)]
            claims = [
                SizeClaim(dimension, key, tuple(other for other in group if other != key))
                for key in group
            ]
            yield Proposal("largest", claims[0], claims[1:], facet=dimension)


def _orientations(view: View) -> Iterator[Proposal]:
    for reference, target in permutations(view.things, 2):
        one, other = reference.object_id, target.object_id
        (ax, ay), (bx, by) = reference.box.center, target.box.center
        if reference.facing and view.kind(reference) in LIVING:
            claim = OrientationClaim(one, one, other, OWN_DIRECTIONS[reference.facing, bx > ax])
            yield Proposal("direction", claim, _turned(view, claim, OWN), facet="own", hardness=2)
        octant = round(degrees(atan2(by - ay, bx - ax)) / 45.0) % 8
        claim = OrientationClaim(None, one, other, CLOCKWISE[octant])
        others = _turned(view, claim, STEPS)
        yield Proposal("direction", claim, others, facet="viewer", hardness=octant % 2)


def _turned(
    view: View, claim: OrientationClaim, directions: Iterable[Direction]
) -> Iterator[OrientationClaim]:
    """The claim with other directions: straight ones first for a straight one, else diagonal."""
    is_diagonal = "_" in claim.direction
    drawn = view.shuffled(directions, claim.reference, claim.target)
    for direction in sorted(drawn, key=lambda entry: ("_" in entry) != is_diagonal):
        if direction is not claim.direction:
            yield structs.replace(claim, direction=direction)


def _locations(view: View) -> Iterator[Proposal]:
    for thing in view.things:
        x, y = thing.box.center
        column, row = int(3 * x / view.scene.width), int(3 * y / view.scene.height)
        cell = list(Cell)[3 * min(row, 2) + min(column, 2)]
        claim = LocationClaim(thing.object_id, cell)
        is_edge = (row == 1) != (column == 1)
        yield Proposal("cell", claim, _other_cells(view, claim), cell, hardness=int(is_edge))


def _other_cells(view: View, claim: LocationClaim) -> Iterator[LocationClaim]:
    for cell in view.shuffled(Cell, claim.object):
        if cell is not claim.cell:
            yield LocationClaim(claim.object, cell)


def _depths(view: View) -> Iterator[Proposal]:
    front = view.facts.predicates["in front of"]
    for one, other in permutations(view.things, 2):
        claim = DepthClaim(one.object_id, other.object_id)
        is_clear = all(
            view.is_sensible(*pair) for pair in ((one, front, other), (other, front, one))
        )
        if is_clear and view.facts.holds(claim).supports:
            reverse = [DepthClaim(other.object_id, one.object_id)]
            yield Proposal("nearer", claim, reverse, facet="nearer")
            yield Proposal("farther", claim, reverse, facet="farther", hardness=1)


def _distances(view: View, num_options: int) -> Iterator[Proposal]:
    needed = view.facts.config.distance_ratio
    for reference in view.things:
        others = sorted(
            (thing for thing in view.things if thing is not reference),
            key=lambda thing: (gap(reference.box, thing.box), thing.object_id),
        )
        for place, near in enumerate(others):
            # Of those that are clearly farther, the nearest make the question.
            rivals = islice(
                (
                    far.object_id
                    for far in others[place + 1 :]
                    if view.facts.nearness(reference.box, near.box, far.box) >= needed
                ),
                num_options - 1,
            )
            group = [near.object_id, *rivals]
            if len(group) < num_options:
                continue
            claims = [
                DistanceClaim(
                    reference.object_id, key, tuple(other for other in group if other != key)
                )
                for key in group
            ]
            yield Proposal("nearest", claims[0], claims[1:], facet="nearest")


def _counts(view: View) -> Iterator[Proposal]:
    for class_name, members in sorted(view.facts.members.items()):
        number = len(members)
        too_small = any(
            member.box.area < 0.4 * view.config.min_area_share * view.scene.area
            for member in members
        )
        if too_small or not view.is_nameable(class_name):
            continue
        claim = CountClaim(class_name, number)
        # A window of numbers in which the right one may come at any place.
        first = view.shuffled(range(max(number - 3, 1), number + 1), class_name)[0]
        others = [
            CountClaim(class_name, other) for other in range(first, first + 4) if other != number
        ]
        hardness = (number >= 3) + (number >= 4)
        yield Proposal("number", claim, others, facet=str(number), hardness=hardness)


@cache
def _common_classes() -> tuple[str, ...]:
    classes = load_vocabulary().classes.values()
    return tuple(entry.name for entry in classes if entry.is_common and entry.is_askable)


def _existences(view: View) -> Iterator[Proposal]:
    for thing in view.things:
        claim = ExistenceClaim(str(thing.class_name), present=True)
        absent = [ExistenceClaim(str(thing.class_name), present=False)]
        yield Proposal("present", claim, absent, facet="present")
    settings = [
        setting for thing in view.things for setting in view.classes[str(thing.class_name)].settings
    ]
    likely = {setting for setting in settings if settings.count(setting) >= 2}
    for class_name in _common_classes():
        if not (
            view.classes[class_name].settings.isdisjoint(likely) or class_name in view.facts.members
        ):
            claim = ExistenceClaim(class_name, present=False)
            present = [ExistenceClaim(class_name, present=True)]
            yield Proposal("present", claim, present, facet="absent", hardness=1)
    yield from _related_existences(view)


def _related_existences(view: View) -> Iterator[Proposal]:
    """Is there a <class> so related to a <class>? Absent ones exchange one end of a true one for
    something of its kind that the picture shows as well."""

    def asked(one: SceneObject, name: str, other: SceneObject, hardness: int) -> Proposal:
        present, absent = (
            ExistenceClaim(str(one.class_name), is_present, name, str(other.class_name))
            for is_present in (True, False)
        )
        if hardness == 1:
            return Proposal("present", present, [absent], facet="present", hardness=1)
        return Proposal("present", absent, [present], facet="absent", hardness=hardness)

    related = [*_interactions(view, Category.RELATION), *_interactions(view, Category.REACH)]
    for subject, name, target in related:
        if target.object_id not in view.by_id or view.facts.predicates[name].needs != "touch":
            continue
        yield asked(subject, name, target, 1)
        for other in view.of_kind(subject, target):
            yield asked(other, name, target, 2)
        for other in view.of_kind(target, subject):
            yield asked(subject, name, other, 2)


def propose(
    view: View, num_options: Mapping[Category, int]
) -> Iterator[tuple[Category, Iterator[Proposal]]]:
    yield Category.RELATION, _relations(view)
    yield Category.REACH, _reaches(view)
    yield Category.SIZE, _sizes(view, num_options[Category.SIZE])
    yield Category.ORIENTATION, _orientations(view)
    yield Category.INSTANCE_LOCATION, _locations(view)
    yield Category.DEPTH, _depths(view)
    yield Category.DISTANCE, _distances(view, num_options[Category.DISTANCE])
    yield Category.COUNT, _counts(view)
    yield Category.EXISTENCE, _existences(view)


def find_candidates(
    facts: Facts, config: ExtractConfig, num_options: Mapping[Category, int]
) -> list[Candidate]:
    """The best candidates of a scene, at most `max_per_category` in each category.

    Proposals are tried the most salient first, one of each facet in turn, until there are enough:
    most of a scene's possible questions are never proved at all.
    """
    view = View(facts, config)
    found: list[Candidate] = []
    for category, proposals in propose(view, num_options):
        lines = _lines(view, proposals)
        start = len(found)
        while lines and len(found) < start + config.max_per_category:
            for facet in list(lines):
                candidate = None
                while candidate is None and lines[facet]:
                    proposal = lines[facet].popleft()
                    candidate = _candidate(view, category, proposal, num_options[category])
                if candidate is None:
                    del lines[facet]
                elif len(found) < start + config.max_per_category:
                    found.append(candidate)
    return found


def _lines(view: View, proposals: Iterable[Proposal]) -> dict[str, deque[Proposal]]:
    """The proposals of each facet in the order in which they are to be tried."""
    ranked = sorted(
        proposals,
        key=lambda proposal: (-round(view.salience_of(proposal.claim), 2), _draw(view, proposal)),
    )
    lines: dict[str, deque[Proposal]] = {}
    for proposal in ranked:
        lines.setdefault(proposal.facet, deque()).append(proposal)
    return lines


def _draw(view: View, proposal: Proposal) -> bytes:
    """An order that depends on nothing but image and proposal."""
    text = f"{view.scene.image_id}:{proposal.asks}:{encode_claim(proposal.claim)}"
    return blake2b(text.encode(), digest_size=8).digest()


def _candidate(
    view: View, category: Category, proposal: Proposal, num_options: int
) -> Candidate | None:
    """The proposal as a candidate, or None where its claim or its alternatives are not clear."""
    evidence = view.facts.holds(proposal.claim)
    if not evidence.supports:
        return None
    alternatives: list[Claim] = []
    for claim in proposal.alternatives:
        if len(alternatives) == num_options - 1:
            break
        if view.facts.holds(claim).refutes:
            alternatives.append(claim)
    if len(alternatives) < num_options - 1:
        return None
    named = [view.by_id[key] for key in view.subjects_of(proposal.claim) if key in view.by_id]
    return Candidate(
        category=category,
        asks=proposal.asks,
        claim=proposal.claim,
        alternatives=tuple(alternatives),
        evidence=evidence,
        facet=proposal.facet,
        salience=view.salience_of(proposal.claim),
        hardness=proposal.hardness + _visual_hardness(view, category, named, evidence),
    )


def _visual_hardness(
    view: View, category: Category, named: Sequence[SceneObject], evidence: Evidence
) -> int:
    """One point each: something small, something covered, a margin that is only just cleared."""
    # What somebody holds may be small: its holder leads to it.
    searched = named if category is not Category.REACH else []
    small = any(thing.box.area < view.config.small_share * view.scene.area for thing in searched)
    covered = any(thing.object_id in view.blocked for thing in named)
    close = evidence.margin is not None and evidence.margin < 1.25
    return small + covered + close

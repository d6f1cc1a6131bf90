"""Candidate questions of one scene, category by category.

Every generator proposes claims that are worth asking about; `propose` keeps those that the scene
supports and for which enough other answers are refuted.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import permutations
from math import hypot, log
from random import Random
from typing import TypeVar

from schemas.box import inside_share
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
from schemas.proof import OWN, STEPS, Evidence, Facts
from schemas.scene_graph import SceneObject
from schemas.vocabulary import LIVING, Kind

PROMINENCE = {Kind.PERSON: 1.0, Kind.ANIMAL: 1.0, Kind.VEHICLE: 0.95, Kind.SPORT: 0.85}
CAN_HOLD_INSIDE = {Kind.VEHICLE, Kind.CONTAINER}
HOLDERS = {"building", "house", "tent", "refrigerator", "oven", "sink", "bathtub", "bowl", "cup"}
CAN_BEAR = {Kind.FURNITURE, Kind.VEHICLE, Kind.CONTAINER, Kind.APPLIANCE}
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
MAX_ALTERNATIVES = 7
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
    alternatives: Sequence[Claim]
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

    def shuffled(self, entries: Iterable[T], *key: object) -> list[T]:
        """The entries in an order drawn by the image and the key alone."""
        drawn = list(entries)
        Random(":".join(map(str, (self.scene.image_id, *key)))).shuffle(drawn)
        return drawn

    def kind(self, thing: SceneObject) -> Kind | None:
        return self.classes[thing.class_name].kind if thing.class_name else None

    def is_countable(self, class_name: str) -> bool:
        return self.classes[class_name].is_askable

    def _is_askable(self, thing: SceneObject) -> bool:
        if not thing.class_name or thing.is_plural or thing.is_doubtful:
            return False
        share = thing.box.area / self.scene.area
        return (
            self.is_countable(thing.class_name)
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

    def same_kind_first(self, one: SceneObject, others: Sequence[SceneObject]) -> list[SceneObject]:
        kind = self.kind(one)
        return sorted(
            others,
            key=lambda other: (
                self.kind(other) is not kind,
                -round(self.importance.get(other.object_id, 0.0), 6),
                other.object_id,
            ),
        )


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
        for name in ("left of", "right of"):
            claim = RelationClaim(subject.object_id, name, target.object_id)
            if view.facts.holds(claim).supports:
                yield Proposal("predicate", claim, _other_places(view, claim, target), facet="side")


def _other_places(view: View, claim: RelationClaim, target: SceneObject) -> list[Claim]:
    """Other places that the subject might have by the target, one predicate for each; those that
    say the opposite come first."""
    predicates = view.facts.predicates
    own, kind = predicates[claim.predicate], view.kind(target)
    own_axes = dict(own.axes)
    lineage = set(view.facts.vocabulary.lineage(str(target.class_name)))
    can_bear = kind in CAN_BEAR and not lineage & NOT_BEARING
    names = {place: bearing if can_bear else other for place, (bearing, other) in PLACES.items()}
    if kind not in CAN_HOLD_INSIDE and not lineage & HOLDERS:
        del names["inside"]
    same = {
        place
        for place, pair in PLACES.items()
        if any(predicates[name].means == own.means for name in pair)
    }

    def is_near_opposite(name: str) -> bool:
        return any(own_axes.get(axis, value) != value for axis, value in predicates[name].axes)

    chosen = [name for place, name in names.items() if place not in same]
    return [
        RelationClaim(claim.subject, name, claim.object)
        for name in sorted(chosen, key=is_near_opposite, reverse=True)
    ]


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
        others = [
            form(subject.object_id, name, other.object_id)
            for other in view.same_kind_first(target, rest)
        ]
        yield Proposal("object", claim, others, facet="object", hardness=int(form is RelationClaim))
    if "subject" in asks:
        rivals = {
            other.object_id: form(other.object_id, name, target.object_id)
            for other in view.same_kind_first(subject, rest)
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
        if reference.facing and view.kind(reference) in LIVING:
            for direction in OWN:
                claim = OrientationClaim(one, one, other, direction)
                if view.facts.holds(claim).supports:
                    others = [
                        OrientationClaim(one, one, other, entry)
                        for entry in OWN
                        if entry is not direction
                    ]
                    yield Proposal("direction", claim, others, facet="own", hardness=2)
        for direction in STEPS:
            claim = OrientationClaim(None, one, other, direction)
            if view.facts.holds(claim).supports:
                diagonal = "_" in direction
                others = sorted(
                    (
                        OrientationClaim(None, one, other, entry)
                        for entry in view.shuffled(STEPS, one, other)
                        if entry is not direction
                    ),
                    key=lambda entry: ("_" in entry.direction) != diagonal,
                )
                yield Proposal("direction", claim, others, facet="viewer", hardness=int(diagonal))


def _locations(view: View) -> Iterator[Proposal]:
    for thing in view.things:
        for cell in Cell:
            claim = LocationClaim(thing.object_id, cell)
            if view.facts.holds(claim).supports:
                others = [
                    LocationClaim(thing.object_id, other)
                    for other in view.shuffled(Cell, thing.object_id)
                    if other != cell
                ]
                center = cell in (
                    Cell.MIDDLE_LEFT,
                    Cell.MIDDLE_RIGHT,
                    Cell.TOP_CENTER,
                    Cell.BOTTOM_CENTER,
                )
                yield Proposal("cell", claim, others, facet=cell, hardness=int(center))


def _depths(view: View) -> Iterator[Proposal]:
    for one, other in permutations(view.things, 2):
        claim = DepthClaim(one.object_id, other.object_id)
        known = view.facts.axes(one.object_id, other.object_id).get("depth")
        if known or (one.depth and other.depth and one.depth < other.depth):
            reverse = [DepthClaim(other.object_id, one.object_id)]
            yield Proposal("nearer", claim, reverse, facet="nearer")
            yield Proposal("farther", claim, reverse, facet="farther", hardness=1)


def _distances(view: View, num_options: int) -> Iterator[Proposal]:
    for reference in view.things:
        nearness = [
            (
                thing.object_id,
                view.facts.nearness(reference.box, thing.box, other.box),
                other.object_id,
            )
            for thing in view.things
            for other in view.things
            if len({thing.object_id, other.object_id, reference.object_id}) == 3
        ]
        farther: dict[int, list[tuple[float, int]]] = {}
        for near, ratio, far in nearness:
            if ratio >= view.facts.config.distance_ratio:
                farther.setdefault(near, []).append((ratio, far))
        for near, rivals in sorted(farther.items()):
            if len(rivals) < num_options - 1:
                continue
            group = [near, *(far for _, far in sorted(rivals)[: num_options - 1])]
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
        if too_small or not view.is_countable(class_name):
            continue
        claim = CountClaim(class_name, number)
        # A window of numbers in which the right one may come at any place.
        first = view.shuffled(range(max(number - 3, 1), number + 1), class_name)[0]
        others = [
            CountClaim(class_name, other) for other in range(first, first + 4) if other != number
        ]
        hardness = (number >= 3) + (number >= 4)
        yield Proposal("number", claim, others, facet=str(number), hardness=hardness)


def _existences(view: View) -> Iterator[Proposal]:
    for thing in view.things:
        claim = ExistenceClaim(str(thing.class_name), present=True)
        absent = [ExistenceClaim(str(thing.class_name), present=False)]
        yield Proposal("present", claim, absent, facet="present")
    settings = [
        setting for thing in view.things for setting in view.classes[str(thing.class_name)].settings
    ]
    likely = {setting for setting in settings if settings.count(setting) >= 2}
    for class_name, entry in view.classes.items():
        if entry.is_askable and entry.is_common and entry.settings & likely:
            claim = ExistenceClaim(class_name, present=False)
            present = [ExistenceClaim(class_name, present=True)]
            yield Proposal("present", claim, present, facet="absent", hardness=1)
    yield from _related_existences(view)


def _related_existences(view: View) -> Iterator[Proposal]:
    """Is there a <class> so related to a <class>? Absent ones exchange one end of a true one."""
    for subject, name, target in _interactions(view, Category.RELATION):
        predicate = view.facts.predicates[name]
        if target.object_id not in view.by_id or predicate.needs != "touch":
            continue

        def pair(one: SceneObject, other: SceneObject, present: bool, name: str = name) -> Claim:
            return ExistenceClaim(str(one.class_name), present, name, str(other.class_name))

        true, false = pair(subject, target, True), pair(subject, target, False)
        yield Proposal("present", true, [false], facet="present", hardness=1)
        for other in view.same_kind_first(subject, view.things)[:3]:
            if other not in (subject, target) and view.kind(other) is view.kind(subject):
                absent, present = pair(other, target, False), pair(other, target, True)
                yield Proposal("present", absent, [present], facet="absent", hardness=2)


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
    """The best candidates of a scene, at most `max_per_category` in each category."""
    view = View(facts, config)
    found: list[Candidate] = []
    for category, proposals in propose(view, num_options):
        kept = [
            candidate
            for proposal in proposals
            if (candidate := _candidate(view, category, proposal, num_options[category]))
        ]
        kept.sort(key=lambda entry: (-round(entry.salience, 2), _shuffled(facts, entry)))
        found += _spread(kept, config.max_per_category)
    return found


def _candidate(
    view: View, category: Category, proposal: Proposal, num_options: int
) -> Candidate | None:
    """The proposal as a candidate, or None where its claim or its alternatives are not clear."""
    evidence = view.facts.holds(proposal.claim)
    if not evidence.supports:
        return None
    alternatives: list[Claim] = []
    for claim in proposal.alternatives:
        if len(alternatives) == max(num_options - 1, MAX_ALTERNATIVES if num_options == 4 else 0):
            break
        if view.facts.holds(claim).refutes:
            alternatives.append(claim)
    if len(alternatives) < num_options - 1:
        return None
    named = [view.by_id[key] for key in objects_of(proposal.claim) if key in view.by_id]
    importance = [view.importance[thing.object_id] for thing in named] or [0.6]
    return Candidate(
        category=category,
        asks=proposal.asks,
        claim=proposal.claim,
        alternatives=tuple(alternatives),
        evidence=evidence,
        facet=proposal.facet,
        salience=sum(importance) / len(importance),
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


def _shuffled(facts: Facts, candidate: Candidate) -> bytes:
    """An order that depends on nothing but the candidate itself."""
    text = f"{facts.scene.image_id}:{candidate.asks}:{encode_claim(candidate.claim)}"
    return blake2b(text.encode(), digest_size=8).digest()


def _spread(candidates: Sequence[Candidate], most: int) -> list[Candidate]:
    """At most `most` candidates, taking one of each facet in turn."""
    by_facet: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        by_facet.setdefault(candidate.facet, []).append(candidate)
    taken: list[Candidate] = []
    for turn in range(most):
        for group in by_facet.values():
            if turn < len(group) and len(taken) < most:
                taken.append(group[turn])
    return taken

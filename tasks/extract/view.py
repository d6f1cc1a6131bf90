"""View: what can be asked about in one scene, and how much each thing stands out."""

from collections.abc import Iterable, Sequence
from math import hypot, log
from random import Random
from typing import TypeVar

from schemas.box import inside_share
from schemas.claim import Claim, classes_of, objects_of
from schemas.config.margins import ExtractConfig
from schemas.proof.facts import Facts
from schemas.reference import Telling
from schemas.scene_graph import SceneObject
from schemas.vocabulary.kinds import LIVING, Kind, Trait
from schemas.vocabulary.predicates import Predicate

PROMINENCE = {Kind.PERSON: 1.0, Kind.ANIMAL: 1.0, Kind.VEHICLE: 0.95, Kind.SPORT: 0.85}
"""How much a kind attracts attention, in [0, 1]: living things first, then things that move."""
OTHER_PROMINENCE = 0.6
"""Prominence of all other kinds; also the salience of absent things."""
FULL_SIZE = 0.15
"""Share of the picture from which on a thing's size gives full salience; below it, this part of the
salience falls with the logarithm to 0 at `min_area_share`."""
WEIGHTS = (0.4, 0.3, 0.3)
"""Weights of size, of being central and of kind in salience; they add up to 1."""
COVERS = 4
"""Area of a thing over that of one that it may cover, at most: a larger thing is the background."""
MAX_ALIKE = 3
"""Other things with which a relationship is tried, at most: the questions are nearly the same."""
TOO_SMALL = {Kind.ELECTRONICS, Kind.TABLEWARE, Kind.FOOD, Kind.TOOL}  # to bear a living thing
HEAVY = {Kind.STRUCTURE, Kind.VEHICLE}
BEARS_NO_WEIGHT = LIVING | {Kind.FURNITURE}
"""Annotators who say that a house or a bench is on one of these have changed the ends."""
NEVER_CARRIED = HEAVY | {Kind.FURNITURE, Kind.APPLIANCE}
NEVER_USED = LIVING | {Kind.PLANT}
T = TypeVar("T")


class View:
    """What can be asked about in one scene: `things` that words pick out, and of them or not, those
    `alone` of their class, as far as annotation goes; `supports` are grounds that bear things."""

    def __init__(self, facts: Facts, config: ExtractConfig) -> None:
        self.facts = facts
        self.config = config
        self.scene = facts.scene
        self.classes = facts.vocabulary.classes
        ordered = sorted(facts.objects.values(), key=lambda thing: thing.object_id)
        askable = [thing for thing in ordered if self._is_askable(thing)]
        self.things = [thing for thing in askable if facts.references.of(thing.object_id)]
        self.alone = [thing for thing in askable if facts.is_unique(thing.object_id)]
        self.supports = [
            thing
            for thing in facts.objects.values()
            if self.kind(thing) is Kind.STUFF
            and not self.classes[str(thing.class_name)].is_ambiguous
            and facts.references.of(thing.object_id)
        ]
        self.by_id = {thing.object_id: thing for thing in self.things}
        shown = [*self.things, *self.alone]
        self.importance = {thing.object_id: self.salience(thing) for thing in shown}
        self.blocked = self._covered()
        self._saliences: dict[tuple[int, ...], float] = {}

    def named_with(self, telling: Telling) -> list[SceneObject]:
        """The things that words which tell this may pick out."""
        of = self.facts.references.of
        return [
            thing
            for thing in self.things
            if any(telling in reference.tells for reference in of(thing.object_id))
        ]

    def named_without(self, telling: Telling) -> list[SceneObject]:
        """The things that words which do not tell this may pick out."""
        of = self.facts.references.of
        return [
            thing
            for thing in self.things
            if any(telling not in reference.tells for reference in of(thing.object_id))
        ]

    def shuffled(self, entries: Iterable[T], *key: object) -> list[T]:
        """The entries in a random order that depends only on the image and the key."""
        drawn = list(entries)
        Random(":".join(map(str, (self.scene.image_id, *key)))).shuffle(drawn)
        return drawn

    def subjects_of(self, claim: Claim) -> Sequence[int]:
        """Ids of the things that a claim is about: those it names, or all things of the class that
        it names first."""
        for class_name in classes_of(claim):
            return [thing.object_id for thing in self.facts.members.get(class_name, ())]
        return objects_of(claim)

    def salience_of(self, claim: Claim) -> float:
        """The mean salience of the things that a claim is about."""
        subjects = tuple(self.subjects_of(claim))
        if subjects not in self._saliences:
            found = [self.importance[key] for key in subjects if key in self.importance]
            self._saliences[subjects] = sum(found) / len(found) if found else OTHER_PROMINENCE
        return self._saliences[subjects]

    def has(self, thing: SceneObject, *traits: Trait) -> bool:
        """Whether the class of an askable thing has one of the traits."""
        return self.facts.vocabulary.has(str(thing.class_name), *traits)

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
        least = max(self.config.min_area_share, 1.0 / self.scene.area)
        size = float(share >= FULL_SIZE)
        if least < share < FULL_SIZE:
            size = 1.0 + log(share / FULL_SIZE) / log(FULL_SIZE / least)
        x, y = thing.box.center
        off = hypot(x / self.scene.width - 0.5, y / self.scene.height - 0.5) / hypot(0.5, 0.5)
        prominence = PROMINENCE.get(self.classes[str(thing.class_name)].kind, OTHER_PROMINENCE)
        of_size, of_center, of_kind = WEIGHTS
        return of_size * size + of_center * (1.0 - off) + of_kind * prominence

    def _covered(self) -> set[int]:
        """Things that others cover to a large part, which makes them hard to recognise."""
        return {
            thing.object_id
            for thing in self.things
            if any(
                inside_share(thing.box, other.box) > self.config.occluded_share
                and other.box.area < COVERS * thing.box.area
                for other in self.things
                if other is not thing
            )
        }

    def most_alike(self, one: SceneObject, others: Iterable[SceneObject]) -> list[SceneObject]:
        """The others, sorted by how well they could take its place: of its kind, living if it
        lives, about as large."""
        kind, area = self.kind(one), one.box.area

        def unlikeness(other: SceneObject) -> tuple[bool, bool, float, int]:
            is_living = (self.kind(other) in LIVING) is (kind in LIVING)
            size = abs(log(other.box.area / area))
            return self.kind(other) is not kind, not is_living, round(size, 3), other.object_id

        return sorted(others, key=unlikeness)

    def of_kind(self, one: SceneObject, partner: SceneObject) -> list[SceneObject]:
        """Up to MAX_ALIKE things of the same kind as `one`, except itself and its partner."""
        rest = [
            other
            for other in self.things
            if other not in (one, partner) and self.kind(other) is self.kind(one)
        ]
        return self.most_alike(one, rest)[:MAX_ALIKE]

    def _is_building(self, thing: SceneObject) -> bool:
        """A house, and what stands in streets as it does."""
        return self.kind(thing) is Kind.STRUCTURE and self.has(thing, Trait.STANDS)

    def is_sensible(self, subject: SceneObject, predicate: Predicate, target: SceneObject) -> bool:
        """Whether an annotation means what it says: "man on phone" is about a call, and a thing in
        front of a screen may be behind it for the viewer."""
        kind = self.kind(target)
        if predicate.needs in ("front", "back"):
            has_depth = subject.depth is not None and target.depth is not None
            return has_depth or kind is not Kind.ELECTRONICS
        is_living = self.kind(subject) in LIVING
        stands = self.has(subject, Trait.STANDS)
        if predicate.by_living and not is_living:
            return False
        if predicate.hung and (stands or self.kind(subject) is Kind.VEHICLE):
            return False
        if predicate.used and (kind in NEVER_USED or self._is_building(target)):
            return False
        if predicate.carried and is_living and kind in NEVER_CARRIED:
            return False
        if ("support", "over") in predicate.axes:
            is_heavy = stands or self.kind(subject) in HEAVY
            return not (kind in TOO_SMALL if is_living else is_heavy and kind in BEARS_NO_WEIGHT)
        return is_living or not (predicate.is_contact and kind in LIVING)

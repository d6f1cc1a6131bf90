"""Witnesses: what further sources about the same photograph say to a claim.

A witness that has looked for all things of a class knows how many there are; any witness may have
seen one that nobody annotated. Two sources that agree make a claim witnessed; where they contradict
each other it is unknown.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import IntEnum, auto

from schemas.box import horizontal_gap
from schemas.claim import (
    Claim,
    CountClaim,
    DepthClaim,
    ExistenceClaim,
    ReachClaim,
    RelationClaim,
    objects_of,
)
from schemas.proof.evidence import Evidence, Standing, by_degree, together, unknown
from schemas.proof.pieces import is_piece, is_set_on
from schemas.scene_graph import Scene, SceneObject
from schemas.testimony import Reading, Sighting
from schemas.vocabulary.classes import Vocabulary
from schemas.vocabulary.kinds import Kind, Trait
from schemas.vocabulary.predicates import load_predicates

BEARERS = frozenset({Kind.FURNITURE, Kind.VEHICLE, Kind.CONTAINER, Kind.APPLIANCE})
"""Kinds of things on which others lie or sit."""
RESTING_SHARE = 0.5
"""Share of a thing's width that is over what it rests on, at least."""
Said = tuple[str, Evidence]
"""A witness by its name, and what it says."""
Others = Callable[[Claim], Iterable[Said]]


class Fit(IntEnum):
    """Whether what a source calls a thing means that it is of a class: no; mixed up with it; a more
    general word or one of several; yes."""

    NO = auto()
    MIXED_UP = auto()
    GENERAL = auto()
    YES = auto()


class Witnesses:
    """The testimony on one scene."""

    def __init__(self, scene: Scene, vocabulary: Vocabulary) -> None:
        self.scene = scene
        self.testimony = scene.testimony
        self.objects = scene.objects
        self.vocabulary = vocabulary
        self._seen: dict[str, list[Sighting]] = {}
        self._doubts: dict[str, str | None] = {}

    def complete_by(self, class_name: str) -> list[str]:
        """The witnesses that have looked for every thing of the class in the photograph."""
        complete = self.testimony.complete
        line = self.vocabulary.lineage(class_name)
        return sorted({witness for name in line for witness in complete.get(name, ())})

    def vouches(self, class_name: str) -> bool:
        """Whether the annotated objects of the class are known to be all that the photograph
        shows."""
        return bool(self.complete_by(class_name)) and self.doubt(class_name) is None

    def members(self, class_name: str, witness: str) -> list[int]:
        """The annotated objects that a witness saw as well and that are of the class."""
        seen = (one for one in self.sightings(class_name) if one.witness == witness and one.is_sure)
        return [one.object_id for one in seen if one.object_id is not None]

    def contradicts(self, object_id: int) -> str | None:
        """What a witness says against an annotated object."""
        return self.testimony.disputed.get(object_id)

    def sightings(self, class_name: str) -> list[Sighting]:
        """What witnesses saw that is or may be of the class, annotated or not."""
        if class_name not in self._seen:
            self._seen[class_name] = [
                one for one in self.testimony.sightings if self._fit(one, class_name) > Fit.NO
            ]
        return self._seen[class_name]

    def has_seen(self, trait: Trait) -> bool:
        """Whether one of them saw what has the trait, or may have it."""
        return any(
            self.vocabulary.has(name, trait)
            for one in self.testimony.sightings
            for name in one.class_names
        )

    def doubt(self, class_name: str) -> str | None:
        """Why what witnesses saw leaves open how many things of the class there are; None where it
        does not, also where no witness has seen any."""
        if class_name not in self._doubts:
            self._doubts[class_name] = self._doubt(class_name)
        return self._doubts[class_name]

    def _doubt(self, class_name: str) -> str | None:
        for key, detail in self.testimony.disputed.items():
            if self._fit_of(self._names(self.objects[key]), class_name) > Fit.NO:
                return detail
        for one in self.sightings(class_name):
            said = " or ".join(one.class_names)
            if not one.is_sure:
                return f"{one.witness}: there may be a {said} more, or several"
            if one.object_id is None:
                return f"{one.witness}: a {said} that is not annotated"
            if self._fit(one, class_name) is not Fit.YES:
                return f"{one.witness}: object {one.object_id}, a {said}, may be one of them"
        return None

    def _fit(self, sighting: Sighting, class_name: str) -> Fit:
        own = self._fit_of(sighting.class_names, class_name)
        names = () if sighting.object_id is None else self._names(self.objects[sighting.object_id])
        if not names:
            return own
        least, most = sorted((own, self._fit_of(names, class_name)))
        if least is most is Fit.MIXED_UP and self._agree(sighting.class_names, names):
            return Fit.NO  # two sources call it a couch: it is no chair
        if least is Fit.NO:
            return Fit.MIXED_UP if most is Fit.YES else Fit.NO
        return most if most is Fit.YES and least is Fit.GENERAL else least

    def _agree(self, ones: Sequence[str], others: Sequence[str]) -> bool:
        """Whether two sources that call a thing one of these mean the same class."""
        is_kind_of = self.vocabulary.is_kind_of
        return all(
            any(is_kind_of(one, other) or is_kind_of(other, one) for one in ones)
            for other in others
        )

    def _names(self, thing: SceneObject) -> tuple[str, ...]:
        return (thing.class_name, *thing.blocks) if thing.class_name else thing.blocks

    def _fit_of(self, names: Sequence[str], class_name: str) -> Fit:
        """What one source that calls a thing one of `names` says."""
        is_kind_of = self.vocabulary.is_kind_of
        if names and all(is_kind_of(name, class_name) for name in names):
            return Fit.YES
        if any(is_kind_of(name, class_name) or is_kind_of(class_name, name) for name in names):
            return Fit.GENERAL
        if any(self.vocabulary.may_be_same(name, class_name) for name in names):
            return Fit.MIXED_UP
        return Fit.NO

    def weigh(self, claim: Claim, annotated: Evidence, others: Others) -> Evidence:
        """The evidence of the annotation together with what witnesses say; `others` gives what each
        other annotation says to the claim."""
        if not self.testimony:
            return annotated
        for key in objects_of(claim):
            if detail := self.contradicts(key):
                return unknown(f"object {key} is in conflict with {detail}")
        match claim:
            case CountClaim():
                said = self._count(claim)
            case ExistenceClaim(predicate=None):
                said = self._existence(claim)
            case DepthClaim():
                said = [*others(claim), *self._depth(claim.nearer, claim.farther, annotated)]
            case RelationClaim() | ReachClaim():
                said = [*others(claim), *self._relation(claim, annotated)]
            case _:
                return annotated
        if not said:
            return annotated
        found = annotated._replace(detail=f"annotation: {annotated.detail}")
        for witness, evidence in said:
            told = evidence._replace(detail=f"{witness}: {evidence.detail}")
            found = together(found, told, is_second=witness not in self.testimony.dependent)
        return found

    def _depth(self, near: int, far: int, annotated: Evidence) -> Iterator[Said]:
        """What the depths of two objects say to one being nearer. What is too close to call leaves
        the annotation its word, unless it points the other way."""
        if self._may_rest(near, far) or self._may_rest(far, near):
            return
        for one, other in self._readings(near, far):
            degree = degree_of(one, other)
            told = f"{one.told()} against {other.told()}"
            if abs(degree) >= 1.0:
                yield one.witness, by_degree(degree, told)
            elif degree <= 0.0 and annotated.standing is Standing.ASSERTED:
                yield one.witness, unknown(told)

    def _may_rest(self, one: int, other: int) -> bool:
        """Whether a thing may lie or sit on another: it ends within its height, above or across it,
        or only a piece of the other is boxed. Both are then about as far, whatever the middles of
        their boxes show."""
        thing, bearer = self.objects[one].box, self.objects[other].box
        if is_set_on(self.objects[one], self.vocabulary) and is_piece(
            self.objects[other], self.scene, self.vocabulary
        ):
            return True
        name = self.objects[other].class_name
        if name is None or self.vocabulary.classes[name].kind not in BEARERS:
            return False
        return bearer.y1 <= thing.y2 < bearer.y2 and -horizontal_gap(thing, bearer) >= (
            RESTING_SHARE * thing.width
        )

    def _readings(self, one: int, other: int) -> Iterator[tuple[Reading, Reading]]:
        """Readings of both by the same witness."""
        depths = self.testimony.depths
        for mine in depths.get(one, ()):
            for theirs in depths.get(other, ()):
                if mine.witness == theirs.witness:
                    yield mine, theirs

    def _relation(self, claim: RelationClaim | ReachClaim, annotated: Evidence) -> Iterator[Said]:
        """Depth refutes that the farther of two is in front, and agrees where it is annotated that
        the nearer is; by itself it does not show it: what is nearer may stand aside."""
        needs = load_predicates()[claim.predicate].needs
        if needs not in ("front", "back"):
            return
        ends = (claim.subject, claim.object)
        near, far = ends if needs == "front" else ends[::-1]
        for witness, evidence in self._depth(near, far, annotated):
            if annotated.supports or not evidence.supports:
                standing = Standing.ASSERTED if evidence.supports else evidence.standing
                yield witness, evidence._replace(standing=standing)

    def _count(self, claim: CountClaim) -> list[Said]:
        """What witnesses say to a number; nothing where they have neither looked nor seen any."""
        if doubt := self.doubt(claim.class_name):
            return [self._doubted(doubt)]
        found = []
        for witness in self.complete_by(claim.class_name):
            number = len(self.members(claim.class_name, witness))
            standing = Standing.ASSERTED if number == claim.number else Standing.REFUTED
            found.append((witness, Evidence(standing, None, f"{number} in all")))
        return found

    def _existence(self, claim: ExistenceClaim) -> list[Said]:
        seen = self.sightings(claim.class_name)
        found = []
        for witness in sorted({one.witness for one in seen}):
            own = [one for one in seen if one.witness == witness and one.is_sure]
            if any(self._fit(one, claim.class_name) is Fit.YES for one in own):
                standing = Standing.ASSERTED if claim.present else Standing.REFUTED
                found.append((witness, Evidence(standing, None, "there is one")))
        if not found and (doubt := self.doubt(claim.class_name)):
            return [self._doubted(doubt)]
        for witness in self.complete_by(claim.class_name):
            if witness not in {one.witness for one in seen}:
                standing = Standing.REFUTED if claim.present else Standing.ASSERTED
                found.append((witness, Evidence(standing, None, "there is none")))
        return found

    def _doubted(self, doubt: str) -> Said:
        witness, _, detail = doubt.partition(": ")
        return witness, unknown(detail)


def degree_of(near: Reading, far: Reading) -> float:
    """How clearly one is nearer than the other by one witness: 1 where their distance, less what
    the parts of both differ by, is one step; below 0 where it is farther."""
    apart = far.farness - near.farness
    clear = max(abs(apart) - near.spread - far.spread, 0.0)
    step = max(near.step, far.step)
    return clear / step if apart > 0 else -clear / step

"""Witnesses: what further sources about the same photograph say to a claim.

A witness that has looked for all things of a class knows how many there are; any witness may have
seen one that nobody annotated. Two sources that agree make a claim witnessed; where they contradict
each other it is unknown.
"""

from collections.abc import Sequence
from enum import IntEnum, auto
from functools import reduce

from schemas.claim import Claim, CountClaim, ExistenceClaim, objects_of
from schemas.proof.evidence import Evidence, Standing, together, unknown
from schemas.scene_graph import Scene, SceneObject
from schemas.testimony import Sighting
from schemas.vocabulary.classes import Vocabulary


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
                return f"object {one.object_id} ({said} for {one.witness}) may be one of them"
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

    def weigh(self, claim: Claim, annotated: Evidence) -> Evidence:
        """The evidence of the annotation together with what witnesses say."""
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
            case _:
                return annotated
        return reduce(together, said, annotated._replace(detail=f"annotation: {annotated.detail}"))

    def _count(self, claim: CountClaim) -> list[Evidence]:
        """What witnesses say to a number; nothing where they have neither looked nor seen any."""
        if doubt := self.doubt(claim.class_name):
            return [unknown(doubt)]
        found = []
        for witness in self.complete_by(claim.class_name):
            number = len(self.members(claim.class_name, witness))
            standing = Standing.ASSERTED if number == claim.number else Standing.REFUTED
            found.append(Evidence(standing, None, f"{witness}: {number} in all"))
        return found

    def _existence(self, claim: ExistenceClaim) -> list[Evidence]:
        seen = self.sightings(claim.class_name)
        found = []
        for witness in sorted({one.witness for one in seen}):
            own = [one for one in seen if one.witness == witness and one.is_sure]
            if any(self._fit(one, claim.class_name) is Fit.YES for one in own):
                standing = Standing.ASSERTED if claim.present else Standing.REFUTED
                found.append(Evidence(standing, None, f"{witness}: there is one"))
        if not found and (doubt := self.doubt(claim.class_name)):
            return [unknown(doubt)]
        for witness in self.complete_by(claim.class_name):
            if witness not in {one.witness for one in seen}:
                standing = Standing.REFUTED if claim.present else Standing.ASSERTED
                found.append(Evidence(standing, None, f"{witness}: there is none"))
        return found

"""Naming: which objects of a scene a class name stands for, or may stand for."""

from collections import defaultdict
from functools import cached_property

from schemas.box import iou
from schemas.proof.pieces import is_piece
from schemas.proof.witnesses import Witnesses
from schemas.scene_graph import Scene, SceneObject
from schemas.vocabulary.classes import load_vocabulary
from schemas.vocabulary.kinds import Kind

SAME_PLACE_IOU = 0.3
"""Above this IoU two boxes whose classes are mixed up may be one thing. It is low: annotators who
differ on the name differ on the box as well."""


class Naming:
    """One scene and what the words for its objects stand for."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.objects = scene.objects
        self.vocabulary = load_vocabulary()
        self.witnesses = Witnesses(scene, self.vocabulary)
        self._doubts: dict[str, SceneObject | None] = {}

    @cached_property
    def members(self) -> dict[str, list[SceneObject]]:
        """The objects of each class and of its more general classes."""
        found: dict[str, list[SceneObject]] = defaultdict(list)
        for thing in self.objects.values():
            if thing.class_name:
                for name in self.vocabulary.lineage(thing.class_name):
                    found[name].append(thing)
        return found

    @cached_property
    def mentioned(self) -> frozenset[str | None]:
        """Every class that the words for an object stand for or may stand for."""
        return frozenset(
            name for thing in self.objects.values() for name in (thing.class_name, *thing.blocks)
        )

    def is_boundless(self, object_id: int) -> bool:
        """Whether it may reach beyond its box: annotators box a part of the grass or the wall."""
        name = self.objects[object_id].class_name
        if self.scene.is_exhaustive or name is None:
            return False
        return self.vocabulary.classes[name].kind is Kind.STUFF or self.is_piece(object_id)

    def is_piece(self, object_id: int) -> bool:
        """Whether its box is only a piece of a table top or the like."""
        return is_piece(self.objects[object_id], self.scene, self.vocabulary)

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

    def possible(self, class_name: str) -> list[SceneObject]:
        """Every object that is or may be one of the class."""
        sure = self.members.get(class_name, ())
        return [
            thing
            for thing in self.objects.values()
            if thing in sure or self._may_be(thing, class_name) or self._looks(thing, class_name)
        ]

    def meant(self, class_name: str) -> list[SceneObject]:
        """Every object that the class name may stand for.

        People are called by many words ("man", "skier"): in photographs, anybody counts who is
        called by a word that is mixed up with this one. Of other things, only those in nearly the
        same place as one of the class count ("monitor", "computer").
        """
        if self.vocabulary.classes[class_name].kind is Kind.PERSON and not self.scene.is_exhaustive:
            return self.possible(class_name)
        sure = self.members.get(class_name, [])
        loose = [thing for thing in self.objects.values() if self._may_be(thing, class_name)]
        members = list({thing.object_id: thing for thing in (*sure, *loose)}.values())
        if self.scene.is_exhaustive:
            return members
        return members + [
            other
            for other in self.objects.values()
            if other.class_name
            and other not in members
            and self.vocabulary.may_be_same(other.class_name, class_name)
            and any(iou(thing.box, other.box) > SAME_PLACE_IOU for thing in members)
        ]

    def is_unique(self, object_id: int) -> bool:
        """Whether "the <class>" picks out this object and no other that is annotated. A witness
        that has looked for all things of the class decides alone."""
        name = self.objects[object_id].class_name
        if name is not None and self.scene.testimony:
            if self.witnesses.doubt(name):
                return False
            if complete := self.witnesses.complete_by(name):
                seen = (self.witnesses.members(name, witness) for witness in complete)
                return all(members == [object_id] for members in seen)
        if name is None or len(self.members[name]) > 1 or self.doubtful(name):
            return False
        return len(self.meant(name)) == 1

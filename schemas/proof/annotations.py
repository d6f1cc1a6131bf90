"""Annotations: what the annotated relationships of a scene say about a pair of objects."""

from collections import defaultdict
from functools import cached_property
from math import log

from schemas.config.margins import ProofConfig
from schemas.proof.conditions import CONDITIONS, NEVER_CLEAR, Image
from schemas.scene_graph import Scene, SceneObject
from schemas.vocabulary.predicates import Predicate, load_predicates

DISPUTED = "disputed"
"""Stands for what an annotation says on an axis if the boxes contradict it."""


class Annotations:
    """The annotated relationships of one scene, each compared with the boxes of its ends."""

    def __init__(self, scene: Scene, config: ProofConfig) -> None:
        self.relationships = scene.relationships
        self.objects = scene.objects
        self.predicates = load_predicates()
        self.depth_ratio = config.depth_ratio
        self.image = Image(scene.width, scene.height, scene.diagonal, config)

    @cached_property
    def by_pair(self) -> dict[tuple[int, int], list[Predicate]]:
        """The canonical predicates annotated from one object to another."""
        found: dict[tuple[int, int], list[Predicate]] = defaultdict(list)
        for relationship in self.relationships:
            if relationship.is_canonical:
                predicate = self.predicates[relationship.predicate]
                found[relationship.subject, relationship.object].append(predicate)
        return found

    def axes(self, subject: int, target: int) -> dict[str, set[str]]:
        """What annotations say on each axis of an ordered pair, or DISPUTED."""
        forward = self.by_pair.get((subject, target), ())
        backward = self.by_pair.get((target, subject), ())
        known: dict[str, set[str]] = defaultdict(set)
        for predicate in forward:
            degree = self.degree(predicate, subject, target)
            for axis, value in predicate.axes:
                known[axis].add(DISPUTED if fails(degree) else value)
        for predicate in backward:
            degree = self.degree(predicate, target, subject)
            for axis, value in predicate.reversed_axes:
                known[axis].add(DISPUTED if fails(degree) else value)
        return known

    def say(self, subject: int, predicate: Predicate, target: int) -> bool:
        """Whether somebody annotated the predicate, another of its meaning or its inverse."""
        forward = self.by_pair.get((subject, target), ())
        backward = self.by_pair.get((target, subject), ())
        if any(other.means == predicate.means for other in forward):
            return True
        return any(
            (other.symmetric and other.means == predicate.means) or other.inverse == predicate.means
            for other in backward
        )

    def degree(self, predicate: Predicate, subject: int, target: int) -> float | None:
        """How clearly the pair meets what the predicate needs; None where boxes cannot show it."""
        one, other = self.objects[subject], self.objects[target]
        if predicate.needs is None:
            return None
        if predicate.needs in ("front", "back") and one.depth and other.depth:
            ratio = log(other.depth / one.depth) / log(self.depth_ratio)
            # A nearer object need not be in front of the other.
            return min(ratio if predicate.needs == "front" else -ratio, NEVER_CLEAR)
        degree = CONDITIONS[predicate.needs](one.box, other.box, self.image)
        if predicate.needs == "far" and not self._are_level(one, other):
            # What is held or lies on something has its foot in the air: it may stand far behind.
            return max(degree, -NEVER_CLEAR)
        return degree

    def _are_level(self, one: SceneObject, other: SceneObject) -> bool:
        """Whether two things are known to be about as far from the viewer."""
        if not one.depth or not other.depth:
            return False
        return abs(log(other.depth / one.depth)) < log(self.depth_ratio)


def fails(degree: float | None) -> bool:
    """Whether the boxes speak against the predicate, clearly or not."""
    return degree is not None and degree <= 0.0

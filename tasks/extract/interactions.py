"""Interactions: the annotated relationships that questions may be made of."""

from collections.abc import Iterator
from typing import TypeAlias

from schemas.scene_graph import SceneObject
from schemas.vocabulary.predicates import asked_as
from tasks.extract.view import View

Related: TypeAlias = tuple[SceneObject, str, SceneObject]
"""Subject, name of the predicate, object."""


def interactions(view: View, *, contact: bool) -> Iterator[Related]:
    """Annotated relationships of bodily contact, or all others, one of each meaning and pair."""
    seen = set()
    things = view.by_id | {thing.object_id: thing for thing in view.supports}
    for relationship in view.scene.relationships:
        asked = asked_as(relationship.predicate) if relationship.is_canonical else None
        if not asked:
            continue
        name, is_turned = asked
        predicate = view.facts.predicates[name]
        ends = relationship.subject, relationship.object
        subject, target = map(things.get, ends[::-1] if is_turned else ends)
        if not subject or not target:
            continue
        if predicate.is_contact is not contact:
            continue
        if not view.is_sensible(subject, predicate, target):
            continue
        key = subject.object_id, predicate.means, target.object_id
        if key not in seen and subject.object_id in view.by_id:
            seen.add(key)
            yield subject, name, target

"""Interactions: the annotated relationships that questions may be made of."""

from collections.abc import Iterator

from schemas.scene_graph import SceneObject
from tasks.extract.view import View


def interactions(view: View, *, contact: bool) -> Iterator[tuple[SceneObject, str, SceneObject]]:
    """Annotated relationships of bodily contact, or all others, one of each meaning and pair."""
    seen = set()
    things = view.by_id | {thing.object_id: thing for thing in view.supports}
    for relationship in view.scene.relationships:
        subject, target = things.get(relationship.subject), things.get(relationship.object)
        predicate = view.facts.predicates.get(relationship.predicate)
        if not subject or not target or not predicate or not predicate.asks:
            continue
        if predicate.is_contact is not contact:
            continue
        if not view.is_sensible(subject, predicate, target):
            continue
        key = subject.object_id, predicate.means, target.object_id
        if key not in seen and subject.object_id in view.by_id:
            seen.add(key)
            yield subject, relationship.predicate, target

"""Relations: where one thing is by another, and who does what with what."""

from collections.abc import Iterator
from itertools import permutations

from schemas.box import horizontal_gap, inside_share
from schemas.claim import ReachClaim, RelationClaim
from schemas.scene_graph import SceneObject
from schemas.vocabulary.kinds import LIVING
from tasks.extract.interactions import interactions
from tasks.extract.places import other_places
from tasks.extract.proposal import Proposal
from tasks.extract.view import View

WITHIN = 0.95
"""Share of a box within another from which on all of it counts as inside: annotators draw
inaccurately."""
HOLDABLE = 0.5
"""Area of a thing that somebody could hold, as a share of that person's box, at most."""
EVERYWHERE = 0.6
"""Share of the picture from which on a thing is everywhere: its place says nothing."""


def propose_relations(view: View, num_options: int) -> Iterator[Proposal]:
    for subject, name, target in interactions(view, contact=False):
        predicate = view.facts.predicates[name]
        if _trivial(view, subject, target):
            continue
        claim = RelationClaim(subject.object_id, name, target.object_id)
        if "predicate" in predicate.asks and target.object_id in view.by_id:
            yield Proposal(
                "predicate", claim, other_places(view, claim, target), _facet(view, name)
            )
        yield from _ends(view, RelationClaim, subject, name, target)
    yield from _side_by_side(view)


def propose_reaches(view: View, num_options: int) -> Iterator[Proposal]:
    for subject, name, target in interactions(view, contact=True):
        if target.object_id in view.by_id:
            yield from _ends(view, ReachClaim, subject, name, target)


def _facet(view: View, name: str) -> str:
    """The family of a predicate, and the predicate: `support/on`."""
    return f"{view.facts.predicates[name].family}/{name}"


def _trivial(view: View, subject: SceneObject, target: SceneObject) -> bool:
    """Whether a relationship is obvious: between a thing and what it is always part of or on."""
    share = target.box.area / view.scene.area
    return inside_share(subject.box, target.box) > WITHIN and share > EVERYWHERE


def _side_by_side(view: View) -> Iterator[Proposal]:
    """Left and right of things that no annotation relates."""
    for subject, target in permutations(view.things, 2):
        if view.facts.annotations.axes(subject.object_id, target.object_id):
            continue
        name = "left of" if subject.box.center[0] < target.box.center[0] else "right of"
        if horizontal_gap(subject.box, target.box) >= 0:
            claim = RelationClaim(subject.object_id, name, target.object_id)
            yield Proposal(
                "predicate", claim, other_places(view, claim, target), _facet(view, name)
            )


def _ends(
    view: View,
    form: type[RelationClaim] | type[ReachClaim],
    subject: SceneObject,
    name: str,
    target: SceneObject,
) -> Iterator[Proposal]:
    """Questions for the object and for the subject of a relationship. The subject is only asked for
    where somebody else might do the same."""
    asks = view.facts.predicates[name].asks
    claim = form(subject.object_id, name, target.object_id)
    rest = [thing for thing in view.things if thing not in (subject, target)]
    if "object" in asks and target.object_id in view.by_id:
        alike = view.most_alike(target, rest)
        if form is ReachClaim:
            # Things that one could hold come before those that are too large.
            alike.sort(key=lambda other: other.box.area > HOLDABLE * subject.box.area)
        others = [form(subject.object_id, name, other.object_id) for other in alike]
        yield Proposal("object", claim, others, _facet(view, name), int(form is RelationClaim))
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
            yield Proposal("subject", claim, others, _facet(view, name), hardness=1)

"""Relations: where one thing is by another, and who does what with what."""

from collections.abc import Iterator
from hashlib import blake2b
from itertools import permutations

from schemas.box import horizontal_gap, inside_share
from schemas.claim import ReachClaim, RelationClaim
from schemas.scene_graph import SceneObject
from schemas.vocabulary.kinds import LIVING
from tasks.extract.interactions import interactions
from tasks.extract.places import other_places
from tasks.extract.proposal import Proposal
from tasks.extract.view import View
from tasks.extract.whether import HOLDABLE, is_handy, propose_alike, propose_usual

WITHIN = 0.95
"""Share of a box within another from which on all of it counts as inside: annotators draw
inaccurately."""
EVERYWHERE = 0.6
"""Share of the picture from which on a thing is everywhere: its place says nothing."""


def propose_relations(view: View, num_options: int) -> Iterator[Proposal]:
    annotated = [
        (subject, name, target)
        for subject, name, target in interactions(view, contact=False)
        if not _trivial(view, subject, target)
    ]
    yield from propose_alike(view, RelationClaim, annotated)
    yield from propose_usual(view, RelationClaim, contact=False)
    for subject, name, target in annotated:
        predicate = view.facts.predicates[name]
        claim = RelationClaim(subject.object_id, name, target.object_id)
        if "predicate" in predicate.asks and target.object_id in view.by_id:
            placed = _in_usual_direction(view, claim)
            yield Proposal(
                "predicate",
                placed,
                other_places(view, placed, view.by_id[placed.object]),
                _facet(view, placed.predicate),
            )
        yield from _ends(view, RelationClaim, subject, name, target)
    yield from _side_by_side(view)


def propose_reaches(view: View, num_options: int) -> Iterator[Proposal]:
    annotated = list(interactions(view, contact=True))
    yield from propose_alike(view, ReachClaim, annotated)
    yield from propose_usual(view, ReachClaim, contact=True)
    for subject, name, target in annotated:
        if target.object_id in view.by_id:
            yield from _ends(view, ReachClaim, subject, name, target)


def _facet(view: View, name: str) -> str:
    """The family of a predicate, and the predicate: `support/on`."""
    return f"{view.facts.predicates[name].family}/{name}"


def _trivial(view: View, subject: SceneObject, target: SceneObject) -> bool:
    """Whether a relationship is obvious: between a thing and what it is always part of or on."""
    share = target.box.area / view.scene.area
    return inside_share(subject.box, target.box) > WITHIN and share > EVERYWHERE


def _in_usual_direction(view: View, claim: RelationClaim) -> RelationClaim:
    """The claim, or, where it is about front and back, the same fact told from the object's side:
    of two classes, the place of the same one is asked for in all photographs, whichever annotators
    name first, so that questions meet their opposites."""
    predicates = view.facts.predicates
    own = predicates[claim.predicate]
    inverse = predicates.get(own.inverse or "")
    if inverse is None or own.needs not in ("front", "back"):
        return claim
    ends = [str(view.by_id[key].class_name) for key in (claim.subject, claim.object)]
    parity = blake2b(" ".join(sorted(ends)).encode(), digest_size=1).digest()[0] % 2
    if (ends[0] > ends[1]) == bool(parity):
        return claim
    return RelationClaim(claim.object, inverse.name, claim.subject)


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


def _may_be_reached(
    view: View, subject: SceneObject, target: SceneObject, other: SceneObject
) -> bool:
    """Whether words alone do not show that somebody does something with one thing rather than
    another: both are of one kind, or both are things that somebody could hold."""
    if view.kind(other) is view.kind(target):
        return True
    return all(is_handy(view, subject, thing) for thing in (target, other))


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
            alike.sort(key=lambda other: other.box.area > HOLDABLE * subject.box.area)
            # Where none might be reached, words show the answer: the plan takes it last.
            alike = [
                other for other in alike if _may_be_reached(view, subject, target, other)
            ] or alike
        others = [form(subject.object_id, name, other.object_id) for other in alike]
        yield Proposal("object", claim, others, _facet(view, name), int(form is RelationClaim))
    if "subject" in asks:
        alike = view.most_alike(subject, rest)
        if form is ReachClaim:
            alike = [other for other in alike if view.kind(other) is view.kind(subject)] or alike
        rivals = {other.object_id: form(other.object_id, name, target.object_id) for other in alike}
        is_living = view.kind(subject) in LIVING
        if not is_living or any(
            view.kind(view.by_id[key]) in LIVING and view.facts.holds(other).refutes
            for key, other in rivals.items()
        ):
            others = list(rivals.values())
            yield Proposal("subject", claim, others, _facet(view, name), hardness=1)

"""Whether: what is asked for yes or no, of relationships that hold and of some that do not.

Questions with the answer no are about things that are likely to be so related: their kinds are
those of others in the picture that are, or people usually do it with such things. Only boxes deny
anything here, so that each answer is as sure as they are.
"""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from schemas.claim import Category, ReachClaim, RelationClaim
from schemas.question import ONLY_PAIRED
from schemas.scene_graph import SceneObject
from schemas.vocabulary.kinds import Kind, Trait
from tasks.extract.interactions import Related
from tasks.extract.proposal import Proposal
from tasks.extract.view import View

Form: TypeAlias = type[RelationClaim] | type[ReachClaim]
ANNOTATED = "/holds"
"""In a facet of its own, what is asked for yes or no leaves its turn to other questions."""
REFUTED_BY_BOXES = {"touch", "rest", "overlap", "within", "near", "under", "higher", "lower"}
"""Conditions of predicates that boxes can clearly fail. Sides are asked for without it."""
HANDY = {
    Kind.FOOD, Kind.TABLEWARE, Kind.CONTAINER, Kind.SPORT, Kind.TOOL, Kind.TOY, Kind.OBJECT,
    Kind.ELECTRONICS,
}  # fmt: skip
"""Kinds of things that somebody could hold, where they are not too large."""
HOLDABLE = 0.5
"""Area of a thing that somebody could hold, as a share of that person's box, at most."""


def is_asked_for_yes_or_no(view: View, name: str) -> bool:
    """Whether boxes can deny the predicate. How near is near, people decide differently: that is
    asked by comparison."""
    predicate = view.facts.predicates[name]
    return predicate.needs in REFUTED_BY_BOXES and predicate.category is not Category.DISTANCE


def propose_alike(view: View, form: Form, annotated: Iterable[Related]) -> Iterator[Proposal]:
    """Whether things stand in a relationship: those that do, and others of their kinds."""
    for subject, name, target in annotated:
        if target.object_id not in view.by_id or not is_asked_for_yes_or_no(view, name):
            continue
        yield _proposal(view, form, (subject, name, target), ANNOTATED, holds=True)
        for other in view.of_kind(subject, target):
            yield _proposal(view, form, (other, name, target), ANNOTATED, holds=False)
        for other in view.of_kind(target, subject):
            yield _proposal(view, form, (subject, name, other), ANNOTATED, holds=False)


def propose_usual(view: View, form: Form, *, contact: bool) -> Iterator[Proposal]:
    """Whether people do what is usual with things: ride what is ridden, hold what is handy. They do
    not, so that these are only asked where others do."""
    for subject in view.things:
        if view.kind(subject) is not Kind.PERSON:
            continue
        for target in view.things:
            is_ridden = view.has(target, Trait.RIDDEN)
            if is_ridden is contact or not (is_ridden or is_handy(view, subject, target)):
                continue
            name = "riding" if is_ridden else "holding"
            yield _proposal(view, form, (subject, name, target), ONLY_PAIRED, holds=False)


def is_handy(view: View, subject: SceneObject, target: SceneObject) -> bool:
    """Whether somebody could hold a thing."""
    return view.kind(target) in HANDY and target.box.area <= HOLDABLE * subject.box.area


def _proposal(view: View, form: Form, related: Related, kind: str, *, holds: bool) -> Proposal:
    subject, name, target = related
    claims = [form(subject.object_id, name, target.object_id, so) for so in (holds, not holds)]
    facet = f"{view.facts.predicates[name].family}/{name}{kind}"
    return Proposal("holds", claims[0], claims[1:], facet)

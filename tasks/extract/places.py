"""Places that one thing might have relative to another: over it, under it, inside, beside."""

from collections.abc import Iterable, Iterator
from functools import cache

from schemas.claim import RelationClaim
from schemas.scene_graph import SceneObject
from schemas.vocabulary.kinds import Kind, Trait
from schemas.vocabulary.predicates import load_predicates
from tasks.extract.view import View

# Kinds that something may be inside of, and kinds that something may be on or under.
CAN_HOLD_INSIDE = {Kind.VEHICLE, Kind.CONTAINER}
CAN_BEAR = {Kind.FURNITURE, Kind.VEHICLE, Kind.CONTAINER, Kind.APPLIANCE}
SETS = (
    (("over",), ("under",), ("beside",), ("left", "right")),
    (("left", "right"), ("front", "back"), ("over", "under"), ("inside",)),
)
"""Sets of places, one from each entry: any of them may be true while the others are refuted."""
# Place to predicate: relative to something that can bear or shelter things, and to anything else.
PLACES = {
    "left": ("left of", "left of"),
    "right": ("right of", "right of"),
    "front": ("in front of", "in front of"),
    "back": ("behind", "behind"),
    "beside": ("next to", "next to"),
    "over": ("on", "above"),
    "under": ("under", "below"),
    "far": ("far from", "far from"),
    "inside": ("inside", "inside"),
}


def other_places(view: View, claim: RelationClaim, target: SceneObject) -> Iterator[RelationClaim]:
    """Other places that the subject might have relative to the target, one predicate for each.

    Where they complete one of SETS, these come first: only the picture shows which is true. Else
    the opposite comes first, which leaves two likely answers.
    """
    predicates = view.facts.predicates
    own, means = predicates[claim.predicate], _means()
    claims = {
        place: RelationClaim(claim.subject, name, claim.object)
        for place, name in _names(view, claim, target).items()
        if own.means not in means[place]
    }
    opposites = {
        place
        for place, other in claims.items()
        if own.is_two_sided_with(predicates[other.predicate])
    }
    first: list[RelationClaim] = []
    for slots in SETS:
        free = [slot for slot in slots if all(own.means not in means[place] for place in slot)]
        if len(free) < len(slots) and not first:
            first = _one_of_each(
                view,
                [
                    [claims[place] for place in slot if place in claims.keys() - opposites]
                    for slot in (view.shuffled(slot, claim.subject, claim.object) for slot in free)
                ],
            )
    yield from first
    for place in sorted(claims, key=lambda place: place not in opposites):
        if claims[place] not in first:
            yield claims[place]


def _one_of_each(view: View, slots: Iterable[Iterable[RelationClaim]]) -> list[RelationClaim]:
    """A refuted claim of each slot; empty where a slot has none."""
    chosen = []
    for slot in slots:
        refuted = next((claim for claim in slot if view.facts.holds(claim).refutes), None)
        if refuted is None:
            return []
        chosen.append(refuted)
    return chosen


@cache
def _means() -> dict[str, set[str]]:
    """What the predicates of a place mean."""
    predicates = load_predicates()
    return {place: {predicates[name].means for name in pair} for place, pair in PLACES.items()}


def _names(view: View, claim: RelationClaim, target: SceneObject) -> dict[str, str]:
    """The predicate of every place that the target has."""
    kind = view.kind(target)
    fits = view.facts.objects[claim.subject].box.area < target.box.area
    can_bear = fits and kind in CAN_BEAR and not view.has(target, Trait.BEARS_NOTHING)
    names = {place: bearing if can_bear else other for place, (bearing, other) in PLACES.items()}
    if not fits or (kind not in CAN_HOLD_INSIDE and not view.has(target, Trait.HOLDS)):
        del names["inside"]
    return names

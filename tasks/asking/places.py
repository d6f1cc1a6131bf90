"""Places that one thing might have by another: over it, under it, inside, beside."""

from collections.abc import Iterator

from schemas.claim import RelationClaim
from schemas.scene_graph import SceneObject
from schemas.vocabulary import Kind
from tasks.asking.view import View

CAN_HOLD_INSIDE = {Kind.VEHICLE, Kind.CONTAINER}
HOLDERS = {"building", "house", "tent", "refrigerator", "oven", "sink", "bathtub", "bowl", "cup"}
CAN_BEAR = {Kind.FURNITURE, Kind.VEHICLE, Kind.CONTAINER, Kind.APPLIANCE}
NOT_BEARING = {"lamp", "lantern", "light bulb", "chandelier", "divider", "rack"}
# Place to predicate: by something that can bear or shelter things, and by anything else.
PLACES = {
    "over": ("on", "above"),
    "under": ("under", "below"),
    "inside": ("inside", "inside"),
    "left": ("left of", "left of"),
    "right": ("right of", "right of"),
    "front": ("in front of", "in front of"),
    "back": ("behind", "behind"),
    "beside": ("next to", "next to"),
    "far": ("far from", "far from"),
}


def other_places(view: View, claim: RelationClaim, target: SceneObject) -> Iterator[RelationClaim]:
    """Other places that the subject might have by the target, one predicate for each; those that
    say the opposite come first."""
    predicates = view.facts.predicates
    own, kind = predicates[claim.predicate], view.kind(target)
    own_axes = dict(own.axes)
    lineage = set(view.facts.vocabulary.lineage(str(target.class_name)))
    fits = view.facts.objects[claim.subject].box.area < target.box.area
    can_bear = fits and kind in CAN_BEAR and not lineage & NOT_BEARING
    names = {place: bearing if can_bear else other for place, (bearing, other) in PLACES.items()}
    if not fits or (kind not in CAN_HOLD_INSIDE and not lineage & HOLDERS):
        del names["inside"]
    same = {
        place
        for place, pair in PLACES.items()
        if any(predicates[name].means == own.means for name in pair)
    }

    def is_near_opposite(name: str) -> bool:
        return any(own_axes.get(axis, value) != value for axis, value in predicates[name].axes)

    chosen = [name for place, name in names.items() if place not in same]
    for name in sorted(chosen, key=is_near_opposite, reverse=True):
        yield RelationClaim(claim.subject, name, claim.object)

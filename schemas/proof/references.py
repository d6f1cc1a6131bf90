"""References, executed: which thing of a scene words pick out, whatever nobody annotated.

A reference must fit its thing and be refuted for every other one that may be of its class. Against
things that nobody annotated it is safe where

- somebody vouches that the class is complete (`Facts.vouches`);
- a photograph that shows one of the class hardly ever shows another (`ObjectClass.is_single`);
- its words bind it to what a second thing cannot have as well: a region that it fills, somebody's
  grip, or a size that annotators do not overlook.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from schemas.box import Box, intersection_area
from schemas.claim import ReachClaim, RelationClaim
from schemas.reference import Order, Reference, Spot
from schemas.scene_graph import SceneObject
from schemas.vocabulary.attributes import attribute_of, attributes_in, load_attributes
from schemas.vocabulary.grammar import split_words
from schemas.vocabulary.kinds import LIVING, NEVER_ASKED, Kind, Trait

if TYPE_CHECKING:
    from schemas.proof.facts import Facts

NEAR = 0.75
"""Share of the picture's height that the lower edge of a thing near to the camera has reached."""
FAR_FACTOR = 2.0
"""How many times larger a thing that is not near must be, so that annotators overlook no larger one
of its class: siblings farther back are overlooked as often as those in front."""
ALIKE_FACTOR = 3.0
"""How many times larger a thing must be of which several are usually of one size."""
BACKGROUND = frozenset({Kind.STRUCTURE, Kind.PLANT})
"""Kinds of things that annotators overlook in the background, however large they are."""
FILLED_SHARE = 0.5
"""Share of a region that a thing covers at least, so that a second one has no room there."""
MAX_REACH = 0.6
"""Share of the picture's width or height that a thing at an edge or in a corner covers at most: a
wider one is as much at the other edge."""
GRIPS = frozenset({"riding", "holding", "carrying", "using", "eating"})
"""Predicates in which hardly ever two of a class stand to one thing."""
UNGRIPPED = NEVER_ASKED | {Kind.STRUCTURE}
"""Kinds of things that are not held, carried, used or ridden as one thing."""


class Region(NamedTuple):
    """A part of the picture, its edges as shares of the picture's width and height."""

    left: float
    top: float
    right: float
    bottom: float

    def box(self, width: int, height: int) -> Box:
        shares = self.left * width, self.top * height, self.right * width, self.bottom * height
        return Box(*map(round, shares))


def _regions(edge: float, corner: float, middle: float) -> Mapping[Spot, Region]:
    """Depth of the regions along an edge, sides of those in a corner, and of the central one, as
    shares of the picture."""
    start, stop = (1 - middle) / 2, (1 + middle) / 2
    return {
        Spot.LEFT_EDGE: Region(0, 0, edge, 1),
        Spot.RIGHT_EDGE: Region(1 - edge, 0, 1, 1),
        Spot.TOP_EDGE: Region(0, 0, 1, edge),
        Spot.BOTTOM_EDGE: Region(0, 1 - edge, 1, 1),
        Spot.TOP_LEFT_CORNER: Region(0, 0, corner, corner),
        Spot.TOP_RIGHT_CORNER: Region(1 - corner, 0, 1, corner),
        Spot.BOTTOM_LEFT_CORNER: Region(0, 1 - corner, corner, 1),
        Spot.BOTTOM_RIGHT_CORNER: Region(1 - corner, 1 - corner, 1, 1),
        Spot.CENTER: Region(start, start, stop, stop),
    }


FILLED = _regions(edge=0.1, corner=0.2, middle=1 / 3)
"""What a thing fills that is said to be there."""
EMPTY = _regions(edge=0.2, corner=0.3, middle=1 / 2)
"""What no second thing of its class reaches into: people differ about how far an edge extends."""


class References:
    """The references of one scene. `fits` is None where it is not known."""

    def __init__(self, facts: "Facts") -> None:
        self.facts = facts
        self.scene = facts.scene
        self._picked: dict[Reference, int | None] = {}
        self._found: dict[int, tuple[Reference, ...]] = {}
        self._known: dict[int, dict[str, set[str]]] = {}
        self._meant: dict[str, Sequence[SceneObject]] = {}

    def of(self, object_id: int) -> tuple[Reference, ...]:
        """All references that pick out a thing, the plainest first; a plain one is the only one."""
        if object_id not in self._found:
            thing = self.facts.objects[object_id]
            possible = self._possible(thing) if thing.class_name else ()
            self._found[object_id] = tuple(
                reference for reference in possible if self.picks(reference) == object_id
            )
        return self._found[object_id]

    def picks(self, reference: Reference) -> int | None:
        """The one thing that words pick out; None where they may mean none or another one."""
        if reference not in self._picked:
            self._picked[reference] = self._pick(reference)
        return self._picked[reference]

    def _possible(self, thing: SceneObject) -> Iterator[Reference]:
        name = str(thing.class_name)
        plain = Reference(name)
        yield plain
        if self.scene.is_exhaustive or self.picks(plain) is not None:
            # Where all is known, enough things have a name of their own.
            return
        yield from (Reference(name, spot=spot) for spot in Spot if self._fills(thing, spot))
        yield from self._grips_of(thing)
        # Attributes last: some are wrong, and one that is says of a thing what it is not.
        for attribute in (None, *self._attributes(thing)):
            yield from (Reference(name, attribute, order) for order in (None, *Order))

    def _grips_of(self, thing: SceneObject) -> Iterator[Reference]:
        """Only the living grip, and nothing that reaches beyond its box is gripped."""
        classes, name = self.facts.vocabulary.classes, str(thing.class_name)
        if classes[name].kind not in LIVING:
            return
        for link in self.scene.relationships:
            if link.subject == thing.object_id and link.predicate in GRIPS:
                anchor = self.facts.objects[link.object].class_name
                if anchor not in (None, name) and classes[anchor].kind not in UNGRIPPED:
                    yield Reference(name, predicate=link.predicate, anchor=anchor)

    def _pick(self, reference: Reference) -> int | None:
        facts, name = self.facts, reference.class_name
        known = facts.vocabulary.classes.get(name)
        if known and known.plural == name and not facts.vouches(name):
            return None  # "sheep" may be a flock in one box
        members = [thing for thing in facts.members.get(name, ()) if self.fits(reference, thing)]
        if len(members) != 1:
            return None
        thing = members[0]
        if reference.is_plain:
            is_safe = facts.is_unique(thing.object_id)
            is_all = facts.vouches(name) or facts.vocabulary.classes[name].is_single
            return thing.object_id if is_safe and is_all else None
        if thing.is_plural or thing.is_doubtful or thing.class_name != name:
            return None
        rivals = (other for other in self._candidates(name) if other is not thing)
        if any(self.fits(reference, other) is not False for other in rivals):
            return None
        unseen = (one for one in facts.witnesses.sightings(name) if one.object_id is None)
        if any(self._may_mean(reference, thing, one.box) for one in unseen):
            return None
        return thing.object_id if self._is_bound(reference, thing) else None

    def _may_mean(self, reference: Reference, thing: SceneObject, box: Box) -> bool:
        """Whether words for a thing may mean one that only a witness has seen, in this box."""
        if reference.spot:
            return self._reaches(box, reference.spot)
        return reference.order is None or not self._before(reference.order, thing.box, box)

    def _candidates(self, class_name: str) -> Sequence[SceneObject]:
        """As `Naming.meant`, found once."""
        if class_name not in self._meant:
            self._meant[class_name] = self.facts.meant(class_name)
        return self._meant[class_name]

    def _is_bound(self, reference: Reference, thing: SceneObject) -> bool:
        """Whether a thing that nobody annotated hardly ever fits as well. Where several of a class
        are annotated, it does not matter that most photographs show one."""
        if self.facts.vouches(reference.class_name):
            return True
        if reference.order is Order.LARGEST:
            return self._is_outstanding(thing)
        return reference.spot is not None or reference.predicate is not None

    def _is_outstanding(self, thing: SceneObject) -> bool:
        """Whether annotators hardly ever overlook a larger one of its class."""
        name = str(thing.class_name)
        if name in self.facts.vocabulary.traits[Trait.GENERAL]:
            return False
        share = self.facts.config.large_share
        if self.facts.vocabulary.has(name, Trait.ALIKE):
            share *= ALIKE_FACTOR
        if thing.box.y2 < NEAR * self.scene.height:
            if self.facts.vocabulary.classes[name].kind in BACKGROUND:
                return False
            share *= FAR_FACTOR
        return thing.box.area >= share * self.scene.area

    def fits(self, reference: Reference, thing: SceneObject) -> bool | None:
        """Whether words that pick out a thing are true of this one of the class."""
        found = [
            self._has(reference.attribute, thing),
            self._leads(reference, thing),
            self._lies(reference.spot, thing),
            self._grips(reference, thing),
        ]
        return False if False in found else None if None in found else True

    def _has(self, attribute: str | None, thing: SceneObject) -> bool | None:
        if attribute is None:
            return True
        entry = load_attributes()[attribute]
        stated = self._stated(thing).get(entry.family, set())
        if stated == {attribute}:
            return True
        return False if stated and stated.isdisjoint({attribute, *entry.near}) else None

    def _leads(self, reference: Reference, thing: SceneObject) -> bool | None:
        order = reference.order
        if order is None:
            return True
        others = [
            other
            for other in self._candidates(reference.class_name)
            if other is not thing and self._has(reference.attribute, other) is not False
        ]
        degrees = [
            self._before(order, _foremost(order, thing), _foremost(order, other))
            for other in others
        ]
        return False if False in degrees else None if None in degrees else True

    def _before(self, order: Order, one: Box, other: Box) -> bool | None:
        """Whether one box comes before the other; None where that is too close to call."""
        config = self.facts.config
        if order is Order.LARGEST:
            ratio, needed = one.area / other.area, config.area_ratio
            return True if ratio >= needed else False if ratio <= 1 / needed else None
        step = (other.center[0] - one.center[0]) * (1 if order is Order.LEFTMOST else -1)
        needed = config.direction_share * self.scene.width
        return True if step >= needed else False if step <= -needed else None

    def _lies(self, spot: Spot | None, thing: SceneObject) -> bool | None:
        if spot is None:
            return True
        if not self.scene.has_frame:
            return None
        if self._fills(thing, spot):
            return True
        return None if self._reaches(thing.box, spot) else False

    def _reaches(self, box: Box, spot: Spot) -> bool:
        return intersection_area(box, EMPTY[spot].box(self.scene.width, self.scene.height)) > 0

    def _fills(self, thing: SceneObject, spot: Spot) -> bool:
        region = FILLED[spot].box(self.scene.width, self.scene.height)
        if intersection_area(thing.box, region) < FILLED_SHARE * region.area:
            return False
        if spot is Spot.CENTER:
            x, y = thing.box.center
            return region.x1 <= x <= region.x2 and region.y1 <= y <= region.y2
        is_corner = region.width < self.scene.width and region.height < self.scene.height
        is_narrow = thing.box.width <= MAX_REACH * self.scene.width
        is_low = thing.box.height <= MAX_REACH * self.scene.height
        if is_corner:
            return is_narrow and is_low
        return is_low if region.width == self.scene.width else is_narrow

    def _grips(self, reference: Reference, thing: SceneObject) -> bool | None:
        if reference.predicate is None or reference.anchor is None:
            return True
        anchor = self.picks(Reference(reference.anchor))
        if anchor is None or anchor == thing.object_id:
            return None
        is_contact = self.facts.predicates[reference.predicate].is_contact
        form = ReachClaim if is_contact else RelationClaim
        evidence = self.facts.holds(form(thing.object_id, reference.predicate, anchor))
        return True if evidence.supports else False if evidence.refutes else None

    def _stated(self, thing: SceneObject) -> dict[str, set[str]]:
        """The values of each family that attributes, or the words before the name, state."""
        if thing.object_id not in self._known:
            self._known[thing.object_id] = attributes_in(_said(thing))
        return self._known[thing.object_id]

    def _attributes(self, thing: SceneObject) -> list[str]:
        """What a thing has one value of, if its class may have it, in the order of annotation."""
        kind = self.facts.vocabulary.classes[str(thing.class_name)].kind
        stated = self._stated(thing)
        return [
            name
            for name in dict.fromkeys(filter(None, map(attribute_of, _said(thing))))
            if kind in load_attributes()[name].kinds
            and stated[load_attributes()[name].family] == {name}
        ]


def _foremost(order: Order, thing: SceneObject) -> Box:
    """Its box. Of several in one box, the first one may be a pixel wide, at the end of the box;
    none is larger than the box."""
    if not thing.is_plural or order is Order.LARGEST:
        return thing.box
    box = thing.box
    if order is Order.LEFTMOST:
        return box._replace(x2=box.x1 + 1)
    return box._replace(x1=box.x2 - 1)


def _said(thing: SceneObject) -> Sequence[str]:
    """The annotated attributes of a thing, and the words before its name."""
    return *thing.attributes, *split_words(thing.name)[:-1]

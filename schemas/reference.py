"""References: how words pick out one thing of a picture.

A reference is executed like a claim (schemas.proof.references): it fits its thing and is refuted
for every other one. tasks.language.references writes it and reads it back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto


class Order(StrEnum):
    """What sets one thing apart from all others of its class, in the picture plane."""

    LARGEST = auto()
    LEFTMOST = auto()
    RIGHTMOST = auto()


class Spot(StrEnum):
    """A region of the picture that a thing can fill so that no other of its class is there."""

    LEFT_EDGE = auto()
    RIGHT_EDGE = auto()
    TOP_EDGE = auto()
    BOTTOM_EDGE = auto()
    TOP_LEFT_CORNER = auto()
    TOP_RIGHT_CORNER = auto()
    BOTTOM_LEFT_CORNER = auto()
    BOTTOM_RIGHT_CORNER = auto()
    CENTER = auto()


class Telling(StrEnum):
    """What words that pick out a thing say of it, and a question may ask for."""

    SIZE = auto()
    SIDE = auto()
    HEIGHT = auto()


_PLACE = frozenset({Telling.SIDE, Telling.HEIGHT})
TOLD: Mapping[Order | Spot | None, frozenset[Telling]] = {
    None: frozenset(),
    Order.LARGEST: frozenset({Telling.SIZE}),
    Order.LEFTMOST: frozenset({Telling.SIDE}),
    Order.RIGHTMOST: frozenset({Telling.SIDE}),
    Spot.LEFT_EDGE: frozenset({Telling.SIDE}),
    Spot.RIGHT_EDGE: frozenset({Telling.SIDE}),
    Spot.TOP_EDGE: frozenset({Telling.HEIGHT}),
    Spot.BOTTOM_EDGE: frozenset({Telling.HEIGHT}),
    Spot.TOP_LEFT_CORNER: _PLACE,
    Spot.TOP_RIGHT_CORNER: _PLACE,
    Spot.BOTTOM_LEFT_CORNER: _PLACE,
    Spot.BOTTOM_RIGHT_CORNER: _PLACE,
    Spot.CENTER: _PLACE,
}


@dataclass(frozen=True, slots=True)
class Reference:
    """The one thing of `class_name` with the `attribute`, in the `order` or `spot`, or standing in
    `predicate` to the one thing of the class `anchor`. At most one of order, spot and predicate is
    given; the order is that among the things with the attribute. Without any, the class alone
    picks it out."""

    class_name: str
    attribute: str | None = None
    order: Order | None = None
    spot: Spot | None = None
    predicate: str | None = None
    anchor: str | None = None

    @property
    def is_plain(self) -> bool:
        return self == Reference(self.class_name)

    @property
    def tells(self) -> frozenset[Telling]:
        """What the words say of the thing besides which one it is."""
        return TOLD[self.order or self.spot]

"""Kinds and traits: what is known of classes, other than by their names."""

from enum import StrEnum, auto


class Kind(StrEnum):
    PERSON = auto()
    ANIMAL = auto()
    VEHICLE = auto()
    FURNITURE = auto()
    APPLIANCE = auto()
    ELECTRONICS = auto()
    STRUCTURE = auto()
    PLANT = auto()
    FOOD = auto()
    TABLEWARE = auto()
    CONTAINER = auto()
    SPORT = auto()
    TOOL = auto()
    TOY = auto()
    OBJECT = auto()
    CLOTHING = auto()
    PART = auto()
    STUFF = auto()
    ABSTRACT = auto()


class Trait(StrEnum):
    """What classes.toml lists and explains below [traits]."""

    STANDS = auto()
    FLIES = auto()
    RIDDEN = auto()
    CARRIED = auto()
    ENCLOSED = auto()
    HOLDS = auto()
    BEARS_NOTHING = auto()
    NOT_COUNTED = auto()
    VG150 = auto()


NEVER_ASKED = frozenset({Kind.CLOTHING, Kind.PART, Kind.STUFF, Kind.ABSTRACT})
LIVING = frozenset({Kind.PERSON, Kind.ANIMAL})
NEVER_OF_A_MATERIAL = LIVING | {Kind.VEHICLE, Kind.PLANT, Kind.FOOD}
# "car window" is a window and no car; "car picture" may be taken for a car.
HEADS = frozenset({Kind.CLOTHING, Kind.PART, Kind.STUFF})
HOLDERS = frozenset({Kind.TABLEWARE, Kind.CONTAINER})

"""Kinds and traits: what is known of classes besides their names."""

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
    GENERAL = auto()
    SPARSE = auto()
    SURFACE = auto()
    SET_ON = auto()
    FLOORED = auto()
    ALIKE = auto()
    LETTERED = auto()
    VG150 = auto()


NEVER_ASKED = frozenset({Kind.CLOTHING, Kind.PART, Kind.STUFF, Kind.ABSTRACT})
"""No question is about these: they belong to another thing, reach beyond their boxes, or are not
objects (words, shadows, times)."""
LIVING = frozenset({Kind.PERSON, Kind.ANIMAL})
"""Words such as "baby" before the name keep these in their class: a baby cow is still a cow."""
NEVER_OF_A_MATERIAL = LIVING | {Kind.VEHICLE, Kind.PLANT, Kind.FOOD}
"""Words such as "wooden" before the name change their class: a wooden horse is not a horse."""
HEADS = frozenset({Kind.CLOTHING, Kind.PART, Kind.STUFF})
"""Last words that decide the class: "car window" is a window, but "car picture" may be a car."""
HOLDERS = frozenset({Kind.TABLEWARE, Kind.CONTAINER})
"""What is named with its contents: "bowl of soup" is a bowl."""

"""What a person looks like: the proportions of a figure of height 1, and what it wears."""

from typing import NamedTuple

from tasks.render.palette import Color

PERSON_HEIGHTS = {"man": 1.8, "woman": 1.68, "boy": 1.2, "girl": 1.14}
"""Metres, standing."""
PEOPLE = tuple(PERSON_HEIGHTS)
HAND = (0.25, 0.62)
"""The outstretched hand of a person of height 1 with the pose "holding"."""
SEATED_RISE = 0.21
"""How much lower than standing a seated person of height 1 is."""
SKINS: tuple[Color, ...] = ((242, 202, 168), (204, 146, 104), (128, 84, 58))
HAIRS: tuple[Color, ...] = ((84, 54, 34), (206, 158, 76), (36, 32, 34))
TROUSERS: tuple[Color, ...] = ((56, 72, 118), (96, 88, 80), (66, 66, 72))


class Person(NamedTuple):
    """Proportions of a figure of height 1 and the colours it wears."""

    name: str
    shirt: Color
    skin: Color
    hair: Color
    legs: Color
    head: float
    hip: float

    @property
    def neck(self) -> float:
        return 1 - 2.1 * self.head

    @property
    def in_dress(self) -> bool:
        return self.name in ("woman", "girl")

    @property
    def bare_legged(self) -> bool:
        return self.name != "man"


def dressed(name: str, color: Color, variant: int) -> Person:
    skin, hair, legs = SKINS[variant % 3], HAIRS[variant // 3 % 3], TROUSERS[variant % 3]
    head, hip = (0.105, 0.42) if name in ("boy", "girl") else (0.08, 0.47)
    return Person(name, color, skin, hair, legs, head, hip)

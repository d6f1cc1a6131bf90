"""Scenes: drawn images, their mirror images, and what is true of them by construction.

Who draws them is left to the caller (`Scenes.view`).
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count, islice
from typing import NamedTuple, TypeVar

from PIL import Image

JPEG_QUALITY = 88
"""Of 100: no visible loss at 400 x 300 pixels, about 20 KB each."""
MIRRORED = {"left": "right", "right": "left"}  # ways to face; the others stay
T = TypeVar("T")
Corners = tuple[int, int, int, int]
"""xyxy in pixels of the image."""


class Seen(NamedTuple):
    """A thing: `x`, `y` and `z` of its base in metres, to the right, up and away from the viewer;
    `box` is what is seen of it; `label` is its id in a published scene."""

    name: str
    color: str
    facing: str
    x: float
    y: float
    z: float
    box: Corners
    label: str

    @property
    def middle(self) -> float:
        return (self.box[0] + self.box[2]) / 2


class View(NamedTuple):
    """One scene as it is seen: `data` is a JPEG; `things` are in the order of the scene,
    `relationships` are triplets of their labels and those of grounds, `grounds` the boxes of these;
    `names` are those of all things that any scene may have, sorted."""

    number: int
    width: int
    height: int
    data: bytes
    things: tuple[Seen, ...]
    grounds: tuple[tuple[str, Corners], ...]
    relationships: tuple[tuple[str, str, str], ...]
    names: tuple[str, ...]

    @property
    def unique(self) -> list[Seen]:
        """The things whose name no other thing has."""
        names = [thing.name for thing in self.things]
        return [thing for thing in self.things if names.count(thing.name) == 1]


@dataclass(frozen=True, slots=True)
class Scenes:
    """Any number of scenes: `view` gives the same one for the same number."""

    view: Callable[[int], View]

    def pick(
        self, ask: Callable[[View], T | None], number: int, start: int
    ) -> list[tuple[View, T]]:
        """The first `number` views from `start` on in which `ask` finds something, and what."""
        asked = ((found, ask(found)) for found in map(self.view, count(start)))
        return list(islice(((one, said) for one, said in asked if said is not None), number))


def mirrored(of: View) -> View:
    """The mirror image, without relationships: directions among them would no longer be true."""
    with Image.open(io.BytesIO(of.data)) as image:
        data = encoded(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "JPEG")
    things = tuple(
        thing._replace(
            x=-thing.x,
            facing=MIRRORED.get(thing.facing, thing.facing),
            box=(of.width - thing.box[2], thing.box[1], of.width - thing.box[0], thing.box[3]),
        )
        for thing in of.things
    )
    return of._replace(data=data, things=things, relationships=())


def encoded(image: Image.Image, kind: str) -> bytes:
    """The bytes of a file of that kind: JPEG, PNG or WEBP."""
    buffer = io.BytesIO()
    image.save(buffer, kind, quality=JPEG_QUALITY)
    return buffer.getvalue()


def recoded(data: bytes, kind: str) -> bytes:
    """The same image in a file of another kind."""
    with Image.open(io.BytesIO(data)) as image:
        return encoded(image, kind)

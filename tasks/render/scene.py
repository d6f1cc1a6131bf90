"""A scene: what stands where, which parts are visible, and what is true of it."""

from typing import NamedTuple

from schemas.box import Corners
from tasks.render.camera import Camera, PixelBox
from tasks.render.silhouette import Silhouette, silhouette


class Thing(NamedTuple):
    """One thing: base at (x, y) metres at depth z; `extent` is its whole drawing in pixels, xyxy.

    `facing` is "" for a thing without a front. `carrier` is the position in the scene of the thing
    that `bond` ("on", "holding", ...) ties it to; a person is the subject of "holding" only.
    """

    name: str
    facing: str
    pose: str
    color: str
    variant: int
    x: float
    y: float
    z: float
    scale: float
    extent: Corners
    carrier: int | None = None
    bond: str = ""

    @property
    def shape(self) -> Silhouette:
        return silhouette(self.name, self.facing, self.pose)

    @property
    def half_width(self) -> float:
        """Metres."""
        return self.scale * (self.shape.right - self.shape.left) / 2

    @property
    def is_grounded(self) -> bool:
        return self.y == 0 and self.bond in ("", "sitting on")


class Ground(NamedTuple):
    """Stuff that fills the picture from one row to another: sky, grass, road, wall, floor ..."""

    name: str
    color: str
    top: int
    bottom: int


class Relationship(NamedTuple):
    """Subject and object are positions in the list of annotated objects: grounds, then things."""

    subject: int
    predicate: str
    object: int


class RenderedScene(NamedTuple):
    """`boxes` are the visible extents of `things`, xyxy in pixels, in the same order."""

    image_id: int
    seed: int
    setting: str
    camera: Camera
    grounds: tuple[Ground, ...]
    things: tuple[Thing, ...]
    boxes: tuple[PixelBox, ...]
    relationships: tuple[Relationship, ...]

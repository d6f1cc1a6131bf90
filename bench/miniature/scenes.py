"""Scenes of the miniature: coloured rectangles, and a question about two or three of them.

All is made for a batch at once. Boxes are xyxy in bins of a canvas of SIDE x SIDE bins; a class is
a colour, and no scene has two things of one class.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

SIDE, PIXELS = 16, 2
"""Bins per side of the canvas, and pixels per side of a bin."""
NUM_CLASSES = 8
FAR = 3
"""Classes whose numbers are this far apart, on the circle of colours, are never asked about
together in training: 16 ordered pairs."""
APART, RATIO = 1.0, 1.25
"""What an answer rests on at least: bins between middles, or between distances; the ratio of two
areas."""
PROPOSALS = 12
"""Places that are tried for a rectangle before its scene is given up."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


class Kind(IntEnum):
    """What is asked of things a and b, or of which of b and c is nearer to a."""

    SIDE = 0
    HEIGHT = 1
    SIZE = 2
    NEARER = 3


ANSWERS = ("left", "right", "above", "below", "bigger", "smaller", "first", "second")
"""Two for each kind, in the order of the kinds."""


@dataclass(frozen=True, slots=True)
class Scenes:
    """N scenes of K things. `boxes` are of shape (N, K, 4), `classes` (N, K), -1 where there is no
    thing; `kinds` (N,); `asked` (N, 3) are places among the K, the third -1 where two are asked
    about; `answers` (N,) are places in ANSWERS."""

    boxes: Ints
    classes: Ints
    kinds: Ints
    asked: Ints
    answers: Ints

    def __len__(self) -> int:
        return len(self.kinds)

    def take(self, rows: slice | NDArray[np.bool_] | Ints) -> "Scenes":
        return Scenes(
            self.boxes[rows], self.classes[rows], self.kinds[rows], self.asked[rows],
            self.answers[rows],
        )  # fmt: skip

    def asked_boxes(self) -> Ints:
        """Of shape (N, 3, 4); those of a third that is not asked about mean nothing."""
        return np.take_along_axis(self.boxes, self.asked[:, :, None], axis=1)

    def asked_classes(self) -> Ints:
        """Of shape (N, 3), -1 where there is no third."""
        found = np.take_along_axis(self.classes, self.asked, axis=1)
        return np.where(self.asked < 0, -1, found)


class Sizes(NamedTuple):
    """How many things a scene has, and how many bins a side of one: least and most."""

    things: tuple[int, int] = (4, 5)
    bins: tuple[int, int] = (3, 6)


USUAL = Sizes()


class Look(NamedTuple):
    """How a scene is painted: the share of contrast that is left, the standard deviation of the
    noise of a pixel (0 to 1), and by how many degrees its colours are turned."""

    contrast: float = 1.0
    noise: float = 0.12
    turn: float = 0.0


CLEAR, DIM, TURNED = Look(), Look(contrast=0.2, noise=0.06), Look(turn=20.0)


def draw(random: Generator, number: int, sizes: Sizes = USUAL, *, unseen: bool = False) -> Scenes:
    """`number` scenes whose answer is certain; with `unseen`, those of FAR classes alone."""
    found: list[Scenes] = []
    while sum(map(len, found)) < number:
        found.append(_proposed(random, 2 * number, sizes, unseen=unseen))
    names = ("boxes", "classes", "kinds", "asked", "answers")
    parts = (np.concatenate([getattr(one, name) for one in found]) for name in names)
    return Scenes(*parts).take(slice(number))


def stream(random: Generator, size: int) -> Iterator[Scenes]:
    """Batches of `size` scenes without end, made some at a time."""
    at_once = 16
    while True:
        some = draw(random, size * at_once)
        for start in range(0, size * at_once, size):
            yield some.take(slice(start, start + size))


def answers_of(kinds: Ints, boxes: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    """What boxes of shape (N, 3, 4) answer, and whether by the margins; where nothing speaks for
    either answer it is the second, and not by the margins."""
    middles = (boxes[:, :, :2] + boxes[:, :, 2:]) / 2
    ahead = middles[:, 0] - middles[:, 1]
    sides = np.maximum(boxes[:, :, 2:] - boxes[:, :, :2], 0)
    ratio = (sides[:, 0].prod(axis=1) + 1e-9) / (sides[:, 1].prod(axis=1) + 1e-9)
    away = np.linalg.norm(middles[:, 1:] - middles[:, :1], axis=2)
    lead = np.stack(
        [
            -ahead[:, 0] / APART,
            -ahead[:, 1] / APART,
            np.log(ratio) / np.log(RATIO),
            (away[:, 1] - away[:, 0]) / APART,
        ],
        axis=1,
    )[np.arange(len(kinds)), kinds]
    return 2 * kinds + (lead <= 0), np.abs(lead) >= 1


def paint(random: Generator, scenes: Scenes, look: Look) -> Floats:
    """Pictures of shape (N, SIDE * PIXELS, SIDE * PIXELS, 3), about 0 with a reach of about 0.5.
    The ground is a ramp of colours."""
    steps = np.arange(SIDE * PIXELS, dtype=np.float32) / PIXELS
    x, y = np.meshgrid(steps, steps)
    ground = np.stack([0.25 + 0.5 * x / SIDE, 0.25 + 0.5 * y / SIDE, np.full_like(x, 0.5)], axis=2)
    shown = np.full((len(scenes), *x.shape), -1)
    for box, name in zip(scenes.boxes.swapaxes(0, 1), scenes.classes.T, strict=True):
        left, top, right, bottom = box.T[:, :, None, None]
        inside = (x >= left) & (x < right) & (y >= top) & (y < bottom) & (name >= 0)[:, None, None]
        np.copyto(shown, name[:, None, None], where=inside)
    pictures = np.where((shown >= 0)[..., None], colors(look.turn)[shown], ground)
    noise = random.standard_normal(pictures.shape, np.float32)
    return look.contrast * (pictures - np.float32(0.5)) + np.float32(look.noise) * noise


def colors(turn: float) -> Floats:
    """Of each class: full colours, equally far apart on the circle."""
    hues = (np.arange(NUM_CLASSES) / NUM_CLASSES + turn / 360) % 1 * 6
    red = np.clip(np.abs(hues - 3) - 1, 0, 1)
    green = np.clip(2 - np.abs(hues - 2), 0, 1)
    blue = np.clip(2 - np.abs(hues - 4), 0, 1)
    return np.stack([red, green, blue], axis=1).astype(np.float32)


def _proposed(random: Generator, number: int, sizes: Sizes, *, unseen: bool) -> Scenes:
    """Those of `number` scenes in which all things have a place and the answer is certain."""
    least, most = sizes.things
    many = random.integers(least, most + 1, number)
    classes = np.argsort(random.random((number, NUM_CLASSES)), axis=1)[:, :most]
    boxes = np.zeros((number, most, 4), np.int64)
    is_sound = np.ones(number, bool)
    for place in range(most):
        wanted = place < many
        box, fits = _placed(random, boxes[:, :place], number, sizes.bins)
        boxes[:, place] = np.where(wanted[:, None], box, 0)
        is_sound &= fits | ~wanted
    classes = np.where(np.arange(most) < many[:, None], classes, -1)
    kinds = random.integers(0, len(Kind), number)
    asked = np.argsort(random.random((number, most)) + (classes < 0), axis=1)[:, :3]
    asked = np.where((kinds != Kind.NEARER)[:, None] & (np.arange(3) == 2), -1, asked)
    scenes = Scenes(boxes, classes, kinds, asked, kinds)
    answers, is_certain = answers_of(kinds, scenes.asked_boxes())
    names = scenes.asked_classes()
    is_far = np.isin((names[:, 1:] - names[:, :1]) % NUM_CLASSES, (FAR, NUM_CLASSES - FAR))
    is_far &= names[:, 1:] >= 0
    is_sound &= is_certain & (is_far[:, 0] if unseen else ~is_far.any(axis=1))
    return replace(scenes, answers=answers).take(is_sound)


def _placed(
    random: Generator, others: Ints, number: int, bins: tuple[int, int]
) -> tuple[Ints, NDArray[np.bool_]]:
    """A box for each scene that meets none of the others, and whether one was found."""
    sides = random.integers(bins[0], bins[1] + 1, (number, PROPOSALS, 2))
    low = np.floor(random.random((number, PROPOSALS, 2)) * (SIDE - sides + 1)).astype(np.int64)
    boxes = np.concatenate([low, low + sides], axis=2)
    mine, theirs = boxes[:, :, None], others[:, None]
    meets = (mine[..., :2] < theirs[..., 2:]).all(-1) & (theirs[..., :2] < mine[..., 2:]).all(-1)
    is_free = ~meets.any(axis=2)
    return boxes[np.arange(number), is_free.argmax(axis=1)], is_free.any(axis=1)

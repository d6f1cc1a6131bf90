"""Questions: what can be asked about a view, each with a margin that nobody can doubt; None where a
view has nothing of the kind."""

from collections import Counter
from itertools import permutations
from math import dist
from typing import NamedTuple

from evaluation.miniatures.scenes import Seen, View
from schemas.benchmark import LETTERS

GAP = 12
"""Pixels, of an image of 400 x 300, between the boxes of things that are beside each other."""
MIN_DEPTH = 1.0
MIN_HEIGHT = 0.5
"""Metres by which the depths and the heights of two things differ: anybody sees that."""
MIN_RATIO = 1.5
"""Of two distances in metres: large enough that perspective misleads nobody."""
SKIPPED = 7
"""A view skips fewer names than this, so that not every view is asked for the first one."""
COLORS = ("red", "blue", "green", "yellow", "white", "black")
"""Of things that are asked for their colour: nobody confuses these with each other."""


DIRECTLY = "Answer with the option's letter from the given choices directly."
"""As several benchmarks end their questions."""


class Asked(NamedTuple):
    """A question, its answer, other answers that are wrong, and the things that it is about."""

    text: str
    right: str
    wrong: tuple[str, ...]
    about: tuple[Seen, ...] = ()


class Laid(NamedTuple):
    """Options in order and the letter of the right one."""

    options: tuple[str, ...]
    letter: str


def laid(asked: Asked, place: int) -> Laid:
    """The right answer at that place, counted around."""
    place %= len(asked.wrong) + 1
    options = (*asked.wrong[:place], asked.right, *asked.wrong[place:])
    return Laid(options, LETTERS[place])


def bracketed(options: tuple[str, ...], between: str = "\n") -> str:
    """`(A) ...`, one per line."""
    lettered = (f"({letter}) {text}" for letter, text in zip(LETTERS, options, strict=False))
    return between.join(lettered)


def beside(view: View) -> tuple[Seen, Seen] | None:
    """A thing to the left and one to the right, each with a name that no other thing has."""
    pairs = permutations(view.unique, 2)
    apart = [(b.box[0] - a.box[2], a, b) for a, b in pairs if b.box[0] - a.box[2] >= GAP]
    return max(apart, key=lambda entry: entry[0])[1:] if apart else None


def is_left(view: View) -> Asked | None:
    found = beside(view)
    if not found:
        return None
    left, right = found
    text = f"Is the {left.name} to the left of the {right.name}?"
    return Asked(text, "yes", ("no",), found)


def leftmost(view: View) -> Asked | None:
    found = beside(view)
    if not found:
        return None
    left, right = found
    text = f"Which is further to the left, the {left.name} or the {right.name}?"
    return Asked(text, left.name, (right.name,), found)


def nearer(view: View) -> Asked | None:
    by_depth = sorted(view.unique, key=lambda thing: thing.z)
    if len(by_depth) < 2 or by_depth[-1].z - by_depth[0].z < MIN_DEPTH:
        return None
    near, far = by_depth[0], by_depth[-1]
    text = f"Which is closer to the camera, the {far.name} or the {near.name}?"
    return Asked(text, near.name, (far.name,), (near, far))


def closer_pair(view: View) -> Asked | None:
    """Distances in metres, from a thing to two others."""
    for base, near, far in permutations(view.unique, 3):
        short, long = (dist((base.x, base.y, base.z), one[3:6]) for one in (near, far))
        if short > 0.2 and long >= MIN_RATIO * short:
            text = f"Which is closer to the {base.name}, the {near.name} or the {far.name}?"
            return Asked(text, near.name, (far.name,), (base, near, far))
    return None


def higher(view: View) -> Asked | None:
    """About a thing that is wholly above another in the picture, and higher in metres."""
    for low, high in permutations(view.unique, 2):
        if high.y - low.y >= MIN_HEIGHT and high.box[3] < low.box[1]:
            return _higher(low, high)
    return None


def _higher(low: Seen, high: Seen) -> Asked:
    text = f"Which object has a higher location, the {low.name} or the {high.name}?"
    return Asked(text, high.name, (low.name,), (low, high))


def how_many(view: View) -> Asked | None:
    """About the most frequent kind, at least two things; five wrong numbers, the nearest first."""
    name, number = Counter(thing.name for thing in view.things).most_common(1)[0]
    if number < 2:
        return None
    wrong = sorted((one for one in range(7) if one != number), key=lambda one: abs(one - number))
    things = tuple(thing for thing in view.things if thing.name == name)
    text = f"How many objects of the kind {name} are in the image?"
    return Asked(text, str(number), tuple(map(str, wrong[:5])), things)


def color(view: View) -> Asked | None:
    thing = next((one for one in view.unique if one.color in COLORS), None)
    if not thing:
        return None
    others = tuple(one for one in COLORS if one != thing.color)
    return Asked(f"What is the color of the {thing.name}?", thing.color, others[:3], (thing,))


def present(view: View) -> Asked:
    thing = view.things[0]
    return Asked(f"Is there a {thing.name} in the image?", "yes", ("no",), (thing,))


def absent(view: View) -> Asked:
    """All things of a scene are known: a thing that was not placed is not there."""
    seen = {thing.name for thing in view.things}
    name = next(one for one in view.names[view.number % SKIPPED :] if one not in seen)
    return Asked(f"Is there a {name} in the image?", "no", ("yes",))


def which_of_two(view: View) -> Asked | None:
    """About the view, which is shown first, and its mirror image, which is shown second."""
    found = beside(view)
    if not found:
        return None
    left, right = found
    text = f"In which of the two images is the {left.name} to the left of the {right.name}?"
    return Asked(text, "the first", ("the second", "both", "neither"), found)


def depth(view: View) -> Asked | None:
    """Metres from the viewer to the nearest thing of a kind of its own."""
    thing = min(view.unique, key=lambda one: one.z, default=None)
    if not thing:
        return None
    text = f"How far from the camera is the {thing.name}, in meters?"
    return Asked(text, f"{thing.z:.1f}", (), (thing,))


def faces(view: View) -> Asked | None:
    """Which way a thing faces, as the viewer sees it."""
    thing = next((one for one in view.unique if one.facing in ("left", "right")), None)
    if not thing:
        return None
    other = "right" if thing.facing == "left" else "left"
    text = f"Towards which side of the image does the {thing.name} face?"
    return Asked(text, thing.facing, (other,), (thing,))

"""Heads of people, seen from the front, from behind and from the side."""

from tasks.render.palette import DARK, TAIL_LIGHT, shade
from tasks.render.person import Person
from tasks.render.primitives import Sketch, limb, oval, poly, slab

LIPS = (176, 70, 66)


def long_hair(who: Person) -> Sketch:
    r, y = who.head, 1 - who.head
    return slab(who.hair, -1.05 * r, y - 1.7 * r, 1.05 * r, y + 1.05 * r, 0.8 * r)


def back_hair(who: Person) -> Sketch:
    r, y = who.head, 1 - who.head
    w = 0.8 * r
    sketch = oval(who.hair, 0, y + 0.02 * r, 1.05 * w, 0.98 * r)
    if who.name == "woman":
        sketch += slab(who.hair, -1.2 * w, y - 1.9 * r, 1.2 * w, y + 0.5 * r, 0.5 * r)
    return sketch


def face(who: Person) -> Sketch:
    r, y = who.head, 1 - who.head
    w = 0.8 * r
    sketch = oval(who.hair, 0, y + 0.25 * r, 1.06 * w, 0.78 * r, 0.02, 0.48)
    for side in (-1, 1):
        sketch += oval(DARK, side * 0.38 * w, y - 0.02 * r, 0.14 * w, 0.14 * r)
    sketch += oval(LIPS, 0, y - 0.38 * r, 0.36 * w, 0.24 * r, 0.5, 1.0)
    if who.name == "man":
        sketch += oval(who.hair, 0, y - 0.42 * r, 0.86 * w, 0.56 * r, 0.5, 1.0)
        sketch += oval((226, 150, 140), 0, y - 0.5 * r, 0.3 * w, 0.12 * r)
    return sketch


def front_head(who: Person, away: bool) -> Sketch:
    r, y = who.head, 1 - who.head
    w = 0.8 * r
    sketch: Sketch = []
    if who.name == "girl":
        for side in (-1, 1):
            sketch += oval(who.hair, side * 1.5 * w, y - 0.35 * r, 0.5 * w, 0.75 * r)
            sketch += oval(TAIL_LIGHT, side * 1.2 * w, y + 0.2 * r, 0.2 * w, 0.2 * w)
    sketch += oval(who.skin, 0, y, w, r)
    sketch += back_hair(who) if away else face(who)
    if who.name == "boy":
        cap = shade(who.shirt, 0.75)
        sketch += oval(cap, 0, y + 0.25 * r, 1.1 * w, 0.8 * r, 0.0, 0.5)
        if not away:
            brim = ((-0.9 * w, y + 0.3 * r), (0.9 * w, y + 0.3 * r))
            sketch += limb(shade(cap, 0.7), 0.2 * r, *brim)
    return sketch


def side_head(who: Person) -> Sketch:
    r, y = who.head, 1 - who.head
    w = 0.9 * r
    nose = ((0.85 * w, y + 0.25 * r), (1.3 * w, y - 0.15 * r), (0.85 * w, y - 0.3 * r))
    sketch: Sketch = []
    if who.name == "woman":
        sketch += slab(who.hair, -1.25 * w, y - 1.9 * r, 0.1 * w, y + 0.7 * r, 0.5 * r)
    if who.name == "girl":
        sketch += oval(who.hair, -1.35 * w, y - 0.4 * r, 0.45 * w, 0.85 * r)
        sketch += oval(TAIL_LIGHT, -1.05 * w, y + 0.25 * r, 0.22 * w, 0.22 * w)
    sketch += oval(who.skin, 0, y, w, r) + poly(who.skin, *nose)
    sketch += oval(who.hair, -0.1 * w, y + 0.1 * r, 1.02 * w, 0.95 * r, 0.1, 0.66)
    sketch += oval(DARK, 0.55 * w, y + 0.08 * r, 0.13 * w, 0.15 * r)
    sketch += limb(LIPS, 0.1 * r, (0.5 * w, y - 0.5 * r), (0.82 * w, y - 0.48 * r))
    if who.name == "man":
        sketch += oval(who.hair, 0.35 * w, y - 0.5 * r, 0.6 * w, 0.5 * r, 0.5, 1.0)
    if who.name == "boy":
        cap = shade(who.shirt, 0.75)
        sketch += oval(cap, 0, y + 0.25 * r, 1.08 * w, 0.8 * r, 0.0, 0.5)
        sketch += limb(shade(cap, 0.7), 0.2 * r, (0.5 * w, y + 0.32 * r), (1.7 * w, y + 0.28 * r))
    return sketch

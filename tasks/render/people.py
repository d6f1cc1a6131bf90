"""People, standing, sitting, riding or holding something."""

from tasks.render.heads import front_head, long_hair, side_head
from tasks.render.palette import DARK, Color, shade
from tasks.render.person import HAND, PERSON_HEIGHTS, SEATED_RISE, Person, dressed
from tasks.render.primitives import Point, Sketch, limb, moved, oval, poly, scaled


def front_legs(who: Person, seated: bool) -> Sketch:
    top = who.hip - (SEATED_RISE if seated else 0.0)
    knee = top - 0.02 if seated else (who.hip + 0.03) / 2
    shin, width = (who.skin, 0.062) if who.bare_legged else (who.legs, 0.09)
    sketch: Sketch = []
    for side in (-1, 1):
        x = side * 0.062
        sketch += limb(shin, width, (x, knee), (x, 0.05))
        sketch += limb(DARK, 0.05, (x, 0.025), (x + side * 0.025, 0.025))
        if not who.in_dress:
            sketch += limb(shade(who.legs, 1.15 if seated else 1), 0.1, (x, top), (x, knee))
    if who.in_dress:
        waist, hem = top + 0.12, 0.16 if seated else 0.26
        skirt = ((-0.08, waist), (-0.17, hem), (0.17, hem), (0.08, waist))
        sketch += poly(shade(who.shirt, 0.88), *skirt)
    return sketch


def side_legs(who: Person) -> Sketch:
    shin, width = (who.skin, 0.06) if who.bare_legged else (who.legs, 0.09)
    thigh, thick = (who.skin, 0.06) if who.in_dress else (who.legs, 0.095)
    sketch: Sketch = []
    for foot_x, tone in ((-0.11, 0.8), (0.08, 1.0)):
        knee = (foot_x * 0.6 + 0.02, who.hip / 2)
        sketch += limb(shade(shin, tone), width, knee, (foot_x, 0.05))
        sketch += limb(DARK, 0.05, (foot_x - 0.01, 0.025), (foot_x + 0.055, 0.025))
        sketch += limb(shade(thigh, tone), thick, (0, who.hip), knee)
    if who.in_dress:
        waist = who.hip + 0.12
        skirt = ((-0.06, waist), (-0.15, 0.26), (0.14, 0.26), (0.06, waist))
        sketch += poly(shade(who.shirt, 0.88), *skirt)
    return sketch


def riding_leg(who: Person) -> Sketch:
    shin, width = (who.skin, 0.06) if who.bare_legged else (who.legs, 0.09)
    knee, foot = (0.15, -0.1), (0.1, -0.27)
    return [
        *limb(shin, width, knee, foot),
        *limb(DARK, 0.05, foot, (0.16, -0.28)),
        *limb(who.shirt if who.in_dress else who.legs, 0.1, (0.0, 0.0), knee),
    ]


def arm(who: Person, shoulder: Point, elbow: Point, hand: Point) -> Sketch:
    return [
        *limb(who.skin, 0.05, elbow, hand),
        *oval(who.skin, *hand, 0.032, 0.032),
        *limb(shade(who.shirt, 0.82), 0.064, shoulder, elbow),
    ]


def front_upper(who: Person, pose: str, away: bool) -> Sketch:
    neck, hip = who.neck, who.hip
    wide, low = (0.105, 0.09) if who.in_dress else (0.13, 0.11)
    shirt = ((-wide, neck - 0.03), (-0.05, neck), (0.05, neck), (wide, neck - 0.03), (low, hip),
             (-low, hip))  # fmt: skip
    drop, reach = neck - 0.2, wide + 0.05
    elbow, hand = (reach, drop), (reach, hip - 0.01)
    if pose == "holding":
        elbow, hand = (reach + 0.02, drop), HAND
    return [
        *(long_hair(who) if who.name == "woman" else []),
        *limb(who.skin, 0.055, (0, neck - 0.02), (0, neck + 0.04)),
        *poly(who.shirt, *shirt),
        *arm(who, (-wide, neck - 0.045), (-reach, drop), (-reach, hip - 0.01)),
        *arm(who, (wide, neck - 0.045), elbow, hand),
        *front_head(who, away),
    ]


def side_upper(who: Person, pose: str) -> Sketch:
    neck, hip = who.neck, who.hip
    shirt = ((-0.075, neck - 0.04), (-0.03, neck), (0.04, neck), (0.08, neck - 0.06),
             (0.075, hip - 0.01), (-0.075, hip - 0.01))  # fmt: skip
    elbow, hand = {
        "holding": ((0.1, neck - 0.19), HAND),
        "riding": ((0.1, neck - 0.2), (0.25, neck - 0.24)),
    }.get(pose, ((-0.03, neck - 0.2), (0.05, hip)))
    return [
        *limb(who.skin, 0.055, (0, neck - 0.02), (0, neck + 0.04)),
        *poly(who.shirt, *shirt),
        *arm(who, (0.0, neck - 0.06), elbow, hand),
        *side_head(who),
    ]


def person(name: str, facing: str, pose: str, color: Color, variant: int) -> Sketch:
    who = dressed(name, color, variant)
    if facing in ("left", "right"):
        upper, drop = side_upper(who, pose), who.hip if pose == "riding" else 0.0
        legs = riding_leg(who) if pose == "riding" else side_legs(who)
    else:
        upper, drop = front_upper(who, pose, facing == "away"), SEATED_RISE * (pose == "sitting")
        legs = front_legs(who, pose == "sitting")
    return scaled(legs + moved(upper, 0, -drop), PERSON_HEIGHTS[name])

"""The judge of the laboratory, on questions planted as right, wrong or ambiguous; the annotator."""

from collections import Counter
from itertools import permutations

import pytest

from bench.laboratory.annotator import annotate
from bench.laboratory.descriptions import described, descriptions_in
from bench.laboratory.judging import judge
from bench.laboratory.rates import NO_MISTAKES, Rates
from bench.laboratory.relations import stands
from bench.laboratory.source import CROWD, DRAWING
from bench.laboratory.world import TrueScene, TrueThing, true_scene
from schemas.claim import (
    Cell,
    Claim,
    CountClaim,
    DepthClaim,
    Dimension,
    Direction,
    DistanceClaim,
    ExistenceClaim,
    LocationClaim,
    OrientationClaim,
    ReachClaim,
    RelationClaim,
    SizeClaim,
    encode_claim,
)
from tasks.render.layout import NO_CROWD, lay_out_scene
from tasks.render.scene import RenderedScene


def thing(index: int, name: str, box: tuple[float, ...], z: float, **more) -> TrueThing:
    """A thing on the ground whose box is filled, 100 pixels to the metre at 5 m."""
    metre = 500 / z
    facts = {
        "kind": "thing", "area": round((box[2] - box[0]) * (box[3] - box[1])), "color": "red",
        "x": ((box[0] + box[2]) / 2 - 320) / metre, "foot": box[3], "facing": "",
        "half_width": (box[2] - box[0]) / 2 / metre, "height": (box[3] - box[1]) / metre,
    } | more  # fmt: skip
    return TrueThing(index, name, box=box, z=z, **facts)


def ground(index: int, name: str, top: float, bottom: float) -> TrueThing:
    return TrueThing(index, name, "ground", (0, top, 640, bottom), 9999, "green")


# Ids are those of the places below plus 1. From left to right: a big red man (2) who holds a ball
# (3) and faces right, a bench (4) with a cat (5) on it, a dog (6), a horse (7) far away, and two
# chairs (8, 9), of which one is green.
SCENE = TrueScene(1, 640, 480, (
    ground(0, "sky", 0, 160), ground(1, "grass", 160, 480),
    thing(2, "man", (30, 200, 110, 440), 4.0, facing="right", pose="holding"),
    thing(3, "ball", (112, 280, 142, 310), 4.0, y=1.0, carrier=2, bond="holding"),
    thing(4, "bench", (200, 330, 320, 420), 4.5),
    thing(5, "cat", (240, 280, 290, 340), 4.45, y=0.5, carrier=4, bond="on", facing="left"),
    thing(6, "dog", (380, 380, 460, 440), 4.0, facing="left"),
    thing(7, "horse", (430, 150, 520, 220), 14.0, facing="right"),
    thing(8, "chair", (560, 330, 600, 420), 4.5, color="green", facing="left"),
    thing(9, "chair", (598, 330, 638, 405), 4.9, facing="left"),
))  # fmt: skip
MEANS = {place + 1: (place,) for place in range(10)}
SKY, GRASS, MAN, BALL, BENCH, CAT, DOG, HORSE, CHAIR, OTHER = range(1, 11)


def row(question: str, asks: str, options: dict[str, Claim], **more) -> dict:
    """The first option is the answer."""
    claims = [encode_claim(claim) for claim in options.values()]
    return {
        "question_only": question, "asks": asks, "options": list(options), "claim": claims[0],
        "option_claims": claims,
    } | more  # fmt: skip


def related(subject: int, target: int, *names: str, kind=RelationClaim) -> list[Claim]:
    return [kind(subject, name, target) for name in names]


def place(subject: str, target: str, ids: tuple[int, int], *names: str) -> dict:
    claims = related(*ids, *names)
    options = {f"{name} the {target}": claim for name, claim in zip(names, claims, strict=True)}
    return row(f"Where is the {subject} in relation to the {target}?", "predicate", options)


def largest(dimension: Dimension, *ids: int, names: tuple[str, ...]) -> dict:
    claims = {
        name: SizeClaim(dimension, key, tuple(other for other in ids if other != key))
        for name, key in zip(names, ids, strict=True)
    }
    return row("Which of these takes up the most room in the picture?", "largest", claims)


def nearest(reference: str, key: int, *ids: int, names: tuple[str, ...]) -> dict:
    claims = {
        name: DistanceClaim(key, one, tuple(other for other in ids if other != one))
        for name, one in zip(names, ids, strict=True)
    }
    return row(f"In the picture, which of these is closest to the {reference}?", "nearest", claims)


def direction(question: str, ids: tuple[int, int], *ways: Direction, own: bool = False) -> dict:
    claims = {
        way.value: OrientationClaim(ids[0] if own else None, ids[0], ids[1], way) for way in ways
    }
    return row(question, "direction", claims)


def located(name: str, key: int, *cells: Cell) -> dict:
    claims = {cell.value: LocationClaim(key, cell) for cell in cells}
    return row(f"In which part of the picture is the {name}?", "cell", claims)


def nearer(first: str, second: str, ids: tuple[int, int]) -> dict:
    claims = {first: DepthClaim(*ids), second: DepthClaim(*ids[::-1])}
    return row(f"Which is closer to the viewer, the {first} or the {second}?", "nearer", claims)


def counted(plural: str, name: str, *numbers: int) -> dict:
    claims = {str(number): CountClaim(name, number) for number in numbers}
    return row(f"How many {plural} are there in the picture?", "number", claims)


def shown(name: str, is_shown: bool, *related: str) -> dict:
    claims = {
        "Yes" if present else "No": ExistenceClaim(name, present, *related)
        for present in (is_shown, not is_shown)
    }
    return row(f"Is there a {name} in the picture?", "present", claims)


MOST, LEFT, RIGHT, UP = Dimension.LARGER, Direction.LEFT, Direction.RIGHT, Direction.ABOVE
PLANTED = [
    # relation: sides, support, depth, nearness
    ("right", place("cat", "bench", (CAT, BENCH), "on", "under", "left of", "right of")),
    ("wrong", place("cat", "bench", (CAT, BENCH), "under", "on", "left of", "right of")),
    ("right", place("man", "bench", (MAN, BENCH), "left of", "right of", "on", "under")),
    ("wrong", place("man", "bench", (MAN, BENCH), "right of", "left of", "on", "under")),
    ("right", place("horse", "dog", (HORSE, DOG), "behind", "in front of", "on", "under")),
    ("wrong", place("horse", "dog", (HORSE, DOG), "in front of", "on", "under", "left of")),
    # "behind" and "right of" both hold of the horse
    ("ambiguous", place("horse", "dog", (HORSE, DOG), "right of", "behind", "on", "under")),
    ("right", place("man", "grass", (MAN, GRASS), "standing on", "sitting on", "riding")),
    ("wrong", place("man", "grass", (MAN, GRASS), "sitting on", "riding", "holding")),
    # the annotation knows one chair, the picture shows two
    ("ambiguous", place("chair", "dog", (CHAIR, DOG), "right of", "left of", "on", "under")),
    ("right", place("green chair", "dog", (CHAIR, DOG), "right of", "left of", "on", "under")),
    ("wrong", place("blue chair", "dog", (CHAIR, DOG), "right of", "left of", "on", "under")),
    # words: a synonym fits, a wrong one names nothing or another thing, an unknown one is unread
    ("right", place("guy", "bench", (MAN, BENCH), "left of", "right of", "on", "under")),
    ("wrong", place("woman", "bench", (MAN, BENCH), "left of", "right of", "on", "under")),
    ("wrong", place("dog", "bench", (CAT, BENCH), "on", "under", "left of", "right of")),
    ("ambiguous", place("animal", "bench", (CAT, BENCH), "on", "under", "left of", "right of")),
    ("unread", place("gizmo", "bench", (CAT, BENCH), "on", "under", "left of", "right of")),
    ("right", row("Which of these is on the bench?", "subject", {
        "cat": RelationClaim(CAT, "on", BENCH), "dog": RelationClaim(DOG, "on", BENCH)})),
    ("ambiguous", row("Which of these is on the bench?", "subject", {
        "cat": RelationClaim(CAT, "on", BENCH), "chair": RelationClaim(CHAIR, "on", BENCH)})),
    # reach
    ("right", row("Which of these is the man holding?", "object", {
        "ball": ReachClaim(MAN, "holding", BALL), "cat": ReachClaim(MAN, "holding", CAT)})),
    ("wrong", row("Which of these is the man holding?", "object", {
        "cat": ReachClaim(MAN, "holding", CAT), "ball": ReachClaim(MAN, "holding", BALL)})),
    ("wrong", row("Which of these is the man riding?", "object", {
        "horse": ReachClaim(MAN, "riding", HORSE), "cat": ReachClaim(MAN, "riding", CAT)})),
    # for yes or no: what the question states is no part of a name
    ("right", row("Is the cat on the bench?", "holds", {
        "Yes": RelationClaim(CAT, "on", BENCH), "No": RelationClaim(CAT, "on", BENCH, False)})),
    ("right", row("Do you see the man riding the horse?", "holds", {
        "No": ReachClaim(MAN, "riding", HORSE, False), "Yes": ReachClaim(MAN, "riding", HORSE)})),
    ("wrong", row("Can you see the dog on the bench?", "holds", {
        "Yes": RelationClaim(DOG, "on", BENCH), "No": RelationClaim(DOG, "on", BENCH, False)})),
    # size: boxes and visible pixels
    ("right", largest(MOST, MAN, DOG, HORSE, names=("man", "dog", "horse"))),
    ("wrong", largest(MOST, DOG, MAN, HORSE, names=("dog", "man", "horse"))),
    ("ambiguous", largest(MOST, OTHER, CAT, BALL, names=("red chair", "cat", "ball"))),
    ("right", largest(Dimension.WIDER, BENCH, DOG, CAT, names=("bench", "dog", "cat"))),
    ("wrong", largest(Dimension.TALLER, DOG, BENCH, CAT, names=("dog", "bench", "cat"))),
    ("ambiguous", largest(MOST, MAN, DOG, CHAIR, names=("man", "dog", "chair"))),
    # orientation: for the viewer, and for somebody in the picture
    ("right", direction("In which direction from the bench is the man?", (5, 3), LEFT, UP)),
    ("wrong", direction("In which direction from the bench is the man?", (5, 3), UP, LEFT)),
    ("ambiguous", direction(
        "In which direction from the dog is the horse?", (DOG, HORSE), Direction.ABOVE_RIGHT, UP)),
    ("right", direction("From the man's own point of view, where is the bench?", (MAN, BENCH),
                        Direction.AHEAD, Direction.BACK, LEFT, RIGHT, own=True)),
    ("wrong", direction("From the dog's own point of view, where is the cat?", (DOG, CAT),
                        Direction.BACK, Direction.AHEAD, LEFT, RIGHT, own=True)),
    # instance location
    ("right", located("dog", DOG, Cell.BOTTOM_CENTER, Cell.TOP_LEFT, Cell.TOP_CENTER)),
    ("wrong", located("dog", DOG, Cell.TOP_LEFT, Cell.BOTTOM_CENTER, Cell.TOP_CENTER)),
    ("ambiguous", located("man", MAN, Cell.MIDDLE_LEFT, Cell.BOTTOM_LEFT)),
    ("ambiguous", located("chair", CHAIR, Cell.BOTTOM_RIGHT, Cell.TOP_RIGHT)),
    ("ambiguous", located("dog", DOG, Cell.BOTTOM_RIGHT, Cell.TOP_LEFT)),  # two fifths of it
    # depth: metres, not rows of the picture
    ("right", nearer("dog", "horse", (DOG, HORSE))),
    ("wrong", nearer("horse", "dog", (HORSE, DOG))),
    ("ambiguous", nearer("man", "dog", (MAN, DOG))),
    # distance in the picture
    ("right", nearest("man", MAN, BALL, DOG, HORSE, names=("ball", "dog", "horse"))),
    ("wrong", nearest("man", MAN, DOG, BALL, HORSE, names=("dog", "ball", "horse"))),
    ("ambiguous", nearest("man", MAN, BALL, CHAIR, names=("ball", "chair"))),
    # count and existence: the whole picture
    ("right", counted("chairs", "chair", 2, 1, 3)),
    ("wrong", counted("chairs", "chair", 1, 2, 3)),
    ("right", counted("animals", "animal", 3, 1, 2)),
    ("right", counted("giraffes", "giraffe", 0, 1, 2)),
    ("right", shown("bench", True)),
    ("wrong", shown("bench", False)),
    ("right", shown("giraffe", False)),
    ("right", shown("cat", True, "on", "bench")),
    ("wrong", shown("dog", True, "on", "bench")),
    ("wrong", shown("cat", False, "on", "bench")),
]  # fmt: skip


@pytest.mark.parametrize(("verdict", "planted"), PLANTED)
def test_planted_questions_get_their_verdict(verdict, planted):
    assert judge(planted, SCENE, MEANS).verdict == verdict, judge(planted, SCENE, MEANS)


@pytest.mark.parametrize("planted", [entry for verdict, entry in PLANTED if verdict == "right"])
def test_another_answer_to_a_right_question_is_wrong(planted):
    for claim in planted["option_claims"][1:]:
        assert judge(planted | {"claim": claim}, SCENE, MEANS).verdict == "wrong"


def test_a_smudge_makes_a_count_ambiguous_but_no_name():
    smudge = thing(10, "dog", (300, 200, 304, 203), 30.0)
    scene = SCENE._replace(things=(*SCENE.things, smudge))
    assert judge(counted("dogs", "dog", 1, 2), scene, MEANS).verdict == "ambiguous"
    assert judge(counted("dogs", "dog", 3, 4), scene, MEANS).verdict == "wrong"
    assert judge(nearer("dog", "horse", (DOG, HORSE)), scene, MEANS).verdict == "right"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Where is the fire hydrant in the picture?", ["fire hydrant"]),
        ("Which of these is the red car behind?", ["red car"]),
        ("Is it the man or the dog that is nearer to the camera?", ["man", "dog"]),
        ("Compare the man and the dog: which one is nearer?", ["man", "dog"]),
        ("Which of these is the chair to the right of?", ["chair"]),
        ("Which of these takes up the most room in the picture?", []),
        ("Which of these covers the largest area of the picture?", []),
        ("Where is the largest red car at the left edge of the picture?",
         ["largest red car at the left edge of the picture"]),
        ("Where is the man riding the horse in relation to the dog?",
         ["man riding the horse", "dog"]),
        ("Where is the bird that appears largest?", ["bird that appears largest"]),
        ("Where is the shiny thingum?", [None]),
        ("Where is the second largest dog?", [None]),
        ("Which is the camera?", []),
    ],
)  # fmt: skip
def test_descriptions_are_read_out_of_questions(text, found):
    read = [entry.words if entry.name else None for entry in descriptions_in(text)]
    assert read == found


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("chair", [8, 9]),
        ("leftmost chair", [8]),
        ("rightmost chair", [9]),
        ("green chair", [8]),
        ("animal that appears largest", [7]),
        ("largest animal", [7]),
        ("animal on the bench", [5]),
        ("animal who is on the bench", [5]),
        ("person holding the ball", [2]),
        ("person holding the cat", []),
        ("man at the left edge of the picture", [2]),
        ("animal at the left edge", []),
        ("chair in the bottom right corner", [8]),
        ("dog in the center", []),
        ("purple chair", []),
    ],
)
def test_descriptions_fit_what_is_seen(words, numbers):
    assert [entry.number for entry, _ in described(words.split()).fitting(SCENE)] == numbers


def test_an_ambiguous_name_may_leave_the_answer_alone():
    """Both chairs are right of the dog; only one of them is right of the other man."""
    same = judge(place("chair", "dog", (CHAIR, DOG), "right of", "left of", "on"), SCENE, MEANS)
    assert (same.verdict, same.same_answer) == ("ambiguous", True)
    other = judge(located("chair", CHAIR, Cell.BOTTOM_RIGHT, Cell.TOP_LEFT), SCENE, MEANS)
    assert (other.verdict, other.same_answer) == ("ambiguous", True)
    animal = judge(located("animal", DOG, Cell.BOTTOM_CENTER, Cell.TOP_LEFT), SCENE, MEANS)
    assert (animal.verdict, animal.same_answer) == ("ambiguous", False)


@pytest.fixture(scope="module")
def drawn() -> list[RenderedScene]:
    return [lay_out_scene(number, 3, DRAWING, CROWD) for number in range(1, 9)]


@pytest.fixture(scope="module")
def true(drawn) -> list[TrueScene]:
    return [true_scene(scene) for scene in drawn]


def test_without_mistakes_every_visible_thing_is_annotated_once_with_its_box(true):
    for scene in true:
        annotation = annotate(scene, NO_MISTAKES, 7)
        boxes = {row["object_id"]: row for row in annotation.rows[1]["objects"]}
        wanted = [entry.number for entry in scene.things if not entry.is_part and entry.area]
        assert sorted(means for (means,) in annotation.means.values()) == wanted
        for key, (means,) in annotation.means.items():
            box, true = boxes[key], scene.things[means].box
            assert (box["x"], box["y"], box["x"] + box["w"], box["y"] + box["h"]) == true


def test_the_same_seed_gives_the_same_annotation_and_another_one_another(true):
    one, again, other = (annotate(true[0], Rates(), seed) for seed in (7, 7, 8))
    assert one == again != other


OPPOSITES = [
    ("left of", "right of"),
    ("above", "below"),
    ("in front of", "behind"),
    ("on", "under"),
]


@pytest.mark.parametrize(("predicate", "opposite"), OPPOSITES)
def test_opposites_are_told_from_the_other_side_and_never_hold_both(predicate, opposite, true):
    for scene in true:
        things = [entry for entry in scene.things if entry.kind == "thing"]
        for a, b in permutations(things, 2):
            said = stands(scene, a, predicate, b)
            back = stands(scene, b, opposite, a)
            assert back is said or predicate == "on"
            assert "true" not in (said, back) or "true" not in (
                stands(scene, a, opposite, b), stands(scene, b, predicate, a)
            )  # fmt: skip


def test_rates_leave_out_rename_and_repeat(true):
    def named_in(**rates: float) -> Counter[str]:
        chosen = Rates(**(vars(NO_MISTAKES) | {"places_noted": 0.0} | rates))
        notes = [annotate(scene, chosen, 7).rows[1]["objects"] for scene in true]
        return Counter(name for objects in notes for row in objects for name in row["names"])

    all_names = named_in()
    alone = named_in(siblings_left_out=1.0)
    assert max(alone.values()) <= len(true) < max(all_names.values())
    assert alone.keys() == all_names.keys()
    assert named_in(same_box=1.0) == Counter(all_names.elements()) + all_names
    assert all(name.endswith((".", "?")) for name in named_in(sentences=1.0))


def test_true_boxes_are_those_of_the_drawing(drawn, true):
    for painted, known in zip(drawn, true, strict=True):
        first = len(painted.grounds)
        for place, box in enumerate(painted.boxes):
            seen = known.things[first + place].box
            # The layout finds what is visible on a grid of 40 x 40 cells per thing.
            cell = max(box[2] - box[0], box[3] - box[1]) / 8 + 4
            assert max(abs(a - b) for a, b in zip(seen, box, strict=True)) <= cell


def test_a_crowd_adds_things_and_leaves_the_others_where_they_are(drawn):
    for crowd_scene, number in zip(drawn, range(1, 9), strict=True):
        plain = lay_out_scene(number, 3, DRAWING, NO_CROWD)
        assert crowd_scene.things[: len(plain.things)] == plain.things

"""Executed faithfulness: what a scene that a model wrote says about the answer that it gave."""

import json
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from schemas.claim import CountClaim, ExistenceClaim, LocationClaim, RelationClaim, SizeClaim
from schemas.completion.families import FamilyName
from schemas.completion.frames import moved_gold
from schemas.completion.matching import Target, prepare
from schemas.completion.parsing import GOLD_TAGS, ReadScene, read_scene, read_tags
from schemas.config.frame import FrameConfig
from schemas.dataset_folder import sample_files
from schemas.proof.facts import Facts
from schemas.proof.own_scene import (
    MARGINS,
    Faithfulness,
    Program,
    decode_program,
    encode_program,
    faithfulness,
    given_place,
    own_scene,
    program_of,
)
from schemas.scene_graph import Scene
from tests.scenes import scenes
from tests.schemas.proof.test_proof_laws import any_claim, mirrored, reflected

SIZE = (400, 200)
DOG, CAT, CUP = [40, 80, 120, 160], [200, 80, 280, 160], [300, 100, 310, 110]
LEFT, RIGHT = RelationClaim(7, "left of", 3), RelationClaim(7, "right of", 3)
SIDES = Program((LEFT, RIGHT), ("left of", "right of"), {"dog.1": 7, "cat.1": 3}, SIZE)
ENTAILS, CONTRADICTS, OPEN = Faithfulness


def written(*things, links=()) -> ReadScene:
    objects = [{"id": name, "bbox": box} for name, box in things]
    named = [dict(zip(("subject", "predicate", "object"), link, strict=True)) for link in links]
    return read_scene(json.dumps({"objects": objects, "relationships": named}))


GOLD = prepare(written(("dog.1", DOG), ("cat.1", CAT)), *SIZE)


def verdicts(program: Program, predicted: ReadScene, gold: Target = GOLD) -> list[Faithfulness]:
    """Of each option."""
    made = own_scene(predicted, gold, program)
    return [faithfulness(program, place, made) for place in range(len(program.claims))]


@pytest.mark.parametrize(
    ("things", "links", "expected"),
    [
        ([("dog.1", DOG), ("cat.1", CAT)], [], [ENTAILS, CONTRADICTS]),
        ([("dog.1", CAT), ("cat.1", DOG)], [], [CONTRADICTS, ENTAILS]),
        # Numbers are the model's own; the nearest of a label stands for the object asked about.
        ([("dog.5", DOG), ("dog.2", CUP), ("cat.9", CAT)], [], [ENTAILS, CONTRADICTS]),
        # A thing is missing, is called otherwise, or has no box.
        ([("dog.1", DOG)], [], [OPEN, OPEN]),
        ([("dog.1", DOG), ("tiger.1", CAT)], [], [OPEN, OPEN]),
        ([("dog.1", DOG), ("cat.1", [9, 9, 9, 9])], [], [OPEN, OPEN]),
        ([], [], [OPEN, OPEN]),
        # Too close to call, and said against the boxes.
        ([("dog.1", DOG), ("cat.1", [50, 80, 130, 160])], [], [OPEN, CONTRADICTS]),
        (
            [("dog.1", CAT), ("cat.1", DOG)],
            [("dog.1", "left of", "cat.1")],
            [OPEN, OPEN],
        ),
        # Words alone, in other letters; verbs that we do not know say nothing.
        (
            [("dog.1", DOG), ("cat.1", CAT)],
            [("dog.1", "LEFT_OF", "cat.1"), ("dog.1", "zorbs", "cat.1"), ("dog.1", 7, "cat.1")],
            [ENTAILS, CONTRADICTS],
        ),
    ],
)
def test_what_a_scene_says_about_a_side(things, links, expected):
    assert verdicts(SIDES, written(*things, links=links)) == expected


@pytest.mark.parametrize(
    ("claims", "things", "expected"),
    [
        # What the model did not write is not there.
        ([CountClaim("dog", 2), CountClaim("dog", 1)], [("dog.1", DOG)], [CONTRADICTS, ENTAILS]),
        ([CountClaim("dog", 0)], [], [ENTAILS]),
        ([ExistenceClaim("cat", True), ExistenceClaim("cat", False)], [], [CONTRADICTS, ENTAILS]),
        ([ExistenceClaim("animal", True)], [("cat.1", CAT)], [ENTAILS]),
    ],
)
def test_what_a_scene_says_about_classes(claims, things, expected):
    program = Program(tuple(claims), tuple("ab"[: len(claims)]), {}, SIZE)
    assert verdicts(program, written(*things), prepare(written(), *SIZE)) == expected


def test_an_option_that_the_scene_leaves_open_is_contradicted_by_one_that_it_supports():
    """Options exclude each other."""
    claims = (SizeClaim("wider", 7, (3,)), LocationClaim(7, "middle_left"))
    program = Program(claims, ("the dog", "on the left"), SIDES.numbers, SIZE)
    things = [("dog.1", [20, 80, 100, 120]), ("cat.1", CAT)]
    made = own_scene(written(*things), GOLD, program)
    alone = [faithfulness(replaced(program, [claim]), 0, made) for claim in claims]
    assert alone == [OPEN, ENTAILS]
    assert verdicts(program, written(*things)) == [CONTRADICTS, ENTAILS]


def replaced(program: Program, claims) -> Program:
    return Program(tuple(claims), program.options[: len(claims)], program.numbers, program.size)


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        ("(B) right of", 1), (" b ", 1), ("(B)", 1), ("Right of.", 1), ("left of", 0),
        ("(A) right of", None), ("", None), ("C", None), ("left", None),
    ],
)  # fmt: skip
def test_which_option_is_given(answer, place):
    assert given_place(answer, SIDES.options) == place


def test_which_option_is_given_is_unknown_where_two_are_called_alike():
    assert given_place("red", ("red", "red")) is None
    assert given_place("(B) red", ("red", "red")) == 1


# Laws.

half_as_often = settings(max_examples=settings().max_examples // 2)
"""Each example executes up to six claims."""


def as_written(one: Scene, times: int = 1) -> tuple[ReadScene, Target, dict[str, int]]:
    """The annotated scene as a model would write it, in a frame `times` as large; the gold scene of
    all its objects; and the numbers of these."""
    ids = {key: f"{thing.name}.{key}" for key, thing in one.objects.items()}
    things = [
        (ids[key], [side * times for side in thing.box]) for key, thing in one.objects.items()
    ]
    links = [(ids[link.subject], link.predicate, ids[link.object]) for link in one.relationships]
    predicted = written(*things, links=links)
    size = one.width * times, one.height * times
    return predicted, prepare(predicted, *size), {name: key for key, name in ids.items()}


def told(one: Scene, claims, *, times: int = 1) -> list[Faithfulness]:
    predicted, gold, numbers = as_written(one, times)
    options = tuple(f"option {place}" for place in range(len(claims)))
    program = Program(tuple(claims), options, numbers, (one.width, one.height))
    return verdicts(program, predicted, gold)


def claims_over(one: Scene):
    return st.lists(any_claim(one), min_size=1, max_size=3)


def plain(one: Scene) -> Scene:
    """Without what no scene can write: depth and facing."""
    things = {key: replace(thing, depth=None, facing=None) for key, thing in one.objects.items()}
    return replace(one, objects=things, is_exhaustive=True)


@half_as_often
@given(st.data(), scenes())
def test_a_gold_scene_is_executed_as_the_annotated_one(data, one):
    claim = data.draw(any_claim(one))
    evidence = Facts(plain(one), MARGINS).holds(claim)
    expected = ENTAILS if evidence.supports else CONTRADICTS if evidence.refutes else OPEN
    assert told(one, [claim]) == [expected]


@half_as_often
@given(st.data(), scenes())
def test_a_mirrored_scene_says_the_same_of_mirrored_claims(data, one):
    claims = data.draw(claims_over(one))
    assert told(mirrored(one), list(map(reflected, claims))) == told(one, claims)


@half_as_often
@given(st.data(), scenes(), st.integers(2, 5))
def test_the_frame_in_which_a_model_writes_changes_nothing(data, one, times):
    claims = data.draw(claims_over(one))
    assert told(one, claims, times=times) == told(one, claims)


@half_as_often
@given(st.data(), scenes())
def test_order_and_numbers_of_what_a_model_writes_change_nothing(data, one):
    claims = data.draw(claims_over(one))
    predicted, gold, numbers = as_written(one)
    # Of two equal things, either may stand for the other.
    things = [(thing.name, thing.box) for thing in one.objects.values()]
    assume(len(set(things)) == len(things))
    program = Program(tuple(claims), ("x",) * len(claims), numbers, (one.width, one.height))
    places = data.draw(st.permutations(range(len(predicted.ids))))
    fresh = {
        name: f"{name.rpartition('.')[0]}.{100 + number}"
        for number, name in enumerate(predicted.ids[place] for place in places)
    }
    boxes = {fresh[name]: box for name, box in zip(predicted.ids, predicted.boxes, strict=True)}
    links = [
        (fresh[subject], verb, fresh[target]) for subject, verb, target in predicted.relationships
    ]
    other = written(
        *[(name, list(boxes[name])) for name in data.draw(st.permutations(sorted(boxes)))],
        links=data.draw(st.permutations(links)),
    )
    assert verdicts(program, other, gold) == verdicts(program, predicted, gold)


@half_as_often
@given(st.data(), scenes())
def test_of_claims_that_exclude_each_other_one_at_most_is_entailed_and_then_no_other_is_open(
    data, one
):
    found = told(one, data.draw(claims_over(one)))
    assert (OPEN in found) <= (ENTAILS not in found)


# Published samples.


@pytest.fixture(scope="module")
def samples(drawn_dataset):
    return [
        row
        for path in sample_files(drawn_dataset)
        for row in pl.read_parquet(path).drop("images").iter_rows(named=True)
    ]


@pytest.mark.parametrize("family", list(FamilyName))
def test_no_gold_is_contradicted_and_every_planted_answer_is(samples, family):
    """In the frame of each family, of every sample whose scene entails its answer."""
    planted, num_entailed = [], 0
    for sample in samples:
        program = decode_program(encode_program(program_of(sample)))
        size = sample["width"], sample["height"]
        frame = FrameConfig(family=family).frame_of(size)
        gold = moved_gold(sample["answer_option_text"], size, frame)
        scene_text, answer = read_tags(gold, GOLD_TAGS) or ("", "")
        predicted = read_scene(scene_text)
        found = verdicts(program, predicted, prepare(predicted, *frame))
        place = given_place(answer, program.options)
        assert place is not None
        assert found[place] is not CONTRADICTS
        if found[place] is ENTAILS:
            num_entailed += 1
            planted += found[:place] + found[place + 1 :]
    assert num_entailed > 0.9 * len(samples)
    assert set(planted) == {CONTRADICTS} and len(planted) > num_entailed


def test_a_sample_whose_claims_and_scene_differ_is_refused(samples):
    sample = next(row for row in samples if len(gold_ids(row)) == 2)
    first = gold_ids(sample)[0]
    less = [entry for entry in sample["scene_objects"] if entry["id"] != first]
    with pytest.raises(ValueError, match="the claims name 2 objects and the gold scene 1: build"):
        program_of(sample | {"scene_objects": less})


def gold_ids(sample):
    """The ids of the objects in a sample's gold scene."""
    named = read_tags(sample["answer_option_text"], GOLD_TAGS)
    assert named
    return read_scene(named[0]).ids

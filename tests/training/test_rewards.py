"""Rewards: literal cases computed by hand, laws, and what a hostile policy may write."""

import ast
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import astuple

from schemas.completion.parsing import POLICY_TAGS, read_tags
from schemas.completion.similarity import exact_match, load_similarity
from tests.published_rewards import published
from training.rewards import (
    STRICT,
    Options,
    Rewards,
    Weights,
    score_completion,
    sparse_reward,
)

ROOT = Path(__file__).parents[2]
DOG, CAT = {"id": "dog.1", "bbox": [0, 0, 50, 50]}, {"id": "cat.1", "bbox": [50, 50, 100, 100]}
LINK = {"subject": "dog.1", "predicate": "left of", "object": "cat.1"}
SCENE = {"objects": [DOG, CAT], "relationships": [LINK]}
NO_BOX = (
    [50, 50, 0, 0],
    [0, 0, 0, 50],
    [0, 20, 50, 20],
    [0, 0, math.nan, 50],
    [0, 0, 50, math.inf],
)


def gold_of(scene: Any, answer: str = "(B) behind") -> str:
    return f"<scene>{json.dumps(scene)}</scene>\n<answer>{answer}</answer>"


def completion_of(scene: Any, answer: str = "(B) behind") -> str:
    text = scene if isinstance(scene, str) else json.dumps(scene)
    return (
        f"<observe>A dog.</observe>\n<scene>{text}</scene>\n"
        f"<think>It sits.</think>\n<answer>{answer}</answer>"
    )


GOLD = gold_of(SCENE)


def with_objects(*objects: Any) -> dict[str, Any]:
    return {"objects": list(objects), "relationships": [LINK]}


def parts(rewards: Rewards) -> tuple[float, ...]:
    return astuple(rewards)[:5]


# Frame 100 x 100. Gold: a dog in the upper left quarter, a cat in the lower right one, 1
# relationship. Format, count, accuracy, spatial, total = 0.1 f + 0.2 c + 0.5 a + 0.2 s.
@pytest.mark.parametrize(
    ("scene", "answer", "expected"),
    [
        (SCENE, "(B) behind", (1, 1, 1, 1, 1)),
        (SCENE, "  (b) BEHIND\r\n", (1, 1, 1, 1, 1)),
        # Wrong: 0.1 + 0.2; spatial is not paid.
        (SCENE, "(A) behind", (1, 1, 0, 0, 0.3)),
        (SCENE, "B", (1, 1, 0, 0, 0.3)),
        # Nothing of 2 objects and 1 relationship: 0.7 * 0 + 0.3 * 0; 0.1 + 0.5.
        ({"objects": []}, "(B) behind", (1, 0, 1, 0, 0.6)),
        # 1 of 2 objects, 0 of 1: 0.7 (1 - 1/2) + 0.3 * 0 = 0.35; (1 + 0) / 2;
        # 0.1 + 0.07 + 0.5 + 0.1.
        ({"objects": [DOG]}, "(B) behind", (1, 0.35, 1, 0.5, 0.77)),
        # 3 of 2 objects: 0.7 * 1/2 + 0.3 = 0.65; 0.1 + 0.13 + 0.5 + 0.2.
        (
            with_objects(DOG, CAT, {"id": "hat.1", "bbox": [0, 0, 9, 9]}),
            "(B) behind",
            (1, 0.65, 1, 1, 0.93),
        ),
        # 5 of 2 objects: max(0, 1 - 3/2) = 0, and 0.3.
        (
            with_objects(DOG, CAT, *({"id": f"hat.{i}", "bbox": [0, 0, 9, 9]} for i in range(3))),
            "(B) behind",
            (1, 0.3, 1, 1, 0.86),
        ),
        # 2 of 1 relationships: 0.7 + 0.3 * 0; 0.1 + 0.14 + 0.5 + 0.2.
        (
            {"objects": [DOG, CAT], "relationships": [LINK, LINK]},
            "(B) behind",
            (1, 0.7, 1, 1, 0.94),
        ),
        # Labels swapped. By label: cost 2 (1 - c), c = (CIoU + 1) / 2 with CIoU = 0 - 0.5 / 2 for
        # centres (0.25, 0.25) and (0.75, 0.75) in a hull of diagonal^2 = 2: c = 0.375, cost 1.25.
        # By box: cost 2 * 2. So by label: 0.1 + 0.2 + 0.5 + 0.075.
        (
            with_objects(DOG | {"id": "cat.1"}, CAT | {"id": "dog.1"}),
            "(B) behind",
            (1, 1, 1, 0.375, 0.875),
        ),
        # Strange labels cost 2 each wherever they go, so boxes decide.
        (
            with_objects(CAT | {"id": "x.1"}, DOG | {"id": "y.1"}),
            "(B) behind",
            (1, 1, 1, 1, 1),
        ),
        # Twice as high as the dog: IoU 0.25 / 0.5; centres 0.25 apart, 0.0625 / (0.25 + 1) = 0.05;
        # v = 4 / pi^2 (atan 1 - atan 0.5)^2 = 0.405285 * 0.321751^2 = 0.041957,
        # alpha v = v^2 / (0.5 + v) = 0.003248; CIoU 0.446752, c 0.723376; (c + 1) / 2 = 0.861688;
        # 0.8 + 0.172338.
        (
            with_objects(DOG | {"bbox": [0, 0, 50, 100]}, CAT),
            "(B) behind",
            (1, 1, 1, 0.861688, 0.972338),
        ),
        # Without a box the dog counts and earns nothing.
        *(
            (with_objects(DOG | {"bbox": box}, CAT), "(B) behind", (1, 1, 1, 0.5, 0.9))
            for box in NO_BOX
        ),
    ],
)
def test_scores_are_those_computed_by_hand(scene, answer, expected):
    found = score_completion(completion_of(scene, answer), GOLD, 100, 100)
    assert parts(found) == pytest.approx(expected, abs=1e-6)


def test_width_and_height_are_the_frame():
    # In 200 x 100 the dog is 0.25 x 0.5, and 0.25 x 1 where it is twice as high:
    # v = 4 / pi^2 (atan 0.5 - atan 0.25)^2 = 0.405285 * 0.218669^2 = 0.019379,
    # alpha v = v^2 / (0.5 + v) = 0.000723; apart 0.0625 / (0.0625 + 1) = 0.058824;
    # CIoU 0.440453, c 0.720227; (c + 1) / 2 = 0.860113.
    scene = with_objects(DOG | {"bbox": [0, 0, 50, 100]}, CAT)
    found = score_completion(completion_of(scene), GOLD, 200, 100)
    assert found.spatial == pytest.approx(0.860113, abs=1e-6)


def test_without_relationships_in_the_gold_scene_objects_are_all_that_counts():
    found = score_completion(completion_of(SCENE), gold_of({"objects": [DOG, CAT]}), 100, 100)
    assert parts(found) == (1, 1, 1, 1, 1)


def test_without_objects_in_the_gold_scene_none_is_right():
    gold = gold_of({"objects": []})
    assert parts(score_completion(completion_of({"objects": []}), gold, 9, 9)) == (1, 1, 1, 1, 1)
    # 1 object for 0: max(0, 1 - 1 / max(0, 1)) = 0; 0.1 + 0.5.
    one = {"objects": [DOG]}
    assert parts(score_completion(completion_of(one), gold, 9, 9)) == (1, 0, 1, 0, 0.6)


def test_thin_distant_boxes_earn_nothing_rather_than_less():
    # v = 4 / pi^2 (atan 100 - atan 0.01)^2 = 0.974704, alpha v = v^2 / (1 + v) = 0.481109;
    # centres (0.05, 0.0005) and (0.9995, 0.95): 1.803101 / 2 = 0.901550; c = (1 - 1.382659) / 2.
    gold, far = (
        {"id": "dog.1", "bbox": [0, 0, 100, 1]},
        {"id": "dog.1", "bbox": [999, 900, 1000, 1000]},
    )
    call = (completion_of({"objects": [far]}), gold_of({"objects": [gold]}), 1000, 1000)
    assert published(*call)[3] == pytest.approx(-0.191330, abs=1e-5)
    assert score_completion(*call).spatial == 0


@pytest.mark.parametrize("side", [1e-9, 1e-3, 1, 1000])
def test_identical_boxes_score_1_however_small(side):
    scene = {"objects": [{"id": "dog.1", "bbox": [5, 5, 5 + side, 5 + side]}]}
    call = (completion_of(scene), gold_of(scene), 1000, 1000)
    assert score_completion(*call).total == 1
    if side == 1:
        assert published(*call)[3] == pytest.approx(1 - 0.0909 / 2, abs=1e-3)


@pytest.mark.parametrize("box", NO_BOX)
@pytest.mark.parametrize("num_objects", [1, 3, 8])
def test_an_object_without_a_box_earns_nothing_in_scenes_of_any_size(num_objects, box):
    gold = [{"id": f"dog.{i}", "bbox": [i, i, i + 9, i + 9]} for i in range(num_objects)]
    call = (
        completion_of({"objects": [gold[0] | {"bbox": box}, *gold[1:]]}),
        gold_of({"objects": gold}),
    )
    found = score_completion(*call, 100, 100)
    assert found.count == 1
    assert found.spatial == pytest.approx((num_objects - 1) / num_objects, abs=1e-12)


WELL_FORMED = [
    {"objects": []},
    {"objects": [], "relationships": [], "note": "unused"},
    {"objects": [{"id": "t-shirt.1", "bbox": [1, 2, 3.5, 4e0]}]},
    {"objects": [{"id": "fire hydrant.12", "bbox": [-1, 2, 3, 4]}]},
    {"objects": [{"id": "tv2.1", "bbox": [1, 1, 1, 1]}, {"id": "tv2.2", "bbox": [9, 9, 1, 1]}]},
    {"objects": [], "relationships": [LINK | {"sure": True}]},
    f' \r\n{{"objects": [{{"id": "a.1", "bbox": [0, 0, 1, {"9" * 400}]}}]}}\r\n',
    '{"objects": [{"id": "a.1", "bbox": [NaN, -Infinity, 1e999, 1]}]}',
    '{"objects": [{"id": "\\ud800.1", "bbox": [0, 0, 1, 1]}]}',
]
MALFORMED: list[Any] = [
    [],
    [SCENE],
    None,
    "",
    "{'objects': []}",
    "```json\n{}\n```",
    {},
    {"relationships": []},
    {"objects": None},
    {"objects": {}},
    {"objects": [], "relationships": None},
    {"objects": [], "relationships": {}},
    {"objects": ["dog.1"]},
    {"objects": [{"id": "dog.1"}]},
    {"objects": [DOG | {"label": "dog"}]},
    {"objects": [DOG, DOG]},
    *({"objects": [DOG | {"id": name}]} for name in ("dog", "dog.", ".1", " .1", "dog.x", "dog.²")),
    *({"objects": [DOG | {"id": name}]} for name in (1, None, ["dog.1"], {}, True)),
    *({"objects": [DOG | {"bbox": box}]} for box in ([], [1, 2, 3], [1, 2, 3, 4, 5], "1234", None)),
    {"objects": [DOG | {"bbox": [0, 0, 50, "50"]}]},
    {"objects": [DOG | {"bbox": [False, 0, 50, True]}]},
    {"objects": [DOG | {"bbox": [0, 0, 50, [50]]}]},
    {"objects": [DOG | {"bbox": {"x1": 0, "y1": 0, "x2": 1, "y2": 1}}]},
    *({"objects": [DOG], "relationships": [link]} for link in ("on", None, [], {})),
    *({"objects": [], "relationships": [LINK | {key: "dog"}]} for key in ("subject", "object")),
    *({"objects": [], "relationships": [LINK | {key: [1]}]} for key in ("subject", "object")),
    {"objects": [], "relationships": [{"subject": "dog.1", "object": "cat.1"}]},
    f'{{"objects": {"[" * 100_000}',
    f'{{"objects": [], "x": {"[" * 100_000}{"]" * 100_000}}}',
]
WELL_TAGGED = [
    completion_of(SCENE).replace("\n", "\r\n"),
    completion_of(SCENE).replace("\n", ""),
    f"Hm. {completion_of(SCENE)} Done. \ud800",
    completion_of(SCENE).replace("It sits.", "</scene>"),
    completion_of(SCENE).replace("It sits.", "<b>It</b>"),
]
MISTAGGED = [
    "",
    "\ud800",
    "(B) behind",
    GOLD,
    GOLD.replace("<answer>", "<think></think><answer>"),
    *(completion_of(SCENE).replace(f"<{name}>", "") for name in POLICY_TAGS),
    *(completion_of(SCENE).replace(f"</{name}>", "") for name in POLICY_TAGS),
    *(completion_of(SCENE) + f"<{name}>" for name in POLICY_TAGS),
    *(f"<{name}>" + completion_of(SCENE) for name in POLICY_TAGS),
    completion_of(SCENE) * 2,
    completion_of(SCENE).upper(),
    completion_of(SCENE).replace("It sits.", "<answer>(A) cat</answer>"),
    f"<observe>{completion_of(SCENE).replace('<observe>A dog.</observe>', '')}</observe>",
    "<answer>(B) behind</answer>" + completion_of(SCENE).replace("<answer>(B) behind</answer>", ""),
    "<think>" + completion_of(SCENE).replace("<think>", "").replace("</think>", "") + "</think>",
]


@pytest.mark.parametrize("scene", WELL_FORMED, ids=repr)
def test_a_readable_scene_is_well_formed(scene):
    assert score_completion(completion_of(scene, "?"), GOLD, 100, 100).format == 1


@pytest.mark.parametrize("scene", MALFORMED, ids=lambda scene: repr(scene)[:60])
def test_an_unreadable_scene_earns_nothing(scene):
    assert score_completion(completion_of(scene), GOLD, 100, 100) == Rewards()


@pytest.mark.parametrize("completion", WELL_TAGGED)
def test_what_stands_outside_the_tags_has_no_say(completion):
    assert score_completion(completion, GOLD, 100, 100).total == 1


@pytest.mark.parametrize("completion", MISTAGGED)
def test_tags_stand_once_in_order_and_apart(completion):
    assert score_completion(completion, GOLD, 100, 100) == Rewards()


@pytest.mark.parametrize(
    ("gold", "size", "message"),
    [
        ("", (9, 9), "broken gold '': it is not one <scene> and then one <answer>"),
        (gold_of(SCENE, "  "), (9, 9), "it is not one <scene> and then one <answer>"),
        (gold_of([]), (9, 9), r"broken gold '<scene>\[\].*: the scene is not a JSON object"),
        (gold_of({"objects": [DOG, DOG]}), (9, 9), "the id of object 1 is no text or another"),
        (gold_of(with_objects(DOG | {"bbox": [5, 5, 1, 1]})), (9, 9), "the box of dog.1 is empty"),
        (gold_of(with_objects(DOG | {"bbox": [0, 0, math.nan, 1]})), (9, 9), "the box of dog.1 is"),
        (GOLD, (0, 9), "no image has a size of 0 x 9"),
        (GOLD, (9, math.nan), "no image has a size of 9 x nan"),
    ],
)
def test_broken_gold_is_an_error_that_names_it(gold, size, message):
    for completion in (completion_of(SCENE), ""):
        with pytest.raises(ValueError, match=message):
            score_completion(completion, gold, *size)


# Laws.
LABELS = ("dog", "cat", "fire_hydrant", "t-shirt", "tv2")
WIDTH, HEIGHT = 640, 480


@st.composite
def boxes(draw: st.DrawFn) -> list[int]:
    x1, y1 = draw(st.integers(0, WIDTH - 1)), draw(st.integers(0, HEIGHT - 1))
    return [x1, y1, draw(st.integers(x1 + 1, WIDTH)), draw(st.integers(y1 + 1, HEIGHT))]


BOXES = boxes()


@st.composite
def scenes(draw: st.DrawFn, box: st.SearchStrategy[Any] = BOXES) -> dict[str, Any]:
    labels = draw(st.lists(st.sampled_from(LABELS), max_size=8))
    ids = [f"{label}.{place}" for place, label in enumerate(labels)]
    objects = [{"id": name, "bbox": draw(box)} for name in ids]
    ends = st.sampled_from(ids or ["sky.1"])
    link = st.fixed_dictionaries(
        {"subject": ends, "predicate": st.sampled_from(("on", "left of")), "object": ends}
    )
    return {"objects": objects, "relationships": draw(st.lists(link, max_size=4))}


numbers = st.one_of(
    st.integers(-50, 700),
    st.floats(),
    st.sampled_from([10**400, -(10**30), 1e308, -1e308, 5e-324, True, None, "7", [[]]]),
)
wild_boxes = st.one_of(
    boxes(), st.lists(numbers, min_size=4, max_size=4), st.lists(numbers, max_size=5)
)
answers = st.sampled_from(("(B) behind", "(A) left", "b", "behind", ""))
completions = st.builds(completion_of, scenes() | scenes(wild_boxes), answers)
pieces = st.sampled_from(
    [
        *(f"<{mark}{name}>" for name in POLICY_TAGS for mark in ("", "/")),
        *('{"objects":', '"relationships":', '"id":"dog.1"', '"bbox":', "[", "]", "{", "}", ","),
        *("NaN", "1e999", "9" * 400, "true", "null", '"', "\\", "\r\n", "\ud800", "\x00"),
        "(B) behind",
    ]
)
texts = st.one_of(st.text(), st.lists(pieces, max_size=40).map("".join))
options = st.builds(
    Options,
    label_gate=st.none() | st.just(0.5),
    strict_boxes=st.booleans(),
    count_needs_answer=st.booleans(),
    tolerant_answers=st.booleans(),
    ungated=st.booleans(),
)
weights = st.sampled_from([Weights(), Weights(spatial=0.1, relationships=0.1)])


def check_bounds(rewards: Rewards) -> None:
    assert all(0 <= part <= 1 for part in astuple(rewards)), rewards
    assert rewards.format in (0, 1)
    assert rewards.accuracy in (0, 1)


@given(completions | texts, scenes(), options, weights)
@settings(deadline=None)
def test_rewards_stay_between_0_and_1_and_gold_is_the_most(completion, gold, chosen, weighed):
    more: dict[str, Any] = {"weights": weighed, "options": chosen}
    found = score_completion(completion, gold_of(gold), WIDTH, HEIGHT, **more)
    check_bounds(found)
    best = score_completion(completion_of(gold), gold_of(gold), WIDTH, HEIGHT, **more)
    assert parts(best) == (1, 1, 1, 1, pytest.approx(1))
    assert best.total >= found.total


@given(completions | texts, scenes())
@settings(deadline=None)
def test_gates(completion, gold):
    found = score_completion(completion, gold_of(gold), WIDTH, HEIGHT)
    if not found.format:
        assert found == Rewards()
    if not found.accuracy:
        assert found.spatial == 0
    weighted = 0.1 * found.format + 0.2 * found.count + 0.5 * found.accuracy + 0.2 * found.spatial
    assert found.total == pytest.approx(weighted)


@given(texts, texts, texts, texts)
@settings(deadline=None)
def test_no_text_raises(observe, scene, think, answer):
    completion = (
        f"<observe>{observe}</observe><scene>{scene}</scene><think>{think}</think>"
        f"<answer>{answer}</answer>"
    )
    check_bounds(score_completion(completion, GOLD, WIDTH, HEIGHT))
    check_bounds(sparse_reward(completion, GOLD))


@given(scenes() | scenes(wild_boxes), scenes(), st.randoms(use_true_random=False), weights)
@settings(deadline=None)
def test_order_and_unused_keys_have_no_say(scene, gold, random, weighed):
    shuffled, shuffled_gold = json.loads(json.dumps(scene)), json.loads(json.dumps(gold))
    for lists in (shuffled, shuffled_gold):
        random.shuffle(lists["objects"])
        random.shuffle(lists["relationships"])
    shuffled["unused"] = [{"objects": 1}]
    shuffled["relationships"] = [link | {"unused": None} for link in shuffled["relationships"]]
    more: dict[str, Any] = {"weights": weighed}
    one = score_completion(completion_of(scene), gold_of(gold), WIDTH, HEIGHT, **more)
    assert one == score_completion(
        completion_of(shuffled), gold_of(shuffled_gold), WIDTH, HEIGHT, **more
    )


@given(scenes(), scenes(), st.integers(1, 6))
@settings(deadline=None)
def test_a_larger_picture_of_the_same_scene_earns_the_same(scene, gold, factor):
    def enlarged(one: dict[str, Any]) -> dict[str, Any]:
        objects = [o | {"bbox": [factor * x for x in o["bbox"]]} for o in one["objects"]]
        return one | {"objects": objects}

    small = score_completion(completion_of(scene), gold_of(gold), WIDTH, HEIGHT)
    large = score_completion(
        completion_of(enlarged(scene)), gold_of(enlarged(gold)), factor * WIDTH, factor * HEIGHT
    )
    assert parts(large) == pytest.approx(parts(small), abs=1e-9)


def drawn_pair(random: Random, num_objects: int) -> tuple[str, str]:
    """A completion that half found a gold scene, with boxes as photographs have them."""

    def box() -> list[int]:
        wide, high = random.randint(12, 320), random.randint(12, 240)
        x, y = random.randint(0, WIDTH - wide), random.randint(0, HEIGHT - high)
        return [x, y, x + wide, y + high]

    def moved(box: list[int]) -> list[int]:
        x1, y1, x2, y2 = (x + random.randint(-9, 9) for x in box)
        return [x1, y1, max(x2, x1 + 1), max(y2, y1 + 1)]

    gold = [{"id": f"{random.choice('abcdef')}.{i}", "bbox": box()} for i in range(num_objects)]
    found = [
        entry | {"bbox": moved(entry["bbox"]) if random.random() < 0.6 else box()}
        for entry in gold
        if random.random() < 0.9
    ]
    found += [{"id": f"g.{i}", "bbox": box()} for i in range(random.randint(0, 2))]
    random.shuffle(found)
    return completion_of({"objects": found}), gold_of({"objects": gold})


@pytest.mark.parametrize("num_objects", [1, 3, 5, 6, 8, 20])
def test_elsewhere_rewards_are_the_published_ones(num_objects):
    """Fewer and more objects than what makes tables of boxes worth their while."""
    random = Random(num_objects)
    for _ in range(60):
        completion, gold = drawn_pair(random, num_objects)
        found = parts(score_completion(completion, gold, WIDTH, HEIGHT))
        assert found == pytest.approx(published(completion, gold, WIDTH, HEIGHT), abs=1e-3)


def test_even_tables_of_thin_boxes_agree_with_the_published_matching():
    random = Random(7)
    for _ in range(60):
        lists = [
            [
                {
                    "id": f"a.{i}",
                    "bbox": [x, y, x + random.choice((1, 90)), y + random.choice((1, 90))],
                }
                for i in range(7)
                for x, y in [(random.randint(0, 900), random.randint(0, 900))]
            ]
            for _ in range(2)
        ]
        call = (completion_of({"objects": lists[0]}), gold_of({"objects": lists[1]}), 1000, 1000)
        found, wanted = score_completion(*call).spatial, published(*call)[3]
        assert wanted - 1e-9 <= found <= wanted + 0.2


# Work.
class Counted(str):
    """Adds up over how many characters searches may have gone."""

    work = 0

    def find(self, sub: str, start: int = 0, end: int | None = None) -> int:  # type: ignore[override]
        place = super().find(sub, start)
        Counted.work += (place if place >= 0 else len(self)) - start
        return place

    def count(self, sub: str, *_: Any) -> int:  # type: ignore[override]
        Counted.work += len(self)
        return super().count(sub)


MEGABYTE = 1 << 20
ADVERSARIAL: dict[str, Callable[[int], str]] = {
    "one tag": lambda size: "<observe>" * (size // 9),
    "all tags": lambda size: "<observe><scene><think><answer>" * (size // 31),
    "closing tags": lambda size: completion_of(SCENE) + "</scene></answer>" * (size // 17),
    "late tags": lambda size: "<" * size + completion_of(SCENE),
    "brackets": lambda size: completion_of("[" * size),
    "braces": lambda size: completion_of('{"a":' * (size // 5)),
    "quotes": lambda size: completion_of('"' * size),
    "escapes": lambda size: completion_of('{"objects": ["' + "\\\\" * (size // 2)),
    "digits": lambda size: completion_of(f'{{"objects": [{"9" * size}]}}'),
    "decimals": lambda size: completion_of(f'{{"objects": [0.{"0" * size}1]}}'),
    "exponents": lambda size: completion_of(f'{{"objects": [1e{"9" * size}]}}'),
    "white space": lambda size: completion_of(" " * size + "{}"),
    "one key": lambda size: completion_of("{" + '"objects":[],' * (size // 13) + '"x":1}'),
    "long id": lambda size: completion_of({"objects": [DOG | {"id": "." * size + "1"}]}),
    "spaces": lambda size: completion_of(SCENE, " " * size),
    "objects": lambda size: completion_of(
        {"objects": [DOG | {"id": f"dog.{i}"} for i in range(size // 45)]}
    ),
    "labels": lambda size: completion_of(
        {"objects": [DOG | {"id": f"{i}.1"} for i in range(size // 45)]}
    ),
    "relationships": lambda size: completion_of(
        {"objects": [DOG, CAT], "relationships": [LINK] * (size // 65)}
    ),
}


@pytest.mark.parametrize("kind", ADVERSARIAL)
def test_a_megabyte_of_anything_is_scored(kind):
    text = ADVERSARIAL[kind](MEGABYTE)
    assert len(text) > 0.9 * MEGABYTE
    check_bounds(score_completion(text, GOLD, 100, 100))
    check_bounds(sparse_reward(text, GOLD))


@pytest.mark.parametrize("kind", ADVERSARIAL)
def test_tags_are_found_in_a_few_passes(kind):
    text = Counted(ADVERSARIAL[kind](MEGABYTE))
    Counted.work = 0
    read_tags(text, POLICY_TAGS)
    assert 0 < Counted.work <= 6 * len(text)


def steps(text: str) -> int:
    """Lines of our code run, and calls of anything made, by scoring `text`."""
    counted = 0

    def line(frame: Any, event: str, _: Any) -> Any:
        nonlocal counted
        counted += event == "line"
        return line

    def call(frame: Any, event: str, _: Any) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    sys.settrace(line)
    sys.setprofile(call)
    try:
        score_completion(text, GOLD, 100, 100)
    finally:
        sys.settrace(None)
        sys.setprofile(None)
    return counted


@pytest.mark.parametrize("kind", ADVERSARIAL)
def test_four_times_the_text_takes_at_most_four_times_the_steps(kind):
    small, large = (ADVERSARIAL[kind](size) for size in (1 << 13, 1 << 15))
    assert steps(large) <= 4.5 * steps(small) + 100


def test_no_regular_expression_reads_a_completion():
    for name in ("schemas/completion/parsing", "schemas/completion/matching", "training/rewards"):
        tree = ast.parse((ROOT / f"{name}.py").read_text(encoding="utf-8"))
        assert "re" not in {
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        }


# Options beyond the paper.
def score(scene: Any, answer: str = "(B) behind", **more: Any) -> Rewards:
    weighed = more.pop("weights", Weights())
    return score_completion(
        completion_of(scene, answer), GOLD, 100, 100, options=Options(**more), weights=weighed
    )


def test_a_label_gate_pays_no_box_under_another_label():
    # The right boxes, one of two under a strange label.
    scene = with_objects(DOG, CAT | {"id": "x.1"})
    assert score(scene).spatial == 1
    assert score(scene, label_gate=0.5).spatial == 0.5
    assert score(SCENE, label_gate=0.5).spatial == 1


def test_strict_boxes_pay_nothing_without_overlap():
    # The dog stands where the cat does: c = 0.375 without overlap, see above.
    scene = with_objects(DOG | {"bbox": CAT["bbox"]}, CAT)
    assert score(scene).spatial == pytest.approx((0.375 + 1) / 2)
    assert score(scene, strict_boxes=True).spatial == 0.5
    touching = with_objects(DOG | {"bbox": [50, 0, 99, 50]}, CAT)
    assert score(touching, strict_boxes=True).spatial == 0.5


def test_the_count_may_need_the_answer():
    assert parts(score(SCENE, "(A) left", count_needs_answer=True)) == (1, 0, 0, 0, 0.1)
    assert parts(score(SCENE, count_needs_answer=True)) == (1, 1, 1, 1, 1)


def test_ungated_pays_boxes_of_wrong_answers():
    assert parts(score(SCENE, "(A) left", ungated=True)) == (1, 1, 0, 1, 0.5)


@pytest.mark.parametrize(
    "answer", ["B", "b.", "(B)", "B)", "behind", "Behind.", "(b) behind.", "B behind", "B. behind"]
)
def test_tolerant_answers(answer):
    assert score(SCENE, answer).accuracy == 0
    assert score(SCENE, answer, tolerant_answers=True).total == 1


@pytest.mark.parametrize("answer", ["A", "(A) behind", "behind it", "B or C", "", ".", "()", "(B"])
def test_tolerant_answers_are_still_wrong(answer):
    assert score(SCENE, answer, tolerant_answers=True).accuracy == 0


@pytest.mark.parametrize(("gold", "said"), [("B", "b"), ("behind", "behind"), ("(B)", "(b)")])
def test_an_answer_of_another_form_has_no_short_forms(gold, said):
    call = (completion_of(SCENE, said), gold_of(SCENE, gold), 100, 100)
    tolerant = Options(tolerant_answers=True)
    assert score_completion(*call, options=tolerant).accuracy == 1
    assert score_completion(completion_of(SCENE, "x"), *call[1:], options=tolerant).accuracy == 0


WITH_RELATIONSHIPS = Weights(spatial=0.1, relationships=0.1)


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ([("dog.1", "left of", "cat.1")], 1),
        ([("dog.1", " Left of", "cat.1")], 1),
        ([("dog.1", "left of", "cat.1")] * 3, 1),  # a set: repeating earns nothing
        ([], 0),
        ([("cat.1", "left of", "dog.1")], 0),
        ([("dog.1", "on", "cat.1")], 0),
        ([("dog.1", 1, "cat.1")], 0),
        # 1 of 2 said, 1 of 1 found: 2 * 1 / (2 + 1).
        ([("dog.1", "left of", "cat.1"), ("dog.1", "on", "cat.1")], 2 / 3),
        ([("dog.2", "left of", "cat.1")], 0),
    ],
)
def test_the_relationship_reward_is_f1(links, expected):
    relationships = [
        dict(zip(("subject", "predicate", "object"), link, strict=True)) for link in links
    ]
    scene = {"objects": [DOG, CAT], "relationships": relationships}
    found = score(scene, weights=WITH_RELATIONSHIPS)
    assert found.relationships == pytest.approx(expected)
    assert found.total == pytest.approx(
        0.1 + 0.2 * found.count + 0.5 + 0.1 * found.spatial + 0.1 * expected
    )
    assert score(scene).relationships == 0
    assert score(scene, "(A) left", weights=WITH_RELATIONSHIPS).relationships == 0


def test_relationships_follow_the_matching_and_not_the_numbers():
    link = {"subject": "dog.7", "predicate": "left of", "object": "cat.3"}
    scene = {"objects": [DOG | {"id": "dog.7"}, CAT | {"id": "cat.3"}], "relationships": [link]}
    assert score(scene, weights=WITH_RELATIONSHIPS).relationships == 1
    strange = json.loads(json.dumps(scene).replace("dog.7", "x.7"))
    assert score(strange, weights=WITH_RELATIONSHIPS).relationships == 0
    # Naming gold objects without drawing them is no matching.
    alone = {"objects": [], "relationships": [LINK]}
    assert score(alone, weights=WITH_RELATIONSHIPS).relationships == 0


@pytest.mark.parametrize("bad", [{"format": -0.1}, {"count": math.nan}, {"relationships": 0.2}])
def test_weights_are_shares(bad):
    with pytest.raises(ValueError, match="weight"):
        Weights(**bad)


def test_weights_weigh():
    chosen = Weights(format=0.2, count=0, accuracy=0.5, spatial=0.3)
    # 0.2 + 0 * 0.35 + 0.5 + 0.3 * 0.5, see above.
    assert score({"objects": [DOG]}, weights=chosen).total == pytest.approx(0.85)


def test_strict_lowers_the_junk_floor():
    junk = with_objects(*({"id": f"x.{i}", "bbox": [60, 0, 70, 10]} for i in range(2)))
    assert score(junk).total > 0.85
    assert score_completion(completion_of(junk), GOLD, 100, 100, options=STRICT).total == 0.8
    wrong = completion_of(SCENE, "(A) left")
    assert score_completion(wrong, GOLD, 100, 100, options=STRICT).total == 0.1


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ("<think>so</think><answer>(B) behind</answer>", (1, 1, 1)),
        ("<think>so</think> \n<answer> (b) behind </answer>", (1, 1, 1)),
        ("<think>so</think><answer>(A) left</answer>", (1, 0, 0.5)),
        ("<answer>(B) behind</answer>", (0, 1, 0.5)),
        ("<answer>(B) behind</answer><think>so</think>", (0, 1, 0.5)),
        ("<think><answer>(B) behind</answer></think>", (0, 1, 0.5)),
        ("<think>so</think><answer>(B) behind</answer><answer>", (0, 0, 0)),
        ("(B) behind", (0, 0, 0)),
        ("", (0, 0, 0)),
        (completion_of(SCENE), (1, 1, 1)),
    ],
)
def test_the_sparse_baseline_is_half_format_and_half_answer(completion, expected):
    found = sparse_reward(completion, GOLD)
    assert (found.format, found.accuracy, found.total) == expected
    assert (found.count, found.spatial) == (0, 0)


# Similarity of labels.
@pytest.mark.parametrize(
    ("said", "gold"), [("Fire-Hydrant", "fire_hydrant"), ("t  shirt", "t-shirt"), ("DOG", "dog")]
)
def test_labels_are_compared_normalised(said, gold):
    scene = {"objects": [{"id": f"{said}.4", "bbox": [0, 0, 9, 9]}]}
    call = (completion_of(scene), gold_of({"objects": [{"id": f"{gold}.1", "bbox": [0, 0, 9, 9]}]}))
    assert score_completion(*call, 9, 9, options=Options(label_gate=1.0)).spatial == 1


FAKE_SPACY = """
VECTORS = {"sofa": (3, 4), "couch": (4, 3), "dog": (4, -3), "nothing": (0, 0)}
VECTORS["odd"] = (float("nan"), 1)
CALLS = []

class Doc:
    def __init__(self, text):
        text.encode()
        if len(text) > 1000:
            raise ValueError("too long")
        CALLS.append(text)
        self.vector = VECTORS.get(text, (1, 0))

class Blank(Doc):
    def __init__(self, text):
        self.vector = ()

def mute(text):
    raise RuntimeError("no padding token")

def load(name):
    if name in ("blank", "mute"):
        return Blank if name == "blank" else mute
    if name != "toy":
        raise OSError(f"[E050] Can't find model {name!r}.\\nMore lines.")
    return Doc
"""


@pytest.fixture
def spacy(tmp_path, monkeypatch):
    """A package of the same name with four words."""
    (tmp_path / "spacy.py").write_text(FAKE_SPACY, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "spacy", raising=False)
    load_similarity.cache_clear()
    yield __import__("spacy")
    load_similarity.cache_clear()
    sys.modules.pop("spacy", None)


def test_embeddings_compare_by_cosine_and_embed_each_label_once(spacy):
    similarity = load_similarity("spacy:toy")
    assert [similarity("sofa", "couch") for _ in range(3)] == [pytest.approx(0.96)] * 3
    assert similarity("dog", "couch") == pytest.approx(0.28)
    assert similarity("dog", "nothing") == similarity("dog", "odd") == 0
    assert sorted(spacy.CALLS) == ["chair", "couch", "dog", "nothing", "odd", "sofa"]
    assert load_similarity("spacy:toy") is similarity


def test_what_is_no_label_is_like_nothing(spacy):
    similarity = load_similarity("spacy:toy")
    assert (
        similarity("x" * MEGABYTE, "dog")
        == similarity("\ud800", "dog")
        == similarity("", "dog")
        == 0
    )


@pytest.mark.parametrize("num_others", [0, 8])
def test_similar_labels_match(spacy, num_others):
    """In plain floats and in tables: a sofa where a couch is belongs to the couch, although the dog
    is nearer. Cost of sofa to couch: 2 * 0.04 + 1 - c."""
    others = [{"id": f"cup.{i}", "bbox": [i, 80, i + 1, 99]} for i in range(num_others)]
    gold = [{"id": "couch.1", "bbox": [0, 0, 50, 50]}, {"id": "dog.1", "bbox": [50, 0, 99, 50]}]
    found = [{"id": "sofa.1", "bbox": [45, 0, 99, 50]}]
    call = (completion_of({"objects": found + others}), gold_of({"objects": gold + others}), 99, 99)
    gate = Options(label_gate=0.9)
    alike = score_completion(*call, similarity=load_similarity("spacy:toy"), options=gate)
    exact = score_completion(*call, similarity=exact_match, options=gate)
    assert alike.spatial > exact.spatial == pytest.approx(num_others / (num_others + 2))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("toy", "no label similarity 'toy': exact, spacy:MODEL or sentence-transformers:MODEL"),
        ("spacy:", "no label similarity"),
        ("word2vec:x", "no label similarity"),
        ("spacy:blank", "cannot load blank: it has no vector for 'chair'"),
        ("spacy:mute", "cannot load mute: no padding token"),
        ("spacy:en_core_web_md", "cannot load en_core_web_md: .E050. Can't find model"),
    ],
)
def test_a_similarity_that_cannot_be_had_is_one_line(spacy, name, message):
    with pytest.raises(ValueError, match=message) as error:
        load_similarity(name)
    assert "\n" not in str(error.value)


def test_a_package_that_is_absent_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ValueError, match="needs sentence-transformers: pip install sentence-tr"):
        load_similarity("sentence-transformers:all-MiniLM-L6-v2")
    assert load_similarity("exact") is exact_match

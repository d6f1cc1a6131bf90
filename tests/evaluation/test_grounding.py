"""Grounding: literal replies with figures computed by hand, and laws."""

import json
from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.grounding import find_scene
from evaluation.grounding_tables import graph_against_answer, summarize
from evaluation.verdicts import PARSED
from schemas.benchmark import ITEM, REPLY
from schemas.columns import frame_of
from tasks.evaluate.rewarding import ground_replies

Row = dict[str, Any]
SIZE = (200, 100)
DOG, CAT, SOFA = [0, 0, 100, 50], [100, 50, 200, 100], [0, 50, 100, 100]
ENDS = ("subject", "predicate", "object")
LINK = ("dog.1", "on", "cat.1")


def scene(objects: Row, links: Sequence[tuple[str, str, str]] = ()) -> str:
    return json.dumps(
        {
            "objects": [{"id": name, "bbox": box} for name, box in objects.items()],
            "relationships": [dict(zip(ENDS, link, strict=True)) for link in links],
        }
    )


GOLD = f"<scene>{scene({'dog.1': DOG, 'cat.1': CAT}, [LINK])}</scene>\n<answer>(A) on</answer>"
WHOLE = scene({"dog.1": DOG, "cat.1": CAT, "sofa.1": SOFA, "dog.2": [150, 0, 200, 40]})


def written(scene_text: str, answer: str = "(A) on") -> str:
    return (
        f"<observe>x</observe>\n<scene>{scene_text}</scene>\n"
        f"<think>y</think>\n<answer>{answer}</answer>"
    )


def item(number: int = 1, gold: str | None = GOLD, **changes: Any) -> Row:
    facts = {"level": "easy", "gold": gold, "full_scene": WHOLE} | changes.pop("facts", {})
    return {
        "benchmark": "stvqa_val",
        "item_id": str(number),
        "category": "relation",
        "question": "?",
        "options": [{"letter": "A", "text": "on"}, {"letter": "B", "text": "under"}],
        "kind": "choice",
        "answer": "A",
        "images": [],
        "width": SIZE[0],
        "height": SIZE[1],
        "facts": [{"name": name, "value": value} for name, value in facts.items() if value],
        "image_sources": [],
    } | changes


def reply(text: str | None, number: int = 1, frame: tuple[int, int] = SIZE) -> Row:
    return {
        "benchmark": "stvqa_val",
        "item_id": str(number),
        "text": text,
        "frame_width": frame[0],
        "frame_height": frame[1],
        "error": None if text is not None else "no_reply",
    }


def ground(*pairs: tuple[Row, Row], right: bool = True) -> pl.DataFrame:
    items, replies = zip(*pairs, strict=True)
    keys = [
        {"benchmark": i["benchmark"], "item_id": i["item_id"], "is_right": right} for i in items
    ]
    tables = (frame_of([dict.fromkeys(s) | row for row in rows], s)
              for rows, s in ((items, ITEM), (replies, REPLY), (keys, PARSED)))  # fmt: skip
    return ground_replies(*tables)


def grounded(text: str | None, **known: Any) -> Row:
    frame = known.pop("frame", SIZE)
    return ground((item(**known), reply(text, frame=frame))).row(0, named=True)


HALF = [0, 0, 100, 25]  # the dog's upper half
BESIDE = [120, 0, 200, 40]  # overlaps dog.2 of the whole scene: 50 x 40 of 80 x 40
CASES: list[tuple[str, str, Row]] = [
    (
        "one found, one missed",
        scene({"dog.1": DOG}),
        {"num_matched": 1, "num_found": 1, "iou": 1.0, "num_elsewhere": 0},
    ),
    (
        "an IoU of one half is found",
        scene({"dog.1": HALF, "cat.1": CAT}),
        {"num_matched": 2, "num_found": 2, "iou": 0.75, "is_graph_right": True},
    ),
    (
        "less than one half is matched, not found",
        scene({"dog.1": [0, 0, 100, 24], "cat.1": CAT}, [LINK]),
        {"num_matched": 2, "num_found": 1, "iou": 0.74, "num_found_relationships": 0},
    ),
    (
        "another label at the right place is not matched",
        scene({"wolf.1": DOG, "cat.1": CAT}),
        {"num_matched": 1, "num_found": 1, "num_predicted": 2, "is_graph_right": False},
    ),
    (
        "numbers of ids do not matter, predicates are compared without case",
        scene({"dog.7": DOG, "Cat.3": CAT}, [("dog.7", " ON", "Cat.3")]),
        {"num_found": 2, "num_found_relationships": 1, "is_graph_right": True},
    ),
    (
        "a relationship the wrong way round is not found",
        scene({"dog.1": DOG, "cat.1": CAT}, [("cat.1", "on", "dog.1")]),
        {"num_predicted_relationships": 1, "num_found_relationships": 0},
    ),
    (
        "what is said twice counts once",
        scene({"dog.1": DOG, "cat.1": CAT}, [LINK, LINK]),
        {"num_predicted_relationships": 1, "num_found_relationships": 1},
    ),
    (
        "elsewhere in the whole scene: the sofa and the other dog; nowhere: the tree",
        scene({"dog.1": DOG, "dog.2": BESIDE, "sofa.1": SOFA, "tree.1": SOFA}),
        {"num_found": 1, "num_elsewhere": 2, "num_scene_objects": 4},
    ),
    (
        "a second box on a found object is nowhere else",
        scene({"dog.1": DOG, "dog.2": DOG, "cat.1": CAT}),
        {"num_found": 2, "num_elsewhere": 0, "is_graph_right": True},
    ),
    (
        "an inverted box is none",
        scene({"dog.1": [100, 50, 0, 0], "cat.1": CAT}),
        {"num_matched": 2, "num_found": 1, "iou": 0.5, "ciou": 0.0},
    ),
    ("an empty scene", scene({}), {"has_scene": True, "num_predicted": 0, "iou": None}),
]


@pytest.mark.parametrize(
    ("text", "expected"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_scenes_are_compared_with_the_gold(text, expected):
    found = grounded(written(text))
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_closeness_is_the_papers():
    """Half the dog's height: IoU 1/2; centres 12.5 apart, in shares 0.125 of a hull with the sides
    0.5 and 0.5; aspect: 4/pi^2 (atan(0.5/0.5) - atan(0.5/0.25))^2 = 0.041958."""
    v = 0.041958
    expected = 0.5 - 0.125**2 / 0.5 - v * v / (0.5 + v)
    assert grounded(written(scene({"dog.1": HALF})))["ciou"] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("(A)", "no <scene>"),
        ("<scene>" + scene({"dog.1": DOG})[:-3], "<scene> is not closed"),
        ("<scene>[1]</scene>", "the scene is not a JSON object"),
        ("<scene>" + "[" * 100_000 + "</scene>", "the scene is nested too deeply"),
        (None, "no reply"),
    ],
)
def test_without_a_readable_scene_nothing_is_found(text, problem):
    found = grounded(text)
    assert (found["scene_problem"], found["has_scene"], found["num_found"]) == (problem, False, 0)
    assert not found["is_graph_right"]


@pytest.mark.parametrize(
    "text",
    [
        "no other tag <scene>{}</scene>",
        "<scene>{}",
        "<think>a <scene> is </scene> nothing</think><scene>\n{}\n</scene>",
        "<scene>```json\n{}\n```</scene>",
        "<answer>B</answer><scene>{}</scene><scene>{{}}</scene>",
    ],
)
def test_a_scene_is_read_whatever_stands_around_it(text):
    found, problem = find_scene(text.replace("{}", scene({"dog.1": DOG})))
    assert found is not None and found.ids == ["dog.1"] and problem is None


def test_every_reply_has_its_four_rewards():
    paid = grounded(written(scene({"dog.1": DOG}), "(B) under"))
    parts = [paid[name] for name in ("format", "count", "accuracy", "spatial", "total")]
    assert parts == pytest.approx([1, 0.7 * 0.5 + 0.3 * 0, 0, 0, 0.1 + 0.2 * 0.35])
    assert grounded(None)["total"] is None
    assert grounded("no tags")["total"] == 0


def test_a_broken_gold_is_told_and_counts_nowhere():
    twice = GOLD.replace("cat.1", "dog.1", 1)
    flat = GOLD.replace(str(CAT), "[7, 7, 7, 7]")
    table = ground(
        *((item(n, gold), reply(written("{}"), n)) for n, gold in enumerate((twice, flat)))
    )
    assert table["gold_problem"].is_not_null().all()
    assert table["total"].is_null().all()
    assert summarize(table).is_empty()


def test_items_without_gold_have_no_row():
    assert ground((item(gold=None), reply("(A)"))).is_empty()


def test_without_a_whole_scene_nobody_knows_what_is_elsewhere():
    alone = grounded(written(scene({"tree.1": SOFA})), facts={"full_scene": None})
    assert alone["num_elsewhere"] is None and alone["num_scene_objects"] is None


def test_a_gold_of_nothing_is_met_by_nothing():
    gold = f"<scene>{scene({})}</scene>\n<answer>(A) on</answer>"
    assert grounded(written(scene({})), gold=gold)["is_graph_right"]
    assert not grounded(written(scene({"dog.1": DOG})), gold=gold)["is_graph_right"]
    assert not grounded("(A)", gold=gold)["is_graph_right"]


def test_sums_are_over_objects_not_over_replies():
    """Three of four gold objects are found by four predicted; one reply has no scene, one none at
    all."""
    table = ground(
        (item(1), reply(written(scene({"dog.1": DOG, "cat.1": CAT}, [LINK])), 1)),
        (item(2, category="size"), reply(written(scene({"dog.1": DOG, "sofa.1": SOFA})), 2)),
        (item(3, category="size"), reply("(A)", 3)),
        (item(4, category="size"), reply(None, 4)),
    )
    total, relation, size = summarize(table).iter_rows(named=True)
    assert [row["category"] for row in (total, relation, size)] == [None, "relation", "size"]
    assert total["num_replies"] == 3 and total["scene_share"] == pytest.approx(2 / 3)
    assert total["precision"] == pytest.approx(3 / 4)
    assert total["recall"] == pytest.approx(3 / 6)
    assert total["relationship_f1"] == pytest.approx(2 * 1 / (3 + 1))
    assert (total["count_error"], total["count_bias"]) == (0, 0)
    shares = [total[f"{where}_share"] for where in ("inside", "elsewhere", "nowhere")]
    assert shares == pytest.approx([3 / 4, 1 / 4, 0])
    assert total["scene_recall"] == pytest.approx(4 / 12)
    assert total["subgraph_share"] == pytest.approx(6 / 12)
    assert (relation["recall"], size["recall"]) == (1, 1 / 4)
    assert graph_against_answer(table) == {
        (True, True): 1, (True, False): 0, (False, True): 2, (False, False): 0
    }  # fmt: skip


# Laws.

LABELS = st.sampled_from(["dog", "cat", "fire_hydrant", "t-shirt"])
SPAN = st.tuples(st.integers(0, 60), st.integers(1, 39)).map(lambda t: (t[0], t[0] + t[1]))
BOXES = st.tuples(SPAN, SPAN).map(lambda s: [s[0][0], s[1][0], s[0][1], s[1][1]])
THINGS = st.lists(st.tuples(LABELS, BOXES), max_size=6).map(
    lambda things: {f"{label}.{number}": box for number, (label, box) in enumerate(things)}
)


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Row, list[tuple[str, str, str]]]:
    objects = draw(THINGS)
    names = st.sampled_from(sorted(objects)) if objects else st.nothing()
    links = st.tuples(names, st.sampled_from(["on", "near"]), names)
    return objects, draw(st.lists(links, max_size=4)) if objects else []


@given(scenes())
def test_the_gold_itself_is_perfect(gold):
    text = f"<scene>{scene(*gold)}</scene>\n<answer>(A) on</answer>"
    known = {"gold": text, "facts": {"full_scene": scene(*gold)}}
    table = ground((item(**known), reply(written(scene(*gold)))))
    found = table.row(0, named=True)
    assert found["is_graph_right"]
    assert [found[name] for name in ("format", "accuracy", "spatial", "total")] == [1, 1, 1, 1]
    total = summarize(table).row(0, named=True)
    ones = ("iou", "ciou", "precision", "recall", "inside_share", "subgraph_share", "scene_recall")
    wanted = 1 if gold[0] else None
    assert [total[name] for name in ones] == [wanted] * len(ones)
    assert total["relationship_f1"] == (1 if gold[1] else None)
    assert (total["count_error"], total["num_replies"]) == (0, 1)


@given(scenes(), scenes(), st.randoms(use_true_random=False))
def test_order_has_no_say(gold, said, random):
    text = f"<scene>{scene(*gold)}</scene>\n<answer>(A) on</answer>"
    objects, links = list(said[0].items()), list(said[1])
    random.shuffle(objects)
    random.shuffle(links)
    known = {"gold": text, "facts": {"full_scene": None}}
    assert grounded(written(scene(*said)), **known) == grounded(
        written(scene(dict(objects), links)), **known
    )


@given(scenes(), scenes(), st.sampled_from([2, 4, 8]), st.sampled_from([2, 4, 8]))
def test_a_reply_in_another_frame_is_the_same_reply(gold, said, x, y):
    text = f"<scene>{scene(*gold)}</scene>\n<answer>(A) on</answer>"
    larger = {
        name: [box[0] * x, box[1] * y, box[2] * x, box[3] * y] for name, box in said[0].items()
    }
    known = {"gold": text, "facts": {"full_scene": scene(*gold)}}
    here = grounded(written(scene(*said)), **known)
    there = grounded(written(scene(larger, said[1])), frame=(SIZE[0] * x, SIZE[1] * y), **known)
    assert there == pytest.approx(here)


@given(scenes(), scenes())
def test_counts_stay_within_what_there_is(gold, said):
    text = f"<scene>{scene(*gold)}</scene>\n<answer>(A) on</answer>"
    found = grounded(written(scene(*said)), gold=text, facts={"full_scene": scene(*gold)})
    assert 0 <= found["num_found"] <= found["num_matched"] <= found["num_gold"]
    assert found["num_found"] + found["num_elsewhere"] <= found["num_predicted"]
    assert found["iou"] is None or 0 <= found["iou"] <= 1
    assert found["ciou"] is None or -1 <= found["ciou"] <= found["iou"]


@given(st.text(st.sampled_from('<>/scen{}[]":,objectidbx1. '), max_size=300))
def test_no_reply_raises(text):
    grounded(f"<scene>{text}</scene>{text}")

"""Grounding: what a reply's scene says against gold, by hand and by law."""

import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.verdicts import read_replies
from schemas.benchmark import ITEM, REPLY
from schemas.columns import frame_of
from tasks.grounding import GROUNDING, by_category, contingency, ground_replies

DOG, CAT = {"id": "dog.1", "bbox": [0, 0, 50, 50]}, {"id": "cat.1", "bbox": [50, 50, 100, 100]}
TREE = {"id": "tree.1", "bbox": [100, 0, 200, 100]}
LINK = {"subject": "dog.1", "predicate": "left of", "object": "cat.1"}
GOLD = {"objects": [DOG, CAT], "relationships": [LINK]}
WHOLE = {"objects": [DOG, CAT, TREE], "relationships": [LINK]}


def text_of(scene: Any, letter: str = "A") -> str:
    written = scene if isinstance(scene, str) else json.dumps(scene)
    answer = {"A": "(A) left", "B": "(B) right"}[letter]
    return (
        f"<observe>o</observe>\n<scene>{written}</scene>\n<think>t</think>\n"
        f"<answer>{answer}</answer>"
    )


def grounded(*texts: str | None, frame: tuple[int, int] = (200, 100)) -> pl.DataFrame:
    gold = f"<scene>{json.dumps(GOLD)}</scene>\n<answer>(A) left</answer>"
    facts = {"gold": gold, "width": "200", "height": "100", "full_scene": json.dumps(WHOLE)}
    items = [
        dict.fromkeys(ITEM)
        | {
            "benchmark": "stvqa_val",
            "item_id": str(number),
            "category": "relation",
            "question": "?",
            "options": [{"letter": "A", "text": "left"}, {"letter": "B", "text": "right"}],
            "kind": "choice",
            "answer": "A",
            "width": 200,
            "height": 100,
            "facts": [{"name": name, "value": value} for name, value in facts.items()],
        }
        for number in range(len(texts))
    ]
    replies = [
        dict.fromkeys(REPLY)
        | {
            "benchmark": "stvqa_val",
            "item_id": str(number),
            "text": text,
            "frame_width": frame[0],
            "frame_height": frame[1],
        }
        for number, text in enumerate(texts)
    ]
    tables = frame_of(items, ITEM), frame_of(replies, REPLY)
    found = ground_replies(*tables, read_replies(*tables))
    assert found.schema == GROUNDING
    return found


def row(scene: Any, **known: Any) -> dict[str, Any]:
    return grounded(text_of(scene), **known).row(0, named=True)


def test_the_gold_scene_is_perfectly_grounded():
    found = row(GOLD)
    assert found["graph_right"] and found["is_right"]
    for name in ("ciou", "iou", "precision", "recall", "relationship_f1", "total", "spatial"):
        assert found[name] == pytest.approx(1), name
    assert found["count_error"] == 0
    assert (found["elsewhere_share"], found["nowhere_share"]) == (0, 0)


def test_half_of_the_scene_is_half_found():
    found = row({"objects": [DOG], "relationships": []})
    assert (found["precision"], found["recall"]) == (1.0, 0.5)
    assert found["count_error"] == 1
    assert found["relationship_f1"] == 0
    assert not found["graph_right"]


def test_a_box_that_is_off_is_matched_but_not_found():
    off = {"id": "dog.1", "bbox": [25, 0, 75, 50]}  # IoU 25 * 50 / (5000 - 1250) = 1/3
    found = row({"objects": [off, CAT], "relationships": [LINK]})
    assert found["iou"] == pytest.approx((1 / 3 + 1) / 2)
    assert found["recall"] == 0.5


def test_what_lies_elsewhere_in_the_picture_is_told_from_what_is_nowhere():
    ghost = {"id": "ghost.1", "bbox": [0, 60, 20, 90]}
    found = row({"objects": [DOG, CAT, TREE, ghost], "relationships": []})
    assert (found["elsewhere_share"], found["nowhere_share"]) == (0.25, 0.25)
    assert found["precision"] == 0.5


@pytest.mark.parametrize("text", [None, "", "<answer>(A) left</answer>", text_of("{oops")])
def test_without_a_readable_scene_nothing_is_found(text):
    found = grounded(text).row(0, named=True)
    assert not found["has_scene"] and not found["graph_right"]
    assert (found["precision"], found["recall"], found["relationship_f1"]) == (None, 0, 0)
    assert found["total"] == 0


@given(st.sampled_from([(200, 100), (400, 200), (100, 50), (644, 308)]), st.booleans())
def test_the_frame_of_the_reply_has_no_say(frame, is_off):
    x, y = frame[0] / 200, frame[1] / 100
    boxes = [[25, 0, 75, 50] if is_off else DOG["bbox"], CAT["bbox"]]
    moved = [
        {"id": name, "bbox": [b[0] * x, b[1] * y, b[2] * x, b[3] * y]}
        for name, b in zip(("dog.1", "cat.1"), boxes, strict=True)
    ]
    plain = [{"id": n, "bbox": b} for n, b in zip(("dog.1", "cat.1"), boxes, strict=True)]
    here = row({"objects": moved, "relationships": [LINK]}, frame=frame)
    there = row({"objects": plain, "relationships": [LINK]})
    for name in ("ciou", "iou", "recall", "spatial", "total"):
        assert here[name] == pytest.approx(there[name], abs=1e-6)


def test_the_order_of_objects_has_no_say():
    assert row({"objects": [CAT, DOG], "relationships": [LINK]}) == row(GOLD)


def test_graphs_and_answers_are_counted_together():
    half = {"objects": [DOG], "relationships": []}
    texts = [text_of(GOLD), text_of(GOLD, "B"), text_of(half), text_of(half, "B"), None]
    found = grounded(*texts)
    assert contingency(found) == {
        "right graph, right answer": 1,
        "right graph, wrong answer": 1,
        "wrong graph, right answer": 1,
        "wrong graph, wrong answer": 2,
    }
    means = by_category(found)
    assert means["category"].to_list() == [None, "relation"]
    assert means["items"].to_list() == [5, 5]
    assert means["recall"][0] == pytest.approx((1 + 1 + 0.5 + 0.5 + 0) / 5)

"""Verdicts: items of every kind, read by our parser and by the published one."""

import io
from typing import Any

import polars as pl
import pytest
from PIL import Image

from evaluation.verdicts import PARSED, read_replies
from schemas.benchmark import ITEM, REPLY
from schemas.columns import frame_of

SQUARE = "[[0.2, 0.2], [0.6, 0.2], [0.6, 0.6], [0.2, 0.6]]"


def item(benchmark: str, answer: str, texts: list[str], **known: Any) -> dict[str, Any]:
    options = [
        {"letter": letter, "text": text} for letter, text in zip("ABCD", texts, strict=False)
    ]
    kind = known.pop("kind", "choice" if texts else "text")
    return dict.fromkeys(ITEM) | {
        "benchmark": benchmark,
        "item_id": "i",
        "question": "?",
        "options": options,
        "kind": kind,
        "answer": answer,
        "images": [],
        "facts": [],
        "image_sources": [],
        **known,
    }


def read(row: dict[str, Any], text: str | None, **known: Any) -> dict[str, Any]:
    read_mask = known.pop("read_mask", None)
    reply = dict.fromkeys(REPLY) | {"benchmark": row["benchmark"], "item_id": "i", "text": text}
    replies = frame_of([reply | known], REPLY)
    parsed = read_replies(frame_of([row], ITEM), replies, read_mask=read_mask)
    assert parsed.schema == PARSED
    return parsed.row(0, named=True)


BEHIND = item("mmstar", "B", ["left of", "behind"])
OPEN = item("mmvp", "A", ["Open", "Closed"])
EXISTS = item("spatialbench", "B", ["Yes", "No"])
NUMBER = item("realworldqa", "3", [])
COUNT = item("spatialbench", "3", [])
SPOT = item("robospatial_home", SQUARE, [], kind="point")


@pytest.mark.parametrize(
    ("row", "text", "parsed", "is_right", "paper_is_right"),
    [
        (BEHIND, "<answer>(B) behind</answer>", "B", True, True),
        (BEHIND, "<answer>B</answer>", "B", True, False),
        (BEHIND, "<answer>(A) behind</answer>", "A", False, True),
        (BEHIND, "who knows", None, False, False),
        (item("mmstar", "A", ["left of", "behind"]), "who knows", None, False, True),
        (OPEN, "<answer>(a) Open</answer>", "A", True, True),
        (OPEN, "<answer>Open</answer>", "A", True, False),
        (EXISTS, "<answer>No</answer>", "B", True, True),
        (EXISTS, "<answer>(B)</answer>", "B", True, True),
        (EXISTS, "<answer>No, there is none</answer>", "B", True, False),
        (NUMBER, "<answer>three</answer>", "three", True, False),
        (NUMBER, "<answer>3.</answer>", "3", True, True),
        (NUMBER, "There are 3 cars", "There are 3 cars", False, False),
        (NUMBER, "", None, False, False),
        (COUNT, "There are 3 cars", "There are 3 cars", True, False),
        (SPOT, "(0.3, 0.5)", "(0.3000, 0.5000)", True, True),
        (SPOT, "(0.7, 0.5)", "(0.7000, 0.5000)", False, False),
        (SPOT, "in the middle", None, False, False),
    ],
)
def test_a_reply_is_read_by_both_parsers(row, text, parsed, is_right, paper_is_right):
    found = read(row, text)
    assert found["parsed"] == parsed
    assert found["is_unparsed"] is (parsed is None)
    assert found["is_right"] is is_right
    assert found["paper_is_right"] is paper_is_right
    assert not found["is_error"]


@pytest.mark.parametrize("row", [BEHIND, OPEN, NUMBER, SPOT])
def test_without_a_reply_there_is_an_error_and_no_guess(row):
    found = read(row, None, error="HTTP 500")
    assert found["is_error"]
    assert not (found["is_right"] or found["paper_is_right"] or found["is_unparsed"])
    assert found["parsed"] is None
    assert found["paper_parsed"] is None


def test_a_reply_that_was_cut_off_is_read_and_told():
    found = read(BEHIND, "I see. (A)? The answer is B", finish_reason="length")
    assert (found["parsed"], found["is_truncated"]) == ("B", True)
    found = read(BEHIND, "<think>I see. (A)? The answer is B", finish_reason="length")
    assert (found["is_unparsed"], found["is_truncated"]) == (True, True)
    assert not read(BEHIND, "B", finish_reason="stop")["is_truncated"]


def test_points_in_pixels_are_those_of_the_stated_frame():
    found = read(SPOT, "[60, 50]", frame_width=200, frame_height=100)
    assert (found["parsed"], found["is_right"]) == ("(0.3000, 0.5000)", True)


def test_a_mask_decides_in_place_of_the_polygon_where_it_can_be_read():
    data = io.BytesIO()
    Image.new("L", (4, 4), "white").save(data, "PNG")
    masked = SPOT | {"facts": [{"name": "mask", "value": "abc"}]}
    masks = {"abc": data.getvalue()}
    found = read(masked, "(0.9, 0.9)", read_mask=masks.__getitem__)
    assert (found["is_right"], found["method"]) == (True, "mask")
    assert not read(masked, "(0.9, 0.9)")["is_right"]
    assert read(SPOT, "(0.3, 0.5)", read_mask=masks.__getitem__)["method"] == "polygon"


def test_items_keep_their_order_and_those_without_a_reply_are_errors():
    rows = [BEHIND | {"item_id": name} for name in "cab"]
    replies = [
        dict.fromkeys(REPLY) | {"benchmark": "mmstar", "item_id": name, "text": "B"}
        for name in ("b", "c", "other")
    ]
    parsed = read_replies(frame_of(rows, ITEM), frame_of(replies, REPLY))
    assert parsed["item_id"].to_list() == ["c", "a", "b"]
    assert parsed["is_error"].to_list() == [False, True, False]
    assert parsed.filter(pl.col("is_right"))["item_id"].to_list() == ["c", "b"]

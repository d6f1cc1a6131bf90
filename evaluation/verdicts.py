"""Verdicts: what each reply says, and whether that is right, by our parser and the published one.

A reply that cannot be read counts as wrong and is told apart from a wrong one.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from evaluation.answers import (
    answer_text,
    last_answer,
    parse_answer,
    parse_answer_paper_compatible,
    same_text,
)
from evaluation.points import first_point, is_inside, read_polygon
from schemas.benchmark import AnswerKind
from schemas.columns import columns, frame_of

PARSED = columns(
    benchmark=pl.String,
    item_id=pl.String,
    parsed=pl.String,
    method=pl.String,
    conflict=pl.Boolean,
    is_right=pl.Boolean,
    paper_parsed=pl.String,
    paper_is_right=pl.Boolean,
    is_unparsed=pl.Boolean,
    is_truncated=pl.Boolean,
    is_error=pl.Boolean,
)
"""`parsed` is a letter, a text or a point, null where nothing could be read; `is_error` that there
was no reply at all."""

Row = Mapping[str, Any]


def read_replies(items: pl.DataFrame, replies: pl.DataFrame) -> pl.DataFrame:
    """Rows of PARSED, in the order of the items; an item without a reply is an error."""
    joined = items.join(
        replies.drop("benchmark"), on="item_id", how="left", maintain_order="left", validate="1:1"
    )
    return frame_of([read_reply(row) for row in joined.iter_rows(named=True)], PARSED)


def read_reply(row: Row) -> dict[str, Any]:
    """A row of PARSED from an item and its reply."""
    text = row["text"]
    found = READERS[AnswerKind(row["kind"])](row, text or "")
    return {
        "benchmark": row["benchmark"],
        "item_id": row["item_id"],
        **found,
        "is_unparsed": text is not None and found["parsed"] is None,
        "is_truncated": row["finish_reason"] == "length",
        "is_error": text is None,
    } | ({} if text is not None else {"is_right": False, "paper_is_right": False})


def _choice(row: Row, text: str) -> dict[str, Any]:
    options = {option["letter"]: option["text"] for option in row["options"]}
    found = parse_answer(text, options)
    paper = parse_answer_paper_compatible(text, options)
    return {
        "parsed": found.letter,
        "method": found.method,
        "conflict": found.conflict,
        "is_right": found.letter == row["answer"],
        "paper_parsed": paper,
        "paper_is_right": paper == row["answer"],
    }


def _text(row: Row, text: str) -> dict[str, Any]:
    said = answer_text(text)
    paper = (last_answer(text) or text).strip().lower().removesuffix(".")
    return {
        "parsed": said or None,
        "method": "text",
        "conflict": False,
        "is_right": same_text(said, row["answer"]),
        "paper_parsed": paper[:200],
        "paper_is_right": paper == row["answer"].strip().lower().removesuffix("."),
    }


def _point(row: Row, text: str) -> dict[str, Any]:
    said = last_answer(text) or text
    point = first_point(said, row["frame_width"], row["frame_height"])
    is_right = point is not None and is_inside(point, read_polygon(row["answer"]))
    told = f"({point[0]:.4f}, {point[1]:.4f})" if point else None
    return {
        "parsed": told,
        "method": "point",
        "conflict": False,
        "is_right": is_right,
        "paper_parsed": told,
        "paper_is_right": is_right,
    }


READERS = {AnswerKind.CHOICE: _choice, AnswerKind.TEXT: _text, AnswerKind.POINT: _point}

"""Verdicts: what each reply says, and whether that is right, by our parser and the published one.

A reply that cannot be read counts as wrong, but is marked (`is_unparsed`).
"""

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from evaluation.answers import answer_text, parse_answer
from evaluation.benchmarks.registry import benchmark_of
from evaluation.points import first_point, is_in_mask, is_inside, read_polygon
from evaluation.published_answers import (
    is_same_paper_compatible,
    parse_answer_paper_compatible,
    published_segment,
)
from schemas.benchmark import MASK, AnswerKind, fact
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
"""`parsed` is a letter, a text or a point, null where nothing could be read; `method` is that of
evaluation.answers.ParsedAnswer for letters; `is_error` says that there was no reply at all;
such a row is not `is_unparsed`."""
LONGEST = 200
"""Characters of what was read that are kept, for people to look at: the whole reply is in its own
table."""

Row = Mapping[str, Any]
ReadMask = Callable[[str], bytes]


def read_replies(
    items: pl.DataFrame, replies: pl.DataFrame, *, read_mask: ReadMask | None = None
) -> pl.DataFrame:
    """Rows of PARSED, in the order of the items; an item without a reply is an error. Points are
    right within the polygon of the answer or, where `read_mask` reads photographs by digest and the
    item has the fact `mask`, on that mask."""
    joined = items.join(
        replies.drop("benchmark"), on="item_id", how="left", maintain_order="left", validate="1:1"
    )
    rows = [read_reply(row, read_mask=read_mask) for row in joined.iter_rows(named=True)]
    return frame_of(rows, PARSED)


def read_reply(row: Row, *, read_mask: ReadMask | None = None) -> dict[str, Any]:
    """A row of PARSED from an item and its reply."""
    text = row["text"]
    known = {
        "benchmark": row["benchmark"],
        "item_id": row["item_id"],
        "is_truncated": row["finish_reason"] == "length",
        "is_error": text is None,
    }
    if text is None:
        nothing = dict.fromkeys(("parsed", "method", "paper_parsed"))
        wrong = dict.fromkeys(("conflict", "is_right", "paper_is_right", "is_unparsed"), False)
        return known | nothing | wrong
    kind = AnswerKind(row["kind"])
    if kind is AnswerKind.POINT:
        found = _point(row, text, read_mask)
    else:
        found = _choice(row, text) if kind is AnswerKind.CHOICE else _text(row, text)
    return known | found | {"is_unparsed": found["parsed"] is None}


def _choice(row: Row, text: str) -> dict[str, Any]:
    options = {option["letter"]: option["text"] for option in row["options"]}
    found = parse_answer(text, options)
    return {
        "parsed": found.letter,
        "method": found.method,
        "conflict": found.conflict,
        "is_right": found.letter == row["answer"],
        **_published(row, text, options),
    }


def _published(row: Row, text: str, options: Mapping[str, str]) -> dict[str, Any]:
    """What the published evaluation reads: a letter, or a text where its parser gets no options.
    Gold is then the letter, or yes or no."""
    if benchmark_of(row["benchmark"]).passes_options:
        letter = parse_answer_paper_compatible(text, options)
        return {"paper_parsed": letter, "paper_is_right": letter == row["answer"]}
    golds = [row["answer"]]
    if {option.lower() for option in options.values()} == {"yes", "no"}:
        golds.append(options[row["answer"]])
    said = published_segment(text)
    return {
        "paper_parsed": said and said[:LONGEST],
        "paper_is_right": any(is_same_paper_compatible(text, gold) for gold in golds),
    }


def _text(row: Row, text: str) -> dict[str, Any]:
    said, gold = answer_text(text), row["answer"]
    published = published_segment(text)
    return {
        "parsed": said[:LONGEST] or None,
        "method": "text" if said else "nothing",
        "conflict": False,
        "is_right": benchmark_of(row["benchmark"]).is_same(said, gold),
        "paper_parsed": published and published[:LONGEST],
        "paper_is_right": is_same_paper_compatible(text, gold),
    }


def _point(row: Row, text: str, read_mask: ReadMask | None) -> dict[str, Any]:
    """The published evaluation asks for no points: its columns repeat ours."""
    point = first_point(text, row["frame_width"], row["frame_height"])
    mask = fact(row["facts"], MASK) if read_mask else None
    is_right = False
    if point and read_mask and mask:
        is_right = is_in_mask(point, read_mask(mask))
    elif point:
        is_right = is_inside(point, read_polygon(row["answer"]))
    shown = f"({point[0]:.4f}, {point[1]:.4f})" if point else None
    return {
        "parsed": shown,
        "method": ("mask" if mask else "polygon") if point else "nothing",
        "conflict": False,
        "is_right": is_right,
        "paper_parsed": shown,
        "paper_is_right": is_right,
    }

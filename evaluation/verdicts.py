"""Verdicts: what each reply says, and whether that is right, by our parser, the published one and
those of the benchmark's authors and others.

A reply that cannot be read counts as wrong, but is marked (`is_unparsed`).
"""

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from evaluation.answers import answer_text, parse_answer
from evaluation.benchmarks.registry import benchmark_of
from evaluation.numbers import mean_relative_accuracy, number_said, signed_number_in
from evaluation.points import first_point, is_in_mask, is_inside, read_polygon
from evaluation.published_answers import (
    is_same_paper_compatible,
    parse_answer_paper_compatible,
    published_segment,
)
from evaluation.readings import OFFICIAL_PARSER, READING, Reading
from schemas.benchmark import MASK, AnswerKind, fact
from schemas.columns import columns, frame_of

PARSED = columns(
    benchmark=pl.String,
    item_id=pl.String,
    parsed=pl.String,
    method=pl.String,
    conflict=pl.Boolean,
    is_right=pl.Boolean,
    credit=pl.Float64,
    paper_parsed=pl.String,
    paper_is_right=pl.Boolean,
    is_unparsed=pl.Boolean,
    is_truncated=pl.Boolean,
    is_error=pl.Boolean,
    readings=pl.List(READING),
)
"""`parsed` is a letter, a text, a number or a point, null where nothing could be read; `method` is
that of evaluation.answers.ParsedAnswer for letters; `credit` is 1 where it is right, 0 where it is
wrong, between these where it is partly right (then `is_right` is false); `is_error` says that there
was no reply at all; such a row is not `is_unparsed`; `readings` are those of the benchmark's other
parsers, in their order."""
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
        return known | nothing | wrong | {"credit": 0.0, "readings": _readings(row, None)}
    kind = AnswerKind(row["kind"])
    if kind is AnswerKind.POINT:
        found = _point(row, text, read_mask)
    elif kind is AnswerKind.CHOICE:
        found = _choice(row, text)
    else:
        found = _number(row, text) if kind is AnswerKind.NUMBER else _text(row, text)
    found = {"credit": float(found["is_right"])} | found
    return (
        known
        | found
        | {
            "is_unparsed": found["parsed"] is None,
            "readings": _readings(row, text),
        }
    )


def credit_of(row: Row, said: str) -> float:
    """What a text or a number that was said is worth, from 0 to 1."""
    if AnswerKind(row["kind"]) is AnswerKind.TEXT:
        return float(benchmark_of(row["benchmark"]).credit(said, row["answer"]))
    number = signed_number_in(said)
    return 0.0 if number is None else mean_relative_accuracy(number, float(row["answer"]))


def _readings(row: Row, text: str | None) -> list[dict[str, Any]]:
    """What is read of no reply at all is nothing. Parsers of harnesses read what the harness that
    kept the reply reads, those of a benchmark's authors all of it."""
    nothing, scored = Reading(None, 0.0), row.get("scored")
    found = []
    for name, parser in benchmark_of(row["benchmark"]).parsers.items():
        said = text if scored is None or name == OFFICIAL_PARSER else scored
        found.append({"parser": name, **(nothing if said is None else parser(said, row))._asdict()})
    return found


def _choice(row: Row, text: str) -> dict[str, Any]:
    options = {option["letter"]: option["text"] for option in row["options"]}
    found = parse_answer(text, options, row["question"])
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
    said = answer_text(text)
    credit = credit_of(row, said)
    return {
        "parsed": said[:LONGEST] or None,
        "method": "text" if said else "nothing",
        "conflict": False,
        "is_right": credit == 1.0,
        "credit": credit,
        **_published_text(row, text),
    }


def _number(row: Row, text: str) -> dict[str, Any]:
    said = number_said(text)
    credit = 0.0 if said is None else mean_relative_accuracy(said, float(row["answer"]))
    return {
        "parsed": None if said is None else f"{said:.15g}",
        "method": "nothing" if said is None else "number",
        "conflict": False,
        "is_right": credit == 1.0,
        "credit": credit,
        **_published_text(row, text),
    }


def _published_text(row: Row, text: str) -> dict[str, Any]:
    published = published_segment(text)
    return {
        "paper_parsed": published and published[:LONGEST],
        "paper_is_right": is_same_paper_compatible(text, row["answer"]),
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

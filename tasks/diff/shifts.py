"""Shifts: how shares, costs and what is known of the labels differ between two builds."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import polars as pl

from tasks.diff.record import Record
from tasks.publish.card import cost_rows, dollars_told

SHARED = ("split", "category", "level", "evidence", "answer_only", "writer", "judge")
"""Columns of samples whose shares are compared."""


class Shift(NamedTuple):
    """One figure of both builds, as people read it."""

    what: str
    before: str
    after: str


def shifts(one: Record, two: Record) -> list[Shift]:
    """What differs, the totals first; nothing where the builds are alike."""
    found = [shift for shift in _facts(one, two) if shift.before != shift.after]
    return found + [
        shift for column in SHARED for shift in _shares(column, one.samples, two.samples)
    ]


def _facts(one: Record, two: Record) -> Iterator[Shift]:
    old, new = one.manifest, two.manifest
    yield Shift("samples", f"{old['num_samples']:,}", f"{new['num_samples']:,}")
    yield Shift("images", f"{old['num_images']:,}", f"{new['num_images']:,}")
    for name in ("cost", "cost_per_sample"):
        yield Shift(name.replace("_", " "), _cost(old, name), _cost(new, name))
    yield Shift("answers that the judge agreed with", _agreed(old), _agreed(new))


def _cost(manifest: Mapping[str, Any], name: str) -> str:
    """Of all models; `cost_rows` ends with their sum."""
    rows = cost_rows(manifest)
    return dollars_told(rows[-1][name]) if rows else dollars_told(0.0)


def _agreed(manifest: Mapping[str, Any]) -> str:
    guessing = manifest["judging"]["guessing"] if manifest["judging"] else []
    number = sum(row["num_judged"] for row in guessing)
    if not number:
        return "not judged"
    kept = sum(row["num_judged"] * row["kept_share"] for row in guessing)
    return f"{100 * kept / number:.1f} % of {number:,}"


def _shares(column: str, before: pl.DataFrame, after: pl.DataFrame) -> Iterator[Shift]:
    if column not in before.columns or column not in after.columns:
        return
    counts = [
        dict(rows.group_by(column).len().iter_rows()) if rows.height else {}
        for rows in (before, after)
    ]
    for value in sorted(counts[0].keys() | counts[1].keys(), key=str):
        numbers = [count.get(value, 0) for count in counts]
        shares = [
            f"{100 * number / max(rows.height, 1):.1f} %"
            for number, rows in zip(numbers, (before, after), strict=True)
        ]
        if shares[0] != shares[1]:
            told = [f"{share} ({n:,})" for share, n in zip(shares, numbers, strict=True)]
            yield Shift(f"{column.removesuffix('_only')} {value}", *told)

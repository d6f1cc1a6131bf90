"""The 84 predicates, and what each implies."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from schemas.claim import Category
from schemas.proof.conditions import CONDITIONS

TWO_SIDED = {"side", "depth", "height"}
"""Axes on which one of two opposites is nearly always true: offering both gives the answer away."""
TABLE = Path(__file__).parents[2] / "data" / "vocabulary" / "predicates.toml"
OPPOSITE = {
    ("support", "over"): "under",
    ("support", "under"): "over",
    ("support", "beside"): "beside",
    ("support", "none"): "none",
    ("height", "above"): "below",
    ("height", "below"): "above",
    ("side", "left"): "right",
    ("side", "right"): "left",
    ("depth", "front"): "back",
    ("depth", "back"): "front",
    ("depth", "none"): "none",
    ("containment", "inside"): "around",
    ("containment", "around"): "inside",
    ("containment", "outside"): "outside",
    ("nearness", "near"): "near",
    ("nearness", "far"): "far",
    ("angle", "parallel"): "parallel",
    ("angle", "perpendicular"): "perpendicular",
    ("size", "bigger"): "smaller",
    ("size", "smaller"): "bigger",
    ("tallness", "taller"): "shorter",
    ("tallness", "shorter"): "taller",
}
"""By axis and value: the value when subject and object change places; others then say nothing."""


AXES = {
    **{axis: {value for other, value in OPPOSITE if other == axis} for axis, _ in OPPOSITE},
    "facing": {"toward", "away"},
}
"""The values on each axis."""
FAMILIES = {
    "support", "vertical", "side", "depth", "containment", "proximity", "interaction", "part",
    "facing", "size",
}  # fmt: skip
PARTS = {"predicate", "subject", "object"}
"""What a question may ask for."""


@dataclass(frozen=True, slots=True)
class Predicate:
    """One row of `data/vocabulary/predicates.toml`, which explains the fields."""

    name: str
    source: str
    category: Category
    family: str
    phrase: str
    means: str
    inverse: str | None = None
    symmetric: bool = False
    proved: bool = False
    by_living: bool = False
    carried: bool = False
    hung: bool = False
    used: bool = False
    needs: str | None = None
    axes: tuple[tuple[str, str], ...] = ()
    asks: frozenset[str] = frozenset()
    also: tuple[str, ...] = ()

    def is_two_sided_with(self, other: "Predicate") -> bool:
        """Whether the other is its opposite on an axis where one of two is nearly always true."""
        return _are_two_sided(self.axes, other.axes)

    @property
    def is_contact(self) -> bool:
        """Whether it states bodily contact, which only `reach` asks about."""
        return self.category is Category.REACH

    @property
    def reversed_axes(self) -> tuple[tuple[str, str], ...]:
        """What it says on each axis of (object, subject)."""
        return tuple((axis, OPPOSITE[axis, to]) for axis, to in self.axes if (axis, to) in OPPOSITE)


ROW = TypeAdapter(Predicate)
"""What a row of the table becomes."""


@cache
def _are_two_sided(own: tuple[tuple[str, str], ...], other: tuple[tuple[str, str], ...]) -> bool:
    axes = dict(own)
    return any(axis in TWO_SIDED and axes.get(axis, value) != value for axis, value in other)


@cache
def load_predicates() -> Mapping[str, Predicate]:
    """The table by name, in its own order."""
    try:
        text = TABLE.read_text(encoding="utf-8-sig")  # some editors begin a file with a mark
    except UnicodeDecodeError as error:
        raise ValueError(f"{TABLE.name} is not in UTF-8 ({error}): save it so") from None
    return parse_predicates(text)


def parse_predicates(text: str) -> dict[str, Predicate]:
    """By name; ValueError names a predicate with a key or value that nothing knows, or that says
    what others of the table contradict."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{TABLE.name}: {error}: correct it there") from None
    found = {}
    for name, row in table.items():
        try:
            if problem := _problem_of(row):
                raise ValueError(problem)
            axes = sorted(row.get("axes", {}).items())
            found[name] = ROW.validate_python({"name": name, "means": name, **row, "axes": axes})
        except ValidationError as error:
            first = error.errors()[0]
            told = f"has {first['loc'][0]} {first['input']!r}: {first['msg'].lower()}"
            raise ValueError(f"{TABLE.name}: {name!r} {told}: correct it there") from None
        except ValueError as error:
            raise ValueError(f"{TABLE.name}: {name!r} {error}: correct it there") from None
    for one in found.values():
        if problem := _contradiction(one, found):
            raise ValueError(f"{TABLE.name}: {one.name!r} {problem}: correct it there")
    _spelled(found)
    return found


def _contradiction(one: Predicate, table: Mapping[str, Predicate]) -> str | None:
    """What a predicate says that cannot be so, alone or beside the others."""
    for spelling in (one.name, *one.also):
        if not (cleaned := clean_predicate(spelling)):
            return f"has the spelling {spelling!r}, which is empty"
        if cleaned != spelling:
            return f"has the spelling {spelling!r}, which no text ever has: write {cleaned!r}"
    for key, other in (("means", one.means), ("inverse", one.inverse)):
        if other is not None and other not in table:
            return f"has {key} {other!r}, and there is no such predicate"
    if not one.phrase.strip():
        return "has an empty phrase"
    if one.symmetric and one.inverse:
        return "is symmetric and has an inverse, of which only one can be"
    if one.proved and not one.needs:
        return "is proved by what it needs, and lacks needs"
    return None


def _problem_of(row: Any) -> str | None:
    """What a row of the table has that nothing knows, or lacks."""
    if not isinstance(row, dict) or not isinstance(row.get("axes", {}), dict):
        return "is no table, or its axes are none"
    known = {field.name for field in fields(Predicate)} - {"name"}
    needed = ("source", "category", "family", "phrase")
    if lacking := [key for key in needed if key not in row]:
        return f"lacks {lacking[0]}"
    values = [
        ("a key", row, known),
        ("category", [row["category"]], [category.value for category in Category]),
        ("family", [row["family"]], FAMILIES),
        ("needs", [row["needs"]] if "needs" in row else [], CONDITIONS),
        ("asks", row.get("asks", ()), PARTS),
        ("an axis", row.get("axes", {}), AXES),
    ]
    values += [(axis, [value], AXES.get(axis, ())) for axis, value in row.get("axes", {}).items()]
    for what, said, accepted in values:
        for one in said:
            if not isinstance(one, str) or one not in accepted:
                return f"has {what} {one!r}: known are {', '.join(sorted(accepted))}"
    return None


@cache
def asked_as(name: str) -> tuple[str, bool] | None:
    """The predicate by which questions ask about an annotated one, and whether its ends change
    places: itself, the one of its meaning, or its inverse, whichever first has a part to ask for;
    None where there is none."""
    predicates = load_predicates()
    own = predicates[name]
    for other, is_turned in ((name, False), (own.means, False), (own.inverse, True)):
        if other is not None and other in predicates and predicates[other].asks:
            return other, is_turned
    return None


@cache
def _spellings() -> Mapping[str, str]:
    return _spelled(load_predicates())


def _spelled(table: Mapping[str, Predicate]) -> dict[str, str]:
    """The predicate of every spelling; ValueError where one stands for two."""
    spellings = {name: name for name in table}
    for name, predicate in table.items():
        for spelling in predicate.also:
            if spelling in spellings:
                raise ValueError(
                    f"{TABLE.name}: {spelling!r} stands for both {spellings[spelling]!r} and "
                    f"{name!r}: keep one"
                )
            spellings[spelling] = name
    return spellings


def clean_predicate(text: str) -> str:
    """Lower case, one blank between words, no punctuation around them."""
    return re.sub(r"[\s_]+", " ", text).strip(" .,;:!?\"'").casefold()


def canonical_predicate(text: str) -> str | None:
    """The predicate of the table that a free-text one means, or None."""
    spellings = _spellings()
    cleaned = clean_predicate(text)
    bare = re.sub(r"^(?:is|are|was|were|being)\s+", "", cleaned)
    bare = re.sub(r"\s+(?:a|an|the)$", "", bare)
    return spellings.get(cleaned) or spellings.get(bare)

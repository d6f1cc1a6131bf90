"""Identity: which question of one build is which question of another, whatever their ids.

A question is known by its photograph, its category, what it asks about and what it asks for. Where
claims name objects by ids, these are replaced by what the objects are and where, so that a source
with other ids, or scenes that were cleaned otherwise, still ask the same question.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from schemas.claim import OBJECT_FIELDS, Claim, decode_claim
from tasks.diff.record import QUESTIONS, SCENES, Record
from tasks.language.reading import parts

Row = dict[str, Any]
Thing = tuple[str, tuple[int, ...]]
"""An object's class, or else name, and its box in pixels."""
Pairs = list[tuple[Row, Row]]


class Identity(NamedTuple):
    """`about` is what is asked about, `asked` the answer's claim within it."""

    about: Hashable
    asked: Hashable


class Known(NamedTuple):
    """What tells apart photographs and objects of a build, by image id."""

    photographs: Mapping[str, str]
    things: Mapping[str, Mapping[int, Thing]]


def known_of(record: Record, images: Sequence[str]) -> Known:
    """Of these images; empty where the artifacts that say so are gone."""
    sound = record.rows("photographs", SCENES, images)
    digests = {} if sound is None or "sha256" not in sound.columns else dict(
        sound.select(SCENES, "sha256").drop_nulls().iter_rows()
    )  # fmt: skip
    scenes = record.rows("ingest", SCENES, images)
    things: dict[str, dict[int, Thing]] = {}
    for row in () if scenes is None else scenes.iter_rows(named=True):
        things[row[SCENES]] = {
            thing["object_id"]: (
                thing["class_name"] or thing["name"],
                (thing["x1"], thing["y1"], thing["x2"], thing["y2"]),
            )
            for thing in row["objects"]
        }
    return Known(digests, things)


def identity_of(row: Row, photograph: str, things: Mapping[int, Thing], *, boxes: bool) -> Identity:
    """Of a sample or a candidate. Without `boxes` things are told apart by their class alone. Where
    a claim cannot be read, a question is known by the claim as it is written."""
    try:
        claim = decode_claim(row["claim"])
        about, asked = parts(_described(claim, things, boxes=boxes), row["asks"])
    except (msgspec.MsgspecError, ValueError, TypeError, KeyError):
        about, asked = row["claim"], ""
    return Identity((photograph, row["category"], row["asks"], about), asked)


def _described(claim: Claim, things: Mapping[int, Thing], *, boxes: bool) -> Claim:
    """The claim with objects in place of their ids."""

    def told(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(told(entry) for entry in value)
        thing = things.get(value)
        return value if thing is None else thing if boxes else thing[0]

    fields = {
        name: told(getattr(claim, name))
        for name in claim.__struct_fields__
        if name in OBJECT_FIELDS
    }
    described: Claim = msgspec.structs.replace(claim, **fields)
    return described


class Matcher:
    """Finds the same question in two builds. Photographs are told apart by their bytes, and things
    by class and box, where the artifacts of both builds say so; else by ids."""

    def __init__(self, one: Known, two: Known) -> None:
        self.has_digests = bool(one.photographs and two.photographs)
        self.has_things = bool(one.things and two.things)

    def key(self, row: Row, known: Known, *, boxes: bool) -> Identity:
        image = row[SCENES]
        digest = known.photographs.get(image) if self.has_digests else None
        things = known.things.get(image, {}) if self.has_things else {}
        return identity_of(row, digest or f"image {image}", things, boxes=boxes)

    def pairs(
        self, before: Sequence[Row], after: Sequence[Row], one: Known, two: Known
    ) -> tuple[Pairs, list[Row], list[Row]]:
        """Pairs, and the rows of both sides that are left. The surest sign comes first: the same id
        on the same photograph; the same question, things told apart by box and then by class alone;
        what is asked about, whatever the answer; and the same id."""
        strict = (self._keys(before, one, boxes=True), self._keys(after, two, boxes=True))
        loose = (self._keys(before, one, boxes=False), self._keys(after, two, boxes=False))
        found: Pairs = []
        signs: list[tuple[Any, Sign]] = [
            (strict, lambda row, key: (row[QUESTIONS], key.about[0])),
            (strict, lambda row, key: key),
            (loose, lambda row, key: key),
            (strict, lambda row, key: key.about),
            (loose, lambda row, key: key.about),
            (strict, lambda row, key: row[QUESTIONS]),
        ]
        for (keys, others), sign in signs:
            left = _unique(before, keys, sign)
            right = _unique(after, others, sign)
            same = [(left[key], right[key]) for key in left if key in right]
            found += same
            taken = {id(row) for pair in same for row in pair}
            before = [row for row in before if id(row) not in taken]
            after = [row for row in after if id(row) not in taken]
        return found, list(before), list(after)

    def _keys(self, rows: Sequence[Row], known: Known, *, boxes: bool) -> dict[int, Identity]:
        return {id(row): self.key(row, known, boxes=boxes) for row in rows}


Sign = Callable[[Row, Any], Hashable]


def _unique(rows: Sequence[Row], keys: Mapping[int, Identity], sign: Sign) -> dict[Hashable, Row]:
    """The rows by what they are known by; those that share it with another one are left out."""
    found: dict[Hashable, Row] = {}
    shared = set()
    for row in rows:
        key = sign(row, keys[id(row)])
        shared |= {key} & found.keys()
        found[key] = row
    return {key: row for key, row in found.items() if key not in shared}

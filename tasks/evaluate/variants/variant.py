"""Variant: an item asked in another way, and how answers to it compare with those to the item."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from schemas.benchmark import ITEM, LETTERS
from schemas.columns import columns

Row = Mapping[str, Any]
VARIANT = columns(**ITEM, variant=pl.String, of_item=pl.String, letters=pl.List(pl.String))
"""A row of ITEM that is asked like any other. `of_item` is the id of the item that it is made of;
`letters` has, for each of that item's options in order, the letter of the option that stands for
the same answer here; empty for items without options."""
UNTRUE = ("gold", "full_scene", "program", "width", "height")
"""Facts of an item that its variants do not have."""


class Changed(NamedTuple):
    """What a variant has in place of the item's own. `places` gives, for each option of the item,
    the place of the option that stands for the same answer."""

    question: str
    options: Sequence[str]
    places: Sequence[int]
    images: Sequence[str]
    size: tuple[int, int]


def unchanged(item: Row) -> Changed:
    texts = [option["text"] for option in item["options"]]
    places = range(len(texts))
    return Changed(item["question"], texts, places, item["images"], (item["width"], item["height"]))


def row_of(item: Row, variant: str, changed: Changed) -> dict[str, Any]:
    """A row of VARIANT."""
    letters = [LETTERS[place] for place in changed.places]
    answer = item["answer"]
    return dict(item) | {
        "item_id": f"{item['item_id']}~{variant}",
        "question": changed.question,
        "options": [
            {"letter": letter, "text": text}
            for letter, text in zip(LETTERS, changed.options, strict=False)
        ],
        "answer": letters[LETTERS.index(answer)] if letters else answer,
        "images": list(changed.images),
        "width": changed.size[0],
        "height": changed.size[1],
        "facts": [entry for entry in item["facts"] if entry["name"] not in UNTRUE],
        "variant": variant,
        "of_item": item["item_id"],
        "letters": letters,
    }

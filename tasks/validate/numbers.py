"""Numbers: what a dataset holds, counted for the validation page and for programs."""

from typing import Any

import polars as pl

from schemas.claim import Category
from schemas.completion.publish import LETTERS
from schemas.question import LEVELS


def numbers_of(view: pl.DataFrame) -> dict[str, Any]:
    """The `numbers` of results.json, from a checks view; `photographs` are those of the samples,
    none where they were omitted."""
    return {
        "images": view["image_id"].n_unique(),
        "photographs": view.filter("has_photograph")["group_id"].n_unique(),
        "splits": {name: view.filter(split=name).height for name in ("train", "val")},
        "categories": category_table(view),
        "letters": letter_table(view),
    }


def category_table(view: pl.DataFrame) -> list[dict[str, Any]]:
    """Samples per level and in all, one entry per category; `share` is that of the data set."""
    return [
        {
            "name": category.value,
            "levels": [rows.filter(level=level).height for level in LEVELS],
            "total": rows.height,
            "share": rows.height / max(view.height, 1),
        }
        for category in Category
        for rows in [view.filter(category=category.value)]
    ]


def letter_table(view: pl.DataFrame) -> list[dict[str, Any]]:
    """How often each letter is the answer, one entry per split."""
    return [
        {
            "split": split,
            "letters": [
                {"letter": letter, "count": count, "share": count / max(rows.height, 1)}
                for letter in LETTERS
                for count in [rows.filter(answer_only=letter).height]
            ],
        }
        for split in ("train", "val")
        for rows in [view.filter(split=split)]
    ]

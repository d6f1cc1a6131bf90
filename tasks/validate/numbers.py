"""Numbers: what a dataset holds, counted for the validation page and for programs."""

from typing import Any

import polars as pl

from schemas.claim import Category
from schemas.completion.publish import LETTERS
from schemas.question import LEVELS
from tasks.language.skeleton import skeleton

READ = (
    *("image_id", "group_id", "has_photograph", "split", "category", "level"),
    *("answer_only", "question_only"),
)
"""Columns of the checks view that are counted."""
NUM_COMMONEST = 10
"""Skeletons that are shown; their share says whether a dataset reads like a form letter."""


def numbers_of(view: pl.DataFrame) -> dict[str, Any]:
    """The `numbers` of results.json, from columns READ of a checks view; `photographs` are those of
    the samples, none where they were omitted."""
    return {
        "images": view["image_id"].n_unique(),
        "photographs": view.filter("has_photograph")["group_id"].n_unique(),
        "splits": {name: view.filter(split=name).height for name in ("train", "val")},
        "categories": category_table(view),
        "letters": letter_table(view),
        "skeletons": skeleton_table(view),
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


def skeleton_table(view: pl.DataFrame) -> dict[str, Any]:
    """How many different questions there are once names are taken out (`num`), in all and per
    category, and the commonest, with the share that each, and all of them together, have of the
    samples."""
    asked = view.select(
        "category",
        skeleton=pl.Series(map(skeleton, view["question_only"]), dtype=pl.String),
    )
    counts = asked.group_by("skeleton").len().sort("len", "skeleton", descending=[True, False])
    commonest = counts.head(NUM_COMMONEST)
    size = max(view.height, 1)
    return {
        "num": counts.height,
        "commonest_share": int(commonest["len"].sum()) / size,
        "commonest": [
            {"skeleton": text, "count": count, "share": count / size}
            for text, count in commonest.iter_rows()
        ],
        "categories": [
            {
                "name": category.value,
                "num": rows["skeleton"].n_unique(),
                "commonest_share": int(rows["skeleton"].value_counts()["count"].max() or 0)  # type: ignore[arg-type]
                / max(rows.height, 1),
            }
            for category in Category
            for rows in [asked.filter(category=category.value)]
        ],
    }

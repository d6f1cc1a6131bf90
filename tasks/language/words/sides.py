"""Sides: left, right, above, below, ahead and back, as words name them."""

import re

from tasks.language.words.phrases import Words, named

SIDES = {
    "left": {"left", "leftward", "leftwards"},
    "right": {"right", "rightward", "rightwards"},
    "above": {"above", "over", "up", "upper", "top", "higher"},
    "below": {"below", "under", "underneath", "beneath", "down", "lower", "bottom"},
    "ahead": {"front", "ahead"},
    "back": {"behind", "back"},
}
"""The words for each side. Two sides together name a diagonal."""


def sides_in(words: Words) -> set[str]:
    """The sides that the words name; "right behind" and "left behind" are only behind."""
    text = re.sub(
        r"\b(?:right|left) (?=(?:behind|above|below|under|over|in front|ahead|next|beside)\b)"
        r"|\bback to\b",
        "",
        " ".join(words.plain),
    )
    return named(text.split(), SIDES)

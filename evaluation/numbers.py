"""Numbers: what a reply says as a number, and how near that is to the true one."""

import re

import numpy as np

from evaluation.answers import answer_text
from evaluation.option_texts import words_with_digits

THRESHOLDS = np.linspace(0.5, 0.95, 10)
"""Those of VSI-Bench (arXiv 2412.14171): .50, .55, ..., .95."""
BARE_POINT = re.compile(r"(?<![\w.])\.(?=\d)")
"""The point of ".5"."""
FORMULA = re.compile(r"[^\W\d_]\d|\d[_^]|\d[eE][+-]?\d")
"""A digit behind a letter, a power, an exponent: such a number is not read."""
SIGNED = re.compile(r"-?[0-9]{1,300}(?:\.[0-9]+)?")
"""With at most 300 digits, which a float can hold."""


def number_said(reply: str) -> float | None:
    """The one number that a reply gives as its answer, None where that names none or several."""
    return signed_number_in(
        answer_text(BARE_POINT.sub("0.", reply))
    )  # a point may begin the answer


def signed_number_in(text: str) -> float | None:
    """The one number that a text names, in digits or in a word; None for none or several, which two
    ends of a range are, too, and for formulas. Units are not looked at."""
    if FORMULA.search(text):
        return None
    words = words_with_digits(BARE_POINT.sub("0.", text.replace("\u2212", "-")))
    found = {word for word in (one.partition(" ")[0] for one in words) if SIGNED.fullmatch(word)}
    return float(found.pop()) if len(found) == 1 else None


def mean_relative_accuracy(said: float, true: float) -> float:
    """The share of the thresholds that |said - true| / |true| is not above 1 minus; |said - true|
    where the true number is 0. From 0 to 1, all within five percent of the true number.

    In floats of 64 bits and in this order, as the published code computes: that decides at the
    edges, where 1.05 for 1 is within five percent, and 0.95 for 1 as well."""
    error = abs(said - true) if true == 0 else abs((said - true) / true)
    return float((error <= 1 - THRESHOLDS).mean())

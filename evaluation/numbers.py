"""Numbers: what a reply says as a number, and how near that is to the true one."""

import re

import numpy as np

from evaluation.answers import answer_text
from evaluation.reading.option_texts import MULTIPLES, NUMBERS, TENS, words_with_digits
from evaluation.reading.reply_parts import any_of

THRESHOLDS = np.linspace(0.5, 0.95, 10)
"""Those of VSI-Bench (arXiv 2412.14171): .50, .55, ..., .95."""
BARE_POINT = re.compile(r"(?<![\w.])\.(?=\d)")
"""The point of ".5"."""
FORMULA = re.compile(r"[^\W\d_]\d|\d[_^]|\d[eE][+-]?\d")
"""A digit behind a letter, a power, an exponent: such a number is not read."""
UNREAD = {
    *MULTIPLES, "pair", "pairs", "half", "halves", "thirds", "quarter", "quarters", "fifths",
    "minus", "fold",
}  # fmt: skip
"""Words that make a number behind or before them another one: "a hundred and one", "3 pairs"."""
PARTS = re.compile(r"(?i)\bbut\b|[.,;:](?=\s)")
"""Between parts of a sentence, each of which may answer."""
A_NUMBER = rf"(?:an? |the )?[~$\u20ac\xa3]?(?:\d|(?:{'|'.join((*NUMBERS, *TENS))})\b)"
"""Where a number begins."""
BOUND = (
    "(?:more|fewer|less|greater|larger|smaller|higher|lower|longer|shorter) than|at least|"
    r"at most|max\.?|(?:min|max)imum(?: of)?|up to|upwards? of|over|above|below|under|beyond|"
    r"exceed(?:s|ing)?"
)
"""Words before a number that is not reached, or not left behind: a bound is no amount."""
UNDECIDED = re.compile(
    rf"(?i)\b{any_of('c')}(?![\w'-])|[<>\u2264\u2265]|\d ?[a-z]{{0,3}}\+(?! ?\d)|\d plus\b"
    rf"|\b(?:(?:{BOUND}) (?:about |around |roughly |only )?|not (?:exactly )?){A_NUMBER}"
    r"|\b(?:(?:or|and) (?:more|fewer|less|above|over|up|below|under)|at (?:least|most)|max\.?)\W*$"
    rf"|{A_NUMBER}(?: or more| at (?:least|most))\b"
)
"""A part that does not answer: by words of doubt, by a bound on either side of a number, or by
denying one."""
LABELLED = re.compile(
    r"(?i)\b(?:image|picture|photo|photograph|figure|fig\.?|frame|view|camera|question|step)"
    r"[ #]+(?:no\. ?)?\d+\b|\b\d+(?:st|nd|rd|th)\b"
)
"""A thing by its number: "image 1", "the 2nd"."""
POWER = re.compile(r"(?i)(?<=\d) ?(?:[kcm]?m|ft|in) ?(?:\^ ?)?[23](?!\w)")
"""Units of areas and volumes, which are no formulas: "20 m2"."""
CONCLUDES = re.compile(r"(?is)\A.*(?:\b(?:so|thus|hence|therefore|say|total(?:s|ling|ing)?)\b|=)")
"""What stands before the result of what was counted or computed."""
SIGNED = re.compile(r"-?[0-9]{1,300}(?:\.[0-9]+)?")
"""With at most 300 digits, which a float can hold."""


def number_said(reply: str) -> float | None:
    """The one number that a reply gives as its answer, None where that names none or several."""
    # A point may begin the answer.
    return signed_number_in(answer_text(BARE_POINT.sub("0.", reply)))


def signed_number_in(text: str) -> float | None:
    """The one number that a text names, in digits or in words; None for none or several, which two
    ends of a range are, too, for formulas and parts of one, for bounds ("more than 3"), and for
    what denies it or says that it cannot be told. Units and the numbers of images are not looked
    at."""
    text = POWER.sub("", text)
    if FORMULA.search(text):
        return None
    parts = PARTS.split(LABELLED.sub(" ", text.replace("\u2212", "-")))
    text = ", ".join(part for part in parts if not UNDECIDED.search(part))
    found = _numbers(text)
    if len(found) > 1:
        found = _numbers(CONCLUDES.sub("", text))
    return float(found.pop()) if len(found) == 1 else None


def _numbers(text: str) -> set[str]:
    """In digits; none where a word makes one of them another."""
    words = [word for one in words_with_digits(BARE_POINT.sub("0.", text)) for word in one.split()]
    return set() if UNREAD.intersection(words) else {*filter(SIGNED.fullmatch, words)}


def mean_relative_accuracy(said: float, true: float) -> float:
    """The share of the thresholds that |said - true| / |true| is not above 1 minus; |said - true|
    where the true number is 0. From 0 to 1, all within five percent of the true number.

    In floats of 64 bits and in this order, as the published code computes: that decides at the
    edges, where 1.05 for 1 is within five percent, and 0.95 for 1 as well."""
    error = abs(said - true) if true == 0 else abs((said - true) / true)
    return float((error <= 1 - THRESHOLDS).mean())

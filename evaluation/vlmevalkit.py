"""VLMEvalKit: what it reads of a reply when no judge is configured.

It follows open-compass/VLMEvalKit at e8e78f05, faults included: a letter counts where it is among
the last four words, an option's text where it only occurs ("not behind"). Do not use it for
anything else. Where a judge is configured there, the judge is asked about what is not read here.
"""

import re
from collections.abc import Mapping

from evaluation.readings import Reading, Row

VLMEVALKIT = "vlmevalkit"
"""The name of this parser."""
FAILED = "Failed to obtain answer via API"
REFUSALS = (
    "Sorry, I can't help with images of people yet.",
    "I can't process this file.",
    "I'm sorry, but without the image provided",
    "Cannot determine the answer",
)
MARKS = str.maketrans(dict.fromkeys(".()[],:;!*#{}", " "))
LAST_WORDS = 4
"""A letter counts where it first occurs among so many words at the end."""
ANSWER_IS = re.compile(r"(?i)(?:correct\s+)?answer\s+is\s+\**([ABCD])\**")
NO_OPTION = "Z"
"""The letter of no option: such a reply is wrong, and no text is looked for."""
PUNCTUATION = ';/[]"{}()=+\\_-><@`,?!'
THOUSANDS = re.compile(r"\d,\d")
POINT = re.compile(r"(?<!\d)\.(?!\d)")
MAX_POINTS = 32
"""Points that are removed: the original passes the flag re.UNICODE, which is 32, as a count."""


def vlmevalkit_letter(reply: str, options: Mapping[str, str]) -> str | None:
    """As can_infer (vlmeval/utils/matching_util.py); `options` are texts by letter."""
    letter = _letter_in(reply, options) or _text_in(reply, options)
    return None if letter == NO_OPTION else letter


def _letter_in(reply: str, options: Mapping[str, str]) -> str | None:
    if FAILED in reply:
        return None
    if any(refusal in reply for refusal in REFUSALS):
        return NO_OPTION
    words = reply.translate(MARKS).split()
    named = [letter for letter in options if letter in words]
    if len(named) == 1 and words.index(named[0]) >= len(words) - LAST_WORDS:
        return named[0]
    if not named and NO_OPTION in words:
        return NO_OPTION
    found = ANSWER_IS.search(reply)
    return found[1].upper() if found and found[1].upper() in options else None


def _text_in(reply: str, options: Mapping[str, str]) -> str | None:
    text = reply.lower()
    if len(text) > 2 * sum(map(len, options.values())):
        return None
    named = [letter for letter, option in options.items() if option.lower() in text]
    return named[0] if len(named) == 1 else None


def vlmevalkit(reply: str, item: Row) -> Reading:
    """The reading of a reply to an item with options."""
    options = {option["letter"]: option["text"] for option in item["options"]}
    letter = vlmevalkit_letter(reply, options)
    return Reading(letter, float(letter == item["answer"]))


def is_yes(reply: str) -> bool | None:
    """As YOrN_Extraction (vlmeval/dataset/utils/yorn.py): the only one of the words yes and no."""
    text = reply.lower()
    is_apart = THOUSANDS.search(text) is not None
    words = text
    for mark in PUNCTUATION:
        at_space = f"{mark} " in text or f" {mark}" in text
        words = words.replace(mark, "" if at_space or is_apart else " ")
    named = {"yes", "no"}.intersection(POINT.sub("", words, count=MAX_POINTS).split())
    return named.pop() == "yes" if len(named) == 1 else None


def vlmevalkit_yes_no(reply: str, item: Row) -> Reading:
    """The reading of a reply to an item whose options are yes, A, and no, B."""
    found = is_yes(reply)
    letter = None if found is None else "AB"[not found]
    return Reading(letter, float(letter == item["answer"]))

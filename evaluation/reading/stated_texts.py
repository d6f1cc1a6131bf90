"""Stated texts: which options a sentence without letters states by their texts.

A text that only occurs states nothing: "the image above" does not say "above".
"""

import re

from evaluation.reading.clauses import SAY, meant_clauses
from evaluation.reading.option_texts import NONE, Options, Words

FREE = re.compile(rf"[{SAY.replace('#', '')}j]*")
"""What may stand before a text that is meant."""
ANSWER = re.compile(r"a[^@#:?.,nwpq]{0,7}?(?:m?b[lbs]*:?|:)")
ASKED = re.compile(r"[qn][^@#:?.,b]*$")
""""The answer is" and the like, and what asks for it instead: "which option is"."""
SEEN = re.compile(r"(?:[bv]|(h))[ljod&]*$")
"""Before a text: a verb that states it, in a group where a thing is seen."""
LISTED = re.compile("(?<!y)(?<!yl)#[A-Z]+(?:[lj]*(?:,|&|,&)[lj]*#[A-Z]+)+")
"""Texts that are named together, of which none is meant: "the mug, the book and the lamp"."""
COUNTS = re.compile("h[lj]*#([A-Z])")
"""A number that a thing has, or somebody sees."""
SCALE = re.compile("[^@#.,]*(?:x0+|0x):")
"""What a number behind the colon is of: "scale 1-8: 8", "2 x 4 = 8"."""
SAID = re.compile("p[lj]?s[ljs]*$")
""""I estimate", "I would say": what stands behind it is meant."""
RELATIVE = re.compile("b[^#]*xsb[ljod&]*$")
"""Of another thing than the sentence: "on the rug that is under"."""
ABOUT_TEXT = re.compile("k[ljs]*b[ljs]*$")
"""Of the reply itself: "my reasoning is below"."""
GUIDING = {
    "above", "below", "left", "right", "first", "second", "third", "next", "here", "there", "far",
}  # fmt: skip
"""Words that guide a reader as often as they name a place: "right, let me see"."""
DENIED = re.compile("[ljs]*b[lbj]*n(?![lj]*#)|[^#]*b[lj]*w$")
"""Behind a text, or a clause later, that it is not so: "the bench that is not nearest", "the claim
that it is the bench is wrong"."""
OF_THINGS = re.compile("[x*]*bb|[lj]*[x*]+[^#,.:]*n")
"""Behind NONE, that things are not found: "none of the above can be made out", "neither the cup nor
the plate"."""
DENIES = re.compile("b[lj]*n[^#.,;:]*#([A-Z]+)")
"""A text that is denied, whatever is said of it later in the sentence."""
SEEN_FROM = re.compile("(?:^|(?<=[,.;:do]))([lj]*)#([A-Z]+)(?=[^@#,.:;bv]*,?p[^@#,.:;]*[cn])")
"""From where somebody does not see enough: "from the front I can't tell"."""
WHOLE = {"is", "are", "be", "has", "not", "none", "cannot"}
"""Words of a text that is meant wherever it stands."""


def read_texts(sentence: str, known: Options) -> tuple[str, int]:
    """The letters of the options whose texts a sentence without letters states, and how explicitly:
    6 behind "answer is", 4 as all that it says, else 3."""
    ends = [
        one.end() for one in ANSWER.finditer(sentence) if not ASKED.search(sentence[: one.start()])
    ]
    told = sentence[max(ends, default=0) :]
    if not ends:
        told = LISTED.sub(_unless_several, told)
    told = SEEN_FROM.sub(lambda seen: _unless_place(seen, known), told)
    told = told[told.rfind("o", 0, max(told.rfind("#"), 0)) + 1 :]
    counts = COUNTS.findall(told)
    if (
        told.endswith("l")
        or SCALE.match(told)
        or (len(counts) > 1 and all(known[letter][0].isdecimal() for letter in counts))
        or len({*re.findall("(?<![a-z0])#[A-Z]+(?=x)", told)}) > 1
    ):
        return "", 0  # cut off, or a list: "two cats, three dogs", "row 1 has 2, row 2 has 2"
    clauses = meant_clauses(told)
    is_one, letters = len(clauses) == 1 and "," not in told, ""
    for head, clause in clauses:
        if clause[0] == "b" and DENIED.match(clause):
            letters = ""  # "the bus, in the lane on the left, is not nearer"
        if clause[0] not in "yq":
            found = _read_text(clause, head, is_one, known)
            if letters and not found and "n" not in clause:  # "the gate is left, the tower right"
                found = "".join(
                    re.findall("(?:^[lj]+#|^[ljd]*#(?=[A-Z]+b)|#(?=[A-Z]+$))([A-Z]+)", clause)
                )
            letters += found
    letters = "".join({*letters} - {*"".join(DENIES.findall(told))})
    is_whole = not re.sub(r"#[A-Z]+|[ljod&,.:]", "", sentence)
    return "".join(sorted({*letters})), 6 if ends else 3 + is_whole


def _unless_several(listed: re.Match[str]) -> str:
    several = len({*re.findall("[A-Z]+", listed[0])}) > 1
    return "x" if several else listed[0]


def _unless_place(seen: re.Match[str], known: Options) -> str:
    """ "Clearly no, I can't see one" names no place."""
    return seen[0] if known[seen[2][0]] in (("yes",), ("no",)) else f"{seen[1]}x"


def _read_text(clause: str, head: int, is_whole: bool, known: Options) -> str:
    """The letters whose texts a clause states: from the first that it states on."""
    for letter, text in known.items():
        if text == ("right",):  # "right behind it"
            clause = re.sub(rf"#{letter}(?=#|[a-ikm-z])", "j", clause)
    letters = ""
    for match in re.finditer(r"#([A-Z]+)", clause):
        before, after = clause[: match.start()], clause[match.end() :]
        text = known[match[1][0]]
        if re.search("[nw]|cs", before) or (len(text) < 2 and re.match(r"[am]|[js]*k", after)):
            continue
        if letters or _is_stated(before, text, after, head, is_whole):
            letters += match[1]
    return letters


def _is_stated(before: str, text: Words, after: str, head: int, is_whole: bool) -> bool:
    """Whether a clause states an option: as all that it says, behind a verb, as the subject of one,
    or as a fragment at the head of a sentence, which it `is_whole`."""
    if len(text) < 2 and re.match("[ljs]*k", after) and not SEEN.search(before):
        return False  # "the left of the image shows"
    if (
        DENIED.match(after)
        or re.match("[ljs]*c", after)
        or (text[0] in NONE and OF_THINGS.match(after))
    ):
        return False
    is_guide, goes_on = " ".join(text) in GUIDING, re.search("[a-z0#]", after) is not None
    is_free, seen = FREE.fullmatch(before) is not None, SEEN.search(before)
    if text in (("yes",), ("no",)):
        return is_free and not goes_on
    if text == ("right",) and not goes_on and re.search("^[aqsp]*b$", before):
        return False
    if len(text) > 1 and text[-1] not in GUIDING and re.match("x(?=b|[.]?$)", after):
        return False  # "on the table leg"
    if re.search("pb?$|mb", before) or RELATIVE.search(before):
        return False
    if is_guide and ABOUT_TEXT.search(before):
        return False
    if SAID.search(before) and not goes_on:
        return True
    if (seen and not (seen[1] and is_guide)) or {*text[:-1]} & WHOLE:
        return True
    if not goes_on:
        opens = head > is_guide or is_whole
        return is_free and (opens or bool(re.search("[do]", before) and not (is_guide and head)))
    if not (head or re.match("[do]", before)) or "b" in before:
        return False
    if re.match("b(?!.*[nwh])", after):
        return not is_guide and re.fullmatch("[do]?s?[lj]?", before) is not None
    if re.search("b|n(?![lj]*#)", after):
        return False
    if re.fullmatch("[ljod&]*", before):
        if text[0].isdecimal():
            return not (before or re.search("[#0]", after))  # "8 of 10"
        return re.match("[ljods&]", after) is not None
    is_number = text[0].isdecimal()
    return is_whole and not is_number and bool(re.match("[lj]", before) and re.match("[lj]", after))

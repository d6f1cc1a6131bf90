"""Asked signs: of a skeleton (evaluation.reading.skeletons), what is said of what a question asks.

An option's text is no answer for being there: not "the bus" in "the bus is red", where the question
asks which is the tallest.
"""

import re
from collections.abc import Iterable, Iterator

from evaluation.reading.asked import Asked

OTHERS = re.compile(r"#[A-Z]+(?=x+(?![x*a]))")
"""In a skeleton, a number of things that the question does not name."""
SEEING = {"viewer", "camera", "scene", "photographer"}
"""Of the question, but of no thing in the picture."""
ANYTHING = {"object", "thing", "item", "he", "she", "they"}
"""Words for whatever a question asks for or speaks of."""
SUPERLATIVE = re.compile(r"\b(?:is|are|be|looks|seems) the (\w{2,}est|most)\b")
OPENING = re.compile(r"(^|\.)[ejlsx*]*k,(?=[jl]*#)")
"""In a skeleton, what only says where one looks: "in the image, the bus"."""
OF_ANOTHER_KIND = re.compile(r"#[A-Z]+(?=b[^x*afr@#.,;:]*x)")
"""In a skeleton, the subject of something that is not asked: "the bus is red"."""
ECHO = re.compile(r"(?:^|[.,;:&do])(?:(?:ps|sb)?[jkl]*\*[jkl*]*b|pb?h)[jl]*\*+[jl]*#")
"""In a skeleton, the words of the question up to its answer: "the man is holding the phone", "I see
the clock at the top left"."""
LISTED = re.compile(r"(?<=[bh])(?:[jl]*0x+[,&d]+)+(?=[jl]*#[A-Z]+j*\*)")
"""In a skeleton, numbers of other things before the counted ones: "two tables and four chairs"."""


def words_asked(line: str, asked: Asked) -> set[str]:
    """Of a line, words that speak of what is asked: those of the question, and of the ends of the
    scales that it names; empty where the question is not known."""
    ends = [match[0] for end, _ in asked.ends for match in end.finditer(line)]
    words = [word.lower() for end in ends for word in end.split()] + SUPERLATIVE.findall(line)
    things = asked.things - SEEING
    return {*words} | things | {*_verb_forms(things)} | ANYTHING if things else set()


def _verb_forms(words: Iterable[str]) -> Iterator[str]:
    """ "holding" for "hold", and the other way round."""
    for word in words:
        bare = word.removesuffix("ing")
        yield from (bare, f"{bare}e", f"{bare.removesuffix('e')}ing")


def stated_of_asked(signs: str, asked: Asked) -> str:
    """A skeleton in which texts name an option only where what is asked is said of them: neither a
    number of other things than the counted ones, nor "the bus" in "the bus is red"; "there is no
    cat" says no where cats are asked about, unless a kind or a place of its own limits it. The
    question's words are as any others."""
    if asked.things:
        signs = OPENING.sub(r"\1", signs)
        signs = OF_ANOTHER_KIND.sub("x", signs)
        signs = ECHO.sub(lambda echo: echo[0].replace("*", "l"), signs)
    if asked.is_counted:
        signs = LISTED.sub("", OTHERS.sub("0", signs))
    if asked.no:
        signs = re.sub(
            rf"(?:s?b|[bp]*h)(#{asked.no})j?\*+(?!x)(?=[jkls*]*(?:[.,]|$))", r"\1,", signs
        )
    return signs.replace("*", "x")

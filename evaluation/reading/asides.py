"""Asides: what would be so from elsewhere than from where the picture shows it.

Behind an answer, "however, from the sofa's perspective it would be C" takes nothing back. It does
where a question asks from there (evaluation.reading.viewpoint), and where it is concluded.
"""

import re
from collections.abc import Callable

from evaluation.reading.viewpoint import OF_ANOTHER

SENTENCE = re.compile(r"[^\n]+?(?:(?<!\bi\.e)(?<!\be\.g)[.!?](?=[\s*)]|$)[*)]*|(?=\n)|$)")
ELSEWHERE = re.compile(
    r"(?i)[\W_]*(?:(?:note(?: that)?|however|but|though|alternatively|of course)\b[,:]? )*"
    r"(?:(?:as )?(?:seen|viewed|looked at|looking) )?(?:"
    r"from (?:behind|above|below|inside|there"
    r"|the (?:\w+ )?(?:back|front|rear|left|right|side|end)"
    r"|(?:the|an?) (?:other|opposite|different|reverse)"
    r"|[\w -]{2,40}?'s (?:side|seat|position|end))\b"
    r"|in (?:an?|another) (?:mirror|flip|rotat|revers|invert|different|alternative)\w*\b"
    r"|with (?:the|an?) (?:\w+ )?(?:camera|viewer|observer)\b"
    r"|(?:for|to) (?:some(?:one|body)|an? (?:person|viewer|observer))\b|relative to )"
)
"""At the start of a sentence: where something else is seen."""
WOULD = re.compile(r"(?i)(?<!\bi )(?<!\bwe )\bwould\b|(?<!\bi)(?<!\bwe)(?<=\w)'d\b")
"""Of what is not so, rather than of who answers."""
CONCLUDED = re.compile(r"(?i)\b(?:so|thus|hence|therefore|because|since|wait|actually|final)\b")


def without_asides(text: str, answers: Callable[[str], bool]) -> str:
    """A text without its asides where what stands before the first of them answers, by itself."""
    asides = [found for found in SENTENCE.finditer(text) if is_aside(found[0])]
    before = text[: asides[0].start()] if asides else ""
    if WOULD.search(before) or not answers(before):
        return text
    for aside in reversed(asides):
        text = text[: aside.start()] + text[aside.end() :]
    return text


def is_aside(sentence: str) -> bool:
    """Whether a sentence says what would be so from elsewhere."""
    is_elsewhere = OF_ANOTHER.search(sentence) or ELSEWHERE.match(sentence)
    return bool(is_elsewhere and WOULD.search(sentence) and not CONCLUDED.search(sentence))

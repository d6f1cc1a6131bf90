"""Plain clauses: the clauses of a text that simply says so, and their words.

"The clock and the radio are on the shelf" is one clause, "it is small, and the lamp is tall" are
two. Where a text speaks of what only seems so, or contrasts, it has none.
"""

import re
from collections.abc import Set
from itertools import pairwise

from evaluation.reading.asked import VERB
from evaluation.reading.existing import SCENE
from evaluation.reading.option_texts import ARTICLES, singular
from evaluation.reading.skeletons import skeleton, with_not
from evaluation.reading.subjects import CLAUSE_ENDS, denying

OF_SCENE = re.compile(rf"(?i) (?:in|of) {SCENE}\b")
BEGIN = re.compile(
    r"(?i)^(?:(?:and|so|yes|no|hence|therefore|thus)\s+)?"
    r"(?:(?:i (?:think|believe|would say)|i'd say|we can see|(?:this|which) means|meaning)\s+)?"
    r"(?:that\s+)?"
)
"""What introduces a statement without changing it."""
DOUBTS = re.compile(
    r"(?i)\b(?:although|though|while|glance|first|seem\w*|appear\w*|looks? like|illusion|tell|"
    r"asks?|asked|question|statement|suggests?|neither)\b"
)
"""In a reply that does not simply say so."""
CONCLUDES = re.compile("^(?!.*e).*[ao]")
"""In the skeleton of a heading behind which a reply says what it finds, not what it will check."""
SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]?")
STARTS = re.compile(
    r"(?i)and (?:the|this|that|these|those|an?|its|his|her|their|it|he|she|they|there|i|we|so|thus|"
    r"therefore|hence|yes|no)\b"
)
"""A sentence that goes on behind "and", rather than another place or quality."""
NAMES = re.compile(
    r"(?i)(?:.*\b(?:that|so|yes|no|both|either)\s+|both |either )?"
    r"(?:the|an?|this|that) (?:[\w-]+ ){0,2}?[\w-]+"
)
"""Of nothing but a thing."""
ONE_MORE = re.compile(
    r"(?i)and (?:the|an?|this|that|its|his|her) (?:[\w-]+ ){0,2}?[\w-]+"
    r"(?: (?:in|on|at|of|to|near|behind|beside|with)\b.*)?"
)
"""Behind "and", another thing of the same sentence, unless it has a verb."""
TOKEN = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
VERBS = {"is", "are", "was", "were", "does", "do", "did", "can", "could"}
FORMS = {"ha": "have"}
"""Of "has" in the singular."""


def clauses_of(text: str) -> list[str]:
    """The clauses of a plain text that ask nothing; none where the text does not simply say so."""
    if DOUBTS.search(text):
        return []
    sentences = SENTENCE.findall(OF_SCENE.sub("", text))
    meant = (one for one in sentences if not one.endswith("?"))  # "it is taller, right?"
    text = "".join(one for one in meant if not denying(one.strip()))
    parts = re.split(f"({CLAUSE_ENDS.pattern})", text, flags=re.IGNORECASE)
    clauses = _joined([*zip(parts[::2], [*parts[1::2], ""], strict=True)])
    return [
        clause.strip()
        for (before, colon), (clause, mark) in pairwise([("", ""), *clauses])
        if not mark.startswith("?") and (":" not in colon or CONCLUDES.search(skeleton(before, {})))
    ]


def _joined(clauses: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Clauses with the mark behind each, together where "and" joins less than two sentences: "the
    clock and the radio are on the shelf", "it points up and to the left"."""
    joined = clauses[:1]
    for clause, mark in clauses[1:]:
        before, between = joined[-1]
        is_one_more = ONE_MORE.fullmatch(clause.rstrip()) and not VERB.search(clause)
        is_whole = STARTS.match(clause) and not (is_one_more or NAMES.fullmatch(before))
        if between.isspace() and clause.lower().startswith("and ") and not is_whole:
            joined[-1] = (before + between + clause, mark)
        else:
            joined.append((clause, mark))
    return joined


def words_of(text: str) -> tuple[list[str], Set[int]]:
    """Words in lower case and singular, "not" apart from its verb, without articles; the places of
    those behind an article."""
    text = re.sub(r"(?i)\bcannot\b", "can not", with_not(text.replace("\u2019", "'")))
    text = re.sub(r"(?i)\b(it|he|she|they)'(?:s|re)\b", r"\1 is", text)
    text = re.sub(r"(?i)(?<=\w)'s\b", "", text)
    words: list[str] = []
    behind: set[int] = set()
    for word in TOKEN.findall(text.lower()):
        if word in ARTICLES:
            behind.add(len(words))
        else:
            words.append(word if word in VERBS else singular(word))
    return words, behind


def stem(word: str) -> str:
    return FORMS.get(word, word.removesuffix("ing").removesuffix("e"))

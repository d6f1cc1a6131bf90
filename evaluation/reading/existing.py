"""Existing: a clause of a reply that says whether there is what its question asks for.

"There is a dog on the left" says yes to "Is there a dog in the picture?", and "I do not see any
dog" says no. The clause must name all that is asked for, in the question's words: "there is a cat
next to the sofa" says nothing of one on the sofa, nor a hot dog or a dog's bowl of a dog. What is
there in one place is there; what is not there in one place ("no dog is on the sofa") may be in
another.
"""

import re
from collections.abc import Sequence, Set

from evaluation.reading.option_texts import ARTICLES, singular
from evaluation.reading.skeletons import with_not
from schemas.vocabulary.attributes import load_attributes

SCENE = r"(?:the|this) (?:picture|image|photo|photograph|scene)"
WE = "(?:i|we|you|one)"
SEE = "(?:see|spot|find|detect|identify|make out)"
SHOW = "(?:show|contain|include|depict|feature)"
FOUND = "(?:visible|present|shown|seen|found|depicted|there|here)"
HOW = "(?:(?:also|clearly|just|partly|partially) )?"
PLACES = "in|on|at|by|near|next to|behind|under|above|below|to the|inside|between"
ONE = "(?:an?|one|two|three|four|five|some|several|many|a few|at least one)"
BEGIN = r"(?i)^(?:(?:and|but|so|yes|no|yet|while|therefore|thus),?\s+)?"
SOUGHT = re.compile(
    rf"(?i)(?:\b(?:is|are) there|\b(?:can|do) (?:you|we) see|\bdoes {SCENE} {SHOW}) "
    rf"(?:an?|any|some) ([^?.,;:]+?)"
    rf"(?: {FOUND})?(?: (?:anywhere )?in {SCENE})?\s*\?"
)
HAS = re.compile(
    rf"{BEGIN}(?:there(?:'s| is| are)|{WE} (?:can |do )?(?:clearly )?{SEE}|{SCENE} {SHOW}s) {ONE} "
)
LACKS = re.compile(
    rf"{BEGIN}(?:there (?:is|are) not|{WE} (?:do|can|could) ?not {SEE}|{SCENE} does not {SHOW}) "
    r"(?:an?|any) "
)
LOOKED_FOR = re.compile(
    r"(?i)\b(?:look|search|check|scan)\w* (?:closely |carefully )?for (?:an?|any|some) (.+)$"
)
NOT_FOUND = re.compile(rf"{BEGIN}(?:{WE} )?(?:do|did|can|could) not {SEE} (?:one|any|it|them)$")
"""Behind what was looked for."""
NOR = re.compile(r"(?i)^(?:and|but) no (.+)$")
"""Behind what else there is: "a car and no people"."""
PLACE = re.compile(rf"(?i) (?:{PLACES})\b")
IN_SCENE = re.compile(rf"(?i) (?:anywhere )?(?:in|on) {SCENE}\b.*")
ELSEWHERE = re.compile(
    r"(?i)\b(?:in|on) (?:(?:most|many|such|every|all|another|other|some)\b"
    r"|(?:the|your|my|this) (?:mind|question|prompt|text|options?|other (?:picture|image|photo))\b)"
)
"""Not in the picture that is asked about."""
DOING = r"(?!missing|lacking)\w+ing"
IS = re.compile(rf" (?:is|are) (?:{HOW}(?:{FOUND}|{DOING}) )?(?=[a-z])")
FOUND_ONE = re.compile(
    rf"{BEGIN}(?:(no)|{ONE}) "
    rf"(?=[^,;:]*? (?:(?:is|are|can be) {HOW}(?:{DOING} )?(?:{FOUND}|{PLACES}))\b)"
)
WORD = re.compile(r"[\w'-]+")
AFTER = {
    "in", "on", "at", "by", "near", "next", "beside", "behind", "under", "above", "below", "and",
    "with", "to", "here", "inside", "around", "standing", "sitting", "lying", "leaning", "hanging",
    "parked", "visible", "present", "who", "which", "anywhere", "between",
}  # fmt: skip
"""What may follow a name: it is no part of the name of another thing."""
VERBS = {"is", "are", "can"}
"""The same, where the thing is the subject."""
BESIDE = {"left", "right", "side"}
"""Soon behind "to" where it is said of a place: "a bicycle to rent" is not."""
KINDLESS = {
    "small", "large", "big", "little", "tiny", "huge", "tall", "short", "young", "old", "dark",
    "bright",
    *(
        name
        for color in load_attributes().values()
        if color.family == "color"
        for name in (color.name, *color.also)
    ),
}  # fmt: skip
"""Colours and sizes: a red car is a car, as a toy car is not."""
EVERYWHERE = {"visible", "present", "here", "anywhere", "shown", "seen", "found", "depicted"}
"""What else a clause may have that says of a thing that it is nowhere."""


def sought_in(question: str) -> Sequence[str]:
    """The words by which a question asks whether something is there; none where it does not."""
    found = SOUGHT.search(question)
    return _words(found[1]) if found else ()


def said_to_exist(
    clause: str, sought: Sequence[str], before: str = "", *, is_last: bool = True
) -> str | None:
    """What a clause, behind another one, says, "Yes" or "No", of what is sought; None where it does
    not say it. `is_last`: it ends its sentence."""
    clause = with_not(clause)
    nor = NOR.match(clause)
    if nor and sought and HAS.match(before) and not PLACE.search(IN_SCENE.sub("", before)):
        return ", No," if _words(nor[1]) == [*sought] else None
    looked = LOOKED_FOR.search(IN_SCENE.sub("", before))
    if (
        is_last
        and looked
        and sought
        and NOT_FOUND.match(IN_SCENE.sub("", clause).removesuffix(" anywhere"))
    ):
        return ", No," if _words(looked[1]) == [*sought] else None
    lacks, found = LACKS.match(clause), FOUND_ONE.match(clause)
    begin = lacks or HAS.match(clause) or found
    if not sought or not begin or ELSEWHERE.search(clause):
        return None
    rest = clause[begin.end() :]
    if lacks or (found and found[1]):
        told = [_words(IN_SCENE.sub("", text)) for text in (rest, IS.sub(" ", rest, count=1))]
        return "No," if any(_is_nowhere(words, sought) for words in told) else None
    ends = VERBS if begin is found else AFTER
    told = [_words(rest), _words(IS.sub(" ", rest, count=1))] if begin is found else [_words(rest)]
    return "Yes," if any(_begins(words, sought, ends) for words in told) else None


def _is_nowhere(words: Sequence[str], sought: Sequence[str]) -> bool:
    """Whether words are those that are sought, and say nothing of another place."""
    return [word for word in words if word not in EVERYWHERE | VERBS | {"be"}] == [*sought]


def _begins(words: Sequence[str], sought: Sequence[str], ends: Set[str]) -> bool:
    """Whether words begin with those that are sought, behind colours and sizes, and may go on as
    they do."""
    while words and words[0] in KINDLESS and words[0] not in sought:
        words = words[1:]
    following = words[len(sought) : len(sought) + 1]
    is_apart = following != ["to"] or not BESIDE.isdisjoint(words[len(sought) + 1 :][:2])
    return [*words[: len(sought)]] == [*sought] and {*following} <= ends and is_apart


def _words(text: str) -> list[str]:
    words = [word.lower() for word in WORD.findall(text)]
    return [
        word if word in AFTER | VERBS else singular(word) for word in words if word not in ARTICLES
    ]

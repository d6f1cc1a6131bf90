"""Unseen: yes or no before words that say that no picture came, which is no answer.

"No, I don't see an image in our conversation" is of what was sent, not of what is asked; "no, I
don't see a picture on the wall" is an answer, and so are both where the question asks for pictures.
"""

import re

PICTURE = "(?:image|picture|photo|photograph|attachment|screenshot)s?"
THE = "(?:(?:any|an?|the|your|this|that|such|actual|attached|uploaded) )*"
NOT = r"(?:n't|not| not|'t)"
GIVEN = (
    "(?:attach|upload|provid|includ|shar|send|sent|receiv|available|visible|load|come through|"
    r"came through|there\b|work|display|render)"
)
UNABLE = (
    rf"(?:(?:do|did|can|could|have|has|am|are|was){NOT}|(?:am|'m|was) (?:un|not )able to"
    "|(?:am|'m) not|never)"
)
SEE = (
    "(?:see|seen|view|find|access|open|load|process|detect|get|got|receive|received|analyze|"
    "look at|have(?: access to)?|been given|seeing|finding)"
)
NOTHING_MORE = (
    r"(?=\s*(?:$|[.,;:!?()\u2013\u2014-]|(?:here|attached|uploaded|provided|included|shared|available"
    r"|yet|at all|so|and|or|but|(?:that )?you|to (?!the\b))\b"
    r"|(?:in|with|to|on|from|for|at) (?:our|your|this|my|me|the (?:conversation|message|chat|prompt"
    r"|question|request|input))\b))"
)
"""Behind the picture: not where it would be in what is seen."""
UNSEEN = (
    rf"(?:i|we) ?{UNABLE} (?:\w+ly )?{SEE} {THE}{PICTURE}\b{NOTHING_MORE}",
    rf"(?:i|we) (?:can )?(?:see|have|got|received) no {PICTURE}\b{NOTHING_MORE}",
    r"(?:i|we) (?:can )?only (?:see|have|got|received) (?:the |your )?(?:text|question)\b",
    rf"(?:i|we) (?:can )?(?:see|read) [\w ]{{2,30}},? but (?:not|no) {THE}{PICTURE}\b"
    rf"{NOTHING_MORE}",
    rf"there(?:'s| is| was| are| were| seems to be| appears to be)(?: no|n't| not) {THE}{PICTURE}\b"
    rf"{NOTHING_MORE}",
    rf"(?:no {PICTURE}|nothing) (?:\w+ )?(?:been )?{GIVEN}",
    rf"(?:the|your|this) {PICTURE} (?:(?:is|was|seems|appears) (?:to be )?(?:missing|blank|broken|"
    rf"corrupt)|failed to|(?:is|was|has|did|does){NOT} (?:been |get )?{GIVEN})",
    rf"you(?: (?:have|did){NOT}| forgot to| never) {GIVEN}\w* {THE}{PICTURE}\b",
    "(?:but )?please (?:re-?)?(?:upload|attach|share|provide|send)",
)
LED = (
    r"(?:(?:(?:un)?fortunately|sorry|actually|but|because|since|as|i'm (?:sorry|afraid)(?: that)?"
    r"|as an? [\w -]{2,30}?(?=,? i\b)|it (?:seems|looks|appears)(?: like| that)?),? )*"
)
ASSENT = re.compile(
    rf"(?i)(?<!\w)(?<!answer: )(?<!answer is )(?:yes|no)[*_]*\s*[,.;:!\u2013\u2014-]+[*_]*\s*"
    rf"(?={LED}(?:{'|'.join(UNSEEN)}))"
)
OF_PICTURES = re.compile(rf"(?i)\b(?:an?|any|some|how many) (?:\w+ )?{PICTURE}\b|\bpictures\b")
"""In a question that asks for a picture in what is seen."""


def without_unseen(text: str, question: str) -> str:
    """A text without yes or no before words that say that no picture came, or that one is to be
    sent, unless its question asks for pictures."""
    straight = text.replace("\u2019", "'")
    if OF_PICTURES.search(question) or not ASSENT.search(straight):
        return text
    return ASSENT.sub("", straight)

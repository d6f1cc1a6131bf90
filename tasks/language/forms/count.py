"""Count: how many things of one class the picture shows."""

import re
from collections.abc import Hashable, Sequence

from schemas.chat import ReplyForm
from schemas.claim import Category, CountClaim
from schemas.vocabulary.classes import load_vocabulary
from tasks.language.form import Form, Names
from tasks.language.grammar import Grammar
from tasks.language.wording import PARTS
from tasks.language.words.names import COUNTED, NUMBERS, casefolded_words, word_set
from tasks.language.words.phrases import Reading, Words
from tasks.language.words.sentences import Sentences

GRAMMAR = Grammar(
    PARTS
    | {
        "ask": (
            "how many {plural} {are_there} in {the} {picture}?",
            "in {the} {picture}, how many {plural} {are_there}?",
            "how many {plural} does {the} {picture} {show}?",
            "what is the {total}number of {plural} {shown}in {the} {picture}?",
            "count all {plural} in {the} {picture}. how many {are_there}?",
            "the {total}number of {plural} {shown}in {the} {picture} is {gap}. {fits}",
        ),
        "are_there": (
            "are there", "are visible", "are shown", "can be seen", "can you see", "do you see",
        ),
        "the": ("the", "this"),
        "show": ("show", "contain"),
        "total": ("", "total "),
        "shown": ("", "shown ", "visible "),
    }
)  # fmt: skip
INEXACT = word_set("least most more fewer less over under about around nearly almost to or")
"""Words of options that state no single number ("at least 3", "2 or 3")."""
NUMBERS_ASKED = range(21)
"""Numbers that an option may state: nobody counts more things in one picture at a glance, and words
for larger numbers are not read (`NUMBERS`)."""


SENTENCES = Sentences(
    "({open} | {total})* how many [individual] S [{are}]",
    "({open})* [{total}] (what {be} the | the) {number} of S {visible_ones}",
    "({open})* (what | which) {number} of S [{be} [{visible}] | can be [{seen}] | do you see]",
    "({open})* [(can | could) you] count [all | the number] [of] [the] S [how many [S] [{are}]]",
    "({open})* the {number} of S {visible_ones} {be} ___",
    total="in total | altogether | overall",
    number="[total | exact | whole] (number | count | total)",
    visible_ones="[[that {be}] {visible} | that can be {seen} | [that] (you | we) [can] see]",
    seen="seen | counted | found | spotted",
    are="(are | is) there | (are | is) {visible} | can be {seen} | (can | could | do)"
    " (you | we | i) (see | count | find | spot) | does (show | contain | have | include |"
    " depict) | (are | is) | can be | appear | shown",
)


class CountTerms(ReplyForm):
    class_name: str
    number: int


def _sentences(claim: CountClaim, asks: str) -> Sentences:
    return SENTENCES


def _parts(claim: CountClaim, asks: str) -> tuple[Hashable, Hashable]:
    return claim.class_name, claim.number


def _ends(claim: CountClaim, names: Names) -> tuple[str | None, str | None]:
    return claim.class_name, None


def _plural(claim: CountClaim) -> str:
    return load_vocabulary().classes[claim.class_name].plural


def _grammar(
    claim: CountClaim, asks: str, evidence: str, options: Sequence[str], names: Names
) -> Grammar:
    return GRAMMAR.filled(plural=_plural(claim))


def _in_words(option: str) -> str:
    return COUNTED.split()[int(option)]


def _text(claim: CountClaim, asks: str, names: Names) -> str:
    return str(claim.number)


def _means(claim: CountClaim, names: Names) -> str:
    entry = load_vocabulary().classes[claim.class_name]
    counted = entry.name if claim.number == 1 else entry.plural
    return f"the picture shows exactly {claim.number} {counted}"


def _wanted(claim: CountClaim, asks: str, evidence: str, names: Names) -> str:
    return f"how many {_plural(claim)} the picture shows"


def _context(claim: CountClaim, asks: str, names: Names) -> Sequence[str]:
    return [claim.class_name]


def _read_question(asked: Words, claim: CountClaim, asks: str, answers: Sequence[Words]) -> Reading:
    marked = asked.marked_plain.split()
    if "S" not in marked or "X" in marked:
        return Reading.DIFFERS
    return Reading.READ


def _read_option(words: Words, claim: CountClaim, asks: str) -> Reading:
    said = set(words.words)
    numbers = [int(word) for word in words.words if word.isdecimal() and len(word) < 4]
    numbers += [NUMBERS[word] for word in words.words if word in NUMBERS]
    if not numbers and {"no", "none"} & said:
        numbers = [0]
    elif not numbers and re.fullmatch(r"(?:only )?(?:a|an|a single) \w+", words.text):
        numbers = [1]
    if said & INEXACT or words.others or len(numbers) > 1 or any(map(_is_figure, said)):
        return Reading.DIFFERS
    if not numbers:
        return Reading.UNREAD
    return Reading.READ if numbers == [claim.number] else Reading.DIFFERS


def _is_figure(word: str) -> bool:
    """Whether a word is a number that is not read: not in plain digits, or with more than three of
    them."""
    return word.isnumeric() and not (word.isdecimal() and word.isascii() and len(word) < 4)


def _gives_away(
    question: str, options: Sequence[str], claims: Sequence[CountClaim], asks: str, names: Names
) -> bool:
    said = {NUMBERS.get(word, word) for word in casefolded_words(question)}
    numbers = {claim.number for claim in claims}
    return not said.isdisjoint(numbers | set(map(str, numbers))) and not re.search(
        r"\bat least one\b", question.casefold()
    )


def _topic(claim: CountClaim) -> str:
    return f"count {claim.class_name}"


def _hint(claim: CountClaim) -> str:
    return f": name {_plural(claim)!r}"


def _absurd_number(claim: CountClaim) -> str | None:
    if claim.number in NUMBERS_ASKED:
        return None
    first, last = NUMBERS_ASKED[0], NUMBERS_ASKED[-1]
    return f"{claim.number} of {claim.class_name!r}: a number is from {first} to {last}"


FORM = Form(
    category=Category.COUNT,
    claim=CountClaim,
    terms=CountTerms,
    asks=("number",),
    parts=_parts,
    ends=_ends,
    grammar=_grammar,
    text=_text,
    manners=(str, _in_words),
    means=_means,
    wanted=_wanted,
    context=_context,
    sentences=_sentences,
    read_question=_read_question,
    read_option=_read_option,
    gives_away=_gives_away,
    topic=_topic,
    hint=_hint,
    absurd_number=_absurd_number,
)

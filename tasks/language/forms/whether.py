"""Whether: the words that ask, for yes or no, whether one thing stands in a relationship to
another."""

from tasks.language.grammar import Grammar
from tasks.language.wording import PARTS
from tasks.language.words.sentences import Sentences

GRAMMAR = Grammar(
    PARTS
    | {
        "ask": (
            "{yes_or_no}{look}is the {subject} {phrase} the {object}?",
            "{yes_or_no}{look}would you say that {stated}?",
            "{yes_or_no}{is_it} that {stated}?",
            "{yes_or_no}does the {picture} show the {subject} {phrase} the {object}?",
            "{look}{stated}: yes or no?",
            "{look}{stated}. {is_that}?",
        ),
        "yes_or_no": ("", "yes or no: "),
        "stated": ("the {subject} is {phrase} the {object}",),
        "is_it": ("is it true", "is it correct"),
        "is_that": ("is that so", "is this true", "is this correct"),
    }
)
SENTENCES = Sentences(
    "({open})* {be} {a} S [{located}] {so}",
    "({open})* [{be} it {true} that | that] {a} S [{be}] [{located}] {so}",
    "({open})* {a} S [{be}] [{located}] {so} {be} (that | this) [{true}]",
    "({open})* (does show | (can | could | do) (you | we | i) (see | find | spot)) {a} S {so}",
    so="P [{a}] O [with both hands]",
    true="true | so | correct",
)

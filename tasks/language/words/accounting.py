"""Accounting: whether every word of a question is known to leave its meaning alone.

A question is read only where its words are names, references, the phrase that its claim states,
words that its category asks with, or plain function words. Any other word may turn it: "the second
largest", "in a mirror", "half as wide".
"""

from collections import Counter
from collections.abc import Set

from schemas.vocabulary.classes import load_vocabulary
from tasks.language.words.names import word_set
from tasks.language.words.phrases import Words

FUNCTION_WORDS = word_set(
    "a an the this these those them they it its is are be do does did has have can "
    "could would you we us me i my our your s re based two which what who whom where how "
    "one ones of in on to from at by with as for and or among amongst between out piece "
    "furniture food fruit device here there that please tell say choose pick select name "
    "identify find spot see found seen judging only just overall whole entire all both "
    "each picture image photo photograph scene frame shot shown visible depicted pictured "
    "present appear appears appearing displayed following option options choice choices "
    "answer answers thing things object objects item items animal animals creature person "
    "people someone somebody vehicle best describes describe describing described correct "
    "correctly statement phrase viewer camera observer photographer standing sit sitting located "
    "positioned placed situated lies lie sits stands stand rests resting currently exactly "
    "actually given"
)
"""Words that may stand in any question."""
NAMED = word_set("S O X ___")
REPEATABLE = word_set("left right side three 3")
"""Words of categories that may stand twice; others then say more: "nearest to the nearest"."""


def is_accounted_for(
    asked: Words, names: Set[str], known: Set[str], own: str | None = None
) -> bool:
    """Whether a question has no words but names of its claims, function words, those of its
    category (`known`) and, with `own`, those of the predicate that it states."""
    words = asked.rest(own) if own else asked.marked_plain.split()
    left = [word for word in words if word not in FUNCTION_WORDS | NAMED]
    if any(number > 1 for word, number in Counter(left).items() if word not in REPEATABLE):
        return False
    return set(left) <= known and not _strangers(asked, names)


def _strangers(asked: Words, names: Set[str]) -> bool:
    """Whether it names anything but what its claims are about, or what is more general."""
    vocabulary = load_vocabulary()
    general = {
        above for name in names if name in vocabulary.classes for above in vocabulary.lineage(name)
    }
    return any(
        mention.name not in general | names
        and not FUNCTION_WORDS.issuperset(asked.words[mention.start : mention.stop])
        for mention in asked.mentions
        if not mention.is_grammar
    )

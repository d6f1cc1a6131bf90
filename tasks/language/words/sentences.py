"""Sentences: the whole questions that a category reads, as patterns over every word.

A question is read only where one pattern of its category matches all of it: names, the phrase that
its claim states, and the words that people ask with, each in a place where it does not turn the
meaning. Known words in another order ("which side is larger", "is the whole cat in the picture")
match nothing. The patterns are wider than the grammars of the template writer, and do not know
them.

In a pattern, a word stands for itself, `{part}` for one of a part's alternatives, `[...]` for what
may be left out, `(... | ...)` for a choice and `*` for repetition.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache

TOKEN = re.compile(r"\{(\w+)\}|[\[\]()|*]|[^\s\[\](){}|*]+")
SIGNS = {"[": "(?:", "]": ")?", "(": "(?:", ")": ")", "|": "|", "*": "*"}
PARTS: Mapping[str, str] = {
    "a": "a | an | the | this | that",
    "be": "is | are | s",
    "seems": "is | are | s | appears [to be] | looks | seems [to be] | is shown | is seen",
    "located": "located | positioned | placed | situated | found | seen | shown | visible | sitting"
    " | standing | lying | resting | sit | sits | stand | stands | lie | lies | rest | rests",
    "visible": "visible | shown | seen | present | depicted | pictured | displayed | to be seen |"
    " to be found | found",
    "noun": "thing | things | object | objects | item | items | animal | animals | creature |"
    " person | people | vehicle | option | options | choice | [piece of] furniture | fruit | food |"
    " device | one | ones | X [of X]",
    "nouns": "things | objects | items | animals | options | choices",
    "group": "[the | a] X ([the | a] X)* (and | or) [the | a] X",
    "these": "these | those | them | the two | the two of them | these two | the [following]"
    " {nouns} | these {nouns} | the following | {group}",
    "among": "(of | out of | among | amongst | between | from | comparing | compare) [both]"
    " {these}",
    "open": "please | tell me | say | ([please] (can | could | would | will) you [please]"
    " (tell | say) [me]) | just | ((looking [at] | judging [by | from] | based [on] | going by |"
    " according to) [only | alone | that]) | measured | as it appears | only | {among} | {group}",
    "pick": "[please] [can | could | would] [you] [please] (name | X | pick | choose | select |"
    " identify | find | spot | say | tell) [me | out] (the one | the {noun}) [that | which | who]",
    "which": "((which | what | who | whom | who or what) [{noun}] "
    " [of ({these} | (the | these) [following] X)] [is it [that]]) | {pick}",
    "asked": "which [one] [{noun}] [of {these}] [is it] | what is it | who is it",
    "close": "[(of | out of | among | between) {these}] [[either] {group}]"
    " [overall | in total | altogether] [here] [[as] measured]",
    "by": "(in | with) (relation | respect | regard | reference | comparison) to | relative to |"
    " [as | when] compared (to | with)",
    "position": "[exact | spatial] (position | location | place | placement | relation |"
    " relationship | whereabouts)",
    "place": "[({by} | from) {a} O]",
    "option": "(which | what) [one] [X | option | phrase | statement | answer | choice | word |"
    " words] [of {these}]",
}
"""Parts that several categories share."""


NOUNS = frozenset(re.findall(r"[a-z]+", PARTS["noun"] + PARTS["option"] + PARTS["pick"])) | {
    "regions",
    "sections",
    "portions",
    "areas",
}
"""Words that stand for what is asked for, or for an option, and "name": they name nothing of the
picture."""


class Sentences:
    """What one category reads. `patterns` may use PARTS and the category's own `parts`."""

    def __init__(self, *patterns: str, **parts: str) -> None:
        self.parts = {**PARTS, **parts}
        self.patterns = patterns

    def with_parts(self, **parts: str) -> "Sentences":
        return Sentences(*self.patterns, **{**self.parts, **parts})

    def with_end(self, mark: str) -> "Sentences":
        """With a mark for the one end that the questions name."""
        patterns = (pattern.replace("END", mark) for pattern in self.patterns)
        return Sentences(*patterns, **self.parts)

    def match(self, asked: str) -> bool:
        """Whether one of the patterns is the whole of a text of words."""
        return self._compiled.fullmatch(f"{asked} ") is not None

    @property
    def _compiled(self) -> re.Pattern[str]:
        return _compiled(self.patterns, tuple(sorted(self.parts.items())))


@cache
def _compiled(patterns: tuple[str, ...], parts: tuple[tuple[str, str], ...]) -> re.Pattern[str]:
    table = dict(parts)
    choice = " | ".join(f"({pattern})" for pattern in patterns)
    return re.compile(_expression(f"({choice}) {{close}}", table))


def _expression(pattern: str, parts: Mapping[str, str]) -> str:
    written = ""
    for token in TOKEN.finditer(pattern):
        if token[1]:
            written += f"(?:{_expression(parts[token[1]], parts)})"
        else:
            written += SIGNS.get(token[0], re.escape(token[0]) + " ")
    return written


def is_noun(words: Sequence[str]) -> bool:
    """Whether words only stand for what is asked for: "which animal"."""
    return NOUNS.issuperset(words)


def asks_of(is_so: str) -> tuple[str, ...]:
    """Patterns that ask which thing a statement is true of; the statement is what follows the
    subject ("is the largest")."""
    return (
        f"({{open}})* {{which}} {is_so}",
        f"({{open}})* one [of {{these}}] {is_so} {{asked}}",
        f"({{open}})* the ___ {is_so}",
    )


WHERE_IS = (
    "({open})* [{by} {a} O] where [exactly] {place} ({be} {a} S [{located}] | does {a} S"
    " ({located} | appear) | (can | could) {a} S be [{located}] |"
    " (can | could | do | would) (you | we) (see | find | spot) {a} S | {a} S {be} [{located}])"
    " {place}",
    "({open})* [{by} {a} O] what {be} (the {position} of {a} S | {a} S s {position})"
    " ({place} | to {a} O)",
    "({open})* how {be} {a} S {located} {by} {a} O",
    "({open})* how (would | do | can | could) you describe (the {position} of {a} S | {a} S s"
    " {position}) {place}",
    "({open})* (on | to) (which | what) side of {a} O ({be} {a} S [{located}] | does {a} S"
    " ({located} | appear) | (can | could | do) (you | we) (see | find | spot) {a} S |"
    " (can | could) {a} S be {located})",
    "({open})* (which | what) side of {a} O {be} {a} S [{located}] on",
    "({open})* [(going | starting) (from | at) {a} O] [in] (which | what) direction {place}"
    " ({be} {a} S [{located}] | does {a} S lie) {place}",
    "({open})* [in] (which | what) direction would you (go | move) from {a} O to (reach | find |"
    " get to) {a} S",
    "({open})* {a} S {be} (where | in (which | what) direction) {place}",
    "({open})* {option} [best | correctly] describes (where {a} S {be} [{located}] |"
    " the {position} of {a} S | {a} S s {position}) {place}",
    "({open})* [{by} {a} O] {a} S {be} [{located}] ___",
)
"""Patterns that ask where S is, seen from O."""

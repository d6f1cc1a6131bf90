"""Grammar: the sentences of one kind of question, made of parts that are chosen by a seed."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

START = "{ask}"
PART = re.compile(r"\{(\w+)\}")
BEGIN = re.compile(r"(?:^|[.?] )[a-z]")
BLANK = "___"
"""What a question leaves open where its options fill a gap."""


@dataclass(frozen=True)
class Grammar:
    """`parts` gives the alternatives of each part by its name; `{name}` in one of them stands for a
    part. A part is chosen once in a text: where it stands twice, it reads the same. The whole
    sentence is the part `ask`."""

    parts: Mapping[str, Sequence[str]]

    def filled(self, **slots: str) -> "Grammar":
        """With a text for each slot, a part without alternatives."""
        return Grammar({**self.parts, **{name: (text,) for name, text in slots.items()}})

    def without(self, part: str) -> "Grammar":
        """Without the alternatives that are this part alone."""
        alone = f"{{{part}}}"
        kept = (
            (name, [one for one in parts if one != alone]) for name, parts in self.parts.items()
        )
        return Grammar(dict(kept))

    def draw(self, rng: Random, text: str = START) -> str:
        """The text with every part chosen."""
        chosen: dict[str, str] = {}
        while part := PART.search(text):
            if part[1] not in chosen:
                chosen[part[1]] = rng.choice(self.parts[part[1]])
            text = text.replace(part[0], chosen[part[1]])
        return in_sentence_case(text)

    def derivations(self) -> Iterator[str]:
        """Every sentence that may be drawn, in the order of the alternatives."""
        yield from self._derived(START, {})

    def _derived(self, text: str, chosen: Mapping[str, str]) -> Iterator[str]:
        part = PART.search(text)
        if part is None:
            yield in_sentence_case(text)
            return
        known = chosen.get(part[1])
        for one in self.parts[part[1]] if known is None else (known,):
            yield from self._derived(text.replace(part[0], one), {**chosen, part[1]: one})


def in_sentence_case(text: str) -> str:
    return BEGIN.sub(lambda found: found[0].upper(), text)

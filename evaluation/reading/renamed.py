"""Renamed: a reply in its question's own words for things.

"The couch is left of the fridge" speaks of the sofa and the refrigerator that the question names,
and "the object in the red box" of the chair that it calls "the chair (highlighted by a red box)".
The words for one and the same thing stand in data/vocabulary/synonyms.toml.
"""

import re
import tomllib
from collections import Counter
from pathlib import Path

TABLE = Path(__file__).parents[2] / "data" / "vocabulary" / "synonyms.toml"
SAME = [words.split() for words in tomllib.loads(TABLE.read_text(encoding="utf-8"))["same"]]
ANY_NAME = re.compile(
    rf"(?i)(?<![\w-])({'|'.join(word for words in SAME for word in words)})(s?)(?![\w-])".replace(
        "_", " "
    )
)
GROUP_OF = {word.replace("_", " "): number for number, group in enumerate(SAME) for word in group}
BOX = re.compile(
    r"(?i)\bthe ((?:[\w-]+ ){0,3}?[\w-]+) \((?:(?:highlighted|marked|outlined) )?"
    r"(?:(?:by|with|in) )?(?:(?:a|the) )?(\w+) (?:bounding )?box\)"
)
"""A thing, and the colour of the box around it in the picture."""
IN_BOX = re.compile(
    r"(?i)(?:\bthe (?:object|item|thing|one) (?:(?:that is )?[a-z]+ )?(?:in|by|with|inside|within) "
    r"(?:the|a) |(?<!\bin )(?<!\bby )(?<!\bwith )(?<!\binside )(?<!\bwithin )\bthe )"
    r"(\w+) (?:bounding )?box(?![\w-])"
)
"""The thing in a box, which it may be called by."""


def in_words_of(question: str, reply: str) -> str:
    """The reply with the names that the question (and its options) uses, where these name only one
    thing of a kind, and the reply does not use them."""
    boxes = [(colour.lower(), name) for name, colour in BOX.findall(question)]
    is_once = Counter(colour for colour, _ in boxes)
    named = {colour: f"the {name}" for colour, name in boxes if is_once[colour] == 1}
    reply = IN_BOX.sub(lambda found: named.get(found[1].lower(), found[0]), reply)
    asked, said = _names_in(question), _names_in(reply)
    wanted = {
        group: next(iter(names))
        for group, names in asked.items()
        if len(names) == 1 and len(said.get(group, ())) == 1
    }

    def renamed(found: re.Match[str]) -> str:
        name = wanted.get(GROUP_OF[found[1].lower()])
        return f"{name}{found[2]}" if name else found[0]

    return ANY_NAME.sub(renamed, reply) if wanted else reply


def _names_in(text: str) -> dict[int, set[str]]:
    """The names of a text that have others, by the number of their group."""
    names: dict[int, set[str]] = {}
    for found in ANY_NAME.finditer(text):
        name = found[1].lower()
        names.setdefault(GROUP_OF[name], set()).add(name)
    return names

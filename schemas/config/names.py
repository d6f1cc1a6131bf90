"""Names: what users call datasets, runs, models and witnesses; they become parts of paths."""

import re
from typing import Annotated

from pydantic import AfterValidator

LONGEST = 64
NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


def pattern_of(letters: str, longest: int = LONGEST) -> re.Pattern[str]:
    return re.compile(rf"[{letters}0-9][{letters}0-9._-]{{0,{longest - 1}}}")


PLAIN = pattern_of("a-z")
"""What the names of datasets, builds and tags look like: each is one part of a path, whatever its
length on any file system."""


def _name(letters: str, words: str, longest: int = LONGEST) -> AfterValidator:
    allowed = pattern_of(letters, longest)

    def checked(text: str) -> str:
        if not allowed.fullmatch(text):
            raise ValueError(
                f"a name has 1 to {longest} {words}, digits, dots, hyphens and underscores, and "
                "begins with a letter or a digit"
            )
        return text

    return AfterValidator(checked)


Name = Annotated[str, _name("a-z", "lower-case letters")]
WitnessName = Annotated[str, _name("a-z", "lower-case letters", 32)]
ModelName = Annotated[str, _name("A-Za-z", "letters")]


def model_name(text: str) -> str:
    """The text as ModelName allows; empty where nothing of it is left."""
    return NOT_IN_NAMES.sub("-", text).strip("-._")[:LONGEST]

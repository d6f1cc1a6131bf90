"""Ballots: what a judge is shown and what its reply votes for.

The system text is the same for every question and comes first, the question last, so that
providers can cache what goes before. Texts of the data are only ever JSON strings in it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from schemas.chat import Message, Photograph, ReasonedForm, ReplyForm, Role
from schemas.completion.letters import stated_letter
from schemas.completion.publish import LETTERS
from tasks.judge.votes import AMBIGUOUS, Choice, rotated, unrotated

PROMPTS = Path(__file__).parent / "prompts"
SIGHTED_PROMPT = (PROMPTS / "judge.txt").read_text(encoding="utf-8")
BLIND_PROMPT = (PROMPTS / "judge_blind.txt").read_text(encoding="utf-8")


def _plain(answer: Any) -> Any:
    """`B` for "(b)" and other spellings of one letter; `ambiguous` without what is said of it."""
    if not isinstance(answer, str):
        return answer
    first_word, _, _ = re.sub(r"\W+", " ", answer).strip().lower().partition(" ")
    return AMBIGUOUS if first_word == AMBIGUOUS else stated_letter(answer) or answer


# No docstrings: they would become part of the schema that the model is shown.
class Vote(ReasonedForm):
    answer: Annotated[Literal["A", "B", "C", "D", "ambiguous"], BeforeValidator(_plain)]


class Guess(ReplyForm):
    answer: Annotated[Literal["A", "B", "C", "D"], BeforeValidator(_plain)]


def sighted_ballot(
    question: Mapping[str, Any], shift: int, photograph: Photograph
) -> list[Message]:
    """The messages that ask for a Vote on a row of VERIFIED, its options shifted."""
    return [
        Message(Role.SYSTEM, SIGHTED_PROMPT),
        Message(Role.USER, _shown(question, shift), photograph),
    ]


def blind_ballot(question: Mapping[str, Any], shift: int) -> list[Message]:
    """The messages that ask for a Guess."""
    return [Message(Role.SYSTEM, BLIND_PROMPT), Message(Role.USER, _shown(question, shift))]


def _shown(question: Mapping[str, Any], shift: int) -> str:
    options = rotated(question["options"], shift)
    shown = {
        "question": question["question"],
        "options": dict(zip(LETTERS[: len(options)], options, strict=True)),
    }
    return json.dumps(shown, ensure_ascii=False)


def stray_letter(reply: Vote | Guess, num_options: int) -> str | None:
    """What is wrong with a reply that names an option that was not shown, or None."""
    letters = LETTERS[:num_options]
    if reply.answer == AMBIGUOUS or reply.answer in letters:
        return None
    return f'"answer" is {reply.answer}, but the options are {", ".join(letters)}'


def choice_of(reply: Vote | Guess | None, shift: int, num_options: int) -> Choice:
    """What a reply to a ballot with that shift votes for."""
    if reply is None or stray_letter(reply, num_options):
        return None
    if reply.answer == AMBIGUOUS:
        return AMBIGUOUS
    return unrotated(LETTERS.index(reply.answer), shift, num_options)


def text_of(choice: Choice, options: Sequence[str]) -> str | None:
    """A choice as rows hold it: the option's text, AMBIGUOUS, or None."""
    return options[choice] if isinstance(choice, int) else choice

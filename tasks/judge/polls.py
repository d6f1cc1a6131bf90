"""Polls: the votes on one question, as they come in."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from schemas.chat import Failure, Message, Photograph, Usage
from schemas.config.models import JudgeRule
from tasks.chat.answers import Answer, Chat
from tasks.judge.ballots import Guess, Vote, blind_ballot, choice_of, sighted_ballot, stray_letter
from tasks.judge.votes import RULES, Choice, needs_blind_vote, next_votes, rotations

MAX_WHY = 600
"""Characters of a vote's reason that are kept, for a text that only people read: the prompt asks
for about sixty words."""
Question = Mapping[str, Any]
Ballot = TypeVar("Ballot", Vote, Guess)


@dataclass(slots=True)
class Poll:
    """The votes on one question so far. `cut_off` says why a reply is missing that a later run may
    get; then no further vote is asked for."""

    choices: list[Choice] = field(default_factory=list)
    whys: list[str | None] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    cut_off: str | None = None

    def add(self, answer: Answer[Vote] | Answer[Guess], shift: int, num_options: int) -> None:
        reply = answer.value
        self.choices.append(choice_of(reply, shift, num_options))
        self.whys.append(_storable(reply.why) if isinstance(reply, Vote) else None)
        if answer.failure is Failure.NO_REPLY:
            self.cut_off = answer.detail or answer.failure
        elif answer.failure:
            self.problems.append(f"{answer.failure}: {answer.detail}")
        self.replies.extend(answer.replies)
        self.usage += answer.usage


def _storable(why: str) -> str:
    """Short, and without unpaired surrogates, which models write and tables cannot hold."""
    return why.encode("utf-8", "replace").decode()[:MAX_WHY]


async def sighted_poll(
    chat: Chat, question: Question, photograph: Photograph, rule: JudgeRule
) -> Poll:
    """The votes of a judge that sees the picture; all votes of a round are asked for at once."""
    num_options = len(question["options"])
    shifts = rotations(num_options, RULES[rule][-1].num_votes, question["question_id"])
    poll = Poll()
    while not poll.cut_off:
        cast = len(poll.choices)
        more = next_votes(poll.choices, question["answer"], rule)
        if not more:
            break
        numbers = range(cast, cast + more)
        answers = await asyncio.gather(
            *(
                _ask(chat, sighted_ballot(question, shifts[number], photograph), Vote,
                     num_options, draw=number // num_options)
                for number in numbers
            )
        )  # fmt: skip
        for number, answer in zip(numbers, answers, strict=True):
            poll.add(answer, shifts[number], num_options)
    return poll


async def blind_poll(chat: Chat, question: Question) -> Poll:
    """The votes of a judge that does not see the picture, one after the other."""
    num_options = len(question["options"])
    poll = Poll()
    for shift in rotations(num_options, num_options, question["question_id"]):
        if not needs_blind_vote(poll.choices, question["answer"], num_options):
            break
        answer = await _ask(chat, blind_ballot(question, shift), Guess, num_options, draw=0)
        poll.add(answer, shift, num_options)
    return poll


async def _ask(
    chat: Chat, messages: list[Message], schema: type[Ballot], num_options: int, draw: int
) -> Answer[Ballot]:
    def check(reply: Ballot) -> str | None:
        return stray_letter(reply, num_options)

    return await chat.answer(messages, schema, draw=draw, check=check)

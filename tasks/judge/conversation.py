"""Conversation: the votes on one question, sighted and blind, and what they decide."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from schemas.chat import Account
from schemas.columns import columns, frame_of
from schemas.config.models import BlindRule, JudgeConfig
from schemas.config.source import SourceConfig
from schemas.question import JUDGED, MISSING, VERIFIED
from tasks.chat.answers import Chat
from tasks.chat.converse import converse
from tasks.chat.run import Run
from tasks.judge.ballots import text_of
from tasks.judge.polls import Poll, Question, blind_poll, sighted_poll
from tasks.judge.votes import Verdict, is_blind_answerable, verdict
from tasks.photographs.loader import PhotographLoader, loading_photographs

REASONS = {
    Verdict.DISAGREE: "judge-disagrees",
    Verdict.AMBIGUOUS: "judge-ambiguous",
    Verdict.UNJUDGED: "judge-unjudged",
}
OWN = columns(
    question_id=pl.String,
    **{name: dtype for name, dtype in JUDGED.items() if name not in VERIFIED},
    lost=pl.String,
    lost_detail=pl.String,
)


def judge_all(
    verified: pl.DataFrame,
    scenes_path: Path,
    photographs_path: Path,
    config: JudgeConfig,
    source: SourceConfig,
    account: Account,
    root: Path,
    run: Run | None = None,
) -> tuple[pl.DataFrame, dict[str, str]]:
    """Rows of JUDGED, and by question id why a reply is missing that a later run may get."""
    asked = verified.filter(pl.col("reason").is_null())
    image_ids = asked["image_id"].to_list()
    with loading_photographs(image_ids, scenes_path, photographs_path, source, root) as loader:
        conversation = partial(judge_question, loader=loader, config=config)
        questions = asked.iter_rows(named=True)
        results = converse(config.chat, account, questions, conversation, run=run)
    problems = {row["question_id"]: problem for row, problem in results if problem}
    return merge_judged(verified, [row for row, _ in results]), problems


async def judge_question(
    chat: Chat, question: Question, loader: PhotographLoader, config: JudgeConfig
) -> tuple[dict[str, Any], str | None]:
    """The judge's columns of a row, and why replies are missing that a later run may get. Where
    some are missing, the row does not depend on which replies came this time."""
    photograph = loader.photograph(question["image_id"], config.max_image_side)
    sighted = await sighted_poll(chat, question, photograph, config.rule)
    is_kept = verdict(sighted.choices, question["answer"], config.rule) is Verdict.KEEP
    blind = Poll()
    if not sighted.cut_off and (
        config.blind is BlindRule.REPORT or (config.blind is not BlindRule.OFF and is_kept)
    ):
        blind = await blind_poll(chat, question)
    if cut_off := sighted.cut_off or blind.cut_off:
        return judged_row(question, Poll(cut_off=MISSING), Poll(), config), cut_off
    return judged_row(question, sighted, blind, config), None


def judged_row(
    question: Question, sighted: Poll, blind: Poll, config: JudgeConfig
) -> dict[str, Any]:
    """A row of OWN."""
    options, answer = question["options"], question["answer"]
    found = verdict(sighted.choices, answer, config.rule)
    is_blind = is_blind_answerable(blind.choices, answer, len(options)) if blind.choices else None
    lost, detail = REASONS.get(found), None
    if lost:
        detail = _told(question, sighted)
    elif is_blind and config.blind is BlindRule.DROP:
        lost, detail = "blind-answerable", f"right in all {len(options)} rotations"
    return {
        "question_id": question["question_id"],
        "votes": [text_of(choice, options) for choice in sighted.choices],
        "vote_reasons": sighted.whys,
        "blind_votes": [text_of(choice, options) for choice in blind.choices],
        "verdict": found.value,
        "blind_answered": is_blind,
        "judge": config.chat.model,
        "judge_usage": asdict(sighted.usage),
        "blind_usage": asdict(blind.usage),
        "judge_replies": sighted.replies + blind.replies,
        "lost": lost,
        "lost_detail": detail,
    }


def _told(question: Question, poll: Poll) -> str:
    if poll.cut_off:
        return poll.cut_off
    votes = [text_of(choice, question["options"]) or "nothing usable" for choice in poll.choices]
    told = f"answer {question['options'][question['answer']]!r}, votes: {', '.join(votes)}"
    return "; ".join([told, *poll.problems])


def merge_judged(verified: pl.DataFrame, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows of JUDGED, in the order of the verified questions; null where the judge was not
    asked."""
    return (
        verified.join(frame_of(rows, OWN), on="question_id", how="left", maintain_order="left")
        .with_columns(
            reason=pl.coalesce("reason", "lost"),
            reason_detail=pl.coalesce("reason_detail", "lost_detail"),
        )
        .select(JUDGED.names())
        .cast(JUDGED)
    )

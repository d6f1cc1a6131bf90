"""Estimate: what a build's models will take, before it is started.

A pilot writes and judges some of the planned questions; their replies are stored, so that the
build does not pay for them again. Without a pilot the estimate rests on the length of the prompts
and on usual replies, and says so.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from schemas.claim import Category
from schemas.config.build import PipelineConfig
from schemas.config.chat import ChatConfig
from schemas.config.models import BlindRule
from tasks.chat.account import chat_of
from tasks.chat.budget import dollars_told
from tasks.chat.run import Run
from tasks.judge.ballots import BLIND_PROMPT, SIGHTED_PROMPT
from tasks.judge.votes import RULES
from tasks.pilot import ROUGH, PerQuestion, run_pilot
from tasks.plan.stage import planned, quotas_to_write
from tasks.select.losses import MORE_IMAGES, ways_told
from tasks.stage import Build
from tasks.status import StageStatus
from tasks.write.override import given_questions
from tasks.write.prompt import system_of

BYTES_PER_TOKEN = 4
"""Of English text, about."""
PIXELS_PER_TOKEN = 750
"""As Anthropic counts a picture."""
SCENE_TOKENS = 600
QUESTION_TOKENS = 60
WRITTEN_TOKENS = 200
VOTE_TOKENS = 100
GUESS_TOKENS = 10
BLIND_VOTES = 1.6
"""Usual numbers, rough on purpose, as a pilot measures them: tokens of a scene in the prompt, of a
question, of a written question, of a vote, of a blind one; and blind votes per question. What
a model reasons comes on top, and only a pilot measures it."""
USUAL = "the length of the prompts and of usual replies: --pilot 50 measures them"
SECONDS = 4.0
"""Seconds that a reply usually takes; a pilot measures this, too."""


@dataclass(frozen=True, slots=True)
class StageEstimate:
    """`low` and `high` are an interval of the dollars; all dollars are None where a price is not
    known. `hours` is at the configured concurrency and rates, None for batches."""

    stage: str
    model: str
    questions: int
    calls: int
    input_tokens: int
    output_tokens: int
    hours: float | None
    dollars: float | None
    low: float | None
    high: float | None
    basis: str


def estimate_roughly(
    config: PipelineConfig, states: Sequence[StageStatus] = ()
) -> list[StageEstimate]:
    """One entry per stage that still asks a model, by what replies usually take; of the questions
    that it will be asked, as far as they are known: damaged files say nothing."""
    whole = [entry for entry in states if entry.state != "damaged"]
    made = {entry.stage: entry.made for entry in whole if entry.made}
    complete = {entry.stage for entry in states if entry.state == "complete"}
    usual = {"write": _usual_write(config), "judge": _usual_judge(config)}
    left = {stage: usual[stage] for stage in usual if stage not in complete}
    return list(_estimates(config, _numbers(config, made) if left else {}, left))


def _numbers(config: PipelineConfig, made: Mapping[str, Sequence[Path]]) -> dict[str, int]:
    """How many questions each stage asks its model: those that hold or are planned, where these
    stages are made, else those that the quota wants."""
    write = judge = sum(quotas_to_write(config.quota).values())
    if "plan" in made:
        asked = planned(made["plan"])
        judge = asked.height
        # Templates word both questions of a pair.
        write = asked["pair_id"].null_count() if config.write.template_pairs else judge
    if "verify" in made:
        judge = planned(made["verify"]).height
    elif config.override.write:
        judge = given_questions(config).height
    return {"write": write, "judge": judge}


def estimate_by_pilot(
    prepared: Build, num_pilot: int, runs: Mapping[str, Run]
) -> list[StageEstimate]:
    """One entry per stage that asks a model, by what `num_pilot` of the planned questions took,
    which are asked and paid for now, in the stage's own of the `runs`. ValueError where none is
    planned."""
    config, root = prepared.config, prepared.root
    asked = planned(prepared.made["plan"])
    if asked.is_empty():
        raise ValueError(
            f"no question is planned: loosen extract or quota, or {ways_told(MORE_IMAGES, config)}"
        )
    measured = run_pilot(config, prepared, asked, num_pilot, root, runs)
    return list(_estimates(config, dict.fromkeys(measured, asked.height), measured))


def _estimates(
    config: PipelineConfig, numbers: Mapping[str, int], measured: Mapping[str, PerQuestion]
) -> Iterator[StageEstimate]:
    for stage, per_question in measured.items():
        chat = chat_of(config, stage)
        if chat is None:
            continue
        num_questions = numbers[stage]
        dollars = _dollars(per_question, chat)
        total = None if dollars is None else dollars * num_questions
        calls = per_question.calls * num_questions
        tokens = (per_question.input_tokens + per_question.output_tokens) * num_questions
        low, high = _interval(total, per_question)
        yield StageEstimate(
            stage=stage,
            model=chat.model,
            questions=num_questions,
            calls=round(calls),
            input_tokens=round(per_question.input_tokens * num_questions),
            output_tokens=round(per_question.output_tokens * num_questions),
            hours=None if chat.batch else _hours(calls, tokens, per_question.seconds, chat),
            dollars=total,
            low=low,
            high=high,
            basis=per_question.basis,
        )


def _interval(total: float | None, mean: PerQuestion) -> tuple[float | None, float | None]:
    if total is None:
        return None, None
    low, high = max(total * (1.0 - mean.error), 0.0), total * (1.0 + mean.error)
    return low / mean.factor, high * mean.factor


def _dollars(per_question: PerQuestion, chat: ChatConfig) -> float | None:
    if chat.price is None:
        return None
    fresh = per_question.input_tokens - per_question.cached_tokens
    tokens = fresh, per_question.cached_tokens, per_question.output_tokens
    dollars: float = chat.price.dollars(*tokens, is_batch=chat.batch)
    return dollars


def _hours(calls: float, tokens: float, seconds: float, chat: ChatConfig) -> float:
    """By whatever is slowest: the server's latency, requests or tokens per minute."""
    needed = [calls * seconds / chat.max_concurrent / 3600]
    if chat.requests_per_minute:
        needed.append(calls / chat.requests_per_minute / 60)
    if chat.tokens_per_minute:
        needed.append(tokens / chat.tokens_per_minute / 60)
    return max(needed)


def _image_tokens(side: int) -> int:
    return side * side * 3 // 4 // PIXELS_PER_TOKEN


def _usual_write(config: PipelineConfig) -> PerQuestion:
    write = config.write
    systems = [
        len(system_of(write.strategy, category, write.show_photograph).encode())
        for category in Category
    ]
    tokens = sum(systems) / len(systems) / BYTES_PER_TOKEN + SCENE_TOKENS
    if write.show_photograph:
        tokens += _image_tokens(write.max_image_side)
    return PerQuestion(1.05, tokens * 1.05, 0.0, WRITTEN_TOKENS, SECONDS, USUAL, factor=ROUGH)


def _usual_judge(config: PipelineConfig) -> PerQuestion:
    judge = config.judge
    if judge is None:
        return PerQuestion(0.0, 0.0, 0.0, 0.0, 0.0, "")
    rounds = RULES[judge.rule]
    sighted = (rounds[0].num_votes + rounds[-1].num_votes) / 2
    blind = 0.0 if judge.blind is BlindRule.OFF else BLIND_VOTES
    tokens = sighted * (
        len(SIGHTED_PROMPT) / BYTES_PER_TOKEN
        + QUESTION_TOKENS
        + _image_tokens(judge.max_image_side)
    ) + blind * (len(BLIND_PROMPT) / BYTES_PER_TOKEN + QUESTION_TOKENS)
    output = sighted * VOTE_TOKENS + blind * GUESS_TOKENS
    return PerQuestion(sighted + blind, tokens, 0.0, output, SECONDS, USUAL, factor=ROUGH)


def print_estimate(
    estimates: Sequence[StageEstimate],
    budget: float | None,
    console: Console,
    spent: float = 0.0,
) -> None:
    """What models will take, whether the budget suffices, and what was spent before."""
    table = Table(title="What the models would take", title_justify="left")
    table.add_column("stage")
    for name in ("calls", "tokens in", "tokens out", "time", "US dollars"):
        table.add_column(name, justify="right", no_wrap=True)
    for entry in estimates:
        table.add_row(
            entry.stage,
            f"{entry.calls:,}",
            _millions(entry.input_tokens),
            _millions(entry.output_tokens),
            _time(entry.hours),
            _range(entry.dollars, entry.low, entry.high),
        )
    console.print(table)
    asked = [
        f"{number:,} questions: "
        + ", ".join(
            f"{entry.stage} by {entry.model}" for entry in estimates if entry.questions == number
        )
        for number in dict.fromkeys(entry.questions for entry in estimates)
    ]
    console.print(Text(f"{'; '.join(asked)}. Estimated from {estimates[0].basis}."))
    if all(entry.dollars is not None for entry in estimates):
        total = sum(entry.dollars or 0.0 for entry in estimates)
        high = sum(entry.high or 0.0 for entry in estimates)
        told = f"In all about ${total:,.2f}, very likely at most ${high:,.2f}"
        if budget is not None:
            told += f"; the budget is ${budget:,.2f}"
        console.print(Text(f"{told}."))
    if spent:
        console.print(
            Text(
                f"Of this name, ${dollars_told(spent)} are spent already. Replies that are kept "
                "are not paid again."
            )
        )


def _time(hours: float | None) -> str:
    if hours is None:
        return "batches"
    return f"{hours:.1f} h" if hours >= 1.0 else f"{hours * 60:.0f} min"


def _millions(tokens: int) -> str:
    return f"{tokens / 1e6:,.1f} M" if tokens >= 1e5 else f"{tokens / 1e3:,.0f} k"


def _range(dollars: float | None, low: float | None, high: float | None) -> str:
    if dollars is None or low is None or high is None:
        return "price not known"
    return f"{dollars:,.2f} ({low:,.2f} - {high:,.2f})"

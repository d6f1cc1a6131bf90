"""Pilot: some of the planned questions, asked of a build's models and measured.

Their replies are stored, so that the build does not pay for them again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import polars as pl

from schemas.chat import Account
from schemas.columns import frame_of
from schemas.config.build import PipelineConfig
from schemas.config.source import SourceConfig
from schemas.question import QUESTION, as_judged
from tasks.chat.account import account_of
from tasks.chat.replies import open_replies
from tasks.chat.run import Run
from tasks.plan.groups import stable_hash
from tasks.stage import Build
from tasks.verify.stage import verify_questions
from tasks.write.stage import planned_subgraphs, write_rows

ROUGH = 2.0
"""Factor by which the estimate may be too high or too low without a pilot, or by one of a single
question."""
CONFIDENCE = 1.96
"""Standard errors to either side: 95 of 100 such intervals hold the true mean."""
OUTPUT_WEIGHT = 5
"""Input tokens that cost as much as one output token, about: only the spread of costs needs it."""


@dataclass(frozen=True, slots=True)
class PerQuestion:
    """Means per written question. How far off they may be: `error` is a share of them, as it was
    measured, which may exceed 1; `factor` is one by which a guess may be too high or too low."""

    calls: float
    input_tokens: float
    cached_tokens: float
    output_tokens: float
    seconds: float
    basis: str
    error: float = 0.0
    factor: float = 1.0


def run_pilot(
    config: PipelineConfig,
    prepared: Build,
    planned: pl.DataFrame,
    num_pilot: int,
    root: Path,
    runs: Mapping[str, Run],
) -> dict[str, PerQuestion]:
    """What `num_pilot` of the planned questions took, by stage, in whose `runs` they are asked."""
    ordered = sorted(
        planned["question_id"], key=lambda key: (stable_hash(config.seed, f"pilot:{key}"), key)
    )
    chosen = planned.filter(pl.col("question_id").is_in(ordered[:num_pilot]))
    account = account_of(config, root)
    pictures: list[Path | None] = [*prepared.made.get("photographs", ())] or [None] * len(
        prepared.shards
    )
    asked = [
        _ask_shard(config, prepared.source, *paths, chosen, account, root, runs)
        for paths in zip(prepared.made["extract"], prepared.made["ingest"], pictures, strict=True)
    ]
    questions = pl.concat(part for part in asked if part is not None)
    return {
        "write": _measured(questions, ["write_usage"], "write_replies", account),
        "judge": _measured(questions, ["judge_usage", "blind_usage"], "judge_replies", account),
    }


def _ask_shard(
    config: PipelineConfig,
    source: SourceConfig,
    subgraphs_path: Path,
    scenes_path: Path,
    photographs_path: Path | None,
    chosen: pl.DataFrame,
    account: Account,
    root: Path,
    runs: Mapping[str, Run],
) -> pl.DataFrame | None:
    """Rows of JUDGED for the chosen questions (rows of PLAN) of a shard, None where it has none."""
    subgraphs = planned_subgraphs(subgraphs_path, chosen)
    if subgraphs.is_empty():
        return None
    rows, _ = write_rows(
        subgraphs,
        config.write,
        config.seed,
        root,
        scenes_path=scenes_path,
        photographs_path=photographs_path,
        source=source,
        account=account,
        run=runs["write"],
        is_judged=config.judge is not None,
        proof=config.proof_of_source,
    )
    scenes = (
        pl.scan_parquet(scenes_path)
        .filter(pl.col("image_id").is_in(subgraphs["image_id"].to_list()))
        .collect()
    )
    verified = verify_questions(
        frame_of(rows, QUESTION),
        scenes,
        config.proof_of_source,
        is_judged=config.judge is not None,
    )
    if config.judge is None or photographs_path is None:
        return as_judged(verified)
    from tasks.judge.conversation import judge_all

    judged, _ = judge_all(
        verified,
        scenes_path,
        photographs_path,
        config.judge,
        source,
        account,
        root,
        runs["judge"],
    )
    return judged


def _measured(
    questions: pl.DataFrame, used: Sequence[str], replies: str, account: Account
) -> PerQuestion:
    """Means over all questions; those about which no model was asked count as 0."""
    totals = questions.select(
        pl.sum_horizontal(pl.col(column).struct.field(name).fill_null(0) for column in used).alias(
            name
        )
        for name in ("calls", "input_tokens", "cached_tokens", "output_tokens")
    )
    number = questions.height
    tokens = totals["input_tokens"] + OUTPUT_WEIGHT * totals["output_tokens"]
    mean, deviation = float(tokens.mean() or 0.0), float(tokens.std() or 0.0)  # type: ignore[arg-type]
    error = CONFIDENCE * deviation / sqrt(number) / mean if mean else 0.0
    digests = questions[replies].explode(empty_as_null=False).drop_nulls().to_list()
    stored = open_replies(account.store).read(digests).values()
    seconds = sum(reply.seconds for reply in stored) / max(len(stored), 1)
    means = totals.select(pl.all().mean().fill_null(0.0)).row(0, named=True)
    return PerQuestion(
        **means,
        seconds=seconds,
        basis=f"a pilot of {number} of them",
        error=error,
        factor=ROUGH if number == 1 else 1.0,  # one question has no spread to measure
    )

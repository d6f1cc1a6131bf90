"""Costs: what models took, in tokens and US dollars, by stage, by category and by published sample.

Rows hold tokens; dollars follow from the prices of the configuration, and are null where a price
is unknown.
"""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from schemas.chat import Failure
from schemas.columns import columns
from schemas.config.build import PipelineConfig
from schemas.config.chat import ChatConfig
from schemas.question import MISSING
from tasks.chat.account import chat_of

USAGE_OF = {"write": ("write_usage",), "judge": ("judge_usage", "blind_usage")}
"""The columns of a question that hold what each stage took."""
COSTS = columns(
    stage=pl.String,
    category=pl.String,
    model=pl.String,
    questions=pl.Int64,
    samples=pl.Int64,
    calls=pl.Int64,
    input_tokens=pl.Int64,
    cached_tokens=pl.Int64,
    output_tokens=pl.Int64,
    cost=pl.Float64,
    cost_per_sample=pl.Float64,
)
"""`samples` is the number of published samples of the category; `cost_per_sample` includes what was
spent on questions that were lost."""
TOKENS = ("calls", "input_tokens", "cached_tokens", "output_tokens")
"""The fields of a usage column that are added up."""


def prices_of(config: PipelineConfig) -> dict[str, str]:
    """What decides the costs of a build, apart from its rows."""
    prices = {f"{section}.price": str(chat.price) for section, chat in config.chats.items()}
    return prices | {f"{section}.batch": str(chat.batch) for section, chat in config.chats.items()}


def count_unanswered(questions: Sequence[Path]) -> int:
    """Number of questions without a reply, for which a later run may get one."""
    frame = pl.scan_parquet(list(questions))
    is_passing = (pl.col("reason") == Failure.NO_REPLY.value) | (pl.col("reason_detail") == MISSING)
    found = frame.filter(is_passing)
    return int(found.select(pl.len()).collect().item())


def dollars(column: str, chat: ChatConfig | None) -> pl.Expr:
    """The cost of a usage column in US dollars; 0 where no model was asked, null without a
    price."""
    usage = pl.col(column).struct
    if chat is None or chat.price is None:
        is_free = usage.field("calls").fill_null(0) == 0
        return pl.when(is_free).then(pl.lit(0.0)).otherwise(pl.lit(None, pl.Float64))
    fresh = (usage.field("input_tokens") - usage.field("cached_tokens")).clip(0)
    tokens = fresh, usage.field("cached_tokens"), usage.field("output_tokens")
    total: pl.Expr = chat.price.dollars(*tokens, is_batch=chat.batch)
    return total.fill_null(0.0)


def cost_of_rows(names: Sequence[str], config: PipelineConfig) -> pl.Expr:
    """The cost of a question over the usage columns that its table has; null without any price."""
    parts = [
        dollars(column, chat_of(config, stage))
        for stage, used in USAGE_OF.items()
        for column in used
        if column in names
    ]
    return pl.sum_horizontal(parts, ignore_nulls=False) if parts else pl.lit(0.0)


def count_costs(
    questions: Sequence[Path], samples: pl.DataFrame, config: PipelineConfig
) -> pl.DataFrame:
    """One row of COSTS per stage that asks a model and per category, from the questions of the
    last stage that asked one."""
    frame = pl.scan_parquet(list(questions))
    names = frame.collect_schema().names()
    published = samples.group_by("category").agg(samples=pl.len().cast(pl.Int64))
    parts = [pl.DataFrame(schema=COSTS)]
    for stage, used in USAGE_OF.items():
        chat = chat_of(config, stage)
        if chat is None:
            continue
        present = [column for column in used if column in names]
        sums = [
            pl.sum_horizontal(pl.col(column).struct.field(name) for column in present)
            .sum()
            .cast(pl.Int64)
            .alias(name)
            for name in TOKENS
        ]
        asked = pl.any_horizontal(
            pl.col(column).struct.field("calls").fill_null(0) > 0 for column in present
        )
        cost = pl.sum_horizontal((dollars(column, chat) for column in present), ignore_nulls=False)
        rows = frame.group_by("category").agg(
            *sums,
            questions=asked.sum().cast(pl.Int64),
            cost=pl.when(cost.is_null().any()).then(None).otherwise(cost.sum()),
        )
        part = (
            rows.collect()
            .join(published, on="category", how="left")
            .with_columns(
                pl.col("samples").fill_null(0),
                stage=pl.lit(stage),
                model=pl.lit(chat.model),
            )
            .with_columns(
                cost_per_sample=pl.when(pl.col("samples") > 0)
                .then(pl.col("cost") / pl.col("samples"))
                .otherwise(None)
            )
            # Twice, because the last bits of a sum depend on the order of its shards.
            .with_columns(pl.col("cost", "cost_per_sample").round(9).round(6))
        )
        parts.append(part.select(COSTS.names()).cast(COSTS).sort("category"))
    return pl.concat(parts)


def total_costs(costs: pl.DataFrame, num_samples: int) -> pl.DataFrame:
    """One row per stage, categories added up; a cost that is unknown in one category is unknown in
    the sum."""
    return (
        costs.group_by("stage", "model", maintain_order=True)
        .agg(
            pl.col("questions", *TOKENS).sum(),
            samples=pl.lit(num_samples, pl.Int64),
            cost=pl.when(pl.col("cost").is_null().any()).then(None).otherwise(pl.col("cost").sum()),
        )
        .with_columns(cost_per_sample=(pl.col("cost") / max(num_samples, 1)).round(6))
    )

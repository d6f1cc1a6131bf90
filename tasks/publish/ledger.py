"""Ledger of a dataset: all that any stage lost or repaired."""

from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from schemas.config.build import PipelineConfig
from schemas.ledger import LEDGER
from tasks.artifact import ledger_path_of
from tasks.publish.costs import cost_of_rows
from tasks.publish.inputs import Inputs
from tasks.publish.shards import plain_table


def write_ledger(config: PipelineConfig, inputs: Inputs, path: Path) -> None:
    """Write every row that any stage lost or repaired, one stage at a time, with what models cost
    for it in US dollars."""
    read = (inputs.index, *inputs.scenes, *inputs.testimony)
    scenes = [ledger_path_of(path) for path in read]
    parts = [pl.scan_parquet(scenes)]
    for stage, pictures in (("photographs", inputs.photographs), ("exclude", inputs.excluded)):
        if not pictures:
            continue
        parts.append(
            pl.scan_parquet(list(pictures))
            .filter(pl.col("reason").is_not_null())
            .select(
                stage=pl.lit(stage),
                image_id="image_id",
                item=pl.lit("image"),
                action=pl.lit("drop"),
                reason="reason",
                detail="detail",
            )
        )
    # What a file asks although plan did not choose it is not lost there.
    written = pl.scan_parquet(list(inputs.questions)).select("question_id")
    parts.append(
        pl.scan_parquet(inputs.plan)
        .filter(pl.col("reason").is_not_null())
        .join(written, on="question_id", how="anti", maintain_order="left")
        .select(
            stage=pl.lit("plan"),
            image_id="image_id",
            item="question_id",
            action=pl.lit("drop"),
            reason="reason",
            detail=pl.lit(None, pl.String),
        )
    )
    parts = [part.with_columns(cost=pl.lit(None, pl.Float64)) for part in parts]
    questions = pl.scan_parquet(list(inputs.last))
    paid = cost_of_rows(questions.collect_schema().names(), config)
    costs = questions.select(item="question_id", cost=paid.round(6))
    unselected = pl.scan_parquet(ledger_path_of(inputs.samples))
    spent = unselected.join(costs, on="item", how="left", maintain_order="left")
    parts.append(spent.with_columns(cost=pl.when(pl.col("action") == "drop").then("cost")))
    columns = {**LEDGER, "cost": pl.Float64()}
    schema = plain_table(pl.DataFrame(schema=columns).to_arrow()).schema
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for part in parts:
            writer.write_table(plain_table(part.select(*columns).collect().to_arrow()))

"""Write: question, options and answer of every planned subgraph, by the built-in template writer.

Reads subgraphs and the plan; writes questions (schemas.question.QUESTION). The wording is chosen
and the options are put in order by a seed that is stable per question.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
from prefect import State, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed

from schemas.claim import Category, decode_claim
from schemas.config import WriteConfig
from schemas.question import QUESTION
from tasks.artifact import Artifact, inputs_of, plan_artifact, write_artifact
from tasks.wording import option_of, wordings_of

VERSION = 1
logger = logging.getLogger(__name__)


def write_question(
    row: Mapping[str, Any], num_options: Mapping[Category, int], seed: int
) -> dict[str, Any]:
    """A row of QUESTION from one of SUBGRAPH."""
    rng = Random(f"{seed}:{row['question_id']}")
    names = dict(zip(row["objects"], row["names"], strict=True))
    wrong = row["alternatives"][: num_options[Category(row["category"])] - 1]
    claims = [row["claim"], *wrong]
    rng.shuffle(claims)
    options = [option_of(decode_claim(claim), row["asks"], names) for claim in claims]
    claim = decode_claim(row["claim"])
    wordings = wordings_of(claim, row["asks"], row["evidence"], options, names)
    kept = {name: row[name] for name in QUESTION.names() if name in row}
    return kept | {
        "question": rng.choice(wordings),
        "options": options,
        "option_claims": claims,
        "answer": claims.index(row["claim"]),
        "writer": "template",
    }


def questions_artifact(
    subgraphs_path: Path, plan_path: Path, shard: str, config: WriteConfig, seed: int, root: Path
) -> Artifact:
    return plan_artifact(
        root,
        "write",
        version=VERSION,
        config={"write": config, "seed": seed},
        inputs=inputs_of(subgraphs=subgraphs_path, plan=plan_path),
        shard=shard,
    )


@task(cache_policy=NO_CACHE, task_run_name="write-{shard}")
def write_shard(
    subgraphs_path: Path, plan_path: Path, shard: str, config: WriteConfig, seed: int, root: Path
) -> Path | State[Path]:
    artifact = questions_artifact(subgraphs_path, plan_path, shard, config, seed, root)
    if artifact.path.exists():
        return Completed(name="Cached", data=artifact.path)
    planned = pl.scan_parquet(plan_path).filter(pl.col("reason").is_null()).select("question_id")
    subgraphs = pl.scan_parquet(subgraphs_path).join(
        planned, on="question_id", how="semi", maintain_order="left"
    )
    rows = [
        write_question(row, config.num_options, seed)
        for row in subgraphs.collect().iter_rows(named=True)
    ]
    logger.info("write %s: %d questions", shard, len(rows))
    return write_artifact(pl.DataFrame(rows, schema=QUESTION), artifact)

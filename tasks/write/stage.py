"""Write: question, options and answer of every planned subgraph.

Reads subgraphs and the plan; writes questions (schemas.question.QUESTION). The built-in template
writer chooses the wording and puts the options in order by a seed that is stable per question. A
model (tasks/writing) reads scenes and, where it is shown them, photographs as well; questions that
it cannot write stay as rows with a reason.
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

from schemas.chat import Account
from schemas.claim import Category, decode_claim
from schemas.columns import frame_of
from schemas.config.build import SourceConfig, WriteConfig, Writer
from schemas.question import QUESTION
from tasks.artifact import Artifact, inputs_of, plan_artifact, write_artifact, write_incomplete
from tasks.language.templates import option_of, wordings_of
from tasks.write.prompt import prompt_digest

VERSION = 3
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
        "writer_level": None,
        "write_usage": None,
        "write_replies": None,
        "reason": None,
        "reason_detail": None,
    }


def write_rows(
    subgraphs: pl.DataFrame,
    config: WriteConfig,
    seed: int,
    root: Path,
    scenes_path: Path | None = None,
    photographs_path: Path | None = None,
    source: SourceConfig | None = None,
    account: Account | None = None,
) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows of QUESTION in the order of the subgraphs, and the ids of those that a later run has to
    ask for again."""
    if config.writer is Writer.MODEL:
        # Only here: it loads the client of the models.
        from tasks.write.conversation import write_shard_with_model

        return write_shard_with_model(
            subgraphs, config, seed, root, scenes_path, photographs_path, source, account
        )
    rows = subgraphs.iter_rows(named=True)
    return [write_question(row, config.num_options, seed) for row in rows], []


def questions_artifact(
    subgraphs_path: Path,
    plan_path: Path,
    shard: str,
    config: WriteConfig,
    seed: int,
    root: Path,
    scenes_path: Path | None = None,
    photographs_path: Path | None = None,
) -> Artifact:
    """Scenes and photographs decide nothing that the template writer does, and photographs nothing
    where the model is not shown them."""
    inputs = inputs_of(subgraphs=subgraphs_path, plan=plan_path)
    prompt: dict[str, str] = {}
    if config.writer is Writer.MODEL:
        if scenes_path is None or (config.show_photograph and photographs_path is None):
            raise ValueError("the model writer needs scenes, and the photographs that it is shown")
        prompt = {"prompt": prompt_digest(config.strategy)}
        inputs |= inputs_of(scenes=scenes_path)
        if config.show_photograph and photographs_path:
            inputs |= inputs_of(photographs=photographs_path)
    return plan_artifact(
        root,
        "write",
        version=VERSION,
        config={"write": config, "seed": seed, **prompt},
        inputs=inputs,
        shard=shard,
    )


@task(cache_policy=NO_CACHE, task_run_name="write-{shard}")
def write_shard(
    subgraphs_path: Path,
    plan_path: Path,
    shard: str,
    config: WriteConfig,
    seed: int,
    root: Path,
    scenes_path: Path | None = None,
    photographs_path: Path | None = None,
    source: SourceConfig | None = None,
    account: Account | None = None,
) -> Path | State[Path]:
    """`scenes_path` and `account` are for the model writer, `photographs_path` and `source` for
    one that is shown photographs."""
    artifact = questions_artifact(
        subgraphs_path, plan_path, shard, config, seed, root, scenes_path, photographs_path
    )
    if artifact.path.exists():
        return Completed(name="Cached", data=artifact.path)
    planned = pl.scan_parquet(plan_path).filter(pl.col("reason").is_null()).select("question_id")
    subgraphs = (
        pl.scan_parquet(subgraphs_path)
        .join(planned, on="question_id", how="semi", maintain_order="left")
        .collect()
    )
    rows, missing = write_rows(
        subgraphs, config, seed, root, scenes_path, photographs_path, source, account
    )
    questions = frame_of(rows, QUESTION)
    num_written = questions["question"].is_not_null().sum()
    logger.info("write %s: %d of %d questions", shard, num_written, questions.height)
    if missing:
        return write_incomplete(questions, artifact, missing)
    return write_artifact(questions, artifact)

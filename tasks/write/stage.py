"""Write: question, options and answer of every planned subgraph.

Reads subgraphs and the plan; writes questions (schemas.question.QUESTION). The built-in template
writer chooses the wording and puts the options in order by a seed that is stable per question, and
the same for both questions of a pair. A model reads scenes and, if configured, photographs;
questions that it cannot write stay as rows with a reason. Pairs are always in the words of
templates: a model words each question by itself.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import polars as pl

from schemas.chat import Account
from schemas.claim import Category, decode_claim
from schemas.columns import frame_of
from schemas.config.build import PipelineConfig
from schemas.config.margins import ProofConfig
from schemas.config.models import WriteConfig, Writer
from schemas.config.source import SourceConfig
from schemas.question import QUESTION
from tasks.chat.account import account_of
from tasks.chat.run import Run
from tasks.language.forms.table import FORMS
from tasks.stage import Build, Job, Settings, Stage
from tasks.write.offered import offered_claims
from tasks.write.override import digest_of_override, write_override
from tasks.write.prompt import prompt_digest
from tasks.writing import write_artifact, write_incomplete

VERSION = 23
logger = logging.getLogger(__name__)


def write_question(
    row: Mapping[str, Any], num_options: Mapping[Category, int], seed: int
) -> dict[str, Any]:
    """A row of QUESTION from one of SUBGRAPH. Both questions of a pair are worded alike, with their
    options in the same order."""
    key = f"{seed}:{row.get('pair_id') or row['question_id']}"
    names = dict(zip(row["objects"], row["names"], strict=True))
    form = FORMS[Category(row["category"])]
    right, *wrong = offered_claims(row, num_options)
    # Sorted by their texts: those of both questions of a pair are shuffled alike.
    said = sorted(
        (form.option(decode_claim(claim), row["asks"], names), claim) for claim in (right, *wrong)
    )
    Random(key).shuffle(said)
    claims = [claim for _, claim in said]
    offered = [decode_claim(claim) for claim in claims]
    question, options = form.worded(
        offered, row["asks"], row["evidence"], names, Random(f"{key}:words")
    )
    kept = {name: row[name] for name in QUESTION.names() if name in row}
    return kept | {
        "claim": right,
        "pair_id": row.get("pair_id"),
        "question": question,
        "options": options,
        "option_claims": claims,
        "answer": claims.index(right),
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
    run: Run | None = None,
    *,
    is_judged: bool,
    proof: ProofConfig,
) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows of QUESTION in the order of the subgraphs, and the ids of those for which a later run
    has to ask again. `is_judged`: a judge decides on words that `verify` cannot read."""
    if config.writer is Writer.MODEL:
        # Imported here because it loads the client of the models.
        from tasks.write.conversation import write_shard_with_model

        is_paired = pl.col("pair_id").is_not_null()
        alone, paired = subgraphs.filter(~is_paired), subgraphs.filter(is_paired)
        written, missing = write_shard_with_model(
            alone,
            config,
            seed,
            root,
            scenes_path,
            photographs_path,
            source,
            account,
            run,
            is_judged,
            proof,
        )
        written += _from_templates(paired, config, seed)
        by_id = {row["question_id"]: row for row in written}
        return [by_id[key] for key in subgraphs["question_id"]], missing
    return _from_templates(subgraphs, config, seed), []


def _from_templates(
    subgraphs: pl.DataFrame, config: WriteConfig, seed: int
) -> list[dict[str, Any]]:
    rows = subgraphs.iter_rows(named=True)
    return [write_question(row, config.num_options, seed) for row in rows]


def planned_subgraphs(path: Path, planned: pl.LazyFrame | pl.DataFrame) -> pl.DataFrame:
    """The rows of SUBGRAPH that are planned, with what PLAN says of each."""
    columns = planned.lazy().select("question_id", "pair_id", "alternative")
    return (
        pl.scan_parquet(path)
        .join(columns, on="question_id", how="inner", maintain_order="left")
        .collect()
    )


def write(job: Job) -> Path:
    if job.config.override.write:
        return write_override(job)
    planned = pl.scan_parquet(job.path("plan")).filter(pl.col("reason").is_null())
    subgraphs = planned_subgraphs(job.path("extract"), planned)
    known = job.paths("photographs")
    rows, missing = write_rows(
        subgraphs,
        job.config.write,
        job.config.seed,
        job.root,
        job.path("ingest"),
        known[0] if known else None,
        job.source,
        account_of(job.config, job.root),
        job.run,
        is_judged=job.config.judge is not None,
        proof=job.config.proof_of_source,
    )
    questions = frame_of(rows, QUESTION)
    num_written = questions["question"].is_not_null().sum()
    logger.info("write %s: %d of %d questions", job.shard, num_written, questions.height)
    if missing:
        return write_incomplete(questions, job.artifact, missing)
    return write_artifact(questions, job.artifact)


def depends(config: PipelineConfig) -> tuple[str, ...]:
    """The template writer does not use scenes, and photographs matter only where the model is shown
    them. A file takes the place of all candidates."""
    if config.override.write:
        return "index", "ingest", "photographs", "exclude"
    if config.write.writer is not Writer.MODEL:
        return "extract", "plan"
    shown = ("photographs",) if config.write.show_photograph else ()
    return "extract", "plan", "ingest", *shown


def settings(config: PipelineConfig) -> Settings:
    if config.override.write:
        return {"override": Path(config.override.write).name}
    write = config.write
    told: Settings = {}
    if write.writer is Writer.MODEL:
        told = {
            "prompt": prompt_digest(write.strategy, write.show_photograph),
            "is_judged": config.judge is not None,
            "proof": config.proof_of_source,
        }
    return {"write": write, "seed": config.seed, **told}


def files(build: Build) -> Mapping[str, str]:
    return digest_of_override(build) if build.config.override.write else {}


STAGE = Stage(
    name="write",
    version=VERSION,
    unit="questions",
    work=write,
    reads=("index", "extract", "plan", "ingest", "photographs", "exclude"),
    depends=depends,
    settings=settings,
    files=files,
    places=lambda config: [config.override.write] if config.override.write else [],
    is_sharded=True,
    uses_vocabulary=True,
)

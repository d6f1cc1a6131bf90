"""Judge: whether a model that sees the picture finds each question's answer, and whether one that
does not see it finds it, too.

Reads verified questions, asks those without a reason; writes them all with votes, verdict and
usage (schemas.question.JUDGED), and a reason for the questions that are lost here:

judge-disagrees    the votes are for other options
judge-ambiguous    the votes say that more than one option is right, or that it cannot be decided
judge-unjudged     too few votes are usable
blind-answerable   right in every rotation of the options without the picture
"""

import logging
from hashlib import sha256
from pathlib import Path

import polars as pl

from schemas.config.build import PipelineConfig
from tasks.chat.account import account_of
from tasks.judge.ballots import BLIND_PROMPT, SIGHTED_PROMPT
from tasks.judge.doubts import tell_doubts
from tasks.stage import Build, Job, Settings, Stage
from tasks.writing import write_artifact, write_incomplete

VERSION = 10
PROMPTS_DIGEST = sha256(f"{SIGHTED_PROMPT}\0{BLIND_PROMPT}".encode()).hexdigest()[:16]
logger = logging.getLogger(__name__)


def judge(job: Job) -> Path:
    # Imported here because it loads the client of the models.
    from tasks.judge.conversation import judge_all

    assert job.config.judge
    judged, problems = judge_all(
        pl.read_parquet(job.path("verify")),
        job.path("ingest"),
        job.path("photographs"),
        job.config.judge,
        job.source,
        account_of(job.config, job.root),
        job.root,
        job.run,
    )
    num_asked = judged["verdict"].is_not_null().sum()
    num_kept = judged["reason"].is_null().sum()
    logger.info("judge %s: %d of %d questions kept", job.shard, num_kept, num_asked)
    if problems:
        logger.warning(
            "judge %s: no reply on %d questions (%s): build again to ask again",
            job.shard,
            len(problems),
            next(iter(problems.values())),
        )
        return write_incomplete(judged, job.artifact, list(problems))
    return write_artifact(judged, job.artifact)


def settings(config: PipelineConfig) -> Settings:
    assert config.judge
    return {"judge": config.judge, "prompts": PROMPTS_DIGEST}


def check(build: Build) -> None:
    assert build.config.judge
    tell_doubts(build.made["judge"], build.config.judge)


STAGE = Stage(
    name="judge",
    version=VERSION,
    unit="questions judged",
    work=judge,
    reads=("verify", "ingest", "photographs"),
    depends=lambda config: ("verify", "photographs"),
    settings=settings,
    is_sharded=True,
    applies=lambda config: config.judge is not None,
    check=check,
)

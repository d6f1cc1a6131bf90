"""Judge: whether a model that looks at the picture comes to each question's answer, and whether
one that does not look does, too.

Reads verified questions, asks those without a reason; writes them all with votes, verdict and
usage (schemas.question.JUDGED), and a reason for the questions that are lost here:

judge-disagrees    the votes are for other options
judge-ambiguous    the votes say that more than one option is right, or that it cannot be told
judge-unjudged     too few votes came back usable
blind-answerable   right in every rotation of the options without the picture
"""

import logging
from hashlib import sha256
from pathlib import Path

import polars as pl
from prefect import State, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed

from schemas.chat import Account
from schemas.config.build import JudgeConfig, SourceConfig
from tasks.artifact import Artifact, inputs_of, plan_artifact, write_artifact, write_incomplete
from tasks.judge.ballots import BLIND_PROMPT, SIGHTED_PROMPT

VERSION = 1
PROMPTS_DIGEST = sha256(f"{SIGHTED_PROMPT}\0{BLIND_PROMPT}".encode()).hexdigest()[:16]
logger = logging.getLogger(__name__)


def judged_artifact(
    verified_path: Path, photographs_path: Path, shard: str, config: JudgeConfig, root: Path
) -> Artifact:
    return plan_artifact(
        root,
        "judge",
        version=VERSION,
        config={"judge": config, "prompts": PROMPTS_DIGEST},
        inputs=inputs_of(verified=verified_path, photographs=photographs_path),
        shard=shard,
    )


@task(cache_policy=NO_CACHE, task_run_name="judge-{shard}")
def judge_shard(
    verified_path: Path,
    scenes_path: Path,
    photographs_path: Path,
    shard: str,
    config: JudgeConfig,
    source: SourceConfig,
    account: Account,
    root: Path,
) -> Path | State[Path]:
    artifact = judged_artifact(verified_path, photographs_path, shard, config, root)
    if artifact.path.exists():
        return Completed(name="Cached", data=artifact.path)
    verified = pl.read_parquet(verified_path)
    # Only here: it loads the client of the models.
    from tasks.judge.conversation import judge_all

    judged, problems = judge_all(
        verified, scenes_path, photographs_path, config, source, account, root
    )
    num_asked = judged["verdict"].is_not_null().sum()
    num_kept = judged["reason"].is_null().sum()
    logger.info("judge %s: %d of %d questions kept", shard, num_kept, num_asked)
    if problems:
        logger.warning(
            "judge %s: no reply on %d questions (%s): build again to ask again",
            shard,
            len(problems),
            next(iter(problems.values())),
        )
        return write_incomplete(judged, artifact, list(problems))
    return write_artifact(judged, artifact)

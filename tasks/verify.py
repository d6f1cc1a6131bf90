"""Verify: that exactly one option of every question holds.

Reads questions and scenes, nothing of how the questions came about: the claim of every option is
executed again. Writes the questions with a reason, null where the question holds:

unreadable         a claim or the answer cannot be read, or names an object that the scene lacks
wrong-category     the claims are not of the question's category
options-repeat     two options say the same
answer-unproved    the answer's claim is neither proved nor asserted
option-possible    another option's claim is not refuted
ambiguous-name     a thing that the question or an option names is not the only one of its name
name-missing       the question does not name what its claim is about, or the option does not
"""

import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
from prefect import State, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed

from schemas.claim import (
    Claim,
    CountClaim,
    ExistenceClaim,
    category_of,
    decode_claim,
    encode_claim,
    objects_of,
)
from schemas.config import ProofConfig
from schemas.proof import Evidence, Facts
from schemas.question import VERIFIED
from schemas.scene_graph import scenes_of
from tasks.artifact import Artifact, inputs_of, plan_artifact, write_artifact

VERSION = 1
Problem = tuple[str, str]
logger = logging.getLogger(__name__)


def find_problem(row: Mapping[str, Any], facts: Facts) -> Problem | None:
    """Why a question (a row of QUESTION) does not hold in its scene, as reason and detail."""
    try:
        claims = [decode_claim(text) for text in row["option_claims"]]
        answer, stated = claims[row["answer"]], decode_claim(row["claim"])
    except (msgspec.DecodeError, IndexError) as error:
        return "unreadable", str(error)
    if len(claims) != len(row["options"]) or answer != stated:
        return "unreadable", "options, their claims and the answer do not belong together"
    return _structural_problem(row, claims, facts) or _factual_problem(row, claims, facts)


def _structural_problem(
    row: Mapping[str, Any], claims: list[Claim], facts: Facts
) -> Problem | None:
    for claim in claims:
        if category_of(claim) != row["category"]:
            return "wrong-category", f"{category_of(claim)} in a question on {row['category']}"
        missing = [key for key in objects_of(claim) if key not in facts.objects]
        if missing:
            return "unreadable", f"the scene has no object {missing[0]}"
    texts = {option.casefold().strip() for option in row["options"]}
    if len(texts) < len(row["options"]) or len({encode_claim(claim) for claim in claims}) < len(
        claims
    ):
        return "options-repeat", " | ".join(row["options"])
    for key in sorted({key for claim in claims for key in objects_of(claim)}):
        if not facts.is_unique(key):
            return "ambiguous-name", f"object {key} ({facts.objects[key].name}) is not the only one"
    return _naming_problem(row, claims, facts)


def _naming_problem(row: Mapping[str, Any], claims: list[Claim], facts: Facts) -> Problem | None:
    """Everything that all options' claims share is named by the question, and what sets an
    option's claim apart is named by the option, or by the question as well."""
    for claim, option in zip(claims, row["options"], strict=True):
        text = f"{row['question']} {option}".casefold()
        others = {key for other in claims for key in objects_of(other) if other is not claim}
        for key in objects_of(claim):
            name = str(facts.objects[key].class_name)
            elsewhere = " ".join(row["options"]).casefold() if key in others else ""
            if not _mentions(f"{text} {elsewhere}", name):
                return "name-missing", f"neither question nor option names the {name}"
        if isinstance(claim, CountClaim) and option != str(claim.number):
            return "name-missing", f"option {option!r} stands for {claim.number}"
        if isinstance(claim, ExistenceClaim) and (option.casefold() == "yes") != claim.present:
            return "name-missing", f"option {option!r} stands for {claim.present}"
    return None


def _mentions(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name.casefold())}(?!\w)", text) is not None


def _factual_problem(row: Mapping[str, Any], claims: list[Claim], facts: Facts) -> Problem | None:
    for place, (claim, option) in enumerate(zip(claims, row["options"], strict=True)):
        evidence = facts.holds(claim)
        if place == row["answer"] and not evidence.supports:
            return "answer-unproved", _told(option, evidence)
        if place != row["answer"] and not evidence.refutes:
            return "option-possible", _told(option, evidence)
    return None


def _told(option: str, evidence: Evidence) -> str:
    return f"{option!r} is {evidence.standing}: {evidence.detail}"


def verify_questions(
    questions: pl.DataFrame, scenes: pl.DataFrame, proof: ProofConfig
) -> pl.DataFrame:
    """Rows of VERIFIED, in the order of the questions."""
    problems: dict[str, Problem | None] = {}
    by_image = {str(key[0]): rows for key, rows in questions.group_by("image_id")}
    wanted = scenes.filter(pl.col("image_id").is_in(list(by_image)))
    for scene in scenes_of(wanted):
        facts = Facts(scene, proof)
        for row in by_image[scene.image_id].iter_rows(named=True):
            problems[row["question_id"]] = find_problem(row, facts)
    orphan: Problem = ("unreadable", "there is no scene for this image")
    found = [problems.get(key, orphan) for key in questions["question_id"]]
    return questions.with_columns(
        reason=pl.Series([problem and problem[0] for problem in found], dtype=pl.String),
        reason_detail=pl.Series([problem and problem[1] for problem in found], dtype=pl.String),
    ).cast(VERIFIED)


def verified_artifact(
    questions_path: Path, scenes_path: Path, shard: str, proof: ProofConfig, root: Path
) -> Artifact:
    return plan_artifact(
        root,
        "verify",
        version=VERSION,
        config={"proof": proof},
        inputs=inputs_of(questions=questions_path, scenes=scenes_path),
        shard=shard,
    )


@task(cache_policy=NO_CACHE, task_run_name="verify-{shard}")
def verify_shard(
    questions_path: Path, scenes_path: Path, shard: str, proof: ProofConfig, root: Path
) -> Path | State[Path]:
    artifact = verified_artifact(questions_path, scenes_path, shard, proof, root)
    if artifact.path.exists():
        return Completed(name="Cached", data=artifact.path)
    questions = pl.read_parquet(questions_path)
    verified = verify_questions(questions, pl.read_parquet(scenes_path), proof)
    num_kept = verified["reason"].is_null().sum()
    logger.info("verify %s: %d of %d questions hold", shard, num_kept, verified.height)
    return write_artifact(verified, artifact)

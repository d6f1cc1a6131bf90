"""Verify: that exactly one option of every question holds.

Reads questions and scenes, nothing of how the questions came about: the words are read and the
claim of every option is executed again. Writes the questions with a reason, null where the
question holds:

unreadable         a claim or the answer cannot be read, or says nothing of this scene
wrong-category     the claims are not of the question's category
off-question       the options' claims are not answers to one and the same question
options-number     fewer than two options or more than four
options-repeat     two options say the same
ambiguous-name     a thing that the question or an option names is not the only one of its name
name-missing       the question does not name what its claims are about, or an option does not name
                   what it stands for
words-differ       the words of the question or of an option say something else than the claims
answer-unproved    the answer's claim is neither proved nor asserted
option-possible    another option's claim is not refuted
"""

import logging
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
from prefect import State, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed

from schemas.claim import Claim, category_of, decode_claim, encode_claim, objects_of
from schemas.columns import columns
from schemas.config import ProofConfig
from schemas.evidence import Evidence
from schemas.proof import Facts
from schemas.question import VERIFIED
from schemas.scene_graph import scenes_of
from tasks.artifact import Artifact, inputs_of, plan_artifact, write_artifact
from tasks.processes import map_batches
from tasks.reading import mentions, option_says, parts, question_says

VERSION = 1
NUM_OPTIONS = range(2, 5)
ASKS_FOR_OBJECT = {"object", "subject", "largest", "nearer", "farther", "nearest"}
CHECKED = columns(
    question_id=pl.String, reason=pl.String, reason_detail=pl.String, is_checked=pl.Boolean
)
Problem = tuple[str, str]
logger = logging.getLogger(__name__)


def find_problem(row: Mapping[str, Any], facts: Facts) -> Problem | None:
    """Why a question (a row of QUESTION) does not hold in its scene, as reason and detail."""
    try:
        claims = [decode_claim(text) for text in row["option_claims"]]
        stated = decode_claim(row["claim"])
    except msgspec.DecodeError as error:
        return "unreadable", str(error)
    if row["answer"] not in range(len(claims)) or len(claims) != len(row["options"]):
        return "unreadable", "options, their claims and the answer do not belong together"
    if claims[row["answer"]] != stated:
        return "unreadable", "the answer does not stand for the claim of the question"
    return (
        _structural_problem(row, claims, facts)
        or _naming_problem(row, claims, facts)
        or _wording_problem(row, claims)
        or _factual_problem(row, claims, facts)
    )


def _structural_problem(
    row: Mapping[str, Any], claims: list[Claim], facts: Facts
) -> Problem | None:
    options = [option.casefold().strip() for option in row["options"]]
    if len(options) not in NUM_OPTIONS:
        return "options-number", f"{len(options)} options"
    for claim in claims:
        if category_of(claim) != row["category"]:
            return "wrong-category", f"{category_of(claim)} in a question on {row['category']}"
        flaw = facts.flaw(claim)
        if flaw:
            return "unreadable", flaw
    try:
        asked = [parts(claim, row["asks"]) for claim in claims]
    except ValueError as error:
        return "unreadable", str(error)
    if len({stem for stem, _ in asked}) > 1:
        return "off-question", "the options' claims differ in more than what is asked"
    if len(set(options)) < len(options) or len({part for _, part in asked}) < len(asked):
        return "options-repeat", " | ".join(row["options"])
    return None


def _naming_problem(row: Mapping[str, Any], claims: list[Claim], facts: Facts) -> Problem | None:
    """Every name picks out one object; the question names what all options share, and each option
    what it stands for and nothing that another option stands for."""
    for key in sorted({key for claim in claims for key in objects_of(claim)}):
        if not facts.is_unique(key):
            return "ambiguous-name", f"object {key} ({facts.objects[key].name}) is not the only one"
    asked = [parts(claim, row["asks"])[1] for claim in claims]
    names = {
        part: str(facts.objects[part].class_name)
        for part in asked
        if isinstance(part, int) and row["asks"] in ASKS_FOR_OBJECT
    }
    for claim, part, option in zip(claims, asked, row["options"], strict=True):
        if part in names:
            rest = re.sub(
                rf"(?<!\w){re.escape(names[part].casefold())}(?!\w)", "", option.casefold()
            )
            if rest == option.casefold() or any(mentions(rest, name) for name in names.values()):
                return "name-missing", f"option {option!r} stands for the {names[part]}"
        for key in objects_of(claim):
            name = str(facts.objects[key].class_name)
            if key not in names and not mentions(f"{row['question']} {option}", name):
                return "name-missing", f"neither question nor option names the {name}"
    return None


def _wording_problem(row: Mapping[str, Any], claims: list[Claim]) -> Problem | None:
    for claim, option in zip(claims, row["options"], strict=True):
        if not option_says(option, claim, row["asks"]):
            return "words-differ", f"option {option!r} does not say {encode_claim(claim)}"
        if not question_says(row["question"], claim, row["asks"]):
            return "words-differ", f"the question does not ask for {encode_claim(claim)}"
    return None


def _factual_problem(row: Mapping[str, Any], claims: list[Claim], facts: Facts) -> Problem | None:
    answer = facts.holds(claims[row["answer"]])
    if not answer.supports:
        return "answer-unproved", _told(row["options"][row["answer"]], answer)
    for place, (claim, option) in enumerate(zip(claims, row["options"], strict=True)):
        evidence = facts.holds(claim)
        if place != row["answer"] and not evidence.refutes:
            return "option-possible", _told(option, evidence)
    return None


def _told(option: str, evidence: Evidence) -> str:
    return f"{option!r} is {evidence.standing}: {evidence.detail}"


def verify_questions(
    questions: pl.DataFrame, scenes: pl.DataFrame, proof: ProofConfig, num_workers: int = 1
) -> pl.DataFrame:
    """Rows of VERIFIED, in the order of the questions."""
    asked = questions.group_by("image_id", maintain_order=True).agg(
        questions=pl.struct(questions.columns)
    )
    asked_scenes = scenes.join(asked, on="image_id", maintain_order="left")
    check = partial(_check_scenes, proof=proof)
    checked = pl.concat(
        [pl.DataFrame(schema=CHECKED), *map_batches(check, asked_scenes, num_workers)]
    )
    orphan = pl.lit("there is no scene for this image")
    is_orphan = pl.col("is_checked").is_null()
    return (
        questions.join(checked, on="question_id", how="left", maintain_order="left")
        .with_columns(
            reason=pl.when(is_orphan).then(pl.lit("unreadable")).otherwise("reason"),
            reason_detail=pl.when(is_orphan).then(orphan).otherwise("reason_detail"),
        )
        .select(VERIFIED.names())
        .cast(VERIFIED)
    )


def _check_scenes(scenes: pl.DataFrame, proof: ProofConfig) -> pl.DataFrame:
    rows = []
    for scene, asked in zip(scenes_of(scenes), scenes["questions"].to_list(), strict=True):
        facts = Facts(scene, proof)
        for row in asked:
            reason, detail = find_problem(row, facts) or (None, None)
            rows.append((row["question_id"], reason, detail, True))
    return pl.DataFrame(rows, schema=CHECKED, orient="row")


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
    questions_path: Path,
    scenes_path: Path,
    shard: str,
    proof: ProofConfig,
    num_workers: int,
    root: Path,
) -> Path | State[Path]:
    artifact = verified_artifact(questions_path, scenes_path, shard, proof, root)
    if artifact.path.exists():
        return Completed(name="Cached", data=artifact.path)
    questions = pl.read_parquet(questions_path)
    scenes = pl.read_parquet(scenes_path)
    verified = verify_questions(questions, scenes, proof, num_workers)
    num_kept = verified["reason"].is_null().sum()
    logger.info("verify %s: %d of %d questions hold", shard, num_kept, verified.height)
    return write_artifact(verified, artifact)

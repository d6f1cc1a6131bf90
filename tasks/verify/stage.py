"""Verify: that exactly one option of every question holds.

Reads questions and scenes, nothing of how the questions came about: the words are read and the
claim of every option is executed again. Writes the questions with a reason, null where the
question holds, and with the evidence that the execution found:

unreadable         a claim or the answer cannot be read, or says nothing of this scene
text-unfit         a text is empty, too long, has control characters, markup or option letters
wrong-category     the claims are not of the question's category
off-question       the options' claims are not answers to one and the same question
options-number     fewer than two options or more than four
options-repeat     two options say the same
number-absurd      an option counts less than none or more than anybody can
ambiguous-name     a thing that the question or an option names is not the only one of its name, or
                   is of a class that cannot be counted or missed (hair, sky)
name-missing       the question does not name what its claims are about, or an option does not name
                   what it stands for
answer-given       the question names what some of its options say, and others do not
words-differ       the words of the question or of an option say something else than the claims

Without a judge, words that cannot be read differ, too, and

answer-unproved    the answer's claim is neither proved nor asserted
option-possible    another option's claim is not refuted

Where a judge will look at the picture, what the scene leaves open goes on: as evidence "unknown",
and as reading "unread" what words leave open. Then only

answer-refuted     the answer's claim is refuted
option-holds       another option's claim is proved or asserted
options-overlap    another option's claim, not refuted, may hold beside the answer's

are lost. Questions that the writer lost keep its reason.
"""

import logging
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import polars as pl

from schemas.claim import (
    Claim,
    CountClaim,
    ReachClaim,
    RelationClaim,
    category_of,
    classes_of,
    decode_claim,
    objects_of,
)
from schemas.columns import columns
from schemas.config.build import PipelineConfig, ProofConfig
from schemas.proof.evidence import Evidence, unknown
from schemas.proof.facts import Facts
from schemas.question import VERIFIED
from schemas.scene_graph import scenes_of
from tasks.artifact import write_artifact
from tasks.language.reading import gives_away, parts, read_words
from tasks.language.words.names import bare_words, classes_in
from tasks.language.words.phrases import Reading, may_both_hold
from tasks.processes import map_batches
from tasks.stage import Job, Settings, Stage

VERSION = 2
NUM_OPTIONS = range(2, 5)
NUMBERS = range(21)
MAX_QUESTION, MAX_OPTION = 300, 100
ASKS_FOR_OBJECT = {"object", "subject", "largest", "nearer", "farther", "nearest"}
MARKUP = re.compile(r"</?[a-z!][^<>]*>|&(?:[a-z]+|#\d+);", re.IGNORECASE)
LETTER = re.compile(
    r"\s*(?:[(\[][A-Z][)\]]|[A-Z]\s*[).:\]]|[A-Z]\s+[-\u2013\u2014]\s|[A-Z]\s*$)", re.I
)
LETTER_INSIDE = re.compile(r"[(\[][A-D][)\]]|(?<!\w)[A-D][):]\s")
FOUND = columns(
    found_reason=pl.String,
    found_detail=pl.String,
    found_evidence=pl.String,
    found_margin=pl.Float64,
    found_proof=pl.String,
    reading=pl.String,
)
CHECKED = columns(question_id=pl.String, is_checked=pl.Boolean, **FOUND)
Problem = tuple[str, str]
logger = logging.getLogger(__name__)


class Finding(NamedTuple):
    """What verification makes of a question: a problem, or else its evidence and reading."""

    problem: Problem | None
    evidence: Evidence | None = None
    reading: Reading | None = None


def find_problem(
    row: Mapping[str, Any], facts: Facts, *, is_judged: bool = False
) -> Problem | None:
    """Why a question (a row of QUESTION) does not hold in its scene, as reason and detail."""
    return check_question(row, facts, is_judged=is_judged).problem


def check_question(row: Mapping[str, Any], facts: Facts, *, is_judged: bool = False) -> Finding:
    if row.get("reason") is not None:
        return Finding((row["reason"], row.get("reason_detail") or ""))
    try:
        claims = [decode_claim(text) for text in row["option_claims"] or ()]
        stated = decode_claim(row["claim"])
    except (msgspec.DecodeError, TypeError) as error:
        return Finding(("unreadable", str(error)))
    if row["answer"] not in range(len(claims)) or len(claims) != len(row["options"] or ()):
        detail = "options, their claims and the answer do not belong together"
        return Finding(("unreadable", detail))
    if claims[row["answer"]] != stated:
        return Finding(("unreadable", "the answer does not stand for the claim of the question"))
    problem = (
        _text_problem(row)
        or _structural_problem(row, claims, facts)
        or _naming_problem(row, claims, facts)
    )
    if problem:
        return Finding(problem)
    return _check_meaning(row, claims, facts, is_judged)


def _check_meaning(
    row: Mapping[str, Any], claims: list[Claim], facts: Facts, is_judged: bool
) -> Finding:
    named = {key for claim in claims for key in objects_of(claim)}
    names = {key: str(facts.objects[key].class_name) for key in named}
    texts = row["question"], row["options"], claims, row["asks"], names
    if gives_away(*texts):
        return Finding(("answer-given", f"{row['question']!r} names some of its options"))
    reading, said = read_words(*texts)
    if reading is Reading.DIFFERS:
        return Finding(("words-differ", f"{said} says something else than its claim"))
    if reading is Reading.UNREAD and not is_judged:
        return Finding(("words-differ", f"{said} does not surely say its claim"))
    found = [facts.holds(claim) for claim in claims]
    evidence = found[row["answer"]]
    problem, doubt = _factual_problem(row, claims, found, is_judged)
    return Finding(problem) if problem else Finding(None, doubt or evidence, reading)


def _factual_problem(
    row: Mapping[str, Any], claims: list[Claim], found: list[Evidence], is_judged: bool
) -> tuple[Problem | None, Evidence | None]:
    """What speaks against the answer or for another option; where nothing does and yet not all is
    decided, the evidence to that effect."""
    right, doubt = row["answer"], None
    if not found[right].supports:
        told = _told(row["options"][right], found[right])
        if not is_judged or found[right].refutes:
            return ("answer-refuted" if is_judged else "answer-unproved", told), None
        doubt = unknown(found[right].detail)
    for place, (claim, evidence) in enumerate(zip(claims, found, strict=True)):
        if place == right or evidence.refutes:
            continue
        told = _told(row["options"][place], evidence)
        if not is_judged:
            return ("option-possible", told), None
        if evidence.supports:
            return ("option-holds", told), None
        if _overlap(claims[right], claim):
            return ("options-overlap", f"{told}; it may hold beside the answer"), None
        doubt = doubt or unknown(told)
    return None, doubt


def _overlap(one: Claim, other: Claim) -> bool:
    relations = RelationClaim | ReachClaim
    return (
        isinstance(one, relations)
        and isinstance(other, relations)
        and one.predicate != other.predicate
        and may_both_hold(one.predicate, other.predicate)
    )


def _text_problem(row: Mapping[str, Any]) -> Problem | None:
    texts = [(row["question"], MAX_QUESTION), *((text, MAX_OPTION) for text in row["options"])]
    for text, limit in texts:
        if text is None or not bare_words(text):
            return "text-unfit", f"{text!r} says nothing"
        if len(text) > limit:
            return "text-unfit", f"{len(text)} characters are more than {limit}: {text[:40]!r}..."
        if not text.isprintable() or MARKUP.search(text):
            return "text-unfit", f"{text!r} has control characters or markup"
        if LETTER.match(text) or LETTER_INSIDE.search(text):
            return "text-unfit", f"{text!r} bears an option letter"
    return None


def _structural_problem(
    row: Mapping[str, Any], claims: list[Claim], facts: Facts
) -> Problem | None:
    options = [bare_words(option) for option in row["options"]]
    if len(options) not in NUM_OPTIONS:
        return "options-number", f"{len(options)} options"
    for claim in claims:
        if category_of(claim) != row["category"]:
            return "wrong-category", f"{category_of(claim)} in a question on {row['category']}"
        flaw = facts.flaw(claim)
        if flaw:
            return "unreadable", flaw
        if isinstance(claim, CountClaim) and claim.number not in NUMBERS:
            return "number-absurd", f"{claim.number} of {claim.class_name!r}"
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
    for class_name in sorted({name for claim in claims for name in classes_of(claim)}):
        if not facts.vocabulary.classes[class_name].is_askable:
            return "ambiguous-name", f"{class_name!r} cannot be counted or missed"
    asked = [parts(claim, row["asks"])[1] for claim in claims]
    names = {
        part: str(facts.objects[part].class_name)
        for part in asked
        if isinstance(part, int) and row["asks"] in ASKS_FOR_OBJECT
    }
    in_question = set(classes_in(row["question"]))
    for claim, part, option in zip(claims, asked, row["options"], strict=True):
        in_option = classes_in(option)
        if part in names:
            own = {name for name in names.values() if name in in_option}
            if own != {names[part]} or in_option.count(names[part]) > 1:
                return "name-missing", f"option {option!r} stands for the {names[part]}"
        for key in objects_of(claim):
            name = str(facts.objects[key].class_name)
            if key not in names and name not in in_question.union(in_option):
                return "name-missing", f"neither question nor option names the {name}"
    return None


def _told(option: str, evidence: Evidence) -> str:
    return f"{option!r} is {evidence.standing}: {evidence.detail}"


def verify_questions(
    questions: pl.DataFrame,
    scenes: pl.DataFrame,
    proof: ProofConfig,
    num_workers: int = 1,
    *,
    is_judged: bool = False,
) -> pl.DataFrame:
    """Rows of VERIFIED, in the order of the questions."""
    asked = questions.group_by("image_id", maintain_order=True).agg(
        questions=pl.struct(questions.columns)
    )
    asked_scenes = scenes.join(asked, on="image_id", maintain_order="left")
    check = partial(_check_scenes, proof=proof, is_judged=is_judged)
    checked = pl.concat(
        [pl.DataFrame(schema=CHECKED), *map_batches(check, asked_scenes, num_workers)]
    )
    orphan = pl.lit("there is no scene for this image")
    missing = [name for name in ("reason", "reason_detail") if name not in questions.columns]
    found = pl.col("found_evidence").is_not_null()
    is_orphan = pl.col("is_checked").is_null() & pl.col("reason").is_null()
    return (
        questions.with_columns(pl.lit(None, pl.String).alias(name) for name in missing)
        .join(checked, on="question_id", how="left", maintain_order="left")
        .with_columns(
            reason=pl.when(is_orphan)
            .then(pl.lit("unreadable"))
            .otherwise(pl.coalesce("reason", "found_reason")),
            reason_detail=pl.when(is_orphan)
            .then(orphan)
            .otherwise(pl.coalesce("reason_detail", "found_detail")),
            evidence=pl.when(found).then("found_evidence").otherwise("evidence"),
            margin=pl.when(found).then("found_margin").otherwise("margin"),
            detail=pl.when(found).then("found_proof").otherwise("detail"),
        )
        .select(VERIFIED.names())
        .cast(VERIFIED)
    )


def _check_scenes(scenes: pl.DataFrame, proof: ProofConfig, is_judged: bool) -> pl.DataFrame:
    rows = []
    for scene, asked in zip(scenes_of(scenes), scenes["questions"].to_list(), strict=True):
        facts = Facts(scene, proof)
        for row in asked:
            finding = check_question(row, facts, is_judged=is_judged)
            reason, detail = finding.problem or (None, None)
            standing, margin, proved_by = finding.evidence or (None, None, None)
            reading = finding.reading
            rows.append(
                (row["question_id"], True, reason, detail, standing, margin, proved_by, reading)
            )
    return pl.DataFrame(rows, schema=CHECKED, orient="row")


def verify(job: Job) -> Path:
    questions = pl.read_parquet(job.path("write"))
    scenes = pl.read_parquet(job.path("ingest"))
    config = job.config
    verified = verify_questions(
        questions,
        scenes,
        config.proof_of_source,
        job.num_workers,
        is_judged=config.judge is not None,
    )
    num_kept = verified["reason"].is_null().sum()
    logger.info("verify %s: %d of %d questions hold", job.shard, num_kept, verified.height)
    return write_artifact(verified, job.artifact)


def settings(config: PipelineConfig) -> Settings:
    return {"proof": config.proof_of_source, "is_judged": config.judge is not None}


STAGE = Stage(
    name="verify",
    version=VERSION,
    unit="questions checked",
    work=verify,
    reads=("write", "ingest"),
    settings=settings,
    is_sharded=True,
    uses_vocabulary=True,
)

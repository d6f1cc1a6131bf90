"""Override: questions that people or another program wrote, in place of those that write makes.

The file is a table of QUESTION. What it says of evidence is not taken over: `verify` executes every
claim, and until then it is STATED. Nor is what models took for it: this build did not ask them.
Questions about photographs that cannot be used, or are a benchmark's, get that as their reason.
"""

import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
from polars.exceptions import PolarsError

from schemas.claim import Category, decode_claim, objects_of
from schemas.columns import fitted, incomplete_column
from schemas.config.build import PipelineConfig
from schemas.file_digests import digest_store, file_digests
from schemas.question import LEVELS, QUESTION
from schemas.refusal import what_helps
from schemas.scene_graph import Scene, scenes_of
from tasks.artifact import read_seal
from tasks.plan.stage import unusable_images
from tasks.stage import Build, Job
from tasks.writing import write_artifact

STATED = "stated"
"""The evidence of what only a file says."""
WRITER = "override"
"""The `writer` of questions whose file names none."""
TAKEN_OVER_AS_NULL = ("margin", "detail", "write_usage", "write_replies")
OPTIONAL = (
    *TAKEN_OVER_AS_NULL,
    *("evidence", "writer", "writer_level", "pair_id", "reason", "reason_detail"),
)
"""Columns that a file may leave out."""
MAY_BE_NULL = (*OPTIONAL, "question", "options", "option_claims", "answer")
"""What a question without a value here is lost for, verify says."""
QUESTION_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
MAX_RATING = 10
AGAIN = "correct the file, or leave override.write out"
logger = logging.getLogger(__name__)


def digest_of_override(build: Build) -> dict[str, str]:
    """The SHA-256 of the file that override.write names. ValueError where it cannot be read."""
    place = _place(build.config.override.write)
    try:
        return {"override": file_digests([place], digest_store(build.root))[place]}
    except OSError as error:
        raise ValueError(
            f"override.write {place} cannot be read ({error.strerror}): name a Parquet file of "
            "questions"
        ) from None


def provenance_of(write: Path) -> dict[str, str] | None:
    """The name and SHA-256 of the file that an artifact of write was made from; None where no file
    took the place of what write makes."""
    recipe = read_seal(write)["recipe"]
    if "override" not in recipe["inputs"]:
        return None
    return {"file": recipe["config"]["override"], "sha256": recipe["inputs"]["override"]}


def write_override(job: Job) -> Path:
    place = _place(job.config.override.write)
    rows = read_questions(place)
    known = file_digests([place], digest_store(job.root))[place]
    if known != read_recipe(job)["override"]:
        raise ValueError(f"{place} has changed while it was read: run the same command")
    index = pl.read_parquet(job.path("index"), columns=["image_id"])
    images = index["image_id"].cast(pl.String)  # an index keeps the source's own numbers
    unknown = rows.filter(~pl.col("image_id").is_in(images.implode()))
    if unknown.height:
        key, image = unknown.select("question_id", "image_id").row(0)
        raise ValueError(
            f"{place}: question {key} is about image {image}, which the source lacks: {AGAIN}"
        )
    start, stop = (int(number) for number in job.shard.split("-"))
    rows = rows.filter(pl.col("image_id").is_in(images[start:stop].implode()))
    check_objects(rows, pl.read_parquet(job.path("ingest")), place)
    questions = _with_unusable(rows, unusable_images(job)).sort("image_id", "question_id")
    logger.info("write %s: %d questions of %s", job.shard, questions.height, place.name)
    return write_artifact(questions, job.artifact)


def read_recipe(job: Job) -> Mapping[str, str]:
    """The inputs that a job's recipe names."""
    inputs: Mapping[str, str] = msgspec.json.decode(job.artifact.recipe)["inputs"]
    return inputs


def given_questions(config: PipelineConfig) -> pl.DataFrame:
    """The rows of the file that override.write names; ValueError as `read_questions`."""
    return read_questions(_place(config.override.write))


def read_questions(place: Path) -> pl.DataFrame:
    """Rows of QUESTION with evidence STATED. ValueError names the column that is not as it should
    be, or the question."""
    try:
        found = pl.read_parquet(place)
    except (OSError, PolarsError) as error:
        raise ValueError(
            f"override.write {place} is no readable Parquet file ({error}): "
            + what_helps(error, AGAIN)
        ) from None
    try:
        rows = fitted(found, QUESTION, optional=OPTIONAL)
    except ValueError as error:
        raise ValueError(f"override.write {place}: {error}: {AGAIN}") from None
    if problem := _problem_of(rows):
        raise ValueError(f"override.write {place}: {problem}: {AGAIN}")
    return rows.with_columns(
        *(pl.lit(None, QUESTION[name]).alias(name) for name in TAKEN_OVER_AS_NULL),
        evidence=pl.lit(STATED),
        writer=pl.col("writer").fill_null(WRITER),
    )


def _problem_of(rows: pl.DataFrame) -> str:
    """What is wrong with the first row that is; empty where nothing is."""
    if rows.is_empty():
        return "it has no rows"
    if name := incomplete_column(rows, MAY_BE_NULL):
        return f"column {name} is null in row {rows[name].is_null().arg_max()}"
    twice = rows.filter(pl.col("question_id").is_duplicated())
    if twice.height:
        return f"{twice['question_id'][0]} is the question_id of two rows"
    for name, values in (("category", [one.value for one in Category]), ("level", LEVELS)):
        others = rows.filter(~pl.col(name).is_in(values))
        if others.height:
            key, value = others.select("question_id", name).row(0)
            return f"question {key} has the {name} {value!r}, which is none of {', '.join(values)}"
    return next(filter(None, map(_problem_in, rows.iter_rows(named=True))), "")


def _problem_in(row: Mapping[str, Any]) -> str:
    """What is wrong with a question, whatever its scene; empty where nothing is."""
    key, options, claims = row["question_id"], row["options"] or (), row["option_claims"]
    if not QUESTION_ID.fullmatch(key):
        return f"{key!r} is no question_id: 1 to 64 letters, digits, - and _ are"
    if not 1 <= row["rating"] <= MAX_RATING:
        return f"question {key} has the rating {row['rating']}, which is not 1 to {MAX_RATING}"
    if len(row["objects"]) != len(row["names"]) or None in row["names"]:
        return f"question {key} has not one name for each of its objects"
    if row["answer"] is not None and not 0 <= row["answer"] < len(options):
        return f"question {key} has the answer {row['answer']}, and {len(options)} options"
    if claims is not None and len(claims) != len(options):
        return f"question {key} has {len(claims)} option_claims, and {len(options)} options"
    if claims is not None and None in claims:
        return f"question {key} has an option_claim that is null"
    for text in (row["claim"], *(claims or ())):
        try:
            decode_claim(text)
        except (msgspec.DecodeError, TypeError) as error:
            return f"question {key} has the claim {str(text)[:80]!r}, which is none ({error})"
    return ""


def check_objects(rows: pl.DataFrame, scenes: pl.DataFrame, place: Path) -> None:
    """ValueError where a question lists an object or relationship that its scene lacks, or claims
    something of an object that it does not list."""
    by_image: dict[str, list[dict[str, Any]]] = {}
    for row in rows.iter_rows(named=True):
        by_image.setdefault(row["image_id"], []).append(row)
    for scene in scenes_of(scenes.filter(pl.col("image_id").is_in(list(by_image)))):
        for row in by_image[scene.image_id]:
            if problem := _flaw(row, scene):
                raise ValueError(
                    f"override.write {place}: question {row['question_id']} {problem}: {AGAIN}"
                )


def _flaw(row: Mapping[str, Any], scene: Scene) -> str:
    links = {entry.relationship_id for entry in scene.relationships}
    for name, given, there in (
        ("object", row["objects"], scene.objects.keys()),
        ("relationship", row["relationships"], links),
    ):
        if lacking := [key for key in given if key not in there]:
            return f"lists {name} {lacking[0]}, which image {scene.image_id} lacks"
    for text in (row["claim"], *(row["option_claims"] or ())):
        named = objects_of(decode_claim(text))
        if lacking := [key for key in named if key not in row["objects"]]:
            return f"claims something of object {lacking[0]}, which is not among its objects"
    return ""


def _with_unusable(rows: pl.DataFrame, unusable: pl.DataFrame) -> pl.DataFrame:
    found = rows.join(
        unusable.rename({"reason": "unusable"}), on="image_id", how="left", maintain_order="left"
    )
    return found.with_columns(reason=pl.coalesce("reason", "unusable")).select(QUESTION.names())


def _place(name: str | None) -> Path:
    assert name
    return Path(name).expanduser()

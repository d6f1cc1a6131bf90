"""Questions: the rows of a report's gallery, published ones and lost ones, with all that is known.

What a dataset's own files hold is always there. The artifacts of its build add the lost questions'
words, boxes by object, what proves and refutes each option, and why a judge voted as it did.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import polars as pl

from schemas.claim import PREDICATE_FIELDS
from schemas.columns import columns
from schemas.completion.publish import LETTERS
from schemas.config.margins import ProofConfig
from schemas.dataset_folder import sample_files
from schemas.testimony import with_testimony
from tasks.diff.record import Record
from tasks.report.scenes import ASKED, SEEN, look_at_scenes

MAX_UNASKED = 300
"""Candidates shown of those that plan did not choose: nobody wrote them, and there may be
millions."""
ASKING = ("write", "verify", "judge", "select")
"""Stages that lose questions that were planned."""
CATEGORY = r"-([a-z_]+)-[0-9a-f]+$"
"""The category in a question's id."""
KNOWN = columns(
    question_id=pl.String,
    image_id=pl.String,
    category=pl.String,
    level=pl.String,
    rating=pl.Int32,
    claim=pl.String,
    question=pl.String,
    options=pl.List(pl.String),
    option_claims=pl.List(pl.String),
    answer=pl.Int32,
    objects=pl.List(pl.Int64),
    relationships=pl.List(pl.Int64),
    evidence=pl.String,
    margin=pl.Float64,
    detail=pl.String,
    writer=pl.String,
    writer_level=pl.String,
    reading=pl.String,
    verdict=pl.String,
    judge=pl.String,
    votes=pl.List(pl.String),
    vote_reasons=pl.List(pl.String),
    blind_votes=pl.List(pl.String),
    blind_answered=pl.Boolean,
)
"""What builds know of questions."""
SHOWN = columns(
    **{**KNOWN, **SEEN},
    split=pl.String,
    pair_id=pl.String,
    cost=pl.Float64,
    stage=pl.String,
    reason=pl.String,
    reason_detail=pl.String,
    predicate=pl.String,
    gold=pl.String,
)
"""`split` is null for lost questions, `stage` for published ones; `gold` is the published scene, as
far as no artifact says where its objects are. `boxes` is null there."""


def read_questions(record: Record, num_workers: int = 1) -> pl.DataFrame:
    """Rows of SHOWN: all samples, all questions that were planned and lost, and some that were not
    planned; by image and id."""
    samples, ledger = _samples(record), _lost(record)
    known = _known(record, ledger)
    lost = ledger.join(known, on="question_id", how="left", maintain_order="left")
    found = _published(samples, known)
    rows = pl.concat([found, lost.drop("image_id_right", strict=False)], how="diagonal_relaxed")
    rows = _with_claims(rows)
    seen = _seen(record, rows, num_workers)
    rows = rows.join(seen, on="question_id", how="left", maintain_order="left", suffix="_seen")
    predicates = [
        pl.col("claim").str.json_path_match(f"$.{field}") for field in sorted(PREDICATE_FIELDS)
    ]
    rows = rows.with_columns(
        width=pl.coalesce("width", "width_seen"),
        height=pl.coalesce("height", "height_seen"),
        predicate=pl.coalesce(predicates),
        gold=pl.when(pl.col("boxes").is_null()).then("gold"),
        category=pl.coalesce("category", pl.col("question_id").str.extract(CATEGORY)),
    )
    missing = [
        pl.lit(None, kind).alias(name) for name, kind in SHOWN.items() if name not in rows.columns
    ]
    shown = rows.with_columns(missing).select(SHOWN.names()).cast(SHOWN)
    return shown.sort(pl.col("split").is_null(), "image_id", "question_id")


def _samples(record: Record) -> pl.DataFrame:
    unread = ["images", "scene_objects", "scene_relationships", "problem", "demonstration"]
    shards = pl.scan_parquet(sample_files(record.folder))
    return shards.drop(unread, strict=False).collect()


def _lost(record: Record) -> pl.DataFrame:
    """Lost questions by the dataset's ledger, with stage, reason and cost; of those that were not
    planned at most MAX_UNASKED, in turn over reasons and categories, chosen by the digests of
    their ids."""
    lost = (
        pl.scan_parquet(record.folder / "ledger.parquet")
        .filter(action="drop")
        .select("stage", "image_id", "reason", "cost", question_id="item", reason_detail="detail")
    )
    asked = lost.filter(pl.col("stage").is_in(ASKING)).collect()
    unasked = lost.filter(stage="plan").collect()
    digests = [sha256(key.encode()).hexdigest()[:16] for key in unasked["question_id"]]
    turn = pl.int_range(pl.len()).over("reason", pl.col("question_id").str.extract(CATEGORY))
    some = (
        unasked.with_columns(rank=pl.Series(digests, dtype=pl.String))
        .sort("rank")
        .with_columns(turn=turn)
        .sort("turn", "rank")
        .head(MAX_UNASKED)
    )
    return pl.concat([asked, some.drop("rank", "turn")])


def _known(record: Record, lost: pl.DataFrame) -> pl.DataFrame:
    """Rows of KNOWN, as far as artifacts are there: planned questions, and the lost ones among the
    others."""
    parts = [pl.DataFrame(schema=KNOWN)]
    last = "judge" if "judge" in record.stages else "verify"
    asked, candidates = record.table(last), record.table("extract")
    if asked is not None:
        parts.append(_as_known(asked))
    if candidates is not None:
        unasked = lost.filter(stage="plan")["question_id"].implode()
        parts.append(_as_known(candidates.filter(pl.col("question_id").is_in(unasked))))
    return pl.concat(parts).unique("question_id", keep="first", maintain_order=True)


def _as_known(table: pl.LazyFrame) -> pl.DataFrame:
    names = table.collect_schema().names()
    missing = [pl.lit(None, kind).alias(key) for key, kind in KNOWN.items() if key not in names]
    return table.with_columns(missing).select(KNOWN.names()).cast(KNOWN).collect()


PUBLISHED = (
    "image_id", "category", "level", "rating", "claim", "options", "option_claims", "evidence",
    "margin", "writer", "judge", "votes", "blind_votes", "blind_answered", "width", "height",
)  # fmt: skip
"""Columns of samples whose names and contents are those of questions. Options are in the published
order."""


def _published(samples: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    letters = {letter: number for number, letter in enumerate(LETTERS)}
    rows = samples.select(
        "question_id",
        "split",
        "pair_id",
        *PUBLISHED,
        *(name for name in ("cost",) if name in samples.columns),
        question="question_only",
        answer=pl.col("answer_only").replace_strict(letters, default=None, return_dtype=pl.Int32),
        gold=pl.col("answer").str.extract(r"(?s)<scene>(.*?)</scene>"),
    )
    others = known.drop(*PUBLISHED, "question", "answer", strict=False)
    return rows.join(others, on="question_id", how="left", maintain_order="left")


def _seen(record: Record, rows: pl.DataFrame, num_workers: int) -> pl.DataFrame:
    scenes, testimony = record.table("ingest"), record.table("witness")
    recipe: Mapping[str, Any] = record.recipes.get("verify", {}).get("config", {})
    if scenes is None or "proof" not in recipe or "objects" not in rows.columns:
        return pl.DataFrame(schema=SEEN)
    questions = rows.filter(pl.col("objects").is_not_null())
    wanted: Sequence[str] = questions["image_id"].unique().to_list()
    here = scenes.filter(pl.col("image_id").is_in(wanted)).collect()
    here = here.unique("image_id", keep="first", maintain_order=True)
    if testimony is not None:
        said = testimony.filter(pl.col("image_id").is_in(wanted)).collect()
        here = with_testimony(here, said.unique("image_id", keep="first"))
    proof = ProofConfig.model_validate(recipe["proof"])
    return look_at_scenes(questions.select("image_id", *ASKED), here, proof, num_workers)


def _with_claims(rows: pl.DataFrame) -> pl.DataFrame:
    """A question that nobody wrote has one claim: what would be its answer."""
    is_unwritten = pl.col("claim").is_not_null() & (
        pl.col("option_claims").list.len().fill_null(0) == 0
    )
    return rows.with_columns(
        option_claims=pl.when(is_unwritten)
        .then(pl.concat_list("claim"))
        .otherwise("option_claims"),
        answer=pl.when(is_unwritten).then(0).otherwise("answer"),
    )

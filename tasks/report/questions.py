"""Questions: the rows of a report's gallery, published ones and lost ones, with all that is known.

What a dataset's own files hold is always there. The artifacts of its build add the lost questions'
words, boxes by object, what proves and refutes each option, and why a judge voted as it did.
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

import numpy as np
import polars as pl

from schemas.claim import PREDICATE_FIELDS
from schemas.columns import columns
from schemas.completion.publish import LETTERS
from schemas.config.margins import ProofConfig
from schemas.dataset_folder import sample_files
from schemas.testimony import with_testimony
from tasks.diff.record import Record
from tasks.report.scenes import ASKED, SEEN, look_at_scenes

MAX_PUBLISHED, MAX_LOST = 120_000, 30_000
"""Questions shown of the published ones, and of those that were planned and lost: nobody looks
through more."""
MAX_UNASKED = 300
"""Candidates shown of those that plan did not choose: nobody wrote them, and there may be
millions."""
AT_ONCE = 10_000
"""Questions that are read together: with their scenes, some 300 MB."""
UNREAD = ("images", "scene_objects", "scene_relationships", "problem", "demonstration")
"""Columns of samples that are not shown."""
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
COUNTED = columns(
    category=pl.String,
    level=pl.String,
    answer=pl.Int32,
    pair_id=pl.String,
    evidence=pl.String,
    margin=pl.Float64,
    predicate=pl.String,
)
"""What an overview counts of all samples."""
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


ANSWER = pl.col("answer_only").replace_strict(
    {letter: number for number, letter in enumerate(LETTERS)}, default=None, return_dtype=pl.Int32
)
"""Which of a sample's options is the right one."""
PREDICATE = pl.coalesce(
    pl.col("claim").str.json_path_match(f"$.{field}") for field in sorted(PREDICATE_FIELDS)
)
"""The predicate that the claim of a question's answer names, null for others."""


def question_parts(
    record: Record, num_workers: int = 1, most: int = AT_ONCE
) -> Iterator[pl.DataFrame]:
    """Rows of SHOWN, at most so many at a time, at least one part: samples, then questions that
    were planned and lost, and some that were not planned; by image and id. Of each at most as many
    as said above, chosen by digests; pairs stay whole."""
    ids, lost = _published_ids(record), _lost(record).sort("image_id", "question_id")
    for start in range(0, max(len(ids) + lost.height, 1), most):
        behind = max(start - len(ids), 0), max(start + most - len(ids), 0)
        yield _rows(record, ids[start : start + most], lost[slice(*behind)], num_workers)


def _rows(
    record: Record, published: pl.Series, ledger: pl.DataFrame, num_workers: int
) -> pl.DataFrame:
    """Rows of SHOWN for the samples with these ids, and for lost questions."""
    samples = pl.scan_parquet(sample_files(record.folder)).drop(UNREAD, strict=False)
    samples = samples.filter(pl.col("question_id").is_in(published.implode()))
    known = _known(record, published, ledger)
    lost = ledger.join(known, on="question_id", how="left", maintain_order="left")
    found = _published(samples.collect(), known)
    rows = pl.concat([found, lost.drop("image_id_right", strict=False)], how="diagonal_relaxed")
    rows = _with_claims(rows)
    seen = _seen(record, rows, num_workers)
    rows = rows.join(seen, on="question_id", how="left", maintain_order="left", suffix="_seen")
    rows = rows.with_columns(
        width=pl.coalesce("width", "width_seen"),
        height=pl.coalesce("height", "height_seen"),
        predicate=PREDICATE,
        gold=pl.when(pl.col("boxes").is_null()).then("gold"),
        category=pl.coalesce("category", pl.col("question_id").str.extract(CATEGORY)),
    )
    missing = [
        pl.lit(None, kind).alias(name) for name, kind in SHOWN.items() if name not in rows.columns
    ]
    shown = rows.with_columns(missing).select(SHOWN.names()).cast(SHOWN)
    return shown.sort(pl.col("split").is_null(), "image_id", "question_id")


def published_of(record: Record) -> pl.DataFrame:
    """Rows of COUNTED for all samples."""
    samples = pl.scan_parquet(sample_files(record.folder))
    return (
        samples.select(
            "category", "level", "pair_id", "evidence", "margin", answer=ANSWER, predicate=PREDICATE
        )
        .select(COUNTED.names())
        .collect()
    )


def _published_ids(record: Record) -> pl.Series:
    """Of the samples that are shown, in the order of their images."""
    shards = pl.scan_parquet(sample_files(record.folder))
    ids = shards.select("question_id", "image_id", "pair_id").collect()
    if ids.height > MAX_PUBLISHED:
        asked_as = ids.with_columns(pl.coalesce("pair_id", "question_id").alias("key"))
        first = _by_digest(asked_as, "key").head(MAX_PUBLISHED)
        # The last may have lost its counterpart.
        is_whole = pl.col("pair_id").is_null() | (pl.len().over("key") == 2)
        ids = first.filter(is_whole)
    return ids.sort("image_id", "question_id")["question_id"]


def _lost(record: Record) -> pl.DataFrame:
    """Lost questions by the dataset's ledger, with stage, reason and cost: some of those that were
    planned and of those that were not, in turn over reasons and categories."""
    lost = (
        pl.scan_parquet(record.folder / "ledger.parquet")
        .filter(action="drop")
        .select("stage", "image_id", "reason", "cost", question_id="item", reason_detail="detail")
    )
    asked, unasked = lost.filter(pl.col("stage").is_in(ASKING)), lost.filter(stage="plan")
    return pl.concat([_in_turn(asked, MAX_LOST), _in_turn(unasked, MAX_UNASKED)])


def _in_turn(lost: pl.LazyFrame, most: int) -> pl.DataFrame:
    """At most so many, in turn over reasons and categories, chosen by the digests of their ids."""
    turn = pl.int_range(pl.len()).over("reason", pl.col("question_id").str.extract(CATEGORY))
    ranked = _by_digest(lost.select("question_id", "reason").collect(), "question_id")
    chosen = ranked.sort(turn, maintain_order=True).head(most)["question_id"]
    return lost.filter(pl.col("question_id").is_in(chosen.implode())).collect()


def _by_digest(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    """In the order of the digests of a column's texts."""
    digests = (int.from_bytes(sha256(key.encode()).digest()[:8]) for key in rows[column])
    rank = np.fromiter(digests, dtype=np.uint64, count=rows.height)
    return rows[np.argsort(rank, kind="stable")]


def _known(record: Record, published: pl.Series, lost: pl.DataFrame) -> pl.DataFrame:
    """Rows of KNOWN, as far as artifacts are there, for published questions and for lost ones."""
    parts = [pl.DataFrame(schema=KNOWN)]
    last = "judge" if "judge" in record.stages else "verify"
    asked, candidates = record.table(last), record.table("extract")
    if asked is not None:
        wanted = pl.concat([published, lost["question_id"]]).implode()
        parts.append(_as_known(asked.filter(pl.col("question_id").is_in(wanted))))
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
    rows = samples.select(
        "question_id",
        "split",
        "pair_id",
        *PUBLISHED,
        *(name for name in ("cost",) if name in samples.columns),
        question="question_only",
        answer=ANSWER,
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

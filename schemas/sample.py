"""Samples: the rows of the published dataset.

The first columns are those of STVQA-7K, with its names, types and contents (`images` joins them
when the dataset is published); the others say where a row comes from and what proves it.
"""

import polars as pl

from schemas.columns import columns
from schemas.question import USAGE

STVQA_COLUMNS = columns(
    image_id=pl.String,
    problem=pl.String,
    question_only=pl.String,
    question_with_options=pl.String,
    options=pl.List(pl.String),
    answer=pl.String,
    answer_only=pl.String,
    answer_text=pl.String,
    answer_text_only=pl.String,
    answer_option_text=pl.String,
    answer_option_text_only=pl.String,
    category=pl.String,
    level=pl.String,
    rating=pl.Int32,
)
SAMPLE = columns(
    **STVQA_COLUMNS,
    demonstration=pl.String,
    question_id=pl.String,
    split=pl.String,
    group_id=pl.String,
    pair_id=pl.String,
    asks=pl.String,
    claim=pl.String,
    option_claims=pl.List(pl.String),
    evidence=pl.String,
    margin=pl.Float64,
    width=pl.Int32,
    height=pl.Int32,
    scene_objects=pl.List(pl.Struct({"id": pl.String, "bbox": pl.List(pl.Int32)})),
    scene_relationships=pl.List(
        pl.Struct({"subject": pl.String, "predicate": pl.String, "object": pl.String})
    ),
    writer=pl.String,
    write_usage=USAGE,
    judge=pl.String,
    votes=pl.List(pl.String),
    blind_votes=pl.List(pl.String),
    blind_answered=pl.Boolean,
    judge_usage=USAGE,
    blind_usage=USAGE,
    coco_id=pl.Int64,
    photograph=pl.String,
)
"""`demonstration` is a whole completion, for supervised fine-tuning (training.demonstrations);
`group_id` is shared by all samples whose photographs are the same, `pair_id` by two samples of one
split with the same words and different right options (null for others); `claim` and
`option_claims` (in the order of `options`) are JSON (schemas.claim); `write_usage` is null where a
template wrote, what `judge` did where no model judged: `votes` and, without the image,
`blind_votes`, as texts of options; `photograph` is the file's name in the source, null without
photographs."""
WITNESSED_SAMPLE = columns(**SAMPLE, detail=pl.String)
"""Where a build has witnesses: `detail` says which source supports what about the answer."""


def sample_columns(is_witnessed: bool) -> pl.Schema:
    """The columns of a build's samples, with witnesses and without."""
    return WITNESSED_SAMPLE if is_witnessed else SAMPLE

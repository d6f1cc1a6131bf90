"""Benchmarks: the items that a model is asked, and what it replied.

An item knows its question, its options by letter, its gold answer and what a scoring rule needs of
its row (`facts`); its images are files named by the SHA-256 of their bytes. A reply is kept as
the model wrote it: it is parsed and scored afresh whenever a rule changes.
"""

import re
from enum import StrEnum

import polars as pl

from schemas.columns import columns

LETTERS = "ABCDEFGH"
"""Letters of options: no known benchmark has more than eight."""
MASK = "mask"
"""The fact that holds the digest of a mask: a photograph that is white where a point is right."""
SHA256 = re.compile(r"[0-9a-f]{64}")


class AnswerKind(StrEnum):
    """CHOICE: `answer` is a letter of `options`. TEXT: a word or a number, without options. NUMBER:
    `answer` is a number, and what is near it is partly right. POINT: a point of the
    image, right where it lies in the polygon of `answer`, a JSON list of [x, y] in shares of width
    and height (0 to 1)."""

    CHOICE = "choice"
    TEXT = "text"
    NUMBER = "number"
    POINT = "point"


class PromptTemplate(StrEnum):
    """SPATIAL_THINKER: the inference template of the released models, the image's size filled
    in. PUBLISHED: what the published evaluation sent, its placeholders unfilled and the size below
    them. REASONING: <think> and <answer>. DIRECT: the letter, or the words, and nothing else."""

    SPATIAL_THINKER = "spatial_thinker"
    PUBLISHED = "published"
    REASONING = "reasoning"
    DIRECT = "direct"


OPTION = pl.Struct({"letter": pl.String, "text": pl.String})
FACT = pl.Struct({"name": pl.String, "value": pl.String})
ITEM = columns(
    benchmark=pl.String,
    item_id=pl.String,
    subset=pl.String,
    category=pl.String,
    question=pl.String,
    options=pl.List(OPTION),
    kind=pl.String,
    answer=pl.String,
    images=pl.List(pl.String),
    width=pl.Int32,
    height=pl.Int32,
    group=pl.String,
    facts=pl.List(FACT),
    image_sources=pl.List(pl.String),
)
"""`item_id` is unique in its benchmark and the same in every copy of it; `question` stands without
options and without the copy's own instructions how to answer; `options` are in order, empty for
other kinds than CHOICE; `images` are SHA-256 digests, in the order in which they are shown, and
`width` and `height` are those of the first; items of one `group` share an image, a pair or a figure
and are resampled together; `image_sources` say where the images come from, such as
`coco:000000123456`, `ade20k:ADE_val_00000248.jpg`, `sa-1b:sa_4690.jpg`."""

REPLY = columns(
    benchmark=pl.String,
    item_id=pl.String,
    text=pl.String,
    finish_reason=pl.String,
    input_tokens=pl.Int64,
    output_tokens=pl.Int64,
    cost=pl.Float64,
    prompt=pl.String,
    frame_width=pl.Int32,
    frame_height=pl.Int32,
    error=pl.String,
)
"""`text` is null where there was no reply, and `error` says why; `finish_reason` is `stop` or
`length` or what the server says; the frame is the size of the image that the prompt states and in
whose pixels the model's boxes are read; `prompt` is the whole text that was sent."""
IMPORTED = columns(**REPLY, scored=pl.String)
"""Replies that another harness has kept: `scored` is what it reads of one, null for all of it."""


def fact(facts: list[dict[str, str]], name: str) -> str | None:
    """One of an item's facts, None where it has none of that name."""
    return next((entry["value"] for entry in facts if entry["name"] == name), None)

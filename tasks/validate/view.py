"""The checks view: the flat table that the expectations judge, one row per sample.

Whatever an expectation needs of options, completions, claims or scenes becomes a number or a text
in a column here, so that Great Expectations never sees a nested value.
"""

from collections.abc import Mapping

import msgspec
import polars as pl

from schemas.claim import category_of, decode_claim
from schemas.columns import formatted
from schemas.completion.publish import (
    IMAGE_MARK,
    LETTERS,
    PublishedScene,
    option_text,
    parse_completion,
)
from schemas.proof.evidence import Standing
from schemas.sample import SAMPLE, sample_columns
from tasks.language.forms.table import FORMS
from tasks.validate.scenes import BOX, listed, scene_offenders

JUDGED = "judged"
"""Evidence of a question that only a judge decided."""
BY_MODELS = (
    "write_usage",
    "judge",
    "votes",
    "blind_votes",
    "blind_answered",
    "judge_usage",
    "blind_usage",
)
"""Columns that are null where no model took part."""
NULLABLE = ("pair_id", "margin", *BY_MODELS, "coco_id", "photograph")
"""Columns in which a value may be missing."""
GROUPED_BY = (
    *("split", "category", "num_options", "answer_only", "image_id", "group_id", "pair_id"),
    *("question_only", "options_shown", "answer_text_only"),
)
"""Columns of which the distribution over all samples is judged."""
COMPLETIONS = ("answer", "answer_text", "answer_option_text")
DEMONSTRATION = (
    r"(?s)^<observe>.+</observe>\n(<scene>.*</scene>)\n<think>.+</think>\n(<answer>.*</answer>)$"
)
"""The two parts that a demonstration shares with the gold."""
GOLD = pl.Struct(
    {
        "objects": pl.List(pl.Struct({"id": pl.String, "bbox": pl.List(pl.Int64)})),
        "relationships": SAMPLE["scene_relationships"],
    }
)


def row_view(rows: pl.DataFrame) -> pl.DataFrame:
    """The columns that a sample has by itself. A column `..._outside`, `..._unknown` and so on
    lists wrong entries as text, null without any."""
    rows = rows.with_columns(_completions(rows)).with_columns(
        gold_objects=pl.col("gold").struct.field("objects").fill_null([]),
        gold_relationships=pl.col("gold").struct.field("relationships").fill_null([]),
    )
    view = _text_view(rows)
    for part in (_claim_offenders(rows), *scene_offenders(rows)):
        view = view.join(part, on="row", how="left", maintain_order="left")
    edges = [f"{scene}_{edge}" for scene in ("gold", "scene") for edge in BOX]
    return view.with_columns(pl.col(edges).fill_null(0)).drop("row")


def conformed(samples: pl.LazyFrame) -> pl.LazyFrame:
    found = samples.collect_schema()
    # A frame without any column has as many rows as one that has some.
    return samples.with_columns(
        pl.lit(None, dtype).alias(name)
        for name, dtype in sample_columns("detail" in found).items()
        if found.get(name) != dtype
    ).select(sample_columns("detail" in found).names())


def _completions(rows: pl.DataFrame) -> list[pl.Series]:
    """The gold scene and, for each of the three completions, the content of its answer tag."""
    scenes: list[str | None] = []
    ends: list[list[str]] = []
    num_scenes: list[int] = []
    unreadable: list[str | None] = []
    for texts in rows.select(pl.col(COMPLETIONS).fill_null("")).iter_rows():
        parsed: list[tuple[PublishedScene | None, str]] = []
        problems = []
        for name, text in zip(COMPLETIONS, texts, strict=True):
            try:
                parsed.append(parse_completion(text))
            except ValueError as error:
                parsed.append((None, ""))
                problems.append(f"{name}: {error}")
        readable = [scene for scene, _ in parsed if scene]
        scenes.append(msgspec.json.encode(readable[0]).decode() if readable else None)
        num_scenes.append(sum(scene not in readable[:i] for i, scene in enumerate(readable)))
        ends.append([end for _, end in parsed])
        unreadable.append("; ".join(problems) or None)
    return [
        pl.Series("gold", scenes, pl.String).str.json_decode(GOLD),
        pl.Series("num_gold_scenes", num_scenes, pl.Int64),
        pl.Series("completions_unreadable", unreadable, pl.String),
        *(
            pl.Series(f"{name}_end", [end[i] for end in ends], pl.String)
            for i, name in enumerate(COMPLETIONS)
        ),
    ]


def _evidence() -> pl.Expr:
    """The evidence; JUDGED where only a judge that looked at the picture decided."""
    is_unknown = pl.col("evidence") == Standing.UNKNOWN.value
    return (
        pl.when(is_unknown & pl.col("judge").is_not_null())
        .then(pl.lit(JUDGED))
        .otherwise(pl.col("evidence").fill_null(""))
    )


def _text_view(rows: pl.DataFrame) -> pl.DataFrame:
    options, letter = pl.col("options").fill_null([]), pl.col("answer_only")
    index = letter.replace_strict(list(LETTERS), range(len(LETTERS)), default=None)
    trimmed = options.list.eval(pl.element().fill_null("").str.strip_chars().str.to_lowercase())
    lines = [
        pl.when(options.list.len() > i).then(
            formatted(option_text(i, "{}"), options.list.get(i, null_on_oob=True).fill_null(""))
        )
        for i in range(len(LETTERS))
    ]
    nulls = [pl.when(pl.col(name).is_null()).then(pl.lit(name)) for name in SAMPLE]
    asked = [line for name, line in zip(SAMPLE, nulls, strict=True) if name not in NULLABLE]
    return rows.select(
        "row",
        "question_id",
        "image_id",
        "group_id",
        "pair_id",
        "rating",
        "width",
        "height",
        pl.col("category", "level", "split", "answer_only", *COMPLETIONS).fill_null(""),
        pl.col("question_only", "answer_text_only", "answer_option_text_only").fill_null(""),
        pl.col("question_with_options", "problem", "claim", "demonstration").fill_null(""),
        "completions_unreadable",
        "num_gold_scenes",
        *(name for name in ("detail",) if name in rows.columns),
        *(f"{name}_end" for name in COMPLETIONS),
        has_photograph=pl.col("photograph").is_not_null(),
        evidence=_evidence(),
        missing_values=_none_if_empty(pl.concat_str(asked, separator=", ", ignore_nulls=True)),
        num_options=options.list.len().cast(pl.Int64),
        num_distinct_options=trimmed.list.n_unique().cast(pl.Int64),
        num_blank_options=trimmed.list.count_matches("").cast(pl.Int64),
        num_option_claims=pl.col("option_claims").list.len().fill_null(0).cast(pl.Int64),
        options_shown=options.list.join(" | ", ignore_nulls=True),
        options_sorted=options.list.sort().list.join(" | ", ignore_nulls=True),
        answer_index=index.fill_null(len(LETTERS)).cast(pl.Int64),
        wording=pl.concat_str(
            pl.col("question_only"),
            options.list.join("\n", ignore_nulls=True),
            separator="\n",
            ignore_nulls=True,
        ),
        chosen_text=options.list.get(index, null_on_oob=True).fill_null(""),
        chosen_option=pl.coalesce(
            *(pl.when(index == i).then(line) for i, line in enumerate(lines)), pl.lit("")
        ),
        chosen_claim=pl.col("option_claims").list.get(index, null_on_oob=True).fill_null(""),
        wanted_lines=pl.concat_str(lines, separator="\n", ignore_nulls=True),
        found_lines=pl.col("question_with_options")
        .str.extract_all(r"(?m)^\([A-Z]\) .*$")
        .list.join("\n")
        .fill_null(""),
        demonstrated=pl.concat_str(
            *(pl.col("demonstration").str.extract(DEMONSTRATION, part) for part in (1, 2)),
            separator="\n",
        ).fill_null(""),
        options_hold_question=_holds("question_with_options", "question_only"),
        problem_holds_question=_holds("problem", "question_with_options"),
        stated_size=pl.col("problem").str.extract(r"Image size: \((\d+ x \d+)\)").fill_null(""),
        num_image_marks=pl.when(pl.col("problem").str.starts_with(IMAGE_MARK))
        .then(pl.col("problem").str.count_matches(IMAGE_MARK, literal=True))
        .otherwise(0)
        .cast(pl.Int64),
        image_size=formatted("{} x {}", "width", "height").fill_null("unknown"),
        least_side=pl.min_horizontal("width", "height"),
    )


def _holds(text: str, part: str) -> pl.Expr:
    return pl.col(text).str.contains(pl.col(part), literal=True).fill_null(False)


def _none_if_empty(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)


def groups() -> list[pl.Expr]:
    """The distribution of a sample's image, category and answer letter over the data set."""
    like = ("split", "category", "num_options")
    counts = {
        letter: pl.when(pl.col("num_options") > i).then(
            (pl.col("answer_only") == letter).sum().over(like)
        )
        for i, letter in enumerate(LETTERS)
    }
    texts = [formatted(f"{letter}: {{}}", count) for letter, count in counts.items()]
    return [
        pl.col("split").n_unique().over("image_id").cast(pl.Int64).alias("image_splits"),
        pl.col("split").n_unique().over("group_id").cast(pl.Int64).alias("group_splits"),
        pl.col("num_options")
        .mode()
        .max()
        .over("category", _is_two_sided())
        .alias("usual_num_options"),
        pl.when(pl.col("pair_id").is_not_null() & ~_is_pair().over("pair_id"))
        .then("pair_id")
        .alias("pair_unsound"),
        pl.min_horizontal(*counts.values()).fill_null(0).cast(pl.Int64).alias("rarest_letter"),
        pl.max_horizontal(*counts.values()).fill_null(0).cast(pl.Int64).alias("commonest_letter"),
        pl.concat_str(texts, separator=", ", ignore_nulls=True).alias("letters"),
    ]


def _is_two_sided() -> pl.Expr:
    """Whether a question offers two options because they are opposites, or the right ones of a
    pair."""
    categories = [name.value for name, form in FORMS.items() if form.has_opposites]
    may_be = pl.col("category").is_in(categories) | pl.col("pair_id").is_not_null()
    return may_be & (pl.col("num_options") == 2)


def _is_pair() -> pl.Expr:
    """Whether samples are two with the same words, of two images of one split, with different
    answers."""
    same = ("question_only", "options_shown", "split")
    other = ("image_id", "answer_text_only")
    return pl.all_horizontal(
        pl.len() == 2,
        *(pl.col(name).n_unique() == 1 for name in same),
        *(pl.col(name).n_unique() == 2 for name in other),
    )


def _claim_offenders(rows: pl.DataFrame) -> pl.DataFrame:
    claims = (
        rows.select(
            "row",
            "category",
            claim=pl.concat_list("claim", pl.col("option_claims").fill_null([])),
        )
        .explode("claim")
        .with_columns(pl.col("claim").fill_null("null"))
    )
    tags = claims.select(pl.col("claim").unique(maintain_order=True))
    tags = tags.with_columns(pl.Series("tag", map(_claim_tag, tags["claim"]), pl.String))
    claims = claims.join(tags, on="claim", how="left", maintain_order="left")
    return listed(
        rows,
        claims_unreadable=claims.filter(pl.col("tag").is_null()).with_columns(text="claim"),
        claims_foreign=claims.filter(pl.col("tag") != pl.col("category")).with_columns(
            text="claim"
        ),
    )


def _claim_tag(text: str) -> str | None:
    try:
        return category_of(decode_claim(text)).value
    except msgspec.DecodeError:
        return None


def table_columns(schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """An empty frame whose columns are named `name: type`: a schema that expectations can judge."""
    return pl.DataFrame(schema={f"{name}: {dtype}": pl.Null for name, dtype in schema.items()})

"""What the report of an evaluation shows of robustness: per variant how often answers stay the same
and right, what was left out, and answers that changed."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from evaluation.robustness import COMPARED, Answered, compare, robustness
from evaluation.sampling import sample_items
from schemas.config.evaluation import Variant
from tasks.evaluate.about import About
from tasks.evaluate.outcomes import Failed, Outcome, VariantsOutcome
from tasks.evaluate.variants.stage import name_of_variants
from tasks.evaluate.view import title_of

EXAMPLES = 40
"""Answers of the page that changed: all of them are in variants.parquet."""
WHY: Mapping[str, str] = {
    Variant.ROTATION: "they have no options, or their words name options by letter or place",
    Variant.MIRROR: "they do not say what their options claim, no option is the mirrored claim of "
    "another, or their words do not hold of the mirrored picture",
    Variant.PARAPHRASE: "they do not say what their options claim, or no other words are certain",
}
Row = dict[str, Any]


class Robustness(NamedTuple):
    """Tables of evaluation.robustness, and by benchmark and variant how many items have it."""

    compared: pl.DataFrame
    summary: pl.DataFrame
    made: Mapping[tuple[str, str], int]


def robustness_of(
    about: About, outcomes: Sequence[Outcome], variants: Sequence[VariantsOutcome]
) -> Robustness:
    known = {(one.model, one.benchmark): one for one in outcomes}
    tables, made = [pl.DataFrame(schema=COMPARED)], dict[tuple[str, str], int]()
    for one in variants:
        varied = Answered(*map(pl.read_parquet, one[2:]))
        counts = varied.items["variant"].value_counts().rows()
        made |= {(one.benchmark, variant): number for variant, number in counts}
        if (one.model, one.benchmark) not in known:
            continue  # its own items were not answered
        items = Answered(*map(pl.read_parquet, known[one.model, one.benchmark][2:5]))
        names = {"model": pl.lit(one.model), "benchmark": pl.lit(one.benchmark)}
        tables.append(compare(items, varied).with_columns(**names).select(*COMPARED))
    compared = pl.concat(tables)
    drawn = {"seed": about.seed, "num_bootstrap": about.num_bootstrap}
    return Robustness(compared, robustness(compared, **drawn), made)


def robustness_view(
    found: Robustness, about: About, outcomes: Sequence[Outcome], failures: Sequence[Failed]
) -> Row | None:
    """None where no variants were asked."""
    if not about.robustness:
        return None
    limit = about.robustness["max_items"]
    chosen = {}
    for one in outcomes:
        items = pl.read_parquet(one.items)
        some = items if limit is None else sample_items(items, limit, about.seed)
        chosen[one.benchmark] = some.height
    return {
        "told": told_of(about.robustness),
        "rows": [
            row | {"title": title_of(row["benchmark"]), "num_chosen": chosen[row["benchmark"]]}
            for row in found.summary.iter_rows(named=True)
        ],
        "left_out": _left_out(found, about, chosen, failures),
        "changed": changed_answers(found.compared),
    }


def told_of(settings: Mapping[str, Any]) -> str:
    """What each variant is, in a sentence."""
    quality, scale = settings["jpeg_quality"], settings["scale"]
    what = {
        Variant.ROTATION: "the options in another order",
        Variant.MIRROR: "the same words about the mirrored picture",
        Variant.PARAPHRASE: "other words for the same claims, read back before they are used",
        Variant.JPEG: f"pictures compressed anew as JPEG of quality {quality}",
        Variant.SCALE: f"pictures at {scale:g} times their width and height",
    }
    parts = [f"{name}: {what[Variant(name)]}" for name in settings["variants"]]
    return f"{'; '.join(parts)}."


def _left_out(
    found: Robustness, about: About, chosen: Mapping[str, int], failures: Sequence[Failed]
) -> list[Row]:
    failed = {failure.benchmark for failure in failures}
    answered = {benchmark for benchmark, _ in found.made}
    rows = []
    for benchmark, number in chosen.items():
        if benchmark not in answered and name_of_variants(benchmark) in failed:
            continue  # nobody knows how many were made
        for variant in about.robustness["variants"]:
            lacking = number - found.made.get((benchmark, variant), 0)
            if lacking:
                rows.append(
                    {
                        "title": title_of(benchmark),
                        "variant": variant,
                        "number": lacking,
                        "num_chosen": number,
                        "why": WHY[variant],
                    }
                )
    return rows


def changed_answers(compared: pl.DataFrame) -> list[Row]:
    """Answers that were read and changed, as many of every benchmark, model and variant."""
    changed = compared.filter(~pl.col("is_consistent"), pl.col("said").is_not_null())
    changed = changed.filter(pl.col("said_here").is_not_null())
    turn = pl.int_range(pl.len()).over("benchmark", "model", "variant")
    ranked = changed.with_columns(turn=turn).sort("turn", maintain_order=True).head(EXAMPLES)
    return [
        row
        | {
            "title": title_of(row["benchmark"]),
            "answer": _answer(row["said"], row["options"]),
            "answer_here": _answer(row["said_here"], row["options_here"]),
        }
        for row in ranked.iter_rows(named=True)
    ]


def _answer(said: str, options: Sequence[Mapping[str, str]]) -> str:
    """With the text of its option, where it is a letter."""
    texts = {option["letter"]: option["text"] for option in options}
    return f"({said}) {texts[said]}" if said in texts else said

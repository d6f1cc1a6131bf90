"""What the report of an evaluation shows of the audit: the same replies by every rule, what parsers
read differently, hard items, and whether models differ."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import polars as pl

from evaluation.audit import (
    OFFICIAL,
    PAPER,
    TAIL,
    differences,
    item_audit,
    label_problems,
    rank_changes,
)
from evaluation.benchmarks.registry import BENCHMARKS
from evaluation.paired import paired
from tasks.evaluate.about import About
from tasks.evaluate.view import benchmarks_of, score_rows, title_of

EXAMPLES = 60
"""Replies of the page that parsers read differently: all of them are in a file beside it."""
LISTED = 30
"""Items of each kind that the page names; all of them are in a file beside it."""
LEVEL = 0.05
"""Adjusted p-values below it are marked."""

Row = dict[str, Any]


class Audit(NamedTuple):
    """Tables of evaluation.audit and evaluation.paired."""

    differences: pl.DataFrame
    items: pl.DataFrame
    ranks: pl.DataFrame
    pairs: pl.DataFrame
    labels: dict[str, str]


def audit_of(scores: pl.DataFrame, answers: pl.DataFrame, about: About) -> Audit:
    known = answers.with_columns(group=pl.coalesce("group", "item_id"))
    return Audit(
        differences(answers),
        item_audit(answers, about.blind),
        rank_changes(scores),
        paired(known, seed=about.seed, num_bootstrap=about.num_bootstrap),
        label_problems(answers),
    )


def audit_view(audit: Audit, scores: pl.DataFrame, about: About) -> Row:
    return {
        "rules": rules_of(scores),
        "by_rule": rule_rows(scores),
        "counts": difference_counts(audit.differences),
        "examples": examples(audit.differences),
        "items": item_rows(audit, scores),
        "blind": list(about.blind),
        "ranks": [row | {"title": title_of(row["benchmark"])} for row in audit.ranks.to_dicts()],
        "pairs": [row | {"title": title_of(row["benchmark"])} for row in audit.pairs.to_dicts()],
        "num_tests": audit.pairs["p_value"].count(),
        "level": LEVEL,
        "shown": TAIL,
    }


def rules_of(scores: pl.DataFrame) -> list[str]:
    """The official rule on what our parser reads, on what others read, and the paper's last."""
    found = scores["rule"].unique(maintain_order=True).to_list()
    others = [rule for rule in found if rule not in (OFFICIAL, PAPER)]
    return [OFFICIAL, *sorted(others, key=lambda rule: (rule != "official_parser", rule)), PAPER]


def rule_rows(scores: pl.DataFrame) -> list[Row]:
    """Per benchmark and model the main figure by every rule, None where there is none, and what
    the paper and others report for a model of that name."""
    main = scores.filter("is_main")
    found = {
        (row["benchmark"], row["model"], row["rule"]): row["value"]
        for row in main.iter_rows(named=True)
    }
    rows = []
    for row in score_rows(scores):
        name, model = row["benchmark"], row["model"]
        reported = BENCHMARKS[name].reported if name in BENCHMARKS else ()
        figures = [(one.source, one.figure(model)) for one in reported]
        paper = [("the paper", row["published"])]
        rows.append(
            {
                "title": row["title"],
                "model": model,
                "values": [found.get((name, model, rule)) for rule in rules_of(scores)],
                "published": [one for one in paper + figures if one[1] is not None],
            }
        )
    return rows


def difference_counts(found: pl.DataFrame) -> list[Row]:
    """Per benchmark, model and parser how many replies it gives more and less credit than ours."""
    more = pl.col("their_credit") > pl.col("credit")
    table = found.group_by("benchmark", "model", "parser", maintain_order=True).agg(
        more=more.sum(), less=(~more).sum(), unread=pl.col("theirs").is_null().sum()
    )
    return [row | {"title": title_of(row["benchmark"])} for row in table.iter_rows(named=True)]


def examples(found: pl.DataFrame) -> list[Row]:
    """As many of every benchmark, model and parser, the first ones; the paper's parser last."""
    turn = pl.int_range(pl.len()).over("benchmark", "model", "parser")
    ranked = found.with_columns(turn=turn, is_paper=pl.col("parser") == PAPER)
    chosen = ranked.sort("is_paper", "turn", maintain_order=True).head(EXAMPLES)
    return [row | {"title": title_of(row["benchmark"])} for row in chosen.iter_rows(named=True)]


def item_rows(audit: Audit, scores: pl.DataFrame) -> list[Row]:
    """Per benchmark the items that no model that sees the pictures gets, those that one without
    them gets, and those whose label is known to be wrong."""
    rows = []
    for benchmark in benchmarks_of(scores, []):
        items = audit.items.filter(pl.col("benchmark") == benchmark)
        none = items.filter(pl.col("num_right") == 0, pl.col("num_models") > 0)
        blind = items.filter(pl.col("is_blind_right").fill_null(False))
        wrong = items.filter("is_label_wrong")
        rows.append(
            {
                "title": title_of(benchmark),
                "num_items": items.height,
                "none": _listed(none),
                "blind": _listed(blind),
                "wrong": _listed(wrong),
                "has_blind": items["is_blind_right"].count() > 0,
                "labels": audit.labels.get(benchmark),
            }
        )
    return rows


def _listed(items: pl.DataFrame) -> Row:
    names: Sequence[str] = items["item_id"].to_list()
    return {"number": len(names), "names": names[:LISTED], "rest": len(names[LISTED:])}

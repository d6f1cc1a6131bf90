"""Tables of verdicts: how many are right, by category and evidence, and what was wrong."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table

from bench.laboratory.judging import Verdict
from schemas.claim import Category
from tasks.review.precision import wilson


def tally(samples: pl.DataFrame) -> list[dict[str, Any]]:
    """Numbers of each verdict over all, per category, per evidence, and per both."""
    groups: list[tuple[str, str, pl.DataFrame]] = [("all", "", samples)]
    for kind in Category:
        mine = samples.filter(category=kind.value)
        groups.append((kind.value, "", mine))
        tiers = mine["evidence"].unique().sort()
        groups += [(kind.value, tier, mine.filter(evidence=tier)) for tier in tiers]
    groups += [("all", tier, samples.filter(evidence=tier))
               for tier in samples["evidence"].unique().sort()]  # fmt: skip
    rows = []
    for category, evidence, part in groups:
        counts = Counter(part["verdict"].to_list())
        low, high = wilson(counts["right"], part.height)
        numbers = {verdict.value: counts[verdict.value] for verdict in Verdict}
        same = part["same_answer"].fill_null(False).sum()
        rows.append({"category": category, "evidence": evidence, "questions": part.height,
                     **numbers, "same_answer": same, "low": low, "high": high})  # fmt: skip
    return rows


def show_tally(
    title: str, rows: Sequence[Mapping[str, Any]], others: Mapping[str, Sequence[Mapping[str, Any]]]
) -> None:
    table = Table(title=title, title_justify="left")
    table.add_column("category")
    table.add_column("evidence")
    for column in (
        "questions",
        *Verdict,
        "same answer",
        "right %",
        "95 %",
        *(f"of {name}" for name in others),
    ):
        table.add_column(column, justify="right")
    for row in rows:
        share = row["right"] / row["questions"] if row["questions"] else 0.0
        cells = [row["category"], row["evidence"], f"{row['questions']:,}"]
        cells += [f"{row[name]:,}" for name in (*Verdict, "same_answer")]
        cells += [f"{share:.1%}", f"{row['low']:.1%}-{row['high']:.1%}"]
        for other in others.values():
            same = [
                r
                for r in other
                if (r["category"], r["evidence"]) == (row["category"], row["evidence"])
            ]
            size = same[0]["questions"] if same else 0
            cells.append(f"{row['questions'] / size:.0%}" if size else "-")
        table.add_row(*cells, style="bold" if row["category"] == "all" else None)
    Console(width=130).print(table)


def show_mistakes(samples: pl.DataFrame, num_examples: int) -> None:
    bad = samples.filter(pl.col("verdict") != "right")
    table = Table(title="Kinds of mistake", title_justify="left")
    for column in ("verdict", "reason", "questions", "where"):
        table.add_column(column)
    kinds = bad.group_by("verdict", "reason").len().sort("len", descending=True)
    for verdict, reason, size in kinds.iter_rows():
        part = bad.filter(verdict=verdict, reason=reason)
        where = part["category"].value_counts(sort=True).rows()
        table.add_row(verdict, reason, f"{size:,}", ", ".join(f"{c} {n}" for c, n in where))
    Console(width=130).print(table)
    for verdict, reason, _ in kinds.iter_rows():
        part = bad.filter(verdict=verdict, reason=reason)
        for row in part.sample(min(num_examples, part.height), seed=0).iter_rows(named=True):
            options = " / ".join(row["options"])
            print(f"{row['image_id']}  {verdict}, {reason} ({row['detail']}): "
                  f"{row['question_only']} {options} -> {row['answer_text_only']} "
                  f"[{row['category']}, {row['evidence']}, {row['question_id']}]")  # fmt: skip

"""Evaluation report: what several models scored, for people and for programs.

Reads items, replies, what was read of them and the scores, by model and benchmark; writes the
folder ROOT/evaluations/<name>/<digest>/ with report.html (one page, opens from disk), report.md,
scores.parquet, items.parquet and grounding.parquet.
"""

import logging
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from prefect import State, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed

from evaluation.scoring import SCORE
from schemas.columns import columns
from tasks.artifact import digest_of, plan_artifact, replacing_folder
from tasks.evaluation_view import browser_items, charts, grounding_tables, score_rows
from tasks.grounding import GROUNDING, ground_replies

VERSION = 1
MODEL = columns(model=pl.String)
logger = logging.getLogger(__name__)


class Outcome(NamedTuple):
    """The artifacts of one model on one benchmark, by the benchmark's label."""

    model: str
    benchmark: str
    items: Path
    replies: Path
    parsed: Path
    scores: Path


class Failed(NamedTuple):
    model: str
    benchmark: str
    message: str


def report_folder(
    name: str, outcomes: Sequence[Outcome], failures: Sequence[Failed], root: Path
) -> Path:
    told = repr([tuple(failure) for failure in failures])
    inputs = {
        f"{number}-{outcome.model}": f"{digest_of(outcome.replies)}+{digest_of(outcome.scores)}"
        for number, outcome in enumerate(outcomes)
    }
    settings = {"failures": sha256(told.encode()).hexdigest()}
    digest = plan_artifact(
        root, "evaluation", version=VERSION, config=settings, inputs=inputs
    ).digest
    return root / "evaluations" / name / digest


def read_scores(outcomes: Sequence[Outcome]) -> pl.DataFrame:
    parts = [pl.DataFrame(schema={**MODEL, **SCORE})]
    for outcome in outcomes:
        scores = pl.read_parquet(outcome.scores).with_columns(benchmark=pl.lit(outcome.benchmark))
        parts.append(scores.select(pl.lit(outcome.model).alias("model"), *SCORE.names()))
    return pl.concat(parts)


def read_answers(outcomes: Sequence[Outcome]) -> pl.DataFrame:
    """One row per model and item: the item, the reply, and what was read of it."""
    parts = []
    for outcome in outcomes:
        items = pl.read_parquet(outcome.items)
        replies = pl.read_parquet(outcome.replies).drop("benchmark")
        parsed = pl.read_parquet(outcome.parsed).drop("benchmark")
        joined = items.join(replies, on="item_id", how="left", maintain_order="left").join(
            parsed, on="item_id", how="left", maintain_order="left"
        )
        named = joined.with_columns(benchmark=pl.lit(outcome.benchmark))
        parts.append(named.select(pl.lit(outcome.model).alias("model"), pl.all()))
    return pl.concat(parts) if parts else pl.DataFrame()


def read_grounding(outcomes: Sequence[Outcome]) -> pl.DataFrame:
    parts = [pl.DataFrame(schema={**MODEL, **GROUNDING})]
    for outcome in outcomes:
        tables = map(pl.read_parquet, (outcome.items, outcome.replies, outcome.parsed))
        found = ground_replies(*tables).with_columns(benchmark=pl.lit(outcome.benchmark))
        parts.append(found.select(pl.lit(outcome.model).alias("model"), *GROUNDING.names()))
    return pl.concat(parts)


def write_report(
    folder: Path, name: str, outcomes: Sequence[Outcome], failures: Sequence[Failed], root: Path
) -> None:
    """All files of the report into an existing, empty folder."""
    scores, answers = read_scores(outcomes), read_answers(outcomes)
    grounding = read_grounding(outcomes)
    scores.write_parquet(folder / "scores.parquet")
    answers.write_parquet(folder / "items.parquet")
    grounding.write_parquet(folder / "grounding.parquet")
    known = {
        "name": name,
        "models": list(dict.fromkeys(outcome.model for outcome in outcomes)),
        "rows": score_rows(scores),
        "details": scores.to_dicts(),
        "failures": [failure._asdict() for failure in failures],
        "grounding": grounding_tables(grounding),
        "charts": charts(scores),
    }
    text = _template("evaluation_report.md.jinja", escape=False).render(**known)
    (folder / "report.md").write_text(text, encoding="utf-8")
    shown = browser_items(answers, grounding, root)
    page = _template("evaluation_page.html.jinja", escape=True).render(**known, items=shown)
    # Unpaired surrogates, which models may write, are in no file.
    (folder / "report.html").write_bytes(page.encode("utf-8", "replace"))


def _template(name: str, *, escape: bool) -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        autoescape=escape,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name)


@task(cache_policy=NO_CACHE)
def report_evaluation(
    name: str, outcomes: Sequence[Outcome], failures: Sequence[Failed], root: Path
) -> Path | State[Path]:
    folder = report_folder(name, outcomes, failures, root)
    if folder.exists():
        return Completed(name="Cached", data=folder)
    with replacing_folder(folder) as partial:
        write_report(partial, name, outcomes, failures, root)
    logger.info("report: %s", folder)
    return folder

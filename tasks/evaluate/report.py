"""Evaluation report: what several models scored, for people and for programs.

Reads items, replies, what was read of them and the scores, by model and benchmark; writes the
folder ROOT/evaluations/<name>/<digest>/ with report.html (one page, opens from disk), report.md,
scores.parquet, items.parquet, grounding.parquet, the audit's differences.parquet, audit.parquet and
pairs.parquet, trajectory.parquet where a training was evaluated at several of its updates,
robustness.parquet and variants.parquet where variants of items were asked, attention.parquet and
focus.parquet where attention was measured, and evaluation.json: what was evaluated on what.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
from prefect import State, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed

from evaluation.attention import ATTENTION, summarize
from evaluation.grounding_tables import GROUNDING
from evaluation.photographs import PhotographStore
from evaluation.scoring import SCORE
from evaluation.trajectory import At, trajectory
from evaluation.verdicts import PARSED
from schemas.benchmark import ITEM, REPLY
from schemas.code_version import code_version
from schemas.columns import columns
from schemas.replacing import replacing_folder
from tasks.artifact import move_aside, plan_artifact, sealed_content
from tasks.evaluate.about import About
from tasks.evaluate.attention_view import attention_view
from tasks.evaluate.audit_view import Audit, audit_of, audit_view
from tasks.evaluate.browser import MAX_TEXT, browse, examples_of
from tasks.evaluate.grounding_view import CASES, grounding_view
from tasks.evaluate.outcomes import Failed, Outcome, VariantsOutcome
from tasks.evaluate.rewarding import ground_replies
from tasks.evaluate.robustness_view import robustness_of, robustness_view
from tasks.evaluate.trajectory_view import trajectory_view
from tasks.evaluate.view import (
    EVERY_MODEL,
    OFFICIAL,
    PAPER,
    category_tables,
    charts,
    comparison,
    mean_row,
    reading_rows,
    title_of,
)
from tasks.evaluate.whole import EVALUATION, files_of, is_whole
from tasks.pages.templates import page_template, text_template

VERSION = 11
FOLDER = Path(__file__).parent
SAMPLED = (
    "at most {0.items:,} of each benchmark, drawn with seed {0.seed}, each category by its share: "
    "scores and their errors are estimates for all items"
)
MODEL = columns(model=pl.String)
ANSWER = columns(**MODEL, **{**ITEM, **REPLY, **PARSED}, source_benchmark=pl.String)
"""`benchmark` is the name under which it was evaluated, `source_benchmark` the items' own."""
logger = logging.getLogger(__name__)


class Tables(NamedTuple):
    scores: pl.DataFrame
    answers: pl.DataFrame
    grounding: pl.DataFrame
    trajectory: pl.DataFrame
    attention: pl.DataFrame


def report_folder(
    about: About,
    outcomes: Sequence[Outcome],
    failures: Sequence[Failed],
    root: Path,
    variants: Sequence[VariantsOutcome] = (),
) -> Path:
    told = repr([tuple(failure) for failure in failures])
    parts = [(one[:2], one.paths) for one in outcomes]
    parts += [(one[:2], one.paths) for one in variants]
    inputs = {
        f"{number}-{model}-{benchmark}": "+".join(sealed_content([path]) for path in paths)
        for number, ((model, benchmark), paths) in enumerate(parts)
    }
    settings = {
        "failures": sha256(told.encode("utf-8", "replace")).hexdigest(),
        "about": sha256(about.text.encode("utf-8", "replace")).hexdigest(),
    }
    digest = plan_artifact(
        root, "evaluation", version=VERSION, config=settings, inputs=inputs
    ).digest
    return root / "evaluations" / about.name / digest


def read_tables(about: About, outcomes: Sequence[Outcome]) -> Tables:
    scores = [pl.DataFrame(schema={**MODEL, **SCORE})]
    answers = [pl.DataFrame(schema=ANSWER)]
    grounding = [pl.DataFrame(schema={**MODEL, **GROUNDING})]
    attention = [pl.DataFrame(schema={**MODEL, **ATTENTION})]
    for outcome in outcomes:
        names = {"model": pl.lit(outcome.model), "benchmark": pl.lit(outcome.benchmark)}
        items, replies, parsed, scored = (pl.read_parquet(path) for path in outcome[2:6])
        found = ground_replies(items, replies, parsed)
        scores.append(scored.with_columns(**names).select(*scores[0].columns))
        answers.append(_answers(items, replies, parsed).with_columns(**names).select(*ANSWER))
        grounding.append(found.with_columns(**names).select(*grounding[0].columns))
        if outcome.attention:
            looked = pl.read_parquet(outcome.attention).with_columns(**names)
            attention.append(looked.select(*attention[0].columns))
    whole = pl.concat(scores), pl.concat(answers), pl.concat(grounding)
    updates = [At(*checkpoint) for checkpoint in about.checkpoints]
    seed, num_bootstrap = about.seed, about.num_bootstrap
    by_update = trajectory(*whole, updates, seed=seed, num_bootstrap=num_bootstrap)
    return Tables(*whole, by_update, pl.concat(attention))


def _answers(items: pl.DataFrame, replies: pl.DataFrame, parsed: pl.DataFrame) -> pl.DataFrame:
    found = items.with_columns(source_benchmark="benchmark")
    for table in (replies, parsed):
        found = found.join(table.drop("benchmark"), on="item_id", how="left", maintain_order="left")
    return found


def report_view(
    about: About,
    digest: str,
    tables: Tables,
    audit: Audit,
    outcomes: Sequence[Outcome],
    failures: Sequence[Failed],
) -> dict[str, Any]:
    """What both the page and the Markdown file show; `digest` is the report's."""
    asked = [*(one.model for one in outcomes), *(one.model for one in failures)]
    models = [model for model in dict.fromkeys(asked) if model != EVERY_MODEL]
    told = [failure._asdict() | {"title": title_of(failure.benchmark)} for failure in failures]
    official, paper = (comparison(tables.scores, rule, models, told) for rule in (OFFICIAL, PAPER))
    return {
        "name": about.name,
        "about": {
            "report": f"{about.name}/{digest}",
            "configuration": about.configuration,
            "code": str(code_version()),
            **({"items": SAMPLED.format(about)} if about.items else {}),
        },
        "asked": about.models,
        "sources": {title_of(name): place for name, place in about.sources.items()},
        "models": models,
        "failures": told,
        "official_rows": official,
        "official_mean": mean_row(official, len(models)),
        "paper_rows": paper,
        "paper_mean": mean_row(paper, len(models)),
        "audit": audit_view(audit, tables.scores, about),
        "trajectories": trajectory_view(tables.trajectory),
        "reading": reading_rows(tables.scores, tables.answers),
        "grounding": grounding_view(tables.grounding, models),
        "attention": attention_view(summarize(tables.attention)),
    }


def render_markdown(view: dict[str, Any]) -> str:
    return text_template(FOLDER / "report.md.jinja", {"cell": markdown_cell}).render(**view)


def markdown_cell(text: str) -> str:
    """`text` on one line, without characters that end a cell or begin a tag."""
    line = " ".join(text.split())
    for mark, written in (("&", "&amp;"), ("<", "&lt;"), ("|", "\\|")):
        line = line.replace(mark, written)
    return line


def render_page(
    view: dict[str, Any], tables: Tables, store: PhotographStore, datasets: Mapping[str, str]
) -> str:
    browser = browse(tables.answers, tables.grounding, store, datasets)
    return page_template(FOLDER / "report.html.jinja").render(
        **view,
        charts=charts(tables.scores, view["models"]),
        categories=category_tables(tables.scores, view["models"]),
        browser=browser,
        examples=examples_of(browser),
        cases=CASES,
        max_text=MAX_TEXT,
    )


def write_report(
    folder: Path,
    about: About,
    digest: str,
    outcomes: Sequence[Outcome],
    failures: Sequence[Failed],
    root: Path,
    variants: Sequence[VariantsOutcome] = (),
) -> None:
    """All files of the report into an existing, empty folder."""
    tables = read_tables(about, outcomes)
    tables.scores.write_parquet(folder / "scores.parquet")
    tables.answers.write_parquet(folder / "items.parquet")
    tables.grounding.write_parquet(folder / "grounding.parquet")
    if not tables.attention.is_empty():
        tables.attention.write_parquet(folder / "attention.parquet")
        summarize(tables.attention).write_parquet(folder / "focus.parquet")
    if about.checkpoints:
        tables.trajectory.write_parquet(folder / "trajectory.parquet")
    audit = audit_of(tables.scores, tables.answers, about)
    audit.differences.write_parquet(folder / "differences.parquet")
    audit.items.write_parquet(folder / "audit.parquet")
    audit.pairs.write_parquet(folder / "pairs.parquet")
    varied = robustness_of(about, outcomes, variants)
    if about.robustness:
        varied.compared.write_parquet(folder / "variants.parquet")
        varied.summary.write_parquet(folder / "robustness.parquet")
    view = report_view(about, digest, tables, audit, outcomes, failures)
    view |= {"robustness": robustness_view(varied, about, outcomes, failures)}
    for file, text in (
        ("report.md", render_markdown(view)),
        ("report.html", render_page(view, tables, PhotographStore(root), about.datasets)),
    ):
        (folder / file).write_bytes(text.encode("utf-8", "replace"))
    files = files_of(folder)
    facts = {"digest": digest, "code": code_version()._asdict(), "files": files, **about.facts}
    text = json.dumps(facts, indent=2, sort_keys=True)
    (folder / EVALUATION).write_text(text + "\n", encoding="utf-8")


@task(cache_policy=NO_CACHE, task_run_name="report-{about.name}")
def report_evaluation(
    about: About,
    outcomes: Sequence[Outcome],
    failures: Sequence[Failed],
    root: Path,
    variants: Sequence[VariantsOutcome] = (),
) -> Path | State[Path]:
    folder = report_folder(about, outcomes, failures, root, variants)
    if folder.exists():
        if is_whole(folder, root):
            return Completed(name="Cached", data=folder)
        logger.warning("%s is damaged: set aside in %s, made again", folder, root / "damaged")
        move_aside(folder, root)
    with replacing_folder(folder) as partial:
        write_report(partial, about, folder.name, outcomes, failures, root, variants)
    logger.info("report: %s", folder)
    return folder

"""Validate: check the samples before anybody trains on them.

Reads samples (schemas.sample.SAMPLE), and where a model judged, all judged questions; writes a
folder: `validation.html` (for people), `results.json`, `failing_rows.parquet` (every failing row).
Polars computes a flat *checks view* of the samples; tasks.validate.checking judges it. That
module is imported where it is used: it imports Great Expectations, which takes seconds.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import polars as pl

from schemas.code_version import code_version
from schemas.config.build import PipelineConfig
from schemas.config.dataset import QuotaConfig, SelectConfig
from schemas.config.gates import GatesConfig
from schemas.config.models import JudgeConfig
from schemas.config.section import config_digest
from schemas.file_digests import digest_store
from schemas.replacing import removed_at_last, replacing
from schemas.sample import SAMPLE, sample_columns
from tasks.judge.summary import judge_summary
from tasks.pinned_models import check_packages, digest_of_model
from tasks.sources.files import digest_files
from tasks.stage import Build, BuildFailedError, Job, Settings, Stage
from tasks.validate.numbers import READ as NUMBERED
from tasks.validate.numbers import numbers_of
from tasks.validate.page import PAGE, render_page
from tasks.validate.readers import READERS, Readers
from tasks.validate.readiness import READ as TESTED
from tasks.validate.readiness import check_rewards, step_of
from tasks.validate.results import (
    TARGETS,
    as_results,
    failing_rows,
    is_blocking,
    results_of,
    succeeded,
)
from tasks.validate.reviewed import count_reviews, digest_of_reviews
from tasks.validate.shortcuts import find_shortcuts
from tasks.validate.totals import READ as COUNTED
from tasks.validate.totals import USUAL, by_family, count_shortcuts, count_totals
from tasks.validate.view import table_columns
from tasks.validate.view_files import View, with_columns, write_view
from tasks.writing import writing_folder

logger = logging.getLogger(__name__)

VERSION = 19
MAX_READ_BY_MODEL = 1_000
"""Questions of a category: their standard error is 1.5 points."""
MAX_TOLD, MAX_VALUE = 3, 120  # failing checks that an error names, characters of each's example
ASKED = (
    *("question_id", "group_id", "pair_id", "category"),
    *("question_only", "options", "answer_only"),
)
"""Columns that tasks.validate.shortcuts reads."""


def _asked(samples: pl.LazyFrame) -> pl.DataFrame:
    """The columns ASKED of any frame; a column that is missing or of another type counts as
    null."""
    found = samples.collect_schema()
    return samples.select(
        pl.col(name) if found.get(name) == SAMPLE[name] else pl.lit(None, SAMPLE[name]).alias(name)
        for name in ASKED
    ).collect()


def validate_samples(
    samples: pl.LazyFrame,
    quota: QuotaConfig,
    select: SelectConfig,
    folder: Path,
    *,
    about: Mapping[str, str] | None = None,
    gates: GatesConfig = USUAL,
    judged_paths: Sequence[Path] = (),
    judge: JudgeConfig | None = None,
    is_witnessed: bool = False,
    reviewed: pl.DataFrame | None = None,
) -> bool:
    """Check `samples`, write three files into `folder`, and return whether the samples may be
    published: every critical expectation holds and every expectation could be evaluated. `about`
    says which build this is."""
    from tasks.validate.checking import evaluate
    from tasks.validate.expectations import checks
    from tasks.validate.suites import checks_of_suite

    started = perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    schema = samples.collect_schema()
    shortcuts = find_shortcuts(_asked(samples), readers_of(gates))
    with removed_at_last(folder / "view", is_durable=False) as files:
        view = write_view(samples, files)
        tested = view.every(step_of(view.height), *TESTED)
        ready = check_rewards(tested, view.height)
        view = with_columns(view, ready.findings)
        totals = pl.concat(
            [
                count_totals(view.select(*COUNTED), quota, select, gates),
                count_shortcuts(shortcuts),
                *([] if reviewed is None else [reviewed]),
            ]
        )
        frames: dict[str, pl.DataFrame | View] = {"samples": view, **by_family(totals)}
        frames["table"] = table_columns(schema)
        suite = list(checks(gates.severity, is_witnessed=is_witnessed))
        if gates.suite_file:
            frames["rows"] = samples.collect().sort("question_id", maintain_order=True)
            suite += checks_of_suite(gates.suite_file, schema)
        checked = evaluate(frames, suite)
        failing = failing_rows(checked, frames)
        numbers = numbers_of(view.select(*NUMBERED))
    results = as_results(checked, failing, view.height) | {
        "about": dict(about or {}),
        "numbers": numbers,
        "judging": judge_summary(judged_paths, judge) if judge else None,
        "shortcuts": shortcuts.to_dicts(),
        "readiness": ready.totals,
    }
    failing.drop("question").write_parquet(folder / "failing_rows.parquet")
    text = json.dumps(results, indent=2, ensure_ascii=False)
    (folder / "results.json").write_text(f"{text}\n", encoding="utf-8")
    draw_page(folder, results, {})
    logger.info(
        "validate: %d samples, %d expectations, %d failing rows, success=%s, %.1f s",
        view.height, len(checked), failing.height, results["success"], perf_counter() - started,
    )  # fmt: skip
    return bool(results["success"])


def readers_of(gates: GatesConfig) -> Readers:
    """The blind readers, with the language model that the gates name."""
    if gates.blind_model is None:
        return READERS
    check_packages("gates.blind_model")
    from tasks.validate.language_model import LanguageModel

    model = LanguageModel(gates.blind_model)
    return {**READERS, "language model": (model.read, MAX_READ_BY_MODEL)}


def draw_page(
    folder: Path, results: Mapping[str, Any], made: Mapping[str, str], dataset: str = ""
) -> None:
    """Write the page of `results` into a folder. `made` says for what it is drawn; `dataset` is
    what people call the dataset of a published one."""
    page = render_page(results, {**made, "code": str(code_version())}, dataset)
    with replacing(folder / PAGE, is_durable=False) as partial:
        partial.write_text(page, encoding="utf-8")


def validate(job: Job) -> Path:
    config = job.config
    samples = pl.scan_parquet(job.path("select"))
    reviewed = count_reviews(job, samples)
    with writing_folder(job.artifact) as written:
        validate_samples(
            samples,
            config.quota,
            config.select,
            written,
            about=about(config),
            gates=config.gates,
            judged_paths=job.paths("judge"),
            judge=config.judge,
            is_witnessed=bool(config.witness),
            reviewed=reviewed,
        )
    return job.artifact.path


def depends(config: PipelineConfig) -> tuple[str, ...]:
    """Photographs are read for reviews alone, which know them by digest."""
    return "select", "judge"


def settings(config: PipelineConfig) -> Settings:
    judge = {"judge": config.judge} if config.judge else {}
    sections = {"quota": config.quota, "select": config.select, "gates": config.gates, **judge}
    return {**sections, **about(config)}


def about(config: PipelineConfig) -> dict[str, str]:
    """Which build a report is about."""
    return {
        "name": config.name,
        "source": config.source.kind.value,
        "seed": str(config.seed),
    }


def files(build: Build) -> dict[str, str]:
    """Digests of the suite and of a language model's folder, whose paths say nothing of what they
    hold, and of reviews."""
    gates, found = build.config.gates, dict(digest_of_reviews(build))
    if gates.blind_model is not None and gates.blind_model.folder:
        found["blind_model"] = digest_of_model(gates.blind_model, build.root)
    if suite := gates.suite_file:
        found["suite"] = digest_files([suite], suite.parent, digest_store(build.root))
    return found


def check(build: Build) -> None:
    (folder,) = build.made["validate"]
    if succeeded(folder):
        return
    results = results_of(folder)
    # Anew: other configurations may lead to the same samples.
    draw_page(folder, results, {"configuration": config_digest(build.config)})
    failed = [entry for entry in results["expectations"] if is_blocking(entry)]
    told = [f"{entry['name']} ({_example(entry)})" for entry in failed[:MAX_TOLD]]
    if len(failed) > MAX_TOLD:
        told.append(f"{len(failed) - MAX_TOLD} more")
    raise DatasetRejectedError(
        f"the dataset fails its validation and is not published: {'; '.join(told)}: see "
        f"{folder / PAGE}",
        folder,
    )


class DatasetRejectedError(BuildFailedError):
    """The samples must not be published; `validation` is the folder that says why, `rejected` the
    one that shows them, once it is written."""

    def __init__(self, message: str, validation: Path, rejected: Path | None = None) -> None:
        super().__init__(message, validation, rejected)
        self.validation = validation
        self.rejected = rejected

    def __str__(self) -> str:
        return str(self.args[0])


def check_gates(config: PipelineConfig) -> None:
    """ValueError, before anything is paid for, where gates.suite cannot be read, or what a language
    model needs is not installed."""
    if config.gates.blind_model:
        check_packages("gates.blind_model")
    if config.gates.suite_file:
        from tasks.validate.suites import checks_of_suite

        checks_of_suite(config.gates.suite_file, sample_columns(bool(config.witness)))


def _example(expectation: Mapping[str, Any]) -> str:
    """What is wrong, in a few words of one line."""
    examples = expectation["examples"]
    first = expectation["error"] or (examples[0]["value"] if examples else "")
    line = " ".join(str(first).split())
    # What is found of a target says what to do: it is told whole.
    if expectation["unit"] != TARGETS and len(line) > MAX_VALUE:
        line = f"{line[: MAX_VALUE - 3]}..."
    number = expectation["num_failed"]
    return line if number < 2 else f"{number} {expectation['unit']}, such as {line}"


STAGE = Stage(
    name="validate",
    version=VERSION,
    unit="validation report",
    work=validate,
    reads=("select", "judge", "photographs"),
    depends=depends,
    settings=settings,
    files=files,
    suffix="",
    check=check,
)

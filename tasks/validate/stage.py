"""Validate: check the samples before anybody trains on them.

Reads samples (schemas.sample.SAMPLE), and where a model judged, all judged questions; writes a
folder: `validation.html` (for people), `results.json`, `failing_rows.parquet` (every failing row).
Polars computes a flat *checks view* of the samples; tasks.validate.verdicts judges it. That
module is imported where it is used: it imports Great Expectations, which takes seconds.
"""

import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from math import ceil, floor
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import polars as pl

from schemas.code_version import code_version
from schemas.columns import formatted
from schemas.config.build import PipelineConfig
from schemas.config.dataset import QuotaConfig, SelectConfig
from schemas.config.gates import GatesConfig
from schemas.config.models import JudgeConfig
from schemas.config.section import config_digest
from schemas.file_digests import digest_store
from schemas.replacing import replacing
from schemas.sample import SAMPLE, sample_columns
from tasks.artifact import writing_folder
from tasks.judge.summary import judge_summary
from tasks.plan.quota import plan_quotas
from tasks.sources.files import digest_files
from tasks.stage import Build, BuildFailedError, Job, Settings, Stage
from tasks.validate.numbers import numbers_of
from tasks.validate.page import PAGE, render_page
from tasks.validate.readiness import check_rewards
from tasks.validate.reviewed import count_reviews, digest_of_reviews
from tasks.validate.shortcuts import ALL, find_shortcuts
from tasks.validate.view import check_view, table_columns

if TYPE_CHECKING:
    from tasks.validate.verdicts import Verdict

logger = logging.getLogger(__name__)

VERSION = 11
USUAL = GatesConfig()
ROUNDING = 1e-9  # of a share of the quota: 0.9 of 10 is 9
MAX_TOLD, MAX_VALUE = 3, 120  # failing checks that an error names, characters of each's example
MAX_EXAMPLES = 10  # failing samples of each check on the page, to keep it readable
FAILING = pl.Schema(
    dict.fromkeys(
        ("question_id", "question", "expectation", "severity", "columns", "value"), pl.String
    )
)
UNITS = {"table": "columns", "samples": "samples", "rows": "samples"}
"""What the rows of a frame are called in results; those of totals are targets."""
ASKED = (
    *("question_id", "group_id", "pair_id", "category"),
    *("question_only", "options", "answer_only"),
)
"""Columns that tasks.validate.shortcuts reads."""


def count_totals(
    view: pl.DataFrame, quota: QuotaConfig, select: SelectConfig, gates: GatesConfig = USUAL
) -> pl.DataFrame:
    """One row per number that the configuration requires: what was found, and the range wanted.
    Totals may differ a little from what is wanted: splits keep whole photographs together."""
    num_wanted, found = quota.num_samples, view.height
    least = ceil(gates.min_quota_share * num_wanted - ROUNDING)
    around = partial(_around, tolerance=gates.tolerance)
    totals = [
        ("least", "all samples", found, least, max(num_wanted, found)),
        ("all", "all samples", found, *around(num_wanted)),
    ]
    cells = plan_quotas(quota, quota.num_samples)
    for place, family in enumerate(("category", "level")):
        for name in dict.fromkeys(cell[place] for cell in cells):
            wanted = sum(number for cell, number in cells.items() if cell[place] == name)
            found = view.filter(pl.col(family) == name).height
            totals.append((family, name, found, *around(wanted)))
    num_val, slack = select.val_share * view.height, max(2.0, gates.tolerance * view.height)
    found = view.filter(split="val").height
    totals.append(("split", "val", found, ceil(num_val - slack), floor(num_val + slack)))
    answers = view.filter(pl.col("num_options").max().over("category") > 2)
    for (category_name,), rows in answers.group_by("category", maintain_order=True):
        ((text, found),) = Counter(sorted(rows["answer_text_only"])).most_common(1)
        most = max(3, floor(gates.max_answer_share * rows.height))
        totals.append(("answer", f"{category_name} answered “{text}”", found, 0, most))
    frame = pl.DataFrame(totals, ("family", "name", "found", "low", "high"), orient="row")
    finding = formatted("{}: {} found, {} to {} wanted", "name", "found", "low", "high")
    return frame.with_columns(finding=finding)


def _around(wanted: float, *, tolerance: float) -> tuple[int, int]:
    slack = max(1.0, tolerance * wanted)
    return max(0, ceil(wanted - slack)), floor(wanted + slack)


def count_shortcuts(shortcuts: pl.DataFrame) -> pl.DataFrame:
    """One row like those of `count_totals` per category that tasks.validate.shortcuts could score:
    `found` is 1 where it can be answered from the words alone."""
    label = pl.col("category").replace(ALL, "all categories together")
    percent = [(100 * pl.col(name)).round(1) for name in ("accuracy", "chance")]
    return shortcuts.filter(pl.col("is_shortcut").is_not_null()).select(
        family=pl.lit("shortcut"),
        name=label,
        found=pl.col("is_shortcut").cast(pl.Int64),
        low=pl.lit(0, pl.Int64),
        high=pl.lit(0, pl.Int64),
        finding=formatted("{}: {} % right from the words alone, {} % by chance", label, *percent),
    )


def by_family(totals: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The totals of each family that is checked; a data set may have none of some."""
    from tasks.validate.expectations import TOTALS

    return {family: totals.filter(family=family) for family in TOTALS}


def _asked(samples: pl.DataFrame) -> pl.DataFrame:
    """The columns ASKED of any frame; a column that is missing or of another type counts as
    null."""
    return samples.select(
        pl.col(name)
        if samples.schema.get(name) == SAMPLE[name]
        else pl.lit(None, SAMPLE[name]).alias(name)
        for name in ASKED
    )


def validate_frame(
    samples: pl.DataFrame,
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
    from tasks.validate.expectations import checks
    from tasks.validate.suites import checks_of_suite
    from tasks.validate.verdicts import evaluate

    started = perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    view = check_view(samples)
    readiness = check_rewards(view)
    view = view.hstack(readiness.findings)
    shortcuts = find_shortcuts(_asked(samples))
    totals = pl.concat(
        [
            count_totals(view, quota, select, gates),
            count_shortcuts(shortcuts),
            *([] if reviewed is None else [reviewed]),
        ]
    )
    frames = {"table": table_columns(samples.schema), "samples": view, **by_family(totals)}
    suite = list(checks(gates.severity, is_witnessed=is_witnessed))
    if gates.suite:
        frames["rows"] = samples.sort("question_id")
        suite += checks_of_suite(Path(gates.suite), samples.schema)
    verdicts = evaluate(frames, suite)
    failed = [_failing_rows(v, frames) for v in verdicts if v.status == "failed"]
    failing = pl.concat([pl.DataFrame(schema=FAILING), *failed])
    failing = failing.sort("expectation", maintain_order=True)
    results = _results(verdicts, failing, view.height) | {
        "about": dict(about or {}),
        "numbers": numbers_of(view),
        "judging": judge_summary(judged_paths, judge) if judge else None,
        "shortcuts": shortcuts.to_dicts(),
        "readiness": readiness.totals,
    }
    failing.drop("question").write_parquet(folder / "failing_rows.parquet")
    text = json.dumps(results, indent=2, ensure_ascii=False)
    (folder / "results.json").write_text(f"{text}\n", encoding="utf-8")
    draw_page(folder, results, {})
    logger.info(
        "validate: %d samples, %d expectations, %d failing rows, success=%s, %.1f s",
        view.height, len(verdicts), failing.height, results["success"], perf_counter() - started,
    )  # fmt: skip
    return bool(results["success"])


def draw_page(
    folder: Path, results: Mapping[str, Any], made: Mapping[str, str], dataset: str = ""
) -> None:
    """Write the page of `results` into a folder. `made` says for what it is drawn; `dataset` is
    what people call the dataset of a published one."""
    page = render_page(results, {**made, "code": str(code_version())}, dataset)
    with replacing(folder / PAGE, is_durable=False) as partial:
        partial.write_text(page, encoding="utf-8")


def _failing_rows(verdict: "Verdict", frames: dict[str, pl.DataFrame]) -> pl.DataFrame:
    check = verdict.check
    if verdict.details:
        rows = pl.DataFrame({"value": verdict.details})
    else:
        texts = {
            name: pl.col(name).cast(pl.String).fill_null("null").replace("", "(empty)")
            for name in check.shown
        }
        named = [formatted(f"{name} = {{}}", text) for name, text in texts.items()]
        value = pl.concat_str(named if len(texts) > 1 else texts.values(), separator=", ")
        rows = frames[check.frame][verdict.rows].with_columns(value=value)
    names = {"question_id": "question_id", "question": "question_only"}
    return rows.select(
        **{
            name: pl.col(column) if column in rows.columns else pl.lit(None, pl.String)
            for name, column in names.items()
        },
        expectation=pl.lit(check.name),
        severity=pl.lit(check.severity),
        columns=pl.lit(", ".join(check.shown)),
        value="value",
    )


def _results(verdicts: list["Verdict"], failing: pl.DataFrame, num_rows: int) -> dict[str, Any]:
    examples = {
        name: rows.head(MAX_EXAMPLES).select("question_id", "question", "value").to_dicts()
        for (name,), rows in failing.group_by("expectation", maintain_order=True)
    }
    expectations = [
        {
            "name": verdict.check.name,
            "group": verdict.check.group,
            "description": verdict.check.description,
            "severity": verdict.check.severity,
            "status": verdict.status,
            "error": verdict.error,
            "unit": UNITS.get(verdict.check.frame, "targets"),
            "num_checked": verdict.num_checked,
            "num_failed": verdict.num_failed,
            "examples": examples.get(verdict.check.name, []),
        }
        for verdict in sorted(verdicts, key=lambda verdict: verdict.check.name)
    ]
    failing_samples = {row for v in verdicts if v.check.frame == "samples" for row in v.rows}
    return {
        "success": not any(verdict.blocks for verdict in verdicts),
        "num_rows": num_rows,
        "num_failing_rows": len(failing_samples),
        "num_expectations": len(expectations),
        "expectations": expectations,
    }


def results_of(folder: Path) -> dict[str, Any]:
    """results.json of a validation folder."""
    results: dict[str, Any] = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return results


def succeeded(folder: Path) -> bool:
    """Whether the samples of this validation folder may be published."""
    return bool(results_of(folder)["success"])


def validate(job: Job) -> Path:
    config = job.config
    samples = pl.read_parquet(job.path("select"))
    reviewed = count_reviews(job, samples)
    with writing_folder(job.artifact) as written:
        validate_frame(
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
    """Digests of the suite, whose path says nothing of what it holds, and of reviews."""
    suite, found = build.config.gates.suite, dict(digest_of_reviews(build))
    if suite is not None:
        place = Path(suite)
        found["suite"] = digest_files([place], place.parent, digest_store(build.root))
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
    """The samples must not be published; `validation` is the folder that says why."""

    def __init__(self, message: str, validation: Path) -> None:
        super().__init__(message, validation)
        self.validation = validation

    def __str__(self) -> str:
        return str(self.args[0])


def check_gates(config: PipelineConfig) -> None:
    """ValueError, before anything is paid for, where gates.suite cannot be read."""
    if config.gates.suite:
        from tasks.validate.suites import checks_of_suite

        checks_of_suite(Path(config.gates.suite), sample_columns(bool(config.witness)))


def is_blocking(expectation: Mapping[str, Any]) -> bool:
    """Whether this entry of results.json keeps the dataset from being published."""
    status = expectation["status"]
    return bool(status == "error" or (status == "failed" and expectation["severity"] == "critical"))


def _example(expectation: Mapping[str, Any]) -> str:
    """What is wrong, in a few words of one line."""
    examples = expectation["examples"]
    first = expectation["error"] or (examples[0]["value"] if examples else "")
    line = " ".join(str(first).split())[:MAX_VALUE]
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

"""Results: what every expectation found, as results.json and the failing rows say it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from schemas.columns import formatted

if TYPE_CHECKING:
    from tasks.validate.checking import CheckResult
    from tasks.validate.view_files import View

MAX_EXAMPLES = 10  # failing samples of each check on the page, to keep it readable
FAILING = pl.Schema(
    dict.fromkeys(
        ("question_id", "question", "expectation", "severity", "columns", "value"), pl.String
    )
)
UNITS = {"table": "columns", "samples": "samples", "rows": "samples"}
"""What the rows of a frame are called in results; those of totals are TARGETS."""
TARGETS = "targets"
FIGURE = "figures"
"""What is judged of all rows together, such as a mean, is called in results."""


def failing_rows(
    checked: Sequence["CheckResult"], frames: Mapping[str, "pl.DataFrame | View"]
) -> pl.DataFrame:
    """Rows of FAILING, ordered by expectation; `frames` are those that the checks read."""
    failed = [_failing_rows(one, frames) for one in checked if one.status == "failed"]
    rows = pl.concat([pl.DataFrame(schema=FAILING), *failed])
    return rows.sort("expectation", maintain_order=True)


def _failing_rows(
    result: "CheckResult", frames: Mapping[str, "pl.DataFrame | View"]
) -> pl.DataFrame:
    check = result.check
    if result.details:
        rows = pl.DataFrame({"value": result.details})
    else:
        texts = {
            name: pl.col(name).cast(pl.String).fill_null("null").replace("", "(empty)")
            for name in check.shown
        }
        named = [formatted(f"{name} = {{}}", text) for name, text in texts.items()]
        value = pl.concat_str(named if len(texts) > 1 else texts.values(), separator=", ")
        rows = _rows(frames[check.frame], result).with_columns(value=value)
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


def _rows(frame: "pl.DataFrame | View", result: "CheckResult") -> pl.DataFrame:
    """The failing rows, of a view with the columns that are shown."""
    if isinstance(frame, pl.DataFrame):
        return frame[result.rows]
    columns = dict.fromkeys(("question_id", "question_only", *result.check.shown))
    return frame.rows(result.rows, *columns)


def as_results(
    checked: Sequence["CheckResult"], failing: pl.DataFrame, num_rows: int
) -> dict[str, Any]:
    """What results.json says of the expectations; `failing` are rows of FAILING."""
    examples = {
        name: rows.head(MAX_EXAMPLES).select("question_id", "question", "value").to_dicts()
        for (name,), rows in failing.group_by("expectation", maintain_order=True)
    }
    expectations = [
        {
            "name": result.check.name,
            "group": result.check.group,
            "description": result.check.description,
            "severity": result.check.severity,
            "status": result.status,
            "error": result.error,
            "unit": _unit(result),
            "num_checked": result.num_checked,
            "num_failed": result.num_failed,
            "examples": examples.get(result.check.name, []),
        }
        for result in sorted(checked, key=lambda result: result.check.name)
    ]
    failing_samples = {
        row for v in checked if v.check.frame in ("samples", "rows") for row in v.rows
    }
    return {
        "success": not any(result.blocks for result in checked),
        "num_rows": num_rows,
        "num_failing_rows": len(failing_samples),
        "num_expectations": len(expectations),
        "expectations": expectations,
    }


def _unit(result: "CheckResult") -> str:
    frame = result.check.frame
    return FIGURE if result.details and frame != "table" else UNITS.get(frame, TARGETS)


def counted(expectation: Mapping[str, Any]) -> str:
    """How many of what an entry of results.json is about fail."""
    if expectation["unit"] == FIGURE:
        return "all samples together"
    failed, checked = expectation["num_failed"], expectation["num_checked"]
    return f"{failed:,} of {max(checked, failed):,} {expectation['unit']}"


def results_of(folder: Path) -> dict[str, Any]:
    """results.json of a validation folder."""
    results: dict[str, Any] = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return results


def succeeded(folder: Path) -> bool:
    """Whether the samples of this validation folder may be published."""
    return bool(results_of(folder)["success"])


def is_blocking(expectation: Mapping[str, Any]) -> bool:
    """Whether this entry of results.json keeps the dataset from being published."""
    status = expectation["status"]
    return bool(status == "error" or (status == "failed" and expectation["severity"] == "critical"))

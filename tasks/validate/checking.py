"""Checking: what Great Expectations finds of each check.

Importing this module imports Great Expectations, which takes seconds: import it where it is used.
"""

# Great Expectations re-exports its names without saying so.
# mypy: disable-error-code="attr-defined"

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import great_expectations as gx
import polars as pl
from great_expectations.core import ExpectationValidationResult
from great_expectations.expectations import core as gxe

from tasks.validate.expectations import Check
from tasks.validate.view_files import View

BIT = {"result_format": "BOOLEAN_ONLY"}
OF_TYPES = (gxe.ExpectColumnValuesToBeOfType, gxe.ExpectColumnValuesToBeInTypeList)
"""What names types of pandas, as Great Expectations knows them: text is an object."""
OF_LENGTHS = (gxe.ExpectColumnValueLengthsToBeBetween, gxe.ExpectColumnValueLengthsToEqual)
"""What counts characters, in Great Expectations also those of a list as it would be printed."""
OF_ALL_ROWS = (
    gxe.ExpectColumnValuesToBeUnique,
    gxe.ExpectCompoundColumnsToBeUnique,
    gxe.ExpectTableRowCountToBeBetween,
)
"""What compares rows with one another; all others judge each row, or two columns of it, alone."""
ROWS = {
    "result_format": "COMPLETE",
    "return_unexpected_index_query": False,
    "partial_unexpected_count": 10,
}
"""The failing rows, all of them by number and ten by value: Great Expectations wants some."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """`rows` are the numbers of the failing rows; `details` say what fails where it is not a
    row."""

    check: Check
    status: Literal["passed", "failed", "error"]
    num_checked: int
    rows: list[int]
    details: list[str]
    error: str | None = None

    @property
    def num_failed(self) -> int:
        return len(self.rows) or len(self.details)

    @property
    def blocks(self) -> bool:
        """Whether the data set must not be published."""
        return self.status == "error" or (
            self.status == "failed" and self.check.severity == "critical"
        )


def evaluate(
    frames: Mapping[str, pl.DataFrame | View], suite: Sequence[Check]
) -> list[CheckResult]:
    """Judge each frame by its checks, in their order; a view on the disk a file at a time, but for
    checks that compare all rows. What holds, nearly all, is judged once and for a bit; only what
    does not is judged again for its rows, which takes twice as long.

    Data Docs are not built: they contain the time and need the internet for their styles, and
    `validation.html` shows the same.
    """
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    definition = asset.add_batch_definition_whole_dataframe("all")
    checked: dict[str, CheckResult] = {}
    for name, frame in frames.items():
        own = [check for check in suite if check.frame == name]
        if isinstance(frame, pl.DataFrame):
            size = frame.width if name == "table" else frame.height
            checked |= _checked(definition, frame, own, size)
        else:
            checked |= _view_checked(definition, frame, own)
    lost = "Great Expectations left it out"
    return [checked.get(c.name, CheckResult(c, "error", 0, [], [], lost)) for c in suite]


def _checked(
    definition: Any, frame: pl.DataFrame, own: Sequence[Check], size: int
) -> dict[str, CheckResult]:
    """What is found of each check by name; `size` is the number of rows or columns checked."""
    checked: dict[str, CheckResult] = {}
    # What is about the table itself, such as its columns, has to see all of them.
    of_table = [check for check in own if not check.columns]
    of_types = [check for check in own if isinstance(check.expectation, OF_TYPES)]
    of_lengths = [check for check in own if isinstance(check.expectation, OF_LENGTHS)]
    others = (*of_table, *of_types, *of_lengths)
    of_values = [check for check in own if check not in others]
    for some in filter(None, (of_values, of_types, of_lengths, of_table)):
        batch = definition.get_batch({"dataframe": _judged(frame, some)})
        holds = {check.name for check, result in _run(batch, some, BIT) if result.success}
        checked |= {c.name: CheckResult(c, "passed", size, [], []) for c in some if c.name in holds}
        failing = [check for check in some if check.name not in holds]
        for check, result in _run(batch, failing, ROWS):
            checked[check.name] = _result(check, result, frame)
    return checked


def _view_checked(definition: Any, view: View, own: Sequence[Check]) -> dict[str, CheckResult]:
    """The same, of a view."""
    whole = [check for check in own if isinstance(check.expectation, OF_ALL_ROWS)]
    of_a_row = [check for check in own if check not in whole]
    compared = dict.fromkeys(column for check in whole for column in check.columns)
    frame = view.select(*(compared or ("question_id",)))
    checked = _checked(definition, frame, whole, view.height) if whole else {}
    start = 0
    for file in view.files:
        part = pl.read_parquet(file)
        for name, found in _checked(definition, part, of_a_row, part.height).items():
            checked[name] = _followed(checked.get(name), found, start)
        start += part.height
    return checked


def _followed(before: CheckResult | None, found: CheckResult, start: int) -> CheckResult:
    """What was found of the rows before and of those that start there."""
    rows = [start + row for row in found.rows]
    if before is None:
        return replace(found, rows=rows)
    status = max(before.status, found.status, key=("passed", "failed", "error").index)
    return CheckResult(
        found.check,
        status,
        before.num_checked + found.num_checked,
        before.rows + rows,
        before.details + found.details,
        before.error or found.error,
    )


def _judged(frame: pl.DataFrame, own: Sequence[Check]) -> Any:
    """The columns that the checks compare, as pandas: Great Expectations copies all columns that
    it has for each check. Their types are Arrow's, which nobody names, unless checks are about
    types. For checks on lengths, a list is a text of as many characters as it has elements."""
    columns = {column for check in own for column in check.columns}
    kept = [name for name in frame.columns if not columns or name in columns]
    if all(isinstance(check.expectation, OF_LENGTHS) for check in own):
        size = (
            pl.lit("x").repeat_by(pl.col(name).list.len()).list.join("").alias(name)
            for name in kept
            if isinstance(frame.schema[name], pl.List)
        )
        frame = frame.with_columns(size)
    if not all(isinstance(check.expectation, OF_TYPES) for check in own):
        return frame.select(kept).to_pandas(use_pyarrow_extension_array=True)
    typed = frame.select(kept).to_pandas()
    return typed.astype({name: object for name in kept if typed[name].dtype == "str"})


def _run(
    batch: Any, own: Sequence[Check], result_format: dict[str, Any]
) -> list[tuple[Check, Any]]:
    if not own:
        return []
    suite = gx.ExpectationSuite(name="checks", expectations=[check.expectation for check in own])
    outcome = batch.validate(suite, result_format=result_format)
    named = {check.name: check for check in own}
    return [(named[r.expectation_config.meta["name"]], r) for r in outcome.results]


def _result(check: Check, outcome: ExpectationValidationResult, frame: pl.DataFrame) -> CheckResult:
    result = outcome.result
    if not result:
        return CheckResult(check, "error", 0, [], [], _exception(outcome.exception_info))
    num_checked = int(result.get("element_count", frame.height or frame.width))
    if "unexpected_index_list" in result:
        rows = sorted(result["unexpected_index_list"])
        return CheckResult(check, "failed", num_checked, rows, [])
    return CheckResult(check, "failed", num_checked, [], _details(result))


def _details(result: Mapping[str, Any]) -> list[str]:
    """What fails of all rows together, or of the columns of the table."""
    details = result.get("details") or {}
    mismatched = details.get("mismatched") or {
        kind: result.get(f"partial_{kind}_list", ()) for kind in ("unexpected", "missing")
    }
    if isinstance(mismatched, list):  # of columns in another order
        return [", ".join(f"{key}: {value}" for key, value in one.items()) for one in mismatched]
    told = [
        f"{kind}: {name}" for kind, names in mismatched.items() for name in sorted(names, key=str)
    ]
    observed = result["observed_value"]
    return told or [f"found {details if observed is None else observed}"]


def _exception(info: Mapping[str, Any]) -> str:
    """The message of the first exception, whether GX reports it directly or per metric."""
    entries = [info, *(value for value in info.values() if isinstance(value, dict))]
    messages = [entry["exception_message"] for entry in entries if entry.get("exception_message")]
    return messages[0] if messages else "no result"

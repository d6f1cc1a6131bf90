"""Verdicts: what Great Expectations finds of each check.

Importing this module imports Great Expectations, which takes seconds: import it where it is used.
"""

# Great Expectations re-exports its names without saying so.
# mypy: disable-error-code="attr-defined"

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import great_expectations as gx
import polars as pl
from great_expectations.core import ExpectationValidationResult

from tasks.validate.expectations import Check


@dataclass(frozen=True, slots=True)
class Verdict:
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


def evaluate(frames: Mapping[str, pl.DataFrame], suite: Sequence[Check]) -> list[Verdict]:
    """Judge each frame by its checks, in their order. Data Docs are not built: they contain the
    time and need the internet for their styles, and `validation.html` shows the same."""
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    verdicts = {}
    for name, frame in frames.items():
        own = {check.name: check for check in suite if check.frame == name}
        for result in _run(context, name, frame, list(own.values())):
            check = own[result.expectation_config.meta["name"]]
            verdicts[check.name] = _verdict(check, result, frame)
    lost = "Great Expectations left it out"
    return [verdicts.get(c.name, Verdict(c, "error", 0, [], [], lost)) for c in suite]


def _run(context: Any, name: str, frame: pl.DataFrame, own: Sequence[Check]) -> list[Any]:
    suite = gx.ExpectationSuite(name=name, expectations=[check.expectation for check in own])
    asset = context.data_sources.add_pandas(name).add_dataframe_asset(name)
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(
            name=name,
            data=asset.add_batch_definition_whole_dataframe("all"),
            suite=context.suites.add(suite),
        )
    )
    outcome = definition.run(
        batch_parameters={"dataframe": frame.to_pandas(use_pyarrow_extension_array=True)},
        result_format={
            "result_format": "COMPLETE",
            "return_unexpected_index_query": False,
            "partial_unexpected_count": 10,
        },
    )
    return list(outcome.results)


def _verdict(check: Check, outcome: ExpectationValidationResult, frame: pl.DataFrame) -> Verdict:
    result = outcome.result
    if not result:
        return Verdict(check, "error", 0, [], [], _exception(outcome.exception_info))
    num_checked = int(result.get("element_count", frame.height or frame.width))
    if outcome.success:
        return Verdict(check, "passed", num_checked, [], [])
    if "unexpected_index_list" in result:
        rows = sorted(result["unexpected_index_list"])
        return Verdict(check, "failed", num_checked, rows, [])
    mismatched = result.get("details", {}).get("mismatched", {})
    details = [f"{kind}: {name}" for kind, names in mismatched.items() for name in sorted(names)]
    return Verdict(
        check, "failed", num_checked, [], details or [f"found {result['observed_value']}"]
    )


def _exception(info: Mapping[str, Any]) -> str:
    """The message of the first exception, whether GX reports it directly or per metric."""
    entries = [info, *(value for value in info.values() if isinstance(value, dict))]
    messages = [entry["exception_message"] for entry in entries if entry.get("exception_message")]
    return messages[0] if messages else "no result"

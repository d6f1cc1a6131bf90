"""Suites: expectations of a user's own, from a file of Great Expectations.

The file is what `suite.to_json_dict()` gives. They judge the samples as they are published, in the
order of question_id; each is critical unless its severity says otherwise.
"""

# Great Expectations re-exports its names without saying so.
# mypy: disable-error-code="attr-defined"

import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import great_expectations as gx
import polars as pl
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from schemas.config.gates import Severity
from tasks.validate.expectations import Check

GROUP = "Own expectations"
COLUMNS = ("column", "column_A", "column_B")


def checks_of_suite(path: Path, schema: Mapping[str, pl.DataType]) -> list[Check]:
    """ValueError, in one line, where the file holds no suite for samples of this schema."""
    return list(_checks(read_suite(path), path, schema))


def read_suite(path: Path) -> list[Expectation]:
    """ValueError, in one line, where the file holds no suite."""
    try:
        entries = json.loads(path.read_bytes())["expectations"]
        return [_expectation(entry) for entry in entries]
    except OSError as error:
        raise ValueError(f"no suite at {path} ({error.strerror}): correct gates.suite") from None
    except Exception as error:  # of many kinds, by what the file holds instead
        reason = (str(error).strip().splitlines() or [""])[0] or type(error).__name__
        raise ValueError(
            f"{path} is not a suite of Great Expectations ({reason}): write it with "
            "suite.to_json_dict()"
        ) from None


def _expectation(entry: dict[str, Any]) -> Expectation:
    # A suite leaves out what it does not understand, and only logs that.
    logger = logging.getLogger("great_expectations.core.expectation_suite")
    logger.setLevel(logging.CRITICAL)
    found = gx.ExpectationSuite(name="own", expectations=[entry]).expectations
    if not found:
        raise ValueError(f"{entry.get('type')} is unknown, or its settings are wrong")
    (expectation,) = found
    return expectation


def _checks(
    expectations: list[Expectation], path: Path, schema: Mapping[str, pl.DataType]
) -> Iterator[Check]:
    for number, expectation in enumerate(expectations, start=1):
        columns = _columns(expectation)
        unknown = [name for name in columns if name not in schema]
        if unknown:
            raise ValueError(f"{path}: samples have no column {unknown[0]}: correct the suite")
        name = f"own_{number:02d}_{expectation.expectation_type}"
        meta: dict[str, Any] = {**(expectation.meta or {}), "name": name}
        description = expectation.description or _told(expectation)
        plain = [name for name in columns if not schema[name].is_nested()]
        yield Check(
            name=name,
            group=GROUP,
            severity=_severity(expectation),
            description=description,
            frame="rows",
            columns=tuple(columns),
            shown=tuple(plain) or ("question_id",),
            expectation=expectation.copy(update={"meta": meta}),
        )


def _columns(expectation: Expectation) -> list[str]:
    named = [getattr(expectation, key, None) for key in COLUMNS]
    return [name for name in (*named, *(getattr(expectation, "column_list", None) or ())) if name]


def _told(expectation: Expectation) -> str:
    words = expectation.expectation_type.replace("_", " ")
    settings = expectation.configuration.kwargs
    told = ", ".join(f"{key} = {value}" for key, value in sorted(settings.items()))
    return f"{words}: {told}" if told else words


def _severity(expectation: Expectation) -> Severity:
    return "warning" if expectation.severity is not FailureSeverity.CRITICAL else "critical"

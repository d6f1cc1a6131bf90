"""Suites: expectations of a user's own, from a file of Great Expectations.

The file is what `suite.to_json_dict()` gives. They judge the samples as they are before publishing
adds images and cost, in the order of question_id; each is critical unless its severity says
otherwise. They are tried on two made-up samples first, so that an expectation that cannot be
evaluated is found before a build pays for anything.
"""

# Great Expectations re-exports its names without saying so.
# mypy: disable-error-code="attr-defined"

import json
import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import great_expectations as gx
import polars as pl
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from schemas.config.gates import Severity
from schemas.refusal import what_helps
from tasks.validate.checking import evaluate
from tasks.validate.expectations import Check

GROUP = "Own expectations"
COLUMNS = ("column", "column_A", "column_B")
COLUMN_LIST = "column_list"
OF_A_STORE = ("id", "rendered_content")
"""What an expectation has from the store of a data context: an expectation with an id belongs to
the suite there, and cannot be put into another."""


def checks_of_suite(path: Path, schema: Mapping[str, pl.DataType]) -> list[Check]:
    """ValueError, in one line, where the file holds no suite for samples of this schema."""
    found = list(_checks(read_suite(path), path, schema))
    made_up = {name: [_example(kind, number) for number in (0, 1)] for name, kind in schema.items()}
    try:
        checked = evaluate(
            {"rows": pl.DataFrame(made_up, schema=dict(schema), strict=False)}, found
        )
        broken = {result.check.name: result.error for result in checked if result.error}
    except Exception as error:  # of many kinds, by what an expectation asks for
        broken = {"the suite": str(error)}
    for name, reason in broken.items():
        told = " ".join(str(reason).split())
        raise ValueError(f"{path}: {name} cannot be evaluated ({told}): correct the suite")
    return found


def read_suite(path: Path) -> list[Expectation]:
    """ValueError, in one line, where the file holds no suite."""
    try:
        found = [_expectation(entry) for entry in _entries(json.loads(path.read_bytes()))]
    except OSError as error:
        helps = what_helps(error, "correct gates.suite")
        raise ValueError(f"no suite at {path.absolute()} ({error.strerror}): {helps}") from None
    except Exception as error:  # of many kinds, by what the file holds instead
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(
            f"{path} is not a suite of Great Expectations ({reason}): write it with "
            f"suite.to_json_dict() of version {gx.__version__}"
        ) from None
    if not found:
        raise ValueError(f"{path} holds no expectation: leave gates.suite out, or add some")
    return found


def _entries(tree: Any) -> list[dict[str, Any]]:
    entries = tree.get("expectations") if isinstance(tree, dict) else None
    if not isinstance(entries, list):
        raise ValueError("it holds no list of expectations")
    return [
        {key: value for key, value in entry.items() if key not in OF_A_STORE}
        if isinstance(entry, dict)
        else entry
        for entry in entries
    ]


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
        columns = _columns(expectation, schema)
        unknown = [name for name in columns if name not in schema]
        if unknown:
            raise ValueError(
                f"{path}: the samples that a suite judges have no column {unknown[0]} (publishing "
                "adds images and cost afterwards): correct the suite"
            )
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
            columns=() if _is_of_table(expectation) else tuple(columns),
            shown=tuple(plain) or ("question_id",),
            expectation=expectation.copy(update={"meta": meta}),
        )


def _columns(expectation: Expectation, schema: Mapping[str, pl.DataType]) -> list[str]:
    """Those that it compares, and those that its row_condition names."""
    named = [getattr(expectation, key, None) for key in COLUMNS]
    named += getattr(expectation, COLUMN_LIST, None) or ()
    condition = str(getattr(expectation, "row_condition", None) or "")
    named += [name for name in schema if re.search(rf"\b{re.escape(name)}\b", condition)]
    return list(dict.fromkeys(name for name in named if name))


def _is_of_table(expectation: Expectation) -> bool:
    """Whether it is about the columns that there are, or about their order, not about values."""
    return not {*COLUMNS, COLUMN_LIST}.intersection(expectation.domain_keys)


def _told(expectation: Expectation) -> str:
    words = expectation.expectation_type.replace("_", " ")
    settings = expectation.configuration.kwargs
    told = ", ".join(f"{key} = {value}" for key, value in sorted(settings.items()))
    return f"{words}: {told}" if told else words


def _example(kind: Any, number: int) -> Any:
    """A value of this Polars type, another for each number."""
    if isinstance(kind, pl.List | pl.Array):
        return [_example(kind.inner, number)]
    if isinstance(kind, pl.Struct):
        return {field.name: _example(field.dtype, number) for field in kind.fields}
    if isinstance(kind, pl.Enum):
        return kind.categories[number % len(kind.categories)]
    if kind == pl.Binary:
        return bytes([number])
    return f"text {number}" if kind == pl.String else number


def _severity(expectation: Expectation) -> Severity:
    return "warning" if expectation.severity is not FailureSeverity.CRITICAL else "critical"

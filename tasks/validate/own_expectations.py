"""Own expectations: what Great Expectations has no expectation for."""

# Great Expectations re-exports its names without saying so, and its decorators have no types.
# mypy: disable-error-code="attr-defined,untyped-decorator"

from typing import Any, ClassVar, Literal

from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import (
    ColumnPairMapExpectation,
    MulticolumnMapExpectation,
)
from great_expectations.expectations.metrics.map_metric_provider import (
    ColumnPairMapMetricProvider,
    MulticolumnMapMetricProvider,
    column_pair_condition_partial,
    multicolumn_condition_partial,
)

DOMAIN = ("batch_id", "table", "row_condition", "condition_parser", "ignore_row_if")
"""Keys that Great Expectations passes to every metric on several columns."""


class ScenesInImage(MulticolumnMapMetricProvider):
    condition_metric_name = "multicolumn_values.scene_in_image"
    condition_domain_keys = (*DOMAIN, "column_list")
    condition_value_keys = ()

    @multicolumn_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column_list: Any, **_: object) -> Any:  # noqa: N805
        x1, y1, x2, y2, width, height = (column_list[name] for name in column_list.columns)
        inside = (x1 >= 0) & (y1 >= 0) & (x2 <= width) & (y2 <= height)
        return inside.fillna(False).astype(bool)


class ExpectSceneToLieInImage(MulticolumnMapExpectation):
    """The columns are the extent of a scene's boxes, x1, y1, x2, y2, and its image's size."""

    map_metric: ClassVar[str] = "multicolumn_values.scene_in_image"
    ignore_row_if: Literal["never"] = "never"


class CountsWithinRange(MulticolumnMapMetricProvider):
    condition_metric_name = "multicolumn_values.count_within_range"
    condition_domain_keys = (*DOMAIN, "column_list")
    condition_value_keys = ()

    @multicolumn_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column_list: Any, **_: object) -> Any:  # noqa: N805
        count, low, high = (column_list[name] for name in column_list.columns)
        return ((count >= low) & (count <= high)).astype(bool)


class ExpectCountToBeWithinRange(MulticolumnMapExpectation):
    """The columns are a count, its minimum and its maximum."""

    map_metric: ClassVar[str] = "multicolumn_values.count_within_range"
    ignore_row_if: Literal["never"] = "never"


class LettersBalanced(ColumnPairMapMetricProvider):
    condition_metric_name = "column_pair_values.letters_balanced"
    condition_domain_keys = (*DOMAIN, "column_A", "column_B")
    condition_value_keys = ("tolerance",)

    @column_pair_condition_partial(engine=PandasExecutionEngine)
    def _pandas(
        cls,  # noqa: N805
        column_A: Any,  # noqa: N803
        column_B: Any,  # noqa: N803
        tolerance: int,
        **_: object,
    ) -> Any:
        return (column_B - column_A <= tolerance).astype(bool)


class ExpectLettersToBeBalanced(ColumnPairMapExpectation):
    """The columns count the rarest and the most frequent answer letter among comparable samples."""

    map_metric: ClassVar[str] = "column_pair_values.letters_balanced"
    success_keys: ClassVar[tuple[str, ...]] = (
        "column_A",
        "column_B",
        "ignore_row_if",
        "tolerance",
        "mostly",
    )
    ignore_row_if: Literal["neither"] = "neither"
    tolerance: int = 1

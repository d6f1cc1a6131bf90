"""The expectations: what must hold of a data set before it may be published."""

# Great Expectations re-exports its names without saying so.
# mypy: disable-error-code="attr-defined"

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Any

from great_expectations.expectations import core as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from schemas.claim import Category
from schemas.completion.publish import IMAGE_MARK, LETTERS
from schemas.config.gates import Severity
from schemas.question import LEVELS
from schemas.sample import sample_columns
from tasks.validate.own_expectations import (
    ExpectCountToBeWithinRange,
    ExpectLettersToBeBalanced,
    ExpectSceneToLieInImage,
)
from tasks.validate.readiness import MAX_TESTED
from tasks.validate.view import table_columns

EVIDENCE = ("proved", "asserted", "judged")
"""Values of the view's column `evidence`; with witnesses also WITNESSED."""
WITNESSED = "witnessed"
TOTALS: dict[str, tuple[str, str]] = {
    "least": (
        "there_are_enough_samples",
        "There is at least the share of the quota that gates.min_quota_share asks for.",
    ),
    "all": ("num_samples_is_reached", "There are as many samples as the quota asks for."),
    "category": ("categories_meet_the_quota", "Each category has its share of the samples."),
    "level": ("levels_meet_the_quota", "Each level has its share of the samples."),
    "split": ("val_share_is_met", "The val split has its share of the samples."),
    "answer": (
        "no_answer_dominates",
        "No answer makes up more of a category with three or four options than "
        "gates.max_answer_share.",
    ),
    "shortcut": (
        "no_category_is_a_shortcut",
        "No category can be answered from the words alone.",
    ),
    "review": (
        "reviews_find_enough_labels_right",
        "Reviews do not show that fewer labels are right than gates.min_precision asks for.",
    ),
}
"""By family of totals, a frame each: what checks it, and what that says."""
BLOCKING = ("least", "review")
"""The families whose checks are critical."""
FRAMES = ("table", "samples", "rows", *TOTALS)
"""The columns of a sample, the checks view of the samples, the samples themselves (for suites of
others), and the families of totals."""


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation. `frame` names the frame that it judges, one of FRAMES; `columns` are what it
    compares, `shown` what shows what is wrong."""

    name: str
    group: str
    severity: Severity
    description: str
    frame: str
    columns: tuple[str, ...]
    shown: tuple[str, ...]
    expectation: Expectation


# fmt: off
def checks(
    severity: Mapping[str, Severity] = {}, *, is_witnessed: bool = False
) -> Iterator[Check]:
    """Every check, in the order of the page, with another severity for those that are named;
    `is_witnessed`: of a build with witnesses."""
    identity = partial(_identity, is_witnessed)
    groups = (identity, _wording, _answers, _claims, _scenes, _rewards, _balance)
    for check in chain.from_iterable(group() for group in groups):
        yield replace(check, severity=severity.get(check.name, check.severity))


def _check(
    group: str,
    name: str,
    description: str,
    kind: type[Expectation],
    *shown: str,
    severity: Severity = "critical",
    frame: str = "samples",
    **arguments: Any,
) -> Check:
    expectation = kind(description=description,
        severity=FailureSeverity(severity),
        meta={"name": name},
        **arguments,
    )
    single = [arguments[key] for key in ("column", "column_A", "column_B") if key in arguments]
    columns = (*single, *arguments.get("column_list", ()))
    return Check(name, group, severity, description, frame, columns, shown or columns, expectation)


def _equal(
    group: str, name: str, description: str, a: str, b: str, *shown: str, **more: Any
) -> Check:
    kind = gxe.ExpectColumnPairValuesToBeEqual
    return _check(group, name, description, kind, *(shown or (a, b)),
        column_A=a, column_B=b, ignore_row_if="neither", **more)


def _none(group: str, name: str, description: str, column: str) -> Check:
    return _check(group, name, description, gxe.ExpectColumnValuesToBeNull, column=column)


def _zero(group: str, name: str, description: str, column: str, *shown: str) -> Check:
    kind = gxe.ExpectColumnValuesToBeBetween
    return _check(group, name, description, kind, *shown, column=column, max_value=0)


def _true(group: str, name: str, description: str, column: str, *shown: str) -> Check:
    kind = gxe.ExpectColumnValuesToBeInSet
    return _check(group, name, description, kind, *shown, column=column, value_set=[True])


def _one_of(group: str, name: str, description: str, column: str, values: Sequence[str]) -> Check:
    kind = gxe.ExpectColumnValuesToBeInSet
    return _check(group, name, description, kind, column=column, value_set=list(values))


def _identity(is_witnessed: bool) -> Iterator[Check]:
    group = "Identity and split"
    columns = table_columns(sample_columns(is_witnessed)).columns
    yield _check(group, "table_has_the_columns_of_a_sample",
        "The table has exactly the columns of a sample, each of the right type.",
        gxe.ExpectTableColumnsToMatchSet, "column", frame="table",
        column_set=list(columns))
    yield _check(group, "there_are_samples", "The data set has at least one sample.",
        gxe.ExpectTableRowCountToBeBetween, "num_rows", min_value=1)
    yield _none(group, "no_value_is_missing",
        "No value is missing, except where a column allows it (margin, what models took and voted, "
        "facts that a source may lack).",
        "missing_values")
    yield _check(group, "question_id_is_given", "Every sample has a question_id.",
        gxe.ExpectColumnValuesToNotBeNull, column="question_id")
    yield _check(group, "question_id_is_unique", "No two samples share a question_id.",
        gxe.ExpectColumnValuesToBeUnique, column="question_id")
    yield _check(group, "no_question_is_asked_twice",
        "No image is asked the same question with the same options twice.",
        gxe.ExpectCompoundColumnsToBeUnique, "image_id", "question_only", "options_sorted",
        column_list=["image_id", "question_only", "options_sorted"],
        ignore_row_if="never")
    yield _one_of(group, "category_is_known", "The category is a known one.",
        "category", [category.value for category in Category])
    yield _one_of(group, "level_is_known", "The level is easy, medium or hard.", "level", LEVELS)
    yield _one_of(group, "split_is_known", "The split is train or val.", "split", ("train", "val"))
    yield _one_of(group, "evidence_is_known",
        f"The answer is proved, {'witnessed by two sources, ' if is_witnessed else ''}"
        "asserted by an annotation, or left to a judge that looked.",
        "evidence", (*EVIDENCE, WITNESSED) if is_witnessed else EVIDENCE)
    if is_witnessed:
        yield _check(group, "sources_are_told", "The detail says what supports the answer.",
            gxe.ExpectColumnValuesToNotBeNull, "question_id", "evidence", column="detail")
    yield _check(group, "rating_is_between_1_and_10", "The rating is a whole number from 1 to 10.",
        gxe.ExpectColumnValuesToBeBetween, column="rating", min_value=1, max_value=10)
    yield _check(group, "image_has_a_size", "Width and height of the image are positive.",
        gxe.ExpectColumnValuesToBeBetween, "width", "height",
        column="least_side", min_value=1)
    yield _check(group, "image_is_in_one_split", "No image is in both train and val.",
        gxe.ExpectColumnValuesToBeBetween, "image_id", column="image_splits", max_value=1)
    yield _check(group, "group_is_in_one_split",
        "No image is in both train and val under two ids (same group_id).",
        gxe.ExpectColumnValuesToBeBetween, "group_id", column="group_splits", max_value=1)
    yield _check(group, "pairs_are_whole",
        "Two samples share a pair_id: the same words and options, other images of the same split, "
        "and different answers.",
        gxe.ExpectColumnValuesToBeNull, "pair_id", column="pair_unsound")


def _wording() -> Iterator[Check]:
    group = "Wording"
    yield _check(group, "question_is_a_question",
        "The question starts with text and ends with “?”.",
        gxe.ExpectColumnValuesToMatchRegex, column="question_only",
        regex=r"^\S(?s:.*)\?$")
    yield _check(group, "wording_has_no_template_residue",
        "Question and options hold no braces and no double spaces left by a template.",
        gxe.ExpectColumnValuesToNotMatchRegex, column="wording", regex=r"[{}]|  ")
    yield _true(group, "question_with_options_holds_the_question",
        "question_with_options contains question_only.",
        "options_hold_question", "question_with_options", "question_only")
    yield _equal(group, "question_with_options_lists_the_options",
        "question_with_options has one line “(A) option” for each option, in order.",
        "found_lines", "wanted_lines")
    yield _true(group, "problem_holds_the_question", "problem contains question_with_options.",
        "problem_holds_question", "question_with_options", "problem")
    yield _check(group, "problem_shows_the_picture_once",
        f"problem begins with {IMAGE_MARK}, and has it nowhere else.",
        gxe.ExpectColumnValuesToBeBetween, "problem",
        column="num_image_marks", min_value=1, max_value=1)
    yield _equal(group, "problem_states_the_size", "problem says “Image size: (width x height)”.",
        "stated_size", "image_size")


def _answers() -> Iterator[Check]:
    group = "Options and answers"
    yield _check(group, "there_are_two_to_four_options", "A question offers two to four options.",
        gxe.ExpectColumnValuesToBeBetween, "options_shown",
        column="num_options", min_value=2, max_value=len(LETTERS))
    yield _equal(group, "options_differ", "No two options of a question read the same.",
        "num_distinct_options", "num_options", "options_shown")
    yield _zero(group, "no_option_is_empty", "No option is empty.",
        "num_blank_options", "options_shown")
    yield _one_of(group, "answer_is_a_letter", "The answer is one of the letters A to D.",
        "answer_only", LETTERS)
    yield _check(group, "answer_is_an_option", "The answer's letter is one of the options offered.",
        gxe.ExpectColumnPairValuesAToBeGreaterThanB, "answer_only", "num_options",
        column_A="num_options", column_B="answer_index", ignore_row_if="neither")
    yield _equal(group, "answer_text_only_is_the_option",
        "answer_text_only is the option that the letter names.",
        "answer_text_only", "chosen_text")
    yield _equal(group, "answer_option_text_only_is_letter_and_option",
        "answer_option_text_only is letter and option, like “(B) behind”.",
        "answer_option_text_only", "chosen_option")
    yield _none(group, "completions_are_readable",
        "answer, answer_text and answer_option_text are each a <scene> and an <answer>.",
        "completions_unreadable")
    yield _check(group, "completions_share_one_scene",
        "answer, answer_text and answer_option_text hold the same gold scene.",
        gxe.ExpectColumnValuesToBeBetween, column="num_gold_scenes", max_value=1)
    for name in ("answer", "answer_text", "answer_option_text"):
        yield _equal(group, f"{name}_ends_in_{name}_only",
            f"The <answer> in {name} is {name}_only.", f"{name}_end", f"{name}_only")
    yield _equal(group, "demonstration_holds_the_gold",
        "demonstration is <observe>, the <scene> of answer_option_text, <think>, and its <answer>.",
        "demonstrated", "answer_option_text", "demonstration")


def _claims() -> Iterator[Check]:
    group = "Claims"
    yield _equal(group, "every_option_has_a_claim", "There are as many option claims as options.",
        "num_option_claims", "num_options")
    yield _equal(group, "claim_is_that_of_the_answer",
        "claim is the option claim of the answer's option.", "claim", "chosen_claim")
    yield _none(group, "claims_are_readable", "Every claim can be read.", "claims_unreadable")
    yield _none(group, "claims_fit_the_category", "Every claim is of the sample's category.",
        "claims_foreign")


def _scenes() -> Iterator[Check]:
    group = "Scene graph"
    for scene, label in (("gold", "gold scene"), ("scene", "whole scene")):
        extent = [f"{scene}_{edge}" for edge in ("x1", "y1", "x2", "y2")]
        yield _check(group, f"{scene}_boxes_lie_in_the_image",
            f"Every box of the {label} lies inside the image.",
            ExpectSceneToLieInImage, *extent, "width", "height",
            column_list=[*extent, "width", "height"])
        yield _none(group, f"{scene}_boxes_have_an_area",
            f"Every box of the {label} is four whole numbers with x1 < x2 and y1 < y2.",
            f"{scene}_boxes_empty")
        yield _none(group, f"{scene}_ids_are_well_formed",
            f"Ids in the {label} are name.number, like “man.1”.", f"{scene}_ids_malformed")
        yield _none(group, f"{scene}_ids_are_unique", f"No two objects of the {label} share an id.",
            f"{scene}_ids_repeated")
        yield _none(group, f"{scene}_relationships_have_both_ends",
            f"Relationships of the {label} are between objects of the {label}.",
            f"{scene}_ends_unknown")
    yield _none(group, "gold_objects_are_in_the_scene",
        "Every object of the gold scene is in the whole scene, with the same box.",
        "gold_objects_unknown")


def _rewards() -> Iterator[Check]:
    group = "Rewards"
    which = f"(Tested on at most {MAX_TESTED:,} samples.)"
    yield _none(group, "gold_completions_earn_1",
        f"A completion with the gold scene and the answer earns a reward of exactly 1. {which}",
        "gold_unpaid")
    yield _none(group, "rewards_never_raise",
        f"Damaged completions get a reward from 0 to 1, and no error. {which}", "rewards_raise")
    yield _none(group, "boxes_follow_the_resized_image",
        "In the size at which Qwen2.5-VL sees the image, every gold box lies inside and on its "
        f"thing. {which}", "boxes_astray")


def _balance() -> Iterator[Check]:
    group = "Balance and quotas"
    yield _check(group, "answer_letters_are_balanced",
        "In a split and category, the letters offered are the answer equally often, within one.",
        ExpectLettersToBeBalanced, "split", "category", "letters",
        column_A="rarest_letter", column_B="commonest_letter", tolerance=1)
    yield _equal(group, "options_are_as_many_as_usual",
        "All questions of a category offer the same number of options, or an answer and its "
        "opposite alone.",
        "num_options", "usual_num_options", "category", "num_options", "usual_num_options",
        severity="warning")
    for family, (name, description) in TOTALS.items():
        yield _check(group, name, description, ExpectCountToBeWithinRange,
            "finding", frame=family, severity="critical" if family in BLOCKING else "warning",
            column_list=["found", "low", "high"])
# fmt: on

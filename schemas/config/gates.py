"""Gates: what validation lets through."""

from collections.abc import Mapping
from math import ceil, floor
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from schemas.config.pinned_model import PinnedModel
from schemas.config.section import Section, Share

Severity = Literal["critical", "warning"]
FEW = 3
"""Equal answers that say nothing of a category."""
ENOUGH = "there_are_enough_samples"
ROUNDING = 1e-9
"""Of a share of a number: 0.58 of 50 is 29."""
EXPECTATIONS = (
    "table_has_the_columns_of_a_sample",
    "there_are_samples",
    "no_value_is_missing",
    "question_id_is_given",
    "question_id_is_unique",
    "no_question_is_asked_twice",
    "category_is_known",
    "level_is_known",
    "split_is_known",
    "evidence_is_known",
    "rating_is_between_1_and_10",
    "image_has_a_size",
    "image_is_in_one_split",
    "group_is_in_one_split",
    "pairs_are_whole",
    "question_is_a_question",
    "wording_has_no_template_residue",
    "question_with_options_holds_the_question",
    "question_with_options_lists_the_options",
    "problem_holds_the_question",
    "problem_shows_the_picture_once",
    "problem_states_the_size",
    "there_are_two_to_four_options",
    "options_differ",
    "no_option_is_empty",
    "answer_is_a_letter",
    "answer_is_an_option",
    "answer_text_only_is_the_option",
    "answer_option_text_only_is_letter_and_option",
    "completions_are_readable",
    "completions_share_one_scene",
    "answer_ends_in_answer_only",
    "answer_text_ends_in_answer_text_only",
    "answer_option_text_ends_in_answer_option_text_only",
    "demonstration_holds_the_gold",
    "every_option_has_a_claim",
    "claim_is_that_of_the_answer",
    "claims_are_readable",
    "claims_fit_the_category",
    "gold_boxes_lie_in_the_image",
    "gold_boxes_have_an_area",
    "gold_ids_are_well_formed",
    "gold_ids_are_unique",
    "gold_relationships_have_both_ends",
    "scene_boxes_lie_in_the_image",
    "scene_boxes_have_an_area",
    "scene_ids_are_well_formed",
    "scene_ids_are_unique",
    "scene_relationships_have_both_ends",
    "gold_objects_are_in_the_scene",
    "gold_completions_earn_1",
    "rewards_never_raise",
    "boxes_follow_the_resized_image",
    "answer_letters_are_balanced",
    "options_are_as_many_as_usual",
    ENOUGH,
    "num_samples_is_reached",
    "categories_meet_the_quota",
    "levels_meet_the_quota",
    "val_share_is_met",
    "no_answer_dominates",
    "no_category_is_a_shortcut",
    "reviews_find_enough_labels_right",
)
"""Names of the checks of tasks.validate.expectations, which takes seconds to import."""


class GatesConfig(Section):
    """A critical expectation that fails keeps a dataset from being published, a warning does
    not."""

    min_quota_share: Share = Field(
        default=0.9, description="samples found per sample wanted, at least"
    )
    tolerance: Share = Field(
        default=0.02, description="share by which totals may differ from what is wanted"
    )
    max_answer_share: Share = Field(
        default=0.6,
        description="of a category's questions with the same answer, at most; three always may",
    )
    min_precision: Share | None = Field(
        default=None,
        description="labels that are right per label reviewed, at least, as far as reviews show "
        "with 95 % confidence",
    )
    blind_model: PinnedModel | None = Field(
        default=None,
        description="a language model of transformers: one more blind reader of the questions",
    )
    severity: Mapping[str, Severity] = Field(
        default={}, description="by the name of an expectation, where it is not its own"
    )
    suite: str | None = Field(
        default=None,
        min_length=1,
        description="a Great Expectations suite as JSON: more expectations on the samples",
    )

    @property
    def suite_file(self) -> Path | None:
        return Path(self.suite).expanduser() if self.suite else None

    @field_validator("severity")
    @classmethod
    def _known(cls, severity: Mapping[str, Severity]) -> Mapping[str, Severity]:
        unknown = sorted(severity.keys() - set(EXPECTATIONS))
        if unknown:
            raise ValueError(
                f"no expectation {unknown[0]} of this program: validation.html names them all; "
                "what gates.suite adds has its severity in that file"
            )
        return severity

    def least(self, num_wanted: int) -> int:
        """Samples without which a dataset is short of its quota."""
        return ceil(self.min_quota_share * num_wanted - ROUNDING)

    def needed(self, num_wanted: int) -> int:
        """Samples without which a dataset is not published: none where that is only warned of."""
        return 0 if self.severity.get(ENOUGH) == "warning" else self.least(num_wanted)

    def most(self, num_questions: int) -> int:
        """Of a category's questions, how many may have the same answer: of a few, three always."""
        return max(FEW, floor(self.max_answer_share * num_questions + ROUNDING))

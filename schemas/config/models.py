"""Who writes questions, and who judges them."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from schemas.claim import Category
from schemas.config.chat import ChatConfig
from schemas.config.section import Section


class Writer(StrEnum):
    TEMPLATE = "template"
    MODEL = "model"


class Strategy(StrEnum):
    """PLANNED: the model words a claim that was chosen before. OPEN: it sees the whole scene graph
    and chooses the objects itself, in the category that the plan has for the image."""

    PLANNED = "planned"
    OPEN = "open"


class WriteConfig(Section):
    writer: Writer = Writer.TEMPLATE
    strategy: Strategy = Strategy.PLANNED
    chat: ChatConfig | None = Field(default=None, description="the generator model")
    show_photograph: bool = Field(default=True, description="whether the generator sees it")
    template_pairs: bool = Field(
        default=False,
        description="plan pairs where a model writes, too; templates word them, because a model "
        "words each question by itself",
    )
    max_image_side: int = Field(default=1024, ge=64, description="pixels of the longer side")
    num_options: dict[Category, Annotated[int, Field(ge=2, le=4)]] = Field(
        default={
            Category.RELATION: 4,
            Category.REACH: 4,
            Category.SIZE: 3,
            Category.ORIENTATION: 4,
            Category.INSTANCE_LOCATION: 4,
            Category.DEPTH: 2,
            Category.DISTANCE: 3,
            Category.COUNT: 4,
            Category.EXISTENCE: 2,
        },
        description="every question of a category offers the same number of options",
    )

    @model_validator(mode="after")
    def _complete(self) -> "WriteConfig":
        missing = [category.value for category in Category if category not in self.num_options]
        if missing:
            raise ValueError(f"num_options lacks {', '.join(missing)}")
        if (self.chat is None) is (self.writer is Writer.MODEL):
            raise ValueError('writer = "model" and a section write.chat go together')
        if self.strategy is Strategy.OPEN and self.writer is not Writer.MODEL:
            raise ValueError('strategy = "open" needs writer = "model"')
        if self.template_pairs and (
            self.writer is not Writer.MODEL or self.strategy is Strategy.OPEN
        ):
            raise ValueError(
                'write.template_pairs is for writer = "model" with strategy = "planned": leave it '
                "out (templates write in pairs by themselves; open questions are not planned)"
            )
        return self


class JudgeRule(StrEnum):
    """CHECKED: two votes, both for the answer; where only one is, two more, both for the answer.
    PAPER: two votes, two more where both are wrong; dropped when all four are wrong (the paper's
    rule, which it calls pass@2)."""

    CHECKED = "checked"
    PAPER = "paper"


class BlindRule(StrEnum):
    """What happens to a question that the judge answers without the image in every rotation."""

    OFF = "off"
    REPORT = "report"
    DOWNWEIGHT = "downweight"
    DROP = "drop"


class JudgeConfig(Section):
    """The model that votes, over rotated options, and what its votes decide."""

    chat: ChatConfig
    rule: JudgeRule = JudgeRule.CHECKED
    blind: BlindRule = BlindRule.DROP
    max_image_side: int = Field(default=1024, ge=64, description="pixels of the longer side")

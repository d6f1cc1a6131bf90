"""Which files take the place of what a stage makes."""

from pydantic import Field

from schemas.config.section import Section


class OverrideConfig(Section):
    """Only write can be replaced: what comes after it is what questions have to stand."""

    write: str | None = Field(
        default=None,
        min_length=1,
        exclude=True,
        description="a Parquet file of questions (schemas.question.QUESTION); its contents count",
    )

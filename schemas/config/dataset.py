"""What the dataset holds: how many samples of what, in which splits and files."""

from typing import Annotated

from pydantic import Field, model_validator

from schemas.config.section import Section, Share, Texts


class QuotaConfig(Section):
    """How many samples of each category and level the dataset holds."""

    num_samples: int = Field(gt=0, le=1_000_000_000)
    relation_share: Share = Field(
        default=0.5, description="the other eight categories share the rest equally"
    )
    easy_share: Share = Field(
        default=0.4, description="of each category, as in STVQA-7K; hard ones take the rest"
    )
    medium_share: Share = Field(default=0.4, description="of each category")
    oversample: float = Field(
        default=1.15, ge=1.0, le=100.0, description="questions written per sample wanted"
    )
    max_per_image: int = Field(
        default=1,
        gt=0,
        le=1_000_000,
        description="samples about one photograph: they are not independent",
    )

    @model_validator(mode="after")
    def _levels(self) -> "QuotaConfig":
        if self.easy_share + self.medium_share > 1.0 + 1e-9:
            raise ValueError("easy_share and medium_share add up to more than 1")
        return self


class SelectConfig(Section):
    val_share: Annotated[float, Field(ge=0.0, lt=1.0)] = Field(
        default=0.1, description="share of the samples that no training sees, as in STVQA-7K"
    )
    exclude: Texts = Field(
        default=(),
        exclude=True,
        description="lists of benchmark photographs (spatialthinker leakage makes them), as paths "
        "or patterns: what looks like one of these is left out before anything is planned",
    )


class PublishConfig(Section):
    max_shard_megabytes: int = Field(
        default=400, gt=0, description="of a Parquet file: the Hub advises less than 500"
    )
    row_group_megabytes: int = Field(
        default=32, gt=0, description="what a reader holds in memory at once"
    )

"""Pinned models: models of `transformers` whose weights cannot change under their name."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from schemas.config.section import Section


class PinnedModel(Section):
    name: str = Field(min_length=1, description="an id on the Hub, or a folder")
    revision: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{40}$",
        description="the commit on the Hub; not for a folder, whose files count themselves",
    )
    batch_size: int = Field(default=8, gt=0, le=1024, exclude=True)
    device: str = Field(default="auto", exclude=True, description="auto, cpu, cuda or cuda:1")

    @property
    def folder(self) -> Path | None:
        place = Path(self.name).expanduser()
        return place if place.is_dir() else None

    @model_validator(mode="after")
    def _is_pinned(self) -> Self:
        if (self.folder is None) is (self.revision is None):
            raise ValueError(
                f"{self.name}: a model of the Hub needs revision, the commit of 40 hexadecimal "
                "digits; a folder takes none"
            )
        return self

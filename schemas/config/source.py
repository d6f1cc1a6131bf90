"""Where a build's scene graphs and photographs come from."""

from pydantic import Field, model_validator

from schemas.config.section import Section, Texts
from schemas.config.source_kind import SourceKind


class RenderConfig(Section):
    """The bundled source: how many drawn scenes, how large, and how many annotated objects
    (grounds included) in each."""

    num_scenes: int = Field(default=60, gt=0)
    width: int = Field(default=640, ge=400, le=4096)
    height: int = Field(default=480, ge=300, le=4096)
    min_objects: int = Field(default=7, ge=7)
    max_objects: int = Field(default=14, ge=7, le=20)

    @model_validator(mode="after")
    def _ordered(self) -> "RenderConfig":
        if self.min_objects > self.max_objects:
            raise ValueError("min_objects is larger than max_objects")
        return self


class SourceConfig(Section):
    kind: SourceKind
    path: str | None = Field(
        default=None,
        exclude=True,
        description="annotations: a file, a folder or a glob; not used by rendered",
    )
    photographs: Texts = Field(
        default=(),
        exclude=True,
        description="folders or zip archives of photographs; default: beside the annotations",
    )
    own_licence: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9][a-z0-9.-]*$",
        description="of annotations of your own, as the Hugging Face Hub names it (cc-by-4.0, "
        "other): without it they count as those of the collection whose form they have, and its "
        "image ids as that collection's",
    )
    render: RenderConfig = RenderConfig()

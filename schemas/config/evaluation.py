"""The configuration of an evaluation: which models answer which benchmarks, and how they are asked.

Fields that say where or how fast, not what, are `exclude=True`: they stay out of digests.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from schemas.benchmark import PromptTemplate
from schemas.completion.families import FamilyName
from schemas.config.chat import ChatConfig
from schemas.config.frame import FrameConfig
from schemas.config.loading import load_toml
from schemas.config.names import ModelName, Name
from schemas.config.payment import Budget, StoreAddress, check_prices
from schemas.config.section import Section, Seed

Update = Annotated[int, Field(ge=0)]
"""How many updates of the optimizer a checkpoint has behind it."""


class LocalModelConfig(Section):
    """A model that runs on this machine: a Hub id, a folder in Hugging Face layout, a
    training run's name below data/models, or `tiny`.

    With `attention`, the report shows how much of the attention of its answers falls on the gold
    boxes: each of its replies goes through the model once more.

    With `checkpoints`, `model` is a training run (its folder, or its name below data/runs) or
    another folder of checkpoints, and stands for several models: one for each checkpoint, or for
    those of the listed updates."""

    model: str = Field(min_length=1)
    checkpoints: Literal["all"] | Annotated[tuple[Update, ...], Field(min_length=1)] | None = None
    revision: str | None = None
    dtype: Literal["float32", "bfloat16"] = "bfloat16"
    attention: bool = False
    batch_size: int = Field(default=8, gt=0, exclude=True)
    device: str = Field(default="auto", exclude=True)


class EvaluatedModel(FrameConfig):
    """A `local` model, a `chat` endpoint, or the `files` with its replies that another harness
    wrote, by benchmark; and how it is prompted."""

    name: ModelName
    local: LocalModelConfig | None = None
    chat: ChatConfig | None = None
    files: dict[str, str | list[str]] | None = Field(
        default=None,
        exclude=True,
        min_length=1,
        description="by benchmark, files of VLMEvalKit, EASI (xlsx, tsv, json), lmms-eval (jsonl)",
    )
    blind: bool = Field(
        default=False, description="it is shown no pictures: what it gets needs none"
    )
    template: PromptTemplate = PromptTemplate.SPATIAL_THINKER
    max_new_tokens: int = Field(default=2048, gt=0)

    @model_validator(mode="after")
    def _one_way(self) -> "EvaluatedModel":
        if sum(way is not None for way in (self.local, self.chat, self.files)) != 1:
            raise ValueError("give one of the sections local, chat and files")
        return self

    @model_validator(mode="after")
    def _sees_what_it_attends_to(self) -> "EvaluatedModel":
        if self.blind and self.local and self.local.attention:
            raise ValueError("a blind model sees no picture: leave local.attention out")
        return self

    def files_of(self, benchmark: str) -> list[Path]:
        """Its files with replies to that benchmark: several where each is about a part."""
        named = (self.files or {}).get(benchmark, [])
        return [Path(one).expanduser() for one in ([named] if isinstance(named, str) else named)]

    def answers(self, benchmark: str) -> bool:
        """Whether it has replies to that benchmark, or can be asked for them."""
        return self.files is None or benchmark in self.files


class BenchmarkConfig(Section):
    """`path` is a local copy: a folder, a Parquet, TSV, CSV or JSON file, or `miniature`, a few
    items that the program draws itself; without it the rows come from the Hub at `revision`."""

    name: str
    label: Name | None = Field(
        default=None,
        exclude=True,
        description="its name in reports; keeps validation splits of several datasets apart",
    )
    path: str | None = Field(default=None, exclude=True)
    source: str | None = Field(
        default=None,
        description="a Hub repository, or REPOSITORY:FILE; default: the first known copy",
    )
    revision: str | None = None
    max_items: int | None = Field(default=None, gt=0)
    corrected: bool = Field(default=False, description="known label errors are corrected")

    @property
    def title(self) -> str:
        return self.label or self.name


class Variant(StrEnum):
    """Of an item, which an answer must survive. ROTATION: the options in another order. MIRROR: the
    mirrored picture, PARAPHRASE: other words for the same claims; both only where an item says
    what its options claim. JPEG: pictures compressed anew. SCALE: pictures in another size."""

    ROTATION = "rotation"
    MIRROR = "mirror"
    PARAPHRASE = "paraphrase"
    JPEG = "jpeg"
    SCALE = "scale"


class RobustnessConfig(Section):
    variants: tuple[Variant, ...] = ()
    jpeg_quality: int = Field(default=30, ge=1, le=95)
    scale: float = Field(default=0.5, gt=0.0, le=4.0, description="of width and height")
    max_items: int | None = Field(
        default=None, gt=0, description="of each benchmark, drawn by the seed"
    )

    @model_validator(mode="after")
    def _each_once(self) -> "RobustnessConfig":
        for variant in self.variants:
            if self.variants.count(variant) > 1:
                raise ValueError(f"the variant {variant} is listed twice: list it once")
        return self


class EvaluateConfig(Section):
    name: Name
    seed: Seed
    models: tuple[EvaluatedModel, ...] = Field(min_length=1)
    benchmarks: tuple[BenchmarkConfig, ...] = Field(min_length=1)
    num_bootstrap: int = Field(default=1000, ge=10)
    items: int | None = Field(
        default=None, gt=0, description="of each benchmark, drawn by the seed; default: all"
    )
    robustness: RobustnessConfig = RobustnessConfig()
    max_workers: int = Field(default=2, gt=0, le=1024, exclude=True)
    budget: Budget | None = Field(default=None, exclude=True)
    replies: StoreAddress | None = Field(default=None, exclude=True)

    @property
    def chats(self) -> dict[str, ChatConfig]:
        """By the section that names them."""
        return {f"{model.name}.chat": model.chat for model in self.models if model.chat}

    def with_model(self, model: str, name: str, family: FamilyName | None) -> "EvaluateConfig":
        """The same benchmarks for one local model, a Hub id or a folder, called `name` and asked as
        the first model is; of its own family where that is known."""
        local = LocalModelConfig(model=model)
        changes = {"name": name, "local": local, "chat": None, "files": None}
        first = self.models[0].model_copy(update=changes | ({"family": family} if family else {}))
        return self.model_copy(update={"models": (first,)})

    @model_validator(mode="after")
    def _named_once(self) -> "EvaluateConfig":
        for kind, names in (
            ("model", [entry.name for entry in self.models]),
            ("benchmark", [entry.title for entry in self.benchmarks]),
        ):
            for name in names:
                if names.count(name) > 1:
                    raise ValueError(f"the {kind} {name} is listed twice: name it once")
        return self

    @model_validator(mode="after")
    def _files_of_listed(self) -> "EvaluateConfig":
        listed = {entry.title for entry in self.benchmarks}
        for model in self.models:
            for name in sorted({*(model.files or ())} - listed):
                raise ValueError(f"{model.name}.files names {name}, which is not in benchmarks")
        return self

    @model_validator(mode="after")
    def _all_of_files(self) -> "EvaluateConfig":
        given = [model.name for model in self.models if model.files]
        if self.items and given:
            raise ValueError(
                f"items: the replies of {given[0]} are in files and cost nothing: leave items out"
            )
        return self

    @model_validator(mode="after")
    def _somebody_is_asked_variants(self) -> "EvaluateConfig":
        if self.robustness.variants and all(model.files for model in self.models):
            raise ValueError(
                "robustness.variants: all replies are in files, and no model can be asked anew: "
                "leave robustness out, or list a model with local or chat"
            )
        return self

    @model_validator(mode="after")
    def _can_pay(self) -> "EvaluateConfig":
        check_prices(self.budget, self.chats)
        return self


def load_evaluate_config(path: Path, overrides: tuple[str, ...] = ()) -> EvaluateConfig:
    return load_toml(EvaluateConfig, path, overrides)

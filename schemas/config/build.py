"""The configuration of a build: one frozen tree, read from one TOML file.

Fields that say where or how fast, not what, are `exclude=True`: they stay out of digests.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from schemas.chat import ChatConfig
from schemas.claim import Category
from schemas.config.gates import GatesConfig
from schemas.config.loading import load_toml
from schemas.config.payment import Budget, StoreAddress, check_prices
from schemas.config.section import Section, Seed, Share
from schemas.config.source_kind import SourceKind as SourceKind
from schemas.config.witness import WitnessConfig
from schemas.vocabulary.classes import load_vocabulary
from schemas.vocabulary.kinds import Trait


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
    photographs: tuple[str, ...] = Field(
        default=(),
        exclude=True,
        description="folders or zip archives of photographs; default: beside the annotations",
    )
    render: RenderConfig = RenderConfig()


class IngestConfig(Section):
    merge_iou: Share = Field(
        default=0.6, description="two boxes of one class above this are one object"
    )
    same_box_iou: Share = Field(
        default=0.9, description="two boxes above this are one object if their classes may agree"
    )
    nested_share: Share = Field(
        default=0.9,
        description="a box inside another of its class by this share is the same object",
    )
    max_bad_share: Share = Field(
        default=0.2, description="share of unreadable images above which the build stops"
    )
    min_photograph_pixels: int = Field(default=64 * 64, gt=0)
    max_photograph_pixels: int = Field(default=64_000_000, gt=0)


class ProofConfig(Section):
    """Margins: how clear a fact must be in the picture before it counts as proved or refuted."""

    touch: float = Field(
        default=0.03, gt=0, le=0.2, description="share of the diagonal; twice this is no contact"
    )
    rest_share: Share = Field(
        default=0.25,
        gt=0,
        description="share of a thing that may hang below the foot of what bears it; twice this is "
        "hardly borne",
    )
    overlap_share: Share = Field(
        default=0.1, gt=0, description="of the smaller box, what overlapping boxes share"
    )
    inside_margin: float = Field(
        default=0.3,
        gt=0,
        le=0.5,
        description="share beyond one half of a box that is inside another where it counts as "
        "inside; as much below one half counts as outside",
    )
    near_share: float = Field(
        default=0.1, gt=0, description="share of the diagonal; three times this is not near"
    )
    far_extents: float = Field(
        default=1.0,
        gt=0,
        description="longer sides of the smaller thing; a gap below this on one level is not far",
    )
    level_share: float = Field(
        default=0.05, gt=0, description="share of the height; feet nearer to this are on one level"
    )
    height_share: float = Field(
        default=0.05, gt=0, description="share of the height; a centre this much higher is above"
    )
    side_steepness: float = Field(
        default=2.0,
        gt=0,
        description="pixels down for each pixel across; a steeper way is not to the left or right",
    )
    front_share: float = Field(
        default=0.02,
        gt=0,
        description="share of the height; what ends this much higher is unlikely to be in front",
    )
    size_ratio: float = Field(default=1.6, gt=1.0, description="of two heights or widths")
    area_ratio: float = Field(
        default=3.0, gt=1.0, description="of two box areas: a horse fills a third of its own"
    )
    distance_ratio: float = Field(default=1.6, gt=1.0)
    distance_share: float = Field(
        default=0.08, gt=0, description="least difference of distances, share of the diagonal"
    )
    direction_degrees: float = Field(
        default=15.0, gt=0, lt=22.5, description="a direction's angle may be off by this much"
    )
    direction_share: float = Field(
        default=0.12, gt=0, description="least distance of centres, share of the diagonal"
    )
    depth_ratio: float = Field(default=1.25, gt=1.0)
    cell_share: Share = Field(default=0.75, description="share of a box that its cell holds")
    max_count: int = Field(default=6, gt=1)
    absent_classes: tuple[str, ...] | None = Field(
        default=None,
        description="the only classes whose absence is accepted; default: every landmark",
    )
    large_share: float = Field(
        default=0.02,
        gt=0,
        le=1,
        description='share of the picture that "the largest chair" covers, near to the camera',
    )
    complete_classes: tuple[str, ...] = Field(
        default=(),
        description='classes of which the source annotates every visible thing, so that "the car" '
        'is safe without further words; "*" for all',
    )
    min_annotated: int = Field(
        default=12, gt=0, description="objects that an image needs before an absence is accepted"
    )


class ExtractConfig(Section):
    min_area_share: Share = Field(
        default=0.004, description="smaller objects are never asked about"
    )
    min_side: int = Field(default=12, gt=0, description="pixels")
    max_area_share: Share = Field(default=0.8)
    max_per_category: int = Field(
        default=4,
        gt=0,
        description="candidates that one image may offer in one category; of relations twice this",
    )
    small_share: Share = Field(default=0.015, description="objects below this count as small")
    occluded_share: Share = Field(default=0.35, description="boxes covered above this are occluded")


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


class QuotaConfig(Section):
    """How many samples of each category and level the dataset holds."""

    num_samples: int = Field(gt=0)
    relation_share: Share = Field(
        default=0.5, description="the other eight categories share the rest equally"
    )
    easy_share: Share = 0.4
    medium_share: Share = 0.4
    oversample: float = Field(
        default=1.15, ge=1.0, description="questions written per sample wanted"
    )
    max_per_image: int = Field(default=1, gt=0)

    @model_validator(mode="after")
    def _levels(self) -> "QuotaConfig":
        if self.easy_share + self.medium_share > 1.0 + 1e-9:
            raise ValueError("easy_share and medium_share add up to more than 1")
        return self


class SelectConfig(Section):
    val_share: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.1
    exclude: tuple[str, ...] = Field(
        default=(),
        exclude=True,
        description="lists of benchmark photographs (spatialthinker leakage makes them), as paths "
        "or patterns: what looks like one of these is left out before anything is planned",
    )


class PublishConfig(Section):
    max_shard_megabytes: int = Field(default=400, gt=0)
    row_group_megabytes: int = Field(default=32, gt=0)


class RunnerKind(StrEnum):
    THREADS = "threads"
    PROCESSES = "processes"
    DASK = "dask"
    RAY = "ray"


class RunnerConfig(Section):
    """How fast, never what: nothing here changes a byte of the dataset."""

    kind: RunnerKind = Field(
        default=RunnerKind.THREADS,
        exclude=True,
        description="where shards run; all but threads need a Prefect server at PREFECT_API_URL",
    )
    max_workers: int = Field(default=2, gt=0, le=1024, exclude=True)
    shard_size: int = Field(default=4000, gt=0, exclude=True, description="images per shard")


class PipelineConfig(Section):
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    seed: Seed
    images: Literal["embed", "omit"]
    source: SourceConfig
    witness: tuple[WitnessConfig, ...] = Field(
        default=(), exclude_if=lambda witnesses: not witnesses
    )
    ingest: IngestConfig = IngestConfig()
    proof: ProofConfig = ProofConfig()
    extract: ExtractConfig = ExtractConfig()
    write: WriteConfig = WriteConfig()
    judge: JudgeConfig | None = None
    budget: Budget | None = Field(
        default=None,
        exclude=True,
        description="US dollars that all runs of this build together may spend on replies",
    )
    replies: StoreAddress | None = Field(
        default=None,
        exclude=True,
        description="postgresql:// address of the reply store; default: a file below the root",
    )
    quota: QuotaConfig
    select: SelectConfig = SelectConfig()
    gates: GatesConfig = GatesConfig()
    publish: PublishConfig = PublishConfig()
    runner: RunnerConfig = RunnerConfig()

    @property
    def proof_of_source(self) -> ProofConfig:
        """The margins, and for VG150 the classes that its annotators looked for at all."""
        if self.source.kind is not SourceKind.VG150 or self.proof.absent_classes is not None:
            return self.proof
        landmarks = sorted(load_vocabulary().traits[Trait.VG150])
        return self.proof.model_copy(update={"absent_classes": tuple(landmarks)})

    @property
    def chats(self) -> dict[str, ChatConfig]:
        """The models that the build asks, by the section that names them."""
        asked = {"write.chat": self.write.chat, "judge.chat": self.judge and self.judge.chat}
        return {section: chat for section, chat in asked.items() if chat}

    def with_draw(self, stage: str, draw: int) -> "PipelineConfig":
        """The same build with another draw of every reply that a stage gets from its model."""
        section: WriteConfig | JudgeConfig = getattr(self, stage)
        assert section.chat
        changed = section.model_copy(update={"chat": section.chat.with_draw(draw)})
        return self.model_copy(update={stage: changed})

    @property
    def asks_undecided(self) -> bool:
        """Whether questions are asked that only somebody who looks at the image can answer: one
        model looks and writes, another looks and judges."""
        return bool(self.judge and self.write.chat and self.write.show_photograph)

    @property
    def asks_in_pairs(self) -> bool:
        """Whether two questions may say the same: templates repeat their words, models do not."""
        return self.write.writer is Writer.TEMPLATE or self.write.template_pairs

    @property
    def blind_last(self) -> bool:
        """Whether questions that can be answered without the image are taken last."""
        return bool(self.judge and self.judge.blind is BlindRule.DOWNWEIGHT)

    @model_validator(mode="after")
    def _has_photographs(self) -> "PipelineConfig":
        if self.images == "omit" and self.judge:
            raise ValueError('judge looks at photographs: set images = "embed" or leave judge out')
        if self.images == "omit" and self.write.chat and self.write.show_photograph:
            raise ValueError(
                'write.show_photograph needs images = "embed": set it to false to write from the '
                "scene graph alone"
            )
        return self

    @model_validator(mode="after")
    def _can_pay(self) -> "PipelineConfig":
        check_prices(self.budget, self.chats)
        return self

    @model_validator(mode="after")
    def _can_tell_witnesses(self) -> "PipelineConfig":
        names = [one.name for one in self.witness]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two witnesses are called {twice[0]!r}: give each a name of its own")
        if self.images == "omit" and any(one.model for one in self.witness):
            raise ValueError('a model looks at photographs: set images = "embed" or witness.path')
        return self

    @model_validator(mode="after")
    def _has_source(self) -> "PipelineConfig":
        if self.source.kind is not SourceKind.RENDERED and not self.source.path:
            raise ValueError(
                f"source.path is missing: say where the {self.source.kind} annotations are"
            )
        return self


def load_config(path: Path, overrides: tuple[str, ...] = ()) -> PipelineConfig:
    """The build's configuration in a TOML file after `key.path=value` overrides; ValueError says in
    one line what is wrong."""
    return load_toml(PipelineConfig, path, overrides)

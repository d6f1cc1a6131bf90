"""The configuration of a build: one frozen tree, read from one TOML file.

Fields that say where or how fast, not what, are `exclude=True`: they stay out of digests.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from schemas.config.chat import ChatConfig
from schemas.config.dataset import PublishConfig, QuotaConfig, SelectConfig
from schemas.config.gates import GatesConfig
from schemas.config.loading import load_toml
from schemas.config.margins import ExtractConfig, IngestConfig, ProofConfig
from schemas.config.models import BlindRule, JudgeConfig, WriteConfig, Writer
from schemas.config.names import Name
from schemas.config.override import OverrideConfig
from schemas.config.payment import Budget, StoreAddress, check_prices
from schemas.config.runner import RunnerConfig
from schemas.config.section import Section, Seed
from schemas.config.source import SourceConfig
from schemas.config.source_kind import SourceKind
from schemas.config.witness import WitnessConfig
from schemas.vocabulary.classes import load_vocabulary
from schemas.vocabulary.kinds import Trait


class PipelineConfig(Section):
    name: Name
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
    override: OverrideConfig = Field(default=OverrideConfig(), exclude=True)
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
        writer = None if self.override.write else self.write.chat
        asked = {"write.chat": writer, "judge.chat": self.judge and self.judge.chat}
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
    def _holds_mirror_images(self) -> "PipelineConfig":
        if self.ingest.mirror and self.images == "omit":
            raise ValueError(
                'ingest.mirror needs images = "embed": only the dataset holds mirror images'
            )
        if self.ingest.mirror and not self.asks_in_pairs:
            raise ValueError(
                "ingest.mirror needs write.template_pairs: mirror images are asked about only in "
                "pairs, of which both say the same"
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

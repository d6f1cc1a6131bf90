"""The configuration of a training run: one frozen tree, read from one TOML file.

Fields that say where or how fast, not what, are `exclude=True`: they stay out of the run's digest.
Defaults are the paper's (arXiv 2511.07403) where it states a value.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from schemas.config.frame import FrameConfig
from schemas.config.loading import load_toml
from schemas.config.names import ModelName, Name
from schemas.config.section import Section, Share
from schemas.difficulty import read_bounds

TINY = "tiny"  # the model's name that stands for training.tiny


class Method(StrEnum):
    """GRPO: dense or sparse rewards. SFT: completions rendered from the gold scene."""

    GRPO = "grpo"
    SFT = "sft"


class ModelConfig(Section):
    """What is trained: a Hub id or a folder in Hugging Face layout, or `tiny`, the model of the
    real architecture with random weights that the program makes itself."""

    name: str = Field(min_length=1)
    revision: str | None = None
    dtype: Literal["float32", "bfloat16"] = Field(
        default="float32", description="of the weights as they are loaded"
    )
    freeze_vision: bool = False
    lora_rank: int | None = Field(
        default=None, gt=0, description="default: every weight is trained"
    )
    lora_alpha: int = Field(default=16, gt=0)


class DataConfig(FrameConfig):
    """`scene`: the gold of rewards and demonstrations is the part of the scene graph that the
    question needs, or all of it (training.full_scene). `keep` and `weight` read the pass rates of a
    model, by default of the only one that is known (training.difficulty)."""

    dataset: str = Field(
        description="a dataset folder, NAME/DIGEST, NAME@TAG, or NAME for its newest build"
    )
    scene: Literal["question", "full"] = "question"
    keep: str | None = Field(
        default=None, description='bounds of the pass rate, such as "0 < pass < 1"'
    )
    weight: Literal["category"] | None = Field(
        default=None, description="samples are drawn toward categories that the model answers less"
    )
    difficulty: ModelName | None = Field(
        default=None, description="the model whose pass rates are read"
    )
    max_prompt_tokens: int = Field(default=6144, gt=0)
    max_samples: int | None = Field(
        default=None, gt=0, description="the first of the shuffled rows"
    )

    @field_validator("keep")
    @classmethod
    def _are_bounds(cls, keep: str | None) -> str | None:
        if keep is not None:
            read_bounds(keep)
        return keep

    @model_validator(mode="after")
    def _has_a_use(self) -> "DataConfig":
        if self.difficulty and not self.reads_difficulty:
            raise ValueError("difficulty is read by keep and weight: give one, or leave it out")
        return self

    @property
    def reads_difficulty(self) -> bool:
        return bool(self.keep or self.weight)


class RewardWeights(Section):
    format: Share = 0.1
    count: Share = 0.2
    accuracy: Share = 0.5
    spatial: Share = 0.2
    relationships: Share = 0.0


OPTIONS = ("label_gate", "strict_boxes", "count_needs_answer", "tolerant_answers", "ungated")
"""What goes beyond the paper's reward."""


class RewardConfig(Section):
    """DENSE is the paper's reward and SPARSE its baseline, both in training.rewards; PUBLISHED and
    PUBLISHED-SPARSE are what the published code pays (training.published_rewards). The options are
    those of training.rewards, and of DENSE."""

    kind: Literal["dense", "published", "sparse", "published-sparse"] = "dense"
    weights: RewardWeights = RewardWeights()
    similarity: str = Field(default="exact", description="exact, spacy:MODEL, ...")
    label_gate: Share | None = None
    strict_boxes: bool = False
    count_needs_answer: bool = False
    tolerant_answers: bool = False
    ungated: bool = False
    consistency: Share = Field(
        default=0.0,
        description="paid beside the weights where the answer is right and the completion's own "
        "scene supports it",
    )

    @model_validator(mode="after")
    def _options_of_dense(self) -> "RewardConfig":
        dense = set(OPTIONS) | ({"similarity", "weights"} if "sparse" in self.kind else set())
        given = sorted(dense & self.model_fields_set)
        if self.kind != "dense" and given:
            raise ValueError(f'kind = "{self.kind}" takes no {", ".join(given)}: leave them out')
        if "sparse" in self.kind and self.consistency:
            raise ValueError(f'kind = "{self.kind}" reads no scene: leave consistency out')
        if self.kind == "published" and self.weights.relationships:
            raise ValueError('kind = "published" pays no relationships: leave their weight out')
        return self


class OptimizerConfig(Section):
    learning_rate: float = Field(default=1e-6, gt=0)
    weight_decay: float = Field(default=1e-2, ge=0)
    max_grad_norm: float = Field(default=1.0, gt=0)
    schedule: Literal["constant", "linear", "cosine"] = "constant"
    warmup_share: Share = 0.0


class GrpoConfig(Section):
    """Prompts are counted as the paper counts them: `rollout_prompts` are sampled at once,
    `num_generations` times each, and learnt from in updates of `update_prompts`."""

    num_generations: int = Field(default=8, ge=2)
    rollout_prompts: int = Field(default=512, gt=0)
    update_prompts: int = Field(default=128, gt=0)
    num_rollouts: int = Field(default=75, gt=0)
    temperature: float = Field(default=1.0, gt=0)
    max_completion_tokens: int = Field(default=2048, gt=0)
    beta: float = Field(default=1e-2, ge=0, description="weight of the KL term")
    clip_low: float = Field(default=0.2, gt=0)
    clip_high: float = Field(default=0.3, gt=0)
    clip_dual: float | None = Field(default=3.0, gt=1)

    @model_validator(mode="after")
    def _whole_updates(self) -> "GrpoConfig":
        if self.rollout_prompts % self.update_prompts:
            raise ValueError("rollout_prompts is not a multiple of update_prompts")
        return self


class SftConfig(Section):
    num_epochs: float = Field(default=3.0, gt=0)
    batch_size: int = Field(default=128, gt=0, description="samples per update, all devices")
    max_tokens: int = Field(default=2048, gt=0, description="longer samples are refused")
    only_entailed: bool = Field(
        default=False, description="samples whose gold scene leaves the answer open are left out"
    )


class HardwareConfig(Section):
    """How updates are cut into passes, and who generates completions.

    What decides the trained weights is part of the run's digest: GRPO's loss is a mean over the
    tokens of each pass (`micro_batch`, `num_devices`), `bf16` is another arithmetic, vLLM draws
    other completions, and a `strategy` goes on from no other's checkpoints. The rest is how fast.
    """

    num_devices: int = Field(default=1, gt=0)
    device_memory_gib: float = Field(default=80.0, gt=0, exclude=True)
    micro_batch: int = Field(default=4, gt=0)
    strategy: Literal["single", "ddp", "zero3", "fsdp"] = "single"
    bf16: bool = True
    gradient_checkpointing: bool = Field(default=True, exclude=True)
    vllm: Literal["off", "colocate", "server"] = "off"
    vllm_memory_share: Share = Field(default=0.3, exclude=True)
    vllm_tensor_parallel: int = Field(default=1, gt=0, exclude=True)
    vllm_server: str = Field(
        default="http://127.0.0.1:8000", pattern=r"^(?i:https?)://[^/:?#\s]+", exclude=True
    )


def micro_batch_of(hardware: HardwareConfig, per_update: int) -> int:
    """Sequences per device and pass."""
    return min(hardware.micro_batch, per_update)


def accumulation_steps(per_update: int, micro_batch: int, num_devices: int) -> int:
    """Passes of an update. ValueError where they would not be whole."""
    at_once = micro_batch * num_devices
    if per_update % at_once:
        raise ValueError(
            f"an update of {per_update} sequences cannot be cut into passes of {num_devices} x "
            f"{micro_batch}: choose another hardware.micro_batch or hardware.num_devices"
        )
    return per_update // at_once


class Check(StrEnum):
    """Of the flight check, in its order. GOLD: a completion of a sample's gold earns its whole
    reward. BOXES: they lie in the frame. TEXTS: none is read as a special token. PRECISION: an
    update changes the weights. REFERENCE: it is another model than the policy. BAN: no token that
    stands for a picture can be sampled. TEMPLATE: completions are taught as they are written.
    TOKENS: a picture has as many tokens as features. LENGTH: no limit cuts a sample. PADDING: on
    the left. SIGHT: the policy sees the picture. ROLLOUT: what is learnt from is what was sampled.
    SPREAD: completions of a prompt earn different rewards. MEMORY: the longest sample fits."""

    GOLD = "gold"
    BOXES = "boxes"
    TEXTS = "texts"
    PRECISION = "precision"
    REFERENCE = "reference"
    BAN = "ban"
    TEMPLATE = "template"
    TOKENS = "tokens"
    LENGTH = "length"
    PADDING = "padding"
    SIGHT = "sight"
    ROLLOUT = "rollout"
    SPREAD = "spread"
    MEMORY = "memory"


class CheckConfig(Section):
    skip: tuple[Check, ...] = Field(
        default=(), exclude=True, description="checks that are left out before the first update"
    )


class LogConfig(Section):
    report_to: Literal["tensorboard", "wandb", "none"] = Field(default="tensorboard", exclude=True)
    save_rollouts: int = Field(
        default=5, gt=0, exclude=True, description="GRPO: between checkpoints"
    )
    save_updates: int = Field(
        default=50, gt=0, exclude=True, description="SFT: between checkpoints"
    )
    keep_checkpoints: int = Field(default=2, gt=0, exclude=True)
    num_logged_completions: int = Field(default=8, ge=0, exclude=True)


class TrainConfig(Section):
    name: Name
    method: Method
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    model: ModelConfig
    data: DataConfig
    reward: RewardConfig = RewardConfig()
    optimizer: OptimizerConfig = OptimizerConfig()
    grpo: GrpoConfig | None = None
    sft: SftConfig | None = None
    hardware: HardwareConfig = HardwareConfig()
    log: LogConfig = LogConfig()
    check: CheckConfig = Field(default=CheckConfig(), exclude=True)

    @model_validator(mode="after")
    def _has_its_section(self) -> "TrainConfig":
        sections = {Method.GRPO: self.grpo, Method.SFT: self.sft}
        given = [method for method, section in sections.items() if section is not None]
        if given != [self.method]:
            raise ValueError(
                f'method = "{self.method}" and a section {self.method}, alone, go together'
            )
        return self

    @model_validator(mode="after")
    def _has_whole_passes(self) -> "TrainConfig":
        """Else the trainer would refuse it, on devices that are paid for."""
        grpo, sft, hardware = self.grpo, self.sft, self.hardware
        grouped = grpo.update_prompts * grpo.num_generations if grpo else 0
        per_update = grouped or (sft.batch_size if sft else 0)
        micro_batch = micro_batch_of(hardware, per_update)
        accumulation_steps(per_update, micro_batch, hardware.num_devices)
        return self

    @model_validator(mode="after")
    def _reads_its_scene(self) -> "TrainConfig":
        if self.data.scene == "full" and self.grpo and "sparse" in self.reward.kind:
            raise ValueError(
                f'reward.kind = "{self.reward.kind}" reads no scene: leave data.scene out'
            )
        return self

    def named(self, dataset: str) -> "TrainConfig":
        """The same training with the dataset called otherwise: NAME/DIGEST stays true where a path
        or a tag does not."""
        data = self.data.model_copy(update={"dataset": dataset})
        return self.model_copy(update={"data": data})


def load_train_config(path: Path, overrides: tuple[str, ...] = ()) -> TrainConfig:
    return load_toml(TrainConfig, path, overrides)

"""Estimate: how much memory and time a training run will take, before it starts.

Memory is added up from the shapes of the model; time is scaled from the hours that the paper states
(arXiv 2511.07403: 75 rollouts of 512 x 8 completions on four H100, 13 hours for 3B, 15 for 7B), and
is no measurement of ours.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from struct import unpack
from typing import Any

from schemas.config.training import TINY, Method, TrainConfig, micro_batch_of
from training.arguments import updates_per_rollout
from training.families.family import Shape
from training.families.table import FAMILIES, config_of, family_of
from training.families.table import shape_of as known_shape

GIB = 1 << 30
TRAINED_BYTES = 16
"""Bytes per trained weight: itself, its gradient and the two moments of Adam, in float32."""
OVERHEAD_GIB = 3.0
"""Per device: CUDA, communication buffers, and the layer that is gathered. It was not measured."""
PAPER_COMPLETIONS, PAPER_TOKENS, PAPER_DEVICES = 75 * 512 * 8, 2048, 4
"""Of the paper's run, whose hours the shapes have: completions, most tokens in each, H100 GPUs."""
LORA_SHARE = 0.003
"""Share of all weights that rank-8 adapters on attention have at 7B."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """`memory` is GiB per device, by what needs it; `hours` is None where the paper states none."""

    memory: Mapping[str, float]
    device_gib: float
    num_updates: int | None
    num_rollouts: int | None
    num_completions: int | None
    num_tokens: int | None
    hours: float | None

    @property
    def total_gib(self) -> float:
        return sum(self.memory.values())

    @property
    def problem(self) -> str | None:
        """Why it does not fit into a device, None where it does."""
        if self.total_gib <= self.device_gib:
            return None
        largest = max(self.memory, key=lambda name: self.memory[name])
        return (
            f"this needs about {self.total_gib:.0f} GiB per device and hardware.device_memory_gib "
            f"is {self.device_gib:g} (most of it: {largest}, {self.memory[largest]:.0f} GiB): use "
            "more devices with zero3 or fsdp, a smaller hardware.micro_batch or model.lora_rank"
        )


def shape_of(name: str) -> Shape | None:
    """The shape of a model in a folder, or of one whose name says it; None where neither does."""
    folder = Path(name).expanduser()
    if (folder / "config.json").is_file():
        config = config_of(folder)
        text: dict[str, Any] = config.get("text_config") or config
        num_weights = sum(map(count_weights, folder.glob("*.safetensors")))
        names = ("num_hidden_layers", "hidden_size", "vocab_size")
        depth, width, vocabulary = sizes = [text.get(name, 0) for name in names]
        if not num_weights or not all(isinstance(size, int) for size in sizes):
            return None
        family = family_of(folder)
        shapes = FAMILIES[family].shapes.values() if family else ()
        known = next((shape for shape in shapes if shape.width == width), None)
        return Shape(num_weights, depth, width, vocabulary, known.hours if known else None)
    return Shape(4e5, 2, 64, 600) if name == TINY else known_shape(name)


def count_weights(path: Path) -> int:
    """Numbers in a safetensors file, by its header. ValueError where it is none."""
    with path.open("rb") as stream:
        start = stream.read(8)
        (length,) = unpack("<Q", start) if len(start) == 8 else (0,)
        if not 0 < length < path.stat().st_size:
            # Git LFS leaves a pointer, a text of three lines, in the place of a large file.
            raise ValueError(f"{path} is no whole safetensors file: get it again (git lfs pull)")
        try:
            header: dict[str, Any] = json.loads(stream.read(length))
        except ValueError:
            raise ValueError(f"{path} is no whole safetensors file: get it again") from None
    total = 0
    for name, facts in header.items():
        if name != "__metadata__":
            size = 1
            for side in facts["shape"]:
                size *= side
            total += size
    return total


def estimate(config: TrainConfig, shape: Shape, lengthening: float = 1.0) -> Estimate:
    """`lengthening`: how many times as long completions are as those of the paper's run, in which
    scenes hold what a question needs."""
    grpo, hardware = config.grpo, config.hardware
    memory = {
        "weights, gradients, optimizer": _trained_gib(config, shape),
        "reference model": _reference_gib(config, shape),
        "activations": _activations_gib(config, shape),
        "vLLM": hardware.vllm_memory_share * hardware.device_memory_gib
        if config.method is Method.GRPO and hardware.vllm == "colocate"
        else 0.0,
        "CUDA and buffers": min(OVERHEAD_GIB, shape.num_weights * 2 / GIB),
    }
    device = hardware.device_memory_gib
    if grpo is None:
        return Estimate(memory, device, None, None, None, None, None)
    num_completions = grpo.num_rollouts * grpo.rollout_prompts * grpo.num_generations
    hours = None
    if shape.hours:
        share = num_completions / PAPER_COMPLETIONS * grpo.max_completion_tokens / PAPER_TOKENS
        hours = shape.hours * share * lengthening * PAPER_DEVICES / hardware.num_devices
    return Estimate(
        memory,
        device,
        grpo.num_rollouts * updates_per_rollout(grpo),
        grpo.num_rollouts,
        num_completions,
        num_completions * grpo.max_completion_tokens,
        hours,
    )


def _shards(config: TrainConfig) -> int:
    is_sharded = config.hardware.strategy in ("zero3", "fsdp")
    return config.hardware.num_devices if is_sharded else 1


def _weight_bytes(config: TrainConfig) -> int:
    return 2 if config.model.dtype == "bfloat16" else 4


def _trained_gib(config: TrainConfig, shape: Shape) -> float:
    if config.model.lora_rank is None:
        return shape.num_weights * TRAINED_BYTES / _shards(config) / GIB
    adapters = shape.num_weights * LORA_SHARE * config.model.lora_rank / 8
    held = shape.num_weights * _weight_bytes(config)
    return (held + adapters * TRAINED_BYTES) / _shards(config) / GIB


def _reference_gib(config: TrainConfig, shape: Shape) -> float:
    """A second copy for the KL term; with adapters it is the model without them."""
    if config.grpo is None or not config.grpo.beta or config.model.lora_rank is not None:
        return 0.0
    return shape.num_weights * _weight_bytes(config) / _shards(config) / GIB


def _activations_gib(config: TrainConfig, shape: Shape) -> float:
    """One micro-batch of the greatest length: per layer one residual with gradient checkpointing,
    eight without it; and the logits of the tokens that are learnt, with gradients."""
    if config.grpo:
        learnt = config.grpo.max_completion_tokens
        length = config.data.max_prompt_tokens + learnt
        per_update = config.grpo.update_prompts * config.grpo.num_generations
    else:
        assert config.sft is not None
        learnt = length = config.sft.max_tokens
        per_update = config.sft.batch_size
    micro_batch = micro_batch_of(config.hardware, per_update)
    kept = 1 if config.hardware.gradient_checkpointing else 8
    residuals = shape.layers * length * shape.width * 2 * kept
    logits = learnt * shape.vocabulary * 2 * 2
    return micro_batch * (residuals + logits) / GIB


def check_fit(found: Estimate) -> None:
    """ValueError where it does not fit into a device."""
    if found.problem:
        raise ValueError(found.problem)

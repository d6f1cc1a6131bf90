"""Memory: a pass with the longest sample, so that a device that is too small fails first."""

from typing import Any

import torch
from trl.trainer.utils import (
    split_pixel_values_by_grid,
    split_tensor_dict,
    unsplit_pixel_values_by_grid,
)

from schemas.config.training import TrainConfig
from training.estimate import GIB, estimate, shape_of
from training.flight.rollout import Rollout


def check_memory(trainer: Any, config: TrainConfig, model: str, batch: Rollout) -> str:
    """Forward and backward of one micro-batch; gradients are thrown away. In shards, only forward:
    DeepSpeed counts each backward pass as part of an update."""
    on_gpu = torch.cuda.is_available()
    if on_gpu:
        torch.cuda.reset_peak_memory_stats()
    try:
        _pass(trainer, batch)
    except torch.OutOfMemoryError:
        raise ValueError(
            "memory: the longest sample does not fit: lower hardware.micro_batch, data.max_pixels "
            "or the completions' length, or use more devices"
        ) from None
    trainer.model_wrapped.zero_grad(set_to_none=True)
    if not on_gpu:
        return "a pass with the longest sample fits"
    measured = torch.cuda.max_memory_allocated() / GIB
    shape = shape_of(model)
    planned = f"{estimate(config, shape).total_gib:.1f} GiB" if shape else "unknown"
    return f"{measured:.1f} GiB with the longest sample, before AdamW's moments; planned {planned}"


def first_pass(trainer: Any, drawn: Rollout) -> Rollout:
    """The part of a rollout that one pass takes, cut as TRL cuts it."""
    size = trainer.args.per_device_train_batch_size
    chunks = split_tensor_dict(
        split_pixel_values_by_grid(drawn), len(drawn["completion_ids"]) // size
    )
    part: Rollout = unsplit_pixel_values_by_grid(chunks[0])
    return part


def _pass(trainer: Any, batch: Rollout) -> None:
    is_sharded = trainer.is_deepspeed_enabled or trainer.is_fsdp_enabled
    trainer.current_gradient_accumulation_steps = trainer.args.gradient_accumulation_steps
    with trainer.compute_loss_context_manager():
        loss = trainer.compute_loss(trainer.model_wrapped, batch)
    if not is_sharded:
        loss.backward()

"""Arguments: a training configuration as the arguments of TRL's trainers (trl 1.16).

The paper counts prompts and rollouts; TRL counts completions and updates of the optimizer.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from schemas.config.training import (
    GrpoConfig,
    HardwareConfig,
    SftConfig,
    TrainConfig,
    accumulation_steps,
    micro_batch_of,
)

Arguments = dict[str, Any]


def grpo_arguments(
    config: TrainConfig, run: Path, *, num_processes: int, has_gpu: bool
) -> Arguments:
    """Arguments of GRPOConfig for that many processes; ValueError where updates cannot be split
    evenly among them."""
    grpo, hardware = _grpo(config), config.hardware
    micro_batch = micro_batch_of(hardware, grpo.update_prompts * grpo.num_generations)
    accumulation = accumulation_steps(
        grpo.update_prompts * grpo.num_generations, micro_batch, num_processes
    )
    num_updates = grpo.num_rollouts * updates_per_rollout(grpo)
    return {
        **_shared_arguments(config, run, num_updates, has_gpu),
        "per_device_train_batch_size": micro_batch,
        "gradient_accumulation_steps": accumulation,
        # Global, in completions; steps_per_generation follows from it.
        "generation_batch_size": grpo.rollout_prompts * grpo.num_generations,
        "num_generations": grpo.num_generations,
        "num_iterations": 1,
        "max_steps": num_updates,
        # Only at the end of a rollout: elsewhere, its buffered rest would be lost.
        "save_steps": config.log.save_rollouts * updates_per_rollout(grpo),
        "temperature": grpo.temperature,
        "top_p": 1.0,
        "top_k": 0,
        "max_completion_length": grpo.max_completion_tokens,
        "mask_truncated_completions": False,
        "beta": grpo.beta,
        # The published low-variance KL; TRL's default adds an importance weight.
        "use_bias_correction_kl": False,
        "epsilon": grpo.clip_low,
        "epsilon_high": grpo.clip_high,
        "delta": grpo.clip_dual,
        # A mean over the tokens of each micro-batch.
        "loss_type": "bnpo",
        "scale_rewards": "group",
        "multi_objective_aggregation": "sum_then_normalize",
        "log_completions": False,
        **_vllm_arguments(config, grpo),
    }


def without(tokens: Sequence[str], ids: Sequence[int], hardware: HardwareConfig) -> Arguments:
    """Arguments of GRPOConfig by which no completion holds one of these tokens, given in both
    forms. TRL bans one of them, and only where transformers generates."""
    if hardware.vllm == "off":
        return {"generation_kwargs": {"suppress_tokens": list(ids)}}
    return {"generation_kwargs": {"bad_words": list(tokens)}}


def sft_arguments(
    config: TrainConfig, run: Path, *, num_processes: int, has_gpu: bool, num_samples: int
) -> Arguments:
    """Arguments of SFTConfig; `num_samples` is their number in an epoch."""
    sft = _sft(config)
    micro_batch = micro_batch_of(config.hardware, sft.batch_size)
    accumulation = accumulation_steps(sft.batch_size, micro_batch, num_processes)
    num_updates = max(round(sft.num_epochs * num_samples / sft.batch_size), 1)
    return {
        **_shared_arguments(config, run, num_updates, has_gpu),
        "per_device_train_batch_size": micro_batch,
        "gradient_accumulation_steps": accumulation,
        "max_steps": num_updates,
        "save_steps": config.log.save_updates,
        # TRL's 1,024 would cut samples, and an image's tokens with them; longer ones are left out.
        "max_length": None,
        "completion_only_loss": True,
    }


def updates_per_rollout(grpo: GrpoConfig) -> int:
    return grpo.rollout_prompts // grpo.update_prompts


def _shared_arguments(config: TrainConfig, run: Path, num_updates: int, has_gpu: bool) -> Arguments:
    optimizer, hardware, log = config.optimizer, config.hardware, config.log
    return {
        "output_dir": str(run / "checkpoints"),
        "seed": config.seed,
        "data_seed": config.seed,
        "learning_rate": optimizer.learning_rate,
        "weight_decay": optimizer.weight_decay,
        "adam_beta1": 0.9,
        "adam_beta2": 0.999,
        "max_grad_norm": optimizer.max_grad_norm,
        "lr_scheduler_type": optimizer.schedule,
        "warmup_steps": round(optimizer.warmup_share * num_updates),
        # TRL turns both on by default, also on a CPU, where they only cost time.
        "bf16": has_gpu and hardware.bf16,
        "gradient_checkpointing": has_gpu and hardware.gradient_checkpointing,
        "use_cpu": not has_gpu,
        "dataloader_pin_memory": has_gpu,
        "remove_unused_columns": False,
        "logging_steps": 1,
        "logging_first_step": True,
        "save_strategy": "steps",
        "save_total_limit": log.keep_checkpoints,
        "report_to": log.report_to,
        "run_name": config.name,
        "disable_tqdm": True,
    }


def _vllm_arguments(config: TrainConfig, grpo: GrpoConfig) -> Arguments:
    hardware = config.hardware
    if hardware.vllm == "off":
        return {"use_vllm": False}
    known: Arguments = {
        "use_vllm": True,
        "vllm_mode": hardware.vllm,
        "vllm_max_model_length": config.data.max_prompt_tokens + grpo.max_completion_tokens,
        # The published code recomputes old probabilities; TRL's default masks some sequences.
        "vllm_importance_sampling_correction": False,
    }
    if hardware.vllm == "server":
        return known | {"vllm_server_base_url": hardware.vllm_server}
    return known | {
        "vllm_gpu_memory_utilization": hardware.vllm_memory_share,
        "vllm_tensor_parallel_size": hardware.vllm_tensor_parallel,
        "vllm_enable_sleep_mode": True,
    }


def _grpo(config: TrainConfig) -> GrpoConfig:
    if config.grpo is None:
        raise ValueError(f"the configuration {config.name} has no section grpo: add one")
    return config.grpo


def _sft(config: TrainConfig) -> SftConfig:
    if config.sft is None:
        raise ValueError(f"the configuration {config.name} has no section sft: add one")
    return config.sft

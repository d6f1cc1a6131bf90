"""Checkpoints: which one a run goes on from, and how its weights are loaded."""

import json
import logging
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)
WEIGHTS = ("model.safetensors", "model.safetensors.index.json")  # in one file, or in several
LORA_WEIGHTS = "adapter_model.safetensors"
NEEDED = ("optimizer.pt", "scheduler.pt")  # without them, Trainer would silently start both anew
RANDOM_STATES = "rng_state*.pth"  # one file per process


def last_complete_checkpoint(folder: Path) -> Path | None:
    """The newest `checkpoint-N` that was written completely, None where there is none.

    A process that is killed while it saves may leave a checkpoint without its state, which
    transformers cannot read, or without its scheduler or random numbers: from such a one
    transformers would go on, silently with other results.
    """
    found = [
        (int(path.name.rpartition("-")[2]), path)
        for path in folder.glob("checkpoint-*")
        if path.name.rpartition("-")[2].isdecimal()
    ]
    for _, path in sorted(found, reverse=True):
        if is_complete(path):
            return path
        logger.warning("%s was not written completely and is ignored", path)
    return None


def is_complete(checkpoint: Path) -> bool:
    try:
        # Written last.
        json.loads((checkpoint / "trainer_state.json").read_bytes())
    except (OSError, ValueError):
        return False
    if not any(checkpoint.glob(RANDOM_STATES)):
        return False
    if any(
        path.name.startswith(("global_step", "pytorch_model_fsdp")) for path in checkpoint.iterdir()
    ):
        return True  # DeepSpeed's and FSDP's own, whose loaders check what they read
    has_weights = any((checkpoint / name).is_file() for name in (*WEIGHTS, LORA_WEIGHTS))
    return has_weights and all((checkpoint / name).is_file() for name in NEEDED)


class RestoresWeights:
    """For a trainer of Qwen2.5-VL, before transformers' own in its bases.

    The files of a checkpoint name weights as the Hub does, and the module uses other names. Trainer
    loads the weights whose names fit, which are none, without an error (huggingface/transformers
    issue 43701, open in 5.17). Runs with LoRA, DeepSpeed and FSDP have their own loaders.
    """

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        trainer: Any = self
        target = trainer.model if model is None else model
        folder = Path(resume_from_checkpoint)
        is_plain = any((folder / name).is_file() for name in WEIGHTS)
        if is_plain and not trainer.is_fsdp_enabled and not trainer.is_deepspeed_enabled:
            weights = type(target).from_pretrained(folder, dtype=target.dtype).state_dict()
            target.load_state_dict(weights, strict=True)
            return
        super()._load_from_checkpoint(resume_from_checkpoint, model)  # type: ignore[misc]

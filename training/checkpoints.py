"""Checkpoints: which ones a run has, which one it goes on from, and how weights are loaded."""

import json
import logging
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

logger = logging.getLogger(__name__)
WEIGHTS = ("model.safetensors", "model.safetensors.index.json")  # in one file, or in several
LORA_WEIGHTS = "adapter_model.safetensors"
LORA_CONFIG = "adapter_config.json"
NEEDED = ("optimizer.pt", "scheduler.pt")  # without them, Trainer would silently start both anew
RANDOM_STATES = "rng_state*.pth"  # one file per process
STATE = "trainer_state.json"  # written last
TORCH_FILES, SAFETENSORS = (".pt", ".pth"), ".safetensors"
METADATA = "__metadata__"  # of a safetensors file, in its header beside the tensors
SHARDS = ("global_step", "pytorch_model_fsdp")  # how folders of DeepSpeed and FSDP begin


def checkpoints_in(folder: Path) -> list[tuple[int, Path]]:
    """Every `checkpoint-N` by its update N, complete or not, the oldest first."""
    found = [(path.name.rpartition("-")[2], path) for path in folder.glob("checkpoint-*")]
    return sorted((int(number), path) for number, path in found if number.isdecimal())


def check_weights(checkpoint: Path) -> None:
    """ValueError where a model cannot be loaded from a checkpoint. What only training needs, such
    as the state of its optimizer, may be gone."""
    problem = _problem_of(checkpoint)
    if problem:
        raise ValueError(f"{checkpoint} {problem}")


def _problem_of(checkpoint: Path) -> str | None:
    incomplete = "was not written completely, or not copied completely: it lacks {}"
    if not _has_state(checkpoint):
        return incomplete.format(f"a readable {STATE}")
    if (checkpoint / LORA_WEIGHTS).is_file():
        needed = [LORA_CONFIG]
    elif (checkpoint / WEIGHTS[1]).is_file():
        try:
            files = {*json.loads((checkpoint / WEIGHTS[1]).read_bytes())["weight_map"].values()}
        except (ValueError, KeyError, TypeError, AttributeError):  # or not of its shape
            return incomplete.format(f"a readable {WEIGHTS[1]}")
        needed = ["config.json", *sorted(map(str, files))]
    elif _is_sharded(checkpoint) and not (checkpoint / WEIGHTS[0]).is_file():
        return "has its weights in shards of DeepSpeed or FSDP: evaluate the final model instead"
    else:
        needed = ["config.json", WEIGHTS[0]]
    missing = [name for name in needed if not (checkpoint / name).is_file()]
    return incomplete.format(missing[0]) if missing else None


def last_complete_checkpoint(folder: Path) -> Path | None:
    """The newest `checkpoint-N` that was written completely, None where there is none.

    A process that is killed while it saves may leave a checkpoint without its state, which
    transformers cannot read, or without its scheduler or random numbers: from such a one
    transformers would go on, silently with other results. A power cut may leave files cut off.
    """
    for _, path in reversed(checkpoints_in(folder)):
        if is_complete(path):
            return path
        logger.warning("%s was not written completely and is ignored", path)
    return None


def is_complete(checkpoint: Path) -> bool:
    if not _has_state(checkpoint):
        return False
    if not any(checkpoint.glob(RANDOM_STATES)):
        return False
    if _is_sharded(checkpoint):
        return True  # DeepSpeed's and FSDP's own, whose loaders check what they read
    has_weights = any((checkpoint / name).is_file() for name in (*WEIGHTS, LORA_WEIGHTS))
    has_states = all((checkpoint / name).is_file() for name in NEEDED)
    return has_weights and has_states and all(map(_is_whole, checkpoint.iterdir()))


def _is_whole(file: Path) -> bool:
    """Whether a file of tensors has its end, which a power cut may take; of others, True."""
    if file.suffix in TORCH_FILES:
        return is_zipfile(file)  # the directory of an archive is at its end
    if file.suffix != SAFETENSORS:
        return True
    try:
        with file.open("rb") as stream:
            size = int.from_bytes(stream.read(8), "little")
            header = json.loads(stream.read(size))
        ends = [about["data_offsets"][1] for name, about in header.items() if name != METADATA]
        return 8 + size + max(ends, default=0) == file.stat().st_size
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return False


def _has_state(checkpoint: Path) -> bool:
    try:
        json.loads((checkpoint / STATE).read_bytes())
    except (OSError, ValueError):
        return False
    return True


def _is_sharded(checkpoint: Path) -> bool:
    return any(path.name.startswith(SHARDS) for path in checkpoint.iterdir())


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

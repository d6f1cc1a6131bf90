"""Models: where the weights that a name stands for are, and how they are loaded and saved."""

import json
import re
from pathlib import Path
from shutil import rmtree
from typing import Any

from schemas.completion.families import FamilyName
from schemas.config.training import TINY, ModelConfig
from schemas.listing import listed
from schemas.replacing import PARTIAL, move_folder
from training.families.family import Family
from training.families.table import check_family

HUB_ID = re.compile(r"[a-z0-9][\w.-]*/[a-z0-9][\w.-]*", re.ASCII | re.IGNORECASE)


def resolve_model(name: str, root: Path, family: FamilyName) -> str | Path:
    """The family's tiny model, or the model's place. ValueError where there is none, or the model
    is known to be of another family."""
    if name == TINY:
        from training.tiny import tiny_folder  # loads torch

        return tiny_folder(root, family)
    place = place_of_model(name, root)
    check_family(place, family)
    return place


def place_of_model(name: str, root: Path) -> str | Path:
    """A folder: the path itself, the trained model NAME/DIGEST below `root`/models, or the newest
    of that NAME; else the name, as a Hub id. ValueError where it cannot be one."""
    place = Path(name).expanduser()
    if place.is_dir():
        if not (place / "config.json").is_file():
            raise ValueError(f"{place} holds no model: it has no config.json")
        return place
    if trained := trained_model(name, root):
        return trained
    if not HUB_ID.fullmatch(name):
        raise ValueError(
            f"no model {name}: neither a folder, nor trained here (below {root / 'models'}), nor a "
            "Hub id such as Qwen/Qwen2.5-VL-7B-Instruct"
        )
    return name


def trained_model(name: str, root: Path) -> Path | None:
    """The folder of NAME/DIGEST below `root`/models, or the newest of that NAME that is not being
    written; None where there is none."""
    parts = Path(name).parts
    if len(parts) > 2 or {*parts} & {"..", "/"}:
        return None
    pattern = "*/config.json" if len(parts) == 1 else "config.json"
    found = listed(root / "models" / name, pattern)
    builds = [path for path in found if PARTIAL not in path.parent.name]
    return max(builds, key=lambda path: path.stat().st_mtime_ns).parent if builds else None


def loading_arguments(config: ModelConfig, *, has_gpu: bool) -> dict[str, Any]:
    """Arguments of from_pretrained."""
    return {
        "dtype": config.dtype if has_gpu else "float32",
        "revision": config.revision,
        "attn_implementation": "sdpa",
    }


def lora_config(config: ModelConfig, family: Family) -> Any:
    """None where every weight is trained."""
    if config.lora_rank is None:
        return None
    from peft import LoraConfig

    return LoraConfig(
        r=config.lora_rank,
        lora_alpha=config.lora_alpha,
        lora_dropout=0.0,
        target_modules=family.lora_targets,
        task_type="CAUSAL_LM",
    )


def freeze_vision(model: Any, family: Family) -> None:
    """Leave the vision tower, with what brings its features to the text model, as it is."""
    for name, weight in model.named_parameters():
        if not set(name.split(".")).isdisjoint(family.vision):
            weight.requires_grad_(False)


def check_sharding(trainer: Any) -> None:
    """ValueError where adapters could not be merged at the end: their weights are in shards."""
    is_sharded = trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled
    if is_sharded and hasattr(trainer.accelerator.unwrap_model(trainer.model), "merge_and_unload"):
        raise ValueError(
            "model.lora_rank goes with whole weights on every device: use hardware.strategy "
            '"single" or "ddp", or leave lora_rank out'
        )


def save_final(trainer: Any, processor: Any, folder: Path, *, in_bf16: bool) -> None:
    """The trained model in Hugging Face layout, LoRA's adapters merged into it; the folder appears
    when it is complete. Every process calls this. `in_bf16`: vLLM takes its precision from the
    folder, and would run float32 weights in float32."""
    partial = folder.with_name(f"{folder.name}.partial")
    is_main = trainer.accelerator.is_main_process
    if is_main:
        rmtree(partial, ignore_errors=True)
    trainer.accelerator.wait_for_everyone()
    model = trainer.accelerator.unwrap_model(trainer.model)
    if hasattr(model, "merge_and_unload"):
        if is_main:
            model.merge_and_unload().save_pretrained(partial)
    else:
        if trainer.is_fsdp_enabled:
            # With the setting of checkpoints, which are in shards, save_model writes nothing.
            trainer.accelerator.state.fsdp_plugin.set_state_dict_type("FULL_STATE_DICT")
        trainer.save_model(str(partial))
    if is_main:
        (partial / "training_args.bin").unlink(missing_ok=True)  # a pickle, with paths in it
        if in_bf16:
            cast_to_bf16(partial)
        processor.save_pretrained(partial)
        _set_cache_use(partial)
        move_folder(partial, folder)  # hours of training
    trainer.accelerator.wait_for_everyone()


def cast_to_bf16(folder: Path) -> None:
    """The weights of a saved model, file by file: no model is made, which under ZeRO-3 would wait
    for the other processes."""
    import torch
    from safetensors.torch import load_file, save_file

    num_bytes = 0
    for path in sorted(folder.glob("*.safetensors")):
        weights = {
            name: value.to(torch.bfloat16) if value.is_floating_point() else value
            for name, value in load_file(path).items()
        }
        num_bytes += sum(value.nbytes for value in weights.values())
        save_file(weights, path, metadata={"format": "pt"})
    _set_in_json(folder / "config.json", {"dtype": "bfloat16"})
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        facts = json.loads(index.read_text(encoding="utf-8"))["metadata"]
        _set_in_json(index, {"metadata": facts | {"total_size": num_bytes}})


def _set_in_json(path: Path, changes: dict[str, Any]) -> None:
    document = json.loads(path.read_text(encoding="utf-8")) | changes
    path.write_text(json.dumps(document, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _set_cache_use(folder: Path) -> None:
    """Training turns the cache of keys and values off; the saved file must turn it on again."""
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    for section in (config, config.get("text_config", {})):
        if "use_cache" in section:
            section["use_cache"] = True
    _set_in_json(path, config)

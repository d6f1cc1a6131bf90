"""Training of a few updates on a CPU. What imports TRL is imported when it is needed: it takes ten
seconds."""

from collections.abc import Callable
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.completion.families import FamilyName
from schemas.config.training import Method, TrainConfig

if TYPE_CHECKING:
    from training.launch import Run

SMALL = {"min_pixels": 3136, "max_pixels": 6272}
"""Few tokens per picture."""
PIXELS = {name: SMALL for name in FamilyName if name is not FamilyName.GEMMA_3}
TREE = {
    "name": "tried",
    "seed": 3,
    "model": {"name": "tiny"},
    "data": {"dataset": "drawn", **SMALL},
    "optimizer": {"learning_rate": 1e-3},
    "hardware": {"micro_batch": 4},
    "log": {"report_to": "none", "save_rollouts": 1, "save_updates": 2},
    # A model with random weights never writes the format, and earns nothing.
    "check": {"skip": ["spread"]},
}
GRPO = {
    "method": "grpo",
    "grpo": {
        "num_generations": 2,
        "rollout_prompts": 4,
        "update_prompts": 2,
        "num_rollouts": 3,
        "max_completion_tokens": 8,
    },
}
SFT = {"method": "sft", "sft": {"num_epochs": 1.0, "batch_size": 6, "max_tokens": 1200}}
SFT_CUT = {"hardware": {"micro_batch": 3}}


def tree_of(family: FamilyName, method: Method) -> dict[str, Any]:
    """The configuration of a training of a few updates."""
    sections = GRPO if method is Method.GRPO else SFT | SFT_CUT
    data = {"dataset": "drawn", "family": family.value, **PIXELS.get(family, {})}
    return TREE | sections | {"data": data}


def prepare(config: TrainConfig, root: Path, *, may_resume: bool = False) -> "Run":
    from training import launch

    return launch.prepare(config, root, may_resume=may_resume)


def trainer_of(method: Method) -> Callable[["Run"], None]:
    trainer: Callable[[Run], None] = import_module(f"training.{method}").train
    return trainer


def digest_of_files(folder: Path) -> str:
    """SHA-256 over names and contents of a model folder's files."""
    digest = sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()

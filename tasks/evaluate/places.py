"""Places: where the weights of an evaluated model are, and what names their content.

A checkpoint of a training with LoRA holds adapters alone, and names the model they belong to; both
are loaded together.
"""

import json
from pathlib import Path

from schemas.config.evaluation import EvaluatedModel
from training.checkpoints import LORA_CONFIG
from training.families.table import check_family
from training.model import resolve_model
from training.run_folder import model_digest


def place_of(model: EvaluatedModel, root: Path) -> str | Path:
    """The folder or Hub id of a local model. ValueError where there is none, or it is of another
    family."""
    assert model.local
    folder = Path(model.local.model).expanduser()
    base = base_of(folder)
    if base is None:
        return resolve_model(model.local.model, root, model.family)
    check_family(base, model.family)
    return folder


def base_of(folder: Path) -> str | None:
    """The folder or Hub id of the model that a folder's adapters belong to, None where it holds no
    adapters. ValueError where they name none."""
    if (folder / "config.json").is_file() or not (folder / LORA_CONFIG).is_file():
        return None
    try:
        return str(json.loads((folder / LORA_CONFIG).read_bytes())["base_model_name_or_path"])
    except (ValueError, KeyError, TypeError):
        raise ValueError(
            f"{folder / LORA_CONFIG} names no model that its adapters belong to: copy the "
            "checkpoint again"
        ) from None


def weights_digest(folder: Path, root: Path) -> str:
    """Of a model's files and, for adapters, of those of the model they belong to."""
    base = base_of(folder)
    digest = model_digest(folder, root)
    if base is None or not Path(base).is_dir():
        return digest
    return f"{digest}+{model_digest(Path(base), root)}"

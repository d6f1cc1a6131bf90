"""Places: where the weights of an evaluated model are, and what names their content.

A checkpoint of a training with LoRA holds adapters alone, and names the model they belong to; both
are loaded together.
"""

import json
from pathlib import Path

from schemas.config.evaluation import EvaluateConfig, EvaluatedModel
from schemas.config.names import model_name
from schemas.config.training import TINY
from schemas.model_folder import FACTS
from training.checkpoints import LORA_CONFIG
from training.families.table import check_family, family_of
from training.model import place_of_model, resolve_model
from training.run_folder import model_digest


def evaluating(config: EvaluateConfig, model: str, root: Path) -> EvaluateConfig:
    """The evaluation of that local model instead: a Hub id, a folder, a trained model's name, or
    `tiny`. ValueError where there is none."""
    if model == TINY:
        return config.with_model(model, TINY, None)
    place = place_of_model(model, root)
    return config.with_model(model, name_of_place(str(place)), family_of(place))


def name_of_place(model: str) -> str:
    """What reports call a local model that has no name of its own: after its folder, or the last
    part of its Hub id."""
    place = Path(model).expanduser()
    folder = place.resolve() if place.is_dir() else place
    called = folder.parent.name if (folder / FACTS).is_file() else folder.name
    return model_name(called) or "model"


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

"""The table of families. A family is added here, and in schemas.completion.families."""

import json
from pathlib import Path
from typing import Any

from schemas.completion.families import FamilyName
from training.families import gemma_3, qwen2_5_vl, qwen3_5, qwen3_vl
from training.families.family import Family, Shape

FAMILIES: dict[FamilyName, Family] = {
    module.FAMILY.name: module.FAMILY for module in (qwen2_5_vl, qwen3_vl, qwen3_5, gemma_3)
}


def config_of(folder: Path) -> dict[str, Any]:
    """The config.json of a model's folder. ValueError where it is none."""
    try:
        found = json.loads((folder / "config.json").read_bytes())
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ValueError(f"{folder / 'config.json'} is no JSON object: get the model again")
    return found


def family_of(model: str | Path) -> FamilyName | None:
    """The family of a model in a folder, or of a Hub id that tells it; None where it is unknown."""
    config = Path(model) / "config.json"
    if config.is_file():
        kind = config_of(Path(model)).get("model_type")
        return next((name for name, one in FAMILIES.items() if one.model_type == kind), None)
    return next((name for name, one in FAMILIES.items() if one.size_in.search(str(model))), None)


def check_family(model: str | Path, family: FamilyName) -> None:
    """ValueError where a model is known to be of another family: its boxes would be in another
    frame, and its images of another size."""
    found = family_of(model)
    if found and found is not family:
        raise ValueError(
            f'{model} is of the family {found}, and family is {family}: set family = "{found}", in '
            "[data] of a training, in [[models]] of an evaluation"
        )


def shape_of(model: str) -> Shape | None:
    """The shape of a Hub id of any family, None where it is unknown."""
    shapes = (family.shape_of(model) for family in FAMILIES.values())
    return next((shape for shape in shapes if shape), None)

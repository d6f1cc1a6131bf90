"""Model folders: what a training says of the model that it made, in ROOT/models/NAME/DIGEST."""

import json
from pathlib import Path
from typing import Any

FACTS = "training.json"
"""The file of a model's folder that says how it was trained."""


def read_training(folder: Path) -> dict[str, Any]:
    """ValueError, in one line, where it is missing or damaged."""
    path = folder / FACTS
    try:
        facts: dict[str, Any] = json.loads(path.read_bytes())
        if not isinstance(facts["name"], str):
            raise TypeError
    except OSError as error:
        reason = error.strerror
    except (KeyError, TypeError):
        reason = "it names no training"
    except (ValueError, RecursionError) as error:
        reason = str(error)
    else:
        return facts
    raise ValueError(
        f"{path} cannot be read ({reason}): put it back, or remove {folder} and train again"
    )

"""Model folders: what a training says of the model that it made, in ROOT/models/NAME/DIGEST."""

import json
from pathlib import Path
from typing import Any

from schemas.printable import first_line

FACTS = "training.json"
"""The file of a model's folder that says how it was trained."""
MISFIT = "ignore_mismatched_sizes"
"""In what transformers says of weights that it cannot put into a model."""
AWAY = "couldn't connect"
"""What it says of a Hub that it does not reach."""


def why_not_loaded(error: Exception, name: object, revision: str | None = None) -> str:
    """What is wrong with a model that transformers does not load, in one line, and what to do where
    there is no network. Of weights that do not fit it only says that the report above shows it,
    which nobody sees."""
    if MISFIT in str(error):
        return "its weights have other sizes than its config.json says"
    told = first_line(error).removesuffix(".")
    if AWAY not in told:
        return told
    where = "name a folder that holds the model, or fetch it where there is a network"
    pinned = f" --revision {revision}" if revision else ""
    return f"{told}: {where} (hf download {name}{pinned})"


def read_training(folder: Path) -> dict[str, Any]:
    """ValueError, in one line, where it is missing or damaged; PermissionError where it may be
    sound."""
    path = folder / FACTS
    try:
        facts: dict[str, Any] = json.loads(path.read_bytes())
        if not isinstance(facts["name"], str):
            raise TypeError
    except PermissionError:
        raise
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

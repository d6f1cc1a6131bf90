"""Pinned models: what decides their content, and what loading them needs.

The modules that load them import PyTorch, which takes seconds: import those where they are used.
"""

from importlib.util import find_spec
from pathlib import Path

from schemas.config.pinned_model import PinnedModel
from schemas.file_digests import digest_store
from tasks.sources.files import digest_files


def digest_of_model(model: PinnedModel, root: Path) -> str:
    """Of a folder's files; of the Hub's models, the commit says all."""
    if model.folder is None:
        return str(model.revision)
    files = sorted(path for path in model.folder.rglob("*") if path.is_file())
    return digest_files(files, model.folder, digest_store(root))


def check_packages(what: str) -> None:
    """ValueError where what a model needs is not installed; `what` needs it."""
    for name in ("torch", "transformers"):
        if not find_spec(name):
            raise ValueError(
                f"{what} needs {name}, which is not installed: run `make .venv/train`, or pip "
                "install 'spatialthinker[train]'"
            )

"""Options and arguments that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from schemas.dataset_folder import check_root


def root_of(text: str | Path) -> Path:
    """An empty name would be the working folder, which `--root "$UNSET"` does not mean."""
    if not str(text):
        raise typer.BadParameter("it is empty: name a folder")
    return Path(text)


Root = Annotated[
    Path,
    typer.Option(
        "--root",
        parser=root_of,
        help="Where artifacts and datasets are kept.",
        metavar="FOLDER",
        callback=check_root,
    ),
]
DATA = Path("data")
"""The default of --root, below the working folder."""
DATASET = "A dataset folder, NAME/DIGEST, NAME@TAG, or NAME for its newest build"
"""What every command takes where it asks for a dataset."""

Settings = Annotated[
    list[str],
    typer.Option(
        "--set",
        default_factory=list,
        show_default=False,
        help="Change one key of the configuration; may be repeated.",
        metavar="KEY=VALUE",
    ),
]
Announce = Annotated[
    bool,
    typer.Option(
        "--announce/--no-announce",
        help="Emit the event that deployments await: it may start a training or an evaluation.",
    ),
]
SAMPLE = Path("configs/sample.toml")
"""What `build` and `plan` take where no configuration is named: it needs no download and no key."""
ENDPOINTS = Path("configs/evaluate/endpoints.toml")
"""What `difficulty` takes where no configuration is named."""

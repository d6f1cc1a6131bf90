"""Options and arguments that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from schemas.dataset_folder import check_root

Root = Annotated[
    Path,
    typer.Option(
        "--root",
        help="Where artifacts and datasets are kept.",
        metavar="FOLDER",
        callback=check_root,
    ),
]
DATA = Path("data")
"""The default of --root, below the working folder."""
DATASET = "A dataset folder, NAME/DIGEST, NAME@TAG, or NAME for its newest build"
"""What every command takes where it asks for a dataset."""

"""Options and arguments that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from schemas.dataset_folder import check_root
from tasks.addresses import is_address


def root_of(text: str | Path) -> str | Path:
    """An empty name would be the working folder, which `--root "$UNSET"` does not mean. An address
    stays one: a path has no two slashes in a row."""
    if not str(text):
        raise typer.BadParameter("it is empty: name a folder")
    return str(text) if is_address(str(text)) else Path(text)


def folder_of(root: str | Path) -> Path:
    """The folder of a root, which for an address is the copy on this machine."""
    if isinstance(root, Path):
        return check_root(root)
    from tasks.stored_root import open_root

    return open_root(root)


def written_file(path: Path | None) -> Path | None:
    """A file to write takes the place of what is there: of a file, never of a device such as
    /dev/stdout, nor of a folder."""
    if path and path.exists() and not path.is_file():
        raise typer.BadParameter(f"{path} is no file that could be replaced: name a file")
    return path


Root = Annotated[
    Path,
    typer.Option(
        "--root",
        parser=root_of,
        help="Where artifacts and datasets are kept: a folder, s3://BUCKET/PREFIX or "
        "gs://BUCKET/PREFIX.",
        metavar="PLACE",
        callback=folder_of,
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

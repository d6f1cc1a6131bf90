"""The command `witness`: models of `transformers` write the files that witnesses are read from.

The stages of a build as far as `look`, for the witnesses of one kind; a build runs the same stages.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from flows.commands.options import DATA, Root, Settings
from flows.server import starting_prefect
from flows.settings import apply_settings, show_lines


class Kind(StrEnum):
    BOXES = "boxes"
    DEPTH = "depth"


def witness(
    kind: Annotated[Kind, typer.Argument(help="What the models look for.")],
    config: Annotated[
        Path, typer.Argument(help="A build's configuration, whose witnesses have a model.")
    ],
    *,
    settings: Settings,
    root: Root = DATA,
) -> None:
    """Have models look at the photographs of a build, and print the folders of what they wrote:
    boxes in COCO's format with scores, or a depth map for each photograph.

    What a model has seen is kept: the same command goes on where it ended, and the build, which
    does the same by itself, looks at nothing twice.
    """
    from schemas.config.build import load_config

    loaded = load_config(config, tuple(settings))
    wanted = tuple(one for one in loaded.witness if one.model and one.kind == kind.value)
    if not wanted:
        raise ValueError(
            f'{config} has no [[witness]] with kind = "{kind}" and a model: add one, with '
            "model.name and model.revision"
        )
    apply_settings()
    console = Console(stderr=True, emoji=False)
    with starting_prefect(console):
        from flows.build import run_looks
    show_lines(console, "tasks.witness.look")
    made = run_looks(loaded.model_copy(update={"witness": wanted}), root)
    for folder in made:
        for one in wanted:
            typer.echo(folder / one.name)

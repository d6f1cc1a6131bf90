"""Commands on what is below a root: `list` and `tag`."""

from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from flows.options import DATA, DATASET, Root

WIDTH = 200
"""Characters of a line where output goes to a file or another program: names stay whole."""


class ListFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


def list_all(
    root: Root = DATA,
    format: Annotated[
        ListFormat, typer.Option(help="Tables, or one JSON object.")
    ] = ListFormat.TEXT,
) -> None:
    """List datasets, models and evaluations: when they were published and by which commit, their
    size, what validation found, tags, and which was made from which."""
    from tasks.catalogue.entries import read_catalogue
    from tasks.catalogue.listing import catalogue_as_json, print_catalogue

    catalogue = read_catalogue(root)
    if format is ListFormat.JSON:
        typer.echo(catalogue_as_json(catalogue))
    elif any(catalogue):
        print_catalogue(catalogue, _wide())
    else:
        typer.echo(f"nothing below {root}: run spatialthinker build first", err=True)


def tag(
    dataset: Annotated[str, typer.Argument(help=DATASET)],
    name: Annotated[str, typer.Argument(metavar="TAG", help="For example approved.")],
    root: Root = DATA,
    move: Annotated[
        bool, typer.Option("--move", help="Take the tag from the build that has it.")
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take the tag away.")] = False,
) -> None:
    """Give a build of a dataset a name that stays with it: `sample@approved` then stands for it
    wherever a dataset is named, in configurations, too.

    Only a dataset that passed its validation and is what was published gets a tag.

    Examples:

    - `spatialthinker tag sample approved`
    - `spatialthinker tag sample/f048e80989bfa49a approved --move`
    """
    from tasks.catalogue.tagging import tag_dataset, untag_dataset

    if remove and move:
        raise ValueError("--move and --remove exclude each other: leave one out")
    if remove:
        typer.echo(untag_dataset(dataset, name, root))
    else:
        typer.echo(tag_dataset(dataset, name, root, moves=move))


def _wide() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)

"""The command `push`: a dataset is handed over to a folder, an object store or the Hub."""

from typing import Annotated

import typer
from rich.console import Console

from flows.commands.options import DATA, DATASET, Root
from flows.server import check_listened, starting_prefect
from flows.settings import apply_settings, show_lines


def push(
    dataset: Annotated[str, typer.Argument(help=DATASET)],
    to: Annotated[
        str,
        typer.Option(help="A folder, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or hub:NAME."),
    ],
    root: Root = DATA,
    public: Annotated[
        bool,
        typer.Option("--public", help="Of hub: everybody may read it; else it is private."),
    ] = False,
    announce: Annotated[
        bool,
        typer.Option("--announce/--no-announce", help="Emit spatialthinker.dataset.pushed."),
    ] = False,
) -> None:
    """Send a dataset to a folder, an object store or the Hugging Face Hub, with its card and
    reviews.

    Only a dataset that passed its validation and is what was published is sent. Each file is read
    back and compared by its digest; what has arrived is not sent again. manifest.json goes last: a
    place that has it is whole. Keys are read from the environment by the store's own client. A new
    repository of the Hub is private, unless --public is given.

    Examples:

    - `spatialthinker push sample@approved --to /mnt/datasets/sample`
    - `spatialthinker push sample@approved --to s3://bucket/sample`
    - `spatialthinker push sample@approved --to hub:spatial-questions`
    """
    from schemas.dataset_folder import check_dataset, resolve_dataset
    from tasks.push.store import open_store

    folder = resolve_dataset(dataset, root)
    check_dataset(folder)
    open_store(to, is_public=public)
    apply_settings()
    check_listened(announce)
    console = Console(stderr=True, emoji=False)
    with starting_prefect(console):
        from flows.handover import push_dataset
    show_lines(console, "tasks.push.dataset")
    pushed = push_dataset(folder, root, to, announce, public)
    typer.echo(f"{pushed.sent} files sent, {pushed.there} were there", err=True)
    typer.echo(to)

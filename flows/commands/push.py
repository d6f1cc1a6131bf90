"""The command `push`: a dataset is handed over to a folder or an object store."""

from typing import Annotated

import typer
from rich.console import Console

from flows.commands.options import DATA, DATASET, Root
from flows.server import check_listened, starting_prefect
from flows.settings import apply_settings, show_lines


def push(
    dataset: Annotated[str, typer.Argument(help=DATASET)],
    to: Annotated[str, typer.Option(help="A folder, s3://BUCKET/PREFIX or gs://BUCKET/PREFIX.")],
    root: Root = DATA,
    announce: Annotated[
        bool,
        typer.Option("--announce/--no-announce", help="Emit spatialthinker.dataset.pushed."),
    ] = False,
) -> None:
    """Send a dataset to a folder or an object store, with its card and reviews.

    Only a dataset that passed its validation and is what was published is sent. Each file is read
    back and compared by its digest; what has arrived is not sent again. manifest.json goes last: a
    place that has it is whole. Keys are read from the environment by the store's own client.

    Examples:

    - `spatialthinker push sample@approved --to /mnt/datasets/sample`
    - `spatialthinker push sample@approved --to s3://bucket/sample`
    """
    from schemas.dataset_folder import check_dataset, resolve_dataset
    from tasks.push.store import open_store

    folder = resolve_dataset(dataset, root)
    check_dataset(folder)
    open_store(to)
    check_listened(announce)
    apply_settings()
    console = Console(stderr=True)
    with starting_prefect(console):
        from flows.handover import push_dataset
    show_lines(console, "tasks.push.dataset")
    pushed = push_dataset(folder, root, to, announce)
    typer.echo(f"{pushed.sent} files sent, {pushed.there} were there", err=True)
    typer.echo(to)

"""Commands `spatialthinker serve` and `download`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from flows.commands.options import DATA, SAMPLE, Root
from flows.settings import apply_settings, show_lines


def serve(
    build: Annotated[
        list[Path] | None,
        typer.Option(
            help="A build that is offered and scheduled; may be repeated, as the others.",
            metavar="CONFIG",
            show_default=str(SAMPLE),
        ),
    ] = None,
    cron: Annotated[
        str | None, typer.Option(help='When to build, for example "0 2 * * 0".')
    ] = None,
    training: Annotated[
        list[Path] | None,
        typer.Option("--train", help="Train this when a dataset is published.", metavar="CONFIG"),
    ] = None,
    evaluation: Annotated[
        list[Path] | None,
        typer.Option("--evaluate", help="Evaluate every trained model by this.", metavar="CONFIG"),
    ] = None,
    root: Root = DATA,
) -> None:
    """Offer builds, training and evaluation to a Prefect server, and run what it starts: by hand,
    by schedule, and, with `--train` and `--evaluate`, whenever the step before has ended.

    Needs `prefect server start` and PREFECT_API_URL.
    """
    apply_settings(verbose=True)
    from flows.serve import serve_deployments

    show_lines(Console(stderr=True, emoji=False), "flows.serve")
    serve_deployments(build or [SAMPLE], cron, training or [], evaluation or [], root)


def download(
    what: Annotated[str, typer.Argument(metavar="SOURCE", help="visual-genome")],
    to: Annotated[Path, typer.Option(help="The folder for the archives.")] = DATA / "visual_genome",
    annotations_only: Annotated[
        bool, typer.Option("--annotations-only", help="Leave out the photographs (15 GB).")
    ] = False,
    mirror: Annotated[
        str | None, typer.Option(help="Fetch every archive from this address instead.")
    ] = None,
) -> None:
    """Fetch the official Visual Genome archives; a broken download is resumed. The build reads
    them as they are, without unpacking the photographs."""
    from flows.commands.bars import shown_bytes
    from tasks.download.stage import VISUAL_GENOME, download_archives

    if what != "visual-genome":
        raise ValueError(f"cannot download {what}: the one source is visual-genome")
    parts = ["annotations"] if annotations_only else ["annotations", "photographs"]
    archives = [archive for part in parts for archive in VISUAL_GENOME[part]]
    with shown_bytes(Console(stderr=True, emoji=False)) as progress:
        paths = download_archives(archives, to, progress=progress, base_url=mirror)
    for path in paths:
        typer.echo(path)

"""The command `review`: a person looks at questions, and says whether their labels are right."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import DATA, DATASET, Root, written_file
from flows.stopping import ended_by
from schemas.review import Exchange

LOOPBACK = "127.0.0.1"


def review(
    dataset: Annotated[str, typer.Argument(help=DATASET)],
    reviewer: Annotated[
        str, typer.Option(help="Who reviews: a name for the file of the reviews.", metavar="NAME")
    ],
    root: Root = DATA,
    items: Annotated[
        int, typer.Option(min=1, help="Questions, evenly over category and evidence.", metavar="N")
    ] = 100,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    host: Annotated[
        str, typer.Option(help="Another address than loopback needs a token.", metavar="ADDRESS")
    ] = LOOPBACK,
) -> None:
    """Review a dataset in a browser: answer each question from its photograph alone, then say
    whether its label is right, wrong, or the question ambiguous or unanswerable.

    Every step is on disk before the page shows it, and the same command goes on where this one
    was. The reviews are Parquet files in ROOT/reviews/NAME, one per reviewer, and hold for later
    builds that ask the same of the same photograph; the next build leaves out what was not found
    right. `spatialthinker reviews` says how many labels are right, and how far reviewers agree.

    Examples:

    - `spatialthinker review sample --reviewer ada`
    """
    from schemas.dataset_folder import check_dataset, name_of_dataset, resolve_dataset
    from schemas.review import reviews_of
    from tasks.addresses import store_of
    from tasks.review.book import open_book
    from tasks.review.card import write_reviews
    from tasks.review.items import choose_items, in_order_of, samples_of, with_keys
    from tasks.review.precision import agreements, precisions, reviewed_of
    from tasks.review.server import Review, application, serve_pages, summary, token_for

    token = token_for(host)
    folder = resolve_dataset(dataset, root)
    manifest = check_dataset(folder)
    seed = manifest["seed"]
    chosen = with_keys(choose_items(samples_of(folder), items, seed), folder)
    ordered = in_order_of(chosen, reviewer, seed)
    with open_book(root, manifest["name"], reviewer) as book:
        place = "" if root == DATA else store_of(root) or str(root)
        found = Review(folder, name_of_dataset(manifest), ordered, book, place)

        def say(address: str) -> None:
            typer.echo(f"{address}  ({summary(found)}); Ctrl-C ends it", err=True)

        ending = asyncio.run(
            serve_pages(application(found, token), host, port, say, is_open=token is not None)
        )
        typer.echo(summary(found))
    judged = precisions(reviewed_of(folder, root, manifest["name"]))
    write_reviews(folder, judged, agreements(reviews_of(root, manifest["name"])))
    if ending != signal.SIGINT:
        ended_by(ending)


def reviews(
    dataset: Annotated[str, typer.Argument(help=DATASET)],
    root: Root = DATA,
    take: Annotated[
        Path | None,
        typer.Option("--import", help="Add what Argilla or Label Studio exported.", metavar="FILE"),
    ] = None,
    give: Annotated[
        Path | None,
        typer.Option(
            "--export",
            help="Write the questions and reviews.",
            metavar="FILE",
            callback=written_file,
        ),
    ] = None,
    format: Annotated[Exchange, typer.Option(help="Of --export.")] = Exchange.ARGILLA,
    items: Annotated[
        int, typer.Option(min=1, help="Questions to export, as for review.", metavar="N")
    ] = 100,
) -> None:
    """Say how many of the reviewed labels of a dataset are right, by category, by evidence and by
    the judge's votes, with bounds at 95 %, and how far its reviewers agree.

    Questions that the build left out because of their reviews count: what remains once they are
    gone says nothing about those that nobody looked at. A question whose reviewers differ is not
    right.

    Examples:

    - `spatialthinker reviews sample`
    - `spatialthinker reviews sample --export tasks.json --format label-studio`
    - `spatialthinker reviews sample --import tasks.json`
    """
    from schemas.dataset_folder import (
        check_dataset,
        check_files,
        name_of_dataset,
        resolve_dataset,
    )
    from schemas.replacing import replacing
    from schemas.review import reviews_of
    from tasks.review.calibration import calibration_told, calibrations
    from tasks.review.card import write_reviews
    from tasks.review.exchange import export_reviews, import_reviews
    from tasks.review.items import choose_items, reviewable, samples_of, with_keys
    from tasks.review.precision import agreement_told, agreements, precisions, reviewed_of, told

    folder = resolve_dataset(dataset, root)
    manifest = check_files(folder)
    name = manifest["name"]
    if take:
        typer.echo(
            import_reviews(take, reviewable(folder), root, name, name_of_dataset(manifest)),
            err=True,
        )
    if give:
        chosen = with_keys(choose_items(samples_of(folder), items, manifest["seed"]), folder)
        text = export_reviews(
            chosen, reviews_of(root, name), folder, name_of_dataset(manifest), format
        )
        with replacing(give) as partial:
            partial.write_text(text, encoding="utf-8")
        typer.echo(give)
        return
    judged = reviewed_of(folder, root, name)
    found = precisions(judged)
    if not found and take:
        return  # what was imported is said
    if not found:
        check_dataset(folder)  # a rejected one cannot be reviewed
        raise ValueError(
            f"nobody has reviewed questions of {folder}: spatialthinker review {name} --reviewer "
            "NAME"
        )
    said = reviews_of(root, name)
    pairs = agreements(said)
    for one in found:
        typer.echo(told(one))
    for tier in calibrations(judged, said, root):
        typer.echo(calibration_told(tier))
    for pair in pairs:
        typer.echo(agreement_told(pair))
    write_reviews(folder, found, pairs)

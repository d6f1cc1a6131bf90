"""Commands on what is below a root: `list`, `tag`, `diff`, `trends`, `report`, `check`, `prune`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import DATA, DATASET, Root, folder_of, root_of, written_file
from flows.commands.screen import wide_console


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
        print_catalogue(catalogue, wide_console())
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


class DiffFormat(StrEnum):
    TEXT = "text"
    PARQUET = "parquet"
    HTML = "html"


def diff(
    before: Annotated[str, typer.Argument(metavar="BEFORE", help=DATASET)],
    after: Annotated[str, typer.Argument(metavar="AFTER", help=DATASET)],
    root: Root = DATA,
    format: Annotated[
        DiffFormat, typer.Option(help="Text, or a file with all questions.")
    ] = DiffFormat.TEXT,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The file; default: below ROOT/diffs.", metavar="FILE", callback=written_file
        ),
    ] = None,
) -> None:
    """Say which questions were added, removed, reworded, relabelled, or moved between splits from
    one build of a dataset to another, and what may have caused it: a row of the source, a key of
    the configuration, the code, a prompt, a model, a reply or a witness.

    Causes are read from the records of both builds. Where several are possible, all are named. Keep
    the artifacts of both builds: without them only the manifests are compared.

    Examples:

    - `spatialthinker diff sample@approved sample`
    - `spatialthinker diff sample@approved sample --format html`
    """
    from tasks.diff.report import (
        compare_datasets,
        page_path,
        text_lines,
        write_page,
        write_table,
    )

    if out and format is DiffFormat.TEXT:
        raise ValueError("--out needs --format html or --format parquet")
    found = compare_datasets(before, after, root)
    if format is DiffFormat.TEXT:
        for line in text_lines(found):
            typer.echo(line)
        return
    write = write_page if format is DiffFormat.HTML else write_table
    typer.echo(write(found, out or page_path(found, root, f".{format}")))


def trends(
    name: Annotated[str, typer.Argument(help="Of a dataset, without its digest.")],
    root: Root = DATA,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The page; default: below ROOT/trends.", metavar="FILE", callback=written_file
        ),
    ] = None,
) -> None:
    """Write a page on how the builds of a dataset differ over time: size, losses by reason, cost,
    what is answered without the picture, and labels that reviewers found right. Prints its path.
    """
    from tasks.trends.figures import figures_of_builds
    from tasks.trends.page import write_trends

    path = out or root / "trends" / f"{name}.html"
    typer.echo(write_trends(name, figures_of_builds(name, root), path))


def report(
    dataset: Annotated[str, typer.Argument(help=DATASET)],
    root: Root = DATA,
    photographs: Annotated[
        list[Path] | None,
        typer.Option(
            help="The build's source.path, or a folder or archive of its photographs: for lost "
            "questions about those that the dataset does not hold. May be repeated.",
            metavar="PLACE",
        ),
    ] = None,
) -> None:
    """Make a dataset's report.html again: the page on which its questions, published and lost, can
    be looked at. Prints its path.

    A build makes it, too. It is no part of what the dataset is: the dataset keeps its name. Keep
    the artifacts of the build: without them it shows the samples, and not what was lost and why.
    """
    from schemas.dataset_folder import check_files, resolve_dataset
    from tasks.diff.record import Record, root_of
    from tasks.report.report import photographs_of, write_report

    folder = resolve_dataset(dataset, root)
    check_files(folder)
    for named in photographs or ():
        if not named.exists():
            raise FileNotFoundError(f"no photographs at {named}: correct --photographs")
    place = root_of(folder, root)
    store = photographs_of(Record(folder, place), [str(path) for path in photographs or ()])
    typer.echo(write_report(folder, place, store))


def check(
    root: Annotated[
        Path,
        typer.Argument(
            help="Where artifacts and datasets are kept.", parser=root_of, callback=folder_of
        ),
    ] = DATA,
) -> None:
    """Read every artifact and dataset below a root and compare it with its digest. Prints one line
    per damaged file; exit code 1 where there is one.

    The next build of the same configuration sets a damaged artifact or dataset aside, and makes it
    again.
    """
    from schemas.printable import printable
    from tasks.catalogue.checking import check_below
    from tasks.catalogue.listing import size_told

    if not root.is_dir():
        raise ValueError(f"no folder {root}: name the one that builds were given with --root")
    found = check_below(root)
    if not (found.artifacts or found.datasets or found.damages):
        raise ValueError(
            f"{root} has neither artifacts nor datasets: name the folder that builds were given "
            "with --root"
        )
    for damage in found.damages:
        typer.echo(printable(f"{damage.path}: {damage.problem}"))
    told = (
        f"{found.files:,} files of {found.artifacts:,} artifacts and {found.datasets:,} datasets "
        f"({size_told(found.num_bytes)})"
    )
    if found.damages:
        number = len(found.damages)
        raise RuntimeError(f"{number:,} {'damage' if number == 1 else 'damages'} in {told}")
    typer.echo(f"{told} are what was written")


def prune(
    root: Root = DATA,
    keep: Annotated[
        int, typer.Option(min=1, help="Newest builds of each name to keep.", metavar="N")
    ] = 1,
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete it; without this it is only listed.")
    ] = False,
) -> None:
    """List, with sizes, what no kept dataset needs: older datasets, the artifacts and replies of
    their builds, and trainings on them. `--delete` deletes it.

    Kept are the newest build of each name and all that have a tag. Models, evaluations and what
    they were made of stay, and so do replies that a build may still go on with.
    """
    from contextlib import nullcontext

    from flows.graph import STAGES
    from schemas.printable import printable
    from tasks.catalogue import pruning
    from tasks.catalogue.listing import pruning_lines, size_told
    from tasks.turns import clearing_root

    if not root.is_dir():
        typer.echo(f"nothing below {root}", err=True)
        return
    with clearing_root(root) if delete else nullcontext():
        planned = pruning.plan_pruning(root, [stage.name for stage in STAGES], keep)
        for line in pruning_lines(planned):
            typer.echo(printable(line))
        if delete:
            pruning.prune(root, planned)
    if planned.num_bytes:
        total = size_told(planned.num_bytes)
        typer.echo(f"{total} deleted" if delete else f"{total} would be deleted: add --delete")

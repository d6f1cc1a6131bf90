"""Commands `spatialthinker build`, `plan`, `why`, `leakage` and `announce`: a dataset is made, and
what is known of it is said."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from flows.commands.options import DATA, DATASET, SAMPLE, Announce, Root, Settings
from flows.server import check_listened, starting_prefect
from flows.settings import apply_settings, show_lines

Config = Annotated[
    Path, typer.Argument(help="The build's configuration, a TOML file.", metavar="[CONFIG]")
]


def build(
    config: Config = SAMPLE,
    *,
    settings: Settings,
    root: Root = DATA,
    again: Annotated[
        str | None,
        typer.Option(help="Make this stage, and all that depend on it, again.", metavar="STAGE"),
    ] = None,
    new_replies: Annotated[
        bool,
        typer.Option("--new-replies", help="With --again write or judge: ask its model anew."),
    ] = False,
    announce: Announce = False,
    verbose: Annotated[bool, typer.Option(help="Show Prefect's own log, too.")] = False,
) -> None:
    """Build a dataset and print its folder.

    Shows one line per stage, then how many questions each stage kept and why others were lost.
    The last line on standard output is the dataset's folder, alone.

    Examples:

    - `spatialthinker build`
    - `spatialthinker build configs/stvqa-108k.toml --set images=omit`
    - `spatialthinker build --set name=vg --set source.kind=visual-genome --set source.path=~/vg`
    """
    from schemas.config.build import load_config

    loaded = load_config(config, tuple(settings))
    console = Console(stderr=True, emoji=False)
    apply_settings(verbose)
    check_listened(announce)
    from tasks.chat.account import check_asked

    check_asked(loaded, root)
    with starting_prefect(console):
        from flows.build import run_build
        from flows.draws import noting_draw, with_new_replies
    drawing: AbstractContextManager[None] = nullcontext()
    if new_replies:
        loaded, section = with_new_replies(loaded, again, root), f"{again}.chat"
        draw = loaded.chats[section].draw
        console.print(f"{section}.draw = {draw}: set this to build with these replies again")
        drawing = noting_draw(loaded, str(again), root)
    show_lines(console, "tasks.artifact", "tasks.fetched", "tasks.judge.doubts")
    from tasks.publish.summary import print_summary
    from tasks.validate.stage import DatasetRejectedError

    try:
        with drawing:
            dataset = run_build(loaded, root, again, show=True, announce=announce, file=config)
    except DatasetRejectedError as error:
        if error.rejected:
            print_summary(error.rejected, console)
        raise
    print_summary(dataset, Console(emoji=False))
    typer.echo(dataset)


def plan(
    config: Config = SAMPLE,
    *,
    settings: Settings,
    root: Root = DATA,
    pilot: Annotated[
        int, typer.Option(min=0, help="Write and judge this many questions first.", metavar="N")
    ] = 0,
) -> None:
    """Say what a build would do: for every stage whether it is complete, stale or missing, and
    why; and what its models would take. Reads the source's files and runs no stage.

    With `--pilot 50` everything before write is run and 50 of the planned questions are written
    and judged, to measure what all of them will cost. Their replies are kept: the build does not
    pay for them again.
    """
    from schemas.config.build import load_config

    loaded = load_config(config, tuple(settings))
    apply_settings()
    show_lines(Console(stderr=True, emoji=False), "tasks.fetched")
    from flows.build import run_preparation
    from flows.graph import STAGES
    from tasks.chat.account import account_of, check_asked, spent_by
    from tasks.chat.heartbeats import heartbeats
    from tasks.chat.run import Run
    from tasks.estimate import StageEstimate, estimate_by_pilot, estimate_roughly, print_estimate
    from tasks.fetched import with_local_files
    from tasks.stage import Build
    from tasks.status import build_status, print_status
    from tasks.validate.stage import check_gates

    check_gates(loaded)
    console = Console(emoji=False)
    estimates: list[StageEstimate] = []
    if pilot and loaded.override.write:
        raise ValueError(
            f"--pilot writes questions, and override.write {loaded.override.write} has them "
            "already: leave one of both out"
        )
    if pilot and not loaded.chats:
        raise ValueError(
            "--pilot measures what models take, and no stage here asks one: leave it out"
        )
    if pilot:
        check_asked(loaded, root)
        screen, runs = (
            Console(stderr=True, emoji=False),
            {stage: Run() for stage in ("write", "judge")},
        )
        with starting_prefect(screen):
            pass
        with heartbeats(screen.print, runs):
            prepared = run_preparation(loaded, root, config)
            estimates = estimate_by_pilot(prepared, pilot, runs)
    local = with_local_files(loaded, root)
    states = build_status(STAGES, Build(local, root))
    print_status(states, console)
    estimates = estimates or estimate_roughly(local, states)
    if not loaded.chats:
        return
    if not estimates:
        console.print("All replies of models are there: nothing more is paid.")
    elif any(entry.state == "failed" for entry in states):
        console.print("No model is asked before that is mended.")
    else:
        print_estimate(estimates, loaded.budget, console, spent_by(account_of(loaded, root)))


def why(
    name: Annotated[
        str,
        typer.Argument(
            metavar="IMAGE_OR_SAMPLE", help="An image_id, the name of its file, or a question_id."
        ),
    ],
    dataset: Annotated[
        str | None,
        typer.Option(help=f"{DATASET}; default: the newest of all."),
    ] = None,
    replies: Annotated[
        str | None, typer.Option(help="The reply store's postgresql:// address, where it has one.")
    ] = None,
    root: Root = DATA,
) -> None:
    """Show the history of one image or one question: what was repaired, what was asked and what
    proves it, and at which stage and why the rest was left out."""
    from schemas.dataset_folder import resolve_dataset
    from tasks.publish.why import explain, newest_dataset

    folder = newest_dataset(root) if dataset is None else resolve_dataset(dataset, root)
    for line in explain(name, folder, root, replies):
        typer.echo(line)


def leakage(
    dataset: Annotated[str, typer.Argument(help=DATASET)],
    benchmarks: Annotated[
        Path | None,
        typer.Option(help="List the pictures of its benchmarks first.", metavar="CONFIG"),
    ] = None,
    root: Root = DATA,
) -> None:
    """Say which samples of a dataset show photographs of benchmarks: same source, bytes or look.

    With `--benchmarks` the lists of pictures below ROOT/benchmark-images are made first. A build
    with `--set 'select.exclude=["data/benchmark-images/*.parquet"]'` leaves these pictures out, and
    training refuses a dataset that shows any.
    """
    from schemas.dataset_folder import check_dataset, resolve_dataset
    from tasks.leakage.report import list_benchmarks, print_leaks

    console = Console(stderr=True, emoji=False)
    show_lines(console, "tasks")
    check_dataset(resolve_dataset(dataset, root))
    if benchmarks:
        list_benchmarks(benchmarks, root)
    print_leaks(dataset, root, Console(emoji=False))


def announce(
    dataset: Annotated[str, typer.Argument(help=DATASET)],
    root: Root = DATA,
) -> None:
    """Tell Prefect once more of a dataset that was published: its artifacts, and the event that
    starts the training deployment that asks for its name. PREFECT_API_URL says which server."""
    from schemas.dataset_folder import resolve_dataset

    folder = resolve_dataset(dataset, root)
    apply_settings()
    check_listened()
    with starting_prefect(Console(stderr=True, emoji=False)):
        from flows.announcing import announce_again
    announce_again(folder, root)
    typer.echo(folder)

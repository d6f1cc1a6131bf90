"""Commands: `spatialthinker build`, `plan`, `why`, `score`, `train`, `evaluate`, `leakage`,
`announce`, `serve` and `download`, each with its help, and those of other modules. What a command
needs is imported when it runs.
"""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from flows.catalogue import check, diff, list_all, prune, report, tag, trends
from flows.options import DATA, DATASET, Root
from flows.push import push
from flows.review import review, reviews
from flows.server import check_listened, starting_prefect
from flows.settings import apply_settings, show_lines
from flows.witness import witness

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="""Turn scene graphs into a validated spatial question-answering dataset.

    Start with `spatialthinker build`: it draws its own small scenes and needs no
    download, no key and no GPU. Run the same command again after a crash or a change: only what
    is missing is done.""",
)

Config = Annotated[
    Path, typer.Argument(help="The build's configuration, a TOML file.", metavar="[CONFIG]")
]
Settings = Annotated[
    list[str],
    typer.Option(
        "--set",
        help="Change one key, for example --set quota.num_samples=100. May be repeated.",
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


@app.command()
def build(
    config: Config = SAMPLE,
    settings: Settings = [],  # noqa: B006  (typer copies it)
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
    - `spatialthinker build configs/stvqa-7k.toml --set images=omit`
    - `spatialthinker build --set source.kind=visual-genome --set source.path=~/visual_genome`
    """
    from schemas.config.build import load_config

    loaded = load_config(config, tuple(settings))
    check_listened(announce)
    console = Console(stderr=True)
    apply_settings(verbose)
    with starting_prefect(console):
        from flows.build import run_build
        from flows.draws import noting_draw, with_new_replies
    drawing: AbstractContextManager[None] = nullcontext()
    if new_replies:
        loaded, section = with_new_replies(loaded, again, root), f"{again}.chat"
        draw = loaded.chats[section].draw
        console.print(f"{section}.draw = {draw}: set this to build with these replies again")
        drawing = noting_draw(loaded, str(again), root)
    show_lines(console, "tasks.artifact", "tasks.judge.doubts")
    with drawing:
        dataset = run_build(loaded, root, again, show=True, announce=announce)
    from tasks.publish.summary import print_summary

    print_summary(dataset, Console())
    typer.echo(dataset)


@app.command()
def plan(
    config: Config = SAMPLE,
    settings: Settings = [],  # noqa: B006  (typer copies it)
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
    from flows.build import run_preparation
    from flows.graph import STAGES
    from tasks.chat.account import check_keys
    from tasks.estimate import estimate_by_pilot, estimate_roughly, print_estimate
    from tasks.stage import Build
    from tasks.status import build_status, print_status

    console = Console()
    if pilot and loaded.override.write:
        raise ValueError(
            f"--pilot writes questions, and override.write {loaded.override.write} has them "
            "already: leave one of both out"
        )
    if loaded.chats and pilot:
        check_keys(loaded)
        with starting_prefect(Console(stderr=True)):
            pass
        estimates = estimate_by_pilot(run_preparation(loaded, root), pilot)
    elif loaded.chats:
        print_estimate(estimate_roughly(loaded), loaded.budget, console)
    print_status(build_status(STAGES, Build(loaded, root)), console)
    if loaded.chats and pilot:
        print_estimate(estimates, loaded.budget, console)


@app.command()
def why(
    name: Annotated[
        str, typer.Argument(metavar="IMAGE_OR_SAMPLE", help="An image_id or question_id.")
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

    folder = resolve_dataset(dataset, root) if dataset else newest_dataset(root)
    for line in explain(name, folder, root, replies):
        typer.echo(line)


@app.command()
def score(
    completions: Annotated[Path, typer.Argument(help="Completions as JSON lines.")],
    dataset: Annotated[
        str | None,
        typer.Option(help=f"For lines with a question_id: {DATASET}.", metavar="DATASET"),
    ] = None,
    root: Root = DATA,
    out: Annotated[
        Path | None,
        typer.Option(
            help="A .parquet or .jsonl file; default: COMPLETIONS.rewards.jsonl beside the input.",
            metavar="FILE",
        ),
    ] = None,
    kind: Annotated[
        str, typer.Option(help="The reward: dense, published, sparse or published-sparse.")
    ] = "dense",
    similarity: Annotated[
        str | None,
        typer.Option(help="Of labels: exact, spacy:MODEL or sentence-transformers:MODEL."),
    ] = None,
) -> None:
    """Score completions by the paper's reward, print the mean of each part and write one row per
    completion. The last line on standard output is the file written, alone.

    A line is `{"completion", "gold", "width", "height"}`, where gold is the dataset's column
    answer_option_text, or, with `--dataset`, `{"question_id", "completion"}`.
    """
    from schemas.dataset_folder import resolve_dataset
    from tasks.train.score import print_means, reward_of, score_file, scores_path, write_scores

    written = scores_path(completions, out)
    folder = resolve_dataset(dataset, root) if dataset else None
    scores = score_file(completions, folder, reward_of(kind, similarity))
    write_scores(scores, written)
    print_means(scores, Console())
    typer.echo(written)


TrainSettings = Annotated[
    list[str],
    typer.Option("--set", help="Change one key; may be repeated.", metavar="KEY=VALUE"),
]


@app.command()
def train(
    config: Annotated[Path, typer.Argument(help="The training configuration, a TOML file.")],
    settings: TrainSettings = [],  # noqa: B006  (typer copies it)
    root: Root = DATA,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only say how much memory and time it would take.")
    ] = False,
    announce: Announce = False,
    verbose: Annotated[bool, typer.Option(help="Show Prefect's own log, too.")] = False,
) -> None:
    """Train a model on a finished dataset and print its folder.

    Shows one line per update. After a crash or a Ctrl-C the same command goes on from the last
    checkpoint. The last line on standard output is the model's folder, alone.

    Examples:

    - `spatialthinker train configs/train/tiny.toml`
    - `spatialthinker train configs/train/spatialthinker-7b.toml --plan`
    """
    from schemas.config.training import load_train_config

    loaded = load_train_config(config, tuple(settings))
    if plan:
        from tasks.train.plan import print_plan

        print_plan(loaded, root, Console())
        return
    check_listened(announce)
    apply_settings(verbose)
    console = Console(stderr=True)
    with starting_prefect(console):
        from flows.train import run_training
        from tasks.train.stage import check_packages
    check_packages()
    show_lines(console, "tasks.train.stage", "tasks.leakage.leaks")
    typer.echo(run_training(config, tuple(settings), root, announce))


@app.command()
def evaluate(
    config: Annotated[Path, typer.Argument(help="The evaluation's configuration, a TOML file.")],
    settings: TrainSettings = [],  # noqa: B006  (typer copies it)
    root: Root = DATA,
    model: Annotated[
        str | None,
        typer.Option(help="Evaluate this Hub id, or model folder, instead.", metavar="MODEL"),
    ] = None,
    verbose: Annotated[bool, typer.Option(help="Show Prefect's own log, too.")] = False,
) -> None:
    """Evaluate models on benchmarks and print the report's folder.

    Shows one line per benchmark and model, then the scores. Every reply is kept: the
    same command goes on where it ended and asks nothing twice. Exit code 1 where some of it failed.

    Examples:

    - `spatialthinker evaluate configs/evaluate/sample.toml`
    - `spatialthinker evaluate configs/evaluate/twelve.toml --model OX-PIXL/SpatialThinker-7B`
    """
    from schemas.config.evaluation import load_evaluate_config

    loaded = load_evaluate_config(config, tuple(settings))
    if model:
        loaded = loaded.with_model(model)
    apply_settings(verbose)
    console = Console(stderr=True)
    with starting_prefect(console):
        from flows.evaluate import run_evaluation
    show_lines(console, "tasks", "flows.evaluate")
    folder = run_evaluation(loaded, root)
    from tasks.evaluate.printing import print_scores

    print_scores(folder, Console())
    typer.echo(folder)


@app.command()
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
    from tasks.leakage.report import list_benchmarks, print_leaks

    console = Console(stderr=True)
    show_lines(console, "tasks")
    if benchmarks:
        list_benchmarks(benchmarks, root)
    print_leaks(dataset, root, Console())


@app.command()
def announce(
    dataset: Annotated[str, typer.Argument(help=DATASET)],
    root: Root = DATA,
) -> None:
    """Tell Prefect once more of a dataset that was published: its artifacts, and the event that
    starts the training deployment that asks for its name. PREFECT_API_URL says which server."""
    from schemas.dataset_folder import resolve_dataset

    folder = resolve_dataset(dataset, root)
    check_listened()
    apply_settings()
    with starting_prefect(Console(stderr=True)):
        from flows.announcing import announce_again
    announce_again(folder, root)
    typer.echo(folder)


@app.command()
def serve(
    build: Annotated[
        Path, typer.Option(help="The build that is offered and scheduled.", metavar="CONFIG")
    ] = SAMPLE,
    cron: Annotated[
        str | None, typer.Option(help='When to build, for example "0 2 * * 0".')
    ] = None,
    training: Annotated[
        Path | None,
        typer.Option("--train", help="Train this when a dataset is published.", metavar="CONFIG"),
    ] = None,
    evaluation: Annotated[
        Path | None,
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

    show_lines(Console(stderr=True), "flows.serve")
    serve_deployments(build, cron, training, evaluation, root)


@app.command()
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
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    from tasks.download.stage import VISUAL_GENOME, download_archives

    if what != "visual-genome":
        raise ValueError(f"cannot download {what}: the one source is visual-genome")
    parts = ["annotations"] if annotations_only else ["annotations", "photographs"]
    archives = [archive for part in parts for archive in VISUAL_GENOME[part]]
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        paths = download_archives(archives, to, progress=progress, base_url=mirror)
    for path in paths:
        typer.echo(path)


app.command()(witness)
app.command("list")(list_all)
for command in (tag, diff, trends, report, review, reviews, push, check, prune):
    app.command()(command)

"""Commands `spatialthinker score`, `train`, `difficulty` and `evaluate`: models learn from a
dataset and are measured."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from flows.commands.options import DATA, DATASET, ENDPOINTS, Announce, Root, Settings, written_file
from flows.commands.screen import wide_console
from flows.server import check_listened, starting_prefect
from flows.settings import apply_settings, show_lines


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
            callback=written_file,
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
    from schemas.dataset_folder import check_files, resolve_dataset
    from tasks.train.score import print_means, reward_of, score_file, scores_path, write_scores

    written = scores_path(completions, out)
    folder = resolve_dataset(dataset, root) if dataset else None
    if folder:
        check_files(folder)
    scores = score_file(completions, folder, reward_of(kind, similarity))
    write_scores(scores, written)
    print_means(scores, Console(emoji=False))
    typer.echo(written)


def train(
    config: Annotated[Path, typer.Argument(help="The training configuration, a TOML file.")],
    *,
    settings: Settings,
    root: Root = DATA,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only say how much memory and time it would take.")
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Only do what comes before the first update: the flight check."
        ),
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
    - `spatialthinker train configs/train/tiny.toml --check`
    """
    from schemas.config.training import load_train_config

    loaded = load_train_config(config, tuple(settings))
    if plan:
        from tasks.train.plan import print_plan

        print_plan(loaded, root, Console(emoji=False))
        return
    apply_settings(verbose)
    check_listened(announce)
    console = Console(stderr=True, emoji=False)
    with starting_prefect(console):
        from flows.train import run_training
        from tasks.train.stage import check_flight, check_packages
    check_packages()
    show_lines(console, "tasks.train.stage", "tasks.leakage.leaks", "tasks.turns")
    if check:
        check_flight(config, tuple(settings), root)
        return
    typer.echo(run_training(config, tuple(settings), root, announce))


def difficulty(
    dataset: Annotated[str, typer.Argument(help=f"{DATASET}.")],
    *,
    model: Annotated[
        str, typer.Option(help="A model of the configuration, with an endpoint.", metavar="NAME")
    ],
    draws: Annotated[int, typer.Option(min=1, max=1024, help="Replies to each question.")] = 8,
    temperature: Annotated[
        float, typer.Option(min=0.0, max=2.0, help="As rollouts are sampled.")
    ] = 1.0,
    config: Annotated[
        Path, typer.Option(help="An evaluation's configuration, which says how models are asked.")
    ] = ENDPOINTS,
    settings: Settings,
    root: Root = DATA,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only say what would be asked, and what it may cost.")
    ] = False,
) -> None:
    """Measure how often a model answers each training question of a dataset, for data.keep and
    data.weight of a training, and print the file with the pass rates.

    Each question is asked --draws times. Every reply is kept: the same command goes on where it
    ended, more draws ask only for the new ones, and the configuration's budget counts all of them.
    The last line on standard output is the file, alone.

    Examples:

    - `spatialthinker difficulty sample --model qwen2.5-vl-7b --draws 8 --plan`
    - `spatialthinker difficulty sample --model qwen2.5-vl-7b --draws 8`
    """
    apply_settings()
    from schemas.config.evaluation import load_evaluate_config
    from schemas.dataset_folder import resolve_dataset
    from schemas.difficulty import read_difficulty
    from tasks.chat.account import check_replies
    from tasks.chat.heartbeats import heartbeats
    from tasks.chat.run import Run
    from tasks.evaluate.difficulty import asked_model, measure_difficulty, plan_difficulty
    from tasks.evaluate.planning import print_planned
    from tasks.evaluate.printing import print_rates
    from tasks.turns import using_root

    loaded = load_evaluate_config(config, tuple(settings))
    asked = asked_model(loaded, model, draws, temperature)
    if not plan:
        check_replies(loaded, root)
    screen = Console(stderr=True, emoji=False)
    show_lines(screen, "tasks")
    with using_root(root):
        folder = resolve_dataset(dataset, root)
        if plan:
            planned = plan_difficulty(folder, asked, draws, loaded, root)
            print_planned([planned], loaded.budget, wide_console(), "draws")
            return
        run = Run()
        with heartbeats(screen.print, {"difficulty": run}):
            path = measure_difficulty(folder, asked, draws, loaded, root, run)
    print_rates(read_difficulty(path), wide_console())
    typer.echo(path)


def evaluate(
    config: Annotated[
        Path | None,
        typer.Argument(
            help="The evaluation's configuration, a TOML file; not needed with --replies."
        ),
    ] = None,
    *,
    settings: Settings,
    root: Root = DATA,
    model: Annotated[
        str | None,
        typer.Option(
            help="Evaluate this Hub id, model folder, or model trained here (NAME, NAME/DIGEST).",
            metavar="MODEL",
        ),
    ] = None,
    items: Annotated[
        int | None,
        typer.Option(min=1, help="Ask only so many items of each benchmark, every kind by share."),
    ] = None,
    replies: Annotated[
        list[str],
        typer.Option(
            default_factory=list,
            show_default=False,
            help="Score the replies in this file of VLMEvalKit, EASI or lmms-eval instead of "
            "asking a model; may be repeated.",
            metavar="[BENCHMARK=]FILE",
        ),
    ],
    export: Annotated[
        Path | None,
        typer.Option(
            help="Write every model's replies into this folder, too, a file per benchmark.",
            metavar="FOLDER",
        ),
    ] = None,
    export_as: Annotated[
        str,
        typer.Option(help="For --export: xlsx, tsv or json (VLMEvalKit, EASI), jsonl (lmms-eval)."),
    ] = "tsv",
    plan: Annotated[
        bool, typer.Option("--plan", help="Only say what would be asked, and what it may cost.")
    ] = False,
    verbose: Annotated[bool, typer.Option(help="Show Prefect's own log, too.")] = False,
) -> None:
    """Evaluate models on benchmarks and print the report's folder.

    Shows one line per benchmark and model, then the scores. Every reply is kept: the
    same command goes on where it ended and asks nothing twice. Exit code 1 where some of it failed.

    Examples:

    - `spatialthinker evaluate configs/evaluate/sample.toml`
    - `spatialthinker evaluate configs/evaluate/twelve.toml --model OX-PIXL/SpatialThinker-7B`
    - `spatialthinker evaluate configs/evaluate/twelve.toml --items 300 --plan`
    - `spatialthinker evaluate --replies Qwen2.5-VL-7B_MindCubeBench_tiny_raw_qa.xlsx`
    """
    from tasks.chat.account import check_replies
    from tasks.evaluate.exported import check_folder, check_format, export_report
    from tasks.evaluate.imported import evaluation_of
    from tasks.evaluate.places import evaluating

    check_format(export_as)
    if export:
        check_folder(export)
    drawn = (f"items={items}",) if items else ()
    loaded = evaluation_of(config, (*settings, *drawn), replies)
    if model:
        loaded = evaluating(loaded, model, root)
    apply_settings(verbose)
    if plan:
        from tasks.evaluate.planning import plan_evaluation, print_planned

        print_planned(plan_evaluation(loaded, root), loaded.budget, wide_console())
        return
    check_replies(loaded, root)
    console = Console(stderr=True, emoji=False)
    with starting_prefect(console):
        from flows.evaluate import run_evaluation
    show_lines(console, "tasks", "flows.evaluate")
    folder = run_evaluation(loaded, root, config)
    from tasks.evaluate.printing import print_scores

    if export:
        export_report(folder, export, export_as)
    print_scores(folder, wide_console())
    typer.echo(folder)

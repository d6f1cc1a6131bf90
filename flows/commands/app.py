"""The command line: which commands there are. A command's function is in a module of its subject
and imports what it needs when it runs."""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from flows.commands.building import announce, build, leakage, plan, why
from flows.commands.catalogue import check, diff, list_all, prune, report, tag, trends
from flows.commands.learning import difficulty, evaluate, score, train
from flows.commands.operating import download, serve
from flows.commands.push import push
from flows.commands.review import review, reviews
from flows.commands.witness import witness
from flows.settings import show_lines
from schemas.code_version import code_version
from tasks.addresses import store_of

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
COMMANDS: dict[str, Callable[..., None]] = {
    "build": build, "plan": plan, "why": why, "report": report, "review": review,
    "reviews": reviews, "list": list_all, "tag": tag, "diff": diff, "trends": trends,
    "push": push, "announce": announce, "difficulty": difficulty, "train": train,
    "evaluate": evaluate, "score": score, "leakage": leakage, "serve": serve, "witness": witness,
    "download": download, "check": check, "prune": prune,
}  # fmt: skip
"""In the order of the help: a dataset is made, looked at, compared, handed over and learned from;
then what is needed now and then."""


def at_home(value: Any) -> Any:
    """A path from `--to=~/data`, which a shell leaves as it is; any other value itself."""
    if isinstance(value, list):
        return [at_home(one) for one in value]
    with suppress(RuntimeError):  # the home of nobody here: the command says that it is not there
        return value.expanduser() if isinstance(value, Path) else value
    return value


def with_store(command: Callable[..., None]) -> Callable[..., None]:
    """The command, with its files at home where they begin with `~`; where its root is on an object
    store, between bringing and sending what is new."""

    @wraps(command)
    def run(**arguments: Any) -> None:
        arguments = {name: at_home(value) for name, value in arguments.items()}
        root = arguments.get("root")
        if not isinstance(root, Path) or store_of(root) is None:
            command(**arguments)
            return
        from tasks.stored_root import in_step

        show_lines(Console(stderr=True, emoji=False), "tasks.stored_root", "tasks.root_transfer")
        with in_step(root):
            command(**arguments)

    return run


def _tell_version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(str(code_version()))
        raise typer.Exit


@app.callback()
def _every_command(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Say which version this is.", callback=_tell_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Options before a command's name."""


for name, command in COMMANDS.items():
    app.command(name)(with_store(command))

"""Commands in the README and in docs: the command line accepts each of them, configurations load
with what they set, and each that its page does not mark as not run is run by a test."""

import re
import shlex
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from pydantic import BaseModel, ValidationError

from bench.day import commands as day_commands
from flows.commands.app import app
from schemas.chat import Failure
from schemas.config.build import PipelineConfig, load_config
from schemas.config.evaluation import EvaluateConfig, load_evaluate_config
from schemas.config.gates import EXPECTATIONS
from schemas.config.training import TrainConfig, load_train_config
from tasks.estimate import estimate_roughly
from tasks.leakage.exclude import REASON
from tasks.plan.reasons import NOT_TAKEN
from tasks.train.stage import estimate_run
from tasks.write.conversation import CANNOT_TELL
from tests.commands import REPOSITORY, call
from tests.flows.test_build import OWN_FOLDER

PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
HERE = "tests/flows/test_docs.py"
LISTED = r"^([a-z]+(?:-[a-z]+)*) {2,}\S"
"""A reason in the docstring of a stage."""
RUN = {
    **{
        f"spatialthinker {shlex.join(words)}": "tests/flows/test_day.py" for words in day_commands()
    },
    OWN_FOLDER: "tests/flows/test_build.py",
    "make run": "tests/flows/test_shipped_builds.py",
    "make test": ".ci/run",
    **dict.fromkeys(
        (
            "spatialthinker push sample@approved --to /mnt/datasets/sample",
            "spatialthinker push sample@approved --to s3://bucket/datasets/sample",
        ),
        "tests/push/test_push.py",
    ),
    "spatialthinker push sample@approved --to hub:spatial-questions": "tests/push/test_hub.py",
    "spatialthinker evaluate configs/evaluate/sample.toml": "tests/evaluate/test_local.py",
    "spatialthinker evaluate configs/evaluate/sample.toml --plan": (
        "tests/evaluate/test_planning.py"
    ),
    "spatialthinker train configs/train/spatialthinker-7b.toml --plan": HERE,
    "spatialthinker train configs/train/tiny.toml": "Makefile",
    "spatialthinker train configs/train/tiny.toml --check": "tests/train/test_trainer.py",
    **dict.fromkeys(
        (
            "spatialthinker list",
            "spatialthinker tag sample approved",
            "spatialthinker diff sample@approved sample",
            "spatialthinker diff sample@approved sample --format html",
            "spatialthinker trends sample",
            "spatialthinker check data",
            "spatialthinker prune --keep 2",
        ),
        "tests/catalogue/test_operating.py",
    ),
    "spatialthinker report sample": "tests/report/test_report.py",
    "spatialthinker review sample --reviewer ada": "tests/review/test_page.py",
    **dict.fromkeys(
        (
            "spatialthinker reviews sample",
            "spatialthinker reviews sample --export tasks.json --format label-studio",
            "spatialthinker reviews sample --import tasks.json",
        ),
        "tests/review/test_review.py",
    ),
    "spatialthinker score completions.jsonl --dataset data/datasets/sample/<digest>": (
        "tests/train/test_score.py"
    ),
}
"""Where a command is run that no page marks as not run: the sample on fewer scenes."""
LOADERS = {
    "build": load_config,
    "plan": load_config,
    "train": load_train_config,
    "evaluate": load_evaluate_config,
}


KEY = re.compile(r"[a-z_]+(?:\.[a-z_]+)+(?: = .*)?")


def section_of(annotation: Any) -> type[BaseModel] | None:
    """The model of a section: of one of several, too, and of one that may be left out."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(section_of, get_args(annotation))), None)


def has_key(section: type[BaseModel], path: Sequence[str]) -> bool:
    field = section.model_fields.get(path[0])
    inner = section_of(field.annotation) if field else None
    return bool(field) and (len(path) == 1 or bool(inner and has_key(inner, path[1:])))


def commands() -> Iterator[tuple[str, str, str]]:
    """Page, command and comment of each line that stands in a block of code."""
    for page in PAGES:
        for block in re.findall(r"```\w*\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            for line in block.splitlines():
                if re.match(r"(spatialthinker|make) ", line):
                    command, _, comment = line.partition(" #")
                    yield page.name, command.strip(), comment.strip()


def examples() -> Iterator[str]:
    """Of what `--help` shows."""
    for command in typer.main.get_command(app).commands.values():
        yield from re.findall(r"(?m)^ *- `(spatialthinker [^`]+)`", command.help or "")


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """Page and text of each block of code in that language."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL):
            yield page.name, block


def spans() -> Iterator[str]:
    """Code that stands in a line of a page; `measured.md` names options of measurements, too."""
    for page in (page for page in PAGES if page.name != "measured.md"):
        yield from re.findall(r"(?<!`)`([^`\n]+)`(?!`)", page.read_text(encoding="utf-8"))


COMMANDS = list(commands())
SPANS = sorted(set(spans()))
TOML = list(blocks("toml"))
CONFIGS = {
    "build": (PipelineConfig, REPOSITORY / "configs/sample.toml"),
    "train": (TrainConfig, REPOSITORY / "configs/train/tiny.toml"),
    "evaluate": (EvaluateConfig, REPOSITORY / "configs/evaluate/sample.toml"),
}
FOLDERS = "flows|tasks|schemas|training|evaluation|tests|bench|configs|docs|data/vocabulary|.ci"
MADE_ON_THE_PAGE = {
    "evaluation/benchmarks/shelfbench.py",
    "tests/evaluation/benchmarks/shelfbench.py",
    "tasks/sources/boxes_csv.py",
    "tests/sources/test_boxes_csv.py",
}


@pytest.mark.parametrize(("page", "command", "comment"), COMMANDS)
def test_a_command_is_run_by_a_test_or_marked_as_not_run(page, command, comment):
    assert ("not run" in comment) is not (command in RUN)
    assert (REPOSITORY / RUN.get(command, "README.md")).is_file()


@pytest.mark.parametrize(
    "command",
    [*(command for _, command, _ in COMMANDS if command.startswith("spatial")), *examples()],
)
def test_the_command_line_accepts_a_command(command):
    _, name, *words = shlex.split(command)
    chosen = typer.main.get_command(app).commands[name]
    context = chosen.make_context(name, words)
    config = context.params.get("config")
    if name in LOADERS and config and Path(config).suffix == ".toml":
        kinds = ("source.kind=boxes-csv", "shelfbench")  # registered by the reader of the page
        settings = [
            entry
            for entry in context.params["settings"]
            if not any(kind in entry for kind in kinds)
        ]
        LOADERS[name](REPOSITORY / config, tuple(settings))


def test_there_are_commands_on_every_page_that_has_them():
    assert {page for page, *_ in COMMANDS} >= {"README.md", "data.md", "training.md", "models.md"}


@pytest.mark.parametrize("command", [command for command, place in RUN.items() if place == HERE])
def test_a_command_that_takes_seconds_does_what_it_says(command, tmp_path):
    done = call(*shlex.split(command)[1:], "--root", tmp_path)
    assert (done.returncode, bool(done.stdout)) == (0, True), done.stderr


TABLES = {
    section: model
    for config, _ in CONFIGS.values()
    for section, field in config.model_fields.items()
    if (model := section_of(field.annotation))
}


@pytest.mark.parametrize(("page", "block"), TOML, ids=[page for page, _ in TOML])
def test_a_configuration_on_a_page_can_be_loaded(page, block):
    found = tomllib.loads(block.replace("<commit>", 40 * "0").replace('"..."', f'"{40 * "0"}"'))
    if page == "extending.md" and "source" not in found:
        return  # a predicate
    taken = []
    for config, path in CONFIGS.values():
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
        for name, value in found.items():
            is_both = isinstance(value, dict) and isinstance(tree.get(name), dict)
            tree[name] = tree[name] | value if is_both else value
        if tree.get("source", {}).get("kind") == "boxes-csv":  # registered on its page
            tree["source"]["kind"] = "coco"
        with suppress(ValidationError):
            taken.append(config.model_validate(tree))
    assert len(taken) == 1


@pytest.mark.parametrize("span", [span for span in SPANS if KEY.fullmatch(span)])
def test_a_key_on_a_page_is_one_of_a_configuration(span):
    path = span.partition(" = ")[0].split(".")
    if path[0] in TABLES:
        assert has_key(TABLES[path[0]], path[1:]), span


@pytest.mark.parametrize(
    "span", [span for span in SPANS if re.fullmatch(rf"({FOLDERS})/[\w./-]*\w(\.\w+)?/?", span)]
)
def test_a_file_on_a_page_is_there(span):
    assert (REPOSITORY / span).exists() or span in MADE_ON_THE_PAGE


@pytest.mark.parametrize(
    "span", [span for span in SPANS if re.match(r"(spatialthinker [a-z]|--[a-z])", span)]
)
def test_an_option_on_a_page_is_one_of_the_command_line(span):
    known = typer.main.get_command(app).commands
    words = shlex.split(span.partition("|")[0])
    name = words[1] if words[0] == "spatialthinker" else None
    chosen = [known[name]] if name else known.values()
    options = {word for one in chosen for entry in one.params for word in entry.opts} | {"--help"}
    assert {word for word in words if word.startswith("--")} <= options


def found_in(stage: str, pattern: str) -> list[str]:
    text = (REPOSITORY / "tasks" / stage / "stage.py").read_text(encoding="utf-8")
    return re.findall(pattern, text, re.MULTILINE)


@pytest.mark.parametrize(
    "reasons",
    [
        found_in("photographs", r'"(photograph-[a-z-]+)"'),
        [REASON, *NOT_TAKEN],
        [CANNOT_TELL, *Failure],
        found_in("verify", LISTED),
        found_in("judge", LISTED),
    ],
)
def test_every_reason_of_a_loss_is_explained(reasons):
    """In full, or as another ending of the reason before."""
    page = (REPOSITORY / "docs/data.md").read_text(encoding="utf-8")
    table = page.partition("## Reasons")[2].partition("\n## ")[0]
    told, start = set(), ""
    for word in re.findall(r"`([a-z-]+)`", table):
        start = start if word.startswith("-") else word.partition("-")[0]
        told.add(start + word if word.startswith("-") else word)
    assert reasons and set(reasons) <= told


def test_the_number_of_expectations_is_that_of_the_gates():
    for page in ("README.md", "docs/data.md"):
        text = (REPOSITORY / page).read_text(encoding="utf-8")
        assert re.findall(r"(\d+) expectations", text) == [str(len(EXPECTATIONS))], page


def test_the_cost_on_a_page_is_what_plan_estimates():
    parts = estimate_roughly(load_config(REPOSITORY / "configs/stvqa-7k.toml"))
    told = {
        f"{parts[0].questions:,} questions",
        f"{round(sum(part.calls for part in parts), -3):,} calls",
        f"{sum(part.input_tokens for part in parts) / 1e6:.0f} M input tokens",
        f"{sum(part.output_tokens for part in parts) / 1e6:.1f} M output tokens",
        f"about ${sum(part.dollars or 0.0 for part in parts):.0f}",
        f"very likely at most ${sum(part.high or 0.0 for part in parts):.0f}",
    }
    page = (REPOSITORY / "docs/models.md").read_text(encoding="utf-8")
    assert {words for words in told if words not in page} == set()


def test_the_memory_on_a_page_is_what_plan_estimates(tmp_path):
    page = (REPOSITORY / "docs/training.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| `([a-z0-9.-]+)` \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", page)
    for name, *told in rows:
        found = estimate_run(load_train_config(REPOSITORY / f"configs/train/{name}.toml"), tmp_path)
        assert found
        uses = "weights, gradients, optimizer", "activations"
        gib = found.total_gib, *(found.memory[use] for use in uses)
        assert [f"{one:.1f}" for one in gib] == told, name
    assert len(rows) == 5

"""What a build will take, told before it and compared with what it then took."""

import re
import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.console import Console
from typer.testing import CliRunner

from flows.graph import STAGES
from schemas.config.build import PipelineConfig
from tasks.chat.run import Run
from tasks.estimate import StageEstimate, estimate_by_pilot, estimate_roughly, print_estimate
from tasks.publish.costs import TOKENS
from tasks.stage import Build
from tasks.status import build_status
from tests.builds import bodies, build, config_of, manifest_of, prepare, save_config, tree_of
from tests.commands import call
from tests.servers.endpoint import serve
from tests.servers.faults import Completion
from tests.servers.models import Models

NOWHERE = "http://127.0.0.1:9/v1"


@pytest.fixture(scope="module")
def prepared(prefect_server: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root in which everything before write is done."""
    root = tmp_path_factory.mktemp("prepared")
    prepare(config_of(NOWHERE), root)
    return root


@pytest.fixture
def root(prepared: Path, tmp_path: Path) -> Path:
    return shutil.copytree(prepared, tmp_path / "root")


def piloted(config: PipelineConfig, root: Path, num_pilot: int) -> list[StageEstimate]:
    return estimate_by_pilot(prepare(config, root), num_pilot, {"write": Run(), "judge": Run()})


def took(dataset: Path) -> dict[str, dict[str, Any]]:
    """What each stage of a build took, all categories together."""
    totals: dict[str, dict[str, Any]] = {}
    for row in manifest_of(dataset)["costs"]:
        total = totals.setdefault(row["stage"], dict.fromkeys((*TOKENS, "cost"), 0))
        for name in total:
            total[name] += row[name]
    return totals


def told(entry: StageEstimate) -> dict[str, Any]:
    names = ("calls", "input_tokens", "output_tokens")
    return {name: getattr(entry, name) for name in names}


def test_what_is_planned_and_stored_is_known_to_an_estimate(root: Path) -> None:
    with serve(Models()) as endpoint:
        many = {"num_samples": 200, "max_per_image": 3}
        config = config_of(endpoint.url, quota=many)
        prepared = prepare(config, root)
        planned = pl.read_parquet(prepared.made["plan"][0]).filter(pl.col("reason").is_null())
        states = build_status(STAGES, Build(config, root))
        assert {one.questions for one in estimate_roughly(config, states)} == {planned.height}
        assert {one.questions for one in estimate_roughly(config)} != {planned.height}
        build(config, root)
        assert estimate_roughly(config, build_status(STAGES, Build(config, root))) == []
        other = config_of(endpoint.url, judge={"rule": "paper"}, quota=many)
        (left,) = estimate_roughly(other, build_status(STAGES, Build(other, root)))
        assert (left.stage, left.questions) == ("judge", planned.height)
        told = call(
            "plan", save_config(root / "c.toml", tree_of(endpoint.url, quota=many)), "--root", root
        )
        assert "All replies of models are there: nothing more is paid." in told.stdout


@pytest.mark.parametrize("stage", ["plan", "verify"])
def test_what_is_damaged_is_not_read_for_an_estimate(stage: str, root: Path) -> None:
    """A power cut leaves files without bytes; their seals say what they held."""
    with serve(Models()) as endpoint:
        build(config_of(endpoint.url), root)
    for path in (root / "artifacts" / stage).glob("*.parquet"):
        path.write_bytes(b"")
    other = tree_of(endpoint.url, judge={"rule": "paper"})
    told = call("plan", save_config(root / "c.toml", other), "--root", root)
    assert told.returncode == 0 and told.stderr == "", told.stderr
    assert "damaged" in told.stdout and "What the models would take" in told.stdout


def test_each_stage_is_estimated_by_what_it_will_be_asked(root: Path) -> None:
    """Templates word pairs; the judge is asked what a file has, or what was written and holds."""

    def numbers(**sections: Any) -> list[int]:
        config = config_of(NOWHERE, **sections)
        states = build_status(STAGES, Build(config, root))
        return [entry.questions for entry in estimate_roughly(config, states)]

    pairs = {"quota": {"num_samples": 48, "max_per_image": 6}, "write": {"template_pairs": True}}
    prepared = prepare(config_of(NOWHERE, **pairs), root)
    asked = pl.read_parquet(prepared.made["plan"]).filter(pl.col("reason").is_null())
    alone = asked["pair_id"].null_count()
    assert 0 < alone < asked.height
    assert numbers(**pairs) == [alone, asked.height]

    templates: dict[str, Any] = {"write": {"writer": "template", "chat": None}}
    build(config_of(NOWHERE, judge=None, **templates), root)
    (written,) = (root / "artifacts/write").glob("*.parquet")
    given = root / "given.parquet"
    pl.read_parquet(written).head(10).write_parquet(given)
    assert numbers(override={"write": str(given)}, **templates) == [10]
    with pytest.raises(ValueError, match=r"override\.write .* is no readable Parquet file \("):
        numbers(override={"write": __file__}, **templates)
    rows = pl.read_parquet(written)
    empty = pl.when(pl.int_range(pl.len()) < 4).then(pl.lit("")).otherwise("question")
    rows.with_columns(question=empty).write_parquet(given)
    damaged = {"override": {"write": str(given)}, **templates}
    with pytest.raises(RuntimeError):
        build(config_of(NOWHERE, chat={"max_attempts": 1}, **damaged), root)
    assert numbers(**damaged) == [rows.height - 4]


def test_plan_tells_what_was_spent_and_no_costs_of_what_cannot_be(root: Path) -> None:
    with serve(Models()) as endpoint:
        config = save_config(root / "build.toml", tree_of(endpoint.url))
        assert "are spent already" not in call("plan", config, "--root", root).stdout
        measured = call("plan", config, "--root", root, "--pilot", "3").stdout
        later = call("plan", config, "--root", root).stdout
        for told in (measured, later):
            assert re.search(r"Of this name, \$0\.0\d+ are spent already", told)
        batched = call("plan", config, "--root", root, "--set", "write.chat.batch=true").stdout
        assert re.search(r"write .* batches .*\n.*judge .* 0 min", batched)
        small = ("--set", "gates.min_quota_share=1", "--set", "quota.num_samples=900")
        call("plan", config, "--root", root, "--pilot", "3", *small)
        failed = call("plan", config, "--root", root, *small).stdout
        assert "failed" in failed and "What the models would take" not in failed
        assert "No model is asked before that is mended." in failed


def test_without_models_there_is_nothing_to_estimate(tmp_path: Path) -> None:
    templates = config_of(NOWHERE, judge=None, write={"writer": "template", "chat": None})
    assert estimate_roughly(templates) == []


def test_without_a_pilot_nothing_is_asked_run_or_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    elsewhere = {"base_url": "https://example.invalid/v1", "api_key_env": "OPENAI_API_KEY"}
    write, judge = estimate_roughly(config_of(NOWHERE, chat=elsewhere))
    assert (write.stage, judge.stage) == ("write", "judge")
    assert write.questions == judge.questions >= 24
    assert 2 * write.questions < judge.calls < 6 * write.questions
    for entry in (write, judge):
        assert "usual replies" in entry.basis
        assert entry.dollars and entry.low and entry.high
        assert entry.low < entry.dollars < entry.high
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_usual_lengths_come_within_a_factor_of_two(root: Path) -> None:
    """Of what the words take: pictures take what a server makes of them."""
    with serve(Models()) as endpoint:
        chat = {"price": {"input": 1.0, "output": 1.0}}
        config = config_of(endpoint.url, chat, {"show_photograph": False}, judge=None)
        (write,) = estimate_roughly(config)
        paid = took(build(config, root))["write"]
    assert 0.5 < write.input_tokens / paid["input_tokens"] < 2.0
    assert 0.8 < write.calls / paid["calls"] < 1.25
    assert write.low < paid["cost"] < write.high


@pytest.mark.long
def test_a_pilot_of_everything_tells_what_the_build_takes(root: Path) -> None:
    with serve(Models(wrong=0.2, ambiguous=0.1)) as endpoint:
        config = config_of(endpoint.url)
        estimates = piloted(config, root, 10_000)
        num_asked = len(endpoint.requests)
        paid = took(build(config, root))
        assert len(endpoint.requests) == num_asked
    for entry in estimates:
        assert told(entry).items() <= paid[entry.stage].items()
        assert entry.dollars == pytest.approx(paid[entry.stage]["cost"], abs=1e-5)


@pytest.mark.long
def test_a_pilot_can_be_watched(root: Path) -> None:
    runs = {"write": Run(), "judge": Run()}
    with serve(Models()) as endpoint:
        estimate_by_pilot(prepare(config_of(endpoint.url), root), 3, runs)
        assert sum(run.meter.paid for run in runs.values()) == len(endpoint.requests)
    assert all(run.meter.paid for run in runs.values())


@pytest.mark.long
def test_a_pilot_tells_about_what_the_build_takes_and_is_paid_once(root: Path) -> None:
    num_pilot = 12
    with serve(Models(wrong=0.2, ambiguous=0.1), latency=0.01) as endpoint:
        config = config_of(endpoint.url)
        write, judge = piloted(config, root, num_pilot)
        num_asked = len(endpoint.requests)
        again = piloted(config, root, num_pilot)
        assert again == [write, judge]
        assert len(endpoint.requests) == num_asked < 6 * num_pilot
        paid = took(build(config, root))
        assert max(bodies(endpoint).values()) == 1
    assert write.basis == judge.basis
    assert f"pilot of {num_pilot}" in write.basis
    for entry in (write, judge):
        cost = paid[entry.stage]["cost"]
        assert entry.low <= cost <= entry.high
        assert 0.5 * cost < entry.low <= entry.dollars <= entry.high < 2.0 * cost
        assert entry.input_tokens == pytest.approx(paid[entry.stage]["input_tokens"], rel=0.3)
        assert entry.hours > 0


def test_a_pilot_of_one_knows_no_spread_and_says_so_by_a_wide_interval(root: Path) -> None:
    with serve(Models()) as endpoint:
        for entry in piloted(config_of(endpoint.url), root, 1):
            assert entry.low <= entry.dollars / 2
            assert entry.high >= entry.dollars * 2


def test_a_pilot_whose_questions_differ_widely_is_not_taken_for_exact(root: Path) -> None:
    """The votes on one of two questions have a thousand times the tokens of all others: the
    standard error is as large as the mean, so that the true cost may be almost nothing or three
    times as much."""
    pictures: list[str] = []

    def reply(body: dict[str, Any]) -> Completion:
        content = body["messages"][-1]["content"]
        shown = [part["image_url"]["url"] for part in content if "image_url" in part]
        pictures.extend(shown)
        number = 10_000 if shown and shown == pictures[:1] else 10
        usage = {"prompt_tokens": 10, "completion_tokens": number, "total_tokens": number + 10}
        return Completion('{"why": "I looked", "answer": "A"}', usage=usage)

    with serve(reply) as endpoint:
        config = config_of(endpoint.url, write={"writer": "template", "chat": None})
        (judge,) = piloted(config, root, 2)
    assert judge.low == 0.0 and judge.high > 1.5 * judge.dollars > 0.0


def test_a_pilot_of_the_judge_alone(root: Path) -> None:
    with serve(lambda body: '{"why": "I looked", "answer": "A"}') as endpoint:
        config = config_of(endpoint.url, write={"writer": "template", "chat": None})
        (judge,) = piloted(config, root, 5)
    assert judge.stage == "judge"
    assert judge.calls >= 2 * judge.questions


def test_a_price_that_is_not_known_is_not_guessed(tmp_path: Path) -> None:
    write, judge = estimate_roughly(config_of(NOWHERE, chat={"price": None}))
    assert (write.dollars, write.low, write.high) == (None, None, None)
    assert write.input_tokens > 0
    shown = StringIO()
    print_estimate([write, judge], None, Console(file=shown, width=160))
    assert "price not known" in shown.getvalue()
    assert "In all" not in shown.getvalue()


def test_batches_cost_their_share(tmp_path: Path) -> None:
    whole = estimate_roughly(config_of(NOWHERE))
    batched = estimate_roughly(config_of(NOWHERE, chat={"batch": True}))
    for entry, other in zip(whole, batched, strict=True):
        assert other.dollars == pytest.approx(entry.dollars / 2)


@pytest.mark.parametrize(
    ("limits", "hours"),
    [
        ({"requests_per_minute": 1}, lambda entry: entry.calls / 60),
        (
            {"tokens_per_minute": 1000},
            lambda entry: (entry.input_tokens + entry.output_tokens) / 60_000,
        ),
        ({"max_concurrent": 1}, lambda entry: entry.calls * 4 / 3600),
        # Whatever is slowest.
        ({"requests_per_minute": 1, "tokens_per_minute": 10**9}, lambda entry: entry.calls / 60),
    ],
)
def test_hours_follow_from_latency_and_limits(limits, hours, tmp_path: Path) -> None:
    for entry in estimate_roughly(config_of(NOWHERE, chat=limits)):
        assert entry.hours == pytest.approx(hours(entry), rel=0.02)


def test_the_command_shows_the_estimate_and_the_budget(root: Path) -> None:
    from flows.commands.app import app

    with serve(Models()) as endpoint:
        tree = tree_of(endpoint.url, budget=2.0)
        config = save_config(root / "build.toml", tree)
        arguments = ["plan", str(config), "--root", str(root)]
        plain = CliRunner().invoke(app, arguments)
        assert not endpoint.requests
        measured = CliRunner().invoke(app, [*arguments, "--pilot", "3"])
        assert len(endpoint.requests) >= 9
    for result in (plain, measured):
        assert result.exit_code == 0, result.output
        assert "the budget is $2.00" in result.output
        assert "write by writer-1, judge by judge-1" in result.output
    assert "pilot of 3" in measured.output


def test_where_nothing_is_planned_a_pilot_says_so(root: Path) -> None:
    with pytest.raises(ValueError, match="no question is planned"):
        piloted(config_of(NOWHERE, extract={"min_area_share": 0.9}), root, 3)


def test_a_pilot_needs_the_key_before_it_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HER_KEY", raising=False)
    chat = {"api_key_env": "HER_KEY", "base_url": "https://example.invalid/v1"}
    config = save_config(tmp_path / "build.toml", tree_of(NOWHERE, chat=chat))
    refused = call("plan", config, "--root", tmp_path / "root", "--pilot", "3")
    assert refused.returncode == 2
    assert "set the environment variable HER_KEY" in refused.stderr
    assert not (tmp_path / "root").exists()

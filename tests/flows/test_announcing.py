"""What Prefect is told of a dataset: at least once, and nothing starts by accident."""

import json
import logging
import re
import shutil
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
from prefect import flow, tags, task
from prefect.client.orchestration import get_client
from prefect.flow_engine import flow_run_logger, run_flow
from prefect.settings import PREFECT_API_URL, temporary_settings
from rich.console import Console

from flows.announcing import (
    PUBLISHED,
    PUSHED,
    REJECTED,
    announce_again,
    announce_dataset,
    announce_model,
    announce_pushed,
    announce_rejection,
)
from flows.build import build_from_file, run_build
from flows.handover import push_dataset
from flows.naming import run_name
from flows.serve import dataset_of
from flows.telling import telling
from schemas.code_version import code_version
from schemas.config.build import PipelineConfig
from schemas.config.section import config_digest
from tasks.publish.summary import print_summary
from tasks.stage import BuildFailedError
from tests.builds import save_config
from tests.commands import call
from tests.servers.prefect import without_websockets
from tests.trainings import GRPO, TREE

pytestmark = pytest.mark.long


def tree_of(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "name": name,
        "seed": 5,
        "images": "omit",
        "source": {"kind": "rendered", "render": {"num_scenes": 4, "width": 400, "height": 300}},
        "quota": {"num_samples": 8, "max_per_image": 8},
        "gates": {"min_quota_share": 0.5},
    } | changes


def config_of(name: str, **changes: Any) -> PipelineConfig:
    return PipelineConfig.model_validate(tree_of(name, **changes))


def found(kind: str, **wanted: Any) -> list[dict[str, Any]]:
    """What the server has of a kind."""
    answer = httpx.post(f"{PREFECT_API_URL.value()}/{kind}/filter", json=wanted)
    answer.raise_for_status()
    rows = answer.json()
    return list(rows["events"] if isinstance(rows, dict) else rows)


def events_of(name: str, number: int) -> list[dict[str, Any]]:
    """The events about a dataset, once the server has so many."""
    resource = {"id": [f"spatialthinker.dataset.{name}"]}
    deadline = time.monotonic() + 10
    while True:
        events = found("events", filter={"resource": resource})
        if len(events) >= number or time.monotonic() > deadline:
            return events
        time.sleep(0.05)


def at_once(tell: Callable[[Any], None], things: Iterable[Any]) -> None:
    """Call it with all of them, in threads that report to this test's server, as it does."""
    calls = [(copy_context(), thing) for thing in things]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda call: call[0].run(tell, call[1]), calls))


def logged(run_id: str, wanted: str) -> list[str]:
    """What the server keeps of a flow run's log, once it has this line."""
    deadline = time.monotonic() + 10
    while True:
        logs = found("logs", logs={"flow_run_id": {"any_": [run_id]}}, limit=200)
        messages = [entry["message"] for entry in logs]
        if wanted in messages or time.monotonic() > deadline:
            return messages
        time.sleep(0.05)


def artifacts_of(name: str) -> dict[str, dict[str, Any]]:
    rows = found("artifacts", artifacts={"key": {"like_": f"%-{name}"}}, limit=200)
    return {row["key"]: row for row in rows}


@pytest.fixture(scope="module")
def built(prefect_server: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Root and dataset of a build that told of itself without an event."""
    root = tmp_path_factory.mktemp("told")
    return root, run_build(config_of("quiet"), root)


def test_a_build_leaves_tables_under_keys_that_stay_and_starts_nothing(built):
    _, dataset = built
    artifacts = artifacts_of("quiet")
    assert set(artifacts) == {"funnel-quiet", "quotas-quiet", "checks-quiet"}
    about = artifacts["checks-quiet"]["description"]
    assert about == f"**Validation** of quiet `{dataset.name}`, in `{dataset.resolve()}`"
    assert "checks on" in artifacts["checks-quiet"]["data"]
    assert events_of("quiet", 0) == []


def test_a_flow_run_has_the_name_and_the_digest_of_its_configuration(built):
    root, _ = built
    (run,) = [run for run in found("flow_runs") if run["parameters"].get("root") == str(root)]
    config = config_of("quiet")
    assert run["name"] == run_name(config) == f"quiet @ {config_digest(config)[:4]}"
    assert set(run["tags"]) == {"quiet", f"digest:{config_digest(config)}"}


def test_reports_say_what_they_are_about_and_nothing_of_photographs_that_are_not_there(built):
    _, dataset = built
    code, digest = str(code_version()), config_digest(config_of("quiet"))
    pages = [dataset / "__validation__" / "validation.html", dataset / "README.md"]
    for page in (path.read_text(encoding="utf-8") for path in pages):
        for fact in (f"quiet/{dataset.name}", digest, code):
            assert fact in page
        # Questions may say "in the photograph": of these, the skeletons are shown.
        assert "photograph" not in re.sub("<td>[a-z0-9 ]*</td>", "", page.lower())
    lines = StringIO()
    print_summary(dataset, Console(file=lines))
    assert "photograph" not in lines.getvalue().lower()


def test_the_event_is_emitted_once_and_again_when_asked_for(built):
    root, dataset = built
    for _ in range(2):
        announce_dataset(dataset, root, event=True)
    (event,) = events_of("quiet", 1)
    assert event["event"] == PUBLISHED
    assert event["payload"]["path"] == str(dataset.resolve())
    announce_again(dataset, root)
    assert len(events_of("quiet", 2)) == 2


def test_what_two_announce_at_once_is_told_once(built, tmp_path):
    _, dataset = built
    copied = shutil.copytree(dataset, tmp_path / "datasets" / "quiet" / dataset.name)

    def tell(_: int) -> None:
        announce_dataset(copied, tmp_path, event=True)

    at_once(tell, range(2))
    announce_again(dataset, tmp_path)  # what was sent before it has arrived, too
    paths = [event["payload"]["path"] for event in events_of("quiet", 3)]
    assert paths.count(str(copied.resolve())) == 1


def test_what_several_have_pushed_at_once_is_told_once(built, tmp_path):
    _, dataset = built
    copied = shutil.copytree(dataset, tmp_path / "datasets" / "quiet" / dataset.name)
    places = [f"s3://bucket/{number}" for number in range(4)]

    def tell(to: str) -> None:
        announce_pushed(copied, tmp_path, to, event=True)

    at_once(tell, places * 4)
    tell("s3://bucket/last")  # what was sent before it has arrived, too
    mine: list[str] = []
    ends = time.monotonic() + 30.0
    while "s3://bucket/last" not in mine and time.monotonic() < ends:
        told = [one["payload"] for one in events_of("quiet", 1) if one["event"] == PUSHED]
        mine = [one["to"] for one in told if one["path"] == str(copied.resolve())]
    assert sorted(mine) == [*places, "s3://bucket/last"]


def test_what_is_announced_again_is_named_as_its_build_wherever_its_folder_is(built, tmp_path):
    root, dataset = built
    copied = shutil.copytree(dataset, tmp_path / "elsewhere" / "copied")
    announce_again(copied, root)
    (run,) = [run for run in found("flow_runs") if run["parameters"].get("folder") == str(copied)]
    digest = config_digest(config_of("quiet"))
    assert run["name"] == f"announce quiet @ {digest[:4]}"
    assert set(run["tags"]) == {"quiet", f"digest:{digest}"}
    (about,) = {
        artifact["description"].partition(", in ")[0].partition("**")[2].partition("** ")[2]
        for artifact in found("artifacts")
        if str(copied) in (artifact["description"] or "")
    }
    assert about == f"of quiet `{dataset.name}`"


def test_what_was_killed_before_it_told_tells_when_it_is_run_again(prefect_server, tmp_path):
    config = config_of("killed")
    run_build(config, tmp_path)
    shutil.rmtree(tmp_path / "artifacts" / "announced")
    run_build(config, tmp_path, announce=True)
    assert len(events_of("killed", 1)) == 1
    (record,) = (tmp_path / "artifacts" / "announced").iterdir()
    told = record.stat().st_mtime_ns
    run_build(config, tmp_path, announce=True)
    assert record.stat().st_mtime_ns == told


def test_what_a_command_told_its_own_server_is_told_the_one_that_listens(built, tmp_path):
    root = shutil.copytree(built[0], tmp_path / "root")
    (dataset,) = (root / "datasets" / "quiet").iterdir()
    shutil.rmtree(root / "artifacts" / "announced")
    announce_dataset(dataset, root, event=False)
    wanted = {"key": {"any_": ["checks-quiet"]}}
    before = len(found("artifacts", artifacts=wanted))
    announce_dataset(dataset, root, event=True)
    assert len(found("artifacts", artifacts=wanted)) == before + 1


def test_an_event_that_a_proxy_stops_is_not_counted_as_told(built, tmp_path):
    root = shutil.copytree(built[0], tmp_path / "root")
    (dataset,) = (root / "datasets" / "quiet").iterdir()
    record = root / "artifacts" / "announced" / f"dataset-quiet-{dataset.name}.json"
    record.unlink()
    with (
        without_websockets(PREFECT_API_URL.value()) as url,
        temporary_settings({PREFECT_API_URL: url}),
        pytest.raises(RuntimeError, match=r"did not take the event .* HTTP 403"),
    ):
        announce_dataset(dataset, root, event=True)
    assert json.loads(record.read_text(encoding="utf-8")) == ["artifacts"]
    announce_dataset(dataset, root, event=True)
    assert "event" in json.loads(record.read_text(encoding="utf-8"))


def test_an_event_of_a_model_that_a_proxy_stops_is_sent_by_the_same_command(
    prefect_server, tmp_path
):
    folder = tmp_path / "models" / "seer" / "0123"
    folder.mkdir(parents=True)
    (folder / "training.json").write_text('{"name": "seer"}')
    (folder / "README.md").write_text("A model.")
    with (
        without_websockets(PREFECT_API_URL.value()) as url,
        temporary_settings({PREFECT_API_URL: url}),
        pytest.raises(RuntimeError, match=r"let through; then run the same command$"),
    ):
        announce_model(folder, tmp_path, event=True)


CARD = """---
library_name: transformers
tags: [spatial-reasoning]
---
# seen

| | |
|---|---|
| seed | 7 |

![Rewards over the updates](rewards.png)

## Use
"""


def test_of_a_models_card_prefect_is_told_what_its_page_can_show(prefect_server, tmp_path):
    folder = tmp_path / "models" / "seen" / "0123"
    folder.mkdir(parents=True)
    (folder / "training.json").write_text('{"name": "seen"}')
    (folder / "README.md").write_text(CARD)
    flow(announce_model)(folder, tmp_path, event=False)
    shown = artifacts_of("seen")["model-seen"]["data"]
    assert shown == "# seen\n\n| | |\n|---|---|\n| seed | 7 |\n\n## Use\n"


def test_a_model_that_does_not_say_how_it_was_trained_is_not_announced(tmp_path):
    (tmp_path / "training.json").write_text("[]")
    with pytest.raises(ValueError, match=r"training.json cannot be read \(it names no training\):"):
        announce_model(tmp_path, tmp_path, event=True)


def test_an_announcement_that_nobody_could_hear_is_refused(built, monkeypatch):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    root, dataset = built
    config = save_config(root / "quiet.toml", tree_of("quiet"))
    for command in (("announce", dataset), ("build", config, "--announce")):
        refused = call(*command, "--root", root)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "an announcement needs a Prefect server" in refused.stderr.splitlines()[-1]


def test_a_dataset_that_was_changed_is_not_announced(built, tmp_path):
    copy = shutil.copytree(built[1], tmp_path / "copy")
    path = next((copy / "data").iterdir())
    pl.read_parquet(path).head(1).write_parquet(path)
    with pytest.raises(ValueError, match="has changed since it was published"):
        announce_dataset(copy, tmp_path, event=True)
    assert not [path for path in tmp_path.glob("artifacts/**/*") if path.is_file()]


def test_a_rejected_dataset_is_told_with_what_failed(prefect_server, tmp_path, monkeypatch):
    # As in a worker, where this program has not silenced Prefect's own lines.
    monkeypatch.setattr(logging.getLogger("prefect.task_runs"), "level", logging.ERROR)
    config = config_of("poor", gates={"min_quota_share": 1.0}, quota={"num_samples": 400})
    with pytest.raises(BuildFailedError, match="there_are_enough_samples") as error:
        run_build(config, tmp_path, announce=True)
    (report,) = tmp_path.glob("rejected/poor/*/report.html")
    assert str(error.value).endswith(f"/validation.html and {report}")
    (event,) = events_of("poor", 1)
    assert (event["event"], event["payload"]["checks"]) == (REJECTED, ["there_are_enough_samples"])
    (page,) = tmp_path.glob("artifacts/validate/*/validation.html")
    assert config_digest(config) in page.read_text(encoding="utf-8")
    table = artifacts_of("poor")["failed-checks-poor"]
    (row,) = json.loads(table["data"])
    assert row["check"] == "there_are_enough_samples" and "400 wanted" in row["example"]
    assert not row["sample"]  # one failed check is about all of them
    (run,) = [one for one in found("flow_runs") if one["parameters"].get("root") == str(tmp_path)]
    tasks = found("task_runs", flow_runs={"id": {"any_": [run["id"]]}})
    ended = {task["name"]: task["state_type"] for task in tasks}
    assert (ended["validate"], ended["select"]) == ("FAILED", "COMPLETED")
    lines = logged(run["id"], f"Finished in state Failed({run['state']['message']!r})")
    assert "there_are_enough_samples" in run["state"]["message"]
    (said,) = [line for line in lines if line.startswith("Task run failed with state")]
    assert "there_are_enough_samples" in said and "\n" not in said
    assert not any("Traceback" in line for line in lines)


def test_the_example_of_a_failed_check_is_a_sample_that_why_explains(prefect_server, tmp_path):
    example = {"question_id": "7-depth-1", "question": "Which?", "value": "too long"}
    failed = {
        "name": "own_01", "severity": "critical", "status": "failed", "error": None,
        "num_failed": 1, "num_checked": 2, "unit": "samples", "description": "short",
        "examples": [example],
    }  # fmt: skip
    (tmp_path / "results.json").write_text(json.dumps({"expectations": [failed]}))
    flow(announce_rejection)("wordy", tmp_path, event=False)
    (row,) = json.loads(artifacts_of("wordy")["failed-checks-wordy"]["data"])
    assert (row["sample"], row["example"]) == ("7-depth-1", "too long")


def test_what_a_worker_runs_fails_in_one_line(prefect_server, monkeypatch):
    monkeypatch.setattr(logging.getLogger("prefect.flow_runs"), "level", logging.ERROR)
    parameters = {"config": "missing.toml"}
    with get_client(sync_client=True) as client:
        run = client.create_flow_run(build_from_file, parameters=parameters)
    told = "no configuration at missing.toml: pass the path of a .toml file"
    with pytest.raises(ValueError, match=told):
        run_flow(build_from_file, run, parameters, error_logger=flow_run_logger(run))
    lines = logged(str(run.id), told)
    assert told in lines and not any("Traceback" in line for line in lines)


def test_what_a_task_of_a_flow_raises_is_told_in_one_line(prefect_server, monkeypatch):
    monkeypatch.setattr(logging.getLogger("prefect.task_runs"), "level", logging.ERROR)

    @task
    def work():
        raise ValueError("no model there: train it first")

    @flow
    @telling
    def whole():
        work()

    state = whole(return_state=True)
    lines = logged(str(state.state_details.flow_run_id), "no model there: train it first")
    assert "no model there: train it first" in lines
    assert not any("Traceback" in line for line in lines)


def test_a_push_is_announced_once_per_address(prefect_server, tmp_path):
    built = run_build(config_of("pushed"), tmp_path)
    for to, announces in (("one", False), ("one", True), ("one", True), ("two", True)):
        push_dataset(built, tmp_path, str(tmp_path / to), announces)
    pushed = [one for one in events_of("pushed", 2) if one["event"] == PUSHED]
    assert sorted(one["payload"]["to"] for one in pushed) == [
        str(tmp_path / "one"),
        str(tmp_path / "two"),
    ]
    assert {one["payload"]["digest"] for one in pushed} == {built.name}


def test_a_push_is_named_as_its_build_wherever_its_folder_is(built, tmp_path):
    copied = shutil.copytree(built[1], tmp_path / "elsewhere" / "copied")
    push_dataset(copied, tmp_path, str(tmp_path / "to"))
    (run,) = [run for run in found("flow_runs") if run["parameters"].get("folder") == str(copied)]
    digest = config_digest(config_of("quiet"))
    assert run["name"] == f"push quiet @ {digest[:4]}"
    assert set(run["tags"]) == {"quiet", f"digest:{digest}"}


def test_a_build_by_the_command_is_tagged_with_its_file_too(prefect_server, tmp_path):
    config = config_of("filed")
    run_build(config, tmp_path, file=tmp_path / "mine.toml")
    (run,) = [run for run in found("flow_runs") if run["parameters"].get("root") == str(tmp_path)]
    assert set(run["tags"]) == {"filed", "config:mine.toml", f"digest:{config_digest(config)}"}


def test_a_deployment_is_one_run_and_announces(prefect_server, tmp_path):
    path = save_config(tmp_path / "deployed.toml", tree_of("deployed"))
    with tags("nightly", "digest:0123456789ab"):  # of an attempt with another configuration
        folder = build_from_file(str(path), root=str(tmp_path))
    assert len(events_of("deployed", 1)) == 1
    runs = [run for run in found("flow_runs") if run["parameters"].get("root") == str(tmp_path)]
    (run,) = runs
    config = PipelineConfig.model_validate(tree_of("deployed"))
    assert run["name"] == run_name(config)
    assert set(run["tags"]) == {
        "deployed",
        "nightly",
        f"config:{path.name}",
        f"digest:{config_digest(config)}",
    }
    tasks = found("task_runs", flow_runs={"id": {"any_": [run["id"]]}})
    assert {"render", "select", "validate", "publish"} <= {task["name"] for task in tasks}
    assert Path(folder).parent == tmp_path / "datasets" / "deployed"
    assert f"publish: {folder}" in logged(run["id"], f"publish: {folder}")


def training_on(dataset: str, folder: Path) -> Path:
    return save_config(
        folder / "t.toml", TREE | GRPO | {"data": {**TREE["data"], "dataset": dataset}}
    )


def test_training_awaits_the_dataset_that_it_asks_for(tmp_path):
    assert dataset_of(training_on("mine", tmp_path)) == "mine"


def test_a_training_on_one_build_awaits_no_publication(drawn_dataset, tmp_path):
    for asked, name in (("mine/0123abcd", "mine"), (str(drawn_dataset), "drawn")):
        with pytest.raises(ValueError, match=rf"{asked}, one build.*set data.dataset to {name}"):
            dataset_of(training_on(asked, tmp_path))

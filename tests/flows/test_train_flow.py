"""The training flow: from a dataset to an exported model, by command and by event."""

import json
import os
import shutil
import subprocess
import time
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

import httpx
import polars as pl
import pytest

pytest.importorskip("torch")

from PIL import Image
from prefect.events import Event, Resource

from flows.announcing import PUBLISHED, TRAINED
from flows.evaluate import evaluate_from_file
from flows.train import train_from_file
from schemas.code_version import code_version
from schemas.config.section import config_digest
from schemas.config.training import Method, load_train_config
from schemas.replacing import MACHINE
from tests.builds import save_config
from tests.commands import CLI, REPOSITORY, call, start
from tests.servers.prefect import start_server, stop_server
from tests.trainings import GRPO, TREE, digest_of_files, prepare, trainer_of

pytestmark = pytest.mark.long

EVALUATION = {
    "name": "after",
    "seed": 1,
    "num_bootstrap": 20,
    "models": [
        {
            "name": "any",
            "max_new_tokens": 4,
            "min_pixels": 3136,
            "max_pixels": 6272,
            "local": {"model": "tiny"},
        }
    ],
    "benchmarks": [{"name": "mmvp", "path": "miniature"}],
}


@pytest.fixture(scope="module")
def trained(prefect_server, drawn_dataset, tmp_path_factory):
    """Root, configuration and how the command ended that went on after one that was killed."""
    root = tmp_path_factory.mktemp("trained")
    shutil.copytree(drawn_dataset.parents[1], root / "datasets")
    config = save_config(root / "grpo.toml", TREE | GRPO)
    with start("train", config, "--root", root) as process:
        wait_for(
            lambda: list(root.glob("runs/*/*/checkpoints/checkpoint-2/trainer_state.json")), 200
        )
        process.kill()
    (run,) = (root / "runs" / "tried").iterdir()
    assert not (run / "final").exists()
    wait_for(lambda: not is_locked(run), 20)
    return root, config, call("train", config, "--root", root)


def is_locked(run: Path) -> bool:
    """Whether a trainer has outlived its command."""
    with (run / "lock").open("w") as stream:
        try:
            flock(stream, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_the_command_ends_with_a_model_its_card_and_a_picture(trained):
    root, config, done = trained
    assert done.returncode == 0, done.stderr
    (folder,) = (root / "models" / "tried").iterdir()
    assert done.stdout == f"{folder}\n"
    names = {path.name for path in folder.iterdir()}
    assert names >= {"config.json", "model.safetensors", "tokenizer.json", "README.md"}
    assert Image.open(folder / "rewards.png").size > (500, 300)
    facts = json.loads((folder / "training.json").read_text())
    (dataset,) = (root / "datasets" / "drawn").iterdir()
    assert facts["dataset"]["digest"] == dataset.name
    assert facts["num_updates"] == 6
    card = (folder / "README.md").read_text()
    assert config_digest(load_train_config(config)) in card
    assert str(code_version()) in card and facts["code"] == code_version()._asdict()
    assert dataset.name in card and "| accuracy | 0.000 | 0.000 |" in card
    assert not any("Warning" in line or "warn" in line for line in done.stderr.splitlines())


def test_a_killed_command_is_gone_on_with_as_if_it_had_not_been(trained, tmp_path):
    root, config, done = trained
    lines = done.stderr.splitlines()
    assert "going on after update 2" in lines
    assert [line.split("  ")[0] for line in lines if line.startswith("update")] == [
        f"update {step} of 6" for step in range(3, 7)
    ]
    (tmp_path / "datasets").symlink_to(root / "datasets")
    undisturbed = prepare(load_train_config(config), tmp_path)
    trainer_of(Method.GRPO)(undisturbed)
    (run,) = (root / "runs" / "tried").iterdir()
    assert (run / "log.jsonl").read_text() == (undisturbed.folder / "log.jsonl").read_text()
    assert digest_of_files(run / "final") == digest_of_files(undisturbed.final)


def test_a_model_that_exists_is_not_trained_again(trained):
    root, config, _ = trained
    before = {path: path.stat().st_mtime_ns for path in (root / "models").rglob("*")}
    again = call("train", config, "--root", root)
    assert again.returncode == 0
    assert "update" not in again.stderr
    assert {path: path.stat().st_mtime_ns for path in (root / "models").rglob("*")} == before


def left_in(folder: Path) -> Path:
    """What a process that was killed has half written into a folder."""
    left = folder / f"0123.partial-1-{MACHINE}-{2**22 + 7}"  # no process has this id
    left.mkdir(parents=True)
    (left / "model.safetensors").write_bytes(b"...")
    return left


def test_what_a_killed_command_left_is_removed_by_the_next(trained, tmp_path):
    root, config, _ = trained
    left = left_in(root / "models" / "tried")
    assert call("train", config, "--root", root).returncode == 0
    assert not left.exists()


def test_what_was_published_starts_training_and_what_was_trained_evaluation(trained, tmp_path):
    """That the flow runs are created, under a real server and `serve`; the next test runs them."""
    root, config, _ = trained
    evaluation = save_config(tmp_path / "evaluation.toml", EVALUATION)
    second = tmp_path / "second.toml"
    second.write_text(config.read_text().replace('"tried"', '"second"'))
    serve = [CLI, "serve", "--train", str(config), "--train", str(second)]
    serve += ["--evaluate", str(evaluation), "--root", str(root)]
    events = [
        Event(
            event=event,
            resource=Resource({"prefect.resource.id": f"spatialthinker.{kind}.{name}"}),
            payload={"path": f"a {kind}" if name != "another" else "wrong"},
        ).model_dump(mode="json")
        for event, kind, name in (
            (PUBLISHED, "dataset", "another"),  # nobody asks for it
            (PUBLISHED, "dataset", "drawn"),
            (TRAINED, "model", "tried"),
            (TRAINED, "model", "another"),
        )
    ]
    started = ((config, "dataset"), (second, "dataset"), (evaluation, "model"))
    expected = sorted(
        ({"config": str(file), "root": str(root), kind: f"a {kind}"} for file, kind in started),
        key=str,
    )
    home = tmp_path / "home"
    home.mkdir()
    process_id, url = start_server(home)
    environment = {**os.environ, "PREFECT_HOME": str(home), "PREFECT_API_URL": url}
    said = tmp_path / "said.txt"
    try:
        with (
            said.open("wb") as errors,
            subprocess.Popen(
                serve, env=environment, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=errors
            ) as served,
        ):
            try:
                # A deployment's trigger is created after it, as an automation.
                automations = f"{url}/automations/count"
                wait_for(lambda: httpx.post(automations, json={}).json() == 3, 60)
                httpx.post(f"{url}/events", json=events).raise_for_status()
                wait_for(lambda: parameters_of_runs(url) == expected, 60)
                before = said.stat().st_size
            finally:
                served.terminate()
            assert served.wait(30) == 143
            assert served.stdout and served.stdout.read() == b""
        end = said.read_bytes()[before:].decode()
        assert end == "error: stopped: the same command goes on where this one was\n"
    finally:
        stop_server(process_id)


def parameters_of_runs(url: str) -> list[dict[str, str]]:
    runs = httpx.post(f"{url}/flow_runs/filter", json={}).json()
    return sorted(({**run["parameters"]} for run in runs), key=str)


def test_deployed_flows_take_what_an_event_names(trained, tmp_path):
    """Of training only the export is left to do: what comes before it is tested above."""
    root, config, _ = trained
    for name in ("datasets", "runs", "artifacts"):
        shutil.copytree(root / name, tmp_path / name)
    (dataset,) = (tmp_path / "datasets" / "drawn").iterdir()
    model = train_from_file(str(config), root=str(tmp_path), dataset=str(dataset))
    evaluation = save_config(tmp_path / "evaluation.toml", EVALUATION)
    evaluate_from_file(str(evaluation), root=str(tmp_path), model=model)
    (scores,) = tmp_path.glob("evaluations/*/*/scores.parquet")
    assert pl.read_parquet(scores)["model"].unique().to_list() == ["tried"]


def wait_for(condition, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)

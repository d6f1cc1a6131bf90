"""Several checkpoints of one training: which models they are, and their table and plot."""

import json
import os
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from evaluation.trajectory import TRAJECTORY
from schemas.columns import frame_of
from schemas.config.evaluation import EvaluateConfig, EvaluatedModel
from tasks.evaluate.about import About
from tasks.evaluate.checkpoints import Checkpoint, with_checkpoints
from tasks.evaluate.infer import replies_artifact
from tasks.evaluate.places import weights_digest
from tasks.evaluate.report import write_report
from tasks.evaluate.trajectory_view import trajectory_view
from tests.builds import save_config
from tests.commands import call
from tests.evaluate.test_evaluate import TINY, evaluate, tree_of
from tests.evaluations import PERFECT, item, outcome, photograph, reply
from training.run_folder import model_digest

FILES = {
    "config.json": '{"model_type": "qwen2_5_vl"}',
    "model.safetensors": "weights",
    "optimizer.pt": "o",
    "scheduler.pt": "s",
    "rng_state.pth": "r",
    "trainer_state.json": "{}",
}


def checkpoint(folder: Path, update: int, **changes: str | None) -> Path:
    place = folder / f"checkpoint-{update}"
    place.mkdir(parents=True)
    for name, text in (FILES | changes).items():
        if text is not None:
            (place / name).write_text(text)
    return place


def tree_with(model: Any, checkpoints: Any = "all", *others: str) -> dict[str, Any]:
    local = {"model": str(model), "checkpoints": checkpoints}
    models = [TINY | {"name": name} for name in others]
    return tree_of(models=[*models, TINY | {"name": "mine", "local": local}])


def config_of(model: Any, checkpoints: Any = "all", *others: str) -> EvaluateConfig:
    return EvaluateConfig.model_validate(tree_with(model, checkpoints, *others))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run below a root, with a newer one of another name."""
    for name, updates in (("sft/aa", (9, 10, 100)), ("grpo/bb", (7,))):
        for update in updates:
            checkpoint(tmp_path / "runs" / name / "checkpoints", update)
    (tmp_path / "runs" / "sft" / "aa" / "checkpoints" / "README.md").touch()
    return tmp_path / "runs" / "sft" / "aa"


def test_every_checkpoint_is_a_model_in_the_order_of_updates(run, tmp_path):
    folder = run / "checkpoints"
    for place in ("sft", "sft/aa", run, folder, run.parent):
        config, known = with_checkpoints(config_of(place, "all", "base"), tmp_path)
        assert [model.name for model in config.models] == ["base", "mine-9", "mine-10", "mine-100"]
        assert [model.local and model.local.model for model in config.models] == [
            "tiny", *(str(folder / f"checkpoint-{update}") for update in (9, 10, 100))
        ]  # fmt: skip
        assert known == tuple(Checkpoint("mine", n, f"mine-{n}") for n in (9, 10, 100))


def test_listed_updates_alone_are_taken_once(run, tmp_path):
    _, known = with_checkpoints(config_of("sft", [100, 9, 100]), tmp_path)
    assert [one.update for one in known] == [9, 100]


def test_the_newest_run_of_a_name_that_has_checkpoints_is_taken(run, tmp_path):
    newer = tmp_path / "runs" / "sft" / "cc" / "checkpoints"
    checkpoint(newer, 5)
    os.utime(newer, (2**31, 2**31))
    (tmp_path / "runs" / "sft" / "zz" / "checkpoints").mkdir(parents=True)
    _, known = with_checkpoints(config_of("sft"), tmp_path)
    assert [one.update for one in known] == [5]


INDEX = json.dumps({"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"trainer_state.json": None}, "it lacks a readable trainer_state.json"),
        ({"trainer_state.json": '{"step": '}, "it lacks a readable trainer_state.json"),
        ({"model.safetensors": None}, "it lacks model.safetensors"),
        ({"config.json": None}, "it lacks config.json"),
        ({"adapter_model.safetensors": "x", "config.json": None}, "it lacks adapter_config.json"),
        (
            {"model.safetensors.index.json": INDEX, "model-1.safetensors": "x"},
            "it lacks model-2.safetensors",
        ),
        ({"model.safetensors.index.json": "{"}, "a readable model.safetensors.index.json"),
        ({"model.safetensors.index.json": "[]"}, "a readable model.safetensors.index.json"),
        (
            {"model.safetensors.index.json": '{"weight_map": []}'},
            "a readable model.safetensors.index.json",
        ),
        ({"model.safetensors": None, "global_step4": ""}, "in shards of DeepSpeed or FSDP"),
        ({"optimizer.pt": None, "scheduler.pt": None, "rng_state.pth": None}, None),
        ({"global_step4": ""}, None),
    ],
)
def test_a_checkpoint_without_its_weights_is_refused(changes, message, run, tmp_path):
    bad = checkpoint(run / "checkpoints", 101, **changes)
    if message is None:
        assert len(with_checkpoints(config_of(run), tmp_path)[1]) == 4
        return
    with pytest.raises(ValueError, match=re.escape(message)) as refused:
        with_checkpoints(config_of(run), tmp_path)
    assert str(refused.value).startswith(str(bad))
    assert "list the updates that mine is to have" in str(refused.value)
    assert len(with_checkpoints(config_of(run, [9]), tmp_path)[1]) == 1


@pytest.mark.parametrize(
    ("model", "checkpoints", "others", "message"),
    [
        ("nothing", "all", [], "no checkpoints of nothing: neither a folder with checkpoint-N"),
        ("sft", [9, 11], [], "has no checkpoint-11: its updates are 9, 10, 100"),
        ("sft", "all", ["mine-10"], "mine-10 is both a checkpoint and another model's name"),
    ],
)
def test_what_is_not_there_is_refused(model, checkpoints, others, message, run, tmp_path):
    with pytest.raises(ValueError, match=message):
        with_checkpoints(config_of(model, checkpoints, *others), tmp_path)


@pytest.mark.parametrize("plan", [(), ("--plan",)])
def test_a_folder_without_checkpoints_is_one_line_and_exit_code_2(plan, prefect_server, tmp_path):
    config = save_config(tmp_path / "c.toml", tree_with(tmp_path))
    refused = call("evaluate", config, "--root", tmp_path, *plan)
    assert refused.returncode == 2, refused.stderr
    assert f"no checkpoints of {tmp_path}" in refused.stderr.strip().splitlines()[-1]
    assert "Traceback" not in refused.stderr


def test_the_content_of_the_weights_alone_names_a_checkpoint(run, tmp_path):
    """What only its training goes on from may be deleted: its replies are kept."""
    first, second = run / "checkpoints" / "checkpoint-9", run / "checkpoints" / "checkpoint-10"
    digest = model_digest(first, tmp_path)
    assert model_digest(second, tmp_path) == digest
    for name in ("optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json"):
        (second / name).unlink()
    assert model_digest(second, tmp_path) == digest
    (second / "model.safetensors").write_text("Weights")
    assert model_digest(second, tmp_path) != digest


def test_adapters_are_named_with_the_model_that_they_belong_to(tmp_path):
    base = tmp_path / "base"
    base.mkdir()
    (base / "config.json").write_text("{}")
    adapters = checkpoint(tmp_path, 3, **dict.fromkeys(("config.json", "model.safetensors")))
    (adapters / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "x/y"}))
    named = weights_digest(adapters, tmp_path)
    assert named == model_digest(adapters, tmp_path)
    row = item(1, [photograph(tmp_path)])
    items = outcome(tmp_path, "mine", [row], [reply(row, PERFECT)]).items
    asked = {
        replies_artifact(items, "mmvp", EvaluatedModel.model_validate(tree), tmp_path).digest
        for tree in (
            TINY | {"local": {"model": str(adapters), "revision": revision}}
            for revision in (None, "one", "two")
        )
    }
    assert len(asked) == 3
    told = json.dumps({"base_model_name_or_path": str(base)})
    (adapters / "adapter_config.json").write_text(told)
    first = weights_digest(adapters, tmp_path)
    (base / "config.json").write_text("[]")
    assert weights_digest(adapters, tmp_path) != first


ROWS = [
    ("mine", "mmvp", 10, "mine-10", "accuracy", 20.0, 5.0, 10.0, 30.0, 8),
    ("mine", "mmvp", 10, "mine-10", "format", 0.0, None, None, None, 8),
    ("mine", "mmvp", 30, "mine-30", "accuracy", 50.0, 5.0, 40.0, 60.0, 8),
    ("mine", "mmvp", 110, "mine-110", "accuracy", 100.0, 0.0, 100.0, 100.0, 8),
    ("mine", "mmvp", 110, "mine-110", "grounding", 50.0, 0.0, 50.0, 50.0, 8),
]


def test_a_plot_has_a_curve_for_each_figure_and_points_in_their_place():
    """An update is 4.16 units wide and a percent 1.96 high."""
    table = frame_of([dict(zip(TRAJECTORY, row, strict=True)) for row in ROWS], TRAJECTORY)
    (entry,) = trajectory_view(table)
    assert (entry["trajectory"], entry["title"]) == ("mine", "MMVP")
    assert entry["figures"] == ["accuracy", "format", "grounding"]
    assert [row["update"] for row in entry["rows"]] == [10, 30, 110]
    assert [[cell and cell["value"] for cell in row["cells"]] for row in entry["rows"]] == [
        [20.0, 0.0, None],
        [50.0, None, None],
        [100.0, None, 50.0],
    ]
    places = {
        curve["figure"]: [(p["x"], p["y"], p["low"], p["high"]) for p in curve["points"]]
        for curve in entry["curves"]
    }
    assert places == {
        "accuracy": [
            (36.0, 166.8, 186.4, 147.2),
            (119.2, 108.0, 127.6, 88.4),
            (452.0, 10.0, 10.0, 10.0),
        ],
        "format": [(36.0, 206.0, None, None)],
        "grounding": [(452.0, 108.0, 108.0, 108.0)],
    }
    assert [curve["place"] for curve in entry["curves"]] == [0, 1, 3]
    assert [tick["update"] for tick in entry["ticks"]] == [10, 30, 110]


def test_many_updates_have_few_numbers_below_the_plot():
    row = dict(zip(TRAJECTORY, ROWS[0], strict=True))
    table = frame_of([row | {"update": update} for update in range(0, 400, 10)], TRAJECTORY)
    (entry,) = trajectory_view(table)
    assert [tick["update"] for tick in entry["ticks"]] == [0, 80, 160, 230, 310, 390]
    alone = frame_of([row], TRAJECTORY)
    assert trajectory_view(alone)[0]["curves"][0]["points"][0]["x"] == 244.0


@pytest.mark.long
def test_checkpoints_of_real_trainings_are_evaluated_once(prefect_server, drawn_dataset, tmp_path):
    """All weights, and adapters: what is told of an update is what that update replies."""
    pytest.importorskip("torch")
    from schemas.completion.families import FamilyName
    from schemas.config.training import Method, TrainConfig
    from tests.trainings import prepare, trainer_of
    from tests.trainings import tree_of as training_of

    (tmp_path / "datasets").symlink_to(drawn_dataset.parents[1])
    tree = training_of(FamilyName.QWEN2_5_VL, Method.SFT)
    tree["log"] = {"report_to": "none", "save_updates": 2, "keep_checkpoints": 9}
    for name, rank in (("whole", None), ("lora", 4)):
        changed = tree | {"name": name, "model": {"name": "tiny", "lora_rank": rank}}
        trainer_of(Method.SFT)(prepare(TrainConfig.model_validate(changed), tmp_path))
    models = [
        TINY | {"name": name, "local": TINY["local"] | {"model": name, "checkpoints": "all"}}
        for name in ("whole", "lora")
    ]
    split = [{"name": "stvqa_val", "path": "miniature"}]
    config = save_config(tmp_path / "c.toml", tree_of(models=models, benchmarks=split))
    done = evaluate(config, tmp_path)
    assert done.returncode == 0, done.stderr
    folder = Path(done.stdout.strip().splitlines()[-1])
    table = pl.read_parquet(folder / "trajectory.parquet")
    told = table.filter(figure="accuracy").select("trajectory", "update", "model").rows()
    assert told == [(name, n, f"{name}-{n}") for name in ("lora", "whole") for n in (2, 4, 6)]
    replies = pl.read_parquet(folder / "items.parquet").group_by("model").agg("text")
    assert len({tuple(texts) for texts in replies["text"]}) == 6
    page = (folder / "report.html").read_text()
    assert page.count('<path class="curve curve0"') == 2
    assert "## Trajectory" in (folder / "report.md").read_text()
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "artifacts" / "infer").iterdir()}
    narrower = tree_of(name="again", models=models, benchmarks=split)
    narrower["models"][1]["local"]["checkpoints"] = [4]
    again = evaluate(save_config(tmp_path / "d.toml", narrower), tmp_path)
    assert again.returncode == 0, again.stderr
    after = (tmp_path / "artifacts" / "infer").iterdir()
    assert {path: path.stat().st_mtime_ns for path in after} == made


def test_page_and_markdown_state_every_update(tmp_path):
    items = [item(number, [photograph(tmp_path)]) for number in range(4)]
    texts = {7: "(A)", 20: PERFECT}
    outcomes = [
        outcome(tmp_path, f"mine-{update}", items, [reply(one, text) for one in items])
        for update, text in texts.items()
    ]
    known = tuple(Checkpoint("mine", update, f"mine-{update}") for update in texts)
    folder = tmp_path / "report"
    folder.mkdir()
    about = About("test", "c0ff1g", (), {}, {}, checkpoints=known, num_bootstrap=20)
    write_report(folder, about, "d1g", outcomes, [], tmp_path)
    text = (folder / "report.md").read_text()
    assert "| mine on STVQA validation: update | accuracy | format | grounding |" in text
    assert "| 7 | 100.0 (51.0 to 100.0) | 0.0 (0.0 to 49.0) | 0.0 (0.0 to 49.0) |" in text
    assert "| 20 | 100.0 (51.0 to 100.0) | 100.0 (51.0 to 100.0) | 100.0" in text
    page = (folder / "report.html").read_text()
    for update, x in ((7, "36.0"), (20, "452.0")):
        assert f'<th scope="row" class="n">{update}</th>' in page
        assert f'<text class="tick" x="{x}" y="224" text-anchor="middle">{update}</text>' in page
    facts = json.loads((folder / "evaluation.json").read_bytes())
    assert facts["checkpoints"][0] == {"trajectory": "mine", "update": 7, "model": "mine-7"}

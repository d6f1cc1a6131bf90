"""GRPO and SFT on a CPU: real TRL, a tiny model of the real architecture, a published dataset."""

import json
import logging
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

pytest.importorskip("torch")

from evaluation.grounding import ground_reply, read_gold
from schemas.benchmark import fact
from schemas.completion.families import FamilyName
from schemas.completion.frames import moved_gold
from schemas.config.evaluation import BenchmarkConfig, EvaluatedModel
from schemas.config.training import Check, Method, load_train_config
from schemas.dataset_folder import split_files
from schemas.difficulty import difficulty_file
from tasks.evaluate.benchmark import write_items
from tasks.evaluate.local_replies import write_locally
from tasks.evaluate.rewarding import reward_replies
from tests.builds import save_config
from tests.commands import REPOSITORY
from tests.trainings import GRPO, PIXELS, TREE, digest_of_files, prepare, trainer_of, tree_of
from training.families.table import FAMILIES, family_of
from training.log import read_log
from training.run_folder import is_finished

pytestmark = pytest.mark.long

SHARP = {"min_pixels": 32 * 32 * 150, "max_pixels": 32 * 32 * 250}
"""Pixels of an image in which a box keeps its place."""


def train(config: Path, root: Path, *settings: str, may_resume: bool = False) -> None:
    """As the trainers' commands do, in this process."""
    loaded = load_train_config(config, settings)
    run = prepare(loaded, root, may_resume=may_resume)
    if not is_finished(run.folder):
        trainer_of(loaded.method)(run)


def run_of(root: Path) -> Path:
    (found,) = (root / "runs" / "tried").iterdir()
    return found


@pytest.fixture
def root(drawn_dataset, tmp_path) -> Path:
    """A root of its own with the dataset and the tiny model in it."""
    (tmp_path / "datasets").symlink_to(drawn_dataset.parents[1])
    return tmp_path


@pytest.fixture(scope="module")
def finished(drawn_dataset, tmp_path_factory):
    """Root and configuration of an undisturbed run, by method and family."""
    known = {}

    def finish(method: Method, family: FamilyName = FamilyName.QWEN2_5_VL) -> tuple[Path, Path]:
        if (method, family) not in known:
            root = tmp_path_factory.mktemp(f"finished-{method}-{family}")
            (root / "datasets").symlink_to(drawn_dataset.parents[1])
            config = save_config(root / f"{method}.toml", tree_of(family, method))
            train(config, root)
            known[method, family] = root, config
        return known[method, family]

    return finish


every_family = pytest.mark.parametrize("family", list(FamilyName))


@every_family
@pytest.mark.parametrize("method", list(Method))
def test_a_run_ends_with_a_model_that_loads_and_has_learnt(finished, method, family):
    from transformers import AutoModelForImageTextToText

    root, _ = finished(method, family)
    final = run_of(root) / "final"
    trained = AutoModelForImageTextToText.from_pretrained(final)
    (base,) = (root / "artifacts" / "tiny-model").iterdir()
    before = AutoModelForImageTextToText.from_pretrained(base).state_dict()
    after = trained.state_dict()
    moved = {name for name, value in before.items() if not value.equal(after[name])}
    # A random model earns nothing, so that in GRPO what is zero at the start stays so.
    assert len(moved) > 0.9 * sum(bool(value.any()) for value in before.values())
    assert trained.config.text_config.use_cache
    assert family_of(final) is family
    names = {path.name for path in final.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "processor_config.json"} <= names
    assert "training_args.bin" not in names


@every_family
def test_a_trained_model_answers_a_benchmark_in_its_familys_frame(finished, family, tmp_path):
    """Boxes of the gold, moved into the frame of the replies, are grounded back whole."""
    root, _ = finished(Method.SFT, family)
    model = EvaluatedModel.model_validate(
        {
            "name": "trained",
            "family": family.value,
            "max_new_tokens": 4,
            "local": {"model": str(run_of(root) / "final"), "dtype": "float32"},
            **(SHARP if family in PIXELS else {}),
        }
    )
    benchmark = BenchmarkConfig(name="stvqa_val", path="miniature")
    items = pl.read_parquet(write_items(benchmark, tmp_path)).head(3)
    replies = write_locally(items, model, tmp_path, tmp_path / "parts")
    assert replies["output_tokens"].min() > 0
    perfect = []
    for item, reply in zip(items.iter_rows(named=True), replies.iter_rows(named=True), strict=True):
        size, frame = (item["width"], item["height"]), (reply["frame_width"], reply["frame_height"])
        assert frame == model.frame_of(size)
        assert f"Image size: {frame[0]} x {frame[1]}" in reply["prompt"]
        gold = moved_gold(fact(item["facts"], "gold"), size, frame)
        perfect.append(f"<observe></observe>{gold.replace('<answer>', '<think></think><answer>')}")
    replies = replies.with_columns(text=pl.Series(perfect))
    assert reward_replies(items, replies)["total"].to_list() == [1.0] * 3
    for item, reply in zip(items.iter_rows(named=True), replies.iter_rows(named=True), strict=True):
        gold = read_gold(item)
        found = ground_reply(reply["text"], (reply["frame_width"], reply["frame_height"]), gold)
        assert found["is_graph_right"]
        assert found["iou"] is None or found["iou"] > 0.85


def test_the_log_tells_every_part_of_the_reward(finished):
    root, _ = finished(Method.GRPO)
    lines = read_log(run_of(root))
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5, 6]
    parts = {f"rewards/{name}/mean" for name in ("format", "count", "accuracy", "spatial")}
    assert parts | {"reward", "ungated_spatial", "kl", "loss"} <= lines[0].keys()
    assert not any("time" in name for line in lines for name in line)


def test_completions_are_kept_with_what_they_earned(finished):
    root, _ = finished(Method.GRPO)
    tables = sorted((run_of(root) / "completions").iterdir())
    assert [path.name for path in tables] == [f"step-{n:06d}.parquet" for n in (1, 3, 5)]
    table = pl.read_parquet(tables[0])
    assert table.height == 8
    assert {"prompt", "completion", "format", "count", "accuracy", "spatial"} <= set(table.columns)
    assert table["prompt"].str.contains("Image size: ").all()


def test_sft_learns(finished):
    root, _ = finished(Method.SFT)
    losses = [line["loss"] for line in read_log(run_of(root))]
    assert losses[-1] < losses[0] - 0.2


@pytest.mark.parametrize("method", list(Method))
def test_full_scenes_are_trained_on_within_the_limit(root, method, caplog):
    """The flight check is a part of the run."""
    tree = tree_of(FamilyName.QWEN2_5_VL, method)
    tree |= {"data": tree["data"] | {"scene": "full"}, "reward": {"consistency": 0.1}}
    config = save_config(root / "full.toml", tree)
    longest = ["sft.max_tokens=750"] if method is Method.SFT else []
    train(config, root, *longest)
    assert is_finished(run_of(root))
    cut = re.search(r"(\d+) of 36 full scenes are longer than a completion may be", caplog.text)
    assert cut
    # Eight tokens hold no scene: those of the question stay.
    assert int(cut[1]) == 36 if method is Method.GRPO else 0 < int(cut[1]) < 36


def test_samples_chosen_by_difficulty_are_trained_on(root, drawn_dataset, caplog):
    caplog.set_level("INFO")
    rows = pl.read_parquet(split_files(drawn_dataset, "train")).select("question_id", "category")
    rates = rows.with_columns(
        pl.lit("drawn").alias("dataset"), pl.lit("eyes").alias("model"), pl.lit("").alias("asked"),
        pl.lit(4, pl.Int32).alias("draws"), pl.lit(0, pl.Int32).alias("num_right"),
        (pl.int_range(pl.len()) % 3 / 2).alias("pass_rate"),
    )  # fmt: skip
    path = difficulty_file(drawn_dataset, "eyes", root)
    path.parent.mkdir(parents=True)
    rates.write_parquet(path)
    chosen = ['data.keep="0 < pass < 1"', 'data.weight="category"']
    train(save_config(root / "c.toml", tree_of(FamilyName.QWEN2_5_VL, Method.GRPO)), root, *chosen)
    assert is_finished(run_of(root))
    assert "24 of 36 samples are left out: 24 whose pass rate is not within" in caplog.text


def test_a_finished_run_is_left_alone(finished):
    root, config = finished(Method.GRPO)
    before = {path: path.stat().st_mtime_ns for path in run_of(root).rglob("*")}
    train(config, root)
    assert {path: path.stat().st_mtime_ns for path in run_of(root).rglob("*")} == before


@every_family
@pytest.mark.parametrize("method", list(Method))
def test_a_run_that_was_cut_short_goes_on_as_if_it_had_not_been(
    finished, method, family, root, caplog
):
    """Cut short by a checkpoint that cannot be written; the next test kills runs."""
    undisturbed, config = finished(method, family)
    prepared = prepare(load_train_config(config), root)
    blocked = prepared.folder / "checkpoints" / "checkpoint-4"
    blocked.parent.mkdir()
    blocked.touch()
    with pytest.raises(FileExistsError):
        trainer_of(method)(prepared)
    assert prepared.lock
    prepared.lock.close()  # as the end of the process would
    blocked.unlink()
    assert not (run_of(root) / "final").exists()
    with pytest.raises(ValueError, match=r"was begun before and has checkpoint-2: add --resume"):
        train(config, root)
    # What a kill in the middle of saving leaves.
    half = run_of(root) / "checkpoints" / "checkpoint-5"
    shutil.copytree(run_of(root) / "checkpoints" / "checkpoint-2", half)
    (half / "trainer_state.json").unlink()
    caplog.set_level(logging.INFO)
    train(config, root, may_resume=True)
    assert f"{half} was not written completely" in caplog.text
    assert "going on after update 2" in caplog.text
    one, other = run_of(undisturbed), run_of(root)
    assert (one / "log.jsonl").read_text() == (other / "log.jsonl").read_text()
    assert digest_of_files(one / "final") == digest_of_files(other / "final")


@every_family
def test_a_run_that_was_killed_goes_on_as_if_it_had_not_been(finished, family, root):
    undisturbed, config = finished(Method.GRPO, family)
    command = [sys.executable, "-m", "training.grpo", str(config), "--root", str(root)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 200
        pattern = "runs/*/*/checkpoints/checkpoint-2/trainer_state.json"
        while not list(root.glob(pattern)):
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.05)
        process.kill()
    assert not (run_of(root) / "final").exists()
    train(config, root, may_resume=True)
    one, other = run_of(undisturbed), run_of(root)
    assert (one / "log.jsonl").read_text() == (other / "log.jsonl").read_text()
    assert digest_of_files(one / "final") == digest_of_files(other / "final")


@pytest.mark.parametrize("method", list(Method))
def test_a_run_with_its_flight_check_ends_as_one_without(finished, method, root):
    checked, config = finished(method)
    skipped = json.dumps([name.value for name in Check])
    train(config, root, f"check.skip={skipped}")
    one, other = run_of(checked), run_of(root)
    assert (one / "log.jsonl").read_text() == (other / "log.jsonl").read_text()
    assert digest_of_files(one / "final") == digest_of_files(other / "final")


def test_consistency_is_a_part_of_the_reward_and_a_filter_of_demonstrations(root):
    grpo = save_config(root / "grpo.toml", tree_of(FamilyName.QWEN3_VL, Method.GRPO))
    train(grpo, root, "reward.consistency=0.1", "grpo.num_rollouts=1")
    assert "rewards/consistency/mean" in read_log(run_of(root))[0]
    tree = tree_of(FamilyName.QWEN3_VL, Method.SFT)
    sft = save_config(root / "sft.toml", tree | {"name": "filtered"})
    train(sft, root, "sft.only_entailed=true", "sft.num_epochs=0.2")
    assert list(root.glob("runs/filtered/*/final"))


def test_no_two_train_in_one_folder(root):
    config = load_train_config(save_config(root / "grpo.toml", TREE | GRPO))
    held = prepare(config, root)
    with pytest.raises(ValueError, match="is being trained by another process: wait for it"):
        prepare(config, root)
    del held
    prepare(config, root)


def test_reward_columns_arrive_with_their_rows(drawn_dataset, tmp_path):
    """Under shuffling, repetition and batching every completion meets its own prompt's gold."""
    from trl import GRPOConfig

    from schemas.config.training import TrainConfig
    from training.arguments import grpo_arguments
    from training.dataset import grpo_row, load_rows, text_of_row, with_rows
    from training.grpo import Trainer
    from training.model import loading_arguments, resolve_model
    from training.processor import load_processor

    config = TrainConfig.model_validate(TREE | GRPO)
    rows = load_rows(drawn_dataset, "train", config.data, 3, tmp_path / "arrow")
    model = resolve_model("tiny", tmp_path, config.data.family)
    gold_of = {}
    for row in rows:
        known = text_of_row(row, config.data)
        gold_of[known["text"], known["question_id"]] = (
            known["gold"], known["width"], known["height"],
        )  # fmt: skip
    met = []

    def recording(prompts, question_id, gold, width, height, image, **_):
        for prompt, *facts in zip(prompts, question_id, gold, width, height, image, strict=True):
            text = "".join(part.get("text") or "" for part in prompt[0]["content"])
            name, golden, wide, high, picture = facts
            assert gold_of[text, name] == (golden, wide, high)
            assert picture.size == (wide, high)
            met.append(name)
        return [0.0] * len(prompts)

    arguments = grpo_arguments(config, tmp_path, num_processes=1, has_gpu=False)
    trainer = Trainer(
        run=tmp_path,
        num_logged=0,
        model=str(model),
        reward_funcs=[recording],
        args=GRPOConfig(
            **arguments | {"max_steps": 4, "save_strategy": "no"},
            model_init_kwargs=loading_arguments(config.model, has_gpu=False),
        ),
        train_dataset=with_rows(rows, config.data, grpo_row),
        processing_class=load_processor(
            model, config.data.family, min_pixels=3136, max_pixels=6272
        ),
    )
    trainer.train()
    assert len(met) == 2 * 8
    assert len(set(met)) == 8
    assert met[::2] == met[1::2]


@every_family
def test_lora_is_merged_and_the_vision_tower_can_stay_as_it_is(family, root):
    """Each adapter's module moves, and nothing else; without adapters, all but the tower."""
    from transformers import AutoModelForImageTextToText

    tree = tree_of(family, Method.SFT)
    for number, model in enumerate((
        {"name": "tiny", "lora_rank": 4}, {"name": "tiny", "freeze_vision": True},
    )):  # fmt: skip
        name = f"tried-{number}"
        config = save_config(root / f"{name}.toml", tree | {"name": name, "model": model})
        train(config, root, "sft.num_epochs=0.3")
        (run,) = (root / "runs" / name).iterdir()
        trained = AutoModelForImageTextToText.from_pretrained(run / "final").state_dict()
        (base,) = (root / "artifacts" / "tiny-model").iterdir()
        before = AutoModelForImageTextToText.from_pretrained(base).state_dict()
        moved = {name for name, value in trained.items() if not value.equal(before[name])}
        kind = FAMILIES[family]
        if "lora_rank" in model:
            pattern = re.compile(rf"(?:{kind.lora_targets})\.weight")
            assert moved == {name for name in before if pattern.fullmatch(name)}
        else:
            tower = {name for name in before if set(name.split(".")) & set(kind.vision)}
            assert tower and moved and not moved & tower
            assert len(moved) > 0.9 * len(before.keys() - tower)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["data.dataset=none"], "no dataset none"),
        (["model.name=none"], "no model none"),
        (["grpo.rollout_prompts=64"], "prompts to train on, and one rollout takes 64"),
        (["data.max_prompt_tokens=20"], "every sample is longer than 20 tokens"),
        (["hardware.micro_batch=3"], "an update of 4 sequences cannot be cut into passes of 1 x 3"),
        (["reward.similarity=spacy:none"], "label similarity spacy:none"),
        (["grpo.update_prompts=3"], "rollout_prompts is not a multiple of update_prompts"),
        (["method=sft"], "go together"),
        (["grpo.what=1"], "unknown key grpo.what"),
    ],
)
def test_what_cannot_be_trained_is_told_in_one_line(root, settings, message):
    config = save_config(root / "grpo.toml", TREE | GRPO)
    with pytest.raises((ValueError, FileNotFoundError), match=message) as error:
        train(config, root, *settings)
    assert "\n" not in str(error.value)


def test_a_refusal_is_one_line_and_exit_code_2(root, monkeypatch, capsys):
    from training.launch import launch

    config = save_config(root / "sft.toml", TREE | GRPO)
    monkeypatch.setattr("sys.argv", ["training.sft", str(config), "--root", str(root)])
    with pytest.raises(SystemExit, match="2"):
        launch(Method.SFT, trainer_of(Method.SFT))
    assert capsys.readouterr().err == f'error: training: {config} has method = "grpo", not "sft"\n'


def test_the_configuration_is_kept_with_the_run(finished):
    root, _ = finished(Method.GRPO)
    kept = json.loads((run_of(root) / "config.json").read_text())
    assert kept["name"] == "tried"
    assert kept["grpo"]["num_rollouts"] == 3

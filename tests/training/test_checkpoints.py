"""Checkpoints: a half-written one is ignored."""

import os

import pytest
import torch
from safetensors.torch import save_file

from training.checkpoints import last_complete_checkpoint
from training.log import cut_log, read_log

FILES = ("model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth")


def write(path):
    """One number, as its library writes it."""
    if path.suffix == ".safetensors":
        save_file({"a": torch.zeros(1)}, path)
    else:
        torch.save({"a": 0}, path)


def checkpoint(folder, step, missing=(), state="{}", cut=()):
    path = folder / f"checkpoint-{step}"
    path.mkdir()
    for name in FILES:
        if name not in missing:
            write(path / name)
        if name in cut:
            os.truncate(path / name, (path / name).stat().st_size - 1)
    if state is not None:
        (path / "trainer_state.json").write_text(state)
    return path


@pytest.mark.parametrize(
    "broken",
    [
        {"state": None},
        {"state": '{"step": '},
        {"missing": ["scheduler.pt"]},
        {"missing": ["optimizer.pt"]},
        {"missing": ["model.safetensors"]},
        {"missing": ["rng_state.pth"]},
        *({"cut": [name]} for name in FILES),
    ],
)
def test_the_newest_complete_one_is_taken(tmp_path, broken, caplog):
    assert last_complete_checkpoint(tmp_path) is None
    for step in (2, 9):
        checkpoint(tmp_path, step)
    expected = checkpoint(tmp_path, 10)
    bad = checkpoint(tmp_path, 12, **broken)
    (tmp_path / "checkpoint-x").mkdir()
    assert last_complete_checkpoint(tmp_path) == expected
    assert f"{bad} was not written completely" in caplog.text


def test_adapters_and_sharded_weights_are_checkpoints_too(tmp_path):
    path = checkpoint(tmp_path, 2, missing=["model.safetensors"])
    write(path / "adapter_model.safetensors")
    assert last_complete_checkpoint(tmp_path) == path
    other = checkpoint(tmp_path, 4, missing=FILES[:3])
    assert last_complete_checkpoint(tmp_path) == path
    (other / "global_step4").mkdir()
    assert last_complete_checkpoint(tmp_path) == other


def test_the_log_is_cut_after_the_checkpoint(tmp_path):
    (tmp_path / "log.jsonl").write_text('{"step": 1}\n{"step": 2}\n{"step": 3}\n{"ste')
    tables = tmp_path / "completions"
    tables.mkdir()
    for step in (1, 3):
        (tables / f"step-{step:06d}.parquet").touch()
    cut_log(tmp_path, 2)
    assert read_log(tmp_path) == [{"step": 1}, {"step": 2}]
    assert [path.name for path in tables.iterdir()] == ["step-000001.parquet"]
    assert read_log(tmp_path / "none") == []

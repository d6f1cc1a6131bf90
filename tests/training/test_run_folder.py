"""Names of training runs: what decides the trained weights, and nothing else."""

import os
from pathlib import Path

import pytest

from schemas.config.training import TrainConfig
from tests.trainings import GRPO, TREE
from training.run_folder import model_digest, run_digest

MEBIBYTE = 1 << 20


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(bytes(3 * MEBIBYTE))
    return folder


def overwrite(path: Path, place: int) -> None:
    """One other byte there; size and time of change stay."""
    status = path.stat()
    with path.open("r+b") as stream:
        stream.seek(place)
        stream.write(b"\1")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize("place", [0, 3 * MEBIBYTE // 2, 3 * MEBIBYTE - 1])
def test_every_byte_of_the_weights_counts(place, model, tmp_path):
    first = model_digest(model, tmp_path)
    overwrite(model / "model.safetensors", place)
    assert model_digest(model, tmp_path) != first


def test_names_of_files_count_and_what_tells_about_a_model_does_not(model, tmp_path):
    first = model_digest(model, tmp_path)
    (model / "README.md").write_text("A model.")
    assert model_digest(model, tmp_path) == first
    (model / "config.json").rename(model / "configuration.json")
    assert model_digest(model, tmp_path) != first


def test_a_model_has_one_digest_wherever_it_is(model, tmp_path):
    first = model_digest(model, tmp_path / "root")
    moved = model.rename(tmp_path / "moved")
    assert model_digest(moved, tmp_path / "other") == first


@pytest.mark.parametrize(
    ("changes", "is_same"),
    [
        ({"micro_batch": 2}, False),
        ({"num_devices": 2}, False),
        ({"bf16": False}, False),
        ({"strategy": "ddp"}, False),
        ({"vllm": "colocate"}, False),
        ({"device_memory_gib": 24.0}, True),
        ({"gradient_checkpointing": False}, True),
        ({"vllm_memory_share": 0.5}, True),
        ({"vllm_tensor_parallel": 2}, True),
        ({"vllm_server": "http://127.0.0.1:9"}, True),
    ],
)
def test_hardware_that_changes_the_weights_makes_another_run(
    changes, is_same, drawn_dataset, model, tmp_path
):
    def digest_with(**hardware):
        own = TREE["hardware"] | {"micro_batch": 1} | hardware
        tree = TREE | GRPO | {"hardware": own}
        return run_digest(TrainConfig.model_validate(tree), drawn_dataset, model, tmp_path)

    assert (digest_with(**changes) == digest_with()) is is_same

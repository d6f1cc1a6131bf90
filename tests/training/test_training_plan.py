"""Training configurations as TRL's arguments, and what a run will take."""

from pathlib import Path

import pytest

from schemas.completion.families import FamilyName
from schemas.config.training import load_train_config
from training.arguments import grpo_arguments, sft_arguments, without
from training.estimate import check_fit, count_weights, estimate, shape_of
from training.families.qwen2_5_vl import FAMILY as QWEN2_5_VL
from training.families.table import FAMILIES, family_of

CONFIGS = sorted((Path(__file__).parents[2] / "configs" / "train").glob("*.toml"))
PAPER = Path(__file__).parents[2] / "configs" / "train" / "spatialthinker-7b.toml"
RUN = Path("run")


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_shipped_configurations_are_valid_named_after_their_file_and_fit(path):
    config = load_train_config(path)
    assert config.name == path.stem
    assert config.model.name == "tiny" or family_of(config.model.name) is config.data.family
    shape = shape_of(config.model.name)
    assert shape
    check_fit(estimate(config, shape))


@pytest.mark.parametrize(("num_processes", "accumulation"), [(4, 64), (8, 32), (1, 256)])
def test_the_papers_values_become_trls(num_processes, accumulation):
    config = load_train_config(PAPER)
    found = grpo_arguments(config, RUN, num_processes=num_processes, has_gpu=True)
    assert {
        "generation_batch_size": 4096,
        "num_generations": 8,
        "num_iterations": 1,
        "per_device_train_batch_size": 4,
        "gradient_accumulation_steps": accumulation,
        "max_steps": 300,
        "save_steps": 20,
        "learning_rate": 1e-6,
        "lr_scheduler_type": "constant",
        "warmup_steps": 0,
        "weight_decay": 1e-2,
        "max_grad_norm": 1.0,
        "beta": 1e-2,
        "use_bias_correction_kl": False,
        "epsilon": 0.2,
        "epsilon_high": 0.3,
        "delta": 3.0,
        "loss_type": "bnpo",
        "scale_rewards": "group",
        "temperature": 1.0,
        "top_p": 1.0,
        "top_k": 0,
        "max_completion_length": 2048,
        "mask_truncated_completions": False,
        "bf16": True,
        "gradient_checkpointing": True,
        "use_vllm": True,
        "vllm_mode": "colocate",
        "vllm_max_model_length": 8192,
        "vllm_importance_sampling_correction": False,
    }.items() <= found.items()


@pytest.mark.long
def test_trl_takes_the_arguments(tmp_path):
    pytest.importorskip("torch")
    from trl import GRPOConfig, SFTConfig

    for path in CONFIGS:
        config = load_train_config(path)
        if config.grpo:
            arguments = grpo_arguments(config, tmp_path, num_processes=1, has_gpu=False)
            made = GRPOConfig(**arguments | {"report_to": "none"})
            per_update = config.grpo.update_prompts * config.grpo.num_generations
            assert made.steps_per_generation == (
                made.generation_batch_size // made.per_device_train_batch_size
            )
            assert made.per_device_train_batch_size * made.gradient_accumulation_steps == per_update
        else:
            arguments = sft_arguments(
                config, tmp_path, num_processes=1, has_gpu=False, num_samples=6895
            )
            assert SFTConfig(**arguments | {"report_to": "none"}).max_steps == 646


def test_a_cpu_is_not_asked_for_what_only_a_gpu_does():
    found = grpo_arguments(load_train_config(PAPER), RUN, num_processes=1, has_gpu=False)
    assert found["use_cpu"] and not found["bf16"] and not found["gradient_checkpointing"]


@pytest.mark.parametrize(
    ("settings", "gib"),
    [
        # 16 bytes a weight over four, a reference of 2, and what the micro-batch takes.
        ([], 72.5),
        (["grpo.beta=0.0"], 68.7),
        (["hardware.num_devices=8"], 55.2),
        (["hardware.vllm=off"], 48.5),
    ],
)
def test_memory_of_the_7b_run(settings, gib):
    found = estimate(load_train_config(PAPER, tuple(settings)), QWEN2_5_VL.shapes["7b"])
    assert found.total_gib == pytest.approx(gib, abs=0.1)


@pytest.mark.parametrize(
    ("name", "gib"),
    [("qwen3-vl-2b", 44.1), ("qwen3-vl-8b", 77.4), ("qwen3.5-4b", 58.6)],
)
def test_memory_of_newer_families(name, gib):
    config = load_train_config(PAPER.with_name(f"{name}.toml"))
    shape = shape_of(config.model.name)
    assert shape
    found = estimate(config, shape)
    assert found.total_gib == pytest.approx(gib, abs=0.1)
    assert found.hours is None


def test_completions_hold_no_token_that_stands_for_a_picture():
    """Each way of generating has its own argument for it."""
    hardware = load_train_config(PAPER).hardware
    made = without(["<|image_pad|>"], [7], hardware.model_copy(update={"vllm": "off"}))
    assert made == {"generation_kwargs": {"suppress_tokens": [7]}}
    for vllm in ("colocate", "server"):
        made = without(["<|image_pad|>"], [7], hardware.model_copy(update={"vllm": vllm}))
        assert made == {"generation_kwargs": {"bad_words": ["<|image_pad|>"]}}


def test_hours_are_the_papers_on_its_hardware_and_scale():
    def hours(*settings: str) -> float | None:
        return estimate(load_train_config(PAPER, settings), QWEN2_5_VL.shapes["7b"]).hours

    assert hours() == pytest.approx(15.0)
    assert hours("hardware.num_devices=8") == pytest.approx(7.5)
    assert hours("grpo.num_rollouts=150") == pytest.approx(30.0)


def test_what_cannot_fit_says_what_takes_most():
    config = load_train_config(PAPER, ("hardware.num_devices=1",))
    with pytest.raises(ValueError, match="most of it: weights, gradients, optimizer, 124 GiB"):
        check_fit(estimate(config, QWEN2_5_VL.shapes["7b"]))


@pytest.mark.parametrize(
    ("name", "family", "size"),
    [
        ("Qwen/Qwen2.5-VL-7B-Instruct", "qwen2.5-vl", "7b"),
        ("hunarbatra/SpatialThinker-3B", "qwen2.5-vl", "3b"),
        ("Qwen/Qwen3-VL-4B-Instruct", "qwen3-vl", "4b"),
        ("Qwen/Qwen3.5-9B", "qwen3.5", "9b"),
        ("google/gemma-3-4b-it", "gemma-3", "4b"),
        ("Qwen/Qwen3-VL-7B", None, None),
        ("someone/else", None, None),
    ],
)
def test_shapes_are_told_by_names(name, family, size):
    assert shape_of(name) == (FAMILIES[FamilyName(family)].shapes[size] if family else None)


@pytest.mark.long
def test_the_shape_of_a_folder_is_counted(tmp_path):
    pytest.importorskip("torch")
    from training.tiny import make_tiny

    folder = make_tiny(tmp_path / "tiny", FamilyName.QWEN2_5_VL)
    assert count_weights(folder / "model.safetensors") == 392_000
    shape = shape_of(str(folder))
    assert shape and (shape.layers, shape.width, shape.vocabulary) == (2, 64, 600)


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 4998\n"


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("config.json", b'{"model_type": "qwen2', "config.json is no JSON object: get the model"),
        ("config.json", b"[]", "config.json is no JSON object: get the model"),
        ("model.safetensors", POINTER, "is no whole safetensors file: get it again"),
        ("model.safetensors", b"", "is no whole safetensors file: get it again"),
        ("model.safetensors", b"\x04\0\0\0\0\0\0\0{{{{-", "is no whole safetensors file: get it"),
    ],
)
def test_a_damaged_file_of_a_model_is_named(tmp_path, name, data, told):
    (tmp_path / "config.json").write_text('{"model_type": "qwen2_5_vl"}', encoding="utf-8")
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match=told) as error:
        shape_of(str(tmp_path))
    assert str(tmp_path / name) in str(error.value)


def test_a_folder_that_does_not_tell_has_no_shape(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "qwen2_5_vl"}', encoding="utf-8")
    assert shape_of(str(tmp_path)) is None


@pytest.mark.parametrize(
    "address", ["many", "", "localhost:8000", "https://", "http://:8000", "file:///tmp/x"]
)
def test_a_server_of_vllm_has_an_address(address):
    with pytest.raises(ValueError, match=r"hardware\.vllm_server: "):
        load_train_config(PAPER, (f"hardware.vllm_server={address}",))


@pytest.mark.parametrize("address", ["HTTP://HOST:8000", "https://[::1]:8000/", "http://a-1.b"])
def test_an_address_may_be_written_in_any_case(address):
    config = load_train_config(PAPER, (f"hardware.vllm_server={address}",))
    assert config.hardware.vllm_server == address


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (("hardware.num_devices=3",), "an update of 1024 sequences cannot be cut into passes of 3"),
        (("hardware.num_devices=6",), "cannot be cut into passes of 6 x 4: choose another"),
        (("hardware.micro_batch=3",), "hardware.micro_batch or hardware.num_devices"),
        (("grpo.update_prompts=1", "grpo.rollout_prompts=8"), "passes of 4 x 4"),
    ],
)
def test_devices_that_cannot_share_an_update_are_refused_before_anything_starts(settings, told):
    with pytest.raises(ValueError, match=told):
        load_train_config(PAPER, settings)

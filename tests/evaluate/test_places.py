"""A model that is named on the command line: what it is called, and that it is asked itself."""

from pathlib import Path

import pytest

from schemas.config.evaluation import EvaluateConfig
from schemas.replacing import PARTIAL
from tasks.evaluate.places import evaluating
from tests.evaluate.test_evaluate import THREE, TINY, tree_of
from training.model import place_of_model, trained_model

CONFIG = '{"model_type": "qwen2_5_vl"}'


def model_folder(place: Path, *files: str) -> Path:
    place.mkdir(parents=True)
    for name in ("config.json", *files):
        (place / name).write_text(CONFIG)
    return place


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("OX-PIXL/SpatialThinker-7B", "SpatialThinker-7B"),
        ("tiny", "tiny"),
        ("models/mine/0123abcd", "mine"),
        ("models/Qwen2.5-VL/", "Qwen2.5-VL"),
        ("models/my model (new)", "my-model-new"),
        ("models/模型", "model"),
        ("models/Qwen2.5-VL/.", "Qwen2.5-VL"),
        ("mine", "mine"),
        ("mine/0123abcd", "mine"),
    ],
)
def test_a_model_is_called_after_its_folder(model, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model_folder(Path("models", "mine", "0123abcd"), "training.json")
    for other in ("Qwen2.5-VL", "my model (new)", "模型"):
        model_folder(Path("models", other))
    config = EvaluateConfig.model_validate(tree_of(models=[TINY], benchmarks=THREE[:1]))
    assert evaluating(config, model, Path()).models[0].name == name


@pytest.mark.parametrize("model", ["/nowhere/model", "models/mine/checkpoint-5", "~/no/model"])
def test_a_path_at_which_nothing_is_is_no_model_of_the_hub(model, tmp_path):
    config = EvaluateConfig.model_validate(tree_of(models=[TINY], benchmarks=THREE[:1]))
    with pytest.raises(ValueError, match=f"no model {model}: neither a folder, nor trained here"):
        evaluating(config, model, tmp_path)


def test_a_trained_model_is_one_that_is_whole_below_models(tmp_path):
    whole = model_folder(tmp_path / "models/mine/0123abcd")
    model_folder(tmp_path / f"models/mine/4567{PARTIAL}1-{'0' * 8}-2")
    model_folder(tmp_path / "runs/mine")
    assert place_of_model("mine", tmp_path) == trained_model("mine/0123abcd", tmp_path) == whole
    for name in ("../runs/mine", "../runs", "mine/..", str(whole), "mine/0123abcd/0", "*", "other"):
        assert trained_model(name, tmp_path) is None


def test_a_model_in_place_of_files_with_replies_is_asked_itself(tmp_path):
    files = {"name": "theirs", "files": {"mmvp": "replies.xlsx"}}
    config = EvaluateConfig.model_validate(tree_of(models=[files, TINY], benchmarks=THREE[:1]))
    folder = model_folder(tmp_path / "Qwen2.5-VL")
    (model,) = evaluating(config, str(folder), tmp_path).models
    assert (model.name, model.files, model.chat) == ("Qwen2.5-VL", None, None)
    assert model.local and model.local.model == str(folder)
    # Every rule of a configuration holds of it, too.
    assert type(model).model_validate(model.model_dump(exclude={"files"})) == model

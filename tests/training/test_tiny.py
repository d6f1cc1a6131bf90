"""The tiny models and their processors; tests.training.test_families has what a suite must know."""

import os
import shutil
import subprocess
import sys

import pytest

pytest.importorskip("torch")

from PIL import Image

from schemas.completion.families import SIGHTS, FamilyName
from schemas.completion.publish import TEMPLATE
from tests.trainings import digest_of_files
from training.families.table import FAMILIES
from training.model import resolve_model
from training.processor import load_processor
from training.tiny import make_tiny

pytestmark = pytest.mark.long

PIXELS = {"min_pixels": 32 * 32 * 4, "max_pixels": 32 * 32 * 100}


@pytest.fixture(scope="module", params=list(FamilyName))
def family(request):
    return request.param


@pytest.fixture(scope="module")
def tiny(family, tmp_path_factory):
    return make_tiny(tmp_path_factory.mktemp("tiny") / "model", family)


def test_one_seed_gives_the_same_bytes_and_another_one_others(tiny, family, tmp_path):
    assert digest_of_files(make_tiny(tmp_path / "again", family)) == digest_of_files(tiny)
    other = make_tiny(tmp_path / "other", family, seed=1)
    assert digest_of_files(other) != digest_of_files(tiny)
    assert make_tiny(tiny, family) == tiny
    assert not list(tiny.parent.glob("*.partial*"))


@pytest.mark.parametrize(
    "text",
    ["<scene>{}</scene>", "dog.1 is left of cat.2", "ünïcode 汉字 🙂", "\x00\n\r\n\t ", TEMPLATE],
)
def test_any_text_can_be_written_and_tags_are_text(tiny, family, text):
    tokenizer = load_processor(tiny, family, **PIXELS).tokenizer
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert tokenizer.decode(ids, skip_special_tokens=True) == text
    special = list(FAMILIES[family].special.tokens)
    assert not set(ids) & set(tokenizer.convert_tokens_to_ids(special))


@pytest.mark.parametrize("size", [(64, 64), (140, 112), (400, 300), (30, 500), (1000, 800)])
def test_the_processor_resizes_as_our_frames_do(tiny, family, size):
    images = load_processor(tiny, family, **PIXELS).image_processor
    made = images(images=[Image.new("RGB", size)], return_tensors="pt")
    width, height = SIGHTS[family].seen_size(size, **PIXELS)
    if family is FamilyName.GEMMA_3:
        assert made["pixel_values"].shape == (1, 3, height, width)
    else:
        patch = SIGHTS[family].factor // 2
        assert made["image_grid_thw"].tolist() == [[1, height // patch, width // patch]]


def test_a_folder_without_a_processor_is_told_in_one_line(tmp_path, family):
    with pytest.raises(ValueError, match=f"no processor at {tmp_path}: ") as error:
        load_processor(tmp_path, family, **PIXELS)
    assert "\n" not in str(error.value)


def test_without_a_network_a_model_of_the_hub_is_told_to_be_fetched(tmp_path):
    code = "from training.processor import load_processor; load_processor('nobody/no-such-model')"
    home = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | home, capture_output=True, text=True
    )
    assert done.stderr.splitlines()[-1].endswith(
        ": name a folder that holds the model, or fetch it where there is a network "
        "(hf download nobody/no-such-model)"
    )


def test_a_model_without_its_tokenizer_is_refused(tmp_path, tiny, family):
    """transformers would go on with an empty one."""
    folder = tmp_path / "model"
    shutil.copytree(tiny, folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    with pytest.raises(ValueError, match=f"the tokenizer at {folder} knows no token for a picture"):
        load_processor(folder, family, **PIXELS)


def test_models_are_found_by_name(tmp_path, tiny, family):
    made = resolve_model("tiny", tmp_path, family)
    assert made == resolve_model("tiny", tmp_path, family)
    assert digest_of_files(made) == digest_of_files(tiny)
    assert resolve_model(str(tiny), tmp_path, family) == tiny
    assert resolve_model("someone/else", tmp_path, family) == "someone/else"
    trained = tmp_path / "models" / "mine" / "0123"
    trained.mkdir(parents=True)
    with pytest.raises(ValueError, match="no model mine: neither a folder, nor trained here"):
        resolve_model("mine", tmp_path, family)
    with pytest.raises(ValueError, match=r"holds no model: it has no config\.json"):
        resolve_model(str(trained), tmp_path, family)
    (trained / "config.json").write_text("{}")
    assert resolve_model("mine", tmp_path, family) == trained
    assert resolve_model("mine/0123", tmp_path, family) == trained
    for name in ("mine/0123/4", "/nowhere/model", "../no", "~/no/model", "my models/one"):
        with pytest.raises(ValueError, match=f"no model {name}: neither a folder, nor trained"):
            resolve_model(name, tmp_path, family)

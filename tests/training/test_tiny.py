"""The tiny model and its processor."""

import pytest

pytest.importorskip("torch")

import torch
from PIL import Image
from transformers import Qwen2_5_VLForConditionalGeneration

from schemas.completion.frames import smart_resize
from schemas.completion.publish import TEMPLATE
from tests.trainings import digest_of_files
from training.model import resolve_model
from training.processor import load_processor, num_text_tokens
from training.tiny import SPECIAL, make_tiny

pytestmark = pytest.mark.long

PIXELS = {"min_pixels": 28 * 28 * 4, "max_pixels": 28 * 28 * 100}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return make_tiny(tmp_path_factory.mktemp("tiny") / "model")


def test_one_seed_gives_the_same_bytes_and_another_one_others(tiny, tmp_path):
    assert digest_of_files(make_tiny(tmp_path / "again")) == digest_of_files(tiny)
    assert digest_of_files(make_tiny(tmp_path / "other", seed=1)) != digest_of_files(tiny)
    assert make_tiny(tiny) == tiny
    assert not list(tiny.parent.glob("*.partial*"))


@pytest.mark.parametrize(
    "text",
    ["<scene>{}</scene>", "dog.1 is left of cat.2", "ünïcode 汉字 🙂", "\x00\n\r\n\t ", TEMPLATE],
)
def test_any_text_can_be_written_and_tags_are_text(tiny, text):
    tokenizer = load_processor(tiny, **PIXELS).tokenizer
    ids = tokenizer(text)["input_ids"]
    assert tokenizer.decode(ids, skip_special_tokens=True) == text
    assert not set(ids) & set(tokenizer.convert_tokens_to_ids(list(SPECIAL)))


@pytest.mark.parametrize("size", [(56, 56), (140, 112), (400, 300), (30, 500), (1000, 800)])
def test_the_processor_resizes_as_our_frames_do(tiny, size):
    processor = load_processor(tiny, **PIXELS)
    image = Image.new("RGB", size)
    grid = processor.image_processor(images=[image], return_tensors="pt")["image_grid_thw"][0]
    width, height = smart_resize(*size, **PIXELS)
    assert grid.tolist() == [1, height // 14, width // 14]


def inputs_of(processor, size=(140, 112), text="How many dogs?"):
    content = [{"type": "image"}, {"type": "text", "text": text}]
    talk = [{"role": "user", "content": content}]
    prompt = processor.apply_chat_template(talk, add_generation_prompt=True, tokenize=False)
    return processor(text=[prompt], images=[Image.new("RGB", size, "red")], return_tensors="pt")


def test_prompt_tokens_are_counted_as_the_processor_makes_them(tiny):
    processor = load_processor(tiny, **PIXELS)
    for text in ("How many dogs?", TEMPLATE):
        found = inputs_of(processor, text=text)["input_ids"].shape[1]
        assert num_text_tokens(processor)(text) + 5 * 4 == found


def test_it_looks_at_the_picture_and_writes(tiny):
    processor = load_processor(tiny, **PIXELS)
    model = Qwen2_5_VLForConditionalGeneration.from_pretrained(tiny)
    inputs = inputs_of(processor)
    with torch.no_grad():
        seen = model(**inputs).logits
        other = {**inputs, "pixel_values": inputs["pixel_values"] + 1}
        assert not torch.allclose(seen, model(**other).logits)
    written = model.generate(**inputs, max_new_tokens=4, do_sample=False)
    assert written.shape[1] <= inputs["input_ids"].shape[1] + 4


def test_a_folder_without_a_processor_is_told_in_one_line(tmp_path):
    with pytest.raises(ValueError, match=f"no processor at {tmp_path}: ") as error:
        load_processor(tmp_path, **PIXELS)
    assert "\n" not in str(error.value)


def test_models_are_found_by_name(tmp_path, tiny):
    made = resolve_model("tiny", tmp_path)
    assert made == resolve_model("tiny", tmp_path)
    assert digest_of_files(made) == digest_of_files(tiny)
    assert resolve_model(str(tiny), tmp_path) == tiny
    assert resolve_model("Qwen/Qwen2.5-VL-3B-Instruct", tmp_path) == "Qwen/Qwen2.5-VL-3B-Instruct"
    trained = tmp_path / "models" / "mine" / "0123"
    trained.mkdir(parents=True)
    with pytest.raises(ValueError, match="no model mine: neither a folder, nor trained here"):
        resolve_model("mine", tmp_path)
    with pytest.raises(ValueError, match=r"holds no model: it has no config\.json"):
        resolve_model(str(trained), tmp_path)
    (trained / "config.json").write_text("{}")
    assert resolve_model("mine", tmp_path) == trained

"""Families: what each model reads is what its data says, for the tiny model of each."""

import pytest

pytest.importorskip("torch")

import torch
from PIL import Image
from transformers import AutoModelForImageTextToText

from schemas.completion.families import FamilyName
from schemas.config.frame import FrameConfig
from tests.trainings import PIXELS
from training.families.qwen3_5 import FAMILY as QWEN3_5
from training.families.table import FAMILIES, family_of
from training.families.templates import own_template
from training.model import resolve_model
from training.processor import load_processor, num_text_tokens, placeholder_ids
from training.tiny import make_tiny

pytestmark = pytest.mark.long

DEMONSTRATION = (
    "<observe>A dog.</observe>\n<scene>{}</scene>\n<think>So.</think>\n<answer>B</answer>"
)


@pytest.fixture(scope="module", params=list(FamilyName))
def made(request, tmp_path_factory):
    """A family, the folder of its tiny model, its processor and its frame."""
    name = request.param
    folder = make_tiny(tmp_path_factory.mktemp(name) / "model", name)
    frame = FrameConfig(family=name, **PIXELS.get(name, {}))
    limits = {"min_pixels": frame.min_pixels, "max_pixels": frame.max_pixels}
    return FAMILIES[name], folder, load_processor(folder, name, **limits), frame


def talk_of(text, reply=None):
    content = [{"type": "image"}, {"type": "text", "text": text}]
    talk = [{"role": "user", "content": content}]
    return talk if reply is None else [*talk, {"role": "assistant", "content": reply}]


def inputs_of(processor, image, text="How many dogs?"):
    prompt = processor.apply_chat_template(
        talk_of(text), add_generation_prompt=True, tokenize=False
    )
    # As TRL calls it.
    return processor(text=[prompt], images=[image], padding=True, return_tensors="pt")


def test_the_model_reads_the_picture_as_its_family_says(made):
    """As many tokens as the frame counts, another answer for another picture, and no token that
    stands for a picture among those that it writes."""
    family, folder, processor, frame = made
    image = Image.new("RGB", frame.shown_size((150, 110)), "red")
    inputs = inputs_of(processor, image)
    (ids,) = inputs["input_ids"].tolist()
    model = AutoModelForImageTextToText.from_pretrained(folder)
    num_tokens = frame.sight.num_tokens(frame.seen_size((150, 110)))
    assert ids.count(model.config.image_token_id) == num_tokens
    assert num_text_tokens(processor)("How many dogs?") + num_tokens == len(ids)
    assert ids.count(processor.tokenizer.bos_token_id) == bool(family.special.bos)
    other = inputs_of(processor, Image.new("RGB", image.size, "blue"))
    banned = placeholder_ids(processor, family)
    with torch.no_grad():
        assert not torch.allclose(model(**inputs).logits, model(**other).logits)
        # Left alone, it would write one next.
        head = model.get_output_embeddings()
        head.bias = torch.nn.Parameter(torch.zeros(head.out_features))
        head.bias[banned] = 1e4
        free = model.generate(**inputs, max_new_tokens=1, do_sample=False)
        kept = model.generate(**inputs, max_new_tokens=2, do_sample=False, suppress_tokens=banned)
    assert free[0, -1] in banned
    assert len(banned) == len(family.placeholders)
    assert not set(kept[0, len(ids) :].tolist()) & set(banned)


def test_a_completion_is_taught_as_it_is_written(made):
    """Each template begins a reply as the prompt ends, and changes nothing in it."""
    family, _, processor, _ = made
    prompt = processor.apply_chat_template(
        talk_of("Where?"), add_generation_prompt=True, tokenize=False
    )
    whole = processor.apply_chat_template(talk_of("Where?", DEMONSTRATION), tokenize=False)
    assert whole.startswith(f"{prompt}{DEMONSTRATION}{family.special.end}")


def test_the_prompt_of_qwen3_5_is_that_of_its_own_template():
    """Ours differs for replies alone: the own one drops what stands before a thought."""
    from training.tiny import make_tokenizer

    tokenizer = make_tokenizer(QWEN3_5)
    talk = talk_of("Where is <the> dog?")

    def rendered(talk, **options):
        return tokenizer.apply_chat_template(talk, tokenize=False, **options)

    ours = rendered(talk, add_generation_prompt=True)
    for name in ("qwen3_5_think", "qwen3_5_nothink"):
        tokenizer.chat_template = own_template(name)
        options = {"add_generation_prompt": True, "enable_thinking": False}
        assert rendered(talk, **options) == ours
        assert "<scene>" not in rendered(talk_of("Where?", DEMONSTRATION))


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("Qwen/Qwen2.5-VL-7B-Instruct", "qwen2.5-vl"),
        ("hunarbatra/SpatialThinker-3B", "qwen2.5-vl"),
        ("Qwen/Qwen3-VL-4B-Instruct", "qwen3-vl"),
        ("Qwen/Qwen3.5-4B", "qwen3.5"),
        ("google/gemma-3-4b-it", "gemma-3"),
        ("someone/else", None),
    ],
)
def test_a_hub_id_tells_its_family(model, family):
    assert family_of(model) == family


def test_a_model_of_another_family_is_refused(made, tmp_path):
    family, folder, _, _ = made
    assert family_of(folder) is family.name
    other = next(name for name in FamilyName if name is not family.name)
    told = rf'is of the family {family.name}, and family is {other}: set family = "{family.name}"'
    with pytest.raises(ValueError, match=told):
        resolve_model(str(folder), tmp_path, other)
    told = f"no processor at {folder}: its architecture is {family.model_type}, and that of"
    with pytest.raises(ValueError, match=told):
        load_processor(folder, other)

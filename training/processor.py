"""Processor: how text and images become what a model reads, in the way of its family."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from PIL import Image
from transformers import AutoProcessor, AutoTokenizer, PreTrainedConfig

from schemas.completion.families import FamilyName
from schemas.completion.frames import MAX_PIXELS, MIN_PIXELS
from schemas.model_folder import why_not_loaded
from training.families.family import Family
from training.families.table import FAMILIES


def load_processor(
    path: str | Path,
    family: FamilyName = FamilyName.QWEN2_5_VL,
    *,
    min_pixels: int = MIN_PIXELS,
    max_pixels: int = MAX_PIXELS,
    revision: str | None = None,
) -> Any:
    """The processor of a folder or Hub id, which resizes images as the family does (Qwen's: into
    that range of pixels), and pads on the left. ValueError, in one line, where it cannot be loaded
    or the model is of another family."""
    kind = FAMILIES[family]
    try:
        check_architecture(path, kind, revision)
        tokenizer = AutoTokenizer.from_pretrained(path, revision=revision, padding_side="left")
        images = kind.images(path, min_pixels=min_pixels, max_pixels=max_pixels, revision=revision)
    except (OSError, ValueError, KeyError) as error:
        reason = why_not_loaded(error, path, revision)
        raise ValueError(f"no processor at {path}: {reason}") from None
    if not tokenizer.get_vocab().keys() & {*kind.placeholders}:
        # Where a folder has no tokenizer, transformers makes an empty one without an error.
        raise ValueError(
            f"the tokenizer at {path} knows no token for a picture: copy the model's "
            "tokenizer.json and tokenizer_config.json into the folder"
        )
    if kind.template:
        tokenizer.chat_template = kind.template()
    if tokenizer.chat_template is None:
        raise ValueError(f"the model {path} has no chat template: use one that was made for chats")
    if kind.reads_videos and find_spec("torchvision"):
        processor = AutoProcessor.from_pretrained(path, revision=revision)
        processor.image_processor, processor.tokenizer = images, tokenizer
        processor.chat_template = tokenizer.chat_template
        return processor
    return kind.processor(tokenizer, images)


def check_architecture(path: str | Path, family: Family, revision: str | None) -> None:
    """ValueError where the model is not of the family. Before it is loaded, only a folder and some
    Hub ids tell (training.families.table)."""
    config, _ = PreTrainedConfig.get_config_dict(path, revision=revision)
    found = config.get("model_type")
    if found != family.model_type:
        raise ValueError(
            f"its architecture is {found}, and that of {family.title} is {family.model_type}: set "
            "the family of the model"
        )


def placeholder_ids(processor: Any, family: Family) -> list[int]:
    """Ids of the tokens that stand for pictures and videos, which a model must never write."""
    vocabulary = processor.tokenizer.get_vocab()
    return [vocabulary[token] for token in family.placeholders if token in vocabulary]


def num_text_tokens(processor: Any) -> Callable[[str], int]:
    """Counts the tokens of a conversation with this text and one image, special tokens included,
    but those that stand for the image's content."""
    content = [{"type": "image"}, {"type": "text", "text": ""}]
    talk = [{"role": "user", "content": content}]
    frame = processor.apply_chat_template(talk, add_generation_prompt=True, tokenize=False)
    whole = processor(text=[frame], images=[Image.new("RGB", (64, 64))])
    (kinds,) = whole.get("mm_token_type_ids") or whole["token_type_ids"]
    num_marks = sum(not kind for kind in kinds)

    def count(text: str) -> int:
        return len(processor.tokenizer(text, add_special_tokens=False)["input_ids"]) + num_marks

    return count

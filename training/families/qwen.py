"""What the Qwen families share: special tokens, image processor, the modules that are trained."""

from functools import partial
from pathlib import Path
from typing import Any

from training.families.family import Family, Special

IMAGE, VIDEO = "<|image_pad|>", "<|video_pad|>"
VISION_START, VISION_END, VISION_PAD = "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>"
END, PAD = "<|im_end|>", "<|endoftext|>"
PLACEHOLDERS = (VISION_START, VISION_END, VISION_PAD, IMAGE, VIDEO)
SPECIAL = Special((PAD, "<|im_start|>", END, *PLACEHOLDERS), end=END, pad=PAD)
ATTENTION = r".*language_model.*(q|k|v|o)_proj"
"""Attention's projections, without those of the vision tower."""
VISION = ("visual",)  # the tower, its merger included

TINY_TEXT = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 32_768,
}
"""Of the text model of a tiny model, what all families share."""
TINY_ROPE = {"rope_type": "default", "rope_theta": 10_000.0}
TINY_VISION = {
    "depth": 2,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_heads": 4,
    "out_hidden_size": 64,
}
"""Of its vision tower."""


def image_processor(path: str | Path, *, min_pixels: int, max_pixels: int, **kwargs: Any) -> Any:
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    size = {"shortest_edge": min_pixels, "longest_edge": max_pixels}
    return Qwen2VLImageProcessorPil.from_pretrained(path, size=size, **kwargs)


def new_image_processor(patch_size: int) -> Any:
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    return Qwen2VLImageProcessorPil(patch_size=patch_size, merge_size=2)


def special_ids(tokenizer: Any) -> dict[str, int]:
    """Arguments of a configuration: ids of special tokens."""
    tokens = {
        "image": IMAGE,
        "video": VIDEO,
        "vision_start": VISION_START,
        "vision_end": VISION_END,
        "bos": PAD,
        "eos": END,
        "pad": PAD,
    }
    ids = {name: tokenizer.convert_tokens_to_ids(token) for name, token in tokens.items()}
    return {f"{name}_token_id": number for name, number in ids.items()}


def text_ids(tokenizer: Any) -> dict[str, int]:
    """Arguments of the configuration of the text model."""
    known = special_ids(tokenizer)
    names = ("bos_token_id", "eos_token_id", "pad_token_id")
    return {"vocab_size": len(tokenizer)} | {name: known[name] for name in names}


qwen_family = partial(
    Family,
    special=SPECIAL,
    placeholders=PLACEHOLDERS,
    vision=VISION,
    images=image_processor,
    reads_videos=True,
)
"""A family, without what sets one Qwen family apart from another."""

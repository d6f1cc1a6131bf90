"""What the Qwen families share: special tokens, image processor, the modules that are trained."""

from pathlib import Path
from typing import Any

from training.families.family import Special

IMAGE, VIDEO = "<|image_pad|>", "<|video_pad|>"
VISION_START, VISION_END, VISION_PAD = "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>"
END, PAD = "<|im_end|>", "<|endoftext|>"
PLACEHOLDERS = (VISION_START, VISION_END, VISION_PAD, IMAGE, VIDEO)
SPECIAL = Special((PAD, "<|im_start|>", END, *PLACEHOLDERS), end=END, pad=PAD)
ATTENTION = r".*language_model.*(q|k|v|o)_proj"
"""Attention's projections, without those of the vision tower."""
VISION = ("visual",)  # the tower, its merger included


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

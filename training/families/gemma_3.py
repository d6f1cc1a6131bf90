"""Gemma 3: every image as one square of 896 pixels and 256 tokens, which see each other in both
directions."""

import re
from functools import partial
from pathlib import Path
from typing import Any

from schemas.completion.families import SIGHTS, FamilyName
from training.families.family import Family, Shape, Special, Tiny
from training.families.templates import own_template

IMAGE_START, IMAGE_END, IMAGE = "<start_of_image>", "<end_of_image>", "<image_soft_token>"
PLACEHOLDERS = (IMAGE_START, IMAGE_END, IMAGE)
PAD, BOS, END = "<pad>", "<bos>", "<end_of_turn>"
SPECIAL = Special(
    tokens=(PAD, "<eos>", BOS, "<start_of_turn>", END, *PLACEHOLDERS),
    end=END,
    pad=PAD,
    bos=BOS,
    named={"boi_token": IMAGE_START, "eoi_token": IMAGE_END, "image_token": IMAGE},
)
SIGHT = SIGHTS[FamilyName.GEMMA_3]


def image_processor(path: str | Path, *, min_pixels: int, max_pixels: int, **kwargs: Any) -> Any:
    """The range of pixels changes nothing: the size is part of the model."""
    from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil

    return Gemma3ImageProcessorPil.from_pretrained(path, **kwargs)


def processor(tokenizer: Any, images: Any) -> Any:
    from training.families.gemma_processor import Gemma3Processor

    return Gemma3Processor(images, tokenizer, chat_template=tokenizer.chat_template)


def tiny_images() -> Any:
    from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil

    return Gemma3ImageProcessorPil(size={"height": SIGHT.side, "width": SIGHT.side})


def start(model: Any) -> None:
    """The architecture starts with a projection of zeros, through which no image is seen."""
    from torch.nn.init import normal_

    projection = model.model.multi_modal_projector.mm_input_projection_weight
    normal_(projection, std=projection.shape[0] ** -0.5)


def tiny_config(tokenizer: Any) -> Any:
    """With patches of the size of a token: 256 of them instead of 4,096."""
    from transformers import Gemma3Config

    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in SPECIAL.tokens}
    known = {"bos_token_id": ids[BOS], "eos_token_id": ids[END], "pad_token_id": ids[PAD]}
    assert SIGHT.side
    return Gemma3Config(
        text_config={
            "vocab_size": len(tokenizer),
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 16,
            "query_pre_attn_scalar": 16,
            "sliding_window": 512,
            "layer_types": ["sliding_attention", "full_attention"],
            "max_position_embeddings": 32_768,
            **known,
        },
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": SIGHT.side,
            "patch_size": SIGHT.factor,
        },
        mm_tokens_per_image=SIGHT.num_tokens((SIGHT.side, SIGHT.side)),
        boi_token_index=ids[IMAGE_START],
        eoi_token_index=ids[IMAGE_END],
        image_token_index=ids[IMAGE],
        **known,
    )


FAMILY = Family(
    name=FamilyName.GEMMA_3,
    title="Gemma 3",
    model_type="gemma3",
    size_in=re.compile(r"(?i)gemma-3-(4b)"),
    # Weights counted in a model of this shape (transformers 5.17, without their values).
    shapes={"4b": Shape(4.315e9, 34, 2560, 262_208)},
    special=SPECIAL,
    placeholders=PLACEHOLDERS,
    lora_targets=r".*language_model.*(q|k|v|o)_proj",
    vision=("vision_tower", "multi_modal_projector"),
    images=image_processor,
    processor=processor,
    tiny=Tiny(tiny_config, tiny_images, partial(own_template, "gemma3"), start),
)

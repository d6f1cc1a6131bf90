"""Qwen2.5-VL: the family of the paper."""

import re
from functools import partial
from typing import Any

from schemas.completion.families import FamilyName
from training.families import qwen
from training.families.family import Family, Shape, Tiny
from training.families.templates import own_template


def processor(tokenizer: Any, images: Any) -> Any:
    from training.families.qwen_processors import Qwen2_5_VLProcessor

    return Qwen2_5_VLProcessor(images, tokenizer, chat_template=tokenizer.chat_template)


def tiny_config(tokenizer: Any, *, width: int = 64, depth: int = 2, patch_size: int = 14) -> Any:
    """`depth` layers of `width`, four heads each; the vision tower has two layers."""
    from transformers import Qwen2_5_VLConfig

    num_heads = 4
    half = width // num_heads // 2
    return Qwen2_5_VLConfig(
        text_config={
            "hidden_size": width,
            "intermediate_size": 2 * width,
            "num_hidden_layers": depth,
            "num_attention_heads": num_heads,
            "num_key_value_heads": num_heads // 2,
            "max_position_embeddings": 32_768,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 10_000.0,
                # Time, height and width share the half of a head between them.
                "mrope_section": [half - 2 * (half // 3), half // 3, half // 3],
            },
            **qwen.text_ids(tokenizer),
        },
        vision_config={
            "depth": 2,
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_heads": 4,
            "patch_size": patch_size,
            "window_size": 8 * patch_size,
            "out_hidden_size": width,
            "fullatt_block_indexes": [1],
        },
        tie_word_embeddings=False,
        **qwen.special_ids(tokenizer),
    )


FAMILY = Family(
    name=FamilyName.QWEN2_5_VL,
    title="Qwen2.5-VL",
    model_type="qwen2_5_vl",
    size_in=re.compile(r"(?i)(?:qwen2\.5-vl|spatialthinker)-(3b|7b)"),
    shapes={
        "3b": Shape(3.755e9, 36, 2048, 151_936, 13.0),
        "7b": Shape(8.292e9, 28, 3584, 152_064, 15.0),
    },
    special=qwen.SPECIAL,
    placeholders=qwen.PLACEHOLDERS,
    lora_targets=qwen.ATTENTION,
    vision=qwen.VISION,
    images=qwen.image_processor,
    processor=processor,
    reads_videos=True,
    tiny=Tiny(
        tiny_config, partial(qwen.new_image_processor, 14), partial(own_template, "qwen2_5_vl")
    ),
)

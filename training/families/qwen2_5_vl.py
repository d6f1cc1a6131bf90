"""Qwen2.5-VL: the family of the paper."""

import re
from functools import partial
from typing import Any

from schemas.completion.families import FamilyName
from training.families import qwen
from training.families.family import Shape, Tiny
from training.families.templates import own_template


def processor(tokenizer: Any, images: Any) -> Any:
    from training.families.qwen_processors import Qwen2_5_VLProcessor

    return Qwen2_5_VLProcessor(images, tokenizer, chat_template=tokenizer.chat_template)


def tiny_config(tokenizer: Any) -> Any:
    from transformers import Qwen2_5_VLConfig

    return Qwen2_5_VLConfig(
        text_config={
            **qwen.TINY_TEXT,
            "rope_parameters": {
                **qwen.TINY_ROPE,
                # Time, height and width share the half of a head between them.
                "mrope_section": [4, 2, 2],
            },
            **qwen.text_ids(tokenizer),
        },
        vision_config={
            **qwen.TINY_VISION,
            "patch_size": 14,
            "window_size": 112,
            "fullatt_block_indexes": [1],
        },
        tie_word_embeddings=False,
        **qwen.special_ids(tokenizer),
    )


FAMILY = qwen.qwen_family(
    name=FamilyName.QWEN2_5_VL,
    title="Qwen2.5-VL",
    model_type="qwen2_5_vl",
    size_in=re.compile(r"(?i)(?:qwen2\.5-vl|spatialthinker)-(3b|7b)"),
    shapes={
        "3b": Shape(3.755e9, 36, 2048, 151_936, 13.0),
        "7b": Shape(8.292e9, 28, 3584, 152_064, 15.0),
    },
    lora_targets=qwen.ATTENTION,
    processor=processor,
    tiny=Tiny(
        tiny_config, partial(qwen.new_image_processor, 14), partial(own_template, "qwen2_5_vl")
    ),
)

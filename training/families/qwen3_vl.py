"""Qwen3-VL: boxes in thousandths, patches of 16 pixels, features of several layers of the vision
tower."""

import re
from functools import partial
from typing import Any

from schemas.completion.families import FamilyName
from training.families import qwen
from training.families.family import Shape, Tiny
from training.families.templates import own_template


def processor(tokenizer: Any, images: Any) -> Any:
    from training.families.qwen_processors import Qwen3VLProcessor

    return Qwen3VLProcessor(images, tokenizer, chat_template=tokenizer.chat_template)


def tiny_config(tokenizer: Any) -> Any:
    from transformers import Qwen3VLConfig

    return Qwen3VLConfig(
        text_config={
            **qwen.TINY_TEXT,
            "head_dim": 16,
            "rope_parameters": {
                **qwen.TINY_ROPE,
                "mrope_section": [4, 2, 2],
                "mrope_interleaved": True,
            },
            **qwen.text_ids(tokenizer),
        },
        vision_config={
            **qwen.TINY_VISION,
            "patch_size": 16,
            "num_position_embeddings": 256,
            "deepstack_visual_indexes": [0],
        },
        tie_word_embeddings=False,
        **qwen.special_ids(tokenizer),
    )


FAMILY = qwen.qwen_family(
    name=FamilyName.QWEN3_VL,
    title="Qwen3-VL",
    model_type="qwen3_vl",
    size_in=re.compile(r"(?i)qwen3-vl-(2b|4b|8b)"),
    # Weights counted in models of these shapes (transformers 5.17, without their values).
    shapes={
        "2b": Shape(2.128e9, 28, 2048, 151_936),
        "4b": Shape(4.438e9, 36, 2560, 151_936),
        "8b": Shape(8.767e9, 36, 4096, 151_936),
    },
    lora_targets=qwen.ATTENTION,
    processor=processor,
    tiny=Tiny(
        tiny_config, partial(qwen.new_image_processor, 16), partial(own_template, "qwen3_vl")
    ),
)

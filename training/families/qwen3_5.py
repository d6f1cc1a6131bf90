"""Qwen3.5: trained on text and images from the start; three of four layers are linear attention.

Its own chat template is not fit for training here. It begins a reply inside `<think>` unless it is
asked not to, and it takes what stands before `</think>` for a thought: of a demonstration it would
drop the observation and the scene, without an error. `qwen3_5.jinja` renders prompts as the own
template does with `enable_thinking=false`, and completions as they are.
"""

import re
from functools import partial
from typing import Any

from schemas.completion.families import FamilyName
from training.families import qwen
from training.families.family import Shape, Tiny
from training.families.qwen3_vl import processor
from training.families.templates import our_template

LINEAR_ATTENTION = r".*language_model.*linear_attn\.(in_proj_qkv|in_proj_z|out_proj)"


def tiny_config(tokenizer: Any) -> Any:
    from transformers import Qwen3_5Config

    return Qwen3_5Config(
        text_config={
            **qwen.TINY_TEXT,
            "layer_types": ["linear_attention", "full_attention"],
            "linear_num_key_heads": 2,
            "linear_num_value_heads": 4,
            "linear_key_head_dim": 16,
            "linear_value_head_dim": 16,
            "head_dim": 16,
            "rope_parameters": {
                **qwen.TINY_ROPE,
                "partial_rotary_factor": 0.5,
                "mrope_section": [2, 1, 1],
                "mrope_interleaved": True,
            },
            **qwen.text_ids(tokenizer),
        },
        vision_config={
            **qwen.TINY_VISION,
            "patch_size": 16,
            "num_position_embeddings": 256,
        },
        tie_word_embeddings=False,
        **qwen.special_ids(tokenizer),
    )


FAMILY = qwen.qwen_family(
    name=FamilyName.QWEN3_5,
    title="Qwen3.5",
    model_type="qwen3_5",
    size_in=re.compile(r"(?i)qwen3\.5-(2b|4b|9b)"),
    # Weights counted in models of these shapes (transformers 5.17, without their values), which has
    # none that predict several tokens at once.
    shapes={
        "2b": Shape(2.213e9, 24, 2048, 248_320),
        "4b": Shape(4.539e9, 32, 2560, 248_320),
        "9b": Shape(9.410e9, 32, 4096, 248_320),
    },
    lora_targets=f"{qwen.ATTENTION}|{LINEAR_ATTENTION}",
    processor=processor,
    tiny=Tiny(tiny_config, partial(qwen.new_image_processor, 16), partial(our_template, "qwen3_5")),
    template=partial(our_template, "qwen3_5"),
)

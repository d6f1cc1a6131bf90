"""The processors of the Qwen families without their video half.

transformers always loads that half, which needs torchvision. Videos are not read here: where
torchvision is missing, a processor is built without it.
"""

from typing import Any

import transformers
from transformers.processing_utils import ProcessorMixin

from training.families.qwen import IMAGE, VIDEO, VISION_END, VISION_START

TOKENS = {
    "image": IMAGE,
    "video": VIDEO,
    "vision_start": VISION_START,
    "vision_end": VISION_END,
}


# Each has its parent's name: a saved folder names the class for others.
class Qwen2_5_VLProcessor(transformers.Qwen2_5_VLProcessor):  # noqa: N801
    def __init__(
        self,
        image_processor: Any = None,
        tokenizer: Any = None,
        chat_template: str | None = None,
        **_: Any,
    ) -> None:
        _start(self, image_processor, tokenizer, chat_template)


class Qwen3VLProcessor(transformers.Qwen3VLProcessor):
    def __init__(
        self,
        image_processor: Any = None,
        tokenizer: Any = None,
        chat_template: str | None = None,
        **_: Any,
    ) -> None:
        _start(self, image_processor, tokenizer, chat_template)


def _start(self: Any, images: Any, tokenizer: Any, chat_template: str | None) -> None:
    for name, token in TOKENS.items():
        setattr(self, f"{name}_token", token)
        setattr(self, f"{name}_token_id", tokenizer.convert_tokens_to_ids(token))
    ProcessorMixin.__init__(self, images, tokenizer, chat_template=chat_template)
